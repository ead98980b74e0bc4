//! Workloads and namespaces by label: which of them a selector matches.

use fixedbitset::FixedBitSet;
use netpol_manifest::{Direction, LabelSelector};

use crate::cluster::{Cluster, Labels, NAMESPACE_NAME_LABEL, Namespace, NamespaceOrigin};
use crate::lower::{Namespaces, Pods};
use crate::selector::{LabelIndex, matches, requirement_holds};
use netpol_source::HashMap;

/// Workloads and namespaces, by the labels that the selectors of the policies name.
pub(crate) struct Index<'a> {
    cluster: &'a Cluster,
    /// Pods and namespaces; `None` where so little is asked for that it is quicker to look through all.
    by_label: Option<(LabelIndex<'a>, LabelIndex<'a>)>,
    /// By namespace: its workloads.
    members: Vec<Vec<u32>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(cluster: &'a Cluster) -> Self {
        let pod_labels: Vec<&Labels> = cluster.workloads.iter().map(|workload| &workload.labels).collect();
        let labels: Vec<&Labels> = cluster.namespaces.iter().map(|namespace| &namespace.labels).collect();
        let pods = LabelIndex::new(&pod_labels, cluster.pod_selectors());
        let namespaces = LabelIndex::new(&labels, cluster.namespace_selectors());
        Self { by_label: Some((pods, namespaces)), ..Self::few(cluster) }
    }

    /// For few questions.
    pub(crate) fn few(cluster: &'a Cluster) -> Self {
        let mut members = vec![Vec::new(); cluster.namespaces.len()];
        for (at, workload) in cluster.workloads.iter().enumerate() {
            if let Some(members) = members.get_mut(workload.namespace.0 as usize) {
                members.push(at as u32);
            }
        }
        Self { cluster, by_label: None, members }
    }

    /// The workloads that are selected, those on the host network included.
    pub(crate) fn select(&self, wanted: Pods<'_>) -> FixedBitSet {
        let mut selected = FixedBitSet::with_capacity(self.cluster.workloads.len());
        match wanted.namespaces {
            Namespaces::Own(own) => selected.extend(self.members_of(own.0 as usize)),
            Namespaces::Matching(selector) => {
                for namespace in self.select_namespaces(selector).ones() {
                    selected.extend(self.members_of(namespace));
                }
            }
        }
        if let Some(selector) = wanted.pods {
            self.retain(&mut selected, selector);
        }
        selected
    }

    /// Leaves in a set of workloads those that a selector matches.
    fn retain(&self, selected: &mut FixedBitSet, selector: &LabelSelector) {
        if let Some((pods, _)) = &self.by_label {
            return selected.intersect_with(&pods.select(selector));
        }
        let is_out = |at: &usize| {
            self.cluster.workloads.get(*at).is_some_and(|workload| !matches(selector, &workload.labels))
        };
        let out: Vec<usize> = selected.ones().filter(is_out).collect();
        out.into_iter().for_each(|at| selected.remove(at));
    }

    /// Whether a workload is selected, and whether that is not known.
    pub(crate) fn holds(&self, wanted: Pods<'_>, at: usize) -> [bool; 2] {
        let Some(workload) = self.cluster.workloads.get(at) else { return [false; 2] };
        if wanted.pods.is_some_and(|selector| !matches(selector, &workload.labels)) {
            return [false; 2];
        }
        match wanted.namespaces {
            Namespaces::Own(own) => [workload.namespace == own, false],
            Namespaces::Matching(selector) => {
                let namespace = self.cluster.namespace(workload.namespace);
                let selected = namespace.is_some_and(|namespace| matches(selector, &namespace.labels));
                [selected, namespace.is_some_and(|namespace| is_uncertain(selector, namespace))]
            }
        }
    }

    /// The namespaces that a selector matches.
    pub(crate) fn select_namespaces(&self, selector: &LabelSelector) -> FixedBitSet {
        if let Some((_, namespaces)) = &self.by_label {
            return namespaces.select(selector);
        }
        let mut selected = FixedBitSet::with_capacity(self.cluster.namespaces.len());
        let namespaces = self.cluster.namespaces.iter().enumerate();
        selected.extend(namespaces.filter(|(_, one)| matches(selector, &one.labels)).map(|(at, _)| at));
        selected
    }

    /// What the same might select too, or might not: workloads of namespaces whose labels the input does not tell. All
    /// that is known of such a namespace is its name.
    pub(crate) fn uncertain(&self, wanted: Pods<'_>) -> Option<FixedBitSet> {
        let Namespaces::Matching(namespaces) = wanted.namespaces else { return None };
        let mut selected = FixedBitSet::with_capacity(self.cluster.workloads.len());
        for (at, namespace) in self.cluster.namespaces.iter().enumerate() {
            if is_uncertain(namespaces, namespace) {
                selected.extend(self.members_of(at));
            }
        }
        if let Some(selector) = wanted.pods.filter(|_| !selected.is_clear()) {
            self.retain(&mut selected, selector);
        }
        (!selected.is_clear()).then_some(selected)
    }

    fn members_of(&self, namespace: usize) -> impl Iterator<Item = usize> + '_ {
        self.members.get(namespace).into_iter().flatten().map(|at| *at as usize)
    }
}

/// Whether it is not known that a selector matches a namespace: all that is known of it is its name.
fn is_uncertain(selector: &LabelSelector, namespace: &Namespace) -> bool {
    let is_name = |key: &str| key == NAMESPACE_NAME_LABEL;
    let mut names = selector.requirements.iter().filter(|requirement| is_name(&requirement.key));
    namespace.origin == NamespaceOrigin::Mentioned
        && !selector.requirements.iter().all(|requirement| is_name(&requirement.key))
        && names.all(|requirement| requirement_holds(requirement, &namespace.labels))
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
    /// The number of an item that is there.
    pub(crate) fn number(&self, item: &T) -> Option<u32> {
        self.numbers.get(item).copied()
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
pub fn refine<'a>(items: usize, sets: impl Iterator<Item = &'a FixedBitSet>) -> Vec<u32> {
    let mut group_of = vec![0_u32; items];
    // By group: the last set that split it, and into what.
    let mut split: Vec<(u32, u32)> = vec![(0, 0)];
    for (set, number) in sets.zip(1_u32..) {
        for item in set.ones() {
            let Some(group) = group_of.get_mut(item) else { continue };
            let next = split.len() as u32;
            let Some(found) = split.get_mut(*group as usize) else { continue };
            if found.0 != number {
                *found = (number, next);
                // What is new is not split again by the same set: no item is in it twice.
                split.push((0, 0));
            }
            *group = split.get(*group as usize).map_or(*group, |(_, part)| *part);
        }
    }
    group_of
}

/// Another number for each sequence of sets, mostly.
pub(crate) fn mixed(hash: u64, set: u64) -> u64 {
    (hash.rotate_left(5) ^ set).wrapping_mul(0x517c_c1b7_2722_0a95)
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

    pub(crate) fn of_mut(&mut self, direction: Direction) -> &mut T {
        match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        }
    }
}
