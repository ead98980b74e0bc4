//! NP301: a policy whose `podSelector` matches no workload of its namespace.
//!
//! Not reported when the input has no workloads at all, for the empty selector, and for pods on the host network: those
//! are NP309's, also where the input lacks the control plane's pods. Nor for the cluster's DNS where the input holds
//! nothing of `kube-system`. A namespace without any workload is NP312's, labels in the wrong place are NP319's.

use std::collections::BTreeSet;

use netpol_eval::{ClusterPolicy, Labels, NamespaceId, Policy, Workload, matches};
use netpol_manifest::{Change, LabelSelector, NamespacedPods, Way};

use super::{empty_namespace, label_on_the_wrong_object};
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::scene::is_control_plane;
use crate::site::{cluster_policy_span, policy_span};
use crate::suggest::nearest_label;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP301,
    name: "subject-matches-nothing",
    severity: Severity::Medium,
    summary: "The `podSelector` of a policy matches no workload of its namespace, or the `subject` of a cluster-scoped one none.",
    why: "The policy protects nothing. The pods that it was written for are as open as if it did not exist.",
    help: "Compare the selector with the labels of the pod template (not of the Deployment), and `metadata.namespace` with \
           the namespace of the workload.",
    references: &[
        refer::CKS_POLICIES,
        refer::KUBE_SCORE_TARGETS,
        refer::KUBE_LINTER_SUBJECT,
        refer::POPEYE_SUBJECT,
    ],
    proof: Proof::None,
    fix: Some((
        Promise::Corrects,
        "Writes the label that is meant, where only one comes near and the selector then matches.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.has_workloads() {
        return Vec::new();
    }
    let policies = context.policies().filter(|(id, policy)| {
        context.subjects(*id).is_empty() && !policy.spec.pod_selector.requirements.is_empty()
    });
    let findings = policies.filter_map(|(_, policy)| finding(context, policy));
    let of_clusters = context.cluster().cluster_policies();
    let of_clusters = of_clusters.filter(|(id, _)| context.subjects(*id).is_empty());
    findings.chain(of_clusters.filter_map(|(_, policy)| of_cluster(context, policy))).collect()
}

/// A cluster-scoped policy whose `subject` matches nothing; one that asks for nothing means the pods to come.
fn of_cluster(context: &Context<'_>, policy: &ClusterPolicy) -> Option<Finding> {
    let subject = &policy.spec.subject;
    let asks = |selector: &LabelSelector| !selector.requirements.is_empty();
    let pods = subject.pods.as_ref().filter(|pods| asks(pods));
    if !asks(&subject.namespaces) && pods.is_none() || !context.look_through_all() {
        return None;
    }
    let unmatched = unmatched_pods(context, subject, &Way::new().key("spec").key("subject"))?;
    let reference = policy.reference();
    let fix = unmatched.changes.map(|changes| {
        let message = format!("let `{}` select the pods with `{}`", reference.name, unmatched.meant);
        Fix::change(&policy.handle, message, changes)
    });
    Some(Finding {
        message: format!("{}, so the policy has no effect{}", unmatched.what, unmatched.hint),
        subject: reference,
        spans: vec![policy.handle.span(subject.range), cluster_policy_span(policy)],
        fix,
        ..Finding::of(&RULE)
    })
}

/// What a cluster-scoped policy names that matches no pod.
pub(super) struct UnmatchedPods {
    /// What does not match.
    pub(super) what: String,
    /// What was probably meant.
    pub(super) hint: String,
    /// The same as a selector in words, and as changes.
    pub(super) meant: String,
    pub(super) changes: Option<Vec<Change>>,
}

/// `None` where some pod matches, be it on the host network, or where pods of every cluster are meant that the input
/// does not hold. `way` leads to what has the field `namespaces` or `pods`.
pub(super) fn unmatched_pods(
    context: &Context<'_>,
    selected: &NamespacedPods,
    way: &Way,
) -> Option<UnmatchedPods> {
    let namespaces = context.namespaces().filter(|(id, _, _)| context.is_of_the_input(*id));
    let namespaces: Vec<(NamespaceId, &Labels)> =
        namespaces.map(|(id, namespace, _)| (id, &namespace.labels)).collect();
    let chosen: BTreeSet<NamespaceId> = namespaces
        .iter()
        .filter(|(_, labels)| matches(&selected.namespaces, labels))
        .map(|(id, _)| *id)
        .collect();
    let workloads: Vec<&Workload> = context
        .input_workloads()
        .map(|(_, workload)| workload.as_ref())
        .filter(|workload| chosen.contains(&workload.namespace))
        .collect();
    let pods = selected.pods.as_ref();
    if workloads.iter().any(|workload| pods.is_none_or(|pods| matches(pods, &workload.labels))) {
        return None;
    }
    let mut input = context.input_workloads();
    let system_is_here =
        input.any(|(_, one)| context.namespace_name(one.namespace) == well_known::SYSTEM_NAMESPACE);
    if !system_is_here && well_known::is_in_every_cluster(Some(&selected.namespaces), pods) {
        return None;
    }
    if label_on_the_wrong_object::concerns_pods(context, selected) {
        return None;
    }
    let in_words = words::selector(&selected.namespaces);
    let (what, selector, pool, way) = if chosen.is_empty() {
        let pool: Vec<&Labels> = namespaces.iter().map(|(_, labels)| *labels).collect();
        let way = match pods {
            None => way.clone().key("namespaces"),
            Some(_) => way.clone().key("pods").key("namespaceSelector"),
        };
        (format!("no namespace has `{in_words}`"), &selected.namespaces, pool, way)
    } else if let Some(pods) = pods.filter(|pods| !pods.requirements.is_empty()) {
        let pool: Vec<&Labels> = workloads.iter().map(|workload| &workload.labels).collect();
        let whose = match selected.namespaces.requirements.is_empty() {
            true => String::new(),
            false => format!(" of the namespaces with `{in_words}`"),
        };
        let what = format!("no workload{whose} has `{}`", words::selector(pods));
        (what, pods, pool, way.clone().key("pods").key("podSelector"))
    } else {
        let what = format!("the namespaces with `{in_words}` have no workload");
        return Some(UnmatchedPods { what, hint: String::new(), meant: String::new(), changes: None });
    };
    let near = nearest_label(selector, &pool);
    Some(UnmatchedPods {
        what,
        hint: near.as_ref().map_or_else(String::new, |meant| format!("; did you mean `{}`?", meant.label())),
        meant: near.as_ref().map_or_else(String::new, |meant| words::selector(&meant.corrected(selector))),
        changes: near.and_then(|meant| meant.mends(selector, &pool, &way)),
    })
}

fn finding(context: &Context<'_>, policy: &Policy) -> Option<Finding> {
    let selector = &policy.spec.pod_selector;
    let namespace = context.namespace_name(policy.namespace);
    if !context.look_through_all() {
        return None;
    }
    let in_system = namespace == well_known::SYSTEM_NAMESPACE;
    if is_control_plane(context.cluster(), policy) || empty_namespace::concerns(context, policy) {
        return None;
    }
    let (own, others): (Vec<&Workload>, Vec<&Workload>) = context
        .input_workloads()
        .map(|(_, workload)| workload.as_ref())
        .partition(|workload| workload.namespace == policy.namespace);
    let not_pasted = in_system && own.is_empty() && well_known::is_system_pod(selector);
    if not_pasted || own.iter().any(|workload| matches(selector, &workload.labels)) {
        return None;
    }
    if label_on_the_wrong_object::concerns_subject(context, policy) {
        return None;
    }
    let labels: Vec<&Labels> = own.iter().map(|workload| &workload.labels).collect();
    let foreign: Vec<&Labels> = others.iter().map(|workload| &workload.labels).collect();
    let near = nearest_label(selector, &labels);
    let elsewhere = others.iter().find(|workload| matches(selector, &workload.labels));
    let hint = if let Some(meant) = &near {
        format!("; did you mean `{}`?", meant.label())
    } else if let Some(workload) = elsewhere {
        format!(
            "; `{}` in the namespace `{}` does",
            workload.name,
            context.namespace_name(workload.namespace)
        )
    } else {
        nearest_label(selector, &foreign).map_or_else(String::new, |meant| {
            let having = others.iter().find(|workload| meant.is_in(&workload.labels));
            let having = having.map_or("", |workload| context.namespace_name(workload.namespace));
            format!("; did you mean `{}`, which pods of the namespace `{having}` have?", meant.label())
        })
    };
    let fix = near.and_then(|meant| {
        let changes = meant.mends(selector, &labels, &Way::new().key("spec").key("podSelector"))?;
        let name = policy.reference().name;
        let message =
            format!("let `{name}` select the pods with `{}`", words::selector(&meant.corrected(selector)));
        Some(Fix::change(&policy.handle, message, changes))
    });
    let message = format!(
        "no workload of the namespace `{namespace}` has `{}`, so the policy protects nothing{hint}",
        words::selector(selector)
    );
    Some(Finding {
        message,
        subject: policy.reference(),
        spans: vec![policy.handle.span(selector.range), policy_span(policy)],
        fix,
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, host_network_pod, policy};

    fn message(labels: &str, namespace: &str) -> Option<String> {
        let spec = format!("{{podSelector: {{matchLabels: {labels}}}}}");
        let text =
            deployment("shop", "backend", 80) + &deployment("ops", "spy", 1) + &policy(namespace, "p", &spec);
        let found = Case::new(&text).check(&RULE);
        assert!(found.len() < 2);
        found.into_iter().next().map(|found| {
            assert_eq!(found.subject, format!("NetworkPolicy {namespace}/p"));
            assert_eq!(found.spans, [format!("{{matchLabels: {labels}}}"), "p".to_owned()]);
            found.message
        })
    }

    #[test]
    fn the_label_that_was_meant() {
        let nothing = "so the policy protects nothing";
        for (labels, hint) in [
            ("{app: bakend}", "; did you mean `app: backend`?"),
            ("{ap: backend}", "; did you mean `app: backend`?"),
            ("{tier: backend}", "; did you mean `app: backend`?"),
            ("{app: spy}", "; `spy` in the namespace `ops` does"),
            ("{colour: green}", ""),
        ] {
            let text = message(labels, "shop").unwrap();
            let (_, after) = text.split_once(nothing).unwrap();
            assert_eq!(after, hint, "{labels}");
        }
    }

    #[test]
    fn another_namespace_was_meant() {
        let text = message("{app: backend}", "ops").unwrap();
        assert_eq!(
            text,
            "no workload of the namespace `ops` has `app: backend`, so the policy protects nothing; `backend` in the \
             namespace `shop` does"
        );
        assert_eq!(message("{app: backend}", "empty"), None);
    }

    #[test]
    fn a_selector_that_matches() {
        assert_eq!(message("{app: backend}", "shop"), None);
        assert_eq!(message("{}", "default"), None);
    }

    #[test]
    fn a_policy_on_its_own_and_pods_on_the_host_network() {
        let alone = policy("shop", "p", "{podSelector: {matchLabels: {app: web}}}");
        assert!(Case::new(&alone).check(&RULE).is_empty());
        let proxy = "{podSelector: {matchLabels: {app: kube-proxy}}}";
        let text = host_network_pod("kube-system", "kube-proxy") + &policy("kube-system", "p", proxy);
        assert!(Case::new(&text).check(&RULE).is_empty());
        let api = "{podSelector: {matchLabels: {component: kube-apiserver}}}";
        let text = deployment("kube-system", "coredns", 53) + &policy("kube-system", "p", api);
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn the_subject_of_a_cluster_scoped_policy() {
        let of = |subject: &str| {
            let rules = "ingress: [{action: Deny, from: [{namespaces: {}}]}]";
            let text = deployment("shop", "backend", 80)
                + &cluster_policy("p", "Admin", 5, &format!("subject: {subject}, {rules}"));
            let found = Case::new(&text).check(&RULE);
            found.into_iter().map(|found| found.message).collect::<Vec<_>>()
        };
        assert_eq!(
            of("{namespaces: {matchLabels: {kubernetes.io/metadata.name: shopp}}}"),
            [
                "no namespace has `kubernetes.io/metadata.name: shopp`, so the policy has no effect; did you mean \
                 `kubernetes.io/metadata.name: shop`?"
            ]
        );
        assert_eq!(
            of("{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: bakend}}}}"),
            ["no workload has `app: bakend`, so the policy has no effect; did you mean `app: backend`?"]
        );
        assert!(of("{namespaces: {}}").is_empty());
        assert!(of("{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: backend}}}}").is_empty());
    }
}
