//! A quiz: a question, the answer that somebody gives, and the explanation of the right one.

use yew::prelude::*;

use super::results::ResultsProps;
use super::task::button;
use super::why::WhyPanel;
use crate::state::settings::PortChoice;
use crate::state::training::{Quiz, TrainingMessage};

/// The question in sight, or the result.
pub fn quiz(quiz: &Quiz, props: &ResultsProps) -> Html {
    let ResultsProps { analysis, dispatch, .. } = props;
    let all = quiz.questions.len();
    let Some((question, analysis)) = quiz.question().zip(analysis.as_ref()) else {
        return html! {
            <div class="quiz empty">
                <h2>{ format!("{} of {all} right", quiz.right()) }</h2>
                <p>{ "Open the matrix to see all cells." }</p>
                { button("Another round", dispatch, TrainingMessage::Predict) }
                { button("Back to the labs", dispatch, TrainingMessage::EndQuiz) }
            </div>
        };
    };
    let name = |id: &str| {
        analysis.peer(id).map_or_else(|| id.to_owned(), |peer| analysis.full_name(peer).to_owned())
    };
    let port = PortChoice { protocol: question.protocol, port: question.port };
    let answered = quiz.guess().map(|guess| {
        let verdict = if question.allowed { "it is allowed" } else { "it is denied" };
        let words = if guess == question.allowed { "Right: " } else { "Wrong: " };
        html! {
            <p role="status" class={if guess == question.allowed { "right" } else { "wrong" }}>
                <b>{ words }</b>{ verdict }{ ". " }
                { button(if quiz.at + 1 < all { "Next question" } else { "See the result" }, dispatch, TrainingMessage::NextQuestion) }
            </p>
        }
    });
    html! {
        <div class="quiz">
            <div class="question">
                <p class="muted">{ format!("Question {} of {all} · {} right", quiz.at + 1, quiz.right()) }
                    { button("End", dispatch, TrainingMessage::EndQuiz) }</p>
                <h2>{ "May " }<code>{ name(&question.source) }</code>{ " reach " }<code>{ name(&question.destination) }</code>{ format!(" on {port}?") }</h2>
                if let Some(answered) = answered {
                    { answered }
                } else {
                    <p>
                        { button("Allowed", dispatch, TrainingMessage::Guess(true)) }
                        { button("Denied", dispatch, TrainingMessage::Guess(false)) }
                    </p>
                }
            </div>
            if let Some(why) = props.why.as_ref().filter(|_| quiz.guess().is_some()) {
                <WhyPanel why={why.clone()} proposal={None} analysis={analysis.clone()} port={Some(port)} dispatch={dispatch.clone()} />
            }
        </div>
    }
}
