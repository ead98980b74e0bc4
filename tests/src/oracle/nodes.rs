//! The nodes of which something is known.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use super::pods::Labels;
use super::{address, objects};

/// The nodes.
#[derive(Clone, Debug)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
    /// Those of the `Node` object; nothing where only pods tell of it.
    labels: Option<Labels>,
}

impl Nodes {
    /// What `Node.status.addresses` says, and what pods say of the node on which they run.
    pub(super) fn new(objects: &[Value]) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        for object in objects {
            let told = if objects::is(object, "v1", "Node") {
                let listed = objects::list(object, "/status/addresses").iter();
                let listed = listed
                    .filter(|item| matches!(objects::text(item, "/type"), Some("InternalIP" | "ExternalIP")));
                let addresses = listed.filter_map(|item| address::address(objects::text(item, "/address")?));
                Node {
                    names: [objects::name(object)].into(),
                    addresses: addresses.collect(),
                    labels: Some(objects::labels(object, "/metadata/labels")),
                }
            } else if objects::is(object, "v1", "Pod") && !is_finished(object) {
                told_by(object)
            } else {
                continue;
            };
            // Whatever shares a name or an address with it is the same node.
            let (same, mut others): (Vec<Node>, Vec<Node>) = nodes.into_iter().partition(|node| {
                !node.names.is_disjoint(&told.names) || !node.addresses.is_disjoint(&told.addresses)
            });
            others.push(same.into_iter().fold(told, |mut all, one| {
                all.names.extend(one.names);
                all.addresses.extend(one.addresses);
                all.labels = all.labels.or(one.labels);
                all
            }));
            nodes = others;
        }
        Self { nodes }
    }

    /// The node of a pod.
    pub(super) fn of(&self, pod: &Value) -> Option<usize> {
        let told = told_by(pod);
        self.nodes.iter().position(|node| {
            !node.names.is_disjoint(&told.names) || !node.addresses.is_disjoint(&told.addresses)
        })
    }

    /// Whether a node has an address.
    pub(super) fn has(&self, node: usize, address: IpAddr) -> bool {
        self.addresses(node).contains(&address)
    }

    /// The node that has an address.
    pub(super) fn at(&self, address: IpAddr) -> Option<usize> {
        self.nodes.iter().position(|node| node.addresses.contains(&address))
    }

    /// The labels of a node, where a `Node` object tells them.
    pub(super) fn labels(&self, node: usize) -> Option<&Labels> {
        self.nodes[node].labels.as_ref()
    }

    /// The addresses of a node.
    pub(super) fn addresses(&self, node: usize) -> &BTreeSet<IpAddr> {
        &self.nodes[node].addresses
    }
}

/// `spec.nodeName` and `status.hostIPs`; on the host network, the pod's addresses are the node's.
fn told_by(pod: &Value) -> Node {
    let mut addresses: BTreeSet<IpAddr> = addresses(pod, "hostIP").into_iter().collect();
    if objects::is_true(pod, "/spec/hostNetwork") {
        addresses.extend(self::addresses(pod, "podIP"));
    }
    let names = objects::text(pod, "/spec/nodeName").map(str::to_owned).into_iter().collect();
    Node { names, addresses, labels: None }
}

/// `podIP` and `podIPs`, or `hostIP` and `hostIPs`.
pub(super) fn addresses(pod: &Value, field: &str) -> Vec<IpAddr> {
    let one = objects::text(pod, &format!("/status/{field}"));
    let many = objects::list(pod, &format!("/status/{field}s")).iter();
    let texts = one.into_iter().chain(many.filter_map(|item| objects::text(item, "/ip")));
    texts.filter_map(address::address).collect()
}

/// "Finished pods and Jobs take part in nothing" (docs/semantics.md).
pub(super) fn is_finished(pod: &Value) -> bool {
    matches!(objects::text(pod, "/status/phase"), Some("Succeeded" | "Failed"))
}
