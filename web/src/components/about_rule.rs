//! What there is to read about a rule: when it is reported, and an example with its mended form.

use yew::prelude::*;

use super::prose::prose;
use super::{Dispatch, press};
use crate::state::findings::{RuleText, RuleTexts};
use crate::state::message::Message;
use crate::state::place::Place;
use crate::state::work::WorkMessage;

/// The text, folded; it is fetched when it is unfolded for the first time.
pub fn about_rule(code: &str, texts: &RuleTexts, dispatch: &Dispatch) -> Html {
    let body = match (texts.of(code), texts) {
        (Some(text), _) => text_of(text, dispatch),
        (None, RuleTexts::Failed) => html! {
            <p role="alert">
                { "The text could not be loaded: the connection may be down. " }
                <button type="button" class="small" onclick={press(dispatch, Message::WantRules)}>
                    { "Try again" }
                </button>
            </p>
        },
        _ => html! { <p class="muted">{ "Loading…" }</p> },
    };
    html! {
        <details class="about" ontoggle={dispatch.reform(|_: Event| Message::WantRules)}>
            <summary>{ format!("About {code}, with an example") }</summary>
            { body }
        </details>
    }
}

fn text_of(text: &RuleText, dispatch: &Dispatch) -> Html {
    let code = text.code.clone();
    let onclick = press(dispatch, Message::Work(WorkMessage::Go(Place::Rule(code.to_string()))));
    html! {
        <>
            <p><b>{ "When. " }</b>{ prose(&text.when) }</p>
            if let Some(fix) = &text.fix {
                <p><b>{ "Fix. " }</b>{ prose(fix) }</p>
            }
            <div class="samples-of-rule">
                { sample("It is found here", &text.triggers) }
                { sample("Mended", &text.mended) }
            </div>
            <button type="button" class="small" {onclick}>{ "Open this example" }</button>
        </>
    }
}

fn sample(title: &'static str, manifests: &str) -> Html {
    html! {
        <figure>
            <figcaption>{ title }</figcaption>
            <pre tabindex="0">{ manifests }</pre>
        </figure>
    }
}
