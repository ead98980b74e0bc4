//! Why a cell is what it is: the verdict, the two ends, each step with its lines.

use netpol_view::contract::{Action, ConnectionSet, DirectionTrace, Explanation, PeerType, TraceStep};
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::prose::prose;
use super::source_link::source_link;
use super::{Dispatch, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::matrix::face::{Face, Shape};
use crate::state::message::Message;
use crate::state::model::{Answer, Why};
use crate::state::shared::Shared;

/// What the panel takes.
#[derive(Properties, PartialEq)]
pub struct WhyPanelProps {
    /// The cell.
    pub why: Why,
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn WhyPanel(props: &WhyPanelProps) -> Html {
    let WhyPanelProps { why, analysis, dispatch } = props;
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
    let allowed = why
        .explanation()
        .map(|explanation| explanation.allowed.clone())
        .or_else(|| analysis.connections(source?, destination?).cloned())
        .unwrap_or_default();
    let outside = |peer: Option<usize>| peer.is_some_and(|peer| analysis.is(peer, PeerType::External));
    let body = match &why.answer {
        Answer::Asked => Html::default(),
        Answer::Unknown => html! {
            <p class="muted">{ "The explanation belongs to an analysis that is gone." }
                <button type="button" class="small" onclick={dispatch.reform(|_: MouseEvent| Message::Retry)}>{ "Analyse again" }</button>
            </p>
        },
        Answer::Explained(explanation) => {
            ends(explanation, &from, &to, outside(source), outside(destination), dispatch)
        }
    };
    html! {
        <aside class="why" aria-label="Why" {onkeydown}>
            <div class="why-head">
                { verdict(&allowed) }
                <h2 ref={heading} tabindex="-1">
                    { &from }<span class="arrow" aria-label=" to ">{ " → " }</span>{ if own { "itself" } else { to.as_str() } }
                </h2>
                if Face::of(&allowed).shape == Shape::Some {
                    <code class="allowed">{ &allowed.text }</code>
                }
                <div class="space" />
                <button type="button" class="icon" aria-label="Close" title="Close  Escape"
                    onclick={dispatch.reform(|_: MouseEvent| Message::CloseWhy)}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </div>
            if own {
                <p class="muted">{ "A pod always reaches itself; this is about the pods of the workload among each other." }</p>
            }
            <div class="why-body">{ body }</div>
        </aside>
    }
}

fn verdict(allowed: &ConnectionSet) -> Html {
    let (class, words) = match Face::of(allowed).shape {
        Shape::All => ("all", "allowed"),
        Shape::None => ("none", "denied"),
        Shape::Some | Shape::Mixed | Shape::Blank => ("some", "some ports"),
    };
    html! { <span class={classes!("verdict", class)}>{ words }</span> }
}

fn ends(
    explanation: &Explanation,
    from: &str,
    to: &str,
    from_outside: bool,
    to_outside: bool,
    dispatch: &Dispatch,
) -> Html {
    html! {
        <>
            <div class="ends">
                { end("Egress from ", from, "egress", from_outside, &explanation.egress, dispatch) }
                { end("Ingress to ", to, "ingress", to_outside, &explanation.ingress, dispatch) }
            </div>
            if let Some(mend) = &explanation.mend {
                <p class="mend"><b>{ "To allow it" }</b>{ prose(mend) }</p>
            }
            if !explanation.caveats.is_empty() {
                <ul class="caveats" aria-label="Caveats">
                    { for explanation.caveats.iter().map(|caveat| html! { <li>{ prose(caveat) }</li> }) }
                </ul>
            }
        </>
    }
}

fn end(
    what: &'static str,
    who: &str,
    direction: &'static str,
    outside: bool,
    trace: &DirectionTrace,
    dispatch: &Dispatch,
) -> Html {
    let shape = Face::of(&trace.allowed).shape;
    let denied = shape == Shape::None;
    let words = match (outside, trace.isolated, shape) {
        // The one step says so.
        (true, _, Shape::All) => String::new(),
        (_, false, Shape::All) => {
            format!("not isolated: no policy selects it for {direction}, so everything is allowed")
        }
        (_, _, Shape::None) => "allows nothing".to_owned(),
        (_, _, Shape::All) => "allows everything".to_owned(),
        _ => format!("allows {}", trace.allowed.text),
    };
    html! {
        <section>
            <h3>
                { mark(if denied { Mark::No } else { Mark::Yes }) }
                { what }<b>{ who }</b>{ " " }<small>{ words }</small>
            </h3>
            <ol>{ for trace.steps.iter().map(|taken| step(taken, denied, dispatch)) }</ol>
        </section>
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Yes,
    No,
    Neither,
}

fn mark(mark: Mark) -> Html {
    let (class, icon, words) = match mark {
        Mark::Yes => ("yes", "✓", "allows: "),
        Mark::No => ("no", "✕", "does not allow: "),
        Mark::Neither => ("neither", "–", ""),
    };
    html! { <><span class={classes!("mark", class)} aria-hidden="true">{ icon }</span><span class="sr">{ words }</span></> }
}

fn step(step: &TraceStep, denied: bool, dispatch: &Dispatch) -> Html {
    let decides = Face::of(&step.matched).shape != Shape::None;
    let sign = match step.action {
        Action::Allow if decides => Mark::Yes,
        Action::Deny => Mark::No,
        Action::Allow | Action::None if denied => Mark::No,
        Action::Allow | Action::None | Action::Pass | Action::Isolate => Mark::Neither,
    };
    html! {
        <li class={(sign == Mark::Neither).then_some("muted")}>
            { mark(sign) }
            if let Some(policy) = &step.policy {
                <b>{ &policy.name }</b>{ " " }
            }
            if let Some(rule) = step.rule {
                { format!("rule {}: ", rule + 1) }
            }
            { prose(&step.reason) }
            if let Some(span) = &step.span {
                { " " }{ source_link(span, dispatch) }
            }
        </li>
    }
}
