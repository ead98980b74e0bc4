//! A change to the input, before it is made: its texts, and the cells that it changes.

use std::net::IpAddr;

use ipnet::IpNet;
use netpol_eval::{Evaluation, Peer, PeerId};
use netpol_source::{Edit, FileId, LineKind, SourceFile, Sources, apply_edits, order};

use crate::contract::{self, CellChange, DiffKind, FileDiff, Preview};
use crate::summary;

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

/// Which peer outside holds an address.
struct Addresses {
    /// Disjoint, in order.
    networks: Vec<(IpNet, PeerId)>,
}

impl Addresses {
    fn of(evaluation: &Evaluation) -> Self {
        let ranges = evaluation.peer_ids().filter_map(|(id, peer)| Some((id, peer.external()?)));
        let networks = ranges.flat_map(|(id, range)| range.cidrs().into_iter().map(move |cidr| (cidr, id)));
        let mut networks: Vec<(IpNet, PeerId)> = networks.collect();
        order::sort_by_key(&mut networks, |(network, _)| *network);
        Self { networks }
    }

    fn holding(&self, address: IpAddr) -> Option<PeerId> {
        let behind = self.networks.partition_point(|(network, _)| network.network() <= address);
        let (network, id) = self.networks.get(behind.checked_sub(1)?)?;
        network.contains(&address).then_some(*id)
    }
}

/// Counts and lists the cells that differ; workloads that come or go are left out, and addresses are compared with
/// what holds them now.
pub(crate) fn add_changes(
    preview: &mut Preview,
    old: &Evaluation,
    old_id: impl Fn(&str) -> Option<PeerId>,
    new: Identified<'_>,
) {
    let known = Addresses::of(old);
    let before_of = |id: &str, peer: &Peer| match peer.external() {
        None => old_id(id),
        Some(range) => known.holding(range.address()),
    };
    let peers = new.peers.iter().zip(new.evaluation.peer_ids());
    let both: Vec<(&str, PeerId, PeerId)> = peers
        .filter_map(|(summary, (id, peer))| Some((summary.id.as_str(), before_of(&summary.id, peer)?, id)))
        .collect();
    for (source, old_source, new_source) in &both {
        for (destination, old_destination, new_destination) in &both {
            let before = old.allowed(*old_source, *old_destination);
            let after = new.evaluation.allowed(*new_source, *new_destination);
            if before == after {
                continue;
            }
            preview.changed_cells = preview.changed_cells.saturating_add(1);
            if preview.changes.len() < MOST_CHANGES {
                preview.changes.push(CellChange {
                    source: (*source).to_owned(),
                    destination: (*destination).to_owned(),
                    before: summary::connection_set(before),
                    after: summary::connection_set(after),
                });
            }
        }
    }
}
