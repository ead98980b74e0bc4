//! What the analysis is doing, when that is worth saying: the line that moves, the progress, what was stopped.

use netpol_view::Phase;
use yew::prelude::*;

use super::Dispatch;
use super::elements::small;
use crate::state::message::{Message, Opening};
use crate::state::session::Run;

/// The line and the words.
pub fn progress(run: &Run, opening: Option<&Opening>, dispatch: &Dispatch) -> Html {
    let moving = opening.is_some() || matches!(run, Run::Pending | Run::Running(_));
    let words = match (opening, run) {
        (Some(Opening { name, done }), _) => html! {
            <>{ format!("Opening {name}… {}", percent(*done)) }{ small("Cancel", dispatch, Message::StopOpening) }</>
        },
        (None, Run::Running(running)) if running.slow => {
            let text =
                running.progress.map_or_else(|| "Analysing…".to_owned(), |(phase, done)| words(phase, done));
            html! { <>{ text }{ small("Cancel", dispatch, Message::Cancel) }</> }
        }
        (None, Run::Cancelled) => html! {
            <>{ "Stopped: this result is of an earlier text." }{ small("Analyse", dispatch, Message::Retry) }</>
        },
        (None, Run::Blocked) => html! {
            <>
                <span><b class="bad">{ "This text cannot be analysed" }</b>{ ": the analysis stopped twice. The text is kept." }</span>
                { small("Try again", dispatch, Message::Retry) }
            </>
        },
        (None, Run::Unloaded) => html! {
            <>
                <span><b class="bad">{ "The analysis could not be loaded" }</b>{ ": the connection may be down. The text is kept." }</span>
                { small("Try again", dispatch, Message::Retry) }
            </>
        },
        (None, Run::Settled | Run::Typing | Run::Pending | Run::Running(_)) => Html::default(),
    };
    html! {
        <>
            <div class="progress-words" role="status">{ words }</div>
            <div class={classes!("moving-line", moving.then_some("on"))} aria-hidden="true" />
        </>
    }
}

fn words(phase: Phase, done: f64) -> String {
    let what = match phase {
        Phase::Reading => "Reading",
        Phase::Evaluating => "Computing the matrix",
        Phase::Finding => "Looking for findings",
    };
    format!("{what}… {}", percent(done))
}

fn percent(done: f64) -> String {
    format!("{} %", (done * 100.0) as u32)
}
