//! `cargo xtask rules`: the index of the rules, for people and for the page.

use crate::run::{self, Outcome, Tools};

/// Has the test that compares the index with the rules write it instead.
pub fn write() -> Outcome {
    let mut cargo = Tools::default().command("cargo");
    cargo.args(["test", "--quiet", "--package", "netpol-findings", "--lib", "rule_index"]);
    run::run(cargo.env("NETPOL_WRITE_RULES", "1"))?;
    println!("docs/rules.md and web/rules.json are up to date");
    Ok(())
}
