//! NP323: `networks` of a rule that decides connections with pods as well.
//!
//! Other than `ipBlock` of NetworkPolicies, they match pods by their addresses. One finding a rule, with the first item
//! that does so. What rules before it have taken is not decided by it, and pods that the rule names as such are meant.

use std::collections::BTreeSet;

use netpol_eval::{Action, PeerId};
use netpol_manifest::{Change, ClusterPeer, ClusterPolicyKind, ClusterTier, Yaml};

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::cluster_policy_span;
use crate::tiers::Seen;
use crate::well_known::is_dns;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP323,
    name: "networks-cover-pods",
    severity: Severity::Medium,
    summary: "`networks` of a rule that denies or allows hold pods of the cluster as well, which the rule does not \
          name.",
    why: "Traffic inside the cluster is held against `networks`, too. Meant for the internet, `0.0.0.0/0` under \
          `Deny` cuts off every pod and the cluster's DNS; under `Allow` it opens all of them, whatever \
          NetworkPolicies say.",
    help: "Put a rule before it that passes pods on: `action: Pass` with `to: [{namespaces: {}}]`. Or name the \
          networks outside the cluster only.",
    references: &[refer::API_NETWORKS],
    proof: Proof::Denied,
    fix: Some((
        Promise::Corrects,
        "Puts a rule before it that passes pods on, where the networks are all of a family and no later rule of the tier speaks of pods.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.tiers().rules.iter();
    rules.filter_map(|(origin, seen)| finding(context, &context.cluster_rule(*origin)?, seen)).collect()
}

fn finding(context: &Context<'_>, at: &ClusterRuleAt<'_>, seen: &Seen) -> Option<Finding> {
    let is_baseline = at.policy.spec.tier.value == ClusterTier::Baseline;
    let denies = seen.action == Action::Deny;
    // What the last tier allows is allowed without it.
    if is_baseline && !denies {
        return None;
    }
    let (item, shown) = seen.pods.iter().next()?;
    let first = shown.first.as_ref()?;
    let ClusterPeer::Networks { range, networks } = at.rule.peers.get(*item)? else { return None };
    let evaluation = context.evaluation();
    let atoms: BTreeSet<usize> = shown.peers.iter().map(|peer| evaluation.atom(*peer)).collect();
    let pods = evaluation.peer_ids().filter(|(id, peer)| {
        peer.workload().is_some() && atoms.contains(&evaluation.atom(*id)) && context.is_spoken_of(*id)
    });
    let pods: Vec<PeerId> = pods.map(|(id, _)| id).collect();
    context.work(evaluation.peers().len());
    let is_dns = |pod: &PeerId| context.workload(*pod).is_some_and(is_dns);
    let dns = if denies && pods.iter().any(is_dns) { ", the cluster's DNS among them" } else { "" };
    let whom = match context.has_workloads() {
        true => format!("connections to the pods of {}{dns}", context.names(&pods)),
        false => "connections to pods".to_owned(),
    };
    let hold = if networks.len() == 1 { "holds" } else { "hold" };
    let does = if denies { "denies" } else { "allows" };
    let networks = words::list(networks.iter().map(|network| network.value.to_string()));
    Some(Finding {
        message: format!("{networks} {hold} pods, too: {} {does} {whom}", at.path()),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(*range), at.span(), cluster_policy_span(at.policy)],
        witness: if denies { context.seen(first, false) } else { None },
        fix: pass_pods_on(context, at),
        ..Finding::of(&RULE)
    })
}

/// Passes pods on before the rule, which then means what is outside the cluster; `None` where the networks may be about
/// pods, and where a later rule of the tier has a say about these, which it would lose.
fn pass_pods_on(context: &Context<'_>, at: &ClusterRuleAt<'_>) -> Option<Fix> {
    let is_all = |peer: &ClusterPeer| match peer {
        ClusterPeer::Networks { networks, .. } => networks.iter().all(|one| one.value.prefix_len() == 0),
        _ => true,
    };
    if !at.rule.peers.iter().all(is_all) {
        return None;
    }
    let place = |at: &ClusterRuleAt<'_>| {
        (at.policy.spec.priority.as_ref().map_or(u16::MAX, |priority| priority.value), at.origin.index)
    };
    let comes_later = |other: &ClusterRuleAt<'_>| {
        let is_after = match other.origin.policy == at.origin.policy {
            true => other.origin.index > at.origin.index,
            // Of one priority either may come first.
            false => place(other).0 >= place(at).0,
        };
        is_after
            && other.origin.direction == at.origin.direction
            && other.policy.spec.tier.value == at.policy.spec.tier.value
    };
    let speaks_of_pods = |other: &ClusterRuleAt<'_>| {
        let is_of_pods = |peer: &ClusterPeer| match peer {
            ClusterPeer::Pods { .. } | ClusterPeer::Networks { .. } | ClusterPeer::Unknown { .. } => true,
            ClusterPeer::Nodes { .. } | ClusterPeer::DomainNames { .. } => false,
        };
        other.rule.peers.iter().any(is_of_pods)
    };
    if context.cluster_rules().any(|other| comes_later(&other) && speaks_of_pods(&other)) {
        return None;
    }
    // Behind the last tier what is passed on is allowed; a BaselineAdminNetworkPolicy can only say so.
    let action = match at.policy.spec.kind {
        ClusterPolicyKind::BaselineAdmin => "Allow",
        ClusterPolicyKind::Admin | ClusterPolicyKind::Cluster => "Pass",
    };
    let pods = Yaml::map([("namespaces", Yaml::Map(Vec::new()))]);
    let list = words::peers_field(at.origin.direction);
    let rule = Yaml::map([("action", Yaml::text(action)), (list, Yaml::List(vec![pods]))]);
    let does = if action == "Pass" { "pass pods on" } else { "allow pods" };
    let message = format!("{does} before {}, which then speaks of what is outside the cluster", at.path());
    Some(at.fix(message, vec![Change::Insert(at.way(), rule)]))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy, coredns};

    const SHOP: &str = "subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}";

    fn pod(namespace: &str, name: &str, address: &str) -> String {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: {namespace}, labels: {{app: \
             {name}}}}}\nspec: {{containers: [{{name: main, image: example}}]}}\nstatus: {{podIP: {address}}}\n"
        )
    }

    fn found(tier: &str, rules: &str) -> Vec<Found> {
        let text = pod("shop", "web", "10.244.0.5") + &pod("shop", "db", "10.244.0.6") + &coredns();
        let spec = format!("{SHOP}, egress: [{rules}]");
        Case::new(&(text + &cluster_policy("net", tier, 5, &spec))).check(&RULE)
    }

    #[test]
    fn a_deny_that_was_meant_for_the_internet() {
        let rule = "{name: out, action: Deny, to: [{networks: [0.0.0.0/0]}]}";
        let found = found("Admin", rule);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`0.0.0.0/0` holds pods, too: egress rule 1 (`out`) denies connections to the pods of `web`, `db` and `coredns`, \
             the cluster's DNS among them"
        );
        assert_eq!(found[0].spans, ["{networks: [0.0.0.0/0]}", rule, "net"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/db TCP 443"));
    }

    #[test]
    fn pods_are_passed_on_before_it() {
        let pass = "{action: Pass, to: [{namespaces: {}}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}";
        assert!(found("Admin", pass).is_empty());
    }

    #[test]
    fn networks_outside_and_pods_that_are_named() {
        assert!(found("Admin", "{action: Deny, to: [{networks: [203.0.113.0/24]}]}").is_empty());
        let named = "{action: Deny, to: [{networks: [0.0.0.0/0]}, {namespaces: {}}]}";
        assert!(found("Admin", named).is_empty());
    }

    #[test]
    fn an_allow_opens_pods() {
        let rule = "{action: Accept, to: [{networks: [10.0.0.0/8]}]}";
        let found = found("Admin", rule);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.ends_with("allows connections to the pods of `web` and `db`"),
            "{}",
            found[0].message
        );
        assert_eq!(found[0].witness, None);
        // There it is allowed without the rule.
        assert!(self::found("Baseline", rule).is_empty());
    }
}
