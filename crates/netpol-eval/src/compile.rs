//! Policies as bit sets: which peers each policy selects, and which peers and ports each rule speaks of.
//!
//! Equal selectors, blocks and port lists are computed once. Every compiled rule stays the rule of one policy, at
//! the same index as in its manifest, so that a verdict can always be traced to its lines.

use std::collections::{BTreeSet, HashMap};

use fixedbitset::FixedBitSet;
use netpol_manifest as manifest;
use netpol_manifest::{Direction, LabelSelector, Operator, PortMatch, Protocol};
use netpol_source::order;

use crate::cluster::{Cluster, Labels, NamespaceId, Policy};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::hypothetical::Unsatisfied;
use crate::peer::{Block, BlockMatch, IpBlockPods, Peer};
use crate::selector::LabelIndex;

/// A distinct set of peers that some rule or policy speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerSetId(pub(crate) u32);

/// A distinct (protocol, port name) of the policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PortNameId(pub(crate) u32);

/// All policies of a cluster, against all of its peers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiled {
    /// By policy.
    pub(crate) policies: Vec<CompiledPolicy>,
    /// By [`PeerSetId`]: the peers in it.
    pub(crate) peer_sets: Vec<FixedBitSet>,
    /// By [`PortNameId`].
    pub(crate) port_names: Vec<(Protocol, String)>,
}

#[derive(Clone, Debug)]
pub(crate) struct CompiledPolicy {
    pub(crate) subjects: PeerSetId,
    /// `None` in a direction in which it does not isolate.
    ingress: Option<Vec<CompiledRule>>,
    egress: Option<Vec<CompiledRule>>,
}

impl CompiledPolicy {
    /// The rules of a direction in which the policy isolates.
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[CompiledRule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
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
    /// Whether it is an `ipBlock`: a port name never matches the pods that it holds.
    pub(crate) by_address: bool,
}

/// A selector without the places and the order in which it was written.
type Canonical = Vec<(String, Operator, Vec<String>)>;

fn canonical(selector: &LabelSelector) -> Canonical {
    let mut requirements: Canonical = selector
        .requirements
        .iter()
        .map(|requirement| {
            let mut values = requirement.values.clone();
            order::sort_and_dedup(&mut values);
            (requirement.key.clone(), requirement.operator, values)
        })
        .collect();
    order::sort_and_dedup(&mut requirements);
    requirements
}

#[derive(PartialEq, Eq, Hash)]
enum PeerKey {
    /// Pods of one namespace.
    Local(NamespaceId, Canonical),
    /// Pods of the namespaces that the second selector matches.
    Across(Canonical, Canonical),
    Block(Block),
}

/// Compiles all policies; `peers` begins with the workloads of the cluster, in their order.
pub(crate) fn compile(
    cluster: &Cluster,
    peers: &[Peer],
    reading: IpBlockPods,
    connections: &mut ConnectionTable,
) -> Compiled {
    let mut compiler = Compiler {
        cluster,
        peers,
        reading,
        index: Index::new(cluster),
        sets: HashMap::new(),
        names: HashMap::new(),
        result: Compiled::default(),
    };
    for policy in &cluster.policies {
        let subjects = compiler.pods(Some(&policy.spec.pod_selector), None, policy.namespace);
        let mut rules = |direction| {
            let rules = policy.isolates(direction).then(|| policy.rules(direction))?;
            Some(rules.iter().map(|rule| compiler.rule(policy, rule, connections)).collect())
        };
        let (ingress, egress) = (rules(Direction::Ingress), rules(Direction::Egress));
        compiler.result.policies.push(CompiledPolicy { subjects, ingress, egress });
    }
    compiler.result
}

/// The selectors of all policies that no workload of the cluster satisfies; host-network pods satisfy them too, as
/// what the policy speaks of is there.
pub(crate) fn unsatisfied(cluster: &Cluster) -> Vec<Unsatisfied<'_>> {
    let index = Index::new(cluster);
    let mut known: HashMap<PeerKey, bool> = HashMap::new();
    let mut found = Vec::new();
    for (id, policy) in cluster.policies() {
        let subject = (Some(&policy.spec.pod_selector), None);
        let rules = Direction::BOTH.into_iter().filter(|direction| policy.isolates(*direction));
        let peers = rules.flat_map(|direction| policy.rules(direction)).flat_map(|rule| &rule.peers);
        let selectors = peers.filter_map(|peer| match peer {
            manifest::Peer::Pods { pod_selector, namespace_selector, .. } => {
                Some((pod_selector.as_ref(), namespace_selector.as_ref()))
            }
            manifest::Peer::Block { .. } => None,
        });
        for (pods, namespaces) in std::iter::once(subject).chain(selectors) {
            let key = peer_key(pods, namespaces, policy.namespace);
            let satisfied = *known
                .entry(key)
                .or_insert_with(|| !index.select(pods, namespaces, policy.namespace).is_clear());
            if !satisfied {
                found.push(Unsatisfied { policy: id, pods, namespaces });
            }
        }
    }
    found
}

fn peer_key(pods: Option<&LabelSelector>, namespaces: Option<&LabelSelector>, own: NamespaceId) -> PeerKey {
    let pods = pods.map(canonical).unwrap_or_default();
    match namespaces {
        None => PeerKey::Local(own, pods),
        Some(selector) => PeerKey::Across(pods, canonical(selector)),
    }
}

/// Workloads and namespaces by label.
struct Index {
    pods: LabelIndex,
    namespaces: LabelIndex,
    /// By namespace: its workloads.
    members: Vec<FixedBitSet>,
    workloads: usize,
}

impl Index {
    fn new(cluster: &Cluster) -> Self {
        let mut pods: Vec<&LabelSelector> = Vec::new();
        let mut namespaces: Vec<&LabelSelector> = Vec::new();
        for policy in &cluster.policies {
            pods.push(&policy.spec.pod_selector);
            let rules = Direction::BOTH.into_iter().flat_map(|direction| policy.rules(direction));
            for peer in rules.flat_map(|rule| &rule.peers) {
                if let manifest::Peer::Pods { pod_selector, namespace_selector, .. } = peer {
                    pods.extend(pod_selector);
                    namespaces.extend(namespace_selector);
                }
            }
        }
        let workloads = cluster.workloads.len();
        let mut members = vec![FixedBitSet::with_capacity(workloads); cluster.namespaces.len()];
        for (at, workload) in cluster.workloads.iter().enumerate() {
            if let Some(members) = members.get_mut(workload.namespace.0 as usize) {
                members.insert(at);
            }
        }
        let pod_labels: Vec<&Labels> = cluster.workloads.iter().map(|workload| &workload.labels).collect();
        let namespace_labels: Vec<&Labels> =
            cluster.namespaces.iter().map(|namespace| &namespace.labels).collect();
        Self {
            pods: LabelIndex::new(pod_labels.into_iter(), pods.into_iter()),
            namespaces: LabelIndex::new(namespace_labels.into_iter(), namespaces.into_iter()),
            members,
            workloads,
        }
    }

    /// The workloads, those on the host network included.
    fn select(
        &self,
        pods: Option<&LabelSelector>,
        namespaces: Option<&LabelSelector>,
        own: NamespaceId,
    ) -> FixedBitSet {
        let mut selected = FixedBitSet::with_capacity(self.workloads);
        match namespaces {
            None => selected.extend(self.members.get(own.0 as usize).into_iter().flat_map(FixedBitSet::ones)),
            Some(selector) => {
                for namespace in self.namespaces.select(selector).ones() {
                    if let Some(members) = self.members.get(namespace) {
                        selected.union_with(members);
                    }
                }
            }
        }
        if let Some(selector) = pods {
            selected.intersect_with(&self.pods.select(selector));
        }
        selected
    }
}

struct Compiler<'a> {
    cluster: &'a Cluster,
    peers: &'a [Peer],
    reading: IpBlockPods,
    index: Index,
    sets: HashMap<PeerKey, PeerSetId>,
    names: HashMap<(Protocol, String), PortNameId>,
    result: Compiled,
}

impl Compiler<'_> {
    fn pods(
        &mut self,
        pods: Option<&LabelSelector>,
        namespaces: Option<&LabelSelector>,
        own: NamespaceId,
    ) -> PeerSetId {
        let key = peer_key(pods, namespaces, own);
        if let Some(id) = self.sets.get(&key) {
            return *id;
        }
        let mut set = self.index.select(pods, namespaces, own);
        set.grow(self.peers.len());
        for at in set.clone().ones() {
            if self.peers.get(at).is_none_or(|peer| peer.selectable().is_none()) {
                set.remove(at);
            }
        }
        self.insert(key, set)
    }

    fn block(&mut self, block: Block) -> PeerSetId {
        let mut set = FixedBitSet::with_capacity(self.peers.len());
        let inside =
            self.peers.iter().map(|peer| block.peer(peer, self.cluster, self.reading) == BlockMatch::Inside);
        set.extend(inside.enumerate().filter(|(_, inside)| *inside).map(|(at, _)| at));
        self.insert(PeerKey::Block(block), set)
    }

    fn insert(&mut self, key: PeerKey, set: FixedBitSet) -> PeerSetId {
        let id = PeerSetId(self.result.peer_sets.len() as u32);
        self.result.peer_sets.push(set);
        self.sets.insert(key, id);
        id
    }

    fn rule(
        &mut self,
        policy: &Policy,
        rule: &manifest::Rule,
        connections: &mut ConnectionTable,
    ) -> CompiledRule {
        let peer = |peer: &manifest::Peer| match peer {
            manifest::Peer::Pods { pod_selector, namespace_selector, .. } => {
                let set = self.pods(pod_selector.as_ref(), namespace_selector.as_ref(), policy.namespace);
                CompiledPeer { set, by_address: false }
            }
            manifest::Peer::Block { cidr, except, .. } => {
                let block = Block::new(cidr.value, except.iter().map(|except| except.value));
                let known = self.sets.get(&PeerKey::Block(block.clone())).copied();
                CompiledPeer { set: known.unwrap_or_else(|| self.block(block)), by_address: true }
            }
        };
        let peers = (!rule.peers.is_empty()).then(|| rule.peers.iter().map(peer).collect());
        if rule.ports.is_empty() {
            return CompiledRule { peers, ports: ConnectionId::ALL, names: Vec::new() };
        }
        let ports = ConnectionSet::from_intervals(rule.ports.iter().filter_map(numbered));
        let mut names = BTreeSet::new();
        for port in &rule.ports {
            if let PortMatch::Name(name) = &port.port {
                names.insert(self.port_name(port.protocol, name));
            }
        }
        CompiledRule { peers, ports: connections.intern(ports), names: names.into_iter().collect() }
    }

    fn port_name(&mut self, protocol: Protocol, name: &str) -> PortNameId {
        let names = &mut self.result.port_names;
        *self.names.entry((protocol, name.to_owned())).or_insert_with_key(|key| {
            names.push(key.clone());
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
