//! The rows or the columns of the matrix: peers by group, or whole groups that unfold.

use std::ops::Range;

use netpol_view::contract::PeerType;

use super::filter::{Filter, Side};
use super::names::OUTSIDE;
use super::sums;
use crate::state::analysis::Analysis;
use crate::state::words::thousands;

/// From this many peers on, namespaces start folded.
pub const FOLDED_BEYOND: usize = 200;

/// One row or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// All peers of a group.
    Group(usize),
    /// Workloads of a group that the matrix cannot tell apart.
    Alike(Alike),
    /// One peer.
    Peer(usize),
}

/// Workloads that are alike: the first of them stands for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alike {
    /// The first, a peer.
    pub first: usize,
    /// How many more there are.
    pub more: usize,
    /// Their place among those of the axis.
    set: usize,
}

impl Alike {
    /// What follows on the name of the first.
    pub fn others(self) -> String {
        format!(" and {} more", thousands(self.more))
    }
}

impl Entry {
    /// Its name in a header, where its group stands beside it.
    pub fn title(self, analysis: &Analysis) -> String {
        match self {
            Self::Peer(peer) => analysis.names.get(peer).map_or_else(String::new, |name| name.short.clone()),
            Self::Alike(alike) => Self::Peer(alike.first).title(analysis) + &alike.others(),
            Self::Group(group) => analysis.groups.get(group).cloned().unwrap_or_default(),
        }
    }

    /// Its name in a sentence.
    pub fn full(self, analysis: &Analysis) -> String {
        match self {
            Self::Peer(peer) => analysis.full_name(peer).to_owned(),
            Self::Alike(alike) => analysis.full_name(alike.first).to_owned() + &alike.others(),
            Self::Group(group) => match analysis.groups.get(group).map(String::as_str) {
                Some(OUTSIDE) => OUTSIDE.to_owned(),
                Some(name) => format!("namespace {name}"),
                None => String::new(),
            },
        }
    }
}

/// What is shown of the peers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// Whether addresses outside are.
    pub outside: bool,
    /// Whether hypothetical workloads are.
    pub hypothetical: bool,
    /// The text that narrows it.
    pub filter: Filter,
    /// Whether only what has cells that are not certain is.
    pub uncertain: bool,
    /// The groups that are unfolded, by name.
    pub unfolded: Vec<String>,
    /// Whether workloads that are alike stand in one row and one column.
    pub alike: bool,
    /// Of those, which are unfolded: the id of one of them each.
    pub apart: Vec<String>,
}

/// Rows or columns in order.
#[derive(Debug, Default)]
pub struct Axis {
    /// In order.
    pub entries: Vec<Entry>,
    /// The entries of each group, in order.
    pub bands: Vec<Band>,
    /// For each group, the peers that are shown or summed up.
    pub members: Vec<Vec<usize>>,
    /// For each peer of the analysis, whether it is shown or summed up.
    pub kept: Vec<bool>,
    peer_at: Vec<Option<usize>>,
    group_at: Vec<Option<usize>>,
    /// The workloads that are alike, two or more each, folded or not.
    alike: Vec<Vec<usize>>,
    /// By peer: its place among these.
    alike_to: Vec<Option<usize>>,
    alike_at: Vec<Option<usize>>,
    /// How many rows or columns there are, or would be, less where those that are alike are one.
    pub spared: usize,
}

/// The entries of one group, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// The group.
    pub group: usize,
    /// Its entries.
    pub entries: Range<usize>,
}

/// Which peers are rows or columns, each group's summed up ones included.
fn kept(analysis: &Analysis, shown: &Shown, side: Side) -> Vec<bool> {
    let peers = analysis.summary.peers.iter().zip(&analysis.names);
    let kept = peers.map(|(peer, name)| {
        let visible = match peer.peer_type {
            PeerType::Workload => true,
            PeerType::Hypothetical => shown.hypothetical,
            PeerType::External => shown.outside,
        };
        visible && shown.filter.keeps(side, |word| name.holds(word))
    });
    kept.collect()
}

impl Axis {
    /// The rows and the columns of an analysis.
    pub fn both(analysis: &Analysis, shown: &Shown) -> (Self, Self) {
        let mut rows = kept(analysis, shown, Side::Rows);
        let mut columns = kept(analysis, shown, Side::Columns);
        if shown.uncertain {
            (rows, columns) = sums::with_doubts(analysis, &rows, &columns);
        }
        (Self::new(analysis, shown, rows), Self::new(analysis, shown, columns))
    }

    fn new(analysis: &Analysis, shown: &Shown, kept: Vec<bool>) -> Self {
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); analysis.groups.len()];
        for ((peer, name), kept) in analysis.names.iter().enumerate().zip(&kept) {
            if let (true, Some(members)) = (kept, members.get_mut(name.group)) {
                members.push(peer);
            }
        }
        let folding = kept.iter().filter(|kept| **kept).count() > FOLDED_BEYOND;
        let alike = sums::alike(analysis, &members);
        let mut alike_to = vec![None; analysis.peer_count()];
        for (set, peers) in alike.iter().enumerate() {
            for peer in peers {
                if let Some(slot) = alike_to.get_mut(*peer) {
                    *slot = Some(set);
                }
            }
        }
        let alike_at = vec![None; alike.len()];
        let mut axis = Self { members, kept, alike, alike_to, alike_at, ..Self::default() };
        let apart: Vec<usize> = shown.apart.iter().filter_map(|id| axis.set_of(analysis.peer(id)?)).collect();
        for (group, name) in analysis.groups.iter().enumerate() {
            let members = axis.members.get(group).cloned().unwrap_or_default();
            if members.is_empty() {
                continue;
            }
            let start = axis.entries.len();
            if folding {
                axis.entries.push(Entry::Group(group));
            }
            if !folding || shown.unfolded.contains(name) {
                for peer in &members {
                    let set = axis.set_of(*peer);
                    let peers = set.and_then(|set| axis.alike.get(set)).map_or(&[][..], Vec::as_slice);
                    let more = if peers.first() == Some(peer) { peers.len() - 1 } else { 0 };
                    axis.spared += more;
                    match set.filter(|_| shown.alike) {
                        None => axis.entries.push(Entry::Peer(*peer)),
                        Some(set) => {
                            // All of them where the first is.
                            if more > 0 {
                                axis.entries.push(Entry::Alike(Alike { first: *peer, more, set }));
                                let unfolded = peers.iter().filter(|_| apart.contains(&set));
                                axis.entries.extend(unfolded.map(|peer| Entry::Peer(*peer)));
                            }
                        }
                    }
                }
            }
            axis.bands.push(Band { group, entries: start..axis.entries.len() });
        }
        axis.peer_at = vec![None; analysis.peer_count()];
        axis.group_at = vec![None; analysis.groups.len()];
        for (place, entry) in axis.entries.iter().enumerate() {
            let slot = match entry {
                Entry::Peer(peer) => axis.peer_at.get_mut(*peer),
                Entry::Group(group) => axis.group_at.get_mut(*group),
                Entry::Alike(alike) => axis.alike_at.get_mut(alike.set),
            };
            if let Some(slot) = slot {
                *slot = Some(place);
            }
        }
        axis
    }

    /// Whether whole groups are entries.
    pub fn is_folding(&self) -> bool {
        matches!(self.entries.first(), Some(Entry::Group(_)))
    }

    /// Whether some group is unfolded.
    pub fn is_unfolded(&self) -> bool {
        self.is_folding() && self.entries.len() > self.bands.len()
    }

    /// The place of a peer's own entry.
    pub fn place_of_peer(&self, peer: usize) -> Option<usize> {
        self.peer_at.get(peer).copied().flatten()
    }

    /// The place of a group's entry.
    pub fn place_of_group(&self, group: usize) -> Option<usize> {
        self.group_at.get(group).copied().flatten()
    }

    /// The place of a peer's own entry, or of the one that stands for it and others that are alike.
    pub fn place_among_alike(&self, peer: usize) -> Option<usize> {
        let folded = || self.alike_at.get(self.set_of(peer)?).copied().flatten();
        self.place_of_peer(peer).or_else(folded)
    }

    /// The place of a peer, or of what it is folded into.
    pub fn find(&self, peer: usize, group: usize) -> Option<usize> {
        self.place_among_alike(peer).or_else(|| self.place_of_group(group))
    }

    /// The workloads that stand in an entry.
    pub fn alike(&self, entry: Alike) -> &[usize] {
        self.alike.get(entry.set).map_or(&[], Vec::as_slice)
    }

    fn set_of(&self, peer: usize) -> Option<usize> {
        self.alike_to.get(peer).copied().flatten()
    }

    /// Whether a peer is one of those that are alike.
    pub fn is_one_of(&self, peer: usize, entry: Alike) -> bool {
        self.set_of(peer) == Some(entry.set)
    }

    /// Whether a peer stands by itself though others are alike.
    pub fn is_unfolded_from(&self, peer: usize) -> bool {
        self.set_of(peer).is_some_and(|set| self.alike_at.get(set).copied().flatten().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    fn all() -> Shown {
        Shown { outside: true, hypothetical: true, ..Shown::default() }
    }

    fn rows(analysis: &Analysis, shown: &Shown) -> Axis {
        Axis::both(analysis, shown).0
    }

    #[test]
    fn peers_of_a_namespace_stand_together() {
        let peers =
            vec![fixture::workload("a", "x"), fixture::workload("b", "y"), fixture::workload("a", "z")];
        let analysis = fixture::analysis(peers, |_, _| 0);
        let axis = rows(&analysis, &all());
        assert_eq!(axis.entries, [Entry::Peer(0), Entry::Peer(2), Entry::Peer(1)]);
        assert_eq!(axis.bands, [Band { group: 0, entries: 0..2 }, Band { group: 1, entries: 2..3 }]);
    }

    #[test]
    fn switches_hide() {
        let mut hypothetical = fixture::workload("a", "any other pod");
        hypothetical.peer_type = PeerType::Hypothetical;
        let peers = vec![fixture::workload("a", "x"), hypothetical, fixture::external(&["0.0.0.0/0"])];
        let analysis = fixture::analysis(peers, |_, _| 0);
        assert_eq!(rows(&analysis, &all()).entries.len(), 3);
        assert_eq!(rows(&analysis, &Shown::default()).entries, [Entry::Peer(0)]);
    }

    #[test]
    fn large_clusters_start_folded_and_unfold() {
        let peers =
            (0..300).map(|n| fixture::workload(if n < 290 { "big" } else { "small" }, &format!("w{n}")));
        let analysis = fixture::analysis(peers.collect(), |_, _| 0);
        let mut shown = all();
        let axis = Axis::both(&analysis, &shown).1;
        assert_eq!(axis.entries, [Entry::Group(0), Entry::Group(1)]);
        assert_eq!(axis.find(295, 1), Some(1));
        shown.unfolded.push("small".into());
        let axis = Axis::both(&analysis, &shown).1;
        assert_eq!(axis.entries.len(), 12);
        assert!(axis.is_folding() && axis.is_unfolded());
        assert_eq!(axis.find(295, 1), Some(7));
        shown.filter = Filter::parse("small");
        assert_eq!(Axis::both(&analysis, &shown).1.entries.len(), 10, "few enough to be shown whole");
    }

    #[test]
    fn workloads_that_are_alike_stand_in_one_row() {
        let peers = [("a", "web-1"), ("a", "db"), ("a", "web-2"), ("b", "web-3"), ("a", "web-4")];
        let peers = peers.map(|(namespace, name)| fixture::workload(namespace, name)).to_vec();
        let analysis = fixture::of_classes(peers, vec![0, 1, 0, 0, 0], |_, _| 0);
        let mut shown = Shown { alike: true, ..all() };
        let axis = rows(&analysis, &shown);
        let webs = Alike { first: 0, more: 2, set: 0 };
        assert_eq!(axis.entries, [Entry::Alike(webs), Entry::Peer(1), Entry::Peer(3)], "of one namespace");
        assert_eq!((axis.alike(webs), axis.spared), (&[0, 2, 4][..], 2));
        assert_eq!(axis.entries[0].full(&analysis), "a/web-1 and 2 more");
        assert_eq!(
            [axis.place_of_peer(4), axis.place_among_alike(4), axis.find(3, 1)],
            [None, Some(0), Some(2)]
        );
        shown.apart.push("a/web-4[Deployment]".into());
        let axis = rows(&analysis, &shown);
        let peers = [0, 2, 4, 1, 3].map(Entry::Peer);
        assert_eq!(axis.entries, [&[Entry::Alike(webs)], &peers[..]].concat(), "whichever of them it is");
        assert_eq!(axis.find(4, 0), Some(3));
        assert!(axis.is_unfolded_from(2) && !axis.is_unfolded_from(1));
        shown.filter = Filter::parse("web-1,web-2,db");
        assert_eq!(rows(&analysis, &shown).entries.len(), 2, "web-4, which unfolds them, is not there");
        shown.filter = Filter::parse("web-1");
        assert_eq!(rows(&analysis, &shown).entries, [Entry::Peer(0)], "one is like no other");
        shown.alike = false;
        assert_eq!(rows(&analysis, &Shown { filter: Filter::default(), ..shown }).entries.len(), 5);
    }

    #[test]
    fn only_what_is_not_certain_is_left() {
        let peers = ["x", "y", "z"].map(|name| fixture::workload("a", name)).to_vec();
        let unsure = |source, destination| u8::from((source, destination) == (0, 2));
        let analysis = fixture::uncertain(peers, |_, _| 0, unsure);
        let mut shown = Shown { uncertain: true, ..all() };
        let entries = |shown: &Shown| {
            let (rows, columns) = Axis::both(&analysis, shown);
            (rows.entries, columns.entries)
        };
        assert_eq!(entries(&shown), (vec![Entry::Peer(0)], vec![Entry::Peer(2)]));
        shown.filter = Filter::parse("to:a/y");
        assert_eq!(entries(&shown), (vec![], vec![]));
    }
}
