//! An oracle: a slow, obviously right evaluator that owes nothing to the product.
//!
//! It takes plain JSON objects, decodes them by itself, and judges one connection between two pods at a time, straight
//! from the wording of the Kubernetes API (`k8s.io/api/networking/v1`, `sigs.k8s.io/network-policy-api`) and of docs/semantics.md. It imports nothing of
//! the crates that it is to disagree with and must stay so. Each function carries the sentence that it implements.

mod address;
mod cluster_policy;
mod connectivity;
mod ends;
mod nodes;
mod objects;
mod pods;
mod policy;
mod rows;
mod selector;
mod tiers;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

pub use address::Cidr;
pub use connectivity::{Cells, Judgement, Party, judge};
pub use pods::{ContainerPort, Labels, Owner, Pod};
pub use rows::Row;
pub use tiers::End;

use cluster_policy::ClusterPolicy;
use ends::View;
use nodes::Nodes;
use policy::{Direction, Policy};
use rows::Named;

/// Everything that the verdict of a connection depends on.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The workloads, each as the pods that nothing in the input can tell apart.
    pub rows: Vec<Row>,
    /// The labels of namespaces by their names, also of those that are only mentioned.
    pub namespaces: BTreeMap<String, Labels>,
    named: Named,
    policies: Vec<Policy>,
    cluster_policies: Vec<ClusterPolicy>,
    /// The namespaces that are only mentioned.
    mentioned: BTreeSet<String>,
    nodes: Nodes,
    blocks: BlockReading,
}

/// How what the API leaves open, and what the input does not tell, is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How blocks are taken inside the cluster.
    pub blocks: BlockReading,
    /// What is taken the other way than the verdicts take it.
    pub doubt: Option<Doubt>,
}

/// What a verdict may depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Of tied policies the most lenient counts, not the strictest.
    Ties,
    /// Selectors that ask for labels of a namespace that is only mentioned match the other way.
    NamespaceLabels,
    /// Selectors that ask for labels of a node of which only pods tell match it.
    NodeLabels,
    /// Narrow `networks` hold pods of unknown address, and any narrow block domains.
    UnknownAddresses,
    /// Of the pods of a workload any counts where a rule opens, and only all where it closes.
    SeveralPods,
    /// `domainNames` are heeded under Pass and not under Deny, rather than the other way.
    DomainActions,
}

impl Doubt {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Ties,
        Self::NamespaceLabels,
        Self::NodeLabels,
        Self::UnknownAddresses,
        Self::SeveralPods,
        Self::DomainActions,
    ];
}

/// Which readings of `ipBlock` inside the cluster there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReading {
    /// An `ipBlock` matches a pod by its address where that is known.
    KnownAddresses,
    /// An `ipBlock` matches only addresses outside of the cluster.
    Never,
    /// As the first, and a pod of unknown address is matched by a block of every address.
    AnyAddress,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// Pods of the cluster.
    Pods(&'a Row),
    /// An address outside of the cluster.
    Address(IpAddr),
    /// The addresses of a domain name, which nobody knows.
    Domain(&'a str),
}

/// Where a connection goes to: the protocol and the port at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: &'static str,
    /// 1-65535.
    pub port: u16,
}

/// What is allowed between two ends.
#[derive(Debug)]
pub enum Cell<'a> {
    /// Everything, whatever policies say.
    Always,
    /// What holds for every pair of pods; for each pair, what holds in some family of addresses.
    Pairs(Vec<Vec<[End<'a>; 2]>>),
}

impl Cluster {
    /// The cluster of objects in the order of the input.
    pub fn new(values: &[Value], blocks: BlockReading) -> Self {
        let objects = objects::objects(values);
        let policies: Vec<Policy> = objects.iter().filter_map(Policy::of).collect();
        let cluster_policies: Vec<ClusterPolicy> = objects.iter().filter_map(ClusterPolicy::of).collect();
        let nodes = Nodes::new(&objects);
        let named = Named::new(&policies, &cluster_policies, &objects);
        let workloads = pods::workloads(&objects, &nodes);
        let rows = rows::rows(workloads, &named);
        let (namespaces, mentioned) = namespaces(&objects, &rows, &policies);
        Self { rows, namespaces, named, policies, cluster_policies, mentioned, nodes, blocks }
    }

    /// What selectors see of labels: two pods with equal ones are told apart by none of them.
    pub fn seen(&self, labels: &Labels) -> BTreeMap<String, Option<String>> {
        self.named.seen(labels)
    }

    /// Every block that a policy speaks of, `except` included.
    pub fn blocks(&self) -> Vec<Cidr> {
        let networks = self.cluster_policies.iter().flat_map(ClusterPolicy::blocks);
        self.policies.iter().flat_map(Policy::blocks).chain(networks).collect()
    }

    /// Every domain name that a policy speaks of, each a peer of its own.
    pub fn domains(&self) -> BTreeSet<&str> {
        self.cluster_policies.iter().flat_map(ClusterPolicy::domains).map(String::as_str).collect()
    }

    /// Every number that a port of the input has, its neighbours, and both ends.
    pub fn ports(&self) -> BTreeSet<u16> {
        let declared = self.rows.iter().flat_map(|row| &row.pods).flat_map(|pod| &pod.ports);
        let declared = declared.map(|port| port.port);
        let numbers = declared.chain(self.policies.iter().flat_map(Policy::port_numbers));
        let numbers = numbers.chain(self.cluster_policies.iter().flat_map(ClusterPolicy::port_numbers));
        let around = numbers.flat_map(|port| [port.saturating_sub(1).max(1), port, port.saturating_add(1)]);
        around.chain([1, u16::MAX]).collect()
    }

    /// What is allowed.
    ///
    /// "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source
    /// pod and the ingress policy on the destination pod need to allow the connection. If either side does not allow
    /// the connection, it will not happen." (Network Policies, concepts)
    pub fn cell<'a>(&'a self, source: Side<'a>, destination: Side<'a>) -> Cell<'a> {
        self.cell_under(self.reading(), source, destination)
    }

    /// The reading that the verdicts are of.
    pub fn reading(&self) -> Reading {
        Reading { blocks: self.blocks, doubt: None }
    }

    /// The other readings: a verdict that differs under one of them is uncertain.
    pub fn other_readings(&self) -> Vec<Reading> {
        let blocks = [BlockReading::KnownAddresses, BlockReading::Never, BlockReading::AnyAddress];
        let blocks = blocks.into_iter().filter(|blocks| *blocks != self.blocks);
        let doubts = Doubt::ALL.map(|doubt| Reading { doubt: Some(doubt), ..self.reading() });
        blocks.map(|blocks| Reading { blocks, doubt: None }).chain(doubts).collect()
    }

    /// What is allowed under a reading.
    pub fn cell_under<'a>(&'a self, reading: Reading, source: Side<'a>, destination: Side<'a>) -> Cell<'a> {
        if is_one_single_pod(source, destination) || self.is_own_node(source, destination) {
            return Cell::Always;
        }
        let mut pairs = Vec::new();
        for from in pods_of(source) {
            for to in pods_of(destination) {
                let families = address::meeting(from, to).into_iter();
                let ends = families.map(|family| {
                    let view = View { cluster: self, reading, family };
                    [
                        view.end(Direction::Egress, (source, from), (destination, to)),
                        view.end(Direction::Ingress, (destination, to), (source, from)),
                    ]
                });
                pairs.push(ends.collect());
            }
        }
        Cell::Pairs(pairs)
    }

    /// "traffic to and from the node where a Pod is running is always allowed, regardless of the IP address of the Pod
    /// or the node" (Network Policies, concepts). "For a workload of several pods only what holds for each of them is
    /// shown" (docs/semantics.md).
    fn is_own_node(&self, source: Side<'_>, destination: Side<'_>) -> bool {
        let node = |row: &Row| match row.nodes().as_slice() {
            [Some(only)] if !row.has_missing_pods => Some(*only),
            _ => None,
        };
        match (source, destination) {
            (Side::Pods(row), Side::Address(address)) | (Side::Address(address), Side::Pods(row)) => {
                node(row).is_some_and(|node| self.nodes.has(node, address))
            }
            (Side::Pods(one), Side::Pods(other)) => {
                (one.host_network || other.host_network) && node(one).is_some() && node(one) == node(other)
            }
            _ => false,
        }
    }
}

/// "A pod cannot block access to itself" (Network Policies, concepts). The pods of one workload are different pods
/// when there may be more than one of them.
fn is_one_single_pod(source: Side<'_>, destination: Side<'_>) -> bool {
    match (source, destination) {
        (Side::Pods(source), Side::Pods(destination)) => {
            std::ptr::eq(source, destination) && !source.may_have_siblings
        }
        _ => false,
    }
}

/// The pods of an end, or none in place of the one address.
fn pods_of(side: Side<'_>) -> Vec<Option<&Pod>> {
    match side {
        Side::Pods(row) => row.pods.iter().map(Some).collect(),
        Side::Address(_) | Side::Domain(_) => vec![None],
    }
}

impl Cell<'_> {
    /// Whether a connection is allowed.
    pub fn allows(&self, probe: Probe) -> bool {
        match self {
            Self::Always => true,
            Self::Pairs(pairs) => pairs.iter().all(|families| {
                families.iter().any(|[egress, ingress]| egress.allows(probe) && ingress.allows(probe))
            }),
        }
    }
}

/// "The Kubernetes control plane sets an immutable label kubernetes.io/metadata.name on all namespaces. The value of
/// the label is the namespace name." (Namespaces, concepts) A namespace that is only mentioned has that label alone.
fn namespaces(
    objects: &[Value],
    rows: &[Row],
    policies: &[Policy],
) -> (BTreeMap<String, Labels>, BTreeSet<String>) {
    let mut found: BTreeMap<String, Labels> = BTreeMap::new();
    for object in objects.iter().filter(|object| objects::is(object, "v1", "Namespace")) {
        found.insert(objects::name(object), objects::labels(object, "/metadata/labels"));
    }
    let mut mentioned = BTreeSet::new();
    let names = rows.iter().map(|row| &row.owner.namespace);
    for name in names.chain(policies.iter().map(|policy| &policy.namespace)) {
        if !found.contains_key(name) {
            mentioned.insert(name.clone());
            found.insert(name.clone(), Labels::new());
        }
    }
    for (name, labels) in &mut found {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.clone());
    }
    (found, mentioned)
}
