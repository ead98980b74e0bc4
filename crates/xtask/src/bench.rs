//! `cargo xtask bench`: the package under Node, and the same analyses natively by phase; or the page in a browser.

use std::path::PathBuf;

use crate::run::{self, Outcome, Tools};
use crate::{build, chromium, package};

/// Builds the package and the native program for release and runs the bench with these arguments; beside what is built,
/// only the inputs and the figures are written, into `target/bench/`. With `--page`, builds the page and prints how smooth it is.
pub fn bench(arguments: &[String]) -> Outcome {
    if arguments == ["--page"] {
        return page();
    }
    let path = package::tools()?;
    package::build(&path, "nodejs")?;
    let phases = phases(&path)?;
    let mut node = path.command("node");
    node.arg("tests/bench/bench.mjs").args(arguments);
    run::run(node.env("NETPOL_TARGET", run::target()).env("NETPOL_PHASES", phases))
}

fn page() -> Outcome {
    let mut path = build::tools()?;
    chromium::provide(&mut path)?;
    build::page(&path)?;
    run::run(path.command("node").args(["--test", "--test-reporter=spec", "tests/bench/page.mjs"]))
}

/// Builds the native program, and says where it is.
fn phases(path: &Tools) -> Outcome<PathBuf> {
    let mut cargo = path.command("cargo");
    cargo.args(["bench", "--quiet", "--package", "netpol-tests", "--bench", "phases", "--no-run"]);
    let messages = run::read(cargo.args(["--message-format", "json-render-diagnostics"]))?;
    let executable = messages.lines().filter(|line| line.contains(r#""name":"phases""#)).find_map(executable);
    executable.ok_or_else(|| "cargo does not say where it built `phases`".into())
}

/// The path of what was built, in one of cargo's messages.
fn executable(message: &str) -> Option<PathBuf> {
    let (_, rest) = message.split_once(r#""executable":""#)?;
    let (path, _) = rest.split_once('"')?;
    Some(PathBuf::from(path.replace(r"\\", r"\")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_what_was_built_is_read() {
        let message = r#"{"target":{"name":"phases"},"executable":"C:\\target\\phases.exe","fresh":true}"#;
        assert_eq!(executable(message), Some(PathBuf::from(r"C:\target\phases.exe")));
        assert_eq!(executable(r#"{"target":{"name":"phases"},"executable":null}"#), None);
    }
}
