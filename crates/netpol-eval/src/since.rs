//! What of the evaluation before still holds.

use std::sync::Arc;

use netpol_manifest::{ContainerPort, Protocol};

use crate::cluster::{Cluster, Unread, Workload};
use crate::peer::Peer;

/// How many peers may be others than before, and how many policies.
const MOST_CHANGED: usize = 64;

/// What a cluster has in common with the one that was evaluated before: the same policies and peers at the same places, but
/// for few that say something else.
pub(crate) struct Since {
    /// By policy: whether it says the same.
    pub(crate) policies: Vec<bool>,
    /// The places of the peers that are others: pods with other labels or ports.
    pub(crate) changed: Vec<usize>,
    /// Those of them that declare other ports.
    pub(crate) with_other_ports: Vec<usize>,
    /// By policy: whether it is the same object at the same place of the input.
    pub(crate) standing_policies: Vec<bool>,
    /// The places of the peers that are not.
    pub(crate) moved: Vec<usize>,
    /// Whether all Services, and what else stands beside pods and policies, are the same.
    pub(crate) same_exposure: bool,
}

impl Since {
    /// `None` where there is more that is another.
    pub(crate) fn new(
        (old, old_peers): (&Cluster, &[Peer]),
        (cluster, peers): (&Cluster, &[Peer]),
    ) -> Option<Self> {
        let is_comparable = old.left_out.unread == Unread::Nowhere
            && cluster.left_out.unread == Unread::Nowhere
            && old.namespaces == cluster.namespaces
            && old.hosts == cluster.hosts
            && old.policies.len() == cluster.policies.len()
            && old.cluster_policies.len() == cluster.cluster_policies.len()
            && old_peers.len() == peers.len();
        if !is_comparable {
            return None;
        }
        let mut policies = Vec::with_capacity(old.policies.len() + old.cluster_policies.len());
        let mut standing_policies = Vec::with_capacity(policies.capacity());
        for (old, new) in old.policies.iter().zip(&cluster.policies) {
            if old.namespace != new.namespace {
                return None;
            }
            policies.push(is_equal(&old.spec, &new.spec));
            standing_policies.push(old.handle.is_same(&new.handle));
        }
        for (old, new) in old.cluster_policies.iter().zip(&cluster.cluster_policies) {
            policies.push(is_equal(&old.spec, &new.spec));
            standing_policies.push(old.handle.is_same(&new.handle));
        }
        if policies.iter().filter(|is_same| !**is_same).count() > MOST_CHANGED {
            return None;
        }
        let (mut changed, mut with_other_ports, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (old, new)) in old_peers.iter().zip(peers).enumerate() {
            let is_same = match (old, new) {
                (Peer::Workload(old), Peer::Workload(new)) => {
                    if !is_alike(old, new) {
                        return None;
                    }
                    // One that the input does not hold stands nowhere, and is made anew each time.
                    let is_made_again = new.is_hypothetical() && old.name == new.name && is_same(old, new);
                    if !Arc::ptr_eq(old, new) && !is_made_again {
                        moved.push(at);
                    }
                    is_same(old, new)
                }
                (Peer::External { range, host }, Peer::External { range: new, host: on }) => {
                    if range != new || host != on {
                        return None;
                    }
                    true
                }
                (Peer::Domain(old), Peer::Domain(new)) if old == new => true,
                _ => return None,
            };
            if !is_same {
                changed.push(at);
                let workloads = old.workload().zip(new.workload());
                if workloads.is_none_or(|(old, new)| !declare_the_same(old, new)) {
                    with_other_ports.push(at);
                }
            }
        }
        let same_exposure = old.exposure.len() == cluster.exposure.len()
            && old.exposure.iter().zip(&cluster.exposure).all(|(old, new)| old.is_same(new));
        (changed.len() <= MOST_CHANGED).then_some(Self {
            policies,
            changed,
            with_other_ports,
            standing_policies,
            moved,
            same_exposure,
        })
    }

    /// By namespace: whether all policies and workloads in it are the same objects at the same places, and all
    /// cluster-scoped policies are.
    pub(crate) fn standing_namespaces(&self, cluster: &Cluster, peers: &[Peer]) -> Vec<bool> {
        let (of_namespaces, of_cluster) = self.standing_policies.split_at(cluster.policies.len());
        let mut standing = vec![!of_cluster.contains(&false); cluster.namespaces.len()];
        let others = cluster.policies.iter().zip(of_namespaces).filter(|(_, stands)| !**stands);
        let others = others.map(|(policy, _)| policy.namespace);
        let moved = self.moved.iter().filter_map(|at| Some(peers.get(*at)?.workload()?.namespace));
        for namespace in others.chain(moved) {
            if let Some(stands) = standing.get_mut(namespace.0 as usize) {
                *stands = false;
            }
        }
        standing
    }

    /// What some numbers of peers were before: for each, that of the first peer that has it and is the same.
    pub(crate) fn numbers_before(&self, count: usize, now: &[u32], before: &[u32]) -> Vec<Option<u32>> {
        let mut found = vec![None; count];
        let mut changed = self.changed.iter().copied().peekable();
        for (at, (now, before)) in now.iter().zip(before).enumerate() {
            if changed.next_if_eq(&at).is_none()
                && let Some(found @ None) = found.get_mut(*now as usize)
            {
                *found = Some(*before);
            }
        }
        found
    }
}

fn is_equal<T: PartialEq>(old: &Arc<T>, new: &Arc<T>) -> bool {
    Arc::ptr_eq(old, new) || old == new
}

/// Whether two workloads differ in nothing but what selectors and port names see of them.
fn is_alike(old: &Arc<Workload>, new: &Arc<Workload>) -> bool {
    Arc::ptr_eq(old, new)
        || old.namespace == new.namespace
            && old.host_network == new.host_network
            && old.is_hypothetical() == new.is_hypothetical()
            && old.replicas == new.replicas
            && old.pods == new.pods
            && old.has_other_pods == new.has_other_pods
            && old.ordinals == new.ordinals
            && (!new.host_network || is_same(old, new))
}

/// Whether the pods of both declare the same, wherever it is written.
fn declare_the_same(old: &Workload, new: &Workload) -> bool {
    fn declared(port: &ContainerPort) -> (Option<&str>, u16, Protocol) {
        (port.name.as_deref(), port.port, port.protocol)
    }
    let is_same = |(old, new): (&Vec<ContainerPort>, &Vec<ContainerPort>)| {
        old.iter().map(declared).eq(new.iter().map(declared))
    };
    old.ports.len() == new.ports.len() && old.ports.iter().zip(&*new.ports).all(is_same)
}

/// Whether selectors and port names see the same of two workloads.
fn is_same(old: &Arc<Workload>, new: &Arc<Workload>) -> bool {
    Arc::ptr_eq(old, new) || old.labels == new.labels && old.ports == new.ports
}
