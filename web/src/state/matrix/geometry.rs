//! Where rows and columns stand, in CSS pixels, and which of them are in sight.

use std::ops::Range;

use super::axis::Axis;

/// Rows or columns along one direction; the first of each group but the first stands off by a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    starts: Vec<i32>,
    gaps: Vec<bool>,
    size: i32,
    total: i32,
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
    pub fn new(axis: &Axis, size: i32, gap: i32) -> Self {
        let mut track = Self { size, ..Self::default() };
        let mut at = 0;
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
    pub fn total(&self) -> i32 {
        self.total
    }

    /// Where an entry starts; the end for one that does not exist.
    pub fn start(&self, index: usize) -> i32 {
        self.starts.get(index).copied().unwrap_or(self.total)
    }

    /// Where the entries before `index` end, gap not included.
    pub fn end(&self, index: usize) -> i32 {
        index.checked_sub(1).map_or(0, |before| self.start(before) + self.size)
    }

    /// Whether an entry stands off from the one before it.
    pub fn has_gap(&self, index: usize) -> bool {
        self.gaps.get(index).copied().unwrap_or_default()
    }

    /// The entries to render when `view` pixels from `scroll` on are in sight: those, and some on both sides.
    pub fn window(&self, scroll: i32, view: i32) -> Range<usize> {
        let first = self.starts.partition_point(|start| start + self.size <= scroll);
        let last = self.starts.partition_point(|start| *start < scroll + view);
        let first = (first.saturating_sub(CHUNK / 2) / CHUNK) * CHUNK;
        let last = (last + CHUNK / 2).div_ceil(CHUNK) * CHUNK;
        first..last.min(self.starts.len())
    }

    /// How many whole entries fit into `view` pixels.
    pub fn page(&self, view: i32) -> usize {
        usize::try_from(view.checked_div(self.size).unwrap_or_default()).unwrap_or_default()
    }

    /// The least scrolling that brings an entry into sight.
    pub fn reveal(&self, index: usize, scroll: i32, view: i32) -> i32 {
        let start = self.start(index);
        let end = start + self.size;
        if start < scroll {
            start
        } else if end > scroll + view {
            (end - view).max(0)
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
    pub column: i32,
    /// From one row to the next.
    pub row: i32,
    /// Between groups.
    pub gap: i32,
    /// The column of namespaces; 0 where there is none.
    pub gutter: i32,
    /// The column of row names, namespaces not included.
    pub head_width: i32,
    /// The row of column names, namespaces not included.
    pub head_height: i32,
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
pub const BAND_HEIGHT: i32 = 24;
/// The space between two cells.
pub const SPACING: i32 = 2;
/// More columns than this get cells without text.
pub const MOST_WIDE_COLUMNS: usize = 40;

impl Sizes {
    /// Sizes for so many columns and for names of at most these lengths.
    pub fn new(columns: usize, longest: Longest, room: Room) -> Self {
        let compact = columns > MOST_WIDE_COLUMNS;
        let (column, row, gap) = if compact { (16, 16, 4) } else { (48, 30, 6) };
        // The mean width of a character, in tenths of a pixel.
        let character = if compact { 61 } else { 71 };
        let small = 62;
        let (most_width, most_height, most_gutter) = match room {
            Room::Wide => (176, 132, 92),
            Room::Narrow => (112, 96, 0),
        };
        let width = |characters: usize, each: i32| {
            i32::try_from(characters).unwrap_or(i32::MAX / 100).min(1000) * each / 10
        };
        let head_width = (width(longest.row, character) + 19).clamp(64, most_width);
        let head_height = (width(longest.column, character) + 17).clamp(64, most_height);
        let gutter = match longest.group {
            0 => 0,
            _ if most_gutter == 0 => 0,
            characters => (width(characters, small) + 15).clamp(40, most_gutter),
        };
        let fit = |space: i32, used: i32, each: i32| {
            usize::try_from((space - used) * 10 / each).unwrap_or_default().max(3)
        };
        Self {
            compact,
            column,
            row,
            gap,
            gutter,
            head_width,
            head_height,
            row_characters: fit(head_width, 17, character),
            column_characters: fit(head_height, 15, character),
            gutter_characters: fit(gutter, 10, small),
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
        Track::new(&axis, 10, 5)
    }

    #[test]
    fn groups_stand_apart() {
        let track = track(&[2, 1]);
        assert_eq!([track.start(0), track.start(1), track.start(2)], [0, 10, 25]);
        assert_eq!(track.total(), 35);
        assert_eq!(track.end(2), 20);
        assert!(track.has_gap(2) && !track.has_gap(0));
    }

    #[test]
    fn the_window_holds_what_is_in_sight_and_little_more() {
        let track = track(&[100, 900]);
        for scroll in [0, 333, 995, 5000, 9_900] {
            let window = track.window(scroll, 200);
            let seen = (0..1000)
                .filter(|index| track.start(*index) < scroll + 200 && track.start(*index) + 10 > scroll);
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
        assert_eq!(track.reveal(0, 50, 100), 0);
        assert_eq!(track.reveal(10, 50, 100), 50);
        assert_eq!(track.reveal(20, 50, 100), 110);
    }

    #[test]
    fn many_columns_make_small_cells() {
        let longest = Longest { row: 8, column: 8, group: 4 };
        assert!(!Sizes::new(40, longest, Room::Wide).compact);
        assert!(Sizes::new(41, longest, Room::Wide).compact);
        let sizes = Sizes::new(10, Longest { row: 60, column: 60, group: 60 }, Room::Narrow);
        assert!(sizes.head_width <= 112 && sizes.row_characters < 16);
    }
}
