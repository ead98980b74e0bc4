//! Where one document ends and the next begins, without understanding what is in them.
//!
//! YAML forbids `---` and `...` at the start of a line anywhere but between documents, even inside block and quoted
//! scalars, so a scan over lines is exact. JSON values written one behind the other, which `kubectl` accepts, are
//! told apart by their brackets.

use std::ops::Range;

/// The byte ranges of the documents of one file, in order. Documents that hold only white space and comments are
/// left out, so that an empty file has none.
pub(crate) fn documents(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = byte_order_mark(text);
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let end = at + line.len();
        if is_marker(line, "---") {
            push(text, start..at, &mut found);
            // What stands behind the marker (`--- # comment`, `--- {a: b}`) belongs to the document that it opens.
            start = at + 3;
        } else if is_marker(line, "...") {
            push(text, start..at, &mut found);
            start = end;
        }
        at = end;
    }
    push(text, start..text.len(), &mut found);
    found
}

fn byte_order_mark(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let piece = text.get(range.clone()).unwrap_or_default();
    let empty = piece.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line.starts_with("%YAML") || line.starts_with("%TAG")
    });
    if empty {
        return;
    }
    if piece.trim_start().starts_with('{') {
        json_values(piece, range.start, found);
    } else {
        found.push(range);
    }
}

/// Splits `{…} {…}` after each closing bracket of the outermost level that is followed by another opening one.
fn json_values(piece: &str, offset: usize, found: &mut Vec<Range<usize>>) {
    let (mut depth, mut in_string, mut escaped, mut start) = (0_usize, false, false, 0);
    let mut closed = None;
    for (at, byte) in piece.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                if depth == 0
                    && let Some(end) = closed.take()
                {
                    found.push(offset + start..offset + end);
                    start = end;
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    closed = Some(at + 1);
                }
            }
            byte if byte.is_ascii_whitespace() => {}
            // Anything else between two values is a mistake that the reader of the document reports.
            _ if depth == 0 => closed = None,
            _ => {}
        }
    }
    found.push(offset + start..offset + piece.len());
}

#[cfg(test)]
mod tests {
    use super::documents;

    fn split(text: &str) -> Vec<&str> {
        documents(text).into_iter().map(|range| text[range].trim()).collect()
    }

    #[test]
    fn markers_separate_documents() {
        assert_eq!(split("a: 1\n---\nb: 2\n--- # c\nc: 3\n...\nd: 4"), ["a: 1", "b: 2", "# c\nc: 3", "d: 4"]);
        assert_eq!(split("---\r\na: 1\r\n---\r\n"), ["a: 1"]);
        assert_eq!(split("--- {a: 1}\n--- {b: 2}"), ["{a: 1}", "{b: 2}"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_does_not() {
        assert_eq!(split("a: |\n  ---\nb: ---x\n----\n").len(), 1);
    }

    #[test]
    fn nothing_but_comments_is_no_document() {
        assert!(split("").is_empty());
        assert!(split("\u{feff}# hello\n---\n   \n---\n#\n").is_empty());
    }

    #[test]
    fn json_values_in_a_row_are_documents() {
        assert_eq!(split("{\"a\": \"}{\"}\n{\"b\": {}}"), ["{\"a\": \"}{\"}", "{\"b\": {}}"]);
        assert_eq!(split("{a: 1} x {b: 2}").len(), 1);
    }
}
