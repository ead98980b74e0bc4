//! The page's elements, one component a file. Components hold no more state than what is open and where the pointer
//! is; everything else is the [`Model`](crate::state::model::Model)'s, reached through [`Dispatch`].

mod about_rule;
mod app;
mod asked;
mod blocks;
mod divider;
mod elements;
mod empty;
mod end_field;
mod examples_menu;
mod file_menu;
mod file_tabs;
mod findings;
mod findings_filter;
mod header;
mod help;
mod judged;
mod labs;
mod left_out;
mod matrix;
mod matrix_view;
mod mend;
mod namespaces;
mod options_menu;
mod place_bar;
mod popover;
mod problems;
mod progress;
mod proposal;
mod prose;
mod query;
mod quiz;
mod results;
mod share_menu;
mod sheet;
mod source_link;
mod status_bar;
mod task;
mod tests_view;
mod toasts;
mod tools;
mod trace;
mod why;

pub use app::{App, AppProps};

use web_sys::MouseEvent;
use yew::Callback;

use crate::state::message::{Message, Pane};

/// How a component says what happened.
type Dispatch = Callback<Message>;

/// Shows the list of problems.
fn on_problems(dispatch: &Dispatch) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| {
        dispatch.emit(Message::SetPane(Pane::Manifests));
        dispatch.emit(Message::SetProblemsOpen(true));
    })
}

/// What a press means.
fn press(dispatch: &Dispatch, message: Message) -> Callback<MouseEvent> {
    let dispatch = dispatch.clone();
    Callback::from(move |_| dispatch.emit(message.clone()))
}

/// A callback for events of which only some mean something.
fn when<Event>(dispatch: &Dispatch, meaning: impl Fn(Event) -> Option<Message> + 'static) -> Callback<Event> {
    let dispatch = dispatch.clone();
    Callback::from(move |event| {
        if let Some(message) = meaning(event) {
            dispatch.emit(message);
        }
    })
}
