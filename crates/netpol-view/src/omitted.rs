//! What takes no part in a result, in words: policies that are not evaluated, objects that are refused, and kinds that
//! are not read.

use std::collections::BTreeMap;
use std::sync::Arc;

use netpol_findings::Context;
use netpol_manifest::{ClusterPolicyKind, Document, Ignored};
use netpol_source::{Code, Diagnostic, DocumentId, ObjectRef, Severity, Sources, Span, order};

use crate::contract::{Checks, Incomplete, NotRead, Refused};
use crate::convert::{object_ref, span};
use crate::words;

/// How many kinds of policy are named.
const MOST_KINDS: usize = 6;

/// Documents with their ids.
fn numbered(documents: &[Arc<Document>]) -> impl Iterator<Item = (DocumentId, &Document)> {
    (0..).map(DocumentId).zip(documents.iter().map(Arc::as_ref))
}

/// The policies that are not evaluated, each with the place of its kind.
fn policies(documents: &[Arc<Document>]) -> impl Iterator<Item = (&Ignored, Span)> {
    numbered(documents).flat_map(|(id, document)| {
        let policies = document.ignored.iter().filter(|one| one.is_policy);
        policies.map(move |one| (one, one.kind.in_document(id)))
    })
}

/// What may make the cluster allow more or less than the result shows.
pub(crate) fn incomplete(sources: &Sources, documents: &[Arc<Document>]) -> Vec<Incomplete> {
    let Some((_, first)) = policies(documents).next() else { return Vec::new() };
    let count = policies(documents).count();
    let mut kinds: Vec<String> = policies(documents).map(|(one, _)| kind_of(&one.object)).collect();
    order::sort_and_dedup(&mut kinds);
    let more = kinds.len().saturating_sub(MOST_KINDS);
    kinds.truncate(MOST_KINDS);
    if more > 0 {
        kinds.push(format!("{more} more kinds"));
    }
    let are = if count == 1 { "policy is" } else { "policies are" };
    let message = format!(
        "{count} {are} not evaluated ({}): the cluster may allow more or less than is shown",
        kinds.join(", ")
    );
    vec![Incomplete { message, count: u32::try_from(count).unwrap_or(u32::MAX), span: span(sources, first) }]
}

/// What was not read for its size, and may hold policies.
pub(crate) fn unread(sources: &Sources, documents: &[Arc<Document>]) -> Option<Incomplete> {
    let left_out = numbered(documents)
        .flat_map(|(id, document)| document.left_out.iter().map(move |one| one.range.in_document(id)));
    let places: Vec<Span> = left_out.collect();
    let first = places.first()?;
    let (objects, are) = if places.len() == 1 { ("1 object", "is") } else { ("", "are") };
    let objects = if objects.is_empty() { format!("{} objects", places.len()) } else { objects.to_owned() };
    let message = format!(
        "{objects} {are} not read, as this is too much: cells that may depend on it are not evaluated"
    );
    let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
    Some(Incomplete { message, count, span: span(sources, *first) })
}

/// A warning at each policy that is not evaluated.
pub(crate) fn diagnostics(documents: &[Arc<Document>]) -> impl Iterator<Item = Diagnostic> {
    policies(documents).map(|(one, place)| {
        let name = called(&kind_of(&one.object), &one.object);
        let versions = match (one.object.group.as_str(), one.object.kind.as_str()) {
            ("policy.networking.k8s.io", "ClusterNetworkPolicy") => {
                ", as this kind is known of `v1alpha2` and `v1beta1` only"
            }
            ("policy.networking.k8s.io", "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy") => {
                ", as this kind is known of `v1alpha1` only"
            }
            _ => "",
        };
        let message =
            format!("{name} is not evaluated{versions}: the cluster may allow more or less than is shown");
        let mut diagnostic = Diagnostic::new(Severity::Warning, Code::PolicyNotEvaluated, message, place);
        diagnostic.object = Some(one.object.clone());
        diagnostic
    })
}

/// Kind and name of an object, as far as it has them.
fn called(kind: &str, object: &ObjectRef) -> String {
    let name = words::object_name(object);
    [kind, &name].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A kind in a sentence; with its group where Kubernetes' own kind has the same name.
fn kind_of(object: &ObjectRef) -> String {
    let kind = words::quoted(&object.kind);
    if object.kind == "NetworkPolicy" { format!("{kind} of {}", words::quoted(&object.group)) } else { kind }
}

/// The objects that the API server would refuse.
pub(crate) fn refused(sources: &Sources, documents: &[Arc<Document>]) -> Vec<Refused> {
    let mut found = Vec::new();
    for (id, document) in numbered(documents) {
        for one in &document.refused {
            // They are in the order of the text.
            let first = document.diagnostics.partition_point(|it| it.place.start() < one.range.start());
            let inside = document.diagnostics.iter().skip(first);
            let error = inside
                .take_while(|diagnostic| diagnostic.place.start() < one.range.end())
                .find(|diagnostic| diagnostic.severity == Severity::Error);
            let place = error.map_or(one.range, |error| error.place).in_document(id);
            let policy = is_policy(&one.object.kind);
            let what = match policy {
                true => "what it was meant to close is open",
                false if netpol_manifest::is_test(&one.object) => "it is not run, and counts as failed",
                false => "it takes no part in the result",
            };
            let name = called(&words::quoted(&one.object.kind), &one.object);
            let message = words::shown(&format!("{name} is refused: {what}"));
            found.push(Refused {
                object: object_ref(&one.object),
                message,
                policy,
                span: span(sources, place),
            });
        }
    }
    found
}

/// Whether a kind is a policy that is evaluated, or is misspelled for one.
pub(crate) fn is_policy(kind: &str) -> bool {
    let kinds = ClusterPolicyKind::ALL.into_iter().map(ClusterPolicyKind::as_str);
    netpol_manifest::nearest(kind, kinds.chain(["NetworkPolicy"])).is_some()
}

/// The kinds that are not read and do not say who may talk to whom, sorted.
pub(crate) fn not_read(documents: &[Arc<Document>]) -> Vec<NotRead> {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for one in documents.iter().flat_map(|document| &document.ignored).filter(|one| !one.is_policy) {
        *counts.entry((&one.object.kind, &one.object.group)).or_default() += 1;
    }
    let counts = counts.into_iter().map(|((kind, group), count)| NotRead {
        kind: kind.to_owned(),
        group: Some(group.to_owned()).filter(|group| !group.is_empty()),
        count,
    });
    counts.collect()
}

/// What the findings come of.
pub(crate) fn checks(context: &Context<'_>) -> Checks {
    Checks {
        rules: u32::try_from(netpol_findings::rules().len()).unwrap_or(u32::MAX),
        unjudged: netpol_findings::unjudged(context).map(|rule| rule.name.to_owned()).collect(),
    }
}
