//! Layers point down only: read from what cargo says of the workspace, and from the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{self, Tools};

/// What each crate may name of the others.
const MAY_USE: &[(&str, &[&str])] = &[
    ("netpol-source", &[]),
    ("netpol-manifest", &["netpol-source"]),
    ("netpol-eval", &["netpol-source", "netpol-manifest"]),
    ("netpol-findings", &["netpol-source", "netpol-manifest", "netpol-eval"]),
    ("netpol-assert", &["netpol-source", "netpol-manifest", "netpol-eval"]),
    ("netpol-view", &["netpol-source", "netpol-manifest", "netpol-eval", "netpol-findings", "netpol-assert"]),
    ("netpol-labs", &["netpol-source", "netpol-manifest", "netpol-view"]),
    ("netpol-session", &["netpol-view", "netpol-labs"]),
    ("netpol-wasm", &["netpol-view", "netpol-labs", "netpol-session"]),
    ("netpol-web", &["netpol-view", "netpol-labs", "netpol-session"]),
    ("xtask", &[]),
];

/// The crates that know no browser, no clock and no file system.
const PURE: &[&str] = &[
    "netpol-source",
    "netpol-manifest",
    "netpol-eval",
    "netpol-findings",
    "netpol-assert",
    "netpol-view",
    "netpol-labs",
    "netpol-session",
];

const NOT_IN_PURE: &[&str] =
    &["wasm-bindgen", "web-sys", "js-sys", "yew", "getrandom", "tokio", "chrono", "time"];

/// What the sources of a pure crate do not name, outside tests.
const NOT_NAMED: &[&str] = &[
    "std::fs",
    "std::time",
    "std::process",
    "std::env",
    "std::thread",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
];

fn metadata() -> Value {
    let mut cargo = Tools::default().command("cargo");
    cargo.args(["metadata", "--format-version", "1", "--filter-platform", "wasm32-unknown-unknown"]);
    let printed = run::read(&mut cargo).unwrap();
    serde_json::from_str(&printed).unwrap()
}

/// Every package by id: its name and the ids of what it is linked with (not what only its tests are).
fn linked(metadata: &Value) -> BTreeMap<&str, (&str, Vec<&str>)> {
    let list = |value: &'static str| metadata["resolve"][value].as_array().unwrap();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let mut packages = BTreeMap::new();
    for node in list("nodes") {
        let id = node["id"].as_str().unwrap();
        let normal = |dependency: &&Value| {
            dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
        };
        let dependencies = node["deps"].as_array().unwrap().iter().filter(normal);
        let ids = dependencies.map(|dependency| dependency["pkg"].as_str().unwrap()).collect();
        packages.insert(id, (names[id], ids));
    }
    packages
}

fn named<'a>(packages: &BTreeMap<&'a str, (&'a str, Vec<&'a str>)>, name: &str) -> &'a str {
    packages.iter().find(|(_, (found, _))| *found == name).map(|(id, _)| *id).unwrap()
}

#[test]
fn crates_use_only_what_is_to_their_left() {
    let metadata = metadata();
    let packages = linked(&metadata);
    let members: BTreeSet<&str> =
        metadata["workspace_members"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let mut seen = BTreeSet::new();
    for id in &members {
        let (name, dependencies) = &packages[id];
        if *name == "netpol-tests" {
            continue;
        }
        let (_, allowed) = MAY_USE.iter().find(|(known, _)| known == name).unwrap_or_else(|| {
            panic!("`{name}` is a new crate: say in crates/xtask/src/layering.rs what it may use");
        });
        seen.insert(*name);
        for used in dependencies.iter().filter(|used| members.contains(*used)).map(|used| packages[used].0) {
            assert!(allowed.contains(&used), "`{name}` uses `{used}`, which is not to its left");
        }
    }
    assert_eq!(seen.len(), MAY_USE.len(), "a crate of MAY_USE is gone");
}

#[test]
fn the_crates_below_the_page_know_no_browser() {
    let metadata = metadata();
    let packages = linked(&metadata);
    for pure in PURE {
        let mut reached = BTreeSet::from([named(&packages, pure)]);
        let mut next = vec![named(&packages, pure)];
        while let Some(id) = next.pop() {
            let (name, dependencies) = &packages[id];
            assert!(!NOT_IN_PURE.contains(name), "`{pure}` is linked with `{name}`");
            next.extend(dependencies.iter().filter(|found| reached.insert(found)));
        }
    }
}

#[test]
fn the_crates_below_the_page_use_no_file_clock_or_network() {
    for pure in PURE {
        let mut files = Vec::new();
        sources(&run::root().join("crates").join(pure).join("src"), &mut files);
        assert!(!files.is_empty(), "`{pure}` has no sources");
        for (path, text) in files {
            for (line, number) in text.lines().zip(1..) {
                let code = line.split("//").next().unwrap_or_default();
                let found = NOT_NAMED.iter().find(|name| code.contains(**name));
                assert!(found.is_none(), "{path}:{number} names `{}`", found.unwrap());
            }
        }
    }
}

/// The sources of a folder, without tests: without files named for them, and each file only up to its test module.
fn sources(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, files);
        } else if !["tests", "testing", "declarations", "rule_index"].contains(&name.as_str()) {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            files.push((path.display().to_string(), code));
        }
    }
}

/// What each module at the top of a crate names of the others there, outside tests.
fn modules(pure: &str) -> BTreeMap<String, BTreeSet<String>> {
    let folder = run::root().join("crates").join(pure).join("src");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let module = |path: &str| {
        let below = Path::new(path).strip_prefix(&folder).unwrap();
        let first = below.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        first.trim_end_matches(".rs").to_owned()
    };
    let all: BTreeSet<String> = files.iter().map(|(path, _)| module(path)).collect();
    // What the crate shows of its modules may be named without them.
    let (_, root) = files.iter().find(|(path, _)| module(path) == "lib").unwrap();
    let mut shown = BTreeMap::new();
    for statement in root.split("pub use ").skip(1) {
        let (from, names) = statement.split_once(';').unwrap().0.split_once("::").unwrap_or_default();
        for name in names.split(|c: char| !c.is_alphanumeric() && c != '_') {
            shown.insert(name, from);
        }
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in &files {
        let own = module(path);
        let used = found.entry(own.clone()).or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text = lines.collect::<Vec<_>>().join("\n");
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let named = match rest.strip_prefix('{') {
                Some(list) => list.split_once('}').unwrap_or_default().0,
                None => rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap(),
            };
            for name in named.split(',').map(|name| name.trim().split("::").next().unwrap()) {
                let name = shown.get(name).copied().unwrap_or(name);
                if all.contains(name) && name != own && own != "lib" {
                    used.insert(name.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn modules_do_not_use_each_other_in_circles() {
    for pure in PURE {
        let mut modules = modules(pure);
        assert!(modules.len() > 2, "`{pure}` has no modules");
        // What uses nothing that is left is in no circle.
        while let Some(done) = modules.iter().find(|(_, used)| used.is_empty()).map(|(name, _)| name.clone())
        {
            modules.remove(&done);
            for used in modules.values_mut() {
                used.remove(&done);
            }
        }
        assert!(modules.is_empty(), "in `{pure}`, these use each other, or what does: {modules:?}");
    }
}
