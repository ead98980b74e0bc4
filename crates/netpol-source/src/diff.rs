//! What edits do to a text, line by line.

use crate::edit::{Edit, EditError, apply_edits};
use crate::order;
use crate::span::TextRange;

/// Lines that are shown before and after a change.
const AROUND: usize = 2;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A line of a text that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// What becomes of it.
    pub kind: LineKind,
    /// Its number from 1: after the change where it comes, else before.
    pub line: usize,
    /// Without its end.
    pub text: String,
}

/// Lines of the text, from one to before another, both from 0, and those that take their place.
struct Change<'a> {
    before: (usize, usize),
    lines: Vec<&'a str>,
    replacement: Vec<String>,
}

/// What edits do to a text: the places that change, in order, each with some lines around it.
///
/// # Errors
/// When the edits cannot be applied.
pub fn diff(text: &str, edits: &[Edit]) -> Result<Vec<Vec<DiffLine>>, EditError> {
    let lines = Lines::of(text);
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    order::sort_by_key(&mut sorted, |edit| edit.range);
    // Edits that meet in a line change it together.
    let mut together: Vec<((usize, usize), Vec<Edit>)> = Vec::new();
    for edit in sorted {
        let (first, last) = (lines.at(edit.range.start()), lines.at(edit.range.end()) + 1);
        match together.last_mut().filter(|((_, end), _)| first < *end) {
            Some(((_, end), edits)) => {
                *end = last.max(*end);
                edits.push(edit.clone());
            }
            None => together.push(((first, last), vec![edit.clone()])),
        }
    }
    let mut changes = Vec::new();
    for ((first, end), edits) in together {
        let (start, stop) = (lines.start(first), lines.start(end));
        let moved = |edit: Edit| Edit {
            range: TextRange::new(
                edit.range.start().saturating_sub(start),
                edit.range.end().saturating_sub(start),
            ),
            ..edit
        };
        let old = text.get(start..stop).unwrap_or_default();
        let new = apply_edits(old, &edits.into_iter().map(moved).collect::<Vec<_>>())?;
        changes.push(Change::new(first, old, &new));
    }
    Ok(hunks(&lines, &changes))
}

impl<'a> Change<'a> {
    /// The lines that really differ.
    fn new(first: usize, old: &'a str, new: &str) -> Self {
        let mut lines: Vec<&str> = old.lines().collect();
        let mut replacement: Vec<&str> = new.lines().collect();
        while lines.last().is_some() && lines.last() == replacement.last() {
            lines.pop();
            replacement.pop();
        }
        let same = lines.iter().zip(&replacement).take_while(|(a, b)| a == b).count();
        lines.drain(..same);
        replacement.drain(..same);
        let first = first + same;
        Self {
            before: (first, first + lines.len()),
            lines,
            replacement: replacement.into_iter().map(str::to_owned).collect(),
        }
    }
}

fn hunks(lines: &Lines<'_>, changes: &[Change<'_>]) -> Vec<Vec<DiffLine>> {
    let mut hunks: Vec<Vec<DiffLine>> = Vec::new();
    let mut shown = 0;
    // How much further down a line is after the changes above it.
    let mut grown = 0_usize;
    let mut gone = 0_usize;
    for (at, change) in changes.iter().enumerate() {
        let (first, end) = change.before;
        let from = first.saturating_sub(AROUND).max(shown);
        if hunks.is_empty() || from > shown {
            hunks.push(Vec::new());
        }
        let next = changes.get(at + 1).map_or(usize::MAX, |next| next.before.0);
        let until = (end + AROUND).min(next).min(lines.count());
        let Some(hunk) = hunks.last_mut() else { continue };
        let line = |kind, line: usize, text: &str| DiffLine { kind, line: line + 1, text: text.to_owned() };
        hunk.extend((from..first).map(|at| line(LineKind::Same, at, lines.line(at))));
        let removed = change.lines.iter().zip(first..);
        hunk.extend(removed.map(|(text, at)| line(LineKind::Removed, at, text)));
        let added = change.replacement.iter().zip((first + grown).saturating_sub(gone)..);
        hunk.extend(added.map(|(text, at)| line(LineKind::Added, at, text)));
        hunk.extend((end..until).map(|at| line(LineKind::Same, at, lines.line(at))));
        shown = until;
        grown += change.replacement.len();
        gone += change.lines.len();
    }
    hunks
}

/// A text and where its lines start.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(newlines).collect() }
    }

    /// The line that holds a byte.
    fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    fn line(&self, line: usize) -> &'a str {
        let text = self.text.get(self.start(line)..self.start(line + 1)).unwrap_or_default();
        text.trim_end_matches(['\n', '\r'])
    }

    /// A line that is empty and the last is none.
    fn count(&self) -> usize {
        self.text.lines().count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\nb\nc\nd\ne\nf\ng\nh\ni\n";

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit { range: TextRange::new(start, end), replacement: replacement.to_owned() }
    }

    fn shown(text: &str, edits: &[Edit]) -> Vec<String> {
        let hunks = diff(text, edits).unwrap();
        let line = |line: &DiffLine| {
            let sign = match line.kind {
                LineKind::Same => ' ',
                LineKind::Removed => '-',
                LineKind::Added => '+',
            };
            format!("{}{sign}{}", line.line, line.text)
        };
        hunks.iter().map(|hunk| hunk.iter().map(line).collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn a_changed_line_stands_among_its_neighbours() {
        assert_eq!(shown(TEXT, &[edit(8, 9, "E")]), ["3 c 4 d 5-e 5+E 6 f 7 g"]);
        assert_eq!(shown("a: x\n", &[edit(3, 4, "y")]), ["1-a: x 1+a: y"]);
    }

    #[test]
    fn what_is_appended_takes_nothing_away() {
        assert_eq!(shown("a\nb\n", &[edit(4, 4, "---\nc\n")]), ["1 a 2 b 3+--- 4+c"]);
        assert_eq!(shown("a\nb", &[edit(3, 3, "\n---\nc\n")]), ["1 a 2 b 3+--- 4+c"]);
        assert_eq!(shown("", &[edit(0, 0, "c\n")]), ["1+c"]);
    }

    #[test]
    fn lines_that_are_inserted_or_removed() {
        assert_eq!(shown(TEXT, &[edit(2, 2, "x\ny\n")]), ["1 a 2+x 3+y 2 b 3 c"]);
        assert_eq!(shown(TEXT, &[edit(2, 6, "")]), ["1 a 2-b 3-c 4 d 5 e"]);
    }

    #[test]
    fn far_places_stand_apart_and_near_ones_together() {
        let far = shown(TEXT, &[edit(0, 0, "x\n"), edit(16, 17, "I")]);
        assert_eq!(far, ["1+x 1 a 2 b", "7 g 8 h 9-i 10+I"]);
        let near = shown(TEXT, &[edit(0, 1, "A"), edit(6, 7, "D")]);
        assert_eq!(near, ["1-a 1+A 2 b 3 c 4-d 4+D 5 e 6 f"]);
        let one = shown("a: [b, c]\n", &[edit(4, 5, "B"), edit(7, 8, "C")]);
        assert_eq!(one, ["1-a: [b, c] 1+a: [B, C]"]);
    }

    #[test]
    fn edits_that_cannot_be_made_are_refused() {
        assert!(diff("abc", &[edit(0, 2, ""), edit(1, 3, "")]).is_err());
        assert!(diff("a", &[edit(2, 3, "")]).is_err());
    }
}
