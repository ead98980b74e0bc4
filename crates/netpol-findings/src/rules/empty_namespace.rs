//! NP312: policies in a namespace without workloads, while other namespaces of the input have some.
//!
//! One finding a namespace; its subject is the policy where there is only one. NP301 leaves these policies to this rule.
//! Not reported for `kube-system`, which has pods on every cluster, and for the default denies of a namespace that the
//! input declares: they are there for the pods to come.

use std::collections::BTreeSet;

use netpol_eval::{NamespaceId, NamespaceOrigin, Policy, Workload, matches};
use netpol_manifest::{Change, Direction, Way, Yaml, nearest};
use netpol_source::{Span, order};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, MOST_LISTED};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP312,
    name: "empty-namespace",
    severity: Severity::Medium,
    summary: "A policy is in a namespace that has no workload in the input.",
    why: "A policy acts on the pods of its own namespace only. In the wrong one it protects nothing, and the pods that it was \
          written for are as open as if it did not exist. Without `metadata.namespace` it lands in `default`, or wherever the \
          one who applies it happens to be.",
    help: "Write the namespace of the workloads in `metadata.namespace`. If the workloads are only missing from the input, add \
           them.",
    references: &[refer::CKS_POLICIES, refer::POPEYE_SUBJECT],
    proof: Proof::None,
    fix: Some((
        Promise::Corrects,
        "Writes the namespace in which the pods are that the policies select, where it is one only.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let findings = context.namespaces().filter_map(|(id, _, view)| {
        let policies = view.policies.iter().filter_map(|id| context.cluster().policy(*id));
        let policies: Vec<&Policy> = policies.filter(|policy| concerns(context, policy)).collect();
        finding(context, id, &policies)
    });
    findings.collect()
}

/// Whether a policy is this rule's.
pub(super) fn concerns(context: &Context<'_>, policy: &Policy) -> bool {
    let Some(namespace) = context.cluster().namespace(policy.namespace) else { return false };
    if !context.has_workloads()
        || namespace.name == well_known::SYSTEM_NAMESPACE
        || context.namespace(policy.namespace).is_some_and(|view| view.has_workloads)
    {
        return false;
    }
    let is_declared = matches!(namespace.origin, NamespaceOrigin::Declared(_));
    !(is_declared && is_default_deny(policy))
}

fn is_default_deny(policy: &Policy) -> bool {
    policy.spec.pod_selector.requirements.is_empty()
        && Direction::BOTH.into_iter().all(|direction| policy.rules(direction).is_empty())
}

fn finding(context: &Context<'_>, id: NamespaceId, policies: &[&Policy]) -> Option<Finding> {
    let first = *policies.first()?;
    let namespace = context.namespace_name(id);
    let names: Vec<String> = policies.iter().map(|policy| policy.reference().name).collect();
    let names = words::list(names.iter().map(String::as_str));
    let protect = if policies.len() == 1 { "protects" } else { "protect" };
    let written =
        |policy: &Policy| policy.handle.object().metadata.namespace.as_ref().map(|place| place.range);
    let absent = match written(first) {
        Some(_) => "",
        None => ", which is where a policy without `metadata.namespace` goes",
    };
    let mut spans: Vec<Span> = Vec::new();
    for policy in policies {
        spans.extend(written(policy).map(|range| policy.handle.span(range)));
        spans.push(policy_span(policy));
    }
    let alone = policies.len() == 1;
    Some(Finding {
        message: format!(
            "no workload is in the namespace `{namespace}`{absent}, so {names} {protect} nothing{}",
            hint(context, namespace, policies)
        ),
        subject: if alone { first.reference() } else { context.namespace_ref(id) },
        spans,
        fix: move_policies(context, policies),
        ..Finding::of(&RULE)
    })
}

/// Moves the policies to the one namespace in which all that they select is.
fn move_policies(context: &Context<'_>, policies: &[&Policy]) -> Option<Fix> {
    let mut namespaces = BTreeSet::new();
    for policy in policies {
        let selector = &policy.spec.pod_selector;
        let selected = context.input_workloads().filter(|(_, workload)| matches(selector, &workload.labels));
        let selected = order::set(selected.map(|(_, workload)| workload.namespace));
        if selected.is_empty() || !well_known::asks_for_a_label(selector) {
            return None;
        }
        namespaces.extend(selected);
    }
    let name = context.namespace_name(*namespaces.first().filter(|_| namespaces.len() == 1)?);
    let change = Change::Set(Way::new().key("metadata").key("namespace"), Yaml::text(name));
    let changes = policies.iter().map(|policy| {
        let place = policy.handle.span(policy.handle.object().range);
        (place, vec![change.clone()])
    });
    let message = format!("write the namespace `{name}`, which has the pods that are selected");
    (policies.len() <= MOST_LISTED).then(|| Fix { message, changes: changes.collect(), added: Vec::new() })
}

/// The namespace that was probably meant.
fn hint(context: &Context<'_>, namespace: &str, policies: &[&Policy]) -> String {
    let workloads: Vec<&Workload> =
        context.input_workloads().map(|(_, workload)| workload.as_ref()).collect();
    let selected = policies.iter().map(|policy| &policy.spec.pod_selector).find_map(|selector| {
        let asks = well_known::asks_for_a_label(selector);
        workloads.iter().find(|workload| asks && matches(selector, &workload.labels))
    });
    let near = || {
        let mut known: Vec<&str> =
            workloads.iter().map(|workload| context.namespace_name(workload.namespace)).collect();
        order::sort_and_dedup(&mut known);
        nearest(namespace, known.iter().copied()).map(str::to_owned)
    };
    if let Some(workload) = selected {
        let other = context.namespace_name(workload.namespace);
        return format!("; `{}` in the namespace `{other}` has the labels that are selected", workload.name);
    }
    near().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, namespace, policy};

    const WEB: &str = "{podSelector: {matchLabels: {app: web}}}";

    fn shop() -> String {
        deployment("shop", "web", 80)
    }

    #[test]
    fn a_forgotten_namespace() {
        let text = shop() + &policy("shop", "web", WEB).replace(", namespace: shop", "");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy default/web");
        assert_eq!(
            found[0].message,
            "no workload is in the namespace `default`, which is where a policy without `metadata.namespace` goes, so \
             `web` protects nothing; `web` in the namespace `shop` has the labels that are selected"
        );
        assert_eq!(found[0].spans, ["web"]);
        assert_eq!(found[0].witness, None);
        let codes: Vec<&str> = Case::new(&text).check_all().into_iter().map(|found| found.code).collect();
        assert!(!codes.contains(&"NP301"), "{codes:?}");
    }

    #[test]
    fn a_misspelt_namespace_is_one_finding() {
        let text =
            shop() + &policy("shpo", "a", "{podSelector: {}}") + &policy("shpo", "b", "{podSelector: {}}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Namespace shpo");
        assert_eq!(
            found[0].message,
            "no workload is in the namespace `shpo`, so `a` and `b` protect nothing; did you mean `shop`?"
        );
        assert_eq!(found[0].spans, ["shpo", "a", "shpo", "b"]);
    }

    #[test]
    fn namespaces_with_workloads_and_those_that_wait_for_some() {
        assert!(Case::new(&(shop() + &policy("shop", "web", WEB))).check(&RULE).is_empty());
        assert!(Case::new(&policy("shop", "web", WEB)).check(&RULE).is_empty());
        let waiting =
            namespace("next") + &policy("next", "deny", "{podSelector: {}, policyTypes: [Ingress, Egress]}");
        assert!(Case::new(&(shop() + &waiting)).check(&RULE).is_empty());
        let dns = "{podSelector: {matchLabels: {k8s-app: kube-dns}}}";
        assert!(Case::new(&(shop() + &policy("kube-system", "dns", dns))).check(&RULE).is_empty());
    }
}
