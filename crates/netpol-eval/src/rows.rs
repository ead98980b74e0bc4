//! What one end allows: a *row*, by atom, of subjects that the same policies select.

use std::collections::{BTreeSet, HashMap};

use fixedbitset::FixedBitSet;
use netpol_manifest::Direction;
use netpol_source::{Budget, Exhausted, order};

use crate::cluster::{PolicyId, Workload};
use crate::compile::{Compiled, CompiledRule, Family, PeerSetId, PortNameId};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::index::Interner;

/// What one end allows, by atom.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    /// No policy has a say: everything.
    Open,
    /// Policies have, and what they allow was too much to find out.
    NotEvaluated,
    /// What policies allow.
    Known {
        /// By atom.
        allowed: Vec<ConnectionId>,
        /// The atoms at which a port name decides that does not stand for the same number on all pods.
        ambiguous: Option<FixedBitSet>,
    },
}

impl Row {
    /// What is allowed at an atom; `None` where that was not evaluated.
    pub(crate) fn allowed(&self, atom: u32) -> Option<ConnectionId> {
        match self {
            Self::Open => Some(ConnectionId::ALL),
            Self::NotEvaluated => None,
            Self::Known { allowed, .. } => allowed.get(atom as usize).copied(),
        }
    }

    /// Whether an ambiguous port name decides at an atom.
    pub(crate) fn is_ambiguous(&self, atom: u32) -> bool {
        match self {
            Self::Open | Self::NotEvaluated => false,
            Self::Known { ambiguous, .. } => {
                ambiguous.as_ref().is_some_and(|ambiguous| ambiguous.contains(atom as usize))
            }
        }
    }
}

/// What the port names of the policies stand for on peers.
pub(crate) struct PortNames {
    /// By peer: its table.
    pub(crate) of_peer: Vec<u32>,
    /// Each with what is declared, sorted by name; the first declares nothing.
    tables: Vec<Vec<(PortNameId, Numbers)>>,
}

/// What a port name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Numbers {
    allowed: ConnectionId,
    is_ambiguous: bool,
}

impl PortNames {
    pub(crate) fn new<'a>(
        compiled: &Compiled,
        peers: impl Iterator<Item = Option<&'a Workload>>,
        connections: &mut ConnectionTable,
    ) -> Self {
        let ids: HashMap<_, PortNameId> = compiled
            .port_names
            .iter()
            .zip((0..).map(PortNameId))
            .map(|((protocol, name), id)| ((*protocol, name.as_str()), id))
            .collect();
        let mut numbers: Interner<Vec<(PortNameId, Numbers)>> = Interner::default();
        numbers.intern(Vec::new());
        let mut tables = vec![Vec::new()];
        let of_peer = peers
            .map(|workload| {
                let Some(workload) = workload.filter(|_| !ids.is_empty()) else { return 0 };
                let mut table: Vec<(PortNameId, Numbers)> = Vec::new();
                for ((protocol, name), numbers) in workload.numbers_by_name() {
                    let Some(id) = ids.get(&(protocol, name)) else { continue };
                    let is_ambiguous = numbers.is_ambiguous;
                    let allowed = connections.intern(ConnectionSet::of(protocol, numbers.each));
                    table.push((*id, Numbers { allowed, is_ambiguous }));
                }
                order::sort_by_key(&mut table, |(id, _)| *id);
                let (number, is_new) = numbers.intern(table.clone());
                if is_new {
                    tables.push(table);
                }
                number
            })
            .collect();
        Self { of_peer, tables }
    }

    fn numbers(&self, table: u32, name: PortNameId) -> Option<Numbers> {
        let table = self.tables.get(table as usize)?;
        let at = table.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        table.get(at).map(|(_, numbers)| *numbers)
    }
}

/// What to make a row of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RowKey {
    /// Which policies, by number of their list; 0 is none.
    pub(crate) list: u32,
    pub(crate) direction: Direction,
    /// What names stand for on the subject: the destination of ingress.
    pub(crate) names: u32,
    pub(crate) reading: u8,
    /// Only blocks of this family count for pods.
    pub(crate) family: Option<Family>,
}

/// Makes rows.
pub(crate) struct RowMaker<'a> {
    pub(crate) compiled: &'a Compiled,
    pub(crate) connections: &'a mut ConnectionTable,
    pub(crate) budget: &'a Budget,
    pub(crate) names: &'a PortNames,
    /// By atom: its names, and one of its peers.
    pub(crate) atoms: &'a [Atom],
    /// By list.
    pub(crate) lists: &'a [Vec<PolicyId>],
    sets: HashMap<(PeerSetId, u8), FixedBitSet>,
    unions: HashMap<Vec<ConnectionId>, ConnectionId>,
}

/// Peers that are alike as the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Atom {
    /// What port names stand for on them.
    pub(crate) names: u32,
    /// One of them.
    pub(crate) peer: u32,
}

/// A rule as far as it reaches some atoms.
#[derive(Clone, Copy)]
struct Part<'a> {
    rule: &'a CompiledRule,
    /// Whether its port names count.
    with_names: bool,
}

impl<'a> RowMaker<'a> {
    pub(crate) fn new(
        compiled: &'a Compiled,
        connections: &'a mut ConnectionTable,
        (names, atoms, lists): (&'a PortNames, &'a [Atom], &'a [Vec<PolicyId>]),
        budget: &'a Budget,
    ) -> Self {
        let (sets, unions) = (HashMap::new(), HashMap::new());
        Self { compiled, connections, budget, names, atoms, lists, sets, unions }
    }

    /// The row of some policies; not evaluated where the budget does not last, or a policy is not.
    pub(crate) fn row(&mut self, key: RowKey) -> Row {
        let lists = self.lists;
        let policies = lists.get(key.list as usize).map_or(&[][..], Vec::as_slice);
        if policies.is_empty() {
            return Row::Open;
        }
        self.known(policies, key).unwrap_or(Row::NotEvaluated)
    }

    fn known(&mut self, policies: &[PolicyId], key: RowKey) -> Result<Row, Exhausted> {
        self.budget.work(policies.len() + self.atoms.len())?;
        self.budget.bytes(4 * self.atoms.len())?;
        let compiled = self.compiled;
        let mut everyone = Vec::new();
        let mut groups = self.groups(key);
        let mut parts: Vec<Part<'a>> = Vec::new();
        for policy in policies {
            let policy = compiled.policies.get(policy.0 as usize).filter(|policy| policy.is_evaluated);
            let rules = policy.ok_or(Exhausted)?.rules(key.direction).unwrap_or_default();
            for rule in rules {
                if rule.peers.is_none() {
                    everyone.push(Part { rule, with_names: true });
                    continue;
                }
                for (part, atoms) in self.parts(rule, key)? {
                    groups.add(parts.len() as u32, &atoms, self.budget)?;
                    parts.push(part);
                }
            }
        }
        let mut allowed = vec![ConnectionId::NONE; self.atoms.len()];
        let mut ambiguous = FixedBitSet::with_capacity(self.atoms.len());
        let mut for_everyone: HashMap<u32, (ConnectionId, bool)> = HashMap::new();
        let mut by_group: HashMap<u32, (ConnectionId, bool)> = HashMap::new();
        for (atom, allowed) in allowed.iter_mut().enumerate() {
            let Some(group) = groups.of.get(atom).copied() else { continue };
            let (found, is_ambiguous) = match by_group.get(&group) {
                Some(found) => *found,
                None => {
                    let (chain, base) = groups.parts_of(group);
                    self.budget.work(chain.len())?;
                    let common = match for_everyone.get(&base) {
                        Some(common) => *common,
                        None => {
                            let common = self.opened(everyone.iter().copied(), base)?;
                            *for_everyone.entry(base).or_insert(common)
                        }
                    };
                    let chain = chain.iter().filter_map(|part| parts.get(*part as usize)).copied();
                    let (opened, is_ambiguous) = self.opened(chain, base)?;
                    let all = self.union(order::set([opened, common.0]))?;
                    *by_group.entry(group).or_insert((all, is_ambiguous || common.1))
                }
            };
            *allowed = found;
            ambiguous.set(atom, is_ambiguous);
        }
        let ambiguous = (!ambiguous.is_clear()).then_some(ambiguous);
        Ok(Row::Known { allowed, ambiguous })
    }

    /// All atoms, apart where port names stand for something else.
    fn groups(&self, key: RowKey) -> Groups {
        match key.direction {
            Direction::Ingress => Groups {
                of: vec![0; self.atoms.len()],
                links: vec![Link { before: 0, part: None, base: key.names }],
            },
            Direction::Egress => {
                let mut numbers: Interner<u32> = Interner::default();
                let mut links = Vec::new();
                let of = self.atoms.iter().map(|atom| {
                    let (group, is_new) = numbers.intern(atom.names);
                    if is_new {
                        links.push(Link { before: group, part: None, base: atom.names });
                    }
                    group
                });
                let of = of.collect();
                Groups { of, links }
            }
        }
    }

    /// Which atoms a rule reaches: those of its selectors, and those that only its blocks hold, where that differs.
    fn parts(
        &mut self,
        rule: &'a CompiledRule,
        key: RowKey,
    ) -> Result<Vec<(Part<'a>, FixedBitSet)>, Exhausted> {
        let mut by_selector = FixedBitSet::with_capacity(self.atoms.len());
        let mut by_block = FixedBitSet::with_capacity(self.atoms.len());
        for item in rule.peers.iter().flatten() {
            let counts = item.block.is_none() || key.family.is_none() || item.block == key.family;
            if counts {
                self.budget.work(1 + self.atoms.len() / 64)?;
                let atoms = self.set(item.set, key.reading)?;
                if item.block.is_some() { by_block.union_with(atoms) } else { by_selector.union_with(atoms) }
            }
        }
        // For ingress the destination is the subject, so what its port names mean does not depend on the peer.
        if rule.names.is_empty() || key.direction == Direction::Ingress {
            by_selector.union_with(&by_block);
            return Ok(vec![(Part { rule, with_names: true }, by_selector)]);
        }
        by_block.difference_with(&by_selector);
        let parts = [(true, by_selector), (false, by_block)].into_iter();
        let parts = parts.filter(|(_, atoms)| !atoms.is_clear());
        Ok(parts.map(|(with_names, atoms)| (Part { rule, with_names }, atoms)).collect())
    }

    /// The atoms of a set.
    fn set(&mut self, set: PeerSetId, reading: u8) -> Result<&FixedBitSet, Exhausted> {
        let peers = self.compiled.peer_sets.get(set.0 as usize).ok_or(Exhausted)?;
        let reading = if peers.differs_under(reading.into()) { reading } else { 0 };
        if !self.sets.contains_key(&(set, reading)) {
            self.budget.work(self.atoms.len())?;
            self.budget.bytes(self.atoms.len() / 8)?;
        }
        let (atoms, peers) = (self.atoms, peers.under(reading.into()));
        Ok(self.sets.entry((set, reading)).or_insert_with(|| {
            let mut held = FixedBitSet::with_capacity(atoms.len());
            let inside = atoms.iter().enumerate().filter(|(_, atom)| peers.contains(atom.peer as usize));
            held.extend(inside.map(|(at, _)| at));
            held
        }))
    }

    /// What some parts open together where names stand for what a table says, and whether an ambiguous name is among
    /// them.
    fn opened(
        &mut self,
        parts: impl Iterator<Item = Part<'a>>,
        names: u32,
    ) -> Result<(ConnectionId, bool), Exhausted> {
        let mut sets = BTreeSet::new();
        let mut is_ambiguous = false;
        for part in parts {
            sets.insert(part.rule.ports);
            if part.with_names {
                self.budget.work(part.rule.names.len())?;
                let numbers = part.rule.names.iter().filter_map(|name| self.names.numbers(names, *name));
                for numbers in numbers {
                    sets.insert(numbers.allowed);
                    is_ambiguous |= numbers.is_ambiguous;
                }
            }
        }
        Ok((self.union(sets)?, is_ambiguous))
    }

    /// The union of some sets, made at once: one by one, each step would be a set of its own for ever.
    fn union(&mut self, mut sets: BTreeSet<ConnectionId>) -> Result<ConnectionId, Exhausted> {
        sets.remove(&ConnectionId::NONE);
        if sets.contains(&ConnectionId::ALL) {
            return Ok(ConnectionId::ALL);
        }
        let sets: Vec<ConnectionId> = sets.into_iter().collect();
        match sets.as_slice() {
            [] => return Ok(ConnectionId::NONE),
            [only] => return Ok(*only),
            _ => {}
        }
        if let Some(known) = self.unions.get(&sets) {
            return Ok(*known);
        }
        let intervals = sets.iter().map(|id| self.connections.get(*id).intervals().count()).sum::<usize>();
        self.budget.work(2 * intervals)?;
        let all =
            ConnectionSet::from_intervals(sets.iter().flat_map(|id| self.connections.get(*id).intervals()));
        self.budget.bytes(4 * (sets.len() + all.intervals().count()))?;
        let id = self.connections.intern(all);
        self.unions.insert(sets, id);
        Ok(id)
    }
}

/// Atoms in groups by the rules that reach them.
struct Groups {
    /// By atom.
    of: Vec<u32>,
    links: Vec<Link>,
}

/// A group: the one that it was part of, and what reaches it besides.
#[derive(Clone, Copy)]
struct Link {
    before: u32,
    part: Option<u32>,
    base: u32,
}

impl Groups {
    /// Notes that a part reaches some atoms.
    fn add(&mut self, part: u32, atoms: &FixedBitSet, budget: &Budget) -> Result<(), Exhausted> {
        let mut moved: HashMap<u32, u32> = HashMap::new();
        let mut steps = 0;
        for atom in atoms.ones() {
            let Some(group) = self.of.get_mut(atom) else { continue };
            let links = &mut self.links;
            *group = *moved.entry(*group).or_insert_with_key(|before| {
                let base = links.get(*before as usize).map_or(0, |link| link.base);
                links.push(Link { before: *before, part: Some(part), base });
                links.len() as u32 - 1
            });
            steps += 1;
        }
        budget.bytes(12 * moved.len())?;
        budget.work(2 * steps)
    }

    /// The parts that reach a group, and its base.
    fn parts_of(&self, group: u32) -> (Vec<u32>, u32) {
        let mut parts = Vec::new();
        let mut at = group;
        let mut base = 0;
        while let Some(link) = self.links.get(at as usize) {
            base = link.base;
            let Some(part) = link.part else { break };
            parts.push(part);
            at = link.before;
        }
        (parts, base)
    }
}
