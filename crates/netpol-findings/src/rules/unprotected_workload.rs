//! NP103: a workload that no policy selects for a direction, in a namespace that has policies for it.
//!
//! One finding a namespace and direction, with all workloads that are left out; its subject is the workload where there
//! is only one. A namespace without any policy for the direction is reported by NP101 or NP102 instead.

use netpol_manifest::Direction;

use super::no_default_deny_egress::anybody;
use super::no_default_deny_ingress::stranger;
use crate::cause::Cause;
use crate::context::Context;
use crate::coverage::{Coverage, but_denied, coverage};
use crate::finding::Finding;
use crate::isolate::isolate;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP103,
    name: "unprotected-workload",
    severity: Severity::High,
    summary: "No NetworkPolicy selects a workload for a direction, in a namespace that has policies for that direction.",
    why: "Policies isolate only the pods that they select. Beside protected neighbours, a workload that is left out is open \
          to everyone, or may connect to everything, and is easily overlooked.",
    help: "Add a policy that selects the workload, or one with `podSelector: {}` that isolates every pod of the namespace; \
           check the labels that the existing policies select.",
    references: &[
        refer::CIS_POLICIES,
        refer::NSA_POLICIES,
        refer::ATTACK_DISCOVERY,
        refer::MICROSOFT_NETWORKING,
        refer::CKS_POLICIES,
        refer::KUBESCAPE_BLOCKED,
        refer::KUBESCAPE_MISSING,
        refer::KUBE_SCORE_POD,
        refer::KUBE_LINTER_POD,
        refer::CHECKOV_POD,
        refer::POLARIS_POD,
        refer::POPEYE_POD,
    ],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "As no-default-deny-ingress or no-default-deny-egress, with DNS for those that were left out.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, namespace, view) in context.namespaces() {
        for direction in Direction::BOTH {
            let Coverage::Partly(open) = coverage(context, view, direction) else { continue };
            let Some(first) = open.first().copied() else { continue };
            let witness = match direction {
                Direction::Ingress => stranger(context, id, first),
                Direction::Egress => anybody(context, first),
            };
            let consequence = match (direction, open.len()) {
                (Direction::Ingress, 1) => "everyone reaches it",
                (Direction::Ingress, _) => "everyone reaches them",
                (Direction::Egress, 1) => "it may connect to anything",
                (Direction::Egress, _) => "they may connect to anything",
            };
            let message = format!(
                "no NetworkPolicy of `{}` selects {} for {}: {consequence}{}",
                namespace.name,
                context.names(&open),
                words::field(direction),
                but_denied(context, &open, direction)
            );
            let alone = if open.len() == 1 { context.workload_ref(first) } else { None };
            // Being reached is worse than reaching out, as in namespaces without policies.
            let severity = match direction {
                Direction::Ingress => Severity::High,
                Direction::Egress => Severity::Medium,
            };
            let finding = Finding {
                message,
                subject: alone.unwrap_or_else(|| context.namespace_ref(id)),
                spans: context.workload_spans(&open).collect(),
                witness,
                severity,
                cause: Cause::itself(id, direction),
                ..Finding::of(&RULE)
            };
            findings.push(finding.mended_by(isolate(context, id, direction)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    #[test]
    fn a_workload_beside_a_protected_one() {
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Deployment shop/db");
        assert_eq!(
            found[0].message,
            "no NetworkPolicy of `shop` selects `db` for ingress: everyone reaches it"
        );
        assert_eq!(found[0].spans, ["db"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/db TCP 5432"));
    }

    #[test]
    fn many_are_one_finding() {
        let names = ["a", "b", "c", "d", "e"];
        let workloads: String = names.into_iter().map(|name| deployment("shop", name, 80)).collect();
        let text =
            workloads + &policy("shop", "a", "{podSelector: {matchLabels: {app: a}}, policyTypes: [Egress]}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Namespace shop");
        assert!(found[0].message.contains("`b`, `c`, `d` and 1 more"), "{}", found[0].message);
        assert_eq!(found[0].witness.as_deref(), Some("shop/b -> 0.0.0.0/0 TCP 443"));
    }

    #[test]
    fn a_namespace_without_policies_is_not_its_matter() {
        assert!(Case::new(&deployment("shop", "web", 80)).check(&RULE).is_empty());
        let text = deployment("shop", "web", 80)
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }
    #[test]
    fn a_cluster_scoped_policy_that_decides_for_the_rest() {
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        let deny = |tier: &str, subject: &str, ports: &str| {
            let spec = format!(
                "subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: {subject}}}}}}}, ingress: [{{action: \
                 Deny, from: [{{namespaces: {{}}}}]{ports}}}]"
            );
            Case::new(&(text.clone() + &cluster_policy("deny", tier, 5, &spec))).check(&RULE)
        };
        for tier in ["Admin", "Baseline"] {
            assert!(deny(tier, "shop", "").is_empty(), "{tier}");
            // Of another namespace, or on one port, it leaves the workload open.
            for found in [
                deny(tier, "ops", ""),
                deny(tier, "shop", ", protocols: [{tcp: {destinationPort: {number: 80}}}]"),
            ] {
                assert_eq!(found.len(), 1, "{tier}");
                assert_eq!(found[0].subject, "Deployment shop/db");
                assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/db TCP 5432"));
            }
        }
    }
}
