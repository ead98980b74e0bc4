//! Sets of peers.

use fixedbitset::FixedBitSet;

use super::LEAST;
use crate::peer::Peer;

/// A set of peers, under each reading.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PeerSet {
    pub(crate) chosen: FixedBitSet,
    /// Under the readings between the chosen one and the bounds, where they differ.
    pub(super) others: [Option<Box<FixedBitSet>>; LEAST - 1],
    /// Those that are in it for certain, and those that may be, where these differ.
    pub(super) bounds: Option<Box<[FixedBitSet; 2]>>,
    /// Of a block: its family, when it holds workloads under some reading.
    pub(crate) pods_of_family: Option<Family>,
}

impl PeerSet {
    /// No peers.
    pub(super) fn nothing(peers: usize) -> Self {
        let chosen = FixedBitSet::with_capacity(peers);
        Self { chosen, others: Default::default(), bounds: None, pods_of_family: None }
    }

    /// Pods that are selected, of which those on the host network are none that policies see. Those of which it is not
    /// `known` whether they match are taken the other way round.
    pub(super) fn of_pods(peers: &[Peer], all: FixedBitSet, unknown: Option<FixedBitSet>) -> Self {
        let selectable = |at: usize| peers.get(at).is_some_and(|peer| peer.selectable().is_some());
        let mut chosen = all.clone();
        for at in all.ones() {
            if !selectable(at) {
                chosen.remove(at);
            }
        }
        let mut other_labels = None;
        let mut bounds = None;
        if let Some(unknown) = unknown {
            let (mut other, mut must, mut may) = (chosen.clone(), chosen.clone(), chosen.clone());
            for at in unknown.ones().filter(|at| selectable(*at)) {
                other.toggle(at);
                must.remove(at);
                may.insert(at);
            }
            other_labels = Some(other);
            bounds = (must != may).then(|| Box::new([must, may]));
        }
        let differing = |other: FixedBitSet| (other != chosen).then(|| Box::new(other));
        let others = [None, None, differing(all), other_labels.and_then(differing)];
        Self { others, bounds, chosen, pods_of_family: None }
    }

    /// The same selection where some pods have other labels: of each, whether it is selected, and whether that is not
    /// known; `None` where that is as before.
    pub(super) fn with(&self, peers: &[Peer], pods: &[(usize, [bool; 2])]) -> Option<Self> {
        let [.., all, other] = &self.others;
        let all = all.as_deref().unwrap_or(&self.chosen);
        let is_unknown =
            |at: usize| other.as_ref().is_some_and(|other| other.contains(at) != self.chosen.contains(at));
        if pods.iter().all(|(at, found)| *found == [all.contains(*at), is_unknown(*at)]) {
            return None;
        }
        let mut all = all.clone();
        let mut unknown = FixedBitSet::with_capacity(peers.len());
        if let Some(other) = other {
            unknown.extend(other.symmetric_difference(&self.chosen));
        }
        for (at, [is_selected, is_unknown]) in pods {
            all.set(*at, *is_selected);
            unknown.set(*at, *is_unknown);
        }
        let unknown = (!unknown.is_clear()).then_some(unknown);
        Some(Self::of_pods(peers, all, unknown))
    }

    /// The set under a reading.
    pub(crate) fn under(&self, reading: usize) -> &FixedBitSet {
        let other = reading.checked_sub(1).and_then(|other| self.others.get(other)?.as_deref());
        other.unwrap_or(&self.chosen)
    }

    /// Whether it is another one under a reading than under the chosen one.
    pub(crate) fn differs_under(&self, reading: usize) -> bool {
        match reading.checked_sub(1) {
            None => false,
            Some(_) if reading >= LEAST => self.bounds.is_some(),
            Some(other) => self.others.get(other).is_some_and(Option::is_some),
        }
    }

    /// Those that are in it for certain, and those that may be.
    pub(crate) fn bounds(&self) -> [&FixedBitSet; 2] {
        self.bounds.as_deref().map_or([&self.chosen; 2], |[must, may]| [must, may])
    }

    /// All distinct sets that it is under some reading.
    pub(crate) fn all(&self) -> impl Iterator<Item = &FixedBitSet> {
        let others = self.others.iter().flatten().map(|other| &**other);
        std::iter::once(&self.chosen).chain(others).chain(self.bounds.iter().flat_map(|bounds| bounds.iter()))
    }
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) fn of(address: std::net::IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}
