//! From a place in the text to the part of the matrix that it decides.

use netpol_eval::{Evaluation, PeerId, Policy, PolicyId, WorkloadOrigin};
use netpol_manifest::Direction;
use netpol_source::{DocumentId, FileId, Position, Sources, TextRange, order};

use crate::contract::{self, Located, LocatedPart};

/// What stands at a line and column of a file, counted from 0; `None` where nothing there bears on the matrix.
pub(crate) fn locate(
    sources: &Sources,
    evaluation: &Evaluation,
    file: u32,
    position: contract::Position,
) -> Option<Located> {
    let position = Position { line: position.line, column: position.column };
    let (document, offset) = sources.locate(FileId(file), position)?;
    let at = TextRange::new(offset, offset);
    policy(evaluation, document, at).or_else(|| workload(evaluation, document, at))
}

fn policy(evaluation: &Evaluation, document: DocumentId, at: TextRange) -> Option<Located> {
    let (id, policy) = evaluation.cluster().policies().find(|(_, policy)| {
        policy.handle.document == document && policy.handle.object().range.contains(at)
    })?;
    let subjects: Vec<PeerId> = evaluation.subjects(id).collect();
    for direction in Direction::BOTH {
        let rule = policy.rules(direction).iter().position(|rule| rule.range.contains(at));
        if let Some(rule) = rule.filter(|_| policy.isolates(direction)) {
            let peers = rule_peers(evaluation, id, policy, direction, rule);
            let (sources, destinations) = match direction {
                Direction::Ingress => (&peers, &subjects),
                Direction::Egress => (&subjects, &peers),
            };
            return Some(located(LocatedPart::Rule, sources, destinations));
        }
    }
    Some(located(LocatedPart::Policy, &subjects, &subjects))
}

/// The peers that a rule speaks of: all of them where it names none.
fn rule_peers(
    evaluation: &Evaluation,
    id: PolicyId,
    policy: &Policy,
    direction: Direction,
    rule: usize,
) -> Vec<PeerId> {
    let items = policy.rules(direction).get(rule).map_or(0, |rule| rule.peers.len());
    if items == 0 {
        return evaluation.peer_ids().map(|(peer, _)| peer).collect();
    }
    let mut peers: Vec<PeerId> =
        (0..items).flat_map(|item| evaluation.item_peers(id, direction, rule, item)).collect();
    order::sort_and_dedup(&mut peers);
    peers
}

fn workload(evaluation: &Evaluation, document: DocumentId, at: TextRange) -> Option<Located> {
    let (id, _) = evaluation.peer_ids().find(|(_, peer)| {
        let origin = peer.workload().map(|workload| &workload.origin);
        let Some(WorkloadOrigin::Input { object, folded }) = origin else { return false };
        let mut handles = std::iter::once(object).chain(folded);
        handles.any(|handle| handle.document == document && handle.object().range.contains(at))
    })?;
    Some(located(LocatedPart::Workload, &[id], &[id]))
}

fn located(part: LocatedPart, sources: &[PeerId], destinations: &[PeerId]) -> Located {
    let indices = |peers: &[PeerId]| peers.iter().map(|peer| peer.0).collect();
    Located { part, sources: indices(sources), destinations: indices(destinations) }
}
