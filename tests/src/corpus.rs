//! What is written down: the examples of the page, and the scenarios.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use netpol_view::contract::SourceFile;
use serde::Deserialize;

use crate::scenario::{self, Scenario};

/// `examples/index.json`.
#[derive(Deserialize)]
pub struct Index {
    /// The id of the one that is shown first.
    pub first: String,
    /// In their order.
    pub groups: Vec<Group>,
}

/// Some examples under a title.
#[derive(Deserialize)]
pub struct Group {
    /// The title.
    pub title: String,
    /// In their order.
    pub examples: Vec<Example>,
}

/// What the page offers to start from.
#[derive(Deserialize)]
pub struct Example {
    /// Never changes.
    pub id: String,
    /// A few words.
    pub title: String,
    /// A sentence.
    pub summary: String,
    /// Paths below `examples/`, in the order of the tabs.
    pub files: Vec<String>,
}

impl Example {
    /// Its files as the page puts them together.
    pub fn sources(&self) -> Vec<SourceFile> {
        self.files.iter().map(|path| file(path)).collect()
    }
}

/// What a rule is explained by: manifests in which it finds something, and the same, mended.
///
/// # Panics
/// When they are not beside the rule.
pub fn examples_of(rule: &str) -> [String; 2] {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/netpol-findings/src/rules");
    ["found", "mended"].map(|which| {
        let file = rules.join(format!("{}.{which}.yaml", rule.replace('-', "_")));
        fs::read_to_string(file).expect("a rule has examples")
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The index.
///
/// # Panics
/// When it is not there or of another form.
pub fn index() -> Index {
    let text = fs::read_to_string(root().join("index.json")).expect("there is an index");
    serde_json::from_str(&text).expect("the index is JSON of the known form")
}

/// Every manifest below `examples/`.
pub fn manifests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    below(&root(), &mut found);
    found
}

fn below(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            // What the site of the examples is built with is none of ours.
            if !path.ends_with("node_modules") {
                below(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let relative = path.strip_prefix(root()).expect("it is below the root");
            found.insert(relative.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// A manifest of the examples.
///
/// # Panics
/// When it is not there.
pub fn file(path: &str) -> SourceFile {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    SourceFile { name: path.to_owned(), text }
}

/// Every scenario of every folder, in order.
///
/// # Panics
/// When one is out of form.
pub fn scenarios() -> Vec<Scenario> {
    let mut files = Vec::new();
    for folder in sorted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")) {
        files.extend(sorted(&folder));
    }
    let parsed = files.iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        scenario::parse(&text).unwrap_or_else(|complaints| panic!("{}: {complaints:?}", path.display()))
    });
    parsed.collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder can be listed");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    paths
}
