//! One row of the matrix.

use std::ops::Range;

use yew::prelude::*;

use super::headers::{expanded, header_label, header_title, kind_class, name};
use super::readout::class_of;
use crate::browser::dom;
use crate::state::matrix::face::Shape;
use crate::state::matrix::geometry::chunks;
use crate::state::matrix::ghosts::Ghosts;
use crate::state::matrix::grid::Grid;
use crate::state::matrix::header::HeaderKind;
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
    /// The cells that the change in sight would change, when some are in this row.
    pub ghosts: Option<Shared<Ghosts>>,
    /// The column of the cell that was opened, when it is in this row.
    pub opened: Option<usize>,
}

/// The row.
#[component]
pub fn Row(props: &RowProps) -> Html {
    let RowProps { grid, row, columns, spot, hot, located, ghosts, opened } = props;
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
                class={classes!("row-head", located.is_some().then_some("located"), kind_class(&header))}
                role="rowheader"
                aria-colindex="1"
                aria-label={header_label(&header)}
                aria-expanded={expanded(header.kind)}
                title={header_title(&header)}
                tabindex={if *spot == Some(None) { "0" } else { "-1" }}
            >
                if let Some(group) = group_of_first(grid, row) {
                    <small class="group-name" aria-hidden="true">{ group }</small>
                }
                { name(&header) }
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
                let ghosts = ghosts.clone().filter(|ghosts| ghosts.has(row, &columns));
                html! { <Cells key={start} grid={grid.clone()} {row} {spot} {located} {ghosts} {opened} {columns} /> }
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
    ghosts: Option<Shared<Ghosts>>,
    opened: Option<usize>,
}

/// Some cells side by side: scrolling makes those that come into sight and leaves the others alone.
///
/// They are written as one text, which a browser reads in a fraction of the time that elements made one by one take; what
/// marks a cell is set on it afterwards, so that the cell of the keyboard stays the element that it is.
struct Cells {
    place: NodeRef,
}

impl Component for Cells {
    type Message = ();
    type Properties = CellsProps;

    fn create(_: &Context<Self>) -> Self {
        Self { place: NodeRef::default() }
    }

    fn changed(&mut self, context: &Context<Self>, before: &CellsProps) -> bool {
        let now = context.props();
        let same = now.grid == before.grid
            && now.columns == before.columns
            && now.located == before.located
            && now.ghosts == before.ghosts;
        if !same {
            self.write(now);
        }
        self.mark(now);
        now.columns != before.columns || now.grid != before.grid
    }

    fn view(&self, context: &Context<Self>) -> Html {
        let CellsProps { grid, columns, .. } = context.props();
        let left = grid.sizes.gutter + grid.sizes.head_width + grid.column_track.start(columns.start);
        html! { <div class="cells" role="none" style={format!("left:{left}px")} ref={self.place.clone()} /> }
    }

    fn rendered(&mut self, context: &Context<Self>, first: bool) {
        if first {
            self.write(context.props());
            self.mark(context.props());
        }
    }
}

impl Cells {
    fn write(&self, CellsProps { grid, row, columns, located, ghosts, .. }: &CellsProps) {
        if let Some(element) = dom::element(&self.place) {
            element.set_inner_html(&text(grid, *row, columns, located.as_deref(), ghosts.as_deref()));
        }
    }

    fn mark(&self, CellsProps { columns, spot, opened, .. }: &CellsProps) {
        if let Some(element) = dom::element(&self.place) {
            let index = |column: usize| column.checked_sub(columns.start);
            dom::mark_cells(&element, spot.and_then(index), opened.and_then(index));
        }
    }
}

/// Cells side by side, as HTML.
fn text(
    grid: &Grid,
    row: usize,
    columns: &Range<usize>,
    located: Option<&LocatedCells>,
    ghosts: Option<&Ghosts>,
) -> String {
    let mut html = String::new();
    for column in columns.clone() {
        let mut cell = grid.cell(row, column);
        let ghost = ghosts.and_then(|ghosts| ghosts.at(row, column));
        if let Some(ghost) = ghost {
            cell.face = ghost.face.clone();
        }
        let compact = grid.sizes.compact;
        let length = cell.face.length();
        html.push_str("<div class=\"cell ");
        html.push_str(class_of(cell.face.shape));
        for (is_so, class) in [
            (cell.own, " own"),
            (cell.uncertain, " uncertain"),
            (grid.certain_stand_back && !cell.uncertain, " certain"),
            (length > 5, " long"),
            (located.is_some_and(|located| located.has_cell(row, column)), " located"),
            (ghost.is_some(), " ghost"),
        ] {
            if is_so {
                html.push_str(class);
            }
        }
        html.push_str("\" role=\"gridcell\" tabindex=\"-1\" aria-colindex=\"");
        html.push_str(&(column + 2).to_string());
        let mut label = grid.label(row, column);
        if let Some(ghost) = ghost {
            label.push_str(", would become ");
            label.push_str(&ghost.words);
        }
        html.push_str("\" aria-label=\"");
        escape(&mut html, &label);
        if !compact && (cell.face.shape == Shape::Some || cell.uncertain) {
            html.push_str("\" title=\"");
            escape(&mut html, &label);
        }
        // What the first stands off is in where the chunk starts.
        let gap = if column > columns.start { grid.column_track.gap(column) } else { 0 };
        let share = cell.share.map(|share| format!("--share:{share};"));
        let off = (gap > 0).then(|| format!("--off:{gap}px"));
        if share.is_some() || off.is_some() {
            html.push_str("\" style=\"");
            html.extend([share, off].into_iter().flatten());
        }
        html.push_str("\">");
        if !compact && length > 0 {
            // The name of the cell says it in full, so what only the cell says is no text.
            html.push_str("<span aria-hidden=\"true\" data-suffix=\"");
            escape(&mut html, &cell.face.suffix);
            html.push_str("\">");
            escape(&mut html, &cell.face.text);
            html.push_str("</span>");
        }
        html.push_str("</div>");
    }
    html
}

/// Writes a text so that nothing in it is read as HTML.
fn escape(html: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            letter => html.push(letter),
        }
    }
}
