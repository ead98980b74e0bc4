//! What the commands need besides the tools of [`tools`](crate::tools): the compiler's WebAssembly target and the npm
//! packages. Each is looked for first, so that a second run says and does nothing.

use std::fs;

use crate::run::{self, Outcome, Tools};

const TARGET: &str = "wasm32-unknown-unknown";

/// The oldest major version of Node.js that has what the tests use.
const NODE: u32 = 20;

/// The compiler can make WebAssembly.
pub fn wasm_target() -> Outcome {
    let tools = Tools::default();
    let sysroot = run::read(tools.command("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    if std::path::Path::new(sysroot.trim()).is_dir() {
        return Ok(());
    }
    if run::find("rustup").is_none() {
        return Err(format!(
            "the compiler has no `{TARGET}` target and rustup is not installed; install Rust from https://rustup.rs"
        )
        .into());
    }
    eprintln!("Adding the compiler's {TARGET} target; this happens once");
    run::run(tools.command("rustup").args(["target", "add", TARGET]))
}

/// The compiler's `component`, which `program` belongs to, is there.
pub fn component(component: &str, program: &str) -> Outcome {
    if run::find(program).is_some_and(|found| run::version(&found).is_some()) {
        return Ok(());
    }
    eprintln!("Adding the compiler's {component}; this happens once");
    run::run(Tools::default().command("rustup").args(["component", "add", component]))
}

/// Node is there, and the packages of package-lock.json are installed; their programs are put on the path.
pub fn npm_packages(tools: &mut Tools) -> Outcome {
    let node = run::find("node").and_then(|node| run::version(&node));
    if run::find("npm").is_none() || !node.is_some_and(|version| is_new_enough(&version)) {
        let sentence =
            format!("Node.js {NODE} or newer with npm is needed; install it from https://nodejs.org");
        return Err(sentence.into());
    }
    let lock_path = run::root().join("package-lock.json");
    let lock = run::at(&lock_path, fs::read(&lock_path))?;
    let modules = run::root().join("node_modules");
    // npm empties the folder, so a copy of the lock in it says that the installation was finished and of what.
    let installed = modules.join(".netpol-package-lock.json");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        eprintln!("Installing the npm packages; this happens once for each change of package-lock.json");
        run::run(tools.command("npm").args(["ci", "--loglevel=error"]))?;
        run::at(&installed, fs::write(&installed, &lock))?;
    }
    tools.add(modules.join(".bin"));
    Ok(())
}

/// `v20.1.0` is.
fn is_new_enough(version: &str) -> bool {
    let major = version.trim().trim_start_matches('v').split('.').next();
    major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= NODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_versions_of_node_are_refused() {
        assert!(is_new_enough("v20.20.2\n"));
        assert!(is_new_enough("v24.0.0"));
        assert!(!is_new_enough("v18.19.0\n"));
        assert!(!is_new_enough("not found"));
    }
}
