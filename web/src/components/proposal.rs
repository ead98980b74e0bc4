//! A change before it is made: the lines that it changes and the cells, and the button that makes it.

use netpol_view::contract::{CellChange, DiffKind, DiffLine, FileDiff, FindingChange, Preview};
use yew::prelude::*;

use super::prose::prose;
use super::{Dispatch, press};
use crate::state::analysis::Analysis;
use crate::state::message::Message;
use crate::state::panel::{Answer, Mended, Proposal};
use crate::state::words::{counted, thousands};

/// So many changed cells are listed.
const MOST: usize = 12;

/// The change.
pub fn proposal(proposal: &Proposal, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let of = proposal.of;
    let is_cell = matches!(of, Mended::Cell(_));
    let close = press(dispatch, Message::Propose(of));
    let body = match &proposal.answer {
        Answer::Asked => html! { <p class="muted">{ "Working it out…" }</p> },
        Answer::Unknown if is_cell => {
            html! { <p class="muted">{ "No change was found that opens this connection and nothing else: other pods have the same labels, or the same addresses are meant." }</p> }
        }
        Answer::Unknown if matches!(of, Mended::Way(..)) => {
            html! { <p class="muted">{ "This way would bring another problem here: look at the other one." }</p> }
        }
        Answer::Unknown => {
            html! { <p class="muted">{ "There is no such change for this text any more." }</p> }
        }
        Answer::Known(preview) => html! {
            <>
                <div class="choices">
                    <button type="button" class="primary" onclick={press(dispatch, Message::ApplyProposal)}>
                        { "Apply" }
                    </button>
                    if !is_cell {
                        // A cell has the chips of its ports to close it.
                        <button type="button" onclick={close}>{ "Close" }</button>
                    }
                    <p>{ cells_words(preview) }{ prose(&preview.message) }<span class="muted">{ come_and_go(preview) }</span></p>
                </div>
                if !proposal.notes.is_empty() {
                    <ul class="notes" aria-label="Notes">
                        { for proposal.notes.iter().map(|note| html! { <li>{ prose(note) }</li> }) }
                    </ul>
                }
                { findings("Findings that go", &preview.findings.gone) }
                { findings("Findings that come", &preview.findings.new) }
                { cells(preview, analysis) }
                { for preview.diff.iter().map(diff) }
            </>
        },
    };
    html! { <div class="proposal" role="group" aria-label="Change" aria-live="polite">{ body }</div> }
}

/// How many findings come and go, before anybody applies it.
fn come_and_go(preview: &Preview) -> String {
    let count = |changes: &[FindingChange], one, many| match changes.len() {
        0 => String::new(),
        count => format!("; {}", counted(count, one, many)),
    };
    let (new, gone) = (&preview.findings.new, &preview.findings.gone);
    format!("{}{}", count(new, "finding comes", "findings come"), count(gone, "finding goes", "findings go"))
}

/// The findings that come or go, some of them.
fn findings(label: &'static str, changes: &[FindingChange]) -> Html {
    if changes.is_empty() {
        return Html::default();
    }
    let more = changes.len().saturating_sub(MOST);
    html! {
        <>
            <p class="muted">{ label }</p>
            <ul class="notes" aria-label={label}>
                { for changes.iter().take(MOST).map(|one| html! {
                    <li><code>{ &one.code }</code>{ " " }{ prose(&one.message) }</li>
                }) }
                if more > 0 {
                    <li class="muted">{ format!("and {}", counted(more, "more", "more")) }</li>
                }
            </ul>
        </>
    }
}

fn diff(file: &FileDiff) -> Html {
    html! {
        <figure class="diff">
            <figcaption>{ &file.file }</figcaption>
            <div class="hunks" tabindex="0" role="group" aria-label={format!("Lines that change in {}", file.file)}>
                { for file.hunks.iter().map(|hunk| html! { <div class="hunk">{ for hunk.iter().map(line) }</div> }) }
            </div>
        </figure>
    }
}

fn line(line: &DiffLine) -> Html {
    let (class, sign, words) = match line.kind {
        DiffKind::Same => ("same", " ", ""),
        DiffKind::Removed => ("removed", "−", "removed: "),
        DiffKind::Added => ("added", "+", "added: "),
    };
    html! {
        <div class={class}>
            <span class="number" aria-hidden="true">{ line.line }</span>
            <span class="sign" aria-hidden="true">{ sign }</span>
            <span class="sr">{ words }</span>
            <code>{ &line.text }</code>
        </div>
    }
}

/// How many cells change, before what the change does.
fn cells_words(preview: &Preview) -> Html {
    let count = usize::try_from(preview.changed_cells).unwrap_or(usize::MAX);
    let words = match count {
        0 => "Changes no cell".to_owned(),
        count => format!("Changes {}", counted(count, "cell", "cells")),
    };
    html! { <><b>{ words }</b>{ ": " }</> }
}

/// The cells that change, some of them.
fn cells(preview: &Preview, analysis: &Analysis) -> Html {
    let count = usize::try_from(preview.changed_cells).unwrap_or(usize::MAX);
    if count == 0 {
        return Html::default();
    }
    let name = |id: &str| {
        analysis.peer(id).map_or_else(|| id.to_owned(), |peer| analysis.full_name(peer).to_owned())
    };
    let row = |change: &CellChange| {
        html! {
            <li>
                <b>{ name(&change.source) }</b><span class="arrow" aria-label=" to ">{ " → " }</span>
                <b>{ name(&change.destination) }</b>
                { " " }<code>{ &change.before.text }</code><span class="arrow" aria-label=" becomes ">{ " ⇒ " }</span>
                <code>{ &change.after.text }</code>
            </li>
        }
    };
    html! {
        <div class="changed">
            <ul aria-label="Cells that change">
                { for preview.changes.iter().take(MOST).map(row) }
                if count > MOST {
                    <li class="muted">{ format!("and {} more", thousands(count - MOST)) }</li>
                }
            </ul>
        </div>
    }
}
