//! Whether one selector, peer, rule or policy stays within another for every pod and namespace that there may ever be, not
//! only for those of today. Sound, not complete: what is not seen to stay within another is taken not to.

use ipnet::IpNet;
use netpol_eval::{Policy, PolicyId};
use netpol_manifest::{
    ClusterPeer, ClusterPort, ClusterPortMatch, ClusterRule, Direction, LabelSelector, NamespacedPods,
    Operator, Peer, PolicyPort, PortMatch, Requirement, Rule,
};

use crate::cluster_rule::ClusterRuleAt;
use crate::scene::Scene;
use crate::site::{Item, Part};

/// With more items of rules than this, what could be within them is not looked for.
const MOST_COMPARED: usize = 500;

/// Whether whatever satisfies a selector satisfies the wider one.
pub(crate) fn selector(narrow: &LabelSelector, wide: &LabelSelector) -> bool {
    wide.requirements.iter().all(|wanted| is_implied(narrow, wanted))
}

fn is_implied(narrow: &LabelSelector, wanted: &Requirement) -> bool {
    let mut of_key = narrow.requirements.iter().filter(|one| one.key == wanted.key);
    of_key.any(|one| match (one.operator, wanted.operator) {
        (Operator::In, Operator::In) => one.values.iter().all(|value| wanted.values.contains(value)),
        (Operator::In, Operator::NotIn) => !one.values.iter().any(|value| wanted.values.contains(value)),
        (Operator::NotIn, Operator::NotIn) => wanted.values.iter().all(|value| one.values.contains(value)),
        (Operator::In | Operator::Exists, Operator::Exists) => true,
        (Operator::DoesNotExist, Operator::DoesNotExist | Operator::NotIn) => true,
        _ => false,
    })
}

/// An absent selector selects everything.
fn optional(narrow: Option<&LabelSelector>, wide: Option<&LabelSelector>) -> bool {
    match (narrow, wide) {
        (_, None) => true,
        (None, Some(wide)) => wide.requirements.is_empty(),
        (Some(narrow), Some(wide)) => selector(narrow, wide),
    }
}

/// Whether an item of `from` or `to` stays within another one, both of policies of one namespace.
fn peer(narrow: &Peer, wide: &Peer) -> bool {
    match (narrow, wide) {
        (
            Peer::Pods { pod_selector, namespace_selector, .. },
            Peer::Pods { pod_selector: wide_pods, namespace_selector: wide_namespaces, .. },
        ) => {
            // Without a `namespaceSelector` it is the policy's own namespace.
            let namespaces = match (namespace_selector, wide_namespaces) {
                (None, None) => true,
                (None, Some(wide)) => wide.requirements.is_empty(),
                (Some(_), None) => false,
                (Some(narrow), Some(wide)) => selector(narrow, wide),
            };
            namespaces && optional(pod_selector.as_ref(), wide_pods.as_ref())
        }
        (Peer::Block { cidr, except, .. }, Peer::Block { cidr: wide, except: holes, .. }) => {
            let is_out = |hole: &IpNet| {
                !(hole.contains(&cidr.value) || cidr.value.contains(hole))
                    || except.iter().any(|own| own.value.contains(hole))
            };
            wide.value.contains(&cidr.value) && holes.iter().all(|hole| is_out(&hole.value))
        }
        _ => false,
    }
}

fn peers(narrow: &[Peer], wide: &[Peer]) -> bool {
    // None at all is everyone.
    wide.is_empty()
        || (!narrow.is_empty() && narrow.iter().all(|one| wide.iter().any(|other| peer(one, other))))
}

fn port(narrow: &PolicyPort, wide: &PolicyPort) -> bool {
    narrow.protocol == wide.protocol
        && match (&narrow.port, &wide.port) {
            (_, PortMatch::Any) => true,
            (PortMatch::Range(first, last), PortMatch::Range(from, to)) => from <= first && last <= to,
            (PortMatch::Name(name), PortMatch::Name(other)) => name == other,
            _ => false,
        }
}

fn ports(narrow: &[PolicyPort], wide: &[PolicyPort]) -> bool {
    wide.is_empty()
        || (!narrow.is_empty() && narrow.iter().all(|one| wide.iter().any(|other| port(one, other))))
}

fn rule(narrow: &Rule, wide: &Rule) -> bool {
    peers(&narrow.peers, &wide.peers) && ports(&narrow.ports, &wide.ports)
}

/// Whether a policy adds nothing to others, whatever pods there may be: those that are left isolate all that it may select,
/// and open all that it opens.
pub(crate) fn policy(scene: &Scene<'_>, id: PolicyId, is_left: impl Fn(PolicyId) -> bool) -> bool {
    let Some(narrow) = scene.cluster().policy(id) else { return false };
    let wider: Vec<&Policy> = wider(scene, id, narrow)
        .into_iter()
        .filter(|(other, _)| is_left(*other))
        .map(|(_, policy)| policy)
        .collect();
    let items = |rule: &Rule| rule.peers.len() + rule.ports.len() + 1;
    let size = |policy: &Policy| -> usize {
        Direction::BOTH.into_iter().flat_map(|direction| policy.rules(direction)).map(items).sum()
    };
    if size(narrow) > MOST_COMPARED || wider.iter().map(|other| size(other)).sum::<usize>() > MOST_COMPARED {
        return false;
    }
    Direction::BOTH.into_iter().filter(|direction| narrow.isolates(*direction)).all(|direction| {
        let isolating = || wider.iter().filter(|other| other.isolates(direction));
        let opened =
            |one: &Rule| isolating().any(|other| other.rules(direction).iter().any(|wide| rule(one, wide)));
        isolating().next().is_some() && narrow.rules(direction).iter().all(opened)
    })
}

/// Whether a rule, or an item of one, adds nothing to what is left, whatever pods there may be.
pub(crate) fn part(scene: &Scene<'_>, part: Part, is_left: impl Fn(Part) -> bool) -> bool {
    let Some(policy) = scene.cluster().policy(part.policy) else { return false };
    let Some(whole) = policy.rules(part.direction).get(part.rule) else { return false };
    let wider = wider(scene, part.policy, policy);
    let rules = wider.iter().map(|(_, other)| *other).chain([policy]);
    let items = |rule: &Rule| rule.peers.len() + rule.ports.len() + 1;
    let others: usize = rules.flat_map(|other| other.rules(part.direction)).map(items).sum();
    if others > MOST_COMPARED {
        return false;
    }
    let mut alone = whole.clone();
    match part.item {
        Item::Whole => {}
        Item::Peer(item) => alone.peers = whole.peers.get(item).cloned().into_iter().collect(),
        Item::Port(item) => alone.ports = whole.ports.get(item).cloned().into_iter().collect(),
    }
    let others = wider.into_iter().chain([(part.policy, policy)]);
    others.filter(|(_, other)| other.isolates(part.direction)).any(|(id, other)| {
        other.rules(part.direction).iter().enumerate().any(|(index, wide)| {
            let at = |item| Part { policy: id, direction: part.direction, rule: index, item };
            let is_own = id == part.policy && index == part.rule;
            if (is_own && part.item == Item::Whole) || !is_left(at(Item::Whole)) {
                return false;
            }
            // What remains of the rule: its items that are left, but for the one that is looked at.
            let stays = |item: Item| is_left(at(item)) && !(is_own && item == part.item);
            let mut rest = wide.clone();
            rest.peers = keep(&wide.peers, |item| stays(Item::Peer(item)));
            rest.ports = keep(&wide.ports, |item| stays(Item::Port(item)));
            let is_emptied = (rest.peers.is_empty() && !wide.peers.is_empty())
                || (rest.ports.is_empty() && !wide.ports.is_empty());
            !is_emptied && rule(&alone, &rest)
        })
    })
}

fn keep<T: Clone>(items: &[T], stays: impl Fn(usize) -> bool) -> Vec<T> {
    items.iter().enumerate().filter(|(at, _)| stays(*at)).map(|(_, item)| item.clone()).collect()
}

/// The other policies of the namespace that select whatever this one selects.
fn wider<'a>(scene: &Scene<'a>, id: PolicyId, narrow: &Policy) -> Vec<(PolicyId, &'a Policy)> {
    let Some(namespace) = scene.namespace(narrow.namespace) else { return Vec::new() };
    scene.work(namespace.policies.len());
    let others = namespace.policies.iter().filter(|other| **other != id);
    let others = others.filter_map(|other| Some((*other, scene.cluster().policy(*other)?)));
    others.filter(|(_, other)| selector(&narrow.spec.pod_selector, &other.spec.pod_selector)).collect()
}

/// Whether a rule of a cluster-scoped policy matches nothing that another one, which comes before it, does not match.
pub(crate) fn cluster_rule(narrow: &ClusterRuleAt<'_>, wide: &ClusterRuleAt<'_>) -> bool {
    pods(&narrow.policy.spec.subject, &wide.policy.spec.subject)
        && cluster_peers(narrow.rule, wide.rule)
        && (wide.rule.ports.is_none()
            || (narrow.rule.ports.is_some()
                && narrow
                    .ports()
                    .iter()
                    .all(|one| wide.ports().iter().any(|other| cluster_port(one, other)))))
}

fn pods(narrow: &NamespacedPods, wide: &NamespacedPods) -> bool {
    selector(&narrow.namespaces, &wide.namespaces) && optional(narrow.pods.as_ref(), wide.pods.as_ref())
}

fn cluster_peers(narrow: &ClusterRule, wide: &ClusterRule) -> bool {
    narrow.peers.iter().all(|one| {
        wide.peers.iter().any(|other| match (one, other) {
            (ClusterPeer::Pods { pods: one, .. }, ClusterPeer::Pods { pods: other, .. }) => pods(one, other),
            (ClusterPeer::Nodes { selector: one, .. }, ClusterPeer::Nodes { selector: other, .. }) => {
                selector(one, other)
            }
            (ClusterPeer::Networks { networks, .. }, ClusterPeer::Networks { networks: wide, .. }) => {
                networks.iter().all(|one| wide.iter().any(|other| other.value.contains(&one.value)))
            }
            _ => false,
        })
    })
}

fn cluster_port(narrow: &ClusterPort, wide: &ClusterPort) -> bool {
    match (&narrow.port, &wide.port) {
        (ClusterPortMatch::Range(protocol, first, last), ClusterPortMatch::Range(other, from, to)) => {
            protocol == other && from <= first && last <= to
        }
        (one, other) => one == other,
    }
}
