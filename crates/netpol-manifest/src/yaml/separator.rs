//! Separators that `kubectl` does not take for one: what it makes of the text behind them.

use std::ops::Range;

use netpol_source::{Code, Diagnostic, Edit, Fix, Severity, TextRange};

use crate::report::shorten;

/// How many lines above a key are looked at for the end of another document.
const MOST_LINES: usize = 20;

/// A document whose own separator `kubectl` refuses: more than a comment stands behind the dashes.
pub(super) fn refused(text: &str) -> Option<Diagnostic<TextRange>> {
    let line = text.strip_prefix("---")?.split('\n').next().unwrap_or_default();
    let line = line.trim_end_matches('\r');
    let content = line.trim();
    let has_cr = line.contains('\r');
    if content.is_empty() || content.starts_with('#') && !has_cr {
        return None;
    }
    let (message, end) = if has_cr {
        let message = "this line ends in CR alone: `kubectl` takes the file for one line, and reads nothing of it; save \
                       it with LF line ends";
        (message.to_owned(), 3)
    } else {
        let message = format!(
            "nothing but a comment may stand behind `---`: `kubectl` refuses `{}`, and reads nothing from here to the end \
             of the file; begin a new line",
            shorten(content)
        );
        (message, 3 + line.trim_end().len())
    };
    Some(Diagnostic::new(Severity::Error, Code::InvalidSeparator, message, TextRange::new(0, end)))
}

/// Where the first document of a text ends, though other documents follow: at a line `...`, or at a `---` between CR.
pub(super) fn end(text: &str) -> Option<usize> {
    let mut has_content = false;
    for line in lines(text) {
        let content = text.get(line.clone()).unwrap_or_default();
        if has_content && (is_marker(content, "...") || is_marker(content, "---")) {
            return Some(line.start);
        }
        has_content |= is_content(content);
    }
    None
}

/// What to say of the text from the end of the first document on: `kubectl` reads none of it, and does not say so.
pub(super) fn lost(text: &str, end: usize) -> Option<Diagnostic<TextRange>> {
    let rest = text.get(end..)?;
    let is_end = rest.starts_with("...");
    let mut content = lines(rest).filter_map(|line| rest.get(line)).filter(|line| {
        let is_lone = is_marker(line, "...") || line.trim_end() == "---";
        is_content(line) && !is_lone
    });
    let first = content.next()?;
    let kind = std::iter::once(first).chain(content).find_map(|line| line.strip_prefix("kind:"));
    let what = match kind {
        Some(kind) => format!("the `{}` below is lost", shorten(kind.trim())),
        None => "what stands below is lost".to_owned(),
    };
    let (cause, advice) = if is_end {
        ("`...` ends a document, and `kubectl` reads nothing behind it", "write `---` instead")
    } else {
        (
            "this `---` ends in CR alone and separates nothing for `kubectl`, which reads nothing behind it",
            "save the file with LF line ends",
        )
    };
    let message = format!("{cause}: {what}; {advice}");
    Some(Diagnostic::new(Severity::Warning, Code::LostDocument, message, TextRange::new(end, end + 3)))
}

/// The word above a key at the beginning of its line that ends in `---`, and so was to separate two documents.
pub(super) fn glued_above(text: &str, key: usize) -> Option<TextRange> {
    let mut end = key.checked_sub(1)?;
    if !text.get(end..)?.starts_with(['\n', '\r']) {
        return None;
    }
    for _ in 0..MOST_LINES {
        let start = text.get(..end)?.rfind(['\n', '\r']).map_or(0, |newline| newline + 1);
        let line = text.get(start..end)?.trim_end();
        if let Some(word) = glued(line) {
            return Some(TextRange::new(start + line.len() - word.len(), start + line.len()));
        }
        if is_content(line) {
            return None;
        }
        end = start.checked_sub(1)?;
    }
    None
}

/// The last word of a line that ends in `---` but does not begin with it.
pub(super) fn glued(line: &str) -> Option<&str> {
    let word = line.trim_end().rsplit([' ', '\t']).next()?;
    let is_text = !word.trim_end_matches('-').is_empty() || word.len() < line.trim_end().len();
    (word.ends_with("---") && is_text).then_some(word)
}

/// Puts the dashes at the end of a word on a line of their own.
pub(super) fn part(word: TextRange) -> Fix {
    let dashes = word.end() - 3;
    let edits = vec![Edit { range: TextRange::new(dashes, dashes), replacement: "\n".to_owned() }];
    Fix { title: "begin a new line before `---`".to_owned(), edits }
}

/// The lines of a text without their ends, which may be LF, CRLF or CR.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split(['\n', '\r']).scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some(start..start + line.len())
    })
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether a line holds more than white space, a comment or a directive.
fn is_content(line: &str) -> bool {
    let content = line.trim();
    !content.is_empty() && !content.starts_with('#') && !line.starts_with('%')
}
