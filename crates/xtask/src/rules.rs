//! `cargo xtask rules`: the indexes of rules, diagnostics and labs, for people and for the page.

use crate::run::{self, Outcome, Tools};

/// Has the tests that compare the indexes with the code write them instead.
pub fn write() -> Outcome {
    for (package, test) in [("netpol-findings", "rule_index"), ("netpol-source", "diagnostic_index")] {
        let mut cargo = Tools::default().command("cargo");
        cargo.args(["test", "--quiet", "--package", package, "--lib", test]);
        run::run(cargo.env("NETPOL_WRITE_RULES", "1"))?;
    }
    let mut cargo = Tools::default().command("cargo");
    cargo.args(["test", "--quiet", "--package", "netpol-tests", "--test", "labs", "the_list_of_labs"]);
    run::run(cargo.env("NETPOL_WRITE_RULES", "1"))?;
    println!("docs/rules.md, web/rules.json, docs/diagnostics.md and web/labs.json are up to date");
    Ok(())
}
