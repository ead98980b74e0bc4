//! What a lab asks for, beside the editor: the task, the goals as they stand, hints, and the solution once it may be seen.

use netpol_labs::Shown;
use netpol_session::protocol::Graded;
use yew::prelude::*;

use super::Dispatch;
use super::blocks::{blocks, code, link};
use super::elements::{button, said, small, tag, with, words};
use super::prose::prose;
use super::sheet;
use crate::state::message::Message;
use crate::state::model::{Model, so_far};
use crate::state::panel::Origin;
use crate::state::training::{Exam, LabRead, OpenLab, TrainingMessage};
use crate::state::words::counted;
use crate::state::work::WorkMessage;

/// The task; nothing where no lab is open.
pub fn task(model: &Model, dispatch: &Dispatch) -> Html {
    let Some(lab) = &model.training.lab else { return Html::default() };
    let exam = model.exam_in_sight();
    let folded = model.training.folded;
    let (name, shown) = if folded { ("Show the task", "false") } else { ("Fold the task", "true") };
    let attributes = [("class", "small fold"), ("aria-expanded", shown)];
    let message = TrainingMessage::Fold(!folded);
    let mut parts = vec![button(&attributes, vec![words(name)], dispatch, message.into())];
    if let Some(exam) = exam {
        parts.push(sitting(exam, lab, model.training.now, dispatch));
    }
    match &lab.read {
        LabRead::Asked => parts.push(said("p", "muted", "The lab is being read.")),
        LabRead::Unreadable => {
            parts.push(said("p", "wrong", "This lab cannot be run: open its file to see its mistakes."));
        }
        LabRead::Known(shown) => body(&mut parts, lab, shown, exam.is_some(), dispatch),
    }
    let class = if folded { "task folded" } else { "task" };
    with("section", &[("class", class), ("aria-label", "Task"), ("tabindex", "0")], parts)
}

fn body(parts: &mut Vec<Html>, lab: &OpenLab, shown: &Shown, in_exam: bool, dispatch: &Dispatch) {
    let graded = lab.graded.as_deref();
    parts.push(said("h2", "", &shown.index.title));
    if let Some(graded) = graded {
        let stars = if graded.passed { "★ Solved: " } else { "" };
        parts.push(said("p", "so-far", &format!("{stars}{}", so_far(graded))));
    }
    // In an exam it would tell too much.
    if !in_exam {
        parts.push(tag("p", "muted", vec![prose(&shown.index.learn)]));
    }
    parts.extend(blocks(&shown.task));
    parts.push(said("h3", "", "Goals"));
    parts.push(tag("ul", "goals", goals(graded, shown, dispatch)));
    if in_exam {
        return;
    }
    let passed = graded.filter(|graded| graded.passed);
    parts.extend(passed.map(|graded| solved(lab, graded, dispatch)));
    let hints = shown.hints.iter().take(lab.hints);
    let hints = hints.map(|hint| with("li", &[("tabindex", "-1")], blocks(hint))).collect();
    parts.push(tag("ol", "hints", hints));
    if lab.hints < shown.hints.len() {
        let name = if lab.hints == 0 { "A hint" } else { "Another hint" };
        parts.push(small(name, dispatch, TrainingMessage::Hint));
    }
    let name = match (lab.solution, passed) {
        (true, _) => "Hide the solution",
        (false, Some(_)) => "Compare with the solution",
        (false, None) => "Show the solution",
    };
    parts.push(small(name, dispatch, TrainingMessage::Solution(!lab.solution)));
    parts.push(small("Start again", dispatch, Message::Work(WorkMessage::Original)));
    if lab.solution {
        let file = |(name, text): &(String, String)| {
            tag("figure", "", vec![said("figcaption", "", name), code(text)])
        };
        parts.extend(shown.solution.iter().map(file));
        parts.extend(blocks(&shown.explanation));
        let more =
            |(title, address): &(String, String)| tag("li", "", vec![link(address, vec![words(title)])]);
        parts.push(tag("ul", "", shown.links.iter().map(more).collect()));
    }
}

/// The goals, those that are not reached with a counterexample.
fn goals(graded: Option<&Graded>, shown: &Shown, dispatch: &Dispatch) -> Vec<Html> {
    match graded {
        Some(graded) => {
            let lines = graded.goals.lines.iter().chain(&graded.refused);
            lines.map(|line| sheet::line(line, Origin::Task, dispatch)).collect()
        }
        None => shown.goals.iter().map(|goal| tag("li", "", vec![prose(goal)])).collect(),
    }
}

fn solved(lab: &OpenLab, graded: &Graded, dispatch: &Dispatch) -> Html {
    let lines = counted(graded.lines as usize, "line", "lines");
    let (stars, text) = if graded.shortest {
        ("★★ Solved. ", format!("{lines}: no shorter answer is known. "))
    } else {
        ("★ Solved. ", format!("{lines}; it can be done in {}. ", graded.fewest))
    };
    let mut parts = vec![said("b", "", stars), words(&text)];
    if lab.id.is_some() {
        parts.push(small("Next lab", dispatch, TrainingMessage::NextLab));
    }
    tag("div", "solved", parts)
}

/// The exam that the lab is part of.
fn sitting(exam: &Exam, lab: &OpenLab, now: f64, dispatch: &Dispatch) -> Html {
    let here = lab.id.as_deref().and_then(|id| exam.place_of(id));
    let mut parts = vec![said("b", "", "Exam")];
    for (at, passed) in exam.passed.iter().enumerate() {
        let number = at + 1;
        let (label, text) = match passed {
            true => (format!("Lab {number}, solved"), format!("{number} ✓")),
            false => (format!("Lab {number}"), number.to_string()),
        };
        let current = if here == Some(at) { "step" } else { "" };
        let attributes = [("class", "small"), ("aria-label", &label[..]), ("aria-current", current)];
        parts.push(button(&attributes, vec![words(&text)], dispatch, TrainingMessage::GoTo(at).into()));
    }
    parts.push(tag("div", "space", Vec::new()));
    parts.push(with("span", &[("role", "timer")], vec![words(&exam.left(now))]));
    parts.push(small("Hand in", dispatch, TrainingMessage::HandIn));
    with("nav", &[("class", "sitting"), ("aria-label", "Exam")], parts)
}
