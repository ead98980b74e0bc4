//! Which policies, rules, peers and ports add nothing to what the others allow the same pods: NP401 and NP402.
//!
//! Judged at the end of the subject, on the union of the policies that select it: what every other one that remains
//! allows there must cover what is looked at, for every subject and every peer. The matrix is then the same without it.
//! What is found is taken out before the next is looked at, so that all of it can go at once: of two that are alike, the
//! later one is found. Nothing is found of what matches no workload or address of the input.
//!
//! Subjects that the same policies select, and peers that no rule can tell apart, are looked at once. A pod that a block
//! holds is looked at in each family, whether or not it has an address of it: a block reaches it over addresses of its own
//! family alone, and what ports are called counts for those alone that a rule reaches by their labels. So no block is
//! said to make a selector needless, which depends on the network plugin, unless blocks of both families hold the pods.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_eval::{ConnectionSet, PeerId, PolicyId, Workload, refine};
use netpol_manifest::{Direction, Peer, PolicyPort, PortMatch, Protocol};
use netpol_source::{HashMap, order};

use crate::scene::Scene;
use crate::site::{Item, Part, RuleAt, port_set};
use crate::subsume;

/// How often a rule is held against another before the rest is left unsaid.
const MOST_STEPS: usize = 3_000_000;

/// How many peers are looked up in the time of a step.
const PEERS_A_STEP: usize = 128;

/// Up to so many peers are put together again when one of them is thought away; of more it is counted who matches what.
const FEW_ITEMS: usize = 16;

/// How many rules are asked whether they reach a peer in the time of a step.
const RULES_A_STEP: usize = 16;

/// How many items of a rule are put together in the time of a step.
const ITEMS_A_STEP: usize = 4;

/// How many intervals of ports are looked through in the time of a step.
const INTERVALS_A_STEP: usize = 64;

/// How many places of a set are looked up at once in the time of a step.
const PLACES_AT_ONCE: usize = 8192;

/// How many places are told apart by one rule in the time of a step.
const PLACES_A_STEP: usize = 32;

/// What can go.
#[derive(Debug, Default)]
pub(crate) struct Redundancy {
    /// Whole policies, in order, and whether they add nothing whatever pods there may be.
    pub(crate) policies: Vec<(PolicyId, Covering, Holds)>,
    /// Parts of the policies that stay, in order.
    pub(crate) parts: Vec<(Part, Covering, Holds)>,
    /// Whether everything was looked at.
    pub(crate) is_whole: bool,
    /// By namespace: what can go of its policies, which no others select the same pods as.
    of_namespaces: Vec<Option<Rc<OfNamespace>>>,
    steps: usize,
}

/// What can go of the policies of one namespace.
#[derive(Debug, Default)]
struct OfNamespace {
    policies: Vec<(PolicyId, Covering, Holds)>,
    parts: Vec<(Part, Covering, Holds)>,
    steps: usize,
    /// The work that was counted beside these steps.
    worked: u64,
}

/// What was found in an evaluation.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// By namespace; `None` where not everything was looked at.
    of_namespaces: Vec<Option<Rc<OfNamespace>>>,
    /// Whether there were steps for as much again.
    is_far_from_limit: bool,
}

/// For which pods something adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holds {
    /// For whatever pods the selectors could match.
    Always,
    /// For those that are in the input.
    Today,
}

/// The policies that allow the same, or isolate the same pods.
pub(crate) type Covering = BTreeSet<PolicyId>;

impl Redundancy {
    /// Of namespaces of which nothing is another, `known` tells.
    pub(crate) fn new(scene: &Scene<'_>, known: Option<&Known>) -> Self {
        let found = Self::after(scene, known);
        if found.is_whole || known.is_none() || scene.evaluation().has_same_atoms() {
            return found;
        }
        // What is left out must not depend on what was known.
        Self::after(scene, None)
    }

    fn after(scene: &Scene<'_>, known: Option<&Known>) -> Self {
        // The pods that stand for what the input lacks say too little: one for all that a selector may mean.
        if !scene.has_workloads() {
            return Self { is_whole: true, ..Self::default() };
        }
        // How many steps it takes depends on which peers are alike: near the limit that must be as it was, or another
        // namespace would be the last one that is looked at.
        let known = known.filter(|known| known.is_far_from_limit || scene.evaluation().has_same_atoms());
        let touched = known.and_then(|known| Some((known, scene.touched_namespaces()?)));
        let mut search = Search::new(scene);
        let mut found = Self::default();
        for (id, _, view) in scene.namespaces() {
            let at = id.0 as usize;
            let known = touched.as_ref().filter(|(_, touched)| !touched.contains(&id));
            let known = known.and_then(|(known, _)| known.of_namespaces.get(at)?.as_ref());
            let of_namespace = match known.filter(|known| search.steps + known.steps <= MOST_STEPS) {
                Some(known) => {
                    search.steps += known.steps;
                    scene.work(usize::try_from(known.worked).unwrap_or(usize::MAX));
                    Rc::clone(known)
                }
                None => Rc::new(search.namespace(&view.policies)),
            };
            found.policies.extend(of_namespace.policies.iter().cloned());
            found.parts.extend(of_namespace.parts.iter().cloned());
            found.of_namespaces.push(Some(of_namespace).filter(|_| search.steps <= MOST_STEPS));
        }
        order::sort(&mut found.policies);
        order::sort(&mut found.parts);
        found.steps = search.steps;
        found.is_whole = search.steps <= MOST_STEPS;
        found
    }

    /// What the next evaluation need not find again.
    pub(crate) fn known(self) -> Known {
        Known { is_far_from_limit: self.steps <= MOST_STEPS / 2, of_namespaces: self.of_namespaces }
    }
}

/// The state of the search: what is gone so far.
struct Search<'c, 'a> {
    scene: &'c Scene<'a>,
    /// By atom: one of its peers.
    peers: Vec<PeerId>,
    /// The atoms that hold a workload of the input or an address.
    real: FixedBitSet,
    /// The atoms of workloads.
    workloads: FixedBitSet,
    /// Whether blocks of the policies that are looked at hold workloads, so that each atom has two places: one for each
    /// family. A place is an atom over IPv4, or behind all of them one over IPv6.
    by_family: bool,
    gone: BTreeSet<PolicyId>,
    gone_parts: BTreeSet<Part>,
    /// What remains of the rules that were asked for.
    rules: HashMap<(PolicyId, Direction, usize), Rc<Remains>>,
    steps: usize,
}

/// What remains of a rule.
#[derive(Clone)]
struct Remains {
    /// The places that its items match.
    places: FixedBitSet,
    /// Those of them where only blocks hold a workload.
    by_block: FixedBitSet,
    /// Its items of `ports`, by index; none for a rule without `ports`, which opens all.
    ports: Vec<usize>,
    /// What it opens, on whatever destination; `None` where it names ports.
    plain: Option<ConnectionSet>,
    /// What it opens where it names ports, by what the destination declares, and on no destination in particular.
    by_name: RefCell<HashMap<Option<usize>, Rc<ConnectionSet>>>,
    /// By place, how many of its items match it, and how many of them by labels or as an address; not counted for a rule
    /// of few.
    held: Option<Vec<[u32; 2]>>,
}

impl<'c, 'a> Search<'c, 'a> {
    fn new(scene: &'c Scene<'a>) -> Self {
        let mut atoms: BTreeMap<usize, (PeerId, bool)> = BTreeMap::new();
        for (id, peer) in scene.evaluation().peer_ids() {
            let is_real = peer.workload().is_none_or(|workload| !workload.is_hypothetical());
            let entry = atoms.entry(scene.evaluation().atom(id)).or_insert((id, is_real));
            entry.1 |= is_real;
        }
        // Atoms are numbered without gaps.
        let mut workloads = FixedBitSet::with_capacity(atoms.len());
        let is_workload = |peer: &PeerId| scene.workload(*peer).is_some();
        workloads.extend(
            atoms.values().enumerate().filter(|(_, (peer, _))| is_workload(peer)).map(|(atom, _)| atom),
        );
        let mut real = FixedBitSet::with_capacity(atoms.len());
        real.extend(atoms.values().enumerate().filter(|(_, (_, is_real))| *is_real).map(|(atom, _)| atom));
        Self {
            scene,
            peers: atoms.into_values().map(|(peer, _)| peer).collect(),
            real,
            workloads,
            by_family: false,
            gone: BTreeSet::new(),
            gone_parts: BTreeSet::new(),
            rules: HashMap::default(),
            steps: 0,
        }
    }

    /// What can go of the policies of a namespace.
    fn namespace(&mut self, policies: &[PolicyId]) -> OfNamespace {
        let mut found = OfNamespace::default();
        let before = (self.steps, self.scene.worked());
        self.rules.clear();
        self.by_family = self.have_blocks_of_pods(policies);
        // What can always go goes first: of two that come to the same today, it is the narrower one.
        for holds in [Holds::Always, Holds::Today] {
            for id in policies.iter().rev() {
                if self.gone.contains(id) || (holds == Holds::Always && !self.always_covered(*id)) {
                    continue;
                }
                if let Some(covering) = self.policy(*id) {
                    self.gone.insert(*id);
                    found.policies.push((*id, covering, holds));
                }
            }
        }
        let rules: Vec<RuleAt<'_>> = policies
            .iter()
            .filter(|id| !self.gone.contains(id))
            .flat_map(|id| self.scene.rules_of(*id))
            .collect();
        for holds in [Holds::Always, Holds::Today] {
            for at in rules.iter().rev() {
                self.rule(at, holds, &mut found.parts);
            }
        }
        (found.steps, found.worked) = (self.steps - before.0, self.scene.worked() - before.1);
        found
    }

    /// Whether a block of some policies holds a workload.
    fn have_blocks_of_pods(&self, policies: &[PolicyId]) -> bool {
        let evaluation = self.scene.evaluation();
        let mut rules = policies.iter().flat_map(|id| self.scene.rules_of(*id));
        rules.any(|at| {
            let mut blocks = at.rule.peers.iter().enumerate().filter(|(_, peer)| is_block(peer));
            blocks.any(|(item, _)| {
                let atoms = evaluation.item_atoms(at.policy_id, at.direction, at.index, item);
                !atoms.is_disjoint(&self.workloads)
            })
        })
    }

    /// Whether a policy can go, and what covers it.
    fn policy(&mut self, id: PolicyId) -> Option<Covering> {
        let policy = self.scene.cluster().policy(id)?;
        let is_default = policy.spec.pod_selector.requirements.is_empty();
        let has_rules = Direction::BOTH.into_iter().any(|direction| !policy.rules(direction).is_empty());
        if self.scene.subjects(id).is_empty() || (is_default && !has_rules) {
            return None;
        }
        let mut covering = Covering::new();
        for direction in Direction::BOTH.into_iter().filter(|direction| policy.isolates(*direction)) {
            if is_default && !self.has_other_default(id, direction) {
                return None;
            }
            let subjects = self.subjects(id, direction);
            for subject in &subjects {
                let selecting = self.scene.evaluation().selecting(direction, *subject).iter().copied();
                let mut others = selecting.filter(|other| *other != id && !self.gone.contains(other));
                let other = others.next()?;
                if policy.rules(direction).is_empty() {
                    covering.insert(other);
                }
            }
            for (index, rule) in policy.rules(direction).iter().enumerate() {
                let at = RuleAt { policy_id: id, policy, direction, index, rule };
                let looked_at = LookedAt::Policy(id);
                self.covers(&at, &subjects, Item::Whole, looked_at, &mut covering)?;
            }
        }
        (!covering.is_empty()).then_some(covering)
    }

    /// Whether another policy that remains isolates every pod of the namespace in a direction, those to come included.
    fn has_other_default(&self, id: PolicyId, direction: Direction) -> bool {
        let Some(policy) = self.scene.cluster().policy(id) else { return false };
        let Some(namespace) = self.scene.namespace(policy.namespace) else { return false };
        let mut others =
            namespace.policies.iter().filter(|other| **other != id && !self.gone.contains(other));
        others.any(|other| {
            let other = self.scene.cluster().policy(*other);
            other.is_some_and(|other| self.scene.isolates_namespace(other, direction))
        })
    }

    /// Whether what remains of other policies does what a policy does, whatever pods there may be.
    fn always_covered(&self, id: PolicyId) -> bool {
        subsume::policy(self.scene, id, |other| !self.gone.contains(&other))
    }

    /// Finds what of a rule can go: all of it, or single items.
    fn rule(&mut self, at: &RuleAt<'_>, holds: Holds, found: &mut Vec<(Part, Covering, Holds)>) {
        if self.scene.subjects(at.policy_id).is_empty() || self.is_gone(at, Item::Whole) {
            return;
        }
        let subjects = self.subjects(at.policy_id, at.direction);
        let part = |item| Part { policy: at.policy_id, direction: at.direction, rule: at.index, item };
        // Where `policyTypes` is absent, the last egress rule is what isolates for egress.
        let remaining = (0..at.policy.rules(at.direction).len())
            .filter(|rule| !self.gone_parts.contains(&Part { rule: *rule, ..part(Item::Whole) }));
        let isolates = at.direction == Direction::Egress
            && at.policy.spec.policy_types.is_none()
            && remaining.count() == 1;
        let peers = (0..at.rule.peers.len()).rev().map(Item::Peer);
        let ports = (0..at.rule.ports.len()).rev().map(Item::Port);
        let several = |item: &Item| match item {
            Item::Whole => !isolates,
            Item::Peer(_) => at.rule.peers.len() > 1,
            Item::Port(_) => at.rule.ports.len() > 1,
        };
        for item in std::iter::once(Item::Whole).chain(peers).chain(ports).filter(several) {
            if self.is_gone(at, item) || (holds == Holds::Always && !self.part_always_covered(part(item))) {
                continue;
            }
            let mut covering = Covering::new();
            let looked_at = LookedAt::Part(part(item));
            let covered = self.covers(at, &subjects, item, looked_at, &mut covering);
            if covered.is_some() && !covering.is_empty() && self.leaves_one(at, item) {
                self.gone_parts.insert(part(item));
                self.goes(at, item);
                found.push((part(item), covering, holds));
                if item == Item::Whole {
                    return;
                }
            }
        }
    }

    /// The same for a rule, or an item of one.
    fn part_always_covered(&self, part: Part) -> bool {
        subsume::part(self.scene, part, |other| {
            !self.gone.contains(&other.policy) && !self.gone_parts.contains(&other)
        })
    }

    /// Whether a list keeps an item: an empty one means everything.
    fn leaves_one(&self, at: &RuleAt<'_>, item: Item) -> bool {
        let count = match item {
            Item::Whole => return true,
            Item::Peer(_) => at.rule.peers.len(),
            Item::Port(_) => at.rule.ports.len(),
        };
        let others = (0..count).map(|other| match item {
            Item::Peer(_) => Item::Peer(other),
            Item::Whole | Item::Port(_) => Item::Port(other),
        });
        let mut others = others.filter(|other| *other != item);
        others.any(|other| !self.is_gone(at, other))
    }

    fn is_gone(&self, at: &RuleAt<'_>, item: Item) -> bool {
        let part = Part { policy: at.policy_id, direction: at.direction, rule: at.index, item };
        self.gone_parts.contains(&part)
    }

    /// One subject of a policy of each kind: those that the same policies select, with the same ports by name.
    fn subjects(&self, id: PolicyId, direction: Direction) -> Vec<PeerId> {
        let evaluation = self.scene.evaluation();
        let mut kinds: BTreeMap<(&[PolicyId], usize), PeerId> = BTreeMap::new();
        for subject in evaluation.subjects(id) {
            let names = match direction {
                Direction::Ingress => evaluation.atom(subject),
                Direction::Egress => 0,
            };
            kinds.entry((evaluation.selecting(direction, subject), names)).or_insert(subject);
        }
        kinds.into_values().collect()
    }

    /// Whether what an item of a rule opens between these subjects and anybody is covered by what remains without what
    /// is looked at; `None` where it is not. Whoever covers it is added, which is nobody where nothing is opened between
    /// what is in the input.
    fn covers(
        &mut self,
        at: &RuleAt<'_>,
        subjects: &[PeerId],
        item: Item,
        looked_at: LookedAt,
        covering: &mut Covering,
    ) -> Option<()> {
        if self.steps > MOST_STEPS {
            return None;
        }
        let whole = self.remains(at, None);
        let (places, by_block) = match item {
            Item::Peer(item) => self.places_of_item(at, item),
            Item::Whole | Item::Port(_) => (whole.places.clone(), whole.by_block.clone()),
        };
        let plain = match item {
            Item::Port(item) => {
                at.rule.ports.get(item).filter(|port| !is_name(port)).map(|port| port_set(port, None))
            }
            Item::Whole | Item::Peer(_) => whole.plain.clone(),
        };
        for subject in subjects {
            let others = self.others(at.direction, *subject, looked_at);
            let mut left = places.clone();
            if let Some(wanted) = plain.as_ref().filter(|wanted| !wanted.is_empty()) {
                self.steps += others.len() * (left.len() / PLACES_AT_ONCE);
                self.steps += self.cover_at_once(wanted, &others, &mut left, covering);
            }
            let has_names = plain.is_none() || others.iter().any(|(_, rule)| rule.plain.is_none());
            // Mostly the first one is not covered, and the rest need not be told apart.
            let mut groups = Vec::new();
            let mut known: HashMap<(u32, Option<usize>), Used> = HashMap::default();
            for (count, place) in left.ones().enumerate() {
                if count == 1 {
                    self.steps += others.len() * (1 + left.count_ones(..) / PLACES_A_STEP);
                    groups = self.told_apart(&left, &others, &by_block);
                    let first = left.minimum().and_then(|first| groups.get(first)).copied();
                    known = known
                        .into_iter()
                        .map(|((_, ports), used)| ((first.unwrap_or(u32::MAX), ports), used))
                        .collect();
                }
                self.steps += 1 + others.len() / RULES_A_STEP;
                if self.steps > MOST_STEPS {
                    return None;
                }
                let atom = place % self.peers.len();
                let destination = self.destination(at.direction, *subject, *self.peers.get(atom)?);
                let ports =
                    destination.filter(|_| has_names).map(|workload| Arc::as_ptr(&workload.ports).addr());
                // What the same rules reach, with the same ports by name, is covered alike.
                let used = match groups.get(place).and_then(|group| known.get_mut(&(*group, ports))) {
                    Some(used) => used,
                    None => {
                        let named = |by_block: &FixedBitSet| {
                            destination
                                .filter(|_| at.direction == Direction::Ingress || !by_block.contains(place))
                        };
                        let wanted = match item {
                            Item::Port(item) => port_set(at.rule.ports.get(item)?, named(&by_block)),
                            Item::Whole | Item::Peer(_) => match &whole.plain {
                                Some(plain) => plain.clone(),
                                None => (*whole.opens(at, named(&by_block))).clone(),
                            },
                        };
                        let reaching = others.iter().filter(|(_, rule)| rule.places.contains(place));
                        let reaching = reaching.map(|(at, rule)| (at, rule, named(&rule.by_block)));
                        let used = Used { policies: self.cover(wanted, reaching)?, is_counted: false };
                        let group = groups.get(place).copied().unwrap_or(u32::MAX);
                        known.entry((group, ports)).or_insert(used)
                    }
                };
                if !used.is_counted && self.real.contains(atom) {
                    covering.extend(&used.policies);
                    used.is_counted = true;
                }
            }
        }
        (self.steps <= MOST_STEPS).then_some(())
    }

    /// By place, a number that those of `left` share which the same rules reach in the same way.
    fn told_apart(
        &self,
        left: &FixedBitSet,
        others: &[(RuleAt<'a>, Rc<Remains>)],
        by_block: &FixedBitSet,
    ) -> Vec<u32> {
        let rules = others.iter().flat_map(|(_, rule)| [&rule.places, &rule.by_block]);
        let sets: Vec<FixedBitSet> = rules.chain([by_block]).map(|set| set & left).collect();
        refine(left.len(), sets.iter())
    }

    /// Every rule for a subject that remains without what is looked at.
    fn others(
        &mut self,
        direction: Direction,
        subject: PeerId,
        looked_at: LookedAt,
    ) -> Vec<(RuleAt<'a>, Rc<Remains>)> {
        let mut others = Vec::new();
        for id in self.scene.evaluation().selecting(direction, subject) {
            if self.gone.contains(id) || looked_at == LookedAt::Policy(*id) {
                continue;
            }
            let Some(policy) = self.scene.cluster().policy(*id) else { continue };
            for (index, rule) in policy.rules(direction).iter().enumerate() {
                let at = RuleAt { policy_id: *id, policy, direction, index, rule };
                let without = match looked_at {
                    LookedAt::Part(part)
                        if (part.policy, part.direction, part.rule) == (*id, direction, index) =>
                    {
                        Some(part.item)
                    }
                    LookedAt::Part(_) | LookedAt::Policy(_) => None,
                };
                if without != Some(Item::Whole) && !self.is_gone(&at, Item::Whole) {
                    others.push((at, self.remains(&at, without)));
                }
            }
        }
        self.steps += others.len();
        others
    }

    /// Takes out of `left` the places for which one rule opens all that is wanted; says how many steps long rules took.
    fn cover_at_once(
        &self,
        wanted: &ConnectionSet,
        others: &[(RuleAt<'a>, Rc<Remains>)],
        left: &mut FixedBitSet,
        covering: &mut Covering,
    ) -> usize {
        let mut steps = 0;
        for (at, rule) in others {
            let Some(plain) = &rule.plain else { continue };
            steps += (size(wanted) + size(plain)) / INTERVALS_A_STEP;
            if left.is_disjoint(&rule.places) || !(plain.is_all() || plain.includes(wanted)) {
                continue;
            }
            if left.intersection(&rule.places).any(|place| self.real.contains(place % self.peers.len())) {
                covering.insert(at.policy_id);
            }
            left.difference_with(&rule.places);
        }
        steps
    }

    /// Who of those that reach a peer covers `wanted`, each with the destination whose port names count; `None` where
    /// something is left.
    fn cover<'o>(
        &mut self,
        wanted: ConnectionSet,
        reaching: impl Iterator<Item = (&'o RuleAt<'a>, &'o Rc<Remains>, Option<&'o Workload>)>,
    ) -> Option<Vec<PolicyId>>
    where
        'a: 'o,
    {
        let mut left = wanted;
        let mut used = Vec::new();
        if left.is_empty() {
            return Some(used);
        }
        for (at, rule, destination) in reaching {
            self.steps += 1 + (size(&left) + rule.plain.as_ref().map_or(0, size)) / INTERVALS_A_STEP;
            if rule.plain.is_none() {
                self.steps += rule.ports.len() / ITEMS_A_STEP;
            }
            let rest = match &rule.plain {
                Some(plain) => left.difference(plain),
                None => left.difference(&rule.opens(at, destination)),
            };
            if rest != left {
                used.push(at.policy_id);
                left = rest;
            }
            if left.is_empty() {
                return Some(used);
            }
        }
        None
    }

    /// What remains of a rule, less one item.
    fn remains(&mut self, at: &RuleAt<'_>, without: Option<Item>) -> Rc<Remains> {
        let key = (at.policy_id, at.direction, at.index);
        if without.is_none()
            && let Some(known) = self.rules.get(&key)
        {
            return known.clone();
        }
        let is_counted = at.rule.peers.len() > FEW_ITEMS;
        if let Some(Item::Peer(item)) = without.filter(|_| is_counted) {
            self.steps += 1 + self.peers.len() / PEERS_A_STEP + at.rule.ports.len() / ITEMS_A_STEP;
            let whole = self.remains(at, None);
            return Rc::new(self.without_peer(at, &whole, item));
        }
        self.steps += (at.rule.peers.len() + at.rule.ports.len()) / ITEMS_A_STEP;
        let stays = |item: Item| without != Some(item) && !self.is_gone(at, item);
        let mut places = self.no_places();
        let mut by_labels = self.no_places();
        if at.rule.peers.is_empty() {
            places.insert_range(..);
            by_labels.insert_range(..);
        }
        let mut held = is_counted.then(|| vec![[0; 2]; places.len()]);
        let peers: Vec<usize> = (0..at.rule.peers.len()).filter(|item| stays(Item::Peer(*item))).collect();
        let ports: Vec<usize> = (0..at.rule.ports.len()).filter(|item| stays(Item::Port(*item))).collect();
        for item in peers {
            let (of_item, by_block) = self.places_of_item(at, item);
            for place in of_item.ones().filter(|_| is_counted) {
                if let Some([all, by_label]) = held.as_mut().and_then(|held| held.get_mut(place)) {
                    *all += 1;
                    *by_label += u32::from(!by_block.contains(place));
                }
            }
            places.union_with(&of_item);
            if self.by_family {
                by_labels.extend(of_item.difference(&by_block));
            }
        }
        let mut by_block = self.no_places();
        if self.by_family {
            by_block.union_with(&places);
            by_block.difference_with(&by_labels);
        }
        let mut remains = Remains { places, by_block, ports, plain: None, by_name: RefCell::default(), held };
        if !at.rule.ports.iter().any(is_name) {
            remains.plain = Some(remains.put_together(at, None));
        }
        let remains = Rc::new(remains);
        if without.is_none() {
            self.rules.insert(key, remains.clone());
        }
        remains
    }

    /// What remains of a rule of many items, less one of its peers.
    fn without_peer(&mut self, at: &RuleAt<'_>, whole: &Remains, item: usize) -> Remains {
        let mut remains = whole.clone();
        let (of_item, by_block) = self.places_of_item(at, item);
        for place in of_item.ones() {
            if let Some([all, by_label]) = remains.held.as_mut().and_then(|held| held.get_mut(place)) {
                *all = all.saturating_sub(1);
                *by_label = by_label.saturating_sub(u32::from(!by_block.contains(place)));
                remains.places.set(place, *all > 0);
                remains.by_block.set(place, *all > 0 && *by_label == 0);
            }
        }
        remains
    }

    /// Forgets what was known of a rule of which an item goes.
    fn goes(&mut self, at: &RuleAt<'_>, item: Item) {
        let known = self.rules.remove(&(at.policy_id, at.direction, at.index));
        if let (Item::Peer(item), Some(known)) = (item, known)
            && known.held.is_some()
        {
            let remains = Rc::new(self.without_peer(at, &known, item));
            self.rules.insert((at.policy_id, at.direction, at.index), remains);
        }
    }

    fn no_places(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.peers.len() * if self.by_family { 2 } else { 1 })
    }

    /// The places that an item of `from` or `to` matches, and those of them where a block holds a workload.
    fn places_of_item(&mut self, at: &RuleAt<'_>, item: usize) -> (FixedBitSet, FixedBitSet) {
        let mut places = self.scene.evaluation().item_atoms(at.policy_id, at.direction, at.index, item);
        self.steps += places.count_ones(..) / PEERS_A_STEP;
        let mut by_block = self.no_places();
        if !self.by_family {
            return (places, by_block);
        }
        let atoms: Vec<usize> = places.ones().collect();
        places = self.no_places();
        let family = at.rule.peers.get(item).and_then(|peer| match peer {
            Peer::Block { cidr, .. } => Some(matches!(cidr.value, IpNet::V4(_))),
            Peer::Pods { .. } => None,
        });
        for atom in atoms {
            let held_by = family.filter(|_| self.workloads.contains(atom));
            for (place, of_family) in [(atom, true), (atom + self.peers.len(), false)] {
                if held_by.is_none_or(|family| family == of_family) {
                    places.insert(place);
                    by_block.set(place, held_by.is_some());
                }
            }
        }
        (places, by_block)
    }

    fn destination(&self, direction: Direction, subject: PeerId, peer: PeerId) -> Option<&'a Workload> {
        self.scene.workload(match direction {
            Direction::Ingress => subject,
            Direction::Egress => peer,
        })
    }
}

impl Remains {
    /// What the ports open on a destination.
    fn opens(&self, at: &RuleAt<'_>, destination: Option<&Workload>) -> Rc<ConnectionSet> {
        let declared = destination.map(|workload| Arc::as_ptr(&workload.ports).addr());
        let mut known = self.by_name.borrow_mut();
        Rc::clone(known.entry(declared).or_insert_with(|| Rc::new(self.put_together(at, destination))))
    }

    fn put_together(&self, at: &RuleAt<'_>, destination: Option<&Workload>) -> ConnectionSet {
        if at.rule.ports.is_empty() {
            return ConnectionSet::all();
        }
        let ports = self.ports.iter().filter_map(|item| at.rule.ports.get(*item));
        let by_name = destination.filter(|_| self.ports.len() > FEW_ITEMS).map(Workload::ports_by_name);
        // All at once: one by one, a long list would be copied for each of its ports.
        let opened = ports.flat_map(|port| {
            let set = match (&port.port, &by_name) {
                (PortMatch::Name(name), Some(by_name)) => {
                    let numbers = by_name.get(&(port.protocol, name.as_str())).cloned();
                    ConnectionSet::of(port.protocol, numbers.unwrap_or_default())
                }
                _ => port_set(port, destination),
            };
            set.intervals().collect::<Vec<_>>()
        });
        ConnectionSet::from_intervals(opened)
    }
}

fn is_block(peer: &Peer) -> bool {
    matches!(peer, Peer::Block { .. })
}

/// How many intervals of ports there are.
fn size(set: &ConnectionSet) -> usize {
    Protocol::ALL.into_iter().map(|protocol| set.ports(protocol).intervals().len()).sum()
}

fn is_name(port: &PolicyPort) -> bool {
    matches!(port.port, PortMatch::Name(_))
}

/// The policies that cover something, and whether they are among those that cover all of it.
struct Used {
    policies: Vec<PolicyId>,
    is_counted: bool,
}

/// What is thought away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookedAt {
    Policy(PolicyId),
    Part(Part),
}
