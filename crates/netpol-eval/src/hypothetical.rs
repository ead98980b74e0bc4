//! Workloads that policies speak of and the input does not hold.
//!
//! A policy pasted on its own must still show something true: each selector that nothing satisfies gets a workload
//! that does, beside "any other pod" of the namespaces concerned and "any pod of any other namespace".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use netpol_manifest::{
    ClusterPortMatch, ContainerPort, Direction, LabelSelector, PortMatch, Protocol, is_namespace_name,
};
use netpol_source::{Budget, HashMap, HashSet, TextRange, order};

use crate::cluster::{
    Cluster, Labels, NAMESPACE_NAME_LABEL, Namespace, NamespaceId, NamespaceOrigin, Policy, Workload,
    WorkloadOrigin,
};
use crate::compile::{PeerKey, pods_key};
use crate::index::Index;
use crate::lower::{Lowered, Namespaces, Pods};
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

/// How many selectors are looked at to find them.
const MOST_LOOKED_AT: usize = 10_000;

/// Where the numbers begin that stand for port names of which nothing is known.
const FIRST_MADE_UP: u16 = 20_000;

/// How many of them there are to choose from.
const MADE_UP: u32 = 10_000;

/// The static pods of the control plane, as kubeadm labels them; all of them use the host network.
const CONTROL_PLANE: [&str; 4] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"];

/// What a selector asks for that no workload of the input satisfies.
struct Unsatisfied<'a> {
    /// The namespace of the policy that holds it; `None` for a cluster-scoped one.
    own: Option<NamespaceId>,
    wanted: Pods<'a>,
}

/// Adds the hypothetical namespaces and workloads that selectors ask for, at the end of their lists.
pub(crate) fn add_hypothetical(cluster: &mut Cluster, budget: &Budget) {
    if !cluster.left_out.workloads.is_empty() {
        // What a selector asks for may be among them.
        cluster.left_out.hypothetical = cluster.policy_ids().next().is_some();
        return;
    }
    let Some(added) = Added::new(cluster, budget) else { return };
    let any_other = NamespaceId(cluster.namespaces.len() as u32);
    cluster.left_out.hypothetical = added.is_cut_short;
    let ports = Arc::new(vec![added.ports]);
    cluster.namespaces.extend(added.namespaces);
    let namespaces = &cluster.namespaces;
    cluster.workloads.extend(added.workloads.into_iter().map(|(namespace, labels)| {
        let is_any_other = labels.is_empty();
        let host_network =
            namespaces.get(namespace.0 as usize).is_some_and(|it| is_control_plane(it, &labels));
        Arc::new(Workload {
            namespace,
            name: if is_any_other { ANY_OTHER.to_owned() } else { in_words(&labels) },
            group: String::new(),
            kind: "hypothetical".to_owned(),
            variant: None,
            labels,
            ports: Arc::clone(&ports),
            host_network,
            service_account: None,
            replicas: None,
            pods: Vec::new(),
            has_other_pods: false,
            ordinals: None,
            origin: if is_any_other { WorkloadOrigin::AnyOther } else { WorkloadOrigin::Hypothetical },
        })
    }));
    // "Any other pod" comes behind the pods that it is other than.
    order::sort_by_key(&mut cluster.workloads, |workload| {
        let any_other_namespace = workload.namespace == any_other;
        let kind = match workload.origin {
            WorkloadOrigin::Input { .. } => 0,
            WorkloadOrigin::Hypothetical => 1,
            WorkloadOrigin::AnyOther => 2,
        };
        (any_other_namespace, workload.namespace, kind)
    });
}

/// Whether nothing is to be added, as nothing was before an edit of policies: what they ask for now is there.
pub(crate) fn adds_none_again(cluster: &Cluster, before: &Cluster) -> bool {
    let is_same = before.left_out.workloads.is_empty()
        && !before.left_out.hypothetical
        && cluster.left_out.workloads.is_empty()
        && cluster.namespaces == before.namespaces
        && cluster.workloads.len() == before.workloads.len()
        && cluster.workloads.iter().zip(&before.workloads).all(|(new, old)| Arc::ptr_eq(new, old))
        && cluster.policies.len() == before.policies.len()
        && cluster.cluster_policies.len() == before.cluster_policies.len();
    if !is_same {
        return false;
    }
    let of_namespaces = cluster.policies.iter().zip(&before.policies);
    let of_namespaces =
        of_namespaces.map(|(new, old)| new.namespace == old.namespace && Arc::ptr_eq(&new.spec, &old.spec));
    let of_cluster = cluster.cluster_policies.iter().zip(&before.cluster_policies);
    let of_cluster = of_cluster.map(|(new, old)| Arc::ptr_eq(&new.spec, &old.spec));
    let is_known: Vec<bool> = of_namespaces.chain(of_cluster).collect();
    let index = Index::few(cluster);
    let mut others = cluster.policy_ids().zip(is_known).filter(|(_, is_known)| !is_known);
    others.all(|(policy, _)| {
        let Some(policy) = Lowered::new(cluster, policy) else { return false };
        policy.pods().all(|wanted| !index.select(wanted).is_clear())
    })
}

/// What is to be added.
struct Added {
    /// The first stands for all namespaces that the input does not speak of.
    namespaces: Vec<Namespace>,
    workloads: BTreeSet<(NamespaceId, Labels)>,
    /// What each of them declares.
    ports: Vec<ContainerPort>,
    /// Whether something is missing.
    is_cut_short: bool,
}

impl Added {
    /// What the selectors ask for that no workload satisfies; `None` when there are none.
    fn new(cluster: &Cluster, budget: &Budget) -> Option<Self> {
        let index = Index::new(cluster);
        let (unsatisfied, mut is_cut_short) = unsatisfied(cluster, &index, budget);
        if unsatisfied.is_empty() {
            return None;
        }
        let any_other = NamespaceId(cluster.namespaces.len() as u32);
        let mut names: HashSet<String> = cluster.namespaces.iter().map(|one| one.name.clone()).collect();
        names.insert(ANY_OTHER.to_owned());
        let mut namespaces = vec![Namespace {
            name: ANY_OTHER.to_owned(),
            labels: order::map([(NAMESPACE_NAME_LABEL.to_owned(), ANY_OTHER.to_owned())]),
            annotations: BTreeMap::new(),
            origin: NamespaceOrigin::AnyOther,
        }];
        let ports = ports_that_policies_name(cluster);
        let most = (MOST_PORTS / ports.len().max(1)).clamp(FEWEST_HYPOTHETICAL, MOST_HYPOTHETICAL);
        let mut workloads: BTreeSet<(NamespaceId, Labels)> = BTreeSet::new();
        for one in unsatisfied {
            if workloads.len() >= most {
                is_cut_short = true;
                break;
            }
            let namespace = match one.wanted.namespaces {
                Namespaces::Own(own) => Some(own),
                Namespaces::Matching(selector) => {
                    namespace_for(cluster, &index, &mut namespaces, &mut names, selector, one.own)
                }
            };
            let labels = one
                .wanted
                .pods
                .map_or(Some(Labels::new()), |selector| fewest_labels(selector, &Labels::new()));
            if let (Some(namespace), Some(labels)) = (namespace, labels) {
                workloads.insert((namespace, labels));
                workloads.insert((namespace, Labels::new()));
            }
            workloads.extend(one.own.map(|own| (own, Labels::new())));
        }
        workloads.insert((any_other, Labels::new()));
        Some(Self { namespaces, workloads, ports, is_cut_short })
    }
}

/// The selectors of all policies that no workload of the cluster satisfies, each once, and whether some were not looked
/// at. Host-network pods satisfy them too, as what the policy speaks of is there.
fn unsatisfied<'a>(cluster: &'a Cluster, index: &Index<'_>, budget: &Budget) -> (Vec<Unsatisfied<'a>>, bool) {
    let mut known: HashMap<PeerKey<'_>, HashSet<Option<NamespaceId>>> = HashMap::default();
    let mut found = Vec::new();
    for policy in cluster.policy_ids().filter_map(|policy| Lowered::new(cluster, policy)) {
        let own = match policy.subjects.namespaces {
            Namespaces::Own(own) => Some(own),
            Namespaces::Matching(_) => None,
        };
        for wanted in policy.pods() {
            let key = pods_key(wanted);
            let is_satisfied = known.get(&key).map(HashSet::is_empty);
            if is_satisfied.is_none()
                && (found.len() >= MOST_LOOKED_AT || budget.work(1 + cluster.workloads.len() / 8).is_err())
            {
                return (found, true);
            }
            let is_satisfied = is_satisfied.unwrap_or_else(|| !index.select(wanted).is_clear());
            // Beside what a selector asks for stands "any other pod" of the policy's namespace: once for each.
            let askers = known.entry(key).or_default();
            if !is_satisfied && askers.insert(own) {
                found.push(Unsatisfied { own, wanted });
            }
        }
    }
    (found, false)
}

/// The namespace to put a hypothetical workload in: one that is there, the policy's own first, or a new one with the
/// fewest labels. `None` when no namespace can satisfy the selector.
fn namespace_for(
    cluster: &Cluster,
    index: &Index<'_>,
    added: &mut Vec<Namespace>,
    names: &mut HashSet<String>,
    selector: &LabelSelector,
    own: Option<NamespaceId>,
) -> Option<NamespaceId> {
    let first_added = cluster.namespaces.len();
    let there = index.select_namespaces(selector);
    let there = there.ones().filter_map(|at| Some((at, cluster.namespaces.get(at)?)));
    let new = added.iter().enumerate().map(|(at, one)| (first_added + at, one));
    let matching = there.chain(new.filter(|(_, one)| matches(selector, &one.labels)));
    // By name, so that the order of the input does not matter.
    let first = matching.min_by_key(|(at, one)| {
        (
            own.is_none_or(|own| *at != own.0 as usize),
            one.origin == NamespaceOrigin::AnyOther,
            one.name.as_str(),
        )
    });
    if let Some((at, _)) = first {
        return Some(NamespaceId(at as u32));
    }
    let name_is_free = order::map([(NAMESPACE_NAME_LABEL.to_owned(), ANY_OTHER.to_owned())]);
    let mut labels =
        fewest_labels(selector, &name_is_free).or_else(|| fewest_labels(selector, &Labels::new()))?;
    let wanted = labels.remove(NAMESPACE_NAME_LABEL);
    if wanted.as_deref().is_some_and(|name| !is_namespace_name(name)) {
        return None;
    }
    let name = wanted.unwrap_or_else(|| in_words(&labels));
    if names.contains(&name) {
        // The input says that this namespace has other labels.
        return None;
    }
    labels.insert(NAMESPACE_NAME_LABEL.to_owned(), name.clone());
    if !matches(selector, &labels) {
        // Every namespace has the label of its name, which this selector rules out.
        return None;
    }
    names.insert(name.clone());
    added.push(Namespace {
        name,
        labels,
        annotations: BTreeMap::new(),
        origin: NamespaceOrigin::Hypothetical,
    });
    Some(NamespaceId((first_added + added.len()) as u32 - 1))
}

/// Whether the pods of these labels are static pods of the control plane, which use the host network: no policy
/// selects them.
fn is_control_plane(namespace: &Namespace, labels: &Labels) -> bool {
    let component = labels.get("component").map(String::as_str);
    namespace.name == "kube-system"
        && component.is_some_and(|component| CONTROL_PLANE.contains(&component))
        && labels.get("tier").is_none_or(|tier| tier == "control-plane")
}

fn in_words(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(",")
}

/// The union of the ports that the policies name, as container ports.
///
/// A name takes the smallest number that a workload of the input declares for it, else the usual one of that service, else a
/// number of its own that no policy speaks of, which is [made of the name](made_up_ports): policies that come and
/// go hardly ever change the numbers of names that stay.
fn ports_that_policies_name(cluster: &Cluster) -> Vec<ContainerPort> {
    let mut numbers: BTreeSet<(Protocol, u16)> = BTreeSet::new();
    let mut names: BTreeSet<(Protocol, &str)> = BTreeSet::new();
    for port in cluster.policies.iter().flat_map(Policy::all_rules).flat_map(|rule| &rule.ports) {
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
    let cluster_rules = cluster
        .cluster_policies
        .iter()
        .flat_map(|policy| Direction::BOTH.into_iter().flat_map(|direction| policy.rules(direction)));
    for port in cluster_rules.flat_map(|rule| rule.ports.iter().flat_map(|ports| &ports.value)) {
        match &port.port {
            ClusterPortMatch::Range(_, 1, u16::MAX) => {}
            ClusterPortMatch::Range(protocol, first, last) => {
                numbers.extend([(*protocol, *first), (*protocol, *last)]);
            }
            // Of whichever protocol the pod declares; most are of TCP.
            ClusterPortMatch::Name(name) => {
                names.insert((Protocol::Tcp, name));
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
    let known = |protocol: Protocol, name: &str| {
        declared.get(&(protocol, name)).copied().or_else(|| usual_port(name))
    };
    let unknown = names.iter().filter(|(protocol, name)| known(*protocol, name).is_none());
    let made_up = made_up_ports(unknown.map(|(_, name)| *name), &numbers);
    let number_of =
        |protocol: Protocol, name: &str| known(protocol, name).or_else(|| made_up.get(name).copied());
    let named: Vec<(Protocol, &str, u16)> = names
        .iter()
        .filter_map(|(protocol, name)| Some((*protocol, *name, number_of(*protocol, name)?)))
        .collect();
    let port = |protocol, port, name| ContainerPort {
        range: TextRange::default(),
        name,
        port,
        protocol,
        host_port: None,
    };
    let with_name =
        named.iter().map(|(protocol, name, number)| port(*protocol, *number, Some((*name).to_owned())));
    let mut with_names: BTreeSet<(Protocol, u16)> = BTreeSet::new();
    with_names.extend(named.iter().map(|(protocol, _, number)| (*protocol, *number)));
    let without_name =
        numbers.difference(&with_names).map(|(protocol, number)| port(*protocol, *number, None));
    with_name.chain(without_name).collect()
}

/// Numbers for port names of which nothing is known, that no policy speaks of: each is made of its name alone, or follows
/// that where it is taken.
fn made_up_ports<'a>(
    names: impl Iterator<Item = &'a str>,
    taken: &BTreeSet<(Protocol, u16)>,
) -> BTreeMap<&'a str, u16> {
    let mut numbers = BTreeMap::new();
    for name in names {
        numbers.insert(name, 0);
    }
    if numbers.is_empty() {
        return numbers;
    }
    let mut free: BTreeSet<u16> = BTreeSet::new();
    free.extend(FIRST_MADE_UP..=u16::MAX);
    for (_, number) in taken {
        free.remove(number);
    }
    for (name, number) in &mut numbers {
        let hash = name.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        let wanted = FIRST_MADE_UP + (hash % MADE_UP) as u16;
        *number = free.range(wanted..).chain(&free).next().copied().unwrap_or(wanted);
        free.remove(number);
    }
    numbers
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
