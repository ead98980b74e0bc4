//! What the selectors of the input name: the only labels by which anything can tell pods apart.

use netpol_source::{HashMap, HashSet};
use std::collections::BTreeSet;
use std::ops::Range;

use netpol_manifest::{LabelSelector, Resource};

use super::{Cluster, Labels};

/// The label with which the StatefulSet controller gives each pod its own name.
pub(super) const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// The label with which it gives each pod its number.
pub(super) const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// Keys and values that selectors name.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// By key: the values that are asked for.
    keys: HashMap<&'a str, HashSet<&'a str>>,
    /// By name of a StatefulSet: the numbers of its pods that some selector asks for by their name.
    pods: HashMap<&'a str, BTreeSet<u32>>,
    /// The numbers that some selector asks for.
    indices: BTreeSet<u32>,
}

impl<'a> Named<'a> {
    /// What the selectors of policies and of Services name.
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        let mut named = Self::default();
        for selector in cluster.pod_selectors() {
            named.add(selector);
        }
        for handle in &cluster.exposure {
            if let Resource::Service(service) = &handle.object().resource {
                for label in service.selector.iter().flatten() {
                    named.label(&label.key.value, std::slice::from_ref(&label.value.value));
                }
            }
        }
        named
    }

    fn add(&mut self, selector: &'a LabelSelector) {
        for requirement in &selector.requirements {
            self.label(&requirement.key, &requirement.values);
        }
    }

    fn label(&mut self, key: &'a str, values: &'a [String]) {
        self.keys.entry(key).or_default().extend(values.iter().map(String::as_str));
        match key {
            POD_NAME => {
                for value in values {
                    if let Some((name, ordinal)) = value.rsplit_once('-')
                        && let Ok(ordinal) = ordinal.parse()
                    {
                        self.pods.entry(name).or_default().insert(ordinal);
                    }
                }
            }
            POD_INDEX => self.indices.extend(values.iter().filter_map(|value| value.parse::<u32>().ok())),
            _ => {}
        }
    }

    /// Whether some selector names a label.
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// What selectors see of labels: two pods with equal ones are told apart by none of them.
    pub(super) fn seen<'l>(&self, labels: &'l Labels) -> Vec<(&'l str, Option<&'l str>)> {
        let seen = labels.iter().filter_map(|(key, value)| {
            let values = self.keys.get(key.as_str())?;
            // A value that nobody asks for is like any other such value.
            Some((key.as_str(), values.contains(value.as_str()).then_some(value.as_str())))
        });
        seen.collect()
    }

    /// The numbers in a range of the pods of a StatefulSet that selectors may tell from the others.
    pub(super) fn ordinals(&self, stateful_set: &str, range: Range<u32>) -> BTreeSet<u32> {
        let by_name = self.pods.get(stateful_set).into_iter().flat_map(|pods| pods.range(range.clone()));
        by_name.chain(self.indices.range(range.clone())).copied().collect()
    }
}
