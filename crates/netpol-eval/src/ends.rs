//! What one end of subjects is made of: the policies that select them, and the rows of these under each reading.

use std::collections::HashMap;

use netpol_manifest::Direction;

use crate::cluster::PolicyId;
use crate::compile::{Compiled, CompiledPolicy, Family, READINGS};
use crate::index::{ByDirection, Interner, refine};
use crate::rows::{Row, RowKey, RowMaker};

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

/// Lists of policies that select the same peers.
pub(crate) struct Lists {
    pub(crate) lists: Vec<Vec<PolicyId>>,
    numbers: HashMap<Vec<PolicyId>, u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Self { lists: vec![Vec::new()], numbers: HashMap::from([(Vec::new(), 0)]) }
    }
}

impl Lists {
    /// By peer: the list of the policies that select it for a direction.
    pub(crate) fn of_peers(
        &mut self,
        compiled: &Compiled,
        direction: Direction,
        reading: usize,
        peers: usize,
    ) -> Vec<u32> {
        let subjects = |policy: &CompiledPolicy| {
            policy.rules(direction)?;
            Some(compiled.peer_sets.get(policy.subjects.0 as usize)?.under(reading))
        };
        let group_of = refine(peers, compiled.policies.iter().filter_map(subjects));
        let mut lists: HashMap<u32, u32> = HashMap::new();
        let mut of_peers = Vec::with_capacity(peers);
        for (peer, group) in group_of.into_iter().enumerate() {
            let list = *lists.entry(group).or_insert_with(|| {
                let selecting = (0..).map(PolicyId).zip(&compiled.policies);
                let selecting =
                    selecting.filter(|(_, policy)| subjects(policy).is_some_and(|set| set.contains(peer)));
                let list: Vec<PolicyId> = selecting.map(|(id, _)| id).collect();
                match self.numbers.get(&list) {
                    Some(number) => *number,
                    None => {
                        let number = self.lists.len() as u32;
                        self.lists.push(list.clone());
                        self.numbers.insert(list, number);
                        number
                    }
                }
            });
            of_peers.push(list);
        }
        of_peers
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
    pub(crate) fn of(compiled: &Compiled, list: &[PolicyId], direction: Direction) -> Self {
        let mut traits = Self::default();
        for policy in list.iter().filter_map(|id| compiled.policies.get(id.0 as usize)) {
            traits.names |= policy.rules(direction).into_iter().flatten().any(|rule| !rule.names.is_empty());
            for set in policy.sets(direction).filter_map(|set| compiled.peer_sets.get(set.0 as usize)) {
                for (reading, differs) in traits.readings.iter_mut().enumerate() {
                    *differs |= set.differs_under(reading);
                }
                let [v4, v6] = &mut traits.families;
                *v4 |= set.pods_of_family == Some(Family::V4);
                *v6 |= set.pods_of_family == Some(Family::V6);
            }
        }
        traits
    }
}

/// The ends in the making.
pub(crate) struct Ends {
    /// By direction and list.
    traits: ByDirection<Vec<Traits>>,
    pub(crate) rows: Vec<Row>,
    keys: Interner<RowKey>,
    pub(crate) ends: Vec<End>,
    numbers: Interner<End>,
    known: HashMap<(Direction, [u32; 2], u32), u32>,
    /// The row of subjects whose policies are not all known.
    not_evaluated: Option<u32>,
}

impl Ends {
    /// None yet, of subjects that are selected by some of these lists of policies.
    pub(crate) fn new(compiled: &Compiled, lists: &[Vec<PolicyId>]) -> Self {
        let traits = ByDirection::new(|direction| {
            lists.iter().map(|list| Traits::of(compiled, list, direction)).collect()
        });
        Self {
            traits,
            rows: Vec::new(),
            keys: Interner::default(),
            ends: Vec::new(),
            numbers: Interner::default(),
            known: HashMap::new(),
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
            self.rows.push(Row::NotEvaluated);
            row
        });
        let end = End { rows: [[row; 3]; READINGS] };
        let (number, is_new) = self.numbers.intern(end);
        if is_new {
            self.ends.push(end);
        }
        number
    }

    /// The number of the end of a subject, from its list of policies, that as if it were on the pod network, and what
    /// port names stand for on it.
    pub(crate) fn end(
        &mut self,
        maker: &mut RowMaker<'_>,
        direction: Direction,
        lists: [u32; 2],
        (names, under_host_network): (u32, Option<usize>),
    ) -> u32 {
        // Names are those of the destination: for egress it is the other end.
        let names = if direction == Direction::Ingress { names } else { 0 };
        if let Some(known) = self.known.get(&(direction, lists, names)) {
            return *known;
        }
        let mut rows = [[0; 3]; READINGS];
        for (reading, rows) in rows.iter_mut().enumerate() {
            let [list, among_pods] = lists;
            let list = if Some(reading) == under_host_network { among_pods } else { list };
            let traits = self.traits.of(direction).get(list as usize).copied().unwrap_or_default();
            let differs = traits.readings.get(reading).copied().unwrap_or_default();
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
                    self.rows.push(maker.row(key));
                }
                *row = number;
            }
        }
        let end = End { rows };
        let (number, is_new) = self.numbers.intern(end);
        if is_new {
            self.ends.push(end);
        }
        self.known.insert((direction, lists, names), number);
        number
    }
}
