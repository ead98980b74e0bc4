//! The model, and what does in the browser what it answers.
//!
//! Messages wait in a queue of the shell's own. Yew is told of each, and has it taken when it comes to that: on a slow machine
//! after its next pause, which a page that is closing does not live to see. So who leaves takes them at once.

use std::cell::RefCell;
use std::rc::Rc;

use yew::Callback;

use super::editor::{Ask, Editor};
use super::worker::{self, Told, Worker};
use super::{Config, dom, files, keep, storage};
use crate::state::effect::{EditorCommand, Effect};
use crate::state::message::Message;
use crate::state::model::Model;
use crate::state::place::Place;
use crate::state::session::Run;
use crate::state::toasts::ToastId;
use crate::state::training::TrainingMessage;
use crate::state::work::{Start, WorkMessage};
use crate::state::{prepared, saved};

/// The model, with all that it has done.
pub struct Shell {
    /// What the page knows.
    pub model: Model,
    /// Where messages go.
    pub dispatch: Callback<Message>,
    /// Counts how often the keyboard was to go to the matrix.
    pub focus_matrix: u32,
    inbox: Rc<RefCell<Vec<Message>>>,
    /// Whether something in sight is another than when it was last asked.
    stale: bool,
    config: Config,
    told: Callback<Told>,
    worker: Option<Worker>,
    editor: Option<Editor>,
    /// What the editor is asked for before it is there.
    waiting: Vec<EditorCommand>,
}

impl Shell {
    /// The page as it starts. `wake` is called with each message that waits, `told` with what the worker answers the editor.
    pub fn start(start: Start, config: Config, wake: Callback<()>, told: Callback<Told>) -> Self {
        let inbox = Rc::new(RefCell::new(Vec::new()));
        let dispatch = {
            let inbox = Rc::clone(&inbox);
            Callback::from(move |message| {
                inbox.borrow_mut().push(message);
                wake.emit(());
            })
        };
        let (model, effects) = Model::start(start);
        if model.is_embedded() {
            keep::attend_to_host(dispatch.clone());
        } else {
            keep::listen_to_tabs(dispatch.clone());
        }
        let mut shell = Self {
            model,
            dispatch,
            focus_matrix: 0,
            inbox,
            stale: false,
            config,
            told,
            worker: None,
            editor: None,
            waiting: Vec::new(),
        };
        shell.run(effects);
        shell
    }

    /// Takes the messages that wait.
    pub fn catch_up(&mut self) {
        let messages = std::mem::take(&mut *self.inbox.borrow_mut());
        for message in messages {
            self.stale |= self.take(message);
        }
    }

    /// Whether something in sight may be another than when this was last asked.
    pub fn is_stale(&mut self) -> bool {
        std::mem::take(&mut self.stale)
    }

    /// The page is out of sight, perhaps for ever: what is not written yet is.
    pub fn leave(&mut self, closing: bool) {
        self.dispatch.emit(Message::Work(WorkMessage::Leaving(closing)));
        self.catch_up();
    }

    /// The editor's place is there.
    pub fn edit_in(&mut self, place: &web_sys::HtmlElement, asks: Callback<Ask>) {
        let mut editor = Editor::new(place, self.dispatch.clone(), asks);
        for command in self.waiting.drain(..) {
            editor.run(command);
        }
        self.editor = Some(editor);
    }

    /// The editor asks the worker; the model does not need to know.
    pub fn ask(&self, Ask { ticket, command }: &Ask) {
        if let Some(worker) = &self.worker {
            worker.ask(*ticket, command);
        }
    }

    /// The worker answers the editor.
    pub fn answer(&self, Told { ticket, event }: &Told) {
        if let Some(editor) = &self.editor {
            editor.answer(*ticket, event);
        }
    }

    /// Takes a message. Answers whether something in sight may be another.
    fn take(&mut self, message: Message) -> bool {
        let edited = match &message {
            Message::Edited(file, ..) | Message::Typed(file, _) => Some(*file),
            _ => None,
        };
        let is_quiet = edited.is_some() || is_of_time(&message);
        let before = self.seen();
        let effects = self.model.update(message);
        if let (Some(editor), Some(file)) =
            (&mut self.editor, edited.and_then(|file| self.model.files.get(file)))
        {
            editor.has(file.id, file.text.clone());
        }
        self.run(effects);
        !is_quiet || before != self.seen()
    }

    fn run(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::After(milliseconds, message) => {
                    let dispatch = self.dispatch.clone();
                    dom::after(milliseconds, move || dispatch.emit(*message));
                }
                Effect::ReadPrepared => {
                    let effects = self.model.update(Message::Prepared(worker::read(prepared::RESULT)));
                    self.run(effects);
                }
                Effect::StartWorker(generation) => {
                    // The old one ends first.
                    self.worker = None;
                    self.worker = {
                        let (dispatch, told) = (self.dispatch.clone(), self.told.clone());
                        Worker::start(&self.config.worker, generation, dispatch, told)
                    };
                    if self.worker.is_none() {
                        self.dispatch.emit(Message::WorkerDied(generation));
                    }
                }
                Effect::Send(request) => {
                    if let Some(worker) = &self.worker {
                        worker.send(&request);
                    }
                }
                Effect::StopReading => files::stop_reading(),
                Effect::FetchRules => files::fetch_rules(self.dispatch.clone()),
                Effect::FetchLabs => files::fetch_labs(self.dispatch.clone()),
                Effect::Clock(delay) => {
                    let dispatch = self.dispatch.clone();
                    dom::after(delay, move || {
                        dispatch.emit(Message::Training(TrainingMessage::Now(js_sys::Date::now())));
                    });
                }
                Effect::Work(effect) => keep::run(effect, self.dispatch.clone()),
                Effect::Tell(told) => keep::tell_host(told),
                Effect::SaveSettings(_) if self.model.is_embedded() => {}
                Effect::SaveSettings(document) => {
                    // Another tab may have handed in the exam, or solved another lab.
                    let stored = storage::read(saved::SETTINGS_KEY);
                    let document = document.beside(stored.as_deref().and_then(storage::parse));
                    let result = storage::keep(saved::SETTINGS_KEY, &document);
                    // Texts are told of where they are kept; what they are told of counts for both.
                    if let Err(reason) = result
                        && self.model.work.not_kept.is_none()
                    {
                        self.dispatch.emit(Message::Work(WorkMessage::Kept(Err(reason))));
                    }
                }
                // Who leaves takes the messages that wait, so this one is to be done first.
                Effect::Reload => dom::after(0, dom::reload),
                Effect::ApplyTheme => dom::apply_theme(self.model.settings.theme),
                Effect::Editor(command) => match &mut self.editor {
                    Some(editor) => editor.run(command),
                    None => self.waiting.push(command),
                },
                Effect::FocusMatrix => self.focus_matrix += 1,
                Effect::Focus(selector) => dom::after(0, move || dom::focus_selected(&selector)),
                // Who works through the findings by keyboard stays there, and has a key for it.
                Effect::FocusUndo if dom::has_focus(".finding") => {}
                Effect::FocusUndo => dom::after(0, || dom::focus_selected(".toast .undo")),
            }
        }
    }

    /// All that a change of the text alone, or time that passes, changes in the page.
    fn seen(&self) -> Seen {
        let Model { session, files, work, toasts, .. } = &self.model;
        Seen {
            run: session.run,
            restarted: session.restarted,
            is_blank: files.is_blank(),
            is_untouched: self.model.is_untouched(),
            place: work.place.clone(),
            elsewhere: work.elsewhere,
            not_kept: work.not_kept.clone(),
            toast: toasts.newest().map(|toast| toast.id),
            clock: self
                .model
                .settings
                .exam
                .as_ref()
                .map(|exam| (exam.left(self.model.training.now), exam.over)),
        }
    }
}

#[derive(PartialEq)]
struct Seen {
    run: Run,
    restarted: bool,
    is_blank: bool,
    is_untouched: bool,
    place: Place,
    elsewhere: bool,
    not_kept: Option<String>,
    toast: Option<ToastId>,
    clock: Option<(String, bool)>,
}

/// Whether it says no more than that time has passed, or that something was written.
fn is_of_time(message: &Message) -> bool {
    use Message::{CheckProgress, CheckStart, RequestIsSlow, Rested, SaveSettingsDue, TypingPaused};
    let of_work = matches!(
        message,
        Message::Work(WorkMessage::Due(_) | WorkMessage::Saved(..) | WorkMessage::Leaving(_))
            | Message::Training(TrainingMessage::Now(_))
    );
    of_work
        || matches!(
            message,
            CheckProgress(..)
                | CheckStart(_)
                | RequestIsSlow(_)
                | Rested(..)
                | SaveSettingsDue(_)
                | TypingPaused(_)
        )
}
