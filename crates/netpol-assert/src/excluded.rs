//! Pairs that no policy can decide, whatever their classes: a pod and itself, a node and what runs on it.

use netpol_eval::{Evaluation, PeerId};
use netpol_source::{Budget, Exhausted, HashMap};

use crate::ends::End;
use crate::groups::{Groups, ids, is_judged};

/// How many pairs of two groups are left out.
#[derive(Debug, Default)]
pub(crate) struct Excluded {
    counts: HashMap<(u32, u32), u64>,
    /// By group of sources: whether there are any.
    any: Vec<bool>,
}

/// Whether a pair is left out, whatever policies say.
pub(crate) fn is_excluded(evaluation: &Evaluation, source: PeerId, destination: PeerId) -> bool {
    evaluation.matrix().is_open_anyway(source.index(), destination.index())
}

impl Excluded {
    pub(crate) fn new(
        evaluation: &Evaluation,
        (from, sources): (&End, &Groups),
        (to, destinations): (&End, &Groups),
        budget: &Budget,
    ) -> Result<Self, Exhausted> {
        let mut excluded = Self { counts: HashMap::default(), any: vec![false; sources.keys.len()] };
        let mut add = |source: PeerId, destination: PeerId| {
            let groups = sources.of(source).zip(destinations.of(destination));
            let Some(((of_source, source), (of_destination, destination))) = groups else { return };
            // What is not judged at all is not left out once more.
            if is_judged(source.standing, destination.standing) {
                *excluded.counts.entry((of_source, of_destination)).or_default() += 1;
                excluded.any.get_mut(of_source as usize).into_iter().for_each(|any| *any = true);
            }
        };
        let matrix = evaluation.matrix();
        budget.work(evaluation.peers().len())?;
        for id in ids(&from.peers).filter(|id| to.peers.contains(id.index())) {
            if matrix.is_itself(id.index(), id.index()) {
                add(id, id);
            }
        }
        if matrix.on_node.is_empty() {
            return Ok(excluded);
        }
        budget.work(2 * evaluation.peers().len())?;
        let by_node = |end: &End| {
            let mut by_node: HashMap<u32, Vec<PeerId>> = HashMap::default();
            for id in ids(&end.peers) {
                if let Some(node) = matrix.node(id.index()) {
                    by_node.entry(node).or_default().push(id);
                }
            }
            by_node
        };
        let (of_sources, of_destinations) = (by_node(from), by_node(to));
        for (node, sources) in &of_sources {
            let Some(destinations) = of_destinations.get(node) else { continue };
            let nodes: Vec<PeerId> =
                destinations.iter().copied().filter(|id| matrix.is_node(id.index())).collect();
            for source in sources.iter().copied() {
                let others = if matrix.is_node(source.index()) { destinations } else { &nodes };
                budget.work(others.len())?;
                let others = others.iter().copied();
                let others = others.filter(|other| !matrix.is_itself(source.index(), other.index()));
                others.for_each(|destination| add(source, destination));
            }
        }
        Ok(excluded)
    }

    /// How many pairs of two groups are left out.
    pub(crate) fn count(&self, source: u32, destination: u32) -> u64 {
        if self.any.get(source as usize) != Some(&true) {
            return 0;
        }
        self.counts.get(&(source, destination)).copied().unwrap_or_default()
    }
}
