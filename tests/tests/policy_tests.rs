//! Policy tests against the oracle, over random clusters.

use std::cell::RefCell;
use std::collections::BTreeMap;

use netpol_tests::analysis::Analysis;
use netpol_tests::generate::{Replaced, Scene, in_blocks, live, options, scene, tests};
use netpol_tests::judged::equal_oracle;
use netpol_tests::property::{check, survey, with_text};
use netpol_view::contract::{Options, SourceFile};
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
