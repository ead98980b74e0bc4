//! What a summary has in common with the one before: it is told by *stamps*, so that whoever hands a summary on need not do
//! again what it did for the same parts.

use std::sync::Arc;

use netpol_eval::{Evaluation, Peer, PeerId};
use netpol_source::Sources;

use crate::contract::{self, Summary};

/// How far an item is looked for that was moved: what was before it is gone.
const FARTHEST: usize = 32;

/// A number for each item of the longer lists of a summary. Two items of one analyzer with the same number are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamps {
    /// Of `peers`.
    pub peers: Vec<u64>,
    /// Of `policies`.
    pub policies: Vec<u64>,
    /// Of `findings`.
    pub findings: Vec<u64>,
    /// Of `connections`.
    pub connections: Vec<u64>,
    /// Of `namespaces`.
    pub namespaces: Vec<u64>,
    next: u64,
}

impl Stamps {
    /// Those of a summary that follows another one.
    /// Of each peer is told whether it is what it was, where that is known.
    pub(crate) fn after(&self, before: &Summary, now: &Summary, peers: Option<&[bool]>) -> Self {
        let mut next = self.next;
        Self {
            peers: match peers {
                Some(same) => kept(&mut next, same, &self.peers),
                None => stamps(&mut next, (&before.peers, &self.peers), &now.peers),
            },
            policies: stamps(&mut next, (&before.policies, &self.policies), &now.policies),
            findings: stamps(&mut next, (&before.findings, &self.findings), &now.findings),
            connections: stamps(&mut next, (&before.connections, &self.connections), &now.connections),
            namespaces: stamps(&mut next, (&before.namespaces, &self.namespaces), &now.namespaces),
            next,
        }
    }

    /// A finding is no longer what it was.
    pub(crate) fn finding_changed(&mut self, finding: usize) {
        if let Some(stamp) = self.findings.get_mut(finding) {
            *stamp = self.next;
            self.next += 1;
        }
    }
}

/// The stamps of a list of which it is known what is the same.
fn kept(next: &mut u64, same: &[bool], stamps: &[u64]) -> Vec<u64> {
    let stamp = |(at, is_same): (usize, &bool)| {
        let kept = stamps.get(at).filter(|_| *is_same).copied();
        kept.unwrap_or_else(|| {
            *next += 1;
            *next - 1
        })
    };
    same.iter().enumerate().map(stamp).collect()
}

/// The stamps of a list: of what is the same as before those of before, as far as both are in the same order.
fn stamps<T: PartialEq>(next: &mut u64, (before, stamps): (&[T], &[u64]), now: &[T]) -> Vec<u64> {
    let mut at = 0;
    let stamp = |item: &T| {
        let near = before.get(at..)?.iter().zip(stamps.get(at..)?).take(FARTHEST);
        let (skipped, (_, stamp)) = near.enumerate().find(|(_, (old, _))| *old == item)?;
        at += skipped + 1;
        Some(*stamp)
    };
    let mut found: Vec<Option<u64>> = now.iter().map(stamp).collect();
    for stamp in found.iter_mut().filter(|stamp| stamp.is_none()) {
        *stamp = Some(*next);
        *next += 1;
    }
    found.into_iter().flatten().collect()
}

/// The analysis before, whose peers need not be said again where nothing of them is another.
pub(crate) struct Said<'b> {
    sources: &'b Sources,
    evaluation: &'b Evaluation,
    /// What is taken is no longer there.
    peers: Vec<contract::Peer>,
    /// By peer: whether it was taken, and is still what it was.
    pub(crate) taken: Vec<bool>,
}

impl<'b> Said<'b> {
    /// Takes the peers of a summary; `None` where namespaces are others.
    pub(crate) fn new(
        (sources, evaluation): (&'b Sources, &'b Evaluation),
        peers: &mut Vec<contract::Peer>,
        now: &Evaluation,
    ) -> Option<Self> {
        let is_same = evaluation.cluster().namespaces == now.cluster().namespaces;
        let taken = vec![false; now.peers().len()];
        is_same.then(|| Self { sources, evaluation, peers: std::mem::take(peers), taken })
    }

    /// Of each peer, whether it is what it was: taken, or said anew in the same words.
    pub(crate) fn same(&self, now: &[contract::Peer]) -> Vec<bool> {
        let taken = self.taken.iter().zip(now).enumerate();
        taken.map(|(at, (taken, now))| *taken || self.peers.get(at) == Some(now)).collect()
    }

    /// Takes what was said of a workload that is the same, at the same place of its file.
    pub(crate) fn peer(&mut self, sources: &Sources, id: PeerId, now: &Peer) -> Option<contract::Peer> {
        let (Peer::Workload(now), Some(Peer::Workload(before))) = (now, self.evaluation.peer(id)) else {
            return None;
        };
        let is_in_place = |document| sources.is_same_place(self.sources, document);
        let is_same =
            Arc::ptr_eq(now, before) && now.handle().is_some_and(|handle| is_in_place(handle.document));
        let peer = self.peers.get_mut(id.index()).filter(|_| is_same)?;
        if let Some(taken) = self.taken.get_mut(id.index()) {
            *taken = true;
        }
        Some(std::mem::replace(peer, contract::Peer::outsider(String::new())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_has_the_same_stamp_and_nothing_else_has() {
        let before: Vec<u32> = (0..50).collect();
        let mut next = 0;
        let first = stamps(&mut next, (&[], &[]), &before);
        assert_eq!((first.clone(), next), ((0..50).collect(), 50));
        // One is another, one is gone, and one is new.
        let mut now = before.clone();
        now[7] = 100;
        now.remove(20);
        now.insert(30, 200);
        let second = stamps(&mut next, (&before, &first), &now);
        let expected: Vec<u64> = now
            .iter()
            .map(|one| match one {
                100 => 50,
                200 => 51,
                old => u64::from(*old),
            })
            .collect();
        assert_eq!(second, expected);
        let moved: Vec<u32> = before.iter().rev().copied().collect();
        let third = stamps(&mut next, (&before, &first), &moved);
        assert!(third.iter().zip(&moved).all(|(stamp, one)| *stamp >= 52 || *stamp == u64::from(*one)));
    }
}
