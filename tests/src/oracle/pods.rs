//! The pods that there are: those of the input, and one that stands for those of each template of which none is known.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::nodes::{self, Nodes};
use super::{Probe, objects};

/// Labels by their keys.
pub type Labels = BTreeMap<String, String>;

/// The value of a label that a controller is certain to set, where only the cluster knows it. It is no valid value, so
/// that no selector asks for it.
const SOME_VALUE: &str = "?";

/// A pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Pod {
    /// What it is part of.
    pub owner: Owner,
    /// `metadata.name`; nothing for one that stands for those of a template.
    pub name: Option<String>,
    /// `metadata.labels`.
    pub labels: Labels,
    /// What its containers declare.
    pub ports: Vec<ContainerPort>,
    /// `spec.hostNetwork`.
    pub host_network: bool,
    /// Those of its addresses that are known; on the host network, those of its node.
    pub addresses: Vec<IpAddr>,
    /// The node on which it runs.
    pub node: Option<usize>,
    /// How many pods it stands for, where that is said.
    pub(super) count: Option<u64>,
    /// Whether it is in the input.
    pub(super) is_known: bool,
}

/// A workload: what owns pods in the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// The namespace.
    pub namespace: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
}

/// A declared port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerPort {
    /// Its name.
    pub name: Option<String>,
    /// 1-65535.
    pub port: u16,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

/// A workload and its pods.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    pub(super) pods: Vec<Pod>,
    /// How many pods its object asks for, where there is one and it says.
    pub(super) wanted: Option<u64>,
    /// Whether its object is in the input.
    pub(super) is_present: bool,
}

impl Pod {
    /// Whether it gives a port this name.
    pub(super) fn declares(&self, name: &str, probe: Probe) -> bool {
        let mut declared = self.ports.iter().filter(|port| port.name.as_deref() == Some(name));
        declared.any(|port| port.protocol == probe.protocol && port.port == probe.port)
    }
}

/// Kinds that make pods, and where their templates are.
const CONTROLLERS: [(&str, &str, &str); 7] = [
    ("apps/v1", "Deployment", "/spec/template"),
    ("apps/v1", "ReplicaSet", "/spec/template"),
    ("apps/v1", "StatefulSet", "/spec/template"),
    ("apps/v1", "DaemonSet", "/spec/template"),
    ("v1", "ReplicationController", "/spec/template"),
    ("batch/v1", "Job", "/spec/template"),
    ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template"),
];

/// An object that is a pod or makes pods.
struct Member<'a> {
    object: &'a Value,
    owner: Owner,
    /// The template of what makes pods.
    template: Option<&'a Value>,
}

impl<'a> Member<'a> {
    fn of(object: &'a Value) -> Option<Self> {
        let is_pod = objects::is(object, "v1", "Pod");
        let controller = CONTROLLERS.iter().find(|(version, kind, _)| objects::is(object, version, kind));
        if !is_pod && controller.is_none() {
            return None;
        }
        let owner = Owner {
            namespace: objects::namespace(object),
            group: objects::group(object),
            kind: objects::text(object, "/kind")?.to_owned(),
            name: objects::name(object),
        };
        let template = controller.and_then(|(_, _, pointer)| object.pointer(pointer));
        Some(Self { object, owner, template })
    }

    fn is(&self, kind: &str) -> bool {
        self.owner.kind == kind
    }

    /// `replicas`, or `parallelism` of a Job; one of a pod.
    fn wanted(&self) -> Option<u64> {
        match self.owner.kind.as_str() {
            "Pod" => Some(1),
            "Job" => self.object.pointer("/spec/parallelism")?.as_u64(),
            "DaemonSet" | "CronJob" => None,
            _ => self.object.pointer("/spec/replicas")?.as_u64(),
        }
    }

    /// "Finished pods and Jobs take part in nothing, nor do the ReplicaSets of 0 replicas that an owner left behind."
    fn takes_part(&self) -> bool {
        match self.owner.kind.as_str() {
            "Pod" => !nodes::is_finished(self.object),
            "Job" => !objects::list(self.object, "/status/conditions").iter().any(|condition| {
                let is_end = ["Complete", "Failed"].contains(&condition["type"].as_str().unwrap_or_default());
                is_end && condition["status"] == "True"
            }),
            "ReplicaSet" | "ReplicationController" => self.wanted() != Some(0) || self.controller().is_none(),
            _ => true,
        }
    }

    /// The owner reference with `controller: true`.
    fn controller(&self) -> Option<Owner> {
        let references = objects::list(self.object, "/metadata/ownerReferences").iter();
        let reference = references.clone().find(|reference| reference["controller"] == true)?;
        Some(Owner {
            namespace: self.owner.namespace.clone(),
            group: objects::group(reference),
            kind: objects::text(reference, "/kind")?.to_owned(),
            name: objects::text(reference, "/name")?.to_owned(),
        })
    }

    /// "A pod belongs to the workload that its controlling `ownerReference` names, by API group, kind and name, whether
    /// or not that object is in the input; a ReplicaSet or ReplicationController to what controls it, a Job to its
    /// CronJob." (docs/semantics.md) A node does not own its static pods.
    fn above(&self) -> Option<Owner> {
        let owner = self.controller()?;
        let folds = match self.owner.kind.as_str() {
            "Pod" => !(owner.kind == "Node" && owner.group.is_empty()),
            "ReplicaSet" | "ReplicationController" => true,
            "Job" => owner.kind == "CronJob",
            _ => false,
        };
        folds.then_some(owner)
    }

    /// What names tell where an owner is not in the input: "Where only the pods of a ReplicaSet are there, and it is
    /// named after the hash of their template, the workload is the Deployment that this name tells." A Job named after
    /// a time belongs to the CronJob of the rest of its name, where that is there.
    fn told_by_name(&self, owner: &Owner) -> Option<Owner> {
        let (kind, name) = match (owner.group.as_str(), owner.kind.as_str()) {
            ("apps", "ReplicaSet") => {
                let labels = self.labels();
                let hash = labels.get("pod-template-hash")?;
                ("Deployment", owner.name.strip_suffix(&format!("-{hash}"))?.to_owned())
            }
            ("batch", "Job") => {
                let (name, time) = owner.name.rsplit_once('-')?;
                let is_time = !time.is_empty() && time.chars().all(|digit| digit.is_ascii_digit());
                ("CronJob", is_time.then(|| name.to_owned())?)
            }
            _ => return None,
        };
        Some(Owner { kind: kind.to_owned(), name, ..owner.clone() })
    }

    /// The labels of its pods.
    fn labels(&self) -> Labels {
        objects::labels(self.template.unwrap_or(self.object), "/metadata/labels")
    }

    /// "Labels that a controller is certain to set are there for manifests too": to the value that they will have, or
    /// to one that only the cluster knows.
    fn certain_labels(&self) -> Labels {
        let job_name = if self.is("Job") { self.owner.name.as_str() } else { SOME_VALUE };
        let certain: &[(&str, &str)] = match self.owner.kind.as_str() {
            "Deployment" => &[("pod-template-hash", SOME_VALUE)],
            "StatefulSet" => &[("controller-revision-hash", SOME_VALUE)],
            "DaemonSet" => {
                &[("controller-revision-hash", SOME_VALUE), ("pod-template-generation", SOME_VALUE)]
            }
            "Job" | "CronJob" => &[
                ("job-name", job_name),
                ("batch.kubernetes.io/job-name", job_name),
                ("controller-uid", SOME_VALUE),
                ("batch.kubernetes.io/controller-uid", SOME_VALUE),
            ],
            _ => &[],
        };
        certain.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn ports(&self) -> Vec<ContainerPort> {
        container_ports(self.template.unwrap_or(self.object))
    }

    fn host_network(&self) -> bool {
        objects::is_true(self.template.unwrap_or(self.object), "/spec/hostNetwork")
    }

    /// The pod that it is.
    fn pod(&self, owner: &Owner, nodes: &Nodes) -> Pod {
        let node = nodes.of(self.object);
        let mut addresses = nodes::addresses(self.object, "podIP");
        if self.host_network() {
            addresses.extend(nodes::addresses(self.object, "hostIP"));
            if addresses.is_empty() {
                addresses.extend(node.into_iter().flat_map(|node| nodes.addresses(node)));
            }
        }
        Pod {
            owner: owner.clone(),
            name: Some(self.owner.name.clone()),
            labels: self.labels(),
            ports: self.ports(),
            host_network: self.host_network(),
            addresses,
            node,
            count: Some(1),
            is_known: true,
        }
    }

    /// The pods that it makes, each kind of them once.
    fn made(&self, owner: &Owner) -> Vec<Pod> {
        let labels = self.certain_labels().into_iter().chain(self.labels()).collect();
        let pod = Pod {
            owner: owner.clone(),
            name: None,
            labels,
            ports: self.ports(),
            host_network: self.host_network(),
            addresses: Vec::new(),
            node: None,
            count: self.wanted(),
            is_known: false,
        };
        if !self.is("StatefulSet") {
            return vec![pod];
        }
        let first = self.object.pointer("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0);
        let numbers = first..first + self.wanted().unwrap_or(1);
        let numbered = |number: Option<u64>| {
            let text = number.map(|number| number.to_string());
            let name = text.as_ref().map(|number| format!("{}-{number}", self.owner.name));
            let mut pod = pod.clone();
            let or_some = |text: &Option<String>| text.clone().unwrap_or(SOME_VALUE.to_owned());
            pod.labels.insert("apps.kubernetes.io/pod-index".to_owned(), or_some(&text));
            pod.labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), or_some(&name));
            Pod { name, count: Some(1), ..pod }
        };
        // One without replicas stays, for the pods that it may have.
        if numbers.is_empty() { vec![numbered(None)] } else { numbers.map(Some).map(numbered).collect() }
    }
}

/// The ports of the containers, and of init containers that run on beside them.
fn container_ports(pod: &Value) -> Vec<ContainerPort> {
    let init = objects::list(pod, "/spec/initContainers").iter();
    let sidecars = init.filter(|container| objects::text(container, "/restartPolicy") == Some("Always"));
    let containers = objects::list(pod, "/spec/containers").iter().chain(sidecars);
    let ports = containers.flat_map(|container| objects::list(container, "/ports"));
    let ports = ports.filter_map(|port| {
        Some(ContainerPort {
            name: objects::text(port, "/name").map(str::to_owned),
            port: u16::try_from(port.get("containerPort")?.as_u64()?).ok()?,
            protocol: objects::text(port, "/protocol").unwrap_or("TCP").to_owned(),
        })
    });
    ports.collect()
}

/// The workloads, each with its pods.
pub(super) fn workloads(objects: &[Value], nodes: &Nodes) -> Vec<Workload> {
    let members: Vec<Member<'_>> = objects.iter().filter_map(Member::of).collect();
    let mut families: BTreeMap<Owner, Vec<&Member<'_>>> = BTreeMap::new();
    for member in members.iter().filter(|member| member.takes_part()) {
        families.entry(root(member, &members)).or_default().push(member);
    }
    let families = families.into_iter();
    families
        .map(|(owner, family)| {
            let object = family.iter().find(|member| member.owner == owner);
            let known: Vec<Pod> =
                family.iter().filter(|member| member.is("Pod")).map(|pod| pod.pod(&owner, nodes)).collect();
            // "Where pods are known, they alone say which labels, ports and addresses there are. A template speaks only
            // where none of its pods is in the input."
            let pods = if known.is_empty() {
                speaking(&family, object).iter().flat_map(|member| member.made(&owner)).collect()
            } else {
                known
            };
            Workload { pods, wanted: object.and_then(|object| object.wanted()), is_present: object.is_some() }
        })
        .collect()
}

/// Whose templates say how the pods look of which none is known: "of a Deployment with ReplicaSets, each that has
/// replicas does", and the Deployment itself where none of these is of its present template.
fn speaking<'m, 'a>(family: &[&'m Member<'a>], object: Option<&&'m Member<'a>>) -> Vec<&'m Member<'a>> {
    let Some(deployment) = object.filter(|object| object.is("Deployment")) else { return family.to_vec() };
    let look = |member: &Member<'_>| {
        let mut labels = member.labels();
        labels.remove("pod-template-hash");
        (labels, member.ports(), member.host_network())
    };
    let is_present = family.iter().any(|member| member.is("ReplicaSet") && look(member) == look(deployment));
    family.iter().copied().filter(|member| !(is_present && member.is("Deployment"))).collect()
}

/// What owns a member in the end.
fn root(member: &Member<'_>, members: &[Member<'_>]) -> Owner {
    let mut current = member;
    // A pod, its ReplicaSet, its Deployment; the bound ends circles.
    for _ in 0..3 {
        let Some(owner) = current.above() else { break };
        let told = current.told_by_name(&owner);
        let find = |owner: &Owner| members.iter().find(|member| member.owner == *owner);
        match find(&owner).or_else(|| find(told.as_ref()?)) {
            Some(next) if std::ptr::eq(next, current) => break,
            Some(next) => current = next,
            None => return told.filter(|told| told.kind == "Deployment").unwrap_or(owner),
        }
    }
    current.owner.clone()
}
