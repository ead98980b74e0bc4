//! The example site of Docusaurus, with the playground in its pages: built as the one who writes such a site builds it.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::run::{self, Outcome, Tools};
use crate::tools;

const SITE: &str = "examples/docusaurus";

/// Where the end-to-end tests serve the playground, beside the site.
const PLAYGROUND: &str = "/some/where/playground/";

/// What npm needs to know.
const PACKAGES: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

/// What is made of a site where somebody has built it.
const MADE: &[&str] = &["node_modules", "build", ".docusaurus"];

/// Builds the site into `docusaurus-site` of the target folder, for a playground at the path where the tests have it.
pub fn site(path: &Tools) -> Outcome {
    let modules = modules(path)?;
    let built_from = run::target().join("docusaurus");
    forget(&built_from)?;
    copy(&run::root().join(SITE), &built_from)?;
    let link = built_from.join("node_modules");
    run::at(&link, linked(&modules, &link))?;
    let out = run::target().join("docusaurus-site");
    forget(&out)?;
    let mut node = path.command("node");
    node.args(["node_modules/@docusaurus/core/bin/docusaurus.mjs", "build", "--out-dir"]).arg(out);
    node.current_dir(&built_from).env("NETPOL_PLAYGROUND", PLAYGROUND).env("NO_UPDATE_NOTIFIER", "1");
    // The cache would lie with the packages, which all clones share, while what it holds names one clone's paths.
    node.env("DOCUSAURUS_NO_PERSISTENT_CACHE", "true");
    run::run(&mut node)
}

/// The packages of the site, in the folder of the tools: installed once for each state of its lock.
fn modules(path: &Tools) -> Outcome<PathBuf> {
    let site = run::root().join(SITE);
    let mut hasher = DefaultHasher::new();
    for name in PACKAGES {
        let file = site.join(name);
        run::at(&file, fs::read(&file))?.hash(&mut hasher);
    }
    let folder = tools::folder()?.join(format!("docusaurus-{:016x}", hasher.finish()));
    let installed = folder.join("installed");
    if !installed.exists() {
        eprintln!(
            "Installing the packages of `{SITE}`; this happens once for each change of its package-lock.json"
        );
        run::at(&folder, fs::create_dir_all(&folder))?;
        for name in PACKAGES {
            run::at(&folder, fs::copy(site.join(name), folder.join(name)))?;
        }
        run::run(path.command("npm").args(["ci", "--loglevel=error"]).current_dir(&folder))?;
        run::at(&installed, fs::write(&installed, ""))?;
    }
    Ok(folder.join("node_modules"))
}

fn forget(folder: &Path) -> Outcome {
    if folder.exists() { run::at(folder, fs::remove_dir_all(folder)) } else { Ok(()) }
}

/// Copies what somebody has written.
fn copy(from: &Path, to: &Path) -> Outcome {
    run::at(to, fs::create_dir_all(to))?;
    for entry in run::at(from, fs::read_dir(from))? {
        let entry = run::at(from, entry)?;
        let name = entry.file_name();
        let path = entry.path();
        if MADE.iter().any(|made| name == *made) {
            continue;
        }
        if run::at(&path, entry.file_type())?.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            run::at(&path, fs::copy(&path, to.join(name)))?;
        }
    }
    Ok(())
}

#[cfg(windows)]
fn linked(folder: &Path, link: &Path) -> std::io::Result<()> {
    std::os::windows::fs::symlink_dir(folder, link)
}

#[cfg(not(windows))]
fn linked(folder: &Path, link: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(folder, link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_serve_the_playground_where_the_site_looks_for_it() {
        let tests = fs::read_to_string(run::root().join("tests/e2e/embed.test.mjs")).unwrap();
        assert!(tests.contains(&format!("const PLAYGROUND = {PLAYGROUND:?};")));
    }

    #[test]
    fn what_is_made_is_not_copied() {
        let folder = run::target().join("test-of-copy");
        forget(&folder).unwrap();
        for name in ["from/src/a.js", "from/node_modules/b.js", "from/build/c.js"] {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        copy(&folder.join("from"), &folder.join("to")).unwrap();
        let names: Vec<_> =
            fs::read_dir(folder.join("to")).unwrap().map(|it| it.unwrap().file_name()).collect();
        assert_eq!(names, ["src"]);
        assert!(folder.join("to/src/a.js").exists());
        forget(&folder).unwrap();
    }
}
