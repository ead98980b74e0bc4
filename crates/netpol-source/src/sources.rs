//! The files of the input, and the way from a span back to lines and columns.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::columns::Columns;
use crate::span::{DocumentId, Span, TextRange};
use crate::split::{self, Piece};

/// A file as it was given: a name, unique or not, and its whole text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Shown in every place that points into it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// A file of before, by its place, or another one.
pub type ChangedFile = Result<usize, SourceFile>;

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

#[derive(Debug, Default)]
struct File {
    source: SourceFile,
    /// Byte offset of the start of each line; the first is 0.
    lines: Vec<u32>,
    columns: Columns,
    documents: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
struct Document {
    file: FileId,
    /// Counted in its file.
    index: usize,
}

/// All files of one input, cut into documents.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Arc<File>>,
    documents: Vec<Document>,
}

impl Sources {
    /// Cuts the files into documents; no document is looked into.
    pub fn new(files: Vec<SourceFile>) -> Self {
        Self::default().with_files(files)
    }

    /// Other files, of which those that are the same as before are not cut again.
    pub fn with_files(&self, files: Vec<SourceFile>) -> Self {
        self.with_changed_files(files.into_iter().map(Err).collect())
    }

    /// The same, where it is known of some files that they are the same.
    pub fn with_changed_files(&self, files: Vec<ChangedFile>) -> Self {
        let before = |at: usize, source: &SourceFile| {
            let is_same = |file: &&Arc<File>| file.source == *source;
            self.files.get(at).filter(is_same).or_else(|| self.files.iter().find(is_same)).cloned()
        };
        let files = files.into_iter().enumerate();
        let files: Vec<Arc<File>> = files
            .map(|(at, file)| match file {
                Ok(place) => self.files.get(place).cloned().unwrap_or_default(),
                Err(source) => before(at, &source).unwrap_or_else(|| Arc::new(File::new(source))),
            })
            .collect();
        let mut documents = Vec::new();
        for (id, file) in (0..).map(FileId).zip(&files) {
            documents.extend((0..file.documents.len()).map(|index| Document { file: id, index }));
        }
        Self { files, documents }
    }

    /// The number of documents.
    pub fn document_count(&self) -> usize {
        self.documents.len()
    }

    /// Every document with its text, in order, as [`document_text`](Self::document_text) gives it.
    pub fn documents(&self) -> impl Iterator<Item = (DocumentId, Cow<'_, str>)> {
        (0..self.documents.len() as u32).map(DocumentId).map(|id| (id, self.document_text(id)))
    }

    /// The text of one document; empty when there is no such document. In place of the dash of an item of a list it has a
    /// space, so that it is an object by itself and every byte has its place.
    pub fn document_text(&self, id: DocumentId) -> Cow<'_, str> {
        let Some((file, piece)) = self.piece(id) else { return Cow::Borrowed("") };
        let text = file.text(piece);
        match piece.dash {
            None => Cow::Borrowed(text),
            Some(dash) => {
                let mut own = text.to_owned();
                own.replace_range(dash..=dash, " ");
                Cow::Owned(own)
            }
        }
    }

    /// The text of one document as it is written.
    pub fn written(&self, id: DocumentId) -> &str {
        self.piece(id).map_or("", |(file, piece)| file.text(piece))
    }

    /// Whether a document is an item of a list.
    pub fn is_item(&self, id: DocumentId) -> bool {
        self.piece(id).is_some_and(|(_, piece)| piece.is_item)
    }

    /// For each document one of other sources that has the same text, as far as files are the same or begin and end
    /// alike.
    pub fn same_documents(&self, other: &Self) -> Vec<Option<DocumentId>> {
        let firsts = other.files.iter().scan(0, |next, file| {
            let first = *next;
            *next += file.documents.len();
            Some(first)
        });
        let firsts: Vec<usize> = firsts.collect();
        let mut same = Vec::with_capacity(self.documents.len());
        for (at, file) in self.files.iter().enumerate() {
            let is_same = |other: &&Arc<File>| Arc::ptr_eq(other, file);
            let is_alike = |other: &&Arc<File>| other.source.name == file.source.name;
            let found = (other.files.get(at).filter(is_same).map(|_| at))
                .or_else(|| other.files.iter().position(|other| is_same(&other)))
                .or_else(|| other.files.get(at).filter(is_alike).map(|_| at))
                .or_else(|| other.files.iter().position(|other| is_alike(&other)));
            let Some((of, first)) = found.and_then(|at| other.files.get(at).zip(firsts.get(at))) else {
                same.resize(same.len() + file.documents.len(), None);
                continue;
            };
            let ids = file.same_documents(of).map(|index| Some(DocumentId((first + index?) as u32)));
            same.extend(ids);
        }
        same
    }

    /// Whether a document stands at the same place of the same file in other sources.
    pub fn is_same_place(&self, other: &Self, id: DocumentId) -> bool {
        let at = |sources: &Self| {
            let document = *sources.documents.get(id.0 as usize)?;
            Some((document.file, document.index, Arc::as_ptr(sources.files.get(document.file.0 as usize)?)))
        };
        at(self).is_some_and(|here| at(other) == Some(here))
    }

    fn piece(&self, id: DocumentId) -> Option<(&File, &Piece)> {
        let document = self.documents.get(id.0 as usize)?;
        let file = self.files.get(document.file.0 as usize)?;
        Some((file, file.documents.get(document.index)?))
    }

    /// The files in order.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(|file| &file.source)
    }

    /// The file that holds a document, and the bytes that the document takes in it.
    pub fn file_of(&self, id: DocumentId) -> Option<(FileId, TextRange)> {
        let document = self.documents.get(id.0 as usize)?;
        let (_, piece) = self.piece(id)?;
        Some((document.file, piece.bytes.clone().into()))
    }

    /// The file, lines and columns of a span; `None` for a document that is not in this input.
    pub fn resolve(&self, span: Span) -> Option<FileSpan<'_>> {
        let document = self.documents.get(span.document.0 as usize)?;
        let (file, piece) = self.piece(span.document)?;
        let at = |offset: usize| file.position((piece.bytes.start + offset).min(piece.bytes.end));
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
        let first = self.documents.partition_point(|document| document.file < file);
        // A document ends where the next one may begin.
        let index = found.documents.partition_point(|piece| piece.bytes.end < offset);
        let piece = found.documents.get(index).filter(|piece| piece.bytes.start <= offset)?;
        Some((DocumentId((first + index) as u32), offset - piece.bytes.start))
    }
}

impl File {
    fn new(source: SourceFile) -> Self {
        let text = source.text.as_bytes();
        // CR alone ends a line too, as in editors.
        let is_end = |at: &usize| text.get(*at) == Some(&b'\n') || text.get(at + 1) != Some(&b'\n');
        let ends = memchr::memchr2_iter(b'\n', b'\r', text).filter(is_end);
        let lines = std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect();
        let documents = split::documents(&source.text);
        Self { columns: Columns::of(&source.text), source, lines, documents }
    }

    /// For each document one of another file that has the same text and stands as far from its beginning, or its end, as
    /// far as the two are the same from there.
    fn same_documents<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Option<usize>> {
        let (one, two) = (self.source.text.as_bytes(), other.source.text.as_bytes());
        let is_same = std::ptr::eq(self, other);
        let head = if is_same { one.len() } else { common(one, two) };
        let tail = if is_same { 0 } else { common_end(one, two) };
        self.documents.iter().map(move |piece| {
            let moved = if piece.bytes.end <= head {
                piece.bytes.clone()
            } else if piece.bytes.start >= one.len() - tail {
                let moved = |at: usize| at + two.len() - one.len();
                moved(piece.bytes.start)..moved(piece.bytes.end)
            } else {
                return None;
            };
            let index = other.documents.partition_point(|piece| piece.bytes.start < moved.start);
            let found = other.documents.get(index)?;
            (found.bytes == moved && found.dash == piece.dash).then_some(index)
        })
    }

    fn text(&self, piece: &Piece) -> &str {
        self.source.text.get(piece.bytes.clone()).unwrap_or_default()
    }

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

/// How many bytes are compared at once, as that is fast.
const BLOCK: usize = 4096;

/// How many bytes are the same from the beginning on.
fn common(one: &[u8], two: &[u8]) -> usize {
    let mut same = 0;
    for (one, two) in one.chunks(BLOCK).zip(two.chunks(BLOCK)) {
        if one != two {
            return same + one.iter().zip(two).take_while(|(one, two)| one == two).count();
        }
        same += one.len();
    }
    same
}

/// How many bytes are the same from the end on.
fn common_end(one: &[u8], two: &[u8]) -> usize {
    let mut same = 0;
    for (one, two) in one.rchunks(BLOCK).zip(two.rchunks(BLOCK)) {
        if one != two {
            let pairs = one.iter().rev().zip(two.iter().rev());
            return same + pairs.take_while(|(one, two)| one == two).count();
        }
        same += one.len();
    }
    same
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
        let texts: Vec<Cow<'_, str>> = sources.documents().map(|(_, text)| text).collect();
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
    fn documents_that_did_not_change_are_known_again() {
        let same = |before: &[(&str, &str)], after: &[(&str, &str)]| {
            let files = |texts: &[(&str, &str)]| texts.iter().map(|(name, text)| file(name, text)).collect();
            let before = Sources::new(files(before));
            let after = before.with_files(files(after));
            let same = after.same_documents(&before);
            for (id, same) in (0..).map(DocumentId).zip(&same) {
                assert!(same.is_none_or(|same| before.document_text(same) == after.document_text(id)));
            }
            same.into_iter().map(|id| id.map_or('-', |id| char::from(b'0' + id.0 as u8))).collect::<String>()
        };
        let text = "a: 1\n---\nb: 2\n---\nc: 3\n";
        assert_eq!(same(&[("x", text)], &[("x", text)]), "012");
        assert_eq!(same(&[("x", text)], &[("x", "a: 1\n---\nb: 20\n---\nc: 3\n")]), "0-2");
        assert_eq!(same(&[("x", text)], &[("x", "a: 1\n---\nb: 2\n---\nb: 2\n---\nc: 3\n")]), "0112");
        assert_eq!(same(&[("x", text)], &[("x", "b: 2\n---\nc: 3\n")]), "-2");
        assert_eq!(same(&[("x", text)], &[("x", "a: 1\n")]), "0");
        assert_eq!(
            same(&[("x", "a: 1"), ("y", "b: 1")], &[("y", "b: 1"), ("z", "a: 1"), ("w", "c: 1")]),
            "1--"
        );
        let list = |b: &str| format!("apiVersion: v1\nkind: List\nitems:\n- a: 1\n- b: {b}\n- c: 1\n");
        assert_eq!(same(&[("x", &list("1"))], &[("x", &list("23"))]), "0-2");
        assert_eq!(same(&[("x", "- a: 1\n- b: 1\n")], &[("x", &list("1"))]), "---");
    }

    #[test]
    fn items_of_a_list_are_documents_in_their_places() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- a: 1\n  b: 2\n- c: 3\n";
        let sources = Sources::new(vec![file("a.yaml", text)]);
        let texts: Vec<Cow<'_, str>> = sources.documents().map(|(_, text)| text).collect();
        assert_eq!(texts, ["  a: 1\n  b: 2\n", "  c: 3\n"]);
        assert_eq!((sources.written(DocumentId(1)), sources.is_item(DocumentId(1))), ("- c: 3\n", true));
        let place = sources.resolve(TextRange::new(2, 3).in_document(DocumentId(1))).unwrap();
        assert_eq!(place.start, Position { line: 6, column: 3 });
        assert_eq!(sources.locate(FileId(0), place.start), Some((DocumentId(1), 2)));
        assert_eq!(sources.locate(FileId(0), Position { line: 2, column: 1 }), None);
    }

    #[test]
    fn a_span_past_the_end_stops_at_the_end() {
        let sources = Sources::new(vec![file("a.yaml", "a: 1")]);
        let place = sources.resolve(TextRange::new(2, 99).in_document(DocumentId(0))).unwrap();
        assert_eq!(place.end, Position { line: 1, column: 5 });
        assert!(sources.resolve(TextRange::new(0, 1).in_document(DocumentId(7))).is_none());
    }
}
