//! `cargo xtask rules`: the indexes of rules, diagnostics and labs, for people and for the page, and what the page shows of the
//! first example before it can analyse.

use crate::run::{self, Outcome, Tools};

/// Has the tests that compare the indexes with the code write them instead.
pub fn write() -> Outcome {
    for (package, target, test) in [
        ("netpol-findings", &["--lib"][..], "rule_index"),
        ("netpol-source", &["--lib"], "diagnostic_index"),
        ("netpol-tests", &["--test", "labs"], "the_list_of_labs"),
        ("netpol-web", &["--lib"], "it_is_what_the_worker_answers"),
    ] {
        let mut cargo = Tools::default().command("cargo");
        cargo.args(["test", "--quiet", "--package", package]).args(target).arg(test);
        run::run(cargo.env("NETPOL_WRITE_RULES", "1"))?;
    }
    println!(
        "docs/rules.md, web/rules.json, docs/diagnostics.md, web/labs.json and web/first.json are up to date"
    );
    Ok(())
}
