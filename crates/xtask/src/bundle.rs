//! The editor's JavaScript and the style sheets, each bundled into one file under `web/generated/`.

use std::fs;
use std::path::Path;

use crate::run::{self, Outcome, Tools};
use crate::setup;

/// What is bundled: the entry, the result, and esbuild's further options.
const BUNDLES: &[(&str, &str, &[&str])] = &[
    ("web/editor/main.js", "web/generated/editor.js", &["--format=esm", "--target=es2022"]),
    ("web/styles/main.css", "web/generated/styles.css", &["--target=chrome109,firefox115,safari16"]),
];

/// Writes the files that changed and no others: cargo compiles the page anew when the editor's is written.
pub fn bundle() -> Outcome {
    let mut tools = Tools::default();
    setup::npm_packages(&mut tools)?;
    for (entry, result, options) in BUNDLES {
        let mut esbuild = tools.command("esbuild");
        esbuild
            .args([entry, "--bundle", "--minify", "--legal-comments=none", "--log-level=warning"])
            .args(*options);
        let text = run::read(&mut esbuild)?;
        write_if_changed(&run::root().join(result), &text)?;
    }
    Ok(())
}

/// Leaves the file and its time alone when it already says so.
pub fn write_if_changed(path: &Path, text: &str) -> Outcome {
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        run::at(folder, fs::create_dir_all(folder))?;
    }
    run::at(path, fs::write(path, text))
}
