//! A change to the input, before it is made: its texts, and the cells that it changes.

use std::collections::BTreeMap;

use ipnet::IpNet;
use netpol_eval::{ClassMatrix, ConnectionSet, Evaluation, Peer, PeerId};
use netpol_findings::Finding;
use netpol_source::{Edit, FileId, HashMap, HashSet, LineKind, SourceFile, Sources, TextRange, apply_edits};

use crate::contract::{self, CellChange, DiffKind, FileDiff, FindingChange, FindingChanges, Preview};
use crate::convert;
use crate::outside::Outside;
use crate::words;

/// Cells that a preview lists.
const MOST_CHANGES: usize = 1000;

/// A change to the files.
#[derive(Debug)]
pub(crate) struct Change {
    /// What it does.
    pub(crate) message: String,
    /// In the files of the last analysis; ranges are bytes of a whole file.
    pub(crate) edits: Vec<(FileId, Edit)>,
    /// Files that come behind those.
    pub(crate) added: Vec<SourceFile>,
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
        for file in self.added {
            let whole = Edit { range: TextRange::new(0, 0), replacement: file.text.clone() };
            let hunks = netpol_source::diff("", &[whole]).ok()?;
            let hunks = hunks.into_iter().map(|hunk| hunk.into_iter().map(line).collect()).collect();
            diff.push(FileDiff { file: file.name.clone(), hunks });
            files.push(file);
        }
        (!diff.is_empty()).then(|| Preview {
            message: self.message,
            files,
            diff,
            changed_cells: 0,
            changes: Vec::new(),
            findings: FindingChanges::default(),
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

/// The findings that come and go, evidence among them.
pub(crate) fn finding_changes<'a>(before: &'a [Finding], after: &'a [Finding]) -> FindingChanges {
    let all = |findings: &'a [Finding]| findings.iter().flat_map(Finding::with_evidence);
    let (gone, new) = without_pairs(all(before), all(after), |one| (one.rule.code, one.message.as_str()));
    // What is found of the same object by the same rule, in other words, neither comes nor goes.
    let (gone, new) = without_pairs(gone, new, |one| (one.rule.code, &one.subject));
    let told = |all: Vec<&Finding>| -> Vec<FindingChange> {
        let change =
            |one: &Finding| FindingChange { code: one.rule.code.to_string(), message: one.message.clone() };
        all.into_iter().map(change).collect()
    };
    FindingChanges { new: told(new), gone: told(gone) }
}

/// What is left of two lists without those that are the same in both, each as often as it is in both.
fn without_pairs<'a, K: Ord>(
    before: impl IntoIterator<Item = &'a Finding>,
    after: impl IntoIterator<Item = &'a Finding>,
    key: impl Fn(&'a Finding) -> K,
) -> (Vec<&'a Finding>, Vec<&'a Finding>) {
    let mut left: BTreeMap<K, Vec<&Finding>> = BTreeMap::new();
    let before: Vec<&Finding> = before.into_iter().collect();
    for one in &before {
        left.entry(key(one)).or_default().push(one);
    }
    let mut new = Vec::new();
    for one in after {
        if left.get_mut(&key(one)).and_then(Vec::pop).is_none() {
            new.push(one);
        }
    }
    let gone = |one: &&'a Finding| {
        left.get(&key(one)).is_some_and(|left| left.iter().any(|other| std::ptr::eq(*other, *one)))
    };
    (before.into_iter().filter(gone).collect(), new)
}

/// An evaluation with the ids of its peers, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identified<'a> {
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) peers: &'a [contract::Peer],
}

/// A cell that a change of the input changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChangedCell<'a> {
    /// The ids of its ends.
    pub(crate) ids: [&'a str; 2],
    /// The same as they are before the change: addresses may be told apart that were not.
    pub(crate) old: [PeerId; 2],
    /// And after it.
    pub(crate) new: [PeerId; 2],
    pub(crate) before: &'a ConnectionSet,
    pub(crate) after: &'a ConnectionSet,
}

impl ChangedCell<'_> {
    /// Whether something is allowed that was not.
    pub(crate) fn opens(&self) -> bool {
        !self.before.includes(self.after)
    }

    /// Whether something is allowed no more.
    pub(crate) fn closes(&self) -> bool {
        !self.after.includes(self.before)
    }
}

/// Counts and lists the cells that differ.
pub(crate) fn add_changes(
    preview: &mut Preview,
    old: &Evaluation,
    old_id: impl Fn(&str) -> Option<PeerId>,
    new: Identified<'_>,
) {
    for_each_change(old, old_id, new, |cell| {
        preview.changed_cells = preview.changed_cells.saturating_add(1);
        if preview.changes.len() < MOST_CHANGES {
            let [source, destination] = cell.ids.map(str::to_owned);
            preview.changes.push(CellChange {
                source,
                destination,
                before: convert::connection_set(cell.before),
                after: convert::connection_set(cell.after),
            });
        }
        true
    });
}

/// Visits the cells that differ until `visit` has seen enough; workloads that come or go are left out, and addresses are
/// compared with what holds them before and after. Whether it saw all.
pub(crate) fn for_each_change(
    old: &Evaluation,
    old_id: impl Fn(&str) -> Option<PeerId>,
    new: Identified<'_>,
    mut visit: impl FnMut(ChangedCell<'_>) -> bool,
) -> bool {
    let known = Outside::of(old);
    let before_of = |id: &str, peer: &Peer| match peer.external() {
        None => old_id(id),
        Some(range) => known.holding(range.address()),
    };
    let peers = new.peers.iter().zip(new.evaluation.peer_ids());
    let mut both: Vec<(&str, PeerId, PeerId)> = peers
        .filter_map(|(summary, (id, peer))| Some((summary.id.as_str(), before_of(&summary.id, peer)?, id)))
        .collect();
    let compared: HashSet<(PeerId, PeerId)> =
        both.iter().map(|(_, before, after)| (*before, *after)).collect();
    let joined = joined_ranges(old, new.evaluation);
    let joined: Vec<_> =
        joined.into_iter().filter(|(_, before, after)| !compared.contains(&(*before, *after))).collect();
    both.extend(joined.iter().map(|(id, before, after)| (id.as_str(), *before, *after)));
    let (old_sets, new_sets): (Vec<_>, Vec<_>) =
        (old.connections().collect(), new.evaluation.connections().collect());
    // By number of a new set: that of the same old one, so that cells are compared by number.
    let numbers: HashMap<&ConnectionSet, u32> = old_sets.iter().copied().zip(0..).collect();
    let same: Vec<Option<u32>> = new_sets.iter().map(|set| numbers.get(*set).copied()).collect();
    let (old, new) = (old.matrix(), new.evaluation.matrix());
    let is_same = |before: u32, after: u32| same.get(after as usize).copied().flatten() == Some(before);
    let pairs: Vec<Pair> =
        both.iter().map(|(_, old, new)| Pair { old: old.index(), new: new.index() }).collect();
    let groups = Groups::new(old, new, &pairs);
    // By group of sources, the groups of destinations with which cells may differ, as those of the classes do.
    let mut differing: Vec<Option<Vec<bool>>> = vec![None; groups.first.len()];
    for (at, (source, old_from, new_from)) in both.iter().enumerate() {
        let (Some(from), Some(group)) = (pairs.get(at), groups.of.get(at)) else { continue };
        let Some(differing) = differing.get_mut(*group as usize) else { continue };
        let differing = differing.get_or_insert_with(|| {
            let to = groups.first.iter();
            to.map(|to| {
                !groups.are_laid_over_alike
                    || !is_same(old.of_classes(from.old, to.old), new.of_classes(from.new, to.new))
            })
            .collect()
        });
        if !differing.contains(&true) {
            continue;
        }
        for ((destination, old_to, new_to), (to, group)) in both.iter().zip(pairs.iter().zip(&groups.of)) {
            if differing.get(*group as usize) != Some(&true) {
                continue;
            }
            let (before, after) = (old.cell(from.old, to.old), new.cell(from.new, to.new));
            if is_same(before, after) {
                continue;
            }
            let (Some(before), Some(after)) = (old_sets.get(before as usize), new_sets.get(after as usize))
            else {
                continue;
            };
            let ids = [*source, *destination];
            let (old, new) = ([*old_from, *old_to], [*new_from, *new_to]);
            if !visit(ChangedCell { ids, old, new, before, after }) {
                return false;
            }
        }
    }
    true
}

/// The ranges of addresses that a change no longer tells from others, with what holds them after it.
fn joined_ranges(old: &Evaluation, new: &Evaluation) -> Vec<(String, PeerId, PeerId)> {
    let ranges = new.peers().iter().filter_map(Peer::external);
    let still: HashSet<IpNet> = ranges.map(|range| range.network).collect();
    let known = Outside::of(new);
    let joined = old.peer_ids().filter_map(|(id, peer)| {
        let range = peer.external().filter(|range| !still.contains(&range.network))?;
        Some((words::peer_id(old, peer), id, known.holding(range.address())?))
    });
    joined.collect()
}

/// A peer before and after a change.
#[derive(Clone, Copy)]
struct Pair {
    old: usize,
    new: usize,
}

/// Peers that are of the same classes before and after a change.
struct Groups {
    /// By pair.
    of: Vec<u32>,
    /// By group: one of its pairs.
    first: Vec<Pair>,
    /// Whether what is laid over the classes is the same before and after.
    are_laid_over_alike: bool,
}

impl Groups {
    fn new(old: &ClassMatrix, new: &ClassMatrix, pairs: &[Pair]) -> Self {
        let mut numbers: HashMap<(Option<u32>, Option<u32>), u32> = HashMap::default();
        let mut first = Vec::new();
        let class = |matrix: &ClassMatrix, peer: usize| matrix.class_of.get(peer).copied();
        let of = pairs.iter().map(|pair| {
            *numbers.entry((class(old, pair.old), class(new, pair.new))).or_insert_with(|| {
                first.push(*pair);
                first.len() as u32 - 1
            })
        });
        let of = of.collect();
        let laid_over = |matrix: &ClassMatrix, peer: usize| {
            (matrix.is_itself(peer, peer), matrix.node(peer), matrix.is_node(peer))
        };
        let are_laid_over_alike =
            pairs.iter().all(|pair| laid_over(old, pair.old) == laid_over(new, pair.new));
        Self { of, first, are_laid_over_alike }
    }
}
