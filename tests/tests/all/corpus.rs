//! Everything under `examples/` is read without a mistake, alone and as the page puts it together.

use std::collections::{BTreeMap, BTreeSet};

use netpol_tests::analysis::{Analysis, documents};
use netpol_tests::compare::{addresses_are_divided, equals_oracle, is_well_formed};
use netpol_tests::corpus::{Example, file, index, manifests};
use netpol_view::contract::{DiagnosticSeverity, Options, PeerType, SourceFile};

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
    for check in [is_well_formed, addresses_are_divided] {
        complaints.extend(check(&analysis).err());
    }
    complaints
        .extend(documents(&analysis.files).and_then(|objects| equals_oracle(&analysis, &objects)).err());
    if !is_empty && analysis.summary.peers.iter().all(|peer| peer.peer_type == PeerType::External) {
        complaints.push("it shows no pods at all".to_owned());
    }
    complaints.into_iter().map(|complaint| format!("{name}: {complaint}")).collect()
}

#[test]
fn every_file_is_read_without_a_mistake() {
    let paths = manifests();
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
        .flat_map(|example| complaints(&example.id, example.sources()))
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_index_names_every_file_and_says_what_each_example_shows() {
    let index = index();
    let paths = manifests();
    let examples: Vec<&Example> = index.groups.iter().flat_map(|group| &group.examples).collect();
    let used: BTreeSet<String> = examples.iter().flat_map(|example| example.files.clone()).collect();
    assert_eq!(paths, used);
    let ids: BTreeSet<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    assert_eq!(ids.len(), examples.len(), "two examples have one id");
    assert!(ids.contains(index.first.as_str()), "`{}` is no example", index.first);
    assert!(index.groups.iter().all(|group| !group.title.is_empty() && !group.examples.is_empty()));
    assert!(examples.iter().all(|example| !example.title.is_empty() && example.summary.ends_with('.')));
}

/// By example: the codes of what is found in it, each as often as it is found.
#[rustfmt::skip]
const FOUND: &[(&str, &str)] = &[
    ("three-namespaces", "NP106 NP109 NP201 NP203 NP203 NP205 NP303"),
    ("default-deny-shop", "NP101 NP305"),
    ("ingress-to-specific-pods-shop", "NP101 NP102 NP103 NP109 NP109"),
    ("egress-to-external-endpoints-shop", "NP101 NP101 NP103 NP109 NP109 NP305"),
    ("protect-the-api-server-shop", "NP101 NP101 NP108 NP109 NP203 NP309"),
    ("namespace-isolation-shop", "NP101 NP102 NP310"),
    ("default-deny", "NP305"),
    ("ingress-to-specific-pods", ""),
    ("egress-to-external-endpoints", "NP305"),
    ("protect-the-api-server", "NP108 NP309"),
    ("namespace-isolation", "NP310"),
    ("and-or", "NP101 NP101 NP102 NP103 NP109 NP303"),
    ("both-ends", "NP305 NP306 NP308"),
    ("ports", "NP102 NP103 NP109 NP313 NP314"),
    ("metadata-endpoint", "NP101 NP105 NP107 NP109 NP109 NP109 NP203 NP317"),
    ("tenant-isolation", "NP101 NP101 NP102 NP102 NP201 NP324"),
    ("baseline", "NP102 NP102 NP106 NP106 NP109"),
    ("pass", "NP101 NP102 NP102 NP102 NP106"),
    ("store", "NP109 NP109 NP314"),
];

#[test]
fn each_example_has_the_findings_that_belong_there() {
    let expected: BTreeMap<&str, &str> = FOUND.iter().copied().collect();
    let mut complaints = Vec::new();
    let index = index();
    for example in index.groups.iter().flat_map(|group| &group.examples) {
        let findings = Analysis::of(example.sources(), Options::default()).summary.findings;
        let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
        codes.sort_unstable();
        let codes = codes.join(" ");
        if expected.get(example.id.as_str()) != Some(&codes.as_str()) {
            complaints.push(format!("(\"{}\", \"{codes}\"),", example.id));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert_eq!(expected.len(), index.groups.iter().map(|group| group.examples.len()).sum::<usize>());
}
