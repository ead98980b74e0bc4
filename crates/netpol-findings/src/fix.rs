//! What would mend a finding: changes of objects that are there, and policies to add.
//!
//! A rule offers a fix where there is one right way to mend what it found, by what can be told cheaply; no text is read
//! and nothing is evaluated here. Whoever has the text makes edits of it, and sees what it changes.

use netpol_eval::{Handle, Labels, NAMESPACE_NAME_LABEL, NamespaceId};
use netpol_manifest::{Change, ClusterPolicyKind, ClusterPort, LabelSelector, Operator, Way, Yaml};
use netpol_source::{DocumentId, Span, order};

use crate::cluster_rule::ClusterRuleAt;
use crate::scene::Scene;
use crate::site::RuleAt;
use crate::words;

/// A change of the input that mends a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What it does, in one sentence.
    pub message: String,
    /// The objects that change: each by its place, or the place of its name.
    pub changes: Vec<(Span, Vec<Change>)>,
    /// The policies to add.
    pub added: Vec<NewPolicy>,
}

/// One of several right ways to mend a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedFix {
    /// What tells it from the others, in a few words.
    pub name: &'static str,
    /// The change.
    pub fix: Fix,
}

/// A policy to add.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPolicy {
    /// All of it.
    pub manifest: Yaml,
    /// A document of its namespace, in whose file it belongs.
    pub beside: Option<DocumentId>,
}

/// How many items a fix lists at the most: more is no longer read, and rather a case for another rule.
pub(crate) const MOST_LISTED: usize = 8;

impl Fix {
    /// Changes one object.
    pub(crate) fn change(handle: &Handle, message: String, changes: Vec<Change>) -> Self {
        let place = handle.span(handle.object().range);
        Self { message, changes: vec![(place, changes)], added: Vec::new() }
    }

    /// Adds policies.
    pub(crate) fn add(message: String, added: Vec<NewPolicy>) -> Self {
        Self { message, changes: Vec::new(), added }
    }
}

impl RuleAt<'_> {
    /// A change of the rule's policy.
    pub(crate) fn fix(&self, message: String, changes: Vec<Change>) -> Fix {
        Fix::change(&self.policy.handle, message, changes)
    }
}

impl ClusterRuleAt<'_> {
    /// The way from the policy to the rule.
    pub(crate) fn way(&self) -> Way {
        Way::new().key("spec").key(words::field(self.origin.direction)).item(self.origin.index)
    }

    /// The way to an item of `ports` or `protocols`; `None` for one of another rule.
    pub(crate) fn port_way(&self, port: &ClusterPort) -> Option<Way> {
        let item = self.ports().iter().position(|one| std::ptr::eq(one, port))?;
        let list = match self.policy.spec.kind {
            ClusterPolicyKind::Cluster => "protocols",
            ClusterPolicyKind::Admin | ClusterPolicyKind::BaselineAdmin => "ports",
        };
        Some(self.way().key(list).item(item))
    }

    /// A change of the rule's policy.
    pub(crate) fn fix(&self, message: String, changes: Vec<Change>) -> Fix {
        Fix::change(&self.policy.handle, message, changes)
    }

    /// Takes the rule out of its policy, without which every connection stays as it is.
    pub(crate) fn remove(&self) -> Fix {
        let message = format!("remove {}; no connection changes", self.path());
        self.fix(message, vec![Change::Remove(self.way())])
    }
}

/// A selector as it is written.
pub(crate) fn selector(selector: &LabelSelector) -> Yaml {
    let mut labels: Vec<(String, Yaml)> = Vec::new();
    let mut expressions = Vec::new();
    for one in &selector.requirements {
        let is_new = !labels.iter().any(|(key, _)| *key == one.key);
        match (one.operator, one.values.as_slice()) {
            (Operator::In, [value]) if is_new => labels.push((one.key.clone(), Yaml::text(value.as_str()))),
            (operator, values) => expressions.push(expression(&one.key, operator, values)),
        }
    }
    let mut fields = Vec::new();
    if !labels.is_empty() {
        fields.push(("matchLabels".to_owned(), Yaml::Map(labels)));
    }
    if !expressions.is_empty() {
        fields.push(("matchExpressions".to_owned(), Yaml::List(expressions)));
    }
    Yaml::Map(fields)
}

fn expression(key: &str, operator: Operator, values: &[String]) -> Yaml {
    let mut fields = vec![
        ("key".to_owned(), Yaml::text(key)),
        (
            "operator".to_owned(),
            Yaml::text(match operator {
                Operator::In => "In",
                Operator::NotIn => "NotIn",
                Operator::Exists => "Exists",
                Operator::DoesNotExist => "DoesNotExist",
            }),
        ),
    ];
    if !values.is_empty() {
        let values = values.iter().map(|value| Yaml::text(value.as_str()));
        fields.push(("values".to_owned(), Yaml::List(values.collect())));
    }
    Yaml::Map(fields)
}

/// A selector of these labels.
pub(crate) fn match_labels(labels: &Labels) -> Yaml {
    let labels: Vec<_> =
        labels.iter().map(|(key, value)| (key.clone(), Yaml::text(value.as_str()))).collect();
    match labels.is_empty() {
        true => Yaml::Map(labels),
        false => Yaml::map([("matchLabels", Yaml::Map(labels))]),
    }
}

/// A selector of namespaces by their names.
pub(crate) fn namespaces_named(names: &[&str]) -> Yaml {
    if let [name] = names {
        return match_labels(&order::map([(NAMESPACE_NAME_LABEL.to_owned(), (*name).to_owned())]));
    }
    let values: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let expression = expression(NAMESPACE_NAME_LABEL, Operator::In, &values);
    Yaml::map([("matchExpressions", Yaml::List(vec![expression]))])
}

/// The namespaces of the input in which an item of a rule finds a pod, in order; `None` where there is none, or too
/// many to list.
pub(crate) fn namespaces_of_item<'a>(
    scene: &Scene<'a>,
    at: &RuleAt<'_>,
    item: usize,
) -> Option<Vec<&'a str>> {
    let workloads = scene.item_peers(at, item).filter_map(|peer| scene.workload(peer));
    let found = workloads.filter(|one| !one.is_hypothetical()).map(|one| one.namespace);
    let found: Vec<NamespaceId> = order::set(found).into_iter().collect();
    let listed = (1..=MOST_LISTED).contains(&found.len());
    listed.then(|| found.into_iter().map(|id| scene.namespace_name(id)).collect())
}

/// Names the namespaces in which these items of a rule find pods today, in the place of what chooses them now.
pub(crate) fn name_namespaces(scene: &Scene<'_>, at: &RuleAt<'_>, items: &[usize]) -> Option<Fix> {
    let mut all: Vec<&str> = Vec::new();
    let mut changes = Vec::new();
    for item in items {
        let names = namespaces_of_item(scene, at, *item)?;
        changes.push(Change::Set(at.peer_way(*item).key("namespaceSelector"), namespaces_named(&names)));
        all.extend(names);
    }
    order::sort_and_dedup(&mut all);
    let message = format!(
        "name the namespaces that {} means today: {}; any other is closed out",
        at.path(),
        words::all(all)
    );
    (!changes.is_empty()).then(|| at.fix(message, changes))
}
