//! What a change of the text does to the matrix.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netpol_view::contract::{CellChange, ConnectionSet, Peer};

use crate::analysis::Analysis;

/// The place of a peer in another analysis: by its id, or by the first of its addresses.
pub fn place_in(other: &Analysis, peer: &Peer) -> Option<usize> {
    let first = |peer: &Peer| -> Option<IpNet> { peer.cidrs.as_ref()?.first()?.parse().ok() };
    match first(peer) {
        None => other.place_of(&peer.id),
        Some(cidr) => other.summary.peers.iter().position(|range| {
            let mut ranges = range.cidrs.iter().flatten().filter_map(|range| range.parse::<IpNet>().ok());
            ranges.any(|range| range.contains(&cidr.network()))
        }),
    }
}

/// Changed cells by the ids of their ends.
pub type Changes = BTreeMap<(String, String), (String, String)>;

/// What a preview says that changes.
pub fn changes(changes: &[CellChange]) -> Changes {
    changes
        .iter()
        .map(|change| {
            let ends = (change.source.clone(), change.destination.clone());
            (ends, (change.before.text.clone(), change.after.text.clone()))
        })
        .collect()
}

/// What differs between two analyses, for the peers that both have.
pub fn difference(before: &Analysis, after: &Analysis) -> Changes {
    let peers = &after.summary.peers;
    after
        .pairs()
        .filter_map(|(source, destination)| {
            let (from, to) = (&peers[source], &peers[destination]);
            let old = before.cell(place_in(before, from)?, place_in(before, to)?);
            let new = after.cell(source, destination);
            let ends = (from.id.clone(), to.id.clone());
            (old.text != new.text).then(|| (ends, (old.text.clone(), new.text.clone())))
        })
        .collect()
}

/// Whether one set holds all of another.
pub fn includes(whole: &ConnectionSet, part: &ConnectionSet) -> bool {
    let pairs = [(&whole.tcp, &part.tcp), (&whole.udp, &part.udp), (&whole.sctp, &part.sctp)];
    pairs.into_iter().all(|(whole, part)| {
        part.iter().all(|(first, last)| whole.iter().any(|(start, end)| start <= first && last <= end))
    })
}
