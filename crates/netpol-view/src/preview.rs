//! A change to the input, before it is made: its texts, and the cells that it changes.

use std::collections::HashMap;

use netpol_eval::{ConnectionSet, Evaluation, Peer, PeerId};
use netpol_source::{Edit, FileId, LineKind, SourceFile, Sources, apply_edits};

use crate::contract::{self, CellChange, DiffKind, FileDiff, Preview};
use crate::convert;
use crate::outside::Outside;

/// Cells that a preview lists.
const MOST_CHANGES: usize = 1000;

/// A change to the files.
#[derive(Debug)]
pub(crate) struct Change {
    /// What it does.
    pub(crate) message: String,
    /// In the files of the last analysis; ranges are bytes of a whole file.
    pub(crate) edits: Vec<(FileId, Edit)>,
}

impl Change {
    /// The texts after the change, its cells still to come; `None` where it cannot be made or does nothing.
    pub(crate) fn texts(self, sources: &Sources) -> Option<Preview> {
        let (mut files, mut diff) = (Vec::new(), Vec::new());
        for (id, file) in (0..).map(FileId).zip(sources.files()) {
            let of_file = self.edits.iter().filter(|(of, _)| *of == id);
            let edits: Vec<Edit> = of_file.map(|(_, edit)| edit.clone()).collect();
            let text = apply_edits(&file.text, &edits).ok()?;
            if text != file.text {
                let hunks = netpol_source::diff(&file.text, &edits).ok()?;
                diff.push(FileDiff {
                    file: file.name.clone(),
                    hunks: hunks.into_iter().map(|hunk| hunk.into_iter().map(line).collect()).collect(),
                });
            }
            files.push(SourceFile { name: file.name.clone(), text });
        }
        (!diff.is_empty()).then(|| Preview {
            message: self.message,
            files,
            diff,
            changed_cells: 0,
            changes: Vec::new(),
        })
    }
}

fn line(line: netpol_source::DiffLine) -> contract::DiffLine {
    contract::DiffLine {
        kind: match line.kind {
            LineKind::Same => DiffKind::Same,
            LineKind::Removed => DiffKind::Removed,
            LineKind::Added => DiffKind::Added,
        },
        line: u32::try_from(line.line).unwrap_or(u32::MAX),
        text: line.text,
    }
}

/// An evaluation with the ids of its peers, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identified<'a> {
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) peers: &'a [contract::Peer],
}

/// Counts and lists the cells that differ; workloads that come or go are left out, and addresses are compared with
/// what holds them now.
pub(crate) fn add_changes(
    preview: &mut Preview,
    old: &Evaluation,
    old_id: impl Fn(&str) -> Option<PeerId>,
    new: Identified<'_>,
) {
    let known = Outside::of(old);
    let before_of = |id: &str, peer: &Peer| match peer.external() {
        None => old_id(id),
        Some(range) => known.holding(range.address()),
    };
    let peers = new.peers.iter().zip(new.evaluation.peer_ids());
    let both: Vec<(&str, PeerId, PeerId)> = peers
        .filter_map(|(summary, (id, peer))| Some((summary.id.as_str(), before_of(&summary.id, peer)?, id)))
        .collect();
    let (old_sets, new_sets): (Vec<_>, Vec<_>) =
        (old.connections().collect(), new.evaluation.connections().collect());
    // By number of a new set: that of the same old one, so that cells are compared by number.
    let numbers: HashMap<&ConnectionSet, u32> = old_sets.iter().copied().zip(0..).collect();
    let same: Vec<Option<u32>> = new_sets.iter().map(|set| numbers.get(*set).copied()).collect();
    let row = |evaluation: &Evaluation, peer: PeerId| {
        evaluation.cells(peer.index()..peer.index() + 1, 0..evaluation.peers().len())
    };
    for (source, old_source, new_source) in &both {
        let (old_row, new_row) = (row(old, *old_source), row(new.evaluation, *new_source));
        for (destination, old_destination, new_destination) in &both {
            let before = old_row.get(old_destination.index()).copied().unwrap_or_default();
            let after = new_row.get(new_destination.index()).copied().unwrap_or_default() as usize;
            if same.get(after).copied().flatten() == Some(before) {
                continue;
            }
            let (Some(before), Some(after)) = (old_sets.get(before as usize), new_sets.get(after)) else {
                continue;
            };
            preview.changed_cells = preview.changed_cells.saturating_add(1);
            if preview.changes.len() < MOST_CHANGES {
                preview.changes.push(CellChange {
                    source: (*source).to_owned(),
                    destination: (*destination).to_owned(),
                    before: convert::connection_set(before),
                    after: convert::connection_set(after),
                });
            }
        }
    }
}
