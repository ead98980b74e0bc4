//! The matrix, computed on classes of peers that nothing in the input can tell apart.
//!
//! 1. Peers that the same peer sets hold, and on which port names stand for the same numbers, form an *atom*: as the
//!    other end of a connection they are all alike.
//! 2. Subjects that the same policies select share a *row*: by atom, what their end allows.
//! 3. Peers of one atom and the same two rows form a *class*. A cell of two classes is the intersection of the
//!    source's egress row at the destination's atom and the destination's ingress row at the source's atom.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use fixedbitset::FixedBitSet;
use netpol_manifest::Direction;

use crate::address::external_ranges;
use crate::cluster::{Cluster, HostId, Policy, PolicyId};
use crate::compile::{self, Compiled};
use crate::connection::{ConnectionId, ConnectionSet, ConnectionTable};
use crate::hypothetical::with_hypothetical;
use crate::peer::{Hypothetical, Options, Peer, PeerId};

/// A cluster and everything that can be asked about who reaches whom in it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    cluster: Cluster,
    options: Options,
    peers: Vec<Peer>,
    compiled: Compiled,
    /// By peer: the policies that select it for ingress, and for egress.
    selecting: [Vec<Vec<PolicyId>>; 2],
    connections: ConnectionTable,
    /// By peer.
    class_of: Vec<u32>,
    classes: Vec<Class>,
    rows: Rows,
    /// Class by class, row-major: indices into `distinct`.
    matrix: Vec<u32>,
    /// The sets that occur in the matrix, none and all first.
    distinct: Vec<ConnectionId>,
}

/// Peers that are alike as source and as destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Class {
    atom: u32,
    egress: u32,
    ingress: u32,
    host: Option<HostId>,
    on_host_network: bool,
}

impl Class {
    /// Whether all traffic between the two is traffic between a pod and its own node, which is always allowed.
    fn is_own_node(self, other: Self) -> bool {
        self.host.is_some() && self.host == other.host && (self.on_host_network || other.on_host_network)
    }
}

/// What each end allows, by row and atom.
#[derive(Clone, Debug, Default)]
struct Rows {
    egress: Vec<Vec<ConnectionId>>,
    ingress: Vec<Vec<ConnectionId>>,
}

impl Rows {
    fn egress(&self, source: Class, destination: Class) -> ConnectionId {
        entry(&self.egress, source.egress, destination.atom)
    }

    fn ingress(&self, source: Class, destination: Class) -> ConnectionId {
        entry(&self.ingress, destination.ingress, source.atom)
    }
}

fn entry(rows: &[Vec<ConnectionId>], row: u32, atom: u32) -> ConnectionId {
    let found = rows.get(row as usize).and_then(|row| row.get(atom as usize));
    found.copied().unwrap_or(ConnectionId::ALL)
}

impl Evaluation {
    /// Evaluates a cluster.
    pub fn new(cluster: Cluster, options: Options) -> Self {
        let cluster = match options.hypothetical {
            Hypothetical::Never => None,
            Hypothetical::Auto => with_hypothetical(&cluster, &compile::unsatisfied(&cluster)),
        }
        .unwrap_or(cluster);
        let peers = peers(&cluster);
        let mut connections = ConnectionTable::new();
        let compiled = compile::compile(&cluster, &peers, options.ip_block_pods, &mut connections);
        let selecting = Direction::BOTH.map(|direction| selecting(&compiled, direction, peers.len()));
        let mut evaluation = Self {
            cluster,
            options,
            peers,
            compiled,
            selecting,
            connections,
            class_of: Vec::new(),
            classes: Vec::new(),
            rows: Rows::default(),
            matrix: Vec::new(),
            distinct: Vec::new(),
        };
        evaluation.classify();
        evaluation.fill();
        evaluation
    }

    /// The cluster, with the hypothetical namespaces and workloads that were added.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// How it was evaluated.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Rows and columns of the matrix: the workloads of the cluster in their order, then the external ranges.
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
    /// that one of them is itself.
    pub fn class(&self, id: PeerId) -> usize {
        self.class_of.get(id.index()).map_or(usize::MAX, |class| *class as usize)
    }

    /// How many classes there are: every [`class`](Self::class) is below it.
    pub fn class_count(&self) -> usize {
        self.classes.len()
    }

    /// The classes to which the peers of one class may connect, on whatever port.
    pub fn reached_classes(&self, class: usize) -> impl Iterator<Item = usize> {
        let start = class.saturating_mul(self.classes.len());
        let row = self.matrix.get(start..start.saturating_add(self.classes.len())).unwrap_or_default();
        row.iter().enumerate().filter(|(_, cell)| **cell != ConnectionId::NONE.0).map(|(class, _)| class)
    }

    /// A number that two peers share when no rule of any policy can tell them apart as the other end.
    pub fn atom(&self, id: PeerId) -> usize {
        self.class_entry(id).map_or(usize::MAX, |class| class.atom as usize)
    }

    /// The policies that select a peer for a direction, in order.
    pub fn selecting(&self, direction: Direction, peer: PeerId) -> &[PolicyId] {
        let [ingress, egress] = &self.selecting;
        let lists = match direction {
            Direction::Ingress => ingress,
            Direction::Egress => egress,
        };
        lists.get(peer.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether some policy selects a peer for a direction.
    pub fn isolated(&self, direction: Direction, peer: PeerId) -> bool {
        !self.selecting(direction, peer).is_empty()
    }

    /// The peers that a policy selects, in whatever direction it isolates.
    pub fn subjects(&self, policy: PolicyId) -> impl Iterator<Item = PeerId> {
        let set = self.compiled.policies.get(policy.0 as usize).map(|policy| policy.subjects);
        set.and_then(|set| self.compiled.peer_sets.get(set.0 as usize)).into_iter().flat_map(ids)
    }

    /// The peers that one item of a rule's `from` or `to` matches; nothing for a rule without an effect.
    pub fn item_peers(
        &self,
        policy: PolicyId,
        direction: Direction,
        rule: usize,
        item: usize,
    ) -> impl Iterator<Item = PeerId> {
        let rules = self.compiled.policies.get(policy.0 as usize).and_then(|policy| policy.rules(direction));
        let items = rules.and_then(|rules| rules.get(rule)).and_then(|rule| rule.peers.as_ref());
        let set = items.and_then(|items| items.get(item)).map(|item| item.set);
        set.and_then(|set| self.compiled.peer_sets.get(set.0 as usize)).into_iter().flat_map(ids)
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
        let rules = self.compiled.policies.get(policy.0 as usize).and_then(|policy| policy.rules(direction));
        let items = rules.and_then(|rules| rules.get(rule)).and_then(|rule| rule.peers.as_ref());
        let set = items.and_then(|items| items.get(item));
        let set = set.and_then(|item| self.compiled.peer_sets.get(item.set.0 as usize));
        set.is_some_and(|set| set.contains(peer.index()))
    }

    /// What is allowed from `source` to `destination`: egress of the one and ingress of the other.
    pub fn allowed(&self, source: PeerId, destination: PeerId) -> &ConnectionSet {
        let cell = self.cell(source.index(), destination.index());
        self.connections.get(self.distinct.get(cell as usize).copied().unwrap_or(ConnectionId::NONE))
    }

    /// What one end alone allows between a subject and a peer: the subject is the source for egress and the
    /// destination for ingress.
    pub fn end(&self, direction: Direction, subject: PeerId, peer: PeerId) -> &ConnectionSet {
        let (Some(own), Some(other)) = (self.class_entry(subject), self.class_entry(peer)) else {
            return self.connections.get(ConnectionId::NONE);
        };
        let id = match direction {
            _ if own.is_own_node(other) || (subject == peer && self.is_alone(subject.index())) => {
                ConnectionId::ALL
            }
            Direction::Egress => self.rows.egress(own, other),
            Direction::Ingress => self.rows.ingress(other, own),
        };
        self.connections.get(id)
    }

    /// The distinct sets of the matrix; the first is none, the second all.
    pub fn connections(&self) -> impl ExactSizeIterator<Item = &ConnectionSet> {
        self.distinct.iter().map(|id| self.connections.get(*id))
    }

    /// A window of the matrix, row-major: indices into [`connections`](Self::connections). Ranges beyond the matrix
    /// are cut.
    pub fn cells(&self, rows: Range<usize>, columns: Range<usize>) -> Vec<u32> {
        let cut = |range: Range<usize>| range.start.min(self.peers.len())..range.end.min(self.peers.len());
        let (rows, columns) = (cut(rows), cut(columns));
        let mut cells = Vec::with_capacity(rows.len() * columns.len());
        for row in rows {
            let classes = self.class_of.get(columns.clone()).unwrap_or_default();
            let start = self.class_of.get(row).map_or(0, |class| *class as usize * self.classes.len());
            let by_class = self.matrix.get(start..start + self.classes.len()).unwrap_or_default();
            let first = cells.len();
            cells.extend(
                classes.iter().map(|class| by_class.get(*class as usize).copied().unwrap_or_default()),
            );
            if columns.contains(&row)
                && self.is_alone(row)
                && let Some(own) = cells.get_mut(first + row - columns.start)
            {
                *own = ConnectionId::ALL.0;
            }
        }
        cells
    }

    /// The same window: 1 where the verdict depends on the network plugin or was not evaluated, else 0.
    pub fn uncertain(&self, rows: Range<usize>, columns: Range<usize>) -> Vec<u8> {
        let cut = |range: Range<usize>| range.start.min(self.peers.len())..range.end.min(self.peers.len());
        vec![0; cut(rows).len() * cut(columns).len()]
    }

    fn cell(&self, row: usize, column: usize) -> u32 {
        if row == column && self.is_alone(row) {
            return ConnectionId::ALL.0;
        }
        let class = |at: usize| self.class_of.get(at).map(|class| *class as usize);
        let (Some(row), Some(column)) = (class(row), class(column)) else { return ConnectionId::NONE.0 };
        self.matrix.get(row * self.classes.len() + column).copied().unwrap_or(ConnectionId::NONE.0)
    }

    fn class_entry(&self, peer: PeerId) -> Option<Class> {
        self.classes.get(*self.class_of.get(peer.index())? as usize).copied()
    }

    /// Whether a peer has no sibling to meet on the diagonal, so that there is only the pod itself.
    fn is_alone(&self, at: usize) -> bool {
        let workload = self.peers.get(at).and_then(Peer::workload);
        workload.is_some_and(|workload| !workload.may_have_siblings())
    }

    /// Finds atoms, rows and classes.
    fn classify(&mut self) {
        let held = refine(self.peers.len(), &self.compiled.peer_sets);
        let resolved: Vec<Vec<ConnectionSet>> = self.peers.iter().map(|peer| self.resolve(peer)).collect();
        let mut names = Interner::default();
        let mut names_of: Vec<u32> = Vec::with_capacity(self.peers.len());
        for sets in resolved {
            let ids: Vec<ConnectionId> = sets.into_iter().map(|set| self.connections.intern(set)).collect();
            names_of.push(names.intern(ids));
        }
        let mut atoms = Interner::default();
        let atom_of: Vec<u32> =
            held.iter().zip(&names_of).map(|(held, names)| atoms.intern((*held, *names))).collect();
        let names_of_atom: Vec<u32> = atoms.items.iter().map(|(_, names)| *names).collect();
        let mut atoms_of_set: Vec<Vec<u32>> = Vec::with_capacity(self.compiled.peer_sets.len());
        for set in &self.compiled.peer_sets {
            let mut among = FixedBitSet::with_capacity(names_of_atom.len());
            among.extend(set.ones().filter_map(|peer| atom_of.get(peer)).map(|atom| *atom as usize));
            atoms_of_set.push(among.ones().map(|atom| atom as u32).collect());
        }

        let [ingress, egress] = &self.selecting;
        let mut egress_rows = Interner::default();
        let mut ingress_rows = Interner::default();
        let mut classes = Interner::default();
        for (at, peer) in self.peers.iter().enumerate() {
            let list = |lists: &[Vec<PolicyId>]| lists.get(at).cloned().unwrap_or_default();
            let names = names_of.get(at).copied().unwrap_or_default();
            let (host, on_host_network) = match peer {
                Peer::Workload(workload) => (workload.host(), workload.host_network),
                Peer::External { host, .. } => (*host, true),
            };
            let ingress_list = list(ingress);
            // The names matter only to a destination that some policy selects.
            let ingress_names = if ingress_list.is_empty() { 0 } else { names };
            let class = Class {
                atom: atom_of.get(at).copied().unwrap_or_default(),
                egress: egress_rows.intern(list(egress)),
                ingress: ingress_rows.intern((ingress_list, ingress_names)),
                host,
                on_host_network: host.is_some() && on_host_network,
            };
            self.class_of.push(classes.intern(class));
        }
        self.classes = classes.items;

        let mut maker = RowMaker {
            compiled: &self.compiled,
            connections: &mut self.connections,
            atoms_of_set: &atoms_of_set,
            names: &names.items,
        };
        let egress = egress_rows.items.iter();
        self.rows.egress = egress
            .map(|list| {
                maker.row(
                    list,
                    Direction::Egress,
                    |atom| names_of_atom.get(atom).copied(),
                    names_of_atom.len(),
                )
            })
            .collect();
        let ingress = ingress_rows.items.iter();
        self.rows.ingress = ingress
            .map(|(list, names)| maker.row(list, Direction::Ingress, |_| Some(*names), names_of_atom.len()))
            .collect();
    }

    /// What the port names of the policies stand for on a peer.
    fn resolve(&self, peer: &Peer) -> Vec<ConnectionSet> {
        let Some(workload) = peer.workload() else {
            return vec![ConnectionSet::NONE; self.compiled.port_names.len()];
        };
        let by_name = workload.numbers_by_name();
        let names = self.compiled.port_names.iter();
        names
            .map(|(protocol, name)| {
                let numbers = by_name.get(&(*protocol, name.as_str())).cloned().unwrap_or_default();
                ConnectionSet::of(*protocol, numbers)
            })
            .collect()
    }

    /// Fills the matrix of the classes, and numbers the sets that occur in it.
    fn fill(&mut self) {
        let mut number: Vec<u32> = vec![0, 1];
        self.distinct = vec![ConnectionId::NONE, ConnectionId::ALL];
        self.matrix.reserve(self.classes.len() * self.classes.len());
        for source in &self.classes {
            for destination in &self.classes {
                let both = if source.is_own_node(*destination) {
                    ConnectionId::ALL
                } else {
                    let egress = self.rows.egress(*source, *destination);
                    self.connections.intersection(egress, self.rows.ingress(*source, *destination))
                };
                let at = both.0 as usize;
                if at >= number.len() {
                    number.resize(at + 1, u32::MAX);
                }
                if let Some(number) = number.get_mut(at) {
                    if *number == u32::MAX {
                        *number = self.distinct.len() as u32;
                        self.distinct.push(both);
                    }
                    self.matrix.push(*number);
                }
            }
        }
    }
}

fn ids(set: &FixedBitSet) -> impl Iterator<Item = PeerId> {
    set.ones().map(|at| PeerId(at as u32))
}

/// The workloads of the cluster, then all addresses, cut where policies and nodes cut them.
fn peers(cluster: &Cluster) -> Vec<Peer> {
    let mentioned = cluster.policies.iter().flat_map(Policy::networks);
    let nodes = cluster.hosts.iter().flat_map(|host| &host.addresses).map(|address| (*address).into());
    let host_of: HashMap<ipnet::IpNet, HostId> = (0..)
        .map(HostId)
        .zip(&cluster.hosts)
        .flat_map(|(id, host)| host.addresses.iter().map(move |address| ((*address).into(), id)))
        .collect();
    let external = external_ranges(mentioned.chain(nodes)).into_iter();
    let workloads = cluster.workloads.iter().cloned().map(Peer::Workload);
    let external = external.map(|range| Peer::External { host: host_of.get(&range.network).copied(), range });
    workloads.chain(external).collect()
}

/// By peer: the policies that select it for a direction.
fn selecting(compiled: &Compiled, direction: Direction, peers: usize) -> Vec<Vec<PolicyId>> {
    let mut lists = vec![Vec::new(); peers];
    for (id, policy) in (0..).map(PolicyId).zip(&compiled.policies) {
        let subjects = compiled.peer_sets.get(policy.subjects.0 as usize);
        if let (Some(subjects), Some(_)) = (subjects, policy.rules(direction)) {
            for subject in subjects.ones() {
                if let Some(list) = lists.get_mut(subject) {
                    list.push(id);
                }
            }
        }
    }
    lists
}

/// Numbers the items so that two share a number exactly when the same sets hold them.
fn refine(items: usize, sets: &[FixedBitSet]) -> Vec<u32> {
    let mut group_of = vec![0_u32; items];
    let mut groups = 1_u32;
    let mut moved: HashMap<u32, u32> = HashMap::new();
    for set in sets {
        moved.clear();
        for item in set.ones() {
            if let Some(group) = group_of.get_mut(item) {
                *group = *moved.entry(*group).or_insert_with(|| {
                    groups += 1;
                    groups - 1
                });
            }
        }
    }
    let mut dense = Interner::default();
    group_of.into_iter().map(|group| dense.intern(group)).collect()
}

/// Equal items get equal numbers, in order of first appearance.
#[derive(Debug)]
struct Interner<T> {
    items: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { items: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    fn intern(&mut self, item: T) -> u32 {
        if let Some(number) = self.numbers.get(&item) {
            return *number;
        }
        let number = self.items.len() as u32;
        self.items.push(item.clone());
        self.numbers.insert(item, number);
        number
    }
}

struct RowMaker<'a> {
    compiled: &'a Compiled,
    connections: &'a mut ConnectionTable,
    /// By peer set: the atoms in it.
    atoms_of_set: &'a [Vec<u32>],
    /// By number of names: what each port name of the policies stands for.
    names: &'a [Vec<ConnectionId>],
}

impl RowMaker<'_> {
    /// What subjects that these policies select allow, by atom. `names` tells whose names count at an atom: those of
    /// the destination, which is the atom for egress and the subject for ingress.
    fn row(
        &mut self,
        policies: &[PolicyId],
        direction: Direction,
        names: impl Fn(usize) -> Option<u32>,
        atoms: usize,
    ) -> Vec<ConnectionId> {
        if policies.is_empty() {
            return vec![ConnectionId::ALL; atoms];
        }
        let mut row = vec![ConnectionId::NONE; atoms];
        let everyone: Vec<u32> = (0..atoms as u32).collect();
        let rules = policies
            .iter()
            .filter_map(|id| self.compiled.policies.get(id.0 as usize)?.rules(direction))
            .flatten();
        for rule in rules {
            let items: Vec<(&[u32], bool)> = match &rule.peers {
                None => vec![(&everyone, false)],
                Some(items) => items
                    .iter()
                    .filter_map(|item| {
                        Some((self.atoms_of_set.get(item.set.0 as usize)?.as_slice(), item.by_address))
                    })
                    .collect(),
            };
            for (atoms, by_address) in items {
                // For ingress the destination is the subject, so what its port names mean does not depend on the peer.
                let by_name = !by_address || direction == Direction::Ingress;
                for atom in atoms {
                    let mut ports = rule.ports;
                    if by_name && !rule.names.is_empty() {
                        let resolved = names(*atom as usize).and_then(|names| self.names.get(names as usize));
                        for name in &rule.names {
                            let numbers =
                                resolved.and_then(|resolved| resolved.get(name.0 as usize)).copied();
                            ports = self.connections.union(ports, numbers.unwrap_or(ConnectionId::NONE));
                        }
                    }
                    if let Some(allowed) = row.get_mut(*atom as usize) {
                        *allowed = self.connections.union(*allowed, ports);
                    }
                }
            }
        }
        row
    }
}
