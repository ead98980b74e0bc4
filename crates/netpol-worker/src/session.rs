//! What the worker is doing: the analysis that runs, and the questions that wait for its end. Knows no browser; the
//! clock is handed in.

use std::collections::VecDeque;

use netpol_view::protocol::{Command, Event, MOST_CELLS, Phase, Request, Response};
use netpol_view::{Analyzer, Step};

/// Milliseconds between two reports of progress, and before the first.
const BETWEEN_REPORTS: f64 = 50.0;

/// A message to the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The message.
    pub response: Response,
    /// The matrix that travels beside an analysis, row-major; `None` when it is too large, and for other messages.
    pub cells: Option<Vec<u32>>,
}

/// One page's work.
#[derive(Debug, Default)]
pub struct Session {
    analyzer: Analyzer,
    running: Option<Running>,
    questions: VecDeque<Question>,
}

#[derive(Debug)]
struct Running {
    id: u32,
    since: f64,
    reported: f64,
}

/// A cell that is asked about, of a finished analysis.
#[derive(Debug)]
struct Question {
    id: u32,
    source: String,
    destination: String,
}

impl Session {
    /// Takes a request; nothing is worked on yet. A newer analysis takes the place of one that runs.
    pub fn receive(&mut self, request: Request, now: f64) {
        let id = request.id;
        match request.command {
            Command::Analyze { files, options } => {
                self.analyzer.set_options(options);
                self.analyzer.set_files(files);
                self.running = Some(Running { id, since: now, reported: now });
            }
            Command::Explain { source, destination } => {
                self.questions.push_back(Question { id, source, destination });
            }
        }
    }

    /// Whether there is anything to do.
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || !self.questions.is_empty()
    }

    /// Works until nothing is left to do or `now` passes `until`, and at least one piece. `send` gets the answers.
    pub fn work(&mut self, now: impl Fn() -> f64, until: f64, mut send: impl FnMut(Answer)) {
        while self.is_busy() {
            if let Some(answer) = self.piece(&now) {
                send(answer);
            }
            if now() >= until {
                return;
            }
        }
    }

    fn piece(&mut self, now: &impl Fn() -> f64) -> Option<Answer> {
        // Questions are about a finished analysis, so they wait for the one that runs.
        let Some(running) = &mut self.running else { return self.explain() };
        match self.analyzer.step() {
            Step::Working { phase, done } => {
                let time = now();
                let due = time - running.reported >= BETWEEN_REPORTS;
                due.then(|| {
                    running.reported = time;
                    progress(running.id, phase, done)
                })
            }
            Step::Done => {
                let (id, since) = (running.id, running.since);
                self.running = None;
                Some(self.analysis(id, since, now))
            }
        }
    }

    fn analysis(&mut self, id: u32, since: f64, now: &impl Fn() -> f64) -> Answer {
        let summary = Box::new(self.analyzer.summary());
        let peers = summary.peers.len();
        let small = peers.saturating_mul(peers) <= MOST_CELLS;
        let cells = small.then(|| self.analyzer.cells(0..peers, 0..peers));
        let event = Event::Analysis { summary, milliseconds: now() - since };
        Answer { response: Response { id, event }, cells }
    }

    fn explain(&mut self) -> Option<Answer> {
        let Question { id, source, destination } = self.questions.pop_front()?;
        let event = match self.analyzer.explain(&source, &destination) {
            Some(explanation) => Event::Explanation { explanation: Box::new(explanation) },
            None => Event::Unknown,
        };
        Some(Answer { response: Response { id, event }, cells: None })
    }
}

fn progress(id: u32, phase: Phase, done: f64) -> Answer {
    Answer { response: Response { id, event: Event::Progress { phase, done } }, cells: None }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use netpol_view::contract::{Options, SourceFile};

    use super::*;

    fn analyze(id: u32, text: &str) -> Request {
        let files = vec![SourceFile { name: "a.yaml".to_owned(), text: text.to_owned() }];
        Request { id, command: Command::Analyze { files, options: Options::default() } }
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
        session.receive(analyze(1, "a: 1"), 0.0);
        session.receive(analyze(2, "a: 2"), 0.0);
        let answers = answers(&mut session);
        assert_eq!(ids(&answers), [2]);
        assert!(matches!(answers[0].response.event, Event::Analysis { .. }));
        assert!(answers[0].cells.is_some());
    }

    #[test]
    fn questions_wait_for_the_analysis_that_runs() {
        let mut session = Session::default();
        session.receive(explain(1), 0.0);
        session.receive(analyze(2, "a: 1"), 0.0);
        session.receive(explain(3), 0.0);
        let answers = answers(&mut session);
        assert_eq!(ids(&answers), [2, 1, 3]);
        assert_eq!(answers[1].response.event, Event::Unknown);
        assert_eq!(answers[1].cells, None);
    }

    #[test]
    fn work_stops_when_its_time_is_over() {
        let mut session = Session::default();
        session.receive(explain(1), 0.0);
        session.receive(explain(2), 0.0);
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
}
