//! Pairs of peers, summed up by what the matrix cannot tell apart: never one by one.

use netpol_view::certainty::{CERTAIN, DEPENDS_ON_PLUGIN, NOT_EVALUATED};
use netpol_view::contract::{ClassMatrix, PeerType};

use super::tally::Tally;
use crate::state::analysis::Analysis;

/// The number of the set that holds everything.
const ALL: u32 = 1;

/// What a peer is where a node and its own pods meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnNode {
    Not,
    Itself,
    Anywhere,
}

/// Peers by kind: those of a kind are of one class and alike to nodes.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    /// By peer.
    of: Vec<u32>,
    /// By kind: its class, and what it is to nodes.
    kinds: Vec<(u32, OnNode)>,
    /// By node: the peers that are all there.
    at_node: Vec<Vec<usize>>,
    /// By peer: the nodes that have some of it. Empty where there are none.
    partly: Vec<Vec<u32>>,
}

/// How many peers of each kind there are; kinds without any are left out.
pub type Histogram = Vec<(u32, usize)>;

impl Kinds {
    /// Sorts the peers of a matrix into kinds.
    pub fn new(matrix: &ClassMatrix) -> Self {
        let mut this = Self::default();
        let mut numbers = vec![[u32::MAX; 3]; matrix.count];
        for (peer, class) in matrix.class_of.iter().enumerate() {
            let on_node = match (matrix.is_node(peer), matrix.may_be_anywhere(peer)) {
                (true, _) => OnNode::Itself,
                (_, true) => OnNode::Anywhere,
                _ => OnNode::Not,
            };
            let slot = numbers.get_mut(*class as usize).and_then(|slots| slots.get_mut(on_node as usize));
            let kind = slot.map_or(0, |slot| {
                if *slot == u32::MAX {
                    *slot = this.kinds.len() as u32;
                    this.kinds.push((*class, on_node));
                }
                *slot
            });
            this.of.push(kind);
            if let Some(node) = matrix.node(peer) {
                let node = node as usize;
                if this.at_node.len() <= node {
                    this.at_node.resize(node + 1, Vec::new());
                }
                if let Some(there) = this.at_node.get_mut(node) {
                    there.push(peer);
                }
            }
        }
        if !matrix.somewhere.is_empty() {
            this.partly.resize(matrix.peers(), Vec::new());
        }
        for (node, peer) in &matrix.somewhere {
            if let Some(nodes) = this.partly.get_mut(*peer as usize) {
                nodes.push(*node);
            }
        }
        this
    }

    /// Counts peers by kind.
    pub fn count(&self, peers: &[usize]) -> Histogram {
        let mut counts = vec![0; self.kinds.len()];
        for kind in peers.iter().filter_map(|peer| self.of.get(*peer)) {
            if let Some(count) = counts.get_mut(*kind as usize) {
                *count += 1;
            }
        }
        (0..).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    /// The kind of a peer.
    pub fn of(&self, peer: usize) -> Option<u32> {
        self.of.get(peer).copied()
    }

    fn at(&self, node: u32) -> &[usize] {
        self.at_node.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// The set of two kinds and how certain it is, as long as none is the other's own node.
    fn cell(&self, matrix: &ClassMatrix, from: u32, to: u32) -> Option<(u32, u8)> {
        let ((from, from_node), (to, to_node)) =
            (*self.kinds.get(from as usize)?, *self.kinds.get(to as usize)?);
        let place = from as usize * matrix.count + to as usize;
        let (set, code) = (*matrix.cells.get(place)?, *matrix.uncertain.get(place)?);
        let may_be_own = matches!(
            (from_node, to_node),
            (OnNode::Itself, OnNode::Anywhere) | (OnNode::Anywhere, OnNode::Itself)
        );
        Some((set, if may_be_own && code == CERTAIN && set != ALL { DEPENDS_ON_PLUGIN } else { code }))
    }
}

/// Rows or columns that are summed up together.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Which peers.
    pub peers: &'a [usize],
    /// The same, counted.
    pub counted: &'a [(u32, usize)],
    /// Whether a peer is one of them.
    pub holds: &'a dyn Fn(usize) -> bool,
}

/// Pairs by their set, and by how certain they are.
struct Sums(Vec<[i64; 3]>);

impl Sums {
    fn add(&mut self, (set, code): (u32, u8), pairs: i64) {
        let set = set as usize;
        if self.0.len() <= set {
            self.0.resize(set + 1, [0; 3]);
        }
        if let Some(sum) = self.0.get_mut(set).and_then(|sums| sums.get_mut(usize::from(code.min(2)))) {
            *sum += pairs;
        }
    }

    fn correct(&mut self, wrong: Option<(u32, u8)>, right: (u32, u8)) {
        if let Some(wrong) = wrong.filter(|wrong| *wrong != right) {
            self.add(wrong, -1);
            self.add(right, 1);
        }
    }
}

/// Sums up all pairs of a row's and a column's peers, but of a peer with itself.
pub fn tally(
    analysis: &Analysis,
    rows: Side<'_>,
    columns: Side<'_>,
    connects: &dyn Fn(u32) -> bool,
) -> Tally {
    let (matrix, kinds) = (&*analysis.summary.matrix, analysis.kinds());
    let mut sums = Sums(Vec::new());
    for (from, sources) in rows.counted {
        for (to, destinations) in columns.counted {
            if let Some(cell) = kinds.cell(matrix, *from, *to) {
                sums.add(cell, (sources * destinations) as i64);
            }
        }
    }
    let simple = |source: usize, destination: usize| {
        kinds.cell(matrix, *kinds.of.get(source)?, *kinds.of.get(destination)?)
    };
    for source in rows.peers.iter().copied() {
        if (columns.holds)(source)
            && let Some(cell) = simple(source, source)
        {
            sums.add(cell, -1);
        }
        if matrix.node_of.is_empty() {
            continue;
        }
        let is_node = matrix.is_node(source);
        let mut others: Vec<usize> = Vec::new();
        if let Some(node) = matrix.node(source) {
            others.extend(kinds.at(node).iter().filter(|other| is_node || matrix.is_node(**other)));
            if is_node {
                let start = matrix.somewhere.partition_point(|(at, _)| *at < node);
                let there = matrix.somewhere.iter().skip(start).take_while(|(at, _)| *at == node);
                others.extend(there.map(|(_, peer)| *peer as usize));
            }
        }
        for node in kinds.partly.get(source).into_iter().flatten() {
            others.extend(kinds.at(*node).iter().filter(|other| matrix.is_node(**other)));
        }
        for other in others {
            if other != source && (columns.holds)(other) {
                let right = (matrix.between(source, other), matrix.certainty(source, other));
                sums.correct(simple(source, other), right);
            }
        }
    }
    let mut tally = Tally::default();
    for (set, counts) in (0..).zip(sums.0) {
        for (code, pairs) in (0..).zip(counts) {
            tally.add(set, connects(set), code, usize::try_from(pairs).unwrap_or_default());
        }
    }
    tally
}

/// How many pairs of these rows and columns are not certain, and how many of these were not evaluated. What is never
/// judged does not count.
pub fn uncertain(analysis: &Analysis, rows: &[usize], columns: &[usize]) -> (usize, usize) {
    if !may_be_uncertain(analysis) {
        return (0, 0);
    }
    let kinds = analysis.kinds();
    let mut is_column = vec![false; analysis.peer_count()];
    for column in columns {
        if let Some(is_column) = is_column.get_mut(*column) {
            *is_column = true;
        }
    }
    let holds = |peer: usize| is_column.get(peer).copied().unwrap_or_default();
    let is_outside = |peer: &usize| analysis.is(*peer, PeerType::External);
    let sum = |rows: &[usize], columns: &[usize], holds: &dyn Fn(usize) -> bool| {
        let (from, to) = (kinds.count(rows), kinds.count(columns));
        let never = |_: usize| false;
        let rows = Side { peers: rows, counted: &from, holds: &never };
        tally(analysis, rows, Side { peers: columns, counted: &to, holds }, &|_| false)
    };
    let all = sum(rows, columns, &holds);
    let outside =
        |peers: &[usize]| -> Vec<usize> { peers.iter().copied().filter(|peer| is_outside(peer)).collect() };
    let both = sum(&outside(rows), &outside(columns), &|peer| holds(peer) && is_outside(&peer));
    let itself = |code| {
        let own = |peer: &&usize| {
            holds(**peer) && !is_outside(peer) && analysis.summary.matrix.certainty(**peer, **peer) == code
        };
        rows.iter().filter(own).count()
    };
    let unknown = all.unknown - both.unknown + itself(NOT_EVALUATED);
    (all.depend - both.depend + itself(DEPENDS_ON_PLUGIN) + unknown, unknown)
}

/// Whether some cell may be uncertain at all.
pub fn may_be_uncertain(analysis: &Analysis) -> bool {
    let matrix = &analysis.summary.matrix;
    matrix.uncertain.iter().any(|code| *code != CERTAIN) || !matrix.node_of.is_empty()
}

/// The workloads that no cell tells apart, by twos and more, of each list by itself and in its order. Where a pod is or may be
/// has a say in its cells: who has a place on some node is like nobody.
pub fn alike(analysis: &Analysis, lists: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let (matrix, kinds) = (&*analysis.summary.matrix, analysis.kinds());
    let is_placed = |peer: usize| {
        matrix.node(peer).is_some() || kinds.partly.get(peer).is_some_and(|nodes| !nodes.is_empty())
    };
    let mut sets: Vec<Vec<usize>> = Vec::new();
    // By kind: the last list that has one, and the set of those.
    let mut last: Vec<Option<(usize, usize)>> = vec![None; kinds.kinds.len()];
    for (list, peers) in lists.iter().enumerate() {
        for peer in peers.iter().copied() {
            if !analysis.is(peer, PeerType::Workload) || is_placed(peer) {
                continue;
            }
            let Some(slot) = kinds.of.get(peer).and_then(|kind| last.get_mut(*kind as usize)) else {
                continue;
            };
            match slot.filter(|(of, _)| *of == list).and_then(|(_, set)| sets.get_mut(set)) {
                Some(set) => set.push(peer),
                None => {
                    *slot = Some((list, sets.len()));
                    sets.push(vec![peer]);
                }
            }
        }
    }
    sets.retain(|set| set.len() > 1);
    sets
}

/// The rows and the columns in which some cell is not certain.
pub fn with_doubts(analysis: &Analysis, rows: &[bool], columns: &[bool]) -> (Vec<bool>, Vec<bool>) {
    let (matrix, kinds) = (&*analysis.summary.matrix, analysis.kinds());
    let doubts = |kept: &[bool], others: &[bool], is_row: bool| -> Vec<bool> {
        let mut by_kind: Vec<Vec<usize>> = vec![Vec::new(); kinds.kinds.len()];
        for (peer, kind) in kinds.of.iter().enumerate().filter(|(peer, _)| others.get(*peer) == Some(&true)) {
            if let Some(of_kind) = by_kind.get_mut(*kind as usize) {
                of_kind.push(peer);
            }
        }
        let is_unsure = |one: usize, other: usize| {
            let (source, destination) = if is_row { (one, other) } else { (other, one) };
            analysis.certainty(source, destination) != super::certainty::Certainty::Certain
        };
        let mut unsure_of: Vec<Option<Vec<u32>>> = vec![None; kinds.kinds.len()];
        let mut marks = vec![false; kept.len()];
        for (peer, mark) in marks.iter_mut().enumerate().filter(|(peer, _)| kept.get(*peer) == Some(&true)) {
            let Some(kind) = kinds.of.get(peer).copied() else { continue };
            let Some(unsure) = unsure_of.get_mut(kind as usize) else { continue };
            let unsure = unsure.get_or_insert_with(|| {
                let others = (0..).zip(&by_kind).filter(|(_, of_kind)| !of_kind.is_empty());
                let cell = |other: u32| {
                    let (from, to) = if is_row { (kind, other) } else { (other, kind) };
                    kinds.cell(matrix, from, to)
                };
                let unsure =
                    others.filter(|(other, _)| cell(*other).is_some_and(|(_, code)| code != CERTAIN));
                unsure.map(|(other, _)| other).collect()
            });
            // A node and what is partly on it are not told by their kinds.
            let is_partly_on = kinds.partly.get(peer).is_some_and(|nodes| !nodes.is_empty());
            let of_kinds = |unsure: &[u32]| {
                let mut candidates = unsure.iter().filter_map(|kind| by_kind.get(*kind as usize)).flatten();
                candidates.any(|other| is_unsure(peer, *other))
            };
            *mark = of_kinds(unsure)
                || (is_partly_on || matrix.is_node(peer))
                    && by_kind.iter().flatten().any(|other| is_unsure(peer, *other));
        }
        marks
    };
    (doubts(rows, columns, true), doubts(columns, rows, false))
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::Summary;

    use super::*;
    use crate::state::fixture;
    use crate::state::matrix::certainty::Certainty;

    /// Peers of some classes, nodes among them and pods on and off them.
    fn analysis() -> Analysis {
        let peers: Vec<_> = (0..9).map(|n| fixture::workload("a", &format!("w{n}"))).collect();
        let peers = peers.into_iter().chain([fixture::external(&["10.0.0.1/32"])]).collect();
        let matrix = ClassMatrix {
            class_of: vec![0, 0, 1, 1, 2, 2, 0, 1, 2, 2],
            count: 3,
            cells: vec![0, 1, 2, 2, 0, 3, 1, 2, 0],
            uncertain: vec![0, 0, 0, 1, 0, 0, 0, 2, 0],
            alone: vec![1, 0, 0, 1, 0, 1, 0, 0, 0, 0],
            node_of: vec![1, 0, 2, 1, 1, 2, 0, 0, 0, 1],
            on_node: vec![0, 2, 0, 0, 1, 1, 0, 2, 0, 1],
            somewhere: vec![(1, 6), (1, 8), (2, 6)],
        };
        Analysis::new(Summary { peers, matrix: matrix.into(), ..fixture::sets() }, None)
    }

    #[test]
    fn sums_are_those_of_the_pairs() {
        let analysis = analysis();
        let kinds = analysis.kinds();
        let connects = |set| set != 0;
        let cases: [(&[usize], &[usize]); 6] = [
            (&[0, 1, 2, 3, 4, 5, 6, 7, 8], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
            (&[9], &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
            (&[4, 5], &[0, 1, 6, 8]),
            (&[6], &[4, 5]),
            (&[0, 2], &[4]),
            (&[1, 7], &[1, 7]),
        ];
        for (rows, columns) in cases {
            let mut wanted = Tally::default();
            let (mut unsure, mut unknown) = (0, 0);
            for source in rows {
                for destination in columns {
                    let certainty = analysis.certainty(*source, *destination);
                    unsure += usize::from(certainty != Certainty::Certain);
                    unknown += usize::from(certainty == Certainty::NotEvaluated);
                    if source != destination {
                        let set = analysis.cell(*source, *destination);
                        wanted.add(
                            set,
                            connects(set),
                            analysis.summary.matrix.certainty(*source, *destination),
                            1,
                        );
                    }
                }
            }
            let (from, to) = (kinds.count(rows), kinds.count(columns));
            let side = |peers, counted, holds| Side { peers, counted, holds };
            let found = tally(
                &analysis,
                side(rows, &from, &|peer| rows.contains(&peer)),
                side(columns, &to, &|peer| columns.contains(&peer)),
                &connects,
            );
            assert_eq!(found, wanted, "{rows:?} {columns:?}");
            assert_eq!(uncertain(&analysis, rows, columns), (unsure, unknown), "{rows:?} {columns:?}");
        }
    }

    #[test]
    fn what_is_alike_has_the_same_cells() {
        let analysis = analysis();
        let all: Vec<usize> = (0..10).collect();
        // All but those on nodes, two of which are partly on some.
        assert_eq!(alike(&analysis, &[all]), Vec::<Vec<usize>>::new());
        assert_eq!(alike(&analysis, &[vec![1, 7], vec![0, 1, 7]]), Vec::<Vec<usize>>::new());
        let peers: Vec<_> = (0..6).map(|n| fixture::workload("a", &format!("w{n}"))).collect();
        let analysis =
            fixture::of_classes(peers, vec![1, 0, 1, 0, 1, 2], |from, to| (from + 2 * to) as u32 % 4);
        let sets = alike(&analysis, &[vec![0, 1, 2, 3, 5], vec![4]]);
        assert_eq!(sets, [[0, 2], [1, 3]]);
        for (one, other) in [(0, 2), (1, 3)] {
            for third in (0..6).filter(|third| ![one, other].contains(third)) {
                assert_eq!(analysis.cell(one, third), analysis.cell(other, third));
                assert_eq!(analysis.cell(third, one), analysis.cell(third, other));
            }
        }
    }

    #[test]
    fn rows_with_doubts_are_those_with_some_cell_that_is_not_certain() {
        let analysis = analysis();
        for hidden in 0..10 {
            let rows: Vec<bool> = (0..10).map(|peer| peer != hidden).collect();
            let columns: Vec<bool> = (0..10).map(|peer| (peer + hidden) % 3 != 0).collect();
            let is_unsure = |source: usize, destination: usize| {
                rows[source]
                    && columns[destination]
                    && analysis.certainty(source, destination) != Certainty::Certain
            };
            let wanted_rows: Vec<bool> =
                (0..10).map(|row| (0..10).any(|column| is_unsure(row, column))).collect();
            let wanted_columns: Vec<bool> =
                (0..10).map(|column| (0..10).any(|row| is_unsure(row, column))).collect();
            assert_eq!(with_doubts(&analysis, &rows, &columns), (wanted_rows, wanted_columns), "{hidden}");
        }
    }
}
