//! Random clusters as a dump of a live one shows them: what controllers make, with the labels that they, sidecar
//! injectors and Kubernetes itself add.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::policy::{Choice, pod_labels, policy_also_by};
use super::{
    NAMESPACES, NODES, Replaced, Scene, cluster_policy, exposure, layout, named, namespace, node, workload,
};

/// Labels that controllers and Kubernetes add, as far as somebody may select by them.
fn added_labels() -> Vec<Choice> {
    vec![
        ("statefulset.kubernetes.io/pod-name", vec!["l0-0", "l0-1", "l1-0", "l2-2"]),
        ("apps.kubernetes.io/pod-index", vec!["0", "1"]),
        ("topology.kubernetes.io/zone", vec!["zone-0"]),
        ("pod-template-generation", vec!["1", "2"]),
        ("pod-template-hash", vec!["h0", "h1"]),
        ("job-name", vec!["l0-29340", "l1-29341"]),
        ("batch.kubernetes.io/job-name", vec!["l0", "l0-29340"]),
        ("sidecar.example/injected", vec!["true"]),
    ]
}

/// A workload and what a controller has made of it.
#[derive(Clone, Debug)]
struct Live {
    namespace: &'static str,
    kind: Kind,
    labels: Map<String, Value>,
    ports: Vec<Value>,
    host_network: bool,
    /// How many pods it wants.
    replicas: Option<u32>,
    /// The number of the first pod of a StatefulSet.
    start: u32,
    /// From the oldest one on.
    revisions: Vec<Revision>,
    /// Whether the workload, and what stands between it and the pods, is in the input.
    present: [bool; 2],
    families: Families,
    /// Whether an injector has given each pod a sidecar.
    injected: bool,
    /// Whether Kubernetes copies the zone of the node to its pods.
    zones: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Deployment,
    /// Of Argo: an owner of ReplicaSets that is no kind of Kubernetes.
    Rollout,
    /// Of OpenShift: an owner of ReplicationControllers.
    DeploymentConfig,
    DaemonSet,
    StatefulSet,
    Job,
    CronJob,
}

/// The pods of one template, or of one run.
#[derive(Clone, Debug)]
struct Revision {
    /// A label that tells it from the others.
    role: Option<&'static str>,
    /// Whether its ports have other numbers.
    moved: bool,
    /// What it asks for where none of its pods is known.
    replicas: u32,
    pods: Vec<Pod>,
    /// Of a Job: whether it has come to its end, so that none of its pods runs.
    ended: bool,
}

#[derive(Clone, Debug)]
struct Pod {
    node: usize,
    finished: bool,
}

/// What is known of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Families {
    Unknown,
    V4,
    V6,
    Dual,
}

/// A whole input.
pub fn live() -> impl Strategy<Value = Scene> {
    let namespaces = (namespace("default"), namespace("red"), namespace("blue"));
    (
        namespaces,
        vec(prop::bool::weighted(0.7), NODES.len()),
        vec(workload(), 1..4),
        vec(workload::workload(), 0..3),
        (vec(policy_also_by(added_labels()), 0..6), vec(exposure::service(), 0..2)),
        layout(),
        cluster_policy::cluster_policies(
            Replaced::None,
            pod_labels().into_iter().chain(added_labels()).collect(),
        ),
    )
        .prop_map(|((a, b, c), nodes, live, plain, (policies, services), layout, cluster_policies)| {
            let mut objects: Vec<Value> = [a, b, c].into_iter().flatten().collect();
            objects.extend((0..).zip(nodes).filter(|(_, there)| *there).map(|(at, _)| node(at)));
            objects.extend(live.iter().enumerate().flat_map(|(at, workload)| workload.objects(at)));
            objects.extend(plain.iter().enumerate().flat_map(|(at, workload)| workload.objects(at)));
            let numbered = (0..).zip(policies);
            objects.extend(numbered.map(|(at, policy): (usize, _)| named(policy, &format!("policy-{at}"))));
            objects.extend(cluster_policies);
            objects.extend(services);
            Scene { objects, layout }
        })
}

fn workload() -> impl Strategy<Value = Live> {
    use Kind::{CronJob, DaemonSet, Deployment, DeploymentConfig, Job, Rollout, StatefulSet};
    let kind =
        select(vec![Deployment, Deployment, Rollout, DeploymentConfig, DaemonSet, StatefulSet, Job, CronJob]);
    let families = select(vec![Families::Unknown, Families::V4, Families::V6, Families::Dual]);
    (
        (select(NAMESPACES.to_vec()), kind, workload::labels(), workload::ports()),
        prop::bool::weighted(0.1),
        (prop::option::of(select(vec![1, 2, 4])), prop_oneof![3 => Just(0_u32), 1 => Just(1_u32)]),
        vec(revision(), 1..4),
        prop::array::uniform2(prop::bool::weighted(0.8)),
        families,
        (prop::bool::weighted(0.3), any::<bool>()),
    )
        .prop_map(
            |(
                (namespace, kind, labels, ports),
                host_network,
                (replicas, start),
                revisions,
                present,
                families,
                added,
            )| {
                let (injected, zones) = added;
                Live {
                    namespace,
                    kind,
                    labels,
                    ports,
                    host_network,
                    replicas,
                    start,
                    revisions,
                    present,
                    families,
                    injected,
                    zones,
                }
            },
        )
}

fn revision() -> impl Strategy<Value = Revision> {
    let pod =
        (0..=NODES.len(), prop::bool::weighted(0.1)).prop_map(|(node, finished)| Pod { node, finished });
    let role = prop::option::weighted(0.2, select(vec!["admin", "y"]));
    (role, prop::bool::weighted(0.3), select(vec![0, 1, 2]), vec(pod, 0..3), prop::bool::weighted(0.3))
        .prop_map(|(role, moved, replicas, pods, ended)| Revision { role, moved, replicas, pods, ended })
}

impl Live {
    fn objects(&self, number: usize) -> Vec<Value> {
        let name = format!("l{number}");
        let Some(last) = self.revisions.last() else { return Vec::new() };
        let mut objects = Vec::new();
        if self.present[0] {
            objects.push(self.controller((self.kind, &name), None, last, &[], self.replicas));
        }
        let mut ordinal = self.start;
        for (at, revision) in self.revisions.iter().enumerate() {
            let hash = format!("h{at}");
            let between = match self.kind {
                Kind::Deployment | Kind::Rollout => Some((Between::ReplicaSet, format!("{name}-{hash}"))),
                Kind::DeploymentConfig => Some((Between::ReplicationController, format!("{name}-{at}"))),
                Kind::CronJob => Some((Between::Job, format!("{name}-2934{at}"))),
                Kind::DaemonSet | Kind::StatefulSet | Kind::Job => None,
            };
            let ended = self.kind == Kind::CronJob && revision.ended;
            let own = owner(self.kind.api_version(), &format!("{:?}", self.kind), &name);
            let added = self.added(&hash, at, between.as_ref().map_or(&name, |(_, name)| name));
            let added: Vec<(&str, &str)> = added.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let owner = match &between {
                None => own,
                Some((between, name)) => {
                    if self.present[1] {
                        // What has pods asks for some.
                        let replicas = revision.replicas.max(u32::from(!revision.pods.is_empty()));
                        objects.push(self.between(*between, name, own, (revision, &added), replicas));
                    }
                    owner(between.api_version(), &format!("{between:?}"), name)
                }
            };
            for (nth, pod) in revision.pods.iter().enumerate() {
                let mut labels = added.clone();
                let (index, pod_name) = (ordinal.to_string(), format!("{name}-{ordinal}"));
                let pod_name = match self.kind {
                    Kind::StatefulSet => {
                        labels.push(("apps.kubernetes.io/pod-index", &index));
                        labels.push(("statefulset.kubernetes.io/pod-name", &pod_name));
                        pod_name.clone()
                    }
                    _ => format!("{name}-{hash}-{nth}"),
                };
                ordinal += 1;
                let number = number * 8 + at * 2 + nth;
                let pod = Pod { finished: pod.finished || ended, ..pod.clone() };
                objects.push(self.pod((&pod_name, number), &pod, &owner, revision, &labels));
            }
        }
        objects
    }

    /// The labels that a controller adds to the pods of a revision.
    fn added(&self, hash: &str, revision: usize, owner: &str) -> Vec<(&'static str, String)> {
        match self.kind {
            Kind::Deployment => vec![("pod-template-hash", hash.to_owned())],
            Kind::Rollout => vec![("rollouts-pod-template-hash", hash.to_owned())],
            Kind::DeploymentConfig => vec![("deployment", owner.to_owned())],
            Kind::DaemonSet => vec![
                ("controller-revision-hash", hash.to_owned()),
                ("pod-template-generation", (revision + 1).to_string()),
            ],
            Kind::StatefulSet => vec![("controller-revision-hash", format!("{owner}-{hash}"))],
            Kind::Job | Kind::CronJob => vec![
                ("job-name", owner.to_owned()),
                ("batch.kubernetes.io/job-name", owner.to_owned()),
                ("controller-uid", format!("uid-{owner}")),
                ("batch.kubernetes.io/controller-uid", format!("uid-{owner}")),
            ],
        }
    }

    fn controller(
        &self,
        (kind, name): (Kind, &str),
        owner: Option<Value>,
        revision: &Revision,
        added: &[(&str, &str)],
        replicas: Option<u32>,
    ) -> Value {
        let labels = self.labels(revision, added);
        let template = json!({"metadata": {"labels": labels}, "spec": self.pod_spec(revision, false)});
        let mut spec = match kind {
            Kind::CronJob => {
                json!({"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}})
            }
            Kind::Job => json!({"template": template}),
            _ => json!({"selector": {"matchLabels": labels}, "template": template}),
        };
        if kind == Kind::StatefulSet && self.start > 0 {
            spec["ordinals"] = json!({"start": self.start});
        }
        if let Some(replicas) = replicas {
            match kind {
                Kind::DaemonSet | Kind::CronJob => {}
                Kind::Job => spec["parallelism"] = replicas.into(),
                _ => spec["replicas"] = replicas.into(),
            }
        }
        let kind_name = format!("{kind:?}");
        json!({
            "apiVersion": kind.api_version(), "kind": kind_name, "metadata": self.metadata(name, owner), "spec": spec,
        })
    }

    fn between(
        &self,
        between: Between,
        name: &str,
        owner: Value,
        (revision, added): (&Revision, &[(&str, &str)]),
        replicas: u32,
    ) -> Value {
        let labels = self.labels(revision, added);
        let template = json!({"metadata": {"labels": labels}, "spec": self.pod_spec(revision, false)});
        let spec = match between {
            Between::ReplicaSet => {
                json!({"replicas": replicas, "selector": {"matchLabels": labels}, "template": template})
            }
            Between::ReplicationController => {
                json!({"replicas": replicas, "selector": labels, "template": template})
            }
            Between::Job => json!({"template": template}),
        };
        let mut object = json!({
            "apiVersion": between.api_version(), "kind": format!("{between:?}"),
            "metadata": self.metadata(name, Some(owner)), "spec": spec,
        });
        if between == Between::Job && revision.ended {
            object["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}]});
        }
        object
    }

    fn pod(
        &self,
        (name, number): (&str, usize),
        pod: &Pod,
        owner: &Value,
        revision: &Revision,
        added: &[(&str, &str)],
    ) -> Value {
        let mut metadata = self.metadata(name, Some(owner.clone()));
        let mut labels = self.labels(revision, added);
        if self.injected {
            labels.insert("sidecar.example/injected".to_owned(), "true".into());
        }
        if self.zones {
            labels.insert("topology.kubernetes.io/zone".to_owned(), format!("zone-{}", pod.node).into());
        }
        metadata["labels"] = labels.into();
        let mut spec = self.pod_spec(revision, self.injected);
        spec["nodeName"] = format!("node-{}", pod.node).into();
        let mut status = json!({"phase": if pod.finished { "Succeeded" } else { "Running" }});
        let last = number % 5 + 1;
        let addresses: Vec<String> = match (NODES.get(pod.node), self.host_network) {
            // Addresses of the third node are not known, so that nodes never differ in all of their families.
            (node, true) => node.into_iter().flat_map(|node| *node).map(|one| (*one).to_owned()).collect(),
            _ => vec![format!("10.244.{}.{last}", pod.node), format!("fd00:10:244:{}::{last:x}", pod.node)],
        };
        let is_meant = |address: &&String| match self.families {
            Families::Unknown => false,
            Families::V4 => !address.contains(':'),
            Families::V6 => address.contains(':'),
            Families::Dual => true,
        };
        let addresses: Vec<&String> = addresses.iter().filter(is_meant).collect();
        if let Some(first) = addresses.first() {
            status["podIP"] = first.as_str().into();
            status["podIPs"] = addresses.iter().map(|address| json!({"ip": address})).collect();
            if let Some(node) = NODES.get(pod.node) {
                status["hostIP"] = node[0].into();
            }
        }
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
    }

    fn metadata(&self, name: &str, owner: Option<Value>) -> Value {
        let mut metadata = json!({"name": name, "namespace": self.namespace});
        if let Some(owner) = owner {
            metadata["ownerReferences"] = json!([owner]);
        }
        metadata
    }

    fn labels(&self, revision: &Revision, added: &[(&str, &str)]) -> Map<String, Value> {
        let mut labels = self.labels.clone();
        // A controller's selector must not be empty.
        labels.insert("plain".to_owned(), "true".into());
        let role = revision.role.map(|role| ("role", role));
        for (key, value) in added.iter().copied().chain(role) {
            labels.insert(key.to_owned(), value.into());
        }
        labels
    }

    fn pod_spec(&self, revision: &Revision, injected: bool) -> Value {
        let mut ports = self.ports.clone();
        for port in ports.iter_mut().filter(|_| revision.moved) {
            port["containerPort"] = (port["containerPort"].as_u64().unwrap_or(1) % 1000 + 1000).into();
        }
        // A container of its own for each port, as two of one container must have different names.
        let mut containers = vec![json!({"name": "c", "image": "example.com/app:1"})];
        containers.extend((0..).zip(ports).map(|(at, port): (usize, _)| {
            json!({"name": format!("c{at}"), "image": "example.com/app:1", "ports": [port]})
        }));
        let mut spec = json!({});
        let sidecar = json!({
            "name": "proxy", "image": "example.com/proxy:1", "restartPolicy": "Always",
            "ports": [{"name": "metrics", "containerPort": 15090}],
        });
        if injected && self.zones {
            spec["initContainers"] = json!([sidecar]);
        } else if injected {
            let mut sidecar = sidecar;
            sidecar.as_object_mut().map(|fields| fields.remove("restartPolicy"));
            containers.push(sidecar);
        }
        spec["containers"] = containers.into();
        if self.host_network {
            spec["hostNetwork"] = true.into();
        }
        spec
    }
}

impl Kind {
    fn api_version(self) -> &'static str {
        match self {
            Self::Rollout => "argoproj.io/v1alpha1",
            Self::DeploymentConfig => "apps.openshift.io/v1",
            Self::Job | Self::CronJob => "batch/v1",
            Self::Deployment | Self::DaemonSet | Self::StatefulSet => "apps/v1",
        }
    }
}

/// What stands between a workload and its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Between {
    ReplicaSet,
    ReplicationController,
    Job,
}

impl Between {
    fn api_version(self) -> &'static str {
        match self {
            Self::ReplicaSet => "apps/v1",
            Self::ReplicationController => "v1",
            Self::Job => "batch/v1",
        }
    }
}

fn owner(api_version: &str, kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": api_version, "kind": kind, "name": name,
        "uid": "0b5c9a3e-0000-4000-8000-000000000000", "controller": true,
    })
}
