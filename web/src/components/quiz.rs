//! A quiz: a question, the answer that somebody gives, and the explanation of the right one.

use netpol_session::protocol::Question;
use yew::prelude::*;

use super::Dispatch;
use super::elements::{button, said, small, tag, with, words};
use super::results::ResultsProps;
use super::why::WhyPanel;
use crate::state::settings::PortChoice;
use crate::state::training::{Quiz, TrainingMessage};

/// The question in sight, or the result.
pub fn quiz(quiz: &Quiz, props: &ResultsProps) -> Html {
    let ResultsProps { analysis, dispatch, .. } = props;
    let all = quiz.questions.len();
    let Some((question, analysis)) = quiz.question().zip(analysis.as_ref()) else {
        let parts = vec![
            said("h2", "", &format!("{} of {all} right", quiz.right())),
            said("p", "", "Open the matrix to see all cells."),
            small("Another round", dispatch, TrainingMessage::Predict),
            small("Back to the labs", dispatch, TrainingMessage::EndQuiz),
        ];
        return tag("div", "quiz empty", parts);
    };
    let name = |id: &str| said("code", "", analysis.peer(id).map_or(id, |peer| analysis.full_name(peer)));
    let port = PortChoice { protocol: question.protocol, port: question.port };
    let asked = vec![
        words("May "),
        name(&question.source),
        words(" reach "),
        name(&question.destination),
        words(&format!(" on {port}?")),
    ];
    let head = format!("Question {} of {all} · {} right ", quiz.at + 1, quiz.right());
    let mut parts = vec![
        tag("p", "muted", vec![words(&head), small("End", dispatch, TrainingMessage::EndQuiz)]),
        tag("h2", "", asked),
    ];
    parts.extend(answer(quiz, question, dispatch));
    let mut panes = vec![tag("div", "question", parts)];
    if let Some(why) = props.why.as_ref().filter(|_| quiz.guess().is_some()) {
        panes.push(html! {
            <WhyPanel why={why.clone()} proposal={None} analysis={analysis.clone()} port={Some(port)} dispatch={dispatch.clone()} />
        });
    }
    tag("div", "quiz", panes)
}

/// What may be answered, or what it came to.
fn answer(quiz: &Quiz, question: &Question, dispatch: &Dispatch) -> Vec<Html> {
    let Some(guess) = quiz.guess() else {
        let parts = vec![
            small("Allowed", dispatch, TrainingMessage::Guess(true)),
            small("Denied", dispatch, TrainingMessage::Guess(false)),
        ];
        return vec![tag("p", "", parts)];
    };
    let (class, verdict) =
        if guess == question.allowed { ("right", "Right: ") } else { ("wrong", "Wrong: ") };
    let is = if question.allowed { "it is allowed. " } else { "it is denied. " };
    let next = if quiz.at + 1 < quiz.questions.len() { "Next question" } else { "See the result" };
    let parts = vec![said("b", "", verdict), words(is)];
    let message = TrainingMessage::NextQuestion.into();
    let on = button(&[("class", "small next")], vec![words(next)], dispatch, message);
    vec![with("p", &[("class", class), ("role", "status")], parts), tag("p", "", vec![on])]
}
