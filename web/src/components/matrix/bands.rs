//! The namespaces beside rows and above columns; what stands there for a screen reader are the headers.

use yew::prelude::*;

use crate::state::matrix::geometry::{SPACING, Track};
use crate::state::matrix::grid::Grid;

/// The namespaces beside the rows.
pub fn row_bands(grid: &Grid) -> Html {
    if grid.sizes.gutter == 0 { Html::default() } else { bands(grid, false, None) }
}

/// The namespaces above the columns; whole where pointer or keyboard are in a column of theirs.
pub fn column_bands(grid: &Grid, hot: Option<usize>) -> Html {
    bands(grid, true, hot)
}

/// The names of groups, as far as there is room. All of them: where there are many, they are entries of their own.
fn bands(grid: &Grid, above: bool, hot: Option<usize>) -> Html {
    let (axis, track): (_, &Track) =
        if above { (&grid.columns, &grid.column_track) } else { (&grid.rows, &grid.row_track) };
    // A group that is an entry of its own says its name there.
    let shown = axis.bands.iter().filter(|_| !axis.is_folding());
    let names = shown.map(|band| {
        let start = track.start(band.entries.start);
        let length = track.end(band.entries.end) - start - SPACING;
        let name = grid.analysis.groups.get(band.group).map_or("", String::as_str);
        let room = track.start(band.entries.end) - start - track.gap(band.entries.end).min(grid.sizes.gap);
        let is_hot = hot.is_some_and(|hot| band.entries.contains(&hot));
        html! {
            <div class={classes!("band", is_hot.then_some("hot"))} key={band.group}
                style={format!("--start:{start}px;--length:{length}px;--room:{room}px")}>
                <span title={name.to_owned()}>{ name }</span>
            </div>
        }
    });
    html! { <div class={if above { "bands above" } else { "bands beside" }} aria-hidden="true">{ for names }</div> }
}
