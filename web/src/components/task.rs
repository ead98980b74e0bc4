//! What a lab asks for, beside the editor: the task, the goals as they stand, hints, and the solution once it may be seen.

use netpol_labs::Shown;
use netpol_session::protocol::Graded;
use yew::prelude::*;

use super::Dispatch;
use super::blocks::{blocks, link};
use super::sheet;
use crate::state::message::Message;
use crate::state::model::Model;
use crate::state::panel::Origin;
use crate::state::training::{Exam, LabRead, OpenLab, TrainingMessage};
use crate::state::words::counted;
use crate::state::work::WorkMessage;

/// The task; nothing where no lab is open.
pub fn task(model: &Model, dispatch: &Dispatch) -> Html {
    let Some(lab) = &model.training.lab else { return Html::default() };
    let exam = model.exam_in_sight();
    let body = match &lab.read {
        LabRead::Asked => html! { <p class="muted">{ "The lab is being read." }</p> },
        LabRead::Unreadable => html! {
            <p class="wrong">{ "This lab cannot be run: open its file to see its mistakes." }</p>
        },
        LabRead::Known(shown) => body(lab, shown, exam.is_some(), dispatch),
    };
    html! {
        <section class="task" aria-label="Task" tabindex="0">
            if let Some(exam) = exam {
                { sitting(exam, lab, model.training.now, dispatch) }
            }
            { body }
        </section>
    }
}

fn body(lab: &OpenLab, shown: &Shown, in_exam: bool, dispatch: &Dispatch) -> Html {
    let passed = lab.graded.as_ref().is_some_and(|graded| graded.passed);
    html! {
        <>
            <h2>{ &shown.index.title }</h2>
            <p class="muted">{ &shown.index.learn }</p>
            { blocks(&shown.task) }
            <h3>{ "Goals" }</h3>
            { goals(lab.graded.as_deref(), shown, dispatch) }
            if passed && !in_exam {
                { solved(lab, shown, dispatch) }
            }
            if !in_exam {
                { hints(lab, shown, dispatch) }
                { solution(lab, shown, passed, dispatch) }
            }
        </>
    }
}

/// The goals, with the counterexample of the first that is not reached.
fn goals(graded: Option<&Graded>, shown: &Shown, dispatch: &Dispatch) -> Html {
    match graded {
        Some(graded) => html! {
            <ul class="goals">{ for graded.goals.lines.iter().map(|goal| sheet::line(goal, Origin::Matrix, dispatch)) }</ul>
        },
        None => {
            html! { <ul class="goals">{ for shown.goals.iter().map(|goal| html! { <li>{ goal }</li> }) }</ul> }
        }
    }
}

fn solved(lab: &OpenLab, shown: &Shown, dispatch: &Dispatch) -> Html {
    let graded = lab.graded.as_deref();
    let (lines, shortest) = graded.map_or((0, false), |graded| (graded.lines, graded.shortest));
    let fewest = shown.fewest_lines;
    let words = if shortest {
        format!("{}: no shorter answer is known.", counted(lines as usize, "line", "lines"))
    } else {
        format!("{}; it can be done in {fewest}.", counted(lines as usize, "line", "lines"))
    };
    html! {
        <div class="solved">
            <b>{ if shortest { "★★ Solved. " } else { "★ Solved. " } }</b>{ words }
            if lab.id.is_some() {
                { button("Next lab", dispatch, TrainingMessage::NextLab) }
            }
        </div>
    }
}

fn hints(lab: &OpenLab, shown: &Shown, dispatch: &Dispatch) -> Html {
    let left = shown.hints.len().saturating_sub(lab.hints);
    html! {
        <>
            <ol class="hints">{ for shown.hints.iter().take(lab.hints).map(|hint| html! { <li>{ blocks(hint) }</li> }) }</ol>
            if left > 0 {
                { button(if lab.hints == 0 { "A hint" } else { "Another hint" }, dispatch, TrainingMessage::Hint) }
            }
        </>
    }
}

/// The solution, once it is solved or somebody gives up.
fn solution(lab: &OpenLab, shown: &Shown, passed: bool, dispatch: &Dispatch) -> Html {
    let name = match (lab.solution, passed) {
        (true, _) => "Hide the solution",
        (false, true) => "Compare with the solution",
        (false, false) => "Show the solution",
    };
    html! {
        <>
            { button(name, dispatch, TrainingMessage::Solution(!lab.solution)) }
            <button type="button" class="small" title="Your answer stays in the history"
                onclick={dispatch.reform(|_: MouseEvent| Message::Work(WorkMessage::Original))}>{ "Start again" }</button>
            if lab.solution {
                { for shown.solution.iter().map(|(name, text)| html! {
                    <figure><figcaption>{ name }</figcaption><pre tabindex="0">{ text }</pre></figure>
                }) }
                { blocks(&shown.explanation) }
                <ul>{ for shown.links.iter().map(|(title, address)| html! { <li>{ link(address, html! { { title } }) }</li> }) }</ul>
            }
        </>
    }
}

/// The exam that the lab is part of.
fn sitting(exam: &Exam, lab: &OpenLab, now: f64, dispatch: &Dispatch) -> Html {
    let here = lab.id.as_deref().and_then(|id| exam.place_of(id));
    html! {
        <nav class="sitting" aria-label="Exam">
            <b>{ "Exam" }</b>
            { for exam.passed.iter().enumerate().map(|(at, passed)| {
                let name = format!("Lab {}{}", at + 1, if *passed { ", solved" } else { "" });
                let onclick = dispatch.reform(move |_: MouseEvent| Message::Training(TrainingMessage::GoTo(at)));
                html! {
                    <button type="button" class="small" aria-label={name} aria-current={(here == Some(at)).then_some("step")} {onclick}>
                        { at + 1 }{ if *passed { " ✓" } else { "" } }
                    </button>
                }
            }) }
            <div class="space" />
            <span role="timer">{ exam.left(now) }</span>
            { button("Hand in", dispatch, TrainingMessage::HandIn) }
        </nav>
    }
}

/// A button for something in training.
pub fn button(name: &'static str, dispatch: &Dispatch, message: TrainingMessage) -> Html {
    let onclick = dispatch.reform(move |_: MouseEvent| Message::Training(message.clone()));
    html! { <button type="button" class="small" {onclick}>{ name }</button> }
}
