//! Why a cell is what it is: the verdict, the two ends, each step with its lines.

use netpol_view::contract::{ConnectionSet, Explanation, PeerType, PortsWanted};
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::proposal::proposal;
use super::prose::prose;
use super::trace::{self, End};
use super::{Dispatch, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::matrix::certainty::Certainty;
use crate::state::matrix::face::{Face, Shape};
use crate::state::message::Message;
use crate::state::panel::{Answer, Mended, Proposal, Why, ports_offered};
use crate::state::settings::protocol_name;
use crate::state::shared::Shared;

/// What the panel takes.
#[derive(Properties, PartialEq)]
pub struct WhyPanelProps {
    /// The cell.
    pub why: Why,
    /// The change that would allow it, when it is to be seen.
    pub proposal: Option<Proposal>,
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn WhyPanel(props: &WhyPanelProps) -> Html {
    let WhyPanelProps { why, proposal, analysis, dispatch } = props;
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
                <button type="button" class="small" onclick={dispatch.reform(|_: MouseEvent| Message::Retry)}>{ "Analyse again" }</button>
            </p>
        },
        Answer::Known(explanation) if unknown => trace::caveats(&explanation.caveats),
        Answer::Known(explanation) => {
            let from = End { name: &from, outside: outside(source) };
            let to = End { name: &to, outside: outside(destination) };
            explained(explanation, from, to, &why.destination, proposal.as_ref(), analysis, dispatch)
        }
    };
    html! {
        <aside class="why" aria-label="Why" {onkeydown}>
            <div class="why-head">
                { verdict(&allowed, unknown) }
                <h2 ref={heading} tabindex="-1">
                    { &from }<span class="arrow" aria-label=" to ">{ " → " }</span>{ if own { "itself" } else { to.as_str() } }
                </h2>
                if Face::of(&allowed).shape == Shape::Some && !unknown {
                    <code class="allowed">{ &allowed.text }</code>
                }
                if !certainty.words().is_empty() {
                    <span class="doubts">{ certainty.words() }</span>
                }
                <div class="space" />
                <button type="button" class="small" title="Ask about one port, or about other ends  q"
                    onclick={dispatch.reform(|_: MouseEvent| Message::OpenQuery)}>{ "Ask another" }</button>
                <button type="button" class="icon" aria-label="Close" title="Close  Escape"
                    onclick={dispatch.reform(|_: MouseEvent| Message::CloseWhy)}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </div>
            if own && !single {
                <p class="muted">{ "A pod always reaches itself; this is about the pods of the workload among each other." }</p>
            }
            <div class="why-body">{ body }</div>
        </aside>
    }
}

fn verdict(allowed: &ConnectionSet, unknown: bool) -> Html {
    let (class, words) = match Face::of(allowed).shape {
        _ if unknown => ("unknown", "not evaluated"),
        Shape::All => ("all", "allowed"),
        Shape::None => ("none", "denied"),
        Shape::Some | Shape::Mixed | Shape::Blank | Shape::Unknown => ("some", "some ports"),
    };
    html! { <span class={classes!("verdict", class)}>{ words }</span> }
}

fn explained(
    explanation: &Explanation,
    from: End<'_>,
    to: End<'_>,
    destination: &str,
    change: Option<&Proposal>,
    analysis: &Analysis,
    dispatch: &Dispatch,
) -> Html {
    let change = change.filter(|change| matches!(change.of, Mended::Cell(_)));
    let open = change.is_some();
    let offered = |peer: usize| analysis.summary.peers.get(peer).map(ports_offered);
    let offered = analysis.peer(destination).and_then(offered).unwrap_or_default();
    let is_declared = matches!(offered.as_slice(), [_, .., PortsWanted::Every]);
    html! {
        <>
            // The change takes the place of the reason, which it answers.
            if !open {
            <div class="ends">
                    { trace::egress(from, &explanation.egress, dispatch) }
                    { trace::ingress(to, &explanation.ingress, dispatch) }
                </div>
            }
            if let Some(mend) = &explanation.mend {
                <div class="mend" role="group" aria-label="To allow it">
                    <b>{ "To allow it" }</b>
                    { for offered.into_iter().map(|ports| chip(ports, change, dispatch)) }
                    // What it says without a port is about those that are declared.
                    if !open && is_declared {
                        <p>{ prose(mend) }</p>
                    }
                </div>
                if let Some(change) = change {
                    { proposal(change, analysis, dispatch) }
                }
            }
            if let Some(obstacle) = &explanation.obstacle {
                <div class="mend"><p><b>{ "In the way" }</b>{ prose(obstacle) }</p></div>
            }
            { trace::caveats(&explanation.caveats) }
        </>
    }
}

/// The button that shows what would allow a cell on these ports, and hides it again.
fn chip(ports: PortsWanted, change: Option<&Proposal>, dispatch: &Dispatch) -> Html {
    let of = Mended::Cell(ports);
    let expanded = change.is_some_and(|change| change.of == of).to_string();
    let words = match ports {
        PortsWanted::One(one) => format!("{} {}", protocol_name(one.protocol), one.port),
        PortsWanted::Every | PortsWanted::Declared => "every port".to_owned(),
    };
    html! {
        <button type="button" class="small" aria-expanded={expanded}
            onclick={dispatch.reform(move |_: MouseEvent| Message::Propose(of))}>{ words }</button>
    }
}
