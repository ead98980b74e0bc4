//! The matrix against the slow evaluator, and against what must hold of every matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netpol_manifest::{Peer as PolicyPeer, PortMatch};
use netpol_view::contract::{ConnectionSet, Peer, PeerType, Protocol};

use crate::analysis::Analysis;
use crate::reference::{Cluster, Endpoint, Probe, Workload};

/// A mismatch in words.
pub type Complaint = String;

/// Compares every cell with the slow evaluator, connection by connection.
///
/// # Errors
/// The first connection that both judge differently.
pub fn equals_reference(analysis: &Analysis) -> Result<(), Complaint> {
    let cluster = with_hypothetical(analysis.reference(), &analysis.summary.peers);
    same_workloads(&analysis.reference(), &analysis.summary.peers)?;
    let ports = interesting_ports(&cluster);
    let ends: Vec<Vec<Endpoint<'_>>> =
        analysis.summary.peers.iter().map(|peer| endpoints(peer, &cluster)).collect();
    for (source, destination) in analysis.pairs() {
        let cell = analysis.cell(source, destination);
        for from in &ends[source] {
            for to in &ends[destination] {
                check_cell(analysis, &cluster, cell, (*from, *to), &ports)
                    .map_err(|complaint| in_cell(analysis, (source, destination), &complaint))?;
            }
        }
    }
    Ok(())
}

fn in_cell(analysis: &Analysis, (source, destination): (usize, usize), complaint: &str) -> Complaint {
    let peers = &analysis.summary.peers;
    format!("{} -> {}: {complaint}", peers[source].id, peers[destination].id)
}

fn check_cell(
    analysis: &Analysis,
    cluster: &Cluster,
    cell: &ConnectionSet,
    (from, to): (Endpoint<'_>, Endpoint<'_>),
    ports: &BTreeSet<u16>,
) -> Result<(), Complaint> {
    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
        for port in ports {
            let probe = Probe { protocol: manifest_protocol(protocol), port: *port };
            let expected = cluster.allowed(from, to, probe);
            if cell.contains(protocol, *port) != expected {
                return Err(format!(
                    "{protocol:?} {port} {} allowed from {} to {}, but the cell says `{}` ({:?})",
                    if expected { "is" } else { "is not" },
                    name_of(from),
                    name_of(to),
                    cell.text,
                    analysis.options,
                ));
            }
        }
    }
    Ok(())
}

fn name_of(endpoint: Endpoint<'_>) -> String {
    match endpoint {
        Endpoint::Workload(workload) => workload.id(),
        Endpoint::Address(address) => address.to_string(),
    }
}

fn manifest_protocol(protocol: Protocol) -> netpol_manifest::Protocol {
    match protocol {
        Protocol::Tcp => netpol_manifest::Protocol::Tcp,
        Protocol::Udp => netpol_manifest::Protocol::Udp,
        Protocol::Sctp => netpol_manifest::Protocol::Sctp,
    }
}

fn same_workloads(cluster: &Cluster, peers: &[Peer]) -> Result<(), Complaint> {
    let expected: BTreeSet<String> = cluster.workloads.iter().map(Workload::id).collect();
    let real = peers.iter().filter(|peer| peer.peer_type == PeerType::Workload);
    let found: BTreeSet<String> = real.map(|peer| peer.id.clone()).collect();
    if expected == found {
        return Ok(());
    }
    let missing: Vec<_> = expected.difference(&found).collect();
    let invented: Vec<_> = found.difference(&expected).collect();
    Err(format!("workloads missing: {missing:?}, and that should not be there: {invented:?}"))
}

/// The cluster with the hypothetical peers as if they were there: what they may do follows from the labels and ports
/// that they say they have.
fn with_hypothetical(mut cluster: Cluster, peers: &[Peer]) -> Cluster {
    use crate::reference::Namespace;
    for peer in peers.iter().filter(|peer| peer.peer_type == PeerType::Hypothetical) {
        // A namespace that has no name has no policies either, and only its labels are seen.
        let namespace = match &peer.namespace {
            Some(name) if cluster.namespaces.iter().any(|namespace| namespace.name == *name) => name.clone(),
            named => {
                let name = named.clone().unwrap_or_else(|| format!("namespace of {}", peer.id));
                let labels = peer.namespace_labels.as_deref().cloned().unwrap_or_default();
                cluster.namespaces.push(Namespace { name: name.clone(), labels });
                name
            }
        };
        let ports = peer.ports.iter().flatten().map(|port| netpol_manifest::ContainerPort {
            range: netpol_source::TextRange::default(),
            name: port.name.clone(),
            port: port.port,
            protocol: manifest_protocol(port.protocol),
        });
        cluster.workloads.push(Workload {
            namespace,
            kind: String::new(),
            name: peer.id.clone(),
            labels: peer.labels.clone().unwrap_or_default(),
            ports: vec![ports.collect()],
            host_network: peer.host_network.unwrap_or_default(),
            replicas: None,
            pods: Vec::new(),
        });
    }
    cluster
}

/// What to ask about for one peer: the workload, or the first and last addresses of some of its ranges.
fn endpoints<'a>(peer: &Peer, cluster: &'a Cluster) -> Vec<Endpoint<'a>> {
    match peer.peer_type {
        PeerType::Workload => {
            cluster.workloads.iter().filter(|found| found.id() == peer.id).map(Endpoint::Workload).collect()
        }
        PeerType::Hypothetical => {
            cluster.workloads.iter().filter(|found| found.name == peer.id).map(Endpoint::Workload).collect()
        }
        PeerType::External => {
            let cidrs = cidrs(peer).unwrap_or_default();
            let mut places = vec![0, cidrs.len() / 2, cidrs.len().saturating_sub(1)];
            places.dedup();
            let mut addresses: Vec<IpAddr> = places
                .into_iter()
                .filter_map(|at| cidrs.get(at))
                .flat_map(|cidr| [cidr.network(), cidr.broadcast()])
                .collect();
            addresses.dedup();
            addresses.into_iter().map(Endpoint::Address).collect()
        }
    }
}

/// Every number that a port of the input has, its neighbours, and both ends.
fn interesting_ports(cluster: &Cluster) -> BTreeSet<u16> {
    let mut ports = BTreeSet::from([1, u16::MAX]);
    let mut add = |port: u16| {
        ports.extend([port.saturating_sub(1).max(1), port, port.saturating_add(1)]);
    };
    for workload in &cluster.workloads {
        workload.ports.iter().flatten().for_each(|declared| add(declared.port));
    }
    for rule in cluster.policies.iter().flat_map(|policy| {
        let rules = [&policy.spec.ingress, &policy.spec.egress];
        rules.into_iter().flatten().flat_map(|rules| &rules.value)
    }) {
        for item in &rule.ports {
            if let PortMatch::Range(first, last) = item.port {
                add(first);
                add(last);
            }
        }
    }
    ports
}

fn cidrs(peer: &Peer) -> Result<Vec<IpNet>, Complaint> {
    peer.cidrs
        .iter()
        .flatten()
        .map(|cidr| cidr.parse().map_err(|error| format!("{}: `{cidr}`: {error}", peer.id)))
        .collect()
}

/// Checks the form of an analysis: unique ids, indices within bounds, sets without overlap, text that says it.
///
/// # Errors
/// The first thing that is out of shape.
pub fn is_well_formed(analysis: &Analysis) -> Result<(), Complaint> {
    let summary = &analysis.summary;
    let ids: BTreeSet<&str> = summary.peers.iter().map(|peer| peer.id.as_str()).collect();
    ensure(ids.len() == summary.peers.len(), || "two peers have one id".to_owned())?;
    ensure(analysis.cells.len() == summary.peers.len().pow(2), || "cells are not peers squared".to_owned())?;
    let all = vec![(1, u16::MAX)];
    let whole = |set: &ConnectionSet| set.tcp == all && set.udp == all && set.sctp == all;
    let empty = |set: &ConnectionSet| set.tcp.is_empty() && set.udp.is_empty() && set.sctp.is_empty();
    for (at, set) in summary.connections.iter().enumerate() {
        ensure(empty(set) == (at == 0), || format!("set {at} is `{}`", set.text))?;
        ensure(whole(set) == (at == 1), || format!("set {at} is `{}`", set.text))?;
        ensure((set.text == "none") == (at == 0), || format!("set {at} says `{}`", set.text))?;
        ensure((set.text == "all") == (at == 1), || format!("set {at} says `{}`", set.text))?;
        for intervals in [&set.tcp, &set.udp, &set.sctp] {
            let sorted = intervals.iter().all(|(first, last)| 1 <= *first && first <= last)
                && intervals.windows(2).all(|two| u32::from(two[0].1) + 1 < u32::from(two[1].0));
            ensure(sorted, || format!("set {at} is not sorted and merged: {intervals:?}"))?;
        }
        let twice = summary.connections.iter().skip(at + 1).any(|other| {
            other.text == set.text || (other.tcp == set.tcp && other.udp == set.udp && other.sctp == set.sctp)
        });
        ensure(!twice, || format!("set {at}, `{}`, is there twice", set.text))?;
    }
    ensure(summary.connections.len() >= 2, || "neither none nor all".to_owned())?;
    for index in &analysis.cells {
        ensure((*index as usize) < summary.connections.len(), || format!("cell {index} is no set"))?;
    }
    for policy in &summary.policies {
        for subject in &policy.subjects {
            ensure(ids.contains(subject.as_str()), || format!("subject `{subject}` is no peer"))?;
        }
    }
    for finding in &summary.findings {
        if let Some(witness) = &finding.witness {
            let (source, destination) =
                (analysis.place_of(&witness.source), analysis.place_of(&witness.destination));
            ensure(source.is_some() && destination.is_some() && witness.port > 0, || {
                format!("{}: {witness:?} is no connection", finding.code)
            })?;
        }
    }
    Ok(())
}

/// Checks that the external peers divide all addresses among them, each with the shortest list of CIDRs.
///
/// # Errors
/// Two ranges that overlap, a gap, or a list that could be shorter.
pub fn addresses_are_divided(analysis: &Analysis) -> Result<(), Complaint> {
    let mut ranges: BTreeMap<(bool, u128), (u128, String)> = BTreeMap::new();
    for peer in analysis.summary.peers.iter().filter(|peer| peer.peer_type == PeerType::External) {
        let cidrs = cidrs(peer)?;
        ensure(!cidrs.is_empty(), || format!("{} holds no address", peer.id))?;
        ensure(IpNet::aggregate(&cidrs).len() == cidrs.len(), || {
            format!("{}: the list is not the shortest: {cidrs:?}", peer.id)
        })?;
        for cidr in cidrs {
            let text = peer.cidrs.iter().flatten().any(|text| *text == cidr.trunc().to_string());
            ensure(text, || format!("{}: `{cidr}` is not a network", peer.id))?;
            let (key, last) = interval(cidr);
            let before = ranges.insert(key, (last, peer.id.clone()));
            ensure(before.is_none(), || format!("`{cidr}` is in {} and {before:?}", peer.id))?;
        }
    }
    for (is_v6, end) in [(false, u128::from(u32::MAX)), (true, u128::MAX)] {
        let mut next = Some(0_u128);
        for ((_, first), (last, id)) in ranges.range((is_v6, 0)..=(is_v6, u128::MAX)) {
            ensure(next == Some(*first), || {
                format!("before {id}: {:?} follows {next:?}", address(is_v6, *first))
            })?;
            next = last.checked_add(1).filter(|next| *next <= end);
        }
        ensure(next.is_none(), || format!("nothing holds {:?}", next.map(|next| address(is_v6, next))))?;
    }
    Ok(())
}

fn interval(cidr: IpNet) -> ((bool, u128), u128) {
    match cidr {
        IpNet::V4(cidr) => {
            ((false, u128::from(u32::from(cidr.network()))), u128::from(u32::from(cidr.broadcast())))
        }
        IpNet::V6(cidr) => ((true, u128::from(cidr.network())), u128::from(cidr.broadcast())),
    }
}

fn address(is_v6: bool, bits: u128) -> IpAddr {
    if is_v6 {
        Ipv6Addr::from(bits).into()
    } else {
        Ipv4Addr::from(u32::try_from(bits).unwrap_or(u32::MAX)).into()
    }
}

/// Checks that every address that a policy names at an end of a block has the same verdict as the range it is in:
/// the ends of every block of every policy are asked about, from and to every workload.
///
/// # Errors
/// The first connection that both judge differently.
pub fn block_ends_equal_reference(analysis: &Analysis) -> Result<(), Complaint> {
    let cluster = analysis.reference();
    let ports = BTreeSet::from([80]);
    let mut blocks: BTreeSet<IpNet> = BTreeSet::new();
    for policy in &cluster.policies {
        for rule in
            [&policy.spec.ingress, &policy.spec.egress].into_iter().flatten().flat_map(|rules| &rules.value)
        {
            for peer in &rule.peers {
                if let PolicyPeer::Block { cidr, except, .. } = peer {
                    blocks.insert(cidr.value);
                    blocks.extend(except.iter().map(|except| except.value));
                }
            }
        }
    }
    for end in blocks.iter().flat_map(|cidr| [cidr.network(), cidr.broadcast()]) {
        let range = analysis.summary.peers.iter().position(|peer| {
            peer.peer_type == PeerType::External
                && cidrs(peer).unwrap_or_default().iter().any(|cidr| cidr.contains(&end))
        });
        let Some(range) = range else { return Err(format!("no peer holds {end}")) };
        for workload in &cluster.workloads {
            let Some(place) = analysis.place_of(&workload.id()) else { continue };
            let (pod, outside) = (Endpoint::Workload(workload), Endpoint::Address(end));
            check_cell(analysis, &cluster, analysis.cell(place, range), (pod, outside), &ports)?;
            check_cell(analysis, &cluster, analysis.cell(range, place), (outside, pod), &ports)?;
        }
    }
    Ok(())
}

/// `Ok` where the condition holds.
///
/// # Errors
/// The complaint otherwise.
pub fn ensure(condition: bool, complaint: impl FnOnce() -> Complaint) -> Result<(), Complaint> {
    if condition { Ok(()) } else { Err(complaint()) }
}
