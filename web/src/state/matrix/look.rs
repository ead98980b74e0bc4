//! What the elements of cells and headers have: classes, names, texts.

use std::ops::Range;

use super::face::Shape;
use super::ghosts::Ghosts;
use super::grid::Grid;
use super::header::{Header, HeaderKind};
use super::located::LocatedCells;

/// What the element of a cell has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellLook {
    /// Its classes.
    pub class: String,
    /// Its accessible name.
    pub label: String,
    /// Whether the pointer is told the same.
    pub titled: bool,
    /// What is its own of the style.
    pub style: String,
    /// Text and suffix; nothing where cells are too small for that.
    pub text: Option<(String, String)>,
    /// Whether the keyboard comes here.
    pub keyboard: bool,
    /// Whether it is the one that was opened.
    pub opened: bool,
}

/// Some cells of a row, side by side, and what is special about them.
#[derive(Clone, Debug, Default)]
pub struct Cells<'a> {
    /// The row.
    pub row: usize,
    /// The columns.
    pub columns: Range<usize>,
    /// The column of the keyboard.
    pub keyboard: Option<usize>,
    /// The column of the cell that was opened.
    pub opened: Option<usize>,
    /// What the text at the editor's cursor decides.
    pub located: Option<&'a LocatedCells>,
    /// What the change in sight would change.
    pub ghosts: Option<&'a Ghosts>,
}

impl Cells<'_> {
    /// What each of them has.
    pub fn looks(&self, grid: &Grid) -> Vec<CellLook> {
        self.columns.clone().map(|column| self.look(grid, column)).collect()
    }

    fn look(&self, grid: &Grid, column: usize) -> CellLook {
        let row = self.row;
        let (mut cell, mut label) = grid.labelled(row, column);
        let ghost = self.ghosts.and_then(|ghosts| ghosts.at(row, column));
        if let Some(ghost) = ghost {
            cell.face = ghost.face.clone();
            label.push_str(", would become ");
            label.push_str(&ghost.words);
        }
        let (compact, opened) = (grid.sizes.compact, self.opened == Some(column));
        let mut class = format!("cell {}", cell.face.shape.class());
        for (is_so, name) in [
            (cell.own, " own"),
            (cell.uncertain, " uncertain"),
            (grid.certain_stand_back && !cell.uncertain, " certain"),
            (cell.face.length() > 5, " long"),
            (self.located.is_some_and(|located| located.has_cell(row, column)), " located"),
            (ghost.is_some(), " ghost"),
            (opened, " opened"),
        ] {
            if is_so {
                class.push_str(name);
            }
        }
        // What the first stands off is in where these cells start.
        let gap = if column > self.columns.start { grid.column_track.gap(column) } else { 0 };
        let mut style = String::new();
        style.extend(cell.share.map(|share| format!("--share:{share};")));
        style.extend((gap > 0).then(|| format!("--off:{gap}px")));
        CellLook {
            class,
            label,
            titled: !compact && (cell.face.shape == Shape::Some || cell.uncertain),
            style,
            text: (!compact).then_some((cell.face.text, cell.face.suffix)),
            keyboard: self.keyboard == Some(column),
            opened,
        }
    }

    /// Elements for cells that look so, as HTML: a browser reads it in a fraction of the time that elements made one by one
    /// take.
    pub fn html(&self, looks: &[CellLook]) -> String {
        let mut html = String::new();
        for (column, look) in self.columns.clone().zip(looks) {
            html.push_str("<div role=\"gridcell\" class=\"");
            html.push_str(&look.class);
            html.push_str("\" tabindex=\"");
            html.push_str(if look.keyboard { "0" } else { "-1" });
            html.push_str("\" aria-colindex=\"");
            html.push_str(&(column + 2).to_string());
            // Said of the one that is open, not of all others that they are not.
            let selected = if look.opened { "true" } else { "" };
            let title = if look.titled { look.label.as_str() } else { "" };
            let named = [
                ("aria-label", look.label.as_str()),
                ("aria-selected", selected),
                ("title", title),
                ("style", &look.style),
            ];
            for (name, value) in named.into_iter().filter(|(_, value)| !value.is_empty()) {
                html.push_str("\" ");
                html.push_str(name);
                html.push_str("=\"");
                escape(&mut html, value);
            }
            html.push_str("\">");
            if let Some((text, suffix)) = &look.text {
                // The name of the cell says it in full, so what only the cell says is no text.
                html.push_str("<span aria-hidden=\"true\" data-suffix=\"");
                escape(&mut html, suffix);
                html.push_str("\">");
                escape(&mut html, text);
                html.push_str("</span>");
            }
            html.push_str("</div>");
        }
        html
    }
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

/// What the element of a header has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadLook {
    /// Its classes.
    pub class: String,
    /// Its accessible name.
    pub label: String,
    /// What the pointer is told.
    pub title: String,
    /// Whether what it stands for is unfolded; nothing where it does not fold.
    pub expanded: Option<bool>,
    /// The name but for its end: what is cut where it does not fit.
    pub start: String,
    /// The end of a long name.
    pub end: String,
    /// A mark behind the name; mostly nothing.
    pub mark: &'static str,
    /// The namespace that begins with this row, where there is no room beside the rows to say it.
    pub above: String,
    /// Whether the keyboard comes here.
    pub keyboard: bool,
}

/// How a header stands out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// Whether pointer or keyboard are in its row or column.
    pub hot: bool,
    /// Whether the keyboard comes here.
    pub keyboard: bool,
    /// Whether the text at the editor's cursor speaks of it.
    pub located: bool,
}

impl HeadLook {
    /// That of a row.
    pub fn of_row(grid: &Grid, row: usize, marks: Marks) -> Option<Self> {
        let header = grid.row_header(row)?;
        // The row has the look of a row in which the pointer is.
        let look = Self::new("row-head", header, Marks { hot: false, ..marks });
        Some(Self { above: group_of_first(grid, row).unwrap_or_default().to_owned(), ..look })
    }

    /// That of a column.
    pub fn of_column(grid: &Grid, column: usize, marks: Marks) -> Option<Self> {
        let header = grid.column_header(column)?;
        Some(Self { mark: "", ..Self::new("column-head", header, marks) })
    }

    fn new(name: &str, header: Header, marks: Marks) -> Self {
        let kind = header.kind;
        let mut class = name.to_owned();
        let of_kind = match kind {
            HeaderKind::Workload | HeaderKind::Hypothetical => " workload",
            HeaderKind::HostNetwork => " host",
            HeaderKind::External => " external",
            HeaderKind::Folded | HeaderKind::Unfolded => " group",
        };
        class.push_str(of_kind);
        for (is_so, name) in [
            (header.hypothetical, " hypothetical"),
            (header.within, " within"),
            (marks.hot, " hot"),
            (marks.located, " located"),
        ] {
            if is_so {
                class.push_str(name);
            }
        }
        let label = match kind {
            HeaderKind::HostNetwork => format!("{}, host network", header.full),
            _ if header.hypothetical => format!("{}, hypothetical", header.full),
            _ => header.full.clone(),
        };
        let twisty = match kind {
            HeaderKind::Folded => "▸ ",
            HeaderKind::Unfolded => "▾ ",
            _ => "",
        };
        Self {
            class,
            label,
            title: match header.note.as_str() {
                "" => header.full,
                note => format!("{}: {note}", header.full),
            },
            expanded: match kind {
                HeaderKind::Folded => Some(false),
                HeaderKind::Unfolded => Some(true),
                _ => None,
            },
            start: format!("{twisty}{}", header.start),
            end: header.end,
            mark: if kind == HeaderKind::HostNetwork { "host" } else { "" },
            above: String::new(),
            keyboard: marks.keyboard,
        }
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

#[cfg(test)]
mod tests {
    use netpol_view::contract::{CellChange, LocatedPart};

    use super::*;
    use crate::state::fixture;
    use crate::state::matrix::axis::Shown;
    use crate::state::matrix::geometry::Room;
    use crate::state::shared::Shared;

    fn grid() -> Grid {
        let mut host = fixture::workload("data", "<agent>");
        host.host_network = Some(true);
        let peers = vec![fixture::workload("shop", "cart"), host];
        let analysis = fixture::analysis(peers, |source, _| if source == 0 { 2 } else { 0 });
        Grid::new(Shared::new(analysis), &Shown::default(), None, Room::default())
    }

    #[test]
    fn cells_are_written_as_they_look() {
        let grid = grid();
        let located =
            LocatedCells { part: LocatedPart::Rule, rows: vec![true, false], columns: vec![false, true] };
        let cells = Cells { columns: 0..2, keyboard: Some(0), located: Some(&located), ..Cells::default() };
        let looks = cells.looks(&grid);
        assert_eq!(looks[1].class, "cell some located");
        assert_eq!(looks[1].label, "shop/cart to data/<agent>: TCP 80");
        assert_eq!(looks[1].style, "--off:6px", "another namespace");
        assert_eq!(
            cells.html(&looks[1..]).replace("aria-colindex=\"2\"", "aria-colindex=\"3\""),
            "<div role=\"gridcell\" class=\"cell some located\" tabindex=\"-1\" aria-colindex=\"3\" \
             aria-label=\"shop/cart to data/&lt;agent&gt;: TCP 80\" title=\"shop/cart to data/&lt;agent&gt;: TCP 80\" \
             style=\"--off:6px\"><span aria-hidden=\"true\" data-suffix=\"\">80</span></div>"
        );
        assert!(looks[0].keyboard && !looks[1].keyboard);
    }

    #[test]
    fn what_would_change_and_what_is_open_say_so() {
        let grid = grid();
        let change = CellChange {
            source: "data/<agent>[Deployment]".to_owned(),
            destination: "shop/cart[Deployment]".to_owned(),
            before: fixture::none(),
            after: fixture::all(),
        };
        let ghosts = Ghosts::new(&grid, &[change]);
        let cells =
            Cells { row: 1, columns: 0..2, opened: Some(1), ghosts: Some(&ghosts), ..Cells::default() };
        let looks = cells.looks(&grid);
        assert_eq!(looks[0].class, "cell all ghost");
        assert!(looks[0].label.ends_with(": none, would become all"), "{}", looks[0].label);
        assert_eq!(looks[1].class, "cell none own opened");
        assert!(cells.html(&looks).contains("aria-selected=\"true\""));
    }

    #[test]
    fn headers_say_what_they_stand_for() {
        let grid = grid();
        let marks = Marks { hot: true, located: true, keyboard: true };
        let row = HeadLook::of_row(&grid, 1, marks).unwrap();
        assert_eq!((row.class.as_str(), row.mark), ("row-head host located", "host"));
        assert_eq!(
            (row.label.as_str(), row.expanded, row.keyboard),
            ("data/<agent>, host network", None, true)
        );
        let column = HeadLook::of_column(&grid, 1, marks).unwrap();
        assert_eq!((column.class.as_str(), column.mark), ("column-head host hot located", ""));
        assert_eq!(HeadLook::of_row(&grid, 2, marks), None);
    }

    #[test]
    fn a_narrow_pane_names_namespaces_above_their_first_row() {
        let peers = vec![fixture::workload("shop", "cart"), fixture::workload("shop", "web")];
        let analysis = Shared::new(fixture::analysis(peers, |_, _| 0));
        let grid = Grid::new(analysis, &Shown::default(), None, Room::of(390, 800));
        let above = |row| HeadLook::of_row(&grid, row, Marks::default()).unwrap().above;
        assert_eq!([above(0), above(1)], ["shop", ""]);
    }
}
