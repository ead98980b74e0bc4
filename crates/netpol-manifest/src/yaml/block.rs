//! YAML as people and `kubectl` write it, read quickly: block mappings and lists, scalars in all styles but folded
//! ones, collections in brackets on one line, comments.
//!
//! What is anything else, or is a mistake, is left to the parser, with its messages; what is read here is what the
//! parser would make of it (`agrees_with_the_parser`).

mod flow;
mod scalars;

use std::borrow::Cow;

use netpol_source::TextRange;

use super::builder::Builder;
use super::shape::Shape;
use super::tree::{Tree, Value};
use super::{control, scalar};

/// The tree of a text; `None` where the parser is needed, or where more than is wanted must be known.
pub(super) fn parse<'t>(text: &'t str, most_aliased: u64, shape: &mut dyn Shape) -> Option<Tree<'t>> {
    if text.as_bytes().contains(&b'\r') || text.contains('\u{feff}') || control::all(text).next().is_some() {
        return None;
    }
    let builder = Builder::new(text, most_aliased, shape);
    let mut scanner =
        Scanner { text, bytes: text.as_bytes(), at: 0, line: 0, builder, open: Vec::with_capacity(16) };
    scanner.document()?;
    (!scanner.builder.is_unclear()).then(|| scanner.builder.finish())
}

/// The longest key that may stand before its colon, in bytes: the parser takes 1024 characters.
const LONGEST_KEY: usize = 1000;

/// A block collection that is being read.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// The column of its keys or dashes.
    column: usize,
    is_list: bool,
    /// Of a key or dash whose value is still to come: the byte behind the colon or dash.
    pending: Option<usize>,
}

struct Scanner<'t, 's> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    /// Where the line begins that is being read.
    line: usize,
    builder: Builder<'t, 's>,
    open: Vec<Open>,
}

/// What follows a scalar on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// A colon: it is a key.
    Colon,
    /// The end of the line.
    End,
    /// A comment, and the end of the line.
    Comment,
}

impl<'t> Scanner<'t, '_> {
    fn document(&mut self) -> Option<()> {
        while let Some(column) = self.next_line()? {
            self.close(column)?;
            self.node(column)?;
        }
        while let Some(last) = self.open.last().copied() {
            self.end(last)?;
        }
        Some(())
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Goes to the next line that holds more than a comment; its column, `None` at the end of the text.
    fn next_line(&mut self) -> Option<Option<usize>> {
        loop {
            self.line = self.at;
            let mut at = self.at;
            while self.byte(at) == Some(b' ') {
                at += 1;
            }
            match self.byte(at) {
                None => return Some(None),
                Some(b'\n') => self.at = at + 1,
                Some(b'#') => self.at = self.line_end(at) + 1,
                Some(byte) if byte <= b' ' => return None,
                Some(byte) => {
                    let column = at - self.line;
                    let is_marker =
                        |marker: &str| self.text.get(at..).is_some_and(|rest| rest.starts_with(marker));
                    if column == 0 && (byte == b'%' || is_marker("---") || is_marker("...")) {
                        return None;
                    }
                    self.at = at;
                    return Some(Some(column));
                }
            }
        }
    }

    /// The end of a line, or of the text.
    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        rest.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |length| from + length)
    }

    /// Ends the collections that a line at this column does not belong to.
    fn close(&mut self, column: usize) -> Option<()> {
        let is_dash = self.is_dash(self.at);
        while let Some(last) = self.open.last().copied() {
            if last.column > column || last.column == column && last.is_list && !is_dash {
                self.end(last)?;
                continue;
            }
            if last.column < column {
                // Below its key or behind its dash, or nowhere.
                return last.pending.map(|_| ());
            }
            if last.is_list || is_dash {
                // The next item; or a list that is no further to the right than its key.
                return (last.is_list || last.pending.is_some()).then_some(());
            }
            if let Some(colon) = last.pending {
                self.empty(colon)?;
            }
            return Some(());
        }
        // One value stands at the outermost level.
        self.builder.is_empty().then_some(())
    }

    /// The innermost collection ends.
    fn end(&mut self, last: Open) -> Option<()> {
        match last.pending {
            Some(_) if last.is_list => return None,
            Some(colon) => self.empty(colon)?,
            None => {}
        }
        self.open.pop();
        self.builder.end(None).ok()
    }

    /// No value stands behind a colon.
    fn empty(&mut self, colon: usize) -> Option<()> {
        self.builder.scalar(Value::Null, TextRange::new(colon, colon), 0, false).ok()?;
        self.settle();
        Some(())
    }

    /// The value that was to come is there; `None` where none was to come.
    fn take_place(&mut self) -> Option<()> {
        match self.open.last_mut() {
            Some(last) => last.pending.take().map(|_| ()),
            None => Some(()),
        }
    }

    /// The collection that was to come begins.
    fn settle(&mut self) {
        if let Some(last) = self.open.last_mut() {
            last.pending = None;
        }
    }

    fn is_dash(&self, at: usize) -> bool {
        self.byte(at) == Some(b'-') && matches!(self.byte(at + 1), None | Some(b' ' | b'\n'))
    }

    /// What begins at a column of a line of its own, or behind a dash.
    fn node(&mut self, mut column: usize) -> Option<()> {
        while self.is_dash(self.at) {
            let begun = self.open.last().is_some_and(|last| last.is_list && last.column == column);
            if !begun {
                self.builder.begin_list(self.at, 0).ok()?;
                self.settle();
                self.open.push(Open { column, is_list: true, pending: None });
            } else if self.open.last().is_some_and(|last| last.pending.is_some()) {
                return None;
            }
            if let Some(last) = self.open.last_mut() {
                last.pending = Some(self.at + 1);
            }
            self.at += 1;
            self.spaces();
            match self.byte(self.at) {
                None | Some(b'\n' | b'#') => return self.rest_of_line(),
                Some(_) => column = self.at - self.line,
            }
        }
        let start = self.at;
        let first = self.byte(start)?;
        match first {
            b'[' | b'{' => {
                self.take_place()?;
                self.flow()?;
                self.rest_of_line()
            }
            b'"' | b'\'' => {
                let (value, end, is_one_line) = self.quoted(first, self.parent_column())?;
                match self.behind()? {
                    Behind::Colon if is_one_line => {
                        self.key(column, value, TextRange::new(start, end), false)
                    }
                    Behind::Colon => None,
                    _ => self.value(value, TextRange::new(start, end), false),
                }
            }
            // Not below a key or dash it may hold a line of `---`, which ends it.
            b'|' if self.open.is_empty() => None,
            b'|' => self.literal(),
            _ => {
                let (end, behind) = self.plain(start)?;
                let text = self.text.get(start..end)?;
                match behind {
                    Behind::Colon => {
                        let key = scalar::resolve(Cow::Borrowed(text));
                        self.key(column, key, TextRange::new(start, end), text == "<<")
                    }
                    _ => self.plain_value(start, end, behind),
                }
            }
        }
    }

    /// The column of what holds the value that is being read; -1 at the outermost level.
    fn parent_column(&self) -> isize {
        self.open.last().map_or(-1, |last| last.column as isize)
    }

    /// A key, with what stands on its line; the colon comes next.
    fn key(&mut self, column: usize, key: Value<'t>, range: TextRange, merge: bool) -> Option<()> {
        if range.end() - range.start() > LONGEST_KEY {
            return None;
        }
        let begun = self.open.last().is_some_and(|last| !last.is_list && last.column == column);
        if !begun {
            self.builder.begin_map(range.start(), 0).ok()?;
            self.settle();
            self.open.push(Open { column, is_list: false, pending: None });
        } else if self.open.last().is_some_and(|last| last.pending.is_some()) {
            return None;
        }
        self.builder.scalar(key, range, 0, merge).ok()?;
        self.at += 1;
        let colon = self.at;
        if let Some(last) = self.open.last_mut() {
            last.pending = Some(colon);
        }
        self.spaces();
        let start = self.at;
        match self.byte(start) {
            None | Some(b'\n' | b'#') => self.rest_of_line(),
            Some(b'[' | b'{') => {
                self.take_place()?;
                self.flow()?;
                self.rest_of_line()
            }
            Some(quote @ (b'"' | b'\'')) => {
                let (value, end, _) = self.quoted(quote, column as isize)?;
                match self.behind()? {
                    Behind::Colon => None,
                    _ => self.value(value, TextRange::new(start, end), false),
                }
            }
            Some(b'|') => self.literal(),
            Some(_) if self.is_dash(start) => None,
            Some(_) => match self.plain(start)? {
                (_, Behind::Colon) => None,
                (end, behind) => self.plain_value(start, end, behind),
            },
        }
    }

    /// A scalar that is whole; the line ends here.
    fn value(&mut self, value: Value<'t>, range: TextRange, merge: bool) -> Option<()> {
        self.take_place()?;
        self.builder.scalar(value, range, 0, merge).ok()?;
        self.rest_of_line()
    }

    fn spaces(&mut self) {
        while self.byte(self.at) == Some(b' ') {
            self.at += 1;
        }
    }

    /// Nothing but white space and a comment, to the beginning of the next line.
    fn rest_of_line(&mut self) -> Option<()> {
        let before = self.at;
        self.spaces();
        match self.byte(self.at) {
            None => Some(()),
            Some(b'\n') => {
                self.at += 1;
                Some(())
            }
            Some(b'#') if self.at > before || self.byte(before.wrapping_sub(1)) == Some(b' ') => {
                self.at = (self.line_end(self.at) + 1).min(self.bytes.len());
                Some(())
            }
            Some(_) => None,
        }
    }

    /// What follows a quoted scalar; goes to the colon where there is one.
    fn behind(&mut self) -> Option<Behind> {
        let before = self.at;
        self.spaces();
        match self.byte(self.at) {
            None | Some(b'\n') => Some(Behind::End),
            Some(b'#') if self.at > before => Some(Behind::Comment),
            Some(b':') if matches!(self.byte(self.at + 1), None | Some(b' ' | b'\n')) => Some(Behind::Colon),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
