//! Pods and ReplicaSets into the workload that owns them.
//!
//! A dump of a live cluster shows a Deployment, its ReplicaSets and their pods; they are one workload.

use std::collections::{BTreeMap, HashMap, HashSet};

use std::sync::Arc;

use netpol_manifest::{Controller, Resource, Workload as Template, WorkloadKind};
use netpol_source::order;

use super::build::Hosts;
use super::{Handle, Labels, NamespaceId, Pod, Workload, WorkloadOrigin};

/// Labels that controllers add to single pods; they do not tell the pods of one workload apart unless a selector
/// names them.
const SET_BY_CONTROLLERS: [&str; 6] = [
    "pod-template-hash",
    "controller-revision-hash",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
    "job-name",
    "controller-uid",
];
const SET_BY_JOBS: &str = "batch.kubernetes.io/";

/// A pod or an object that makes pods, before folding.
pub(super) struct Candidate {
    pub(super) namespace: NamespaceId,
    /// Labels of its pods.
    pub(super) labels: Labels,
    /// Always a workload.
    pub(super) handle: Handle,
}

impl Candidate {
    pub(super) fn template(&self) -> Option<&Template> {
        match &self.handle.object().resource {
            Resource::Workload(template) => Some(template),
            _ => None,
        }
    }

    /// Whether it is a ReplicaSet that makes no pods, such as those that a Deployment leaves behind.
    fn is_without_pods(&self) -> bool {
        self.template().is_some_and(|one| one.kind == WorkloadKind::ReplicaSet && one.replicas == Some(0))
    }

    fn key(&self) -> Key {
        let object = self.handle.object();
        (self.namespace, object.kind.clone(), object.metadata.name.value.clone())
    }
}

/// Namespace, kind and name of a workload.
type Key = (NamespaceId, String, String);

/// One workload for each candidate that no other one owns, in the order of the candidates; a workload whose
/// controller is not in the input stands where the first of its pods does.
pub(super) fn fold(candidates: Vec<Candidate>, named: &[String], hosts: &Hosts) -> Vec<Workload> {
    let present: HashMap<Key, usize> =
        candidates.iter().enumerate().map(|(at, candidate)| (candidate.key(), at)).collect();
    let visible: Vec<Labels> = candidates.iter().map(|candidate| visible(&candidate.labels, named)).collect();
    let owners: Vec<Owner> = candidates
        .iter()
        .enumerate()
        .map(|(at, candidate)| {
            owner_chain(candidate, &candidates, &present, |other| agree(&candidates, &visible, at, other))
        })
        .collect();
    // For a controller that is not in the input, one of what it owns tells which labels its pods have: the first by
    // name, but no ReplicaSet without pods if there is another.
    let mut absent: BTreeMap<Key, usize> = BTreeMap::new();
    for (at, owner) in owners.iter().enumerate() {
        // What stands below something else is told by that.
        let Owner::Absent { key, below: None } = owner else { continue };
        let rank = |at: usize| candidates.get(at).map(|one| (one.is_without_pods(), one.key()));
        let first = absent.entry(key.clone()).or_insert(at);
        if rank(at) < rank(*first) {
            *first = at;
        }
    }
    let target: Vec<usize> = owners
        .iter()
        .enumerate()
        .map(|(at, owner)| match owner {
            Owner::None => at,
            Owner::Present(owner) => *owner,
            Owner::Absent { key, below } => {
                let first = absent.get(key).copied().unwrap_or(at);
                if agree(&candidates, &visible, at, first) { first } else { below.unwrap_or(at) }
            }
        })
        .collect();
    let names: HashMap<usize, Key> = absent.into_iter().map(|(key, at)| (at, key)).collect();
    let kept: HashSet<usize> = target.iter().copied().collect();
    let mut workloads: BTreeMap<usize, Workload> = BTreeMap::new();
    for (at, candidate) in candidates.iter().enumerate().filter(|(at, _)| kept.contains(at)) {
        if let Some(workload) = workload(candidate, names.get(&at), named, hosts) {
            workloads.insert(at, workload);
        }
    }
    for ((at, candidate), target) in candidates.iter().enumerate().zip(&target) {
        if at != *target
            && let Some(workload) = workloads.get_mut(target)
            && let Some(template) = candidate.template()
        {
            absorb(workload, candidate, template, hosts);
        }
    }
    workloads.into_values().collect()
}

enum Owner {
    None,
    Present(usize),
    Absent {
        key: Key,
        /// The owner below it that is in the input: the ReplicaSet of a Deployment that is not.
        below: Option<usize>,
    },
}

/// Follows the controlling owners upwards, as far as they agree on what policies can see.
fn owner_chain(
    candidate: &Candidate,
    candidates: &[Candidate],
    present: &HashMap<Key, usize>,
    agrees: impl Fn(usize) -> bool,
) -> Owner {
    let mut owner = Owner::None;
    let mut current = candidate;
    // Deployment ← ReplicaSet ← Pod and CronJob ← Job ← Pod are the longest chains; anything longer is made up.
    for _ in 0..2 {
        let Some(controller) = &current.handle.object().metadata.controller else { break };
        if !folds(current, controller) {
            break;
        }
        let key = (current.namespace, controller.kind.clone(), controller.name.clone());
        match present.get(&key) {
            Some(at) if agrees(*at) => {
                owner = Owner::Present(*at);
                let Some(next) = candidates.get(*at) else { break };
                current = next;
            }
            Some(_) => break,
            None => {
                let below = match owner {
                    Owner::Present(at) => Some(at),
                    Owner::None | Owner::Absent { .. } => None,
                };
                return Owner::Absent { key, below };
            }
        }
    }
    owner
}

/// Pods fold into any controller but a node (which "owns" its static pods); ReplicaSets and Jobs into what makes them.
fn folds(candidate: &Candidate, controller: &Controller) -> bool {
    match candidate.template().map(|template| template.kind) {
        Some(WorkloadKind::Pod) => controller.kind != "Node",
        Some(WorkloadKind::ReplicaSet) => controller.kind == "Deployment",
        Some(WorkloadKind::Job) => controller.kind == "CronJob",
        _ => false,
    }
}

/// Whether two candidates look the same to every policy. A ReplicaSet without pods agrees with anything.
fn agree(candidates: &[Candidate], visible: &[Labels], a: usize, b: usize) -> bool {
    let (Some(first), Some(second)) = (candidates.get(a), candidates.get(b)) else { return false };
    let (Some(x), Some(y)) = (first.template(), second.template()) else { return false };
    if first.is_without_pods() {
        return true;
    }
    x.host_network == y.host_network && visible.get(a) == visible.get(b)
}

fn visible(labels: &Labels, named: &[String]) -> Labels {
    let hidden = |key: &String| {
        (SET_BY_CONTROLLERS.contains(&key.as_str()) || key.starts_with(SET_BY_JOBS))
            && named.binary_search(key).is_err()
    };
    let seen = labels.iter().filter(|(key, _)| !hidden(key));
    order::map(seen.map(|(key, value)| (key.clone(), value.clone())))
}

fn workload(
    candidate: &Candidate,
    absent: Option<&Key>,
    named: &[String],
    hosts: &Hosts,
) -> Option<Workload> {
    let template = candidate.template()?;
    let object = candidate.handle.object();
    let (kind, name, labels, replicas) = match absent {
        // What the labels of one pod say of that pod alone is not said of the whole workload.
        Some((_, kind, name)) => (kind.clone(), name.clone(), visible(&candidate.labels, named), None),
        None => {
            let name = object.metadata.name.value.clone();
            (object.kind.clone(), name, candidate.labels.clone(), template.replicas)
        }
    };
    Some(Workload {
        namespace: candidate.namespace,
        name,
        group: String::new(),
        kind,
        labels,
        ports: Arc::new(vec![template.ports.clone()]),
        host_network: template.host_network,
        service_account: template.service_account.clone(),
        replicas,
        pods: pod(template, hosts).into_iter().collect(),
        origin: WorkloadOrigin::Input { object: candidate.handle.clone(), folded: Vec::new() },
    })
}

fn absorb(workload: &mut Workload, candidate: &Candidate, template: &Template, hosts: &Hosts) {
    if template.kind == WorkloadKind::Pod {
        let known = |ports: &Vec<_>| same_ports(ports, &template.ports);
        if !workload.ports.iter().any(known) {
            Arc::make_mut(&mut workload.ports).push(template.ports.clone());
        }
        workload.pods.extend(pod(template, hosts));
    }
    if let WorkloadOrigin::Input { folded, .. } = &mut workload.origin {
        folded.push(candidate.handle.clone());
    }
}

/// Whether two lists declare the same ports; where they stand does not matter.
fn same_ports(a: &[netpol_manifest::ContainerPort], b: &[netpol_manifest::ContainerPort]) -> bool {
    let key = |port: &netpol_manifest::ContainerPort| (port.name.clone(), port.port, port.protocol);
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| key(a) == key(b))
}

fn pod(template: &Template, hosts: &Hosts) -> Option<Pod> {
    let mut addresses = template.pod_ips.clone();
    if template.host_network {
        addresses.extend(&template.host_ips);
    }
    order::sort_and_dedup(&mut addresses);
    let host = hosts.of(template);
    (!addresses.is_empty() || host.is_some()).then_some(Pod { addresses, host })
}
