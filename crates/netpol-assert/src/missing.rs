//! Policies that take no part in an evaluation, and may close or open what it shows.

use std::collections::BTreeSet;

use netpol_eval::{Evaluation, Workload};
use netpol_manifest::Document;

/// Where policies are not evaluated, as they are of kinds that are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    everywhere: bool,
    namespaces: BTreeSet<String>,
}

impl Missing {
    /// What is missing of these documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let mut missing = Self::default();
        let ignored = documents.into_iter().flat_map(|document| &document.ignored);
        for policy in ignored.filter(|one| one.is_policy) {
            match &policy.object.namespace {
                Some(namespace) => drop(missing.namespaces.insert(namespace.clone())),
                // It may be of the whole cluster.
                None => missing.everywhere = true,
            }
        }
        missing
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        !self.everywhere && self.namespaces.is_empty()
    }

    /// Whether there may be a policy for every pod.
    pub fn is_everywhere(&self) -> bool {
        self.everywhere
    }

    /// Whether there may be one for a workload.
    pub fn concerns(&self, evaluation: &Evaluation, workload: &Workload) -> bool {
        let namespace = evaluation.cluster().namespace(workload.namespace);
        self.everywhere || namespace.is_some_and(|namespace| self.namespaces.contains(&namespace.name))
    }
}
