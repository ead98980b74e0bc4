//! Policies as bit sets: which peers each policy selects, and which peers and ports each rule speaks of.
//!
//! Equal selectors, blocks and port lists are computed once. Every compiled rule stays the rule of one policy, at
//! the same index as in its manifest, so that a verdict can always be traced to its lines.

use std::collections::{BTreeSet, HashMap, HashSet};

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_manifest as manifest;
use netpol_manifest::{Direction, LabelSelector, Operator, PortMatch, Protocol};
use netpol_source::{Budget, Exhausted, order};

use crate::blocks::Addresses;
use crate::cluster::{Cluster, MOST_NETWORKS, NamespaceId, Policy};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::index::Index;
use crate::peer::{Block, IpBlockPods, Peer};

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
    /// Where any pod of unknown address may have any, it is none of those that a block of all others excepts.
    UnknownAddresses,
}

/// The readings, the chosen one first.
pub(crate) fn readings(chosen: IpBlockPods) -> [Reading; READINGS] {
    let mut others = IpBlockPods::ALL.into_iter().filter(|reading| *reading != chosen);
    let mut other = || others.next().map_or(Reading::Chosen, Reading::Blocks);
    let [first, second] = [other(), other()];
    [
        Reading::Chosen,
        first,
        second,
        Reading::HostNetworkPods,
        Reading::UnknownLabels,
        Reading::UnknownAddresses,
    ]
}

/// How many readings there are.
pub(crate) const READINGS: usize = 6;

/// A set of peers, under each reading.
#[derive(Clone, Debug)]
pub(crate) struct PeerSet {
    pub(crate) chosen: FixedBitSet,
    /// Under the other readings, where they differ.
    others: [Option<Box<FixedBitSet>>; READINGS - 1],
    /// Of a block: its family, when it holds workloads under some reading.
    pub(crate) pods_of_family: Option<Family>,
}

impl PeerSet {
    /// The set under a reading.
    pub(crate) fn under(&self, reading: usize) -> &FixedBitSet {
        let other = reading.checked_sub(1).and_then(|other| self.others.get(other)?.as_deref());
        other.unwrap_or(&self.chosen)
    }

    /// Whether it is another one under a reading than under the chosen one.
    pub(crate) fn differs_under(&self, reading: usize) -> bool {
        reading.checked_sub(1).is_some_and(|other| self.others.get(other).is_some_and(Option::is_some))
    }
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) fn of(address: std::net::IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// All policies of a cluster, against all of its peers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiled {
    /// By policy.
    pub(crate) policies: Vec<CompiledPolicy>,
    /// By [`PeerSetId`].
    pub(crate) peer_sets: Vec<PeerSet>,
    /// By [`PortNameId`].
    pub(crate) port_names: Vec<(Protocol, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct CompiledPolicy {
    pub(crate) subjects: PeerSetId,
    /// `None` in a direction in which it does not isolate.
    ingress: Option<Vec<CompiledRule>>,
    egress: Option<Vec<CompiledRule>>,
    /// Whether its rules were compiled; else it isolates, and what it allows is not known.
    pub(crate) is_evaluated: bool,
}

impl CompiledPolicy {
    /// The rules of a direction in which the policy isolates.
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[CompiledRule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }

    /// The sets of peers that its rules speak of.
    pub(crate) fn sets(&self, direction: Direction) -> impl Iterator<Item = PeerSetId> {
        let rules = self.rules(direction).into_iter().flatten();
        rules.filter_map(|rule| rule.peers.as_ref()).flatten().map(|item| item.set)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct CompiledRule {
    /// By item of `from` or `to`; `None` means everyone.
    pub(crate) peers: Option<Vec<CompiledPeer>>,
    /// What the rule opens on every destination alike.
    pub(crate) ports: ConnectionId,
    /// What it opens besides, by name, on pods that declare the name.
    pub(crate) names: Vec<PortNameId>,
}

/// One item of `from` or `to`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompiledPeer {
    pub(crate) set: PeerSetId,
    /// Of an `ipBlock`, its family: a port name never matches the pods that it holds.
    pub(crate) block: Option<Family>,
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

/// What an item of a rule, or a subject, asks for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum PeerKey<'a> {
    /// Pods of one namespace.
    Local(NamespaceId, Canonical<'a>),
    /// Pods of the namespaces that the second selector matches.
    Across(Canonical<'a>, Canonical<'a>),
    Block(Block),
}

pub(crate) fn peer_key<'a>(
    pods: Option<&'a LabelSelector>,
    namespaces: Option<&'a LabelSelector>,
    own: NamespaceId,
) -> PeerKey<'a> {
    let pods = pods.map(canonical).unwrap_or_default();
    match namespaces {
        None => PeerKey::Local(own, pods),
        Some(selector) => PeerKey::Across(pods, canonical(selector)),
    }
}

/// The policies that mention more networks, together with those before them, than can be told apart.
pub(crate) fn with_too_many_networks(cluster: &Cluster) -> Vec<bool> {
    let mut networks: HashSet<IpNet> = HashSet::new();
    let too_many = cluster.policies.iter().map(|policy| {
        let new: HashSet<IpNet> = policy.networks().filter(|network| !networks.contains(network)).collect();
        let fits = networks.len() + new.len() <= MOST_NETWORKS;
        if fits {
            networks.extend(new);
        }
        !fits
    });
    too_many.collect()
}

/// Compiles all policies; `peers` begins with the workloads of the cluster, in their order. Where the budget does not
/// last for the rules of a policy, or it is `too_large`, the policy isolates and is not evaluated.
pub(crate) fn compile(
    cluster: &Cluster,
    peers: &[Peer],
    chosen: IpBlockPods,
    connections: &mut ConnectionTable,
    (too_large, budget): (&[bool], &Budget),
) -> Compiled {
    let mut compiler = Compiler {
        cluster,
        peers,
        chosen,
        budget,
        index: Index::new(cluster),
        addresses: Addresses::new(cluster, peers),
        sets: HashMap::new(),
        names: HashMap::new(),
        result: Compiled::default(),
    };
    // Subjects come first: what isolates must be known whatever the rules cost.
    let subjects: Vec<PeerSetId> = cluster
        .policies
        .iter()
        .map(|policy| compiler.pods(Some(&policy.spec.pod_selector), None, policy.namespace))
        .collect();
    let too_large = too_large.iter().chain(std::iter::repeat(&false));
    for ((policy, subjects), too_large) in cluster.policies.iter().zip(subjects).zip(too_large) {
        let mut is_evaluated = !too_large;
        let mut rules = |direction| {
            let rules = policy.isolates(direction).then(|| policy.rules(direction))?;
            let compiled: Result<Vec<CompiledRule>, Exhausted> = if is_evaluated {
                rules.iter().map(|rule| compiler.rule(policy, rule, connections)).collect()
            } else {
                Err(Exhausted)
            };
            is_evaluated &= compiled.is_ok();
            Some(compiled.unwrap_or_default())
        };
        let (ingress, egress) = (rules(Direction::Ingress), rules(Direction::Egress));
        compiler.result.policies.push(CompiledPolicy { subjects, ingress, egress, is_evaluated });
    }
    compiler.result
}

struct Compiler<'a> {
    cluster: &'a Cluster,
    peers: &'a [Peer],
    chosen: IpBlockPods,
    budget: &'a Budget,
    index: Index<'a>,
    addresses: Addresses,
    sets: HashMap<PeerKey<'a>, PeerSetId>,
    names: HashMap<(Protocol, &'a str), PortNameId>,
    result: Compiled,
}

impl<'a> Compiler<'a> {
    /// The pods that selectors match.
    fn pods(
        &mut self,
        pods: Option<&'a LabelSelector>,
        namespaces: Option<&'a LabelSelector>,
        own: NamespaceId,
    ) -> PeerSetId {
        let key = peer_key(pods, namespaces, own);
        if let Some(id) = self.sets.get(&key) {
            return *id;
        }
        let mut all = self.index.select(pods, namespaces, own);
        all.grow(self.peers.len());
        let mut chosen = all.clone();
        for at in all.ones() {
            if self.peers.get(at).is_none_or(|peer| peer.selectable().is_none()) {
                chosen.remove(at);
            }
        }
        // Those of which it is not known whether they match are taken the other way round.
        let unknown =
            namespaces.and_then(|namespaces| self.index.uncertain(pods, namespaces)).map(|unknown| {
                let mut other = chosen.clone();
                for at in unknown
                    .ones()
                    .filter(|at| self.peers.get(*at).is_some_and(|peer| peer.selectable().is_some()))
                {
                    other.toggle(at);
                }
                other
            });
        let differing = |other: FixedBitSet| (other != chosen).then(|| Box::new(other));
        let others = [None, None, differing(all), unknown.and_then(differing), None];
        self.insert(key, PeerSet { others, chosen, pods_of_family: None })
    }

    fn block(&mut self, block: Block) -> Result<PeerSetId, Exhausted> {
        if let Some(id) = self.sets.get(&PeerKey::Block(block.clone())) {
            return Ok(*id);
        }
        let held = self.addresses.held(&block, self.budget)?;
        self.budget.bytes(self.peers.len() / 2)?;
        let workloads = self.cluster.workloads.len();
        let widest = held.unless_excepted.as_ref().filter(|_| self.chosen == IpBlockPods::AnyAddress);
        let of_pods = widest.unwrap_or(&held.any_address).ones().next();
        let pods_of_family = of_pods.filter(|first| *first < workloads);
        let family = Family::of(block.cidr.addr());
        let under = |reading| match reading {
            IpBlockPods::KnownAddresses => held.by_address.clone(),
            IpBlockPods::Never => held.outside_pod_network.clone(),
            IpBlockPods::AnyAddress => held.any_address.clone(),
        };
        let chosen = under(self.chosen);
        let others = readings(self.chosen).map(|reading| match reading {
            Reading::Blocks(reading) => Some(under(reading)).filter(|other| *other != chosen).map(Box::new),
            Reading::UnknownAddresses => {
                widest.filter(|other| **other != chosen).map(|other| Box::new(other.clone()))
            }
            Reading::Chosen | Reading::HostNetworkPods | Reading::UnknownLabels => None,
        });
        let [_, first, second, third, fourth, fifth] = others;
        let set = PeerSet {
            chosen,
            others: [first, second, third, fourth, fifth],
            pods_of_family: pods_of_family.map(|_| family),
        };
        Ok(self.insert(PeerKey::Block(block), set))
    }

    fn insert(&mut self, key: PeerKey<'a>, set: PeerSet) -> PeerSetId {
        let id = PeerSetId(self.result.peer_sets.len() as u32);
        self.result.peer_sets.push(set);
        self.sets.insert(key, id);
        id
    }

    fn rule(
        &mut self,
        policy: &'a Policy,
        rule: &'a manifest::Rule,
        connections: &mut ConnectionTable,
    ) -> Result<CompiledRule, Exhausted> {
        self.budget.work(1 + rule.peers.len() + rule.ports.len())?;
        let peer = |peer: &'a manifest::Peer| match peer {
            manifest::Peer::Pods { pod_selector, namespace_selector, .. } => {
                let (pods, namespaces) = (pod_selector.as_ref(), namespace_selector.as_ref());
                if !self.sets.contains_key(&peer_key(pods, namespaces, policy.namespace)) {
                    self.budget.work(self.peers.len() / 8 + self.cluster.namespaces.len())?;
                    self.budget.bytes(self.peers.len() / 4)?;
                }
                let set = self.pods(pods, namespaces, policy.namespace);
                Ok(CompiledPeer { set, block: None })
            }
            manifest::Peer::Block { cidr, except, .. } => {
                let block = Block::new(cidr.value, except.iter().map(|except| except.value));
                Ok(CompiledPeer { set: self.block(block)?, block: Some(Family::of(cidr.value.addr())) })
            }
        };
        let peers: Result<Vec<CompiledPeer>, Exhausted> = rule.peers.iter().map(peer).collect();
        let peers = (!rule.peers.is_empty()).then_some(peers?);
        if rule.ports.is_empty() {
            return Ok(CompiledRule { peers, ports: ConnectionId::ALL, names: Vec::new() });
        }
        let ports = ConnectionSet::from_intervals(rule.ports.iter().filter_map(numbered));
        let mut names = BTreeSet::new();
        for port in &rule.ports {
            if let PortMatch::Name(name) = &port.port {
                names.insert(self.port_name(port.protocol, name));
            }
        }
        Ok(CompiledRule { peers, ports: connections.intern(ports), names: names.into_iter().collect() })
    }

    fn port_name(&mut self, protocol: Protocol, name: &'a str) -> PortNameId {
        let names = &mut self.result.port_names;
        *self.names.entry((protocol, name)).or_insert_with(|| {
            names.push((protocol, name.to_owned()));
            PortNameId(names.len() as u32 - 1)
        })
    }
}

/// The first and last port that a port item opens by number; `None` for a name.
pub(crate) fn numbered(port: &manifest::PolicyPort) -> Option<(Protocol, u16, u16)> {
    match &port.port {
        PortMatch::Any => Some((port.protocol, 1, u16::MAX)),
        PortMatch::Range(first, last) => Some((port.protocol, *first, *last)),
        PortMatch::Name(_) => None,
    }
}
