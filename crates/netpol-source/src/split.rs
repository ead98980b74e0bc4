//! Where one document ends and the next begins, without understanding what is in them.
//!
//! The rules are those of `kubectl` (`YAMLReader` of `k8s.io/apimachinery/pkg/util/yaml`): lines end in LF or CRLF, and
//! every line that begins with `---` ends a document, even inside a text of several lines. Behind the dashes may stand
//! white space and a comment, glued on or not (`---# b`); at anything else (`--- {a: b}`, `----`) `kubectl` gives the
//! file up, and so such a document keeps its dashes: its reader sees them, and refuses it. A line `...` separates
//! nothing, nor does a `---` between two CR; what stands behind either belongs to the same document, whose reader
//! says that it is lost. JSON values written one behind the other, which `kubectl` accepts, are told apart by their
//! brackets.

use std::ops::Range;

use crate::list;

/// A document of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) bytes: Range<usize>,
    /// Where the dash stands of an item of a list, relative to its beginning.
    pub(crate) dash: Option<usize>,
    /// Whether it is an item of a list, be it in YAML or in JSON.
    pub(crate) is_item: bool,
}

/// The documents of one file, in order; the items of a `List` are documents of their own. Documents that hold only white
/// space and comments are left out, so that an empty file has none.
pub(crate) fn documents(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    for bytes in whole(text) {
        let document = text.get(bytes.clone()).unwrap_or_default();
        match list::items(document) {
            Some(items) => found.extend(items.into_iter().map(|item| {
                let dash = item.dash.map(|dash| dash - item.bytes.start);
                let item = bytes.start + item.bytes.start..bytes.start + item.bytes.end;
                Piece { bytes: item, dash, is_item: true }
            })),
            None => found.push(Piece { bytes, dash: None, is_item: false }),
        }
    }
    found
}

/// The byte ranges of the documents of one file.
fn whole(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = byte_order_mark(text);
    let mut at = start;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        if let Some(rest) = line.strip_prefix("---") {
            push(text, start..at, &mut found);
            start = if is_comment(rest) { at + 3 } else { at };
        }
        at += line.len();
    }
    push(text, start..text.len(), &mut found);
    found
}

/// Whether nothing but white space and a comment stands behind a separator, to the end of its line.
fn is_comment(rest: &str) -> bool {
    let rest = rest.trim();
    // A CR does not end the line for `kubectl`, but for everybody else: then what it swallows is no comment.
    rest.is_empty() || rest.starts_with('#') && !rest.contains('\r')
}

fn byte_order_mark(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let piece = text.get(range.clone()).unwrap_or_default();
    let empty = piece.split(['\n', '\r']).all(|line| {
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
        documents(text).into_iter().map(|piece| text[piece.bytes].trim()).collect()
    }

    #[test]
    fn markers_separate_documents() {
        assert_eq!(
            split("a: 1\n---\nb: 2\n--- # c\nc: 3\n---# d\nd: 4"),
            ["a: 1", "b: 2", "# c\nc: 3", "# d\nd: 4"]
        );
        assert_eq!(split("---\r\na: 1\r\n---\r\n"), ["a: 1"]);
        assert_eq!(split("a: |\n  b\n---\t \nb: 2\n---"), ["a: |\n  b", "b: 2"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_does_not() {
        assert_eq!(split("a: |\n  ---\nb: ---x\nc: x---\nd: 1\n").len(), 1);
        assert_eq!(split("a: 1\n...\nb: 2\n---\nc: 3\n"), ["a: 1\n...\nb: 2", "c: 3"]);
        assert_eq!(split("a: 1\r---\rb: 2\r").len(), 1);
    }

    #[test]
    fn a_separator_with_more_than_a_comment_behind_it_stays() {
        assert_eq!(split("a: 1\n--- {b: 2}\n----\nc: 3"), ["a: 1", "--- {b: 2}", "----\nc: 3"]);
        assert_eq!(split("---\ra: 1\r"), ["---\ra: 1"]);
        assert_eq!(split("---# a\ra: 1\r"), ["---# a\ra: 1"]);
    }

    #[test]
    fn nothing_but_comments_is_no_document() {
        assert!(split("").is_empty());
        assert_eq!(split("# hello\ra: 1\r").len(), 1);
        assert!(split("\u{feff}# hello\n---\n   \n---\n#\n").is_empty());
    }

    #[test]
    fn json_values_in_a_row_are_documents() {
        assert_eq!(split("{\"a\": \"}{\"}\n{\"b\": {}}"), ["{\"a\": \"}{\"}", "{\"b\": {}}"]);
        assert_eq!(split("{a: 1} x {b: 2}").len(), 1);
    }
}
