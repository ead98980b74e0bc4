//! The question: can this source reach this destination on this port? A form, and below it yes or no, and why.

use netpol_view::contract::{Connection, PeerType, Protocol, Verdict};
use web_sys::{HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::prose::prose;
use super::trace::{self, End};
use super::{Dispatch, when};
use crate::browser::dom;
use crate::state::analysis::Analysis;
use crate::state::message::Message;
use crate::state::panel::{Query, QueryState};
use crate::state::settings::protocol_name;
use crate::state::shared::Shared;

/// So many names are offered for an end.
const MOST: usize = 500;

/// What the panel takes.
#[derive(Properties, PartialEq)]
pub struct QueryPanelProps {
    /// The question.
    pub query: Query,
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn QueryPanel(props: &QueryPanelProps) -> Html {
    let QueryPanelProps { query, analysis, dispatch } = props;
    // What is typed stays until it is asked, whatever is analysed meanwhile.
    let typed = use_state(|| Typed::of(&query.connection));
    let first = use_node_ref();
    let last = use_node_ref();
    {
        let typed = typed.clone();
        let field = if query.connection.source.is_empty() { first.clone() } else { last.clone() };
        use_effect_with(query.connection.clone(), move |connection| {
            typed.set(Typed::of(connection));
            if let Some(field) = field.cast::<HtmlInputElement>() {
                field.select();
                dom::focus(&field);
            }
        });
    }
    let on_change = |set: fn(&mut Typed, String)| {
        let typed = typed.clone();
        Callback::from(move |event: Event| {
            let mut changed = (*typed).clone();
            set(&mut changed, dom::value_of(&event));
            typed.set(changed);
        })
    };
    let on_input = |set: fn(&mut Typed, String)| on_change(set).reform(|event: InputEvent| event.into());
    let onsubmit = {
        let typed = typed.clone();
        when(dispatch, move |event: SubmitEvent| {
            event.prevent_default();
            typed.connection().map(Message::Ask)
        })
    };
    let onkeydown = when(dispatch, |event: KeyboardEvent| {
        (event.key() == "Escape").then(|| {
            event.stop_propagation();
            Message::CloseQuery
        })
    });
    let Typed { source, destination, protocol, port } = &*typed;
    html! {
        <aside class="why query" aria-label="Question" {onkeydown}>
            <form class="why-head" {onsubmit}>
                <h2>{ "Can" }</h2>
                <input ref={first} type="text" list="peers" aria-label="Source" placeholder="shop/cart or 10.0.0.1"
                    value={source.clone()} oninput={on_input(|typed, text| typed.source = text)}
                    required=true autocomplete="off" spellcheck="false" />
                <span>{ "reach" }</span>
                <input type="text" list="peers" aria-label="Destination" placeholder="data/redis or 8.8.8.8"
                    value={destination.clone()} oninput={on_input(|typed, text| typed.destination = text)}
                    required=true autocomplete="off" spellcheck="false" />
                <span>{ "on" }</span>
                <select aria-label="Protocol" onchange={on_change(|typed, text| typed.protocol = text)}>
                    { for PROTOCOLS.into_iter().map(protocol_name).map(|name| html! {
                        <option value={name} selected={name == protocol}>{ name }</option>
                    }) }
                </select>
                <input ref={last} class="port-number" type="number" min="1" max="65535" step="1" aria-label="Port"
                    value={port.clone()} oninput={on_input(|typed, text| typed.port = text)} required=true />
                <button type="submit" class="primary">{ "Ask" }</button>
                <div class="space" />
                <button type="button" class="icon" aria-label="Close" title="Close  Escape"
                    onclick={dispatch.reform(|_: MouseEvent| Message::CloseQuery)}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </form>
            <datalist id="peers">{ for names(analysis).into_iter().map(|name| html! { <option value={name} /> }) }</datalist>
            <div class="why-body" aria-live="polite">{ answer(query, analysis, dispatch) }</div>
        </aside>
    }
}

/// The form as it was typed.
#[derive(Clone, Debug, PartialEq)]
struct Typed {
    source: String,
    destination: String,
    protocol: String,
    port: String,
}

impl Typed {
    fn of(connection: &Connection) -> Self {
        Self {
            source: connection.source.clone(),
            destination: connection.destination.clone(),
            protocol: protocol_name(connection.protocol).to_owned(),
            port: connection.port.to_string(),
        }
    }

    /// What is asked; `None` for a port that is none, which the form does not let through.
    fn connection(&self) -> Option<Connection> {
        Some(Connection {
            source: self.source.clone(),
            destination: self.destination.clone(),
            protocol: PROTOCOLS.into_iter().find(|one| protocol_name(*one) == self.protocol)?,
            port: self.port.trim().parse().ok().filter(|port| *port > 0)?,
        })
    }
}

const PROTOCOLS: [Protocol; 3] = [Protocol::Tcp, Protocol::Udp, Protocol::Sctp];

/// What is offered for an end: workloads first, then addresses as the matrix has them.
fn names(analysis: &Analysis) -> Vec<String> {
    let of = |outside: bool| {
        (0..analysis.peer_count()).filter(move |peer| analysis.is(*peer, PeerType::External) == outside)
    };
    let workloads = of(false).map(|peer| analysis.query_name(peer));
    let addresses = of(true).map(|peer| analysis.full_name(peer).to_owned());
    workloads.chain(addresses).take(MOST).collect()
}

fn answer(query: &Query, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    match &query.state {
        QueryState::Open => html! {
            <p class="muted">{ "A workload or a pod by its name, a pod or an address outside by its IP address, or a domain that policies name, on one port." }</p>
        },
        QueryState::Asked => Html::default(),
        QueryState::Failed(words) => html! { <p class="wrong" role="alert">{ prose(words) }</p> },
        QueryState::Answered(verdict) => judged(&query.connection, verdict, analysis, dispatch),
    }
}

fn judged(asked: &Connection, verdict: &Verdict, analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let Connection { source, destination, protocol, port } = &verdict.connection;
    let is_outside = |id: &str| analysis.peer(id).is_some_and(|peer| analysis.is(peer, PeerType::External));
    if is_outside(source) && is_outside(destination) {
        return html! {
            <p class="wrong" role="alert">{ "Both ends are outside the cluster, where no network policy has a say." }</p>
        };
    }
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
    let from = name(source, &asked.source, verdict.source_pod.as_ref());
    let to = name(destination, &asked.destination, verdict.destination_pod.as_ref());
    let end = |name, id: &str| End { name, outside: is_outside(id) };
    let (class, words) = if verdict.allowed { ("some", "yes") } else { ("none", "no") };
    let on = format!(" on {} {port}", protocol_name(*protocol));
    let cell = verdict.connection.clone();
    let show = dispatch.reform(move |_: MouseEvent| Message::OpenWitness(cell.clone()));
    if verdict.not_evaluated {
        return html! {
            <>
                <p class="answer">
                    <span class="verdict unknown">{ "not evaluated" }</span>
                    { " whether " }<b>{ &from }</b>{ " can reach " }<b>{ &to }</b>{ on }
                    <button type="button" class="small" onclick={show}>{ "Show the cell" }</button>
                </p>
                { trace::caveats(&verdict.caveats) }
            </>
        };
    }
    html! {
        <>
            <p class="answer">
                <span class={classes!("verdict", class)}>{ words }</span>
                { " " }<b>{ &from }</b>
                { if verdict.allowed { " can reach " } else { " cannot reach " } }
                <b>{ &to }</b>{ on }
                <button type="button" class="small" onclick={show}>{ "Show the cell" }</button>
            </p>
            <div class="ends">
                { trace::verdict("Egress from ", end(&from, source), &verdict.egress, dispatch) }
                { trace::verdict("Ingress to ", end(&to, destination), &verdict.ingress, dispatch) }
            </div>
            { trace::caveats(&verdict.caveats) }
        </>
    }
}
