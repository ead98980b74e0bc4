//! `cargo xtask types`: the TypeScript declarations of the JavaScript package.

use crate::run::{self, Outcome, Tools};

/// Has the test that compares the declarations with the Rust types write them instead.
pub fn write() -> Outcome {
    for package in ["netpol-view", "netpol-labs"] {
        let mut cargo = Tools::default().command("cargo");
        cargo.args(["test", "--quiet", "--package", package, "--lib", "declarations"]);
        run::run(cargo.env("NETPOL_WRITE_TYPES", "1"))?;
    }
    println!("crates/netpol-wasm/types.d.ts and labs.d.ts are up to date");
    Ok(())
}
