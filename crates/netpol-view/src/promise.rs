//! Whether a change does to the cells what its fix promises.

use netpol_eval::{ConnectionSet, Evaluation, Peer, PeerId};
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
    for_each_change(old, old_id, new, |cell| {
        let keeps = match promise {
            Promise::Narrows => !cell.opens(),
            Promise::Opens => !cell.closes() && is_only_about(&cell, finding.witness, old),
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

/// Whether the addresses of a cell are, or are part of, those that a finding is about.
fn is_only_about(cell: &ChangedCell<'_>, witness: Option<Witness>, old: &Evaluation) -> bool {
    let asked_for =
        |end: &PeerId| witness.is_some_and(|asked| [asked.source, asked.destination].contains(end));
    let is_outside = |end: &PeerId| old.peer(*end).is_some_and(|peer| peer.external().is_some());
    cell.old.iter().filter(|end| is_outside(end)).all(asked_for)
}

fn opens_metadata(cell: &ChangedCell<'_>, new: &Evaluation) -> bool {
    let [_, destination] = cell.new;
    let range = new.peer(destination).and_then(Peer::external);
    range.is_some_and(|range| range.metadata_endpoints().next().is_some()) && cell.opens()
}
