//! NP403: a rule of a cluster-scoped policy of which the rules before it leave nothing.
//!
//! Judged on the rules of cluster-scoped policies alone: that NetworkPolicies isolate the pods today is no reason not to
//! have a rule of the Baseline tier. Rules of the same priority are no rules before it; those are NP315's.

use std::collections::BTreeSet;

use netpol_eval::{Origin, PolicyId};
use netpol_source::Span;

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::cluster_policy_span;
use crate::tiers::Seen;
use crate::{subsume, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP403,
    name: "shadowed-rule",
    severity: Severity::Medium,
    summary: "The rules before it decide all that a rule of a cluster-scoped policy matches.",
    why: "The first rule that matches a connection decides it. A rule that comes too late has no effect: what it \
          was to allow stays denied, or what it was to deny stays open.",
    help: "Move the rule before those that take what it matches, give its policy a lower priority number, or remove \
          it.",
    references: &[refer::API_ACTIONS],
    proof: Proof::None,
    fix: Some((Promise::Keeps, "Removes the rule; no connection changes.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let shadowed = context.tiers().shadowed(context);
    let findings = shadowed.filter_map(|(origin, seen)| {
        let at = context.cluster_rule(*origin)?;
        Some(finding(context, &at, seen))
    });
    findings.collect()
}

fn finding(context: &Context<'_>, at: &ClusterRuleAt<'_>, seen: &Seen) -> Finding {
    let (by, others) = others(context, at.origin.policy, &seen.covered_by, "earlier rules of this policy");
    let is_one = by.len() == 1 && seen.covered_by.iter().all(|other| other.policy != at.origin.policy);
    let decide = if is_one { "decides" } else { "decide" };
    let spans = [at.span(), cluster_policy_span(at.policy)].into_iter().chain(others).collect();
    Finding {
        message: format!(
            "{} ({}) has no effect: {} {decide} all that it matches",
            at.path(),
            at.action(),
            words::phrases(by)
        ),
        subject: at.policy.reference(),
        spans,
        fix: is_always_shadowed(context, at, seen).then(|| at.remove()),
        ..Finding::of(&RULE)
    }
}

/// Whether an earlier rule matches all that it could ever match.
fn is_always_shadowed(context: &Context<'_>, at: &ClusterRuleAt<'_>, seen: &Seen) -> bool {
    let earlier = seen.covered_by.iter().filter_map(|origin| context.cluster_rule(*origin));
    earlier.into_iter().any(|earlier| subsume::cluster_rule(at, &earlier))
}

/// The policies of some rules in words, the own one as `rest`, and where the names of the others stand.
pub(super) fn others(
    context: &Context<'_>,
    own: PolicyId,
    rules: &BTreeSet<Origin>,
    rest: &str,
) -> (Vec<String>, Vec<Span>) {
    let ids: BTreeSet<PolicyId> = rules.iter().map(|rule| rule.policy).collect();
    let others = ids.iter().filter(|id| **id != own).filter_map(|id| context.cluster().cluster_policy(*id));
    let others: Vec<_> = others.collect();
    let own = ids.contains(&own).then(|| rest.to_owned());
    let names = others.iter().map(|other| format!("`{}`", other.reference().name));
    (own.into_iter().chain(names).collect(), others.iter().map(|other| cluster_policy_span(other)).collect())
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy, deployment, policy};

    const SHOP: &str = "subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}";
    const ALL: &str = "{action: Deny, from: [{namespaces: {}}]}";
    const OPS: &str =
        "{action: Accept, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}";

    fn found(policies: &str) -> Vec<Found> {
        let text = deployment("shop", "web", 80) + &deployment("ops", "spy", 1);
        Case::new(&(text + policies)).check(&RULE)
    }

    fn of(name: &str, tier: &str, priority: u16, rules: &str) -> String {
        cluster_policy(name, tier, priority, &format!("{SHOP}, ingress: [{rules}]"))
    }

    #[test]
    fn a_rule_behind_a_wider_one() {
        let found = found(&of("guard", "Admin", 5, &format!("{ALL}, {OPS}")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy guard");
        assert_eq!(
            found[0].message,
            "ingress rule 2 (Accept) has no effect: earlier rules of this policy decide all that it matches"
        );
        assert_eq!(found[0].spans, [OPS, "guard"]);
    }

    #[test]
    fn a_policy_or_tier_before_it() {
        for tier in ["Admin", "Baseline"] {
            let found = found(&(of("all", "Admin", 5, ALL) + &of("late", tier, 6, OPS)));
            assert_eq!(found.len(), 1, "{tier}");
            assert_eq!(
                found[0].message,
                "ingress rule 1 (Accept) has no effect: `all` decides all that it matches"
            );
        }
        assert!(found(&(of("all", "Baseline", 5, ALL) + &of("late", "Admin", 6, OPS))).is_empty());
    }

    #[test]
    fn of_one_priority_neither_is_before_the_other() {
        assert!(found(&(of("all", "Admin", 5, ALL) + &of("late", "Admin", 5, OPS))).is_empty());
    }

    #[test]
    fn some_ports_or_pods_to_come_are_left_to_it() {
        let some = ALL.replace("}]}", "}], protocols: [{tcp: {destinationPort: {number: 80}}}]}");
        assert!(found(&of("guard", "Admin", 5, &format!("{some}, {OPS}"))).is_empty());
        // All there is today is denied, and what comes is not.
        let all_by_name = ALL.replace(
            "[{namespaces: {}}]",
            "[{namespaces: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, ops]}]}}]",
        );
        assert!(found(&of("guard", "Admin", 5, &format!("{all_by_name}, {ALL}"))).is_empty());
    }

    #[test]
    fn a_network_policy_that_isolates_today() {
        let deny = policy("shop", "deny", "{podSelector: {}}");
        assert!(found(&(deny + &of("base", "Baseline", 5, ALL))).is_empty());
    }

    #[test]
    fn a_pass_before_it() {
        let pass = OPS.replace("Accept", "Pass");
        assert!(found(&of("guard", "Admin", 5, &format!("{pass}, {ALL}"))).is_empty());
        let found = found(&of("guard", "Admin", 5, &format!("{pass}, {OPS}")));
        assert_eq!(found.len(), 1);
        // What is passed on comes to the next tier.
        let both = of("guard", "Admin", 5, &pass) + &of("base", "Baseline", 5, OPS);
        assert!(self::found(&both).is_empty());
    }
}
