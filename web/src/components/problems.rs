//! What is wrong with the text: one line, or a list.

use netpol_view::contract::{Diagnostic, DiagnosticSeverity, NotRead, QuickFix};
use yew::prelude::*;

use super::prose::prose;
use super::{Dispatch, press};
use crate::state::analysis::Analysis;
use crate::state::message::Message;
use crate::state::shared::Shared;
use crate::state::words::{counted, middle_ellipsis};

/// What the problems take.
#[derive(Properties, PartialEq)]
pub struct ProblemsProps {
    /// The result in sight, which has those of all files.
    pub analysis: Option<Shared<Analysis>>,
    /// Whether they are listed.
    pub open: bool,
    /// What the text at the cursor is about, by its id.
    pub at_cursor: Option<String>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The most that are listed.
const MOST: usize = 500;
/// So many kinds that are not read are named.
const MOST_KINDS: usize = 6;

/// The button that describes what the text at the cursor is about.
fn about(id: Option<&str>, dispatch: &Dispatch) -> Html {
    let Some((name, _)) = id.and_then(|id| id.rsplit_once('[')) else { return Html::default() };
    html! {
        <button type="button" class="small about" aria-keyshortcuts="Alt+Enter"
            title={format!("All about {name}  Alt Enter")}
            onclick={press(dispatch, Message::DescribeCursor)}>
            { format!("About {}", middle_ellipsis(name, 30)) }
        </button>
    }
}

/// The worst first.
const SEVERITIES: [DiagnosticSeverity; 3] =
    [DiagnosticSeverity::Error, DiagnosticSeverity::Warning, DiagnosticSeverity::Info];

/// The problems.
#[component]
pub fn Problems(props: &ProblemsProps) -> Html {
    let ProblemsProps { analysis, open, at_cursor, dispatch } = props;
    let open = *open;
    let summary = analysis.as_ref().map(|analysis| &analysis.summary);
    let problems = summary.map_or(&[] as &[Diagnostic], |summary| &summary.diagnostics);
    let kinds = summary.map_or(&[] as &[NotRead], |summary| &summary.not_read);
    let sorted: Vec<(usize, &Diagnostic)> = SEVERITIES
        .into_iter()
        .flat_map(|severity| {
            problems.iter().enumerate().filter(move |(_, problem)| problem.severity == severity)
        })
        .collect();
    let Some((_, first)) = sorted.first() else {
        let words = if analysis.is_some() { "No problems" } else { "" };
        return html! {
            <section class="problems none" aria-label="Problems">
                <div class="strip muted">{ words }{ not_read(kinds, "span") }{ about(at_cursor.as_deref(), dispatch) }</div>
            </section>
        };
    };
    let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let counts = SEVERITIES.map(|severity| (severity, count(severity)));
    let toggle = press(dispatch, Message::SetProblemsOpen(!open));
    html! {
        <section class="problems" aria-label="Problems">
            <div class="strip">
                <button type="button" class="toggle" aria-expanded={open.to_string()} aria-controls="problem-list" onclick={toggle}>
                    <span class="caret" aria-hidden="true">{ if open { "▾" } else { "▸" } }</span>
                    <b>{ "Problems" }</b>
                    { for counts.iter().filter(|(_, count)| *count > 0).map(|(severity, count)| html! {
                        <span class={classes!("count", class_of(*severity))}>
                            <span aria-hidden="true">{ icon(*severity) }</span>{ format!(" {count}") }
                            <span class="sr">{ format!(" {}", word(*severity, *count)) }</span>
                        </span>
                    }) }
                </button>
                if !open {
                    { line(first, dispatch) }
                }
                { about(at_cursor.as_deref(), dispatch) }
            </div>
            if open {
                <ul id="problem-list">
                    { for sorted.iter().take(MOST).map(|(at, problem)| html! {
                        <li>{ line(problem, dispatch) }{ fixes(*at, problem, dispatch) }</li>
                    }) }
                    if sorted.len() > MOST {
                        <li class="muted">{ format!("and {} more", sorted.len() - MOST) }</li>
                    }
                    { not_read(kinds, "li") }
                </ul>
            }
        </section>
    }
}

/// Which kinds are not read: `not read: 3 ConfigMap, 1 Secret`.
fn not_read(kinds: &[NotRead], element: &'static str) -> Html {
    if kinds.is_empty() {
        return Html::default();
    }
    let name = |one: &NotRead| format!("{} {}", one.count, one.kind);
    let mut shown: Vec<String> = kinds.iter().take(MOST_KINDS).map(name).collect();
    if kinds.len() > MOST_KINDS {
        shown.push(format!("and {} more kinds", kinds.len() - MOST_KINDS));
    }
    let text = format!("not read: {}", shown.join(", "));
    html! { <@{element} class="not-read muted" title={text.clone()}>{ text }</@> }
}

/// The ways to mend it at once.
fn fixes(problem: usize, diagnostic: &Diagnostic, dispatch: &Dispatch) -> Html {
    if diagnostic.fixes.is_empty() {
        return Html::default();
    }
    let button = |(fix, it): (usize, &QuickFix)| {
        let onclick = press(dispatch, Message::QuickFix(problem, fix));
        html! { <button type="button" class="small" {onclick}>{ prose(&it.title) }</button> }
    };
    html! { <span class="fixes">{ for diagnostic.fixes.iter().enumerate().map(button) }</span> }
}

fn line(problem: &Diagnostic, dispatch: &Dispatch) -> Html {
    let span = problem.span.clone();
    let place = format!("{}:{}", span.file, span.start.line);
    let onclick = press(dispatch, Message::ShowSpan(span.clone()));
    html! {
        <button type="button" class="problem" title={problem.message.clone()} {onclick}>
            <span class={classes!("count", class_of(problem.severity))} role="img" aria-label={name(problem.severity)}>
                { icon(problem.severity) }
            </span>
            <span class="place">{ place }</span>
            <span class="message">{ prose(&problem.message) }</span>
        </button>
    }
}

/// The shape of a severity.
pub fn icon(severity: DiagnosticSeverity) -> &'static str {
    match severity {
        DiagnosticSeverity::Error => "●",
        DiagnosticSeverity::Warning => "▲",
        DiagnosticSeverity::Info => "○",
    }
}

fn class_of(severity: DiagnosticSeverity) -> &'static str {
    match severity {
        DiagnosticSeverity::Error | DiagnosticSeverity::Warning => "bad",
        DiagnosticSeverity::Info => "muted",
    }
}

fn name(severity: DiagnosticSeverity) -> &'static str {
    match severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Info => "note",
    }
}

/// `1 error`, `2 errors`, without the number.
fn word(severity: DiagnosticSeverity, count: usize) -> String {
    let name = name(severity);
    let words = counted(count, name, &format!("{name}s"));
    words.split_once(' ').map_or(words.clone(), |(_, word)| word.to_owned())
}
