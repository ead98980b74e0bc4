//! What was checked where nothing was found, and what could not be judged for want of workloads.

use netpol_view::contract::{DiagnosticSeverity, PeerType};
use yew::prelude::*;

use super::{Dispatch, on_problems, press};
use crate::state::analysis::{Analysis, Judged};
use crate::state::message::Message;
use crate::state::words::{counted, rule_title};

/// In place of findings that there are not.
pub fn nothing_found(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let checks = &analysis.summary.checks;
    let policies = counted(analysis.summary.policies.len(), "policy", "policies");
    match analysis.judged() {
        Judged::Nothing => nothing_to_check(analysis, dispatch),
        Judged::PoliciesAlone => html! {
            <div class="empty">
                <h2>{ match analysis.summary.policies.len() {
                    1 => "The policy itself has no findings",
                    _ => "The policies themselves have no findings",
                } }</h2>
                { unjudged_words(analysis) }
                { add_pods(analysis, dispatch) }
                { unjudged_rules(analysis) }
            </div>
        },
        Judged::Workloads => html! {
            <div class="empty">
                <h2>{ "No findings" }</h2>
                <p>
                    { format!(
                        "{} rules were checked over {} and {policies} in {}: default deny in every namespace, workloads \
                         that no policy selects, reach from outside and to outside, the cloud metadata endpoint, rules \
                         that are wider than they need to be, selectors that match nothing, DNS that is cut off, and \
                         policies without effect.",
                        checks.rules,
                        counted(analysis.count(PeerType::Workload), "workload", "workloads"),
                        counted(analysis.summary.namespaces.len(), "namespace", "namespaces"),
                    ) }
                </p>
            </div>
        },
    }
}

fn nothing_to_check(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let errors = analysis.problem_count(DiagnosticSeverity::Error);
    html! {
        <div class="empty">
            <h2>{ "Nothing to check yet" }</h2>
            if errors > 0 {
                <p>{ "What has an error takes no part. The problems say where it is and what to write instead." }</p>
                <button type="button" onclick={on_problems(dispatch)}>{ format!("Show {}", counted(errors, "error", "errors")) }</button>
            } else {
                <p>{ "Findings come as soon as the text holds a NetworkPolicy, a pod, or anything that makes pods." }</p>
            }
        </div>
    }
}

/// Above the findings of policies that stand alone; nothing where there are workloads.
pub fn unjudged(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    if analysis.judged() != Judged::PoliciesAlone || analysis.summary.checks.unjudged.is_empty() {
        return Html::default();
    }
    html! {
        <div class="unjudged">
            { unjudged_words(analysis) }
            { add_pods(analysis, dispatch) }
            { unjudged_rules(analysis) }
        </div>
    }
}

fn unjudged_words(analysis: &Analysis) -> Html {
    let checks = &analysis.summary.checks;
    html! {
        <p>{ format!(
            "The text holds no workload, so {} of {} rules could not be judged: whom policies leave open or cut off, and \
             what their selectors and ports match.",
            checks.unjudged.len(),
            checks.rules,
        ) }</p>
    }
}

fn unjudged_rules(analysis: &Analysis) -> Html {
    let rules = &analysis.summary.checks.unjudged;
    html! {
        <details>
            <summary>{ "Rules that could not be judged" }</summary>
            <ul>{ for rules.iter().map(|name| html! { <li>{ rule_title(name) }</li> }) }</ul>
        </details>
    }
}

/// The button; nothing where the model has no pods to write.
fn add_pods(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    if analysis.count(PeerType::Hypothetical) == 0 {
        return Html::default();
    }
    html! {
        <button type="button" title="Adds a file with pods that the policies select, to change into your own"
            onclick={press(dispatch, Message::AddExamplePods)}>
            { "Add example pods" }
        </button>
    }
}
