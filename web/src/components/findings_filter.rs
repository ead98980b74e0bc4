//! What narrows the list of findings: severities, a namespace, a rule, a standard.

use netpol_view::contract::{Finding, FindingSeverity};
use web_sys::Event;
use yew::prelude::*;

use super::{Dispatch, press};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::findings::{FindingsFilter, SEVERITIES, choices};
use crate::state::message::Message;
use crate::state::words::rule_title;

/// The class of a severity, which is its name, and its shape.
pub fn icon_of(severity: FindingSeverity) -> (&'static str, &'static str) {
    match severity {
        FindingSeverity::High => ("high", "▲"),
        FindingSeverity::Medium => ("medium", "◆"),
        FindingSeverity::Low => ("low", "▽"),
        FindingSeverity::Info => ("info", "○"),
    }
}

/// The bar; `count` findings are left of all.
pub fn filter_bar(analysis: &Analysis, filter: &FindingsFilter, count: usize, dispatch: &Dispatch) -> Html {
    let findings = &analysis.summary.findings;
    let (namespaces, rules, standards) = choices(findings);
    let same = |name: String| (name.clone(), name);
    let rules = rules.into_iter().map(|(code, name)| {
        let label = format!("{code} {}", rule_title(&name));
        (code, label)
    });
    let choose = |set: fn(&mut FindingsFilter, Option<String>)| {
        let filter = filter.clone();
        dispatch.reform(move |event: Event| {
            let mut filter = filter.clone();
            set(&mut filter, Some(dom::value_of(&event)).filter(|value| !value.is_empty()));
            Message::SetFindingsFilter(filter)
        })
    };
    html! {
        <div class="findings-filter" role="group" aria-label="Narrow the list">
            { for SEVERITIES.into_iter().map(|severity| toggle(severity, findings, filter, dispatch)) }
            { list("Namespace", "every namespace", namespaces.into_iter().map(same).collect(), &filter.namespace,
                choose(|filter, chosen| filter.namespace = chosen)) }
            { list("Rule", "every rule", rules.collect(), &filter.rule, choose(|filter, chosen| filter.rule = chosen)) }
            { list("Standard", "every standard", standards.into_iter().map(same).collect(), &filter.standard,
                choose(|filter, chosen| filter.standard = chosen)) }
            if !filter.is_empty() {
                <span class="muted" role="status">{ format!("{count} of {}", findings.len()) }</span>
                <button type="button" class="small"
                    onclick={press(dispatch, Message::SetFindingsFilter(FindingsFilter::default()))}>
                    { "Show all" }
                </button>
            }
        </div>
    }
}

fn toggle(
    severity: FindingSeverity,
    findings: &[Finding],
    filter: &FindingsFilter,
    dispatch: &Dispatch,
) -> Html {
    let (class, icon) = icon_of(severity);
    let of_severity = || findings.iter().filter(|finding| finding.severity == severity);
    let count = of_severity().filter(|finding| !finding.silenced).count();
    let silenced = of_severity().count() - count;
    let on = !filter.without.contains(&severity);
    let mut toggled = filter.clone();
    toggled.toggle(severity);
    let onclick = press(dispatch, Message::SetFindingsFilter(toggled.clone()));
    html! {
        <button type="button" class={classes!("toggle-severity", class)} aria-pressed={on.to_string()}
            disabled={count + silenced == 0} {onclick}>
            <span aria-hidden="true">{ icon }</span>{ format!(" {class} {count}") }
            if silenced > 0 {
                { format!(" + {silenced} silenced") }
            }
        </button>
    }
}

/// A list of values, each with what it is called.
fn list(
    label: &'static str,
    all: &'static str,
    choices: Vec<(String, String)>,
    chosen: &Option<String>,
    onchange: Callback<Event>,
) -> Html {
    html! {
        <select aria-label={label} {onchange}>
            <option value="" selected={chosen.is_none()}>{ all }</option>
            { for choices.into_iter().map(|(value, name)| html! {
                <option selected={chosen.as_ref() == Some(&value)} value={value.clone()}>{ name }</option>
            }) }
        </select>
    }
}
