//! The question: can this source reach this destination, on one port or on any? A form, below it the answer and why, and
//! the last questions.

use std::rc::Rc;

use netpol_view::Reach;
use netpol_view::contract::{PeerType, PortWanted, PortsWanted, Protocol, Verdict};
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::asked::asked;
use super::end_field::EndField;
use super::mend::{mend, obstacle};
use super::prose::prose;
use super::trace::{self, End};
use super::{Dispatch, press, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::ends::Ends;
use crate::state::matrix::face::{Face, Shape};
use crate::state::message::Message;
use crate::state::model::are_outside;
use crate::state::panel::{Proposal, Query, QueryState, ports_offered};
use crate::state::questions::{Question, Typed};
use crate::state::settings::{PortChoice, protocol_name};
use crate::state::shared::Shared;
use crate::state::training::TrainingMessage;

/// What the panel takes.
#[derive(Properties, PartialEq)]
pub struct QueryPanelProps {
    /// The question.
    pub query: Query,
    /// The questions that are kept.
    pub questions: Vec<Question>,
    /// The change that would allow it, when it is to be seen.
    pub proposal: Option<Proposal>,
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn QueryPanel(props: &QueryPanelProps) -> Html {
    let QueryPanelProps { query, questions, analysis, dispatch, .. } = props;
    // What is typed stays until it is asked, whatever is analysed meanwhile.
    let typed = use_state(|| query.typed.clone());
    let ends = use_memo(analysis.clone(), |analysis| Ends::of(analysis));
    let (source, destination, port) = (use_node_ref(), use_node_ref(), use_node_ref());
    {
        let typed = typed.clone();
        let field = if query.typed.source.is_empty() { source.clone() } else { port.clone() };
        use_effect_with(query.typed.clone(), move |asked| {
            typed.set(asked.clone());
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.select();
                dom::focus(&field);
            }
        });
    }
    let set = |set: fn(&mut Typed, String)| {
        let typed = typed.clone();
        Callback::from(move |text: String| {
            let mut changed = (*typed).clone();
            set(&mut changed, text);
            typed.set(changed);
        })
    };
    let onsubmit = {
        let typed = typed.clone();
        dispatch.reform(move |event: SubmitEvent| {
            event.prevent_default();
            Message::Ask((*typed).clone())
        })
    };
    let onkeydown = when(dispatch, |event: KeyboardEvent| {
        (event.key() == "Escape").then(|| {
            event.stop_propagation();
            Message::CloseQuery
        })
    });
    let on_protocol = set(|typed, name| {
        typed.protocol =
            PROTOCOLS.into_iter().find(|one| protocol_name(*one) == name).unwrap_or(Protocol::Tcp);
    });
    let end = |label, placeholder, value: &str, field: &NodeRef, on_change| {
        let (ends, field, value): (Rc<Ends>, NodeRef, String) =
            (ends.clone(), field.clone(), value.to_owned());
        html! { <EndField {label} {placeholder} {value} {ends} {field} {on_change} /> }
    };
    html! {
        <aside class={classes!("why", "query", props.proposal.is_some().then_some("proposing"))} aria-label="Question" {onkeydown}>
            <form class="why-head" {onsubmit}>
                <h2>{ "Can" }</h2>
                { end("Source", "shop/cart or 10.0.0.1", &typed.source, &source, set(|typed, text| typed.source = text)) }
                <span>{ "reach" }</span>
                { end("Destination", "data/redis or 8.8.8.8", &typed.destination, &destination, set(|typed, text| typed.destination = text)) }
                <span>{ "on" }</span>
                <select aria-label="Protocol" disabled={typed.port.trim().is_empty()}
                    onchange={on_protocol.reform(|event: Event| dom::value_of(&event))}>
                    { for PROTOCOLS.into_iter().map(|protocol| html! {
                        <option value={protocol_name(protocol)} selected={protocol == typed.protocol}>
                            { protocol_name(protocol) }
                        </option>
                    }) }
                </select>
                <input ref={port} class="port-number" type="text" inputmode="numeric" aria-label="Port" placeholder="any port"
                    autocomplete="off" value={typed.port.clone()}
                    oninput={set(|typed, text| typed.port = text).reform(|event: InputEvent| dom::value_of(&event))} />
                <button type="submit" class="primary">{ "Ask" }</button>
                <div class="space" />
                <button type="button" class="icon" aria-label="Close" title="Close  Escape"
                    onclick={press(dispatch, Message::CloseQuery)}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </form>
            <div class={classes!("why-body", props.proposal.is_some().then_some("beside"))}>
                <div class="reason">
                    <div aria-live="polite">{ answer(props) }</div>
                    if query.ends().is_some() {
                        <p><button type="button" class="small" title="Keep the answer as a policy test, in a file of its own"
                            onclick={press(dispatch, Message::Training(TrainingMessage::Keep))}>{ "Keep as a test" }</button></p>
                    }
                </div>
                { remedy(props) }
                { asked(questions, &query.kept, dispatch) }
            </div>
        </aside>
    }
}

const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

fn answer(props: &QueryPanelProps) -> Html {
    match &props.query.state {
        QueryState::Open => html! {
            <p class="muted">{ "A workload or a pod by its name, a pod or an address outside by its IP address, or a domain that policies name. Without a port it is about all of them." }</p>
        },
        QueryState::Asked => Html::default(),
        QueryState::Failed(words) => html! { <p class="wrong" role="alert">{ prose(words) }</p> },
        QueryState::Answered(verdict) => judged(props, verdict),
        QueryState::Reached(reach) => reached(props, reach),
    }
}

/// The ends as they are called in the answer.
struct Called {
    from: String,
    to: String,
    /// Whether both are one.
    itself: bool,
    /// Whether that is one pod, which always reaches itself.
    single: bool,
}

fn called(props: &QueryPanelProps, ids: [&str; 2], pods: [Option<&String>; 2]) -> Called {
    let QueryPanelProps { query, analysis, .. } = props;
    let is_outside = |id: &str| is_outside(analysis, id);
    // An address is answered by the range that holds it; it keeps its own name as well.
    let name = |id: &str, typed: &str, pod: Option<&String>| {
        let name =
            analysis.peer(id).map_or_else(|| id.to_owned(), |peer| analysis.full_name(peer).to_owned());
        let typed = typed.trim();
        if let Some(pod) = pod {
            format!("pod {pod} of {name}")
        } else if is_outside(id) && typed != id && !name.contains(typed) {
            format!("{typed} ({name})")
        } else {
            name
        }
    };
    let ([source, destination], [source_pod, destination_pod]) = (ids, pods);
    let itself = source == destination && !is_outside(source);
    let is_single = analysis.peer(source).is_some_and(|peer| analysis.is_single(peer));
    Called {
        from: name(source, &query.typed.source, source_pod),
        to: name(destination, &query.typed.destination, destination_pod),
        itself,
        single: itself && (is_single || source_pod.is_some() && source_pod == destination_pod),
    }
}

/// Where both ends are outside, or one pod, no policy has a say.
fn beyond_policies(props: &QueryPanelProps, called: &Called) -> Option<Html> {
    let (source, destination) = props.query.ends()?;
    if are_outside(&props.analysis, source, destination) {
        return Some(html! {
            <p class="wrong" role="alert">{ "Both ends are outside the cluster, where no network policy has a say." }</p>
        });
    }
    called.single.then(|| {
        html! {
            <p class="answer">
                <span class="verdict all">{ "Yes:" }</span>{ " " }<b>{ &called.from }</b>
                { " is one pod, and a pod always reaches itself." }
            </p>
        }
    })
}

/// One line: whether, who, whom and on what.
fn line(
    props: &QueryPanelProps,
    called: &Called,
    verdict: (&'static str, &str),
    can: bool,
    on: &str,
) -> Html {
    let (class, word) = verdict;
    let is_unknown = class == "unknown";
    let (from, to) = match called.itself {
        true => (format!("one pod of {}", called.from), "another".to_owned()),
        false => (called.from.clone(), called.to.clone()),
    };
    let between = if can || is_unknown { " can reach " } else { " cannot reach " };
    let ends = props.query.ends().map(|(source, destination)| (source.to_owned(), destination.to_owned()));
    let show = when(&props.dispatch, move |_: MouseEvent| {
        let (source, destination) = ends.clone()?;
        Some(Message::OpenCell(source, destination))
    });
    html! {
        <>
            if called.itself {
                <p class="muted">{ "A pod always reaches itself; this is about the pods of the workload among each other." }</p>
            }
            <p class="answer">
                <span class={classes!("verdict", class)}>{ word }{ if is_unknown { "" } else { ":" } }</span>
                { if is_unknown { " whether " } else { " " } }
                <b>{ from }</b>{ between }<b>{ to }</b>{ on }
                <button type="button" class="small" onclick={show}>{ "Show the cell" }</button>
            </p>
        </>
    }
}

fn judged(props: &QueryPanelProps, verdict: &Verdict) -> Html {
    let (connection, dispatch) = (&verdict.connection, &props.dispatch);
    let (source, destination) = (&connection.source[..], &connection.destination[..]);
    let called =
        called(props, [source, destination], [verdict.source_pod.as_ref(), verdict.destination_pod.as_ref()]);
    if let Some(words) = beyond_policies(props, &called) {
        return words;
    }
    let port = PortChoice { protocol: connection.protocol, port: connection.port };
    let on = format!(" on {port}");
    let word = match verdict.allowed {
        _ if verdict.not_evaluated => ("unknown", "Not evaluated"),
        true => ("some", "Yes"),
        false => ("none", "No"),
    };
    let end = |name, id: &str| End { name, outside: is_outside(&props.analysis, id) };
    html! {
        <>
            { line(props, &called, word, verdict.allowed, &on) }
            if !verdict.not_evaluated {
                <div class="ends">
                    { trace::verdict("Egress from ", end(&called.from, source), &verdict.egress, port, dispatch) }
                    { trace::verdict("Ingress to ", end(&called.to, destination), &verdict.ingress, port, dispatch) }
                </div>
            }
            { trace::caveats(&verdict.caveats) }
        </>
    }
}

fn reached(props: &QueryPanelProps, reach: &Reach) -> Html {
    let (explanation, dispatch) = (&reach.explanation, &props.dispatch);
    let (source, destination) = (&reach.source[..], &reach.destination[..]);
    let called =
        called(props, [source, destination], [reach.source_pod.as_ref(), reach.destination_pod.as_ref()]);
    if let Some(words) = beyond_policies(props, &called) {
        return words;
    }
    let (word, can, on) = match Face::of(&explanation.allowed).shape {
        _ if explanation.not_evaluated => (("unknown", "Not evaluated"), true, String::new()),
        Shape::All => (("all", "Yes"), true, " on every port".to_owned()),
        Shape::None => (("none", "No"), false, " on any port".to_owned()),
        _ => (("some", "Some ports"), true, format!(" on {}", explanation.allowed.text)),
    };
    let end = |name, id: &str| End { name, outside: is_outside(&props.analysis, id) };
    html! {
        <>
            { line(props, &called, word, can, &on) }
            if !explanation.not_evaluated {
                <div class="ends">
                    { trace::egress(end(&called.from, source), &explanation.egress, None, dispatch) }
                    { trace::ingress(end(&called.to, destination), &explanation.ingress, None, dispatch) }
                </div>
            }
            { trace::caveats(&explanation.caveats) }
        </>
    }
}

fn is_outside(analysis: &Analysis, id: &str) -> bool {
    analysis.peer(id).is_some_and(|peer| analysis.is(peer, PeerType::External))
}

/// What would allow what is denied.
fn remedy(props: &QueryPanelProps) -> Html {
    let QueryPanelProps { query, analysis, dispatch, .. } = props;
    let ends = query.ends();
    let Some((_, destination)) =
        ends.filter(|(source, to)| source != to && !are_outside(analysis, source, to))
    else {
        return Html::default();
    };
    let change = props.proposal.as_ref();
    match &query.state {
        QueryState::Answered(verdict) if !verdict.allowed && !verdict.not_evaluated => {
            let (protocol, port) = (verdict.connection.protocol, verdict.connection.port);
            let wanted = PortsWanted::One(PortWanted { protocol, port });
            mend(&[wanted], None, change, analysis, dispatch)
        }
        QueryState::Reached(reach) => {
            let explanation = &reach.explanation;
            if let Some(words) = &explanation.obstacle {
                return obstacle(words);
            }
            let Some(words) = &explanation.mend else { return Html::default() };
            let peer = analysis.peer(destination).and_then(|peer| analysis.summary.peers.get(peer));
            let offered = peer.map(ports_offered).unwrap_or_default();
            mend(&offered, Some(words), change, analysis, dispatch)
        }
        _ => Html::default(),
    }
}
