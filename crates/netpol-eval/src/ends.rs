//! What one end of subjects is made of: the policies that select them, and the rows of these under each reading.

use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_manifest::Direction;

use crate::cluster::PolicyId;
use crate::compile::{Compiled, CompiledPolicy, Family, LEAST, READINGS};
use crate::connection::ConnectionId;
use crate::index::{ByDirection, Interner, mixed, refine};
use crate::lower::TierKind;
use crate::rows::{Atom, List, Row, RowKey, RowMaker};
use crate::since::Since;
use crate::step::Resolve;
use netpol_source::HashMap;

/// The rows of one end: by reading, and by which blocks count for pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub(crate) rows: [[u32; 3]; READINGS],
}

impl End {
    /// Whether it is the same end under every reading, at whatever atom.
    pub(crate) fn is_certain(self) -> bool {
        self.rows.iter().all(|rows| *rows == self.rows[0])
    }
}

/// Lists of policies that have a say for the same peers.
pub(crate) struct Lists {
    pub(crate) lists: Vec<List>,
    numbers: HashMap<List, u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { lists: vec![List::default()], numbers: HashMap::from_iter([(List::default(), 0)]) }
    }
}

impl Lists {
    /// By peer: the list of the policies that select it for a direction, under a reading.
    pub(crate) fn of_peers(
        &mut self,
        compiled: &Compiled,
        direction: Direction,
        reading: usize,
        peers: usize,
    ) -> Vec<u32> {
        // Those that are selected for certain, and those that may be.
        let subjects = |policy: &CompiledPolicy| {
            policy.rules(direction)?;
            let set = compiled.peer_sets.get(policy.subjects.0 as usize)?;
            Some(if reading >= LEAST { set.bounds() } else { [set.under(reading); 2] })
        };
        let sets = compiled.policies.iter().filter_map(|policy| subjects(policy)).flat_map(|[must, may]| {
            let differs = !std::ptr::eq(must, may);
            std::iter::once(may).chain(differs.then_some(must))
        });
        let group_of = refine(peers, sets);
        // The first peer of each group stands for it.
        let mut groups: Vec<u32> = Vec::new();
        let mut lists: Vec<Option<List>> = vec![None; peers];
        let mut known = FixedBitSet::with_capacity(peers);
        for (group, list) in group_of.iter().zip(&mut lists) {
            if !known.contains(*group as usize) {
                known.grow_and_insert(*group as usize);
                groups.push(*group);
                *list = Some(List::default());
            }
        }
        for (id, policy) in (0..).map(PolicyId).zip(&compiled.policies) {
            let Some([must, may]) = subjects(policy) else { continue };
            for peer in may.ones() {
                let Some(Some(list)) = lists.get_mut(peer) else { continue };
                list.policies.push(id);
                if !must.contains(peer) {
                    list.doubtful.push(id);
                }
            }
        }
        let mut numbers = vec![0; known.len()];
        for (group, list) in groups.into_iter().zip(lists.into_iter().flatten()) {
            if let Some(number) = numbers.get_mut(group as usize) {
                *number = self.number(list);
            }
        }
        group_of.into_iter().map(|group| numbers.get(group as usize).copied().unwrap_or_default()).collect()
    }

    fn number(&mut self, list: List) -> u32 {
        match self.numbers.get(&list) {
            Some(number) => *number,
            None => {
                let number = self.lists.len() as u32;
                self.lists.push(list.clone());
                self.numbers.insert(list, number);
                number
            }
        }
    }
}

/// What the row of a list of policies depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traits {
    /// By reading, whether some peers are others.
    readings: [bool; READINGS],
    /// Whether blocks of each family hold pods.
    families: [bool; 2],
    names: bool,
}

impl Traits {
    pub(crate) fn of(compiled: &Compiled, list: &List, direction: Direction) -> Self {
        let mut traits = Self::default();
        let mut places: HashMap<(TierKind, Option<u16>), u32> = HashMap::default();
        for policy in list.policies.iter().filter_map(|id| compiled.policies.get(id.0 as usize)) {
            let mut rules = policy.rules(direction).into_iter().flatten();
            let names = rules.any(|rule| !rule.names.is_empty());
            traits.names |= names;
            let [least, most] = [LEAST, LEAST + 1];
            let mut bounds_differ = false;
            if policy.tier.resolve() == Resolve::FirstMatch {
                // A name may stand for other numbers on other pods, and of tied policies any may come first.
                bounds_differ |= names;
                *places.entry((policy.tier, policy.place.priority)).or_default() += 1;
            }
            for peer in policy.peers(direction) {
                let Some(set) = compiled.peer_sets.get(peer.set.0 as usize) else { continue };
                for (reading, differs) in traits.readings.iter_mut().enumerate().take(LEAST) {
                    *differs |= set.differs_under(reading);
                }
                bounds_differ |= peer.has_bounds && set.differs_under(LEAST);
                let [v4, v6] = &mut traits.families;
                *v4 |= set.pods_of_family == Some(Family::V4);
                *v6 |= set.pods_of_family == Some(Family::V6);
            }
            for (reading, differs) in traits.readings.iter_mut().enumerate() {
                *differs |= bounds_differ && (reading == least || reading == most);
            }
        }
        let has_unranked = places.contains_key(&(TierKind::Baseline, None));
        let has_ranked = places.keys().any(|(tier, place)| *tier == TierKind::Baseline && place.is_some());
        if places.values().any(|count| *count > 1) || has_unranked && has_ranked {
            let [.., most] = &mut traits.readings;
            *most = true;
        }
        traits
    }
}

/// Rows of before, as they are now.
pub(crate) struct KeptRows<'b> {
    /// By list of policies that say the same: the number that it had.
    lists: HashMap<&'b List, u32>,
    /// By what they were made of.
    numbers: &'b Interner<RowKey>,
    rows: &'b [Rc<Row>],
    hashes: &'b [u64],
    atoms: &'b OldAtoms,
    /// By number of what port names stand for: the number that it had.
    names: &'b [Option<u32>],
}

/// What atoms were before.
pub(crate) struct OldAtoms {
    /// By atom: one of before whose peers are in the same sets, where there is one.
    of: Vec<Option<u32>>,
    /// The same, many at a time: the first atom, the one of before, and how many follow both.
    runs: Vec<(usize, usize, usize)>,
    /// Whether all are as before.
    is_same: bool,
    /// Those that are new, and their places.
    new: Vec<Atom>,
    new_at: Vec<usize>,
}

impl OldAtoms {
    pub(crate) fn new(atoms: &[Atom], before: usize, of: Vec<Option<u32>>) -> Self {
        let is_same = before == of.len() && of.iter().zip(0..).all(|(old, at)| *old == Some(at));
        let new = atoms.iter().zip(&of).enumerate().filter(|(_, (_, old))| old.is_none());
        let (new_at, new) = new.map(|(at, (atom, _))| (at, *atom)).unzip();
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (at, old) in of.iter().enumerate().filter_map(|(at, old)| Some((at, (*old)? as usize))) {
            match runs.last_mut() {
                Some((first, before, count)) if (*first + *count, *before + *count) == (at, old) => {
                    *count += 1
                }
                _ => runs.push((at, old, 1)),
            }
        }
        Self { of, runs, is_same, new, new_at }
    }
}

impl<'b> KeptRows<'b> {
    pub(crate) fn new(
        since: &Since,
        lists: &'b [List],
        rows: (&'b Interner<RowKey>, &'b [Rc<Row>], &'b [u64]),
        (atoms, names): (&'b OldAtoms, &'b [Option<u32>]),
    ) -> Self {
        let is_same = |id: &PolicyId| since.policies.get(id.0 as usize) == Some(&true);
        let kept = (0..).zip(lists).filter(|(_, list)| list.policies.iter().all(is_same));
        let lists = kept.map(|(number, list)| (list, number)).collect();
        Self { lists, numbers: rows.0, rows: rows.1, hashes: rows.2, atoms, names }
    }

    /// The row of before of the same policies with the number that it had; what it is at new atoms is found out.
    fn row(&self, key: RowKey, maker: &mut RowMaker<'_>) -> Option<(u32, Rc<Row>, u64)> {
        let list = *self.lists.get(maker.lists.get(key.list as usize)?)?;
        let names = self.names.get(key.names as usize).copied().flatten()?;
        let number = self.numbers.number(&RowKey { list, names, ..key })?;
        let row = self.rows.get(number as usize)?;
        let is_same = || Some((number, Rc::clone(row), *self.hashes.get(number as usize)?));
        let Row::Known { allowed, ambiguous } = &**row else { return is_same() };
        if self.atoms.is_same {
            return is_same();
        }
        let added = match self.atoms.new.as_slice() {
            [] => Row::Open,
            new => maker.among(new).row(key),
        };
        let mut now = vec![ConnectionId::NONE; self.atoms.of.len()];
        for (first, before, count) in &self.atoms.runs {
            now.get_mut(*first..first + count)?.copy_from_slice(allowed.get(*before..before + count)?);
        }
        let mut now_ambiguous = FixedBitSet::with_capacity(self.atoms.of.len());
        if let Some(ambiguous) = ambiguous {
            let held = self.atoms.of.iter().enumerate();
            let held = held.filter(|(_, old)| old.is_some_and(|old| ambiguous.contains(old as usize)));
            now_ambiguous.extend(held.map(|(at, _)| at));
        }
        for (at, new) in self.atoms.new_at.iter().zip(0..) {
            *now.get_mut(*at)? = added.allowed(new)?;
            now_ambiguous.set(*at, added.is_ambiguous(new));
        }
        let ambiguous = (!now_ambiguous.is_clear()).then_some(now_ambiguous);
        let now = Row::Known { allowed: now, ambiguous };
        let hash = hash_of(&now);
        Some((number, Rc::new(now), hash))
    }
}

/// A number that is the same for rows that are the same.
fn hash_of(row: &Row) -> u64 {
    let Row::Known { allowed, ambiguous } = row else { return 0 };
    let allowed = allowed.iter().fold(1, |hash, set| mixed(hash, u64::from(set.0)));
    allowed ^ u64::from(ambiguous.is_some())
}

/// The ends in the making.
pub(crate) struct Ends<'b> {
    /// By direction and list.
    traits: ByDirection<Vec<Traits>>,
    pub(crate) rows: Vec<Rc<Row>>,
    /// By row: alike for those that come to the same.
    pub(crate) hashes: Vec<u64>,
    /// By row: the number that it had, where it is that of before.
    pub(crate) old: Vec<Option<u32>>,
    pub(crate) keys: Interner<RowKey>,
    kept: Option<KeptRows<'b>>,
    pub(crate) ends: Vec<End>,
    numbers: Interner<End>,
    known: HashMap<(Direction, [u32; READINGS], u32), u32>,
    /// The same for those that one list of policies selects under every reading: by direction, list, and names.
    known_of_one: ByDirection<HashMap<(u32, u32), u32>>,
    /// The row of subjects whose policies are not all known.
    not_evaluated: Option<u32>,
}

impl<'b> Ends<'b> {
    /// None yet, of subjects that are selected by some of these lists of policies.
    pub(crate) fn new(compiled: &Compiled, lists: &[List], kept: Option<KeptRows<'b>>) -> Self {
        let traits = ByDirection::new(|direction| {
            lists.iter().map(|list| Traits::of(compiled, list, direction)).collect()
        });
        Self {
            traits,
            rows: Vec::new(),
            hashes: Vec::new(),
            old: Vec::new(),
            keys: Interner::default(),
            kept,
            ends: Vec::new(),
            numbers: Interner::default(),
            known: HashMap::default(),
            known_of_one: ByDirection::new(|_| HashMap::default()),
            not_evaluated: None,
        }
    }

    /// The number of the end of subjects whose policies are not all known.
    pub(crate) fn not_evaluated(&mut self) -> u32 {
        let row = *self.not_evaluated.get_or_insert_with(|| {
            // No list has this number.
            let key =
                RowKey { list: u32::MAX, direction: Direction::Ingress, names: 0, reading: 0, family: None };
            let (row, _) = self.keys.intern(key);
            self.rows.push(Rc::new(Row::NotEvaluated));
            self.old.push(None);
            self.hashes.push(hash_of(&Row::NotEvaluated));
            row
        });
        let end = End { rows: [[row; 3]; READINGS] };
        let (number, is_new) = self.numbers.intern(end);
        if is_new {
            self.ends.push(end);
        }
        number
    }

    /// The number of the end of a subject, from its list of policies under each reading, and what port names stand for on
    /// it.
    pub(crate) fn end(
        &mut self,
        maker: &mut RowMaker<'_>,
        direction: Direction,
        lists: [u32; READINGS],
        names: u32,
    ) -> u32 {
        // Names are those of the destination: for egress it is the other end.
        let names = if direction == Direction::Ingress { names } else { 0 };
        let only_list = Some(lists[0]).filter(|first| lists.iter().all(|list| list == first));
        let known = match only_list {
            Some(list) => self.known_of_one.of(direction).get(&(list, names)),
            None => self.known.get(&(direction, lists, names)),
        };
        if let Some(known) = known {
            return *known;
        }
        let mut rows = [[0; 3]; READINGS];
        for ((reading, rows), list) in rows.iter_mut().enumerate().zip(lists) {
            let traits = self.traits.of(direction).get(list as usize).copied().unwrap_or_default();
            let is_doubtful = maker.lists.get(list as usize).is_some_and(|list| !list.doubtful.is_empty());
            let differs = is_doubtful || traits.readings.get(reading).copied().unwrap_or_default();
            let [has_v4, has_v6] = traits.families;
            let families = [None, Some(Family::V4).filter(|_| has_v6), Some(Family::V6).filter(|_| has_v4)];
            for (row, family) in rows.iter_mut().zip(families) {
                let key = RowKey {
                    list,
                    direction,
                    names: if traits.names { names } else { 0 },
                    reading: if differs { reading as u8 } else { 0 },
                    family,
                };
                let (number, is_new) = self.keys.intern(key);
                if is_new {
                    let kept = self.kept.as_ref().and_then(|kept| kept.row(key, maker));
                    let (old, made, hash) = match kept {
                        Some((old, row, hash)) => (Some(old), row, hash),
                        None => {
                            let row = maker.row(key);
                            let hash = hash_of(&row);
                            (None, Rc::new(row), hash)
                        }
                    };
                    self.old.push(old);
                    self.hashes.push(hash);
                    self.rows.push(made);
                }
                *row = number;
            }
        }
        let end = End { rows };
        let (number, is_new) = self.numbers.intern(end);
        if is_new {
            self.ends.push(end);
        }
        match only_list {
            Some(list) => self.known_of_one.of_mut(direction).insert((list, names), number),
            None => self.known.insert((direction, lists, names), number),
        };
        number
    }
}
