//! The model of the page, and what each message does to it.

use netpol_session::protocol::{Command, Event, Response};
use netpol_view::contract::{Located, PeerType, Span, Summary};

use super::analysis::Analysis;
use super::announced::announced;
use super::effect::{EditorCommand, Effect};
use super::files::{Closed, File, FileId, Files, texts};
use super::findings::{FindingsFilter, RuleTexts};
use super::matrix::axis::Shown;
use super::matrix::filter::{Filter, Side};
use super::message::{Message, Opening, Pane, View};
use super::panel::{Described, Origin, Proposal, Query, Why};
use super::prepared;
use super::saved::SettingsDocument;
use super::session::{Input, Session};
use super::settings::Settings;
use super::shared::Shared;
use super::text::{Change, Text};
use super::toasts::{Toasts, Undo};
use super::training::Training;
use super::work::{Start, Work};

mod addressing;
mod asking;
mod describing;
mod lines;
mod questioning;
mod training;
mod working;

pub use lines::lines_of;
pub use questioning::are_outside;
pub use training::so_far;

/// A note stays this long; one that undoes something stays longer.
const TOAST: u32 = 6_000;
const UNDO_TOAST: u32 = 15_000;
/// Changes are kept so long after the last one.
const SAVE: u32 = 300;
/// And a millisecond longer for so many UTF-16 units of text.
const SAVED_A_MILLISECOND: usize = 1000;

/// Everything that the page knows.
#[derive(Clone, Debug)]
pub struct Model {
    /// The files.
    pub files: Files,
    /// The settings.
    pub settings: Settings,
    /// The conversation with the worker.
    pub session: Session,
    /// The files that are being read.
    pub opening: Option<Opening>,
    /// The last finished analysis.
    pub analysis: Option<Shared<Analysis>>,
    /// The last one that had anything to show; for as long as the text cannot be read.
    pub readable: Option<Shared<Analysis>>,
    /// The results in sight.
    pub view: View,
    /// What a phone shows.
    pub pane: Pane,
    /// The text that narrows the matrix.
    pub filter: String,
    /// Whether only cells that are not certain are shown.
    pub uncertain: bool,
    /// Which findings are listed.
    pub findings_filter: FindingsFilter,
    /// The findings of the analysis in sight whose fix was tried out and would not do, by their places.
    pub withdrawn: Vec<u32>,
    /// What there is to read about rules.
    pub rules: RuleTexts,
    /// The namespaces that are unfolded.
    pub unfolded: Vec<String>,
    /// Whether workloads that are alike stand in one row and one column.
    pub alike: bool,
    /// Of those, which are unfolded: the id of one of them each.
    pub apart: Vec<String>,
    /// The cell that was opened; never beside a question.
    pub why: Option<Why>,
    /// The question that is open.
    pub query: Option<Query>,
    /// What is described; below a cell that it led to.
    pub sheet: Option<Described>,
    /// The change that is shown before it is made.
    pub proposal: Option<Proposal>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<Located>>,
    /// Whether the problems are listed.
    pub problems_open: bool,
    /// Short notes.
    pub toasts: Toasts,
    /// Whether a newer version of the page is there, for the next visit or reload.
    pub newer: bool,
    /// The newest result in one sentence, once the text or the options have changed.
    pub announced: String,
    /// Whose text it is, and how it is kept.
    pub work: Work,
    /// Labs, policy tests, a quiz, an exam.
    pub training: Training,
    /// The lines that decide what is open, the first first.
    deciding: Vec<Span>,
    cursor: Option<asking::Cursor>,
    /// What was asked whose answer is taken once: its number, and what to ask again where there was no worker yet.
    once: Option<(u32, Command)>,
    /// The request of the analysis in sight.
    analysed: Option<u32>,
    settings_change: u32,
    /// The last change of the settings that is kept.
    settings_kept: u32,
}

impl Model {
    /// The page as it starts.
    pub fn start(start: Start) -> (Self, Vec<Effect>) {
        let work = Work::start(&start);
        let mut model = Self {
            files: Files::default(),
            settings: start.settings.unwrap_or_default(),
            session: Session::settled(),
            opening: None,
            analysis: None,
            readable: None,
            view: start.address.view,
            pane: Pane::default(),
            filter: String::new(),
            uncertain: false,
            findings_filter: FindingsFilter::default(),
            withdrawn: Vec::new(),
            rules: RuleTexts::default(),
            unfolded: Vec::new(),
            alike: false,
            apart: Vec::new(),
            why: None,
            query: None,
            sheet: None,
            proposal: None,
            located: None,
            problems_open: false,
            toasts: Toasts::default(),
            newer: false,
            announced: String::new(),
            work,
            training: Training::default(),
            deciding: Vec::new(),
            cursor: None,
            once: None,
            analysed: None,
            settings_change: 0,
            settings_kept: 0,
        };
        let mut notes = start.notes;
        notes.extend(model.work.address.misread.take());
        notes.extend(model.take_in(start.opened));
        if model.training.lab.is_some() {
            model.pane = Pane::Manifests;
        }
        let mut effects = Vec::new();
        if prepared::is_of(&model.files.sources(), model.settings.options) {
            effects.push(Effect::ReadPrepared);
        } else {
            (model.session, effects) = Session::start();
        }
        effects.push(Effect::ApplyTheme);
        effects.extend(model.show_active());
        effects.push(model.begin_address());
        if model.view == View::Labs {
            effects.extend(model.want_labs());
        }
        if model.settings.exam.as_ref().is_some_and(|exam| !exam.over) {
            effects.push(Effect::Clock(0));
        }
        for note in notes {
            effects.extend(model.toast(note, None));
        }
        (model, effects)
    }

    /// What is shown of the peers.
    pub fn shown(&self) -> Shown {
        Shown {
            outside: self.settings.outside,
            hypothetical: self.settings.hypothetical,
            filter: Filter::parse(&self.filter),
            uncertain: self.uncertain,
            unfolded: self.unfolded.clone(),
            alike: self.alike,
            apart: self.apart.clone(),
        }
    }

    /// Takes a message and answers what is to be done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = self.take(message);
        effects.extend(self.follow_address());
        effects
    }

    fn take(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Work(message) => self.work(message),
            Message::Training(message) => self.train(message),
            Message::Edited(file, changes, units) => self.edited(file, &changes, units),
            Message::Typed(file, text) => {
                self.files.rewrite(file, text.as_str().into());
                self.files_changed()
            }
            Message::SelectFile(file) => self.select(file),
            Message::StepFile(file, step) => match self.files.neighbour(file, step) {
                Some(file) => self.select(file),
                None => Vec::new(),
            },
            Message::AddFile => {
                self.files.add_empty();
                self.files_replaced()
            }
            Message::RenameFile(file, name) => {
                if self.is_locked(file) || !self.files.rename(file, &name) {
                    return Vec::new();
                }
                self.files_replaced()
            }
            Message::CloseFile(file) => self.close_file(file),
            Message::OpenFiles(opened) => {
                self.opening = None;
                self.open_files(opened)
            }
            Message::Opening(opening) => {
                self.opening = opening;
                Vec::new()
            }
            Message::StopOpening => {
                self.opening = None;
                vec![Effect::StopReading]
            }
            Message::OpenFailed(reason) => self.toast(reason, None),
            Message::NewerVersion => {
                self.newer = true;
                Vec::new()
            }
            Message::Reload => vec![Effect::Reload],
            Message::AddExamplePods => self.ask_for_pods(),
            Message::UndoLast => match self.toasts.newest_undo() {
                Some(toast) => self.take(Message::UndoToast(toast)),
                None => Vec::new(),
            },
            Message::UndoToast(id) => match self.toasts.take(id).and_then(|toast| toast.undo) {
                Some(Undo::Reopen(closed)) => {
                    closed.into_iter().rev().for_each(|closed| self.files.reopen(closed));
                    self.files_replaced()
                }
                Some(Undo::Remove(files)) => self.close_files(files),
                Some(Undo::Restore(left)) => self.restore(*left),
                Some(Undo::Resume) => self.resume(),
                Some(Undo::Change { before, after }) => self.undo_change(before, &after),
                None => Vec::new(),
            },
            Message::DismissToast(id) => {
                self.toasts.take(id);
                vec![Effect::Editor(EditorCommand::Retain(self.reachable_files()))]
            }
            Message::SetTheme(theme) => {
                self.settings.theme = theme;
                self.settings_changed(vec![Effect::ApplyTheme])
            }
            Message::SetOptions(options) => {
                self.settings.options = options;
                self.work.options = None;
                let effects = self.session.input_changed();
                self.settings_changed(effects)
            }
            Message::SetDivider(share) => {
                self.settings.set_divider(share);
                self.settings_changed(Vec::new())
            }
            Message::SetOutside(on) => {
                self.settings.outside = on;
                self.settings_changed(Vec::new())
            }
            Message::SetHypothetical(on) => {
                self.settings.hypothetical = on;
                self.settings_changed(Vec::new())
            }
            Message::SetPort(port) => {
                self.settings.port = port;
                let effects = self.light_cell();
                self.settings_changed(effects)
            }
            Message::SetFilter(text) => {
                self.filter = text;
                Vec::new()
            }
            Message::SetUncertain(only) => {
                self.uncertain = only;
                Vec::new()
            }
            Message::ToggleGroup(name) => {
                match self.unfolded.iter().position(|unfolded| *unfolded == name) {
                    Some(place) => {
                        self.unfolded.remove(place);
                    }
                    None => self.unfolded.push(name),
                }
                Vec::new()
            }
            Message::Unfold(names) => {
                self.unfold(names);
                Vec::new()
            }
            Message::FoldAll => {
                self.unfolded.clear();
                Vec::new()
            }
            Message::SetAlike(on) => {
                self.alike = on;
                self.apart.clear();
                Vec::new()
            }
            Message::ToggleAlike(ids) => {
                let apart = self.apart.len();
                self.apart.retain(|id| !ids.contains(id));
                if self.apart.len() == apart {
                    self.apart.extend(ids.into_iter().next());
                }
                Vec::new()
            }
            Message::SetFindingsFilter(filter) => {
                self.findings_filter = filter;
                Vec::new()
            }
            Message::WantRules => match self.rules {
                RuleTexts::Unread | RuleTexts::Failed => {
                    self.rules = RuleTexts::Asked;
                    vec![Effect::FetchRules]
                }
                RuleTexts::Asked | RuleTexts::Known(_) => Vec::new(),
            },
            Message::RulesFetched(rules) => {
                self.rules = rules.map_or(RuleTexts::Failed, |rules| RuleTexts::Known(Shared::new(rules)));
                Vec::new()
            }
            Message::SetView(view) => self.go_to_view(view),
            Message::SetPane(pane) => {
                self.pane = pane;
                Vec::new()
            }
            Message::SetProblemsOpen(open) => {
                self.problems_open = open;
                Vec::new()
            }
            Message::OpenCell(source, destination) => self.open_cell(source, destination),
            Message::OpenWitness(witness) => self.open_witness(witness.source, witness.destination),
            Message::CloseWhy => {
                let from = self.why.as_ref().map_or(Origin::Matrix, |why| why.from);
                let mut effects = self.close_why();
                effects.extend(self.close_query());
                // A description that led here takes the keyboard itself.
                if self.sheet.is_none() {
                    effects.push(self.back(from));
                }
                effects
            }
            Message::Describe(id, from) => self.describe(id, from),
            Message::DescribeCursor => self.describe_cursor(),
            Message::OpenDescribedCell(source, destination, from) => {
                self.open_described_cell(source, destination, from)
            }
            Message::CloseSheet => self.close_sheet(),
            Message::ShowFinding(place) => self.show_finding(place),
            Message::OpenQuery => self.open_query(),
            Message::Ask(typed) => self.ask_query(typed),
            Message::ForgetQuestion(place) => self.forget_question(place),
            Message::CloseQuery => {
                let mut effects = self.close_query();
                effects.push(Effect::FocusMatrix);
                effects
            }
            Message::Propose(of) => self.propose(of),
            Message::ApplyProposal => self.apply_proposal(),
            Message::QuickFix(problem, fix) => self.quick_fix(problem, fix),
            Message::CursorRests(file, position) => self.cursor_rests(file, position),
            Message::ShowSpan(span) => self.show_span(&span),
            Message::Prepared(prepared) => self.prepared(prepared),
            Message::Touched => self.session.wake(),
            Message::Cancel => self.session.cancel(),
            Message::Retry => {
                let input = self.input();
                self.session.retry(|| input)
            }
            Message::WorkerReady(generation) => {
                let input = self.input();
                self.session.worker_ready(generation, || input)
            }
            Message::WorkerAnswered(generation, response) => {
                if self.session.is_current(generation) {
                    self.session.heard();
                    if !matches!(response.event, Event::Progress { .. }) {
                        self.session.answered(response.id);
                    }
                    self.answered(*response)
                } else {
                    Vec::new()
                }
            }
            Message::WorkerDied(generation) => self.session.worker_died(generation),
            Message::TypingPaused(revision) => {
                let Self { files, settings, training, session, .. } = self;
                session.typing_paused(revision, || Input::new(files, settings, training))
            }
            Message::RequestIsSlow(request) => {
                self.session.is_slow(request);
                Vec::new()
            }
            Message::CheckProgress(request, pulse) => self.session.check_progress(request, pulse),
            Message::CheckStart(generation) => self.session.check_start(generation),
            Message::Rested(generation, revision) => self.session.rested(generation, revision),
            Message::CheckAnswer(request, beats) => self.check_answer(request, beats),
            Message::SaveSettingsDue(change) if change == self.settings_change => vec![self.save_settings()],
            Message::SaveSettingsDue(_) => Vec::new(),
        }
    }

    fn input(&self) -> Input {
        Input::new(&self.files, &self.settings, &self.training)
    }

    // Files

    fn show_active(&self) -> Vec<Effect> {
        let Some(File { id: file, name, text }) = self.files.get(self.files.active()).cloned() else {
            return Vec::new();
        };
        let locked = self.is_locked(file);
        vec![Effect::Editor(EditorCommand::Show { file, name, text, locked })]
    }

    fn select(&mut self, file: FileId) -> Vec<Effect> {
        self.files.select(file);
        self.show_active()
    }

    fn files_changed(&mut self) -> Vec<Effect> {
        let mut effects = self.session.input_changed();
        self.work.change += 1;
        effects.push(self.save_later());
        effects
    }

    fn files_replaced(&mut self) -> Vec<Effect> {
        let mut effects = self.files_changed();
        effects.extend(self.show_active());
        effects
    }

    fn close_file(&mut self, id: FileId) -> Vec<Effect> {
        if self.is_locked(id) {
            return self.toast("the cluster belongs to the lab: it stays open".to_owned(), None);
        }
        self.close_files(vec![id])
    }

    fn close_files(&mut self, files: Vec<FileId>) -> Vec<Effect> {
        let closed: Vec<Closed> = files.into_iter().filter_map(|file| self.files.close(file)).collect();
        let words = match closed.as_slice() {
            [] => return Vec::new(),
            [one] => format!("Closed {}", one.file.name),
            many => format!("Closed {} files", many.len()),
        };
        let mut effects = self.files_replaced();
        if closed.iter().any(|closed| !closed.file.text.is_blank()) {
            effects.extend(self.toast(words, Some(Undo::Reopen(closed))));
        }
        effects
    }

    fn toast(&mut self, text: String, undo: Option<Undo>) -> Vec<Effect> {
        let time = if undo.is_some() { UNDO_TOAST } else { TOAST };
        let id = self.toasts.add(text, undo);
        vec![Effect::After(time, Box::new(Message::DismissToast(id)))]
    }

    /// The files in the tabs and those that a toast can still give back: their histories stay.
    fn reachable_files(&self) -> Vec<FileId> {
        let undone = self.toasts.iter().filter_map(|toast| toast.undo.as_ref()).flat_map(Undo::files);
        self.files.iter().chain(undone).map(|file| file.id).collect()
    }

    fn settings_changed(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        self.settings_change += 1;
        effects.push(Effect::After(SAVE, Box::new(Message::SaveSettingsDue(self.settings_change))));
        effects
    }

    fn save_settings(&mut self) -> Effect {
        self.settings_kept = self.settings_change;
        let own = self.work.options.unwrap_or(self.settings.options);
        Effect::SaveSettings(SettingsDocument::from(&Settings { options: own, ..self.settings.clone() }))
    }

    // The worker's answers

    fn answered(&mut self, response: Response) -> Vec<Effect> {
        match response.event {
            Event::Progress { phase, done } => {
                self.session.progressed(response.id, phase, done);
                Vec::new()
            }
            Event::Analysis { summary, milliseconds, tests } => {
                if self.session.is_again(response.id) {
                    self.session.finished();
                    self.analysed = Some(response.id);
                    return self.ask_again();
                }
                if !self.session.is_running(response.id) {
                    return Vec::new();
                }
                let rest = self.session.finished();
                let analysis = Shared::new(Analysis::new(*summary, Some(milliseconds)));
                if self.session.revision() > 0 {
                    self.announced = announced(self.analysis.as_deref(), &analysis);
                }
                self.analysis = Some(analysis.clone());
                self.analysed = Some(response.id);
                if !analysis.has_no_pods() {
                    self.readable = Some(analysis.clone());
                }
                self.findings_filter.forget_missing(&analysis.summary.findings);
                self.uncertain &= analysis.is_uncertain();
                self.withdrawn.clear();
                self.training.tests = tests.map(|tests| Shared::new(*tests));
                self.training.draft = None;
                let mut effects = self.mark_problems(&analysis);
                effects.extend(rest);
                effects.extend(self.keep_quiz());
                effects.extend(self.ask_again());
                effects.extend(self.open_addressed_cell());
                effects.extend(self.tell_result(&analysis));
                effects
            }
            Event::Withdrawn { findings } => {
                if self.analysed == Some(response.id) {
                    self.withdrawn = findings;
                }
                Vec::new()
            }
            Event::Lab { lab } => self.lab_read(lab),
            Event::Graded { graded } if self.analysed == Some(response.id) => self.graded(*graded),
            Event::Draft { name, runs, problems } if self.analysed == Some(response.id) => {
                self.drafted(name, runs, problems)
            }
            event => self.asked_and_answered(response.id, event),
        }
    }

    fn prepared(&mut self, prepared: Option<Box<Summary>>) -> Vec<Effect> {
        let Some(prepared) = prepared else {
            let (session, effects) = Session::start();
            self.session = session;
            return effects;
        };
        let analysis = Shared::new(Analysis::new(*prepared, None));
        self.analysis = Some(analysis.clone());
        self.readable = Some(analysis.clone());
        let mut effects = self.mark_problems(&analysis);
        effects.extend(self.open_addressed_cell());
        effects.extend(self.tell_result(&analysis));
        effects
    }

    fn mark_problems(&self, analysis: &Analysis) -> Vec<Effect> {
        let mark = |file: &File| {
            Effect::Editor(EditorCommand::Mark(file.id, analysis.problems_of(&file.name).cloned().collect()))
        };
        self.files.iter().map(mark).collect()
    }

    // Why

    fn open_witness(&mut self, source: String, destination: String) -> Vec<Effect> {
        for (id, side) in [(&source, Side::Rows), (&destination, Side::Columns)] {
            if !self.uncover(id, side) {
                return Vec::new();
            }
        }
        let mut effects = self.go_to_view(View::Matrix);
        self.pane = Pane::Results;
        effects.extend(self.open_cell(source, destination));
        effects
    }

    /// Lets nothing hide the row or column of a peer. Answers whether there is one.
    fn uncover(&mut self, id: &str, side: Side) -> bool {
        let Some(analysis) = self.analysis.clone() else { return false };
        let Some(index) = analysis.peer(id) else { return false };
        self.settings.outside |= analysis.is(index, PeerType::External);
        self.settings.hypothetical |= analysis.is(index, PeerType::Hypothetical);
        if let Some(name) = analysis.names.get(index) {
            self.unfold(analysis.groups.get(name.group).cloned());
            if !Filter::parse(&self.filter).keeps(side, |word| name.holds(word)) {
                self.filter.clear();
            }
        }
        self.uncertain = false;
        true
    }

    fn unfold(&mut self, names: impl IntoIterator<Item = String>) {
        for name in names {
            if !self.unfolded.contains(&name) {
                self.unfolded.push(name);
            }
        }
    }
}

#[cfg(test)]
mod tests;
