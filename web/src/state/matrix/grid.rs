//! The matrix as it is shown: rows, columns, and what each cell shows and says.

use std::cell::RefCell;
use std::collections::BTreeMap;

use netpol_view::contract::{Peer, PeerType};

use super::axis::{Alike, Axis, Entry, Shown};
use super::certainty::Certainty;
use super::face::{Face, Shape};
use super::geometry::{Longest, Room, Sizes, Track};
use super::names::OUTSIDE;
use super::sums::{self, Histogram, Side};
use super::tally::Tally;
use crate::state::analysis::Analysis;
use crate::state::settings::PortChoice;
use crate::state::shared::Shared;
use crate::state::words::counted;

/// So many characters wide is the mark of a workload on the network of its node.
const HOST: usize = 5;

/// No more sums than these are kept.
const MOST_TALLIES: usize = 100_000;

/// The matrix for one analysis, one port and one choice of what is shown.
#[derive(Debug)]
pub struct Grid {
    /// Whose it is.
    pub analysis: Shared<Analysis>,
    /// Sources.
    pub rows: Axis,
    /// Destinations.
    pub columns: Axis,
    /// Where the rows stand.
    pub row_track: Track,
    /// Where the columns stand.
    pub column_track: Track,
    /// How large everything is.
    pub sizes: Sizes,
    /// How many of its cells are not certain, and how many of these were not evaluated, pair by pair.
    pub uncertain: (usize, usize),
    /// Whether those that are certain stand back.
    pub certain_stand_back: bool,
    port: Option<PortChoice>,
    faces: Vec<Face>,
    /// By group: its rows and its columns, counted by kind.
    counted: [Vec<Histogram>; 2],
    /// What was summed up so far, by row and column.
    tallies: RefCell<BTreeMap<(Entry, Entry), Tally>>,
}

/// What one cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Shape and text.
    pub face: Face,
    /// Whether source and destination are the same workload.
    pub own: bool,
    /// Whether it opens: a pair of peers, or namespaces that unfold.
    pub opens: bool,
    /// Whether it, or some pair behind it, is not certain.
    pub uncertain: bool,
    /// Of a whole group whose pairs differ: how many of a hundred are connected.
    pub share: Option<usize>,
}

/// What a cell stands for.
enum Behind {
    /// A source and a destination.
    Pair(usize, usize),
    /// All pairs of the peers of an entry.
    Sum(Tally),
}

/// What one cell says, in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The source.
    pub source: String,
    /// The destination.
    pub destination: String,
    /// The connections, or the verdict for the port.
    pub verdict: String,
    /// What is to be said of its certainty; mostly nothing.
    pub doubts: String,
    /// The shape, for the mark beside it.
    pub shape: Shape,
}

impl Grid {
    /// Lays out the matrix.
    pub fn new(analysis: Shared<Analysis>, shown: &Shown, port: Option<PortChoice>, room: Room) -> Self {
        let (rows, columns) = Axis::both(&analysis, shown);
        let faces = (analysis.summary.connections.iter())
            .map(|set| port.map_or_else(|| Face::of(set), |port| Face::for_port(set, port)))
            .collect();
        let longest = |axis: &Axis| {
            // A group's name is bold and has a mark before it, a host's has one behind it.
            let length = |entry: &Entry| {
                let is_host = |peer| analysis.summary.peers.get(peer).and_then(|it: &Peer| it.host_network);
                let more = match entry {
                    Entry::Group(_) | Entry::Alike(_) => 3,
                    Entry::Peer(peer) if is_host(*peer) == Some(true) => HOST,
                    Entry::Peer(_) => 0,
                };
                entry.title(&analysis).chars().count() + more
            };
            axis.entries.iter().map(length).max().unwrap_or_default()
        };
        let beside = rows.bands.iter().filter(|_| !rows.is_folding());
        let group =
            beside.filter_map(|band| analysis.groups.get(band.group)).map(|name| name.chars().count());
        let longest = Longest {
            row: longest(&rows),
            column: longest(&columns),
            group: group.max().unwrap_or_default(),
        };
        let sizes = Sizes::new(columns.entries.len(), longest, room);
        let lead = if sizes.row_gap > sizes.gap { sizes.row_gap } else { 0 };
        let row_track = Track::new(&rows, sizes.row, sizes.row_gap, lead, |_| 0);
        // A group that is an entry of its own says its name there.
        let names = Some(&analysis.groups).filter(|_| !columns.is_folding());
        let needs = |group| {
            names.and_then(|names| names.get(group)).map_or(0, |name: &String| sizes.needed_above(name))
        };
        let column_track = Track::new(&columns, sizes.column, sizes.gap, 0, needs);
        let members = |axis: &Axis| -> Vec<usize> { axis.members.iter().flatten().copied().collect() };
        let uncertain = sums::uncertain(&analysis, &members(&rows), &members(&columns));
        let count = |axis: &Axis| -> Vec<Histogram> {
            let folding = axis.members.iter().filter(|_| axis.is_folding());
            folding.map(|members| analysis.kinds().count(members)).collect()
        };
        let counted = [count(&rows), count(&columns)];
        Self {
            analysis,
            rows,
            columns,
            row_track,
            column_track,
            sizes,
            uncertain,
            certain_stand_back: shown.uncertain,
            port,
            faces,
            counted,
            tallies: RefCell::default(),
        }
    }

    /// Whether there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.rows.entries.is_empty() || self.columns.entries.is_empty()
    }

    /// The source and destination of a cell; `None` where a namespace is folded, or out of range.
    pub fn pair(&self, row: usize, column: usize) -> Option<(usize, usize)> {
        match (self.rows.entries.get(row)?, self.columns.entries.get(column)?) {
            (Entry::Peer(source), Entry::Peer(destination)) => Some((*source, *destination)),
            _ => None,
        }
    }

    /// Whether two peers are never judged: both are outside.
    fn is_outside(&self, source: usize, destination: usize) -> bool {
        self.analysis.is(source, PeerType::External) && self.analysis.is(destination, PeerType::External)
    }

    /// What a cell shows.
    pub fn cell(&self, row: usize, column: usize) -> Cell {
        self.cell_of(&self.behind(row, column))
    }

    /// What a cell says.
    pub fn reading(&self, row: usize, column: usize) -> Reading {
        let behind = self.behind(row, column);
        let shape = self.cell_of(&behind).face.shape;
        self.reading_of(row, column, &behind, shape)
    }

    /// What a cell shows, and its accessible name: `default/frontend to default/backend: TCP 80`.
    pub fn labelled(&self, row: usize, column: usize) -> (Cell, String) {
        let behind = self.behind(row, column);
        let cell = self.cell_of(&behind);
        let Reading { source, destination, verdict, doubts, .. } =
            self.reading_of(row, column, &behind, cell.face.shape);
        let comma = if doubts.is_empty() { "" } else { ", " };
        (cell, [&source, " to ", &destination, ": ", &verdict, comma, &doubts].concat())
    }

    #[cfg(test)]
    fn label(&self, row: usize, column: usize) -> String {
        self.labelled(row, column).1
    }

    fn behind(&self, row: usize, column: usize) -> Behind {
        match self.pair(row, column) {
            Some((source, destination)) => Behind::Pair(source, destination),
            None => Behind::Sum(self.tally(row, column)),
        }
    }

    fn cell_of(&self, behind: &Behind) -> Cell {
        let (source, destination) = match *behind {
            Behind::Pair(source, destination) => (source, destination),
            Behind::Sum(tally) => {
                let face = tally.face(&self.faces);
                let opens = face.shape != Shape::Blank;
                let share = (face.shape == Shape::Mixed).then(|| tally.percent());
                return Cell { face, own: false, opens, uncertain: tally.is_uncertain(), share };
            }
        };
        if self.is_outside(source, destination) {
            return Cell { face: Face::blank(), own: false, opens: false, uncertain: false, share: None };
        }
        let own = source == destination;
        if own && self.analysis.is_single(source) {
            return Cell { face: Face::blank(), own, opens: true, uncertain: false, share: None };
        }
        let certainty = self.analysis.certainty(source, destination);
        if certainty == Certainty::NotEvaluated {
            return Cell { face: Face::unknown(), own, opens: true, uncertain: true, share: None };
        }
        let set = self.analysis.cell(source, destination);
        let face = self.faces.get(set as usize).cloned().unwrap_or_else(Face::blank);
        Cell { face, own, opens: true, uncertain: certainty != Certainty::Certain, share: None }
    }

    fn reading_of(&self, row: usize, column: usize, behind: &Behind, shape: Shape) -> Reading {
        let name = |entry: Option<&Entry>| entry.map_or_else(String::new, |entry| entry.full(&self.analysis));
        let source = name(self.rows.entries.get(row));
        let destination = name(self.columns.entries.get(column));
        let (from, to) = match behind {
            Behind::Pair(from, to) => (*from, *to),
            Behind::Sum(tally) => {
                let verdict = self.tally_words(tally);
                return Reading { source, destination, verdict, doubts: tally.doubts(), shape };
            }
        };
        let verdict = if self.is_outside(from, to) {
            "both outside, not judged".to_owned()
        } else {
            let verdict = self.verdict(from, to);
            match (from == to, self.analysis.is_single(from)) {
                (true, true) => "a pod always reaches itself".to_owned(),
                (true, false) => format!("{verdict} between its pods; a pod always reaches itself"),
                (false, _) => verdict,
            }
        };
        let destination = if from == to { "itself".to_owned() } else { destination };
        let doubts = self.analysis.certainty(from, to).words().to_owned();
        Reading { source, destination, verdict, doubts, shape }
    }

    fn verdict(&self, source: usize, destination: usize) -> String {
        if self.analysis.certainty(source, destination) == Certainty::NotEvaluated {
            return "not evaluated".to_owned();
        }
        let Some(set) = self.analysis.connections(source, destination) else { return String::new() };
        self.words_of(set)
    }

    /// The port that it is read for.
    pub fn port(&self) -> Option<PortChoice> {
        self.port
    }

    /// What is said of a cell of these connections.
    pub fn words_of(&self, set: &netpol_view::contract::ConnectionSet) -> String {
        match self.port {
            Some(port) if set.contains(port.protocol, port.port) => format!("{port} allowed"),
            Some(port) => format!("{port} denied"),
            None => set.text.clone(),
        }
    }

    /// All that is shown, folded or not, as a picture of at most so many pixels a side: width, height, and how much is open
    /// at each pixel, from 0 to 255.
    pub fn picture(&self, side: usize) -> (usize, usize, Vec<u8>) {
        let [rows, columns] = [&self.rows, &self.columns].map(Self::peers);
        let (width, height) = (columns.len().min(side), rows.len().min(side));
        let mut levels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                // Some of the cells behind a pixel tell enough of all.
                let (mut open, mut seen) = (0_usize, 0_usize);
                for source in samples(&rows, y, height) {
                    for destination in samples(&columns, x, width) {
                        let set = self.analysis.summary.matrix.of_classes(source, destination) as usize;
                        open += match self.faces.get(set).map(|face| face.shape) {
                            Some(Shape::All) => 255,
                            Some(Shape::Some) => 150,
                            _ => 0,
                        };
                        seen += 1;
                    }
                }
                levels.push(u8::try_from(open / seen.max(1)).unwrap_or(u8::MAX));
            }
        }
        (width, height, levels)
    }

    /// The source and destination at a place of the picture, both from 0 to 1.
    pub fn pictured(&self, x: f64, y: f64) -> Option<(usize, usize)> {
        let at = |axis: &Axis, place: f64| {
            let peers = Self::peers(axis);
            let index = (place * peers.len() as f64) as usize;
            peers.get(index).or(peers.last()).copied()
        };
        Some((at(&self.rows, y)?, at(&self.columns, x)?))
    }

    fn peers(axis: &Axis) -> Vec<usize> {
        axis.members.iter().flatten().copied().collect()
    }

    /// What a cell of several pairs sums up, worked out when it is first asked for.
    fn tally(&self, row: usize, column: usize) -> Tally {
        let (Some(from), Some(to)) = (self.rows.entries.get(row), self.columns.entries.get(column)) else {
            return Tally::default();
        };
        let mut tallies = self.tallies.borrow_mut();
        if tallies.len() > MOST_TALLIES {
            tallies.clear();
        }
        *tallies.entry((*from, *to)).or_insert_with(|| self.sum(*from, *to).unwrap_or_default())
    }

    /// The first source and destination behind a cell of workloads that are alike: whatever is true of it is true of all pairs.
    pub fn first_pair(&self, row: usize, column: usize) -> Option<(usize, usize)> {
        let (from, to) = (*self.rows.entries.get(row)?, *self.columns.entries.get(column)?);
        let one_of = |axis: &Axis, entry: Entry, but: Option<usize>| match entry {
            Entry::Peer(peer) => Some(peer),
            Entry::Alike(alike) => axis.alike(alike).iter().copied().find(|peer| Some(*peer) != but),
            Entry::Group(_) => None,
        };
        let but = |entry| if let Entry::Peer(peer) = entry { Some(peer) } else { None };
        let source = one_of(&self.rows, from, but(to))?;
        Some((source, one_of(&self.columns, to, Some(source))?))
    }

    fn sum(&self, from: Entry, to: Entry) -> Option<Tally> {
        let group = |entry: Entry| match entry {
            Entry::Group(group) => Some(group),
            Entry::Peer(peer) | Entry::Alike(Alike { first: peer, .. }) => {
                self.analysis.names.get(peer).map(|name| name.group)
            }
        };
        let is_outside = |entry| {
            let name = group(entry).and_then(|group| self.analysis.groups.get(group));
            name.is_some_and(|name| name == OUTSIDE)
        };
        if is_outside(from) && is_outside(to) {
            return None;
        }
        let [row_groups, column_groups] = &self.counted;
        let (one_row, one_column) = (self.one(from), self.one(to));
        let (row_peers, row_counted) = members(&self.rows, row_groups, from, &one_row);
        let (column_peers, column_counted) = members(&self.columns, column_groups, to, &one_column);
        let holds = |axis: &Axis, entry: Entry, peer: usize| match entry {
            Entry::Peer(only) => peer == only,
            Entry::Alike(alike) => axis.is_one_of(peer, alike),
            Entry::Group(group) => {
                axis.kept.get(peer) == Some(&true)
                    && self.analysis.names.get(peer).is_some_and(|name| name.group == group)
            }
        };
        let (in_row, in_column) =
            (|peer| holds(&self.rows, from, peer), |peer| holds(&self.columns, to, peer));
        let connects = |set: u32| self.faces.get(set as usize).is_some_and(|face| face.shape != Shape::None);
        Some(sums::tally(
            &self.analysis,
            Side { peers: row_peers, counted: row_counted, holds: &in_row },
            Side { peers: column_peers, counted: column_counted, holds: &in_column },
            &connects,
        ))
    }

    /// Peers of one kind, counted: one by itself, or those that are alike.
    fn one(&self, entry: Entry) -> (Vec<usize>, Histogram) {
        let (peers, first, count) = match entry {
            Entry::Peer(peer) => (vec![peer], peer, 1),
            Entry::Alike(alike) => (Vec::new(), alike.first, alike.more + 1),
            Entry::Group(_) => return Default::default(),
        };
        (peers, self.analysis.kinds().of(first).map(|kind| (kind, count)).into_iter().collect())
    }

    fn tally_words(&self, tally: &Tally) -> String {
        if tally.pairs == 0 {
            return if tally.unknown > 0 { "not evaluated" } else { "no pair to judge" }.to_owned();
        }
        let pairs = counted(tally.pairs, "pair", "pairs");
        let port = self.port.map_or_else(String::new, |port| format!(" on {port}"));
        let common = tally.common().and_then(|set| self.analysis.summary.connections.get(set as usize));
        match common {
            Some(set) if self.port.is_none() => format!("{} for all of {pairs}", set.text),
            _ if tally.connected == 0 => format!("none of {pairs} connected{port}"),
            _ if tally.connected == tally.pairs => format!("all of {pairs} connected{port}"),
            _ => format!("{} of {pairs} connected{port}", tally.share()),
        }
    }
}

/// A few of the peers behind a pixel.
fn samples(peers: &[usize], pixel: usize, pixels: usize) -> impl Iterator<Item = usize> {
    let (start, end) = (pixel * peers.len() / pixels, (pixel + 1) * peers.len() / pixels);
    let step = (end - start).div_ceil(4).max(1);
    peers.get(start..end).unwrap_or_default().iter().step_by(step).copied()
}

/// The peers of an entry, and the same counted by kind.
fn members<'a>(
    axis: &'a Axis,
    groups: &'a [Histogram],
    entry: Entry,
    one: &'a (Vec<usize>, Histogram),
) -> (&'a [usize], &'a [(u32, usize)]) {
    match entry {
        Entry::Peer(_) => (&one.0, &one.1),
        Entry::Alike(alike) => (axis.alike(alike), &one.1),
        Entry::Group(group) => {
            (axis.members.get(group).map_or(&[], Vec::as_slice), groups.get(group).map_or(&[], Vec::as_slice))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;
    use crate::state::matrix::header::HeaderKind;
    use netpol_view::certainty::{CERTAIN, DEPENDS_ON_PLUGIN, NOT_EVALUATED};
    use netpol_view::contract::Protocol;

    fn shown() -> Shown {
        Shown { outside: true, hypothetical: true, ..Shown::default() }
    }

    fn grid(peers: Vec<Peer>, port: Option<PortChoice>, cell: impl Fn(usize, usize) -> u32) -> Grid {
        Grid::new(Shared::new(fixture::analysis(peers, cell)), &shown(), port, Room::default())
    }

    fn three() -> Vec<Peer> {
        let mut single = fixture::workload("default", "backend");
        single.replicas = Some(1);
        vec![
            fixture::workload("default", "frontend"),
            single,
            fixture::external(&["0.0.0.0/0"]),
            fixture::external(&["::/0"]),
        ]
    }

    #[test]
    fn a_cell_says_who_reaches_whom_and_how() {
        let grid =
            grid(three(), None, |source, destination| if source == 0 && destination == 1 { 2 } else { 0 });
        assert_eq!(grid.label(0, 1), "default/frontend to default/backend: TCP 80");
        assert_eq!(grid.label(1, 0), "default/backend to default/frontend: none");
        assert_eq!(grid.cell(0, 1).face.text, "80");
        assert_eq!(grid.label(2, 0), "0.0.0.0/0 to default/frontend: none");
    }

    #[test]
    fn a_workload_and_itself() {
        let grid = grid(three(), None, |_, _| 2);
        assert_eq!(
            grid.label(0, 0),
            "default/frontend to itself: TCP 80 between its pods; a pod always reaches itself"
        );
        assert!(grid.cell(0, 0).own && grid.cell(0, 0).face.shape == Shape::Some);
        assert_eq!(grid.label(1, 1), "default/backend to itself: a pod always reaches itself");
        assert_eq!(grid.cell(1, 1).face.shape, Shape::Blank);
    }

    #[test]
    fn two_addresses_outside_are_not_judged() {
        let grid = grid(three(), None, |_, _| 1);
        for (row, column) in [(2, 2), (2, 3)] {
            let blank = Cell { face: Face::blank(), own: false, opens: false, uncertain: false, share: None };
            assert_eq!(grid.cell(row, column), blank);
        }
    }

    #[test]
    fn one_port_turns_cells_to_yes_and_no() {
        let port = PortChoice { protocol: Protocol::Tcp, port: 443 };
        let grid = grid(three(), Some(port), |source, _| if source == 0 { 3 } else { 2 });
        assert_eq!(grid.label(0, 1), "default/frontend to default/backend: TCP 443 allowed");
        assert_eq!(grid.label(1, 0), "default/backend to default/frontend: TCP 443 denied");
        assert_eq!(grid.cell(0, 1).face.suffix, "yes");
    }

    #[test]
    fn folded_namespaces_sum_up_their_pairs() {
        let peers =
            (0..240).map(|n| fixture::workload(if n < 120 { "a" } else { "b" }, &format!("w{n}"))).collect();
        // Every pod of `a` reaches every pod of `b` on 80; half of `b` reaches everyone.
        let grid = grid(peers, None, |source, destination| match (source < 120, destination < 120) {
            (true, false) => 2,
            (false, _) if source < 180 => 1,
            _ => 0,
        });
        assert_eq!(grid.rows.entries.len(), 2);
        assert_eq!(grid.cell(0, 1).face, Face { text: "80".into(), ..Face::plain(Shape::Some) });
        assert_eq!(grid.label(0, 1), "namespace a to namespace b: TCP 80 for all of 14,400 pairs");
        assert_eq!(grid.cell(1, 0).face, Face { text: "50%".into(), ..Face::plain(Shape::Mixed) });
        assert_eq!(grid.label(1, 0), "namespace b to namespace a: 50% of 14,400 pairs connected");
        assert_eq!([grid.cell(0, 1).share, grid.cell(1, 0).share], [None, Some(50)]);
        assert_eq!(
            grid.label(0, 0),
            "namespace a to namespace a: none for all of 14,280 pairs",
            "no pod with itself"
        );
        let header = grid.row_header(0);
        assert_eq!(
            header.map(|header| (header.kind, header.hypothetical)),
            Some((HeaderKind::Folded, false))
        );
    }

    #[test]
    fn workloads_that_are_alike_are_one() {
        let names = ["web-1", "db", "web-2", "web-3"];
        let peers = names.map(|name| fixture::workload("a", name)).to_vec();
        let analysis = fixture::of_classes(peers, vec![0, 1, 0, 0], |from, to| match (from, to) {
            (0, 1) => 2,
            (0, 0) => 1,
            _ => 0,
        });
        let shown = Shown { alike: true, ..shown() };
        let grid = Grid::new(Shared::new(analysis), &shown, None, Room::default());
        assert_eq!(grid.label(0, 1), "a/web-1 and 2 more to a/db: TCP 80 for all of 3 pairs");
        assert_eq!(grid.cell(0, 1).face.text, "80");
        assert_eq!(grid.label(0, 0), "a/web-1 and 2 more to a/web-1 and 2 more: all for all of 6 pairs");
        assert_eq!(grid.label(1, 1), "a/db to itself: none between its pods; a pod always reaches itself");
        assert_eq!([grid.first_pair(0, 1), grid.first_pair(1, 0)], [Some((0, 1)), Some((1, 0))]);
        assert_eq!(grid.first_pair(0, 0), Some((0, 2)), "two of them");
        let header = grid.row_header(0).unwrap();
        assert_eq!((header.start.as_str(), header.end.as_str()), ("web-1", " and 2 more"));
        assert_eq!(grid.column_header(0).unwrap().end, " +2");
        assert_eq!(header.kind, HeaderKind::Folded);
        let apart = Shown { apart: vec!["a/web-1[Deployment]".into()], ..shown };
        let grid = Grid::new(grid.analysis.clone(), &apart, None, Room::default());
        assert_eq!(grid.row_header(0).unwrap().kind, HeaderKind::Unfolded);
        let within: Vec<bool> = (0..5).map(|row| grid.row_header(row).unwrap().within).collect();
        assert_eq!(within, [false, true, true, true, false]);
        assert_eq!(grid.label(0, 2), "a/web-1 and 2 more to a/web-2: all for all of 2 pairs");
        assert_eq!(grid.first_pair(0, 1), Some((2, 0)), "of two, where one of them is by itself");
    }

    #[test]
    fn the_picture_shows_what_is_open() {
        let peers =
            (0..400).map(|n| fixture::workload(if n < 200 { "a" } else { "b" }, &format!("w{n}"))).collect();
        let grid = grid(peers, None, |source, destination| match (source < 200, destination < 200) {
            (true, false) => 1,
            (false, true) => 2,
            _ => 0,
        });
        assert_eq!(
            grid.picture(4),
            (
                4,
                4,
                [[0, 0, 255, 255]; 2].concat().into_iter().chain([[150, 150, 0, 0]; 2].concat()).collect()
            )
        );
        assert_eq!(grid.pictured(0.5, 0.25), Some((100, 200)));
        assert_eq!(grid.pictured(1.0, 1.0), Some((399, 399)));
    }

    /// The first peer depends on the plugin with everyone, the second is not evaluated with the third.
    fn unsure(source: usize, destination: usize) -> u8 {
        match (source, destination) {
            (0, _) | (_, 0) => DEPENDS_ON_PLUGIN,
            (1, 2) => NOT_EVALUATED,
            _ => CERTAIN,
        }
    }

    #[test]
    fn what_is_not_certain_says_so_everywhere() {
        let grid = |port| {
            let analysis = Shared::new(fixture::uncertain(three(), |_, _| 0, unsure));
            Grid::new(analysis, &shown(), port, Room::default())
        };
        let any = grid(None);
        assert_eq!(
            any.label(0, 1),
            "default/frontend to default/backend: none, ≈ depends on more than the input says"
        );
        assert!(any.cell(0, 1).uncertain && any.cell(0, 1).face.shape == Shape::None);
        assert_eq!(
            any.label(1, 2),
            "default/backend to 0.0.0.0/0: not evaluated, ≈ may be open or closed",
            "never none"
        );
        assert_eq!(any.cell(1, 2).face, Face::unknown());
        assert_eq!(any.label(1, 3), "default/backend to ::/0: none");
        assert!(!any.cell(1, 3).uncertain);
        // Row and column of the first, and one more.
        assert_eq!(any.uncertain, (8, 1));
        let port = PortChoice { protocol: Protocol::Tcp, port: 80 };
        let one = grid(Some(port));
        assert_eq!(one.reading(0, 1).verdict, "TCP 80 denied");
        assert_eq!(one.reading(0, 1).doubts, "≈ depends on more than the input says");
        assert_eq!(one.reading(1, 2).verdict, "not evaluated");
        assert_eq!(one.cell(1, 2).face, Face::unknown());
    }

    #[test]
    fn a_folded_namespace_is_not_certain_where_one_of_its_pairs_is_not() {
        let peers = (0..240).map(|n| fixture::workload(if n < 120 { "a" } else { "b" }, &format!("w{n}")));
        let code = |source, destination| match (source, destination) {
            (3, 130) => DEPENDS_ON_PLUGIN,
            (4, 131) => NOT_EVALUATED,
            _ => CERTAIN,
        };
        let analysis = Shared::new(fixture::uncertain(peers.collect(), |_, _| 0, code));
        let grid = Grid::new(analysis, &shown(), None, Room::default());
        assert!(grid.cell(0, 1).uncertain && !grid.cell(1, 0).uncertain);
        assert_eq!(
            grid.label(0, 1),
            "namespace a to namespace b: none for all of 14,399 pairs, ≈ 1 depends on more than the input says, 1 was \
             not evaluated"
        );
        assert_eq!(grid.uncertain, (2, 1));
    }
}
