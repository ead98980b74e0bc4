//! The cluster that the input describes: namespaces, workloads, policies, and what else stands in it.
//!
//! Built once from the objects of all documents. Nothing is evaluated here; duplicates are resolved (the later
//! object wins), owned pods are folded into the workload that owns them, and implied namespaces are added.

mod build;
mod fold;
mod hosts;
mod named;
mod patch;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use ipnet::IpNet;
use netpol_manifest::{
    ClusterPeer, ClusterRule, ContainerPort, Direction, Document, Label, LabelSelector, NetworkPolicy,
    Object, Peer, Protocol, Rule, Selects,
};
use netpol_source::{DocumentId, HashMap, ObjectRef, Span, TextRange, order};

use crate::connection::PortSet;

/// The label that the API server puts on every namespace.
pub const NAMESPACE_NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Stands for a value that is not known, or not the same on all pods of a workload: that of a label which a controller
/// is certain to set, or one that no selector asks for. No selector can ask for it, as it is no valid value.
pub const SOME_VALUE: &str = "*";

/// Labels of pods or namespaces.
pub type Labels = BTreeMap<String, String>;

fn to_labels(labels: &[Label]) -> Labels {
    order::map(labels.iter().map(|label| (label.key.value.clone(), label.value.value.clone())))
}

/// A namespace, as an index into [`Cluster::namespaces`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamespaceId(pub u32);

/// A policy, of whatever kind: first those of [`Cluster::policies`], then those of [`Cluster::cluster_policies`].
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

    /// Whether it is the same object, read once, at the same place.
    pub fn is_same(&self, other: &Self) -> bool {
        self.document == other.document
            && self.index == other.index
            && Arc::ptr_eq(&self.content, &other.content)
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
    /// The NetworkPolicies, in order of namespace and name.
    pub policies: Vec<Policy>,
    /// The cluster-scoped policies: by tier, then by priority, those without one first, then by kind and name.
    pub cluster_policies: Vec<ClusterPolicy>,
    /// The nodes that the input speaks of.
    pub hosts: Vec<Host>,
    /// `Service`, `Ingress`, `Gateway` and `ReferenceGrant` objects, routes, and what else tells who calls whom beside
    /// policies: webhook configurations, endpoints, monitors, accounts and their bindings.
    pub exposure: Vec<Handle>,
    /// The policy tests, in the order of the input. They are no part of what is evaluated.
    pub tests: Vec<Handle>,
    /// The NetworkPolicies that the API server would refuse, as far as the pods are known that they would select.
    pub refused: Vec<RefusedPolicy>,
    /// Objects that a later one of the same kind, namespace and name replaced.
    pub replaced: Vec<Replaced>,
    /// What is too much to evaluate.
    pub left_out: LeftOut,
}

/// A NetworkPolicy that takes no part, as the API server would refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPolicy {
    /// Its name, as far as it could be read.
    pub object: ObjectRef,
    /// All of it.
    pub place: Span,
    /// What it would isolate.
    pub selects: Selects,
}

/// What is not evaluated as there is too much of it. None of it makes a cell look open: cells that it may concern are
/// [not evaluated](crate::Evaluation::is_evaluated).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// The names of the policies whose rules are not evaluated; their subjects stay isolated.
    pub policies: Vec<Span>,
    /// The names of the workloads that are not in the matrix.
    pub workloads: Vec<Span>,
    /// What was not read, as it stands for too much: the namespaces that it may have policies for.
    pub unread: Unread,
    /// The peers whose cells are not evaluated, as too many are told apart.
    pub peers: usize,
    /// The addresses of nodes that are no rows of their own.
    pub node_addresses: usize,
    /// Whether some selectors that match nothing got no hypothetical workload.
    pub hypothetical: bool,
}

/// The namespaces whose policies are not all known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unread {
    /// None.
    #[default]
    Nowhere,
    /// These, by name.
    Namespaces(BTreeSet<String>),
    /// All of them.
    Anywhere,
}

impl Unread {
    /// Whether it may have policies for a namespace.
    pub fn concerns(&self, namespace: &str) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Namespaces(names) => names.contains(namespace),
            Self::Anywhere => true,
        }
    }

    /// Adds an object that was not read: `None` where there may be anything.
    fn add(&mut self, object: Option<&ObjectRef>) {
        match object {
            // A workload or a Service that is missing closes nothing and opens nothing.
            Some(object) if !object.kind.is_empty() && !object.kind.ends_with("NetworkPolicy") => {}
            Some(ObjectRef { kind, namespace: Some(namespace), .. }) if kind == "NetworkPolicy" => match self
            {
                Self::Nowhere => *self = Self::Namespaces(BTreeSet::from([namespace.clone()])),
                Self::Namespaces(names) => drop(names.insert(namespace.clone())),
                Self::Anywhere => {}
            },
            _ => *self = Self::Anywhere,
        }
    }
}

/// How many workloads are in the matrix at the most.
pub const MOST_WORKLOADS: usize = 20_000;

/// How many distinct CIDRs policies may mention together, and how many addresses nodes may have: each is a row.
pub const MOST_NETWORKS: usize = 10_000;

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
    /// Where selectors tell the pods of a workload apart, each part of them is a workload of its own: what tells this
    /// one from the others, such as `0` or `version=2`.
    pub variant: Option<String>,
    /// Labels of its pods: those that all of them have, and among these every one that some selector names.
    pub labels: Labels,
    /// The container ports of its pods; more than one list where its pods declare different ones.
    pub ports: Arc<Vec<Vec<ContainerPort>>>,
    /// Whether its pods use the network of their node.
    pub host_network: bool,
    /// `serviceAccountName`.
    pub service_account: Option<String>,
    /// `spec.replicas`, where written; 1 for a pod.
    pub replicas: Option<u32>,
    /// Those of its pods that are in the input, in order.
    pub pods: Vec<Pod>,
    /// Whether there must be more pods than are in the input.
    pub has_other_pods: bool,
    /// The numbers of its pods, for a StatefulSet of which none is in the input.
    pub ordinals: Option<Ordinals>,
    /// Where it comes from.
    pub origin: WorkloadOrigin,
}

/// A pod of the input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pod {
    /// `metadata.name`.
    pub name: String,
    /// `status.podIPs`, and on the host network `status.hostIPs`.
    pub addresses: Vec<IpAddr>,
    /// The node on which it runs.
    pub host: Option<HostId>,
}

/// The numbers of some pods of a StatefulSet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordinals {
    /// From the first to one past the last.
    pub range: Range<u32>,
    /// Those in between that belong to other parts of the StatefulSet, sorted.
    pub but: Vec<u32>,
}

impl Ordinals {
    /// Whether the pod of this number is among them.
    pub fn contains(&self, ordinal: u32) -> bool {
        self.range.contains(&ordinal) && self.but.binary_search(&ordinal).is_err()
    }
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

    /// Its name, with what tells it from other parts of the same workload: `ring (0)`.
    pub fn full_name(&self) -> Cow<'_, str> {
        match &self.variant {
            Some(variant) => format!("{} ({variant})", self.name).into(),
            None => self.name.as_str().into(),
        }
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
        self.named_port(name, protocol).each
    }

    /// The numbers that some of its pods give a port name.
    pub fn any_named_ports(&self, name: &str, protocol: Protocol) -> PortSet {
        self.named_port(name, protocol).any
    }

    /// The same for each of its port names at once.
    pub fn ports_by_name(&self) -> HashMap<(Protocol, &str), PortSet> {
        self.numbers_by_name().into_iter().map(|(name, numbers)| (name, numbers.each)).collect()
    }

    /// What one port name stands for.
    pub(crate) fn named_port(&self, name: &str, protocol: Protocol) -> NamedPort {
        let numbers = self.ports.iter().map(|ports| {
            let named =
                ports.iter().filter(|port| port.protocol == protocol && port.name.as_deref() == Some(name));
            PortSet::from_intervals(named.map(|port| (port.port, port.port)).collect())
        });
        on_each(numbers)
    }

    /// What each port name stands for.
    pub(crate) fn numbers_by_name(&self) -> HashMap<(Protocol, &str), NamedPort> {
        let mut by_name: HashMap<(Protocol, &str), Vec<(usize, u16)>> = HashMap::default();
        for (pod, ports) in self.ports.iter().enumerate() {
            for port in ports {
                if let Some(name) = &port.name {
                    by_name.entry((port.protocol, name)).or_default().push((pod, port.port));
                }
            }
        }
        let pods = self.ports.len();
        let each = |numbers: Vec<(usize, u16)>| {
            let mut of_pods: Vec<Vec<(u16, u16)>> = vec![Vec::new()];
            let mut last = None;
            for (pod, number) in numbers {
                if last.is_some_and(|last| last != pod) {
                    of_pods.push(Vec::new());
                }
                last = Some(pod);
                if let Some(numbers) = of_pods.last_mut() {
                    numbers.push((number, number));
                }
            }
            // A pod that does not declare the name gives it no number.
            let some_lack_it = of_pods.len() < pods;
            let sets = of_pods.into_iter().map(PortSet::from_intervals);
            on_each(sets.chain(some_lack_it.then_some(PortSet::NONE)))
        };
        by_name.into_iter().map(|(name, numbers)| (name, each(numbers))).collect()
    }

    /// Every declared port, each once, in order of number.
    pub fn declared_ports(&self) -> Vec<&ContainerPort> {
        let mut ports: Vec<&ContainerPort> = self.ports.iter().flatten().collect();
        let key = |port: &&ContainerPort| (port.port, port.protocol);
        order::sort_by(&mut ports, |a, b| (key(a), &a.name).cmp(&(key(b), &b.name)));
        ports.dedup_by(|a, b| (key(&*a), &a.name) == (key(&*b), &b.name));
        ports
    }

    /// Whether two pods of it can meet: an absent `replicas` may be any number.
    pub fn may_have_siblings(&self) -> bool {
        self.replicas.is_none_or(|replicas| replicas > 1)
    }

    /// The node on which every one of its pods is known to run.
    pub fn host(&self) -> Option<HostId> {
        let mut hosts = self.pods.iter().map(|pod| pod.host);
        let first = hosts.next()??;
        (!self.has_other_pods && hosts.all(|host| host == Some(first))).then_some(first)
    }

    /// Whether some of its pods may run on a node that is not known.
    pub fn may_be_anywhere(&self) -> bool {
        self.pods.is_empty() || self.has_other_pods || self.pods.iter().any(|pod| pod.host.is_none())
    }

    /// Whether a pod of this name is one of its pods.
    pub fn has_pod(&self, name: &str) -> bool {
        if self.pods.iter().any(|pod| pod.name == name) {
            return true;
        }
        let ordinal = || {
            let digits = name.strip_prefix(self.name.as_str())?.strip_prefix('-')?;
            // As the controller writes it.
            digits.parse::<u32>().ok().filter(|number| number.to_string() == digits)
        };
        self.ordinals.as_ref().is_some_and(|ordinals| ordinal().is_some_and(|one| ordinals.contains(one)))
    }
}

/// What a port name stands for on the pods of a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedPort {
    /// The numbers that each of its pods gives it.
    pub(crate) each: PortSet,
    /// The numbers that some of its pods give it.
    pub(crate) any: PortSet,
    /// Whether it is not one number, the same on all pods.
    pub(crate) is_ambiguous: bool,
}

/// What each of several pods gives a port name.
fn on_each(numbers: impl Iterator<Item = PortSet>) -> NamedPort {
    let mut all: Option<NamedPort> = None;
    for numbers in numbers {
        let several = numbers.count() > 1;
        all = Some(match all {
            None => NamedPort { is_ambiguous: several, any: numbers.clone(), each: numbers },
            Some(all) => NamedPort {
                is_ambiguous: all.is_ambiguous || several || all.each != numbers,
                any: all.any.union(&numbers),
                each: all.each.intersection(&numbers),
            },
        });
    }
    all.unwrap_or_default()
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `metadata.name` of the Node, or the pods' `spec.nodeName`.
    pub name: Option<String>,
    /// Those of its addresses that are known, sorted.
    pub addresses: Vec<IpAddr>,
    /// `metadata.labels` of the Node; `None` where the input holds no such object.
    pub labels: Option<Labels>,
}

/// A NetworkPolicy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its namespace.
    pub namespace: NamespaceId,
    /// Its object.
    pub handle: Handle,
    /// Its spec, with ranges in the object's document.
    pub spec: Arc<NetworkPolicy>,
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

    /// Its rules of both directions, also those without an effect.
    pub fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        Direction::BOTH.into_iter().flat_map(|direction| self.rules(direction))
    }

    /// The items of `from` and `to` of all of its rules, also of those without an effect.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.all_rules().flat_map(|rule| &rule.peers)
    }

    /// The pod selectors of the policy and of its rules, also of those without an effect.
    pub fn pod_selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        let peers = self.peers().filter_map(|peer| match peer {
            Peer::Pods { pod_selector, .. } => pod_selector.as_ref(),
            Peer::Block { .. } => None,
        });
        std::iter::once(&self.spec.pod_selector).chain(peers)
    }

    /// Every CIDR that its rules mention, `except` included.
    pub fn networks(&self) -> impl Iterator<Item = IpNet> {
        let blocks = self.peers().filter_map(|peer| match peer {
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

/// A cluster-scoped policy of `policy.networking.k8s.io`.
#[derive(Clone, Debug)]
pub struct ClusterPolicy {
    /// Its object.
    pub handle: Handle,
    /// Its spec, with ranges in the object's document.
    pub spec: Arc<netpol_manifest::ClusterPolicy>,
}

impl ClusterPolicy {
    /// Its name.
    pub fn reference(&self) -> ObjectRef {
        self.handle.object().reference()
    }

    /// Its rules of a direction. Without any it has no effect there.
    pub fn rules(&self, direction: Direction) -> &[ClusterRule] {
        match direction {
            Direction::Ingress => &self.spec.ingress,
            Direction::Egress => &self.spec.egress,
        }
    }

    /// The items of `from` and `to` of all of its rules.
    pub fn peers(&self) -> impl Iterator<Item = &ClusterPeer> {
        let rules = Direction::BOTH.into_iter().flat_map(|direction| self.rules(direction));
        rules.flat_map(|rule| &rule.peers)
    }

    /// The subject and the peers that are pods: the selectors of namespaces, and of pods where there is one.
    pub fn selections(&self) -> impl Iterator<Item = (&LabelSelector, Option<&LabelSelector>)> {
        let peers = self.peers().filter_map(|peer| match peer {
            ClusterPeer::Pods { pods, .. } => Some(pods),
            _ => None,
        });
        let all = std::iter::once(&self.spec.subject).chain(peers);
        all.map(|pods| (&pods.namespaces, pods.pods.as_ref()))
    }

    /// Every CIDR that its rules mention.
    pub fn networks(&self) -> impl Iterator<Item = IpNet> {
        let networks = self.peers().filter_map(|peer| match peer {
            ClusterPeer::Networks { networks, .. } => Some(networks),
            _ => None,
        });
        networks.flatten().map(|network| network.value)
    }

    /// Every domain that its rules name.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        let names = self.peers().filter_map(|peer| match peer {
            ClusterPeer::DomainNames { names, .. } => Some(names),
            _ => None,
        });
        names.flatten().map(|name| name.value.as_str())
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
    /// Whether both say the same.
    pub is_same: bool,
}

impl Cluster {
    /// A namespace of this cluster.
    pub fn namespace(&self, id: NamespaceId) -> Option<&Namespace> {
        self.namespaces.get(id.0 as usize)
    }

    /// A NetworkPolicy of this cluster; `None` for a policy of another kind.
    pub fn policy(&self, id: PolicyId) -> Option<&Policy> {
        self.policies.get(id.0 as usize)
    }

    /// A cluster-scoped policy of this cluster; `None` for a NetworkPolicy.
    pub fn cluster_policy(&self, id: PolicyId) -> Option<&ClusterPolicy> {
        self.cluster_policies.get((id.0 as usize).checked_sub(self.policies.len())?)
    }

    /// The object of a policy of whatever kind.
    pub fn policy_handle(&self, id: PolicyId) -> Option<&Handle> {
        let of_namespace = self.policy(id).map(|policy| &policy.handle);
        of_namespace.or_else(|| self.cluster_policy(id).map(|policy| &policy.handle))
    }

    /// All NetworkPolicies with their ids.
    pub fn policies(&self) -> impl Iterator<Item = (PolicyId, &Policy)> {
        (0..).map(PolicyId).zip(&self.policies)
    }

    /// All cluster-scoped policies with their ids.
    pub fn cluster_policies(&self) -> impl Iterator<Item = (PolicyId, &ClusterPolicy)> {
        (self.policies.len() as u32..).map(PolicyId).zip(&self.cluster_policies)
    }

    /// The ids of all policies: the NetworkPolicies first.
    pub fn policy_ids(&self) -> impl Iterator<Item = PolicyId> + use<> {
        (0..(self.policies.len() + self.cluster_policies.len()) as u32).map(PolicyId)
    }

    /// Every selector of pods of all policies, also of rules without an effect.
    pub fn pod_selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        let of_clusters = self.cluster_policies.iter().flat_map(ClusterPolicy::selections);
        let of_namespaces = self.policies.iter().flat_map(Policy::pod_selectors);
        of_namespaces.chain(of_clusters.filter_map(|(_, pods)| pods))
    }

    /// Every selector of namespaces of all policies, likewise.
    pub fn namespace_selectors(&self) -> impl Iterator<Item = &LabelSelector> {
        let of_clusters = self.cluster_policies.iter().flat_map(ClusterPolicy::selections);
        let peers = self.policies.iter().flat_map(Policy::peers).filter_map(|peer| match peer {
            Peer::Pods { namespace_selector, .. } => namespace_selector.as_ref(),
            Peer::Block { .. } => None,
        });
        peers.chain(of_clusters.map(|(namespaces, _)| namespaces))
    }
}
