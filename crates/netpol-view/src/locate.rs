//! From a place in the text to the part of the matrix that it decides.

use std::sync::Arc;

use netpol_eval::{Evaluation, HostId, Lowered, Peer, PeerId, Rule, WorkloadOrigin};
use netpol_manifest::{Direction, Document, Resource};
use netpol_source::{DocumentId, FileId, Position, Sources, TextRange, order};

use crate::contract::{self, Located, LocatedPart};
use crate::words;

/// What stands at a line and column of a file, counted from 0; `None` where nothing there bears on the matrix.
pub(crate) fn locate(
    sources: &Sources,
    documents: &[Arc<Document>],
    evaluation: &Evaluation,
    file: u32,
    position: contract::Position,
) -> Option<Located> {
    let position = Position { line: position.line, column: position.column };
    let (document, offset) = sources.locate(FileId(file), position)?;
    let at = TextRange::new(offset, offset);
    let found = policy(evaluation, document, at).or_else(|| workload(evaluation, document, at));
    found.or_else(|| node(evaluation, documents.get(document.0 as usize)?, at))
}

fn policy(evaluation: &Evaluation, document: DocumentId, at: TextRange) -> Option<Located> {
    let cluster = evaluation.cluster();
    let id = cluster.policy_ids().find(|id| {
        let handle = cluster.policy_handle(*id);
        handle.is_some_and(|one| one.document == document && one.object().range.contains(at))
    })?;
    let lowered = Lowered::new(cluster, id)?;
    let subjects: Vec<PeerId> = evaluation.subjects(id).collect();
    let named = Some(words::policy_id(&cluster.policy_handle(id)?.object().reference()));
    for direction in Direction::BOTH {
        let mut rules = lowered.rules(direction).unwrap_or_default().iter();
        if let Some(rule) = rules.find(|rule| rule.range.contains(at)) {
            let peers = rule_peers(evaluation, rule);
            let (sources, destinations) = match direction {
                Direction::Ingress => (&peers, &subjects),
                Direction::Egress => (&subjects, &peers),
            };
            return Some(located(LocatedPart::Rule, sources, destinations, named));
        }
    }
    Some(located(LocatedPart::Policy, &subjects, &subjects, named))
}

/// The peers that a rule speaks of: all of them where it names none.
pub(crate) fn rule_peers(evaluation: &Evaluation, rule: &Rule<'_>) -> Vec<PeerId> {
    let Some(leaves) = &rule.peers else {
        return evaluation.peer_ids().map(|(peer, _)| peer).collect();
    };
    let mut items: Vec<usize> = leaves.iter().map(|leaf| leaf.item).collect();
    items.dedup();
    let origin = rule.origin;
    let peers = items
        .into_iter()
        .flat_map(|item| evaluation.item_peers(origin.policy, origin.direction, origin.index, item));
    let mut peers: Vec<PeerId> = peers.collect();
    order::sort_and_dedup(&mut peers);
    peers
}

/// A Node: its addresses, and the pods on its network.
fn node(evaluation: &Evaluation, document: &Document, at: TextRange) -> Option<Located> {
    let is_node = |resource: &Resource| matches!(resource, Resource::Node(_));
    let mut objects = document.objects.iter();
    let node = objects.find(|object| is_node(&object.resource) && object.range.contains(at))?;
    let is_named = |host: HostId| {
        let host = evaluation.cluster().hosts.get(host.0 as usize);
        host.is_some_and(|host| host.name.as_deref() == Some(node.metadata.name.value.as_str()))
    };
    let peers = evaluation.peer_ids().filter(|(_, peer)| match peer {
        Peer::External { host, .. } => host.is_some_and(is_named),
        Peer::Workload(workload) if workload.host_network => {
            workload.pods.iter().any(|pod| pod.host.is_some_and(is_named))
        }
        Peer::Workload(_) | Peer::Domain(_) => false,
    });
    let peers: Vec<PeerId> = peers.map(|(id, _)| id).collect();
    (!peers.is_empty()).then(|| located(LocatedPart::Node, &peers, &peers, None))
}

fn workload(evaluation: &Evaluation, document: DocumentId, at: TextRange) -> Option<Located> {
    let (id, peer) = evaluation.peer_ids().find(|(_, peer)| {
        let origin = peer.workload().map(|workload| &workload.origin);
        let Some(WorkloadOrigin::Input { object, folded }) = origin else { return false };
        let mut handles = std::iter::once(object).chain(folded);
        handles.any(|handle| handle.document == document && handle.object().range.contains(at))
    })?;
    Some(located(LocatedPart::Workload, &[id], &[id], Some(words::peer_id(evaluation, peer))))
}

fn located(part: LocatedPart, sources: &[PeerId], destinations: &[PeerId], id: Option<String>) -> Located {
    let indices = |peers: &[PeerId]| peers.iter().map(|peer| peer.0).collect();
    Located { part, sources: indices(sources), destinations: indices(destinations), id }
}
