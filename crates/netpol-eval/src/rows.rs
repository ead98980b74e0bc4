//! What one end allows: a *row*, by atom, of subjects that the same policies select.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use netpol_manifest::{Direction, Protocol};
use netpol_source::{Budget, Exhausted, HashMap, order};

use crate::cluster::{PolicyId, Workload};
use crate::compile::{
    By, Compiled, CompiledPolicy, CompiledRule, Family, LEAST, PeerSetId, PortNameId, READINGS,
};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::index::Interner;
use crate::lower::{Action, TierKind};
use crate::peer::{Peer, PeerId};
use crate::since::Since;
use crate::step::{Bound, Matching, Place, Resolve, State, step};

/// What one end allows, by atom.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug)]
pub(crate) struct PortNames {
    /// The names that some rule asks for, by number.
    asked: Vec<bool>,
    /// By peer: its table.
    pub(crate) of_peer: Vec<u32>,
    /// Each with what is declared, sorted by name; the first declares nothing.
    tables: Interner<Vec<(PortNameId, Numbers)>>,
    by_number: Vec<Vec<(PortNameId, Numbers)>>,
}

/// What a port name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Numbers {
    /// On each of the pods.
    each: ConnectionId,
    /// On some of them.
    any: ConnectionId,
    is_ambiguous: bool,
}

impl PortNames {
    pub(crate) fn new(
        compiled: &Compiled,
        peers: &[Peer],
        connections: &mut ConnectionTable,
        before: Option<(&Since, &Self)>,
    ) -> Self {
        let mut asked = vec![false; compiled.port_names.len()];
        for name in compiled.policies.iter().flat_map(|policy| policy.names()) {
            if let Some(asked) = asked.get_mut(name.0 as usize) {
                *asked = true;
            }
        }
        let numbers = compiled.port_names.iter().zip((0..).map(PortNameId)).zip(&asked);
        let ids = numbers.filter(|(_, asked)| **asked);
        let ids = ids.map(|(((protocol, name), id), _)| ((*protocol, name.as_str()), id)).collect();
        if let Some((since, known)) = before.filter(|(_, known)| known.asked == asked) {
            let mut names = known.clone();
            for at in &since.changed {
                let table = names.table(&ids, peers.get(*at).and_then(Peer::workload), connections);
                if let Some(of_peer) = names.of_peer.get_mut(*at) {
                    *of_peer = table;
                }
            }
            return names;
        }
        let mut tables = Interner::default();
        tables.intern(Vec::new());
        let mut names = Self { asked, of_peer: Vec::new(), tables, by_number: vec![Vec::new()] };
        let of_peer = peers.iter().map(|peer| names.table(&ids, peer.workload(), connections));
        names.of_peer = of_peer.collect();
        names
    }

    /// By table: the one of before that says the same of every name that was asked for then and is now.
    pub(crate) fn before(&self, since: &Since, before: &Self) -> Vec<Option<u32>> {
        let mut numbers = since.numbers_before(self.by_number.len(), &self.of_peer, &before.of_peer);
        if let Some(nothing) = numbers.first_mut() {
            *nothing = Some(0);
        }
        numbers
    }

    /// The number of the table of a peer.
    fn table(
        &mut self,
        ids: &HashMap<(Protocol, &str), PortNameId>,
        workload: Option<&Workload>,
        connections: &mut ConnectionTable,
    ) -> u32 {
        let Some(workload) = workload.filter(|_| !ids.is_empty()) else { return 0 };
        let mut table: Vec<(PortNameId, Numbers)> = Vec::new();
        for ((protocol, name), numbers) in workload.numbers_by_name() {
            let Some(id) = ids.get(&(protocol, name)) else { continue };
            let is_ambiguous = numbers.is_ambiguous;
            let mut intern = |ports| connections.intern(ConnectionSet::of(protocol, ports));
            let (each, any) = (intern(numbers.each), intern(numbers.any));
            table.push((*id, Numbers { each, any, is_ambiguous }));
        }
        order::sort_by_key(&mut table, |(id, _)| *id);
        let (number, is_new) = self.tables.intern(table.clone());
        if is_new {
            self.by_number.push(table);
        }
        number
    }

    /// What the names stand for on some pods of a peer that are not one number, the same on all of them.
    pub(crate) fn doubtful(&self, peer: PeerId) -> impl Iterator<Item = ConnectionId> {
        let table = self.of_peer.get(peer.index()).and_then(|table| self.by_number.get(*table as usize));
        let ambiguous = table.into_iter().flatten().filter(|(_, numbers)| numbers.is_ambiguous);
        ambiguous.map(|(_, numbers)| numbers.any)
    }

    fn numbers(&self, table: u32, name: PortNameId) -> Option<Numbers> {
        let table = self.by_number.get(table as usize)?;
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

/// The policies that have a say for some subjects in a direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct List {
    /// In order of their numbers.
    pub(crate) policies: Vec<PolicyId>,
    /// Those of them that may select the subjects, or not; in the same order.
    pub(crate) doubtful: Vec<PolicyId>,
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
    pub(crate) lists: &'a [List],
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
    tier: TierKind,
    place: Place,
    /// Whether its port names count.
    with_names: bool,
    /// Whether it reaches them for certain.
    is_certain: bool,
}

impl<'a> RowMaker<'a> {
    pub(crate) fn new(
        compiled: &'a Compiled,
        connections: &'a mut ConnectionTable,
        (names, atoms, lists): (&'a PortNames, &'a [Atom], &'a [List]),
        budget: &'a Budget,
    ) -> Self {
        let (sets, unions) = (HashMap::default(), HashMap::default());
        Self { compiled, connections, budget, names, atoms, lists, sets, unions }
    }

    /// The same, at other atoms.
    pub(crate) fn among<'n>(&'n mut self, atoms: &'n [Atom]) -> RowMaker<'n>
    where
        'a: 'n,
    {
        RowMaker::new(self.compiled, self.connections, (self.names, atoms, self.lists), self.budget)
    }

    /// The row of some policies; not evaluated where the budget does not last, or a policy is not.
    pub(crate) fn row(&mut self, key: RowKey) -> Row {
        match self.lists.get(key.list as usize) {
            Some(list) if !list.policies.is_empty() => self.known(list, key).unwrap_or(Row::NotEvaluated),
            _ => Row::Open,
        }
    }

    fn known(&mut self, list: &List, key: RowKey) -> Result<Row, Exhausted> {
        self.budget.work(list.policies.len() + self.atoms.len())?;
        self.budget.bytes(4 * self.atoms.len())?;
        let compiled = self.compiled;
        let mut program = Program {
            bound: if usize::from(key.reading) == READINGS - 1 { Bound::Most } else { Bound::Least },
            everyone: Vec::new(),
            parts: Vec::new(),
            isolates: false,
        };
        let mut groups = self.groups(key);
        let mut policies: Vec<(PolicyId, &CompiledPolicy)> = Vec::with_capacity(list.policies.len());
        for id in &list.policies {
            let policy = compiled.policies.get(id.0 as usize).filter(|policy| policy.is_evaluated);
            policies.push((*id, policy.ok_or(Exhausted)?));
        }
        for tier in TierKind::ALL {
            for (id, policy) in policies.iter().filter(|(_, policy)| policy.tier == tier) {
                program.isolates |= tier == TierKind::NetworkPolicy;
                let is_certain = list.doubtful.binary_search(id).is_err();
                for rule in policy.rules(key.direction).unwrap_or_default() {
                    let part = Part { rule, tier, place: policy.place, with_names: true, is_certain };
                    if rule.peers.is_none() && tier == TierKind::NetworkPolicy {
                        program.everyone.push(part);
                        continue;
                    }
                    for (part, atoms) in self.parts(part, key)? {
                        groups.add(program.parts.len() as u32, &atoms, self.budget)?;
                        program.parts.push(part);
                    }
                }
            }
        }
        self.fill(&program, &groups)
    }

    /// What the program comes to at each atom.
    fn fill(&mut self, program: &Program<'a>, groups: &Groups) -> Result<Row, Exhausted> {
        let mut allowed = vec![ConnectionId::NONE; self.atoms.len()];
        let mut ambiguous = FixedBitSet::with_capacity(self.atoms.len());
        let mut for_everyone: HashMap<u32, (ConnectionId, bool)> = HashMap::default();
        let mut by_group: Vec<Option<(ConnectionId, bool)>> = vec![None; groups.links.len()];
        for ((atom, allowed), group) in allowed.iter_mut().enumerate().zip(&groups.of) {
            let group = *group;
            let (found, is_ambiguous) = match by_group.get(group as usize).copied().flatten() {
                Some(found) => found,
                None => {
                    let (chain, base) = groups.parts_of(group);
                    self.budget.work(chain.len())?;
                    let common = match for_everyone.get(&base) {
                        Some(common) => *common,
                        None => {
                            let common = self.opened(program.everyone.iter(), base, program.bound)?;
                            *for_everyone.entry(base).or_insert(common)
                        }
                    };
                    let chain = chain.iter().filter_map(|part| program.parts.get(*part as usize));
                    let chain: Vec<&Part<'a>> = chain.collect();
                    let decided = self.decide(program, &chain, base, common)?;
                    if let Some(known) = by_group.get_mut(group as usize) {
                        *known = Some(decided);
                    }
                    decided
                }
            };
            *allowed = found;
            if is_ambiguous {
                ambiguous.insert(atom);
            }
        }
        let ambiguous = (!ambiguous.is_clear()).then_some(ambiguous);
        Ok(Row::Known { allowed, ambiguous })
    }

    /// What is allowed where these parts, in order, reach, and whether an ambiguous name is among those of NetworkPolicies.
    /// `common` is what these open to everyone.
    fn decide(
        &mut self,
        program: &Program<'a>,
        chain: &[&Part<'a>],
        names: u32,
        common: (ConnectionId, bool),
    ) -> Result<(ConnectionId, bool), Exhausted> {
        let mut state =
            State { allowed: ConnectionId::NONE, denied: ConnectionId::NONE, left: ConnectionId::ALL };
        let mut is_ambiguous = false;
        for tier in TierKind::ALL {
            let parts = chain.iter().copied().filter(|part| part.tier == tier);
            let rules = match tier.resolve() {
                Resolve::UnionOfAllows if !program.isolates => continue,
                // What united rules allow is one rule.
                Resolve::UnionOfAllows => {
                    let (opened, has_ambiguous) = self.opened(parts, names, program.bound)?;
                    let all = self.union(order::set([opened, common.0]))?;
                    is_ambiguous |= has_ambiguous || common.1;
                    let place = Place { priority: None, policy: 0 };
                    vec![Matching { place, action: Action::Allow, must: all, may: all }]
                }
                Resolve::FirstMatch => {
                    let mut rules = Vec::new();
                    for part in parts {
                        let (must, may) = self.matching(part, names)?;
                        rules.push(Matching { place: part.place, action: part.rule.action, must, may });
                    }
                    rules
                }
            };
            if rules.is_empty() || state.left == ConnectionId::NONE {
                continue;
            }
            let size = self.connections.size();
            state = step(self.connections, state, (tier.resolve(), program.bound), &rules).0;
            let grown = self.connections.size() - size;
            self.budget.bytes(8 * grown)?;
            self.budget.work(8 * rules.len() + 4 * grown)?;
        }
        Ok((self.connections.union(state.allowed, state.left), is_ambiguous))
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

    /// Which atoms a rule reaches: apart those that only addresses match, where names do not count for them, and those
    /// that it may reach or not.
    fn parts(&mut self, part: Part<'a>, key: RowKey) -> Result<Vec<(Part<'a>, FixedBitSet)>, Exhausted> {
        let none = || FixedBitSet::with_capacity(self.atoms.len());
        let Some(peers) = &part.rule.peers else {
            let mut all = none();
            all.insert_range(..);
            return Ok(vec![(part, all)]);
        };
        let [mut by_labels, mut by_address] = [none(), none()];
        let [mut may_by_labels, mut may_by_address] = [none(), none()];
        for item in peers {
            let counts = match (item.by, key.family) {
                (By::Address(family), Some(only)) => family == only,
                _ => true,
            };
            if !counts {
                continue;
            }
            self.budget.work(1 + self.atoms.len() / 64)?;
            let is_bound = usize::from(key.reading) >= LEAST;
            let (must, may) = match (is_bound, item.has_bounds) {
                (false, _) => (key.reading, key.reading),
                (true, false) => (0, 0),
                (true, true) => (LEAST as u8, LEAST as u8 + 1),
            };
            let by = |labels, address| if item.by == By::Labels { labels } else { address };
            by(&mut by_labels, &mut by_address).union_with(self.set(item.set, must)?);
            if must != may {
                by(&mut may_by_labels, &mut may_by_address).union_with(self.set(item.set, may)?);
            }
        }
        // For ingress the destination is the subject, so what its port names mean does not depend on the peer.
        if part.rule.names.is_empty() || key.direction == Direction::Ingress {
            by_labels.union_with(&by_address);
            by_address.clear();
            may_by_labels.union_with(&may_by_address);
            may_by_address.clear();
        }
        by_address.difference_with(&by_labels);
        may_by_labels.difference_with(&by_labels);
        may_by_address.difference_with(&by_labels);
        may_by_address.difference_with(&by_address);
        let parts = [
            (true, true, by_labels),
            (false, true, by_address),
            (true, false, may_by_labels),
            (false, false, may_by_address),
        ];
        let parts = parts.into_iter().filter(|(_, _, atoms)| !atoms.is_clear());
        let parts = parts.map(|(with_names, is_certain, atoms)| {
            (Part { with_names, is_certain: is_certain && part.is_certain, ..part }, atoms)
        });
        Ok(parts.collect())
    }

    /// The atoms of a set.
    fn set(&mut self, set: PeerSetId, reading: u8) -> Result<&FixedBitSet, Exhausted> {
        let peers = self.compiled.peer_sets.get(set.0 as usize).ok_or(Exhausted)?;
        let reading = if peers.differs_under(reading.into()) { reading } else { 0 };
        if !self.sets.contains_key(&(set, reading)) {
            self.budget.work(self.atoms.len())?;
            self.budget.bytes(self.atoms.len() / 8)?;
        }
        let [must, may] = peers.bounds();
        let peers = match usize::from(reading) {
            LEAST => must,
            beyond if beyond > LEAST => may,
            reading => peers.under(reading),
        };
        let atoms = self.atoms;
        Ok(self.sets.entry((set, reading)).or_insert_with(|| {
            let mut held = FixedBitSet::with_capacity(atoms.len());
            let inside = atoms.iter().enumerate().filter(|(_, atom)| peers.contains(atom.peer as usize));
            held.extend(inside.map(|(at, _)| at));
            held
        }))
    }

    /// What some parts open together where names stand for what a table says, and whether an ambiguous name is among
    /// them.
    fn opened<'p>(
        &mut self,
        parts: impl Iterator<Item = &'p Part<'a>>,
        names: u32,
        bound: Bound,
    ) -> Result<(ConnectionId, bool), Exhausted>
    where
        'a: 'p,
    {
        let mut sets = BTreeSet::new();
        let mut is_ambiguous = false;
        for part in parts.filter(|part| part.is_certain || bound == Bound::Most) {
            sets.insert(part.rule.ports);
            for numbers in self.numbers(part, names)? {
                sets.insert(numbers.each);
                is_ambiguous |= numbers.is_ambiguous;
            }
        }
        Ok((self.union(sets)?, is_ambiguous))
    }

    /// What a part matches for certain, and what it may match.
    fn matching(&mut self, part: &Part<'a>, names: u32) -> Result<(ConnectionId, ConnectionId), Exhausted> {
        let numbers = self.numbers(part, names)?;
        let ports = part.rule.ports;
        let each = numbers.iter().map(|numbers| numbers.each).chain([ports]).collect();
        let any = numbers.iter().map(|numbers| numbers.any).chain([ports]).collect();
        let must = if part.is_certain { self.union(each)? } else { ConnectionId::NONE };
        Ok((must, self.union(any)?))
    }

    /// What the port names of a part stand for.
    fn numbers(&self, part: &Part<'a>, names: u32) -> Result<Vec<Numbers>, Exhausted> {
        if !part.with_names || part.rule.names.is_empty() {
            return Ok(Vec::new());
        }
        self.budget.work(part.rule.names.len())?;
        Ok(part.rule.names.iter().filter_map(|name| self.names.numbers(names, *name)).collect())
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

/// What decides at the end of some subjects.
struct Program<'a> {
    bound: Bound,
    /// The rules of NetworkPolicies that are for everyone.
    everyone: Vec<Part<'a>>,
    /// All others, in order of tiers and places.
    parts: Vec<Part<'a>>,
    /// Whether some NetworkPolicy isolates the subjects.
    isolates: bool,
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
        let mut moved: HashMap<u32, u32> = HashMap::default();
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

    /// The parts that reach a group, in order, and its base.
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
        parts.reverse();
        (parts, base)
    }
}
