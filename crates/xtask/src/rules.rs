//! `cargo xtask rules`: the index of the rules.

use crate::run::{self, Outcome, Tools};

/// Has the test that compares the index with the rules write it instead.
pub fn write() -> Outcome {
    let mut cargo = Tools::default().command("cargo");
    cargo.args(["test", "--quiet", "--package", "netpol-findings", "--lib", "rule_index"]);
    run::run(cargo.env("NETPOL_WRITE_RULES", "1"))?;
    println!("docs/rules.md is up to date");
    Ok(())
}
