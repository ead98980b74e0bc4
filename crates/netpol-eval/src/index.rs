//! Workloads and namespaces by label: which of them a selector matches.

use fixedbitset::FixedBitSet;
use netpol_manifest::{Direction, LabelSelector};

use crate::cluster::{Cluster, Labels, NAMESPACE_NAME_LABEL, NamespaceOrigin};
use crate::lower::{Namespaces, Pods};
use crate::selector::{LabelIndex, requirement_holds};
use netpol_source::HashMap;

/// Workloads and namespaces, by the labels that the selectors of the policies name.
pub(crate) struct Index<'a> {
    cluster: &'a Cluster,
    pods: LabelIndex<'a>,
    namespaces: LabelIndex<'a>,
    /// By namespace: its workloads.
    members: Vec<Vec<u32>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        let mut members = vec![Vec::new(); cluster.namespaces.len()];
        for (at, workload) in cluster.workloads.iter().enumerate() {
            if let Some(members) = members.get_mut(workload.namespace.0 as usize) {
                members.push(at as u32);
            }
        }
        let pod_labels: Vec<&Labels> = cluster.workloads.iter().map(|workload| &workload.labels).collect();
        let labels: Vec<&Labels> = cluster.namespaces.iter().map(|namespace| &namespace.labels).collect();
        Self {
            cluster,
            pods: LabelIndex::new(&pod_labels, cluster.pod_selectors()),
            namespaces: LabelIndex::new(&labels, cluster.namespace_selectors()),
            members,
        }
    }

    /// The workloads that are selected, those on the host network included.
    pub(crate) fn select(&self, wanted: Pods<'_>) -> FixedBitSet {
        let mut selected = FixedBitSet::with_capacity(self.cluster.workloads.len());
        match wanted.namespaces {
            Namespaces::Own(own) => selected.extend(self.members_of(own.0 as usize)),
            Namespaces::Matching(selector) => {
                for namespace in self.namespaces.select(selector).ones() {
                    selected.extend(self.members_of(namespace));
                }
            }
        }
        if let Some(selector) = wanted.pods {
            selected.intersect_with(&self.pods.select(selector));
        }
        selected
    }

    /// The namespaces that a selector matches.
    pub(crate) fn select_namespaces(&self, selector: &LabelSelector) -> FixedBitSet {
        self.namespaces.select(selector)
    }

    /// What the same might select too, or might not: workloads of namespaces whose labels the input does not tell. All
    /// that is known of such a namespace is its name.
    pub(crate) fn uncertain(&self, wanted: Pods<'_>) -> Option<FixedBitSet> {
        let Namespaces::Matching(namespaces) = wanted.namespaces else { return None };
        let is_name = |key: &str| key == NAMESPACE_NAME_LABEL;
        if namespaces.requirements.iter().all(|requirement| is_name(&requirement.key)) {
            return None;
        }
        let mut selected = FixedBitSet::with_capacity(self.cluster.workloads.len());
        for (at, namespace) in self.cluster.namespaces.iter().enumerate() {
            let mut names = namespaces.requirements.iter().filter(|requirement| is_name(&requirement.key));
            if namespace.origin == NamespaceOrigin::Mentioned
                && names.all(|requirement| requirement_holds(requirement, &namespace.labels))
            {
                selected.extend(self.members_of(at));
            }
        }
        if let Some(selector) = wanted.pods.filter(|_| !selected.is_clear()) {
            selected.intersect_with(&self.pods.select(selector));
        }
        (!selected.is_clear()).then_some(selected)
    }

    fn members_of(&self, namespace: usize) -> impl Iterator<Item = usize> + '_ {
        self.members.get(namespace).into_iter().flatten().map(|at| *at as usize)
    }
}

/// Interns: equal items get equal numbers, in order of first appearance.
#[derive(Clone, Debug)]
pub(crate) struct Interner<T> {
    numbers: HashMap<T, u32>,
    next: u32,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), next: 0 }
    }
}

impl<T: Eq + std::hash::Hash> Interner<T> {
    /// How many items are different.
    pub(crate) fn len(&self) -> usize {
        self.next as usize
    }

    /// The number of an item, and whether it is new.
    pub(crate) fn intern(&mut self, item: T) -> (u32, bool) {
        let next = self.next;
        let number = *self.numbers.entry(item).or_insert(next);
        self.next += u32::from(number == next);
        (number, number == next)
    }
}

/// Numbers the items so that two share a number exactly when the same sets hold them.
pub(crate) fn refine<'a>(items: usize, sets: impl Iterator<Item = &'a FixedBitSet>) -> Vec<u32> {
    let mut group_of = vec![0_u32; items];
    let mut groups = 1_u32;
    let mut moved: HashMap<u32, u32> = HashMap::default();
    for set in sets {
        moved.clear();
        for item in set.ones() {
            if let Some(group) = group_of.get_mut(item) {
                *group = *moved.entry(*group).or_insert_with(|| {
                    groups += 1;
                    groups - 1
                });
            }
        }
    }
    group_of
}

/// Something for each direction.
#[derive(Clone, Debug)]
pub(crate) struct ByDirection<T> {
    ingress: T,
    egress: T,
}

impl<T> ByDirection<T> {
    pub(crate) fn new(mut make: impl FnMut(Direction) -> T) -> Self {
        let ingress = make(Direction::Ingress);
        Self { ingress, egress: make(Direction::Egress) }
    }

    pub(crate) fn of(&self, direction: Direction) -> &T {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}
