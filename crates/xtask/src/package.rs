//! `cargo xtask package`: the JavaScript package, with the pinned wasm-pack.

use crate::run::{self, Outcome, Tools};
use crate::{setup, tools};

/// What wasm-pack can make the package for; the first is made where none is named.
const KINDS: &[&str] = &["nodejs", "web", "bundler"];

/// Builds the package for what `--target` names and says where it is.
pub fn package(arguments: &[String]) -> Outcome {
    let kind = kind(arguments)?;
    build(&tools()?, kind)?;
    println!("the package is in {}", run::target().join(folder(kind)).display());
    Ok(())
}

/// Sets up what builds the package.
pub fn tools() -> Outcome<Tools> {
    let mut path = Tools::default();
    setup::wasm_target()?;
    setup::npm_packages(&mut path)?;
    tools::WASM_BINDGEN.provide(&mut path)?;
    tools::WASM_PACK.provide(&mut path)?;
    Ok(path)
}

/// Builds the package into `target/netpol-wasm-<kind>/`, where the tests and the bench look for it.
pub fn build(path: &Tools, kind: &str) -> Outcome {
    let mut wasm_pack = path.command("wasm-pack");
    wasm_pack.args(["--quiet", "build", "crates/netpol-wasm", "--mode", "no-install"]);
    run::run(wasm_pack.args(["--target", kind, "--out-dir"]).arg(run::target().join(folder(kind))))
}

fn folder(kind: &str) -> String {
    format!("netpol-wasm-{kind}")
}

fn kind(arguments: &[String]) -> Outcome<&'static str> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let wanted = match words.as_slice() {
        [] => KINDS.first().copied(),
        ["--target", wanted] => KINDS.iter().find(|kind| *kind == wanted).copied(),
        _ => None,
    };
    wanted.ok_or_else(|| {
        format!("`{}`: give `--target` and one of {}", words.join(" "), KINDS.join(", ")).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_chosen_by_name() {
        let kind = |words: &[&str]| kind(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(kind(&[]).unwrap(), "nodejs");
        assert_eq!(kind(&["--target", "web"]).unwrap(), "web");
        assert!(kind(&["--target", "deno"]).is_err());
        assert!(kind(&["web"]).is_err());
    }
}
