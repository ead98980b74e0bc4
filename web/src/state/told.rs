//! What an embedded page tells the page around it: how many there are of what, and how a lab went. Never a text or a name
//! that somebody wrote; `web/embed/netpol-playground.js` hands on what has this shape and nothing else.

use netpol_session::protocol;
use netpol_view::contract::{DiagnosticSeverity, FindingSeverity, PeerType};
use netpol_view::sheet::Line;
use serde::Serialize;

use super::analysis::Analysis;
use super::matrix::sums::{Side, tally};
use super::training;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Told {
    /// What comes of the text in sight.
    Result(Counts),
    /// How far a lab is.
    Graded(Graded),
}

/// An analysis, counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// What is wrong with the text.
    pub problems: Problems,
    /// Rows of the matrix that stand in the input.
    pub workloads: usize,
    /// Policies that take part.
    pub policies: usize,
    /// The cells between these workloads, but of one with itself.
    pub pairs: Pairs,
    /// Those that nobody has silenced.
    pub findings: Severities,
    /// The policy tests in the text.
    pub tests: Tests,
}

/// Problems by how bad they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problems {
    /// Of objects that take no part.
    pub errors: usize,
    /// Of what is ignored or odd.
    pub warnings: usize,
}

/// Pairs of a source and a destination by what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pairs {
    /// Every port.
    pub all: usize,
    /// Some ports.
    pub some: usize,
    /// Nothing.
    pub none: usize,
    /// Of these three: those that depend on more than the input says.
    pub uncertain: usize,
    /// Besides: those that were not evaluated.
    pub unknown: usize,
}

/// Findings by severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Severities {
    /// High.
    pub high: usize,
    /// Medium.
    pub medium: usize,
    /// Low.
    pub low: usize,
    /// For information.
    pub info: usize,
}

/// Tests by whether they passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tests {
    /// All of what they expect holds.
    pub passed: u32,
    /// Something does not, or proves nothing.
    pub failed: u32,
}

/// A lab, graded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Graded {
    /// The lab's id.
    pub lab: String,
    /// Whether all is as it is asked for.
    pub passed: bool,
    /// The goals, in the order of the lab.
    pub goals: Vec<Goal>,
}

/// One of its goals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Goal {
    /// As the lab words it.
    pub text: String,
    /// Whether it is reached.
    pub reached: bool,
}

impl Told {
    /// What an analysis comes to, and its policy tests once they are told.
    pub fn result(analysis: &Analysis, tests: Option<&training::Tests>) -> Self {
        let summary = &analysis.summary;
        let (passed, failed) = tests.map_or((0, 0), |tests| (tests.passed, tests.failed));
        let found = |severity| analysis.finding_count(severity);
        Self::Result(Counts {
            problems: Problems {
                errors: analysis.problem_count(DiagnosticSeverity::Error),
                warnings: analysis.problem_count(DiagnosticSeverity::Warning),
            },
            workloads: analysis.count(PeerType::Workload),
            policies: summary.policies.len(),
            pairs: pairs(analysis),
            findings: Severities {
                high: found(FindingSeverity::High),
                medium: found(FindingSeverity::Medium),
                low: found(FindingSeverity::Low),
                info: found(FindingSeverity::Info),
            },
            tests: Tests { passed, failed },
        })
    }

    /// How a lab went; not what was written, nor why it is wrong.
    pub fn graded(lab: &str, graded: &protocol::Graded) -> Self {
        // What is no goal speaks of what somebody wrote.
        let goals = graded.goals.lines.iter().filter(|line| line.term.is_empty());
        let goal = |line: &Line| Goal {
            text: line.parts.first().map(|part| part.text.clone()).unwrap_or_default(),
            reached: line.mark == Some(true),
        };
        Self::Graded(Graded { lab: lab.to_owned(), passed: graded.passed, goals: goals.map(goal).collect() })
    }
}

fn pairs(analysis: &Analysis) -> Pairs {
    let is_workload = |peer: usize| analysis.is(peer, PeerType::Workload);
    let peers: Vec<usize> = (0..analysis.peer_count()).filter(|peer| is_workload(*peer)).collect();
    let counted = analysis.kinds().count(&peers);
    let side = Side { peers: &peers, counted: &counted, holds: &is_workload };
    let connected = tally(analysis, side, side, &|set| set != 0);
    let all = tally(analysis, side, side, &|set| set == 1).connected;
    Pairs {
        all,
        some: connected.connected - all,
        none: connected.pairs - connected.connected,
        uncertain: connected.depend,
        unknown: connected.unknown,
    }
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
        let Told::Result(counts) = Told::result(&fixture::uncertain(peers, set, certainty), None) else {
            panic!()
        };
        assert_eq!(counts.workloads, 3);
        assert_eq!(counts.pairs, Pairs { all: 2, some: 1, none: 2, uncertain: 1, unknown: 1 });
    }

    #[test]
    fn a_message_is_flat_and_named_by_its_type() {
        let told =
            serde_json::to_value(Told::result(&fixture::analysis(Vec::new(), |_, _| 0), None)).unwrap();
        assert_eq!(told["type"], "result");
        assert_eq!(told["pairs"]["all"], 0);
        assert_eq!(told["tests"], serde_json::json!({ "passed": 0, "failed": 0 }));
    }

    #[test]
    fn of_a_lab_only_the_goals_are_told() {
        let line = |term: &str, words: &[&str]| Line {
            mark: Some(false),
            term: term.to_owned(),
            parts: words.iter().map(|text| Part { text: (*text).to_owned(), link: None }).collect(),
        };
        let lines =
            vec![line("", &["nobody else gets in", ": ", "secret"]), line("not allowed", &["secret"])];
        let goals = Section { title: String::new(), lines };
        let grade = protocol::Graded { goals, ..protocol::Graded::default() };
        let told = serde_json::to_value(Told::graded("deny-all", &grade)).unwrap();
        let goals = serde_json::json!([{ "text": "nobody else gets in", "reached": false }]);
        let wanted =
            serde_json::json!({ "type": "graded", "lab": "deny-all", "passed": false, "goals": goals });
        assert_eq!(told, wanted);
    }
}
