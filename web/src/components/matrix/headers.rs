//! The headers of the columns, and the namespaces beside rows and above columns.

use std::ops::Range;

use yew::prelude::*;

use crate::state::matrix::axis::Band;
use crate::state::matrix::geometry::{SPACING, Track, chunks};
use crate::state::matrix::grid::Grid;
use crate::state::matrix::header::{Header, HeaderKind};
use crate::state::matrix::located::LocatedCells;
use crate::state::shared::Shared;

/// What the column headers take.
#[derive(Properties, PartialEq)]
pub struct ColumnHeadersProps {
    /// What the matrix shows.
    pub grid: Shared<Grid>,
    /// The columns in sight.
    pub columns: Range<usize>,
    /// The column of pointer or keyboard.
    pub hot: Option<usize>,
    /// The column of the keyboard, when it is in the headers.
    pub spot: Option<usize>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<LocatedCells>>,
}

/// The row of column headers, which stays at the top.
#[component]
pub fn ColumnHeaders(props: &ColumnHeadersProps) -> Html {
    let ColumnHeadersProps { grid, columns, hot, spot, located } = props;
    let count = grid.columns.entries.len();
    let shown = chunks(columns, *spot, count).into_iter().flatten();
    html! {
        <div class="heads" role="rowgroup">
            <div role="row" aria-rowindex="1" class="head-row">
                <div class="corner" role="columnheader" aria-colindex="1">
                    <span class="from">{ "from" }<span aria-hidden="true">{ " ↓" }</span></span>
                    <span class="to">{ "to" }<span aria-hidden="true">{ " →" }</span></span>
                </div>
                { for shown.map(|column| {
                    let header = grid.column_header(column);
                    let marks = Marks {
                        hot: *hot == Some(column),
                        spot: *spot == Some(column),
                        located: located.as_ref().is_some_and(|located| located.has_column(column)),
                    };
                    column_header(header, column, grid.column_track.start(column), marks)
                }) }
            </div>
            { bands(grid, true, columns, *hot) }
        </div>
    }
}

/// How a header stands out.
struct Marks {
    hot: bool,
    spot: bool,
    located: bool,
}

fn column_header(header: Option<Header>, column: usize, left: i32, marks: Marks) -> Html {
    let Marks { hot, spot, located } = marks;
    let Some(header) = header else { return Html::default() };
    html! {
        <div
            key={column}
            class={classes!("column-head", hot.then_some("hot"), located.then_some("located"), kind_class(&header))}
            role="columnheader"
            aria-colindex={(column + 2).to_string()}
            aria-label={header_label(&header)}
            aria-expanded={expanded(header.kind)}
            title={header_title(&header)}
            tabindex={if spot { "0" } else { "-1" }}
            style={format!("--left:{left}px")}
        >
            { name(&header) }
        </div>
    }
}

/// The namespaces beside the rows in sight; the rows' headers name them to a screen reader.
pub fn row_bands(grid: &Grid, rows: &Range<usize>) -> Html {
    if grid.sizes.gutter == 0 { Html::default() } else { bands(grid, false, rows, None) }
}

/// The names of groups, as far as there is room; whole where pointer or keyboard are in a column of theirs.
fn bands(grid: &Grid, above: bool, in_sight: &Range<usize>, hot: Option<usize>) -> Html {
    let (axis, track): (_, &Track) =
        if above { (&grid.columns, &grid.column_track) } else { (&grid.rows, &grid.row_track) };
    let is_in_sight = |band: &&Band| band.entries.start < in_sight.end && in_sight.start < band.entries.end;
    // A group that is an entry of its own says its name there.
    let shown = axis.bands.iter().filter(|_| !axis.is_folding());
    let names = shown.filter(is_in_sight).map(|band| {
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

/// The classes of a header.
pub fn kind_class(header: &Header) -> Classes {
    let kind = match header.kind {
        HeaderKind::Workload | HeaderKind::Hypothetical => "workload",
        HeaderKind::HostNetwork => "host",
        HeaderKind::External => "external",
        HeaderKind::Folded | HeaderKind::Unfolded => "group",
    };
    classes!(kind, header.hypothetical.then_some("hypothetical"))
}

/// A header's name; where it does not fit, it is cut in the middle.
pub fn name(header: &Header) -> Html {
    html! {
        <span class="name">
            <span class="start">{ twisty(header.kind) }{ &header.start }</span>
            if !header.end.is_empty() {
                <span>{ &header.end }</span>
            }
        </span>
    }
}

/// A header's accessible name.
pub fn header_label(header: &Header) -> String {
    match header.kind {
        HeaderKind::HostNetwork => format!("{}, host network", header.full),
        _ if header.hypothetical => format!("{}, hypothetical", header.full),
        _ => header.full.clone(),
    }
}

/// A header's name, and what else there is to say of it.
pub fn header_title(header: &Header) -> String {
    if header.note.is_empty() { header.full.clone() } else { format!("{}: {}", header.full, header.note) }
}

/// Whether a namespace is unfolded.
pub fn expanded(kind: HeaderKind) -> Option<&'static str> {
    match kind {
        HeaderKind::Folded => Some("false"),
        HeaderKind::Unfolded => Some("true"),
        HeaderKind::Workload | HeaderKind::HostNetwork | HeaderKind::Hypothetical | HeaderKind::External => {
            None
        }
    }
}

/// The mark of a namespace that folds.
pub fn twisty(kind: HeaderKind) -> &'static str {
    match kind {
        HeaderKind::Folded => "▸ ",
        HeaderKind::Unfolded => "▾ ",
        HeaderKind::Workload | HeaderKind::HostNetwork | HeaderKind::Hypothetical | HeaderKind::External => {
            ""
        }
    }
}
