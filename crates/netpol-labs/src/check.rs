//! Whether a lab does what it is for: its right answers pass, its start and its wrong answers do not, and say why.

use netpol_source::HashSet;
use netpol_view::Analyzer;
use netpol_view::contract::{Diagnostic, DiagnosticSeverity, Position, SourceFile, Span};
use serde_yaml::Value;

use crate::grade::Grade;
use crate::grader::{Grader, options, sources};
use crate::lab::{Answer, Lab, LabFile};
use crate::mistakes::diagnostic;
use crate::mutants::mutants;
use crate::parts::collapsed;
use crate::read::{FREE, read};

/// The code of what the answers of a lab come to and should not.
const ANSWER: &str = "lab-answer";
/// The code of what would make a lab better.
const ADVICE: &str = "lab-advice";

/// How many bytes are graded, each attempt with the cluster and the goals: most labs take a tenth of it.
const MOST_GRADED: usize = 4 * 1024 * 1024;

/// What [`checked`] found, and how much it looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// How many goals there are.
    pub goals: usize,
    /// How many answers were graded, right and wrong ones, and the start.
    pub answers: usize,
    /// Whether it can be run, whatever is wrong with it.
    pub runs: bool,
}

/// What is wrong with the text of a lab; the name is that of its file.
pub fn check(name: &str, text: &str) -> Vec<Diagnostic> {
    checked(name, text).diagnostics
}

/// Checks the text of a lab; the name is that of its file.
pub fn checked(name: &str, text: &str) -> Checked {
    let (lab, diagnostics) = read(name, text);
    let Some(lab) = lab else { return Checked { diagnostics, ..Checked::default() } };
    let mut check = Check {
        name,
        end: last_line(text),
        lab: &lab,
        grader: Grader::new(&lab),
        diagnostics,
        answers: 0,
        graded: 0,
    };
    check.texts();
    check.right(&lab.solution);
    lab.also_right.iter().for_each(|answer| check.right(answer));
    check.start();
    lab.wrong.iter().for_each(|answer| check.wrong(answer));
    check.goals();
    check.missing();
    let has_errors = check.diagnostics.iter().any(|found| found.severity == DiagnosticSeverity::Error);
    if !has_errors {
        check.mutants();
    }
    let Check { mut diagnostics, answers, grader, .. } = check;
    netpol_source::order::sort_by_key(&mut diagnostics, |found| (found.span.start, found.severity));
    diagnostics.dedup();
    Checked { diagnostics, goals: grader.goals().len(), answers, runs: true }
}

fn last_line(text: &str) -> u32 {
    crate::mistakes::number(crate::read::normal(text).lines().count().max(1))
}

struct Check<'a> {
    name: &'a str,
    end: u32,
    lab: &'a Lab,
    grader: Grader,
    diagnostics: Vec<Diagnostic>,
    answers: usize,
    /// How many bytes were graded.
    graded: usize,
}

impl Check<'_> {
    fn say(&mut self, severity: DiagnosticSeverity, code: &str, line: u32, message: String) {
        let span = Span {
            file: self.name.to_owned(),
            start: Position { line, column: 1 },
            end: Position { line: line.saturating_add(1), column: 1 },
        };
        self.diagnostics.push(diagnostic(severity, code, message, span));
    }

    fn error(&mut self, line: u32, message: String) {
        self.say(DiagnosticSeverity::Error, ANSWER, line, message);
    }

    fn advise(&mut self, line: u32, message: String) {
        self.say(DiagnosticSeverity::Warning, ADVICE, line, message);
    }

    /// What is wrong with the manifests of the cluster, the goals and the right answers.
    fn texts(&mut self) {
        let lab = self.lab;
        let own: Vec<&LabFile> = lab.cluster.iter().chain(&lab.goals).chain(&lab.free).collect();
        let mut analyzer = Analyzer::new(options());
        for answer in std::iter::once(&lab.solution).chain(&lab.also_right) {
            let edited = lab.edited(answer);
            if !self.spend(&edited) {
                break;
            }
            let tests = lab.goals.iter().chain(&lab.free).map(|own| own.file.clone());
            analyzer.set_files(sources(&lab.cluster).into_iter().chain(edited).chain(tests).collect());
            for found in &analyzer.found().diagnostics {
                let of = own.iter().copied().chain(&answer.files).find(|of| of.file.name == found.span.file);
                if found.severity != DiagnosticSeverity::Info
                    && let Some(of) = of
                {
                    let placed = placed(found, of, self.name);
                    if !self.diagnostics.contains(&placed) {
                        self.diagnostics.push(placed);
                    }
                }
            }
        }
        self.no_tests_in_the_cluster();
    }

    fn no_tests_in_the_cluster(&mut self) {
        let lab = self.lab;
        let mut analyzer = Analyzer::new(options());
        analyzer.set_files(sources(&lab.cluster));
        let tests: Vec<(String, u32)> = analyzer
            .found()
            .tests
            .iter()
            .map(|test| (test.span.file.clone(), test.span.start.line))
            .collect();
        for (file, line) in tests {
            let of = lab.cluster.iter().find(|own| own.file.name == file);
            let line = of.map_or(1, |own| own.line.saturating_add(line).saturating_sub(1));
            self.error(line, "a test in the cluster is no goal: move it to `## Goals`".to_owned());
        }
    }

    /// What becomes of an answer; `None` where too much was graded already.
    fn grade(&mut self, answer: &Answer) -> Option<Grade> {
        let files = self.lab.edited(answer);
        if !self.spend(&files) {
            let message =
                "the answers are too much to be graded: write fewer, or a smaller cluster".to_owned();
            self.error(answer.line, message);
            return None;
        }
        self.answers += 1;
        Some(self.grader.grade(files))
    }

    fn spend(&mut self, files: &[SourceFile]) -> bool {
        let own = self.lab.cluster.iter().chain(&self.lab.goals).map(|own| own.file.text.len());
        let bytes: usize = own.chain(files.iter().map(|file| file.text.len())).sum();
        self.graded = self.graded.saturating_add(bytes);
        self.graded <= MOST_GRADED
    }

    fn right(&mut self, answer: &Answer) {
        let Some(grade) = self.grade(answer) else { return };
        if let Some(why) = why_not(&grade) {
            let message = format!("`{}` is to be right and does not pass: {why}", answer.title);
            self.error(answer.line, message);
        }
        let is_solution = std::ptr::eq(answer, &self.lab.solution);
        let same = || self.lab.edited(answer) == self.lab.edited(&self.lab.solution);
        if !is_solution && same() {
            self.error(
                answer.line,
                format!("`{}` is the solution once more: write another way", answer.title),
            );
        }
    }

    fn start(&mut self) {
        self.answers += 1;
        let start = sources(&self.lab.start);
        if self.grader.grade(start).passed {
            let line = self.lab.start.first().map_or(1, |own| own.line);
            self.error(line, "the start passes already: there is nothing to do".to_owned());
        }
    }

    fn wrong(&mut self, answer: &Answer) {
        let Some(grade) = self.grade(answer) else { return };
        let title = &answer.title;
        if grade.passed {
            self.error(
                answer.line,
                format!("`{title}` is to be wrong and passes: no goal tells it from a right one"),
            );
            return;
        }
        let says = plain(answer.says.as_deref().unwrap_or_default());
        let sentences = sentences(&grade);
        if !sentences.iter().any(|sentence| plain(sentence).contains(&says)) {
            let found = sentences.join(" / ");
            self.error(
                answer.line,
                format!("what comes of `{title}` does not contain `{says}`: it is: {found}"),
            );
        }
    }

    /// Goals that are harder to reach than they look.
    fn goals(&mut self) {
        let lab = self.lab;
        if self.grader.goals().is_empty() {
            let line = lab.goals.first().map_or(1, |own| own.line);
            self.error(
                line,
                "there is no ConnectivityTest here: write what must and must not be reached".to_owned(),
            );
        }
        for own in &lab.goals {
            for word in wide_allows(&own.file.text) {
                let message = format!(
                    "`allow` with `{word}` asks for every address: name a `cidr`, or right answers that are narrower fail"
                );
                self.advise(own.line, message);
            }
        }
    }

    fn missing(&mut self) {
        for (is_missing, section) in
            [(self.lab.also_right.is_empty(), "Also right"), (self.lab.wrong.is_empty(), "Wrong")]
        {
            if is_missing {
                let which = if section == "Wrong" { "a wrong answer" } else { "another right answer" };
                self.advise(
                    self.end,
                    format!("there is no `## {section}`: {which} shows that the goals tell the two apart"),
                );
            }
        }
    }

    /// Solutions with one mistake in them should not pass.
    fn mutants(&mut self) {
        let lab = self.lab;
        let files = lab.edited(&lab.solution);
        let mut passing: Vec<String> = Vec::new();
        for mutant in mutants(&files) {
            if !self.spend(&mutant.files) {
                break;
            }
            if self.grader.grade(mutant.files).passed {
                passing.push(mutant.what);
            }
        }
        let mut said = HashSet::default();
        for what in passing {
            if said.insert(what.clone()) {
                let message = format!(
                    "the solution passes as well {what}: put something into the cluster, or a goal, that tells the two apart"
                );
                self.advise(lab.solution.line, message);
            }
        }
    }
}

/// All that a grade says.
fn sentences(grade: &Grade) -> Vec<String> {
    let messages = grade.goals.iter().filter_map(|goal| goal.message.clone());
    messages.chain(grade.refused.iter().cloned()).collect()
}

/// The first reason why an attempt does not pass.
fn why_not(grade: &Grade) -> Option<String> {
    if grade.passed {
        return None;
    }
    let broken = grade.goals.iter().find(|goal| !goal.reached);
    let goal = broken.map(|goal| match &goal.message {
        Some(message) => format!("{} ({})", goal.text, message),
        None => goal.text.clone(),
    });
    Some(grade.refused.first().cloned().or(goal).unwrap_or_else(|| "there are no goals".to_owned()))
}

fn plain(text: &str) -> String {
    collapsed(&text.replace('`', ""))
}

/// A diagnostic of a file of the lab, at its lines in the lab's own text.
fn placed(found: &Diagnostic, of: &LabFile, name: &str) -> Diagnostic {
    let position = |at: Position| match of.file.name.as_str() {
        // It is made of a value of the front matter.
        FREE => Position { line: of.line, column: 1 },
        _ => Position {
            line: of.line.saturating_add(at.line).saturating_sub(1),
            column: at.column.saturating_add(of.indent),
        },
    };
    let span =
        Span { file: name.to_owned(), start: position(found.span.start), end: position(found.span.end) };
    // Their places are not those of this text.
    Diagnostic { span, related: Vec::new(), fixes: Vec::new(), ..found.clone() }
}

/// The words `any` and `outside` in expectations of `allow`.
fn wide_allows(text: &str) -> Vec<&'static str> {
    let sources =
        netpol_source::Sources::new(vec![SourceFile { name: String::new(), text: text.to_owned() }]);
    let mut words = Vec::new();
    for (_, text) in sources.documents() {
        let Some(test) = crate::yaml::value(&text) else { continue };
        let allow = test.get("spec").and_then(|spec| spec.get("allow")).and_then(Value::as_sequence);
        for expectation in allow.into_iter().flatten() {
            for end in ["from", "to"].iter().filter_map(|end| expectation.get(*end)) {
                let items = end.as_sequence().map_or_else(|| std::slice::from_ref(end), Vec::as_slice);
                words.extend(
                    ["any", "outside"]
                        .into_iter()
                        .filter(|word| items.iter().any(|item| item.as_str() == Some(word))),
                );
            }
        }
    }
    words
}
