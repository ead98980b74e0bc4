//! Changes to a text.

use std::fmt;

use crate::order;
use crate::span::TextRange;

/// Replaces the bytes of `range` by `replacement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty to insert.
    pub range: TextRange,
    /// What comes in its place.
    pub replacement: String,
}

/// Why a set of edits cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// Two edits change the same bytes.
    Overlap(TextRange, TextRange),
    /// A range that is not inside the text, or cuts a character in two.
    OutOfRange(TextRange),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(a, b) => {
                write!(f, "edits of bytes {}-{} and {}-{} overlap", a.start(), a.end(), b.start(), b.end())
            }
            Self::OutOfRange(range) => {
                write!(f, "bytes {}-{} are not a piece of the text", range.start(), range.end())
            }
        }
    }
}

impl std::error::Error for EditError {}

/// `text` with all `edits` made; their order does not matter.
///
/// # Errors
/// When two edits overlap, or one is not a piece of the text.
pub fn apply_edits(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    order::sort_by_key(&mut sorted, |edit| edit.range);
    let mut result = String::with_capacity(text.len());
    let mut done = 0;
    let mut before = TextRange::default();
    for edit in sorted {
        if edit.range.start() < done {
            return Err(EditError::Overlap(before, edit.range));
        }
        let kept = text.get(done..edit.range.start()).ok_or(EditError::OutOfRange(edit.range))?;
        text.get(edit.range.start()..edit.range.end()).ok_or(EditError::OutOfRange(edit.range))?;
        result.push_str(kept);
        result.push_str(&edit.replacement);
        done = edit.range.end();
        before = edit.range;
    }
    result.push_str(text.get(done..).unwrap_or_default());
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, replacement: &str) -> Edit {
        Edit { range: TextRange::new(start, end), replacement: replacement.to_owned() }
    }

    #[test]
    fn edits_apply_in_any_order() {
        let result = apply_edits("abcdef", &[edit(4, 6, "E"), edit(0, 1, "xx"), edit(2, 2, "-")]);
        assert_eq!(result.as_deref(), Ok("xxb-cdE"));
    }

    #[test]
    fn overlap_and_split_characters_are_refused() {
        assert!(matches!(apply_edits("abc", &[edit(0, 2, ""), edit(1, 3, "")]), Err(EditError::Overlap(..))));
        assert!(matches!(apply_edits("é", &[edit(1, 2, "")]), Err(EditError::OutOfRange(_))));
        assert!(matches!(apply_edits("a", &[edit(2, 3, "")]), Err(EditError::OutOfRange(_))));
    }
}
