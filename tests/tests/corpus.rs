//! Everything under `examples/` is read without a mistake, alone and as the page puts it together.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use netpol_tests::analysis::Analysis;
use netpol_tests::compare::{addresses_are_divided, equals_reference, is_well_formed};
use netpol_view::contract::{DiagnosticSeverity, Options, PeerType, SourceFile};
use serde::Deserialize;

/// `examples/index.json`.
#[derive(Deserialize)]
struct Index {
    first: String,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    title: String,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    id: String,
    title: String,
    summary: String,
    files: Vec<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn index() -> Index {
    let text = fs::read_to_string(root().join("index.json")).expect("there is an index");
    serde_json::from_str(&text).expect("the index is JSON of the known form")
}

/// Every manifest below a folder, relative to `examples/`.
fn manifests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            manifests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let relative = path.strip_prefix(root()).expect("it is below the root");
            found.insert(relative.to_string_lossy().replace('\\', "/"));
        }
    }
}

fn file(path: &str) -> SourceFile {
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    SourceFile { name: path.to_owned(), text }
}

/// What must hold of every example; the diagnostics that stand in the way of it.
fn complaints(name: &str, files: Vec<SourceFile>) -> Vec<String> {
    // The empty file is there to paste into.
    let is_text = |line: &str| !line.is_empty() && !line.starts_with('#');
    let is_empty = !files.iter().any(|file| file.text.lines().any(is_text));
    let analysis = Analysis::of(files, Options::default());
    let mut complaints: Vec<String> = analysis
        .summary
        .diagnostics
        .iter()
        .filter(|found| found.severity != DiagnosticSeverity::Info)
        .map(|found| {
            format!("{}:{}: {}: {}", found.span.file, found.span.start.line, found.code, found.message)
        })
        .collect();
    for check in [is_well_formed, addresses_are_divided, equals_reference] {
        complaints.extend(check(&analysis).err());
    }
    if !is_empty && analysis.summary.peers.iter().all(|peer| peer.peer_type == PeerType::External) {
        complaints.push("it shows no pods at all".to_owned());
    }
    complaints.into_iter().map(|complaint| format!("{name}: {complaint}")).collect()
}

#[test]
fn every_file_is_read_without_a_mistake() {
    let mut paths = BTreeSet::new();
    manifests(&root(), &mut paths);
    assert!(!paths.is_empty(), "there are examples");
    let complaints: Vec<String> = paths.iter().flat_map(|path| complaints(path, vec![file(path)])).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_example_is_read_without_a_mistake() {
    let complaints: Vec<String> = index()
        .groups
        .iter()
        .flat_map(|group| &group.examples)
        .flat_map(|example| complaints(&example.id, example.files.iter().map(|path| file(path)).collect()))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_index_names_every_file_and_says_what_each_example_shows() {
    let index = index();
    let mut paths = BTreeSet::new();
    manifests(&root(), &mut paths);
    let examples: Vec<&Example> = index.groups.iter().flat_map(|group| &group.examples).collect();
    let used: BTreeSet<String> = examples.iter().flat_map(|example| example.files.clone()).collect();
    assert_eq!(paths, used);
    let ids: BTreeSet<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    assert_eq!(ids.len(), examples.len(), "two examples have one id");
    assert!(ids.contains(index.first.as_str()), "`{}` is no example", index.first);
    assert!(index.groups.iter().all(|group| !group.title.is_empty() && !group.examples.is_empty()));
    assert!(examples.iter().all(|example| !example.title.is_empty() && example.summary.ends_with('.')));
}
