//! What the result in sight lacks, said above it: a matrix that looks exact must not hide that something is missing from
//! it.

use netpol_view::contract::{Incomplete, Refused, Span};
use yew::prelude::*;

use super::findings::object_name;
use super::prose::prose;
use super::source_link::source_link;
use super::{Dispatch, on_problems};
use crate::state::analysis::Analysis;

/// So many are named.
const MOST: usize = 3;

/// The notes; nothing where everything takes part.
pub fn left_out(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let summary = &analysis.summary;
    let (policies, others): (Vec<&Refused>, Vec<&Refused>) =
        summary.refused.iter().partition(|one| one.policy);
    let unreadable = analysis.unreadable().map(|span| ("a document that cannot be read".to_owned(), span));
    let others: Vec<(String, &Span)> = others.into_iter().map(named).chain(unreadable).collect();
    let policies: Vec<(String, &Span)> = policies.into_iter().map(named).collect();
    if summary.incomplete.is_empty() && policies.is_empty() && others.is_empty() {
        return Html::default();
    }
    let open = match policies.len() {
        1 => ". What it was meant to close is open.",
        _ => ". What they were meant to close is open.",
    };
    html! {
        <div class="left-out">
            { for summary.incomplete.iter().map(|one| incomplete(one, dispatch)) }
            if !policies.is_empty() {
                <div>{ icon("●") }{ "Refused: " }{ list(&policies, dispatch) }{ open }</div>
            }
            if !others.is_empty() {
                <div>{ icon("●") }{ "Left out because of errors: " }{ list(&others, dispatch) }</div>
            }
        </div>
    }
}

fn named(one: &Refused) -> (String, &Span) {
    (object_name(&one.object), &one.span)
}

fn icon(icon: &'static str) -> Html {
    html! { <span aria-hidden="true">{ icon }{ " " }</span> }
}

fn incomplete(one: &Incomplete, dispatch: &Dispatch) -> Html {
    html! {
        <div>
            { icon("▲") }{ prose(&one.message) }{ " " }{ source_link(&one.span, dispatch) }
            if one.count > 1 {
                { " " }<button type="button" class="source" onclick={on_problems(dispatch)}>{ format!("all {}", one.count) }</button>
            }
        </div>
    }
}

/// The first of them by name, each with a link to its line.
fn list(found: &[(String, &Span)], dispatch: &Dispatch) -> Html {
    html! {
        <>
            { for found.iter().take(MOST).enumerate().map(|(at, (name, span))| html! {
                <>{ if at > 0 { ", " } else { "" } }<bdi><b>{ name }</b></bdi>{ " " }{ source_link(span, dispatch) }</>
            }) }
            if found.len() > MOST {
                { format!(" and {} more", found.len() - MOST) }
            }
        </>
    }
}
