//! Help while writing: what may stand at a place, and what stands there means.
//!
//! The text may be newer than the last analysis and need not be YAML yet: places are told from the text alone, and
//! only labels, namespaces, addresses and ports come from the analysis.

mod complete;
mod hover;
mod selection;
mod served;
#[cfg(test)]
mod tests;

use netpol_source::{SourceFile, TextRange};

use crate::contract::{Position, Span};

pub(crate) use complete::complete;
pub(crate) use hover::hover;

/// The byte at a line and column, both from 1 and columns in UTF-16 units; the end of the line where it is shorter.
fn offset(text: &str, position: Position) -> Option<usize> {
    let above = usize::try_from(position.line).ok()?.checked_sub(1)?;
    let start = match above.checked_sub(1) {
        None => 0,
        Some(last) => text.match_indices('\n').nth(last)?.0 + 1,
    };
    let line = text.get(start..)?.split('\n').next()?;
    let line = line.strip_suffix('\r').unwrap_or(line);
    let mut left = usize::try_from(position.column).ok()?.saturating_sub(1);
    let mut at = start;
    for letter in line.chars() {
        if left < letter.len_utf16() {
            break;
        }
        left -= letter.len_utf16();
        at += letter.len_utf8();
    }
    Some(at)
}

/// A range that lies in the line of a position, in lines and columns.
fn span(file: &SourceFile, line: u32, range: TextRange) -> Span {
    let start = file.text.get(..range.start()).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let at = |offset: usize| {
        let before = file.text.get(start..offset).unwrap_or_default();
        let units: usize = before.chars().map(char::len_utf16).sum();
        Position { line, column: u32::try_from(units).unwrap_or(u32::MAX).saturating_add(1) }
    };
    Span { file: file.name.clone(), start: at(range.start()), end: at(range.end()) }
}
