//! One peer: what has a say for it, which rules speak of it elsewhere, what it reaches and what reaches it.

use std::collections::BTreeMap;

use netpol_eval::{Lowered, Peer, PeerId, WorkloadOrigin};
use netpol_manifest::Direction;
use netpol_source::order;

use super::{Scene, policy};
use crate::certainty::NOT_EVALUATED;
use crate::contract::{Connection, Finding, ObjectRef, PeerProfile, Reach, RuleMention};
use crate::convert::{connection_set, object_ref};
use crate::words;

/// A peer; `None` for one that is not there.
pub(crate) fn peer(scene: Scene<'_>, id: PeerId) -> Option<PeerProfile> {
    let summary = scene.summary.peers.get(id.index())?;
    let selecting = |direction| {
        let policies = scene.evaluation.deciding(direction, id).iter();
        policies.filter_map(|policy| policy::mention(scene, *policy, direction)).collect()
    };
    Some(PeerProfile {
        addresses: addresses(scene.evaluation.peer(id)?),
        ingress: selecting(Direction::Ingress),
        egress: selecting(Direction::Egress),
        named_as_source: naming(scene, id, Direction::Ingress),
        named_as_destination: naming(scene, id, Direction::Egress),
        reaches: reach(scene, id, |other| (id, other)),
        reached_by: reach(scene, id, |other| (other, id)),
        findings: findings(scene, id, &summary.id),
        peer: summary.clone(),
    })
}

fn addresses(peer: &Peer) -> Vec<String> {
    let pods = peer.workload().into_iter().flat_map(|workload| &workload.pods);
    let addresses = order::set(pods.flat_map(|pod| pod.addresses.iter().copied()));
    addresses.iter().map(ToString::to_string).collect()
}

/// The rules of a direction that speak of a peer as the other end.
fn naming(scene: Scene<'_>, peer: PeerId, direction: Direction) -> Vec<RuleMention> {
    let cluster = scene.evaluation.cluster();
    let mut found = Vec::new();
    for id in cluster.policy_ids() {
        let Some(lowered) = Lowered::new(cluster, id) else { continue };
        let Some(handle) = cluster.policy_handle(id) else { continue };
        let rules = lowered.rules(direction).unwrap_or_default().iter();
        for rule in rules.filter(|rule| scene.speaks_of(rule, peer)) {
            let reference = handle.object().reference();
            let Some(in_words) = scene.rule(rule) else { continue };
            found.push(RuleMention {
                policy: words::policy_id(&reference),
                object: object_ref(&reference),
                text: scene.text_for_peer(rule, lowered.subjects),
                rule: in_words,
            });
        }
    }
    found
}

/// All other peers by what is allowed between them and this one. A pod that reaches itself alone is left out, and outside
/// what is outside too.
fn reach(scene: Scene<'_>, id: PeerId, ends: impl Fn(PeerId) -> (PeerId, PeerId)) -> Vec<Reach> {
    let matrix = scene.evaluation.matrix();
    let is_outside = |peer: &Peer| peer.workload().is_none();
    let self_is_outside = scene.evaluation.peer(id).is_some_and(is_outside);
    // All is 1 and nothing 0: all first, nothing last.
    let mut groups: BTreeMap<(bool, u32, u8), Vec<u32>> = BTreeMap::new();
    for (other, peer) in scene.evaluation.peer_ids() {
        let (source, destination) = ends(other);
        if matrix.is_itself(source.index(), destination.index()) || (self_is_outside && is_outside(peer)) {
            continue;
        }
        let certainty = matrix.certainty(source.index(), destination.index());
        let cell = matrix.cell(source.index(), destination.index());
        let is_last = cell == netpol_eval::matrix::NONE && certainty != NOT_EVALUATED;
        groups.entry((is_last, cell, certainty)).or_default().push(other.0);
    }
    let sets: Vec<_> = scene.evaluation.connections().collect();
    let group = |((_, cell, uncertain), peers): ((bool, u32, u8), Vec<u32>)| Reach {
        connections: sets.get(cell as usize).map(|set| connection_set(set)).unwrap_or_default(),
        uncertain,
        peers,
    };
    groups.into_iter().map(group).collect()
}

/// The findings about the objects of a peer, and those that a connection of it proves; not those about another namespace.
fn findings(scene: Scene<'_>, peer: PeerId, id: &str) -> Vec<u32> {
    let workload = scene.evaluation.peer(peer).and_then(Peer::workload);
    let objects: Vec<ObjectRef> = match workload.map(|workload| &workload.origin) {
        Some(WorkloadOrigin::Input { object, folded }) => {
            let handles = std::iter::once(object).chain(folded);
            handles.map(|handle| object_ref(&handle.object().reference())).collect()
        }
        _ => Vec::new(),
    };
    let of = |witness: &Option<Connection>| {
        witness.as_ref().is_some_and(|witness| witness.source == id || witness.destination == id)
    };
    let own = scene.summary.peers.get(peer.index()).and_then(|peer| peer.namespace.as_deref());
    let is_elsewhere =
        |subject: &ObjectRef| subject.kind == "Namespace" && Some(subject.name.as_str()) != own;
    let concerns = |finding: &Finding| {
        objects.contains(&finding.subject)
            || (!is_elsewhere(&finding.subject)
                && (of(&finding.witness) || finding.evidence.iter().any(|one| of(&one.witness))))
    };
    let findings = (0..).zip(&scene.summary.findings);
    findings.filter(|(_, finding)| concerns(finding)).map(|(place, _)| place).collect()
}
