//! A cluster and what can be asked about who reaches whom in it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_manifest::{Direction, Protocol};
use netpol_source::{Budget, order};

use crate::address::external_ranges;
use crate::classes::{Classes, Doubt};
use crate::cluster::{Cluster, ClusterPolicy, HostId, MOST_NETWORKS, Policy, PolicyId};
use crate::compile::{
    self, Compiled, CompiledPolicy, Family, PeerSet, PeerSetId, PortNameId, Reading, readings,
};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::hypothetical::add_hypothetical;
use crate::peer::{Hypothetical, Options, Peer, PeerId};

/// Steps of work for one evaluation: about a second in a browser.
const WORK: u64 = 400_000_000;
/// Bytes that an evaluation keeps, beside what the input itself takes.
const BYTES: u64 = 192 * 1024 * 1024;

/// A cluster and everything that can be asked about who reaches whom in it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    cluster: Cluster,
    options: Options,
    peers: Vec<Peer>,
    compiled: Compiled,
    connections: ConnectionTable,
    classes: Classes,
    nodes: Nodes,
    /// By peer: its number among those that nothing can tell apart, nodes included.
    kind_of: Vec<u32>,
    /// By that number: the first such peer.
    kinds: Vec<PeerId>,
    budget: Budget,
}

/// Which peers are at which node. A pod and its own node always reach each other.
#[derive(Clone, Debug)]
struct Nodes {
    /// By peer: the node on which all of it is.
    of: Vec<Option<HostId>>,
    /// The peers whose traffic is that of their node: its addresses, and pods on the host network.
    sides: FixedBitSet,
    /// The workloads on the pod network that may have pods on nodes that the input does not tell.
    anywhere: FixedBitSet,
    /// Nodes, and the workloads that have some pod there.
    somewhere: HashSet<(HostId, u32)>,
}

impl Nodes {
    fn new(peers: &[Peer]) -> Self {
        let mut this = Self {
            of: Vec::with_capacity(peers.len()),
            sides: FixedBitSet::with_capacity(peers.len()),
            anywhere: FixedBitSet::with_capacity(peers.len()),
            somewhere: HashSet::new(),
        };
        for (at, peer) in peers.iter().enumerate() {
            let host = match peer {
                Peer::External { host, .. } => *host,
                Peer::Workload(workload) => workload.host(),
                Peer::Domain(_) => None,
            };
            this.of.push(host);
            match peer.workload() {
                Some(workload) if !workload.host_network => {
                    this.anywhere.set(at, workload.may_be_anywhere());
                    let hosts = workload.pods.iter().filter_map(|pod| pod.host);
                    this.somewhere.extend(hosts.map(|host| (host, at as u32)));
                }
                _ => this.sides.set(at, host.is_some()),
            }
        }
        this
    }

    fn of(&self, at: usize) -> Option<HostId> {
        self.of.get(at).copied().flatten()
    }

    /// Whether all traffic between the two is traffic between a pod and its own node.
    fn is_own(&self, a: usize, b: usize) -> bool {
        (self.sides.contains(a) || self.sides.contains(b)) && self.of(a).is_some() && self.of(a) == self.of(b)
    }

    /// Whether some of it may be, and it is not certain that all of it is.
    fn may_be_own(&self, a: usize, b: usize) -> bool {
        let one = |pod: usize, node: usize| {
            let host = self.of(node).filter(|_| self.sides.contains(node));
            host.is_some_and(|host| {
                self.anywhere.contains(pod) || self.somewhere.contains(&(host, pod as u32))
            })
        };
        (one(a, b) || one(b, a)) && !self.is_own(a, b)
    }
}

impl Evaluation {
    /// Evaluates a cluster.
    pub fn new(mut cluster: Cluster, options: Options) -> Self {
        let budget = Budget::new(WORK, BYTES);
        if options.hypothetical == Hypothetical::Auto {
            add_hypothetical(&mut cluster, &budget);
        }
        let too_large = compile::with_too_many_networks(&cluster);
        let (peers, not_shown) = peers(&cluster, &too_large);
        let mut connections = ConnectionTable::new();
        let reading = options.ip_block_pods;
        let compiled = compile::compile(&cluster, &peers, reading, &mut connections, (&too_large, &budget));
        let classes = Classes::new(&cluster, &peers, &compiled, &mut connections, &budget);
        let not_compiled = cluster.policy_ids().zip(&compiled.policies);
        let not_compiled = not_compiled.filter(|(_, compiled)| !compiled.is_evaluated);
        let handles = not_compiled.filter_map(|(policy, _)| cluster.policy_handle(policy));
        cluster.left_out.policies =
            handles.map(|handle| handle.span(handle.object().metadata.name.range)).collect();
        cluster.left_out.node_addresses = not_shown;
        cluster.left_out.peers = classes.not_evaluated();
        let nodes = Nodes::new(&peers);
        let (kind_of, kinds) = kinds(&peers, &classes, &nodes);
        Self { cluster, options, peers, compiled, connections, classes, nodes, kind_of, kinds, budget }
    }

    /// What it cost.
    pub fn cost(&self) -> &Budget {
        &self.budget
    }

    /// The cluster, with the hypothetical namespaces and workloads that were added.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// How it was evaluated.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Rows and columns of the matrix: the workloads of the cluster in their order, then the external ranges, then the
    /// domains.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// All peers with their ids.
    pub fn peer_ids(&self) -> impl Iterator<Item = (PeerId, &Peer)> {
        (0..).map(PeerId).zip(&self.peers)
    }

    /// One peer.
    pub fn peer(&self, id: PeerId) -> Option<&Peer> {
        self.peers.get(id.index())
    }

    /// A number that two peers share when nothing can tell them apart: neither as source nor as destination, except
    /// that one of them is itself. For a peer that is not there, the [count](Self::class_count) of them.
    pub fn class(&self, id: PeerId) -> usize {
        self.kind_of.get(id.index()).map_or(self.kinds.len(), |class| *class as usize)
    }

    /// How many classes there are: every [`class`](Self::class) is below it.
    pub fn class_count(&self) -> usize {
        self.kinds.len()
    }

    /// The classes to which the peers of one class may connect, on whatever port.
    pub fn reached_classes(&self, class: usize) -> impl Iterator<Item = usize> {
        let from = self.kinds.get(class);
        let to = self.kinds.iter().enumerate();
        let reached = from.into_iter().flat_map(move |from| to.clone().map(move |to| (from, to)));
        reached
            .filter(|(from, (_, to))| self.between(from.index(), to.index()) != ConnectionId::NONE.0)
            .map(|(_, (class, _))| class)
    }

    /// A number that two peers share when no rule of any policy can tell them apart as the other end: below the
    /// count of peers, which is the number of a peer that is not there.
    pub fn atom(&self, id: PeerId) -> usize {
        self.classes.atom_of(id).map_or(self.peers.len(), |atom| atom as usize)
    }

    /// The policies of all kinds that have a say for a peer in a direction, in order of their ids.
    pub fn deciding(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        self.classes.deciding(direction, peer)
    }

    /// The NetworkPolicies that select a peer for a direction, in order.
    pub fn selecting(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        self.classes.selecting(direction, peer)
    }

    /// Whether some NetworkPolicy selects a peer for a direction.
    pub fn isolated(&self, direction: Direction, peer: PeerId) -> bool {
        !self.selecting(direction, peer).is_empty()
    }

    /// The peers that a policy selects, in whatever direction it isolates.
    pub fn subjects(&self, policy: PolicyId) -> impl Iterator<Item = PeerId> {
        let set = self.compiled.policies.get(policy.0 as usize).map(|policy| policy.subjects);
        set.and_then(|set| self.compiled.peer_sets.get(set.0 as usize))
            .into_iter()
            .flat_map(|set| ids(&set.chosen))
    }

    /// The peers that one item of a rule's `from` or `to` matches; nothing for a rule without an effect.
    pub fn item_peers(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> impl Iterator<Item = PeerId> {
        let mut all = FixedBitSet::with_capacity(self.peers.len());
        self.item_sets(policy, direction, rule, item).for_each(|set| all.union_with(&set.chosen));
        let all: Vec<PeerId> = ids(&all).collect();
        all.into_iter()
    }

    /// What one item of a rule's `from` or `to` matches.
    fn item_sets(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> impl Iterator<Item = &PeerSet> {
        let rules = self.compiled.policies.get(policy.0 as usize).and_then(|policy| policy.rules(direction));
        let peers = rules.and_then(|rules| rules.get(rule)).and_then(|rule| rule.peers.as_ref());
        let leaves = peers.into_iter().flatten().filter(move |leaf| leaf.item as usize == item);
        leaves.filter_map(|leaf| self.compiled.peer_sets.get(leaf.set.0 as usize))
    }

    /// Whether one item of a rule's `from` or `to` matches a peer; never for a rule without an effect.
    pub fn item_matches(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
        peer: PeerId,
    ) -> bool {
        self.item_sets(policy, direction, rule, item).any(|set| set.chosen.contains(peer.index()))
    }

    /// What is allowed from `source` to `destination`: egress of the one and ingress of the other. Nothing where it was
    /// not [evaluated](Self::is_evaluated).
    pub fn allowed(&self, source: PeerId, destination: PeerId) -> &ConnectionSet {
        self.distinct(self.cell(source.index(), destination.index()))
    }

    /// Whether a cell was evaluated: there are limits to how much is.
    pub fn is_evaluated(&self, source: PeerId, destination: PeerId) -> bool {
        let class = |peer| self.classes.class_of(peer);
        let doubt = class(source).zip(class(destination)).map(|(from, to)| self.classes.doubt(from, to));
        self.is_open_anyway(source.index(), destination.index()) || doubt != Some(Doubt::NotEvaluated)
    }

    /// What is allowed under another reading of what the API leaves open; `None` where that was not evaluated.
    pub(crate) fn allowed_under(
        &self,
        wanted: Reading,
        source: PeerId,
        destination: PeerId,
    ) -> Option<ConnectionSet> {
        if self.is_open_anyway(source.index(), destination.index()) {
            return Some(ConnectionSet::all());
        }
        let reading =
            readings(self.options.ip_block_pods).into_iter().position(|reading| reading == wanted)?;
        let ends = self.classes.ends(reading, source, destination)?;
        let united = |ends: Vec<(ConnectionId, ConnectionId)>| {
            ends.into_iter().fold(ConnectionSet::NONE, |all, (egress, ingress)| {
                all.union(&self.connections.get(egress).intersection(self.connections.get(ingress)))
            })
        };
        Some(ends.into_iter().map(united).fold(ConnectionSet::all(), |each, one| each.intersection(&one)))
    }

    /// What is allowed over IPv4 and over IPv6 between two that are judged family by family; `None` inside for a family
    /// that they do not have in common.
    pub(crate) fn allowed_by_family(
        &self,
        source: PeerId,
        destination: PeerId,
    ) -> Option<[Option<ConnectionSet>; 2]> {
        let families = self.classes.families(source, destination)?;
        let allowed =
            |(egress, ingress)| self.connections.get(egress).intersection(self.connections.get(ingress));
        Some(families.map(|ends| ends.map(allowed)))
    }

    /// The family of addresses in which alone the pods of two peers can meet.
    pub(crate) fn only_family(&self, one: PeerId, other: PeerId) -> Option<Family> {
        self.classes.only_family(one, other)
    }

    /// What one end alone allows between a subject and a peer: the subject is the source for egress and the
    /// destination for ingress. Nothing where it was not evaluated. Where the two meet in several families of addresses,
    /// what it allows in any of them.
    pub fn end(&self, direction: Direction, subject: PeerId, peer: PeerId) -> &ConnectionSet {
        let id = if self.is_open_anyway(subject.index(), peer.index()) {
            Some(ConnectionId::ALL)
        } else {
            self.classes.end(direction, subject, peer)
        };
        self.connections.get(id.unwrap_or(ConnectionId::NONE))
    }

    /// The distinct sets of the matrix; the first is none, the second all.
    pub fn connections(&self) -> impl ExactSizeIterator<Item = &ConnectionSet> {
        self.classes.distinct().iter().map(|id| self.connections.get(*id))
    }

    /// A window of the matrix, row-major: indices into [`connections`](Self::connections). Ranges beyond the matrix
    /// are cut.
    pub fn cells(&self, rows: Range<usize>, columns: Range<usize>) -> Vec<u32> {
        self.window(rows, columns, |row, column| self.cell(row, column))
    }

    /// The same window: 0 where the verdict is certain, 1 where it depends on the network plugin or on something that
    /// the input does not tell, 2 where it was not evaluated.
    pub fn uncertain(&self, rows: Range<usize>, columns: Range<usize>) -> Vec<u8> {
        self.window(rows, columns, |row, column| self.uncertainty(row, column))
    }

    /// Whether a verdict depends on the network plugin or on something that the input does not tell, or was not
    /// evaluated.
    pub fn is_uncertain(&self, source: PeerId, destination: PeerId) -> bool {
        self.uncertainty(source.index(), destination.index()) != 0
    }

    fn window<T>(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        cell: impl Fn(usize, usize) -> T,
    ) -> Vec<T> {
        let cut = |range: Range<usize>| range.start.min(self.peers.len())..range.end.min(self.peers.len());
        let (rows, columns) = (cut(rows), cut(columns));
        let mut cells = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            cells.extend(columns.clone().map(|column| cell(row, column)));
        }
        cells
    }

    fn uncertainty(&self, row: usize, column: usize) -> u8 {
        if self.is_open_anyway(row, column) {
            return 0;
        }
        let class = |at: usize| self.classes.class_of(PeerId(at as u32));
        let (Some(from), Some(to)) = (class(row), class(column)) else { return 2 };
        match self.classes.doubt(from, to) {
            Doubt::NotEvaluated => 2,
            Doubt::Reading => 1,
            Doubt::None => u8::from(self.may_be_own_node(row, column)),
        }
    }

    /// Whether the two are a pod and its own node.
    pub(crate) fn is_own_node(&self, a: PeerId, b: PeerId) -> bool {
        self.nodes.is_own(a.index(), b.index())
    }

    /// Whether all policies for a peer were read.
    pub(crate) fn is_read(&self, peer: PeerId) -> bool {
        let workload = self.peer(peer).and_then(Peer::workload);
        let namespace = workload.and_then(|workload| self.cluster.namespace(workload.namespace));
        namespace.is_none_or(|namespace| !self.cluster.left_out.unread.concerns(&namespace.name))
    }

    /// A policy, compiled.
    pub(crate) fn compiled_policy(&self, policy: PolicyId) -> Option<&CompiledPolicy> {
        self.compiled.policies.get(policy.0 as usize)
    }

    /// Whether a peer is in a set.
    pub(crate) fn is_in_set(&self, set: PeerSetId, peer: PeerId) -> bool {
        let set = self.compiled.peer_sets.get(set.0 as usize);
        set.is_some_and(|set| set.chosen.contains(peer.index()))
    }

    /// A set of connections that policies speak of.
    pub(crate) fn connection_set(&self, id: ConnectionId) -> &ConnectionSet {
        self.connections.get(id)
    }

    /// A port name of the policies.
    pub(crate) fn port_name(&self, name: PortNameId) -> Option<(Protocol, &str)> {
        self.compiled.port_names.get(name.0 as usize).map(|(protocol, name)| (*protocol, name.as_str()))
    }

    /// Whether the rules of a policy are evaluated.
    pub(crate) fn is_compiled(&self, policy: PolicyId) -> bool {
        self.compiled.policies.get(policy.0 as usize).is_some_and(|policy| policy.is_evaluated)
    }

    /// Whether more would be allowed if the one were the other's node, and it may be.
    pub(crate) fn may_be_own_node(&self, row: usize, column: usize) -> bool {
        self.nodes.may_be_own(row, column) && self.between(row, column) != ConnectionId::ALL.0
    }

    /// Whether a pod and its own node, or a pod and itself, are the two.
    fn is_open_anyway(&self, row: usize, column: usize) -> bool {
        (row == column && self.is_alone(row)) || self.nodes.is_own(row, column)
    }

    fn cell(&self, row: usize, column: usize) -> u32 {
        if row == column && self.is_alone(row) { ConnectionId::ALL.0 } else { self.between(row, column) }
    }

    /// The cell of two peers that are not the same pod.
    fn between(&self, row: usize, column: usize) -> u32 {
        if self.nodes.is_own(row, column) {
            return ConnectionId::ALL.0;
        }
        let class = |at: usize| self.classes.class_of(PeerId(at as u32));
        match (class(row), class(column)) {
            (Some(from), Some(to)) => self.classes.cell(from, to),
            _ => ConnectionId::NONE.0,
        }
    }

    fn distinct(&self, cell: u32) -> &ConnectionSet {
        self.connections
            .get(self.classes.distinct().get(cell as usize).copied().unwrap_or(ConnectionId::NONE))
    }

    /// Whether a peer has no sibling to meet on the diagonal, so that there is only the pod itself.
    fn is_alone(&self, at: usize) -> bool {
        let workload = self.peers.get(at).and_then(Peer::workload);
        workload.is_some_and(|workload| !workload.may_have_siblings())
    }
}

fn ids(set: &FixedBitSet) -> impl Iterator<Item = PeerId> {
    set.ones().map(|at| PeerId(at as u32))
}

/// The workloads of the cluster, then all addresses, cut where policies and nodes cut them, then the domains that
/// policies name; and how many addresses of nodes are no rows of their own.
fn peers(cluster: &Cluster, too_large: &[bool]) -> (Vec<Peer>, usize) {
    let (of_namespaces, of_cluster) = too_large.split_at(cluster.policies.len().min(too_large.len()));
    let policies = cluster.policies.iter().zip(of_namespaces).filter(|(_, too_large)| !**too_large);
    let cluster_policies = || {
        let policies = cluster.cluster_policies.iter().zip(of_cluster);
        policies.filter(|(_, too_large)| !**too_large).map(|(policy, _)| policy)
    };
    let mentioned = policies.flat_map(|(policy, _)| Policy::networks(policy));
    let mentioned = mentioned.chain(cluster_policies().flat_map(ClusterPolicy::networks));
    let domains = order::set(cluster_policies().flat_map(ClusterPolicy::domains));
    let mut host_of: BTreeMap<IpNet, HostId> = BTreeMap::new();
    let mut not_shown = 0;
    for (id, host) in (0..).map(HostId).zip(&cluster.hosts) {
        for address in &host.addresses {
            if host_of.len() < MOST_NETWORKS {
                host_of.insert((*address).into(), id);
            } else {
                not_shown += 1;
            }
        }
    }
    let external = external_ranges(mentioned.chain(host_of.keys().copied())).into_iter();
    let workloads = cluster.workloads.iter().cloned().map(Peer::Workload);
    let external = external.map(|range| Peer::External { host: host_of.get(&range.network).copied(), range });
    let domains = domains.into_iter().map(|name| Peer::Domain(name.into()));
    (workloads.chain(external).chain(domains).collect(), not_shown)
}

/// Numbers peers by class, those apart that may meet their own node at another peer.
fn kinds(peers: &[Peer], classes: &Classes, nodes: &Nodes) -> (Vec<u32>, Vec<PeerId>) {
    let workloads = || peers.iter().enumerate().filter(|(_, peer)| peer.workload().is_some());
    let with_sides: HashSet<HostId> =
        workloads().filter(|(at, _)| nodes.sides.contains(*at)).filter_map(|(at, _)| nodes.of(at)).collect();
    let mut numbers: HashMap<(u32, Option<HostId>, bool), u32> = HashMap::new();
    let mut kinds = Vec::new();
    let kind_of = peers.iter().enumerate().map(|(at, peer)| {
        let host = nodes.of(at).filter(|host| peer.workload().is_some() && with_sides.contains(host));
        let class = classes.class_of(PeerId(at as u32)).unwrap_or_default();
        *numbers.entry((class, host, host.is_some() && nodes.sides.contains(at))).or_insert_with(|| {
            kinds.push(PeerId(at as u32));
            kinds.len() as u32 - 1
        })
    });
    (kind_of.collect(), kinds)
}
