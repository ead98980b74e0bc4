//! The rows or the columns of the matrix: peers by group, or whole groups that unfold.

use std::ops::Range;

use netpol_view::contract::PeerType;

use super::filter::{Filter, Side};
use super::names::OUTSIDE;
use super::sums;
use crate::state::analysis::Analysis;

/// From this many peers on, namespaces start folded.
pub const FOLDED_BEYOND: usize = 200;

/// One row or column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// All peers of a group.
    Group(usize),
    /// One peer.
    Peer(usize),
}

impl Entry {
    /// Its name in a header, where its group stands beside it.
    pub fn title(self, analysis: &Analysis) -> String {
        match self {
            Self::Peer(peer) => analysis.names.get(peer).map_or_else(String::new, |name| name.short.clone()),
            Self::Group(group) => analysis.groups.get(group).cloned().unwrap_or_default(),
        }
    }

    /// Its name in a sentence.
    pub fn full(self, analysis: &Analysis) -> String {
        match self {
            Self::Peer(peer) => analysis.full_name(peer).to_owned(),
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
        let mut axis = Self { members, kept, ..Self::default() };
        for (group, name) in analysis.groups.iter().enumerate() {
            let Some(members) = axis.members.get(group).filter(|members| !members.is_empty()) else {
                continue;
            };
            let start = axis.entries.len();
            if folding {
                axis.entries.push(Entry::Group(group));
            }
            if !folding || shown.unfolded.contains(name) {
                axis.entries.extend(members.iter().map(|peer| Entry::Peer(*peer)));
            }
            axis.bands.push(Band { group, entries: start..axis.entries.len() });
        }
        axis.peer_at = vec![None; analysis.peer_count()];
        axis.group_at = vec![None; analysis.groups.len()];
        for (place, entry) in axis.entries.iter().enumerate() {
            let slot = match entry {
                Entry::Peer(peer) => axis.peer_at.get_mut(*peer),
                Entry::Group(group) => axis.group_at.get_mut(*group),
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

    /// The place of a peer, or of the group that it is folded into.
    pub fn find(&self, peer: usize, group: usize) -> Option<usize> {
        self.place_of_peer(peer).or_else(|| self.place_of_group(group))
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
