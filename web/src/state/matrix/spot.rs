//! Where the keyboard is in the matrix, and how it moves.

/// A cell, or a header where one of the two is `None`; both `None` is the corner, where the keyboard never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The row; `None` is the row of column headers.
    pub row: Option<usize>,
    /// The column; `None` is the column of row headers.
    pub column: Option<usize>,
}

/// A move of the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the first cell of the row.
    RowStart,
    /// To the last cell of the row.
    RowEnd,
    /// To the first cell of all.
    Start,
    /// To the last cell of all.
    End,
    /// So many rows up.
    PageUp(usize),
    /// So many rows down.
    PageDown(usize),
}

impl Spot {
    /// The first cell.
    pub const FIRST: Self = Self { row: Some(0), column: Some(0) };

    /// A cell.
    pub const fn cell(row: usize, column: usize) -> Self {
        Self { row: Some(row), column: Some(column) }
    }

    /// The same place in a matrix of this size, or the nearest.
    pub fn within(self, rows: usize, columns: usize) -> Self {
        Self {
            row: self.row.map(|row| row.min(rows.saturating_sub(1))),
            column: self.column.map(|column| column.min(columns.saturating_sub(1))),
        }
    }

    /// Where a move leads in a matrix of this size. Headers are reached by moving past the first row or column.
    pub fn moved(self, step: Move, rows: usize, columns: usize) -> Self {
        let (last_row, last_column) = (rows.saturating_sub(1), columns.saturating_sub(1));
        let Self { row, column } = self;
        let spot = match step {
            Move::Left => match column {
                Some(0) if row.is_some() => Self { row, column: None },
                _ => Self { row, column: column.map(|column| column.saturating_sub(1)) },
            },
            Move::Right => Self { row, column: Some(column.map_or(0, |column| column + 1)) },
            Move::Up => match row {
                Some(0) if column.is_some() => Self { row: None, column },
                _ => Self { row: row.map(|row| row.saturating_sub(1)), column },
            },
            Move::Down => Self { row: Some(row.map_or(0, |row| row + 1)), column },
            Move::RowStart => Self { row, column: Some(0) },
            Move::RowEnd => Self { row, column: Some(last_column) },
            Move::Start => Self::FIRST,
            Move::End => Self::cell(last_row, last_column),
            Move::PageUp(page) => Self { row: row.map(|row| row.saturating_sub(page.max(1))), column },
            Move::PageDown(page) => Self { row: Some(row.map_or(0, |row| row + page.max(1))), column },
        };
        spot.within(rows, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_and_header_is_reached_by_arrows() {
        let (rows, columns) = (3, 4);
        let mut seen = std::collections::BTreeSet::new();
        let mut waiting = vec![Spot::FIRST];
        while let Some(spot) = waiting.pop() {
            if seen.insert((spot.row, spot.column)) {
                let moves = [Move::Left, Move::Right, Move::Up, Move::Down];
                waiting.extend(moves.map(|step| spot.moved(step, rows, columns)));
            }
        }
        assert_eq!(seen.len(), rows * columns + rows + columns, "all but the corner");
        assert!(!seen.contains(&(None, None)));
    }

    #[test]
    fn moves_stop_at_the_edges() {
        let end = Spot::cell(2, 3);
        for (from, step, to) in [
            (end, Move::Right, end),
            (end, Move::Down, end),
            (end, Move::PageUp(10), Spot::cell(0, 3)),
            (Spot::FIRST, Move::PageDown(2), Spot::cell(2, 0)),
            (Spot::FIRST, Move::RowEnd, Spot::cell(0, 3)),
            (end, Move::RowStart, Spot::cell(2, 0)),
            (end, Move::Start, Spot::FIRST),
            (Spot::FIRST, Move::End, end),
            (Spot { row: None, column: Some(2) }, Move::Up, Spot { row: None, column: Some(2) }),
            (Spot { row: None, column: Some(2) }, Move::Down, Spot::cell(0, 2)),
        ] {
            assert_eq!(from.moved(step, 3, 4), to, "{step:?}");
        }
    }

    #[test]
    fn a_smaller_matrix_keeps_the_nearest_place() {
        assert_eq!(Spot::cell(9, 9).within(3, 4), Spot::cell(2, 3));
        assert_eq!(Spot { row: None, column: Some(9) }.within(3, 4), Spot { row: None, column: Some(3) });
    }
}
