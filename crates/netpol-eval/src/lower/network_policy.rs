//! `networking.k8s.io/v1` NetworkPolicy: it isolates its subjects in the directions of `policyTypes`, and its rules allow.

use netpol_manifest::{Direction, Peer, PortMatch};

use super::{Action, Leaf, LeafKind, Lowered, Namespaces, Origin, Pods, PortLeaf, Rule, TierKind};
use crate::cluster::{Policy, PolicyId};
use crate::peer::Block;

pub(super) fn lower(policy: &Policy, id: PolicyId) -> Lowered<'_> {
    let rules = |direction| {
        let rules = policy.isolates(direction).then(|| policy.rules(direction))?;
        Some(
            rules
                .iter()
                .enumerate()
                .map(|(index, rule)| Rule {
                    origin: Origin { policy: id, direction, index },
                    range: rule.range,
                    action: Action::Allow,
                    peers: (!rule.peers.is_empty()).then(|| {
                        rule.peers.iter().enumerate().map(|(item, peer)| leaf(policy, item, peer)).collect()
                    }),
                    ports: (!rule.ports.is_empty()).then(|| {
                        let ports = rule.ports.iter().map(|port| match &port.port {
                            PortMatch::Any => PortLeaf::Range(port.protocol, 1, u16::MAX),
                            PortMatch::Range(first, last) => PortLeaf::Range(port.protocol, *first, *last),
                            PortMatch::Name(name) => PortLeaf::Name(Some(port.protocol), name),
                        });
                        ports.collect()
                    }),
                    fails_closed: false,
                })
                .collect(),
        )
    };
    Lowered {
        tier: TierKind::NetworkPolicy,
        priority: None,
        subjects: Pods {
            pods: Some(&policy.spec.pod_selector),
            namespaces: Namespaces::Own(policy.namespace),
        },
        ingress: rules(Direction::Ingress),
        egress: rules(Direction::Egress),
    }
}

fn leaf<'a>(policy: &'a Policy, item: usize, peer: &'a Peer) -> Leaf<'a> {
    let kind = match peer {
        Peer::Pods { pod_selector, namespace_selector, .. } => LeafKind::Pods(Pods {
            pods: pod_selector.as_ref(),
            namespaces: namespace_selector
                .as_ref()
                .map_or(Namespaces::Own(policy.namespace), Namespaces::Matching),
        }),
        Peer::Block { cidr, except, .. } => {
            LeafKind::Block(Block::new(cidr.value, except.iter().map(|except| except.value)))
        }
    };
    Leaf { item, kind }
}
