//! What can be done with the files as a whole: copies, downloads, and the texts and states of before.

use yew::prelude::*;

use super::popover::Popover;
use super::{Dispatch, press};
use crate::browser::dom;
use crate::state::message::Message;
use crate::state::words::{counted, thousands};
use crate::state::work::{Heading, Recent, Which, WorkMessage};

/// The menu for so many files, with the texts that the browser keeps; none before they were asked for.
pub fn file_menu(heading: &Heading, recent: Option<&[Recent]>, files: usize, dispatch: &Dispatch) -> Html {
    let on_open = dispatch.reform(|()| Message::Work(WorkMessage::WantRecent));
    html! {
        <Popover label="More" id="file-menu" class="file-menu" {on_open}>
            if !heading.is_own {
                <section aria-label={heading.whole.clone()}>
                    <h2>{ &heading.whole }</h2>
                    { entry("Make it my own", dispatch, WorkMessage::Own) }
                    if heading.is_changed {
                        { entry("Show it as it was", dispatch, WorkMessage::Original) }
                    }
                </section>
            }
            <section aria-label="This file">
                <h2>{ "This file" }</h2>
                { entry("Copy", dispatch, WorkMessage::Copy(Which::One)) }
                { entry("Download", dispatch, WorkMessage::Download(Which::One)) }
            </section>
            if files > 1 {
                <section aria-label="All files">
                    <h2>{ format!("All {files} files, as one") }</h2>
                    { entry("Copy all", dispatch, WorkMessage::Copy(Which::All)) }
                    { entry("Download all", dispatch, WorkMessage::Download(Which::All)) }
                </section>
            }
            { history(recent, dispatch) }
        </Popover>
    }
}

fn entry(name: &'static str, dispatch: &Dispatch, message: WorkMessage) -> Html {
    let onclick = press(dispatch, Message::Work(message.clone()));
    html! { <button type="button" class="entry" data-closes="" {onclick}>{ name }</button> }
}

/// The texts that are kept.
fn history(recent: Option<&[Recent]>, dispatch: &Dispatch) -> Html {
    let forget_all = forgetting(dispatch, WorkMessage::ForgetAll);
    let list = recent.unwrap_or_default();
    html! {
        <section aria-label="History" class="history">
            <h2>{ "History, kept in this browser only" }</h2>
            if recent.is_some() && list.is_empty() {
                <p class="muted">{ "What you type or open appears here." }</p>
            }
            <ul>{ for list.iter().map(|recent| one(recent, dispatch)) }</ul>
            if !list.is_empty() {
                <button type="button" class="entry" onclick={forget_all}>{ "Forget all but this text" }</button>
            }
        </section>
    }
}

fn one(recent: &Recent, dispatch: &Dispatch) -> Html {
    let (id, gone) = (recent.id.clone(), recent.id.clone());
    let open = press(dispatch, Message::Work(WorkMessage::Recall(id.clone())));
    let forget = forgetting(dispatch, WorkMessage::Forget(gone));
    let kind = if recent.is_state() { "earlier state, " } else { "" };
    let size =
        format!("{kind}{}, {} characters", counted(recent.files, "file", "files"), thousands(recent.units));
    html! {
        <li key={recent.id.clone()}>
            <button type="button" class="entry" data-closes="" onclick={open}>
                <bdi>{ &recent.title }</bdi>
                <small>{ format!("{} · {size}", recent.when) }</small>
            </button>
            <button type="button" class="icon" aria-label={format!("Forget {} of {}", recent.title, recent.when)}
                title="Forget" onclick={forget}>
                <span aria-hidden="true">{ "×" }</span>
            </button>
        </li>
    }
}

/// The button goes with what is forgotten: the keyboard stays in the menu.
fn forgetting(dispatch: &Dispatch, message: WorkMessage) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| {
        dom::focus_selected("#file-menu");
        dispatch.emit(Message::Work(message.clone()));
    })
}
