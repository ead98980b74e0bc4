//! The rows, cells and column headers in sight, as elements that are used again.
//!
//! Yew knows nothing of them: to scroll renders nothing. Each has the look that it was last given, so that only what differs is
//! written. Elements stand in the document in the order in which they are seen.

use std::ops::Range;

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};
use yew::NodeRef;

use super::dom;
use crate::state::matrix::geometry::chunks;
use crate::state::matrix::ghosts::Ghosts;
use crate::state::matrix::grid::Grid;
use crate::state::matrix::located::LocatedCells;
use crate::state::matrix::look::{CellLook, Cells, HeadLook, Marks};
use crate::state::matrix::pool::{Place, Pool};
use crate::state::matrix::spot::Spot;
use crate::state::shared::Shared;

/// What is shown, wherever it is scrolled to.
#[derive(Clone, PartialEq)]
pub struct Scene {
    /// The matrix.
    pub grid: Shared<Grid>,
    /// What the text at the editor's cursor decides.
    pub located: Option<Shared<LocatedCells>>,
    /// The cells that the change in sight would change.
    pub ghosts: Option<Shared<Ghosts>>,
    /// Where the keyboard is.
    pub spot: Spot,
    /// Where pointer or keyboard are.
    pub hot: Option<Spot>,
    /// The row and column of the cell that was opened.
    pub opened: Option<(usize, usize)>,
}

/// The rows in sight, and the columns in whole chunks.
#[derive(Clone, PartialEq)]
struct Window {
    rows: Range<usize>,
    columns: Range<usize>,
}

/// All elements, and the places that they are in.
pub struct Tiles {
    /// What scrolls.
    scroller: NodeRef,
    /// What holds the rows.
    body: NodeRef,
    /// What holds the headers of the columns.
    head_row: NodeRef,
    /// What they were found as: a change of the page may put others in their places.
    within: Option<[HtmlElement; 2]>,
    /// How large what scrolls is: to ask for it while scrolling may lay the page out.
    size: Option<(i32, i32)>,
    scene: Option<Scene>,
    shown: Option<(Scene, Window)>,
    rows: Pool<Row>,
    heads: Pool<Head>,
}

impl Tiles {
    /// No element yet.
    pub fn new(scroller: NodeRef, body: NodeRef, head_row: NodeRef) -> Self {
        let (rows, heads) = (Pool::default(), Pool::default());
        Self { scroller, body, head_row, within: None, size: None, scene: None, shown: None, rows, heads }
    }

    /// Shows another scene.
    pub fn set(&mut self, scene: Scene) {
        self.scene = Some(scene);
        self.look();
    }

    /// The keyboard is about to be at another cell or header, wherever it is scrolled to.
    pub fn keep(&mut self, spot: Spot) {
        if let Some(scene) = &mut self.scene {
            scene.spot = spot;
        }
        self.look();
    }

    /// The place may have another size.
    pub fn measure(&mut self) {
        self.size = None;
        self.look();
    }

    /// Shows what is in sight.
    pub fn look(&mut self) {
        let Some(scroller) = dom::element(&self.scroller) else { return };
        let keyboard = dom::active_spot(&scroller);
        self.look_in(&scroller);
        // It stays in the matrix where what had it is gone, or stands for something else.
        if keyboard.is_some()
            && dom::active_spot(&scroller) != keyboard
            && let Some(scene) = &self.scene
            && let Some(element) = dom::spot_element(&scroller, scene.spot)
        {
            dom::focus(&element);
        }
    }

    fn look_in(&mut self, scroller: &HtmlElement) {
        let (Some(body), Some(head_row), Some(scene)) =
            (dom::element(&self.body), dom::element(&self.head_row), self.scene.clone())
        else {
            return;
        };
        let within = [body, head_row];
        if self.within.as_ref().is_some_and(|before| *before != within) {
            self.rows.shown().for_each(|(_, row)| row.element.remove());
            self.heads.shown().for_each(|(_, head)| head.element.remove());
            (self.rows, self.heads) = (Pool::default(), Pool::default());
            self.shown = None;
        }
        let [body, head_row] = self.within.insert(within).clone();
        let size = *self.size.get_or_insert_with(|| (scroller.client_width(), scroller.client_height()));
        let grid = &scene.grid;
        let (width, height) = grid.sizes.room(size);
        let window = Window {
            rows: grid.row_track.window(scroller.scroll_top(), height),
            columns: grid.column_track.chunked_window(scroller.scroll_left(), width),
        };
        self.show(&scene, window, &body, &head_row);
    }

    fn show(&mut self, scene: &Scene, window: Window, body: &HtmlElement, head_row: &HtmlElement) {
        let before = self.shown.replace((scene.clone(), window.clone()));
        let (before, window) = (before.as_ref(), &window);
        if before.is_some_and(|(shown, at)| shown == scene && at == window) {
            return;
        }
        let Scene { grid, spot, hot, .. } = scene;
        if before.is_some_and(|(shown, _)| shown.grid.sizes.compact != grid.sizes.compact) {
            // Others have a text.
            self.rows = Pool::default();
            body.set_inner_html("");
        }
        self.show_rows(scene, window, before, body);
        let same_columns = before.is_some_and(|(shown, at)| shown == scene && at.columns == window.columns);
        if same_columns {
            return;
        }
        let count = grid.columns.entries.len();
        let keyboard = spot.column.filter(|_| spot.row.is_none());
        let wanted: Vec<usize> = chunks(&window.columns, keyboard, count).into_iter().flatten().collect();
        self.heads.turn(&wanted, &mut Within { parent: head_row, make: Head::of_column });
        let hot = hot.and_then(|spot| spot.column);
        for (column, head) in self.heads.shown() {
            let marks = Marks {
                hot: hot == Some(column),
                keyboard: keyboard == Some(column),
                located: scene.located.as_ref().is_some_and(|located| located.has_column(column)),
            };
            if let Some(look) = HeadLook::of_column(grid, column, marks) {
                head.show(look);
            }
            if head.stand(column, grid.column_track.start(column)) {
                set(&head.element, "aria-colindex", &(column + 2).to_string());
                set(&head.element, "style", &format!("--left:{}px", head.start));
            }
        }
    }

    fn show_rows(
        &mut self,
        scene: &Scene,
        window: &Window,
        before: Option<&(Scene, Window)>,
        body: &HtmlElement,
    ) {
        let Scene { grid, spot, hot, opened, .. } = scene;
        let count = grid.rows.entries.len();
        let mut wanted: Vec<usize> = window.rows.clone().filter(|row| *row < count).collect();
        // The row of the keyboard is never taken away under it.
        if let Some(row) = spot.row
            && let Err(place) = wanted.binary_search(&row)
        {
            wanted.insert(place, row);
        }
        self.rows.turn(&wanted, &mut Within { parent: body, make: Row::new });
        let columns = before.filter(|(shown, _)| shown == scene).map(|(_, at)| &at.columns);
        let same = columns == Some(&window.columns);
        for (row, tile) in self.rows.shown() {
            let is_new = tile.row != Some(row);
            if !is_new && same {
                continue;
            }
            let located = scene.located.as_ref().filter(|located| located.has_row(row));
            let keyboard = (spot.row == Some(row)).then_some(spot.column);
            let is_hot = hot.is_some_and(|spot| spot.row == Some(row));
            let marks = Marks { hot: is_hot, keyboard: keyboard == Some(None), located: located.is_some() };
            if let Some(look) = HeadLook::of_row(grid, row, marks) {
                tile.head.show(look);
            }
            if is_new {
                set(&tile.element, "aria-rowindex", &(row + 2).to_string());
                tile.row = Some(row);
            }
            if tile.head.stand(row, grid.row_track.start(row)) {
                set(&tile.element, "style", &format!("top:{}px", tile.head.start));
            }
            if tile.hot != is_hot {
                tile.hot = is_hot;
                tile.element.set_class_name(if is_hot { "row hot" } else { "row" });
            }
            let special = Special {
                row,
                keyboard: keyboard.flatten(),
                opened: opened.filter(|(at, _)| *at == row).map(|(_, column)| column),
                located,
                ghosts: scene.ghosts.as_ref().filter(|ghosts| ghosts.has_row(row)),
            };
            tile.show_cells(grid, &window.columns, special);
        }
    }
}

/// What is special about the cells of a row.
struct Special<'a> {
    row: usize,
    keyboard: Option<usize>,
    opened: Option<usize>,
    located: Option<&'a Shared<LocatedCells>>,
    ghosts: Option<&'a Shared<Ghosts>>,
}

/// Elements within another.
struct Within<'a, T> {
    parent: &'a Element,
    make: fn(&Document) -> Option<T>,
}

/// What is one element, to be moved as a whole.
trait Tile {
    fn element(&self) -> &HtmlElement;

    /// What it shows is no longer known to be right.
    fn forget(&mut self) {}
}

impl<T: Tile> Place<T> for Within<'_, T> {
    fn make(&mut self) -> Option<T> {
        (self.make)(&self.parent.owner_document()?)
    }

    fn put(&mut self, tile: &T, next: Option<&T>) {
        // What comes next is within the same element.
        let _ =
            self.parent.insert_before(tile.element(), next.map(|next| &**next.element()).map(AsRef::as_ref));
    }

    fn take(&mut self, tile: &mut T) {
        tile.element().remove();
        tile.forget();
    }
}

fn set(element: &Element, name: &str, value: &str) {
    // Setting an attribute of a right name does not fail.
    let _ = element.set_attribute(name, value);
}

/// Sets an attribute, or takes it away where there is nothing to say.
fn set_or_remove(element: &Element, name: &str, value: &str) {
    if value.is_empty() {
        let _ = element.remove_attribute(name);
    } else {
        set(element, name, value);
    }
}

fn index(keyboard: bool) -> &'static str {
    if keyboard { "0" } else { "-1" }
}

fn div(document: &Document) -> Option<HtmlElement> {
    document.create_element("div").ok()?.dyn_into().ok()
}

/// The children of an element.
fn children<T: JsCast>(element: &Element) -> Vec<T> {
    let list = element.children();
    (0..list.length()).filter_map(|at| list.item(at)?.dyn_into().ok()).collect()
}

/// A row: its header, and its cells in chunks.
struct Row {
    element: HtmlElement,
    head: Head,
    chunks: Pool<Chunk>,
    row: Option<usize>,
    hot: bool,
}

impl Tile for Row {
    fn element(&self) -> &HtmlElement {
        &self.element
    }

    fn forget(&mut self) {
        self.row = None;
        self.chunks.all().for_each(Tile::forget);
    }
}

impl Row {
    fn new(document: &Document) -> Option<Self> {
        let element = div(document)?;
        let head = Head::new(document, "rowheader")?;
        element.set_class_name("row");
        set(&element, "role", "row");
        set(&head.element, "aria-colindex", "1");
        element.append_child(&head.element).ok()?;
        Some(Self { element, head, chunks: Pool::default(), row: None, hot: false })
    }

    fn show_cells(&mut self, grid: &Shared<Grid>, columns: &Range<usize>, special: Special<'_>) {
        let Special { row, keyboard, opened, located, ghosts } = special;
        // The cell of the keyboard is never taken away under it.
        let chunks = chunks(columns, keyboard, grid.columns.entries.len());
        let starts: Vec<usize> = chunks.iter().map(|columns| columns.start).collect();
        self.chunks.turn(&starts, &mut Within { parent: &self.element, make: Chunk::new });
        for ((_, chunk), columns) in self.chunks.shown().zip(chunks) {
            let has_located =
                |located: &Shared<LocatedCells>| columns.clone().any(|column| located.has_cell(row, column));
            chunk.show(Content {
                grid: grid.clone(),
                row,
                keyboard: keyboard.filter(|column| columns.contains(column)),
                opened: opened.filter(|column| columns.contains(column)),
                located: located.cloned().filter(has_located),
                ghosts: ghosts.cloned().filter(|ghosts| ghosts.has(row, &columns)),
                columns,
            });
        }
    }
}

/// The header of a row or a column.
struct Head {
    element: HtmlElement,
    above: HtmlElement,
    start_of_name: HtmlElement,
    end_of_name: HtmlElement,
    mark: HtmlElement,
    look: HeadLook,
    /// Which row or column it stands for, and where that starts.
    index: Option<usize>,
    start: i32,
}

impl Tile for Head {
    fn element(&self) -> &HtmlElement {
        &self.element
    }
}

impl Head {
    fn of_column(document: &Document) -> Option<Self> {
        Self::new(document, "columnheader")
    }

    fn new(document: &Document, role: &str) -> Option<Self> {
        let element = div(document)?;
        set(&element, "role", role);
        set(&element, "tabindex", "-1");
        element.set_inner_html(
            "<small class=\"group-name\" aria-hidden=\"true\" hidden></small>\
             <span class=\"name\"><span class=\"start\"></span><span></span></span>\
             <small aria-hidden=\"true\" hidden></small>",
        );
        let [above, name, mark] = <[HtmlElement; 3]>::try_from(children(&element)).ok()?;
        let [start_of_name, end_of_name] = <[HtmlElement; 2]>::try_from(children(&name)).ok()?;
        let look = HeadLook::default();
        Some(Self { element, above, start_of_name, end_of_name, mark, look, index: None, start: 0 })
    }

    /// Notes which row or column it stands for and where that starts; answers whether either is new.
    fn stand(&mut self, index: usize, start: i32) -> bool {
        let is_new = (self.index, self.start) != (Some(index), start);
        (self.index, self.start) = (Some(index), start);
        is_new
    }

    fn show(&mut self, look: HeadLook) {
        let (element, before) = (&self.element, &self.look);
        if before.class != look.class {
            element.set_class_name(&look.class);
        }
        if before.label != look.label {
            set(element, "aria-label", &look.label);
        }
        if before.title != look.title {
            set(element, "title", &look.title);
        }
        if before.expanded != look.expanded {
            let expanded = look.expanded.map_or("", |expanded| if expanded { "true" } else { "false" });
            set_or_remove(element, "aria-expanded", expanded);
        }
        if before.keyboard != look.keyboard {
            set(element, "tabindex", index(look.keyboard));
        }
        let texts = [
            (&self.start_of_name, before.start.as_str(), look.start.as_str()),
            (&self.end_of_name, &before.end, &look.end),
            (&self.above, &before.above, &look.above),
            (&self.mark, before.mark, look.mark),
        ];
        for (place, before, now) in texts {
            if before != now {
                write(place, now);
            }
        }
        if before.above.is_empty() != look.above.is_empty() {
            self.above.set_hidden(look.above.is_empty());
        }
        if before.mark.is_empty() != look.mark.is_empty() {
            self.mark.set_hidden(look.mark.is_empty());
        }
        self.look = look;
    }
}

/// Writes a text into an element that holds nothing else; the node that holds it stays.
fn write(element: &Element, text: &str) {
    match element.first_child() {
        Some(node) => node.set_node_value(Some(text)),
        None => element.set_text_content(Some(text)),
    }
}

/// Some cells side by side.
struct Chunk {
    element: HtmlElement,
    cells: Vec<Cell>,
    /// How many of them are in the document: the last columns may be fewer.
    there: usize,
    left: i32,
    content: Option<Content>,
}

/// What a chunk shows.
#[derive(Clone, PartialEq)]
struct Content {
    grid: Shared<Grid>,
    row: usize,
    columns: Range<usize>,
    keyboard: Option<usize>,
    opened: Option<usize>,
    located: Option<Shared<LocatedCells>>,
    ghosts: Option<Shared<Ghosts>>,
}

impl Tile for Chunk {
    fn element(&self) -> &HtmlElement {
        &self.element
    }

    // What it showed may be a large result that is no more.
    fn forget(&mut self) {
        self.content = None;
    }
}

impl Chunk {
    fn new(document: &Document) -> Option<Self> {
        let element = div(document)?;
        element.set_class_name("cells");
        set(&element, "role", "none");
        Some(Self { element, cells: Vec::new(), there: 0, left: -1, content: None })
    }

    fn show(&mut self, content: Content) {
        if self.content.as_ref() == Some(&content) {
            return;
        }
        let Content { grid, row, columns, keyboard, opened, located, ghosts } = &content;
        let left = grid.sizes.gutter + grid.sizes.head_width + grid.column_track.start(columns.start);
        if self.left != left {
            self.left = left;
            set(&self.element, "style", &format!("left:{left}px"));
        }
        let cells = Cells {
            row: *row,
            columns: columns.clone(),
            keyboard: *keyboard,
            opened: *opened,
            located: located.as_deref(),
            ghosts: ghosts.as_deref(),
        };
        let looks = cells.looks(grid);
        if self.cells.len() < looks.len() {
            self.element.set_inner_html(&cells.html(&looks));
            let elements = children::<HtmlElement>(&self.element).into_iter();
            self.cells = elements.zip(looks).map(|(element, look)| Cell::new(element, look)).collect();
            self.there = self.cells.len();
        } else {
            let moved = self.content.as_ref().is_none_or(|before| before.columns != *columns);
            let count = looks.len();
            for (place, (cell, look)) in self.cells.iter_mut().zip(looks).enumerate() {
                if moved {
                    set(&cell.element, "aria-colindex", &(columns.start + place + 2).to_string());
                }
                cell.show(look);
                if place >= self.there {
                    // A part of this chunk that was taken out.
                    let _ = self.element.append_child(&cell.element);
                }
            }
            for cell in self.cells.iter().take(self.there).skip(count) {
                cell.element.remove();
            }
            self.there = count;
        }
        self.content = Some(content);
    }
}

/// One cell.
struct Cell {
    element: HtmlElement,
    text: Option<Element>,
    look: CellLook,
}

impl Cell {
    fn new(element: HtmlElement, look: CellLook) -> Self {
        Self { text: element.first_element_child(), element, look }
    }

    fn show(&mut self, look: CellLook) {
        let (element, before) = (&self.element, &self.look);
        if before.class != look.class {
            element.set_class_name(&look.class);
        }
        let renamed = before.label != look.label;
        if renamed {
            set(element, "aria-label", &look.label);
        }
        if (before.titled && renamed) || before.titled != look.titled {
            set_or_remove(element, "title", if look.titled { &look.label } else { "" });
        }
        if before.style != look.style {
            set_or_remove(element, "style", &look.style);
        }
        if before.keyboard != look.keyboard {
            set(element, "tabindex", index(look.keyboard));
        }
        if before.opened != look.opened {
            set_or_remove(element, "aria-selected", if look.opened { "true" } else { "" });
        }
        if let (Some(place), Some((text, suffix))) = (&self.text, &look.text)
            && before.text != look.text
        {
            write(place, text);
            set(place, "data-suffix", suffix);
        }
        self.look = look;
    }
}
