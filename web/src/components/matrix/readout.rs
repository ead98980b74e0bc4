//! The line that says in words what the cell under the pointer or the keyboard is.

use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::browser::dom;
use crate::components::Dispatch;
use crate::state::matrix::face::Shape;
use crate::state::matrix::grid::{Grid, HeaderKind};
use crate::state::matrix::located::LocatedCells;
use crate::state::matrix::spot::Spot;
use crate::state::message::Message;
use crate::state::shared::Shared;

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
    /// Where a source and a destination go that are to be brought into sight.
    pub on_zoom: Callback<(usize, usize)>,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// Pixels of the picture of all rows and columns, a side.
const PICTURE: usize = 360;

/// The line. A screen reader hears the cells themselves.
#[component]
pub fn Readout(props: &ReadoutProps) -> Html {
    let ReadoutProps { grid, spot, located, unfolded, on_zoom, dispatch } = props;
    let is_large = grid.rows.is_folding() || grid.columns.is_folding();
    let pictured = use_state_eq(|| false);
    let canvas = use_node_ref();
    {
        let canvas = canvas.clone();
        use_effect_with((grid.clone(), *pictured), move |(grid, pictured)| {
            if let Some(canvas) = canvas.cast::<HtmlCanvasElement>().filter(|_| *pictured) {
                let (width, height, levels) = grid.picture(PICTURE);
                dom::paint(&canvas, width, height, &levels);
            }
        });
    }
    let on_picture = {
        let pictured = pictured.clone();
        Callback::from(move |_: MouseEvent| pictured.set(!*pictured))
    };
    let on_canvas = {
        let (grid, canvas, on_zoom) = (grid.clone(), canvas.clone(), on_zoom.clone());
        Callback::from(move |event: MouseEvent| {
            let Some(element) = dom::element(&canvas) else { return };
            let share = |at: i32, all: i32| f64::from(at) / f64::from(all.max(1));
            let x = share(event.offset_x(), element.client_width());
            let y = share(event.offset_y(), element.client_height());
            if let Some(pair) = grid.pictured(x, y) {
                on_zoom.emit(pair);
            }
        })
    };
    let content = match spot {
        Some(Spot { row: Some(row), column: Some(column) }) => {
            let reading = grid.reading(*row, *column);
            html! {
                <>
                    <span class="ends">
                        <b>{ reading.source }</b><span class="arrow">{ " → " }</span><b>{ reading.destination }</b>
                    </span>
                    <span class={classes!("verdict-words", class_of(reading.shape))}>{ reading.verdict }</span>
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
    html! {
        <div class="readout">
            <div class="reading" aria-hidden="true" data-testid="readout">{ content }</div>
            <button type="button" class="small" title="Ask whether one can reach another on a port  q" aria-keyshortcuts="q"
                onclick={dispatch.reform(|_: MouseEvent| Message::OpenQuery)}>
                { "Can … reach …?" }
            </button>
            if is_large {
                <button type="button" class="small" aria-expanded={pictured.to_string()} onclick={on_picture}>{ "Overview" }</button>
            }
            if *pictured && is_large {
                <canvas ref={canvas} class="overview" role="img" onclick={on_canvas}
                    aria-label="All rows and columns as a picture: the darker, the more is open"
                    title="All rows and columns: the darker, the more is open. Click to go there" />
            }
            if *unfolded {
                <button type="button" class="small" onclick={dispatch.reform(|_: MouseEvent| Message::FoldAll)}>
                    { "Fold namespaces" }
                </button>
            }
        </div>
    }
}

/// The class of a shape.
pub fn class_of(shape: Shape) -> &'static str {
    match shape {
        Shape::All => "all",
        Shape::Some => "some",
        Shape::None => "none",
        Shape::Mixed => "mixed",
        Shape::Blank => "blank",
        Shape::Unknown => "unknown",
    }
}

fn header(
    header: Option<crate::state::matrix::grid::Header>,
    grid: &Grid,
    index: usize,
    is_row: bool,
) -> Html {
    let Some(header) = header else { return Html::default() };
    let axis = if is_row { &grid.rows } else { &grid.columns };
    let peer = axis.entries.get(index).and_then(|entry| match entry {
        crate::state::matrix::axis::Entry::Peer(peer) => grid.analysis.summary.peers.get(*peer),
        crate::state::matrix::axis::Entry::Group(_) => None,
    });
    let labels = peer.and_then(|peer| peer.labels.as_ref()).into_iter().flatten();
    let with_holes = |peer: &netpol_view::contract::Peer| {
        let (network, except) =
            (peer.network.as_ref().filter(|_| peer.cidrs.is_none())?, peer.except.as_ref()?);
        Some(format!("{network} but {} CIDRs in it", except.len()))
    };
    let cidrs = peer.and_then(|peer| peer.cidrs.as_ref()).into_iter().flatten();
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
            { for cidrs.take(6).map(|cidr| html! { <code>{ cidr }</code> }) }
            { for peer.and_then(with_holes).map(|text| html! { <span>{ text }</span> }) }
        </>
    }
}
