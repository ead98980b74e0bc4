//! Holds attempts against the goals of a lab.

use netpol_source::HashSet;
use netpol_view::contract::{
    Diagnostic, DiagnosticSeverity, ExpectationResult, KubernetesVersion, Options, SourceFile, TestResult,
    TestStatus,
};
use netpol_view::{Analyzer, Elsewhere};

use crate::attempt::{Allowed, Read};
use crate::front::shown;
use crate::grade::{Goal, Grade};
use crate::lab::{Else, Lab, LabFile};
use crate::mistakes::number;

/// How many bytes an attempt may have.
const LONGEST: usize = 256 * 1024;

/// How many files.
const MOST_FILES: usize = 64;

/// How many sentences of what is refused are said.
const MOST_REFUSED: usize = 20;

/// The goal of a lab whose other connections stay as they were.
const UNCHANGED: &str = "everything else stays as it was";

/// Why a goal counts as not reached of which nothing is known.
const NOT_EVALUATED: &str = "this was not evaluated";

/// Grades one attempt after another, and keeps what does not change between them.
#[derive(Debug)]
pub struct Grader {
    cluster: Vec<SourceFile>,
    /// Behind what is edited: the goals, and what else may change.
    tests: Vec<SourceFile>,
    /// The names of those of them that are goals.
    goal_files: HashSet<String>,
    /// In words, in order.
    goals: Vec<String>,
    allowed: Allowed,
    fewest_lines: u32,
    analyzer: Analyzer,
    /// The cluster with the start, where what no goal mentions must stay as it is there.
    before: Option<Analyzer>,
}

/// Labs are graded alike wherever they are: not by the options of a page.
pub fn options() -> Options {
    Options { kubernetes: KubernetesVersion::V1_36, ..Options::default() }
}

pub(crate) fn sources(files: &[LabFile]) -> Vec<SourceFile> {
    files.iter().map(|own| own.file.clone()).collect()
}

/// The goals of a lab in words.
fn goals(lab: &Lab) -> Vec<String> {
    let mut analyzer = Analyzer::new(options());
    analyzer.set_files(sources(&lab.goals));
    texts(&analyzer.found().tests)
}

/// Expectations of the same words are one goal, and a test with a mistake in it is one.
fn texts(tests: &[TestResult]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        if texts.iter().all(|known| known != text) {
            texts.push(text.to_owned());
        }
    };
    for test in tests {
        if test.expectations.is_empty() {
            add(&test.name);
        }
        test.expectations.iter().for_each(|expectation| add(&expectation.text));
    }
    texts
}

/// The lines of the shortest right answer.
fn fewest_lines(lab: &Lab) -> u32 {
    let right = std::iter::once(&lab.solution).chain(&lab.also_right);
    let lines = |answer| lab.edited(answer).iter().map(|file| Read::of(file).lines).sum();
    number(right.map(lines).min().unwrap_or_default())
}

impl Grader {
    /// A grader of a lab.
    pub fn new(lab: &Lab) -> Self {
        let cluster = sources(&lab.cluster);
        let mut tests = sources(&lab.goals);
        let before = (lab.everything_else == Else::Unchanged).then(|| {
            tests.extend(lab.free.iter().map(|own| own.file.clone()));
            let mut before = Analyzer::new(options());
            before.set_files([cluster.clone(), sources(&lab.start), tests.clone()].concat());
            before
        });
        Self {
            cluster,
            tests,
            goal_files: lab.goals.iter().map(|own| own.file.name.clone()).collect(),
            goals: goals(lab),
            allowed: Allowed::new(lab),
            fewest_lines: fewest_lines(lab),
            analyzer: Analyzer::new(options()),
            before,
        }
    }

    /// What becomes of an attempt. Files under the names of files of the lab are the lab's own,
    /// whatever is handed in.
    pub fn grade(&mut self, files: Vec<SourceFile>) -> Grade {
        let is_own =
            |file: &&SourceFile| self.cluster.iter().chain(&self.tests).any(|own| own.name == file.name);
        let mut files = files;
        files.retain(|file| !is_own(&file));
        let bytes: usize = files.iter().map(|file| file.text.len()).sum();
        if bytes > LONGEST || files.len() > MOST_FILES {
            return self.too_long();
        }
        let read = files.iter().map(Read::of);
        // Tests that somebody keeps for themselves say nothing of what is asked for.
        let (files, read): (Vec<SourceFile>, Vec<Read>) =
            files.iter().cloned().zip(read).filter(|(_, read)| !read.holds_only_tests()).unzip();
        let mut refused = self.allowed.refusals(&read);
        let lines = number(read.iter().map(|file| file.lines).sum());
        let names: HashSet<String> = files.iter().map(|file| file.name.clone()).collect();
        self.analyzer.set_files([self.cluster.clone(), files, self.tests.clone()].concat());
        let summary = self.analyzer.found();
        let errors = summary
            .diagnostics
            .iter()
            .filter(|found| found.severity == DiagnosticSeverity::Error && names.contains(&found.span.file));
        refused.extend(errors.map(in_a_sentence));
        refused.truncate(MOST_REFUSED);
        let tests: Vec<&TestResult> =
            summary.tests.iter().filter(|test| self.goal_files.contains(&test.span.file)).collect();
        let mut goals: Vec<Goal> = self.goals.iter().map(|text| goal(text, &tests)).collect();
        goals.extend(self.unchanged());
        let passed = !goals.is_empty() && refused.is_empty() && goals.iter().all(|goal| goal.reached);
        let is_shortest = passed && lines <= self.fewest_lines;
        Grade { passed, goals, lines, is_shortest, refused }
    }

    /// The lines of the shortest right answer that is known, counted as those of a grade.
    pub fn fewest_lines(&self) -> u32 {
        self.fewest_lines
    }

    /// The goals in words, in order.
    pub(crate) fn goals(&self) -> &[String] {
        &self.goals
    }

    fn too_long(&self) -> Grade {
        let goals = self.goals.iter().map(|text| not_reached(text, None)).collect();
        let refused = format!("this is more than {MOST_FILES} files or {LONGEST} bytes: write less");
        Grade { passed: false, goals, lines: 0, is_shortest: false, refused: vec![refused] }
    }

    /// The last goal of a lab whose other connections stay as they were.
    fn unchanged(&mut self) -> Option<Goal> {
        let before = self.before.as_mut()?;
        Some(match self.analyzer.changed_elsewhere(before) {
            Elsewhere::Same => reached(UNCHANGED),
            Elsewhere::Unknown => not_reached(UNCHANGED, Some(NOT_EVALUATED.to_owned())),
            Elsewhere::Changed { connection, message, spans, .. } => {
                Goal { witness: Some(connection), spans, ..not_reached(UNCHANGED, Some(message)) }
            }
        })
    }
}

/// A goal is reached where all that has its words holds; where it hangs on the network plugin it does.
fn goal(text: &str, tests: &[&TestResult]) -> Goal {
    let all = tests.iter().flat_map(|test| &test.expectations);
    let all: Vec<&ExpectationResult> = all.filter(|expectation| expectation.text == text).collect();
    let is_kept = |one: &&ExpectationResult| matches!(one.status, TestStatus::Passed | TestStatus::Depends);
    let Some(broken) = all.iter().find(|one| !is_kept(one)) else {
        return if all.is_empty() {
            not_reached(text, Some(NOT_EVALUATED.to_owned()))
        } else {
            reached(text)
        };
    };
    Goal {
        text: text.to_owned(),
        reached: false,
        message: broken.message.clone(),
        witness: broken.witness.clone(),
        spans: broken.spans.clone(),
    }
}

fn reached(text: &str) -> Goal {
    Goal { text: text.to_owned(), reached: true, message: None, witness: None, spans: Vec::new() }
}

fn not_reached(text: &str, message: Option<String>) -> Goal {
    Goal { reached: false, message, ..reached(text) }
}

fn in_a_sentence(found: &Diagnostic) -> String {
    format!("`{}`, line {}: {}", shown(&found.span.file), found.span.start.line, found.message)
}
