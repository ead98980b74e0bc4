//! `policy.networking.k8s.io`: AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. They do not
//! isolate: what no rule of theirs matches goes on to the next tier.

use ipnet::IpNet;
use netpol_manifest::{
    ClusterAction, ClusterPeer, ClusterPortMatch, ClusterRule, ClusterTier, Direction, NamespacedPods,
};

use super::{Action, Leaf, LeafKind, Lowered, Namespaces, Origin, Pods, PortLeaf, Rule, TierKind};
use crate::cluster::{ClusterPolicy, PolicyId};

pub(super) fn lower(policy: &ClusterPolicy, id: PolicyId) -> Lowered<'_> {
    let rules = |direction| {
        let rules = policy.rules(direction).iter().enumerate();
        let rules: Vec<Rule<'_>> =
            rules.map(|(index, one)| rule(one, Origin { policy: id, direction, index })).collect();
        (!rules.is_empty()).then_some(rules)
    };
    Lowered {
        tier: match policy.spec.tier.value {
            ClusterTier::Admin => TierKind::Admin,
            ClusterTier::Baseline => TierKind::Baseline,
        },
        priority: policy.spec.priority.as_ref().map(|priority| priority.value),
        subjects: pods(&policy.spec.subject),
        ingress: rules(Direction::Ingress),
        egress: rules(Direction::Egress),
    }
}

fn pods(selected: &NamespacedPods) -> Pods<'_> {
    Pods { pods: selected.pods.as_ref(), namespaces: Namespaces::Matching(&selected.namespaces) }
}

fn rule(rule: &ClusterRule, origin: Origin) -> Rule<'_> {
    let action = match rule.action.value {
        ClusterAction::Allow => Action::Allow,
        ClusterAction::Deny => Action::Deny,
        ClusterAction::Pass => Action::Pass,
    };
    // "For Accept rules, fail closed means: treat the rule as matching no traffic. For Deny and Pass rules: treat the
    // rule as a 'Deny all' rule." (`ClusterNetworkPolicyEgressPeer`)
    if rule.peers.iter().any(|peer| matches!(peer, ClusterPeer::Unknown { .. })) {
        let (action, peers) = match action {
            Action::Allow => (Action::Allow, Some(Vec::new())),
            Action::Deny | Action::Pass => (Action::Deny, None),
        };
        return Rule { origin, range: rule.range, action, peers, ports: None, fails_closed: true };
    }
    let ports = rule.ports.as_ref().map(|ports| {
        let ports = ports.value.iter().map(|port| match &port.port {
            ClusterPortMatch::Range(protocol, first, last) => PortLeaf::Range(*protocol, *first, *last),
            ClusterPortMatch::Name(name) => PortLeaf::Name(None, name),
        });
        ports.collect()
    });
    let peers = rule.peers.iter().enumerate().flat_map(|(item, peer)| leaves(item, peer)).collect();
    Rule { origin, range: rule.range, action, peers: Some(peers), ports, fails_closed: false }
}

fn leaves(item: usize, peer: &ClusterPeer) -> Vec<Leaf<'_>> {
    let leaf = |kind| Leaf { item, kind };
    match peer {
        ClusterPeer::Pods { pods: selected, .. } => vec![leaf(LeafKind::Pods(pods(selected)))],
        ClusterPeer::Nodes { selector, .. } => vec![leaf(LeafKind::Nodes(selector))],
        ClusterPeer::Networks { networks, .. } => {
            let of_family = |is_v4: bool| {
                let networks = networks.iter().map(|network| network.value);
                networks.filter(|network| network.addr().is_ipv4() == is_v4).collect::<Vec<IpNet>>()
            };
            let families = [true, false].map(of_family).into_iter().filter(|networks| !networks.is_empty());
            families.map(|networks| leaf(LeafKind::Networks(networks))).collect()
        }
        ClusterPeer::DomainNames { names, .. } => {
            names.iter().map(|name| leaf(LeafKind::Domain(&name.value))).collect()
        }
        ClusterPeer::Unknown { .. } => Vec::new(),
    }
}
