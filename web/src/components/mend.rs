//! What would allow a cell, by what it opens, and the change when it is to be seen.

use netpol_view::contract::PortsWanted;
use yew::prelude::*;

use super::proposal::proposal;
use super::prose::prose;
use super::{Dispatch, press};
use crate::state::analysis::Analysis;
use crate::state::message::Message;
use crate::state::panel::{Mended, Proposal};
use crate::state::settings::protocol_name;

/// The offer; `words` say what the change does that opens what is declared.
pub fn mend(
    offered: &[PortsWanted],
    words: Option<&str>,
    change: Option<&Proposal>,
    analysis: &Analysis,
    dispatch: &Dispatch,
) -> Html {
    let change = change.filter(|change| matches!(change.of, Mended::Cell(_)));
    // What it says without a port is about those that are declared.
    let is_declared = matches!(offered, [_, .., PortsWanted::Every]);
    html! {
        <div class="remedy">
            <div class="mend" role="group" aria-label="To allow it">
                <b>{ "To allow it" }</b>
                { for offered.iter().map(|ports| chip(*ports, change, dispatch)) }
                if let Some(words) = words.filter(|_| change.is_none() && is_declared) {
                    <p>{ prose(words) }</p>
                }
            </div>
            if let Some(change) = change {
                { proposal(change, analysis, dispatch) }
            }
        </div>
    }
}

/// What is in the way of allowing it.
pub fn obstacle(words: &str) -> Html {
    html! { <div class="mend"><p><b>{ "In the way" }</b>{ prose(words) }</p></div> }
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
            onclick={press(dispatch, Message::Propose(of))}>{ words }</button>
    }
}
