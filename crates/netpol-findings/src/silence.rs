//! Findings that somebody has looked at and silenced, by an annotation on the object that they are about.
//!
//! `netpol.playground/ignore: NP204, open-egress` silences by code or by name. A silenced finding is still found, and
//! listed behind the others of its severity.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{Handle, NamespaceId, NamespaceOrigin};
use netpol_manifest::{Change, Label, Way, Yaml};
use netpol_source::{ObjectRef, Span, order};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, NewPolicy};
use crate::rule::Rule;
use crate::rules::rules;
use crate::words;

/// The annotation.
pub const ANNOTATION: &str = "netpol.playground/ignore";

/// The objects that carry the annotation, with its text.
pub(crate) struct Silenced<'a>(BTreeMap<ObjectRef, &'a str>);

impl<'a> Silenced<'a> {
    pub(crate) fn of(context: &Context<'a>) -> Self {
        Self(annotated(context))
    }

    /// Marks the findings that their subject's annotation names.
    pub(crate) fn mark(&self, findings: &mut [Finding]) {
        if self.0.is_empty() {
            return;
        }
        for finding in findings {
            finding.silenced = self.0.get(&finding.subject).is_some_and(|text| names(text, finding.rule));
        }
    }
}

/// The annotations that silence a finding and its evidence, each on the object that it is about; on a new one where that is a
/// namespace that is only mentioned. `None` where it is silenced already.
pub fn silencing(context: &Context<'_>, finding: &Finding) -> Option<Fix> {
    if finding.silenced {
        return None;
    }
    let before = annotated(context);
    let mut codes: BTreeMap<&ObjectRef, BTreeSet<&str>> = BTreeMap::new();
    for one in finding.with_evidence() {
        codes.entry(&one.subject).or_default().insert(one.rule.code.as_str());
    }
    let mut fix = Fix::add(String::new(), Vec::new());
    let mut subjects = Vec::new();
    for (subject, codes) in &codes {
        let before = before.get(subject).copied().unwrap_or_default();
        let text = Yaml::text(items(before).chain(codes.iter().copied()).collect::<Vec<_>>().join(", "));
        let annotations = Yaml::Map(vec![(ANNOTATION.to_owned(), text.clone())]);
        if let Some((place, is_annotated)) = place_of(context, subject) {
            let way = Way::new().key("metadata").key("annotations");
            let change = match is_annotated {
                true => Change::Set(way.key(ANNOTATION), text),
                false => Change::Set(way, annotations),
            };
            fix.changes.push((place, vec![change]));
        } else if subject.kind == "Namespace" {
            let name = Yaml::text(subject.name.as_str());
            let manifest = Yaml::map([
                ("apiVersion", Yaml::text("v1")),
                ("kind", Yaml::text("Namespace")),
                ("metadata", Yaml::map([("name", name), ("annotations", annotations)])),
            ]);
            let beside = finding.spans.first().map(|span| span.document);
            fix.added.push(NewPolicy { manifest, beside });
        } else if **subject == finding.subject {
            return None;
        } else {
            continue;
        }
        subjects.push(format!("{} `{}`", subject.kind, subject.name));
    }
    let codes = order::set(codes.into_values().flatten());
    fix.message =
        format!("say on {} that this is meant to be so: {}", words::phrases(subjects), words::all(codes));
    Some(fix)
}

/// Where an object stands, or its name, and whether it has annotations.
fn place_of(context: &Context<'_>, subject: &ObjectRef) -> Option<(Span, bool)> {
    let cluster = context.cluster();
    let mut namespaces = context.namespaces();
    if let Some((_, namespace, _)) = namespaces.find(|(id, ..)| context.namespace_ref(*id) == *subject) {
        return match namespace.origin {
            NamespaceOrigin::Declared(name) => Some((name, !namespace.annotations.is_empty())),
            NamespaceOrigin::Mentioned | NamespaceOrigin::Hypothetical | NamespaceOrigin::AnyOther => None,
        };
    }
    let mut workloads = context.input_workloads();
    let workload = workloads.find(|(peer, _)| context.workload_ref(*peer).as_ref() == Some(subject));
    let policies = cluster.policies.iter().map(|policy| &policy.handle);
    let policies = policies.chain(cluster.cluster_policies.iter().map(|policy| &policy.handle));
    let mut others = policies.chain(&cluster.exposure);
    let handle = workload
        .and_then(|(_, workload)| workload.handle())
        .or_else(|| others.find(|handle| handle.object().reference() == *subject))?;
    let object = handle.object();
    Some((handle.span(object.range), !object.metadata.annotations.is_empty()))
}

/// What an annotation names and no rule is called.
pub fn unknown_rules(text: &str) -> impl Iterator<Item = &str> {
    items(text).filter(|item| !rules().any(|rule| is_called(rule, item)))
}

fn names(text: &str, rule: &Rule) -> bool {
    items(text).any(|item| is_called(rule, item))
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\n', '\t']).filter(|item| !item.is_empty())
}

fn is_called(rule: &Rule, name: &str) -> bool {
    name.eq_ignore_ascii_case(rule.code.as_str()) || name.eq_ignore_ascii_case(rule.name)
}

fn annotated<'a>(context: &Context<'a>) -> BTreeMap<ObjectRef, &'a str> {
    let cluster = context.cluster();
    let policies = cluster.policies.iter().map(|policy| &policy.handle);
    let policies = policies.chain(cluster.cluster_policies.iter().map(|policy| &policy.handle));
    let mut found = order::map(policies.chain(&cluster.exposure).filter_map(of_object));
    for (peer, workload) in context.input_workloads() {
        if let Some((_, text)) = workload.handle().and_then(of_object)
            && let Some(reference) = context.workload_ref(peer)
        {
            found.insert(reference, text);
        }
    }
    for (id, namespace) in (0..).map(NamespaceId).zip(&cluster.namespaces) {
        if let Some(text) = namespace.annotations.get(ANNOTATION) {
            found.insert(context.namespace_ref(id), text);
        }
    }
    found
}

fn of_object(handle: &Handle) -> Option<(ObjectRef, &str)> {
    let object = handle.object();
    let text = |label: &&Label| label.key.value == ANNOTATION;
    let text = &object.metadata.annotations.iter().find(text)?.value.value;
    Some((object.reference(), text))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Case, deployment, policy};

    /// Code and subject of the findings, and whether they are silenced.
    fn found(annotation: &str) -> Vec<(&'static str, bool)> {
        let metadata =
            format!("{{name: open, annotations: {{netpol.playground/ignore: '{annotation}'}}, namespace");
        let open = policy("shop", "open", "{podSelector: {}, ingress: [{}, {ports: [{port: 80}]}]}");
        let open = open.replace("{name: open, namespace", &metadata);
        let found = Case::new(&(deployment("shop", "web", 80) + &open)).check_all();
        let found = found.into_iter().filter(|found| found.subject == "NetworkPolicy shop/open");
        found.map(|found| (found.code, found.silenced)).collect()
    }

    #[test]
    fn by_code_or_name() {
        for text in ["NP201", "np201, NP999", "allow-all-rule"] {
            let silenced: Vec<_> = found(text).into_iter().filter(|(_, silenced)| *silenced).collect();
            assert_eq!(silenced, [("NP201", true)], "{text}");
        }
        assert!(found("NP20").iter().all(|(_, silenced)| !silenced));
    }

    #[test]
    fn silenced_findings_come_last_within_their_severity() {
        let medium = ["NP201", "NP202"];
        let found = found("NP201");
        let order: Vec<&str> =
            found.into_iter().map(|(code, _)| code).filter(|code| medium.contains(code)).collect();
        assert_eq!(order, ["NP202", "NP201"]);
    }

    #[test]
    fn a_namespace_silences_what_is_said_of_it() {
        let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: \
                         {netpol.playground/ignore: no-default-deny-egress}}\n";
        let found = Case::new(&(namespace.to_owned() + &deployment("shop", "web", 80))).check_all();
        let silenced: Vec<&str> =
            found.iter().filter(|found| found.silenced).map(|found| found.code).collect();
        assert_eq!(silenced, ["NP102"]);
    }
}
