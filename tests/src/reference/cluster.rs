//! The cluster that a list of objects makes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use netpol_manifest::{
    ContainerPort, Label, LabelSelector, NetworkPolicy, Object, Peer, Resource, WorkloadKind,
};

use super::BlockReading;

/// Everything that the verdict of a connection depends on.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The namespaces, also those that are only mentioned.
    pub namespaces: Vec<Namespace>,
    /// The workloads, after pods were folded into their owners.
    pub workloads: Vec<Workload>,
    /// The policies.
    pub policies: Vec<Policy>,
    /// How an `ipBlock` treats pods.
    pub reading: BlockReading,
}

/// A namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Namespace {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.labels`, and `kubernetes.io/metadata.name`.
    pub labels: BTreeMap<String, String>,
}

/// Pods that no policy can tell apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Workload {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `Deployment`, `Pod`, …
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// The labels of the pods.
    pub labels: BTreeMap<String, String>,
    /// What the containers declare: of the template, and of each pod that is known.
    pub ports: Vec<Vec<ContainerPort>>,
    /// `hostNetwork`.
    pub host_network: bool,
    /// How many pods, where it is said.
    pub replicas: Option<u32>,
    /// The pods of it that the input holds.
    pub pods: Vec<KnownPod>,
}

/// A running pod, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPod {
    /// The pod's addresses; on the host network, those of its node: what the pod says of them, else all that is known.
    pub addresses: Vec<IpAddr>,
    /// `spec.nodeName`.
    pub node_name: Option<String>,
    /// The addresses of the node it runs on.
    pub node_addresses: Vec<IpAddr>,
}

/// A policy and the namespace it is in.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// `spec`.
    pub spec: NetworkPolicy,
}

impl Workload {
    /// `namespace/name[Kind]`.
    pub fn id(&self) -> String {
        format!("{}/{}[{}]", self.namespace, self.name, self.kind)
    }

    /// Whether both are the same object.
    pub fn is(&self, other: &Self) -> bool {
        self.namespace == other.namespace && self.kind == other.kind && self.name == other.name
    }
}

impl Cluster {
    /// The cluster of objects in the order of the input.
    pub fn new(objects: &[Object], reading: BlockReading) -> Self {
        let objects = named(objects);
        let objects = without_replaced(&objects);
        let policies: Vec<Policy> = objects
            .iter()
            .filter_map(|object| match &object.resource {
                Resource::NetworkPolicy(spec) => Some(Policy {
                    namespace: object.namespace().to_owned(),
                    name: object.metadata.name.value.clone(),
                    spec: spec.clone(),
                }),
                _ => None,
            })
            .collect();
        let workloads = fold(&objects, &keys_of_pod_selectors(&policies));
        Self { namespaces: namespaces(&objects), workloads, policies, reading }
    }

    /// The labels of a namespace.
    pub fn namespace_labels(&self, name: &str) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.namespaces.iter().find(|namespace| namespace.name == name).map_or(&NONE, |found| &found.labels)
    }
}

/// "Two objects with `generateName` are two objects": the second of a name is `web-*2`.
fn named(objects: &[Object]) -> Vec<Object> {
    let mut named = objects.to_vec();
    for (at, object) in objects.iter().enumerate().filter(|(_, object)| object.metadata.generated) {
        let before = objects.iter().take(at).filter(|other| other.reference() == object.reference()).count();
        if before > 0 {
            named[at].metadata.name.value += &(before + 1).to_string();
        }
    }
    named
}

/// "The same kind, namespace and name twice: the later wins, as with `kubectl apply`"
fn without_replaced(objects: &[Object]) -> Vec<&Object> {
    let mut kept: Vec<&Object> = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        let replaced = objects.iter().skip(at + 1).any(|later| later.reference() == object.reference());
        if !replaced {
            kept.push(object);
        }
    }
    kept
}

/// "The Kubernetes control plane sets an immutable label kubernetes.io/metadata.name on all namespaces. The value of
/// the label is the namespace name." (Namespaces, concepts) A namespace that is only mentioned has that label alone.
fn namespaces(objects: &[&Object]) -> Vec<Namespace> {
    let mut found: Vec<Namespace> = Vec::new();
    for object in objects {
        if matches!(object.resource, Resource::Namespace) {
            found.push(Namespace {
                name: object.metadata.name.value.clone(),
                labels: map(&object.metadata.labels),
            });
        }
    }
    for object in objects {
        let name = object.namespace();
        let mentions = match &object.resource {
            Resource::Workload(workload) => !workload.finished,
            Resource::NetworkPolicy(_) => true,
            _ => false,
        };
        if mentions && !found.iter().any(|namespace| namespace.name == name) {
            found.push(Namespace { name: name.to_owned(), labels: BTreeMap::new() });
        }
    }
    for namespace in &mut found {
        namespace.labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.name.clone());
    }
    found
}

fn map(labels: &[Label]) -> BTreeMap<String, String> {
    labels.iter().map(|label| (label.key.value.clone(), label.value.value.clone())).collect()
}

/// Every key that the selector of some policy names for pods.
fn keys_of_pod_selectors(policies: &[Policy]) -> BTreeSet<String> {
    let mut selectors: Vec<&LabelSelector> = Vec::new();
    for policy in policies {
        selectors.push(&policy.spec.pod_selector);
        for rule in
            [&policy.spec.ingress, &policy.spec.egress].into_iter().flatten().flat_map(|rules| &rules.value)
        {
            for peer in &rule.peers {
                if let Peer::Pods { pod_selector: Some(selector), .. } = peer {
                    selectors.push(selector);
                }
            }
        }
    }
    selectors.iter().flat_map(|selector| &selector.requirements).map(|found| found.key.clone()).collect()
}

/// A workload as it stands in the input, and whose it is.
struct Entry {
    workload: Workload,
    owner: Option<(String, String)>,
}

/// "Pods with a controlling `ownerReference` fold into the workload that the reference names, whether or not its
/// object is in the input, when their labels agree on every key that a policy can see […]; a ReplicaSet that is in
/// the input folds on into its Deployment, a Job into its CronJob."
fn fold(objects: &[&Object], named: &BTreeSet<String>) -> Vec<Workload> {
    let mut entries: Vec<Entry> = objects.iter().filter_map(|object| entry(object, objects)).collect();
    add_absent_owners(&mut entries);
    let homes: Vec<usize> = (0..entries.len()).map(|at| home(at, &entries, named)).collect();
    let mut kept: Vec<Workload> = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        if homes[at] == at {
            let mut workload = entry.workload.clone();
            for (other, found) in entries.iter().enumerate() {
                if other != at && homes[other] == at {
                    workload.pods.extend(found.workload.pods.iter().cloned());
                    if found.workload.kind == "Pod" {
                        workload.ports.extend(found.workload.ports.iter().cloned());
                    }
                }
            }
            kept.push(workload);
        }
    }
    kept
}

fn entry(object: &Object, objects: &[&Object]) -> Option<Entry> {
    let Resource::Workload(written) = &object.resource else {
        return None;
    };
    // "Pods in phase `Succeeded` or `Failed` take part in nothing."
    if written.finished {
        return None;
    }
    let mut node_addresses = written.host_ips.clone();
    if let Some(node) = &written.node_name {
        node_addresses.extend(addresses_of_node(node, objects));
    }
    let mut addresses = written.pod_ips.clone();
    if written.host_network {
        addresses.extend(&written.host_ips);
        if addresses.is_empty() {
            addresses.extend(&node_addresses);
        }
    }
    let pods = match written.kind {
        WorkloadKind::Pod => {
            vec![KnownPod { addresses, node_name: written.node_name.clone(), node_addresses }]
        }
        _ => Vec::new(),
    };
    Some(Entry {
        workload: Workload {
            namespace: object.namespace().to_owned(),
            kind: object.kind.clone(),
            name: object.metadata.name.value.clone(),
            labels: map(&written.labels),
            ports: vec![written.ports.clone()],
            host_network: written.host_network,
            replicas: written.replicas,
            pods,
        },
        owner: object.metadata.controller.as_ref().map(|owner| (owner.kind.clone(), owner.name.clone())),
    })
}

/// What is known of a node's addresses: `Node.status.addresses`, and `status.hostIPs` of the pods that run on it.
fn addresses_of_node(name: &str, objects: &[&Object]) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for object in objects {
        match &object.resource {
            Resource::Node(node) if object.metadata.name.value == name => found.extend(&node.addresses),
            Resource::Workload(pod) if pod.node_name.as_deref() == Some(name) && !pod.finished => {
                found.extend(&pod.host_ips);
            }
            _ => {}
        }
    }
    found
}

/// Kinds whose pods are made from a template.
const CONTROLLERS: [&str; 7] =
    ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob"];

/// Makes a workload for every owner that is named but not there, with the labels of the first by name of all that name
/// it; a ReplicaSet without pods tells only where nothing else does.
fn add_absent_owners(entries: &mut Vec<Entry>) {
    let mut made: Vec<Entry> = Vec::new();
    for child in entries.iter() {
        let Some((kind, name)) = &child.owner else { continue };
        let namespace = &child.workload.namespace;
        let there = entries.iter().chain(&made).any(|entry| {
            entry.workload.namespace == *namespace
                && entry.workload.kind == *kind
                && entry.workload.name == *name
        });
        if there || !CONTROLLERS.contains(&kind.as_str()) {
            continue;
        }
        let rank = |entry: &Entry| {
            (has_no_pods(&entry.workload), entry.workload.kind.clone(), entry.workload.name.clone())
        };
        let is_first = entries
            .iter()
            .filter(|entry| entry.workload.namespace == *namespace && entry.owner == child.owner)
            .all(|sibling| rank(child) <= rank(sibling));
        if !is_first {
            continue;
        }
        made.push(Entry {
            workload: Workload {
                kind: kind.clone(),
                name: name.clone(),
                replicas: None,
                pods: Vec::new(),
                ..child.workload.clone()
            },
            owner: None,
        });
    }
    entries.extend(made);
}

/// The index of the entry that an entry ends up in, after following owners as far as labels agree.
fn home(start: usize, entries: &[Entry], named: &BTreeSet<String>) -> usize {
    let mut at = start;
    // No chain is longer than Pod, ReplicaSet, Deployment; the bound ends circles of hostile input.
    for _ in 0..4 {
        let Some((kind, name)) = &entries[at].owner else { break };
        let owner = entries.iter().position(|entry| {
            entry.workload.namespace == entries[at].workload.namespace
                && entry.workload.kind == *kind
                && entry.workload.name == *name
        });
        match owner {
            Some(owner)
                if (at == start && has_no_pods(&entries[at].workload))
                    || agree(&entries[owner].workload, &entries[at].workload, named) =>
            {
                at = owner;
            }
            _ => break,
        }
    }
    at
}

/// A revision of a Deployment that is kept for a rollback: no pod of it can disagree with anything.
fn has_no_pods(workload: &Workload) -> bool {
    workload.kind == "ReplicaSet" && workload.replicas == Some(0)
}

/// Whether no policy can tell the pods of both apart: labels that controllers add are "set aside unless a selector
/// names them".
fn agree(one: &Workload, other: &Workload, named: &BTreeSet<String>) -> bool {
    let visible = |workload: &Workload| -> BTreeMap<String, String> {
        let kept = workload.labels.iter().filter(|(key, _)| named.contains(*key) || !is_added(key));
        kept.map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    visible(one) == visible(other)
}

fn is_added(key: &str) -> bool {
    key.starts_with("batch.kubernetes.io/")
        || [
            "pod-template-hash",
            "controller-revision-hash",
            "statefulset.kubernetes.io/pod-name",
            "apps.kubernetes.io/pod-index",
            "job-name",
            "controller-uid",
        ]
        .contains(&key)
}
