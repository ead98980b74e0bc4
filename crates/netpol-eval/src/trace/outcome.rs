//! What leaves and port items of rules make of one peer, and why they do not match.

use netpol_manifest::LabelSelector;

use super::{PortOutcome, Unmatched};
use crate::cluster::{Cluster, HostId, Labels, Workload};
use crate::connection::{ConnectionSet, PortSet};
use crate::lower::{Action, Namespaces, Pods, PortLeaf};
use crate::peer::{BlockMatch, Holds, Peer};
use crate::selector::requirement_holds;

/// Why addresses do not match.
pub(super) fn block_mismatch(found: BlockMatch) -> Option<Unmatched> {
    match found {
        BlockMatch::Inside => None,
        BlockMatch::Outside(address) => Some(Unmatched::OutsideBlock(address)),
        BlockMatch::Excepted(address, except) => Some(Unmatched::Excepted(address, except)),
        BlockMatch::Unknown => Some(Unmatched::AddressUnknown),
        BlockMatch::PodsNeverMatch => Some(Unmatched::BlocksMatchNoPods),
    }
}

pub(super) fn selector_mismatch(
    cluster: &Cluster,
    wanted: Pods<'_>,
    workload: &Workload,
) -> Option<Unmatched> {
    if workload.host_network {
        return Some(Unmatched::HostNetwork);
    }
    match wanted.namespaces {
        Namespaces::Own(own) if workload.namespace != own => return Some(Unmatched::OtherNamespace),
        Namespaces::Own(_) => {}
        Namespaces::Matching(selector) => {
            let namespace = cluster.namespace(workload.namespace)?;
            if let Some((requirement, actual)) = first_failing(selector, &namespace.labels) {
                return Some(Unmatched::NamespaceLabel { requirement, actual });
            }
        }
    }
    let (requirement, actual) = first_failing(wanted.pods?, &workload.labels)?;
    Some(Unmatched::PodLabel { requirement, actual })
}

/// Why `nodes` does not match a peer.
pub(super) fn node_mismatch(
    cluster: &Cluster,
    selector: &LabelSelector,
    peer: &Peer,
    holds: Holds,
) -> Option<Unmatched> {
    let of_host = |host: Option<HostId>| {
        let Some(host) = host else { return Some(Unmatched::NotANode) };
        let Some(labels) = cluster.hosts.get(host.0 as usize).and_then(|host| host.labels.as_ref()) else {
            return (!selector.requirements.is_empty()).then_some(Unmatched::NodeLabelsUnknown(host));
        };
        let (requirement, actual) = first_failing(selector, labels)?;
        Some(Unmatched::NodeLabel { host, requirement, actual })
    };
    match peer {
        Peer::External { host, .. } => of_host(*host),
        // Every pod is on some node.
        Peer::Workload(workload) if workload.host_network && selector.requirements.is_empty() => None,
        Peer::Workload(workload) if workload.host_network && !workload.pods.is_empty() => {
            let mut mismatches = workload.pods.iter().map(|pod| of_host(pod.host));
            match holds {
                Holds::Each => mismatches.find(Option::is_some).flatten(),
                Holds::Some => {
                    let first = of_host(workload.pods.first().and_then(|pod| pod.host));
                    first.filter(|_| mismatches.all(|mismatch| mismatch.is_some()))
                }
            }
        }
        Peer::Workload(_) | Peer::Domain(_) => Some(Unmatched::NotANode),
    }
}

/// The first requirement that does not hold, and what the labels have for its key.
fn first_failing(selector: &LabelSelector, labels: &Labels) -> Option<(usize, Option<String>)> {
    let at = selector.requirements.iter().position(|requirement| !requirement_holds(requirement, labels))?;
    let requirement = selector.requirements.get(at)?;
    Some((at, labels.get(&requirement.key).cloned()))
}

/// What a port item stands for on the destination: what each of its pods gives a name, or what any of them does.
pub(super) fn opened(port: &PortLeaf<'_>, destination: &Peer, by_address: bool, any: bool) -> ConnectionSet {
    let Some((protocols, name)) = port.names() else {
        return ConnectionSet::from_intervals(port.numbers());
    };
    let Some(workload) = destination.workload().filter(|_| !by_address) else { return ConnectionSet::NONE };
    protocols.iter().fold(ConnectionSet::NONE, |all, protocol| {
        let named = workload.named_port(name, *protocol);
        let ports: PortSet = if any { named.any } else { named.each };
        all.union(&ConnectionSet::of(*protocol, ports))
    })
}

pub(super) fn port_outcome(
    port: &PortLeaf<'_>,
    (action, destination): (Action, &Peer),
    by_address: bool,
) -> PortOutcome {
    if port.names().is_some() && (by_address || destination.workload().is_none()) {
        return PortOutcome::NameOfAnAddress;
    }
    let opened = opened(port, destination, by_address, action == Action::Deny);
    if opened.is_empty() && port.names().is_some() {
        PortOutcome::NameNotDeclared
    } else {
        PortOutcome::Opens(opened)
    }
}
