//! What the worker is doing: the analysis that runs, and the questions that wait for its end. Knows no browser; the
//! clock is handed in.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

use netpol_view::contract::{ClassMatrix, NotRead, Preview, SourceFile};
use netpol_view::{Analyzer, Beat, Phase, Step};

use crate::draft::Draft;
use crate::lesson::Lesson;
use crate::protocol::{Command, Event, Request, Response, SentFile};
use crate::tested::tested;

/// Milliseconds between two reports of progress, and before the first.
const BETWEEN_REPORTS: f64 = 50.0;
/// Milliseconds between two beats from within one piece of work, so that the page can tell slow from dead.
const BETWEEN_BEATS: f64 = 250.0;

/// A message to the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The message.
    pub response: Response,
    /// What travels beside an analysis; `None` for other messages.
    pub matrix: Option<Arc<ClassMatrix>>,
}

/// What the page sent does not go with what it had sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfStep;

/// One page's work.
#[derive(Debug, Default)]
pub struct Session {
    analyzer: Analyzer,
    /// What the page calls the files of the last analysis that it asked for, and their texts.
    files: Vec<(u32, SourceFile)>,
    running: Option<Running>,
    /// The finished analysis whose fixes are being tried out, by its number.
    trying: Option<u32>,
    questions: VecDeque<Question>,
    /// The lab that the files are an attempt of.
    lesson: Lesson,
    /// The lab that one of the files holds.
    draft: Draft,
    /// What is left to tell of the analysis whose fixes are being tried out.
    left: VecDeque<Left>,
}

/// What is told after an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// What a lab says.
    Lab,
    /// What becomes of the attempt.
    Grade,
    /// That a file holds a lab.
    Draft,
}

#[derive(Debug)]
struct Running {
    id: u32,
    since: f64,
    reported: f64,
}

/// What is asked about a finished analysis, or about a text.
#[derive(Debug)]
struct Question {
    id: u32,
    command: Command,
}

impl Session {
    /// Takes a request; nothing is worked on yet. A newer analysis takes the place of one that runs.
    ///
    /// # Errors
    /// Where the files are sent as they differ from what is not here.
    pub fn receive(&mut self, request: Request, now: f64) -> Result<(), OutOfStep> {
        let id = request.id;
        match request.command {
            Command::Analyze { files, options, lab } => {
                self.take_files(files)?;
                self.lesson.open(lab);
                self.analyzer.set_options(options);
                self.analyzer.set_files(self.files.iter().map(|(_, file)| manifests(file)).collect());
                self.running = Some(Running { id, since: now, reported: now });
                self.trying = None;
                self.left.clear();
            }
            command => self.questions.push_back(Question { id, command }),
        }
        Ok(())
    }

    fn take_files(&mut self, sent: Vec<SentFile>) -> Result<(), OutOfStep> {
        let mut known = std::mem::take(&mut self.files);
        for SentFile { id, name, text } in sent {
            let before = known.iter().position(|(known, _)| *known == id).map(|at| known.swap_remove(at));
            let text = text.of(before.map(|(_, file)| file.text)).ok_or(OutOfStep)?;
            self.files.push((id, SourceFile { name, text }));
        }
        Ok(())
    }

    /// Whether there is anything to do.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || self.trying.is_some() || !self.questions.is_empty()
    }

    /// Works until nothing is left to do or `now` passes `until`, and at least one piece. `send` gets the answers, and
    /// beats from within a piece that takes long.
    pub fn work(&mut self, now: impl Fn() -> f64, until: f64, send: impl FnMut(Answer)) {
        let send = RefCell::new(send);
        let send = |answer| (*send.borrow_mut())(answer);
        while self.is_busy() {
            if let Some(answer) = self.piece(&now, &send) {
                send(answer);
            }
            if now() >= until {
                return;
            }
        }
    }

    fn piece(&mut self, now: &dyn Fn() -> f64, send: &dyn Fn(Answer)) -> Option<Answer> {
        let beaten = Cell::new(now());
        let beat = |id, phase, done| {
            let time = now();
            if time - beaten.get() >= BETWEEN_BEATS {
                beaten.set(time);
                send(progress(id, phase, done));
            }
        };
        // Most questions are about a finished analysis, so they wait for the one that runs.
        let at =
            self.questions.iter().position(|question| self.running.is_none() || question.command.is_urgent());
        if let Some(question) = at.and_then(|at| self.questions.remove(at)) {
            let id = question.id;
            return self.answer(question, &|phase, done| beat(id, phase, done));
        }
        if let Some(id) = self.trying
            && let Some(left) = self.left.pop_front()
        {
            return self.tell(left).map(|event| alone(id, event));
        }
        let Some(running) = &mut self.running else { return self.try_fixes(&beat) };
        let id = running.id;
        match self.analyzer.step_with(&|phase, done| beat(id, phase, done)) {
            Step::Working { phase, done } => {
                let time = now();
                let due = time - running.reported >= BETWEEN_REPORTS;
                due.then(|| {
                    running.reported = time;
                    progress(running.id, phase, done)
                })
            }
            Step::Found | Step::Trying | Step::Done => {
                let since = running.since;
                self.running = None;
                self.trying = Some(id);
                let lesson = [Left::Lab, Left::Grade].into_iter().filter(|_| self.lesson.is_open());
                let draft = self.drafted().map(|_| Left::Draft);
                self.left = lesson.chain(draft).collect();
                Some(self.analysis(id, since, now))
            }
        }
    }

    /// What nobody waits for: which fixes would not do.
    fn try_fixes(&mut self, beat: &dyn Fn(u32, Phase, f64)) -> Option<Answer> {
        let id = self.trying?;
        if self.analyzer.step_with(&|phase, done| beat(id, phase, done)) != Step::Done {
            return None;
        }
        self.trying = None;
        let findings = self.analyzer.withdrawn().to_vec();
        let event = Event::Withdrawn { findings };
        (!self.analyzer.withdrawn().is_empty()).then(|| alone(id, event))
    }

    fn analysis(&mut self, id: u32, since: f64, now: &dyn Fn() -> f64) -> Answer {
        let mut summary = Box::new(self.analyzer.found().clone());
        let tests = tested(&std::mem::take(&mut summary.tests));
        let is_text = |file: &SourceFile| netpol_labs::is_markdown(&file.name) && !is_draft(file);
        let texts = self.files.iter().filter(|(_, file)| is_text(file)).count();
        if texts > 0 {
            let kind = "Markdown (a lab begins with front matter that has `id`)".to_owned();
            let count = u32::try_from(texts).unwrap_or(u32::MAX);
            summary.not_read.push(NotRead { kind, group: None, count });
        }
        let matrix = Some(Arc::clone(&summary.matrix));
        let event = Event::Analysis { summary, milliseconds: now() - since, tests };
        Answer { response: Response { id, event }, matrix }
    }

    /// What is told after an analysis; `None` where there is nothing to tell.
    fn tell(&mut self, left: Left) -> Option<Event> {
        match left {
            Left::Lab => self.lesson.news(),
            Left::Grade => {
                let files = self.files.iter().map(|(_, file)| file);
                let files = files.filter(|file| !netpol_labs::is_markdown(&file.name));
                self.lesson.grade(files.cloned().collect())
            }
            Left::Draft => {
                let draft = self.drafted()?.clone();
                Some(self.draft.told(&draft))
            }
        }
    }

    /// The file that holds a lab.
    fn drafted(&self) -> Option<&SourceFile> {
        self.files.iter().map(|(_, file)| file).find(|file| is_draft(file))
    }

    fn answer(&mut self, question: Question, beat: Beat<'_>) -> Option<Answer> {
        let analyzer = &mut self.analyzer;
        let event = match question.command {
            Command::Explain { source, destination } => match analyzer.explain(&source, &destination) {
                Some(explanation) => Event::Explanation { explanation: Box::new(explanation) },
                None => Event::Unknown,
            },
            Command::Query { connection } => match analyzer.query(&connection) {
                Ok(verdict) => Event::Verdict { verdict: Box::new(verdict) },
                Err(unknown) => Event::UnknownPeer { message: unknown.to_string() },
            },
            Command::Reach { source, destination } => match analyzer.reach(&source, &destination) {
                Ok(reach) => Event::Reach { reach: Box::new(reach) },
                Err(unknown) => Event::UnknownPeer { message: unknown.to_string() },
            },
            Command::Mend { source, destination, ports } => {
                preview(analyzer.mend_with(&source, &destination, ports, beat))
            }
            Command::Fix { finding, way } => {
                let place = usize::try_from(finding).ok().zip(usize::try_from(way).ok());
                preview(place.and_then(|(finding, way)| analyzer.fix_with(finding, way, beat)))
            }
            Command::Silence { finding } => {
                preview(usize::try_from(finding).ok().and_then(|at| analyzer.silence_with(at, beat)))
            }
            Command::Migrate => match analyzer.migrate_with(beat) {
                Some(migration) => Event::Migration { migration: Box::new(migration) },
                None => Event::Unknown,
            },
            Command::ExamplePods => written("example-pods.yaml", analyzer.example_pods()),
            Command::WriteTests => {
                written("tests.yaml", Some(analyzer.tests_of_matrix()).filter(|text| !text.is_empty()))
            }
            Command::Keep { source, destination, port } => {
                let kept = analyzer.keep(&source, &destination, port);
                // All other files are as they were.
                let changed =
                    |preview: Preview| preview.files.into_iter().find(|file| file.name == "tests.yaml");
                match kept.and_then(changed) {
                    Some(SourceFile { name, text }) => {
                        Event::Written { name, text: Some(text), replaces: true }
                    }
                    None => Event::Unknown,
                }
            }
            Command::Quiz { seed, count } => Event::Quiz {
                questions: netpol_labs::quiz(analyzer.found(), u64::from(seed), count as usize),
            },
            Command::Describe { id, whole } => match analyzer.sheet_with(&id, whole, beat) {
                Some(sheet) => Event::Sheet { sheet: Box::new(sheet) },
                None => Event::Unknown,
            },
            Command::Locate { file, position } => Event::Located { located: analyzer.locate(file, position) },
            Command::Complete { file, position } => {
                Event::Completions { completions: analyzer.complete(&file, position) }
            }
            Command::Hover { file, position } => Event::Hover { hover: analyzer.hover(&file, position) },
            // Taken by `receive`.
            Command::Analyze { .. } => return None,
        };
        Some(alone(question.id, event))
    }
}

fn written(name: &str, text: Option<String>) -> Event {
    Event::Written { name: name.to_owned(), text, replaces: false }
}

fn is_draft(file: &SourceFile) -> bool {
    netpol_labs::is_draft(&file.name, &file.text)
}

/// A file as it is analysed: Markdown is no manifest.
fn manifests(file: &SourceFile) -> SourceFile {
    if netpol_labs::is_markdown(&file.name) {
        SourceFile { name: file.name.clone(), text: String::new() }
    } else {
        file.clone()
    }
}

fn preview(preview: Option<Preview>) -> Event {
    preview.map_or(Event::Unknown, |preview| Event::Preview { preview: Box::new(preview) })
}

fn progress(id: u32, phase: Phase, done: f64) -> Answer {
    alone(id, Event::Progress { phase, done })
}

/// An answer without a matrix beside it.
fn alone(id: u32, event: Event) -> Answer {
    Answer { response: Response { id, event }, matrix: None }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use netpol_view::contract::{Connection, Options, PortsWanted, Position, Protocol, SourceFile};

    use crate::protocol::SentText;

    use super::*;

    fn analyze(id: u32, text: &str) -> Request {
        analyze_sent(id, vec![sent(0, SentText::Whole(text.to_owned()))])
    }

    fn analyze_sent(id: u32, files: Vec<SentFile>) -> Request {
        Request { id, command: Command::Analyze { files, options: Options::default(), lab: None } }
    }

    fn sent(id: u32, text: SentText) -> SentFile {
        SentFile { id, name: format!("{id}.yaml"), text }
    }

    #[test]
    fn only_what_differs_is_sent() {
        let mut session = Session::default();
        let whole = |text: &str| SentText::Whole(text.to_owned());
        session.receive(analyze_sent(1, vec![sent(3, whole("a: ä1")), sent(4, whole("b: 1"))]), 0.0).unwrap();
        let edited = SentText::Edited { start: 5, end: 6, insert: "22".to_owned() };
        let files = vec![sent(4, SentText::Same), sent(3, edited), sent(5, whole("c"))];
        session.receive(analyze_sent(2, files), 0.0).unwrap();
        let texts: Vec<&str> = session.files.iter().map(|(_, file)| file.text.as_str()).collect();
        assert_eq!(texts, ["b: 1", "a: ä22", "c"]);
        assert_eq!(ids(&answers(&mut session)), [2]);
    }

    #[test]
    fn what_is_not_here_cannot_be_edited() {
        let mut session = Session::default();
        let edited = |start, end| SentText::Edited { start, end, insert: String::new() };
        for text in [SentText::Same, edited(0, 0)] {
            assert_eq!(session.receive(analyze_sent(1, vec![sent(0, text)]), 0.0), Err(OutOfStep));
        }
        for (start, end) in [(1, 2), (0, 9), (2, 1)] {
            session.receive(analyze(2, "ä"), 0.0).unwrap();
            assert_eq!(
                session.receive(analyze_sent(3, vec![sent(0, edited(start, end))]), 0.0),
                Err(OutOfStep)
            );
        }
    }

    fn explain(id: u32) -> Request {
        let command = Command::Explain { source: "nobody".to_owned(), destination: "nobody".to_owned() };
        Request { id, command }
    }

    fn answers(session: &mut Session) -> Vec<Answer> {
        let mut answers = Vec::new();
        session.work(|| 0.0, f64::INFINITY, |answer| answers.push(answer));
        assert!(!session.is_busy());
        answers
    }

    fn ids(answers: &[Answer]) -> Vec<u32> {
        answers.iter().map(|answer| answer.response.id).collect()
    }

    #[test]
    fn a_newer_analysis_takes_the_place_of_an_older() {
        let mut session = Session::default();
        session.receive(analyze(1, "a: 1"), 0.0).unwrap();
        session.receive(analyze(2, "a: 2"), 0.0).unwrap();
        let answers = answers(&mut session);
        assert_eq!(ids(&answers), [2]);
        assert!(matches!(answers[0].response.event, Event::Analysis { .. }));
        assert!(answers[0].matrix.is_some());
    }

    #[test]
    fn questions_wait_for_the_analysis_that_runs() {
        let mut session = Session::default();
        session.receive(explain(1), 0.0).unwrap();
        session.receive(analyze(2, "a: 1"), 0.0).unwrap();
        session.receive(explain(3), 0.0).unwrap();
        let answers = answers(&mut session);
        assert_eq!(ids(&answers), [2, 1, 3]);
        assert_eq!(answers[1].response.event, Event::Unknown);
        assert_eq!(answers[1].matrix, None);
    }

    #[test]
    fn what_is_asked_while_typing_does_not_wait() {
        let mut session = Session::default();
        session.receive(analyze(1, "a: 1"), 0.0).unwrap();
        let file = SourceFile { name: "a.yaml".to_owned(), text: "ki".to_owned() };
        let command = Command::Complete { file, position: Position { line: 1, column: 3 } };
        session.receive(explain(2), 0.0).unwrap();
        session.receive(Request { id: 3, command }, 0.0).unwrap();
        assert_eq!(ids(&answers(&mut session)), [3, 1, 2]);
    }

    #[test]
    fn every_question_has_an_answer() {
        let mut session = Session::default();
        session.receive(analyze(1, "kind: Pod\napiVersion: v1\nmetadata: {name: a}"), 0.0).unwrap();
        let connection = Connection {
            source: "a".to_owned(),
            destination: "nobody".to_owned(),
            protocol: Protocol::Tcp,
            port: 80,
        };
        let [source, destination] = ["default/a[Pod]"; 2].map(str::to_owned);
        let position = Position { line: 3, column: 5 };
        for (id, command) in (2..).zip([
            Command::Query { connection: connection.clone() },
            Command::Query { connection: Connection { destination: "8.8.8.8".to_owned(), ..connection } },
            Command::Reach { source: source.clone(), destination: destination.clone() },
            Command::Mend { source, destination, ports: PortsWanted::Declared },
            Command::Describe { id: "default/a[Pod]".to_owned(), whole: false },
            Command::Describe { id: "default/b[Pod]".to_owned(), whole: true },
            Command::Locate { file: 0, position },
            Command::ExamplePods,
        ]) {
            session.receive(Request { id, command }, 0.0).unwrap();
        }
        let answers = answers(&mut session);
        let events: Vec<&Event> = answers.iter().skip(1).map(|answer| &answer.response.event).collect();
        assert!(
            matches!(
                events.as_slice(),
                [
                    Event::UnknownPeer { .. },
                    Event::Verdict { .. },
                    Event::Reach { .. },
                    Event::Unknown,
                    Event::Sheet { .. },
                    Event::Unknown,
                    Event::Located { located: Some(_) },
                    Event::Written { text: None, .. },
                ]
            ),
            "{events:?}"
        );
    }

    const LAB: &str = include_str!("../../../labs/added-to-allow-all.md");

    fn events(session: &mut Session) -> Vec<&'static str> {
        let name = |answer: Answer| match answer.response.event {
            Event::Analysis { .. } => "analysis",
            Event::Lab { lab: Some(_) } => "lab",
            Event::Lab { lab: None } => "no lab",
            Event::Graded { .. } => "graded",
            Event::Draft { runs: true, .. } => "draft",
            Event::Draft { .. } => "broken draft",
            Event::Quiz { .. } => "quiz",
            _ => "other",
        };
        answers(session).into_iter().map(name).collect()
    }

    fn attempt(id: u32, text: &str, lab: &str) -> Request {
        let files = vec![sent(0, SentText::Whole(text.to_owned()))];
        let lab = Some(lab.to_owned());
        Request { id, command: Command::Analyze { files, options: Options::default(), lab } }
    }

    #[test]
    fn an_attempt_is_graded_and_the_lab_told_once() {
        let mut session = Session::default();
        session.receive(attempt(1, "# nothing", LAB), 0.0).unwrap();
        assert_eq!(events(&mut session), ["analysis", "lab", "graded"]);
        session.receive(attempt(2, "# more", LAB), 0.0).unwrap();
        assert_eq!(events(&mut session), ["analysis", "graded"]);
        session.receive(attempt(3, "# more", "no lab at all"), 0.0).unwrap();
        assert_eq!(events(&mut session), ["analysis", "no lab"]);
        session.receive(analyze(4, "# more"), 0.0).unwrap();
        assert_eq!(events(&mut session), ["analysis"]);
    }

    #[test]
    fn a_file_that_holds_a_lab_is_no_manifest() {
        let mut session = Session::default();
        let draft = |id: u32, text: &str| {
            let text = SentText::Whole(text.to_owned());
            analyze_sent(id, vec![SentFile { id: 0, name: "my.md".to_owned(), text }])
        };
        session.receive(draft(1, LAB), 0.0).unwrap();
        let told = answers(&mut session);
        let Event::Analysis { summary, .. } = &told[0].response.event else { panic!("{told:?}") };
        assert_eq!(summary.diagnostics, []);
        assert!(matches!(told[1].response.event, Event::Draft { runs: true, .. }), "{told:?}");
        session.receive(draft(2, "# Read me\n\nRun `make`.\n"), 0.0).unwrap();
        let told = answers(&mut session);
        let Event::Analysis { summary, .. } = &told[0].response.event else { panic!("{told:?}") };
        assert_eq!((summary.diagnostics.len(), summary.not_read.len(), told.len()), (0, 1, 1));
        session.receive(draft(2, &LAB.replace("## Goals", "## Goal")), 0.0).unwrap();
        let told = answers(&mut session);
        let Event::Draft { runs: false, problems, .. } = &told[1].response.event else { panic!("{told:?}") };
        assert!(problems.iter().any(|problem| problem.message.contains("Goal")), "{problems:?}");
    }

    #[test]
    fn what_is_kept_as_a_test_is_told_with_its_result() {
        let pods = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: b}\n";
        let mut session = Session::default();
        session.receive(analyze(1, pods), 0.0).unwrap();
        let ends = |name: &str| format!("default/{name}[Pod]");
        let keep = Command::Keep { source: ends("a"), destination: ends("b"), port: None };
        session.receive(Request { id: 2, command: keep }, 0.0).unwrap();
        session.receive(Request { id: 3, command: Command::WriteTests }, 0.0).unwrap();
        let told = answers(&mut session);
        let written = |id: u32| {
            told.iter().find(|answer| answer.response.id == id).and_then(|answer| {
                match &answer.response.event {
                    Event::Written { name, text, replaces } => {
                        Some((name.as_str(), text.clone()?, *replaces))
                    }
                    _ => None,
                }
            })
        };
        let ("tests.yaml", kept, true) = written(2).unwrap() else { panic!("{told:?}") };
        let ("tests.yaml", all, false) = written(3).unwrap() else { panic!("{told:?}") };
        for (id, tests) in [(4, kept), (5, all)] {
            session.receive(analyze(id, &format!("{pods}---\n{tests}")), 0.0).unwrap();
            let told = answers(&mut session);
            let counts = told.iter().find_map(|answer| match &answer.response.event {
                Event::Analysis { tests: Some(tests), .. } => Some((tests.passed > 0, tests.failed)),
                _ => None,
            });
            assert_eq!(counts, Some((true, 0)), "{tests}");
        }
    }

    #[test]
    fn a_quiz_is_about_the_last_analysis() {
        let mut session = Session::default();
        let pods = "kind: Pod\napiVersion: v1\nmetadata: {name: a}\n---\nkind: Pod\napiVersion: v1\nmetadata: {name: b}\n---\n\
                    apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n\
                    spec: {podSelector: {}, ingress: [{ports: [{port: 80}]}]}\n";
        session.receive(analyze(1, pods), 0.0).unwrap();
        session.receive(Request { id: 2, command: Command::Quiz { seed: 1, count: 5 } }, 0.0).unwrap();
        let told = answers(&mut session);
        let quiz = told.iter().find_map(|answer| match &answer.response.event {
            Event::Quiz { questions } => Some(questions),
            _ => None,
        });
        let quiz = quiz.unwrap();
        assert!((1..=5).contains(&quiz.len()));
        let of_pods = quiz.iter().filter(|asked| asked.destination.starts_with("default/"));
        assert!(of_pods.clone().count() > 0, "{quiz:?}");
        assert!(of_pods.into_iter().all(|asked| asked.allowed == (asked.port == 80)), "{quiz:?}");
    }

    #[test]
    fn fixes_are_tried_out_after_the_answer_and_questions_come_first() {
        let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n\
                      spec: {podSelector: {}, ingress: [{}]}\n";
        let mut session = Session::default();
        session.receive(analyze(1, policy), 0.0).unwrap();
        let mut sent = Vec::new();
        while sent.is_empty() {
            session.work(|| 0.0, 0.0, |answer| sent.push(answer));
        }
        assert!(matches!(sent[0].response.event, Event::Analysis { .. }));
        assert!(session.is_busy(), "fixes are left to be tried");
        session.receive(explain(2), 0.0).unwrap();
        session.work(|| 0.0, 0.0, |answer| sent.push(answer));
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[1].response.id, 2);
        for answer in answers(&mut session) {
            assert!(matches!(answer.response.event, Event::Withdrawn { .. }), "{answer:?}");
        }
    }

    #[test]
    fn work_stops_when_its_time_is_over() {
        let mut session = Session::default();
        session.receive(explain(1), 0.0).unwrap();
        session.receive(explain(2), 0.0).unwrap();
        let time = Cell::new(0.0);
        let clock = || {
            time.set(time.get() + 20.0);
            time.get()
        };
        let mut answers = Vec::new();
        session.work(clock, 20.0, |answer| answers.push(answer));
        assert_eq!(ids(&answers), [1]);
        assert!(session.is_busy());
    }

    #[test]
    fn a_piece_that_takes_long_is_heard_from_within() {
        let mut session = Session::default();
        session.receive(analyze(7, "kind: Pod\napiVersion: v1\nmetadata: {name: a}"), 0.0).unwrap();
        // Each look at the clock is 30 milliseconds later.
        let time = Cell::new(0.0);
        let clock = || {
            time.set(time.get() + 30.0);
            time.get()
        };
        let mut heard = Vec::new();
        session.work(clock, f64::INFINITY, |answer| heard.push((time.get(), answer)));
        let beats: Vec<f64> = heard
            .iter()
            .take_while(|(_, answer)| matches!(answer.response.event, Event::Progress { .. }))
            .filter(|(_, answer)| {
                let Event::Progress { phase, done } = answer.response.event else { return false };
                assert_eq!(answer.response.id, 7);
                phase == Phase::Finding && done > 0.0
            })
            .map(|(time, _)| *time)
            .collect();
        assert!(beats.len() >= 3, "{heard:?}");
        let apart: Vec<f64> = beats.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(apart.iter().all(|apart| (BETWEEN_BEATS..2.0 * BETWEEN_BEATS).contains(apart)), "{apart:?}");
    }

    #[test]
    fn a_change_that_is_asked_for_is_heard_while_it_is_made() {
        let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n\
                      spec: {podSelector: {}, egress: [{to: [{podSelector: {}}]}], policyTypes: [Ingress, Egress]}\n";
        let mut session = Session::default();
        session.receive(analyze(1, policy), 0.0).unwrap();
        answers(&mut session);
        session.receive(Request { id: 2, command: Command::Fix { finding: 0, way: 0 } }, 0.0).unwrap();
        let time = Cell::new(0.0);
        let clock = || {
            time.set(time.get() + 100.0);
            time.get()
        };
        let mut heard = Vec::new();
        session.work(clock, f64::INFINITY, |answer| heard.push(answer));
        assert!(matches!(heard[0].response.event, Event::Progress { .. }), "{heard:?}");
        assert!(heard.iter().all(|answer| answer.response.id == 2), "{heard:?}");
        assert!(matches!(heard.last().unwrap().response.event, Event::Preview { .. }), "{heard:?}");
    }
}
