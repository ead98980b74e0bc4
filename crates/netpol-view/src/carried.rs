//! What a summary has in common with the one before: it is told by *stamps*, so that whoever hands a summary on need not do
//! again what it did for the same parts.

use std::sync::Arc;

use netpol_eval::{ConnectionSet, Evaluation, Handle, Peer, PeerId, PolicyId, Workload};
use netpol_findings::Finding;
use netpol_manifest::Protocol;
use netpol_source::{DocumentId, Sources, Span, TextRange};

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
    /// Those of a summary that follows another one. Of some lists it may be known what of them is the same.
    pub(crate) fn after(&self, before: &Summary, now: &Summary, same: Option<&Same>) -> Self {
        let mut next = self.next;
        let (peers, policies, findings, connections) = match same {
            Some(same) => (
                kept(&mut next, &same.peers, &self.peers),
                kept(&mut next, &same.policies, &self.policies),
                kept(&mut next, &same.findings, &self.findings),
                kept(&mut next, &same.connections, &self.connections),
            ),
            None => (
                stamps(&mut next, (&before.peers, &self.peers), &now.peers),
                stamps(&mut next, (&before.policies, &self.policies), &now.policies),
                stamps(&mut next, (&before.findings, &self.findings), &now.findings),
                stamps(&mut next, (&before.connections, &self.connections), &now.connections),
            ),
        };
        let namespaces = stamps(&mut next, (&before.namespaces, &self.namespaces), &now.namespaces);
        Self { peers, policies, findings, connections, namespaces, next }
    }

    /// A finding is no longer what it was.
    pub(crate) fn finding_changed(&mut self, finding: usize) {
        if let Some(stamp) = self.findings.get_mut(finding) {
            *stamp = self.next;
            self.next += 1;
        }
    }
}

/// Of each item of a list: the place that the same item had before.
type Places = Vec<Option<usize>>;

/// What is the same as before.
pub(crate) struct Same {
    peers: Places,
    policies: Places,
    findings: Places,
    connections: Places,
}

/// The stamps of a list of which it is known what is the same.
fn kept(next: &mut u64, same: &[Option<usize>], stamps: &[u64]) -> Vec<u64> {
    let stamp = |place: &Option<usize>| {
        let kept = place.and_then(|place| stamps.get(place)).copied();
        kept.unwrap_or_else(|| {
            *next += 1;
            *next - 1
        })
    };
    same.iter().map(stamp).collect()
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

/// A list of before, of which what is the same is taken item by item.
pub(crate) struct Carried<T> {
    before: Vec<Option<T>>,
    /// Where to look next: both lists are in the same order.
    at: usize,
    /// Of the items so far.
    same: Places,
}

impl<T: PartialEq> Carried<T> {
    fn new(before: &mut Vec<T>) -> Self {
        let before = std::mem::take(before).into_iter().map(Some).collect();
        Self { before, at: 0, same: Vec::new() }
    }

    /// The next item: the one of before of which `is_same` knows that it is the same, else what is made, which may turn out
    /// to be the same as well.
    pub(crate) fn next(&mut self, is_same: impl Fn(usize, &T) -> bool, make: impl FnOnce() -> T) -> T {
        let mut near = (self.at..).zip(self.before.iter_mut().skip(self.at)).take(FARTHEST);
        let taken = near.find_map(|(at, old)| Some((at, old.take_if(|old| is_same(at, old))?)));
        let (place, item) = match taken {
            Some((at, old)) => (Some(at), old),
            None => {
                let made = make();
                let mut near = (self.at..).zip(self.before.iter().skip(self.at)).take(FARTHEST);
                let same = near.find(|(_, old)| old.as_ref() == Some(&made));
                (same.map(|(at, _)| at), made)
            }
        };
        if let Some(place) = place {
            self.at = place + 1;
        }
        self.same.push(place);
        item
    }
}

/// Of each document, whether it has the same text as before at the same lines and columns of the same file.
fn in_place(now: &Sources, before: &Sources) -> Vec<bool> {
    let same = (0..).map(DocumentId).zip(now.same_documents(before));
    let in_place = same.map(|(id, same)| {
        let begin = TextRange::new(0, 0).in_document(id);
        let begins = || now.resolve(begin).zip(before.resolve(begin));
        let stands = || {
            begins().is_some_and(|(now, before)| {
                (now.id, now.file, now.start) == (before.id, before.file, before.start)
            })
        };
        now.is_same_place(before, id) || same == Some(id) && stands()
    });
    in_place.collect()
}

/// Whom a policy selects.
pub(crate) enum Subjects<I> {
    /// The ids of those that are listed, and how many there are.
    Ids(I, u32),
    /// The same as before, of whom so many may be listed.
    Same { most: usize },
}

/// The analysis before, of which need not be said again what is the same.
pub(crate) struct Said<'b> {
    /// By document: whether it stands where it stood.
    in_place: Vec<bool>,
    evaluation: &'b Evaluation,
    /// Those of its summary, in the same order.
    findings_before: &'b [Finding],
    /// What is taken is no longer there.
    peers: Vec<contract::Peer>,
    /// By peer: whether it was taken, and is still what it was.
    pub(crate) taken: Vec<bool>,
    policies: Carried<contract::PolicySummary>,
    findings: Carried<contract::Finding>,
    connections: Carried<contract::ConnectionSet>,
}

impl<'b> Said<'b> {
    /// Takes the longer lists of a summary; `None` where namespaces are others.
    pub(crate) fn new(
        (sources, evaluation, findings_before): (&'b Sources, &'b Evaluation, &'b [Finding]),
        before: &mut Summary,
        (sources_now, now): (&Sources, &Evaluation),
    ) -> Option<Self> {
        if evaluation.cluster().namespaces != now.cluster().namespaces {
            return None;
        }
        Some(Self {
            in_place: in_place(sources_now, sources),
            evaluation,
            findings_before,
            peers: std::mem::take(&mut before.peers),
            taken: vec![false; now.peers().len()],
            policies: Carried::new(&mut before.policies),
            findings: Carried::new(&mut before.findings),
            connections: Carried::new(&mut before.connections),
        })
    }

    /// What is what it was: taken, or said anew in the same words.
    pub(crate) fn same(self, now: &Summary) -> Same {
        let taken = self.taken.iter().zip(&now.peers).enumerate();
        let peers = taken.map(|(at, (taken, now))| {
            let is_same = *taken || self.peers.get(at) == Some(now);
            is_same.then_some(at)
        });
        Same {
            peers: peers.collect(),
            policies: self.policies.same,
            findings: self.findings.same,
            connections: self.connections.same,
        }
    }

    fn is_in_place(&self, document: DocumentId) -> bool {
        self.in_place.get(document.0 as usize) == Some(&true)
    }

    /// Takes what was said of a workload that is the same, at the same place of its file.
    pub(crate) fn peer(&mut self, id: PeerId, now: &Peer) -> Option<contract::Peer> {
        let (Peer::Workload(now), Some(Peer::Workload(before))) = (now, self.evaluation.peer(id)) else {
            return None;
        };
        let is_same =
            Arc::ptr_eq(now, before) && now.handle().is_some_and(|handle| self.is_in_place(handle.document));
        let peer = self.peers.get_mut(id.index()).filter(|_| is_same)?;
        if let Some(taken) = self.taken.get_mut(id.index()) {
            *taken = true;
        }
        Some(std::mem::replace(peer, contract::Peer::outsider(String::new())))
    }

    /// Whether all peers are called what they were called.
    pub(crate) fn has_same_ids(&self, now: &[contract::Peer]) -> bool {
        now.len() == self.peers.len()
            && now
                .iter()
                .zip(&self.peers)
                .zip(&self.taken)
                .all(|((now, old), taken)| *taken || now.id == old.id)
    }

    /// What was said of a policy that is the same, at the same place of its file, and selects peers with the same ids; else
    /// what is made.
    pub(crate) fn policy<'i>(
        &mut self,
        now: &Handle,
        subjects: Subjects<impl Iterator<Item = &'i String> + Clone>,
        make: impl FnOnce() -> contract::PolicySummary,
    ) -> contract::PolicySummary {
        let evaluation = self.evaluation;
        let is_in_place = self.is_in_place(now.document);
        let is_same = |at: usize, old: &contract::PolicySummary| {
            let id = u32::try_from(at).map(PolicyId).ok();
            let handle = id.and_then(|id| evaluation.cluster().policy_handle(id));
            is_in_place
                && handle.is_some_and(|handle| handle.is_same(now))
                && match &subjects {
                    Subjects::Ids(subjects, count) => {
                        old.subject_count == *count && old.subjects.iter().eq(subjects.clone())
                    }
                    Subjects::Same { most } => {
                        old.subject_count as usize == old.subjects.len() && old.subjects.len() <= *most
                    }
                }
        };
        self.policies.next(is_same, make)
    }

    /// The words of a finding that was found before, at the same places; else what is made.
    pub(crate) fn finding(
        &mut self,
        (evaluation, now): (&Evaluation, &Finding),
        make: impl FnOnce() -> contract::Finding,
    ) -> contract::Finding {
        let found_before = self.findings_before;
        let is_in_place = |span: &Span| self.in_place.get(span.document.0 as usize) == Some(&true);
        let is_same_peer = |id: PeerId| match (self.evaluation.peer(id), evaluation.peer(id)) {
            (Some(Peer::Workload(old)), Some(Peer::Workload(new))) => {
                Arc::ptr_eq(old, new) || is_called_alike(old, new)
            }
            (Some(Peer::External { range: old, .. }), Some(Peer::External { range: new, .. })) => old == new,
            (Some(Peer::Domain(old)), Some(Peer::Domain(new))) => old == new,
            _ => false,
        };
        let has_same_ends = |one: &Finding| {
            one.witness.is_none_or(|ends| is_same_peer(ends.source) && is_same_peer(ends.destination))
        };
        let stands = now.with_evidence().all(|one| one.spans.iter().all(is_in_place) && has_same_ends(one));
        let is_same = |at: usize, _: &contract::Finding| {
            stands && found_before.get(at).is_some_and(|old| reads_alike(old, now))
        };
        self.findings.next(is_same, make)
    }

    /// The words of a set of connections.
    pub(crate) fn connections(
        &mut self,
        now: &ConnectionSet,
        make: impl FnOnce() -> contract::ConnectionSet,
    ) -> contract::ConnectionSet {
        let is_same = |_: usize, old: &contract::ConnectionSet| {
            let ports = [(Protocol::Tcp, &old.tcp), (Protocol::Udp, &old.udp), (Protocol::Sctp, &old.sctp)];
            ports.iter().all(|(protocol, old)| now.ports(*protocol).intervals() == **old)
        };
        self.connections.next(is_same, make)
    }
}

/// Whether two workloads of a namespace have the same id.
fn is_called_alike(old: &Workload, new: &Workload) -> bool {
    old.namespace == new.namespace
        && old.name == new.name
        && old.kind == new.kind
        && old.variant == new.variant
}

/// Whether two findings are said in the same words, but for where their documents are and what their peers are called.
fn reads_alike(old: &Finding, now: &Finding) -> bool {
    let of = |one: &Finding| {
        (one.rule.code, one.severity, one.witness, one.silenced, one.fixes().next().is_some())
    };
    of(old) == of(now)
        && old.message == now.message
        && old.spans == now.spans
        && old.subject == now.subject
        && old.ways.iter().map(|way| way.name).eq(now.ways.iter().map(|way| way.name))
        && old.evidence.len() == now.evidence.len()
        && old.evidence.iter().zip(&now.evidence).all(|(old, now)| reads_alike(old, now))
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
