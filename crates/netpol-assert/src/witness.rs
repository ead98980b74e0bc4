//! The shortest counterexample: the first pair that is not as expected, and a port.

use netpol_eval::{ConnectionSet, Evaluation, PeerId, Workload};
use netpol_manifest::Protocol;
use netpol_source::Exhausted;

use crate::excluded::is_excluded;
use crate::groups::{Key, Rank, Standing, ids, is_judged};
use crate::outcome::{Expect, Witness};
use crate::verdict::{Asked, Cells, Memory, Verdict};

/// The first connection of this verdict: between workloads of the input before those with others, and these before what is
/// outside; then in the order of the matrix. `may` tells of which groups of sources there is one of a rank.
pub(crate) fn first(
    cells: &Cells<'_>,
    asked: &Asked,
    wanted: Verdict,
    may: impl Fn(u32, Rank) -> bool,
    memory: &mut Memory,
) -> Option<Witness> {
    for rank in Rank::ALL {
        for source in ids(&asked.from.peers) {
            let Some((group, from)) = asked.sources.of(source) else { continue };
            if !may(group, rank) {
                continue;
            }
            match of_source(cells, asked, (wanted, rank), (source, from), memory) {
                Ok(Some(found)) => return Some(found),
                Ok(None) => {}
                Err(Exhausted) => return None,
            }
        }
    }
    None
}

fn of_source(
    cells: &Cells<'_>,
    asked: &Asked,
    (wanted, rank): (Verdict, Rank),
    (source, from): (PeerId, &Key),
    memory: &mut Memory,
) -> Result<Option<Witness>, Exhausted> {
    cells.budget.work(asked.to.peers.len())?;
    for destination in ids(&asked.to.peers) {
        let Some((_, to)) = asked.destinations.of(destination) else { continue };
        if from.rank.max(to.rank) != rank
            || !is_judged(from.standing, to.standing)
            || is_excluded(cells.evaluation, source, destination)
        {
            continue;
        }
        if cells.verdict(asked, (from, to), (&source, &destination), memory)? == wanted {
            return Ok(witness(cells.evaluation, asked, wanted, (source, from), (destination, to)));
        }
    }
    Ok(None)
}

fn witness(
    evaluation: &Evaluation,
    asked: &Asked,
    wanted: Verdict,
    (source, from): (PeerId, &Key),
    (destination, to): (PeerId, &Key),
) -> Option<Witness> {
    let ports = asked.ports.get(to.ports)?;
    let [least, most] = match wanted {
        Verdict::Depends => {
            evaluation.bounds(source, destination).unwrap_or([ConnectionSet::NONE, ConnectionSet::all()])
        }
        _ => {
            [evaluation.allowed(source, destination).clone(), evaluation.allowed(source, destination).clone()]
        }
    };
    let broken = match asked.expect {
        Expect::Allow => ports.difference(&least),
        Expect::Deny => most.intersection(ports),
    };
    let workload = evaluation.peer(destination).and_then(|peer| peer.workload());
    let (protocol, port) = telling_port(workload, &broken)?;
    let address = |end: &crate::ends::End, id: PeerId| {
        let range = evaluation.peer(id)?.external()?;
        end.addresses.first_in(range).0
    };
    let address = address(&asked.from, source).or_else(|| address(&asked.to, destination));
    let is_decided = from.standing == Standing::Pod || to.standing == Standing::Pod;
    let on_host_network = (!is_decided).then(|| {
        let is_named = |key: &Key| key.standing == Standing::NamedOnHost;
        if is_named(from) && !is_named(to) { source } else { destination }
    });
    Some(Witness { source, destination, protocol, port, address, on_host_network })
}

/// The ports that people know, in this order.
const USUAL: [(Protocol, u16); 5] = [
    (Protocol::Tcp, 80),
    (Protocol::Tcp, 443),
    (Protocol::Udp, 53),
    (Protocol::Tcp, 53),
    (Protocol::Tcp, 8080),
];

/// A port of a set: one that the destination declares before one that people know, and that before the lowest.
pub fn telling_port(destination: Option<&Workload>, set: &ConnectionSet) -> Option<(Protocol, u16)> {
    let declared = destination.into_iter().flat_map(|workload| workload.declared_ports());
    let mut declared = declared.map(|port| (port.protocol, port.port));
    let is_in = |(protocol, port): &(Protocol, u16)| set.contains(*protocol, *port);
    declared.find(is_in).or_else(|| USUAL.into_iter().find(is_in)).or_else(|| set.first())
}
