//! What something looks at, so that it is known when it would find the same again.

use std::cell::RefCell;

use fixedbitset::FixedBitSet;
use netpol_eval::{Evaluation, NamespaceId, PeerId};
use netpol_source::HashMap;

/// What something looks at that is watched.
#[derive(Debug, Default)]
pub(crate) struct Watch(RefCell<Option<Seen>>);

/// At what something looked.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The peers at whose ends.
    ends: FixedBitSet,
    /// The namespaces at whose policies and pods, whichever they are.
    namespaces: FixedBitSet,
    /// Lists of peers of which those were taken together that nothing can tell apart.
    grouped: Vec<(Vec<PeerId>, Vec<u32>)>,
    /// How many peers are in these lists.
    grouped_peers: usize,
}

/// How many peers may be in the lists of one policy: with more it is found anew each time.
const MOST_GROUPED: usize = 1024;

impl Watch {
    /// What comes of something, and what it looks at.
    pub(crate) fn watched<T>(&self, look: impl FnOnce() -> T) -> (T, Seen) {
        self.0.replace(Some(Seen::default()));
        let found = look();
        (found, self.0.take().unwrap_or_default())
    }

    /// Somebody looks at the ends of a peer.
    pub(crate) fn see(&self, peer: PeerId) {
        self.note(|seen| seen.ends.grow_and_insert(peer.index()));
    }

    /// Somebody looks at the ends of all of these.
    pub(crate) fn see_all(&self, peers: &FixedBitSet) {
        self.note(|seen| seen.ends.union_with(peers));
    }

    /// Somebody looks at policies and pods of a namespace.
    pub(crate) fn look_into(&self, namespace: NamespaceId) {
        self.note(|seen| seen.namespaces.grow_and_insert(namespace.0 as usize));
    }

    /// Somebody takes those of some peers together that nothing can tell apart.
    pub(crate) fn group(&self, evaluation: &Evaluation, peers: &[PeerId]) {
        self.note(|seen| {
            if seen.grouped_peers > MOST_GROUPED || seen.grouped.iter().any(|(known, _)| known == peers) {
                return;
            }
            seen.grouped_peers += peers.len().max(1);
            if seen.grouped_peers > MOST_GROUPED {
                seen.grouped = Vec::new();
            } else {
                seen.grouped.push((peers.to_vec(), groups(evaluation, peers)));
            }
        });
    }

    fn note(&self, note: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.0.borrow_mut().as_mut() {
            note(seen);
        }
    }
}

impl Seen {
    /// Whether an evaluation shows the same as the one before, at which was looked.
    pub(crate) fn holds(&self, evaluation: &Evaluation) -> bool {
        let stands = |standing: &[bool]| self.namespaces.ones().all(|at| standing.get(at) == Some(&true));
        self.grouped_peers <= MOST_GROUPED
            && evaluation.with_other_cells().is_some_and(|others| self.ends.is_disjoint(others))
            && (self.namespaces.is_clear() || evaluation.standing_namespaces().is_some_and(stands))
            && self.grouped.iter().all(|(peers, known)| groups(evaluation, peers) == *known)
    }
}

/// By peer, a number that those have in common that nothing can tell apart, in order of first appearance.
fn groups(evaluation: &Evaluation, peers: &[PeerId]) -> Vec<u32> {
    let mut numbers: HashMap<usize, u32> = HashMap::default();
    let number = |peer: &PeerId| {
        let next = numbers.len() as u32;
        *numbers.entry(evaluation.class(*peer)).or_insert(next)
    };
    peers.iter().map(number).collect()
}
