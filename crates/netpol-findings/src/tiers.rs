//! What the rules of cluster-scoped policies decide, by tier: walked once over all ends that can be told apart.
//!
//! Subjects on which the same policies act, and peers that no rule can tell apart, are looked at once: one of each stands
//! for the others. What is told of a rule holds for all of them.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{
    Action, ConnectionSet, End, Leaf, LeafKind, Lowered, MatchingRules, Namespaces, Origin, PeerId, Pods,
    PolicyId, Rule, RuleTrace, TierKind, TierTrace,
};
use netpol_manifest::{ClusterPeer, Direction, LabelSelector, Requirement};

use crate::scene::Scene;
use netpol_source::{HashMap, HashSet};

/// How many items of rules are held against an end, and rules against each other, before the rest is left unsaid.
const MOST_STEPS: usize = 3_000_000;

/// What a policy costs beside its items.
const POLICY_STEPS: usize = 8;

/// How many peers of an atom, and subjects of a group, are tried for two that are not a pod and itself, or its own node.
const TRIED: usize = 4;

/// All that is told.
#[derive(Debug, Default)]
pub(crate) struct Tiers {
    /// By rule of a cluster-scoped policy that has a say somewhere.
    pub(crate) rules: BTreeMap<Origin, Seen>,
    /// By two policies of one place in a tier: the first connection on which they disagree.
    pub(crate) ties: BTreeMap<(PolicyId, PolicyId), Tie>,
    /// Whole policies without which their tier decides the same, and those that decide it then.
    pub(crate) policies: Vec<(PolicyId, BTreeSet<Origin>)>,
    /// Rules of other policies, likewise.
    pub(crate) redundant: Vec<(Origin, BTreeSet<Origin>)>,
    /// By direction: the subjects for which some rule decides every connection with pods; for egress with any other
    /// address, too.
    decided: [HashSet<PeerId>; 2],
    /// Whether everything was looked at.
    pub(crate) is_whole: bool,
    /// Whether everything was looked at that may be redundant.
    pub(crate) is_searched: bool,
    /// How much that was.
    pub(crate) steps: usize,
}

/// What was seen of a rule.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) action: Action,
    /// Whether it matches something.
    pub(crate) matches: bool,
    /// Whether some of that is left to it by the rules before it.
    pub(crate) decides: bool,
    /// The rules that come before it and take what it matches.
    pub(crate) covered_by: BTreeSet<Origin>,
    /// Of `Pass`: what no rule decides afterwards.
    pub(crate) falls_through: Shown,
    /// Of `Allow`: what no NetworkPolicy that isolates the subject allows; by the first of these.
    pub(crate) overrides: BTreeMap<PolicyId, Shown>,
    /// Of a rule with `networks`: what it decides of connections with pods that only these match, by item.
    pub(crate) pods: BTreeMap<usize, Shown>,
    /// Of `Allow`: what it opens of addresses that stand for any other, or for metadata endpoints.
    pub(crate) outside: BTreeMap<PeerId, Shown>,
}

/// Ends for which something holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// The subjects that findings speak of, in order.
    pub(crate) subjects: BTreeSet<PeerId>,
    /// The peers, one for all that are alike.
    pub(crate) peers: BTreeSet<PeerId>,
    /// The first connections.
    pub(crate) first: Option<Connections>,
}

/// Connections between a subject and a peer.
#[derive(Clone, Debug)]
pub(crate) struct Connections {
    pub(crate) direction: Direction,
    pub(crate) subject: PeerId,
    pub(crate) peer: PeerId,
    pub(crate) ports: ConnectionSet,
}

/// Two policies that disagree.
#[derive(Clone, Debug)]
pub(crate) struct Tie {
    pub(crate) tier: TierKind,
    pub(crate) priority: Option<u16>,
    /// Of each, the rule and what it does.
    pub(crate) rules: [(Origin, Action); 2],
    pub(crate) connections: Connections,
}

impl Seen {
    fn new(rule: &RuleTrace) -> Self {
        Self {
            action: rule.action,
            matches: false,
            decides: false,
            covered_by: BTreeSet::new(),
            falls_through: Shown::default(),
            overrides: BTreeMap::new(),
            pods: BTreeMap::new(),
            outside: BTreeMap::new(),
        }
    }
}

impl Shown {
    fn add(&mut self, subjects: &[PeerId], connections: Connections) {
        self.subjects.extend(subjects);
        self.peers.insert(connections.peer);
        if self.first.as_ref().is_none_or(|first| first.is_own() && !connections.is_own()) {
            self.first = Some(connections);
        }
    }
}

impl Connections {
    /// Whether they are between pods of one workload: others show more.
    fn is_own(&self) -> bool {
        self.subject == self.peer
    }
}

/// Subjects that are alike in a direction.
struct Group {
    direction: Direction,
    /// All of them, those that findings speak of first.
    all: Vec<PeerId>,
    /// Those that findings speak of.
    told: Vec<PeerId>,
    /// What it takes to look at an end.
    cost: usize,
    /// The ways in which its policies decide, each with a subject for which they do.
    distinct: Vec<(PeerId, MatchingRules)>,
}

impl Tiers {
    pub(crate) fn new(scene: &Scene<'_>) -> Self {
        let mut tiers = Self { is_whole: true, is_searched: true, ..Self::default() };
        if scene.cluster().cluster_policies.is_empty() {
            return tiers;
        }
        let mut groups = groups(scene);
        let atoms = atoms(scene);
        for group in &mut groups {
            let mut is_decided = true;
            let mut known: HashMap<MatchingRules, (End, bool)> = HashMap::default();
            for atom in &atoms {
                tiers.steps += group.cost;
                if tiers.steps > MOST_STEPS {
                    tiers.is_whole = false;
                    return tiers.unsure();
                }
                let Some((subject, peer, matching)) = pair(scene, group, atom) else { continue };
                // How rules weigh against each other is the same wherever the same rules match.
                let is_spoken_of = scene.is_spoken_of(peer);
                let is_new = !known.contains_key(&matching);
                if is_new {
                    let end = scene.evaluation().matching_end(subject, &matching, &|_| false);
                    known.insert(matching.clone(), (end, false));
                }
                let Some((end, weighed)) = known.get_mut(&matching) else { continue };
                if !end.is_evaluated {
                    is_decided = false;
                    tiers.is_whole = false;
                }
                // Connections between two workloads show more than those within one.
                let shows_more = is_spoken_of && subject != peer;
                if is_new || (shows_more && !*weighed) {
                    *weighed = shows_more;
                    tiers.weigh_all(scene, group, (subject, peer), end);
                }
                if is_new {
                    group.distinct.push((subject, matching));
                }
                is_decided &= tiers.look(scene, group, (subject, peer), end);
            }
            if is_decided {
                let [ingress, egress] = &mut tiers.decided;
                let decided = if group.direction == Direction::Ingress { ingress } else { egress };
                decided.extend(&group.all);
            }
        }
        tiers.redundancy(scene, &groups);
        tiers
    }

    /// Whether cluster-scoped policies decide every connection of a subject that is not isolated.
    pub(crate) fn is_decided(&self, direction: Direction, subject: PeerId) -> bool {
        let [ingress, egress] = &self.decided;
        let decided = if direction == Direction::Ingress { ingress } else { egress };
        decided.contains(&subject)
    }

    /// Rules that match something, and nothing of it is left to them; nor would be of pods to come.
    pub(crate) fn shadowed(&self, scene: &Scene<'_>) -> impl Iterator<Item = (&Origin, &Seen)> {
        let gone = |origin: &Origin| self.policies.iter().any(|(policy, _)| *policy == origin.policy);
        let all = self.rules.iter().filter(|(_, seen)| self.is_whole && seen.matches && !seen.decides);
        all.filter(move |(origin, seen)| {
            let has_subjects = !scene.subjects(origin.policy).is_empty();
            has_subjects && !gone(origin) && is_within(scene, **origin, &seen.covered_by)
        })
    }

    /// Without what holds only where everything was looked at.
    fn unsure(mut self) -> Self {
        self.decided = Default::default();
        self
    }

    /// Looks at one end; says whether some rule decides all of it.
    fn look(
        &mut self,
        scene: &Scene<'_>,
        group: &Group,
        (subject, peer): (PeerId, PeerId),
        end: &End,
    ) -> bool {
        let connections =
            |ports: ConnectionSet| Connections { direction: group.direction, subject, peer, ports };
        let open = |ports: &ConnectionSet| ports.intersection(scene.allowed(group.direction, subject, peer));
        let tier = |kind| end.tiers.iter().find(|tier| tier.kind == kind);
        let left = end.tiers.last().map_or(ConnectionSet::all(), |tier| tier.leaves.clone());
        let of_network_policies = end.network_policies();
        let allowed = of_network_policies
            .iter()
            .flat_map(|policy| &policy.rules)
            .fold(ConnectionSet::NONE, |all, rule| all.union(&rule.matched));
        let is_told = !group.told.is_empty() && scene.is_spoken_of(peer);
        let admin = tier(TierKind::Admin).into_iter().flat_map(|tier| &tier.policies);
        for rule in admin.flat_map(|policy| &policy.rules).filter(|_| is_told) {
            let seen = self.rules.entry(rule.origin).or_insert_with(|| Seen::new(rule));
            let falls = rule.decides.intersection(&left);
            if rule.action == Action::Pass && !falls.is_empty() {
                let falls = Some(open(&falls)).filter(|open| !open.is_empty()).unwrap_or(falls);
                seen.falls_through.add(&group.told, connections(falls));
            }
            if let Some(isolating) = of_network_policies.first()
                && rule.action == Action::Allow
            {
                let more = open(&rule.decides.difference(&allowed));
                if !more.is_empty() {
                    seen.overrides.entry(isolating.policy).or_default().add(&group.told, connections(more));
                }
            }
        }
        for rule in end.policies().flat_map(|policy| &policy.rules).filter(|_| is_told) {
            let Some(policy) = scene.cluster().cluster_policy(rule.origin.policy) else { continue };
            if rule.decides.is_empty() {
                continue;
            }
            let seen = self.rules.entry(rule.origin).or_insert_with(|| Seen::new(rule));
            if scene.any_address().contains(&peer) || scene.metadata().contains(&peer) {
                let more = open(&rule.decides);
                if rule.action == Action::Allow && !more.is_empty() {
                    seen.outside.entry(peer).or_default().add(&group.told, connections(more));
                }
            }
            let items = policy.rules(group.direction).get(rule.origin.index).map(|rule| &rule.peers);
            let is_pod = scene.workload(peer).is_some_and(|workload| !workload.host_network);
            let Some(items) = items.filter(|_| is_pod && rule.action != Action::Pass) else { continue };
            if !items.iter().any(|item| matches!(item, ClusterPeer::Networks { .. })) {
                continue;
            }
            let mut matching = items.iter().enumerate().filter(|(item, _)| {
                let Origin { policy, direction, index } = rule.origin;
                scene.evaluation().item_matches(policy, direction, index, *item, peer)
            });
            // One of pods means them.
            if let Some((item, ClusterPeer::Networks { .. })) = matching.next()
                && matching.all(|(_, item)| matches!(item, ClusterPeer::Networks { .. }))
            {
                seen.pods.entry(item).or_default().add(&group.told, connections(rule.decides.clone()));
            }
        }
        let counts = match group.direction {
            Direction::Ingress => scene.workload(peer).is_some_and(|workload| !workload.host_network),
            Direction::Egress => {
                scene.workload(peer).is_some_and(|workload| !workload.host_network)
                    || scene.any_address().contains(&peer)
            }
        };
        !counts || left.is_empty()
    }

    /// Weighs the rules of both tiers of cluster-scoped policies.
    fn weigh_all(&mut self, scene: &Scene<'_>, group: &Group, ends: (PeerId, PeerId), end: &End) {
        let tier = |kind| end.tiers.iter().find(|tier| tier.kind == kind);
        let before_baseline = tier(TierKind::Admin)
            .map_or(ConnectionSet::NONE, |admin| admin.arrives.difference(&admin.leaves));
        for (kind, before) in [(TierKind::Admin, ConnectionSet::NONE), (TierKind::Baseline, before_baseline)]
        {
            let Some(tier) = tier(kind) else { continue };
            let before_by = match kind {
                TierKind::Baseline => end.tiers.iter().find(|tier| tier.kind == TierKind::Admin),
                TierKind::Admin | TierKind::NetworkPolicy => None,
            };
            self.weigh(scene, group, ends, (tier, before_by), before);
        }
    }

    /// Weighs the rules of a tier against those before them, and against those of the same place.
    fn weigh(
        &mut self,
        scene: &Scene<'_>,
        group: &Group,
        (subject, peer): (PeerId, PeerId),
        (tier, before_by): (&TierTrace, Option<&TierTrace>),
        before: ConnectionSet,
    ) {
        let mut covered = before;
        let mut earlier: Vec<&RuleTrace> =
            before_by.into_iter().flat_map(|tier| &tier.policies).flat_map(|policy| &policy.rules).collect();
        earlier.retain(|rule| rule.action != Action::Pass);
        let mut voices: Vec<Voice> = Vec::new();
        for tied in tier.policies.chunk_by(|one, next| one.priority == next.priority) {
            let arrives = tier.arrives.difference(&covered);
            let mut of_tied = ConnectionSet::NONE;
            for policy in tied {
                let mut own = covered.clone();
                let mut voice = Voice { policy: policy.policy, priority: policy.priority, says: Vec::new() };
                let mut own_rules: Vec<&RuleTrace> = Vec::new();
                for rule in &policy.rules {
                    let seen = self.rules.entry(rule.origin).or_insert_with(|| Seen::new(rule));
                    let taken = rule.matched.difference(&own);
                    seen.matches |= !rule.matched.is_empty();
                    seen.decides |= !taken.is_empty();
                    if !seen.decides && !rule.matched.is_empty() {
                        self.steps += earlier.len() + own_rules.len();
                        if self.steps > MOST_STEPS {
                            self.is_whole = false;
                            return;
                        }
                        let takes =
                            |other: &&&RuleTrace| !other.matched.intersection(&rule.matched).is_empty();
                        let before = earlier.iter().chain(&own_rules).filter(takes);
                        seen.covered_by.extend(before.map(|other| other.origin));
                    }
                    voice.says.push((rule.origin, rule.action, taken.intersection(&arrives)));
                    own = own.union(&rule.matched);
                    of_tied = of_tied.union(&rule.matched);
                    own_rules.push(rule);
                }
                voices.push(voice);
            }
            // What has no priority comes before none of the others.
            if tied.iter().all(|policy| policy.priority.is_some()) {
                covered = covered.union(&of_tied);
                earlier.extend(tied.iter().flat_map(|policy| &policy.rules));
            }
        }
        if group.told.is_empty() || !scene.is_spoken_of(peer) {
            return;
        }
        for (at, one) in voices.iter().enumerate() {
            let others = voices.iter().skip(at + 1);
            for other in others.filter(|other| one.priority.is_none() || one.priority == other.priority) {
                let disagreement = one.disagrees(other, tier.kind, &mut self.steps);
                if self.steps > MOST_STEPS {
                    self.is_whole = false;
                    return;
                }
                if let Some((rules, ports)) = disagreement {
                    let connections = Connections { direction: group.direction, subject, peer, ports };
                    let known = self.ties.get(&(one.policy, other.policy));
                    if known.is_none_or(|tie| tie.connections.is_own() && !connections.is_own()) {
                        let priority = other.priority.or(one.priority);
                        let tie = Tie { tier: tier.kind, priority, rules, connections };
                        self.ties.insert((one.policy, other.policy), tie);
                    }
                }
            }
        }
    }

    /// Finds the policies and rules without which their tier comes to the same decisions everywhere, the last first.
    fn redundancy(&mut self, scene: &Scene<'_>, groups: &[Group]) {
        if !scene.has_workloads() || !self.is_whole {
            return;
        }
        // What is shadowed may go as well, so that what shadows it must stay.
        let mut gone: BTreeSet<Origin> = self.shadowed(scene).map(|(origin, _)| *origin).collect();
        let ids = scene.cluster().cluster_policies().map(|(id, _)| id);
        // Of two that disagree and have no order, either may decide.
        let tied: BTreeSet<PolicyId> = self.ties.keys().flat_map(|(one, other)| [*one, *other]).collect();
        let ids = ids.filter(|id| !tied.contains(id) && !scene.subjects(*id).is_empty());
        let ids: Vec<PolicyId> = ids.collect();
        for id in ids.iter().rev() {
            let own: BTreeSet<Origin> =
                self.rules.keys().filter(|origin| origin.policy == *id).copied().collect();
            let decides = own.iter().any(|origin| self.rules.get(origin).is_some_and(|seen| seen.decides));
            if decides && let Some(by) = self.can_go(scene, groups, (&gone, &own)) {
                gone.extend(own);
                self.policies.push((*id, by));
            }
        }
        let rules = self.rules.iter().filter(|(origin, seen)| seen.decides && ids.contains(&origin.policy));
        let rules: Vec<Origin> = rules.map(|(origin, _)| *origin).collect();
        for origin in rules.into_iter().rev().filter(|origin| !gone.contains(origin)).collect::<Vec<_>>() {
            let own = BTreeSet::from([origin]);
            if let Some(by) = self.can_go(scene, groups, (&gone, &own)) {
                gone.insert(origin);
                self.redundant.push((origin, by));
            }
        }
        self.policies.reverse();
        self.redundant.reverse();
    }

    /// The same whether or not what else may go is gone.
    fn can_go(
        &mut self,
        scene: &Scene<'_>,
        groups: &[Group],
        (gone, own): (&BTreeSet<Origin>, &BTreeSet<Origin>),
    ) -> Option<BTreeSet<Origin>> {
        let by = self.changes_nothing(scene, groups, (gone, own))?;
        if !gone.is_empty() {
            self.changes_nothing(scene, groups, (&BTreeSet::new(), own))?;
        }
        Some(by)
    }

    /// Whose rules decide instead what some rules decide, if that is the same everywhere.
    fn changes_nothing(
        &mut self,
        scene: &Scene<'_>,
        groups: &[Group],
        (gone, own): (&BTreeSet<Origin>, &BTreeSet<Origin>),
    ) -> Option<BTreeSet<Origin>> {
        let first = own.first()?;
        let tier = Lowered::new(scene.cluster(), first.policy)?.tier;
        let mut by = BTreeSet::new();
        for group in groups {
            let direction = group.direction;
            let any = *group.all.first()?;
            let is_concerned = own.iter().any(|origin| origin.direction == direction)
                && scene.evaluation().deciding(direction, any).contains(&first.policy);
            if !is_concerned {
                continue;
            }
            let concerned = group.distinct.iter();
            let concerned =
                concerned.filter(|(_, matching)| own.iter().any(|origin| matching.contains(*origin)));
            for (subject, matching) in concerned {
                self.steps += POLICY_STEPS * (1 + matching.count());
                if self.steps > MOST_STEPS {
                    self.is_searched = false;
                    return None;
                }
                let without = |is_gone: &dyn Fn(Origin) -> bool| {
                    let end = scene.evaluation().matching_end(*subject, matching, is_gone);
                    end.tiers.into_iter().find(|one| one.kind == tier)
                };
                let Some(before) = without(&|origin| gone.contains(&origin)) else { continue };
                let decided = before.policies.iter().flat_map(|policy| &policy.rules);
                let decided = decided.filter(|rule| own.contains(&rule.origin));
                let decided = decided.fold(ConnectionSet::NONE, |all, rule| all.union(&rule.decides));
                if decided.is_empty() {
                    continue;
                }
                // Without any rule that matches, the tier would leave all of it.
                let after = without(&|origin| gone.contains(&origin) || own.contains(&origin))?;
                if outcome(&before) != outcome(&after) {
                    return None;
                }
                let rules = after.policies.iter().flat_map(|policy| &policy.rules);
                let instead = rules.filter(|rule| !rule.decides.intersection(&decided).is_empty());
                by.extend(instead.map(|rule| rule.origin));
            }
        }
        let all_within = own.iter().all(|origin| is_within(scene, *origin, &by));
        (!by.is_empty() && all_within).then_some(by)
    }
}

/// What one of several policies of a place says.
struct Voice {
    policy: PolicyId,
    priority: Option<u16>,
    says: Vec<(Origin, Action, ConnectionSet)>,
}

impl Voice {
    /// The first rules of two that disagree, and about what; counts what is held against each other.
    fn disagrees(
        &self,
        other: &Self,
        tier: TierKind,
        steps: &mut usize,
    ) -> Option<([(Origin, Action); 2], ConnectionSet)> {
        // Behind the last tier everything is allowed.
        let ends = |action| match (tier, action) {
            (TierKind::Baseline, Action::Pass) => Action::Allow,
            (_, action) => action,
        };
        self.says.iter().find_map(|(own, own_action, own_says)| {
            *steps += other.says.len();
            let others = other.says.iter().filter(|(_, action, _)| ends(*action) != ends(*own_action));
            others.into_iter().find_map(|(its, action, says)| {
                let both = own_says.intersection(says);
                (!both.is_empty()).then_some(([(*own, *own_action), (*its, *action)], both))
            })
        })
    }
}

/// Whether what a rule speaks of is named by others as widely, so that pods to come make no difference.
fn is_within(scene: &Scene<'_>, origin: Origin, others: &BTreeSet<Origin>) -> bool {
    let cluster = scene.cluster();
    let Some(own) = Lowered::new(cluster, origin.policy) else { return false };
    let lowered: Vec<(Origin, Lowered<'_>)> =
        others.iter().filter_map(|other| Some((*other, Lowered::new(cluster, other.policy)?))).collect();
    let wide_enough: Vec<&Rule<'_>> = lowered
        .iter()
        .filter(|(_, other)| includes(other.subjects, own.subjects))
        .filter_map(|(origin, other)| other.rules(origin.direction)?.get(origin.index))
        .collect();
    let rule = own.rules(origin.direction).and_then(|rules| rules.get(origin.index));
    let Some(leaves) = rule.map(|rule| &rule.peers) else { return false };
    let is_named = |leaf: &Leaf<'_>| {
        wide_enough.iter().any(|other| match (&other.peers, &leaf.kind) {
            (None, _) | (_, LeafKind::Block(_) | LeafKind::Networks(_) | LeafKind::Domain(_)) => true,
            (Some(others), LeafKind::Pods(pods)) => others.iter().any(|other| match other.kind {
                LeafKind::Pods(others) => includes(others, *pods),
                _ => false,
            }),
            (Some(others), LeafKind::Nodes(nodes)) => others.iter().any(|other| match other.kind {
                LeafKind::Nodes(others) => asks_for_less(others, nodes),
                _ => false,
            }),
        })
    };
    match leaves {
        None => wide_enough.iter().any(|other| other.peers.is_none()),
        Some(leaves) => leaves.iter().all(is_named),
    }
}

/// Whether some pods are among others by what their selectors ask for.
fn includes(others: Pods<'_>, pods: Pods<'_>) -> bool {
    let nothing = |selector: &LabelSelector| selector.requirements.is_empty();
    let (Namespaces::Matching(wide), Namespaces::Matching(narrow)) = (others.namespaces, pods.namespaces)
    else {
        return false;
    };
    asks_for_less(wide, narrow)
        && others
            .pods
            .is_none_or(|wide| pods.pods.map_or(nothing(wide), |narrow| asks_for_less(wide, narrow)))
}

/// Whether a selector asks for nothing that another does not ask for as well.
fn asks_for_less(wide: &LabelSelector, narrow: &LabelSelector) -> bool {
    wide.requirements.iter().all(|one| {
        let is_same = |other: &Requirement| {
            (&one.key, one.operator, &one.values) == (&other.key, other.operator, &other.values)
        };
        narrow.requirements.iter().any(is_same)
    })
}

/// What a tier allows, denies and leaves.
fn outcome(tier: &TierTrace) -> [ConnectionSet; 3] {
    let decided = |action| {
        let rules = tier.policies.iter().flat_map(|policy| &policy.rules);
        let rules = rules.filter(|rule| rule.action == action);
        rules.fold(ConnectionSet::NONE, |all, rule| all.union(&rule.decides))
    };
    [decided(Action::Allow), decided(Action::Deny), tier.leaves.clone()]
}

/// The subjects of cluster-scoped policies, by direction and by what decides for them.
fn groups(scene: &Scene<'_>) -> Vec<Group> {
    let evaluation = scene.evaluation();
    let mut costs: HashMap<PolicyId, usize> = HashMap::default();
    let mut cost = |id: PolicyId| {
        *costs.entry(id).or_insert_with(|| {
            let Some(lowered) = Lowered::new(scene.cluster(), id) else { return POLICY_STEPS };
            let rules =
                Direction::BOTH.into_iter().filter_map(|direction| lowered.rules(direction)).flatten();
            let items = rules.map(|rule| {
                1 + rule.peers.as_ref().map_or(0, Vec::len) + rule.ports.as_ref().map_or(0, Vec::len)
            });
            POLICY_STEPS + items.sum::<usize>()
        })
    };
    let mut found = Vec::new();
    for direction in Direction::BOTH {
        let mut known: BTreeMap<(&[PolicyId], usize), usize> = BTreeMap::new();
        for (id, peer) in evaluation.peer_ids() {
            if peer.workload().is_none_or(|workload| workload.host_network) {
                continue;
            }
            let deciding = evaluation.deciding(direction, id);
            if deciding.last().is_none_or(|last| scene.cluster().cluster_policy(*last).is_none()) {
                continue;
            }
            let names = match direction {
                Direction::Ingress => evaluation.atom(id),
                Direction::Egress => 0,
            };
            let at = *known.entry((deciding, names)).or_insert_with(|| {
                let cost = deciding.iter().map(|id| cost(*id)).sum();
                found.push(Group {
                    direction,
                    all: Vec::new(),
                    told: Vec::new(),
                    cost,
                    distinct: Vec::new(),
                });
                found.len() - 1
            });
            let Some(group) = found.get_mut(at) else { continue };
            group.all.push(id);
            if scene.is_spoken_of(id) {
                group.told.push(id);
            }
        }
    }
    for group in &mut found {
        group.all.sort_by_key(|id| !scene.is_spoken_of(*id));
    }
    found
}

/// Peers that no rule tells apart: some of each kind, those that findings speak of first. Pods are kept apart from what is
/// none, and so is each address of which findings speak by itself: a rule for `0.0.0.0/0` may not tell them from pods.
fn atoms(scene: &Scene<'_>) -> Vec<Vec<PeerId>> {
    let mut atoms: BTreeMap<(usize, bool, Option<PeerId>), Vec<PeerId>> = BTreeMap::new();
    let is_pod = |id| scene.workload(id).is_some_and(|workload| !workload.host_network);
    let address = |id: PeerId| scene.any_address().iter().chain(scene.metadata()).find(|one| **one == id);
    let told = scene.evaluation().peer_ids().filter(|(id, _)| scene.is_spoken_of(*id));
    let others = scene.evaluation().peer_ids().filter(|(id, _)| !scene.is_spoken_of(*id));
    for (id, _) in told.chain(others) {
        let kind = (scene.evaluation().atom(id), !is_pod(id), address(id).copied());
        let atom = atoms.entry(kind).or_default();
        if atom.len() < TRIED {
            atom.push(id);
        }
    }
    atoms.into_values().collect()
}

/// A subject of a group and a peer of an atom between which policies decide, and their rules that match there.
fn pair(scene: &Scene<'_>, group: &Group, atom: &[PeerId]) -> Option<(PeerId, PeerId, MatchingRules)> {
    let subjects = group.all.iter().take(TRIED);
    let mut pairs = subjects.flat_map(|subject| atom.iter().map(move |peer| (*subject, *peer)));
    pairs.find_map(|(subject, peer)| {
        let matching = scene.evaluation().matching_rules(group.direction, subject, peer)?;
        (!matching.is_exempt()).then_some((subject, peer, matching))
    })
}
