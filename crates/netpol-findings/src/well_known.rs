//! Pods that a usual cluster has whether or not the input holds them: the cluster's DNS and the control plane.

use netpol_eval::{ConnectionSet, Labels, NAMESPACE_NAME_LABEL, PortSet, Workload, matches};
use netpol_manifest::{LabelSelector, Operator, Peer, Protocol};
use netpol_source::order;

/// The namespace of both.
pub(crate) const SYSTEM_NAMESPACE: &str = "kube-system";

/// The label value of the API server's pods.
pub(crate) const API_SERVER: &str = "kube-apiserver";

/// Namespaces that every cluster has.
pub(crate) const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", SYSTEM_NAMESPACE];

/// The static pods of the control plane, as kubeadm labels them; all of them use the host network.
const CONTROL_PLANE: [&str; 4] = ["etcd", API_SERVER, "kube-controller-manager", "kube-scheduler"];

/// The namespaces in which clusters have their DNS.
pub(crate) const DNS_NAMESPACES: [&str; 2] = [SYSTEM_NAMESPACE, "openshift-dns"];

/// Label values by which DNS servers are known.
const DNS_NAMES: [&str; 4] = ["coredns", "dns-default", "kube-dns", NODE_LOCAL_DNS];
const NODE_LOCAL_DNS: &str = "node-local-dns";
/// The label of the DNS pods of OpenShift.
const OPENSHIFT_DNS: &str = "dns.operator.openshift.io/daemonset-dns";
pub(crate) const DNS_LABELS: [&str; 3] = ["k8s-app", "app.kubernetes.io/name", "app"];

/// Label values by which ingress and gateway controllers are known that do not have `ingress` in their name.
const CONTROLLER_NAMES: [&str; 11] = [
    "ambassador",
    "apisix",
    "contour",
    "emissary",
    "envoy",
    "envoy-gateway",
    "gloo-gateway",
    "kong",
    "nginx-gateway",
    "nginx-gateway-fabric",
    "traefik",
];
const CONTROLLER_LABELS: [&str; 3] = ["app.kubernetes.io/name", "app", "k8s-app"];

/// Label values by which those are known that scrape metrics.
const SCRAPER_NAMES: [&str; 6] =
    ["alloy", "grafana-agent", "prometheus", "prometheus-agent", "prometheus-server", "vmagent"];

/// Whether a workload looks like one that scrapes metrics.
pub(crate) fn is_scraper(workload: &Workload) -> bool {
    let mut labelled = CONTROLLER_LABELS.iter().filter_map(|key| workload.labels.get(*key));
    labelled.any(|name| SCRAPER_NAMES.contains(&name.as_str()))
}

/// Whether a namespace is for whoever scrapes metrics, by its name.
pub(crate) fn is_for_monitoring(namespace: &str) -> bool {
    ["monitoring", "observability", "prometheus"].iter().any(|part| namespace.contains(part))
}

/// Whether a workload looks like the controller of Ingresses or Gateways, whose pods pass on what comes in.
pub(crate) fn is_ingress_controller(workload: &Workload) -> bool {
    let labelled = CONTROLLER_LABELS.iter().filter_map(|key| workload.labels.get(*key));
    let known = |name: &String| name.contains("ingress") || CONTROLLER_NAMES.contains(&name.as_str());
    labelled.chain([&workload.name]).any(known)
}

/// Whether a workload is an API server.
pub(crate) fn is_api_server(workload: &Workload) -> bool {
    let keys = ["component", "app", "k8s-app", "app.kubernetes.io/name"];
    let mut labelled = keys.iter().filter_map(|key| workload.labels.get(*key));
    labelled.any(|value| value == API_SERVER)
}

/// Port 53 over UDP and TCP.
pub(crate) fn dns_ports() -> ConnectionSet {
    let over = |protocol| ConnectionSet::of(protocol, PortSet::range(53, 53));
    over(Protocol::Udp).union(&over(Protocol::Tcp))
}

/// Whether a workload is a DNS server of the cluster.
pub(crate) fn is_dns(workload: &Workload) -> bool {
    let labelled = DNS_LABELS.iter().filter_map(|key| workload.labels.get(*key));
    labelled.chain([&workload.name]).any(|name| DNS_NAMES.contains(&name.as_str()))
        || workload.labels.contains_key(OPENSHIFT_DNS)
}

/// Whether a workload is the DNS cache that runs on each node.
pub(crate) fn is_node_local_dns(workload: &Workload) -> bool {
    let labelled = DNS_LABELS.iter().filter_map(|key| workload.labels.get(*key));
    labelled.chain([&workload.name]).any(|name| name == NODE_LOCAL_DNS)
}

/// Whether a workload is the DNS that a cluster comes with: every pod of the cluster asks it.
pub(crate) fn is_cluster_dns(workload: &Workload, namespace: &str) -> bool {
    DNS_NAMESPACES.contains(&namespace) && is_dns(workload)
}

/// The control plane's pods that a selector asks for; none for a selector that asks for no label in particular.
pub(crate) fn control_plane(selector: &LabelSelector) -> Vec<&'static str> {
    if !asks_for_a_label(selector) {
        return Vec::new();
    }
    CONTROL_PLANE
        .into_iter()
        .filter(|component| matches(selector, &control_plane_labels(component)))
        .collect()
}

/// Whether a selector of namespaces asks for a label that `kube-system` has by its name alone.
pub(crate) fn means_system_namespace(namespaces: &LabelSelector) -> bool {
    asks_for_a_label(namespaces) && matches(namespaces, &labels(&[(NAMESPACE_NAME_LABEL, SYSTEM_NAMESPACE)]))
}

/// Whether a peer speaks of pods that are in `kube-system` on every cluster.
pub(crate) fn is_in_every_cluster(namespaces: Option<&LabelSelector>, pods: Option<&LabelSelector>) -> bool {
    let Some(namespaces) = namespaces else { return false };
    let named = |name: &str| matches(namespaces, &labels(&[(NAMESPACE_NAME_LABEL, name)]));
    let Some(pods) = pods.filter(|pods| !pods.requirements.is_empty()) else {
        return NAMESPACES.into_iter().any(named);
    };
    named(SYSTEM_NAMESPACE) && is_system_pod(pods)
}

/// Whether a selector asks for a label of pods that are in `kube-system` on every cluster.
pub(crate) fn is_system_pod(selector: &LabelSelector) -> bool {
    let dns = [
        labels(&[("k8s-app", "kube-dns")]),
        labels(&[("k8s-app", "node-local-dns")]),
        labels(&[("k8s-app", "kube-dns"), ("app.kubernetes.io/name", "coredns")]),
    ];
    let mut known = dns.into_iter().chain(CONTROL_PLANE.into_iter().map(control_plane_labels));
    asks_for_a_label(selector) && known.any(|labels| matches(selector, &labels))
}

/// Whether a peer asks for pods with some label in particular.
pub(crate) fn names_pods(peer: &Peer) -> bool {
    match peer {
        Peer::Pods { pod_selector: Some(pods), .. } => asks_for_a_label(pods),
        Peer::Pods { .. } | Peer::Block { .. } => false,
    }
}

/// Whether a selector names a label that must be there, and so does not match just anything.
pub(crate) fn asks_for_a_label(selector: &LabelSelector) -> bool {
    selector.requirements.iter().any(|one| matches!(one.operator, Operator::In | Operator::Exists))
}

/// Whether a selector of namespaces asks for a label that not every namespace has.
pub(crate) fn chooses_namespaces(selector: &LabelSelector) -> bool {
    selector.requirements.iter().any(|one| match one.operator {
        Operator::In => true,
        Operator::Exists => one.key != NAMESPACE_NAME_LABEL,
        Operator::NotIn | Operator::DoesNotExist => false,
    })
}

/// For a selector that matches every namespace, now and for ever, but a few: their names. Every namespace has the label
/// `kubernetes.io/metadata.name`, and no other is certain.
pub(crate) fn all_namespaces_but(selector: &LabelSelector) -> Option<Vec<&str>> {
    let mut left_out = Vec::new();
    for one in &selector.requirements {
        match one.operator {
            Operator::Exists if one.key == NAMESPACE_NAME_LABEL => {}
            Operator::NotIn if one.key == NAMESPACE_NAME_LABEL => {
                left_out
                    .extend(one.values.iter().map(String::as_str).filter(|name| may_be_a_namespace(name)));
            }
            _ => return None,
        }
    }
    Some(left_out)
}

/// Whether a text can be the name of a namespace: a DNS label.
fn may_be_a_namespace(name: &str) -> bool {
    let is_inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(is_inside)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn control_plane_labels(component: &str) -> Labels {
    labels(&[("component", component), ("tier", "control-plane")])
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    order::map(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())))
}
