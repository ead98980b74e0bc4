//! The conversation with the worker: what runs, what is stale, and what is done about a worker that dies.

use netpol_session::protocol::{Command, Request, SentFile, SentText};
use netpol_view::Phase;
use netpol_view::contract::Options;

use super::effect::Effect;
use super::files::{File, Files};
use super::message::{Message, Pulse};
use super::settings::Settings;
use super::training::Training;

/// Typing pauses this long before an analysis starts.
const PAUSE: u32 = 120;
/// An analysis that takes longer shows progress and can be cancelled.
const SLOW: u32 = 400;
/// How often it is looked whether the worker was heard.
const LOOK: u32 = 2_500;
/// So many looks without a sound mean that the worker is dead. It beats from within what takes long, but not from within
/// each of its parts, and some machines are slow.
const QUIET_LOOKS: u32 = 12;
/// A worker has this long to start.
const START: u32 = 30_000;
/// An answer has this long to come, and as long again whenever the worker was heard meanwhile.
const ANSWER: u32 = 10_000;
/// A worker that has held more UTF-16 units than these, and holds a fraction of them now, gives way to one that takes less
/// memory: that of WebAssembly never shrinks. Only after a while in which nothing changes.
const SPACIOUS: usize = 4_000_000;
const FRACTION: usize = 4;
const REST: u32 = 10_000;
/// So many deaths on one input mean that it cannot be analysed.
const MOST_DEATHS: u32 = 2;

/// How the result that is shown stands to the input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Run {
    /// The result is of this input.
    Settled,
    /// Typing has not paused yet.
    Typing,
    /// To be sent when the worker is there.
    Pending,
    /// The worker is at it.
    Running(Running),
    /// It was stopped; the result is of an earlier input.
    Cancelled,
    /// The worker died over this input more than once; the result is of an earlier one.
    Blocked,
    /// No worker could be loaded, more than once.
    Unloaded,
}

impl Run {
    /// Whether nothing happens before somebody asks for it or changes the input.
    pub fn has_stopped(self) -> bool {
        matches!(self, Self::Cancelled | Self::Blocked | Self::Unloaded)
    }
}

/// An analysis that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    /// Its number.
    pub request: u32,
    /// Whether it has been running for long enough to say so.
    pub slow: bool,
    /// What is being done, and how much of it is.
    pub progress: Option<(Phase, f64)>,
}

/// The conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Where it is.
    pub run: Run,
    /// Whether the worker was started again since the input last changed.
    pub restarted: bool,
    next_request: u32,
    /// Of the worker; 0 while none was asked for.
    generation: u32,
    ready: bool,
    revision: u32,
    deaths: u32,
    /// How often the worker was heard.
    beats: u32,
    /// The files that the worker has.
    sent: Option<Files>,
    /// The most UTF-16 units that the worker had at a time.
    held: usize,
    again: Again,
    /// The last question, until it is answered.
    open: Option<u32>,
}

/// What was analysed is analysed again without anybody noticing, for a worker that takes the place of one that rested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    No,
    /// As soon as the worker is there.
    Wanted,
    /// By this request.
    Asked(u32),
}

impl Session {
    /// A conversation that begins with the analysis of what is there, and the first worker.
    pub fn start() -> (Self, Vec<Effect>) {
        let mut session = Self { run: Run::Pending, ..Self::settled() };
        let effects = session.start_worker();
        (session, effects)
    }

    /// A conversation about an input whose result is there already: no worker before somebody does something.
    pub fn settled() -> Self {
        Self {
            run: Run::Settled,
            restarted: false,
            next_request: 1,
            generation: 0,
            ready: false,
            revision: 0,
            deaths: 0,
            beats: 0,
            sent: None,
            held: 0,
            again: Again::No,
            open: None,
        }
    }

    /// Somebody is there, who may soon ask something: a worker is started unless one was.
    pub fn wake(&mut self) -> Vec<Effect> {
        if self.generation == 0 { self.start_worker() } else { Vec::new() }
    }

    /// Whether the result in sight is of an earlier input.
    pub fn is_stale(&self) -> bool {
        self.run != Run::Settled
    }

    /// Whether something is being worked on.
    pub fn is_busy(&self) -> bool {
        matches!(self.run, Run::Typing | Run::Pending | Run::Running(_))
    }

    /// Whether an answer of this worker still counts.
    pub fn is_current(&self, generation: u32) -> bool {
        generation == self.generation
    }

    /// Whether this is the analysis that runs.
    pub fn is_running(&self, request: u32) -> bool {
        matches!(self.run, Run::Running(running) if running.request == request)
    }

    /// Whether this is the analysis of what was analysed before.
    pub fn is_again(&self, request: u32) -> bool {
        self.again == Again::Asked(request)
    }

    /// Which input it is: changes whenever the input does.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// The input has changed.
    pub fn input_changed(&mut self) -> Vec<Effect> {
        let mut effects = self.revive();
        self.again = Again::No;
        self.revision += 1;
        self.deaths = 0;
        self.restarted = false;
        self.run = Run::Typing;
        effects.push(Effect::After(PAUSE, Box::new(Message::TypingPaused(self.revision))));
        effects
    }

    /// Typing has paused at this revision.
    pub fn typing_paused(&mut self, revision: u32, input: impl FnOnce() -> Input) -> Vec<Effect> {
        if revision == self.revision && self.run == Run::Typing { self.analyze(input) } else { Vec::new() }
    }

    /// Analyses the input now, or as soon as the worker is there.
    pub fn analyze(&mut self, input: impl FnOnce() -> Input) -> Vec<Effect> {
        if !self.ready {
            self.run = Run::Pending;
            return Vec::new();
        }
        let Input { files, options, lab } = input();
        self.again = Again::No;
        let before = self.sent.replace(files.clone());
        self.held = self.held.max(files.units());
        let send = |file: &File| {
            let known = before.as_ref().and_then(|before| before.get(file.id));
            SentFile {
                id: file.id.0,
                name: file.name.to_string(),
                text: match known {
                    Some(known) => file.text.since(&known.text),
                    None => SentText::Whole(file.text.to_string()),
                },
            }
        };
        let files = files.iter().map(send).collect();
        let request = self.number();
        self.run = Run::Running(Running { request, slow: false, progress: None });
        let pulse = Pulse { beats: self.beats, quiet: 0 };
        vec![
            Effect::Send(Request { id: request, command: Command::Analyze { files, options, lab } }),
            Effect::After(SLOW, Box::new(Message::RequestIsSlow(request))),
            Effect::After(LOOK, Box::new(Message::CheckProgress(request, pulse))),
        ]
    }

    /// Asks something else than an analysis. Answers the number of the question.
    pub fn ask(&mut self, command: Command) -> (u32, Vec<Effect>) {
        let id = self.number();
        let mut effects = vec![self.look_for_answer(id)];
        if self.ready {
            self.open = Some(id);
            effects.insert(0, Effect::Send(Request { id, command }));
        } else {
            effects.extend(self.wait());
        }
        (id, effects)
    }

    /// Looks later whether a question was answered.
    pub fn look_for_answer(&self, id: u32) -> Effect {
        Effect::After(ANSWER, Box::new(Message::CheckAnswer(id, self.beats)))
    }

    /// Something waits for the worker: it is asked again after the analysis that the worker begins with.
    fn wait(&mut self) -> Vec<Effect> {
        if self.run == Run::Settled {
            self.run = Run::Pending;
        }
        self.wake()
    }

    /// The worker is there.
    pub fn worker_ready(&mut self, generation: u32, input: impl FnOnce() -> Input) -> Vec<Effect> {
        if generation != self.generation {
            return Vec::new();
        }
        self.ready = true;
        match self.run {
            Run::Settled if self.again == Again::Wanted => {
                let effects = self.analyze(input);
                if let Run::Running(Running { request, .. }) = self.run {
                    self.again = Again::Asked(request);
                }
                self.run = Run::Settled;
                effects
            }
            // Settled, the result was there before the worker, which explains only what it has analysed.
            Run::Pending | Run::Settled => self.analyze(input),
            Run::Typing | Run::Running(_) | Run::Cancelled | Run::Blocked | Run::Unloaded => Vec::new(),
        }
    }

    /// The worker said something, whatever it was: it lives.
    pub fn heard(&mut self) {
        self.beats = self.beats.wrapping_add(1);
    }

    /// A question has its answer.
    pub fn answered(&mut self, request: u32) {
        self.open = self.open.filter(|open| *open != request);
    }

    /// Whether the worker was heard since it had been heard so often.
    pub fn was_heard_since(&self, beats: u32) -> bool {
        self.beats != beats
    }

    /// The worker has made progress.
    pub fn progressed(&mut self, request: u32, phase: Phase, done: f64) {
        if let Run::Running(running) = &mut self.run
            && running.request == request
        {
            running.progress = Some((phase, done.clamp(0.0, 1.0)));
        }
    }

    /// The analysis that runs is finished.
    pub fn finished(&mut self) -> Vec<Effect> {
        self.run = Run::Settled;
        self.again = Again::No;
        let rested = Message::Rested(self.generation, self.revision);
        if self.is_spacious() { vec![Effect::After(REST, Box::new(rested))] } else { Vec::new() }
    }

    /// Whether the worker once held far more than it does now.
    fn is_spacious(&self) -> bool {
        let holds = self.sent.as_ref().map_or(0, Files::units);
        self.held > SPACIOUS && holds < self.held / FRACTION
    }

    /// Nothing has happened for a while since this worker finished with this revision: its memory is given back. The next
    /// one begins with the same input, whose result stays in sight meanwhile.
    pub fn rested(&mut self, generation: u32, revision: u32) -> Vec<Effect> {
        let rests = (generation, revision) == (self.generation, self.revision) && self.run == Run::Settled;
        if !(rests && self.ready && self.open.is_none() && self.is_spacious()) {
            return Vec::new();
        }
        let effects = self.start_worker();
        self.again = Again::Wanted;
        effects
    }

    /// A request takes long.
    pub fn is_slow(&mut self, request: u32) {
        if let Run::Running(running) = &mut self.run
            && running.request == request
        {
            running.slow = true;
        }
    }

    /// Looks whether the worker that has a request is alive: slow is slow, only silence is death.
    pub fn check_progress(&mut self, request: u32, pulse: Pulse) -> Vec<Effect> {
        if !(self.is_running(request) || self.is_again(request)) {
            return Vec::new();
        }
        let quiet = if self.was_heard_since(pulse.beats) { 0 } else { pulse.quiet + 1 };
        if quiet >= QUIET_LOOKS {
            return self.worker_died(self.generation);
        }
        let pulse = Pulse { beats: self.beats, quiet };
        vec![Effect::After(LOOK, Box::new(Message::CheckProgress(request, pulse)))]
    }

    /// Looks whether a worker has started.
    pub fn check_start(&mut self, generation: u32) -> Vec<Effect> {
        if generation == self.generation && !self.ready { self.worker_died(generation) } else { Vec::new() }
    }

    /// A worker has died: another is started and tries once more; then the input counts as one that kills.
    pub fn worker_died(&mut self, generation: u32) -> Vec<Effect> {
        if generation != self.generation {
            return Vec::new();
        }
        self.deaths += 1;
        self.restarted = true;
        if self.deaths >= MOST_DEATHS {
            self.run = if self.ready { Run::Blocked } else { Run::Unloaded };
            // Not started again before the text changes or somebody asks for it: no loop of crashes.
            self.ready = false;
            return Vec::new();
        }
        if self.run != Run::Typing {
            self.run = Run::Pending;
        }
        self.start_worker()
    }

    /// Stops what runs.
    pub fn cancel(&mut self) -> Vec<Effect> {
        self.run = Run::Cancelled;
        self.start_worker()
    }

    /// Tries again.
    pub fn retry(&mut self, input: impl FnOnce() -> Input) -> Vec<Effect> {
        self.deaths = 0;
        self.restarted = false;
        let mut effects = self.revive();
        effects.extend(self.analyze(input));
        effects
    }

    /// Starts a worker where none runs any more.
    fn revive(&mut self) -> Vec<Effect> {
        let none_runs =
            self.generation == 0 || (!self.ready && matches!(self.run, Run::Blocked | Run::Unloaded));
        if none_runs { self.start_worker() } else { Vec::new() }
    }

    fn start_worker(&mut self) -> Vec<Effect> {
        self.generation += 1;
        self.ready = false;
        self.sent = None;
        self.held = 0;
        self.again = Again::No;
        self.open = None;
        vec![
            Effect::StartWorker(self.generation),
            Effect::After(START, Box::new(Message::CheckStart(self.generation))),
        ]
    }

    fn number(&mut self) -> u32 {
        let number = self.next_request;
        self.next_request = self.next_request.wrapping_add(1);
        number
    }
}

/// What an analysis takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The files.
    pub files: Files,
    /// How.
    pub options: Options,
    /// The Markdown of the lab that they are an attempt of.
    pub lab: Option<String>,
}

impl Input {
    /// What is in sight.
    pub fn new(files: &Files, settings: &Settings, training: &Training) -> Self {
        let lab = training.lab.as_ref().map(|lab| lab.text.to_string());
        Self { files: files.clone(), options: settings.options, lab }
    }
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::Position;

    use super::*;
    use crate::state::text::Change;

    fn input() -> Input {
        Input { files: Files::default(), options: Options::default(), lab: None }
    }

    fn sent(effects: &[Effect]) -> Option<u32> {
        effects.iter().find_map(|effect| match effect {
            Effect::Send(request) => Some(request.id),
            _ => None,
        })
    }

    fn started(effects: &[Effect]) -> Option<u32> {
        effects.iter().find_map(|effect| match effect {
            Effect::StartWorker(generation) => Some(*generation),
            _ => None,
        })
    }

    /// A session whose first analysis runs.
    fn running() -> (Session, u32) {
        let (mut session, effects) = Session::start();
        let generation = started(&effects).unwrap();
        let request = sent(&session.worker_ready(generation, input)).unwrap();
        (session, request)
    }

    #[test]
    fn the_first_analysis_waits_for_the_worker() {
        let (session, request) = running();
        assert!(session.is_running(request) && session.is_stale() && session.is_busy());
    }

    fn sent_texts(effects: &[Effect]) -> Vec<SentText> {
        let sent = effects.iter().find_map(|effect| match effect {
            Effect::Send(Request { command: Command::Analyze { files, .. }, .. }) => Some(files),
            _ => None,
        });
        sent.unwrap().iter().map(|file| file.text.clone()).collect()
    }

    #[test]
    fn a_worker_is_sent_what_it_does_not_have() {
        let (mut session, effects) = Session::start();
        let mut files = Files::default();
        files.replace(vec![("a".into(), "a: 1\n".repeat(10_000)), ("b".into(), "b".into())]);
        let whole: Vec<SentText> =
            files.sources().into_iter().map(|file| SentText::Whole(file.text)).collect();
        let input = |files: &Files| Input { files: files.clone(), options: Options::default(), lab: None };
        let first = started(&effects).unwrap();
        assert_eq!(sent_texts(&session.worker_ready(first, || input(&files))), whole);
        let change = Change { from: 3, to: 4, insert: "22".into() };
        assert!(files.edit(files.active(), &[change], 50_001));
        let edited = SentText::Edited { start: 3, end: 4, insert: "22".into() };
        assert_eq!(sent_texts(&session.analyze(|| input(&files))), [edited, SentText::Same]);
        let second = started(&session.worker_died(first)).unwrap();
        let all = sent_texts(&session.worker_ready(second, || input(&files)));
        assert!(all.iter().all(|text| matches!(text, SentText::Whole(_))), "another worker has nothing");
    }

    /// What is to be looked at after a rest.
    fn resting(effects: &[Effect]) -> Option<(u32, u32)> {
        effects.iter().find_map(|effect| match effect {
            Effect::After(REST, message) => match **message {
                Message::Rested(generation, revision) => Some((generation, revision)),
                _ => None,
            },
            _ => None,
        })
    }

    #[test]
    fn memory_is_given_back_when_the_text_has_become_much_smaller() {
        let (mut session, effects) = Session::start();
        let input = |length: usize| {
            let mut files = Files::default();
            files.replace(vec![("a".into(), "a".repeat(length))]);
            move || Input { files, options: Options::default(), lab: None }
        };
        let generation = started(&effects).unwrap();
        session.worker_ready(generation, input(SPACIOUS + 1));
        assert_eq!(resting(&session.finished()), None, "it holds that much");
        session.input_changed();
        session.typing_paused(session.revision, input(100));
        let rest = resting(&session.finished()).unwrap();
        assert_eq!(rest, (generation, session.revision));
        let mut edited = session.clone();
        edited.input_changed();
        assert_eq!(edited.rested(rest.0, rest.1), [], "somebody types");
        let next = started(&session.rested(rest.0, rest.1)).unwrap();
        assert!(!session.is_stale() && !session.is_busy(), "the result in sight is of this input");
        assert_eq!(session.rested(rest.0, rest.1), [], "once");
        let again = sent(&session.worker_ready(next, input(100))).expect("it has to know the input");
        assert!(session.is_again(again) && !session.is_stale() && !session.is_busy(), "nobody notices");
        assert_eq!(resting(&session.finished()), None, "nothing is left to give back");
        assert!(!session.is_again(again));
    }

    #[test]
    fn a_worker_does_not_rest_while_it_is_asked() {
        let (mut session, _) = running();
        session.held = SPACIOUS + 1;
        session.finished();
        let (question, _) =
            session.ask(Command::Locate { file: 0, position: Position { line: 1, column: 1 } });
        assert_eq!(session.rested(session.generation, session.revision), []);
        session.answered(question);
        assert!(started(&session.rested(session.generation, session.revision)).is_some());
    }

    #[test]
    fn a_worker_that_never_held_much_stays() {
        let (mut session, effects) = Session::start();
        let input = |text: &str| {
            let mut files = Files::default();
            files.replace(vec![("a".into(), text.to_owned())]);
            move || Input { files, options: Options::default(), lab: None }
        };
        session.worker_ready(started(&effects).unwrap(), input(&"a".repeat(100_000)));
        session.finished();
        session.analyze(input("a"));
        assert_eq!(session.finished(), []);
    }

    #[test]
    fn only_the_last_pause_counts() {
        let (mut session, _) = running();
        session.input_changed();
        let old = session.revision;
        session.input_changed();
        assert_eq!(session.typing_paused(old, input), []);
        assert!(sent(&session.typing_paused(session.revision, input)).is_some());
    }

    #[test]
    fn an_old_request_is_not_the_one_that_runs() {
        let (mut session, old) = running();
        session.input_changed();
        assert!(!session.is_running(old), "its answer comes too late");
        let new = sent(&session.typing_paused(session.revision, input)).unwrap();
        session.progressed(old, Phase::Reading, 0.5);
        assert!(matches!(session.run, Run::Running(running) if running.progress.is_none()));
        assert!(session.is_running(new));
    }

    /// Lets time pass, a look at a time; `hear` is called before each and says whether the worker was heard. Answers the
    /// milliseconds until another worker is started, if one is.
    fn time_to_death(session: &mut Session, request: u32, mut hear: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut pulse = Pulse { beats: session.beats, quiet: 0 };
        for time in (LOOK..=20 * 60_000).step_by(LOOK as usize) {
            if hear(time) {
                session.heard();
            }
            let effects = session.check_progress(request, pulse);
            match &effects[..] {
                [Effect::After(LOOK, message)] => match &**message {
                    Message::CheckProgress(_, next) => pulse = *next,
                    other => panic!("{other:?}"),
                },
                _ => return Some(time),
            }
        }
        None
    }

    #[test]
    fn a_worker_that_is_heard_lives_however_slow_it_is() {
        let (mut session, request) = running();
        assert_eq!(time_to_death(&mut session, request, |_| true), None);
        // A part of half a minute without a beat is no death yet.
        let almost = QUIET_LOOKS * LOOK;
        assert_eq!(time_to_death(&mut session, request, |time| time.is_multiple_of(almost)), None);
        assert!(session.is_running(request) && !session.restarted);
    }

    #[test]
    fn any_message_is_a_sign_of_life() {
        let (mut session, request) = running();
        let silent = Pulse { beats: session.beats, quiet: QUIET_LOOKS - 1 };
        session.heard();
        assert_eq!(started(&session.check_progress(request, silent)), None);
    }

    #[test]
    fn a_worker_that_falls_silent_is_replaced() {
        let (mut session, request) = running();
        let died = time_to_death(&mut session, request, |time| time <= 10_000);
        assert_eq!(died, Some(10_000 + QUIET_LOOKS * LOOK));
        assert!(session.restarted);
    }

    #[test]
    fn a_silent_worker_is_replaced_once_and_then_left() {
        let (mut session, request) = running();
        let silent = |session: &Session| Pulse { beats: session.beats, quiet: QUIET_LOOKS - 1 };
        let pulse = silent(&session);
        let second = started(&session.check_progress(request, pulse)).unwrap();
        assert!(session.restarted);
        let request = sent(&session.worker_ready(second, input)).unwrap();
        let pulse = silent(&session);
        assert_eq!(session.check_progress(request, pulse), [], "no third worker for this text");
        assert_eq!(session.run, Run::Blocked);
        assert_eq!(session.worker_died(1), [], "the first worker's death is no news");
    }

    #[test]
    fn another_text_gets_a_new_worker() {
        let (mut session, _) = running();
        let second = started(&session.worker_died(session.generation)).unwrap();
        session.worker_ready(second, input);
        session.worker_died(second);
        assert_eq!(session.run, Run::Blocked);
        let generation = started(&session.clone().retry(input)).unwrap();
        assert_eq!(started(&session.input_changed()), Some(generation));
        assert_eq!(session.typing_paused(session.revision, input), []);
        assert_eq!(session.run, Run::Pending);
        assert!(sent(&session.worker_ready(generation, input)).is_some());
    }

    #[test]
    fn cancelling_leaves_the_result_stale_and_a_new_worker() {
        let (mut session, request) = running();
        let generation = started(&session.cancel()).unwrap();
        assert!(!session.is_running(request));
        assert_eq!(session.worker_ready(generation, input), [], "nothing starts by itself");
        assert_eq!(session.run, Run::Cancelled);
        assert!(sent(&session.retry(input)).is_some());
    }

    #[test]
    fn a_worker_that_never_starts_is_given_up() {
        let (mut session, effects) = Session::start();
        let first = started(&effects).unwrap();
        let second = started(&session.check_start(first)).unwrap();
        assert_eq!(session.check_start(second), []);
        assert_eq!(session.run, Run::Unloaded, "it is not the text's fault");
        // Nor is it where one worked before.
        let (mut session, _) = running();
        let second = started(&session.cancel()).unwrap();
        let third = started(&session.check_start(second)).unwrap();
        session.check_start(third);
        assert_eq!(session.run, Run::Unloaded);
        assert!(started(&session.retry(input)).is_some());
    }

    #[test]
    fn a_result_that_is_there_needs_no_worker_before_somebody_comes() {
        let mut session = Session::settled();
        assert!(!session.is_stale() && !session.is_busy());
        let generation = started(&session.wake()).unwrap();
        assert_eq!(session.wake(), [], "one is enough");
        assert!(!session.is_busy(), "the result is still of this input");
        assert!(sent(&session.worker_ready(generation, input)).is_some(), "to be able to explain it");
    }

    #[test]
    fn an_early_question_or_change_starts_the_worker() {
        let mut session = Session::settled();
        let (_, effects) = session.ask(Command::Explain { source: "a".into(), destination: "b".into() });
        assert!(started(&effects).is_some() && sent(&effects).is_none());
        assert!(session.is_busy(), "somebody waits");
        let mut session = Session::settled();
        let generation = started(&session.input_changed()).unwrap();
        session.typing_paused(session.revision, input);
        assert_eq!(session.run, Run::Pending);
        assert!(sent(&session.worker_ready(generation, input)).is_some());
    }
}
