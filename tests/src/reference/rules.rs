//! What a policy's subjects and rules match.

use std::net::IpAddr;

use ipnet::IpNet;
use netpol_manifest::{ContainerPort, Direction, LabelSelector, Peer, PolicyPort, PortMatch, Rule};

use super::cluster::{Cluster, Policy, Workload};
use super::{BlockReading, Endpoint, Probe, selector};

/// "policyTypes is a list of rule types that the NetworkPolicy relates to. […] If this field is not specified, it
/// will default based on the existence of ingress or egress rules; policies that contain an egress section are
/// assumed to affect egress, and all policies (whether or not they contain an ingress section) are assumed to affect
/// ingress." (`NetworkPolicySpec.policyTypes`; a section is one with at least one rule)
pub(super) fn has_type(policy: &Policy, direction: Direction) -> bool {
    match &policy.spec.policy_types {
        Some(types) => types.value.iter().any(|written| written.value == direction),
        None => match direction {
            Direction::Ingress => true,
            Direction::Egress => policy.spec.egress.as_ref().is_some_and(|rules| !rules.value.is_empty()),
        },
    }
}

/// The rules of one direction; absent and empty are the same: "If this field is empty then this NetworkPolicy does
/// not allow any traffic (and serves solely to ensure that the pods it selects are isolated by default)".
/// (`NetworkPolicySpec.ingress`)
pub(super) fn of_direction(policy: &Policy, direction: Direction) -> &[Rule] {
    let rules = match direction {
        Direction::Ingress => &policy.spec.ingress,
        Direction::Egress => &policy.spec.egress,
    };
    match rules {
        Some(rules) => &rules.value,
        None => &[],
    }
}

impl Cluster {
    /// "podSelector selects the pods to which this NetworkPolicy object applies. […] An empty selector matches all
    /// pods in the policy's namespace." (`NetworkPolicySpec.podSelector`) Pods on the host network are no subjects.
    pub fn selects(&self, policy: &Policy, workload: &Workload) -> bool {
        !workload.host_network
            && workload.namespace == policy.namespace
            && selector::matches(&policy.spec.pod_selector, &workload.labels)
    }

    /// "This rule allows traffic which matches both the `from` and `ports` sections" (Network Policies, concepts).
    ///
    /// "from is a list of sources […] Items in this list are combined using a logical OR operation. If this field is
    /// empty or missing, this rule matches all sources (traffic not restricted by source). If this field is present
    /// and contains at least one item, this rule allows traffic only if the traffic matches at least one item in the
    /// from list." (`NetworkPolicyIngressRule.from`; `to` likewise)
    pub(super) fn rule_matches(
        &self,
        policy: &Policy,
        rule: &Rule,
        direction: Direction,
        subject: &Workload,
        peer: Endpoint<'_>,
        probe: Probe,
    ) -> bool {
        // A port is a port of the destination: the subject for ingress, the peer for egress.
        let destination = match direction {
            Direction::Ingress => Some(subject),
            Direction::Egress => match peer {
                Endpoint::Workload(workload) => Some(workload),
                Endpoint::Address(_) => None,
            },
        };
        if rule.peers.is_empty() {
            return ports_match(&rule.ports, destination, probe);
        }
        for item in &rule.peers {
            // The destination of an egress rule with an `ipBlock` is an address, and addresses name no ports.
            let names = match (item, direction) {
                (Peer::Block { .. }, Direction::Egress) => None,
                _ => destination,
            };
            if self.peer_matches(policy, item, peer) && ports_match(&rule.ports, names, probe) {
                return true;
            }
        }
        false
    }

    /// "NetworkPolicyPeer describes a peer to allow traffic to/from. Only certain combinations of fields are allowed"
    fn peer_matches(&self, policy: &Policy, item: &Peer, peer: Endpoint<'_>) -> bool {
        match (item, peer) {
            (Peer::Pods { pod_selector, namespace_selector, .. }, Endpoint::Workload(workload)) => {
                self.pods_match(policy, pod_selector.as_ref(), namespace_selector.as_ref(), workload)
            }
            (Peer::Pods { .. }, Endpoint::Address(_)) => false,
            (Peer::Block { cidr, except, .. }, Endpoint::Address(address)) => {
                block_holds(&cidr.value, except.iter().map(|except| &except.value), address)
            }
            (Peer::Block { cidr, except, .. }, Endpoint::Workload(workload)) => {
                let except: Vec<&IpNet> = except.iter().map(|except| &except.value).collect();
                self.block_matches(&cidr.value, &except, workload)
            }
        }
    }

    /// "podSelector is a label selector which selects pods. This field follows standard label selector semantics; if
    /// present but empty, it selects all pods. If namespaceSelector is also set, then the NetworkPolicyPeer as a
    /// whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector. Otherwise it
    /// selects the pods matching podSelector in the policy's own namespace." (`NetworkPolicyPeer.podSelector`)
    ///
    /// "namespaceSelector selects namespaces using cluster-scoped labels. […] if present but empty, it selects all
    /// namespaces. […] Otherwise it selects all pods in the namespaces selected by namespaceSelector."
    /// (`NetworkPolicyPeer.namespaceSelector`) Selectors do not see pods on the host network.
    fn pods_match(
        &self,
        policy: &Policy,
        pods: Option<&LabelSelector>,
        namespaces: Option<&LabelSelector>,
        workload: &Workload,
    ) -> bool {
        if workload.host_network {
            return false;
        }
        let in_namespace = match namespaces {
            Some(selected) => selector::matches(selected, self.namespace_labels(&workload.namespace)),
            None => workload.namespace == policy.namespace,
        };
        let selected = match pods {
            Some(selected) => selector::matches(selected, &workload.labels),
            None => true,
        };
        in_namespace && selected
    }

    /// An `ipBlock` and pods: implementation-defined. A pod is matched when any address of it that is known is
    /// inside; a workload, when each of its pods of which an address is known is. Pods on the host network have the
    /// address of their node, which is outside of the cluster's own network and is matched in every reading.
    fn block_matches(&self, cidr: &IpNet, except: &[&IpNet], workload: &Workload) -> bool {
        let known: Vec<_> = workload.pods.iter().filter(|pod| !pod.addresses.is_empty()).collect();
        if known.is_empty() {
            return self.reading == BlockReading::AnyAddress && cidr.prefix_len() == 0 && except.is_empty();
        }
        if self.reading == BlockReading::Never && !workload.host_network {
            return false;
        }
        for pod in known {
            let inside =
                pod.addresses.iter().any(|address| block_holds(cidr, except.iter().copied(), *address));
            if !inside {
                return false;
            }
        }
        true
    }
}

/// "IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64") that is allowed to the pods matched by
/// a NetworkPolicySpec's podSelector. The except entry describes CIDRs that should not be included within this rule."
fn block_holds<'a>(cidr: &IpNet, except: impl IntoIterator<Item = &'a IpNet>, address: IpAddr) -> bool {
    if !holds(cidr, address) {
        return false;
    }
    for excepted in except {
        if holds(excepted, address) {
            return false;
        }
    }
    true
}

/// Whether the first bits of the address are those of the CIDR.
fn holds(cidr: &IpNet, address: IpAddr) -> bool {
    match (cidr, address) {
        (IpNet::V4(cidr), IpAddr::V4(address)) => (0..cidr.prefix_len()).all(|bit| {
            let mask = 1_u32 << (31 - u32::from(bit));
            u32::from(cidr.addr()) & mask == u32::from(address) & mask
        }),
        (IpNet::V6(cidr), IpAddr::V6(address)) => (0..cidr.prefix_len()).all(|bit| {
            let mask = 1_u128 << (127 - u32::from(bit));
            u128::from(cidr.addr()) & mask == u128::from(address) & mask
        }),
        _ => false,
    }
}

/// "ports is a list of ports […] Each item in this list is combined using a logical OR. If this field is empty or
/// missing, this rule matches all ports (traffic not restricted by port). If this field is present and contains at
/// least one item, then this rule allows traffic only if the traffic matches at least one port in the list."
/// (`NetworkPolicyIngressRule.ports`)
fn ports_match(ports: &[PolicyPort], destination: Option<&Workload>, probe: Probe) -> bool {
    if ports.is_empty() {
        return true;
    }
    for port in ports {
        if port_matches(port, destination, probe) {
            return true;
        }
    }
    false
}

/// "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match. If not specified, this field
/// defaults to TCP." "port represents the port on the given protocol. This can either be a numerical or named port on
/// a pod. If this field is not provided, this matches all port names and numbers. If present, only traffic on the
/// specified protocol AND port will be matched." "endPort indicates that the range of ports from port to endPort if
/// set, inclusive, should be allowed by the policy." (`NetworkPolicyPort`)
fn port_matches(item: &PolicyPort, destination: Option<&Workload>, probe: Probe) -> bool {
    if item.protocol != probe.protocol {
        return false;
    }
    match &item.port {
        PortMatch::Any => true,
        PortMatch::Range(first, last) => *first <= probe.port && probe.port <= *last,
        PortMatch::Name(name) => match destination {
            Some(workload) => workload.ports.iter().all(|declared| declares(declared, name, probe)),
            None => false,
        },
    }
}

/// Whether a pod with these ports serves the name there. Where the pods of one workload differ, the strictest reading
/// is what all of them allow.
fn declares(ports: &[ContainerPort], name: &str, probe: Probe) -> bool {
    let mut found = false;
    for port in ports {
        if port.name.as_deref() == Some(name) && port.protocol == probe.protocol && port.port == probe.port {
            found = true;
        }
    }
    found
}
