//! Which pods nothing in the input can tell apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::cluster_policy::ClusterPolicy;
use super::objects;
use super::pods::{ContainerPort, Labels, Owner, Pod, Workload};
use super::policy::Policy;

/// Pods of one workload that no selector tells apart: a row of the matrix.
#[derive(Clone, Debug)]
pub struct Row {
    /// The workload.
    pub owner: Owner,
    /// What selectors see of their labels.
    pub seen: BTreeMap<String, Option<String>>,
    /// Whether they use the network of their node.
    pub host_network: bool,
    /// The pods.
    pub pods: Vec<Pod>,
    /// Whether two pods of the row may meet.
    pub may_have_siblings: bool,
    /// Whether the workload must have more pods than are known.
    pub has_missing_pods: bool,
}

impl Row {
    /// Pods of which only the labels and ports are known, and that there may be any number of.
    pub fn invented(
        (namespace, name): (&str, &str),
        labels: Labels,
        ports: Vec<ContainerPort>,
        host_network: bool,
    ) -> Self {
        let owner = Owner {
            namespace: namespace.to_owned(),
            group: String::new(),
            kind: String::new(),
            name: name.to_owned(),
        };
        let pod = Pod {
            owner: owner.clone(),
            name: None,
            labels,
            ports,
            host_network,
            addresses: Vec::new(),
            node: None,
            count: None,
            is_known: false,
        };
        Self {
            owner,
            seen: BTreeMap::new(),
            host_network,
            pods: vec![pod],
            may_have_siblings: true,
            has_missing_pods: false,
        }
    }

    /// The nodes of its pods, each once; nothing in place of one that is not known.
    pub(super) fn nodes(&self) -> Vec<Option<usize>> {
        let nodes: BTreeSet<Option<usize>> = self.pods.iter().map(|pod| pod.node).collect();
        nodes.into_iter().collect()
    }
}

/// The labels of pods that selectors name, with the values that they ask for.
#[derive(Clone, Debug)]
pub(super) struct Named {
    keys: BTreeMap<String, BTreeSet<String>>,
}

impl Named {
    /// "Pods of one workload that some selector tells apart (that of a policy or of a Service) are rows of their own"
    /// (docs/semantics.md).
    pub(super) fn new(policies: &[Policy], cluster_policies: &[ClusterPolicy], objects: &[Value]) -> Self {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let selectors = policies.iter().flat_map(Policy::pod_selectors);
        let selectors = selectors.chain(cluster_policies.iter().flat_map(ClusterPolicy::pod_selectors));
        for requirement in selectors.flat_map(|selector| &selector.requirements) {
            keys.entry(requirement.key.clone()).or_default().extend(requirement.values.iter().cloned());
        }
        for service in objects.iter().filter(|object| objects::is(object, "v1", "Service")) {
            for (key, value) in objects::labels(service, "/spec/selector") {
                keys.entry(key).or_default().insert(value);
            }
        }
        Self { keys }
    }

    /// What selectors see of labels: the keys that some selector names, each with its value if one asks for that.
    pub(super) fn seen(&self, labels: &Labels) -> BTreeMap<String, Option<String>> {
        let seen = labels.iter().filter_map(|(key, value)| {
            let asked = self.keys.get(key)?;
            Some((key.clone(), asked.contains(value).then(|| value.clone())))
        });
        seen.collect()
    }
}

/// The rows of workloads.
pub(super) fn rows(workloads: Vec<Workload>, named: &Named) -> Vec<Row> {
    workloads.into_iter().flat_map(|workload| rows_of(&workload, named)).collect()
}

fn rows_of(workload: &Workload, named: &Named) -> Vec<Row> {
    let mut groups: BTreeMap<_, Vec<Pod>> = BTreeMap::new();
    for pod in &workload.pods {
        groups.entry((named.seen(&pod.labels), pod.host_network)).or_default().push(pod.clone());
    }
    let known = workload.pods.iter().filter(|pod| pod.is_known).count() as u64;
    let has_missing_pods = known > 0 && workload.wanted.is_some_and(|wanted| wanted > known);
    let is_whole = groups.len() == 1;
    let rows = groups.into_iter().map(|((seen, host_network), pods)| {
        // "With several replicas, or when `replicas` is not given, the same cell is about two different pods of the
        // workload" (docs/semantics.md).
        let count: Option<u64> = pods.iter().map(|pod| pod.count).sum();
        let count = match (is_whole && workload.is_present, has_missing_pods) {
            (true, _) => workload.wanted.map(|wanted| wanted.max(known)),
            (false, true) => None,
            (false, false) if is_whole && known > 0 => None,
            (false, false) => count,
        };
        Row {
            owner: pods[0].owner.clone(),
            seen,
            host_network,
            pods,
            may_have_siblings: count.is_none_or(|count| count > 1),
            has_missing_pods,
        }
    });
    rows.collect()
}
