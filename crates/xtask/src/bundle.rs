//! The editor's JavaScript and the style sheets, bundled into `web/generated/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{self, Outcome, Tools};
use crate::setup;

/// Its parts: `editor.js`, which the page imports for the editor and for what it keeps, and what this imports from the
/// start and later.
const EDITOR: &[&str] = &["web/page.js", "--format=esm", "--target=es2022", "--splitting"];

const STYLES: &[&str] = &["web/styles/main.css", "--target=chrome109,firefox115,safari16"];

/// Writes the files that changed and no others: cargo compiles the page anew when the editor's is written.
pub fn bundle() -> Outcome {
    let mut tools = Tools::default();
    setup::npm_packages(&mut tools)?;
    let esbuild = |arguments: &[&str]| {
        let mut esbuild = tools.command("esbuild");
        esbuild.args(["--bundle", "--minify", "--legal-comments=none", "--log-level=warning"]);
        esbuild.args(arguments);
        esbuild
    };
    write_if_changed(&generated().join("styles.css"), &run::read(&mut esbuild(STYLES))?)?;

    let fresh = run::target().join("editor");
    if fresh.exists() {
        run::at(&fresh, fs::remove_dir_all(&fresh))?;
    }
    let mut editor = esbuild(EDITOR);
    editor.arg(format!("--outdir={}", fresh.display()));
    run::run(editor.args(["--entry-names=editor", "--chunk-names=[name]-[hash]"]))?;
    let parts = scripts(&fresh)?;
    for old in scripts(&generated())?.iter().filter(|old| !parts.contains(old)) {
        let path = generated().join(old);
        run::at(&path, fs::remove_file(&path))?;
    }
    for part in parts {
        let path = fresh.join(&part);
        write_if_changed(&generated().join(&part), &run::at(&path, fs::read_to_string(&path))?)?;
    }
    Ok(())
}

/// Where the bundles are.
pub fn generated() -> PathBuf {
    run::root().join("web/generated")
}

/// The names of the scripts of a folder, sorted; none where there is no folder.
pub fn scripts(folder: &Path) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    if folder.exists() {
        for entry in run::at(folder, fs::read_dir(folder))? {
            let name = run::at(folder, entry)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".js") {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
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
