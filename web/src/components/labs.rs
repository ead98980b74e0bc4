//! The labs there are, by topic, with what was solved; an exam and its result; a quiz about what is in sight.

use netpol_labs::{Difficulty, Index, Topic};
use yew::prelude::*;

use super::Dispatch;
use super::quiz::quiz;
use super::results::ResultsProps;
use super::task::button;
use crate::state::message::Message;
use crate::state::model::Model;
use crate::state::training::{Exam, LABS_OF_EXAM, Labs, Solved, Training, TrainingMessage};

const TOPICS: [(Topic, &str); 4] = [
    (Topic::Practices, "Five practices"),
    (Topic::Exam, "Exam tasks"),
    (Topic::Mistakes, "Find the mistake"),
    (Topic::Cluster, "Policies for the whole cluster"),
];

/// The view.
pub fn labs(props: &ResultsProps) -> Html {
    let ResultsProps { training, settings, dispatch, .. } = props;
    if let Some(quiz) = &training.quiz {
        return self::quiz(quiz, props);
    }
    let list = match &training.labs {
        Labs::Unread | Labs::Asked => return html! { <div class="empty" data-testid="waiting" /> },
        Labs::Failed => {
            return html! {
                <div class="empty">
                    <p>{ "The labs could not be loaded: the connection may be down." }</p>
                    { button("Try again", dispatch, TrainingMessage::WantLabs) }
                </div>
            };
        }
        Labs::Known(list) => list,
    };
    let solved = list.iter().filter(|lab| medal(&settings.solved, lab).is_some()).count();
    html! {
        <div class="labs" tabindex="0" role="region" aria-label="Labs">
            { exam(settings.exam.as_ref(), training, dispatch) }
            <p class="labs-head">
                <b>{ format!("{solved} of {} solved", list.len()) }</b>
                if settings.exam.as_ref().is_none_or(|exam| exam.over) {
                    { offer("Sit an exam", &format!("{LABS_OF_EXAM} labs by chance, against the clock"), dispatch, TrainingMessage::Sit) }
                }
                { offer("Predict", "A quiz about what is in the editor: allowed or denied?", dispatch, TrainingMessage::Predict) }
            </p>
            { for TOPICS.into_iter().map(|(topic, title)| html! {
                <section aria-label={title}>
                    <h3>{ title }</h3>
                    <ul>{ for list.iter().filter(|lab| lab.topic == topic).map(|lab| one(lab, &settings.solved, dispatch)) }</ul>
                </section>
            }) }
        </div>
    }
}

fn offer(name: &'static str, title: &str, dispatch: &Dispatch, message: TrainingMessage) -> Html {
    html! { <span title={title.to_owned()}>{ button(name, dispatch, message) }</span> }
}

fn medal(solved: &[Solved], lab: &Index) -> Option<bool> {
    solved.iter().find(|solved| solved.id == lab.id).map(|solved| solved.shortest)
}

fn one(lab: &Index, solved: &[Solved], dispatch: &Dispatch) -> Html {
    let (stars, said) = match medal(solved, lab) {
        Some(true) => ("★★", "solved with the fewest lines"),
        Some(false) => ("★", "solved"),
        None => ("☆", "not solved"),
    };
    let hard = match lab.difficulty {
        Difficulty::Easy => "easy",
        Difficulty::Medium => "medium",
        Difficulty::Hard => "hard",
    };
    let id = lab.id.clone();
    let onclick = dispatch.reform(move |_: MouseEvent| Message::Work(Model::open_lab(&id)));
    html! {
        <li>
            <button type="button" {onclick} title={lab.curriculum.clone()}>
                <span class="stars" aria-label={said}>{ stars }</span>
                <span><b>{ &lab.title }</b><span class="muted">{ &lab.learn }</span></span>
                <small>{ format!("{hard} · {} min", lab.minutes) }</small>
            </button>
        </li>
    }
}

/// The exam that is being sat, or the result of the last one.
fn exam(exam: Option<&Exam>, training: &Training, dispatch: &Dispatch) -> Html {
    let Some(exam) = exam else { return Html::default() };
    let list = &training.labs;
    let passed = exam.passed.iter().filter(|passed| **passed).count();
    let title = |id: &String| list.find(id).map_or_else(|| id.clone(), |lab| lab.title.clone());
    let rows = exam.labs.iter().zip(&exam.passed).enumerate().map(|(at, (id, passed))| {
        let onclick = dispatch.reform(move |_: MouseEvent| Message::Training(TrainingMessage::GoTo(at)));
        html! {
            <li>
                <span class={if *passed { "mark yes" } else { "mark no" }} aria-label={if *passed { "solved" } else { "not solved" }}>
                    { if *passed { "✓ " } else { "✕ " } }
                </span>
                <button type="button" class="source" {onclick}>{ title(id) }</button>
            </li>
        }
    });
    let mut revise: Vec<&str> = exam
        .labs
        .iter()
        .zip(&exam.passed)
        .filter(|(_, passed)| !**passed)
        .filter_map(|(id, _)| list.find(id).map(|lab| lab.learn.as_str()))
        .collect();
    revise.dedup();
    html! {
        <section class="exam" aria-label="Exam">
            <h3>{ if exam.over { "Your last exam" } else { "Your exam" } }</h3>
            <p>
                <b>{ format!("{passed} of {} solved", exam.labs.len()) }</b>
                if exam.over {
                    { button("Forget it", dispatch, TrainingMessage::ForgetExam) }
                } else {
                    { format!(" · {}", exam.left(training.now)) }
                    { button("Hand in", dispatch, TrainingMessage::HandIn) }
                }
            </p>
            <ul>{ for rows }</ul>
            if exam.over && !revise.is_empty() {
                <h4>{ "Revise" }</h4>
                <ul>{ for revise.into_iter().map(|learn| html! { <li>{ learn }</li> }) }</ul>
            }
        </section>
    }
}
