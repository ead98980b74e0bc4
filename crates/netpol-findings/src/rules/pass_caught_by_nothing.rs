//! NP324: a `Pass` of the Admin tier after which no rule decides, so that the connection is allowed.
//!
//! One finding a rule, with the pods that no NetworkPolicy isolates and of which no rule of the Baseline tier speaks.

use netpol_eval::PeerId;
use netpol_manifest::Direction;

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::cluster_policy_span;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP324,
    name: "pass-caught-by-nothing",
    severity: Severity::Info,
    summary: "A rule of the Admin tier passes connections on, and no NetworkPolicy and no rule of the Baseline tier \
          decides them.",
    why: "`Pass` leaves the decision to NetworkPolicies, and behind them to the Baseline tier. Where neither speaks \
          of the pod, the connection is allowed, as if the rule said so.",
    help: "Isolate the pods with a NetworkPolicy, or deny in the Baseline tier what no NetworkPolicy allows. Leave \
          it where the rule is only to keep pods out of a later `Deny`.",
    references: &[refer::API_ACTIONS],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.tiers().rules.iter();
    let findings = rules.filter_map(|(origin, seen)| {
        let at = context.cluster_rule(*origin)?;
        let first = seen.falls_through.first.as_ref()?;
        let subjects: Vec<PeerId> = seen.falls_through.subjects.iter().copied().collect();
        let (connections, them) = match at.origin.direction {
            Direction::Ingress => ("to", "for ingress"),
            Direction::Egress => ("from", "for egress"),
        };
        let message = format!(
            "{} passes on connections {connections} {} that nothing decides then: no NetworkPolicy isolates the pods {them}, \
             and no rule of the Baseline tier matches, so they are allowed",
            at.path(),
            context.names(&subjects)
        );
        let mut spans = vec![at.span(), cluster_policy_span(at.policy)];
        spans.extend(context.workload_spans(&subjects));
        Some(Finding {
            message,
            subject: at.policy.reference(),
            spans,
            witness: context.seen(first, true),
            ..Finding::of(&RULE)
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy, deployment, policy};

    fn found(policies: &str) -> Vec<Found> {
        let text = deployment("shop", "web", 80) + &deployment("ops", "spy", 1);
        let spec = "subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}, ingress: [{action: Pass, from: \
                    [{namespaces: {}}]}]";
        Case::new(&(text + policies + &cluster_policy("pass", "Admin", 1, spec))).check(&RULE)
    }

    #[test]
    fn nothing_behind_it() {
        let found = found("");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "ingress rule 1 passes on connections to `web` that nothing decides then: no NetworkPolicy isolates the pods for \
             ingress, and no rule of the Baseline tier matches, so they are allowed"
        );
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }

    #[test]
    fn a_network_policy_or_the_baseline_catches_it() {
        assert!(found(&policy("shop", "deny", "{podSelector: {}}")).is_empty());
        let deny = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
        assert!(found(&cluster_policy("base", "Baseline", 1, deny)).is_empty());
        let some = deny.replace(
            "[{namespaces: {}}]}",
            "[{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}",
        );
        let found = found(&cluster_policy("base", "Baseline", 1, &some));
        assert_eq!(found.len(), 1);
        assert_ne!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }
}
