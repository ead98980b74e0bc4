//! The line that says in words what the cell under the pointer or the keyboard is.

use netpol_view::range;
use yew::prelude::*;

use super::overview::Overview;
use crate::components::Dispatch;
use crate::components::press;
use crate::state::matrix::axis::Entry;
use crate::state::matrix::grid::Grid;
use crate::state::matrix::header::{Header, HeaderKind};
use crate::state::matrix::located::LocatedCells;
use crate::state::matrix::spot::Spot;
use crate::state::message::Message;
use crate::state::shared::Shared;

/// So many of the networks that are excepted from one are named.
const NAMED: usize = 6;

/// What the line takes.
#[derive(Properties, PartialEq)]
pub struct ReadoutProps {
    /// What the matrix shows.
    pub grid: Shared<Grid>,
    /// Where pointer or keyboard are.
    pub spot: Option<Spot>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<LocatedCells>>,
    /// Whether some namespace is unfolded.
    pub unfolded: bool,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The line. A screen reader hears the cells themselves.
#[component]
pub fn Readout(props: &ReadoutProps) -> Html {
    let ReadoutProps { grid, spot, located, unfolded, dispatch } = props;
    let overviewing = use_state_eq(|| false);
    let content = match spot {
        Some(Spot { row: Some(row), column: Some(column) }) => {
            let reading = grid.reading(*row, *column);
            html! {
                <>
                    <span class="ends">
                        <b>{ reading.source }</b><span class="arrow">{ " → " }</span><b>{ reading.destination }</b>
                    </span>
                    <span class={classes!("verdict-words", reading.shape.class())}>{ reading.verdict }</span>
                    if !reading.doubts.is_empty() {
                        <span class="doubts">{ reading.doubts }</span>
                    }
                </>
            }
        }
        Some(Spot { row: Some(row), column: None }) => header(grid.row_header(*row), grid, *row, true),
        Some(Spot { row: None, column: Some(column) }) => {
            header(grid.column_header(*column), grid, *column, false)
        }
        _ => {
            let words = located.as_ref().map(|located| located.words());
            let hint = || "Point at a cell to read it; click or tap it to see why.".to_owned();
            html! { <span class="muted">{ words.unwrap_or_else(hint) }</span> }
        }
    };
    let has_overview = grid.rows.is_folding() || grid.columns.is_folding();
    let on_toggle = {
        let overviewing = overviewing.clone();
        use_callback((), move |open: bool, ()| overviewing.set(open))
    };
    {
        let overviewing = overviewing.clone();
        use_effect_with(has_overview, move |has_overview| {
            if !has_overview {
                overviewing.set(false);
            }
        });
    }
    html! {
        <div class={classes!("readout", (*overviewing && has_overview).then_some("overviewing"))}>
            <div class="reading" aria-hidden="true" data-testid="readout">{ content }</div>
            <button type="button" class="small" title="Ask whether one can reach another on a port  q" aria-keyshortcuts="q"
                onclick={press(dispatch, Message::OpenQuery)}>
                { "Can … reach …?" }
            </button>
            if has_overview {
                <Overview grid={grid.clone()} on_toggle={on_toggle} dispatch={dispatch.clone()} />
            }
            if *unfolded {
                <button type="button" class="small" onclick={press(dispatch, Message::FoldAll)}>
                    { "Fold namespaces" }
                </button>
            }
        </div>
    }
}

fn header(header: Option<Header>, grid: &Grid, index: usize, is_row: bool) -> Html {
    let Some(header) = header else { return Html::default() };
    let axis = if is_row { &grid.rows } else { &grid.columns };
    let peer = axis.entries.get(index).and_then(|entry| match entry {
        Entry::Peer(peer) => grid.analysis.summary.peers.get(*peer),
        Entry::Alike(_) | Entry::Group(_) => None,
    });
    let labels = peer.and_then(|peer| peer.labels.as_ref()).into_iter().flatten();
    let addresses = peer.and_then(|peer| range::written(peer, NAMED)).filter(|it| !header.full.contains(it));
    let kind = match header.kind {
        HeaderKind::Workload => peer.and_then(|peer| peer.kind.clone()).unwrap_or_default(),
        HeaderKind::HostNetwork => "on its node's network: policies do not select it".to_owned(),
        HeaderKind::Hypothetical => {
            "hypothetical: policies speak of it, the manifests do not hold it".to_owned()
        }
        HeaderKind::External => String::new(),
        HeaderKind::Folded => "folded".to_owned(),
        HeaderKind::Unfolded => "unfolded".to_owned(),
    };
    html! {
        <>
            <b>{ header.full }</b>
            <span class="muted">{ kind }</span>
            if !header.note.is_empty() {
                <span class="muted">{ header.note }</span>
            }
            { for labels.take(6).map(|(key, value)| html! { <code>{ format!("{key}: {value}") }</code> }) }
            { for addresses.map(|addresses| html! { <code>{ addresses }</code> }) }
        </>
    }
}
