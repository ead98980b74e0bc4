//! Labs, policy tests, quizzes and exams.

use netpol_labs::Shown;
use netpol_session::protocol::{Command, Graded, Question};
use netpol_view::contract::{Diagnostic, PortWanted, Preview};

use super::{EditorCommand, Effect, FileId, Model, Pane, Shared, Undo, View};
use crate::state::analysis::Analysis;
use crate::state::examples::digest;
use crate::state::files::File;
use crate::state::place::Place;
use crate::state::saved::LinkDocument;
use crate::state::session::Run;
use crate::state::told::Told;
use crate::state::training::{
    Exam, LabRead, Labs, OpenLab, QUESTIONS, Quiz, Solved, TrainingMessage, medal, mixed, solve,
};
use crate::state::words::counted;
use crate::state::work::WorkEffect;

/// How often an exam looks at the clock, in milliseconds.
const TICK: u32 = 1000;

impl Model {
    pub(super) fn train(&mut self, message: TrainingMessage) -> Vec<Effect> {
        match message {
            TrainingMessage::WantLabs => self.want_labs(),
            TrainingMessage::LabsFetched(labs) => {
                self.training.labs = labs.map_or(Labs::Failed, |labs| Labs::Known(Shared::new(labs)));
                Vec::new()
            }
            TrainingMessage::Hint => {
                if let Some(lab) = &mut self.training.lab {
                    lab.hints += 1;
                }
                vec![Effect::Focus(".task .hints li:last-child".to_owned())]
            }
            TrainingMessage::Solution(shown) => {
                if let Some(lab) = &mut self.training.lab {
                    lab.solution = shown;
                }
                Vec::new()
            }
            TrainingMessage::Fold(folded) => {
                self.training.folded = folded;
                Vec::new()
            }
            TrainingMessage::NextLab => match self.next_lab() {
                Some(id) => self.go(Place::Lab(id)),
                None => self.go_to_view(View::Labs),
            },
            TrainingMessage::Try => self.try_draft(),
            TrainingMessage::Tried(Some(fragment)) => self.go(Place::Link(fragment)),
            TrainingMessage::Tried(None) => self.toast("this browser cannot make links".to_owned(), None),
            TrainingMessage::Predict => self.predict(),
            TrainingMessage::Guess(allowed) => self.guess(allowed),
            TrainingMessage::NextQuestion => {
                if let Some(quiz) = &mut self.training.quiz {
                    quiz.at = quiz.guesses.len();
                }
                let mut effects = self.close_why();
                effects.push(Effect::Focus(QUIZ.to_owned()));
                effects
            }
            TrainingMessage::EndQuiz => {
                self.training.quiz = None;
                self.close_why()
            }
            TrainingMessage::Sit => self.sit(),
            TrainingMessage::GoTo(place) => {
                let lab = self.settings.exam.as_ref().and_then(|exam| {
                    let lab = exam.labs.get(place)?.clone();
                    Some(Place::Exam(exam.sitting.clone(), lab))
                });
                lab.map_or_else(Vec::new, |lab| self.go(lab))
            }
            TrainingMessage::HandIn => self.hand_in("The exam is handed in", Some(Undo::Resume)),
            TrainingMessage::ForgetExam => {
                self.settings.exam = None;
                self.settings_changed(Vec::new())
            }
            TrainingMessage::Now(now) => self.time_is(now),
            TrainingMessage::WriteTests => self.write(Command::WriteTests),
            TrainingMessage::Keep => self.keep_verdict(),
        }
    }

    // Labs

    pub(super) fn want_labs(&mut self) -> Vec<Effect> {
        match self.training.labs {
            Labs::Unread | Labs::Failed => {
                self.training.labs = Labs::Asked;
                vec![Effect::FetchLabs]
            }
            Labs::Asked | Labs::Known(_) => Vec::new(),
        }
    }

    /// The first lab after this one that is not solved.
    fn next_lab(&self) -> Option<String> {
        let here = self.training.lab.as_ref().and_then(|lab| lab.id.as_deref());
        let list = self.training.labs.list();
        let after = list.iter().position(|lab| Some(&lab.id[..]) == here).map_or(0, |at| at + 1);
        let round = list.iter().skip(after).chain(list.iter().take(after));
        let mut open =
            round.filter(|lab| Some(&lab.id[..]) != here && medal(&self.settings.solved, &lab.id).is_none());
        open.next().map(|lab| lab.id.clone())
    }

    /// Is at a place that is the attempt of a lab, or of none.
    pub(super) fn stand_at_lab(&mut self, lab: Option<String>, attempted: bool) {
        let id = self.work.place.lab().map(str::to_owned);
        self.training.lab = lab.map(|text| OpenLab::new(id, text.into(), attempted));
        self.training.quiz = None;
    }

    /// Whether a file is the lab's own, which nobody edits.
    pub fn is_locked(&self, file: FileId) -> bool {
        let lab = self.training.lab.as_ref();
        // Until it is read, it is not known which files are its own.
        let owns = |lab: &OpenLab, file: &str| lab.read == LabRead::Asked || lab.owns(file);
        lab.zip(self.files.get(file)).is_some_and(|(lab, file)| owns(lab, &file.name))
    }

    /// What the lab says is there: its files come into the editor, an earlier attempt in the place of the start.
    pub(super) fn lab_read(&mut self, shown: Option<Box<Shown>>) -> Vec<Effect> {
        let Some(lab) = &mut self.training.lab else { return Vec::new() };
        let Some(shown) = shown else {
            lab.read = LabRead::Unreadable;
            return Vec::new();
        };
        if lab.shown() == Some(&*shown) {
            return Vec::new();
        }
        let cluster = shown.cluster.clone();
        let original: Vec<(String, String)> = cluster.iter().chain(&shown.start).cloned().collect();
        let is_cluster = |name: &str| cluster.iter().any(|(known, _)| known == name);
        // What was typed before it came is kept, too.
        let attempted = lab.attempted || self.work.kept != self.work.change;
        lab.read = LabRead::Known(Shared::new(*shown));
        let attempt: Vec<(String, String)> =
            self.files.iter().map(super::working::pair).filter(|(name, _)| !is_cluster(name)).collect();
        let files: Vec<(String, String)> = if attempted && attempt.iter().any(|(_, text)| !text.is_empty()) {
            cluster.into_iter().chain(attempt).collect()
        } else {
            original.clone()
        };
        let mut first = self.files.clone();
        first.replace(original);
        self.work.original = Some(first);
        self.files.replace(files);
        self.show_answer();
        let mut effects = self.session.input_changed();
        effects.extend(self.show_active());
        effects
    }

    /// Of the files of a lab, shows the first that is edited.
    pub(super) fn show_answer(&mut self) {
        let place = self.files.iter().position(|file| !self.is_locked(file.id));
        self.files.select_nth(place.unwrap_or_default());
    }

    pub(super) fn graded(&mut self, graded: Graded) -> Vec<Effect> {
        let Some(lab) = &mut self.training.lab else { return Vec::new() };
        // Until its files are here, nothing was attempted.
        if lab.shown().is_none() {
            return Vec::new();
        }
        let words = match graded.passed {
            true => "The lab is solved".to_owned(),
            false => so_far(&graded),
        };
        let is_news = lab.graded.as_deref() != Some(&graded);
        let Graded { passed, shortest, .. } = graded;
        let told = lab.shown().map(|shown| Told::graded(&shown.index.id, &graded));
        lab.graded = Some(Shared::new(graded));
        if is_news {
            self.announced = words;
        }
        let mut effects = match self.work.place.clone() {
            Place::Lab(id) if passed => self.solved(id, shortest),
            Place::Exam(sitting, id) => self.passed(&sitting, &id, passed),
            _ => Vec::new(),
        };
        effects.extend(told.filter(|_| self.is_embedded()).map(Effect::Tell));
        effects
    }

    fn solved(&mut self, id: String, shortest: bool) -> Vec<Effect> {
        let is_news = solve(&mut self.settings.solved, Solved { id, shortest });
        if is_news { self.settings_changed(Vec::new()) } else { Vec::new() }
    }

    /// A file holds a lab: what is wrong with it is among the problems.
    pub(super) fn drafted(&mut self, name: String, runs: bool, problems: Vec<Diagnostic>) -> Vec<Effect> {
        self.training.draft = Some((name.clone(), runs));
        let Some(analysis) = self.analysis.as_ref().filter(|_| !problems.is_empty()) else {
            return Vec::new();
        };
        let mut summary = analysis.summary.clone();
        // They may have been told before, by the worker that this one took the place of.
        summary.diagnostics.retain(|one| *one.span.file != *name);
        summary.diagnostics.extend(problems);
        let analysis = Shared::new(Analysis::new(summary, analysis.milliseconds));
        self.analysis = Some(analysis.clone());
        self.mark_problems(&analysis)
    }

    /// Runs the lab that a file holds: as a link, so that it can be sent to others.
    fn try_draft(&mut self) -> Vec<Effect> {
        let draft = self.training.draft.as_ref().and_then(|(name, _)| self.files.named(name));
        let Some(draft) = draft else { return Vec::new() };
        let document = LinkDocument::of_lab(&draft.text.to_string());
        vec![Effect::Work(WorkEffect::MakeLab(document))]
    }

    // Tests

    pub(super) fn write(&mut self, command: Command) -> Vec<Effect> {
        match self.session.run {
            Run::Settled => self.ask_once(command),
            run if run.has_stopped() => self.toast("analyse the text first".to_owned(), None),
            // It is asked once that is analysed which is in sight: no request has this number.
            _ => {
                self.once = Some((0, command));
                Vec::new()
            }
        }
    }

    fn keep_verdict(&mut self) -> Vec<Effect> {
        let port = match &self.query {
            Some(query) => query.typed.question().ok().and_then(|question| question.port),
            None => self.settings.port,
        };
        let port = port.map(|port| PortWanted { protocol: port.protocol, port: port.port });
        let Some((source, destination)) = self.open_ends() else { return Vec::new() };
        let (source, destination) = (source.to_owned(), destination.to_owned());
        self.write(Command::Keep { source, destination, port })
    }

    /// A file was written: it takes the place of the one of its name, or comes beside all others. It can be undone.
    pub(super) fn is_written(&mut self, name: &str, text: &str, replaces: bool) -> Vec<Effect> {
        let same = self.files.named(name).filter(|_| replaces).map(|file| file.id);
        let mut effects = match same {
            Some(file) => {
                let before = self.files.clone();
                self.files.rewrite(file, text.into());
                let mut effects = self.rewrite_editor(&before);
                effects.extend(self.files_changed());
                let after = self.files.clone();
                effects.extend(self.toast(format!("Changed {name}"), Some(Undo::Change { before, after })));
                effects
            }
            None => {
                let file = self.files.add(name, text);
                let mut effects = self.files_replaced();
                effects.extend(self.toast(format!("Added {name}"), Some(Undo::Remove(vec![file]))));
                effects
            }
        };
        effects.push(Effect::FocusUndo);
        effects
    }

    // A quiz

    fn predict(&mut self) -> Vec<Effect> {
        let seed = self.seed() as u32;
        self.ask_once(Command::Quiz { seed, count: QUESTIONS })
    }

    /// A number that is another one each time.
    fn seed(&mut self) -> u64 {
        self.training.made += 1;
        mixed(digest(&self.work.tab), u64::from(self.training.made))
    }

    pub(super) fn asked_to_predict(&mut self, request: u32, questions: Vec<Question>) -> Vec<Effect> {
        if !self.is_asked(request) {
            return Vec::new();
        }
        if questions.is_empty() {
            let words = "there is nothing to ask about: a quiz needs two workloads and a policy";
            return self.toast(words.to_owned(), None);
        }
        let questions = Shared::new(questions);
        let revision = self.session.revision();
        self.training.quiz = Some(Quiz { questions, guesses: Vec::new(), at: 0, revision });
        let mut effects = self.close_why();
        effects.extend(self.go_to_view(View::Labs));
        self.pane = Pane::Results;
        effects.push(Effect::Focus(QUIZ.to_owned()));
        effects
    }

    /// Takes an answer, and asks for the explanation of the right one.
    fn guess(&mut self, allowed: bool) -> Vec<Effect> {
        let Some(quiz) = &mut self.training.quiz else { return Vec::new() };
        if quiz.guess().is_some() {
            return Vec::new();
        }
        let Some(question) = quiz.question().cloned() else { return Vec::new() };
        quiz.guesses.push(allowed);
        let mut effects = self.open_cell(question.source, question.destination);
        effects.push(Effect::Focus(".quiz .next".to_owned()));
        effects
    }

    /// A quiz is about one text: with another it is over.
    pub(super) fn keep_quiz(&mut self) -> Vec<Effect> {
        let revision = self.session.revision();
        match self.training.quiz.take_if(|quiz| quiz.revision != revision) {
            Some(_) => self.toast("the text has changed: the quiz is over".to_owned(), None),
            None => Vec::new(),
        }
    }

    // An exam

    fn sit(&mut self) -> Vec<Effect> {
        if !matches!(self.training.labs, Labs::Known(_)) {
            return self.want_labs();
        }
        let seed = self.seed();
        let sitting = format!("{}.{}", self.work.tab, self.training.made);
        let exam = Exam::choose(self.training.labs.list(), sitting, seed);
        let first = exam.labs.first().cloned();
        let Some(first) = first else { return Vec::new() };
        let place = Place::Exam(exam.sitting.clone(), first);
        self.settings.exam = Some(exam);
        let mut effects = vec![Effect::Clock(0)];
        effects.extend(self.go(place));
        self.settings_changed(effects)
    }

    fn passed(&mut self, sitting: &str, id: &str, passed: bool) -> Vec<Effect> {
        let exam = self.settings.exam.as_mut().filter(|exam| exam.sitting == *sitting && !exam.over);
        let Some(exam) = exam else { return Vec::new() };
        let at = exam.place_of(id);
        match at.and_then(|at| exam.passed.get_mut(at)) {
            Some(before) if *before != passed => *before = passed,
            _ => return Vec::new(),
        }
        self.settings_changed(Vec::new())
    }

    /// An exam looks at the clock for as long as it lasts.
    fn time_is(&mut self, now: f64) -> Vec<Effect> {
        self.training.now = now;
        let Some(exam) = self.settings.exam.as_mut().filter(|exam| !exam.over) else { return Vec::new() };
        if exam.began == 0.0 {
            exam.began = now;
            exam.ends += now;
            return self.settings_changed(vec![Effect::Clock(TICK)]);
        }
        if now >= exam.ends {
            return self.hand_in("The time is over", None);
        }
        vec![Effect::Clock(TICK)]
    }

    fn hand_in(&mut self, words: &str, undo: Option<Undo>) -> Vec<Effect> {
        let Some(exam) = &mut self.settings.exam else { return Vec::new() };
        exam.turn(true, self.training.now);
        let mut effects = self.want_labs();
        effects.extend(self.go_to_view(View::Labs));
        self.pane = Pane::Results;
        effects.extend(self.toast(words.to_owned(), undo));
        effects.push(Effect::Focus(".exam".to_owned()));
        self.settings_changed(effects)
    }

    /// Goes on with the exam that was handed in; its clock has not stood still.
    pub(super) fn resume(&mut self) -> Vec<Effect> {
        let Some(exam) = &mut self.settings.exam else { return Vec::new() };
        exam.turn(false, self.training.now);
        let mut effects = vec![Effect::Clock(0)];
        effects.extend(self.go_to_view(View::Matrix));
        self.pane = Pane::Manifests;
        self.settings_changed(effects)
    }

    /// The exam that is being sat, where the text in sight is part of it.
    pub fn exam_in_sight(&self) -> Option<&Exam> {
        let Place::Exam(sitting, _) = &self.work.place else { return None };
        self.settings.exam.as_ref().filter(|exam| exam.sitting == *sitting && !exam.over)
    }

    /// A change that would touch what nobody edits is not made. Answers whether it would.
    pub(super) fn touches_locked(&self, preview: &Preview) -> bool {
        let is_locked = |file: &File| self.is_locked(file.id);
        preview.diff.iter().any(|diff| self.files.named(&diff.file).is_some_and(is_locked))
    }

    /// What nobody edits was, or somebody tried to: the editor shows it as it is.
    pub(super) fn show_again(&mut self, file: FileId) -> Vec<Effect> {
        let Some(File { id: file, name, text }) = self.files.get(file).cloned() else { return Vec::new() };
        let mut effects = vec![Effect::Editor(EditorCommand::Show { file, name, text, locked: true })];
        let words = "the cluster belongs to the lab: write into the other files";
        if self.toasts.newest().is_none_or(|toast| toast.text != words) {
            effects.extend(self.toast(words.to_owned(), None));
        }
        effects
    }

    /// What a lab's place is called.
    pub(super) fn lab_title(&self) -> Option<String> {
        let title = |shown: &Shown| shown.index.title.clone();
        self.training.lab.as_ref().map(|lab| lab.shown().map_or_else(|| "A lab".to_owned(), title))
    }
}

/// How many goals are reached.
pub fn so_far(graded: &Graded) -> String {
    format!("{} of {} reached", graded.reached(), counted(graded.goals.lines.len(), "goal", "goals"))
}

/// Where the answers of a quiz are.
const QUIZ: &str = ".quiz button";

#[cfg(test)]
mod tests;
