//! Whether expectations hold: group by group, so that what nothing can tell apart is judged once.

use netpol_eval::{ConnectionSet, Evaluation, NamespaceId, PeerId};
use netpol_manifest::{ConnectivityTest, Expectation, Resource};
use netpol_source::{Exhausted, TextRange, order};

use crate::ends::{End, end_of};
use crate::excluded::Excluded;
use crate::groups::{Groups, Rank, Sets, ids, is_judged};
use crate::missing::Missing;
use crate::outcome::{Expect, Outcome, Side, Status, TestOutcome, Unknown, Void};
use crate::ports::{PortsWanted, ports_of};
use crate::verdict::{Asked, Cells, Memory, Verdict};
use crate::witness;

/// Steps of work for all tests of an input: about a second in a browser.
const WORK: u64 = 400_000_000;

/// What becomes of all tests of an evaluation, in the order of the input.
pub fn judge_all(evaluation: &Evaluation, missing: &Missing) -> Vec<TestOutcome> {
    let judge = Judge::new(evaluation, missing);
    let tests = evaluation.cluster().tests.iter().filter_map(|test| {
        let Resource::ConnectivityTest(content) = &test.object().resource else { return None };
        Some(TestOutcome { test: test.clone(), expectations: judge.test(content) })
    });
    tests.collect()
}

/// Judges expectations against one evaluation.
#[derive(Debug)]
pub struct Judge<'a> {
    cells: Cells<'a>,
    missing: &'a Missing,
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

impl<'a> Judge<'a> {
    /// A judge with all of the work that the tests of one input may cost.
    pub fn new(evaluation: &'a Evaluation, missing: &'a Missing) -> Self {
        Self::within(evaluation, missing, WORK)
    }

    /// The same with so many steps of work.
    pub fn within(evaluation: &'a Evaluation, missing: &'a Missing, work: u64) -> Self {
        Self { cells: Cells::new(evaluation, work), missing }
    }

    /// What becomes of all expectations of a test, in their order.
    pub fn test(&self, test: &ConnectivityTest) -> Vec<Outcome> {
        let allow = test.allow.iter().map(|one| self.expectation(Expect::Allow, one));
        allow.chain(test.deny.iter().map(|one| self.expectation(Expect::Deny, one))).collect()
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
        let evaluation = self.cells.evaluation;
        let wanted = ports_of(expect, expectation);
        let end = |side| end_of(evaluation, expect, side, expectation, &self.cells.budget);
        let (from, mut to) = (end(Side::From)?, end(Side::To)?);
        // What is outside by a domain's name is never a source.
        let void = from.void(Side::From).or_else(|| to.void(Side::To));
        let (ports, of_destination, no_such_port) = self.ports(&wanted, &mut to)?;
        let sources = Groups::new(evaluation, self.missing, &from, |_| (0, 0), &self.cells.budget)?;
        let of = |id: PeerId| of_destination.get(id.index()).copied().unwrap_or_default();
        let destinations = Groups::new(evaluation, self.missing, &to, of, &self.cells.budget)?;
        let namespaces = self.namespaces(&[&from, &to]);
        let asked = Asked { expect, from, to, sources, destinations, ports };
        let excluded = Excluded::new(
            evaluation,
            (&asked.from, &asked.sources),
            (&asked.to, &asked.destinations),
            &self.cells.budget,
        )?;
        let mut memory = Memory::default();
        let mut counts = Counts::default();
        // By group of sources and rank of the pair: whether some pair failed, and whether some depends.
        let mut broken = vec![[[false; 2]; 3]; asked.sources.keys.len()];
        for (source, from, sources) in asked.sources.iter() {
            self.cells.budget.work(2 * asked.destinations.keys.len())?;
            for (destination, to, destinations) in asked.destinations.iter() {
                if !is_judged(from.standing, to.standing) {
                    continue;
                }
                let all = sources.len() as u64 * destinations.len() as u64;
                let count = all.saturating_sub(excluded.count(source, destination));
                let pair = sources.first().zip(destinations.first());
                let Some(pair) = pair.filter(|_| count > 0) else { continue };
                counts.pairs += count;
                let verdict = self.cells.verdict(&asked, (from, to), pair, &mut memory)?;
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
            witness::first(&self.cells, &asked, wanted, may, &mut memory)
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
    ) -> Result<(Sets, Vec<(u32, u32)>, Option<TextRange>), Exhausted> {
        let mut sets = Sets::default();
        let mut doubtful = Sets::default();
        let mut of = vec![(0, 0); self.cells.evaluation.peers().len()];
        let mut known = wanted.nothing_known();
        let same = wanted.are_the_same_everywhere().then(|| wanted.at(None));
        let nothing = doubtful.number(ConnectionSet::NONE);
        let ids: Vec<PeerId> = ids(&to.peers).collect();
        self.cells.budget.work(4 * ids.len())?;
        for id in ids {
            let workload = self.cells.evaluation.peer(id).and_then(|peer| peer.workload());
            let at = match (&same, workload) {
                (Some(same), _) => same.clone(),
                (None, workload) => {
                    let declared = workload.map_or(0, |one| one.ports.iter().map(Vec::len).sum());
                    self.cells.budget.work(wanted.names().saturating_mul(1 + declared))?;
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
                if is_plain { nothing } else { doubtful.number(self.cells.evaluation.doubtful_ports(id)) };
            if let Some(of) = of.get_mut(id.index()) {
                *of = (sets.number(at), in_doubt);
            }
        }
        Ok((sets, of, wanted.first_unknown(&known)))
    }

    /// The namespaces of the pods of some ends.
    fn namespaces(&self, ends: &[&End]) -> Vec<NamespaceId> {
        let peers = ends.iter().flat_map(|end| ids(&end.peers));
        let workloads = peers.filter_map(|id| self.cells.evaluation.peer(id)?.workload());
        let mut namespaces: Vec<NamespaceId> = workloads.map(|workload| workload.namespace).collect();
        order::sort_and_dedup(&mut namespaces);
        namespaces
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
