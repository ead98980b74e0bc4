//! The menu of examples.

use yew::prelude::*;

use super::popover::Popover;
use super::prose::prose;
use super::{Dispatch, press};
use crate::state::examples;
use crate::state::message::Message;
use crate::state::place::Place;
use crate::state::work::WorkMessage;

/// What the menu takes.
#[derive(Properties, PartialEq)]
pub struct ExamplesMenuProps {
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The menu.
#[component]
pub fn ExamplesMenu(props: &ExamplesMenuProps) -> Html {
    html! {
        <Popover label="Examples" id="examples" class="examples">
            { for examples::GROUPS.iter().map(|group| html! {
                <section aria-label={group.title}>
                    <h2>{ group.title }</h2>
                    <ul>
                        { for group.examples.iter().map(|example| entry(example, &props.dispatch)) }
                    </ul>
                </section>
            }) }
        </Popover>
    }
}

fn entry(example: &'static examples::Example, dispatch: &Dispatch) -> Html {
    let onclick = press(dispatch, Message::Work(WorkMessage::Go(Place::Example(example))));
    html! {
        <li>
            <button type="button" data-closes="" {onclick}>
                <b>{ example.title }</b>
                <span>{ prose(example.summary) }</span>
            </button>
        </li>
    }
}
