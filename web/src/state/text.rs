//! A text in pieces: an edit makes one piece anew and shares all others with the text before it.

use std::fmt;
use std::rc::Rc;

use netpol_session::protocol::SentText;

/// Bytes of a piece, about.
const PIECE: usize = 16 * 1024;

/// A text. A clone shares all of it.
#[derive(Clone, Default)]
pub struct Text {
    pieces: Vec<Rc<Piece>>,
}

struct Piece {
    text: Box<str>,
    /// How long it is in UTF-16 units, as the editor counts.
    units: usize,
}

/// A change of a text as the editor tells it: offsets in UTF-16 units of the text before all changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The first unit that goes.
    pub from: usize,
    /// One past the last.
    pub to: usize,
    /// What comes.
    pub insert: String,
}

impl Piece {
    fn new(text: &str) -> Rc<Self> {
        let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
        Rc::new(Self { text: text.into(), units })
    }

    /// The byte of a unit; the end for one beyond it.
    fn byte(&self, unit: usize) -> usize {
        if self.units == self.text.len() {
            return unit.min(self.units);
        }
        let mut units = 0;
        let mut at = self.text.char_indices();
        at.find(|(_, letter)| {
            units += letter.len_utf16();
            units > unit
        })
        .map_or(self.text.len(), |(byte, _)| byte)
    }
}

/// A text that comes in parts, as bytes of UTF-8. What is no UTF-8 is replaced as browsers do.
#[derive(Default)]
pub struct Incoming {
    text: Text,
    /// What may belong together with what comes next.
    rest: Vec<u8>,
    begun: bool,
    binary: bool,
}

impl Incoming {
    /// Takes the next part.
    pub fn take(&mut self, part: &[u8]) {
        self.rest.extend_from_slice(part);
        self.read(false);
    }

    /// All of it; `None` where it holds what no text does.
    pub fn finish(mut self) -> Option<Text> {
        self.read(true);
        (!self.binary).then_some(self.text)
    }

    fn read(&mut self, is_last: bool) {
        let bytes = std::mem::take(&mut self.rest);
        let mut text = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let invalid = chunk.invalid();
            // What is cut off at the end may still become a character.
            let is_cut = || std::str::from_utf8(invalid).is_err_and(|error| error.error_len().is_none());
            if chunks.peek().is_none() && !is_last && is_cut() {
                self.rest = invalid.to_vec();
            } else if !invalid.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        // So may a line end of two characters.
        if !is_last && self.rest.is_empty() && text.ends_with('\r') {
            text.pop();
            self.rest.push(b'\r');
        }
        let mut text = text.as_str();
        if !self.begun && !text.is_empty() {
            self.begun = true;
            text = text.strip_prefix('\u{feff}').unwrap_or(text);
        }
        self.binary |= text.contains('\0');
        self.text.pieces.append(&mut Text::from(text).pieces);
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&str> for Text {
    /// Line ends become those of the editor, which knows only `\n`.
    fn from(text: &str) -> Self {
        if text.contains('\r') {
            return Self { pieces: cut(&text.replace("\r\n", "\n").replace('\r', "\n")) };
        }
        Self { pieces: cut(text) }
    }
}

fn cut(mut text: &str) -> Vec<Rc<Piece>> {
    let mut pieces = Vec::with_capacity(text.len() / PIECE + 1);
    while !text.is_empty() {
        let piece =
            text.split_at_checked(border(text, if text.len() < 2 * PIECE { text.len() } else { PIECE }));
        let Some((piece, rest)) = piece else { break };
        pieces.push(Piece::new(piece));
        text = rest;
    }
    pieces
}

/// The last border of a character up to a byte.
fn border(text: &str, mut byte: usize) -> usize {
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

impl Text {
    /// How long it is in UTF-16 units.
    pub fn units(&self) -> usize {
        self.pieces.iter().map(|piece| piece.units).sum()
    }

    /// Whether it holds nothing but blanks.
    pub fn is_blank(&self) -> bool {
        self.pieces.iter().all(|piece| piece.text.trim().is_empty())
    }

    /// Whether it is the same without a look at what it holds.
    pub fn is_shared_with(&self, other: &Self) -> bool {
        self.pieces.len() == other.pieces.len()
            && self.pieces.iter().zip(&other.pieces).all(|(one, other)| Rc::ptr_eq(one, other))
    }

    /// Makes changes, in order and apart from each other.
    pub fn edit(&mut self, changes: &[Change]) {
        // From behind, so that the offsets before stay what they are.
        for change in changes.iter().rev() {
            self.replace(change);
        }
    }

    fn replace(&mut self, Change { from, to, insert }: &Change) {
        let (first, start) = self.find(*from);
        let (last, end) = self.find((*to).max(*from));
        let piece = |at: usize| self.pieces.get(at);
        let head = piece(first).and_then(|piece| piece.text.get(..piece.byte(start))).unwrap_or_default();
        let tail = piece(last).and_then(|piece| piece.text.get(piece.byte(end)..)).unwrap_or_default();
        let mut text = String::with_capacity(head.len() + insert.len() + tail.len());
        text.push_str(head);
        text.push_str(insert);
        text.push_str(tail);
        let mut end = (last + 1).min(self.pieces.len());
        // What became short joins the next piece, so that there are never many.
        if text.len() < PIECE / 4
            && let Some(next) = self.pieces.get(end)
        {
            text.push_str(&next.text);
            end += 1;
        }
        let mut rest = self.pieces.split_off(end);
        self.pieces.truncate(first.min(end));
        self.pieces.append(&mut cut(&text));
        self.pieces.append(&mut rest);
    }

    /// The piece of a unit, and its place there; the end of the last piece for one beyond.
    fn find(&self, unit: usize) -> (usize, usize) {
        let mut before = 0;
        for (at, piece) in self.pieces.iter().enumerate() {
            if unit <= before + piece.units {
                return (at, unit - before);
            }
            before += piece.units;
        }
        let last = self.pieces.len().saturating_sub(1);
        (last, self.pieces.last().map_or(0, |piece| piece.units))
    }

    /// How it is sent to who has another text.
    pub fn since(&self, before: &Self) -> SentText {
        let same = |(one, other): &(&Rc<Piece>, &Rc<Piece>)| Rc::ptr_eq(one, other);
        let head = self.pieces.iter().zip(&before.pieces).take_while(same).count();
        let shorter = self.pieces.len().min(before.pieces.len()) - head;
        let tail =
            self.pieces.iter().rev().zip(before.pieces.iter().rev()).take_while(same).count().min(shorter);
        let middle = |text: &Self| -> String {
            let end = text.pieces.len() - tail;
            text.pieces.iter().take(end).skip(head).map(|piece| &*piece.text).collect()
        };
        let (old, new) = (middle(before), middle(self));
        let bytes = |list: &[Rc<Piece>]| list.iter().map(|piece| piece.text.len()).sum::<usize>();
        let offset = bytes(before.pieces.get(..head).unwrap_or_default());
        let start =
            border(&old, old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count());
        let (old, new) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
        let alike = old.bytes().rev().zip(new.bytes().rev()).take_while(|(one, other)| one == other).count();
        let mut end = old.len() - alike;
        while !old.is_char_boundary(end) {
            end += 1;
        }
        let insert = new.get(..new.len() - (old.len() - end)).unwrap_or_default();
        if end == 0 && insert.is_empty() {
            return SentText::Same;
        }
        if insert.len() > 3 * PIECE && insert.len() > bytes(&self.pieces) / 2 {
            return SentText::Whole(self.to_string());
        }
        SentText::Edited { start: offset + start, end: offset + start + end, insert: insert.to_owned() }
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.pieces.iter().flat_map(|piece| piece.text.bytes())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| formatter.write_str(&piece.text))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), formatter)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        // Most texts that differ are of another length: those are not read.
        self.is_shared_with(other) || (self.units() == other.units() && self.bytes().eq(other.bytes()))
    }
}

impl Eq for Text {}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(from: usize, to: usize, insert: &str) -> Change {
        Change { from, to, insert: insert.to_owned() }
    }

    /// A text of several pieces, with characters of one to four bytes.
    fn long() -> String {
        (0..20_000).map(|line| format!("- zeile {line}: ä € 😀\n")).collect()
    }

    #[test]
    fn edits_are_those_of_the_whole_text() {
        let whole = long();
        let units: Vec<u16> = whole.encode_utf16().collect();
        let text = Text::from(whole.as_str());
        assert!(text.pieces.len() > 20 && text.units() == units.len());
        let mut number = 7_u64;
        for round in 0..200 {
            let mut at = || {
                number =
                    number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let place = (number >> 33) as usize % (units.len() + 1);
                // The editor never cuts a pair.
                let inside = units.get(place).is_some_and(|unit| (0xdc00..0xe000).contains(unit));
                place + usize::from(inside)
            };
            let (one, other) = (at(), at());
            let (from, to) = (one.min(other), if round % 3 == 0 { one.max(other) } else { one.min(other) });
            let insert = if round % 2 == 0 { "neu ü" } else { "" };
            let mut edited = text.clone();
            edited.edit(&[change(from, to, insert)]);
            let wanted: Vec<u16> = units[..from]
                .iter()
                .copied()
                .chain(insert.encode_utf16())
                .chain(units[to..].iter().copied())
                .collect();
            let wanted = String::from_utf16(&wanted).unwrap();
            assert_eq!(edited.to_string(), wanted);
            assert_eq!(edited.units(), wanted.encode_utf16().count());
            assert_eq!(edited.since(&text).of(Some(whole.clone())), Some(wanted));
        }
    }

    #[test]
    fn an_edit_shares_all_but_one_piece_and_is_sent_alone() {
        let text = Text::from(long().as_str());
        let mut edited = text.clone();
        edited.edit(&[change(100_000, 100_001, "x"), change(100_003, 100_003, "y")]);
        let shared =
            edited.pieces.iter().filter(|piece| text.pieces.iter().any(|other| Rc::ptr_eq(piece, other)));
        assert_eq!(shared.count() + 1, text.pieces.len());
        match edited.since(&text) {
            SentText::Edited { start, end, insert } => {
                assert!(end - start <= 8 && insert.len() <= 8, "{insert}")
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(text.since(&text.clone()), SentText::Same);
        assert_eq!(
            Text::from("a").since(&Text::default()),
            SentText::Edited { start: 0, end: 0, insert: "a".into() }
        );
    }

    #[test]
    fn many_edits_leave_few_pieces() {
        let mut text = Text::from(long().as_str());
        let before = text.pieces.len();
        for at in 0..2000 {
            text.edit(&[change(at * 150, at * 150 + 100, "")]);
            text.edit(&[change(at * 10, at * 10, "some more\n")]);
        }
        assert!(text.pieces.len() <= before + 2, "{} of {before}", text.pieces.len());
    }

    #[test]
    fn line_ends_are_those_of_the_editor() {
        assert_eq!(Text::from("a\r\nb\rc\n").to_string(), "a\nb\nc\n");
        assert!(Text::from(" \r\n").is_blank() && !Text::from(" a").is_blank());
    }

    #[test]
    fn a_text_that_comes_in_parts_is_the_one_that_comes_at_once() {
        let whole = format!("\u{feff}a\r\nb\rc\n{}\u{feff}ende", "ä € 😀\r\n".repeat(20));
        let mut bytes = whole.into_bytes();
        bytes.extend([0xff, b'x', 0xe2, 0x82]);
        let decoded = String::from_utf8_lossy(&bytes).into_owned();
        let wanted = Text::from(decoded.strip_prefix('\u{feff}').unwrap());
        for size in [1, 2, 3, 5, 7, 1000] {
            let mut incoming = Incoming::default();
            bytes.chunks(size).for_each(|part| incoming.take(part));
            assert_eq!(incoming.finish().unwrap().to_string(), wanted.to_string(), "{size}");
        }
        let mut incoming = Incoming::default();
        incoming.take(b"a\0b");
        incoming.take(b"c");
        assert_eq!(incoming.finish(), None);
        assert_eq!(Incoming::default().finish(), Some(Text::default()));
    }

    #[test]
    fn what_lies_beyond_the_end_is_the_end() {
        let mut text = Text::default();
        text.edit(&[change(5, 9, "a")]);
        text.edit(&[change(9, 3, "b")]);
        assert_eq!(text.to_string(), "ab");
    }
}
