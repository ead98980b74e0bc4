//! The matrix: a grid that scrolls under its headers and has elements only for what is in sight.
//!
//! Rows, columns and what cells show and say come from [`Grid`], the elements of all of them from [`Tiles`]; this holds where
//! the pointer and the keyboard are. To scroll renders nothing.

mod bands;
mod overview;
mod readout;

use netpol_view::contract::LocatedPart;
use web_sys::{HtmlElement, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use self::bands::{column_bands, row_bands};
use self::readout::Readout;
use super::Dispatch;
use crate::browser::dom::{self, SizeObserver};
use crate::browser::tiles::{Scene, Tiles};
use crate::state::matrix::axis::Entry;
use crate::state::matrix::geometry::BAND_HEIGHT;
use crate::state::matrix::ghosts::Ghosts;
use crate::state::matrix::grid::Grid;
use crate::state::matrix::located::LocatedCells;
use crate::state::matrix::spot::{Move, Spot};
use crate::state::message::Message;
use crate::state::panel::Origin;
use crate::state::shared::Shared;

/// What the matrix takes.
#[derive(Properties, PartialEq)]
pub struct MatrixProps {
    /// What it shows.
    pub grid: Shared<Grid>,
    /// The source and destination that were opened.
    pub opened: Option<(usize, usize)>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<LocatedCells>>,
    /// The cells that the change in sight would change.
    pub ghosts: Option<Shared<Ghosts>>,
    /// Changes when the keyboard is to go back to the matrix.
    pub focus_matrix: u32,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// More rows or columns than this are not marked as a whole.
const MOST_LINES: usize = 100;

/// The matrix.
#[component]
pub fn Matrix(props: &MatrixProps) -> Html {
    let MatrixProps { grid, opened, located, ghosts, focus_matrix, dispatch } = props;
    let (row_count, column_count) = (grid.rows.entries.len(), grid.columns.entries.len());
    let (scroller, body, head_row) = (use_node_ref(), use_node_ref(), use_node_ref());
    let tiles = {
        let (scroller, body, head_row) = (scroller.clone(), body.clone(), head_row.clone());
        use_mut_ref(|| Tiles::new(scroller, body, head_row))
    };
    let spot = use_state_eq(|| Spot::FIRST);
    let focused = use_state_eq(|| false);
    let hover = use_state_eq(|| None::<Spot>);
    let spot_now = spot.within(row_count, column_count);

    let place_opened = opened.and_then(|(source, destination)| {
        Some((grid.rows.place_among_alike(source)?, grid.columns.place_among_alike(destination)?))
    });
    {
        // When the panel below takes its room, the cell that it speaks of stays in sight.
        let (tiles, scroller, grid) = (tiles.clone(), scroller.clone(), grid.clone());
        use_effect_with((grid.clone(), place_opened), move |(_, place)| {
            let place = *place;
            let observed = scroller.clone();
            let observer = dom::element(&scroller).and_then(|element| {
                SizeObserver::new(&element, move || {
                    if let (Some((row, column)), Some(element)) = (place, dom::element(&observed)) {
                        reveal(&grid, &element, Spot::cell(row, column));
                    }
                    tiles.borrow_mut().measure();
                })
            });
            move || drop(observer)
        });
    }
    {
        // An opened cell is brought into sight, and is where the keyboard goes back to.
        let (spot, hover, scroller, grid) = (spot.clone(), hover.clone(), scroller.clone(), grid.clone());
        use_effect_with(*opened, move |opened| {
            let Some((source, destination)) = *opened else { return };
            // The pointer counts again when it moves.
            hover.set(None);
            let group = |peer: usize| grid.analysis.names.get(peer).map_or(usize::MAX, |name| name.group);
            let row = grid.rows.find(source, group(source));
            let column = grid.columns.find(destination, group(destination));
            if let (Some(row), Some(column)) = (row, column) {
                spot.set(Spot::cell(row, column));
                if let Some(element) = dom::element(&scroller) {
                    reveal(&grid, &element, Spot::cell(row, column));
                }
            }
        });
    }
    // Without pointer or keyboard, the opened cell has the cross.
    let resting = place_opened.map(|(row, column)| Spot::cell(row, column));
    let hot =
        (*hover).or(focused.then_some(spot_now)).or(resting).map(|spot| spot.within(row_count, column_count));
    {
        let tiles = tiles.clone();
        let scene = Scene {
            grid: grid.clone(),
            located: located.clone(),
            ghosts: ghosts.clone(),
            spot: spot_now,
            hot,
            opened: place_opened,
        };
        use_effect_with(scene, move |scene| tiles.borrow_mut().set(scene.clone()));
    }
    {
        let scroller = scroller.clone();
        use_effect_with(*focus_matrix, move |focus_matrix| {
            if *focus_matrix > 0 {
                focus(&scroller, spot_now);
            }
        });
    }

    let go = {
        let (tiles, scroller, grid) = (tiles.clone(), scroller.clone(), grid.clone());
        // At once: the next key counts from there, however long Yew takes.
        move |next: Spot| {
            if let Some(element) = dom::element(&scroller) {
                reveal(&grid, &element, next);
            }
            tiles.borrow_mut().keep(next);
            focus(&scroller, next);
        }
    };
    let onkeydown = {
        let (grid, dispatch, scroller) = (grid.clone(), dispatch.clone(), scroller.clone());
        let is_open = opened.is_some();
        Callback::from(move |event: KeyboardEvent| {
            let Some(at) = dom::spot_of(&event) else { return };
            let page =
                dom::element(&scroller).map_or(1, |element| grid.row_track.page(room(&grid, &element).1));
            match event.key().as_str() {
                "Enter" | " " => activate(&grid, at, &dispatch),
                "Escape" if is_open => dispatch.emit(Message::CloseWhy),
                key => match step(key, event.ctrl_key() || event.meta_key(), page.saturating_sub(1)) {
                    Some(step) => go(at.moved(step, row_count, column_count)),
                    None => return,
                },
            }
            event.prevent_default();
        })
    };
    let onclick = {
        let (grid, dispatch, spot) = (grid.clone(), dispatch.clone(), spot.clone());
        Callback::from(move |event: MouseEvent| {
            if let Some(at) = dom::spot_of(&event) {
                spot.set(at);
                activate(&grid, at, &dispatch);
            }
        })
    };
    let onpointerover = {
        let hover = hover.clone();
        Callback::from(move |event: PointerEvent| {
            // A finger that has left hovers over nothing.
            if event.pointer_type() != "touch" {
                hover.set(dom::spot_of(&event));
            }
        })
    };
    let onpointerleave = {
        let hover = hover.clone();
        Callback::from(move |_: PointerEvent| hover.set(None))
    };
    let onfocusin = {
        let (spot, focused, hover) = (spot.clone(), focused.clone(), hover.clone());
        Callback::from(move |event: FocusEvent| {
            if let Some(at) = dom::spot_of(&event) {
                spot.set(at);
                focused.set(true);
                hover.set(None);
            }
        })
    };
    let onfocusout = {
        let focused = focused.clone();
        Callback::from(move |_: FocusEvent| focused.set(false))
    };
    let onscroll = Callback::from(move |_: Event| tiles.borrow_mut().look());
    let sizes = grid.sizes;
    let left = sizes.gutter + sizes.head_width;
    let top = BAND_HEIGHT + sizes.head_height;
    let variables = format!(
        "--column:{}px;--row:{}px;--gutter:{}px;--head-width:{}px;--head-height:{}px;--band:{BAND_HEIGHT}px",
        sizes.column, sizes.row, sizes.gutter, sizes.head_width, sizes.head_height,
    );
    let sheet =
        format!("width:{}px;height:{}px", left + grid.column_track.total(), top + grid.row_track.total());
    let hot_row = hot.and_then(|spot| spot.row);
    let hot_column = hot.and_then(|spot| spot.column);
    html! {
        <>
            <Readout grid={grid.clone()} spot={hot} located={located.clone()} unfolded={grid.rows.is_unfolded() || grid.columns.is_unfolded()} dispatch={dispatch.clone()} />
            <div
                class={classes!("matrix", sizes.compact.then_some("compact"), grid.rows.is_folding().then_some("folding"))}
                role="grid"
                aria-label="Who can reach whom: sources in rows, destinations in columns"
                aria-rowcount={(row_count + 1).to_string()}
                aria-colcount={(column_count + 1).to_string()}
                aria-readonly="true"
                style={variables}
                ref={scroller}
                {onkeydown}
                {onclick}
                {onpointerover}
                {onpointerleave}
                {onfocusin}
                {onfocusout}
                {onscroll}
            >
                <div class="sheet" style={sheet}>
                    <div class="heads" role="rowgroup">
                        <div role="row" aria-rowindex="1" class="head-row" ref={head_row}>
                            <div class="corner" role="columnheader" aria-colindex="1">
                                <span class="from">{ "from" }<span aria-hidden="true">{ " ↓" }</span></span>
                                <span class="to">{ "to" }<span aria-hidden="true">{ " →" }</span></span>
                            </div>
                        </div>
                        { column_bands(grid, hot_column) }
                    </div>
                    <div class="body" role="rowgroup" ref={body} />
                    // One child, however many lines: where others stand must not change, as what is in them is not Yew's.
                    <>{ for located.iter().flat_map(|located| lines(grid, located, left, top)) }</>
                    if let Some(row) = hot_row {
                        <div class="cross" aria-hidden="true"
                            style={format!("left:0;right:0;top:{}px;height:{}px", top + grid.row_track.start(row), sizes.row)} />
                    }
                    if let Some(column) = hot_column {
                        <div class="cross" aria-hidden="true"
                            style={format!("top:{top}px;bottom:0;left:{}px;width:{}px", left + grid.column_track.start(column), sizes.column)} />
                    }
                    { row_bands(grid) }
                </div>
            </div>
        </>
    }
}

/// The whole rows and columns that the text at the cursor is about.
fn lines(grid: &Grid, located: &LocatedCells, left: i32, top: i32) -> Vec<Html> {
    if located.part == LocatedPart::Rule {
        return Vec::new();
    }
    let line = |style: String| html! { <div class="cross located" aria-hidden="true" {style} /> };
    let marked = |places: &[bool]| -> Vec<usize> {
        places.iter().enumerate().filter(|(_, place)| **place).map(|(at, _)| at).take(MOST_LINES).collect()
    };
    let row = |row: usize| {
        format!("left:0;right:0;top:{}px;height:{}px", top + grid.row_track.start(row), grid.sizes.row)
    };
    let column = |column: usize| {
        let start = left + grid.column_track.start(column);
        format!("top:{top}px;bottom:0;left:{start}px;width:{}px", grid.sizes.column)
    };
    let rows = marked(&located.rows).into_iter().map(row);
    rows.chain(marked(&located.columns).into_iter().map(column)).map(line).collect()
}

/// The width and height in which cells are seen.
fn room(grid: &Grid, element: &HtmlElement) -> (i32, i32) {
    grid.sizes.room((element.client_width(), element.client_height()))
}

/// Moves the keyboard to a cell or header.
fn focus(scroller: &NodeRef, spot: Spot) {
    let element = dom::element(scroller);
    if let Some(cell) = element.and_then(|element| dom::spot_element(&element, spot)) {
        dom::focus(&cell);
    }
}

/// Scrolls as little as it takes to show a cell.
fn reveal(grid: &Grid, element: &HtmlElement, spot: Spot) {
    let (width, height) = room(grid, element);
    if let Some(row) = spot.row {
        let top = grid.row_track.reveal(row, element.scroll_top(), height);
        element.set_scroll_top(top);
    }
    if let Some(column) = spot.column {
        let left = grid.column_track.reveal(column, element.scroll_left(), width);
        element.set_scroll_left(left);
    }
}

fn step(key: &str, whole: bool, page: usize) -> Option<Move> {
    Some(match (key, whole) {
        ("ArrowLeft", _) => Move::Left,
        ("ArrowRight", _) => Move::Right,
        ("ArrowUp", _) => Move::Up,
        ("ArrowDown", _) => Move::Down,
        ("Home", true) => Move::Start,
        ("End", true) => Move::End,
        ("Home", false) => Move::RowStart,
        ("End", false) => Move::RowEnd,
        ("PageUp", _) => Move::PageUp(page),
        ("PageDown", _) => Move::PageDown(page),
        _ => return None,
    })
}

/// Opens a cell, unfolds or folds a namespace or workloads that are alike, or describes a peer.
fn activate(grid: &Grid, spot: Spot, dispatch: &Dispatch) {
    let row = spot.row.and_then(|row| grid.rows.entries.get(row)).copied();
    let column = spot.column.and_then(|column| grid.columns.entries.get(column)).copied();
    let group_name = |group: usize| grid.analysis.groups.get(group).cloned().unwrap_or_default();
    let peers = &grid.analysis.summary.peers;
    match (row, column) {
        (Some(Entry::Peer(_) | Entry::Alike(_)), Some(Entry::Peer(_) | Entry::Alike(_))) => {
            let Some((row, column)) = spot.row.zip(spot.column) else { return };
            let pair = grid.first_pair(row, column).filter(|_| grid.cell(row, column).opens);
            let id = |peer: usize| peers.get(peer).map(|peer| peer.id.clone());
            if let Some((source, destination)) = pair.and_then(|(from, to)| id(from).zip(id(to))) {
                dispatch.emit(Message::OpenCell(source, destination));
            }
        }
        (Some(row), Some(column)) => {
            let groups = [row, column].into_iter().filter_map(|entry| match entry {
                Entry::Group(group) => Some(group_name(group)),
                Entry::Alike(_) | Entry::Peer(_) => None,
            });
            dispatch.emit(Message::Unfold(groups.collect()));
        }
        (Some(Entry::Alike(alike)), None) => toggle_alike(grid, grid.rows.alike(alike), dispatch),
        (None, Some(Entry::Alike(alike))) => toggle_alike(grid, grid.columns.alike(alike), dispatch),
        (Some(Entry::Group(group)), None) | (None, Some(Entry::Group(group))) => {
            dispatch.emit(Message::ToggleGroup(group_name(group)));
        }
        (Some(Entry::Peer(peer)), None) | (None, Some(Entry::Peer(peer))) => {
            if let Some(peer) = peers.get(peer) {
                dispatch.emit(Message::Describe(peer.id.clone(), Origin::Matrix));
            }
        }
        (None, None) => {}
    }
}

/// Unfolds workloads that are alike, or folds them.
fn toggle_alike(grid: &Grid, alike: &[usize], dispatch: &Dispatch) {
    let ids = alike.iter().filter_map(|peer| grid.analysis.summary.peers.get(*peer));
    dispatch.emit(Message::ToggleAlike(ids.map(|peer| peer.id.clone()).collect()));
}
