//! Policies as bit sets: which peers each policy selects, and which peers and ports each rule speaks of.
//!
//! Equal selectors, blocks and port lists are computed once. Every compiled rule stays the rule of one policy, at
//! the same index as in its manifest, so that a verdict can always be traced to its lines.

mod again;
mod sets;

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_manifest::{Direction, LabelSelector, Operator, Protocol};
use netpol_source::{Budget, Exhausted, HashMap, HashSet, order};

use crate::blocks::Addresses;
use crate::cluster::{Cluster, HostId, MOST_NETWORKS, NamespaceId};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::index::Index;
use crate::lower::{Action, Leaf, LeafKind, Lowered, Namespaces, Pods, PortLeaf, Rule, TierKind};
use crate::peer::{Block, Holds, IpBlockPods, Peer};
use crate::selector::matches;
use crate::since::Since;
use crate::step::Place;

use again::compile_again;
pub(crate) use sets::{Family, PeerSet};

/// A distinct set of peers that some rule or policy speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerSetId(pub(crate) u32);

/// A distinct (protocol, port name) of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PortNameId(pub(crate) u32);

/// A way to take what the API leaves open or the input does not tell. Cells that they judge differently are uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As the options say, and strictly.
    Chosen,
    /// Another reading of `ipBlock`.
    Blocks(IpBlockPods),
    /// Selectors see pods on the host network as any others.
    HostNetworkPods,
    /// Namespaces that are mentioned only have labels that the input does not tell.
    UnknownLabels,
    /// As chosen, and what is allowed in any case where rules may match or not.
    Least,
    /// As chosen, and what may be allowed there.
    Most,
}

/// The readings, the chosen one first.
pub(crate) fn readings(chosen: IpBlockPods) -> [Reading; READINGS] {
    let mut others = IpBlockPods::ALL.into_iter().filter(|reading| *reading != chosen);
    let mut other = || others.next().map_or(Reading::Chosen, Reading::Blocks);
    [
        Reading::Chosen,
        other(),
        other(),
        Reading::HostNetworkPods,
        Reading::UnknownLabels,
        Reading::Least,
        Reading::Most,
    ]
}

/// How many readings there are.
pub(crate) const READINGS: usize = 7;

/// The place of [`Reading::Least`] among the readings; [`Reading::Most`] is the next and last.
pub(crate) const LEAST: usize = READINGS - 2;

/// All policies of a cluster, against all of its peers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiled {
    /// By policy.
    pub(crate) policies: Vec<Rc<CompiledPolicy>>,
    /// By [`PeerSetId`]; empty where no policy speaks of it any more.
    pub(crate) peer_sets: Vec<Rc<PeerSet>>,
    /// By [`PortNameId`].
    pub(crate) port_names: Vec<(Protocol, String)>,
    /// By policy: whether it is another than in the evaluation before, or speaks of peers that are. `None` where there was
    /// none.
    pub(crate) touched: Option<Vec<bool>>,
}

impl Compiled {
    /// By policy: whether it stands where it stood and says what it said, and all pods that it speaks of do. `None` where
    /// too many do not, or Services are others.
    pub(crate) fn standing(&self, since: &Since) -> Option<Vec<bool>> {
        let touched =
            self.touched.as_ref().filter(|_| since.same_exposure && since.moved.len() <= MOST_MOVED)?;
        let has_moved = |set: PeerSetId| {
            let set = self.peer_sets.get(set.0 as usize);
            let holds = |set: &PeerSet| since.moved.iter().any(|at| set.all().any(|set| set.contains(*at)));
            set.is_none_or(|set| holds(set))
        };
        let policies = self.policies.iter().zip(touched.iter().zip(&since.standing_policies));
        let standing = policies.map(|(policy, (touched, stands))| {
            *stands
                && !touched
                && (since.moved.is_empty() || !policy.is_for_everyone() && !policy.sets().any(has_moved))
        });
        Some(standing.collect())
    }
}

/// How many peers may be at other places than before for what speaks of the others to be the same.
pub(crate) const MOST_MOVED: usize = 64;

#[derive(Clone, Debug)]
pub(crate) struct CompiledPolicy {
    pub(crate) tier: TierKind,
    pub(crate) place: Place,
    pub(crate) subjects: PeerSetId,
    /// `None` in a direction in which it has no say.
    ingress: Option<Vec<CompiledRule>>,
    egress: Option<Vec<CompiledRule>>,
    /// Whether its rules were compiled; else it has a say, and which is not known.
    pub(crate) is_evaluated: bool,
}

impl CompiledPolicy {
    /// The rules of a direction in which the policy has a say.
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[CompiledRule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }

    /// All sets of peers that it speaks of.
    fn sets(&self) -> impl Iterator<Item = PeerSetId> {
        let peers = Direction::BOTH.into_iter().flat_map(|direction| self.peers(direction));
        std::iter::once(self.subjects).chain(peers.map(|peer| peer.set))
    }

    /// Whether some rule speaks of everyone.
    fn is_for_everyone(&self) -> bool {
        let mut rules = Direction::BOTH.into_iter().filter_map(|direction| self.rules(direction)).flatten();
        rules.any(|rule| rule.peers.is_none())
    }

    /// The port names of its rules.
    pub(crate) fn names(&self) -> impl Iterator<Item = PortNameId> {
        let rules = Direction::BOTH.into_iter().filter_map(|direction| self.rules(direction)).flatten();
        rules.flat_map(|rule| &rule.names).copied()
    }

    /// What its rules speak of.
    pub(crate) fn peers(&self, direction: Direction) -> impl Iterator<Item = &CompiledPeer> {
        let rules = self.rules(direction).into_iter().flatten();
        rules.filter_map(|rule| rule.peers.as_ref()).flatten()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct CompiledRule {
    pub(crate) action: Action,
    /// `None` means everyone.
    pub(crate) peers: Option<Vec<CompiledPeer>>,
    /// The ports of which it speaks on every destination alike.
    pub(crate) ports: ConnectionId,
    /// Those of which it speaks besides, by name, on pods that declare the name.
    pub(crate) names: Vec<PortNameId>,
}

/// A leaf of `from` or `to`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompiledPeer {
    /// The index of the item.
    pub(crate) item: u32,
    pub(crate) set: PeerSetId,
    pub(crate) by: By,
    /// Whether it counts that some may be in the set and others are for certain.
    pub(crate) has_bounds: bool,
}

/// By what a peer is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// By its labels.
    Labels,
    /// By an address of this family: a port name never matches it.
    Address(Family),
    /// By whatever address: likewise.
    AnyAddress,
}

/// A selector without the places and the order in which it was written.
type Canonical<'a> = Vec<(&'a str, Operator, Vec<&'a str>)>;

fn canonical(selector: &LabelSelector) -> Canonical<'_> {
    let mut requirements: Canonical<'_> = selector
        .requirements
        .iter()
        .map(|requirement| {
            let mut values: Vec<&str> = requirement.values.iter().map(String::as_str).collect();
            order::sort_and_dedup(&mut values);
            (requirement.key.as_str(), requirement.operator, values)
        })
        .collect();
    order::sort_and_dedup(&mut requirements);
    requirements
}

/// What a leaf of a rule, or a subject, asks for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum PeerKey<'a> {
    /// Pods of one namespace.
    Local(NamespaceId, Canonical<'a>),
    /// Pods of the namespaces that the second selector matches.
    Across(Canonical<'a>, Canonical<'a>),
    Block(Block, Holds),
    Networks(Vec<IpNet>, Holds),
    Nodes(Canonical<'a>, Holds),
    Domain(&'a str, Action),
}

pub(crate) fn pods_key(wanted: Pods<'_>) -> PeerKey<'_> {
    let pods = wanted.pods.map(canonical).unwrap_or_default();
    match wanted.namespaces {
        Namespaces::Own(own) => PeerKey::Local(own, pods),
        Namespaces::Matching(selector) => PeerKey::Across(pods, canonical(selector)),
    }
}

/// What a policy mentions of the world outside.
#[derive(PartialEq, Eq, Hash)]
enum Mentioned<'a> {
    Network(IpNet),
    Domain(&'a str),
}

/// By policy, whether it mentions more networks and domains, together with those before it, than can be told apart.
pub(crate) fn with_too_many_networks(cluster: &Cluster) -> Vec<bool> {
    let of_namespaces = cluster.policies.iter().map(|policy| {
        let networks = policy.networks().map(Mentioned::Network);
        networks.collect::<HashSet<Mentioned<'_>>>()
    });
    let of_cluster = cluster.cluster_policies.iter().map(|policy| {
        policy.networks().map(Mentioned::Network).chain(policy.domains().map(Mentioned::Domain)).collect()
    });
    let mut known: HashSet<Mentioned<'_>> = HashSet::default();
    let too_many = of_namespaces.chain(of_cluster).map(|mut new| {
        new.retain(|one| !known.contains(one));
        let fits = known.len() + new.len() <= MOST_NETWORKS;
        if fits {
            known.extend(new);
        }
        !fits
    });
    too_many.collect()
}

/// Compiles all policies; `peers` begins with the workloads of the cluster, in their order. Where the budget does not
/// last for the rules of a policy, or it is `too_large`, the policy has a say and is not evaluated.
pub(crate) fn compile(
    cluster: &Cluster,
    peers: &[Peer],
    chosen: IpBlockPods,
    connections: &mut ConnectionTable,
    (too_large, budget): (&[bool], &Budget),
    before: Option<(&Since, &Compiled)>,
) -> Compiled {
    if let Some(before) = before {
        return compile_again((cluster, peers), chosen, connections, budget, before);
    }
    let lowered: Vec<Lowered<'_>> =
        cluster.policy_ids().filter_map(|policy| Lowered::new(cluster, policy)).collect();
    let mut compiler = Compiler {
        cluster,
        peers,
        chosen,
        budget,
        index: Index::new(cluster),
        addresses: LazyCell::new(|| Addresses::new(cluster, peers)),
        sets: HashMap::default(),
        names: HashMap::default(),
        free: Vec::new(),
        result: Compiled::default(),
    };
    // Subjects come first: who has a say must be known whatever the rules cost.
    let subjects: Vec<PeerSetId> = lowered.iter().map(|policy| compiler.pods(policy.subjects)).collect();
    let too_large = too_large.iter().chain(std::iter::repeat(&false));
    for (((policy, subjects), too_large), number) in lowered.iter().zip(subjects).zip(too_large).zip(0..) {
        let policy = compiler.policy(policy, subjects, number, !too_large, connections);
        compiler.result.policies.push(Rc::new(policy));
    }
    compiler.result
}

struct Compiler<'a, A: FnOnce() -> Addresses> {
    cluster: &'a Cluster,
    peers: &'a [Peer],
    chosen: IpBlockPods,
    budget: &'a Budget,
    index: Index<'a>,
    addresses: LazyCell<Addresses, A>,
    sets: HashMap<PeerKey<'a>, PeerSetId>,
    names: HashMap<(Protocol, &'a str), PortNameId>,
    /// Numbers of sets that nothing uses.
    free: Vec<PeerSetId>,
    result: Compiled,
}

impl<'a, A: FnOnce() -> Addresses> Compiler<'a, A> {
    /// The pods that are selected.
    fn pods(&mut self, wanted: Pods<'a>) -> PeerSetId {
        let key = pods_key(wanted);
        if let Some(id) = self.sets.get(&key) {
            return *id;
        }
        let mut all = self.index.select(wanted);
        all.grow(self.peers.len());
        let set = PeerSet::of_pods(self.peers, all, self.index.uncertain(wanted));
        self.insert(key, set)
    }

    /// A policy with the number that it has.
    fn policy(
        &mut self,
        policy: &Lowered<'a>,
        subjects: PeerSetId,
        number: u32,
        mut is_evaluated: bool,
        connections: &mut ConnectionTable,
    ) -> CompiledPolicy {
        let mut rules = |direction| {
            let rules = policy.rules(direction)?;
            let compiled: Result<Vec<CompiledRule>, Exhausted> = if is_evaluated {
                rules.iter().map(|rule| self.rule(policy.tier, rule, connections)).collect()
            } else {
                Err(Exhausted)
            };
            is_evaluated &= compiled.is_ok();
            Some(compiled.unwrap_or_default())
        };
        let (ingress, egress) = (rules(Direction::Ingress), rules(Direction::Egress));
        let place = Place { priority: policy.priority, policy: number };
        CompiledPolicy { tier: policy.tier, place, subjects, ingress, egress, is_evaluated }
    }

    /// What an `ipBlock` holds.
    fn block(&mut self, block: &Block, holds: Holds) -> Result<PeerSetId, Exhausted> {
        let key = PeerKey::Block(block.clone(), holds);
        if let Some(id) = self.sets.get(&key) {
            return Ok(*id);
        }
        let held = self.addresses.held(&[block.cidr], &block.except, self.budget)?;
        self.budget.bytes(self.peers.len() / 2)?;
        let under = |held_by: &FixedBitSet, reading| {
            let mut set = held_by.clone();
            match reading {
                IpBlockPods::KnownAddresses => {}
                IpBlockPods::Never => set.difference_with(&self.addresses.pod_network),
                IpBlockPods::AnyAddress if held.is_whole => set.union_with(&self.addresses.unknown),
                IpBlockPods::AnyAddress => {}
            }
            set
        };
        let (each, some) = (under(&held.by_address, self.chosen), under(&held.some, self.chosen));
        let mut may = some.clone();
        may.union_with(&self.addresses.domains);
        // A block of every address but some is meant for pods of unknown address too, where blocks of all are.
        if self.chosen == IpBlockPods::AnyAddress && block.cidr.prefix_len() == 0 {
            may.union_with(&self.addresses.unknown);
        }
        let chosen = if holds == Holds::Each { each.clone() } else { some };
        let mut others: [Option<Box<FixedBitSet>>; LEAST - 1] = Default::default();
        for (other, reading) in others.iter_mut().zip(readings(self.chosen).into_iter().skip(1)) {
            if let Reading::Blocks(reading) = reading {
                let set = under(&held.by_address, reading);
                *other = (set != chosen).then(|| Box::new(set));
            }
        }
        Ok(self.insert_block(key, Family::of(block.cidr.addr()), chosen, others, (each, may)))
    }

    /// What `networks` of one family hold: they match pods.
    fn networks(&mut self, networks: &[IpNet], holds: Holds) -> Result<PeerSetId, Exhausted> {
        let key = PeerKey::Networks(networks.to_vec(), holds);
        if let Some(id) = self.sets.get(&key) {
            return Ok(*id);
        }
        let held = self.addresses.held(networks, &[], self.budget)?;
        self.budget.bytes(self.peers.len() / 2)?;
        let (mut each, mut some) = (held.by_address, held.some);
        if held.is_whole {
            each.union_with(&self.addresses.unknown);
            some.union_with(&self.addresses.some_unknown);
        }
        let mut may = some.clone();
        may.union_with(&self.addresses.domains);
        may.union_with(&self.addresses.some_unknown);
        let chosen = if holds == Holds::Each { each.clone() } else { some };
        let family = networks.first().map_or(Family::V4, |network| Family::of(network.addr()));
        Ok(self.insert_block(key, family, chosen, Default::default(), (each, may)))
    }

    fn insert_block(
        &mut self,
        key: PeerKey<'a>,
        family: Family,
        chosen: FixedBitSet,
        others: [Option<Box<FixedBitSet>>; LEAST - 1],
        (must, may): (FixedBitSet, FixedBitSet),
    ) -> PeerSetId {
        let workloads = self.cluster.workloads.len();
        let holds_pods = |set: &FixedBitSet| set.ones().next().is_some_and(|first| first < workloads);
        // `may` holds all of the others, but for other readings.
        let has_pods = holds_pods(&may) || others.iter().flatten().any(|set| holds_pods(set));
        let bounds = (must != may).then(|| Box::new([must, may]));
        self.insert(key, PeerSet { chosen, others, bounds, pods_of_family: has_pods.then_some(family) })
    }

    /// The addresses of nodes, and the pods on the host network there.
    fn nodes(&mut self, selector: &'a LabelSelector, holds: Holds) -> PeerSetId {
        let key = PeerKey::Nodes(canonical(selector), holds);
        if let Some(id) = self.sets.get(&key) {
            return *id;
        }
        // By node: whether it is selected for certain, and whether it may be.
        let selected = self.cluster.hosts.iter().map(|host| match &host.labels {
            Some(labels) => [matches(selector, labels); 2],
            None => [selector.requirements.is_empty(), true],
        });
        let selected: Vec<[bool; 2]> = selected.collect();
        let is_selected = |bound: usize, host: HostId| {
            selected.get(host.0 as usize).and_then(|host| host.get(bound)).copied().unwrap_or_default()
        };
        let set = |bound: usize, holds: Holds| {
            let mut set = FixedBitSet::with_capacity(self.peers.len());
            for (at, peer) in self.peers.iter().enumerate() {
                let inside = match peer {
                    Peer::External { host, .. } => host.is_some_and(|host| is_selected(bound, host)),
                    // Every pod is on some node.
                    Peer::Workload(workload) if workload.host_network && selector.requirements.is_empty() => {
                        true
                    }
                    Peer::Workload(workload) if workload.host_network => {
                        let mut on_node = workload
                            .pods
                            .iter()
                            .map(|pod| pod.host.is_some_and(|host| is_selected(bound, host)));
                        match holds {
                            Holds::Each => !workload.pods.is_empty() && on_node.all(|inside| inside),
                            Holds::Some => {
                                on_node.any(|inside| inside) || bound == 1 && workload.may_be_anywhere()
                            }
                        }
                    }
                    Peer::Workload(_) | Peer::Domain(_) => false,
                };
                set.set(at, inside);
            }
            set
        };
        let (chosen, must, may) = (set(0, holds), set(0, Holds::Each), set(1, Holds::Some));
        let bounds = (must != may).then(|| Box::new([must, may]));
        self.insert(key, PeerSet { chosen, others: Default::default(), bounds, pods_of_family: None })
    }

    /// The hosts of a domain, and of those below it. `domainNames` are "only supported for Accept rules"
    /// (`ClusterNetworkPolicyEgressPeer`): under another action a plugin may or may not heed them.
    fn domain(&mut self, name: &'a str, action: Action) -> PeerSetId {
        let key = PeerKey::Domain(name, action);
        if let Some(id) = self.sets.get(&key) {
            return *id;
        }
        let nothing = FixedBitSet::with_capacity(self.peers.len());
        let mut named = nothing.clone();
        for (at, peer) in self.peers.iter().enumerate() {
            named.set(at, peer.domain().is_some_and(|domain| is_in_domain(domain, name)));
        }
        let bounds = (action != Action::Allow).then(|| Box::new([nothing.clone(), named.clone()]));
        let chosen = if action == Action::Pass { nothing } else { named };
        self.insert(key, PeerSet { chosen, others: Default::default(), bounds, pods_of_family: None })
    }

    fn insert(&mut self, key: PeerKey<'a>, set: PeerSet) -> PeerSetId {
        let set = Rc::new(set);
        let new = PeerSetId(self.result.peer_sets.len() as u32);
        let id = self.free.pop().unwrap_or(new);
        match self.result.peer_sets.get_mut(id.0 as usize) {
            Some(slot) => *slot = set,
            None => self.result.peer_sets.push(set),
        }
        self.sets.insert(key, id);
        id
    }

    fn rule(
        &mut self,
        tier: TierKind,
        rule: &Rule<'a>,
        connections: &mut ConnectionTable,
    ) -> Result<CompiledRule, Exhausted> {
        let (peers, ports) = (rule.peers.as_deref(), rule.ports.as_deref());
        self.budget.work(1 + peers.map_or(0, <[_]>::len) + ports.map_or(0, <[_]>::len))?;
        let holds = match rule.action {
            Action::Allow | Action::Pass => Holds::Each,
            Action::Deny => Holds::Some,
        };
        let peers: Option<Result<Vec<CompiledPeer>, Exhausted>> = peers
            .map(|leaves| leaves.iter().map(|leaf| self.leaf(tier, leaf, (rule.action, holds))).collect());
        let peers = peers.transpose()?;
        let Some(ports) = ports else {
            let (ports, names) = (ConnectionId::ALL, Vec::new());
            return Ok(CompiledRule { action: rule.action, peers, ports, names });
        };
        let mut names = BTreeSet::new();
        for (protocols, name) in ports.iter().filter_map(PortLeaf::names) {
            names.extend(protocols.iter().map(|protocol| self.port_name(*protocol, name)));
        }
        let ports = ConnectionSet::from_intervals(ports.iter().filter_map(PortLeaf::numbers));
        let (ports, names) = (connections.intern(ports), names.into_iter().collect());
        Ok(CompiledRule { action: rule.action, peers, ports, names })
    }

    fn leaf(
        &mut self,
        tier: TierKind,
        leaf: &Leaf<'a>,
        (action, holds): (Action, Holds),
    ) -> Result<CompiledPeer, Exhausted> {
        let is_new = match &leaf.kind {
            LeafKind::Pods(wanted) => !self.sets.contains_key(&pods_key(*wanted)),
            LeafKind::Block(_) | LeafKind::Networks(_) => false,
            LeafKind::Nodes(_) | LeafKind::Domain(_) => true,
        };
        if is_new {
            self.budget.work(self.peers.len() / 8 + self.cluster.namespaces.len())?;
            self.budget.bytes(self.peers.len() / 4)?;
        }
        let (set, by, has_bounds) = match &leaf.kind {
            // Where rules can only allow, the reading of other labels tells enough.
            LeafKind::Pods(wanted) => (self.pods(*wanted), By::Labels, tier != TierKind::NetworkPolicy),
            LeafKind::Block(block) => {
                (self.block(block, holds)?, By::Address(Family::of(block.cidr.addr())), true)
            }
            LeafKind::Networks(networks) => {
                let family = networks.first().map_or(Family::V4, |network| Family::of(network.addr()));
                (self.networks(networks, holds)?, By::Address(family), true)
            }
            LeafKind::Nodes(selector) => (self.nodes(selector, holds), By::AnyAddress, true),
            LeafKind::Domain(name) => (self.domain(name, action), By::AnyAddress, true),
        };
        Ok(CompiledPeer { item: leaf.item as u32, set, by, has_bounds })
    }

    fn port_name(&mut self, protocol: Protocol, name: &'a str) -> PortNameId {
        let names = &mut self.result.port_names;
        *self.names.entry((protocol, name)).or_insert_with(|| {
            names.push((protocol, name.to_owned()));
            PortNameId(names.len() as u32 - 1)
        })
    }
}

/// Whether a domain is the one that a name stands for, or below it where the name begins with `*.`.
pub(crate) fn is_in_domain(domain: &str, name: &str) -> bool {
    domain == name
        || name
            .strip_prefix('*')
            .is_some_and(|below| domain.strip_suffix(below).is_some_and(|front| !front.is_empty()))
}
