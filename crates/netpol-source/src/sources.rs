//! The files of the input, and the way from a span back to lines and columns.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::columns::Columns;
use crate::span::{DocumentId, Span, TextRange};
use crate::split;

/// A file as it was given: a name, unique or not, and its whole text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Shown in every place that points into it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A file of the present input, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A line and a column, both from 1; columns count UTF-16 code units, as editors do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in UTF-16 code units.
    pub column: u32,
}

/// A place as a person names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSpan<'a> {
    /// The file.
    pub id: FileId,
    /// Its name.
    pub file: &'a str,
    /// The first character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

#[derive(Debug)]
struct File {
    source: SourceFile,
    /// Byte offset of the start of each line; the first is 0.
    lines: Vec<u32>,
    columns: Columns,
}

#[derive(Clone, Debug)]
struct Document {
    file: FileId,
    bytes: Range<usize>,
}

/// All files of one input, cut into documents.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
    documents: Vec<Document>,
}

impl Sources {
    /// Cuts the files into documents; no document is looked into.
    pub fn new(files: Vec<SourceFile>) -> Self {
        let mut documents = Vec::new();
        let files: Vec<File> = files
            .into_iter()
            .zip(0..)
            .map(|(source, id)| {
                let pieces = split::documents(&source.text).into_iter();
                documents.extend(pieces.map(|bytes| Document { file: FileId(id), bytes }));
                let text = source.text.as_bytes();
                // CR alone ends a line too, as in editors.
                let ends = |(byte, next): &(u8, u32)| {
                    *byte == b'\n' || *byte == b'\r' && text.get(*next as usize) != Some(&b'\n')
                };
                let newlines = source.text.bytes().zip(1_u32..).filter(ends);
                let lines = std::iter::once(0).chain(newlines.map(|(_, next)| next)).collect();
                File { columns: Columns::of(&source.text), source, lines }
            })
            .collect();
        Self { files, documents }
    }

    /// Every document with its text, in order.
    pub fn documents(&self) -> impl Iterator<Item = (DocumentId, &str)> {
        (0..).map(DocumentId).zip(&self.documents).map(|(id, document)| (id, self.text(document)))
    }

    /// The text of one document; empty when there is no such document.
    pub fn document_text(&self, id: DocumentId) -> &str {
        self.documents.get(id.0 as usize).map_or("", |document| self.text(document))
    }

    /// The files in order.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(|file| &file.source)
    }

    /// The file that holds a document, and the bytes that the document takes in it.
    pub fn file_of(&self, id: DocumentId) -> Option<(FileId, TextRange)> {
        let document = self.documents.get(id.0 as usize)?;
        Some((document.file, document.bytes.clone().into()))
    }

    /// The file, lines and columns of a span; `None` for a document that is not in this input.
    pub fn resolve(&self, span: Span) -> Option<FileSpan<'_>> {
        let document = self.documents.get(span.document.0 as usize)?;
        let file = self.files.get(document.file.0 as usize)?;
        let at = |offset: usize| file.position((document.bytes.start + offset).min(document.bytes.end));
        Some(FileSpan {
            id: document.file,
            file: &file.source.name,
            start: at(span.range.start()),
            end: at(span.range.end()),
        })
    }

    /// The document that holds a line and column of a file, and the byte of the document that stands there; columns
    /// beyond the end of the line are at its end.
    pub fn locate(&self, file: FileId, position: Position) -> Option<(DocumentId, usize)> {
        let found = self.files.get(file.0 as usize)?;
        let line = usize::try_from(position.line).ok()?.checked_sub(1)?;
        let start = *found.lines.get(line)? as usize;
        let end = found.lines.get(line + 1).map_or(found.source.text.len(), |next| *next as usize - 1);
        let units = found.units(start) + position.column.saturating_sub(1) as usize;
        let offset = found.columns.offset(&found.source.text, units).min(end);
        let documents = (0..).map(DocumentId).zip(&self.documents);
        let mut holding = documents.filter(|(_, document)| {
            document.file == file && (document.bytes.start..=document.bytes.end).contains(&offset)
        });
        holding.next().map(|(id, document)| (id, offset - document.bytes.start))
    }

    fn text(&self, document: &Document) -> &str {
        let file = self.files.get(document.file.0 as usize);
        file.and_then(|file| file.source.text.get(document.bytes.clone())).unwrap_or_default()
    }
}

impl File {
    fn position(&self, offset: usize) -> Position {
        let after = self.lines.partition_point(|start| *start as usize <= offset);
        let start =
            after.checked_sub(1).and_then(|line| self.lines.get(line)).map_or(0, |start| *start as usize);
        let units = self.units(offset) - self.units(start);
        Position { line: after.max(1) as u32, column: units as u32 + 1 }
    }

    fn units(&self, offset: usize) -> usize {
        self.columns.units(&self.source.text, offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile { name: name.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn spans_resolve_to_lines_and_utf16_columns() {
        let sources =
            Sources::new(vec![file("a.yaml", "x: 1\n"), file("b.yaml", "a: 1\n---\nb: '😀é' # c\n")]);
        let texts: Vec<&str> = sources.documents().map(|(_, text)| text).collect();
        assert_eq!(texts, ["x: 1\n", "a: 1\n", "\nb: '😀é' # c\n"]);
        let text = sources.document_text(DocumentId(2));
        let start = text.find('é').unwrap();
        let span = TextRange::new(start, start + 'é'.len_utf8()).in_document(DocumentId(2));
        let place = sources.resolve(span).unwrap();
        assert_eq!(place.file, "b.yaml");
        assert_eq!(place.start, Position { line: 3, column: 7 });
        assert_eq!(place.end, Position { line: 3, column: 8 });
    }

    #[test]
    fn lines_and_columns_lead_back_to_documents() {
        let sources =
            Sources::new(vec![file("a.yaml", "x: 1\n"), file("b.yaml", "a: 1\n---\nb: '😀é' # c\n")]);
        let (document, offset) = sources.locate(FileId(1), Position { line: 3, column: 7 }).unwrap();
        assert_eq!(document, DocumentId(2));
        assert!(sources.document_text(document)[offset..].starts_with('é'));
        let (_, end) = sources.locate(FileId(1), Position { line: 3, column: 99 }).unwrap();
        assert_eq!(sources.document_text(document)[end..].trim_end(), "");
        assert!(sources.locate(FileId(1), Position { line: 9, column: 1 }).is_none());
        assert!(sources.locate(FileId(7), Position { line: 1, column: 1 }).is_none());
    }

    #[test]
    fn lines_end_in_lf_crlf_or_cr() {
        let text = "a: 1\r\nb: 2\rc: 3\nd: 4";
        let sources = Sources::new(vec![file("a.yaml", text)]);
        for (key, line) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            let start = text.find(key).unwrap();
            let place = sources.resolve(TextRange::new(start, start + 1).in_document(DocumentId(0))).unwrap();
            assert_eq!(place.start, Position { line, column: 1 }, "{key}");
            assert_eq!(sources.locate(FileId(0), place.start), Some((DocumentId(0), start)), "{key}");
        }
    }

    #[test]
    fn a_span_past_the_end_stops_at_the_end() {
        let sources = Sources::new(vec![file("a.yaml", "a: 1")]);
        let place = sources.resolve(TextRange::new(2, 99).in_document(DocumentId(0))).unwrap();
        assert_eq!(place.end, Position { line: 1, column: 5 });
        assert!(sources.resolve(TextRange::new(0, 1).in_document(DocumentId(7))).is_none());
    }
}
