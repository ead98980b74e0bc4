//! The cells that a change would change, as they would be then.

use netpol_view::contract::{CellChange, ConnectionSet};

use super::face::Face;
use super::grid::Grid;

/// The changed cells that are in the matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ghosts {
    cells: Vec<Ghost>,
}

/// A cell as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ghost {
    row: usize,
    column: usize,
    /// What it would show.
    pub face: Face,
    /// What it would say.
    pub words: String,
}

impl Ghosts {
    /// The changes of a matrix; what is folded or not shown is left out.
    pub fn new(grid: &Grid, changes: &[CellChange]) -> Self {
        let ghost = |change: &CellChange| {
            let place = |id: &str| grid.analysis.peer(id);
            let row = grid.rows.place_of_peer(place(&change.source)?)?;
            let column = grid.columns.place_of_peer(place(&change.destination)?)?;
            let (face, words) = (grid.face_of(&change.after), grid.words_of(&change.after));
            Some(Ghost { row, column, face, words })
        };
        Self { cells: changes.iter().filter_map(ghost).collect() }
    }

    /// What a cell would be, where it changes.
    pub fn at(&self, row: usize, column: usize) -> Option<&Ghost> {
        self.cells.iter().find(|ghost| (ghost.row, ghost.column) == (row, column))
    }

    /// Whether some cell of a row changes.
    pub fn has_row(&self, row: usize) -> bool {
        self.cells.iter().any(|ghost| ghost.row == row)
    }

    /// Whether some of these columns of a row change.
    pub fn has(&self, row: usize, columns: &std::ops::Range<usize>) -> bool {
        self.cells.iter().any(|ghost| ghost.row == row && columns.contains(&ghost.column))
    }
}

impl Grid {
    /// What a cell of these connections shows.
    fn face_of(&self, set: &ConnectionSet) -> Face {
        self.port().map_or_else(|| Face::of(set), |port| Face::for_port(set, port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;
    use crate::state::matrix::axis::Shown;
    use crate::state::matrix::face::Shape;
    use crate::state::matrix::geometry::Room;
    use crate::state::settings::PortChoice;
    use crate::state::shared::Shared;

    fn ghosts(port: Option<PortChoice>) -> Ghosts {
        let peers = vec![fixture::workload("shop", "cart"), fixture::workload("data", "redis")];
        let analysis = Shared::new(fixture::analysis(peers, |_, _| 0));
        let grid = Grid::new(analysis, &Shown::default(), port, Room::default());
        let change = |source: &str, after| CellChange {
            source: source.to_owned(),
            destination: "data/redis[Deployment]".to_owned(),
            before: fixture::none(),
            after,
        };
        let changes = [
            change("shop/cart[Deployment]", fixture::tcp(&[(80, 80)])),
            change("kube-system/kube-dns[Deployment]", fixture::all()),
        ];
        Ghosts::new(&grid, &changes)
    }

    #[test]
    fn changed_cells_are_where_their_peers_are() {
        let ghosts = ghosts(None);
        assert_eq!(ghosts.cells.len(), 1, "who is not there yet has no cell");
        let ghost = ghosts.at(0, 1).unwrap();
        assert_eq!((ghost.face.text.as_str(), ghost.words.as_str()), ("80", "TCP 80"));
        assert_eq!(ghosts.at(1, 0), None);
        assert!(
            ghosts.has_row(0)
                && !ghosts.has_row(1)
                && ghosts.has(0, &(1..2))
                && !ghosts.has(0, &(0..1))
                && !ghosts.has(1, &(0..2))
        );
    }

    #[test]
    fn for_one_port_they_say_yes_or_no() {
        let port = PortChoice { protocol: netpol_view::contract::Protocol::Tcp, port: 81 };
        let ghosts = ghosts(Some(port));
        let ghost = ghosts.at(0, 1).unwrap();
        assert_eq!((ghost.face.shape, ghost.words.as_str()), (Shape::None, "TCP 81 denied"));
    }
}
