//! NP315: two cluster-scoped policies of one tier and priority that disagree on some connection.
//!
//! One finding for each two policies, with the first connection on which they do. The BaselineAdminNetworkPolicy has no
//! priority: it is held against all ClusterNetworkPolicies of the Baseline tier.

use netpol_eval::Action;

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::cluster_policy_span;
use crate::tiers::Tie;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP315,
    name: "same-priority-conflict",
    severity: Severity::High,
    summary: "Two cluster-scoped policies of one tier and priority disagree on a connection.",
    why: "A network plugin may apply either of them to the connection, and nothing says which. What one of them \
          denies is open on one cluster and closed on another, or changes with an upgrade. The evaluation takes the \
          strictest of them.",
    help: "Give each policy a priority of its own: the lower number is asked first. In the place of a \
          BaselineAdminNetworkPolicy, write a ClusterNetworkPolicy with a priority.",
    references: &[refer::API_PRIORITY, refer::NSA_POLICIES],
    proof: Proof::Denied,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let ties = context.tiers().ties.iter();
    ties.filter_map(|(_, tie)| finding(context, tie)).collect()
}

fn finding(context: &Context<'_>, tie: &Tie) -> Option<Finding> {
    let [one, other] = tie.rules.map(|(origin, _)| context.cluster_rule(origin));
    let (one, other) = (one?, other?);
    let [does, denies] = tie.rules.map(|(_, action)| match action {
        Action::Allow => "allows",
        Action::Deny => "denies",
        Action::Pass => "passes on",
    });
    let witness = context.seen(&tie.connections, false);
    let tier = words::tier(tie.tier);
    let place = match (one.policy.spec.priority.as_ref(), tie.priority) {
        (Some(_), Some(priority)) => format!("have the same priority {priority} in the {tier} tier"),
        _ => format!("are both in the {tier} tier, in no order that is defined"),
    };
    let message = format!(
        "`{}` and `{}` {place}, and disagree: {} of the one {does} {}, which {} of the other {denies}",
        one.name(),
        other.name(),
        one.path(),
        words::ports(&tie.connections.ports),
        other.path(),
    );
    Some(Finding {
        message,
        subject: one.policy.reference(),
        spans: vec![
            one.span(),
            other.span(),
            cluster_policy_span(one.policy),
            cluster_policy_span(other.policy),
        ],
        witness,
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy, deployment};

    const SHOP: &str = "subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}";

    fn found(one: &str, other: &str) -> Vec<Found> {
        let text = deployment("shop", "web", 80) + &deployment("ops", "spy", 1);
        Case::new(&(text + one + other)).check(&RULE)
    }

    fn admin(name: &str, priority: u16, rules: &str) -> String {
        cluster_policy(name, "Admin", priority, &format!("{SHOP}, ingress: [{rules}]"))
    }

    #[test]
    fn allowed_by_one_and_denied_by_the_other() {
        let allow =
            "{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}";
        let deny = "{name: rest, action: Deny, from: [{namespaces: {}}]}";
        let found = found(&admin("a", 5, allow), &admin("b", 5, deny));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy a");
        assert_eq!(
            found[0].message,
            "`a` and `b` have the same priority 5 in the Admin tier, and disagree: ingress rule 1 of the one allows TCP 80, \
             which ingress rule 1 (`rest`) of the other denies"
        );
        assert_eq!(found[0].spans, [allow, deny, "a", "b"]);
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }

    #[test]
    fn what_is_decided_before_is_no_matter() {
        let all = "{action: Deny, from: [{namespaces: {}}]}";
        let (allow, deny) = ("{action: Accept, from: [{namespaces: {}}]}", all);
        let both = admin("a", 5, allow) + &admin("b", 5, deny);
        assert_eq!(found(&both, "").len(), 1);
        assert!(found(&both, &admin("first", 4, all)).is_empty());
        assert!(found(&admin("a", 5, allow), &admin("b", 6, deny)).is_empty());
        assert!(found(&admin("a", 5, allow), &admin("b", 5, allow)).is_empty());
    }

    #[test]
    fn other_subjects_or_peers_do_not_meet() {
        let allow =
            "{action: Accept, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}";
        let deny = "{action: Deny, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}";
        assert!(found(&admin("a", 5, allow), &admin("b", 5, deny)).is_empty());
    }

    #[test]
    fn the_baseline_policy_without_a_priority() {
        let default = "---\napiVersion: policy.networking.k8s.io/v1alpha1\nkind: BaselineAdminNetworkPolicy\nmetadata: \
                       {name: default}\nspec: {subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: \
                       {}}]}]}\n";
        let rule = "{action: Accept, from: [{namespaces: {}}]}";
        let baseline = cluster_policy("open", "Baseline", 7, &format!("{SHOP}, ingress: [{rule}]"));
        let found = found(default, &baseline);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("in no order that is defined"), "{}", found[0].message);
        // Behind the last tier, what is passed on is allowed.
        let pass = baseline.replace("Accept", "Pass");
        assert!(self::found(&pass, &baseline.replace("name: open", "name: other")).is_empty());
    }
}
