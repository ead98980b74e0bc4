//! Policy tests against the oracle, over random clusters.

use std::cell::RefCell;
use std::collections::BTreeMap;

use netpol_tests::analysis::Analysis;
use netpol_tests::compare::ensure;
use netpol_tests::generate::{Replaced, Scene, in_blocks, live, mutated, options, scene, tests};
use netpol_tests::judged::equal_oracle;
use netpol_tests::property::{check, survey, with_text};
use netpol_view::contract::{Options, SourceFile};
use proptest::strategy::Strategy;
use serde_json::Value;

/// The files of a scene, and one of tests.
fn files(scene: &Scene, tests: &[Value]) -> Vec<SourceFile> {
    let text: Vec<String> = tests.iter().map(in_blocks).collect();
    let mut files = scene.files();
    files.push(SourceFile { name: "tests.yaml".to_owned(), text: text.join("---\n") });
    files
}

#[test]
fn every_expectation_is_what_the_oracle_says() {
    check(96, (scene(Replaced::Some), options(), tests()), |(scene, options, tests)| {
        let analysis = Analysis::of(files(&scene, &tests), options);
        with_text(&scene, equal_oracle(&analysis, &scene.objects, &tests))
    });
}

#[test]
fn every_expectation_of_a_live_cluster_is_what_the_oracle_says() {
    check(48, (live(), options(), tests()), |(scene, options, tests)| {
        let analysis = Analysis::of(files(&scene, &tests), options);
        with_text(&scene, equal_oracle(&analysis, &scene.objects, &tests))
    });
}

/// Whatever is done to the text of a test: as long as it says that it is one, it is not overlooked.
#[test]
fn no_mistake_in_a_text_hides_a_test() {
    let texts = tests().prop_flat_map(|tests| mutated(in_blocks(&tests[0])));
    check(1024, texts, |text| {
        let file = SourceFile { name: "tests.yaml".to_owned(), text: text.clone() };
        let mut analyzer = netpol_view::Analyzer::new(Options::default());
        analyzer.set_files(vec![file]);
        let is_one = text.lines().any(|line| line == "kind: ConnectivityTest");
        let found = &analyzer.found().tests;
        ensure(!is_one || !found.is_empty(), || format!("no test is found in\n{text}"))
    });
}

/// A property says little where all cases are alike.
#[test]
fn random_tests_come_to_all_that_there_is() {
    let found = RefCell::new(BTreeMap::new());
    survey(256, (scene(Replaced::None), tests()), |(scene, tests)| {
        let analysis = Analysis::of(files(&scene, &tests), Options::default());
        for one in analysis.summary.tests.iter().flat_map(|test| &test.expectations) {
            *found.borrow_mut().entry(format!("{:?} {:?}", one.expect, one.status)).or_insert(0) += 1;
        }
    });
    let found = found.into_inner();
    for one in [
        "Allow Passed",
        "Allow Failed",
        "Allow Void",
        "Deny Passed",
        "Deny Failed",
        "Allow Depends",
        "Deny Void",
    ] {
        assert!(found.get(one).is_some_and(|count| *count >= 5), "{one}: {found:?}");
    }
}

/// Ten thousand workloads in a hundred namespaces, each closed but to itself: what is asked of all of them is found out by
/// kinds of pods, not pair by pair.
#[test]
fn large_clusters_are_judged_by_kinds_of_pods() {
    let namespace = |at: usize| {
        let deployments = (0..100).map(|of| {
            format!(
                "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app-{of}, namespace: team-{at}}}\nspec:\n  selector: \
                 {{matchLabels: {{app: a{of}}}}}\n  template:\n    metadata: {{labels: {{app: a{of}}}}}\n    spec: {{containers: \
                 [{{name: c, image: i, ports: [{{containerPort: 80, name: http}}]}}]}}\n"
            )
        });
        let policy = format!(
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: own, namespace: team-{at}}}\nspec:\n  \
             podSelector: {{}}\n  ingress: [{{from: [{{podSelector: {{}}}}], ports: [{{port: http}}]}}]\n"
        );
        SourceFile { name: format!("{at}.yaml"), text: deployments.chain([policy]).collect() }
    };
    let tests = "apiVersion: netpol.playground/v1\nkind: ConnectivityTest\nmetadata: {name: all}\nspec:\n  allow:\n  - {from: {namespace: \
                 team-7}, to: {namespace: team-7}, ports: TCP/http}\n  deny:\n  - {from: pods, to: pods}\n  - {from: any, to: {namespace: \
                 team-7}, except: {namespace: team-7}}\n  - {from: any, to: pods, exceptPorts: TCP/80, exceptFrom: pods}\n";
    let mut files: Vec<SourceFile> = (0..100).map(namespace).collect();
    files.push(SourceFile { name: "tests.yaml".to_owned(), text: tests.to_owned() });
    let mut analyzer = netpol_view::Analyzer::new(Options::default());
    analyzer.set_files(files);
    analyzer.found();
    let evaluation = analyzer.evaluation().unwrap();
    let found = netpol_assert::judge_all(evaluation, &netpol_assert::Missing::default());
    let statuses: Vec<_> =
        found[0].expectations.iter().map(|one| (format!("{:?}", one.status), one.pairs)).collect();
    let expected = |status: &str, pairs: u64| (status.to_owned(), pairs);
    assert_eq!(statuses[..2], [expected("Passed", 10_000), expected("Failed", 100_000_000)]);
    assert!(statuses[2].0 == "Passed" && statuses[2].1 > 990_000, "{statuses:?}");
    assert!(statuses[3].0 == "Passed", "{statuses:?}");
}
