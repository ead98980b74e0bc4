//! Peers that nothing in the input can tell apart, and what they may do to each other.
//!
//! 1. Peers that the same peer sets hold under every reading, and on which port names stand for the same numbers, form
//!    an *atom*: as the other end of a connection they are all alike.
//! 2. Subjects that the same policies select share a [*row*](crate::rows): by atom, what their end allows.
//! 3. Peers of atoms that every row treats alike, with the same rows of their own and addresses of the same families,
//!    form a *class*. A cell of two classes is the intersection of the source's egress row at the destination's atom
//!    and the destination's ingress row at the source's atom.
//!
//! Nothing here knows of nodes: that a pod and its own node always reach each other is laid over the cells.

use std::hash::Hash;
use std::rc::Rc;

use netpol_manifest::Direction;
use netpol_source::{Budget, Exhausted, HashMap};

use crate::cluster::{Cluster, PolicyId};
use crate::compile::{Compiled, Family, READINGS};
use crate::connection::{ConnectionId, ConnectionTable};
use crate::ends::{End, Ends, KeptRows, Lists, OldAtoms};
use crate::families::{EITHER, Families, V4, V6};
use crate::index::{ByDirection, Interner, refine};
use crate::matrix::{CERTAIN, ClassMatrix, DEPENDS, NONE, NOT_EVALUATED};
use crate::peer::{Peer, PeerId};
use crate::rows::{Atom, List, PortNames, Row, RowKey, RowMaker};
use crate::since::Since;

/// What a cell of the matrix takes, with how certain it is.
const BYTES_A_CELL: usize = 5;

/// All peers by class.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    /// Distinct lists of policies that have a say for a peer; the first is empty.
    lists: Vec<List>,
    /// The number of the first policy that is no NetworkPolicy.
    first_of_cluster: PolicyId,
    /// By direction and peer.
    list_of: ByDirection<Vec<u32>>,
    pub(crate) names: PortNames,
    /// By peer.
    atom_of: Vec<u32>,
    atom_count: usize,
    class_of: Vec<u32>,
    classes: Vec<Class>,
    rows: Vec<Rc<Row>>,
    /// What the rows are made of.
    row_keys: Interner<RowKey>,
    /// How many rows are those of the evaluation before.
    kept_rows: usize,
    /// How many cells are not.
    made_cells: usize,
    ends: Vec<End>,
    /// The sets that occur in the matrix, none and all first.
    distinct: Vec<ConnectionId>,
}

/// Peers that are alike as source and as destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Class {
    /// One of its atoms, which all rows treat alike.
    atom: u32,
    egress: u32,
    ingress: u32,
    families: Families,
}

impl Classes {
    /// Finds the classes of the peers, and what each may do to each: the matrix, without what is laid over it, and how many
    /// peers are not in it for want of budget.
    pub(crate) fn new(
        (cluster, peers): (&Cluster, &[Peer]),
        compiled: &Compiled,
        connections: &mut ConnectionTable,
        budget: &Budget,
        since: Option<&Since<'_>>,
    ) -> (Self, ClassMatrix, usize) {
        let names = PortNames::new(compiled, peers, connections, since);
        let (atom_of, atoms) = atoms(compiled, &names, peers.len());
        let old_atoms = since.map(|since| old_atoms(since, &atom_of, &atoms));
        let old_names = since.map(|since| names.before(since));
        let mut lists = Lists::default();
        let list_of = ByDirection::new(|direction| lists.of_peers(compiled, direction, 0, peers.len()));
        // Under the readings that know other subjects.
        let other_lists: Vec<ByDirection<Option<Vec<u32>>>> = (1..READINGS)
            .map(|reading| {
                let differs = compiled.policies.iter().any(|policy| {
                    let subjects = compiled.peer_sets.get(policy.subjects.0 as usize);
                    subjects.is_some_and(|subjects| subjects.differs_under(reading))
                });
                ByDirection::new(|direction| {
                    differs.then(|| lists.of_peers(compiled, direction, reading, peers.len()))
                })
            })
            .collect();
        let lists = lists.lists;
        let mut maker = RowMaker::new(compiled, connections, (&names, &atoms, &lists), budget);
        let old = old_atoms.as_ref().zip(old_names.as_deref());
        let kept = since.zip(old).map(|(since, old)| {
            let before = &since.before.classes;
            KeptRows::new(since, &before.lists, (&before.row_keys, &before.rows), old)
        });
        let mut ends = Ends::new(compiled, &lists, kept);
        let unread: Vec<bool> = peers
            .iter()
            .map(|peer| {
                let workload = peer.workload().filter(|workload| !workload.host_network);
                let namespace = workload.and_then(|workload| cluster.namespace(workload.namespace));
                namespace.is_some_and(|namespace| cluster.left_out.unread.concerns(&namespace.name))
            })
            .collect();
        let mut of_peer = |at: usize, direction: Direction| {
            if unread.get(at) == Some(&true) {
                return ends.not_evaluated();
            }
            let list = list_of.of(direction).get(at).copied().unwrap_or_default();
            let mut lists = [list; READINGS];
            for (list, others) in lists.iter_mut().skip(1).zip(&other_lists) {
                if let Some(other) = others.of(direction).as_ref().and_then(|others| others.get(at)) {
                    *list = *other;
                }
            }
            let names = names.of_peer.get(at).copied().unwrap_or_default();
            ends.end(&mut maker, direction, lists, names)
        };
        let ends_of: Vec<[u32; 2]> = (0..peers.len())
            .map(|at| [of_peer(at, Direction::Ingress), of_peer(at, Direction::Egress)])
            .collect();
        let Ends { rows, old: old_rows, keys: row_keys, ends, .. } = ends;
        let alike = alike(&rows, atoms.len(), budget).unwrap_or_else(|_| (0..atoms.len() as u32).collect());
        let mut classes: Interner<Class> = Interner::default();
        let mut found = Vec::new();
        let class_of = peers.iter().zip(&atom_of).zip(&ends_of).map(|((peer, atom), [ingress, egress])| {
            let atom = alike.get(*atom as usize).copied().unwrap_or_default();
            let families = Families::of(cluster, peer);
            let class = Class { atom, egress: *egress, ingress: *ingress, families };
            let (number, is_new) = classes.intern(class);
            if is_new {
                found.push(class);
            }
            number
        });
        let class_of = class_of.collect();
        let mut this = Self {
            lists,
            first_of_cluster: PolicyId(cluster.policies.len() as u32),
            list_of,
            atom_count: atoms.len(),
            names,
            atom_of,
            class_of,
            classes: found,
            rows,
            row_keys,
            kept_rows: old_rows.iter().flatten().count(),
            made_cells: 0,
            ends,
            distinct: vec![ConnectionId::NONE, ConnectionId::ALL],
        };
        let (matrix, left_out) = this.fill(connections, budget, since.map(|since| (since, &*old_rows)));
        (this, matrix, left_out)
    }

    /// The policies that have a say for a peer in a direction, in order of their numbers.
    pub(crate) fn deciding(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        let list = self.list_of.of(direction).get(peer.index());
        list.and_then(|list| self.lists.get(*list as usize)).map_or(&[], |list| &list.policies)
    }

    /// The NetworkPolicies among them.
    pub(crate) fn selecting(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        let deciding = self.deciding(direction, peer);
        let isolating = deciding.partition_point(|policy| *policy < self.first_of_cluster);
        deciding.get(..isolating).unwrap_or_default()
    }

    /// By peer.
    pub(crate) fn class_of(&self, peer: PeerId) -> Option<u32> {
        self.class_of.get(peer.index()).copied()
    }

    /// By peer.
    pub(crate) fn atom_of(&self, peer: PeerId) -> Option<u32> {
        self.atom_of.get(peer.index()).copied()
    }

    /// How many atoms there are.
    pub(crate) fn atom_count(&self) -> usize {
        self.atom_count
    }

    /// The sets that occur in the matrix; the first is none, the second all.
    pub(crate) fn distinct(&self) -> &[ConnectionId] {
        &self.distinct
    }

    /// What one end allows, with the blocks of the one family in which the two meet or else of both; `None` where that
    /// was not evaluated.
    pub(crate) fn end(&self, direction: Direction, subject: PeerId, peer: PeerId) -> Option<ConnectionId> {
        let family = match self.only_family(subject, peer) {
            None => EITHER,
            Some(Family::V4) => V4,
            Some(Family::V6) => V6,
        };
        let subject = self.classes.get(self.class_of(subject)? as usize)?;
        self.row(direction, *subject, 0, family)?.allowed(self.atom_of(peer)?)
    }

    /// The family in which all pods of the one meet all pods of the other; `None` where there is none, or several.
    pub(crate) fn only_family(&self, one: PeerId, other: PeerId) -> Option<Family> {
        let families = |peer| Some(self.classes.get(self.class_of(peer)? as usize)?.families);
        families(one)?.only(families(other)?)
    }

    /// What both ends together allow under a reading, for each kind of pods of both, in each family in which they meet:
    /// the two to be intersected, the families to be united, and the kinds to be intersected. `None` where some of it was
    /// not evaluated.
    pub(crate) fn ends(
        &self,
        reading: usize,
        source: PeerId,
        destination: PeerId,
    ) -> Option<Vec<Vec<(ConnectionId, ConnectionId)>>> {
        let from = *self.classes.get(self.class_of(source)? as usize)?;
        let to = *self.classes.get(self.class_of(destination)? as usize)?;
        let in_family = |family: &usize| {
            let egress = self.row(Direction::Egress, from, reading, *family)?.allowed(to.atom)?;
            Some((egress, self.row(Direction::Ingress, to, reading, *family)?.allowed(from.atom)?))
        };
        let meetings = from.families.meetings(to.families).into_iter();
        meetings.map(|families| families.iter().map(in_family).collect()).collect()
    }

    /// What both ends allow over IPv4 and over IPv6, for two that are judged family by family; `None` inside for a family
    /// that they do not have in common, or where that was not evaluated.
    pub(crate) fn families(
        &self,
        source: PeerId,
        destination: PeerId,
    ) -> Option<[Option<(ConnectionId, ConnectionId)>; 2]> {
        let from = *self.classes.get(self.class_of(source)? as usize)?;
        let to = *self.classes.get(self.class_of(destination)? as usize)?;
        let meetings = from.families.meetings(to.families);
        (meetings != [&[EITHER]]).then(|| {
            [V4, V6].map(|family| {
                let family = *meetings.iter().copied().flatten().find(|meeting| **meeting == family)?;
                let egress = self.row(Direction::Egress, from, 0, family)?.allowed(to.atom)?;
                Some((egress, self.row(Direction::Ingress, to, 0, family)?.allowed(from.atom)?))
            })
        })
    }

    fn row(&self, direction: Direction, class: Class, reading: usize, family: usize) -> Option<&Row> {
        let end = match direction {
            Direction::Ingress => class.ingress,
            Direction::Egress => class.egress,
        };
        let row = self.ends.get(end as usize)?.rows.get(reading)?.get(family)?;
        self.rows.get(*row as usize).map(Rc::as_ref)
    }

    /// Whether all rows were evaluated.
    pub(crate) fn is_evaluated(&self) -> bool {
        !self.rows.iter().any(|row| matches!(**row, Row::NotEvaluated))
    }

    /// How many rows there are, how many of them are those of the evaluation before, and how many cells of classes are not.
    pub(crate) fn made(&self) -> (usize, usize, usize) {
        (self.rows.len(), self.kept_rows, self.made_cells)
    }

    /// What the cells of so many classes cost, in work and in bytes.
    pub(crate) fn cost_of_cells(classes: usize) -> (u64, u64) {
        let cells = (classes * classes) as u64;
        (4 * cells, BYTES_A_CELL as u64 * cells)
    }

    /// Fills the matrix of the classes, and numbers the sets that occur in it. Where the budget does not last for all
    /// classes, the last class of the matrix is the one of all others, which are not evaluated.
    fn fill(
        &mut self,
        connections: &mut ConnectionTable,
        budget: &Budget,
        since: Option<(&Since<'_>, &[Option<u32>])>,
    ) -> (ClassMatrix, usize) {
        let (merged, merged_of) = self.merged();
        let all = merged.len();
        let mut evaluated = all;
        while evaluated > 0 && !affords(budget, evaluated + usize::from(evaluated < all)) {
            evaluated -= (evaluated / 16).max(1);
        }
        let matrix_class = |class: &u32| merged_of.get(*class as usize).copied().unwrap_or(u32::MAX);
        let class_of = self.class_of.iter().map(|class| matrix_class(class).min(evaluated as u32));
        let count = evaluated + usize::from(evaluated < all);
        let certain: Vec<bool> = self.ends.iter().map(|end| end.is_certain()).collect();
        let is_certain = |end: u32| certain.get(end as usize).copied().unwrap_or_default();
        let mut number_of: Vec<u32> = vec![0, 1];
        let mut matrix = ClassMatrix { class_of: class_of.collect(), count, ..ClassMatrix::default() };
        matrix.cells.reserve_exact(count * count);
        matrix.uncertain.reserve_exact(count * count);
        let classes: Vec<Option<Class>> =
            merged.into_iter().take(evaluated).map(Some).chain([None]).take(count).collect();
        let mut distinct = std::mem::take(&mut self.distinct);
        let sides: Vec<Side<'_>> = classes.iter().map(|class| self.side(*class)).collect();
        let mut meetings = Meetings::default();
        let families: Vec<u32> = classes.iter().map(|class| meetings.number(*class)).collect();
        let kept = since.map(|(since, old_rows)| KeptCells::new(self, since, old_rows, &matrix));
        let mut made = 0;
        for (at, ((from, from_side), from_families)) in classes.iter().zip(&sides).zip(&families).enumerate()
        {
            let kept = kept.as_ref().and_then(|kept| kept.of(at));
            for (to_at, ((to, to_side), to_families)) in classes.iter().zip(&sides).zip(&families).enumerate()
            {
                if let Some((number, certainty)) = kept.as_ref().and_then(|kept| kept.cell(to_at)) {
                    let set = kept.as_ref().map_or(ConnectionId::NONE, |kept| kept.set(number));
                    matrix.cells.push(numbered(set, &mut number_of, &mut distinct));
                    matrix.uncertain.push(certainty);
                    continue;
                }
                made += 1;
                let ends = from.zip(*to);
                let found = ends.and_then(|(from, to)| {
                    if meetings.is_plain(*from_families, *to_families) {
                        return from_side.meet(from, *to_side, to, connections);
                    }
                    self.meet(from, to, 0, connections)
                });
                let (set, certainty) = match ends.zip(found) {
                    None => (ConnectionId::NONE, NOT_EVALUATED),
                    Some(((from, to), (set, is_ambiguous))) => {
                        let mut varies = || {
                            (!is_certain(from.egress) || !is_certain(to.ingress))
                                && (1..READINGS).any(|reading| {
                                    let other = self.meet(from, to, reading, connections);
                                    other.is_none_or(|(other, _)| other != set)
                                })
                        };
                        (set, if is_ambiguous || varies() { DEPENDS } else { CERTAIN })
                    }
                };
                matrix.cells.push(numbered(set, &mut number_of, &mut distinct));
                matrix.uncertain.push(certainty);
            }
        }
        self.distinct = distinct;
        self.made_cells = made;
        let left_out = matrix.class_of.iter().filter(|class| **class as usize >= evaluated).count();
        (matrix, left_out)
    }

    /// The rows of a class where blocks of both families count for pods.
    fn side(&self, class: Option<Class>) -> Side<'_> {
        let row = |direction| class.and_then(|class| self.row(direction, class, 0, EITHER));
        Side { egress: row(Direction::Egress), ingress: row(Direction::Ingress) }
    }

    /// Classes that policies tell apart and what they come to does not, joined: one of each, and by class the number of its.
    fn merged(&self) -> (Vec<Class>, Vec<u32>) {
        let mut rows: Interner<&Row> = Interner::default();
        let same_row: Vec<u32> = self.rows.iter().map(|row| rows.intern(&**row).0).collect();
        let row = |row: u32| same_row.get(row as usize).copied().unwrap_or(u32::MAX);
        let mut ends: Interner<[[u32; 3]; READINGS]> = Interner::default();
        let same_end: Vec<u32> =
            self.ends.iter().map(|end| ends.intern(end.rows.map(|rows| rows.map(row))).0).collect();
        let end = |end: u32| same_end.get(end as usize).copied().unwrap_or(u32::MAX);
        let mut numbers: Interner<(u32, u32, u32, Families)> = Interner::default();
        let mut merged = Vec::new();
        let of = self.classes.iter().map(|class| {
            let Class { atom, egress, ingress, families } = *class;
            let (number, is_new) = numbers.intern((atom, end(egress), end(ingress), families));
            if is_new {
                merged.push(*class);
            }
            number
        });
        let of = of.collect();
        (merged, of)
    }

    /// What two classes may do under a reading, and whether an ambiguous port name has a part in it; `None` where that
    /// was not evaluated.
    fn meet(
        &self,
        from: Class,
        to: Class,
        reading: usize,
        connections: &mut ConnectionTable,
    ) -> Option<(ConnectionId, bool)> {
        let mut each = ConnectionId::ALL;
        let mut is_ambiguous = false;
        let (mut is_known, mut is_closed) = (true, false);
        for meeting in from.families.meetings(to.families) {
            let mut all = ConnectionId::NONE;
            let mut is_whole = true;
            for family in meeting {
                let egress = self.row(Direction::Egress, from, reading, *family)?;
                let ingress = self.row(Direction::Ingress, to, reading, *family)?;
                let both = match (egress.allowed(to.atom), ingress.allowed(from.atom)) {
                    // What one end closes is closed, whatever the other end would allow.
                    (Some(ConnectionId::NONE), _) | (_, Some(ConnectionId::NONE)) => ConnectionId::NONE,
                    (Some(egress), Some(ingress)) => connections.intersection(egress, ingress),
                    _ => {
                        is_whole = false;
                        continue;
                    }
                };
                is_ambiguous |= egress.is_ambiguous(to.atom) || ingress.is_ambiguous(from.atom);
                all = connections.union(all, both);
            }
            is_known &= is_whole || all == ConnectionId::ALL;
            is_closed |= is_whole && all == ConnectionId::NONE;
            each = connections.intersection(each, all);
        }
        (is_known || is_closed).then_some((each, is_ambiguous))
    }
}

/// The number of a set in the matrix, a new one where it did not occur before.
fn numbered(set: ConnectionId, numbers: &mut Vec<u32>, distinct: &mut Vec<ConnectionId>) -> u32 {
    let at = set.0 as usize;
    if at >= numbers.len() {
        numbers.resize(at + 1, u32::MAX);
    }
    let Some(number) = numbers.get_mut(at) else { return NONE };
    if *number == u32::MAX {
        *number = distinct.len() as u32;
        distinct.push(set);
    }
    *number
}

/// The cells of before that are as they were: those of two classes of which each has a peer that is the same, with rows
/// that are.
struct KeptCells<'b> {
    matrix: &'b ClassMatrix,
    distinct: &'b [ConnectionId],
    /// By class: the one that it was.
    was: Vec<Option<u32>>,
}

/// Those of one class as source.
struct KeptCellsOf<'b> {
    kept: &'b KeptCells<'b>,
    cells: &'b [u32],
    uncertain: &'b [u8],
}

impl<'b> KeptCells<'b> {
    fn new(classes: &Classes, since: &'b Since<'b>, old_rows: &[Option<u32>], matrix: &ClassMatrix) -> Self {
        let before = &since.before.classes;
        let is_kept = |end: u32, old: u32| {
            let Some((end, old)) = classes.ends.get(end as usize).zip(before.ends.get(old as usize)) else {
                return false;
            };
            let rows = end.rows.iter().flatten().zip(old.rows.iter().flatten());
            rows.into_iter().all(|(row, old)| old_rows.get(*row as usize) == Some(&Some(*old)))
        };
        let mut known: HashMap<(u32, u32), bool> = HashMap::default();
        let mut is_kept = |end: u32, old: u32| *known.entry((end, old)).or_insert_with(|| is_kept(end, old));
        let mut was: Vec<Option<Option<u32>>> = vec![None; matrix.count];
        let mut changed = since.changed.iter().copied().peekable();
        for (at, class) in matrix.class_of.iter().enumerate() {
            if changed.next_if_eq(&at).is_some() {
                continue;
            }
            let Some(was @ None) = was.get_mut(*class as usize) else { continue };
            let peer = PeerId(at as u32);
            let class_of = |classes: &Classes| classes.classes.get(classes.class_of(peer)? as usize).copied();
            let kept = class_of(classes).zip(class_of(before)).is_some_and(|(now, old)| {
                now.families == old.families
                    && is_kept(now.ingress, old.ingress)
                    && is_kept(now.egress, old.egress)
            });
            *was = Some(since.before.matrix.class_of.get(at).copied().filter(|_| kept));
        }
        let was = was.into_iter().map(Option::flatten).collect();
        Self { matrix: &since.before.matrix, distinct: before.distinct(), was }
    }

    fn of(&'b self, class: usize) -> Option<KeptCellsOf<'b>> {
        let first = self.was.get(class).copied().flatten()? as usize * self.matrix.count;
        let row = first..first + self.matrix.count;
        let (cells, uncertain) = (self.matrix.cells.get(row.clone())?, self.matrix.uncertain.get(row)?);
        Some(KeptCellsOf { kept: self, cells, uncertain })
    }
}

impl KeptCellsOf<'_> {
    /// The number that the cell had, and how certain it is.
    fn cell(&self, to: usize) -> Option<(u32, u8)> {
        let was = self.kept.was.get(to).copied().flatten()? as usize;
        Some((*self.cells.get(was)?, *self.uncertain.get(was)?))
    }

    fn set(&self, number: u32) -> ConnectionId {
        self.kept.distinct.get(number as usize).copied().unwrap_or(ConnectionId::NONE)
    }
}

/// What the atoms were before.
fn old_atoms(since: &Since<'_>, atom_of: &[u32], atoms: &[Atom]) -> OldAtoms {
    let before = &since.before.classes;
    OldAtoms::new(atoms, before.atom_count, since.numbers_before(atoms.len(), atom_of, &before.atom_of))
}

/// Whether so many classes can be told apart: work and memory for each pair of them.
fn affords(budget: &Budget, classes: usize) -> bool {
    let cells = classes.saturating_mul(classes);
    budget.both(cells.saturating_mul(4), cells.saturating_mul(BYTES_A_CELL)).is_ok()
}

/// The rows of a class, so that they are looked up once.
#[derive(Clone, Copy)]
struct Side<'a> {
    egress: Option<&'a Row>,
    ingress: Option<&'a Row>,
}

impl Side<'_> {
    /// What the two classes may do to each other where families make no difference, as [`Classes::meet`] finds it.
    fn meet(
        self,
        from: Class,
        other: Self,
        to: Class,
        connections: &mut ConnectionTable,
    ) -> Option<(ConnectionId, bool)> {
        let (egress, ingress) = (self.egress?, other.ingress?);
        let both = match (egress.allowed(to.atom), ingress.allowed(from.atom)) {
            (Some(ConnectionId::NONE), _) | (_, Some(ConnectionId::NONE)) => ConnectionId::NONE,
            (Some(egress), Some(ingress)) => connections.intersection(egress, ingress),
            _ => return None,
        };
        Some((both, egress.is_ambiguous(to.atom) || ingress.is_ambiguous(from.atom)))
    }
}

/// Whether families make a difference between two classes, by number of their families.
#[derive(Default)]
struct Meetings {
    numbers: Interner<Option<Families>>,
    found: Vec<Option<Families>>,
    plain: Vec<Vec<bool>>,
}

impl Meetings {
    /// The number of the families of a class.
    fn number(&mut self, class: Option<Class>) -> u32 {
        let families = class.map(|class| class.families);
        let (number, is_new) = self.numbers.intern(families);
        if is_new {
            self.found.push(families);
            let is_plain = |one: Option<Families>, other: Option<Families>| {
                one.zip(other).is_some_and(|(one, other)| one.meetings(other) == [&[EITHER]])
            };
            let row =
                |one: &Option<Families>| self.found.iter().map(|other| is_plain(*one, *other)).collect();
            self.plain = self.found.iter().map(row).collect();
        }
        number
    }

    /// Whether all pods of the two meet in the same way.
    fn is_plain(&self, one: u32, other: u32) -> bool {
        self.plain.get(one as usize).and_then(|row| row.get(other as usize)) == Some(&true)
    }
}

/// Peers that the same sets hold under every reading, and that declare the same names: by peer its atom, and the atoms.
fn atoms(compiled: &Compiled, names: &PortNames, peers: usize) -> (Vec<u32>, Vec<Atom>) {
    let held = refine(peers, compiled.peer_sets.iter().flat_map(|set| set.all()));
    let mut numbers: Interner<(u32, u32)> = Interner::default();
    let mut atoms = Vec::new();
    let atom_of = held.iter().zip(&names.of_peer).enumerate().map(|(at, (held, names))| {
        let (number, is_new) = numbers.intern((*held, *names));
        if is_new {
            atoms.push(Atom { names: *names, peer: at as u32 });
        }
        number
    });
    let atom_of = atom_of.collect();
    (atom_of, atoms)
}

/// By atom, the first of those that every row treats as it.
fn alike(rows: &[Rc<Row>], atoms: usize, budget: &Budget) -> Result<Vec<u32>, Exhausted> {
    let mut group_of = vec![0_u32; atoms];
    let mut count = 1;
    let mut first: Vec<Option<(ConnectionId, bool)>> = Vec::new();
    for row in rows {
        let Row::Known { allowed, ambiguous } = &**row else { continue };
        budget.work(4 * atoms)?;
        let is_ambiguous = |at: usize| ambiguous.as_ref().is_some_and(|ambiguous| ambiguous.contains(at));
        // Soon nearly all rows tell no more atoms apart than those before: that must be quick to see.
        first.clear();
        first.resize(count, None);
        let tells_apart = group_of.iter().zip(allowed).enumerate().any(|(at, (group, allowed))| {
            let found = (*allowed, is_ambiguous(at));
            first.get_mut(*group as usize).is_some_and(|first| *first.get_or_insert(found) != found)
        });
        if !tells_apart {
            continue;
        }
        let mut groups: Interner<(u32, ConnectionId, bool)> = Interner::default();
        for (at, (group, allowed)) in group_of.iter_mut().zip(allowed).enumerate() {
            *group = groups.intern((*group, *allowed, is_ambiguous(at))).0;
        }
        count = groups.len();
    }
    let mut first: HashMap<u32, u32> = HashMap::default();
    Ok(group_of.into_iter().zip(0..).map(|(group, atom)| *first.entry(group).or_insert(atom)).collect())
}
