//! Whether expectations hold: group by group, so that what nothing can tell apart is judged once.

use netpol_eval::matrix::{CERTAIN, NOT_EVALUATED};
use netpol_eval::{ConnectionSet, Evaluation, NamespaceId, PeerId};
use netpol_manifest::{Expectation, Resource};
use netpol_source::{Budget, Exhausted, HashMap, order};

use crate::ends::{End, Side, end_of};
use crate::excluded::Excluded;
use crate::groups::{Groups, Key, Rank, Sets, is_judged};
use crate::missing::Missing;
use crate::outcome::{Expect, Outcome, Status, TestOutcome, Unknown, Void};
use crate::ports::{PortsWanted, ports_of};
use crate::witness;

/// Steps of work for all tests of an input: about a second in a browser.
const WORK: u64 = 400_000_000;

/// What finding out the bounds of a cell costs, in steps.
const BOUNDS: usize = 400;

/// What becomes of all tests of an evaluation, in the order of the input.
pub fn judge_all(evaluation: &Evaluation, missing: &Missing) -> Vec<TestOutcome> {
    let judge = Judge::new(evaluation, missing);
    let tests = evaluation.cluster().tests.iter().filter_map(|test| {
        let Resource::ConnectivityTest(content) = &test.object().resource else { return None };
        let allow = content.allow.iter().map(|one| (Expect::Allow, one));
        let deny = content.deny.iter().map(|one| (Expect::Deny, one));
        let expectations = allow.chain(deny).map(|(expect, one)| judge.expectation(expect, one)).collect();
        Some(TestOutcome { test: test.clone(), expectations })
    });
    tests.collect()
}

/// Judges expectations against one evaluation.
#[derive(Debug)]
pub struct Judge<'a> {
    pub(crate) evaluation: &'a Evaluation,
    missing: &'a Missing,
    /// By number of a cell: what it allows.
    connections: Vec<&'a ConnectionSet>,
    budget: Budget,
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

/// What comes of all pairs.
#[derive(Default)]
struct Counts {
    pairs: u64,
    failed: u64,
    depends: u64,
    not_evaluated: u64,
    missing: u64,
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

impl<'a> Judge<'a> {
    /// A judge with all of the work that the tests of one input may cost.
    pub fn new(evaluation: &'a Evaluation, missing: &'a Missing) -> Self {
        Self::within(evaluation, missing, WORK)
    }

    /// The same with so many steps of work.
    pub fn within(evaluation: &'a Evaluation, missing: &'a Missing, work: u64) -> Self {
        let connections = evaluation.connections().collect();
        Self { evaluation, missing, connections, budget: Budget::new(work, u64::MAX) }
    }

    /// What becomes of one expectation. What there is too much of is unknown.
    pub fn expectation(&self, expect: Expect, expectation: &Expectation) -> Outcome {
        self.judged(expect, expectation).unwrap_or_else(|Exhausted| Outcome {
            expect,
            status: Status::Unknown(Unknown::TooMuch),
            pairs: 0,
            broken: 0,
            witness: None,
            idle: Vec::new(),
            namespaces: Vec::new(),
        })
    }

    fn judged(&self, expect: Expect, expectation: &Expectation) -> Result<Outcome, Exhausted> {
        let evaluation = self.evaluation;
        let wanted = ports_of(expect, expectation);
        let end = |side| end_of(evaluation, expect, side, expectation, &self.budget);
        let (from, mut to) = (end(Side::From)?, end(Side::To)?);
        // What is outside by a domain's name is never a source.
        let void = from.void(Side::From).or_else(|| to.void(Side::To));
        let (ports, of_destination, no_such_port) = self.ports(&wanted, &mut to)?;
        let sources = Groups::new(evaluation, self.missing, &from, |_| (0, 0), &self.budget)?;
        let of = |id: PeerId| of_destination.get(id.index()).copied().unwrap_or_default();
        let destinations = Groups::new(evaluation, self.missing, &to, of, &self.budget)?;
        let namespaces = self.namespaces(&[&from, &to]);
        let asked = Asked { expect, from, to, sources, destinations, ports };
        let excluded = Excluded::new(
            evaluation,
            (&asked.from, &asked.sources),
            (&asked.to, &asked.destinations),
            &self.budget,
        )?;
        let mut memory = Memory::default();
        let mut counts = Counts::default();
        // By group of sources and rank of the pair: whether some pair failed, and whether some depends.
        let mut broken = vec![[[false; 2]; 3]; asked.sources.keys.len()];
        for (source, from, sources) in asked.sources.iter() {
            self.budget.work(2 * asked.destinations.keys.len())?;
            for (destination, to, destinations) in asked.destinations.iter() {
                if !is_judged(from.standing, to.standing) {
                    continue;
                }
                let all = sources.len() as u64 * destinations.len() as u64;
                let count = all.saturating_sub(excluded.count(source, destination));
                let pair = sources.first().zip(destinations.first());
                let Some(pair) = pair.filter(|_| count > 0) else { continue };
                counts.pairs += count;
                let verdict = self.verdict(&asked, (from, to), pair, &mut memory)?;
                let kind = match verdict {
                    Verdict::Holds => continue,
                    Verdict::Missing => {
                        counts.missing += count;
                        continue;
                    }
                    Verdict::NotEvaluated => {
                        counts.not_evaluated += count;
                        continue;
                    }
                    Verdict::Failed => {
                        counts.failed += count;
                        0
                    }
                    Verdict::Depends => {
                        counts.depends += count;
                        1
                    }
                };
                let rank = from.rank.max(to.rank);
                let of_rank = broken.get_mut(source as usize).and_then(|ranks| ranks.get_mut(rank as usize));
                of_rank.and_then(|kinds| kinds.get_mut(kind)).into_iter().for_each(|is| *is = true);
            }
        }
        let is_left_out = !evaluation.cluster().left_out.workloads.is_empty()
            && (asked.from.may_name_pods || asked.to.may_name_pods);
        let void = void.or(no_such_port.map(Void::NoSuchPort));
        let (status, count) = status(&counts, void, is_left_out, asked.to.peers.is_clear());
        let wanted = match status {
            Status::Failed => Some((Verdict::Failed, 0)),
            Status::Depends => Some((Verdict::Depends, 1)),
            _ => None,
        };
        let witness = wanted.and_then(|(wanted, kind)| {
            let may = |source: u32, rank: Rank| {
                let ranks = broken.get(source as usize).and_then(|ranks| ranks.get(rank as usize));
                ranks.and_then(|kinds| kinds.get(kind)) == Some(&true)
            };
            witness::first(self, &asked, wanted, may, &mut memory)
        });
        let idle = asked.from.idle.into_iter().chain(asked.to.idle).collect();
        Ok(Outcome { expect, status, pairs: counts.pairs, broken: count, witness, idle, namespaces })
    }

    /// The sets of ports; by peer, which of them is asked about there, and which numbers of names are in doubt. Takes
    /// destinations out at which nothing is asked about. And the place of a name that none of them has.
    #[expect(clippy::type_complexity, reason = "three parts of one answer, taken apart at once")]
    fn ports(
        &self,
        wanted: &PortsWanted<'_>,
        to: &mut End,
    ) -> Result<(Sets, Vec<(u32, u32)>, Option<netpol_source::TextRange>), Exhausted> {
        let mut sets = Sets::default();
        let mut doubtful = Sets::default();
        let mut of = vec![(0, 0); self.evaluation.peers().len()];
        let mut known = wanted.nothing_known();
        let same = wanted.are_the_same_everywhere().then(|| wanted.at(None));
        let nothing = doubtful.number(ConnectionSet::NONE);
        let ids: Vec<PeerId> = crate::groups::ids(&to.peers).collect();
        self.budget.work(4 * ids.len())?;
        for id in ids {
            let workload = self.evaluation.peer(id).and_then(|peer| peer.workload());
            let at = match (&same, workload) {
                (Some(same), _) => same.clone(),
                (None, workload) => {
                    let declared = workload.map_or(0, |one| one.ports.iter().map(Vec::len).sum());
                    self.budget.work(wanted.names().saturating_mul(1 + declared))?;
                    wanted.at(workload)
                }
            };
            if let Some(workload) = workload {
                wanted.mark_known(workload, &mut known);
            }
            if at.is_empty() {
                to.peers.set(id.index(), false);
                continue;
            }
            let is_plain = workload.is_none_or(|workload| workload.ports.iter().all(Vec::is_empty));
            let in_doubt =
                if is_plain { nothing } else { doubtful.number(self.evaluation.doubtful_ports(id)) };
            if let Some(of) = of.get_mut(id.index()) {
                *of = (sets.number(at), in_doubt);
            }
        }
        Ok((sets, of, wanted.first_unknown(&known)))
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

    pub(crate) fn work(&self, steps: usize) -> Result<(), Exhausted> {
        self.budget.work(steps)
    }

    /// The namespaces of the pods of some ends.
    fn namespaces(&self, ends: &[&End]) -> Vec<NamespaceId> {
        let peers = ends.iter().flat_map(|end| crate::groups::ids(&end.peers));
        let workloads = peers.filter_map(|id| self.evaluation.peer(id)?.workload());
        let mut namespaces: Vec<NamespaceId> = workloads.map(|workload| workload.namespace).collect();
        order::sort_and_dedup(&mut namespaces);
        namespaces
    }
}

/// Whether what is allowed at least and at most is as expected.
fn is_kept(expect: Expect, ports: &ConnectionSet, [least, most]: [&ConnectionSet; 2]) -> bool {
    match expect {
        Expect::Allow => least.includes(ports),
        Expect::Deny => most.intersection(ports).is_empty(),
    }
}

/// What of all pairs together comes, and how many of them make it so.
fn status(counts: &Counts, void: Option<Void>, is_left_out: bool, no_ports: bool) -> (Status, u64) {
    if counts.failed > 0 {
        return (Status::Failed, counts.failed);
    }
    if counts.missing > 0 {
        return (Status::Unknown(Unknown::MissingPolicies), counts.missing);
    }
    if counts.not_evaluated > 0 {
        return (Status::Unknown(Unknown::NotEvaluated), counts.not_evaluated);
    }
    if is_left_out {
        return (Status::Unknown(Unknown::LeftOutWorkloads), 0);
    }
    if let Some(void) = void {
        return (Status::Void(void), 0);
    }
    if counts.pairs == 0 {
        return (Status::Void(if no_ports { Void::NoPorts } else { Void::NoPairs }), 0);
    }
    if counts.depends > 0 {
        return (Status::Depends, counts.depends);
    }
    (Status::Passed, 0)
}
