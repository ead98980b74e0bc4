//! Random workloads, and the pods that they have in a running cluster.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::{NAMESPACES, NODES};

/// A workload: one object, or a controller with pods of its own.
#[derive(Clone, Debug)]
pub(super) struct Workload {
    namespace: Option<&'static str>,
    kind: Kind,
    labels: Map<String, Value>,
    ports: Vec<Value>,
    host_network: bool,
    replicas: Option<u32>,
    pods: Vec<Pod>,
    known: Known,
    /// Whether the objects between a pod and the workload are in the input, from the pod on.
    owners: [bool; 2],
    /// `Job.spec.template`'s pods finish, and so may others.
    finished: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pod,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ReplicationController,
    Job,
    CronJob,
}

/// A running pod.
#[derive(Clone, Debug)]
struct Pod {
    node: usize,
    dual: bool,
    /// Carries a label of its own, which keeps it apart from its workload.
    stray: bool,
}

/// What the status of pods says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Nothing,
    Address,
    NodeName,
    AddressAndNode,
}

pub(super) fn workload() -> impl Strategy<Value = Workload> {
    use Kind::{CronJob, DaemonSet, Deployment, Job, Pod, ReplicaSet, ReplicationController, StatefulSet};
    let kind = prop_oneof![
        4 => Just(Pod),
        4 => Just(Deployment),
        3 => select(vec![ReplicaSet, StatefulSet, DaemonSet, ReplicationController, Job, CronJob]),
    ];
    let known = select(vec![Known::Nothing, Known::Address, Known::NodeName, Known::AddressAndNode]);
    (
        (prop::option::weighted(0.9, select(NAMESPACES.to_vec())), kind, labels(), ports()),
        prop::bool::weighted(0.15),
        prop::option::of(select(vec![0, 1, 3])),
        vec(pod(), 0..3),
        known,
        prop::array::uniform2(prop::bool::weighted(0.8)),
        prop::bool::weighted(0.07),
    )
        .prop_map(
            |((namespace, kind, labels, ports), host_network, replicas, pods, known, owners, finished)| {
                Workload {
                    namespace,
                    kind,
                    labels,
                    ports,
                    host_network,
                    replicas,
                    pods,
                    known,
                    owners,
                    finished,
                }
            },
        )
}

fn pod() -> impl Strategy<Value = Pod> {
    (0..NODES.len(), any::<bool>(), prop::bool::weighted(0.1)).prop_map(|(node, dual, stray)| Pod {
        node,
        dual,
        stray,
    })
}

pub(super) fn labels() -> impl Strategy<Value = Map<String, Value>> {
    let label = |key: &'static str, chance, values: &[&'static str]| {
        let value = select(values.to_vec());
        prop::option::weighted(chance, value.prop_map(move |value| (key.to_owned(), Value::from(value))))
    };
    (
        label("app", 0.8, &["web", "db", "0o7"]),
        label("tier", 0.5, &["front", "back"]),
        label("role", 0.2, &["admin", "", "y"]),
    )
        .prop_map(|(app, tier, role)| [app, tier, role].into_iter().flatten().collect())
}

pub(super) fn ports() -> impl Strategy<Value = Vec<Value>> {
    let name = prop::option::weighted(0.7, select(vec!["http", "dns", "metrics"]));
    let number = select(vec![53_u16, 80, 443, 8080, 65535]);
    let protocol = prop::option::of(select(vec!["TCP", "UDP", "SCTP"]));
    vec((name, number, protocol), 0..4).prop_map(|ports| {
        let mut kept: Vec<(Option<&str>, u16, Option<&str>)> = Vec::new();
        for (name, number, protocol) in ports {
            let clashes = kept.iter().any(|(other, taken, spoken)| {
                spoken.unwrap_or("TCP") == protocol.unwrap_or("TCP")
                    && (*taken == number || (name.is_some() && *other == name))
            });
            if !clashes {
                kept.push((name, number, protocol));
            }
        }
        kept.into_iter()
            .map(|(name, number, protocol)| {
                let mut port = Map::new();
                port.insert("containerPort".to_owned(), number.into());
                if let Some(name) = name {
                    port.insert("name".to_owned(), name.into());
                }
                if let Some(protocol) = protocol {
                    port.insert("protocol".to_owned(), protocol.into());
                }
                Value::Object(port)
            })
            .collect()
    })
}

impl Workload {
    /// The same object with the labels and ports of another.
    pub(super) fn with_template_of(&self, other: &Self) -> Self {
        Self { labels: other.labels.clone(), ports: other.ports.clone(), ..self.clone() }
    }

    /// The object that gives the workload its name.
    pub(super) fn main(&self, number: usize) -> Value {
        let name = format!("w{number}");
        match self.kind {
            Kind::Pod => {
                let pod = Pod { node: number % NODES.len(), dual: number.is_multiple_of(3), stray: false };
                self.pod(&name, &pod, number * 10, None, &[])
            }
            kind => self.controller(kind, &name, None, &[]),
        }
    }

    /// Whether the object that gives the workload its name is in the input.
    pub(super) fn has_main(&self) -> bool {
        self.kind == Kind::Pod || self.pods.is_empty() || self.owners[0]
    }

    /// All objects: the workload, and what it owns in a running cluster.
    pub(super) fn objects(&self, number: usize) -> Vec<Value> {
        let name = format!("w{number}");
        let mut objects = Vec::new();
        if self.has_main() {
            objects.push(self.main(number));
        }
        if self.kind == Kind::Pod {
            return objects;
        }
        // A Deployment owns its pods through a ReplicaSet, a CronJob through a Job.
        let between = match self.kind {
            Kind::Deployment => Some((Kind::ReplicaSet, format!("{name}-abc"))),
            Kind::CronJob => Some((Kind::Job, format!("{name}-abc"))),
            _ => None,
        };
        let (owner, added): (Value, &[(&str, &str)]) = match &between {
            Some((kind, between)) => (reference(*kind, between), &[("pod-template-hash", "abc")]),
            None => (reference(self.kind, &name), &[]),
        };
        if let Some((kind, between)) = &between
            && self.owners[1]
            && !self.pods.is_empty()
        {
            let running = Self { replicas: self.replicas.map(|replicas| replicas.max(1)), ..self.clone() };
            objects.push(running.controller(*kind, between, Some(reference(self.kind, &name)), added));
        }
        let owned = if between.is_some() { self.owners[1] } else { self.owners[0] };
        for (at, pod) in self.pods.iter().enumerate() {
            let pod = Pod { stray: pod.stray && owned, ..pod.clone() };
            objects.push(self.pod(
                &format!("{name}-abc-{at}"),
                &pod,
                number * 10 + at,
                Some(owner.clone()),
                added,
            ));
        }
        objects
    }

    fn controller(&self, kind: Kind, name: &str, owner: Option<Value>, added: &[(&str, &str)]) -> Value {
        let template = json!({"metadata": {"labels": self.labels_with(added)}, "spec": self.pod_spec()});
        let selector = json!({"matchLabels": self.labels_with(added)});
        let mut spec = match kind {
            Kind::CronJob => {
                json!({"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": template}}})
            }
            Kind::ReplicationController => json!({"selector": self.labels_with(added), "template": template}),
            Kind::Job => json!({"template": template}),
            _ => json!({"selector": selector, "template": template}),
        };
        if let Some(replicas) = self.replicas {
            match kind {
                Kind::DaemonSet | Kind::CronJob => {}
                Kind::Job => spec["parallelism"] = replicas.into(),
                _ => spec["replicas"] = replicas.into(),
            }
        }
        json!({
            "apiVersion": api_version(kind), "kind": format!("{kind:?}"),
            "metadata": self.metadata(name, owner), "spec": spec,
        })
    }

    fn pod(
        &self,
        name: &str,
        pod: &Pod,
        number: usize,
        owner: Option<Value>,
        added: &[(&str, &str)],
    ) -> Value {
        let mut metadata = self.metadata(name, owner);
        let mut labels = self.labels_with(added);
        if pod.stray {
            labels.insert("stray".to_owned(), "true".into());
        }
        metadata["labels"] = labels.into();
        let mut spec = self.pod_spec();
        let mut status = json!({"phase": if self.finished { "Succeeded" } else { "Running" }});
        let node = NODES[pod.node];
        if matches!(self.known, Known::NodeName | Known::AddressAndNode) {
            spec["nodeName"] = format!("node-{}", pod.node).into();
        }
        if matches!(self.known, Known::Address | Known::AddressAndNode) {
            let addresses: Vec<String> = if self.host_network {
                node.iter().map(|address| (*address).to_owned()).collect()
            } else {
                let four = format!("10.244.{}.{}", pod.node, number % 5 + 1);
                let six = format!("fd00:10:244:{}::{:x}", pod.node, number % 5 + 1);
                if pod.dual { vec![four, six] } else { vec![four] }
            };
            status["podIP"] = addresses[0].clone().into();
            status["podIPs"] = addresses.into_iter().map(|address| json!({"ip": address})).collect();
        }
        if self.known == Known::AddressAndNode {
            status["hostIP"] = node[0].into();
            status["hostIPs"] = node.iter().map(|address| json!({"ip": address})).collect();
        }
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
    }

    fn metadata(&self, name: &str, owner: Option<Value>) -> Value {
        let mut metadata = json!({"name": name});
        if let Some(namespace) = self.namespace {
            metadata["namespace"] = namespace.into();
        }
        if let Some(owner) = owner {
            metadata["ownerReferences"] = json!([owner]);
        }
        metadata
    }

    fn labels_with(&self, added: &[(&str, &str)]) -> Map<String, Value> {
        let mut labels = self.labels.clone();
        // A controller's selector must not be empty.
        if self.kind != Kind::Pod && labels.is_empty() {
            labels.insert("plain".to_owned(), "true".into());
        }
        for (key, value) in added {
            labels.insert((*key).to_owned(), (*value).into());
        }
        labels
    }

    fn pod_spec(&self) -> Value {
        let mut containers: Vec<Value> = self
            .ports
            .iter()
            .enumerate()
            .map(
                |(at, port)| json!({"name": format!("c{at}"), "image": "example.com/app:1", "ports": [port]}),
            )
            .collect();
        if containers.is_empty() {
            containers.push(json!({"name": "c", "image": "example.com/app:1"}));
        }
        let mut spec = json!({"containers": containers});
        if self.host_network {
            spec["hostNetwork"] = true.into();
        }
        spec
    }
}

fn reference(kind: Kind, name: &str) -> Value {
    json!({
        "apiVersion": api_version(kind), "kind": format!("{kind:?}"), "name": name,
        "uid": "0b5c9a3e-0000-4000-8000-000000000000", "controller": true,
    })
}

fn api_version(kind: Kind) -> &'static str {
    match kind {
        Kind::Pod | Kind::ReplicationController => "v1",
        Kind::Job | Kind::CronJob => "batch/v1",
        _ => "apps/v1",
    }
}
