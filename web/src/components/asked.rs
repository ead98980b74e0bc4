//! The last questions, with how each stands now.

use yew::prelude::*;

use super::{Dispatch, press};
use crate::state::message::Message;
use crate::state::panel::Kept;
use crate::state::questions::{Question, Standing, Typed};

/// The list; nothing where none was asked.
pub fn asked(questions: &[Question], kept: &[Kept], dispatch: &Dispatch) -> Html {
    if questions.is_empty() {
        return Html::default();
    }
    let one = |(place, (question, kept)): (usize, (&Question, &Kept))| {
        let typed = Typed::from(question);
        let onclick = press(dispatch, Message::Ask(typed.clone()));
        let forget = press(dispatch, Message::ForgetQuestion(place));
        let port = question.port.map_or_else(|| "any port".to_owned(), |port| port.to_string());
        let words = format!("{} → {} {port}", question.source, question.destination);
        let class = match kept.standing {
            Standing::Yes | Standing::Some(_) => "yes",
            Standing::No => "no",
            Standing::Asked | Standing::NotEvaluated | Standing::Unknown => "neither",
        };
        let (sign, answer) = kept.standing.words();
        html! {
            <li>
                <span class={classes!("mark", class)} aria-hidden="true">{ sign }</span>
                <button type="button" class="link" title="Ask this again" {onclick}>{ &words }</button>
                <span class="muted">{ answer.to_owned() }</span>
                <button type="button" class="icon" aria-label={format!("Forget {words}")} title="Forget it" onclick={forget}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </li>
        }
    };
    html! {
        <section class="asked" aria-label="Last questions">
            <h3>{ "Last questions" }</h3>
            <ul>{ for questions.iter().zip(kept).enumerate().map(one) }</ul>
        </section>
    }
}
