//! Workloads that policies speak of and the input does not hold.
//!
//! A policy pasted on its own must still show something true: each selector that nothing satisfies gets a workload
//! that does, beside "any other pod" of the namespaces concerned and "any pod of any other namespace".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use netpol_manifest::{ContainerPort, Direction, LabelSelector, PortMatch, Protocol, is_namespace_name};
use netpol_source::{TextRange, order};

use crate::cluster::{
    Cluster, Labels, NAMESPACE_NAME_LABEL, Namespace, NamespaceId, NamespaceOrigin, PolicyId, Workload,
    WorkloadOrigin,
};
use crate::selector::{fewest_labels, matches};

/// What stands for "any other" in names and in [`NAMESPACE_NAME_LABEL`]; no selector can ask for it, as it is no
/// valid label value.
pub(crate) const ANY_OTHER: &str = "*";

/// How many hypothetical workloads are added at the most; a page of policies without pods needs a few dozen.
const MOST_HYPOTHETICAL: usize = 1000;

/// How many ports they declare at the most, all together, as long as there are at least [`FEWEST_HYPOTHETICAL`].
const MOST_PORTS: usize = 200_000;

/// How many hypothetical workloads are added even where each declares very many ports.
const FEWEST_HYPOTHETICAL: usize = 8;

/// A selector that no workload of the input satisfies.
pub(crate) struct Unsatisfied<'a> {
    /// The policy that holds it.
    pub(crate) policy: PolicyId,
    /// Selects pods; absent means all.
    pub(crate) pods: Option<&'a LabelSelector>,
    /// Selects namespaces; absent means that of the policy.
    pub(crate) namespaces: Option<&'a LabelSelector>,
}

/// The cluster with the hypothetical namespaces and workloads that `unsatisfied` asks for, at the end of their lists.
///
/// `None` when nothing asks for any: a cluster that is whole is not copied at each edit.
pub(crate) fn with_hypothetical(cluster: &Cluster, unsatisfied: &[Unsatisfied<'_>]) -> Option<Cluster> {
    if unsatisfied.is_empty() {
        return None;
    }
    let mut extended = cluster.clone();
    let any_other = NamespaceId(extended.namespaces.len() as u32);
    extended.namespaces.push(Namespace {
        name: ANY_OTHER.to_owned(),
        labels: order::map([(NAMESPACE_NAME_LABEL.to_owned(), ANY_OTHER.to_owned())]),
        annotations: BTreeMap::new(),
        origin: NamespaceOrigin::AnyOther,
    });
    let ports = ports_that_policies_name(cluster);
    let most = MOST_PORTS / ports.len().max(1);
    let most = most.clamp(FEWEST_HYPOTHETICAL, MOST_HYPOTHETICAL);
    let mut wanted: BTreeSet<(NamespaceId, Labels)> = BTreeSet::new();
    for one in unsatisfied {
        if wanted.len() >= most {
            extended.left_out.hypothetical = true;
            break;
        }
        let Some(policy) = cluster.policy(one.policy) else { continue };
        let namespace = match one.namespaces {
            None => Some(policy.namespace),
            Some(selector) => namespace_for(&mut extended.namespaces, selector, policy.namespace),
        };
        let labels = one.pods.map_or(Some(Labels::new()), |selector| fewest_labels(selector, &Labels::new()));
        if let (Some(namespace), Some(labels)) = (namespace, labels) {
            wanted.insert((namespace, labels));
            wanted.insert((namespace, Labels::new()));
        }
        wanted.insert((policy.namespace, Labels::new()));
    }
    wanted.insert((any_other, Labels::new()));
    let ports = Arc::new(vec![ports]);
    extended.workloads.extend(wanted.into_iter().map(|(namespace, labels)| {
        let any_other = labels.is_empty();
        Arc::new(Workload {
            namespace,
            name: if any_other { ANY_OTHER.to_owned() } else { in_words(&labels) },
            group: String::new(),
            kind: "hypothetical".to_owned(),
            labels,
            ports: Arc::clone(&ports),
            host_network: false,
            service_account: None,
            replicas: None,
            pods: Vec::new(),
            origin: if any_other { WorkloadOrigin::AnyOther } else { WorkloadOrigin::Hypothetical },
        })
    }));
    // "Any other pod" comes behind the pods that it is other than.
    order::sort_by_key(&mut extended.workloads, |workload| {
        let any_other_namespace = workload.namespace == any_other;
        let kind = match workload.origin {
            WorkloadOrigin::Input { .. } => 0,
            WorkloadOrigin::Hypothetical => 1,
            WorkloadOrigin::AnyOther => 2,
        };
        (any_other_namespace, workload.namespace, kind)
    });
    Some(extended)
}

/// The namespace to put a hypothetical workload in: one that is there, the policy's own first, or a new one with the
/// fewest labels. `None` when no namespace can satisfy the selector.
fn namespace_for(
    namespaces: &mut Vec<Namespace>,
    selector: &LabelSelector,
    own: NamespaceId,
) -> Option<NamespaceId> {
    let matching =
        (0..).map(NamespaceId).zip(namespaces.iter()).filter(|(_, one)| matches(selector, &one.labels));
    // By name, so that the order of the input does not matter.
    let first =
        matching.min_by_key(|(id, one)| (*id != own, one.origin == NamespaceOrigin::AnyOther, &one.name));
    if let Some((id, _)) = first {
        return Some(id);
    }
    let name_is_free = order::map([(NAMESPACE_NAME_LABEL.to_owned(), ANY_OTHER.to_owned())]);
    let mut labels =
        fewest_labels(selector, &name_is_free).or_else(|| fewest_labels(selector, &Labels::new()))?;
    let wanted = labels.remove(NAMESPACE_NAME_LABEL);
    if wanted.as_deref().is_some_and(|name| !is_namespace_name(name)) {
        return None;
    }
    let name = wanted.unwrap_or_else(|| in_words(&labels));
    if namespaces.iter().any(|namespace| namespace.name == name) {
        // The input says that this namespace has other labels.
        return None;
    }
    labels.insert(NAMESPACE_NAME_LABEL.to_owned(), name.clone());
    if !matches(selector, &labels) {
        // Every namespace has the label of its name, which this selector rules out.
        return None;
    }
    namespaces.push(Namespace {
        name,
        labels,
        annotations: BTreeMap::new(),
        origin: NamespaceOrigin::Hypothetical,
    });
    Some(NamespaceId(namespaces.len() as u32 - 1))
}

fn in_words(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

/// The union of the ports that the policies name, as container ports.
///
/// A name takes the smallest number that a workload of the input declares for it, else the usual one of that service, else a
/// number of its own that nothing in the input speaks of.
fn ports_that_policies_name(cluster: &Cluster) -> Vec<ContainerPort> {
    let mut numbers: BTreeSet<(Protocol, u16)> = BTreeSet::new();
    let mut names: BTreeSet<(Protocol, &str)> = BTreeSet::new();
    let rules =
        cluster.policies.iter().flat_map(|policy| Direction::BOTH.map(|direction| policy.rules(direction)));
    for port in rules.flatten().flat_map(|rule| &rule.ports) {
        match &port.port {
            PortMatch::Any => {}
            PortMatch::Range(first, last) => {
                numbers.extend([(port.protocol, *first), (port.protocol, *last)])
            }
            PortMatch::Name(name) => {
                names.insert((port.protocol, name));
            }
        }
    }
    let mut declared: BTreeMap<(Protocol, &str), u16> = BTreeMap::new();
    for port in cluster.workloads.iter().flat_map(|workload| workload.ports.iter().flatten()) {
        if let Some(name) = &port.name {
            let number = declared.entry((port.protocol, name)).or_insert(port.port);
            *number = port.port.min(*number);
        }
    }
    let mut free = 20_000..=u16::MAX;
    let named: Vec<(Protocol, &str, u16)> = names
        .into_iter()
        .map(|(protocol, name)| {
            let known = declared.get(&(protocol, name)).copied().or_else(|| usual_port(name));
            let is_used =
                |number: &u16| Protocol::ALL.iter().any(|protocol| numbers.contains(&(*protocol, *number)));
            let unused = || free.find(|number| !is_used(number));
            (protocol, name, known.or_else(unused).unwrap_or(u16::MAX))
        })
        .collect();
    let port = |protocol, port, name| ContainerPort { range: TextRange::default(), name, port, protocol };
    let with_name =
        named.iter().map(|(protocol, name, number)| port(*protocol, *number, Some((*name).to_owned())));
    let mut with_names: BTreeSet<(Protocol, u16)> = BTreeSet::new();
    with_names.extend(named.iter().map(|(protocol, _, number)| (*protocol, *number)));
    let without_name =
        numbers.difference(&with_names).map(|(protocol, number)| port(*protocol, *number, None));
    with_name.chain(without_name).collect()
}

/// The number under which a service is usually found (IANA's, or long custom).
fn usual_port(name: &str) -> Option<u16> {
    Some(match name {
        "http" | "web" | "www" => 80,
        "https" => 443,
        "dns" | "dns-tcp" | "domain" => 53,
        "ssh" => 22,
        "mysql" => 3306,
        "postgres" | "postgresql" => 5432,
        "redis" => 6379,
        "grpc" => 50051,
        "metrics" => 9090,
        _ => return None,
    })
}
