//! `cargo xtask build`: the page for release, in `dist/`.

use std::fs;

use crate::run::{self, Outcome, Tools};
use crate::{setup, size, tools};

/// Builds, then checks the size of what a first visit loads.
pub fn build() -> Outcome {
    let path = tools()?;
    page(&path)?;
    size::check(&path)
}

/// Sets up what builds the page.
pub fn tools() -> Outcome<Tools> {
    let mut path = Tools::default();
    setup::wasm_target()?;
    setup::npm_packages(&mut path)?;
    tools::TRUNK.provide(&mut path)?;
    tools::WASM_BINDGEN.provide(&mut path)?;
    Ok(path)
}

/// Builds, with tools that are there.
pub fn page(path: &Tools) -> Outcome {
    forget_snippets()?;
    run::run(path.command("trunk").args(["build", "--release"]))
}

/// Removes the scripts that wasm-bindgen put beside earlier builds: Trunk would copy them all.
pub fn forget_snippets() -> Outcome {
    for profile in ["debug", "release"] {
        let folder = run::target().join("wasm-bindgen").join(profile).join("snippets");
        if folder.exists() {
            run::at(&folder, fs::remove_dir_all(&folder))?;
        }
    }
    Ok(())
}
