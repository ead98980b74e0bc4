//! A slow, obviously right evaluator: one connection at a time, a loop over everything, no sets and no caches.
//!
//! It was written from the Kubernetes API documentation (`k8s.io/api/networking/v1`) and the project's own statement
//! of semantics, without a look at `netpol-eval`, and must stay so: its only use is to disagree. Each function
//! carries the sentence that it implements.

mod cluster;
mod rules;
mod selector;

use std::net::IpAddr;

use netpol_manifest::{Direction, Protocol};

pub use cluster::{Cluster, KnownPod, Namespace, Policy, Workload};

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Endpoint<'a> {
    /// Pods of the cluster.
    Workload(&'a Workload),
    /// An address outside of the cluster.
    Address(IpAddr),
}

/// Which readings of `ipBlock` inside the cluster there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReading {
    /// An `ipBlock` matches a pod by its address where that is known.
    KnownAddresses,
    /// An `ipBlock` matches only addresses outside of the cluster.
    Never,
    /// As the first, and a pod of unknown address is matched by a block of every address.
    AnyAddress,
}

/// Where a connection goes to: the protocol and the port at the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The protocol.
    pub protocol: Protocol,
    /// 1-65535.
    pub port: u16,
}

impl Cluster {
    /// Whether a connection is allowed.
    ///
    /// "For a connection from a source pod to a destination pod to be allowed, both the egress policy on the source
    /// pod and the ingress policy on the destination pod need to allow the connection. If either side does not allow
    /// the connection, it will not happen." (Network Policies, concepts)
    pub fn allowed(&self, source: Endpoint<'_>, destination: Endpoint<'_>, probe: Probe) -> bool {
        if is_one_single_pod(source, destination) || is_own_node(source, destination) {
            return true;
        }
        self.end_allows(Direction::Egress, source, destination, probe)
            && self.end_allows(Direction::Ingress, source, destination, probe)
    }

    /// Whether one end of the connection lets it pass.
    ///
    /// "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod (and cluster policy otherwise
    /// allows the traffic), OR if the traffic source is the pod's local node, OR if the traffic matches at least one
    /// ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod."
    /// (`NetworkPolicySpec.ingress`; `egress` likewise)
    pub fn end_allows(
        &self,
        direction: Direction,
        source: Endpoint<'_>,
        destination: Endpoint<'_>,
        probe: Probe,
    ) -> bool {
        let (subject, peer) = match direction {
            Direction::Ingress => (destination, source),
            Direction::Egress => (source, destination),
        };
        let Endpoint::Workload(subject) = subject else {
            return true; // No policy acts on what is not a pod.
        };
        let mut isolated = false;
        for policy in &self.policies {
            if self.selects(policy, subject) && rules::has_type(policy, direction) {
                isolated = true;
                for rule in rules::of_direction(policy, direction) {
                    if self.rule_matches(policy, rule, direction, subject, peer, probe) {
                        return true;
                    }
                }
            }
        }
        !isolated
    }

    /// Whether some policy isolates the workload in a direction.
    ///
    /// "A pod is isolated for egress if there is any NetworkPolicy that both selects the pod and has "Egress" in its
    /// policyTypes" (Network Policies, concepts; ingress likewise)
    pub fn isolated(&self, workload: &Workload, direction: Direction) -> bool {
        let mut isolated = false;
        for policy in &self.policies {
            if self.selects(policy, workload) && rules::has_type(policy, direction) {
                isolated = true;
            }
        }
        isolated
    }
}

/// "A pod cannot block access to itself" (Network Policies, concepts). The pods of one workload are different pods
/// when there may be more than one of them.
fn is_one_single_pod(source: Endpoint<'_>, destination: Endpoint<'_>) -> bool {
    match (source, destination) {
        (Endpoint::Workload(source), Endpoint::Workload(destination)) => {
            source.is(destination) && matches!(source.replicas, Some(0 | 1))
        }
        _ => false,
    }
}

/// "traffic to and from the node where a Pod is running is always allowed, regardless of the IP address of the Pod or
/// the node" (Network Policies, concepts). Where a workload has several pods, all must be on that node.
fn is_own_node(source: Endpoint<'_>, destination: Endpoint<'_>) -> bool {
    match (source, destination) {
        (Endpoint::Workload(pod), Endpoint::Address(address))
        | (Endpoint::Address(address), Endpoint::Workload(pod)) => {
            !pod.pods.is_empty() && pod.pods.iter().all(|pod| pod.node_addresses.contains(&address))
        }
        (Endpoint::Workload(one), Endpoint::Workload(other)) => {
            runs_on_the_node_of(one, other) || runs_on_the_node_of(other, one)
        }
        (Endpoint::Address(_), Endpoint::Address(_)) => false,
    }
}

/// Whether `host` is pods on the host network, and every pod of `workload` is on the very node of each of them.
fn runs_on_the_node_of(workload: &Workload, host: &Workload) -> bool {
    if !host.host_network || workload.pods.is_empty() || host.pods.is_empty() {
        return false;
    }
    for pod in &workload.pods {
        for on_host in &host.pods {
            let by_name = pod.node_name.is_some() && pod.node_name == on_host.node_name;
            let by_address = pod.node_addresses.iter().any(|address| on_host.addresses.contains(address));
            if !by_name && !by_address {
                return false;
            }
        }
    }
    true
}
