//! One row of the matrix.

use std::ops::Range;

use yew::prelude::*;

use super::headers::{expanded, header_label, header_title, kind_class, twisty};
use super::readout::class_of;
use crate::state::matrix::face::Shape;
use crate::state::matrix::geometry::chunks;
use crate::state::matrix::grid::{Grid, HeaderKind};
use crate::state::matrix::located::LocatedCells;
use crate::state::shared::Shared;

/// What a row takes. It is rendered anew only when one of these changes.
#[derive(Properties, PartialEq)]
pub struct RowProps {
    /// What the matrix shows.
    pub grid: Shared<Grid>,
    /// Which row.
    pub row: usize,
    /// The columns in sight.
    pub columns: Range<usize>,
    /// Where the keyboard is, when it is in this row: a column, or the header.
    pub spot: Option<Option<usize>>,
    /// Whether pointer or keyboard are in this row.
    pub hot: bool,
    /// What the text at the editor's cursor decides, when this row is part of it.
    pub located: Option<Shared<LocatedCells>>,
    /// The column of the cell that was opened, when it is in this row.
    pub opened: Option<usize>,
}

/// The row.
#[component]
pub fn Row(props: &RowProps) -> Html {
    let RowProps { grid, row, columns, spot, hot, located, opened } = props;
    let row = *row;
    let Some(header) = grid.row_header(row) else { return Html::default() };
    // The cell of the keyboard is never taken away under it.
    let column = spot.flatten();
    let chunks = chunks(columns, column, grid.columns.entries.len());
    html! {
        <div
            class={classes!("row", hot.then_some("hot"))}
            role="row"
            aria-rowindex={(row + 2).to_string()}
            style={format!("top:{}px", grid.row_track.start(row))}
        >
            <div
                class={classes!("row-head", located.is_some().then_some("located"), kind_class(header.kind))}
                role="rowheader"
                aria-colindex="1"
                aria-label={header_label(&header)}
                aria-expanded={expanded(header.kind)}
                title={header_title(&header)}
                tabindex={if *spot == Some(None) { "0" } else { "-1" }}
            >
                if let Some(group) = group_of_first(grid, row) {
                    <small class={classes!("group-name", (row == 0).then_some("first"))} aria-hidden="true">{ group }</small>
                }
                <span>{ twisty(header.kind) }{ &header.fitting }</span>
                if header.kind == HeaderKind::HostNetwork {
                    <small aria-hidden="true">{ "host" }</small>
                }
            </div>
            { for chunks.into_iter().map(|columns| {
                let start = columns.start;
                let spot = column.filter(|column| columns.contains(column));
                let opened = opened.filter(|column| columns.contains(column));
                // A chunk without such a cell is not rendered anew.
                let located = located.clone().filter(|located| columns.clone().any(|column| located.has_cell(row, column)));
                html! { <Cells key={start} grid={grid.clone()} {row} {spot} {located} {opened} {columns} /> }
            }) }
        </div>
    }
}

/// The namespace that begins with a row, where there is no room beside the rows to say it.
fn group_of_first(grid: &Grid, row: usize) -> Option<&str> {
    if grid.sizes.gutter > 0 || grid.rows.is_folding() {
        return None;
    }
    let band = grid.rows.bands.iter().find(|band| band.entries.start == row)?;
    grid.analysis.groups.get(band.group).map(String::as_str)
}

/// What some cells side by side take.
#[derive(Properties, PartialEq)]
struct CellsProps {
    grid: Shared<Grid>,
    row: usize,
    columns: Range<usize>,
    spot: Option<usize>,
    located: Option<Shared<LocatedCells>>,
    opened: Option<usize>,
}

/// Some cells side by side: scrolling renders those that come into sight and leaves the others alone.
#[component]
fn Cells(props: &CellsProps) -> Html {
    let CellsProps { grid, row, columns, spot, located, opened } = props;
    let left = grid.sizes.gutter + grid.sizes.head_width + grid.column_track.start(columns.start);
    html! {
        <div class="cells" role="none" style={format!("left:{left}px")}>
            { for columns.clone().map(|column| {
                // What the first stands off is in where the chunk starts.
                let gap = column > columns.start && grid.column_track.has_gap(column);
                let located = located.as_ref().is_some_and(|located| located.has_cell(*row, column));
                let marks = [
                    gap.then_some("gap"),
                    located.then_some("located"),
                    (*opened == Some(column)).then_some("opened"),
                ];
                cell(grid, *row, column, *spot == Some(column), marks)
            }) }
        </div>
    }
}

fn cell(grid: &Grid, row: usize, column: usize, spot: bool, marks: [Option<&'static str>; 3]) -> Html {
    let cell = grid.cell(row, column);
    let compact = grid.sizes.compact;
    let length = cell.face.length();
    let label = grid.label(row, column);
    let says_little = cell.face.shape == Shape::Some || cell.uncertain;
    let title = (says_little && !compact).then(|| label.clone());
    html! {
        <div
            key={column}
            class={classes!(
                "cell",
                class_of(cell.face.shape),
                cell.own.then_some("own"),
                cell.uncertain.then_some("uncertain"),
                (grid.certain_stand_back && !cell.uncertain).then_some("certain"),
                (length > 5).then_some("long"),
                marks.into_iter().flatten().collect::<Vec<_>>(),
            )}
            role="gridcell"
            aria-colindex={(column + 2).to_string()}
            aria-label={label}
            {title}
            style={cell.share.map(|share| format!("--share:{share}"))}
            tabindex={if spot { "0" } else { "-1" }}
        >
            if !compact && length > 0 {
                // The name of the cell says it in full, so what only the cell says is no text.
                <span aria-hidden="true" data-suffix={cell.face.suffix}>{ cell.face.text }</span>
            }
        </div>
    }
}
