//! What publishes workloads: Services and Ingresses.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::{NAMESPACES, Replaced, Scene, scene};

/// A Service, for pods such as the scenes have.
pub(super) fn service() -> impl Strategy<Value = Value> {
    let selector =
        select(vec![json!(null), json!({"app": "web"}), json!({"app": "db"}), json!({"tier": "front"})]);
    let target = select(vec![json!(80), json!(8080), json!("http"), json!("dns")]);
    let kind = select(vec!["ClusterIP", "NodePort", "LoadBalancer"]);
    let name = select(vec!["one", "two"]);
    (select(NAMESPACES.to_vec()), name, kind, selector, target).prop_map(
        |(namespace, name, kind, selector, target)| {
            json!({
                "apiVersion": "v1", "kind": "Service",
                "metadata": {"name": name, "namespace": namespace},
                "spec": {"type": kind, "selector": selector, "ports": [{"port": 80, "targetPort": target}]},
            })
        },
    )
}

fn ingress() -> impl Strategy<Value = Value> {
    (select(NAMESPACES.to_vec()), select(vec!["one", "two"])).prop_map(|(namespace, service)| {
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": "site", "namespace": namespace},
            "spec": {"defaultBackend": {"service": {"name": service, "port": {"number": 80}}}},
        })
    })
}

/// A scene with Services and Ingresses.
pub fn published(replaced: Replaced) -> impl Strategy<Value = Scene> {
    (scene(replaced), vec(service(), 0..4), vec(ingress(), 0..2)).prop_map(
        |(mut scene, services, ingresses)| {
            scene.objects.extend(services);
            scene.objects.extend(ingresses);
            scene
        },
    )
}
