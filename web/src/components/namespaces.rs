//! The namespaces at a glance: isolated, exposed, and what was found.

use netpol_view::contract::NamespaceSummary;
use yew::prelude::*;

use super::{Dispatch, press};
use crate::state::analysis::Analysis;
use crate::state::findings::FindingsFilter;
use crate::state::message::Message;
use crate::state::words::{counted, thousands};

/// Up to so many are unfolded.
const FEW: usize = 8;
/// So many are listed.
const MOST: usize = 500;

/// The columns behind the name.
const COLUMNS: [&str; 9] =
    ["workloads", "isolated for ingress", "for egress", "DNS", "exposed", "high", "medium", "low", "info"];

/// The table; a namespace in it limits the findings to its own.
pub fn namespaces(analysis: &Analysis, filter: &FindingsFilter, dispatch: &Dispatch) -> Html {
    let all = &analysis.summary.namespaces;
    if all.is_empty() {
        return Html::default();
    }
    html! {
        <details class="namespaces" open={all.len() <= FEW}>
            <summary><b>{ "Namespaces" }</b><span class="badge">{ all.len() }</span></summary>
            <div class="scroller" tabindex="0" role="group" aria-label="Namespaces">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{ "namespace" }</th>
                            { for COLUMNS.iter().map(|name| html! { <th scope="col">{ *name }</th> }) }
                        </tr>
                    </thead>
                    <tbody>{ for all.iter().take(MOST).map(|one| row(one, filter, dispatch)) }</tbody>
                </table>
                if all.len() > MOST {
                    <p class="muted">{ format!("and {}", counted(all.len() - MOST, "other", "others")) }</p>
                }
            </div>
        </details>
    }
}

fn row(one: &NamespaceSummary, filter: &FindingsFilter, dispatch: &Dispatch) -> Html {
    let chosen = filter.namespace.as_ref() == Some(&one.name);
    let mut narrowed = filter.clone();
    narrowed.namespace = (!chosen).then(|| one.name.clone());
    let onclick = press(dispatch, Message::SetFindingsFilter(narrowed.clone()));
    let share = |isolated: u32, limited: u32| {
        let count = |count: u32| match count {
            0 => "none".to_owned(),
            count if count == one.workloads => "all".to_owned(),
            count => format!("{count} of {}", one.workloads),
        };
        let words = match (one.workloads, limited) {
            (0, _) => "–".to_owned(),
            (_, 0) => count(isolated),
            // Not isolated, and still not open to everyone.
            (_, limited) => format!("{}, {} under Deny", count(isolated), count(limited)),
        };
        let is_covered = isolated.saturating_add(limited) >= one.workloads;
        html! { <td class={(!is_covered).then_some("bad")}>{ words }</td> }
    };
    let dns = match (one.workloads, one.dns_works) {
        (0, _) => "–".to_owned(),
        (all, works) if all == works => "works".to_owned(),
        (_, 0) => "none".to_owned(),
        (all, works) => format!("{works} of {all}"),
    };
    let number = |count: u32, class: &'static str| {
        html! { <td class={(count > 0).then_some(class)}>{ figure(count) }</td> }
    };
    let counts = one.findings;
    html! {
        <tr class={chosen.then_some("chosen")}>
            <th scope="row">
                <button type="button" aria-pressed={chosen.to_string()} title={format!("Only findings of {}", one.name)} {onclick}>
                    { &one.name }
                </button>
            </th>
            { number(one.workloads, "some") }
            { share(one.isolated_for_ingress, one.limited_for_ingress) }
            { share(one.isolated_for_egress, one.limited_for_egress) }
            <td class={classes!("dns", (one.dns_works < one.workloads).then_some("bad"))}>
                { dns }
                if let Some(why) = &one.dns_why {
                    <small title={why.clone()}>{ why }</small>
                }
            </td>
            { number(one.exposed, "some") }
            { number(counts.high, "bad") }
            { number(counts.medium, "bad") }
            { number(counts.low, "some") }
            { number(counts.info, "some") }
        </tr>
    }
}

fn figure(count: u32) -> String {
    if count == 0 { "–".to_owned() } else { thousands(usize::try_from(count).unwrap_or(usize::MAX)) }
}
