//! The cluster after an edit, from the one before: what the edit does not touch is kept.

use std::sync::Arc;

use netpol_manifest::{Document, Object, Resource, Workload as Template, WorkloadKind};
use netpol_source::DocumentId;

use super::fold::{self, Candidate};
use super::hosts::Hosts;
use super::named::Named;
use super::{Cluster, ClusterPolicy, Handle, Workload, WorkloadOrigin};

/// How many documents may be others than before.
const MOST_CHANGED: usize = 16;

impl Cluster {
    /// The cluster of documents that have the ids of their places, from the one that [`build`](Self::build) made of
    /// others; `None` where more is another than policies and workloads that stand by themselves.
    ///
    /// What is the same is shared with the cluster before.
    pub fn patched(&self, before: &[Arc<Document>], documents: &[Arc<Document>]) -> Option<Self> {
        if before.len() != documents.len() || !self.replaced.is_empty() || !self.left_out.workloads.is_empty()
        {
            return None;
        }
        let pairs = (0..).map(DocumentId).zip(before.iter().zip(documents));
        let changed = pairs.filter(|(_, (old, new))| !Arc::ptr_eq(old, new));
        let changed: Vec<_> = changed.take(MOST_CHANGED + 1).collect();
        if changed.len() > MOST_CHANGED || !changed.iter().all(|(_, (old, new))| is_alike(old, new)) {
            return None;
        }
        let mut patch = Patch { cluster: self.clone(), workloads: Vec::new(), names_others: false };
        for (document, (old, new)) in changed {
            for (index, before) in old.objects.iter().enumerate() {
                patch.object(before, Handle { document, content: Arc::clone(new), index })?;
            }
        }
        patch.finish(self)
    }
}

/// Whether two documents hold the same objects, of which only what they say is another.
fn is_alike(old: &Document, new: &Document) -> bool {
    let is_whole = |one: &Document| one.refused.is_empty() && one.left_out.is_empty();
    let is_same = |(old, new): (&Object, &Object)| {
        !old.metadata.generated && !new.metadata.generated && old.reference() == new.reference()
    };
    is_whole(old)
        && is_whole(new)
        && old.objects.len() == new.objects.len()
        && old.objects.iter().zip(&new.objects).all(is_same)
}

struct Patch {
    cluster: Cluster,
    /// The workloads that are others, by place.
    workloads: Vec<(usize, Handle)>,
    /// Whether the selectors of some policy name other labels than before.
    names_others: bool,
}

impl Patch {
    /// Puts an object in the place of the one before.
    fn object(&mut self, before: &Object, handle: Handle) -> Option<()> {
        let is_here = |other: &Handle| other.document == handle.document && other.index == handle.index;
        match (&before.resource, &handle.object().resource) {
            (Resource::NetworkPolicy(old), Resource::NetworkPolicy(new)) => {
                let mut policies = self.cluster.policies.iter_mut();
                let policy = policies.find(|policy| is_here(&policy.handle))?;
                if old != new {
                    let spec = Arc::new(new.clone());
                    let old = std::mem::replace(&mut policy.spec, spec);
                    let was =
                        super::Policy { namespace: policy.namespace, handle: handle.clone(), spec: old };
                    self.names_others |= !was.pod_selectors().eq(policy.pod_selectors());
                }
                policy.handle = handle;
            }
            (Resource::ClusterPolicy(old), Resource::ClusterPolicy(new)) => {
                if old.tier.value != new.tier.value
                    || old.priority.as_ref().map(|one| one.value)
                        != new.priority.as_ref().map(|one| one.value)
                {
                    return None;
                }
                let mut policies = self.cluster.cluster_policies.iter_mut();
                let policy = policies.find(|policy| is_here(&policy.handle))?;
                let spec = Arc::new(new.clone());
                *policy = ClusterPolicy { handle, spec };
                self.names_others = true;
            }
            (Resource::Workload(old), Resource::Workload(new)) => {
                let may_belong = |one: &Object| one.metadata.controller.is_some();
                if !stands_alone(old) || !stands_alone(new) || old.kind != new.kind {
                    return None;
                }
                if may_belong(before) || may_belong(handle.object()) {
                    return None;
                }
                let is_its = |one: &Workload| one.handle().is_some_and(is_here);
                let mut its = self.cluster.workloads.iter().enumerate().filter(|(_, one)| is_its(one));
                let (at, one) = its.next()?;
                let is_alone =
                    matches!(&one.origin, WorkloadOrigin::Input { folded, .. } if folded.is_empty());
                if its.next().is_some() || !is_alone {
                    return None;
                }
                self.workloads.push((at, handle));
            }
            (Resource::ConnectivityTest(_), Resource::ConnectivityTest(_)) => {
                let test = self.cluster.tests.iter_mut().find(|test| is_here(test))?;
                *test = handle;
            }
            _ => return None,
        }
        Some(())
    }

    fn finish(mut self, before: &Cluster) -> Option<Cluster> {
        if self.names_others && Named::new(&self.cluster) != Named::new(before) {
            return None;
        }
        if self.workloads.is_empty() {
            return Some(self.cluster);
        }
        let named = Named::new(&self.cluster);
        let nowhere = Hosts::new(&[], std::iter::empty());
        let mut workloads: Vec<(usize, Workload)> = Vec::new();
        for (at, handle) in self.workloads {
            let before = self.cluster.workloads.get(at)?;
            let candidate = Candidate::of(before.namespace, handle)?;
            let (folded, _) = fold::fold(std::slice::from_ref(&candidate), &named, &nowhere, usize::MAX);
            let mut folded = folded.into_iter();
            let mut workload = folded.next().filter(|_| folded.len() == 0)?;
            // Another one of its name and kind may be there, of another group.
            workload.kind.clone_from(&before.kind);
            workloads.push((at, workload));
        }
        for (at, workload) in workloads {
            *self.cluster.workloads.get_mut(at)? = Arc::new(workload);
        }
        Some(self.cluster)
    }
}

/// Whether nothing else in the input has a part in what becomes of a workload that nothing owns, and no node either.
fn stands_alone(template: &Template) -> bool {
    !template.finished
        && template.kind != WorkloadKind::Pod
        && template.node_name.is_none()
        && template.host_ips.is_empty()
        && template.pod_ips.is_empty()
}
