//! The matrix of the classes: a cell for each pair, of which those stay that an edit does not touch.

use std::ops::Range;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_manifest::Direction;
use netpol_source::{Budget, HashMap};

use super::{BYTES_A_CELL, Before, Class, Classes};
use crate::compile::READINGS;
use crate::connection::{ConnectionId, ConnectionTable};
use crate::families::{EITHER, Families};
use crate::index::Interner;
use crate::matrix::{CERTAIN, ClassMatrix, DEPENDS, NONE, NOT_EVALUATED};
use crate::peer::PeerId;
use crate::rows::Row;

impl Classes {
    /// Fills the matrix of the classes, and numbers the sets that occur in it. Where the budget does not last for all
    /// classes, the last class of the matrix is the one of all others, which are not evaluated.
    pub(super) fn fill(
        &mut self,
        connections: &mut ConnectionTable,
        budget: &Budget,
        before: Option<(Before<'_>, &[Option<u32>])>,
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
        let mut numbers = Numbers { of: vec![0, 1], distinct: std::mem::take(&mut self.distinct) };
        let mut matrix = ClassMatrix { class_of: class_of.collect(), count, ..ClassMatrix::default() };
        matrix.cells.reserve_exact(count * count);
        matrix.uncertain.reserve_exact(count * count);
        let classes: Vec<Option<Class>> =
            merged.into_iter().take(evaluated).map(Some).chain([None]).take(count).collect();
        let sides: Vec<Side<'_>> = classes.iter().map(|class| self.side(*class)).collect();
        let mut meetings = Meetings::default();
        let families: Vec<u32> = classes.iter().map(|class| meetings.number(*class)).collect();
        let plain = classes.iter().zip(&sides).zip(&families).map(|((class, side), families)| Plain {
            atom: class.map_or(0, |class| class.atom as usize),
            families: *families as usize,
            egress: class.and_then(|class| Line::of(side.egress, is_certain(class.egress))),
            ingress: class.and_then(|class| Line::of(side.ingress, is_certain(class.ingress))),
        });
        let plain: Vec<Plain<'_>> = plain.collect();
        let mut recent = Recent::default();
        let kept = before.map(|(before, old_rows)| KeptCells::new(self, before, old_rows, &matrix));
        let mut numbers_of_old =
            kept.as_ref().map_or_else(Vec::new, |kept| vec![u32::MAX; kept.distinct.len()]);
        let mut as_before = 0;
        let mut made = 0;
        for (at, ((from, from_side), from_families)) in classes.iter().zip(&sides).zip(&families).enumerate()
        {
            let egress = plain.get(at).and_then(|from| Some((from.atom, from.egress?)));
            let meets_plainly = meetings.of(*from_families);
            let make_one = |matrix: &mut ClassMatrix,
                            numbers: &mut Numbers,
                            connections: &mut ConnectionTable,
                            to_at: usize| {
                let (Some(to), Some(to_side), Some(to_families)) =
                    (classes.get(to_at), sides.get(to_at), families.get(to_at))
                else {
                    return;
                };
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
                matrix.cells.push(numbers.of(set));
                matrix.uncertain.push(certainty);
            };
            let mut make = |matrix: &mut ClassMatrix, numbers: &mut Numbers, mut to: Range<usize>| {
                made += to.len();
                while let Some(rest @ [_, ..]) = plain.get(to.clone()) {
                    let is_plain = |to: &&Plain<'_>| {
                        to.ingress.is_some() && meets_plainly.get(to.families) == Some(&true)
                    };
                    let Some(((atom, egress), count @ 1..)) =
                        egress.map(|from| (from, rest.iter().take_while(is_plain).count()))
                    else {
                        make_one(matrix, numbers, connections, to.start);
                        to.start += 1;
                        continue;
                    };
                    matrix.cells.extend(rest.iter().take(count).map(|to| {
                        let ingress = to.ingress.map_or(ConnectionId::NONE, |ingress| ingress.at(atom));
                        numbers.of(recent.intersection(egress.at(to.atom), ingress, connections))
                    }));
                    matrix.uncertain.extend(std::iter::repeat_n(CERTAIN, count));
                    to.start += count;
                }
            };
            let Some((kept, cells, uncertain)) = kept.as_ref().and_then(|kept| kept.row(at)) else {
                make(&mut matrix, &mut numbers, 0..count);
                continue;
            };
            for run in &kept.runs {
                let old =
                    run.was.clone().and_then(|was| Some((cells.get(was.clone())?, uncertain.get(was)?)));
                let Some((cells, uncertain)) = old else {
                    make(&mut matrix, &mut numbers, run.now.clone());
                    continue;
                };
                matrix.uncertain.extend_from_slice(uncertain);
                // As long as sets occur in the order of before, they have the numbers of before.
                while numbers_of_old.get(as_before as usize) == Some(&as_before) {
                    as_before += 1;
                }
                if cells.iter().fold(0, |most, old| most.max(*old)) < as_before {
                    matrix.cells.extend_from_slice(cells);
                    continue;
                }
                matrix.cells.extend(cells.iter().map(|old| {
                    let Some(number) = numbers_of_old.get_mut(*old as usize) else { return NONE };
                    if *number == u32::MAX {
                        let set = kept.distinct.get(*old as usize).copied().unwrap_or(ConnectionId::NONE);
                        *number = numbers.of(set);
                    }
                    *number
                }));
            }
        }
        self.distinct = numbers.distinct;
        self.made_cells = made;
        let left_out = matrix.class_of.iter().filter(|class| **class as usize >= evaluated).count();
        (matrix, left_out)
    }

    /// Tells of a peer whether what its ends allow is what they allowed before, at whatever peer that is the same.
    fn kept_ends<'s>(
        &'s self,
        before: &'s Self,
        old_rows: &'s [Option<u32>],
    ) -> impl FnMut(PeerId) -> bool + use<'s> {
        let is_kept = move |end: u32, old: u32| {
            let Some((end, old)) = self.ends.get(end as usize).zip(before.ends.get(old as usize)) else {
                return false;
            };
            let rows = end.rows.iter().flatten().zip(old.rows.iter().flatten());
            rows.into_iter().all(|(row, old)| old_rows.get(*row as usize) == Some(&Some(*old)))
        };
        let mut known: HashMap<(u32, u32), bool> = HashMap::default();
        let mut is_kept =
            move |end: u32, old: u32| *known.entry((end, old)).or_insert_with(|| is_kept(end, old));
        move |peer| {
            let class_of = |classes: &Classes| classes.classes.get(classes.class_of(peer)? as usize).copied();
            class_of(self).zip(class_of(before)).is_some_and(|(now, old)| {
                now.families == old.families
                    && is_kept(now.ingress, old.ingress)
                    && is_kept(now.egress, old.egress)
            })
        }
    }

    /// The peers with which cells are others than before, as far as that is known without looking at the cells.
    pub(super) fn other_ends(&self, from: Before<'_>, old_rows: &[Option<u32>]) -> FixedBitSet {
        let mut is_kept = self.kept_ends(from.classes, old_rows);
        let mut others = FixedBitSet::with_capacity(self.class_of.len());
        let peers = (0..self.class_of.len()).filter(|at| !is_kept(PeerId(*at as u32)));
        others.extend(peers);
        others.extend(from.since.changed.iter().copied());
        others
    }

    /// The rows of a class where blocks of both families count for pods.
    fn side(&self, class: Option<Class>) -> Side<'_> {
        let row = |direction| class.and_then(|class| self.row(direction, class, 0, EITHER));
        Side { egress: row(Direction::Egress), ingress: row(Direction::Ingress) }
    }

    /// Classes that policies tell apart and what they come to does not, joined: one of each, and by class the number of its.
    fn merged(&self) -> (Vec<Class>, Vec<u32>) {
        // Rows of before that are as they were are known to be alike or not without looking.
        let mut rows: HashMap<u64, Vec<u32>> = HashMap::default();
        let mut same_row: Vec<u32> = Vec::with_capacity(self.rows.len());
        for (at, (row, hash)) in (0..).zip(self.rows.iter().zip(&self.row_hashes)) {
            let alike = rows.entry(*hash).or_default();
            let is_same = |other: &&u32| {
                self.rows.get(**other as usize).is_some_and(|other| Rc::ptr_eq(other, row) || other == row)
            };
            let first = alike.iter().find(is_same).copied().unwrap_or(at);
            if first == at {
                alike.push(at);
            }
            same_row.push(first);
        }
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

/// The ends of a class that are certain and know no ambiguous names.
#[derive(Clone, Copy)]
struct Plain<'a> {
    atom: usize,
    /// The number of its families.
    families: usize,
    egress: Option<Line<'a>>,
    ingress: Option<Line<'a>>,
}

/// What one end allows, by atom.
#[derive(Clone, Copy)]
enum Line<'a> {
    Open,
    Known(&'a [ConnectionId]),
}

impl<'a> Line<'a> {
    /// A row as it is looked up for each cell; `None` where there is more to a cell than that.
    fn of(row: Option<&'a Row>, is_certain: bool) -> Option<Self> {
        match row.filter(|_| is_certain)? {
            Row::Open => Some(Self::Open),
            Row::Known { allowed, ambiguous: None } => Some(Self::Known(allowed)),
            Row::Known { .. } | Row::NotEvaluated => None,
        }
    }

    #[inline]
    fn at(self, atom: usize) -> ConnectionId {
        match self {
            Self::Open => ConnectionId::ALL,
            Self::Known(allowed) => allowed.get(atom).copied().unwrap_or(ConnectionId::NONE),
        }
    }
}

/// Intersections that were asked for last: the same few are asked for again and again.
struct Recent(Vec<(ConnectionId, ConnectionId, ConnectionId)>);

/// How many are remembered.
const RECENT: usize = 4096;

impl Default for Recent {
    fn default() -> Self {
        // Nothing is asked for with the empty set, so that none of these is ever found.
        Self(vec![(ConnectionId::NONE, ConnectionId::NONE, ConnectionId::NONE); RECENT])
    }
}

impl Recent {
    #[inline]
    fn intersection(
        &mut self,
        a: ConnectionId,
        b: ConnectionId,
        connections: &mut ConnectionTable,
    ) -> ConnectionId {
        if a == b {
            return a;
        }
        match (a, b) {
            (ConnectionId::NONE, _) | (_, ConnectionId::NONE) => return ConnectionId::NONE,
            (ConnectionId::ALL, other) | (other, ConnectionId::ALL) => return other,
            _ => {}
        }
        let at = (a.0.wrapping_mul(0x9e37_79b1).rotate_right(7) ^ b.0) as usize % RECENT;
        let Some(slot) = self.0.get_mut(at) else { return connections.intersection(a, b) };
        if (slot.0, slot.1) != (a, b) {
            *slot = (a, b, connections.intersection(a, b));
        }
        slot.2
    }
}

/// The numbers of sets in the matrix.
struct Numbers {
    /// By set; `u32::MAX` where it did not occur yet.
    of: Vec<u32>,
    distinct: Vec<ConnectionId>,
}

impl Numbers {
    /// The number of a set, a new one where it did not occur before.
    #[inline]
    fn of(&mut self, set: ConnectionId) -> u32 {
        match self.of.get(set.0 as usize) {
            Some(number) if *number != u32::MAX => *number,
            _ => self.new_number(set),
        }
    }

    fn new_number(&mut self, set: ConnectionId) -> u32 {
        let at = set.0 as usize;
        if at >= self.of.len() {
            self.of.resize(at + 1, u32::MAX);
        }
        let Some(number) = self.of.get_mut(at) else { return NONE };
        *number = self.distinct.len() as u32;
        self.distinct.push(set);
        *number
    }
}

/// The cells of before that are as they were: those of two classes of which each has a peer that is the same, with rows
/// that are.
struct KeptCells<'b> {
    matrix: &'b ClassMatrix,
    distinct: &'b [ConnectionId],
    /// By class: the one that it was.
    was: Vec<Option<u32>>,
    runs: Vec<Run>,
}

impl<'b> KeptCells<'b> {
    fn new(classes: &Classes, from: Before<'b>, old_rows: &[Option<u32>], matrix: &ClassMatrix) -> Self {
        let before = from.classes;
        let mut is_kept = classes.kept_ends(before, old_rows);
        let mut was: Vec<Option<Option<u32>>> = vec![None; matrix.count];
        let mut changed = from.since.changed.iter().copied().peekable();
        for (at, class) in matrix.class_of.iter().enumerate() {
            if changed.next_if_eq(&at).is_some() {
                continue;
            }
            let Some(was @ None) = was.get_mut(*class as usize) else { continue };
            let kept = is_kept(PeerId(at as u32));
            *was = Some(from.matrix.class_of.get(at).copied().filter(|_| kept));
        }
        let was: Vec<Option<u32>> = was.into_iter().map(Option::flatten).collect();
        Self { matrix: from.matrix, distinct: before.distinct(), runs: runs(&was), was }
    }

    /// Of a class as source: the cells that it had, and how certain they are.
    fn row(&self, class: usize) -> Option<(&Self, &'b [u32], &'b [u8])> {
        let first = self.was.get(class).copied().flatten()? as usize * self.matrix.count;
        let row = first..first + self.matrix.count;
        Some((self, self.matrix.cells.get(row.clone())?, self.matrix.uncertain.get(row)?))
    }
}

/// Classes that follow each other, and did before.
struct Run {
    now: Range<usize>,
    /// What they were; `None` where something of them is another.
    was: Option<Range<usize>>,
}

fn runs(was: &[Option<u32>]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (at, was) in was.iter().enumerate() {
        let was = was.map(|was| was as usize);
        match runs.last_mut() {
            Some(Run { now, was: Some(before) }) if was == Some(before.end) => {
                (now.end, before.end) = (at + 1, before.end + 1);
            }
            Some(Run { now, was: None }) if was.is_none() => now.end = at + 1,
            _ => runs.push(Run { now: at..at + 1, was: was.map(|was| was..was + 1) }),
        }
    }
    runs
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

    /// By number of other families, whether all pods of the two meet in the same way.
    fn of(&self, one: u32) -> &[bool] {
        self.plain.get(one as usize).map_or(&[], Vec::as_slice)
    }

    /// The same for one of them.
    fn is_plain(&self, one: u32, other: u32) -> bool {
        self.of(one).get(other as usize) == Some(&true)
    }
}
