//! What selectors and address blocks of a text choose among the workloads, namespaces and nodes of the last analysis.

use ipnet::IpNet;
use netpol_eval::{Evaluation, Labels, Namespace, NamespaceOrigin, Workload, matches};
use netpol_manifest::{
    ClusterPolicyKind, LabelSelector, Peer, Place, TEST_KIND, peer_in, pods_in, selector_in,
};
use netpol_source::{TextRange, order};

use crate::words;

/// Names that a text lists before it says how many more there are.
const MOST_NAMES: usize = 8;

/// The workloads of the input, each with its namespace.
pub(super) fn workloads(evaluation: &Evaluation) -> impl Iterator<Item = (&Namespace, &Workload)> {
    let cluster = evaluation.cluster();
    let real = cluster.workloads.iter().filter(|workload| !workload.is_hypothetical());
    real.filter_map(|workload| Some((cluster.namespace(workload.namespace)?, workload.as_ref())))
}

/// The namespaces of the input.
pub(super) fn namespaces(evaluation: &Evaluation) -> impl Iterator<Item = &Namespace> {
    evaluation.cluster().namespaces.iter().filter(|namespace| {
        matches!(namespace.origin, NamespaceOrigin::Declared(_) | NamespaceOrigin::Mentioned)
    })
}

/// The nodes of the input whose labels are known: the name of each, and its labels.
fn nodes(evaluation: &Evaluation) -> impl Iterator<Item = (&str, &Labels)> {
    let hosts = evaluation.cluster().hosts.iter();
    hosts.filter_map(|host| Some((host.name.as_deref()?, host.labels.as_ref()?)))
}

/// The namespace of the object at a place.
pub(super) fn namespace(place: &Place) -> &str {
    place.namespace.as_deref().unwrap_or("default")
}

/// Whether a place is in a cluster-scoped policy.
pub(super) fn is_in_cluster_policy(place: &Place) -> bool {
    ClusterPolicyKind::ALL.iter().any(|kind| place.kind.as_deref() == Some(kind.as_str()))
}

/// Whether a place is in a policy test, which is in no namespace.
pub(super) fn is_in_test(place: &Place) -> bool {
    place.kind.as_deref() == Some(TEST_KIND)
}

/// What a place in a cluster-scoped policy chooses by labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    /// `namespaces`.
    Namespaces(TextRange),
    /// `pods`.
    Pods(TextRange),
    /// `nodes`.
    Nodes(TextRange),
}

/// The subject or peer of a cluster-scoped policy that a place, or the key at the place, is in.
fn chosen(place: &Place, key: Option<(&str, TextRange)>) -> Option<Chosen> {
    let named = place.steps.iter().filter_map(|step| Some((step.name.as_deref()?, step.value)));
    // The keys of labels stand further behind.
    named.chain(key).find_map(|(name, value)| match name {
        "namespaces" => Some(Chosen::Namespaces(value)),
        "pods" => Some(Chosen::Pods(value)),
        "nodes" => Some(Chosen::Nodes(value)),
        _ => None,
    })
}

/// The item of `from` or `to` that a place is in: what stands in it.
pub(super) fn peer_item(place: &Place) -> Option<TextRange> {
    let mut steps = place.steps.iter().zip(place.steps.iter().skip(1));
    let found =
        steps.find(|(list, item)| item.name.is_none() && matches!(list.name.as_deref(), Some("from" | "to")));
    found.map(|(_, item)| item.value)
}

/// The namespaces whose pods a `podSelector` at a place chooses from; `None` where that cannot be told.
pub(super) fn namespaces_around<'e>(
    evaluation: &'e Evaluation,
    text: &str,
    place: &Place,
) -> Option<Vec<&'e Namespace>> {
    if let Some(item) = peer_item(place) {
        match peer_in(text, item) {
            Some(Peer::Pods { namespace_selector: Some(selector), .. }) => {
                return Some(namespaces(evaluation).filter(|one| matches(&selector, &one.labels)).collect());
            }
            Some(_) => {}
            // Half typed: it may name namespaces.
            None => {
                let piece = text.get(item.start()..item.end()).unwrap_or_default();
                if piece.contains("namespaceSelector") {
                    return None;
                }
            }
        }
    }
    Some(namespaces(evaluation).filter(|one| one.name == namespace(place)).collect())
}

/// What a selector at a place, or the peer that it belongs to, chooses.
pub(super) fn describe(
    evaluation: &Evaluation,
    text: &str,
    place: &Place,
    key: Option<(&str, TextRange)>,
) -> Option<String> {
    if is_in_cluster_policy(place) {
        return match chosen(place, key)? {
            Chosen::Namespaces(value) => {
                Some(peer(evaluation, place, None, Some(&selector_in(text, value)?)))
            }
            Chosen::Pods(value) => {
                let (namespaces, pods) = pods_in(text, value)?;
                Some(peer(evaluation, place, Some(&pods?), Some(&namespaces?)))
            }
            Chosen::Nodes(value) => Some(of_nodes(evaluation, &selector_in(text, value)?)),
        };
    }
    if is_in_test(place) {
        return None;
    }
    let is_selector = |name: &str| matches!(name, "podSelector" | "namespaceSelector");
    let named = place.steps.iter().filter_map(|step| Some((step.name.as_deref()?, step.value)));
    if let Some(item) = peer_item(place) {
        let inside = named.chain(key).any(|(name, _)| is_selector(name));
        return match peer_in(text, item)? {
            Peer::Pods { pod_selector, namespace_selector, .. } if inside => {
                Some(peer(evaluation, place, pod_selector.as_ref(), namespace_selector.as_ref()))
            }
            _ => None,
        };
    }
    let (_, value) = named.chain(key).find(|(name, _)| is_selector(name))?;
    let selector = selector_in(text, value)?;
    Some(peer(evaluation, place, Some(&selector), None))
}

fn peer(
    evaluation: &Evaluation,
    place: &Place,
    pods: Option<&LabelSelector>,
    chosen: Option<&LabelSelector>,
) -> String {
    let is_chosen = |one: &Namespace| match chosen {
        Some(selector) => matches(selector, &one.labels),
        None => one.name == namespace(place),
    };
    let is_found = |labels: &Labels| pods.is_none_or(|selector| matches(selector, labels));
    // No selector finds pods on the host network.
    let seen = || workloads(evaluation).filter(|(_, workload)| !workload.host_network);
    let found: Vec<String> = seen()
        .filter(|(one, workload)| is_chosen(one) && is_found(&workload.labels))
        .map(|(one, workload)| format!("{}/{}", one.name, workload.name))
        .collect();
    let everything = pods.is_none_or(|selector| selector.requirements.is_empty());
    let every = match chosen {
        Some(selector) if selector.requirements.is_empty() => "every pod of every namespace".to_owned(),
        Some(_) => {
            let names = namespaces(evaluation).filter(|one| is_chosen(one)).map(|one| one.name.clone());
            let names: Vec<String> = names.collect();
            if names.is_empty() {
                return "Selects nothing: no namespace of the input has these labels.".to_owned();
            }
            format!("every pod of {}", list(&names))
        }
        None => format!("every pod of `{}`", namespace(place)),
    };
    match (everything, found.as_slice()) {
        (true, []) => format!("Selects {every}; the input has none there."),
        (true, names) => format!("Selects {every}: {}.", list(names)),
        (false, []) => "Selects nothing: no pod of the input matches.".to_owned(),
        (false, names) => {
            let all = seen().count();
            let pods = if all == 1 { "workload" } else { "workloads" };
            format!("Selects {} of the input's {all} {pods}: {}.", names.len(), list(names))
        }
    }
}

/// What a selector of nodes chooses.
fn of_nodes(evaluation: &Evaluation, selector: &LabelSelector) -> String {
    let all = nodes(evaluation).count();
    let found = nodes(evaluation).filter(|(_, labels)| matches(selector, labels));
    let found: Vec<String> = found.map(|(name, _)| name.to_owned()).collect();
    match (all, found.as_slice()) {
        (0, _) => "Whether it selects anything cannot be told: the input holds no `Node`.".to_owned(),
        (_, []) => "Selects nothing: no node of the input matches.".to_owned(),
        (_, names) => {
            let nodes = if all == 1 { "node" } else { "nodes" };
            format!("Selects {} of the input's {all} {nodes}: {}.", names.len(), list(names))
        }
    }
}

/// 2 to the power of a number of bits.
fn power(bits: u32) -> u128 {
    1_u128.checked_shl(bits).unwrap_or(u128::MAX)
}

/// How many addresses an `ipBlock` at a place holds, and which pods have one of them.
pub(super) fn block(evaluation: &Evaluation, text: &str, item: TextRange) -> Option<String> {
    let Some(Peer::Block { cidr, except, .. }) = peer_in(text, item) else { return None };
    Some(addresses(evaluation, cidr.value, except.iter().map(|hole| hole.value)))
}

/// The same of an item of `networks`.
pub(super) fn network(evaluation: &Evaluation, text: &str) -> Option<String> {
    let network: IpNet = text.parse().ok()?;
    Some(addresses(evaluation, network.trunc(), []))
}

fn addresses(evaluation: &Evaluation, cidr: IpNet, except: impl IntoIterator<Item = IpNet>) -> String {
    let mut holes: Vec<IpNet> = Vec::new();
    // In order, a network comes right before those inside it.
    for hole in order::set(except.into_iter().map(|hole| hole.trunc())) {
        if holes.last().is_none_or(|last| !last.contains(&hole)) {
            holes.push(hole);
        }
    }
    let size = |network: &IpNet| u32::from(network.max_prefix_len() - network.prefix_len());
    let bits = size(&cidr);
    let count = if bits < 64 {
        let taken: u128 = holes.iter().map(|hole| power(size(hole))).fold(0, u128::saturating_add);
        let count = power(bits).saturating_sub(taken);
        format!("{} {}", words::thousands(count), if count == 1 { "address" } else { "addresses" })
    } else if holes.is_empty() {
        format!("2^{bits} addresses")
    } else {
        format!("2^{bits} addresses, less those in `except`")
    };
    let names: Vec<String> = workloads(evaluation)
        .filter(|(_, workload)| has_address_in(workload, cidr, &holes))
        .map(|(one, workload)| format!("{}/{}", one.name, workload.name))
        .collect();
    let pods = if names.is_empty() {
        "no pod of the input is known to have one of them".to_owned()
    } else {
        format!("of the input's pods, these have one: {}", list(&names))
    };
    format!("Holds {count}; {pods}.")
}

/// Whether a pod of a workload is known to have an address of a block and of none of its holes.
pub(super) fn has_address_in(workload: &Workload, cidr: IpNet, holes: &[IpNet]) -> bool {
    let mut addresses = workload.pods.iter().flat_map(|pod| &pod.addresses);
    addresses.any(|address| cidr.contains(address) && !holes.iter().any(|hole| hole.contains(address)))
}

/// The first of these names in backticks, and how many more there are.
pub(super) fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The labels among which a selector at a place chooses: those of namespaces, of nodes, or of pods.
pub(super) fn labels<'e>(evaluation: &'e Evaluation, text: &str, place: &Place) -> Vec<&'e Labels> {
    if is_in_cluster_policy(place) && place.names().any(|name| name == Some("spec")) {
        return labels_in_cluster_policy(evaluation, text, place);
    }
    if place.kind.as_deref() == Some("Node") {
        return nodes(evaluation).map(|(_, labels)| labels).collect();
    }
    let of_namespaces =
        place.names().any(|name| matches!(name, Some("namespaceSelector" | "namespaceLabels")))
            || place.kind.as_deref() == Some("Namespace");
    if of_namespaces {
        return namespaces(evaluation).map(|one| &one.labels).collect();
    }
    if is_in_test(place) {
        return workloads(evaluation).map(|(_, workload)| &workload.labels).collect();
    }
    let chosen = namespaces_around(evaluation, text, place);
    let names = chosen.map(|chosen| order::set(chosen.into_iter().map(|one| one.name.as_str())));
    workloads(evaluation)
        .filter(|(one, _)| names.as_ref().is_none_or(|names| names.contains(one.name.as_str())))
        .map(|(_, workload)| &workload.labels)
        .collect()
}

fn labels_in_cluster_policy<'e>(evaluation: &'e Evaluation, text: &str, place: &Place) -> Vec<&'e Labels> {
    let value = match chosen(place, None) {
        Some(Chosen::Namespaces(_)) => return namespaces(evaluation).map(|one| &one.labels).collect(),
        Some(Chosen::Pods(value)) => value,
        Some(Chosen::Nodes(_)) => return nodes(evaluation).map(|(_, labels)| labels).collect(),
        None => return Vec::new(),
    };
    if place.names().skip_while(|name| *name != Some("pods")).nth(1) == Some(Some("namespaceSelector")) {
        return namespaces(evaluation).map(|one| &one.labels).collect();
    }
    let selector = pods_in(text, value).and_then(|(namespaces, _)| namespaces);
    workloads(evaluation)
        .filter(|(one, _)| selector.as_ref().is_none_or(|selector| matches(selector, &one.labels)))
        .map(|(_, workload)| &workload.labels)
        .collect()
}
