//! Where rows and columns stand, in CSS pixels, and which of them are in sight.

use std::ops::Range;

use super::axis::Axis;

/// Rows or columns along one direction; the first of each group but the first stands off by a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    starts: Vec<f64>,
    gaps: Vec<bool>,
    size: f64,
    total: f64,
}

/// How many entries are rendered together: the window moves in steps of this, so that most scrolling renders nothing.
const CHUNK: usize = 8;

/// The chunks that hold these entries and, where there is one, another: in order, each with all of its entries.
pub fn chunks(window: &Range<usize>, other: Option<usize>, count: usize) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = window.clone().step_by(CHUNK).map(|entry| entry / CHUNK * CHUNK).collect();
    if let Some(start) = other.map(|entry| entry / CHUNK * CHUNK)
        && let Err(place) = starts.binary_search(&start)
    {
        starts.insert(place, start);
    }
    starts
        .into_iter()
        .map(|start| start..(start + CHUNK).min(count))
        .filter(|chunk| !chunk.is_empty())
        .collect()
}

impl Track {
    /// Lays out an axis of entries of one size.
    pub fn new(axis: &Axis, size: f64, gap: f64) -> Self {
        let mut track = Self { size, ..Self::default() };
        let mut at = 0.0;
        for (band, index) in axis.bands.iter().zip(0_usize..) {
            for entry in band.entries.clone() {
                let stands_off = index > 0 && entry == band.entries.start;
                if stands_off {
                    at += gap;
                }
                track.gaps.push(stands_off);
                track.starts.push(at);
                at += size;
            }
        }
        track.total = at;
        track
    }

    /// The length of the whole.
    pub fn total(&self) -> f64 {
        self.total
    }

    /// Where an entry starts; the end for one that does not exist.
    pub fn start(&self, index: usize) -> f64 {
        self.starts.get(index).copied().unwrap_or(self.total)
    }

    /// Where the entries before `index` end, gap not included.
    pub fn end(&self, index: usize) -> f64 {
        index.checked_sub(1).map_or(0.0, |before| self.start(before) + self.size)
    }

    /// Whether an entry stands off from the one before it.
    pub fn has_gap(&self, index: usize) -> bool {
        self.gaps.get(index).copied().unwrap_or_default()
    }

    /// The entries to render when `view` pixels from `scroll` on are in sight: those, and some on both sides.
    pub fn window(&self, scroll: f64, view: f64) -> Range<usize> {
        let first = self.starts.partition_point(|start| start + self.size <= scroll);
        let last = self.starts.partition_point(|start| *start < scroll + view);
        let first = (first.saturating_sub(CHUNK / 2) / CHUNK) * CHUNK;
        let last = (last + CHUNK / 2).div_ceil(CHUNK) * CHUNK;
        first..last.min(self.starts.len())
    }

    /// How many whole entries fit into `view` pixels.
    pub fn page(&self, view: f64) -> usize {
        if self.size > 0.0 { (view / self.size) as usize } else { 0 }
    }

    /// The least scrolling that brings an entry into sight.
    pub fn reveal(&self, index: usize, scroll: f64, view: f64) -> f64 {
        let start = self.start(index);
        let end = start + self.size;
        if start < scroll {
            start
        } else if end > scroll + view {
            (end - view).max(0.0)
        } else {
            scroll
        }
    }
}

/// The sizes of cells and headers, in pixels; the style sheet reads them as variables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Whether cells are too small for text.
    pub compact: bool,
    /// From one column to the next.
    pub column: f64,
    /// From one row to the next.
    pub row: f64,
    /// Between groups.
    pub gap: f64,
    /// The column of namespaces; 0 where there is none.
    pub gutter: f64,
    /// The column of row names, namespaces not included.
    pub head_width: f64,
    /// The row of column names, namespaces not included.
    pub head_height: f64,
    /// How many characters of a row's name fit.
    pub row_characters: usize,
    /// How many characters of a column's name fit.
    pub column_characters: usize,
    /// How many characters of a namespace fit into the gutter.
    pub gutter_characters: usize,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// A screen.
    #[default]
    Wide,
    /// A phone.
    Narrow,
}

/// Above the row of column names stand the namespaces.
pub const BAND_HEIGHT: f64 = 24.0;
/// The space between two cells.
pub const SPACING: f64 = 2.0;
/// More columns than this get cells without text.
pub const MOST_WIDE_COLUMNS: usize = 40;

impl Sizes {
    /// Sizes for so many columns and for names of at most these lengths.
    pub fn new(columns: usize, longest: Longest, room: Room) -> Self {
        let compact = columns > MOST_WIDE_COLUMNS;
        let (column, row, gap) = if compact { (16.0, 16.0, 4.0) } else { (48.0, 30.0, 6.0) };
        let character = if compact { 6.1 } else { 7.1 };
        let (most_width, most_height, most_gutter) = match room {
            Room::Wide => (176.0, 132.0, 92.0),
            Room::Narrow => (112.0, 96.0, 0.0),
        };
        let head_width = (longest.row as f64 * character + 18.0).clamp(64.0, most_width);
        let head_height = (longest.column as f64 * character + 16.0).clamp(64.0, most_height);
        let gutter = if most_gutter > 0.0 {
            (longest.group as f64 * 6.2 + 14.0).clamp(40.0, most_gutter)
        } else {
            0.0
        };
        let fit = |space: f64, used: f64, each: f64| ((space - used) / each).max(3.0) as usize;
        Self {
            compact,
            column,
            row,
            gap,
            gutter,
            head_width,
            head_height,
            row_characters: fit(head_width, 17.0, character),
            column_characters: fit(head_height, 15.0, character),
            gutter_characters: fit(gutter, 10.0, 6.2),
        }
    }
}

/// The lengths of the longest names, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Longest {
    /// Of a row.
    pub row: usize,
    /// Of a column.
    pub column: usize,
    /// Of a group's name beside the rows; 0 where none stands there.
    pub group: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::matrix::axis::{Band, Entry};

    fn track(groups: &[usize]) -> Track {
        let mut axis = Axis::default();
        for (group, count) in groups.iter().enumerate() {
            let start = axis.entries.len();
            axis.entries.extend((start..start + count).map(Entry::Peer));
            axis.bands.push(Band { group, entries: start..start + count });
        }
        Track::new(&axis, 10.0, 5.0)
    }

    #[test]
    fn groups_stand_apart() {
        let track = track(&[2, 1]);
        assert_eq!([track.start(0), track.start(1), track.start(2)], [0.0, 10.0, 25.0]);
        assert_eq!(track.total(), 35.0);
        assert_eq!(track.end(2), 20.0);
        assert!(track.has_gap(2) && !track.has_gap(0));
    }

    #[test]
    fn the_window_holds_what_is_in_sight_and_little_more() {
        let track = track(&[100, 900]);
        for scroll in [0.0, 333.0, 995.0, 5000.0, 9_900.0] {
            let window = track.window(scroll, 200.0);
            let seen = (0..1000)
                .filter(|index| track.start(*index) < scroll + 200.0 && track.start(*index) + 10.0 > scroll);
            let (first, last) = (seen.clone().next().unwrap(), seen.max().unwrap());
            assert!(window.start <= first && last < window.end, "{scroll}: {window:?}");
            assert!(window.len() <= 20 + 4 * CHUNK, "{scroll}: {window:?}");
            assert!(window.end <= 1000);
        }
    }

    #[test]
    fn chunks_are_whole_and_in_order() {
        assert_eq!(chunks(&(8..20), None, 20), [8..16, 16..20]);
        assert_eq!(chunks(&(8..16), Some(3), 20), [0..8, 8..16]);
        assert_eq!(chunks(&(8..16), Some(9), 20), vec![8..16; 1]);
        assert_eq!(chunks(&(0..0), Some(19), 20), vec![16..20; 1]);
        assert_eq!(chunks(&(0..24), Some(30), 4), vec![0..4; 1], "of a smaller matrix");
    }

    #[test]
    fn an_entry_is_revealed_with_the_least_scrolling() {
        let track = track(&[100]);
        assert_eq!(track.reveal(0, 50.0, 100.0), 0.0);
        assert_eq!(track.reveal(10, 50.0, 100.0), 50.0);
        assert_eq!(track.reveal(20, 50.0, 100.0), 110.0);
    }

    #[test]
    fn many_columns_make_small_cells() {
        let longest = Longest { row: 8, column: 8, group: 4 };
        assert!(!Sizes::new(40, longest, Room::Wide).compact);
        assert!(Sizes::new(41, longest, Room::Wide).compact);
        let sizes = Sizes::new(10, Longest { row: 60, column: 60, group: 60 }, Room::Narrow);
        assert!(sizes.head_width <= 112.0 && sizes.row_characters < 16);
    }
}
