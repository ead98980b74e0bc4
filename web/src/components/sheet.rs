//! All about one peer or one policy.

use netpol_view::sheet::{Line, Link, Part, Section};
use web_sys::KeyboardEvent;
use yew::prelude::*;

use super::elements::mark;
use super::prose::prose;
use super::source_link::source_link;
use super::{Dispatch, press, when};
use crate::browser::dom;
use crate::state::message::Message;
use crate::state::panel::{Answer, Described, Origin};

/// What the panel takes.
#[derive(Properties, PartialEq)]
pub struct SheetPanelProps {
    /// What is described.
    pub sheet: Described,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The panel.
#[component]
pub fn SheetPanel(props: &SheetPanelProps) -> Html {
    let SheetPanelProps { sheet, dispatch } = props;
    let heading = use_node_ref();
    {
        let heading = heading.clone();
        use_effect_with(sheet.id.clone(), move |_| {
            if let Some(heading) = dom::element(&heading) {
                dom::focus(&heading);
            }
        });
    }
    let onkeydown = when(dispatch, |event: KeyboardEvent| {
        (event.key() == "Escape").then(|| {
            event.stop_propagation();
            Message::CloseSheet
        })
    });
    let known = sheet.answer.known();
    // Until it is known what it is called.
    let title = known.map_or(sheet.id.split('[').next().unwrap_or_default(), |known| known.title.as_str());
    html! {
        <aside class="why described" aria-label="About" {onkeydown}>
            <div class="why-head">
                if let Some(known) = known {
                    <span class="badge">{ &known.kind }</span>
                }
                <h2 ref={heading} tabindex="-1">{ title }</h2>
                // Always one child: the heading must stay the element that has the keyboard.
                { known.and_then(|known| known.place.as_ref()).map(|place| source_link(place, dispatch)).unwrap_or_default() }
                <div class="space" />
                <button type="button" class="icon" aria-label="Close" title="Close  Escape"
                    onclick={press(dispatch, Message::CloseSheet)}>
                    <span aria-hidden="true">{ "×" }</span>
                </button>
            </div>
            <div class="why-body">
                if sheet.answer == Answer::Unknown {
                    <p class="muted">{ "It is not in the text any more." }</p>
                }
                <div class="sections">
                    { for known.iter().flat_map(|known| &known.sections).map(|one| section(one, sheet.from, dispatch)) }
                </div>
            </div>
        </aside>
    }
}

/// A section of so many lines stays whole, where there are columns.
const SHORT: usize = 8;

/// Lines under a heading.
pub fn section(section: &Section, from: Origin, dispatch: &Dispatch) -> Html {
    html! {
        <section class={(section.lines.len() > SHORT).then_some("long")}>
            <h3>{ &section.title }</h3>
            <ul>{ for section.lines.iter().map(|one| line(one, from, dispatch)) }</ul>
        </section>
    }
}

/// A line.
pub fn line(line: &Line, from: Origin, dispatch: &Dispatch) -> Html {
    html! {
        <li>
            if !line.term.is_empty() {
                <b>{ &line.term }</b>
            }
            <span>
                { for line.mark.map(|is_good| mark(is_good, ["yes", "no"])) }
                { for line.parts.iter().map(|one| part(one, from, dispatch)) }
            </span>
        </li>
    }
}

fn part(part: &Part, from: Origin, dispatch: &Dispatch) -> Html {
    let Some(link) = &part.link else { return prose(&part.text) };
    let message = match link {
        Link::Lines(span) => return source_link(span, dispatch),
        Link::Profile(id) => Message::Describe(id.clone(), from),
        Link::Cell(source, destination) => {
            Message::OpenDescribedCell(source.clone(), destination.clone(), from)
        }
        Link::Finding(place) => Message::ShowFinding(*place),
    };
    let onclick = press(dispatch, message.clone());
    html! { <button type="button" class="source" {onclick}>{ &part.text }</button> }
}
