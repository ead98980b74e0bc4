//! An oracle: a slow, obviously right evaluator that owes nothing to the product.
//!
//! It takes plain JSON objects, decodes them by itself, and judges one connection between two pods at a time, straight
//! from the wording of the Kubernetes API (`k8s.io/api/networking/v1`) and of docs/semantics.md. It imports nothing of
//! the crates that it is to disagree with and must stay so. Each function carries the sentence that it implements.

mod address;
mod nodes;
mod objects;
mod pods;
mod policy;
mod rows;
mod selector;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

pub use address::Cidr;
pub use pods::{ContainerPort, Labels, Owner, Pod};
pub use rows::Row;

use address::Family;
use nodes::Nodes;
use policy::{Direction, Policy, Port};
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
    nodes: Nodes,
    reading: BlockReading,
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

/// What one end of a connection lets pass.
#[derive(Debug)]
pub enum End<'a> {
    /// No policy isolates it.
    Open,
    /// What some rule allows.
    Isolated(Vec<Opening<'a>>),
}

/// A rule that matches the other end.
#[derive(Debug)]
pub struct Opening<'a> {
    ports: &'a [Port],
    /// Whose port names count.
    names: Option<&'a Row>,
}

impl Cluster {
    /// The cluster of objects in the order of the input.
    pub fn new(values: &[Value], reading: BlockReading) -> Self {
        let objects = objects::objects(values);
        let policies: Vec<Policy> = objects.iter().filter_map(Policy::of).collect();
        let nodes = Nodes::new(&objects);
        let named = Named::new(&policies, &objects);
        let workloads = pods::workloads(&objects, &nodes);
        let rows = rows::rows(workloads, &named);
        let namespaces = namespaces(&objects, &rows, &policies);
        Self { rows, namespaces, named, policies, nodes, reading }
    }

    /// What selectors see of labels: two pods with equal ones are told apart by none of them.
    pub fn seen(&self, labels: &Labels) -> BTreeMap<String, Option<String>> {
        self.named.seen(labels)
    }

    /// Every block that a policy speaks of, `except` included.
    pub fn blocks(&self) -> Vec<Cidr> {
        self.policies.iter().flat_map(Policy::blocks).collect()
    }

    /// Every number that a port of the input has, its neighbours, and both ends.
    pub fn ports(&self) -> BTreeSet<u16> {
        let declared = self.rows.iter().flat_map(|row| &row.pods).flat_map(|pod| &pod.ports);
        let declared = declared.map(|port| port.port);
        let numbers = declared.chain(self.policies.iter().flat_map(Policy::port_numbers));
        let around = numbers.flat_map(|port| [port.saturating_sub(1).max(1), port, port.saturating_add(1)]);
        around.chain([1, u16::MAX]).collect()
    }

    /// What is allowed.
    ///
    /// "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source
    /// pod and the ingress policy on the destination pod need to allow the connection. If either side does not allow
    /// the connection, it will not happen." (Network Policies, concepts)
    pub fn cell<'a>(&'a self, source: Side<'a>, destination: Side<'a>) -> Cell<'a> {
        if is_one_single_pod(source, destination) || self.is_own_node(source, destination) {
            return Cell::Always;
        }
        let mut pairs = Vec::new();
        for from in pods_of(source) {
            for to in pods_of(destination) {
                let families = address::meeting(from, to).into_iter();
                let ends = families.map(|family| {
                    let ends =
                        [(Direction::Egress, source, destination), (Direction::Ingress, destination, source)];
                    ends.map(|(direction, subject, peer)| {
                        let (subject_pod, peer_pod) =
                            if direction == Direction::Egress { (from, to) } else { (to, from) };
                        self.end(direction, (subject, subject_pod), (peer, peer_pod), family)
                    })
                });
                pairs.push(ends.collect());
            }
        }
        Cell::Pairs(pairs)
    }

    /// What one end of the connection lets pass.
    ///
    /// "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod (and cluster policy otherwise
    /// allows the traffic), OR if the traffic source is the pod's local node, OR if the traffic matches at least one
    /// ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod."
    /// (`NetworkPolicySpec.ingress`; `egress` likewise)
    fn end<'a>(
        &'a self,
        direction: Direction,
        (subject_side, subject): (Side<'a>, Option<&'a Pod>),
        (peer_side, peer): (Side<'a>, Option<&'a Pod>),
        family: Option<Family>,
    ) -> End<'a> {
        let (Some(subject), Side::Pods(subject_row)) = (subject, subject_side) else {
            return End::Open; // No policy acts on what is not a pod.
        };
        let mut is_isolated = false;
        let mut openings = Vec::new();
        for policy in self.policies.iter().filter(|policy| policy.selects(subject)) {
            let Some(rules) = policy.rules(direction) else { continue };
            is_isolated = true;
            for rule in rules {
                // A port is a port of the destination: the subject for ingress, the peer for egress.
                let destination = match (direction, peer_side) {
                    (Direction::Ingress, _) => Some(subject_row),
                    (Direction::Egress, Side::Pods(row)) => Some(row),
                    (Direction::Egress, Side::Address(_)) => None,
                };
                if rule.peers.is_empty() {
                    openings.push(Opening { ports: &rule.ports, names: destination });
                }
                for item in &rule.peers {
                    if self.item_matches(policy, item, (peer_side, peer), family) {
                        // The destination of an egress rule with an `ipBlock` is an address, and addresses name no ports.
                        let is_address = direction == Direction::Egress && item.is_block();
                        let names = if is_address { None } else { destination };
                        openings.push(Opening { ports: &rule.ports, names });
                    }
                }
            }
        }
        if is_isolated { End::Isolated(openings) } else { End::Open }
    }

    fn item_matches(
        &self,
        policy: &Policy,
        item: &policy::Peer,
        (side, pod): (Side<'_>, Option<&Pod>),
        family: Option<Family>,
    ) -> bool {
        match (item, side, pod) {
            (policy::Peer::Pods { pods, namespaces }, _, Some(pod)) => {
                self.pods_match(policy, (pods.as_ref(), namespaces.as_ref()), pod)
            }
            (policy::Peer::Pods { .. }, _, None) => false,
            (policy::Peer::Block(block), Side::Address(address), _) => block.holds(address),
            (policy::Peer::Block(block), Side::Pods(row), _) => {
                family.is_none_or(|family| family == block.family()) && self.block_matches(block, row)
            }
        }
    }

    /// "podSelector is a label selector which selects pods. This field follows standard label selector semantics; if
    /// present but empty, it selects all pods. If namespaceSelector is also set, then the NetworkPolicyPeer as a
    /// whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector. Otherwise it
    /// selects the pods matching podSelector in the policy's own namespace." (`NetworkPolicyPeer.podSelector`)
    ///
    /// "namespaceSelector selects namespaces using cluster-scoped labels. […] if present but empty, it selects all
    /// namespaces. […] Otherwise it selects all pods in the namespaces selected by namespaceSelector."
    /// (`NetworkPolicyPeer.namespaceSelector`) Selectors do not see pods on the host network.
    fn pods_match(
        &self,
        policy: &Policy,
        (pods, namespaces): (Option<&selector::Selector>, Option<&selector::Selector>),
        pod: &Pod,
    ) -> bool {
        let in_namespace = match namespaces {
            Some(selector) => {
                self.namespaces.get(&pod.owner.namespace).is_some_and(|labels| selector.matches(labels))
            }
            None => pod.owner.namespace == policy.namespace,
        };
        !pod.host_network && in_namespace && pods.is_none_or(|selector| selector.matches(&pod.labels))
    }

    /// "an `ipBlock` matches a pod whose address is known from its `status`, if the block holds that address, and no
    /// other pod; a workload of several pods only if it holds an address of each" (docs/semantics.md, options). Pods on
    /// the host network have the address of their node, which is outside of the cluster's own network and is matched
    /// in every reading.
    fn block_matches(&self, block: &policy::Block, row: &Row) -> bool {
        let known: Vec<&Pod> = row.pods.iter().filter(|pod| !pod.addresses.is_empty()).collect();
        if known.is_empty() {
            return self.reading == BlockReading::AnyAddress && block.is_whole();
        }
        if self.reading == BlockReading::Never && !row.host_network {
            return false;
        }
        known.iter().all(|pod| pod.addresses.iter().any(|address| block.holds(*address)))
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
            (Side::Address(_), Side::Address(_)) => false,
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
        Side::Address(_) => vec![None],
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

impl End<'_> {
    fn allows(&self, probe: Probe) -> bool {
        match self {
            Self::Open => true,
            Self::Isolated(openings) => openings.iter().any(|opening| opening.allows(probe)),
        }
    }
}

impl Opening<'_> {
    /// "ports is a list of ports […] Each item in this list is combined using a logical OR. If this field is empty or
    /// missing, this rule matches all ports (traffic not restricted by port). If this field is present and contains at
    /// least one item, then this rule allows traffic only if the traffic matches at least one port in the list."
    /// (`NetworkPolicyIngressRule.ports`)
    fn allows(&self, probe: Probe) -> bool {
        self.ports.is_empty() || self.ports.iter().any(|port| port.matches(self.names, probe))
    }
}

/// "The Kubernetes control plane sets an immutable label kubernetes.io/metadata.name on all namespaces. The value of
/// the label is the namespace name." (Namespaces, concepts) A namespace that is only mentioned has that label alone.
fn namespaces(objects: &[Value], rows: &[Row], policies: &[Policy]) -> BTreeMap<String, Labels> {
    let mut found: BTreeMap<String, Labels> = BTreeMap::new();
    for object in objects.iter().filter(|object| objects::is(object, "v1", "Namespace")) {
        found.insert(objects::name(object), objects::labels(object, "/metadata/labels"));
    }
    let mentioned = rows.iter().map(|row| &row.owner.namespace);
    for name in mentioned.chain(policies.iter().map(|policy| &policy.namespace)) {
        found.entry(name.clone()).or_default();
    }
    for (name, labels) in &mut found {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.clone());
    }
    found
}
