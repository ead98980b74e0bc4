//! What the rules find in the examples that the page offers: what belongs there, and nothing else.

use crate::Severity;
use crate::testing::{Case, Found};

macro_rules! example {
    ($($file:literal),+) => {
        Case::of_files(&[$(include_str!(concat!("../../../examples/", $file))),+]).check_all()
    };
}

macro_rules! on_the_shop {
    ($($file:literal),+) => {
        without_neighbours(example!($($file,)+ "training/shop.yaml", "training/neighbours.yaml"))
    };
}

/// Code and subject of each finding, in order.
fn summary(found: &[Found]) -> Vec<String> {
    found.iter().map(|found| format!("{} {}", found.code, found.subject)).collect()
}

/// The neighbours of the shop have no policies, which is said of each of the two namespaces, in every example.
fn without_neighbours(found: Vec<Found>) -> Vec<Found> {
    let namespaces = ["Namespace kube-system", "Namespace tools"];
    let is_neighbour = |found: &Found| namespaces.contains(&found.subject.as_str());
    let (neighbours, rest): (Vec<Found>, Vec<Found>) = found.into_iter().partition(is_neighbour);
    assert!(neighbours.iter().all(|found| ["NP101", "NP102"].contains(&found.code)));
    rest
}

#[test]
fn default_deny() {
    let only = ["NP305 NetworkPolicy default/default-deny"];
    assert_eq!(summary(&example!("training/1-default-deny.yaml")), only);
    assert_eq!(summary(&on_the_shop!("training/1-default-deny.yaml")), only);
}

#[test]
fn ingress_to_specific_pods() {
    assert!(example!("training/2-ingress-to-specific-pods.yaml").is_empty());
    assert_eq!(
        summary(&on_the_shop!("training/2-ingress-to-specific-pods.yaml")),
        [
            "NP102 Namespace default",
            "NP103 Namespace default",
            "NP109 Deployment default/frontend",
            "NP109 StatefulSet default/db",
        ]
    );
}

#[test]
fn egress_to_external_endpoints() {
    let policy = "NP305 NetworkPolicy default/restrict-egress";
    assert_eq!(summary(&example!("training/3-egress-to-external-endpoints.yaml")), [policy]);
    assert_eq!(
        summary(&on_the_shop!("training/3-egress-to-external-endpoints.yaml")),
        [
            "NP101 Namespace default",
            "NP103 Namespace default",
            policy,
            "NP109 Deployment default/frontend",
            "NP109 StatefulSet default/db",
        ]
    );
}

#[test]
fn the_api_server() {
    let policy = "NP309 NetworkPolicy kube-system/restrict-api-access";
    let open = "NP108 NetworkPolicy kube-system/restrict-api-access";
    assert_eq!(summary(&example!("training/4-protect-the-api-server.yaml")), [policy, open]);
    assert_eq!(
        summary(&on_the_shop!("training/4-protect-the-api-server.yaml", "training/control-plane.yaml")),
        [
            "NP101 Namespace default",
            policy,
            "NP108 Pod kube-system/kube-apiserver-control-plane",
            "NP203 NetworkPolicy kube-system/restrict-api-access",
            "NP109 Deployment kube-system/coredns",
        ]
    );
    // Not pasted, the API server's pods are on the host network all the same.
    assert!(summary(&on_the_shop!("training/4-protect-the-api-server.yaml")).contains(&policy.to_owned()));
}

#[test]
fn namespace_isolation() {
    let policy = "NP310 NetworkPolicy default/namespace-isolation";
    assert_eq!(summary(&example!("training/5-namespace-isolation.yaml")), [policy]);
    assert_eq!(
        summary(&on_the_shop!("training/5-namespace-isolation.yaml")),
        ["NP102 Namespace default", policy]
    );
}

#[test]
fn the_store_is_clean() {
    let found =
        example!("store/storefront.yaml", "store/payments.yaml", "store/data.yaml", "store/platform.yaml");
    assert!(found.iter().all(|found| found.severity == Severity::Info), "{found:?}");
    assert_eq!(
        summary(&found),
        [
            "NP109 Deployment ingress-nginx/ingress-nginx",
            "NP109 Deployment storefront/web",
            "NP314 NetworkPolicy data/kafka",
        ]
    );
}

#[test]
fn three_namespaces() {
    let found = example!(
        "three-namespaces/shop.yaml",
        "three-namespaces/data.yaml",
        "three-namespaces/ops.yaml",
        "three-namespaces/dns.yaml"
    );
    assert_eq!(
        summary(&found),
        [
            "NP201 NetworkPolicy data/backup",
            "NP303 NetworkPolicy data/redis",
            "NP203 NetworkPolicy ops/same-namespace",
            "NP203 NetworkPolicy ops/same-namespace",
            "NP205 NetworkPolicy ops/prometheus",
            "NP106 NetworkPolicy ops/ingress-nginx",
            "NP109 Deployment ops/ingress-nginx",
        ]
    );
    assert_eq!(found[0].evidence, ["NP107", "NP105"]);
}

#[test]
fn one_idea_at_a_time() {
    assert_eq!(
        summary(&example!("ideas/both-ends.yaml")),
        [
            "NP305 NetworkPolicy shop/default-deny",
            "NP306 NetworkPolicy shop/web-egress",
            "NP308 NetworkPolicy shop/web-egress",
        ]
    );
    let metadata = example!("ideas/metadata-endpoint.yaml");
    let of_policies: Vec<String> =
        summary(&metadata).into_iter().filter(|line| line.contains("NetworkPolicy")).collect();
    assert_eq!(
        of_policies,
        [
            "NP107 NetworkPolicy default/metadata-accessor",
            "NP105 NetworkPolicy default/not-the-metadata-endpoint",
            "NP203 NetworkPolicy default/pods-and-dns",
            "NP317 NetworkPolicy default/not-the-metadata-endpoint",
        ]
    );
    let of_policies = |found: Vec<Found>| -> Vec<String> {
        summary(&found).into_iter().filter(|line| line.contains("NetworkPolicy")).collect()
    };
    assert_eq!(of_policies(example!("ideas/and-or.yaml")), ["NP303 NetworkPolicy data/stock-db"]);
    assert_eq!(
        of_policies(example!("ideas/ports.yaml")),
        ["NP313 NetworkPolicy shop/tcp-by-default", "NP314 NetworkPolicy shop/port-range"]
    );
}
