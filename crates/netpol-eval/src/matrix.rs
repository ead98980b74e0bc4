//! The matrix by classes: what is handed on in the place of a cell for each pair.

use std::ops::Range;

/// The number of the set that holds nothing.
pub const NONE: u32 = 0;
/// The number of the set that holds everything.
pub const ALL: u32 = 1;

/// The verdict is certain.
pub const CERTAIN: u8 = 0;
/// It depends on the network plugin, or on something that the input does not tell.
pub const DEPENDS: u8 = 1;
/// It was not evaluated.
pub const NOT_EVALUATED: u8 = 2;

/// What a peer is to the traffic between nodes and their own pods, which policies do not govern.
pub mod on_node {
    /// Nothing: it is on one node that is told, or on none.
    pub const NOT: u8 = 0;
    /// Its traffic is that of its node: an address of the node, or pods on the host network.
    pub const ITSELF: u8 = 1;
    /// Some of its pods may be on any node: the input does not tell.
    pub const ANYWHERE: u8 = 2;
}

/// The whole matrix: a class for each peer, a cell for each pair of classes, and what is laid over that.
///
/// A cell is that of the two classes, but *all* between a peer that is alone and itself, and between a node and what is on
/// it. Cells are indices into the distinct sets: [`NONE`], [`ALL`], and others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassMatrix {
    /// By peer: its class, below `count`.
    pub class_of: Vec<u32>,
    /// How many classes there are.
    pub count: usize,
    /// By class and class, row-major.
    pub cells: Vec<u32>,
    /// The same for how certain they are: [`CERTAIN`], [`DEPENDS`] or [`NOT_EVALUATED`].
    pub uncertain: Vec<u8>,
    /// By peer: 1 where it is one pod, which always reaches itself.
    pub alone: Vec<u8>,
    /// By peer: the node on which all of it is, counted from 1; 0 where there is none, or it is not told. Empty where no
    /// peer is a node.
    pub node_of: Vec<u32>,
    /// By peer: one of [`on_node`]. Empty where no peer is a node.
    pub on_node: Vec<u8>,
    /// Nodes, and the peers that have some of their pods there: pairs, sorted.
    pub somewhere: Vec<(u32, u32)>,
}

/// What one source may open.
#[derive(Clone, Copy, Debug)]
pub struct Row<'m> {
    matrix: &'m ClassMatrix,
    source: usize,
    /// By class of the destination.
    cells: &'m [u32],
}

impl Row<'_> {
    /// The cell at a destination that is not the same pod.
    pub fn between(self, destination: usize) -> u32 {
        if !self.matrix.on_node.is_empty() && self.matrix.is_own_node(self.source, destination) {
            return ALL;
        }
        let class = self.matrix.class_of.get(destination).copied();
        class.and_then(|class| self.cells.get(class as usize)).copied().unwrap_or(NONE)
    }
}

impl ClassMatrix {
    /// How many rows and columns the whole has.
    pub fn peers(&self) -> usize {
        self.class_of.len()
    }

    /// The number of a cell's set. Nothing for a peer that is not there.
    pub fn cell(&self, source: usize, destination: usize) -> u32 {
        if self.is_itself(source, destination) { ALL } else { self.between(source, destination) }
    }

    /// The cell of two peers that are not the same pod.
    pub fn between(&self, source: usize, destination: usize) -> u32 {
        if self.is_own_node(source, destination) {
            return ALL;
        }
        self.of_classes(source, destination)
    }

    /// The cells of one source.
    pub fn row(&self, source: usize) -> Row<'_> {
        let first = self.class_of.get(source).map(|class| *class as usize * self.count);
        let cells = first.and_then(|first| self.cells.get(first..first + self.count)).unwrap_or_default();
        Row { matrix: self, source, cells }
    }

    /// The cell of the classes of two peers, without what is laid over it.
    pub fn of_classes(&self, source: usize, destination: usize) -> u32 {
        self.place(source, destination).and_then(|place| self.cells.get(place)).copied().unwrap_or(NONE)
    }

    /// How certain the cell of the classes of two peers is, without what is laid over it.
    pub fn certainty_of_classes(&self, source: usize, destination: usize) -> u8 {
        let found = self.place(source, destination).and_then(|place| self.uncertain.get(place));
        found.copied().unwrap_or(NOT_EVALUATED)
    }

    /// How certain a cell is.
    pub fn certainty(&self, source: usize, destination: usize) -> u8 {
        if self.is_open_anyway(source, destination) {
            return CERTAIN;
        }
        match self.certainty_of_classes(source, destination) {
            CERTAIN if self.may_open_more(source, destination) => DEPENDS,
            certainty => certainty,
        }
    }

    /// Whether the two are a pod and itself, or a pod and its own node.
    pub fn is_open_anyway(&self, source: usize, destination: usize) -> bool {
        self.is_itself(source, destination) || self.is_own_node(source, destination)
    }

    /// Whether all traffic between the two is traffic between a pod and its own node.
    pub fn is_own_node(&self, one: usize, other: usize) -> bool {
        (self.is_node(one) || self.is_node(other))
            && self.node(one).is_some()
            && self.node(one) == self.node(other)
    }

    /// Whether more would be allowed if the one were on the other, which is a node, and it may be.
    pub fn may_open_more(&self, one: usize, other: usize) -> bool {
        self.may_be_own_node(one, other) && self.between(one, other) != ALL
    }

    /// Whether some traffic between the two may be between a pod and its own node, and it is not certain that all is.
    fn may_be_own_node(&self, one: usize, other: usize) -> bool {
        let may_be = |pod: usize, node: usize| {
            let host = self.node(node).filter(|_| self.is_node(node));
            host.is_some_and(|host| self.may_be_anywhere(pod) || self.is_partly_on(host, pod))
        };
        (may_be(one, other) || may_be(other, one)) && !self.is_own_node(one, other)
    }

    /// Whether the traffic of a peer is that of a node.
    pub fn is_node(&self, peer: usize) -> bool {
        self.on_node.get(peer) == Some(&on_node::ITSELF)
    }

    /// Whether some pods of a peer may be on any node.
    pub fn may_be_anywhere(&self, peer: usize) -> bool {
        self.on_node.get(peer) == Some(&on_node::ANYWHERE)
    }

    /// The node on which all of a peer is, counted from 1.
    pub fn node(&self, peer: usize) -> Option<u32> {
        self.node_of.get(peer).copied().filter(|node| *node != 0)
    }

    /// Whether a node has some pods of a peer.
    pub fn is_partly_on(&self, node: u32, peer: usize) -> bool {
        self.somewhere.binary_search(&(node, peer as u32)).is_ok()
    }

    /// Whether a peer is one pod that meets itself.
    pub fn is_itself(&self, source: usize, destination: usize) -> bool {
        source == destination && self.alone.get(source) == Some(&1)
    }

    /// A window of the cells, row-major. Ranges beyond the matrix are cut.
    pub fn cells(&self, rows: Range<usize>, columns: Range<usize>) -> Vec<u32> {
        self.window(rows, columns, Self::cell)
    }

    /// The same window: how certain each cell is.
    pub fn certainties(&self, rows: Range<usize>, columns: Range<usize>) -> Vec<u8> {
        self.window(rows, columns, Self::certainty)
    }

    fn window<T>(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        cell: impl Fn(&Self, usize, usize) -> T,
    ) -> Vec<T> {
        let cut = |range: Range<usize>| range.start.min(self.peers())..range.end.min(self.peers());
        let (rows, columns) = (cut(rows), cut(columns));
        let mut cells = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            cells.extend(columns.clone().map(|column| cell(self, row, column)));
        }
        cells
    }

    fn place(&self, source: usize, destination: usize) -> Option<usize> {
        let class = |peer: usize| self.class_of.get(peer).map(|class| *class as usize);
        let (source, destination) = (class(source)?, class(destination)?);
        (source < self.count && destination < self.count).then_some(source * self.count + destination)
    }
}
