//! Runs the scenarios: one test a folder of `scenarios/`, each failing expectation with its file and line.
//!
//! `SCENARIO=words` runs only those whose file or headings hold the words.

use std::fs;
use std::path::{Path, PathBuf};

use netpol_tests::scenario::{ask_oracle, parse, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The Markdown files of a folder, by name.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    files.sort();
    files
}

fn run_folder(folder: &str) {
    let wanted = std::env::var("SCENARIO").unwrap_or_default();
    let mut failures: Vec<String> = Vec::new();
    let mut ran = 0;
    for path in files(folder) {
        let name =
            format!("tests/scenarios/{folder}/{}", path.file_name().unwrap_or_default().to_string_lossy());
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        match parse(&text) {
            Err(complaints) => {
                failures.extend(
                    complaints.into_iter().map(|(line, complaint)| format!("{name}:{line}: {complaint}")),
                );
            }
            Ok(scenarios) => {
                for scenario in scenarios {
                    if !format!("{name} {}", scenario.title).contains(&wanted) {
                        continue;
                    }
                    ran += 1;
                    for (line, complaint) in run(&scenario) {
                        let line = line.map_or(String::new(), |line| format!(":{line}"));
                        failures.push(format!("{name}{line}: {}\n    {complaint}", scenario.title));
                    }
                }
            }
        }
    }
    assert!(ran > 0 || !failures.is_empty() || !wanted.is_empty(), "{folder} holds no scenario");
    assert!(failures.is_empty(), "{} expectations fail\n{}", failures.len(), failures.join("\n"));
}

/// What the scenarios of cluster-scoped policies expect, put to the oracle alone.
#[test]
fn the_oracle_knows_cluster_policies() {
    let (mut failures, mut asked) = (Vec::new(), 0);
    for path in files("cluster-policy") {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let scenarios = parse(&text).unwrap_or_else(|complaints| panic!("{name}: {complaints:?}"));
        for scenario in &scenarios {
            let (lines, complaints) = ask_oracle(scenario);
            asked += lines;
            let complaints = complaints.into_iter();
            failures.extend(complaints.map(|(line, complaint)| format!("{name}:{line}: {complaint}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(asked > 100, "{asked} lines");
}

/// One test a folder, and one that no folder is forgotten.
macro_rules! folders {
    ($($(#[$attribute:meta])* $test:ident: $folder:literal,)*) => {
        $(
            $(#[$attribute])*
            #[test]
            fn $test() {
                run_folder($folder);
            }
        )*

        #[test]
        fn every_folder_is_run() {
            let known = [$($folder),*];
            for entry in fs::read_dir(root()).expect("the scenarios are there") {
                let name = entry.expect("a folder can be listed").file_name();
                let name = name.to_string_lossy();
                assert!(known.contains(&&*name), "`{name}` is not run");
            }
        }
    };
}

folders! {
    objects: "objects",
    connections: "connections",
    network_policy: "network-policy",
    outside: "outside",
    cluster_policy: "cluster-policy",
    hypothetical: "hypothetical",
    implementation_defined: "implementation-defined",
    reading: "reading",
    training: "training",
    findings: "findings",
    policy_tests: "policy-tests",
}
