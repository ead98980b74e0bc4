//! `cargo xtask bench`: the package under Node.

use crate::run::{self, Outcome, Tools};
use crate::{setup, tools};

/// Builds the package for release and times it; nothing is written but the package.
pub fn bench() -> Outcome {
    let mut path = Tools::default();
    setup::wasm_target()?;
    setup::npm_packages(&mut path)?;
    tools::WASM_BINDGEN.provide(&mut path)?;
    tools::WASM_PACK.provide(&mut path)?;
    package(&path, "nodejs")?;
    run::run(path.command("node").arg("tests/bench/bench.mjs").env("NETPOL_TARGET", run::target()))
}

/// Builds the JavaScript package into `target/netpol-wasm-<kind>/`, where the tests and the bench look for it.
pub fn package(path: &Tools, kind: &str) -> Outcome {
    let folder = run::target().join(format!("netpol-wasm-{kind}"));
    let mut wasm_pack = path.command("wasm-pack");
    wasm_pack.args([
        "--quiet",
        "build",
        "crates/netpol-wasm",
        "--mode",
        "no-install",
        "--target",
        kind,
        "--out-dir",
    ]);
    run::run(wasm_pack.arg(folder))
}
