//! The shell: holds the model, hands it messages, and does in the browser what it answers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{DragEvent, KeyboardEvent};
use yew::prelude::*;

use super::divider::divider;
use super::file_tabs::{FileTabs, Tab};
use super::header::header;
use super::help::Help;
use super::place_bar::place_bar;
use super::press;
use super::problems::Problems;
use super::results::Results;
use super::status_bar::status_bar;
use super::task::task;
use super::toasts::toast_in_sight;
use crate::browser::dom::{self, Listener};
use crate::browser::editor::{Ask, Editor};
use crate::browser::worker::{self, Told, Worker};
use crate::browser::{files, keep, storage};
use crate::state::effect::{EditorCommand, Effect};
use crate::state::message::{Message, Pane, View};
use crate::state::model::Model;
use crate::state::place::Place;
use crate::state::prepared;
use crate::state::saved;
use crate::state::session::Run;
use crate::state::toasts::ToastId;
use crate::state::training::TrainingMessage;
use crate::state::work::{Start, WorkMessage};
use netpol_view::contract::DiagnosticSeverity;

/// The page.
pub struct App {
    model: Model,
    dispatch: Callback<Message>,
    asks: Callback<Ask>,
    told: Callback<Told>,
    worker: Option<Worker>,
    editor: Option<Editor>,
    /// What the editor is asked for before it is there.
    waiting: Vec<EditorCommand>,
    place_of_editor: NodeRef,
    focus_matrix: u32,
    /// The keyboard goes to the filter as soon as it is there.
    focus_filter: bool,
    /// What is typed until then.
    typed_ahead: Rc<RefCell<Option<String>>>,
    help: bool,
    dropping: bool,
    /// Whether closing the page now might lose something.
    might_lose: Rc<Cell<bool>>,
    _listeners: Vec<Listener>,
}

/// What the page takes.
#[derive(Properties, PartialEq)]
pub struct AppProps {
    /// How it starts.
    pub start: Start,
}

/// What happens to the shell.
pub enum Happened {
    /// Something for the model.
    Told(Message),
    /// A key was pressed outside of text fields.
    Pressed(char),
    /// The help was opened or closed.
    Help(bool),
    /// Files are held over the page, or no longer.
    Dropping(bool),
    /// The system went dark or light.
    SystemTheme,
    /// The editor asks the worker; the model does not need to know.
    Asked(Ask),
    /// The worker answers the editor.
    Answered(Told),
}

impl Component for App {
    type Message = Happened;
    type Properties = AppProps;

    fn create(context: &Context<Self>) -> Self {
        let link = context.link();
        let (model, effects) = Model::start(context.props().start.clone());
        let might_lose = Rc::new(Cell::new(false));
        let typed_ahead = Rc::new(RefCell::new(None));
        let mut app = Self {
            model,
            dispatch: link.callback(Happened::Told),
            asks: link.callback(Happened::Asked),
            told: link.callback(Happened::Answered),
            worker: None,
            editor: None,
            waiting: Vec::new(),
            place_of_editor: NodeRef::default(),
            focus_matrix: 0,
            focus_filter: false,
            typed_ahead: typed_ahead.clone(),
            help: false,
            dropping: false,
            might_lose: might_lose.clone(),
            _listeners: listeners(link, might_lose, typed_ahead),
        };
        if app.model.is_embedded() {
            keep::attend_to_host(app.dispatch.clone());
        } else {
            keep::listen_to_tabs(app.dispatch.clone());
        }
        app.run(effects);
        app
    }

    fn update(&mut self, _: &Context<Self>, happened: Happened) -> bool {
        match happened {
            Happened::Told(message) => {
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
                self.might_lose.set(self.model.might_lose());
                return !is_quiet || before != self.seen();
            }
            Happened::Pressed('/') => {
                let effects = self.model.update(Message::SetView(View::Matrix));
                self.run(effects);
                self.focus_filter = true;
            }
            Happened::Pressed('q') => {
                self.dispatch.emit(Message::OpenQuery);
            }
            Happened::Pressed('e') => {
                if self.model.view == View::Matrix {
                    self.dispatch.emit(Message::SetAlike(!self.model.alike));
                }
            }
            Happened::Pressed(_) => self.help = true,
            Happened::Help(open) => self.help = open,
            Happened::Dropping(dropping) => {
                let changed = self.dropping != dropping;
                self.dropping = dropping;
                return changed;
            }
            Happened::SystemTheme => {
                dom::apply_theme(self.model.settings.theme);
                return false;
            }
            Happened::Asked(Ask { ticket, command }) => {
                if let Some(worker) = &self.worker {
                    worker.ask(ticket, &command);
                }
                return false;
            }
            Happened::Answered(Told { ticket, event }) => {
                if let Some(editor) = &self.editor {
                    editor.answer(ticket, &event);
                }
                return false;
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let link = context.link();
        let model = &self.model;
        let dispatch = &self.dispatch;
        let problems = model.analysis.as_ref().map(|analysis| analysis.summary.diagnostics.as_slice());
        let problems = problems.unwrap_or_default();
        let tabs: Vec<Tab> = model
            .files
            .iter()
            .map(|file| {
                let count = |severity| {
                    problems
                        .iter()
                        .filter(|problem| problem.severity == severity && *problem.span.file == *file.name)
                        .count()
                };
                Tab {
                    id: file.id,
                    name: file.name.clone(),
                    errors: count(DiagnosticSeverity::Error),
                    warnings: count(DiagnosticSeverity::Warning),
                    deciding: model.deciding_lines(&file.name),
                    locked: model.is_locked(file.id),
                }
            })
            .collect();
        let over = link.batch_callback(|event: DragEvent| {
            let holds = event.data_transfer().is_some_and(|transfer| files::has_files(&transfer));
            if holds {
                event.prevent_default();
            }
            holds.then_some(Happened::Dropping(true))
        });
        let left = link.batch_callback(|event: DragEvent| {
            // Leaving the page, not one of its elements for another.
            event.related_target().is_none().then_some(Happened::Dropping(false))
        });
        let dropped = {
            let dispatch = dispatch.clone();
            link.callback(move |event: DragEvent| {
                event.prevent_default();
                if let Some(list) = event.data_transfer().and_then(|transfer| transfer.files()) {
                    files::read(&list, dispatch.clone());
                }
                Happened::Dropping(false)
            })
        };
        let pane = match model.pane {
            Pane::Manifests => "manifests",
            Pane::Results => "results",
        };
        html! {
            <div
                class={classes!("page", self.dropping.then_some("dropping"))}
                data-pane={pane}
                ondragover={over}
                ondragleave={left}
                ondrop={dropped}
            >
                { header(model, dispatch, &link.callback(|()| Happened::Help(true))) }
                <main style={format!("--divider:{}.{}%", model.settings.divider / 10, model.settings.divider % 10)}>
                    <section class="manifests" aria-label="Manifests">
                        { place_bar(model, dispatch) }
                        { task(model, dispatch) }
                        <FileTabs heading={model.heading()} {tabs} active={model.files.active()} recent={model.work.recent.clone()} dispatch={dispatch.clone()} />
                        <div class="editor" id="editor" role="tabpanel" aria-label="Editor" ref={self.place_of_editor.clone()} />
                        <Problems
                            analysis={model.analysis.clone()}
                            open={model.problems_open}
                            at_cursor={model.located.as_ref().and_then(|located| located.id.clone())}
                            dispatch={dispatch.clone()}
                        />
                    </section>
                    { divider(model.settings.divider, dispatch) }
                    <Results
                        view={model.view}
                        run={model.session.run}
                        opening={model.opening.clone()}
                        analysis={model.analysis.clone()}
                        readable={model.readable.clone()}
                        blank={model.files.is_blank() && model.training.lab.is_none()}
                        settings={model.settings.clone()}
                        shown={model.shown()}
                        filter={model.filter.clone()}
                        findings_filter={model.findings_filter.clone()}
                        in_front={model.files.active_name()}
                        withdrawn={model.withdrawn.clone()}
                        rules={model.rules.clone()}
                        why={model.why.clone()}
                        query={model.query.clone()}
                        sheet={model.sheet.clone()}
                        proposal={model.proposal.clone()}
                        located={model.located.clone()}
                        training={model.training.clone()}
                        focus_matrix={self.focus_matrix}
                        dispatch={dispatch.clone()}
                    />
                </main>
                { status_bar(model, dispatch) }
                <nav class="panes" aria-label="Panes">
                    { pane_button("Manifests", model.pane == Pane::Manifests, press(dispatch, Message::SetPane(Pane::Manifests))) }
                    { pane_button("Results", model.pane == Pane::Results, press(dispatch, Message::SetPane(Pane::Results))) }
                </nav>
                { toast_in_sight(&model.toasts, dispatch) }
                <div class="sr" role="status" data-testid="announced">{ &model.announced }</div>
                <Help open={self.help} on_close={link.callback(|()| Happened::Help(false))} />
                <div class="drop" aria-hidden="true">{ "Drop manifests to open them" }</div>
            </div>
        }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if std::mem::take(&mut self.focus_filter) {
            dom::focus_selected("#filter");
            let typed = self.typed_ahead.take().filter(|typed| !typed.is_empty());
            if let Some(typed) = typed.filter(|typed| dom::fill("#filter", typed)) {
                self.dispatch.emit(Message::SetFilter(typed));
            }
        }
        if !first {
            return;
        }
        if let Some(place) = dom::element(&self.place_of_editor) {
            let mut editor = Editor::new(&place, self.dispatch.clone(), self.asks.clone());
            for command in self.waiting.drain(..) {
                editor.run(command);
            }
            self.editor = Some(editor);
        }
    }
}

impl App {
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
                    self.worker = Worker::start(generation, self.dispatch.clone(), self.told.clone());
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
                Effect::Reload => dom::reload(),
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

/// What a person does first; then what analyses is loaded.
const TOUCHES: &[&str] =
    &["pointermove", "pointerdown", "touchstart", "wheel", "keydown", "focusin", "dragenter", "paste"];

fn listeners(
    link: &yew::html::Scope<App>,
    might_lose: Rc<Cell<bool>>,
    typed_ahead: Rc<RefCell<Option<String>>>,
) -> Vec<Listener> {
    let told = link.callback(Happened::Told);
    let touched = Rc::new(Cell::new(false));
    let touches = TOUCHES.iter().filter_map(|event| {
        let (told, touched) = (told.clone(), touched.clone());
        Listener::on_window(event, move |_| {
            if !touched.replace(true) {
                told.emit(Message::Touched);
            }
        })
    });
    let mut listeners: Vec<Listener> = touches.collect();
    let (pressed, describe) = (link.callback(Happened::Pressed), told.clone());
    let themed = link.callback(|()| Happened::SystemTheme);
    let keys = Listener::on_window("keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        if key.alt_key() && key.key() == "Enter" && dom::has_focus(".cm-content") {
            event.prevent_default();
            describe.emit(Message::DescribeCursor);
        }
        let plain = !(key.ctrl_key() || key.alt_key() || key.meta_key());
        let known = matches!(key.key().as_str(), "/" | "?" | "q" | "e");
        if let (true, Some(typed)) = (plain, &mut *typed_ahead.borrow_mut()) {
            if key.key().chars().count() == 1 {
                event.prevent_default();
                typed.push_str(&key.key());
            }
            return;
        }
        if plain && known && !event.default_prevented() && !dom::is_typing(&event) {
            event.prevent_default();
            // At once where it is there: what is typed next belongs to it.
            if key.key() == "/" {
                dom::focus_selected("#filter");
                if dom::has_focus("#filter") {
                    return;
                }
                typed_ahead.replace(Some(String::new()));
            }
            pressed.emit(key.key().chars().next().unwrap_or('?'));
        }
    });
    let leave = |closing: bool| Message::Work(WorkMessage::Leaving(closing));
    let (hidden, back) = (told.clone(), told.clone());
    let leaving = Listener::on_window("pagehide", move |_| told.emit(leave(true)));
    let asking = Listener::on_window("beforeunload", move |event| {
        if might_lose.get() {
            event.prevent_default();
        }
    });
    let hiding = Listener::on_document("visibilitychange", move |_| {
        if dom::is_hidden() {
            hidden.emit(leave(false));
        }
    });
    let newer = link.callback(|()| Happened::Told(Message::NewerVersion));
    let newer = Listener::on_window("netpol-newer", move |_| newer.emit(()));
    let going = Listener::on_window("popstate", move |_| back.emit(keep::navigated()));
    let theme = Listener::on_media(dom::DARK, move |_| themed.emit(()));
    listeners.extend([keys, leaving, asking, hiding, newer, going, theme].into_iter().flatten());
    listeners
}

fn pane_button(name: &'static str, shown: bool, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" aria-pressed={shown.to_string()} {onclick}>{ name }</button> }
}
