//! `cargo xtask lab check FILE...`: whether labs do what they are for.

use std::path::PathBuf;

use crate::run::{self, Outcome, Tools};

/// Has the files checked by an example of `netpol-labs`, as this crate is linked with nothing.
pub fn lab(arguments: &[String]) -> Outcome {
    let files = match arguments.split_first() {
        Some((check, files)) if check == "check" && !files.is_empty() => files,
        _ => return Err("say which files: `cargo xtask lab check FILE...`".into()),
    };
    let here = std::env::current_dir().map_err(|error| format!("the current folder: {error}"))?;
    // Names as they were given where that leads to the same file, as they are shorter.
    let path = |file: &String| if here == run::root() { PathBuf::from(file) } else { here.join(file) };
    let mut cargo = Tools::default().command("cargo");
    cargo.args(["run", "--quiet", "--package", "netpol-labs", "--example", "check", "--"]);
    let status = cargo.args(files.iter().map(path)).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err("there are errors".into()),
        Err(error) => Err(format!("`cargo` could not be started: {error}").into()),
    }
}
