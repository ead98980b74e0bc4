//! The matrix against the oracle, and against what must hold of every matrix.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netpol_view::contract::{ConnectionSet, Peer, PeerType, Protocol};
use serde_json::Value;

use crate::analysis::Analysis;
use crate::oracle::{Cluster, ContainerPort, Probe, Reading, Row, Side};

/// A mismatch in words.
pub type Complaint = String;

/// Compares every row and every cell with the oracle, connection by connection.
///
/// # Errors
/// The first connection that both judge differently.
pub fn equals_oracle(analysis: &Analysis, objects: &[Value]) -> Result<(), Complaint> {
    let mut cluster = analysis.oracle(objects);
    same_rows(&cluster, &analysis.summary.peers)?;
    same_domains(&cluster, &analysis.summary.peers)?;
    add_hypothetical(&mut cluster, &analysis.summary.peers);
    let ports = cluster.ports();
    let peers = &analysis.summary.peers;
    let sides: Vec<Vec<Side<'_>>> =
        peers.iter().map(|peer| sides(peer, &cluster, peers)).collect::<Result<_, _>>()?;
    for (source, destination) in analysis.pairs() {
        for from in &sides[source] {
            for to in &sides[destination] {
                check_cell(analysis, &cluster, (source, destination), (*from, *to), &ports)?;
            }
        }
    }
    Ok(())
}

/// Checks that every cell that is not marked as uncertain is the same under every reading that the oracle knows.
///
/// # Errors
/// The first connection that a reading judges differently.
pub fn certain_cells_are_so(analysis: &Analysis, objects: &[Value]) -> Result<(), Complaint> {
    let mut cluster = analysis.oracle(objects);
    let peers = &analysis.summary.peers;
    add_hypothetical(&mut cluster, peers);
    let ports = cluster.ports();
    let sides: Vec<Vec<Side<'_>>> =
        peers.iter().map(|peer| sides(peer, &cluster, peers)).collect::<Result<_, _>>()?;
    for (source, destination) in analysis.pairs() {
        if analysis.is_uncertain(source, destination) {
            continue;
        }
        for from in &sides[source] {
            for to in &sides[destination] {
                if let Some((reading, probe)) = differing(&cluster, (*from, *to), &ports) {
                    let (from, to) = (&peers[source].id, &peers[destination].id);
                    return Err(format!(
                        "{from} -> {to}: {probe:?} is another under {reading:?}, but the cell is certain ({:?})",
                        analysis.options
                    ));
                }
            }
        }
    }
    Ok(())
}

/// A reading under which some connection gets another verdict.
pub fn differing(
    cluster: &Cluster,
    (from, to): (Side<'_>, Side<'_>),
    ports: &BTreeSet<u16>,
) -> Option<(Reading, Probe)> {
    let chosen = cluster.cell(from, to);
    let probes = || {
        let protocols = ["TCP", "UDP", "SCTP"].into_iter();
        protocols.flat_map(|protocol| ports.iter().map(move |port| Probe { protocol, port: *port }))
    };
    cluster.other_readings().into_iter().find_map(|reading| {
        let other = cluster.cell_under(reading, from, to);
        let probe = probes().find(|probe| other.allows(*probe) != chosen.allows(*probe))?;
        Some((reading, probe))
    })
}

fn check_cell(
    analysis: &Analysis,
    cluster: &Cluster,
    (source, destination): (usize, usize),
    (from, to): (Side<'_>, Side<'_>),
    ports: &BTreeSet<u16>,
) -> Result<(), Complaint> {
    let cell = analysis.cell(source, destination);
    let expected = cluster.cell(from, to);
    for (protocol, name) in [(Protocol::Tcp, "TCP"), (Protocol::Udp, "UDP"), (Protocol::Sctp, "SCTP")] {
        for port in ports {
            let expected = expected.allows(Probe { protocol: name, port: *port });
            if cell.contains(protocol, *port) != expected {
                let peers = &analysis.summary.peers;
                return Err(format!(
                    "{} -> {}: {name} {port} {} allowed from {} to {}, but the cell says `{}` ({:?})",
                    peers[source].id,
                    peers[destination].id,
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

fn name_of(side: Side<'_>) -> String {
    match side {
        Side::Pods(row) => format!("{} pods of {}/{}", row.pods.len(), row.owner.namespace, row.owner.name),
        Side::Address(address) => address.to_string(),
        Side::Domain(name) => name.to_owned(),
    }
}

/// Whether a peer is the row of some pods of the oracle.
pub fn is_row(peer: &Peer, row: &Row, cluster: &Cluster, peers: &[Peer]) -> bool {
    let owner = &row.owner;
    let is_named = |peer: &Peer, kind: &str| {
        peer.namespace.as_ref() == Some(&owner.namespace)
            && peer.name.as_ref() == Some(&owner.name)
            && peer.kind.as_deref() == Some(kind)
    };
    // Where two groups have a kind of one name, all but Kubernetes' own say their group.
    let group = if owner.group.is_empty() { "core" } else { &owner.group };
    let qualified = format!("{}.{group}", owner.kind);
    let is_qualified = peers.iter().any(|peer| is_named(peer, &qualified));
    let seen = cluster.seen(peer.labels.as_ref().unwrap_or(&BTreeMap::new()));
    peer.peer_type == PeerType::Workload
        && is_named(peer, if is_qualified { &qualified } else { &owner.kind })
        && seen == row.seen
        && peer.host_network.unwrap_or_default() == row.host_network
}

/// Checks that pods are in one row exactly when nothing tells them apart.
fn same_rows(cluster: &Cluster, peers: &[Peer]) -> Result<(), Complaint> {
    for row in &cluster.rows {
        let found: Vec<&Peer> = peers.iter().filter(|peer| is_row(peer, row, cluster, peers)).collect();
        ensure(found.len() == 1, || {
            let rows: Vec<_> = peers.iter().map(|peer| (&peer.id, &peer.labels)).collect();
            let pods: Vec<_> = row.pods.iter().map(|pod| (&pod.name, &pod.labels)).collect();
            format!("{} rows are for {:?} {pods:?}: {found:?} of {rows:?}", found.len(), row.owner)
        })?;
    }
    let mut real = peers.iter().filter(|peer| peer.peer_type == PeerType::Workload);
    let invented = real.find(|peer| !cluster.rows.iter().any(|row| is_row(peer, row, cluster, peers)));
    ensure(invented.is_none(), || format!("there are no pods for {invented:?}"))
}

/// Adds the hypothetical peers as if they were there: what they may do follows from the labels and ports that they say
/// they have.
pub(crate) fn add_hypothetical(cluster: &mut Cluster, peers: &[Peer]) {
    for peer in peers.iter().filter(|peer| peer.peer_type == PeerType::Hypothetical) {
        // A namespace that has no name has no policies either, and only its labels are seen.
        let namespace = match &peer.namespace {
            Some(name) if cluster.namespaces.contains_key(name) => name.clone(),
            named => {
                let name = named.clone().unwrap_or_else(|| format!("namespace of {}", peer.id));
                let labels = peer.namespace_labels.iter().flat_map(|labels| labels.iter());
                let labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
                cluster.namespaces.insert(name.clone(), labels);
                name
            }
        };
        let ports = peer.ports.iter().flatten().map(|port| ContainerPort {
            name: port.name.clone(),
            port: port.port,
            protocol: format!("{:?}", port.protocol).to_ascii_uppercase(),
        });
        let labels = peer.labels.clone().unwrap_or_default();
        let host_network = peer.host_network.unwrap_or_default();
        cluster.rows.push(Row::invented((&namespace, &peer.id), labels, ports.collect(), host_network));
    }
}

/// The name of a peer that stands for the addresses of a domain.
pub fn domain(peer: &Peer) -> Option<&str> {
    peer.id.strip_prefix("domain:")
}

/// Checks that each domain name of the policies is a peer, and no other one.
fn same_domains(cluster: &Cluster, peers: &[Peer]) -> Result<(), Complaint> {
    let found: BTreeSet<&str> = peers.iter().filter_map(domain).collect();
    let expected = cluster.domains();
    ensure(found == expected, || format!("the domains are {found:?}, not {expected:?}"))
}

/// What to ask about for one peer: its pods, or the first and last addresses of some of its ranges.
pub(crate) fn sides<'a>(
    peer: &'a Peer,
    cluster: &'a Cluster,
    peers: &[Peer],
) -> Result<Vec<Side<'a>>, Complaint> {
    match peer.peer_type {
        PeerType::Workload => {
            let rows = cluster.rows.iter().filter(|row| is_row(peer, row, cluster, peers));
            Ok(rows.map(Side::Pods).collect())
        }
        PeerType::Hypothetical => {
            let rows =
                cluster.rows.iter().filter(|row| row.owner.kind.is_empty() && row.owner.name == peer.id);
            Ok(rows.map(Side::Pods).collect())
        }
        PeerType::External if domain(peer).is_some() => {
            Ok(domain(peer).map(Side::Domain).into_iter().collect())
        }
        PeerType::External => {
            let cidrs = cidrs(peer)?;
            let mut places = vec![0, cidrs.len() / 2, cidrs.len().saturating_sub(1)];
            places.dedup();
            let cidrs = places.into_iter().filter_map(|at| cidrs.get(at));
            let mut addresses: Vec<IpAddr> =
                cidrs.flat_map(|cidr| [cidr.network(), cidr.broadcast()]).collect();
            addresses.dedup();
            Ok(addresses.into_iter().map(Side::Address).collect())
        }
    }
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

/// Whether one of these caveats says that the two ends meet family by family: then both may allow what the cell does not.
pub fn meets_by_family(caveats: &[String]) -> bool {
    caveats.iter().any(|caveat| caveat.starts_with("addresses of one family meet only"))
}

/// Checks that the external peers divide all addresses among them, each with the shortest list of CIDRs.
///
/// # Errors
/// Two ranges that overlap, a gap, or a list that could be shorter.
pub fn addresses_are_divided(analysis: &Analysis) -> Result<(), Complaint> {
    let mut ranges: BTreeMap<(bool, u128), (u128, String)> = BTreeMap::new();
    let peers = analysis.summary.peers.iter();
    for peer in peers.filter(|peer| peer.peer_type == PeerType::External && domain(peer).is_none()) {
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
pub fn block_ends_equal_oracle(analysis: &Analysis, objects: &[Value]) -> Result<(), Complaint> {
    let cluster = analysis.oracle(objects);
    let peers = &analysis.summary.peers;
    let ports = BTreeSet::from([80]);
    let ends: BTreeSet<IpAddr> =
        cluster.blocks().iter().flat_map(|block| [block.first, block.last]).collect();
    for end in ends {
        let range = peers.iter().position(|peer| {
            peer.peer_type == PeerType::External
                && cidrs(peer).unwrap_or_default().iter().any(|cidr| cidr.contains(&end))
        });
        let Some(range) = range else { return Err(format!("no peer holds {end}")) };
        for row in &cluster.rows {
            let place = peers.iter().position(|peer| is_row(peer, row, &cluster, peers));
            let Some(place) = place else { return Err(format!("no row is for {:?}", row.owner)) };
            let (pods, outside) = (Side::Pods(row), Side::Address(end));
            check_cell(analysis, &cluster, (place, range), (pods, outside), &ports)?;
            check_cell(analysis, &cluster, (range, place), (outside, pods), &ports)?;
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
