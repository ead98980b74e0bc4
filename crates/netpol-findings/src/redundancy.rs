//! Which policies, rules, peers and ports add nothing to what the others allow the same pods: NP401 and NP402.
//!
//! Judged at the end of the subject, on the union of the policies that select it: what every other one that remains
//! allows there must cover what is looked at, for every subject and every peer. The matrix is then the same without it.
//! What is found is taken out before the next is looked at, so that all of it can go at once: of two that are alike, the
//! later one is found. Nothing is found of what matches no workload or address of the input.
//!
//! Subjects that the same policies select, and peers that no rule can tell apart, are looked at once.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{ConnectionSet, PeerId, PolicyId, Workload};
use netpol_manifest::Direction;

use crate::context::{Context, RuleAt, port_set};

/// How often a rule is held against a pair of ends before the rest is left unsaid.
const MOST_STEPS: usize = 2_000_000;

/// What can go.
#[derive(Debug, Default)]
pub(crate) struct Redundancy {
    /// Whole policies, in order.
    pub(crate) policies: Vec<(PolicyId, Covering)>,
    /// Parts of the policies that stay, in order.
    pub(crate) parts: Vec<(Part, Covering)>,
}

/// The policies that allow the same, or isolate the same pods.
pub(crate) type Covering = BTreeSet<PolicyId>;

/// A rule, or one item of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) policy: PolicyId,
    pub(crate) direction: Direction,
    pub(crate) rule: usize,
    pub(crate) item: Item,
}

/// Which item of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Whole,
    Peer(usize),
    Port(usize),
}

impl Redundancy {
    pub(crate) fn new(context: &Context<'_>) -> Self {
        // The pods that stand for what the input lacks say too little: one for all that a selector may mean.
        if !context.has_workloads() {
            return Self::default();
        }
        let mut search = Search::new(context);
        let mut found = Self::default();
        let ids: Vec<PolicyId> = context.cluster().policies().map(|(id, _)| id).collect();
        for id in ids.iter().rev() {
            if let Some(covering) = search.policy(*id) {
                search.gone.insert(*id);
                found.policies.push((*id, covering));
            }
        }
        let rules: Vec<RuleAt<'_>> =
            context.rules().filter(|at| !search.gone.contains(&at.policy_id)).collect();
        for at in rules.iter().rev() {
            search.rule(at, &mut found.parts);
        }
        found.policies.sort();
        found.parts.sort();
        found
    }
}

/// The state of the search: what is gone so far.
struct Search<'c, 'a> {
    context: &'c Context<'a>,
    /// One peer of each atom, and whether the atom holds a workload of the input or an address.
    atoms: Vec<(PeerId, bool)>,
    gone: BTreeSet<PolicyId>,
    gone_parts: BTreeSet<Part>,
    steps: usize,
}

impl<'c, 'a> Search<'c, 'a> {
    fn new(context: &'c Context<'a>) -> Self {
        let mut atoms: BTreeMap<usize, (PeerId, bool)> = BTreeMap::new();
        for (id, peer) in context.evaluation().peer_ids() {
            let is_real = peer.workload().is_none_or(|workload| !workload.is_hypothetical());
            let entry = atoms.entry(context.evaluation().atom(id)).or_insert((id, is_real));
            entry.1 |= is_real;
        }
        Self {
            context,
            atoms: atoms.into_values().collect(),
            gone: BTreeSet::new(),
            gone_parts: BTreeSet::new(),
            steps: 0,
        }
    }

    /// Whether a policy can go, and what covers it.
    fn policy(&mut self, id: PolicyId) -> Option<Covering> {
        let policy = self.context.cluster().policy(id)?;
        let is_default = policy.spec.pod_selector.requirements.is_empty();
        let has_rules = Direction::BOTH.into_iter().any(|direction| !policy.rules(direction).is_empty());
        if self.context.subjects(id).is_empty() || (is_default && !has_rules) {
            return None;
        }
        let mut covering = Covering::new();
        for direction in Direction::BOTH.into_iter().filter(|direction| policy.isolates(*direction)) {
            if is_default && !self.has_other_default(id, direction) {
                return None;
            }
            let subjects = self.subjects(id, direction);
            for subject in &subjects {
                let selecting = self.context.evaluation().selecting(direction, *subject).iter().copied();
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
        let Some(policy) = self.context.cluster().policy(id) else { return false };
        let Some(namespace) = self.context.namespace(policy.namespace) else { return false };
        let mut others =
            namespace.policies.iter().filter(|other| **other != id && !self.gone.contains(other));
        others.any(|other| {
            let other = self.context.cluster().policy(*other);
            other.is_some_and(|other| self.context.isolates_namespace(other, direction))
        })
    }

    /// Finds what of a rule can go: all of it, or single items.
    fn rule(&mut self, at: &RuleAt<'_>, found: &mut Vec<(Part, Covering)>) {
        if self.context.subjects(at.policy_id).is_empty() {
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
            let mut covering = Covering::new();
            let looked_at = LookedAt::Part(part(item));
            let covered = self.covers(at, &subjects, item, looked_at, &mut covering);
            if covered.is_some() && !covering.is_empty() && self.leaves_one(at, item) {
                self.gone_parts.insert(part(item));
                found.push((part(item), covering));
                if item == Item::Whole {
                    return;
                }
            }
        }
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
        let evaluation = self.context.evaluation();
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
        for number in 0..self.atoms.len() {
            let (peer, is_real) = *self.atoms.get(number)?;
            let matched = match item {
                Item::Peer(index) => self.matches_item(at, index, peer),
                Item::Whole | Item::Port(_) => self.matches(at, peer, None),
            };
            if !matched {
                continue;
            }
            for subject in subjects {
                let wanted = match item {
                    Item::Port(index) => {
                        let port = at.rule.ports.get(index)?;
                        port_set(port, self.destination(at.direction, *subject, peer))
                    }
                    Item::Whole | Item::Peer(_) => self.opens(at, *subject, peer, None),
                };
                if !wanted.is_empty() {
                    let used = self.cover(at.direction, *subject, peer, wanted, looked_at)?;
                    if is_real {
                        covering.extend(used);
                    }
                }
            }
        }
        Some(())
    }

    /// Who covers `wanted` between a subject and a peer; `None` where something is left.
    fn cover(
        &mut self,
        direction: Direction,
        subject: PeerId,
        peer: PeerId,
        wanted: ConnectionSet,
        looked_at: LookedAt,
    ) -> Option<Vec<PolicyId>> {
        let mut left = wanted;
        let mut used = Vec::new();
        for id in self.context.evaluation().selecting(direction, subject) {
            if self.gone.contains(id) || looked_at == LookedAt::Policy(*id) {
                continue;
            }
            let policy = self.context.cluster().policy(*id)?;
            for (index, rule) in policy.rules(direction).iter().enumerate() {
                self.steps += 1;
                if self.steps > MOST_STEPS {
                    return None;
                }
                let at = RuleAt { policy_id: *id, policy, direction, index, rule };
                let without = match looked_at {
                    LookedAt::Part(part)
                        if (part.policy, part.direction, part.rule) == (*id, direction, index) =>
                    {
                        Some(part.item)
                    }
                    LookedAt::Part(_) | LookedAt::Policy(_) => None,
                };
                if without == Some(Item::Whole) || !self.matches(&at, peer, without) {
                    continue;
                }
                let opened = self.opens(&at, subject, peer, without);
                let rest = left.difference(&opened);
                if rest != left {
                    used.push(*id);
                    left = rest;
                }
                if left.is_empty() {
                    return Some(used);
                }
            }
        }
        None
    }

    /// Whether an item of a rule that remains matches a peer.
    fn matches(&self, at: &RuleAt<'_>, peer: PeerId, without: Option<Item>) -> bool {
        if self.is_gone(at, Item::Whole) {
            return false;
        }
        let items = (0..at.rule.peers.len()).filter(|item| without != Some(Item::Peer(*item)));
        let mut items = items.filter(|item| self.matches_item(at, *item, peer));
        at.rule.peers.is_empty() || items.any(|item| !self.is_gone(at, Item::Peer(item)))
    }

    fn matches_item(&self, at: &RuleAt<'_>, item: usize, peer: PeerId) -> bool {
        self.context.evaluation().item_matches(at.policy_id, at.direction, at.index, item, peer)
    }

    /// What the ports of a rule that remain open.
    fn opens(&self, at: &RuleAt<'_>, subject: PeerId, peer: PeerId, without: Option<Item>) -> ConnectionSet {
        if at.rule.ports.is_empty() {
            return ConnectionSet::all();
        }
        let destination = self.destination(at.direction, subject, peer);
        let ports =
            at.rule.ports.iter().enumerate().filter(|(item, _)| {
                without != Some(Item::Port(*item)) && !self.is_gone(at, Item::Port(*item))
            });
        let sets = ports.map(|(_, port)| port_set(port, destination));
        sets.reduce(|all, one| all.union(&one)).unwrap_or_default()
    }

    fn destination(&self, direction: Direction, subject: PeerId, peer: PeerId) -> Option<&'a Workload> {
        self.context.workload(match direction {
            Direction::Ingress => subject,
            Direction::Egress => peer,
        })
    }
}

/// What is thought away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LookedAt {
    Policy(PolicyId),
    Part(Part),
}
