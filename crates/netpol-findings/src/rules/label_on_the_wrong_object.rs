//! NP319: a selector that asks for labels which are there, but on another object than those it looks at.
//!
//! A selector of pods looks at the labels of the pod template; those of a Deployment or CronJob are for people and
//! `kubectl`. A selector of namespaces does not see the labels of pods. Takes the place of NP301 and NP302.

use std::borrow::Cow;

use netpol_eval::{ClusterPolicy, Labels, SOME_VALUE, Workload, matches};
use netpol_manifest::{Change, ClusterPeer, LabelSelector, NamespacedPods, Peer, Way};
use netpol_source::{Span, order};

use crate::cause::{Cause, Part};
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{self, Fix};
use crate::policies::telling_labels;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP319,
    name: "label-on-the-wrong-object",
    severity: Severity::Medium,
    summary: "A selector asks for labels that are on the Deployment or CronJob and not on its pods, or asks a namespace for \
              labels of pods.",
    why: "Selectors of pods see the labels of pods alone, and selectors of namespaces those of namespaces. The policy or the \
          rule matches nothing, though the labels that it names are there.",
    help: "Put the labels into the pod template, under `spec.template.metadata.labels`, or ask for those that stand there. A \
           pod's label belongs into a `podSelector`.",
    references: &[
        refer::CKS_POLICIES,
        refer::KUBE_LINTER_SUBJECT,
        refer::KUBE_LINTER_PEER,
        refer::POPEYE_SUBJECT,
    ],
    proof: Proof::None,
    fix: Some((
        Promise::Corrects,
        "Asks for the labels that the pods have, where one workload alone can be meant; or moves what is asked of a namespace to \
         the pods of the policy's own.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, policy) in context.policies() {
        let selector = &policy.spec.pod_selector;
        if !context.subjects(id).is_empty() {
            continue;
        }
        let is_own = |one: &Workload| one.namespace == policy.namespace;
        let Some(labelled) = on_objects(context, selector, is_own) else { continue };
        let way = Way::new().key("spec").key("podSelector");
        findings.push(Finding {
            message: format!("{}, so the policy protects nothing", labelled.what(context, selector)),
            subject: policy.reference(),
            spans: labelled.spans(vec![policy.handle.span(selector.range), policy_span(policy)]),
            fix: labelled.select_pods(context).map(|(pods, labels)| {
                let message = format!("let `{}` select the pods with `{labels}`", policy.reference().name);
                Fix::change(&policy.handle, message, vec![Change::Set(way, pods)])
            }),
            ..Finding::of(&RULE)
        });
    }
    for at in context.rules() {
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Pods { pod_selector, namespace_selector, range } = peer else { continue };
            let (pods, namespaces) = (pod_selector.as_ref(), namespace_selector.as_ref());
            let Some(mistake) = of_peer(context, &at, item, pods, namespaces) else { continue };
            findings.push(Finding {
                message: format!("{}, so no pod is a peer of {} by it", mistake.what, at.path()),
                subject: at.policy.reference(),
                spans: mistake.labelled.spans(vec![at.policy.handle.span(*range), policy_span(at.policy)]),
                fix: mistake.fix,
                cause: mistake.is_of_namespace.then(|| Cause::Labels(at.origin(), item, Part::Itself)),
                ..Finding::of(&RULE)
            });
        }
    }
    findings.extend(context.cluster().cluster_policies().flat_map(|(_, policy)| of_cluster(context, policy)));
    findings
}

/// Workloads that have the labels which a selector asks for, in the wrong place.
struct Labelled<'a> {
    workloads: Vec<&'a Workload>,
}

/// The workloads whose objects have what a selector asks for and whose pods lack; `None` where some pod is selected.
fn on_objects<'a>(
    context: &Context<'a>,
    selector: &LabelSelector,
    is_meant: impl Fn(&Workload) -> bool,
) -> Option<Labelled<'a>> {
    if !well_known::asks_for_a_label(selector) || !context.has_workloads() || !context.look_through_all() {
        return None;
    }
    let meant = || context.input_workloads().map(|(_, one)| one.as_ref()).filter(|one| is_meant(one));
    if meant().any(|one| matches(selector, &one.labels)) {
        return None;
    }
    let workloads: Vec<&Workload> = meant().filter(|one| matches(selector, &with_object(one))).collect();
    (!workloads.is_empty()).then_some(Labelled { workloads })
}

/// The labels of the pods of a workload, with those of the object that makes them.
fn with_object(workload: &Workload) -> Cow<'_, Labels> {
    let object = workload.handle().map(netpol_eval::Handle::object);
    let Some(object) = object.filter(|object| object.kind != "Pod" && !object.metadata.labels.is_empty())
    else {
        return Cow::Borrowed(&workload.labels);
    };
    let own = object.metadata.labels.iter();
    let own = own.map(|label| (label.key.value.clone(), label.value.value.clone()));
    Cow::Owned(order::map(own.chain(workload.labels.iter().map(|(key, value)| (key.clone(), value.clone())))))
}

impl<'a> Labelled<'a> {
    /// "`tier: data` is a label of the Deployment `db` and not of its pods"
    fn what(&self, context: &Context<'_>, selector: &LabelSelector) -> String {
        context.work(self.workloads.len());
        let names = words::list(self.workloads.iter().map(|one| one.full_name()));
        let kind = self.workloads.first().map_or("", |one| one.kind.as_str());
        let asked = words::selector(selector);
        match self.workloads.len() {
            1 => format!("`{asked}` is on the {kind} {names} and not on its pods"),
            _ => format!("`{asked}` is on the objects {names} and not on their pods"),
        }
    }

    /// The places of the mistake, then the names of the workloads.
    fn spans(&self, mut places: Vec<Span>) -> Vec<Span> {
        let handles = self.workloads.iter().filter_map(|one| one.handle());
        let names = order::set(handles.map(|handle| handle.span(handle.object().metadata.name.range)));
        places.extend(names);
        places
    }

    /// A selector of the pods that are meant, also in words, where one workload alone can be.
    fn select_pods(&self, context: &Context<'_>) -> Option<(netpol_manifest::Yaml, String)> {
        let [workload] = self.workloads[..] else { return None };
        let labels = telling_labels(context.evaluation(), workload);
        let is_certain = !labels.is_empty() && labels.values().all(|value| value != SOME_VALUE);
        let in_words: Vec<String> = labels.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        is_certain.then(|| (fix::match_labels(&labels), in_words.join(", ")))
    }
}

/// What is wrong with a peer.
struct Mistake<'a> {
    what: String,
    labelled: Labelled<'a>,
    /// Whether a namespace is asked for what pods have.
    is_of_namespace: bool,
    fix: Option<Fix>,
}

fn of_peer<'a>(
    context: &Context<'a>,
    at: &RuleAt<'_>,
    item: usize,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
) -> Option<Mistake<'a>> {
    let is_real = |one: &Workload| !one.is_hypothetical();
    if context.item_peers(at, item).any(|peer| context.workload(peer).is_some_and(is_real)) {
        return None;
    }
    let way = at.peer_way(item);
    let is_chosen = |one: &Workload| match namespaces {
        None => one.namespace == at.policy.namespace,
        Some(selector) => is_in(context, one, selector),
    };
    if let Some(pods) = pods
        && let Some(labelled) = on_objects(context, pods, is_chosen)
    {
        let fix = labelled.select_pods(context).map(|(selector, labels)| {
            let message = format!("let {} ask for `{labels}`", at.path());
            at.fix(message, vec![Change::Set(way.key("podSelector"), selector)])
        });
        return Some(Mistake { what: labelled.what(context, pods), labelled, is_of_namespace: false, fix });
    }
    let (selector, labelled) = asked_of_namespace(context, namespaces?, pods)?;
    let is_own = |one: &&Workload| one.namespace == at.policy.namespace;
    let is_plain = pods.is_none() && labelled.workloads.iter().all(|one| matches(selector, &one.labels));
    let fix = (is_plain && labelled.workloads.iter().all(is_own)).then(|| {
        let message = format!("let {} mean the pods with `{}`", at.path(), words::selector(selector));
        at.fix(message, vec![Change::Rename(way.key("namespaceSelector"), "podSelector".to_owned())])
    });
    Some(Mistake { what: asked_in_words(selector, &labelled), labelled, is_of_namespace: true, fix })
}

/// Whether a workload is in a namespace that a selector chooses.
fn is_in(context: &Context<'_>, workload: &Workload, selector: &LabelSelector) -> bool {
    let namespace = context.cluster().namespace(workload.namespace);
    namespace.is_some_and(|namespace| matches(selector, &namespace.labels))
}

/// The pods that have the labels which a selector asks of namespaces, where no namespace has them.
fn asked_of_namespace<'a, 's>(
    context: &Context<'a>,
    selector: &'s LabelSelector,
    pods: Option<&LabelSelector>,
) -> Option<(&'s LabelSelector, Labelled<'a>)> {
    if !well_known::asks_for_a_label(selector) || !context.has_workloads() || !context.look_through_all() {
        return None;
    }
    let mut namespaces = context.namespaces().filter(|(id, _, _)| context.is_of_the_input(*id));
    if namespaces.any(|(_, namespace, _)| matches(selector, &namespace.labels)) {
        return None;
    }
    let has_them = |one: &&Workload| {
        let namespace = context.cluster().namespace(one.namespace);
        let of_namespace = namespace.map(|namespace| namespace.labels.clone()).unwrap_or_default();
        let all = of_namespace.into_iter().chain(one.labels.clone());
        pods.is_none_or(|pods| matches(pods, &one.labels)) && matches(selector, &order::map(all))
    };
    let workloads = context.input_workloads().map(|(_, one)| one.as_ref());
    let workloads: Vec<&Workload> = workloads.filter(has_them).collect();
    (!workloads.is_empty()).then_some((selector, Labelled { workloads }))
}

fn asked_in_words(selector: &LabelSelector, labelled: &Labelled<'_>) -> String {
    let names = words::list(labelled.workloads.iter().map(|one| one.full_name()));
    format!(
        "`namespaceSelector` asks namespaces for `{}`, which the pods of {names} have",
        words::selector(selector)
    )
}

/// The subject and the peers of a cluster-scoped policy.
fn of_cluster<'a>(context: &Context<'a>, policy: &ClusterPolicy) -> Vec<Finding> {
    let finding = |place, mistake: (String, Labelled<'a>), then: String| Finding {
        message: format!("{}, so {then}", mistake.0),
        subject: policy.reference(),
        spans: mistake.1.spans(vec![policy.handle.span(place), cluster_policy_span(policy)]),
        ..Finding::of(&RULE)
    };
    let mut findings = Vec::new();
    if let Some(mistake) = of_pods(context, &policy.spec.subject) {
        findings.push(finding(policy.spec.subject.range, mistake, "the policy has no effect".to_owned()));
    }
    for direction in netpol_manifest::Direction::BOTH {
        for (index, rule) in policy.rules(direction).iter().enumerate() {
            for peer in &rule.peers {
                let ClusterPeer::Pods { range, pods } = peer else { continue };
                let Some(mistake) = of_pods(context, pods) else { continue };
                let then = format!("{} matches no pod by it", words::rule(direction, index));
                findings.push(finding(*range, mistake, then));
            }
        }
    }
    findings
}

fn of_pods<'a>(context: &Context<'a>, selected: &NamespacedPods) -> Option<(String, Labelled<'a>)> {
    let pods = selected.pods.as_ref();
    if let Some(pods) = pods
        && let Some(labelled) = on_objects(context, pods, |one| is_in(context, one, &selected.namespaces))
    {
        return Some((labelled.what(context, pods), labelled));
    }
    let (selector, labelled) = asked_of_namespace(context, &selected.namespaces, pods)?;
    Some((asked_in_words(selector, &labelled), labelled))
}

/// Whether that is what is wrong with the subject of a policy.
pub(super) fn concerns_subject(context: &Context<'_>, policy: &netpol_eval::Policy) -> bool {
    on_objects(context, &policy.spec.pod_selector, |one| one.namespace == policy.namespace).is_some()
}

/// Whether that is what is wrong with a peer.
pub(super) fn concerns_peer(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    item: usize,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
) -> bool {
    of_peer(context, at, item, pods, namespaces).is_some()
}

/// Whether that is what is wrong with the pods that a cluster-scoped policy selects.
pub(super) fn concerns_pods(context: &Context<'_>, selected: &NamespacedPods) -> bool {
    of_pods(context, selected).is_some()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::{peer_matches_nothing, subject_matches_nothing};
    use crate::testing::{Case, Found, cluster_policy, deployment, namespace, policy};

    /// A Deployment with a label of its own, and a CronJob with another.
    fn case(text: &str) -> Case {
        let web = deployment("shop", "web", 80).replace(
            "metadata: {name: web, namespace: shop}",
            "metadata: {name: web, namespace: shop, labels: {tier: front}}",
        );
        let report = "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: ops, labels: {job: \
                      report}}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {metadata: {labels: {run: \
                      report}}, spec: {restartPolicy: Never, containers: [{name: main, image: example}]}}}}}\n";
        Case::new(
            &(namespace("shop") + &namespace("ops") + &web + &deployment("shop", "db", 5432) + report + text),
        )
    }

    /// What is found, nothing of which another rule reports.
    fn found(text: &str) -> Vec<Found> {
        let case = case(text);
        assert!(case.check(&subject_matches_nothing::RULE).is_empty());
        assert!(case.check(&peer_matches_nothing::RULE).is_empty());
        case.check(&RULE)
    }

    #[test]
    fn the_subject() {
        let found = found(&policy("shop", "p", "{podSelector: {matchLabels: {tier: front}}}"));
        let [one] = &found[..] else { panic!("one finding: {found:?}") };
        assert_eq!(
            one.message,
            "`tier: front` is on the Deployment `web` and not on its pods, so the policy protects nothing"
        );
        assert_eq!(one.spans, ["{matchLabels: {tier: front}}", "p", "web"]);
        // Together with a label of the pods.
        let both = "{podSelector: {matchLabels: {tier: front, app: web}}}";
        assert_eq!(self::found(&policy("shop", "p", both)).len(), 1);
    }

    #[test]
    fn a_peer() {
        let found = |peer: &str| {
            let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
            let found = found(&policy("shop", "p", &spec));
            found.into_iter().map(|one| one.message).collect::<Vec<_>>()
        };
        assert_eq!(
            found("{podSelector: {matchLabels: {tier: front}}}"),
            [
                "`tier: front` is on the Deployment `web` and not on its pods, so no pod is a peer of ingress rule 1 by it"
            ]
        );
        assert_eq!(
            found("{namespaceSelector: {}, podSelector: {matchLabels: {job: report}}}"),
            [
                "`job: report` is on the CronJob `report` and not on its pods, so no pod is a peer of ingress rule 1 by it"
            ]
        );
        let of_namespace = "`namespaceSelector` asks namespaces for `run: report`, which the pods of `report` have, so no pod \
                            is a peer of ingress rule 1 by it";
        assert_eq!(found("{namespaceSelector: {matchLabels: {run: report}}}"), [of_namespace]);
        assert_eq!(
            found("{namespaceSelector: {matchLabels: {run: report, kubernetes.io/metadata.name: ops}}}")
                .len(),
            1
        );
    }

    #[test]
    fn of_a_cluster_scoped_policy() {
        let spec = "subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {tier: front}}}}, ingress: [{action: \
                    Deny, from: [{namespaces: {matchLabels: {app: db}}}]}]";
        let found = found(&cluster_policy("p", "Admin", 5, spec));
        let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "`tier: front` is on the Deployment `web` and not on its pods, so the policy has no effect",
                "`namespaceSelector` asks namespaces for `app: db`, which the pods of `db` have, so ingress rule 1 matches no pod \
                 by it",
            ]
        );
    }

    #[test]
    fn what_is_where_it_belongs_or_nowhere() {
        for spec in [
            "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}",
            "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}}",
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}]}",
        ] {
            assert!(case(&policy("shop", "p", spec)).check(&RULE).is_empty(), "{spec}");
        }
        // The label of an object of another namespace.
        let elsewhere = case(&policy("ops", "p", "{podSelector: {matchLabels: {tier: front}}}"));
        assert!(elsewhere.check(&RULE).is_empty());
        assert_eq!(elsewhere.check(&subject_matches_nothing::RULE).len(), 1);
    }
}
