//! The tools above the matrix: port, filter, switches, legend.

use netpol_view::contract::PeerType;
use web_sys::{Event, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::{Dispatch, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::matrix::certainty::MARK;
use crate::state::matrix::ports;
use crate::state::message::Message;
use crate::state::settings::{PortChoice, Settings};
use crate::state::shared::Shared;
use crate::state::words::{counted, thousands};

/// What the tools take.
#[derive(Properties, PartialEq)]
pub struct ToolsProps {
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// The settings.
    pub settings: Settings,
    /// The filter as it was typed.
    pub filter: String,
    /// How many of the cells that are shown are not certain, and how many of these were not evaluated.
    pub uncertain: (usize, usize),
    /// Whether only those are shown.
    pub uncertain_only: bool,
    /// How many rows there are less where workloads that are alike stand in one.
    pub spared: usize,
    /// Whether they do.
    pub alike: bool,
    /// Whether whole namespaces are rows and columns.
    pub folding: bool,
    /// Whether cells are too small for text.
    pub compact: bool,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The tools.
#[component]
pub fn Tools(props: &ToolsProps) -> Html {
    let ToolsProps { analysis, settings, filter, uncertain, uncertain_only, spared, alike, folding, .. } =
        props;
    let ToolsProps { compact, dispatch, .. } = props;
    let (uncertain, unknown) = *uncertain;
    let chosen = settings.port;
    let offered = use_memo((analysis.clone(), chosen), |(analysis, chosen)| {
        let mut ports = ports::named(&analysis.summary);
        // A port that was chosen for another input stays chosen.
        if let Some(chosen) = chosen
            && let Err(place) = ports.binary_search(chosen)
        {
            ports.insert(place, *chosen);
        }
        ports
    });
    let on_port = dispatch.reform(|event: Event| Message::SetPort(PortChoice::parse(&dom::value_of(&event))));
    let on_filter = when(dispatch, |event: InputEvent| {
        event.target_dyn_into::<HtmlInputElement>().map(|input| Message::SetFilter(input.value()))
    });
    let on_key = when(dispatch, |event: KeyboardEvent| match event.key().as_str() {
        "Escape" => Some(Message::SetFilter(String::new())),
        _ => None,
    });
    html! {
        <div class="tools">
            <label class="port">
                <span>{ "Port" }</span>
                <select onchange={on_port}>
                    <option value="" selected={chosen.is_none()}>{ "any port" }</option>
                    { for offered.iter().map(|port| html! {
                        <option key={port.to_string()} value={port.to_string()} selected={chosen == Some(*port)}>
                            { port.to_string() }
                        </option>
                    }) }
                </select>
            </label>
            <div class="filter">
                <input
                    id="filter"
                    type="search"
                    aria-label="Filter workloads and labels"
                    aria-keyshortcuts="/"
                    placeholder="Filter workloads, labels…"
                    title="Words narrow, commas widen; from:cart limits the rows, to:postgres the columns"
                    autocomplete="off"
                    spellcheck="false"
                    value={filter.clone()}
                    oninput={on_filter}
                    onkeydown={on_key}
                />
                if filter.is_empty() {
                    <kbd aria-hidden="true">{ "/" }</kbd>
                }
            </div>
            if analysis.count(PeerType::External) > 0 {
                { switch("outside", "Addresses outside the cluster", settings.outside, Message::SetOutside, dispatch) }
            }
            if analysis.count(PeerType::Hypothetical) > 0 {
                { switch(
                    "hypothetical",
                    "Workloads that the policies speak of and the manifests do not hold",
                    settings.hypothetical,
                    Message::SetHypothetical,
                    dispatch,
                ) }
            }
            if uncertain > 0 || *uncertain_only {
                { only_uncertain(uncertain, *uncertain_only, dispatch) }
            }
            if *spared > 0 || *alike {
                { alike_as_one(*spared, *alike, dispatch) }
            }
            <div class="space" />
            { legend(chosen, Cells { folding: *folding, compact: *compact }, uncertain > unknown, unknown > 0) }
        </div>
    }
}

fn switch(
    name: &'static str,
    title: &'static str,
    on: bool,
    message: fn(bool) -> Message,
    dispatch: &Dispatch,
) -> Html {
    let onchange = dispatch.reform(move |_: Event| message(!on));
    html! {
        <label class="switch" {title}>
            <input type="checkbox" checked={on} {onchange} />
            { name }
        </label>
    }
}

/// Limits the matrix to what is not certain.
fn only_uncertain(count: usize, on: bool, dispatch: &Dispatch) -> Html {
    let words = counted(
        count,
        "cell depends on the plugin or was not evaluated",
        "cells depend on the plugin or were not evaluated",
    );
    let name = format!("Only what is not certain: {words}");
    let onchange = dispatch.reform(move |_: Event| Message::SetUncertain(!on));
    html! {
        <label class="switch" title={words}>
            <input type="checkbox" checked={on} aria-label={name} {onchange} />
            { format!("only {MARK} ({})", thousands(count)) }
        </label>
    }
}

/// Folds workloads whose cells are the same.
fn alike_as_one(spared: usize, on: bool, dispatch: &Dispatch) -> Html {
    let rows = counted(spared, "row", "rows");
    let title =
        format!("Workloads whose cells are all the same stand in one row and one column: {rows} less  e");
    let onchange = dispatch.reform(move |_: Event| Message::SetAlike(!on));
    html! {
        <label class="switch" {title}>
            <input type="checkbox" checked={on} aria-keyshortcuts="e" {onchange} />
            { "alike as one" }
        </label>
    }
}

/// How the cells look that the legend is of.
struct Cells {
    folding: bool,
    compact: bool,
}

/// What the cells in sight look like, as they look there.
fn legend(port: Option<PortChoice>, cells: Cells, depends: bool, unknown: bool) -> Html {
    let swatch = |class: &'static str, name: &'static str| {
        html! {
            <span class="key"><i class={classes!("swatch", class)} />{ name }</span>
        }
    };
    html! {
        <div class={classes!("legend", cells.compact.then_some("compact"))} aria-label="Legend" role="group">
            if port.is_some() {
                { swatch("all", "allowed") }
            } else {
                { swatch("all", "all ports") }
                { swatch("some", "some ports") }
            }
            if cells.folding {
                { swatch("mixed", "0 to 100% of the pairs open") }
            }
            { swatch("none", "denied") }
            { swatch("own", "self") }
            if depends {
                <span class="key"><b aria-hidden="true">{ MARK }</b>{ "depends on the plugin" }</span>
            }
            if unknown {
                <span class="key"><b aria-hidden="true">{ "?" }</b>{ "not evaluated" }</span>
            }
        </div>
    }
}
