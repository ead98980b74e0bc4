//! The labs there are, by topic, with what was solved; an exam and its result; a quiz about what is in sight.

use netpol_labs::{Difficulty, Index, Topic};
use yew::prelude::*;

use super::Dispatch;
use super::elements::{button, mark, said, small, tag, with, words};
use super::prose::prose;
use super::quiz::quiz;
use super::results::ResultsProps;
use crate::state::message::Message;
use crate::state::place::Place;
use crate::state::training::{Exam, Labs, Solved, Training, TrainingMessage, medal};
use crate::state::work::WorkMessage;

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
        Labs::Unread | Labs::Asked => {
            return with("div", &[("class", "empty"), ("data-testid", "waiting")], Vec::new());
        }
        Labs::Failed => {
            let parts = vec![
                said("p", "", "The labs could not be loaded: the connection may be down."),
                small("Try again", dispatch, TrainingMessage::WantLabs),
            ];
            return tag("div", "empty", parts);
        }
        Labs::Known(list) => list,
    };
    let solved = list.iter().filter(|lab| medal(&settings.solved, &lab.id).is_some()).count();
    let mut head = vec![said("h2", "", &format!("{solved} of {} solved", list.len()))];
    if settings.exam.as_ref().is_none_or(|exam| exam.over) {
        head.push(small("Sit an exam", dispatch, TrainingMessage::Sit));
    }
    head.push(small("Predict", dispatch, TrainingMessage::Predict));
    let about =
        "An exam is six labs against the clock. Predict asks about what is in the editor: allowed or denied?";
    head.push(said("span", "muted", about));
    let mut parts = Vec::new();
    parts.extend(settings.exam.as_ref().map(|one| exam(one, training, dispatch)));
    parts.push(tag("div", "labs-head", head));
    for (topic, title) in TOPICS {
        let of_topic = list.iter().filter(|lab| lab.topic == topic);
        let rows = of_topic.map(|lab| one(lab, &settings.solved, dispatch)).collect();
        parts.push(with(
            "section",
            &[("aria-label", title)],
            vec![said("h3", "", title), tag("ul", "", rows)],
        ));
    }
    with("div", &[("class", "labs"), ("role", "region"), ("aria-label", "Labs"), ("tabindex", "0")], parts)
}

fn one(lab: &Index, solved: &[Solved], dispatch: &Dispatch) -> Html {
    let (stars, meaning) = match medal(solved, &lab.id) {
        Some(true) => ("★★", "solved with the fewest lines"),
        Some(false) => ("★", "solved"),
        None => ("☆", "not solved"),
    };
    let hard = match lab.difficulty {
        Difficulty::Easy => "easy",
        Difficulty::Medium => "medium",
        Difficulty::Hard => "hard",
    };
    let about = vec![said("b", "", &lab.title), tag("span", "muted", vec![prose(&lab.learn)])];
    let parts = vec![
        with("span", &[("class", "stars"), ("role", "img"), ("aria-label", meaning)], vec![words(stars)]),
        tag("span", "", about),
        said("small", "", &format!("{hard} · {} min", lab.minutes)),
    ];
    let open = Message::Work(WorkMessage::Go(Place::Lab(lab.id.clone())));
    tag("li", "", vec![button(&[("title", &lab.curriculum)], parts, dispatch, open)])
}

/// The exam that is being sat, or the result of the last one.
fn exam(exam: &Exam, training: &Training, dispatch: &Dispatch) -> Html {
    let list = &training.labs;
    let passed = exam.passed.iter().filter(|passed| **passed).count();
    let mut head = vec![said("b", "", &format!("{passed} of {} solved", exam.labs.len())), words(" ")];
    if exam.over {
        head.push(small("Forget it", dispatch, TrainingMessage::ForgetExam));
    } else {
        head.push(words(&format!("· {} ", exam.left(training.now))));
        head.push(small("Hand in", dispatch, TrainingMessage::HandIn));
    }
    let (mut rows, mut revise) = (Vec::new(), Vec::new());
    for (at, (id, passed)) in exam.labs.iter().zip(&exam.passed).enumerate() {
        let lab = list.find(id);
        let title = lab.map_or(&id[..], |lab| &lab.title);
        rows.push(tag(
            "li",
            "",
            vec![
                mark(*passed, ["solved", "not solved"]),
                button(
                    &[("class", "source")],
                    vec![words(title)],
                    dispatch,
                    TrainingMessage::GoTo(at).into(),
                ),
            ],
        ));
        revise.extend(lab.filter(|_| !passed).map(|lab| tag("li", "", vec![prose(&lab.learn)])));
    }
    let title = if exam.over { "Your last exam" } else { "Your exam" };
    let mut parts = vec![said("h2", "", title), tag("p", "", head), tag("ul", "", rows)];
    if exam.over && !revise.is_empty() {
        parts.push(said("h3", "", "Revise"));
        parts.push(tag("ul", "", revise));
    }
    if exam.over {
        let about = "What is solved in an exam does not count in the list below, which is for practice.";
        parts.push(said("p", "muted", about));
    }
    with("section", &[("class", "exam"), ("aria-label", "Exam"), ("tabindex", "-1")], parts)
}
