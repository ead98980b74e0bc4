//! A cluster and what can be asked about who reaches whom in it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_manifest::{Direction, Protocol};
use netpol_source::{Budget, HashMap, HashSet, order};

use crate::address::external_ranges;
use crate::classes::{Before, Classes};
use crate::cluster::{Cluster, ClusterPolicy, HostId, MOST_NETWORKS, Policy, PolicyId};
use crate::compile::{
    self, Compiled, CompiledPeer, CompiledPolicy, Family, PeerSet, PeerSetId, PortNameId, READINGS, Reading,
    readings,
};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::hypothetical::{add_hypothetical, adds_none_again};
use crate::matrix::{CERTAIN, ClassMatrix, NONE, NOT_EVALUATED, on_node};
use crate::peer::{Hypothetical, Options, Peer, PeerId};
use crate::since::Since;

/// Steps of work for one evaluation: about two seconds in a browser.
const WORK: u64 = 800_000_000;
/// Bytes that an evaluation keeps, beside what the input itself takes.
const BYTES: u64 = 192 * 1024 * 1024;

/// What an evaluation made, and what it took from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// The rows that were made: what one end allows.
    pub rows: usize,
    /// The others.
    pub kept_rows: usize,
    /// The cells of classes that were made.
    pub cells: usize,
    /// How much is kept of sets of connections: intervals, and some for each set and each combination.
    pub sets: usize,
}

/// After how many edits all is done anew.
const MOST_EDITS: usize = 100;

/// How much may be kept of sets of connections that nothing uses any more.
const MOST_GROWN: usize = 20_000;

/// A cluster and everything that can be asked about who reaches whom in it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    cluster: Cluster,
    options: Options,
    peers: Vec<Peer>,
    compiled: Compiled,
    connections: ConnectionTable,
    classes: Classes,
    matrix: Arc<ClassMatrix>,
    /// By peer: its number among those that nothing can tell apart, nodes included.
    kind_of: Vec<u32>,
    /// By that number: the first such peer.
    kinds: Vec<PeerId>,
    /// By set of peers, once it is asked for.
    atoms_of_sets: Vec<OnceCell<FixedBitSet>>,
    budget: Budget,
    spent: Spent,
    /// The places of the workloads that are others, where the Services are the same.
    changed_pods: Option<Vec<usize>>,
    has_same_atoms: bool,
    unmoved: Option<Vec<bool>>,
    standing: Option<Vec<bool>>,
    standing_namespaces: Option<Vec<bool>>,
}

/// What an evaluation cost without the cells, which are made each time, together with those that it takes from.
#[derive(Clone, Copy, Debug)]
struct Spent {
    work: u64,
    bytes: u64,
    /// How much the sets of connections took of the first one.
    sets: usize,
    /// How many edits ago that was.
    edits: usize,
}

/// What is laid over the cells of classes: that a pod reaches itself, and a node and its own pods each other.
fn overlay(matrix: &mut ClassMatrix, peers: &[Peer]) {
    let is_alone = |peer: &Peer| peer.workload().is_some_and(|workload| !workload.may_have_siblings());
    matrix.alone = peers.iter().map(|peer| u8::from(is_alone(peer))).collect();
    let host_of = |peer: &Peer| match peer {
        Peer::External { host, .. } => *host,
        Peer::Workload(workload) => workload.host(),
        Peer::Domain(_) => None,
    };
    let on_node: Vec<u8> = peers
        .iter()
        .map(|peer| match peer.workload() {
            Some(workload) if !workload.host_network && workload.may_be_anywhere() => on_node::ANYWHERE,
            Some(workload) if !workload.host_network => on_node::NOT,
            _ if host_of(peer).is_some() => on_node::ITSELF,
            _ => on_node::NOT,
        })
        .collect();
    if !on_node.contains(&on_node::ITSELF) {
        return;
    }
    matrix.on_node = on_node;
    let number = |host: HostId| host.0 + 1;
    matrix.node_of = peers.iter().map(|peer| host_of(peer).map_or(0, number)).collect();
    for (at, peer) in (0..).zip(peers) {
        let Some(workload) = peer.workload().filter(|workload| !workload.host_network) else { continue };
        if workload.host().is_none() {
            let hosts = workload.pods.iter().filter_map(|pod| pod.host);
            matrix.somewhere.extend(hosts.map(|host| (number(host), at)));
        }
    }
    order::sort_and_dedup(&mut matrix.somewhere);
}

impl Evaluation {
    /// Evaluates a cluster.
    pub fn new(cluster: Cluster, options: Options) -> Self {
        Self::after(cluster, options, None)
    }

    /// Evaluates a cluster after an edit: what `before` has worked out of what is the same is taken from it. It comes to
    /// what [`new`](Self::new) comes to.
    pub fn after(mut cluster: Cluster, options: Options, before: Option<&Self>) -> Self {
        let budget = Budget::new(WORK, BYTES);
        let before = before.filter(|before| before.options == options && before.may_be_kept());
        let adds_none = || before.is_some_and(|before| adds_none_again(&cluster, &before.cluster));
        if options.hypothetical == Hypothetical::Auto && !adds_none() {
            add_hypothetical(&mut cluster, &budget);
        }
        let too_large = compile::with_too_many_networks(&cluster);
        let (peers, not_shown) = peers(&cluster, &too_large);
        cluster.left_out.node_addresses = not_shown;
        let before = before.filter(|_| !too_large.contains(&true));
        let since = before.and_then(|before| {
            let since = Since::new((&before.cluster, &before.peers), (&cluster, &peers))?;
            Some((before, since))
        });
        let Some((before, since)) = since else {
            return Self::with(cluster, options, peers, &too_large, budget, None);
        };
        let within = budget.clone();
        let again = Self::with(cluster, options, peers, &too_large, within, Some((before, &since)));
        // What is kept cost nothing now. Where there is not enough for the rest, all is done as if it were new.
        if again.is_whole() {
            return again;
        }
        let Self { cluster, peers, .. } = again;
        Self::with(cluster, options, peers, &too_large, budget, None)
    }

    fn with(
        mut cluster: Cluster,
        options: Options,
        peers: Vec<Peer>,
        too_large: &[bool],
        budget: Budget,
        before: Option<(&Self, &Since)>,
    ) -> Self {
        let mut connections = match before {
            Some((before, _)) => before.connections.clone(),
            None => ConnectionTable::new(),
        };
        let reading = options.ip_block_pods;
        let known = before.map(|(before, since)| (since, &before.compiled));
        let compiled =
            compile::compile(&cluster, &peers, reading, &mut connections, (too_large, &budget), known);
        let known = before.map(|(before, since)| Before {
            since,
            compiled: &before.compiled,
            classes: &before.classes,
            matrix: &before.matrix,
        });
        let (classes, mut matrix, not_evaluated) =
            Classes::new((&cluster, &peers), &compiled, &mut connections, &budget, known);
        let has_same_atoms = before.is_some_and(|(before, _)| before.classes.has_same_atoms(&classes));
        overlay(&mut matrix, &peers);
        let not_compiled = cluster.policy_ids().zip(&compiled.policies);
        let not_compiled = not_compiled.filter(|(_, compiled)| !compiled.is_evaluated);
        let handles = not_compiled.filter_map(|(policy, _)| cluster.policy_handle(policy));
        cluster.left_out.policies =
            handles.map(|handle| handle.span(handle.object().metadata.name.range)).collect();
        cluster.left_out.peers = not_evaluated;
        let (kind_of, kinds) = kinds(&peers, &classes, &matrix);
        let matrix = Arc::new(matrix);
        let atoms_of_sets = vec![OnceCell::new(); compiled.peer_sets.len()];
        let cells = Classes::cost_of_cells(matrix.count);
        let since = before.map(|(_, since)| since);
        let standing = since.and_then(|since| compiled.standing(since));
        let standing_namespaces =
            since.filter(|_| standing.is_some()).map(|since| since.standing_namespaces(&cluster, &peers));
        let before = before.map(|(before, _)| before.spent);
        let spent = Spent {
            work: budget.worked().saturating_sub(cells.0) + before.map_or(0, |before| before.work),
            bytes: budget.kept().saturating_sub(cells.1) + before.map_or(0, |before| before.bytes),
            sets: before.map_or(connections.size(), |before| before.sets),
            edits: before.map_or(0, |before| before.edits + 1),
        };
        Self {
            cluster,
            options,
            peers,
            compiled,
            connections,
            classes,
            matrix,
            kind_of,
            kinds,
            atoms_of_sets,
            budget,
            spent,
            has_same_atoms,
            unmoved: since.map(|since| since.standing_policies.clone()),
            standing,
            standing_namespaces,
            changed_pods: since
                .filter(|since| since.same_exposure && since.moved.len() <= compile::MOST_MOVED)
                .map(|since| since.moved.clone()),
        }
    }

    /// Whether nothing was left out for want of budget.
    fn is_whole(&self) -> bool {
        self.cluster.left_out.policies.is_empty()
            && self.cluster.left_out.peers == 0
            && self.classes.is_evaluated()
    }

    /// Whether another evaluation may take from it. What is kept grows from one to the next: before that comes near to what
    /// one may cost, or much is kept that nothing uses, all is done anew.
    fn may_be_kept(&self) -> bool {
        let Spent { work, bytes, sets, edits } = self.spent;
        self.is_whole()
            && work <= WORK / 2
            && bytes <= BYTES / 2
            && edits < MOST_EDITS
            && self.connections.size() <= 2 * sets + MOST_GROWN
    }

    /// By policy: whether it is another than in the evaluation from which this one took what is the same, or speaks of pods
    /// with other labels or ports. `None` where there was none.
    pub fn touched(&self) -> Option<&[bool]> {
        self.compiled.touched.as_deref()
    }

    /// The few workloads that are others than in the evaluation from which this one took what is the same, or stand elsewhere,
    /// where all others and the Services are the same, all with the same ids; else `None`.
    pub fn changed_pods(&self) -> Option<impl Iterator<Item = PeerId>> {
        self.changed_pods.as_ref().map(|changed| changed.iter().map(|at| PeerId(*at as u32)))
    }

    /// By policy: whether it stands where it stood in that evaluation and says what it said, beside the same namespaces.
    /// `None` where that is not known.
    pub fn unmoved(&self) -> Option<&[bool]> {
        self.unmoved.as_deref()
    }

    /// By policy: whether it stands where it stood in that evaluation and says what it said, and all pods that it speaks of do,
    /// beside the same namespaces and Services. `None` where that is not known.
    pub fn standing(&self) -> Option<&[bool]> {
        self.standing.as_deref()
    }

    /// By namespace: whether all NetworkPolicies and workloads in it stand where they stood in that evaluation and say what
    /// they said, and all cluster-scoped policies do. `None` where that is not known.
    pub fn standing_namespaces(&self) -> Option<&[bool]> {
        self.standing_namespaces.as_deref()
    }

    /// The peers with which cells may be others than in that evaluation, by their places: between two that are not among
    /// them, each cell is what it was. `None` where that is not known.
    pub fn with_other_cells(&self) -> Option<&FixedBitSet> {
        self.classes.with_other_ends()
    }

    /// Whether the same peers are alike as the other end as in that evaluation.
    pub fn has_same_atoms(&self) -> bool {
        self.has_same_atoms
    }

    /// What was taken from the evaluation before, and what was not.
    pub fn made(&self) -> Made {
        let (rows, kept_rows, cells) = self.classes.made();
        Made { rows: rows - kept_rows, kept_rows, cells, sets: self.connections.size() }
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

    /// The classes to which the peers of one class may connect, and what that is; to those of its own class, what one may
    /// to another.
    pub fn reached_classes(&self, class: usize) -> impl Iterator<Item = (usize, &ConnectionSet)> {
        let from = self.kinds.get(class).map(|from| self.matrix.row(from.index()));
        let to = self.kinds.iter().enumerate();
        let reached = from.into_iter().flat_map(move |from| to.clone().map(move |to| (from, to)));
        let reached = reached.map(|(from, (class, to))| (class, from.between(to.index())));
        reached.filter(|(_, cell)| *cell != NONE).map(|(class, cell)| (class, self.distinct(cell)))
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
        let mut sets = self.item_sets(policy, direction, rule, item);
        let first = sets.next();
        // An item is several sets at times: then each peer counts once.
        let several = sets.next().map(|_| {
            let all = self.item_peer_set(policy, direction, rule, item);
            all.into_ones().map(|at| PeerId(at as u32))
        });
        let one = first.filter(|_| several.is_none()).map(|set| ids(&set.chosen));
        one.into_iter().flatten().chain(several.into_iter().flatten())
    }

    /// The same as a set of their places.
    pub fn item_peer_set(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> FixedBitSet {
        let mut all = FixedBitSet::with_capacity(self.peers.len());
        self.item_sets(policy, direction, rule, item).for_each(|set| all.union_with(&set.chosen));
        all
    }

    /// The [atoms](Self::atom) of the peers that one item of a rule's `from` or `to` matches: all together.
    pub fn item_atoms(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> FixedBitSet {
        let mut all = FixedBitSet::with_capacity(self.classes.atom_count());
        for leaf in self.item_leaves(policy, direction, rule, item) {
            let at = leaf.set.0 as usize;
            let Some((known, set)) = self.atoms_of_sets.get(at).zip(self.compiled.peer_sets.get(at)) else {
                continue;
            };
            all.union_with(known.get_or_init(|| {
                let mut atoms = FixedBitSet::with_capacity(self.classes.atom_count());
                atoms.extend(ids(&set.chosen).map(|peer| self.atom(peer)));
                atoms
            }));
        }
        all
    }

    fn item_leaves(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> impl Iterator<Item = &CompiledPeer> {
        let rules = self.compiled.policies.get(policy.0 as usize).and_then(|policy| policy.rules(direction));
        let peers = rules.and_then(|rules| rules.get(rule)).and_then(|rule| rule.peers.as_ref());
        // They are in order of their items.
        let peers = peers.map_or(&[][..], Vec::as_slice);
        let first = peers.partition_point(|leaf| (leaf.item as usize) < item);
        peers.iter().skip(first).take_while(move |leaf| leaf.item as usize == item)
    }

    /// What one item of a rule's `from` or `to` matches.
    fn item_sets(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> impl Iterator<Item = &PeerSet> {
        let leaves = self.item_leaves(policy, direction, rule, item);
        leaves.filter_map(|leaf| self.compiled.peer_sets.get(leaf.set.0 as usize).map(Rc::as_ref))
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
        self.distinct(self.matrix.cell(source.index(), destination.index()))
    }

    /// Whether a cell was evaluated: there are limits to how much is.
    pub fn is_evaluated(&self, source: PeerId, destination: PeerId) -> bool {
        self.matrix.certainty(source.index(), destination.index()) != NOT_EVALUATED
    }

    /// What is allowed under another reading of what the API leaves open; `None` where that was not evaluated.
    pub(crate) fn allowed_under(
        &self,
        wanted: Reading,
        source: PeerId,
        destination: PeerId,
    ) -> Option<ConnectionSet> {
        if self.matrix.is_open_anyway(source.index(), destination.index()) {
            return Some(ConnectionSet::all());
        }
        let reading =
            readings(self.options.ip_block_pods).into_iter().position(|reading| reading == wanted)?;
        self.between(reading, source, destination)
    }

    /// What is allowed at least and at most, whatever the API leaves open and the input does not tell; `None` where that
    /// was not evaluated. That a pod may be the destination itself, or run on the node at the other end, is left aside.
    pub fn bounds(&self, source: PeerId, destination: PeerId) -> Option<[ConnectionSet; 2]> {
        let mut found = (0..READINGS).map(|reading| self.between(reading, source, destination));
        let first = found.next()??;
        let [mut least, mut most] = [first.clone(), first];
        for other in found {
            let other = other?;
            (least, most) = (least.intersection(&other), most.union(&other));
        }
        if self.classes.is_ambiguous(source, destination) {
            let doubtful = self.doubtful_ports(destination);
            (least, most) = (least.difference(&doubtful), most.union(&doubtful));
        }
        Some([least, most])
    }

    /// The numbers of the port names of policies that are not one number, the same on all pods of a peer.
    pub fn doubtful_ports(&self, peer: PeerId) -> ConnectionSet {
        let ids = self.classes.doubtful(peer);
        ids.fold(ConnectionSet::NONE, |all, id| all.union(self.connections.get(id)))
    }

    /// What the ends of two that are not the same pod, nor a pod and its node, allow under a reading.
    fn between(&self, reading: usize, source: PeerId, destination: PeerId) -> Option<ConnectionSet> {
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
        let id = if self.matrix.is_open_anyway(subject.index(), peer.index()) {
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

    /// The matrix by classes; its cells are indices into [`connections`](Self::connections).
    pub fn matrix(&self) -> &Arc<ClassMatrix> {
        &self.matrix
    }

    /// Whether a verdict depends on the network plugin or on something that the input does not tell, or was not
    /// evaluated.
    pub fn is_uncertain(&self, source: PeerId, destination: PeerId) -> bool {
        self.matrix.certainty(source.index(), destination.index()) != CERTAIN
    }

    /// Whether the two are a pod and its own node.
    pub(crate) fn is_own_node(&self, a: PeerId, b: PeerId) -> bool {
        self.matrix.is_own_node(a.index(), b.index())
    }

    /// Whether all policies for a peer were read.
    pub(crate) fn is_read(&self, peer: PeerId) -> bool {
        let workload = self.peer(peer).and_then(Peer::workload);
        let namespace = workload.and_then(|workload| self.cluster.namespace(workload.namespace));
        namespace.is_none_or(|namespace| !self.cluster.left_out.unread.concerns(&namespace.name))
    }

    /// A policy, compiled.
    pub(crate) fn compiled_policy(&self, policy: PolicyId) -> Option<&CompiledPolicy> {
        self.compiled.policies.get(policy.0 as usize).map(Rc::as_ref)
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
        self.matrix.may_open_more(row, column)
    }

    fn distinct(&self, cell: u32) -> &ConnectionSet {
        self.connections
            .get(self.classes.distinct().get(cell as usize).copied().unwrap_or(ConnectionId::NONE))
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
fn kinds(peers: &[Peer], classes: &Classes, matrix: &ClassMatrix) -> (Vec<u32>, Vec<PeerId>) {
    let workloads = || peers.iter().enumerate().filter(|(_, peer)| peer.workload().is_some());
    let nodes = workloads().filter(|(at, _)| matrix.is_node(*at));
    let with_nodes: HashSet<u32> = nodes.filter_map(|(at, _)| matrix.node(at)).collect();
    let mut numbers: HashMap<(u32, Option<u32>, bool), u32> = HashMap::default();
    let mut kinds = Vec::new();
    let kind_of = peers.iter().enumerate().map(|(at, peer)| {
        let node = matrix.node(at).filter(|node| peer.workload().is_some() && with_nodes.contains(node));
        let class = classes.class_of(PeerId(at as u32)).unwrap_or_default();
        *numbers.entry((class, node, node.is_some() && matrix.is_node(at))).or_insert_with(|| {
            kinds.push(PeerId(at as u32));
            kinds.len() as u32 - 1
        })
    });
    (kind_of.collect(), kinds)
}
