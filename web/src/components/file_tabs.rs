//! The tabs of the files.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::file_menu::file_menu;
use super::{Dispatch, press, when};
use crate::browser::{dom, files};
use crate::state::files::{FileId, Step};
use crate::state::message::Message;
use crate::state::words::{counted, middle_ellipsis};
use crate::state::work::{Heading, Recent, WorkMessage};

/// One tab.
#[derive(Clone, PartialEq)]
pub struct Tab {
    /// The file.
    pub id: FileId,
    /// Its name.
    pub name: Rc<str>,
    /// How many errors it has.
    pub errors: usize,
    /// How many warnings it has.
    pub warnings: usize,
    /// How many of its lines decide what is open.
    pub deciding: usize,
    /// Whether nobody edits it.
    pub locked: bool,
}

/// What the tabs take.
#[derive(Properties, PartialEq)]
pub struct FileTabsProps {
    /// Whose files they are.
    pub heading: Heading,
    /// In order.
    pub tabs: Vec<Tab>,
    /// The one in sight.
    pub active: FileId,
    /// The texts that the browser keeps; none before they were asked for.
    pub recent: Option<Vec<Recent>>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// So much of a name is shown.
const CHARACTERS: usize = 26;

/// The tabs.
#[component]
pub fn FileTabs(props: &FileTabsProps) -> Html {
    let FileTabsProps { heading, tabs, active, recent, dispatch } = props;
    let renamed = use_state(|| None::<FileId>);
    // The tab that the keyboard goes back to when its name was taken or left by a key.
    let returning = use_state(|| None::<FileId>);
    let picker = use_node_ref();
    let list = use_node_ref();
    {
        // The tab in sight is scrolled to; where the keyboard was on its neighbour it goes along.
        let list = list.clone();
        use_effect_with((*active, tabs.len()), move |_| {
            if let Some(list) = dom::element(&list)
                && let Ok(Some(tab)) = list.query_selector("[aria-selected=true]")
                && let Ok(tab) = tab.dyn_into::<web_sys::HtmlElement>()
            {
                dom::scroll_into_view(&tab, &list);
                if dom::has_focus("[role=tab][data-file]") {
                    dom::focus(&tab);
                }
            }
        });
    }
    {
        let returning = returning.clone();
        use_effect_with((*renamed, *returning), move |(renamed, id)| {
            if let (None, Some(id)) = (renamed, id) {
                dom::focus_selected(&format!("[role=tab][data-file=\"{}\"]", id.0));
                returning.set(None);
            }
        });
    }
    let on_pick = {
        let picker = picker.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(picker) = dom::element(&picker) {
                picker.click();
            }
        })
    };
    let on_picked = {
        let dispatch = dispatch.clone();
        Callback::from(move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            if let Some(list) = input.files() {
                files::read(&list, dispatch.clone());
            }
            // The same file can be picked again.
            input.set_value("");
        })
    };
    let work = |name: &'static str, title: &'static str, message: WorkMessage| {
        let onclick = press(dispatch, Message::Work(message));
        html! { <button type="button" class="quiet" {title} {onclick}>{ name }</button> }
    };
    html! {
        <>
            <div class="whose">
                <p title={format!("{}: {}", heading.whole, heading.note)}>
                    <b>{ &heading.name }</b>if !heading.note.is_empty() { { ": " } }<span class="muted">{ heading.note }</span>
                </p>
                { work("New", "Begin with an empty file; what is here stays in the history", WorkMessage::New) }
                { work("Paste", "Paste what the clipboard holds", WorkMessage::Paste) }
                <button type="button" class="quiet" title="Open files from disk; files can also be dropped anywhere"
                    onclick={on_pick}>
                    { "Open…" }
                </button>
                <input class="hidden" type="file" multiple=true accept=".yaml,.yml,.json,.txt,.md" tabindex="-1"
                    aria-hidden="true" data-testid="file-input" ref={picker} onchange={on_picked} />
                { file_menu(heading, recent.as_deref(), tabs.len(), dispatch) }
            </div>
            <div class="bar files">
                <div class="tabs" role="tablist" aria-label="Files" ref={list}>
                    { for tabs.iter().map(|tab| one(tab, tab.id == *active, &renamed, &returning, dispatch)) }
                </div>
                <button type="button" class="icon" aria-label="New file" title="New file"
                    onclick={press(dispatch, Message::AddFile)}>
                    <span aria-hidden="true">{ "+" }</span>
                </button>
            </div>
        </>
    }
}

fn one(
    tab: &Tab,
    selected: bool,
    renamed: &UseStateHandle<Option<FileId>>,
    returning: &UseStateHandle<Option<FileId>>,
    dispatch: &Dispatch,
) -> Html {
    let id = tab.id;
    if **renamed == Some(id) {
        return html! {
            <Rename key={id.0} {id} name={tab.name.clone()} renamed={renamed.clone()} returning={returning.clone()}
                dispatch={dispatch.clone()} />
        };
    }
    let on_rename = {
        let renamed = renamed.clone();
        move || renamed.set(Some(id))
    };
    let ondblclick = {
        let on_rename = on_rename.clone();
        Callback::from(move |_: MouseEvent| on_rename())
    };
    let onkeydown = when(dispatch, move |event: KeyboardEvent| {
        let message = match event.key().as_str() {
            "ArrowLeft" => Message::StepFile(id, Step::Back),
            "ArrowRight" => Message::StepFile(id, Step::On),
            "Home" => Message::StepFile(id, Step::First),
            "End" => Message::StepFile(id, Step::Last),
            "Enter" | " " => Message::SelectFile(id),
            "Delete" => {
                dom::after(0, || dom::focus_selected("[role=tab][data-file][aria-selected=true]"));
                Message::CloseFile(id)
            }
            "F2" => {
                event.prevent_default();
                on_rename();
                return None;
            }
            _ => return None,
        };
        event.prevent_default();
        Some(message)
    });
    let on_middle =
        when(dispatch, move |event: MouseEvent| (event.button() == 1).then_some(Message::CloseFile(id)));
    let on_close = dispatch.reform(move |event: MouseEvent| {
        event.stop_propagation();
        Message::CloseFile(id)
    });
    let mut label = tab.name.to_string();
    if tab.locked {
        label.push_str(", cannot be edited");
    }
    if tab.errors > 0 {
        label.push_str(&format!(", {}", counted(tab.errors, "error", "errors")));
    }
    if tab.warnings > 0 {
        label.push_str(&format!(", {}", counted(tab.warnings, "warning", "warnings")));
    }
    if tab.deciding > 0 {
        label.push_str(&format!(", {}", counted(tab.deciding, "deciding line", "deciding lines")));
    }
    html! {
        <div
            key={id.0}
            class="tab"
            role="tab"
            aria-selected={selected.to_string()}
            aria-controls="editor"
            aria-keyshortcuts="F2 Delete"
            aria-label={label}
            title={tab.name.to_string()}
            tabindex={if selected { "0" } else { "-1" }}
            data-file={id.0.to_string()}
            onclick={press(dispatch, Message::SelectFile(id))}
            onauxclick={on_middle}
            {ondblclick}
            {onkeydown}
        >
            if tab.locked {
                <svg class="lock" width="10" height="12" viewBox="0 0 10 12" aria-hidden="true">
                    <path d="M1 5h8v6H1z" /><path class="outline" d="M3 5V3a2 2 0 0 1 4 0v2" />
                </svg>
            }
            <span class="name">{ middle_ellipsis(&tab.name, CHARACTERS) }</span>
            if tab.errors > 0 {
                <span class="mark error" />
            } else if tab.warnings > 0 {
                <span class="mark warning" />
            }
            if tab.deciding > 0 && !selected {
                <span class="deciding" aria-hidden="true">{ tab.deciding }</span>
            }
            if !tab.locked {
            <span class="close" aria-hidden="true" title="Close  Delete" onclick={on_close}>{ "×" }</span>
            }
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct RenameProps {
    id: FileId,
    name: Rc<str>,
    renamed: UseStateHandle<Option<FileId>>,
    returning: UseStateHandle<Option<FileId>>,
    dispatch: Dispatch,
}

/// The field in which a file is renamed: Enter and leaving take the name, Escape does not.
#[component]
fn Rename(props: &RenameProps) -> Html {
    let RenameProps { id, name, renamed, returning, dispatch } = props;
    let id = *id;
    let field = use_node_ref();
    {
        let field = field.clone();
        use_effect_with((), move |()| {
            if let Some(input) = field.cast::<HtmlInputElement>() {
                let _ = input.focus();
                input.select();
            }
        });
    }
    let finish = {
        let (renamed, dispatch, field) = (renamed.clone(), dispatch.clone(), field.clone());
        move |take: bool| {
            if let (true, Some(input)) = (take, field.cast::<HtmlInputElement>()) {
                dispatch.emit(Message::RenameFile(id, input.value()));
            }
            renamed.set(None);
        }
    };
    let onblur = {
        let finish = finish.clone();
        Callback::from(move |_: FocusEvent| finish(true))
    };
    let returning = returning.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let take = match event.key().as_str() {
            "Enter" => true,
            "Escape" => false,
            _ => return,
        };
        event.prevent_default();
        returning.set(Some(id));
        finish(take);
    });
    html! {
        <input class="rename" aria-label={format!("New name of {name}")} value={name.to_string()} spellcheck="false"
            ref={field} {onblur} {onkeydown} />
    }
}
