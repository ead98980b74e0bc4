//! What another tab or the address asks about the text.

use yew::prelude::*;

use super::Dispatch;
use super::elements::small;
use crate::state::message::Message;
use crate::state::model::Model;
use crate::state::training::TrainingMessage;
use crate::state::work::WorkMessage;

/// The bar; nothing where nobody asks.
pub fn place_bar(model: &Model, dispatch: &Dispatch) -> Html {
    html! {
        <div class="notices" role="status">
            { foreign(model, dispatch) }
            { elsewhere(model, dispatch) }
            { draft(model, dispatch) }
        </div>
    }
}

fn foreign(model: &Model, dispatch: &Dispatch) -> Html {
    let Some(foreign) = &model.work.foreign else { return Html::default() };
    html! {
        <div class="whose asks">
            <span>
                { "The address asks to open " }<bdi><code>{ &foreign.url }</code></bdi>
                { format!(". That asks the server {} for it.", foreign.origin) }
            </span>
            { small("Open it", dispatch, Message::Work(WorkMessage::OpenForeign(true))) }
            { small("Leave it", dispatch, Message::Work(WorkMessage::OpenForeign(false))) }
        </div>
    }
}

fn elsewhere(model: &Model, dispatch: &Dispatch) -> Html {
    if !model.work.elsewhere {
        return Html::default();
    }
    html! {
        <div class="whose asks">
            <span>{ "Another tab has changed this text. If you change it here, both are kept." }</span>
            { small("Show the other", dispatch, Message::Work(WorkMessage::TakeElsewhere)) }
        </div>
    }
}

fn draft(model: &Model, dispatch: &Dispatch) -> Html {
    let Some((name, runs)) = &model.training.draft else { return Html::default() };
    html! {
        <div class="whose asks">
            if *runs {
                <span><code>{ name }</code>{ " is a lab. Try it as others will see it; the address is then a link to it." }</span>
                { small("Try it", dispatch, TrainingMessage::Try) }
            } else {
                <span><code>{ name }</code>{ " is a lab with mistakes: see the problems below." }</span>
            }
        </div>
    }
}
