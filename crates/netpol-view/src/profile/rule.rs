//! Rules in words: what they do, with whom, on which ports.

use netpol_eval::{Action, ConnectionSet, LeafKind, PeerId, Pods, PortLeaf, PortSet, Rule};
use netpol_manifest::Direction;

use super::Scene;
use crate::contract::{self, RuleInWords};
use crate::convert::span;
use crate::locate::rule_peers;
use crate::words;

/// How many items of a rule are named.
const MOST_ITEMS: usize = 6;

impl Scene<'_> {
    /// A rule of a policy in words; `None` for one of a policy that is not there.
    pub(super) fn rule(&self, rule: &Rule<'_>) -> Option<RuleInWords> {
        let cluster = self.evaluation.cluster();
        let origin = rule.origin;
        let handle = cluster.policy_handle(origin.policy)?;
        let written = cluster.cluster_policy(origin.policy);
        let written = written.and_then(|policy| policy.rules(origin.direction).get(origin.index));
        let name = written.and_then(|rule| rule.name.as_ref()).map(|name| name.value.clone());
        Some(RuleInWords {
            rule: u32::try_from(origin.index).unwrap_or(u32::MAX),
            name: name.filter(|name| !name.is_empty()),
            action: match rule.action {
                Action::Allow => contract::Action::Allow,
                Action::Deny => contract::Action::Deny,
                Action::Pass => contract::Action::Pass,
            },
            text: self.rule_text(rule),
            peers: u32::try_from(rule_peers(self.evaluation, rule).len()).unwrap_or(u32::MAX),
            span: span(self.sources, handle.span(rule.range)),
        })
    }

    /// What a rule does with a peer of which it speaks, seen from there.
    pub(super) fn text_for_peer(&self, rule: &Rule<'_>, subjects: Pods<'_>) -> String {
        let side = match rule.origin.direction {
            Direction::Ingress => "to",
            Direction::Egress => "from",
        };
        format!("{} {} {side} {}", verb(rule), ports(rule), words::pods(self.evaluation, subjects))
    }

    fn rule_text(&self, rule: &Rule<'_>) -> String {
        let side = match rule.origin.direction {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        };
        if rule.fails_closed {
            let what = if rule.action == Action::Allow { "allows nothing" } else { "denies everything" };
            return format!("a peer has a field that is not known: the rule fails closed and {what}");
        }
        format!("{} {} {side} {}", verb(rule), ports(rule), self.items(rule))
    }

    /// The other ends of which a rule speaks.
    fn items(&self, rule: &Rule<'_>) -> String {
        let Some(leaves) = &rule.peers else {
            return "everyone, inside and outside the cluster".to_owned();
        };
        if leaves.is_empty() {
            return "nobody".to_owned();
        }
        let item = |kind: &LeafKind<'_>| match kind {
            LeafKind::Pods(pods) => words::pods(self.evaluation, *pods),
            LeafKind::Block(block) if block.except.is_empty() => format!("`{}`", block.cidr),
            LeafKind::Block(block) => format!("`{}` except {}", block.cidr, words::networks(&block.except)),
            LeafKind::Networks(networks) => words::networks(networks),
            LeafKind::Nodes(selector) => words::nodes(selector),
            LeafKind::Domain(name) => format!("the domain `{name}`"),
        };
        let named: Vec<String> = leaves.iter().take(MOST_ITEMS).map(|leaf| item(&leaf.kind)).collect();
        let more = leaves.len().saturating_sub(MOST_ITEMS);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{}{more}", named.join("; "))
    }

    /// Whether a rule speaks of a peer.
    pub(super) fn speaks_of(&self, rule: &Rule<'_>, peer: PeerId) -> bool {
        let Some(leaves) = &rule.peers else { return true };
        let origin = rule.origin;
        leaves.iter().any(|leaf| {
            let (policy, direction, index) = (origin.policy, origin.direction, origin.index);
            self.evaluation.item_matches(policy, direction, index, leaf.item, peer)
        })
    }
}

fn verb(rule: &Rule<'_>) -> &'static str {
    match rule.action {
        Action::Allow => "allows",
        Action::Deny => "denies",
        Action::Pass => "passes",
    }
}

/// `TCP 80, 443`, ``the port `http` ``, `every port`.
fn ports(rule: &Rule<'_>) -> String {
    let Some(ports) = &rule.ports else { return "every port".to_owned() };
    let mut numbers = ConnectionSet::NONE;
    let mut parts = Vec::new();
    for port in ports {
        match port {
            PortLeaf::Range(protocol, first, last) => {
                numbers = numbers.union(&ConnectionSet::of(*protocol, PortSet::range(*first, *last)));
            }
            PortLeaf::Name(Some(protocol), name) => {
                parts.push(format!("the {} port `{name}`", protocol.as_str()));
            }
            PortLeaf::Name(None, name) => parts.push(format!("the port `{name}`")),
        }
    }
    if !numbers.is_empty() {
        let numbers = if numbers.is_all() { "every port".to_owned() } else { words::connections(&numbers) };
        parts.insert(0, numbers);
    }
    if parts.is_empty() { "no port".to_owned() } else { parts.join(" and ") }
}
