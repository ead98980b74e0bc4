//! What an expectation makes of a pair, found out once for all pairs that nothing tells apart.

use netpol_eval::matrix::{CERTAIN, NOT_EVALUATED};
use netpol_eval::{ConnectionSet, Evaluation, PeerId};
use netpol_source::{Budget, Exhausted, HashMap};

use crate::ends::End;
use crate::groups::{Groups, Key, Sets};
use crate::outcome::Expect;

/// What finding out the bounds of a cell costs, in steps.
const BOUNDS: usize = 400;

/// The cells of an evaluation, and how much work may be spent on them.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    pub(crate) evaluation: &'a Evaluation,
    /// By number of a cell: what it allows.
    connections: Vec<&'a ConnectionSet>,
    pub(crate) budget: Budget,
}

/// An expectation, as far as it does not depend on what is allowed.
pub(crate) struct Asked {
    pub(crate) expect: Expect,
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) sources: Groups,
    pub(crate) destinations: Groups,
    /// The ports by their number in the keys of destinations.
    pub(crate) ports: Sets,
}

/// What an expectation makes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Holds,
    Failed,
    Depends,
    NotEvaluated,
    Missing,
}

/// What was found out of cells, so that it is found out once.
#[derive(Default)]
pub(crate) struct Memory {
    /// By set of ports and number of the cell.
    chosen: Vec<Vec<Option<bool>>>,
    bounds: HashMap<(u32, Key), bool>,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(evaluation: &'a Evaluation, work: u64) -> Self {
        let connections = evaluation.connections().collect();
        Self { evaluation, connections, budget: Budget::new(work, u64::MAX) }
    }

    /// What an expectation makes of the pairs of two groups, by one pair of them.
    pub(crate) fn verdict(
        &self,
        asked: &Asked,
        (from, to): (&Key, &Key),
        (source, destination): (&PeerId, &PeerId),
        memory: &mut Memory,
    ) -> Result<Verdict, Exhausted> {
        if from.is_missing || to.is_missing {
            return Ok(Verdict::Missing);
        }
        let matrix = self.evaluation.matrix();
        let certainty = matrix.certainty_of_classes(source.index(), destination.index());
        if certainty == NOT_EVALUATED {
            return Ok(Verdict::NotEvaluated);
        }
        let Some(ports) = asked.ports.get(to.ports) else { return Ok(Verdict::NotEvaluated) };
        let cell = matrix.of_classes(source.index(), destination.index()) as usize;
        if memory.chosen.is_empty() {
            memory.chosen = vec![Vec::new(); asked.ports.len()];
        }
        let Some(known) = memory.chosen.get_mut(to.ports as usize) else { return Ok(Verdict::NotEvaluated) };
        if known.is_empty() {
            self.budget.work(8 * self.connections.len())?;
            known.resize(self.connections.len(), None);
        }
        let Some(known) = known.get_mut(cell) else { return Ok(Verdict::NotEvaluated) };
        let is_broken = match *known {
            Some(is_broken) => is_broken,
            None => {
                self.budget.work(20)?;
                let allowed = self.connections.get(cell);
                let is_broken =
                    allowed.is_none_or(|allowed| !is_kept(asked.expect, ports, [allowed, allowed]));
                *known.insert(is_broken)
            }
        };
        if is_broken {
            return Ok(Verdict::Failed);
        }
        if certainty == CERTAIN {
            return Ok(Verdict::Holds);
        }
        // The rank and the standing do not matter here, and do no harm.
        let key = (from.class, *to);
        let depends = match memory.bounds.get(&key) {
            Some(depends) => *depends,
            None => {
                self.budget.work(BOUNDS)?;
                let bounds = self.evaluation.bounds(*source, *destination);
                let depends =
                    bounds.is_none_or(|[least, most]| !is_kept(asked.expect, ports, [&least, &most]));
                memory.bounds.insert(key, depends);
                depends
            }
        };
        Ok(if depends { Verdict::Depends } else { Verdict::Holds })
    }
}

/// Whether what is allowed at least and at most is as expected.
fn is_kept(expect: Expect, ports: &ConnectionSet, [least, most]: [&ConnectionSet; 2]) -> bool {
    match expect {
        Expect::Allow => least.includes(ports),
        Expect::Deny => most.intersection(ports).is_empty(),
    }
}
