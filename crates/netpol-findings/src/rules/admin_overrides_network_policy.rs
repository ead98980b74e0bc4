//! NP322: a rule of the Admin tier that opens what no NetworkPolicy for the same pod and direction allows.
//!
//! One finding a rule. What the other end closes is not opened.

use std::collections::BTreeSet;

use netpol_eval::PeerId;
use netpol_manifest::Direction;

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{cluster_policy_span, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP322,
    name: "admin-overrides-network-policy",
    severity: Severity::Info,
    summary: "A rule of the Admin tier opens connections that the NetworkPolicies of an isolated pod do not allow.",
    why: "What the Admin tier allows is final: no NetworkPolicy is asked. Whoever reads the policies of the \
          namespace takes the pod for isolated, and it is not from these peers.",
    help: "Where the owners of the namespace are to decide, write `Pass` in the place of `Allow` or `Accept`. Else \
          narrow the rule to the peers and ports that must always be let in, such as monitoring.",
    references: &[refer::API_ACTIONS, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.tiers().rules.iter().filter(|(_, seen)| !seen.overrides.is_empty());
    let findings = rules.filter_map(|(origin, seen)| {
        let at = context.cluster_rule(*origin)?;
        let (_, first) = seen.overrides.iter().find(|(_, shown)| shown.first.is_some())?;
        let first = first.first.as_ref()?;
        let subjects: BTreeSet<PeerId> =
            seen.overrides.values().flat_map(|shown| shown.subjects.iter().copied()).collect();
        let subjects: Vec<PeerId> = subjects.into_iter().collect();
        let policies: Vec<_> = seen.overrides.keys().filter_map(|id| context.cluster().policy(*id)).collect();
        let (closed, is) = match at.origin.direction {
            Direction::Ingress => ("to", "isolated for ingress"),
            Direction::Egress => ("from", "isolated for egress"),
        };
        let references: Vec<_> = policies.iter().map(|policy| policy.reference()).collect();
        let is_of_one =
            references.windows(2).all(|pair| matches!(pair, [a, b] if a.namespace == b.namespace));
        let names = references.into_iter().map(|one| match one.namespace {
            Some(namespace) if !is_of_one => format!("{namespace}/{}", one.name),
            _ => one.name,
        });
        let message = format!(
            "{} opens {} {closed} {}, {is} by {}, and no NetworkPolicy allows that",
            at.path(),
            words::ports(&first.ports),
            context.names(&subjects),
            words::list(names)
        );
        let mut spans = vec![at.span(), cluster_policy_span(at.policy)];
        spans.extend(policies.into_iter().map(policy_span));
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

    fn found(action: &str, policies: &str) -> Vec<Found> {
        let text = deployment("shop", "web", 80) + &deployment("ops", "spy", 1);
        let spec = format!(
            "subject: {{namespaces: {{}}}}, ingress: [{{name: monitor, action: {action}, from: [{{namespaces: {{matchLabels: \
             {{kubernetes.io/metadata.name: ops}}}}}}], protocols: [{{tcp: {{destinationPort: {{number: 80}}}}}}]}}]"
        );
        Case::new(&(text + policies + &cluster_policy("ops", "Admin", 1, &spec))).check(&RULE)
    }

    #[test]
    fn an_isolated_pod_is_opened() {
        let found = found("Accept", &policy("shop", "deny", "{podSelector: {}}"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy ops");
        assert_eq!(
            found[0].message,
            "ingress rule 1 (`monitor`) opens TCP 80 to `web`, isolated for ingress by `deny`, and no NetworkPolicy allows that"
        );
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }

    #[test]
    fn policies_of_several_namespaces_are_told_apart() {
        let text = deployment("shop", "web", 80)
            + &deployment("data", "db", 80)
            + &policy("shop", "deny", "{podSelector: {}}")
            + &policy("data", "deny", "{podSelector: {}}")
            + &cluster_policy(
                "open",
                "Admin",
                1,
                "subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]",
            );
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.contains("isolated for ingress by `data/deny` and `shop/deny`"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn what_is_open_anyway() {
        assert!(found("Accept", "").is_empty());
        let open = policy("shop", "open", "{podSelector: {}, ingress: [{ports: [{port: 80}]}]}");
        assert!(found("Accept", &open).is_empty());
        assert!(found("Pass", &policy("shop", "deny", "{podSelector: {}}")).is_empty());
        // The other end closes it.
        let closed = policy("shop", "deny", "{podSelector: {}}")
            + &policy("ops", "deny", "{podSelector: {}, policyTypes: [Egress]}");
        assert!(found("Accept", &closed).is_empty());
    }
}
