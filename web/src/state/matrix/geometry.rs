//! Where rows and columns stand, in CSS pixels, and which of them are in sight.

use std::ops::Range;

use super::axis::Axis;

/// Rows or columns along one direction; the first of each group but the first stands off by a gap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    starts: Vec<i32>,
    size: i32,
    total: i32,
}

/// How many cells stand in one element.
const CHUNK: usize = 8;
/// So many entries are shown on either side of those in sight: who scrolls sees what is there already.
const BEYOND: usize = 4;

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
    /// Lays out an axis of entries of one size, behind so many pixels; each group has at least the room that its name needs.
    pub fn new(axis: &Axis, size: i32, gap: i32, lead: i32, needs: impl Fn(usize) -> i32) -> Self {
        let mut track = Self { size, total: lead, ..Self::default() };
        for (index, band) in axis.bands.iter().enumerate() {
            let start = if index > 0 { track.total + gap } else { lead };
            track
                .starts
                .extend((0..).zip(band.entries.clone()).map(|(place, _): (i32, _)| start + place * size));
            let length = i32::try_from(band.entries.len()).unwrap_or(i32::MAX / 100) * size;
            track.total = start + length.max(needs(band.group));
        }
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

    /// How far an entry stands off from the one before it.
    pub fn gap(&self, index: usize) -> i32 {
        if index == 0 { 0 } else { self.start(index) - self.end(index) }
    }

    /// The entries to show when `view` pixels from `scroll` on are in sight: those, and some on both sides.
    pub fn window(&self, scroll: i32, view: i32) -> Range<usize> {
        let first = self.starts.partition_point(|start| start + self.size <= scroll);
        let last = self.starts.partition_point(|start| *start < scroll + view);
        first.saturating_sub(BEYOND)..(last + BEYOND).min(self.starts.len())
    }

    /// The same in whole chunks.
    pub fn chunked_window(&self, scroll: i32, view: i32) -> Range<usize> {
        let Range { start, end } = self.window(scroll, view);
        start / CHUNK * CHUNK..end.next_multiple_of(CHUNK).min(self.starts.len())
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
            // With what stands before the first.
            if index == 0 { 0 } else { start }
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
    /// Between groups of columns.
    pub gap: i32,
    /// Between groups of rows.
    pub row_gap: i32,
    /// The column of namespaces; 0 where there is none.
    pub gutter: i32,
    /// The column of row names, namespaces not included.
    pub head_width: i32,
    /// The row of column names, namespaces not included.
    pub head_height: i32,
}

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How wide it is, in steps: not every pixel lays the matrix out anew.
    pub width: i32,
    /// Whether it is too low for long names above the columns.
    pub low: bool,
}

impl Room {
    /// The room in so many pixels.
    pub fn of(width: i32, height: i32) -> Self {
        Self { width: width / STEP * STEP, low: height < LEAST_HEIGHT }
    }

    /// Whether there is none for a column of namespaces: a phone, or a narrow pane.
    fn is_narrow(self) -> bool {
        self.width < LEAST_WIDTH
    }
}

impl Default for Room {
    /// That of a screen.
    fn default() -> Self {
        Self { width: 800, low: false }
    }
}

const STEP: i32 = 40;
const LEAST_WIDTH: i32 = 480;
const LEAST_HEIGHT: i32 = 440;
/// Without a column of namespaces, each stands in the gap above its first row.
const NAMED_GAP: i32 = 13;
/// The column of row names is never wider.
const MOST_WIDTH: i32 = 204;

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
        let (least_width, most_height, most_gutter) =
            if room.is_narrow() { (120, 112, 0) } else { (160, 132, 92) };
        let most_height = if room.low { 72 } else { most_height };
        let width = |characters: usize, each: i32| {
            i32::try_from(characters).unwrap_or(i32::MAX / 100).min(1000) * each / 10
        };
        let head_height = (width(longest.column, character) + 17).clamp(64, most_height);
        let gutter = match longest.group {
            0 => 0,
            _ if most_gutter == 0 => 0,
            characters => (width(characters, SMALL) + 15).clamp(40, most_gutter),
        };
        // Longer names are whole where the columns leave the room.
        let free = room.width - gutter - i32::try_from(columns).unwrap_or(i32::MAX / 100) * column;
        let most_width = free.clamp(least_width, MOST_WIDTH);
        let head_width = (width(longest.row, character) + 19).clamp(84, most_width);
        let row_gap = if gutter == 0 && longest.group > 0 { NAMED_GAP } else { gap };
        Self { compact, column, row, gap, row_gap, gutter, head_width, head_height }
    }

    /// The width and height in which cells are seen, in a place of this width and height.
    pub fn room(&self, (width, height): (i32, i32)) -> (i32, i32) {
        let (left, top) = (self.gutter + self.head_width, self.head_height + BAND_HEIGHT);
        ((width - left).max(0), (height - top).max(0))
    }

    /// The room that the name of a group above its columns needs. Between small cells it is cut instead.
    pub fn needed_above(&self, name: &str) -> i32 {
        let characters = i32::try_from(name.chars().count()).unwrap_or(MOST_ABOVE).min(MOST_ABOVE);
        if self.compact { 0 } else { characters * SMALL / 10 + 8 }
    }
}

/// The mean width of a small character, in tenths of a pixel.
const SMALL: i32 = 70;
/// So many characters of a group's name above its columns get room.
const MOST_ABOVE: i32 = 18;

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
        Track::new(&axis, 10, 5, 0, |_| 0)
    }

    #[test]
    fn groups_stand_apart() {
        let track = track(&[2, 1]);
        assert_eq!([track.start(0), track.start(1), track.start(2)], [0, 10, 25]);
        assert_eq!(track.total(), 35);
        assert_eq!(track.end(2), 20);
        assert_eq!([track.gap(0), track.gap(1), track.gap(2)], [0, 0, 5]);
    }

    #[test]
    fn a_group_has_room_for_its_name() {
        let mut axis = Axis::default();
        for group in 0..3 {
            axis.entries.push(Entry::Peer(group));
            axis.bands.push(Band { group, entries: group..group + 1 });
        }
        let track = Track::new(&axis, 10, 5, 7, |group| if group == 1 { 2 } else { 32 });
        assert_eq!([track.start(0), track.start(1), track.start(2)], [7, 44, 59]);
        assert_eq!([track.gap(1), track.gap(2), track.total()], [27, 5, 91]);
        assert_eq!(
            [track.reveal(0, 50, 100), track.reveal(1, 50, 100)],
            [0, 44],
            "with what stands before it"
        );
    }

    #[test]
    fn the_window_holds_what_is_in_sight_and_little_more() {
        let track = track(&[100, 900]);
        for scroll in [0, 333, 995, 5000, 9_900] {
            let (window, chunked) = (track.window(scroll, 200), track.chunked_window(scroll, 200));
            let seen = (0..1000)
                .filter(|index| track.start(*index) < scroll + 200 && track.start(*index) + 10 > scroll);
            let (first, last) = (seen.clone().next().unwrap(), seen.max().unwrap());
            assert!(window.start <= first && last < window.end, "{scroll}: {window:?}");
            assert!(window.len() <= 21 + 2 * BEYOND, "{scroll}: {window:?}");
            assert!(chunked.start <= window.start && window.end <= chunked.end, "{scroll}: {chunked:?}");
            assert!(chunked.len() < window.len() + 2 * CHUNK && chunked.start.is_multiple_of(CHUNK));
            assert!(chunked.end == 1000 || chunked.end.is_multiple_of(CHUNK));
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
        assert!(!Sizes::new(40, longest, Room::default()).compact);
        assert!(Sizes::new(41, longest, Room::default()).compact);
    }

    #[test]
    fn little_room_makes_small_headers() {
        let longest = Longest { row: 60, column: 60, group: 60 };
        let sizes = |width, height| {
            let sizes = Sizes::new(10, longest, Room::of(width, height));
            [sizes.gutter + sizes.head_width, sizes.head_height, sizes.row_gap]
        };
        assert_eq!(sizes(1200, 700), [296, 132, 6]);
        assert_eq!(sizes(700, 700), [252, 132, 6]);
        assert_eq!(sizes(390, 700), [120, 112, NAMED_GAP]);
        assert_eq!(sizes(700, 300), [252, 72, 6]);
        assert_eq!(sizes(390, 300), [120, 72, NAMED_GAP]);
    }
}
