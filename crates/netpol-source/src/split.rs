//! Where one document ends and the next begins, without understanding what is in them.
//!
//! Documents end where they end for `kubectl` (`NewYAMLReader` of apimachinery's `util/yaml`): at lines that begin
//! with `---` and hold nothing else but white space and a comment, `---# comment` included. That is no part of YAML's
//! own rules:
//!
//! - Only a line feed ends a line. In a text whose lines end in a carriage return, no `---` separates anything.
//! - `...` does not separate either. YAML ends the document there, so that what follows is lost.
//! - Text behind the `---`, as in `--- {a: 1}` or `----`, is refused as an invalid separator. So is a comment without
//!   a space before it where the `---` separates nothing, as the first line of a file: that line goes to the parser.
//! - A `---` behind other text is a part of that text.
//!
//! Of the last four the reader of the document speaks. A document with an invalid separator begins at its `---`, any
//! other one behind it.
//!
//! A file that begins with a brace is a stream of JSON values to `kubectl`, which are told apart by their brackets.

use std::ops::Range;

/// The byte ranges of the documents of one file, in order. Documents that hold only white space and comments are
/// left out, so that an empty file has none.
pub(crate) fn documents(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = byte_order_mark(text);
    let is_json = text.get(start..).is_some_and(|text| text.trim_start().starts_with('{'));
    let mut at = start;
    // Whether there are lines that the next `---` separates from what follows: one that separates nothing counts as
    // such a line itself.
    let mut pending = start > 0;
    for line in text.get(start..).unwrap_or_default().split_inclusive('\n') {
        let marker = Marker::of(line);
        if marker != Marker::None {
            push(text, start..at, is_json, &mut found);
            let is_sound = marker == Marker::Sound || marker == Marker::Comment && pending;
            start = if is_sound { at + SEPARATOR.len() } else { at };
        }
        pending = marker == Marker::None || !pending;
        at += line.len();
    }
    push(text, start..text.len(), is_json, &mut found);
    found
}

const SEPARATOR: &str = "---";

fn byte_order_mark(text: &str) -> usize {
    if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
}

/// What a line says of the end of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    /// Nothing.
    None,
    /// It ends here.
    Sound,
    /// `---# comment`
    Comment,
    /// It ends here, and the next one cannot be read.
    Invalid,
}

impl Marker {
    fn of(line: &str) -> Self {
        let Some(rest) = line.strip_prefix(SEPARATOR) else { return Self::None };
        match rest.trim().bytes().next() {
            None => Self::Sound,
            Some(b'#') if rest.starts_with('#') => Self::Comment,
            Some(b'#') => Self::Sound,
            Some(_) => Self::Invalid,
        }
    }
}

fn push(text: &str, range: Range<usize>, is_json: bool, found: &mut Vec<Range<usize>>) {
    let piece = text.get(range.clone()).unwrap_or_default();
    let empty = piece.lines().all(|line| {
        let line = line.trim();
        line.is_empty()
            || line.starts_with('#')
            || line.starts_with("%YAML")
            || line.starts_with("%TAG")
            || line == "..."
    });
    if empty {
        return;
    }
    if is_json && piece.trim_start().starts_with('{') {
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
        assert_eq!(
            split("a: 1\n---\nb: 2\n--- # c\nc: 3\n---# d\nd: 4"),
            ["a: 1", "b: 2", "# c\nc: 3", "# d\nd: 4"]
        );
        assert_eq!(split("---\r\na: 1\r\n---\r\n"), ["a: 1"]);
        assert_eq!(split("a: 1\n---  \nb: 2\n---\t# c\nc: 3"), ["a: 1", "b: 2", "# c\nc: 3"]);
        assert_eq!(split("# a\n---# b\nc: 1"), ["# b\nc: 1"]);
    }

    #[test]
    fn an_invalid_marker_belongs_to_its_document() {
        assert_eq!(split("a: 1\n--- {b: 2}\n---\nc: 3"), ["a: 1", "--- {b: 2}", "c: 3"]);
        assert_eq!(split("a: 1\n----\nb: 2"), ["a: 1", "----\nb: 2"]);
        // There is nothing that it could separate.
        assert_eq!(split("---# a\nb: 1"), ["---# a\nb: 1"]);
        assert_eq!(split("a: 1\n---\n---# b\nc: 1"), ["a: 1", "---# b\nc: 1"]);
        assert_eq!(split("---\n---# b\nc: 1"), ["# b\nc: 1"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_does_not() {
        assert_eq!(split("a: |\n  ---\nb: ---x\nc: d---\n").len(), 1);
        assert_eq!(split("a: 1\n...\nb: 2"), ["a: 1\n...\nb: 2"]);
        assert_eq!(split("a: 1\r---\rb: 2").len(), 1);
    }

    #[test]
    fn nothing_but_comments_is_no_document() {
        assert!(split("").is_empty());
        assert!(split("\u{feff}# hello\n---\n   \n---\n#\n...\n").is_empty());
    }

    #[test]
    fn json_values_in_a_row_are_documents() {
        assert_eq!(split("{\"a\": \"}{\"}\n{\"b\": {}}"), ["{\"a\": \"}{\"}", "{\"b\": {}}"]);
        assert_eq!(split("{a: 1} x {b: 2}").len(), 1);
        // What comes first makes this YAML, of which only the first value is read.
        assert_eq!(split("# c\n{\"a\": 1} {\"b\": 2}").len(), 1);
        assert_eq!(split("a: 1\n---\n{\"a\": 1} {\"b\": 2}").len(), 2);
    }
}
