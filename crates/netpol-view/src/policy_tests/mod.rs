//! Policy tests: what becomes of them, in words.

mod keep;
mod matrix;
mod message;
mod naming;
mod report;
mod words;

pub(crate) use keep::keep;
pub(crate) use matrix::tests_of_matrix;
pub(crate) use message::deciding_lines;
pub use report::Format;
pub(crate) use report::{export, report};

use std::sync::Arc;

use netpol_assert::{Missing, Outcome, Status, TestOutcome, judge_all};
use netpol_eval::{Cluster, Evaluation};
use netpol_manifest::{Document, Expectation, Resource, is_test};
use netpol_source::{
    Code, Diagnostic, DocumentId, HashMap, ObjectRef, Related, Severity, Sources, Span, order,
};

use crate::contract::{Connection, Expect, ExpectationResult, TestResult, TestStatus};
use crate::convert::{self, span};
use message::Speaker;

/// What becomes of all tests, in the order of the text. Those with a mistake in them have failed.
pub(crate) fn results(
    sources: &Sources,
    documents: &[Arc<Document>],
    evaluation: &Evaluation,
) -> Vec<TestResult> {
    let mut found: Vec<(Span, TestResult)> = not_run(documents)
        .map(|(object, place)| {
            let name = crate::words::shown(&object.name);
            let span = span(sources, place);
            (place, TestResult { name, description: None, span, passed: false, expectations: Vec::new() })
        })
        .collect();
    if !evaluation.cluster().tests.is_empty() {
        let missing = Missing::of(documents.iter().map(Arc::as_ref));
        let refused = refused_policies(documents);
        let mut speaker = Speaker::new(sources, evaluation, &refused);
        let run = judge_all(evaluation, &missing);
        found.extend(run.iter().filter_map(|outcome| result(sources, &mut speaker, outcome)));
    }
    order::sort_by_key(&mut found, |(place, _)| *place);
    found.into_iter().map(|(_, result)| result).collect()
}

/// The tests that are not run, as there is a mistake in them or they cannot be read.
fn not_run(documents: &[Arc<Document>]) -> impl Iterator<Item = (&ObjectRef, Span)> {
    (0..).map(DocumentId).zip(documents).flat_map(|(id, document)| {
        let refused = document.refused.iter().map(|one| (&one.object, one.range));
        let ignored = document.ignored.iter().map(|one| (&one.object, one.kind));
        let left_out = document.left_out.iter().filter_map(|one| Some((one.object.as_ref()?, one.range)));
        // What is left out may be told to be a test by its text, too.
        let left_out = left_out.filter(|(_, range)| {
            !document.refused.iter().any(|one| is_test(&one.object) && range.contains(one.range))
        });
        let all = refused.chain(ignored).chain(left_out);
        all.filter(|(object, _)| is_test(object)).map(move |(object, range)| (object, range.in_document(id)))
    })
}

/// The policies that are refused: what they would close is open.
fn refused_policies(documents: &[Arc<Document>]) -> Vec<&ObjectRef> {
    let refused = documents.iter().flat_map(|document| &document.refused).map(|one| &one.object);
    refused.filter(|object| crate::omitted::is_policy(&object.kind)).collect()
}

/// A warning at each test whose name an earlier one has.
pub(crate) fn repeated(cluster: &Cluster) -> Vec<Diagnostic> {
    let mut first: HashMap<&str, Span> = HashMap::default();
    let mut found = Vec::new();
    for test in cluster.tests.iter().filter(|test| !test.object().metadata.generated) {
        let name = &test.object().metadata.name;
        let place = test.span(name.range);
        let Some(earlier) = first.get(name.value.as_str()) else {
            first.insert(&name.value, place);
            continue;
        };
        let message = format!(
            "an earlier test has the name {} too; both are run, but rename one so that they can be told apart",
            crate::words::quoted(&name.value)
        );
        let mut diagnostic = Diagnostic::new(Severity::Warning, Code::RepeatedTest, message, place);
        diagnostic.object = Some(test.object().reference());
        diagnostic.related = vec![Related { message: "the earlier one".to_owned(), place: *earlier }];
        found.push(diagnostic);
    }
    found
}

fn result(sources: &Sources, speaker: &mut Speaker<'_>, outcome: &TestOutcome) -> Option<(Span, TestResult)> {
    let object = outcome.test.object();
    let Resource::ConnectivityTest(test) = &object.resource else { return None };
    let place = outcome.test.span(object.range);
    let all = test.expectations().zip(&outcome.expectations);
    let result = TestResult {
        name: crate::words::shown(&object.metadata.name.value),
        description: test.description.as_ref().map(|text| crate::words::shown(&text.value)),
        span: span(sources, place),
        passed: outcome.passed(),
        expectations: all
            .map(|(expectation, found)| {
                let place = outcome.test.span(expectation.range);
                self::expectation(speaker, expectation, found, span(sources, place))
            })
            .collect(),
    };
    Some((place, result))
}

fn expectation(
    speaker: &mut Speaker<'_>,
    expectation: &Expectation,
    outcome: &Outcome,
    span: crate::contract::Span,
) -> ExpectationResult {
    let said = speaker.say(expectation, outcome);
    let number = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    ExpectationResult {
        expect: match outcome.expect {
            netpol_assert::Expect::Allow => Expect::Allow,
            netpol_assert::Expect::Deny => Expect::Deny,
        },
        text: match &expectation.description {
            Some(text) => crate::words::shown(&text.value),
            None => crate::words::shown(&words::expectation(outcome.expect, expectation)),
        },
        status: match outcome.status {
            Status::Passed => TestStatus::Passed,
            Status::Failed => TestStatus::Failed,
            Status::Depends => TestStatus::Depends,
            Status::Void(_) => TestStatus::Void,
            Status::Unknown(_) => TestStatus::Unknown,
        },
        pairs: number(outcome.pairs),
        broken: number(outcome.broken),
        message: said.message.map(|message| crate::words::shown(&message)),
        witness: outcome.witness.map(|witness| Connection {
            source: speaker.id(witness.source),
            destination: speaker.id(witness.destination),
            protocol: convert::protocol(witness.protocol),
            port: witness.port,
        }),
        address: outcome.witness.and_then(|witness| witness.address).map(|address| address.to_string()),
        spans: said.spans,
        span,
        caveat: said.caveat.map(|caveat| crate::words::shown(&caveat)),
    }
}
