//! Whether a change does to the cells what its fix promises.

use std::net::IpAddr;

use netpol_eval::{ConnectionSet, Evaluation, ExternalRange, Peer, PeerId};
use netpol_findings::{Finding, Promise, Witness};

use crate::preview::{ChangedCell, Identified, for_each_change};

/// Whether the fix of a finding keeps what its rule promises.
pub(crate) fn holds(
    finding: &Finding,
    old: &Evaluation,
    old_id: impl Fn(&str) -> Option<PeerId>,
    new: Identified<'_>,
) -> bool {
    let Some((promise, _)) = finding.rule.fix else { return false };
    let asked_for = asked_for(old, finding.witness);
    for_each_change(old, old_id, new, |cell| {
        let keeps = match promise {
            Promise::Narrows => !cell.opens(),
            Promise::Opens => !cell.closes() && is_only_about(&cell, &asked_for, new.evaluation),
            Promise::Keeps => false,
            Promise::Corrects => true,
        };
        keeps && !opens_metadata(&cell, new.evaluation)
    })
}

/// Whether a change opens this of one cell alone, and closes none.
pub(crate) fn opens_only(
    ends: [PeerId; 2],
    wanted: &ConnectionSet,
    old: &Evaluation,
    old_id: impl Fn(&str) -> Option<PeerId>,
    new: Identified<'_>,
) -> bool {
    for_each_change(old, old_id, new, |cell| {
        cell.old == ends && !cell.closes() && cell.before.union(wanted).includes(cell.after)
    })
}

/// The addresses outside that a finding is about.
fn asked_for(old: &Evaluation, witness: Option<Witness>) -> Vec<IpAddr> {
    let ends = witness.into_iter().flat_map(|witness| [witness.source, witness.destination]);
    ends.filter_map(|end| old.peer(end)?.external().map(ExternalRange::address)).collect()
}

/// Whether the addresses of a cell are among those that were asked for.
fn is_only_about(cell: &ChangedCell<'_>, asked_for: &[IpAddr], new: &Evaluation) -> bool {
    let mut ranges = cell.new.into_iter().filter_map(|end| new.peer(end)?.external());
    ranges.all(|range| asked_for.contains(&range.address()))
}

fn opens_metadata(cell: &ChangedCell<'_>, new: &Evaluation) -> bool {
    let [_, destination] = cell.new;
    let range = new.peer(destination).and_then(Peer::external);
    range.is_some_and(ExternalRange::is_metadata_endpoint) && cell.opens()
}
