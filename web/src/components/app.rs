//! The page as a whole: what of it stands where, and the keys that work everywhere.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use netpol_view::contract::DiagnosticSeverity;
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
use crate::browser::Config;
use crate::browser::dom::{self, Listener};
use crate::browser::editor::Ask;
use crate::browser::shell::Shell;
use crate::browser::worker::Told;
use crate::browser::{files, keep};
use crate::state::message::{Message, Pane, View};
use crate::state::work::Start;

/// The page.
pub struct App {
    shell: Rc<RefCell<Shell>>,
    dispatch: Callback<Message>,
    place_of_editor: NodeRef,
    /// The keyboard goes to the filter as soon as it is there.
    focus_filter: bool,
    /// What is typed until then.
    typed_ahead: Rc<RefCell<Option<String>>>,
    help: bool,
    dropping: bool,
    _listeners: Vec<Listener>,
}

/// What the page takes.
#[derive(Clone, Properties, PartialEq)]
pub struct AppProps {
    /// How it starts.
    pub start: Start,
    /// What the page around it says.
    pub config: Config,
}

/// What happens to the shell.
pub enum Happened {
    /// The model has messages.
    Told,
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
        let (wake, told) = (link.callback(|()| Happened::Told), link.callback(Happened::Answered));
        let AppProps { start, config } = context.props().clone();
        let shell = Shell::start(start, config, wake, told);
        let dispatch = shell.dispatch.clone();
        let shell = Rc::new(RefCell::new(shell));
        let typed_ahead = Rc::new(RefCell::new(None));
        Self {
            _listeners: listeners(link, &shell, &dispatch, typed_ahead.clone()),
            shell,
            dispatch,
            place_of_editor: NodeRef::default(),
            focus_filter: false,
            typed_ahead,
            help: false,
            dropping: false,
        }
    }

    fn update(&mut self, _: &Context<Self>, happened: Happened) -> bool {
        let mut shell = self.shell.borrow_mut();
        match happened {
            Happened::Told => {
                shell.catch_up();
                return shell.is_stale();
            }
            Happened::Pressed('/') => {
                // It is there before the keyboard is to go to it.
                self.dispatch.emit(Message::SetView(View::Matrix));
                shell.catch_up();
                self.focus_filter = true;
            }
            Happened::Pressed('q') => self.dispatch.emit(Message::OpenQuery),
            Happened::Pressed('e') => {
                if shell.model.view == View::Matrix {
                    self.dispatch.emit(Message::SetAlike(!shell.model.alike));
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
                dom::apply_theme(shell.model.settings.theme);
                return false;
            }
            Happened::Asked(ask) => {
                shell.ask(&ask);
                return false;
            }
            Happened::Answered(told) => {
                shell.answer(&told);
                return false;
            }
        }
        true
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let link = context.link();
        let shell = self.shell.borrow();
        let (model, dispatch) = (&shell.model, &self.dispatch);
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
                <main class={model.training.lab.is_some().then_some("training")} style={format!("--divider:{}.{}%", model.settings.divider / 10, model.settings.divider % 10)}>
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
                        focus_matrix={shell.focus_matrix}
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

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if std::mem::take(&mut self.focus_filter) {
            dom::focus_selected("#filter");
            let typed = self.typed_ahead.take().filter(|typed| !typed.is_empty());
            if let Some(typed) = typed.filter(|typed| dom::fill("#filter", typed)) {
                self.dispatch.emit(Message::SetFilter(typed));
            }
        }
        if let Some(place) = dom::element(&self.place_of_editor).filter(|_| first) {
            self.shell.borrow_mut().edit_in(&place, context.link().callback(Happened::Asked));
        }
    }
}

/// What a person does first; then what analyses is loaded.
const TOUCHES: &[&str] =
    &["pointermove", "pointerdown", "touchstart", "wheel", "keydown", "focusin", "dragenter", "paste"];

fn listeners(
    link: &yew::html::Scope<App>,
    shell: &Rc<RefCell<Shell>>,
    told: &Callback<Message>,
    typed_ahead: Rc<RefCell<Option<String>>>,
) -> Vec<Listener> {
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
    // What waits for Yew would be lost with the page.
    let (left, asked, hidden) = (Rc::clone(shell), Rc::clone(shell), Rc::clone(shell));
    let leaving = Listener::on_window("pagehide", move |_| left.borrow_mut().leave(true));
    let asking = Listener::on_window("beforeunload", move |event| {
        let mut shell = asked.borrow_mut();
        shell.catch_up();
        if shell.model.might_lose() {
            event.prevent_default();
        }
    });
    let hiding = Listener::on_document("visibilitychange", move |_| {
        if dom::is_hidden() {
            hidden.borrow_mut().leave(false);
        }
    });
    let (newer, back) = (told.clone(), told.clone());
    let newer = Listener::on_window("netpol-newer", move |_| newer.emit(Message::NewerVersion));
    let going = Listener::on_window("popstate", move |_| back.emit(keep::navigated()));
    let theme = Listener::on_media(dom::DARK, move |_| themed.emit(()));
    listeners.extend([keys, leaving, asking, hiding, newer, going, theme].into_iter().flatten());
    listeners
}

fn pane_button(name: &'static str, shown: bool, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" aria-pressed={shown.to_string()} {onclick}>{ name }</button> }
}
