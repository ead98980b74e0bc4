//! The matrix with its tools above it and the reason of the open cell below it.

use netpol_view::contract::{Located, PeerType};
use yew::prelude::*;

use super::Dispatch;
use super::matrix::Matrix;
use super::query::QueryPanel;
use super::tools::Tools;
use super::why::WhyPanel;
use crate::browser::dom::{self, SizeObserver};
use crate::state::analysis::Analysis;
use crate::state::matrix::axis::Shown;
use crate::state::matrix::geometry::Room;
use crate::state::matrix::ghosts::Ghosts;
use crate::state::matrix::grid::Grid;
use crate::state::matrix::located::LocatedCells;
use crate::state::message::Message;
use crate::state::panel::{Proposal, Query, Why};
use crate::state::settings::Settings;
use crate::state::shared::Shared;

/// What the view takes.
#[derive(Properties, PartialEq)]
pub struct MatrixViewProps {
    /// The result in sight.
    pub analysis: Shared<Analysis>,
    /// The settings.
    pub settings: Settings,
    /// What is shown of the peers.
    pub shown: Shown,
    /// The filter as it was typed.
    pub filter: String,
    /// The cell that was opened.
    pub why: Option<Why>,
    /// The question that is open.
    pub query: Option<Query>,
    /// The change that is shown before it is made.
    pub proposal: Option<Proposal>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<Located>>,
    /// Changes when the keyboard is to go back to the matrix.
    pub focus_matrix: u32,
    /// Where choices go.
    pub dispatch: Dispatch,
}

/// The view.
#[component]
pub fn MatrixView(props: &MatrixViewProps) -> Html {
    let MatrixViewProps {
        analysis,
        settings,
        shown,
        filter,
        why,
        query,
        proposal,
        located,
        focus_matrix,
        dispatch,
    } = props;
    let whole = use_node_ref();
    let room = use_state_eq(Room::default);
    {
        let (room, whole) = (room.clone(), whole.clone());
        use_effect_with((), move |()| {
            // Of all that there is for this view, whatever is open below the matrix: to open something moves no header.
            let element = dom::element(&whole).and_then(|whole| whole.parent_element());
            let observer = element.and_then(|element| {
                let observed = element.clone();
                SizeObserver::new(&element, move || {
                    let (width, height) = (observed.client_width(), observed.client_height());
                    // What is not shown has no size.
                    if width > 0 {
                        room.set(Room::of(width, height));
                    }
                })
            });
            move || drop(observer)
        });
    }
    let grid =
        use_memo((analysis.clone(), shown.clone(), settings.port, *room), |(analysis, shown, port, room)| {
            Shared::new(Grid::new(analysis.clone(), shown, *port, *room))
        });
    let located = use_memo((grid.clone(), located.clone()), |(grid, located)| {
        located.as_ref().map(|located| Shared::new(LocatedCells::new(grid, located)))
    });
    let preview = proposal.as_ref().and_then(|proposal| proposal.answer.known().cloned());
    let ghosts = use_memo((grid.clone(), preview), |(grid, preview)| {
        preview.as_ref().map(|preview| Shared::new(Ghosts::new(grid, &preview.changes)))
    });
    let ends = why.as_ref().map(|why| (&why.source[..], &why.destination[..]));
    let opened = ends
        .or_else(|| query.as_ref()?.ends())
        .and_then(|(source, destination)| Some((analysis.peer(source)?, analysis.peer(destination)?)));
    let explained = why.as_ref().filter(|_| opened.is_some());
    let asking = explained.is_some() || query.is_some();
    html! {
        <div class={classes!("matrix-view", asking.then_some("asking"))} ref={whole}>
            <Tools
                analysis={analysis.clone()}
                settings={settings.clone()}
                filter={filter.clone()}
                uncertain={grid.uncertain}
                uncertain_only={shown.uncertain}
                spared={grid.rows.spared.max(grid.columns.spared)}
                alike={shown.alike}
                folding={grid.rows.is_folding() || grid.columns.is_folding()}
                compact={grid.sizes.compact}
                dispatch={dispatch.clone()}
            />
            if grid.is_empty() {
                { nothing_left(analysis, shown, dispatch) }
            } else {
                <Matrix grid={(*grid).clone()} {opened} located={(*located).clone()} ghosts={(*ghosts).clone()} focus_matrix={*focus_matrix} dispatch={dispatch.clone()} />
            }
            if let Some(why) = explained {
                <WhyPanel why={why.clone()} proposal={proposal.clone()} analysis={analysis.clone()} port={settings.port} dispatch={dispatch.clone()} />
            }
            if let Some(query) = query {
                <QueryPanel query={query.clone()} questions={settings.questions.clone()} proposal={proposal.clone()}
                    analysis={analysis.clone()} dispatch={dispatch.clone()} />
            }
        </div>
    }
}

/// Peers there are, but all of them are filtered or switched away.
fn nothing_left(analysis: &Analysis, shown: &Shown, dispatch: &Dispatch) -> Html {
    let all = dispatch.clone();
    let hidden = !shown.hypothetical && analysis.count(PeerType::Hypothetical) > 0
        || !shown.outside && analysis.count(PeerType::External) > 0;
    let onclick = Callback::from(move |_: MouseEvent| {
        all.emit(Message::SetFilter(String::new()));
        all.emit(Message::SetUncertain(false));
        if hidden {
            all.emit(Message::SetHypothetical(true));
            all.emit(Message::SetOutside(true));
        }
    });
    html! {
        <div class="empty">
            <h2>{ "Nothing matches" }</h2>
            <p>{ "The filter and the switches above leave no row or no column." }</p>
            <button type="button" {onclick}>{ "Show everything" }</button>
        </div>
    }
}
