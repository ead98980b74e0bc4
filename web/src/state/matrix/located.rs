//! The part of the matrix that the text at the editor's cursor decides.

use netpol_view::contract::{Located, LocatedPart};

use super::axis::Axis;
use super::grid::Grid;
use crate::state::words::counted;

/// Rows and columns, and whether the cells where they meet are meant or all of their cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatedCells {
    /// What stands at the cursor.
    pub part: LocatedPart,
    /// For each row, whether it is meant.
    pub rows: Vec<bool>,
    /// For each column, whether it is meant.
    pub columns: Vec<bool>,
}

impl LocatedCells {
    /// The part of this matrix.
    pub fn new(grid: &Grid, located: &Located) -> Self {
        Self {
            part: located.part,
            rows: places(grid, &grid.rows, &located.sources),
            columns: places(grid, &grid.columns, &located.destinations),
        }
    }

    /// Whether a row is meant.
    pub fn has_row(&self, row: usize) -> bool {
        self.rows.get(row).copied().unwrap_or_default()
    }

    /// Whether a column is meant.
    pub fn has_column(&self, column: usize) -> bool {
        self.columns.get(column).copied().unwrap_or_default()
    }

    /// Whether the rule at the cursor decides this cell.
    pub fn has_cell(&self, row: usize, column: usize) -> bool {
        self.part == LocatedPart::Rule && self.has_row(row) && self.has_column(column)
    }

    /// What the text decides, in words.
    pub fn words(&self) -> String {
        let count = |places: &[bool]| places.iter().filter(|place| **place).count();
        let (rows, columns) = (count(&self.rows), count(&self.columns));
        match self.part {
            LocatedPart::Rule => format!(
                "The rule at the cursor speaks of {} and {}",
                counted(rows, "source", "sources"),
                counted(columns, "destination", "destinations")
            ),
            LocatedPart::Policy => "The policy at the cursor selects the marked rows and columns".to_owned(),
            LocatedPart::Node => "The node at the cursor is the marked rows and columns".to_owned(),
            LocatedPart::Workload => "The workload at the cursor is the marked row and column".to_owned(),
        }
    }
}

/// The entries of these peers, or of the namespaces that they are folded into.
fn places(grid: &Grid, axis: &Axis, peers: &[u32]) -> Vec<bool> {
    let mut places = vec![false; axis.entries.len()];
    for peer in peers.iter().filter_map(|peer| usize::try_from(*peer).ok()) {
        let group = grid.analysis.names.get(peer).map_or(usize::MAX, |name| name.group);
        let kept = axis.kept.get(peer).copied().unwrap_or_default();
        if let Some(place) = axis.find(peer, group).filter(|_| kept).and_then(|place| places.get_mut(place)) {
            *place = true;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;
    use crate::state::matrix::axis::Shown;
    use crate::state::matrix::geometry::Room;
    use crate::state::shared::Shared;

    fn located(part: LocatedPart, sources: &[u32], destinations: &[u32]) -> Located {
        Located { part, sources: sources.to_vec(), destinations: destinations.to_vec(), id: None }
    }

    fn grid() -> Grid {
        let peers = vec![
            fixture::workload("shop", "cart"),
            fixture::workload("data", "redis"),
            fixture::workload("shop", "web"),
            fixture::external(&["::/0"]),
        ];
        let shown = Shown { outside: false, hypothetical: true, ..Shown::default() };
        Grid::new(Shared::new(fixture::analysis(peers, |_, _| 0)), &shown, None, Room::default())
    }

    fn names(grid: &Grid, places: &[bool]) -> Vec<String> {
        let marked = places.iter().enumerate().filter(|(_, place)| **place);
        marked.filter_map(|(row, _)| Some(grid.row_header(row)?.full)).collect()
    }

    #[test]
    fn a_rule_is_where_its_rows_and_columns_meet() {
        let grid = grid();
        let cells = LocatedCells::new(&grid, &located(LocatedPart::Rule, &[0, 3], &[1]));
        assert_eq!(names(&grid, &cells.rows), ["shop/cart"], "what is not shown is not marked");
        assert_eq!(names(&grid, &cells.columns), ["data/redis"]);
        let row = grid.rows.place_of_peer(0).unwrap();
        let column = grid.columns.place_of_peer(1).unwrap();
        assert!(cells.has_cell(row, column));
        assert!(!cells.has_cell(column, row));
    }

    #[test]
    fn a_policy_and_a_workload_mark_whole_rows_and_columns() {
        let grid = grid();
        let cells = LocatedCells::new(&grid, &located(LocatedPart::Policy, &[0, 2], &[0, 2]));
        assert_eq!(names(&grid, &cells.rows), ["shop/cart", "shop/web"]);
        assert!(!cells.has_cell(0, 0));
        assert!(!cells.has_row(99) && !cells.has_column(99));
    }
}
