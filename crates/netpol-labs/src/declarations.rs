//! The TypeScript declarations of what the JavaScript package says of labs, made from the types: compared with the file that
//! is checked in, or written to it when `NETPOL_WRITE_TYPES` is set, as `cargo xtask types` does.

#[path = "../../netpol-view/src/declarations/tidy.rs"]
mod tidy;

use std::path::Path;

use ts_rs::{Config, TS};

use self::tidy::tidy;
use crate::grade::{Goal, Grade};

fn declarations() -> String {
    let config = Config::default();
    let mut text = "// Written by `cargo xtask types` from the Rust types.\n".to_owned();
    for (docs, declaration) in [(Grade::docs(), Grade::decl(&config)), (Goal::docs(), Goal::decl(&config))] {
        let docs = docs.unwrap_or_default();
        text.push_str(&format!("\n{docs}export {declaration}\n"));
    }
    tidy(&text)
}

#[test]
fn the_declarations_of_labs_are_those_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../netpol-wasm/labs.d.ts");
    let wanted = declarations();
    if std::env::var_os("NETPOL_WRITE_TYPES").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default().replace('\r', "");
    assert!(
        found == wanted,
        "crates/netpol-wasm/labs.d.ts differs from the Rust types: run `cargo xtask types`"
    );
}
