//! What an embedded page tells the page around it: how many there are of what, and how a lab went. Never a text or a name
//! that somebody wrote; `web/embed/netpol-playground.js` hands on what has this shape and nothing else.

use netpol_session::protocol::{Graded, Tested};
use netpol_view::contract::{DiagnosticSeverity, FindingSeverity, PeerType};
use netpol_view::sheet::Line;

use super::analysis::Analysis;
use super::matrix::sums::{Side, tally};

/// How many numbers there are of an analysis.
pub const COUNTS: usize = 15;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An analysis, counted; `web/embed/frame.js` names the numbers in this order: errors and warnings; workloads; policies;
    /// pairs of different workloads of which all ports, some or none are allowed, how many of these depend on more than the
    /// input says, and those that were not evaluated; findings from high to info; tests that passed and that did not.
    Result([u32; COUNTS]),
    /// How far a lab is.
    Graded {
        /// Its id.
        lab: String,
        /// Whether all is as it is asked for.
        passed: bool,
        /// The goals in the order of the lab, and whether each is reached.
        goals: Vec<(String, bool)>,
    },
}

impl Told {
    /// What an analysis and its policy tests come to.
    pub fn result(analysis: &Analysis, tests: Option<&Tested>) -> Self {
        let summary = &analysis.summary;
        let (passed, failed) = tests.map_or((0, 0), |tests| (tests.passed, tests.failed));
        let [all, some, none, uncertain, unknown] = pairs(analysis);
        let counts = [
            analysis.problem_count(DiagnosticSeverity::Error),
            analysis.problem_count(DiagnosticSeverity::Warning),
            analysis.count(PeerType::Workload),
            summary.policies.len(),
            all,
            some,
            none,
            uncertain,
            unknown,
            analysis.finding_count(FindingSeverity::High),
            analysis.finding_count(FindingSeverity::Medium),
            analysis.finding_count(FindingSeverity::Low),
            analysis.finding_count(FindingSeverity::Info),
            passed as usize,
            failed as usize,
        ];
        Self::Result(counts.map(|count| count as u32))
    }

    /// How a lab went; not what was written, nor why it is wrong.
    pub fn graded(lab: &str, graded: &Graded) -> Self {
        // What is refused speaks of what somebody wrote.
        let goals = graded.goals.lines.iter();
        let text = |line: &Line| line.parts.first().map(|part| part.text.clone()).unwrap_or_default();
        let goals = goals.map(|line| (text(line), line.mark == Some(true))).collect();
        Self::Graded { lab: lab.to_owned(), passed: graded.passed, goals }
    }
}

fn pairs(analysis: &Analysis) -> [usize; 5] {
    let is_workload = |peer: usize| analysis.is(peer, PeerType::Workload);
    let peers: Vec<usize> = (0..analysis.peer_count()).filter(|peer| is_workload(*peer)).collect();
    let counted = analysis.kinds().count(&peers);
    let side = Side { peers: &peers, counted: &counted, holds: &is_workload };
    let connected = tally(analysis, side, side, &|set| set != 0);
    let all = tally(analysis, side, side, &|set| set == 1).connected;
    let some = connected.connected - all;
    [all, some, connected.pairs - connected.connected, connected.depend, connected.unknown]
}

#[cfg(test)]
mod tests {
    use netpol_view::certainty::{CERTAIN, DEPENDS_ON_PLUGIN, NOT_EVALUATED};
    use netpol_view::sheet::{Part, Section};

    use super::*;
    use crate::state::fixture;

    #[test]
    fn pairs_are_those_of_different_workloads() {
        let mut peers: Vec<_> = ["a", "b", "c"].map(|name| fixture::workload("shop", name)).into();
        peers.push(fixture::external(&["::/0"]));
        let set = |source, destination| match (source, destination) {
            (0, _) => 1,
            (1, 0) => 2,
            _ => 0,
        };
        let certainty = |source, destination| match (source, destination) {
            (1, 0) => DEPENDS_ON_PLUGIN,
            (2, 1) => NOT_EVALUATED,
            _ => CERTAIN,
        };
        let analysis = fixture::uncertain(peers, set, certainty);
        assert_eq!(pairs(&analysis), [2, 1, 2, 1, 1]);
        assert_eq!(
            Told::result(&analysis, None),
            Told::Result([0, 0, 3, 0, 2, 1, 2, 1, 1, 0, 0, 0, 0, 0, 0])
        );
    }

    #[test]
    fn of_a_lab_only_the_goals_are_told() {
        let line = |term: &str, words: &[&str]| Line {
            mark: Some(false),
            term: term.to_owned(),
            parts: words.iter().map(|text| Part { text: (*text).to_owned(), link: None }).collect(),
        };
        let goals = vec![line("", &["nobody else gets in", ": ", "secret"])];
        let goals = Section { title: String::new(), lines: goals };
        let refused = vec![line("not allowed", &["secret"])];
        let graded = Graded { goals, refused, ..Graded::default() };
        let goals = vec![("nobody else gets in".to_owned(), false)];
        let wanted = Told::Graded { lab: "deny-all".into(), passed: false, goals };
        assert_eq!(Told::graded("deny-all", &graded), wanted);
    }
}
