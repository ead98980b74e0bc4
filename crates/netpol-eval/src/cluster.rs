//! The cluster that the input describes: namespaces, workloads, policies, and what else stands in it.
//!
//! Built once from the objects of all documents. Nothing is evaluated here; duplicates are resolved (the later
//! object wins), owned pods are folded into the workload that owns them, and implied namespaces are added.

mod build;
mod fold;

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use netpol_manifest::{ContainerPort, Direction, Document, NetworkPolicy, Object, Peer, Protocol, Rule};
use netpol_source::{DocumentId, ObjectRef, Span, TextRange, order};

use crate::connection::PortSet;

/// The label that the API server puts on every namespace.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Labels of pods or namespaces.
pub type Labels = BTreeMap<String, String>;

/// A namespace, as an index into [`Cluster::namespaces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceId(pub u32);

/// A policy, as an index into [`Cluster::policies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub u32);

/// A node, as an index into [`Cluster::hosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(pub u32);

/// An object together with the document that holds it.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The document, as it stands in the present input.
    pub document: DocumentId,
    content: Arc<Document>,
    index: usize,
}

impl Handle {
    /// The object.
    pub fn object(&self) -> &Object {
        // A handle is only ever made for an index of its document.
        #[expect(clippy::indexing_slicing, reason = "checked where the handle is made")]
        &self.content.objects[self.index]
    }

    /// A place in its document.
    pub fn span(&self, range: TextRange) -> Span {
        range.in_document(self.document)
    }
}

/// All that the input says about the cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Declared and mentioned namespaces, in the order in which the input first speaks of them.
    pub namespaces: Vec<Namespace>,
    /// The workloads, grouped by namespace in the order of `namespaces`, within it in the order of the input.
    pub workloads: Vec<Arc<Workload>>,
    /// The policies, in order of namespace and name.
    pub policies: Vec<Policy>,
    /// The nodes that the input speaks of.
    pub hosts: Vec<Host>,
    /// `Service`, `Ingress`, `Gateway` and `HTTPRoute` objects.
    pub exposure: Vec<Handle>,
    /// Objects that a later one of the same kind, namespace and name replaced.
    pub replaced: Vec<Replaced>,
    /// What is too much to evaluate.
    pub left_out: LeftOut,
}

/// What takes no part as there is too much of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The names of the policies that mention the networks past [`MOST_NETWORKS`].
    pub policies: Vec<Span>,
    /// The objects of the workloads past [`MOST_WORKLOADS`].
    pub workloads: Vec<Span>,
    /// Whether some selectors that match nothing got no hypothetical workload.
    pub hypothetical: bool,
}

/// How many workloads are evaluated at the most: the matrix is the square of it.
pub const MOST_WORKLOADS: usize = 4000;

/// How many distinct CIDRs policies may mention together: each is a row of the matrix.
pub const MOST_NETWORKS: usize = 4000;

/// A namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// `metadata.name`; for a hypothetical one its labels in words, or `*`.
    pub name: String,
    /// `metadata.labels` with [`NAMESPACE_NAME_LABEL`].
    pub labels: Labels,
    /// `metadata.annotations`; policies cannot see them.
    pub annotations: BTreeMap<String, String>,
    /// Where it comes from.
    pub origin: NamespaceOrigin,
}

/// Why a namespace is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceOrigin {
    /// A `Namespace` object; the span is that of its name.
    Declared(Span),
    /// A workload or a policy is in it.
    Mentioned,
    /// A selector wants it and nothing in the input satisfies it.
    Hypothetical,
    /// It stands for all namespaces that the input does not speak of.
    AnyOther,
}

/// Pods that are alike: those of one workload.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its namespace.
    pub namespace: NamespaceId,
    /// `metadata.name`; for a hypothetical one its labels in words, or `*`.
    pub name: String,
    /// The API group of the kind; empty for the core group.
    pub group: String,
    /// `Deployment`, `Pod`, … or the kind of a controller that is not in the input.
    pub kind: String,
    /// Labels of its pods.
    pub labels: Labels,
    /// The container ports of its pods; more than one list where its pods declare different ones.
    pub ports: Arc<Vec<Vec<ContainerPort>>>,
    /// Whether its pods use the network of their node.
    pub host_network: bool,
    /// `serviceAccountName`.
    pub service_account: Option<String>,
    /// `spec.replicas`, where written; 1 for a pod.
    pub replicas: Option<u32>,
    /// Those of its pods of which some address or the node is known.
    pub pods: Vec<Pod>,
    /// Where it comes from.
    pub origin: WorkloadOrigin,
}

/// A pod of which some address or the node is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pod {
    /// `status.podIPs`, and on the host network `status.hostIPs`.
    pub addresses: Vec<IpAddr>,
    /// The node on which it runs.
    pub host: Option<HostId>,
}

/// Why a workload is there.
#[derive(Clone, Debug)]
pub enum WorkloadOrigin {
    /// It is in the input.
    Input {
        /// The object; the first pod where the controller itself is not in the input.
        object: Handle,
        /// The pods and ReplicaSets that were folded into it.
        folded: Vec<Handle>,
    },
    /// A selector wants it and nothing in the input satisfies it.
    Hypothetical,
    /// It stands for the pods of its namespace that nothing in the input speaks of.
    AnyOther,
}

impl Workload {
    /// Whether it was added by the model.
    pub fn is_hypothetical(&self) -> bool {
        !matches!(self.origin, WorkloadOrigin::Input { .. })
    }

    /// The object that the workload was read from.
    pub fn handle(&self) -> Option<&Handle> {
        match &self.origin {
            WorkloadOrigin::Input { object, .. } => Some(object),
            WorkloadOrigin::Hypothetical | WorkloadOrigin::AnyOther => None,
        }
    }

    /// The numbers that a port name stands for on this workload: those that *each* of its pods gives it.
    pub fn named_ports(&self, name: &str, protocol: Protocol) -> PortSet {
        self.numbers_by_name().remove(&(protocol, name)).unwrap_or_default()
    }

    /// What each port name stands for: the numbers that *each* of its pods gives it.
    pub(crate) fn numbers_by_name(&self) -> HashMap<(Protocol, &str), PortSet> {
        let mut lists = self.ports.iter();
        let mut by_name: HashMap<(Protocol, &str), PortSet> =
            lists.next().map(|ports| of_one_pod(ports)).unwrap_or_default();
        for ports in lists {
            let other = of_one_pod(ports);
            by_name.retain(|name, numbers| {
                *numbers = other.get(name).map_or(PortSet::NONE, |other| numbers.intersection(other));
                !numbers.is_empty()
            });
        }
        by_name
    }

    /// Every declared port, each once, in order of number.
    pub fn declared_ports(&self) -> Vec<&ContainerPort> {
        let mut ports: Vec<&ContainerPort> = self.ports.iter().flatten().collect();
        order::sort_by_key(&mut ports, |port| (port.port, port.protocol, port.name.clone()));
        ports.dedup_by_key(|port| (port.port, port.protocol, port.name.clone()));
        ports
    }

    /// Whether two pods of it can meet: an absent `replicas` may be any number.
    pub fn may_have_siblings(&self) -> bool {
        self.replicas.is_none_or(|replicas| replicas > 1)
    }

    /// The node on which all pods run of which a node is known.
    pub fn host(&self) -> Option<HostId> {
        let mut hosts = self.pods.iter().map(|pod| pod.host);
        let first = hosts.next()??;
        hosts.all(|host| host == Some(first)).then_some(first)
    }
}

/// What each port name stands for on one pod.
fn of_one_pod(ports: &[ContainerPort]) -> HashMap<(Protocol, &str), PortSet> {
    let mut numbers: HashMap<(Protocol, &str), Vec<(u16, u16)>> = HashMap::new();
    for port in ports {
        if let Some(name) = &port.name {
            numbers.entry((port.protocol, name)).or_default().push((port.port, port.port));
        }
    }
    numbers.into_iter().map(|(name, numbers)| (name, PortSet::from_intervals(numbers))).collect()
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `metadata.name` of the Node, or the pods' `spec.nodeName`.
    pub name: Option<String>,
    /// Those of its addresses that are known, sorted.
    pub addresses: Vec<IpAddr>,
}

/// A NetworkPolicy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its namespace.
    pub namespace: NamespaceId,
    /// Its object.
    pub handle: Handle,
    /// Its spec, with ranges in the object's document.
    pub spec: NetworkPolicy,
}

impl Policy {
    /// Its name.
    pub fn reference(&self) -> ObjectRef {
        self.handle.object().reference()
    }

    /// Whether it isolates its subjects in a direction.
    ///
    /// `policyTypes`: present, exactly what it lists; absent, `Ingress` always and `Egress` if there is at least one
    /// egress rule.
    pub fn isolates(&self, direction: Direction) -> bool {
        match (&self.spec.policy_types, direction) {
            (Some(types), _) => types.value.iter().any(|listed| listed.value == direction),
            (None, Direction::Ingress) => true,
            (None, Direction::Egress) => !self.rules(direction).is_empty(),
        }
    }

    /// Every CIDR that its rules mention, `except` included.
    pub fn networks(&self) -> impl Iterator<Item = IpNet> {
        let rules = Direction::BOTH.into_iter().flat_map(|direction| self.rules(direction));
        let blocks = rules.flat_map(|rule| &rule.peers).filter_map(|peer| match peer {
            Peer::Block { cidr, except, .. } => Some(std::iter::once(cidr).chain(except)),
            Peer::Pods { .. } => None,
        });
        blocks.flatten().map(|network| network.value)
    }

    /// The rules written for a direction, whether or not they have an effect.
    pub fn rules(&self, direction: Direction) -> &[Rule] {
        let rules = match direction {
            Direction::Ingress => &self.spec.ingress,
            Direction::Egress => &self.spec.egress,
        };
        rules.as_ref().map_or(&[], |rules| &rules.value)
    }
}

/// An object that takes no part as another of the same name follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Kind, namespace and name of both.
    pub object: ObjectRef,
    /// The name in the one that is left out.
    pub earlier: Span,
    /// The name in the one that counts.
    pub later: Span,
}

impl Cluster {
    /// A namespace of this cluster.
    pub fn namespace(&self, id: NamespaceId) -> Option<&Namespace> {
        self.namespaces.get(id.0 as usize)
    }

    /// A policy of this cluster.
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(id.0 as usize)
    }

    /// All policies with their ids.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &Policy)> {
        (0..).map(PolicyId).zip(&self.policies)
    }
}
