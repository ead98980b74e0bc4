//! Why a cell is what it is: the verdict, the two ends, each step with its lines.

use netpol_view::contract::{ConnectionSet, Explanation, PeerType, PortWanted, PortsWanted};
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::mend::{mend, obstacle};
use super::trace::{self, End};
use super::{Dispatch, press, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::matrix::certainty::Certainty;
use crate::state::matrix::face::{Face, Shape};
use crate::state::message::Message;
use crate::state::panel::{Answer, Proposal, Why, ports_offered};
use crate::state::settings::PortChoice;
use crate::state::shared::Shared;
use crate::state::training::TrainingMessage;

/// What the panel takes.
#[derive(Properties, PartialEq)]
pub struct WhyPanelProps {
    /// The cell.
    pub why: Why,
    /// The change that would allow it, when it is to be seen.
    pub proposal: Option<Proposal>,
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// The port that the matrix is read for.
    pub port: Option<PortChoice>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn WhyPanel(props: &WhyPanelProps) -> Html {
    let WhyPanelProps { why, proposal, analysis, port, dispatch } = props;
    let heading = use_node_ref();
    {
        let heading = heading.clone();
        use_effect_with((why.source.clone(), why.destination.clone()), move |_| {
            // Who came by pointer stays in the matrix; who came by keyboard or from a finding is led here.
            let by_pointer = dom::has_focus("[role=gridcell]:not(:focus-visible)");
            if let (false, Some(heading)) = (by_pointer, dom::element(&heading)) {
                dom::focus(&heading);
            }
        });
    }
    let onkeydown = when(dispatch, |event: KeyboardEvent| {
        (event.key() == "Escape").then(|| {
            event.stop_propagation();
            Message::CloseWhy
        })
    });
    let peer = |id: &str| analysis.peer(id);
    let (source, destination) = (peer(&why.source), peer(&why.destination));
    let name =
        |peer: Option<usize>| peer.map_or_else(String::new, |peer| analysis.full_name(peer).to_owned());
    let (from, to) = (name(source), name(destination));
    let own = source.is_some() && source == destination;
    let single = source.is_some_and(|peer| analysis.is_single(peer));
    let allowed = why
        .answer
        .known()
        .map(|explanation| explanation.allowed.clone())
        .or_else(|| analysis.connections(source?, destination?).cloned())
        .unwrap_or_default();
    let certainty = source
        .zip(destination)
        .map_or(Certainty::Certain, |(source, destination)| analysis.certainty(source, destination));
    let unknown = certainty == Certainty::NotEvaluated
        || why.answer.known().is_some_and(|explanation| explanation.not_evaluated);
    let outside = |peer: Option<usize>| peer.is_some_and(|peer| analysis.is(peer, PeerType::External));
    let body = match &why.answer {
        Answer::Asked => Html::default(),
        Answer::Unknown => html! {
            <p class="muted">{ "The explanation belongs to an analysis that is gone." }
                <button type="button" class="small" onclick={press(dispatch, Message::Retry)}>{ "Analyse again" }</button>
            </p>
        },
        Answer::Known(explanation) if unknown => trace::caveats(&explanation.caveats),
        Answer::Known(explanation) => {
            let from = End { name: &from, outside: outside(source) };
            let to = End { name: &to, outside: outside(destination) };
            explained(props, explanation, from, to)
        }
    };
    html! {
        <aside class={classes!("why", proposal.is_some().then_some("proposing"))} aria-label="Why" {onkeydown}>
            <div class="why-head">
                { verdict(&allowed, unknown, *port) }
                <h2 ref={heading} tabindex="-1">
                    { &from }<span class="arrow" aria-label=" to ">{ " → " }</span>{ if own { "itself" } else { to.as_str() } }
                </h2>
                if let Some(port) = port.filter(|_| !unknown) {
                    <span>{ format!("on {port}") }</span>
                }
                if Face::of(&allowed).shape == Shape::Some && !unknown {
                    <code class="allowed" title="All that is allowed">{ &allowed.text }</code>
                }
                if !certainty.words().is_empty() {
                    <span class="doubts">{ certainty.words() }</span>
                }
                <div class="space" />
                <button type="button" class="small" title="Keep what this cell says as a policy test, in a file of its own"
                    onclick={press(dispatch, Message::Training(TrainingMessage::Keep))}>{ "Keep as a test" }</button>
                <button type="button" class="small" title="Ask about one port, or about other ends  q"
                    onclick={press(dispatch, Message::OpenQuery)}>{ "Ask another" }</button>
                <button type="button" class="icon" aria-label="Close" title="Close  Escape"
                    onclick={press(dispatch, Message::CloseWhy)}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </div>
            if own && !single {
                <p class="muted">{ "A pod always reaches itself; this is about the pods of the workload among each other." }</p>
            }
            <div class={classes!("why-body", proposal.is_some().then_some("beside"))}>{ body }</div>
        </aside>
    }
}

/// What the cell comes to, on the port that is chosen where one is.
fn verdict(allowed: &ConnectionSet, unknown: bool, port: Option<PortChoice>) -> Html {
    let (class, words) = match (port, Face::of(allowed).shape) {
        _ if unknown => ("unknown", "not evaluated"),
        (Some(port), _) if allowed.contains(port.protocol, port.port) => ("some", "allowed"),
        (Some(_), _) | (None, Shape::None) => ("none", "denied"),
        (None, Shape::All) => ("all", "allowed"),
        (None, Shape::Some | Shape::Mixed | Shape::Blank | Shape::Unknown) => ("some", "some ports"),
    };
    html! { <span class={classes!("verdict", class)}>{ words }</span> }
}

fn explained(props: &WhyPanelProps, explanation: &Explanation, from: End<'_>, to: End<'_>) -> Html {
    let WhyPanelProps { why, proposal, analysis, port, dispatch } = props;
    html! {
        <>
            <div class="reason">
                <div class="ends">
                    { trace::egress(from, &explanation.egress, *port, dispatch) }
                    { trace::ingress(to, &explanation.ingress, *port, dispatch) }
                </div>
                { trace::caveats(&explanation.caveats) }
            </div>
            { remedy(explanation, &why.destination, *port, proposal.as_ref(), analysis, dispatch) }
        </>
    }
}

/// What would allow what is denied, or what is in the way of that.
fn remedy(
    explanation: &Explanation,
    destination: &str,
    port: Option<PortChoice>,
    change: Option<&Proposal>,
    analysis: &Analysis,
    dispatch: &Dispatch,
) -> Html {
    if let Some(words) = &explanation.obstacle {
        return obstacle(words);
    }
    let chosen = port.filter(|port| !explanation.allowed.contains(port.protocol, port.port));
    let chosen = chosen.map(|port| PortsWanted::One(PortWanted { protocol: port.protocol, port: port.port }));
    let Some(words) = &explanation.mend else {
        // Other ports are allowed, the chosen one is not.
        let partly = chosen.filter(|_| Face::of(&explanation.allowed).shape == Shape::Some);
        return partly.map_or_else(Html::default, |port| mend(&[port], None, change, analysis, dispatch));
    };
    let offered = |peer: usize| analysis.summary.peers.get(peer).map(ports_offered);
    let mut offered = analysis.peer(destination).and_then(offered).unwrap_or_default();
    if let Some(chosen) = chosen {
        offered.retain(|ports| *ports != chosen);
        offered.insert(0, chosen);
    }
    mend(&offered, Some(words), change, analysis, dispatch)
}
