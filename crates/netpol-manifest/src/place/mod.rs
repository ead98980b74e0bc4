//! Where a cursor stands in a text that is being typed: the field, and what is written there so far.
//!
//! The text need not be YAML yet. What is open is told from indentation and brackets alone, in one pass over the
//! document, without a tree.

mod scan;

use netpol_source::TextRange;

use crate::decode;
use crate::object::{ClusterPeer, LabelSelector, NamespacedPods, Peer};
use scan::{End, Scanner, Watch};

/// Text that is looked into for what a selector or peer says.
const LONGEST_PART: usize = 64 * 1024;

/// A place in a document; all ranges are relative to the text that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `kind` of the object around.
    pub kind: Option<String>,
    /// `metadata.namespace` of the object around.
    pub namespace: Option<String>,
    /// The way from the object to the place; at a key, to the mapping that the key is in.
    pub steps: Vec<Step>,
    /// What stands or may stand at the place.
    pub slot: Slot,
    /// The word at the place with its quotes, empty between words.
    pub word: TextRange,
    /// What of the word stands before the place, without the opening quote.
    pub typed: String,
    /// Whether a colon follows the word.
    pub has_colon: bool,
    /// Where the value of the key begins and ends that is at the place.
    pub value: Option<TextRange>,
    /// The other keys of the mapping that the key is, or would be, in.
    pub present: Vec<String>,
}

/// One step of the way to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The field; `None` for an item of a list.
    pub name: Option<String>,
    /// What the field or item holds.
    pub value: TextRange,
}

/// What stands or may stand at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// A key of the mapping at the end of the way.
    Key,
    /// The value at the end of the way, on its own line or behind a dash: a word, or the first key of a mapping.
    Start,
    /// The value at the end of the way, behind its key or between brackets.
    Value,
}

impl Place {
    /// The names of the steps, for [`crate::type_at`].
    pub fn names(&self) -> impl Iterator<Item = Option<&str>> + Clone {
        self.steps.iter().map(|step| step.name.as_deref())
    }
}

/// The place at a byte of a text of any number of documents; `None` in comments, behind what is complete, and where
/// the text is nested too deeply to be of use.
pub fn place_at(text: &str, offset: usize) -> Option<Place> {
    text.get(..offset)?;
    let document = document_around(text, offset)?;
    let line = text
        .get(document.start()..offset)?
        .rfind('\n')
        .map_or(document.start(), |at| document.start() + at + 1);
    let line_end = text.get(offset..document.end())?.find('\n').map_or(document.end(), |at| offset + at);
    let mut before = Scanner::new(text);
    before.lines(document.start(), line);
    let mut cut = before.fork();
    let end = cut.line(line, offset, true);
    if before.is_too_deep || cut.is_too_deep {
        return None;
    }
    let (start, slot) = slot(&mut cut, end)?;
    let word = word(text, start, offset, line_end, slot)?;
    let around = match slot {
        Slot::Key => cut.frames.len() - 1,
        Slot::Start | Slot::Value => cut.frames.len(),
    };

    let quoted =
        usize::from(text.get(word.start()..offset).is_some_and(|typed| typed.starts_with(['"', '\''])));

    // The rest of the document tells what else stands there, and where it ends.
    let mut after = before.fork();
    let known = before.frames.get(around).zip(cut.frames.get(around));
    let same = known.is_some_and(|(old, new)| old.value_start <= new.value_start && old.column == new.column);
    let present = if same { keys_before(&before, document.start(), line, around) } else { Vec::new() };
    after.watch = Some(Watch::new(word.start(), word.start() + quoted, around, present));
    after.lines(line, document.end());
    after.finish(document.end());
    let watch = after.watch?;

    let text_of = |range: TextRange| text.get(range.start()..range.end()).unwrap_or_default().to_owned();
    let kind = |index: usize| watch.headers.get(index).copied().flatten().and_then(|header| header.kind);
    let mut object = 0;
    // The items of lists are objects by themselves.
    while kind(object).is_some_and(|kind| text_of(kind).ends_with("List"))
        && around >= object + 2
        && cut.frames.get(object).and_then(|frame| frame.key).is_some_and(|key| text_of(key) == "items")
        && cut.frames.get(object + 1).is_some_and(|frame| !frame.is_map)
    {
        object += 2;
    }
    let end_of = |index: usize| watch.ends.get(index).copied().flatten().unwrap_or(document.end());
    let steps = (object..around).filter_map(|index| {
        let frame = cut.frames.get(index)?;
        let name = if frame.is_map { Some(text_of(frame.key?)) } else { None };
        Some(Step { name, value: TextRange::new(frame.value_start, end_of(index)) })
    });
    let header = watch.headers.get(object).copied().flatten().unwrap_or_default();
    let behind = text.get(word.end()..line_end).unwrap_or_default().trim_start();
    Some(Place {
        kind: header.kind.map(text_of),
        namespace: header.namespace.map(text_of).filter(|name| !name.is_empty()),
        steps: steps.collect(),
        slot,
        word,
        typed: text
            .get(word.start() + quoted..offset)
            .unwrap_or_default()
            .trim_end_matches(['"', '\''])
            .to_owned(),
        has_colon: behind.starts_with(':'),
        value: watch.value_start.map(|start| TextRange::new(start, end_of(around))),
        present: watch.present.iter().map(|key| text_of(*key)).collect(),
    })
}

/// The keys that a mapping which is still open at a line has above it.
fn keys_before(scanner: &Scanner<'_>, start: usize, line: usize, index: usize) -> Vec<TextRange> {
    let mut again = Scanner::new(scanner.text());
    // Everything up to the line lies before the place; what is closed in between is forgotten.
    again.watch = Some(Watch::new(line, line, index, Vec::new()));
    again.lines(start, line);
    again.watch.map(|watch| watch.present).unwrap_or_default()
}

/// The document that holds a byte, without its markers.
fn document_around(text: &str, offset: usize) -> Option<TextRange> {
    let is_marker = |at: usize, marker: &str| {
        text.get(at..)
            .and_then(|rest| rest.strip_prefix(marker))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let line = text.get(..offset)?.rfind('\n').map_or(start, |newline| newline + 1).max(start);
    let mut at = line;
    loop {
        if is_marker(at, "---") {
            start = at + 3;
            break;
        }
        if is_marker(at, "...") {
            start = text.get(at..)?.find('\n').map_or(text.len(), |newline| at + newline + 1);
            break;
        }
        if at <= start {
            break;
        }
        at = text.get(..at - 1)?.rfind('\n').map_or(start, |newline| newline + 1);
    }
    if offset < start {
        return None;
    }
    let mut end = text.len();
    for (newline, _) in text.get(offset..)?.match_indices('\n') {
        let next = offset + newline + 1;
        if is_marker(next, "---") || is_marker(next, "...") {
            end = next;
            break;
        }
    }
    Some(TextRange::new(start, end))
}

/// Where the word at the place begins, and what it is to be.
fn slot(scanner: &mut Scanner<'_>, end: End) -> Option<(usize, Slot)> {
    match end {
        End::Nothing => None,
        End::Value { start } => Some((start, Slot::Value)),
        End::Word { start, column } => {
            scanner.close_at(column, start);
            match scanner.frames.last() {
                Some(top) if top.is_map && top.column == column => Some((start, Slot::Key)),
                Some(top) if top.is_map && top.is_filled => None,
                _ => Some((start, Slot::Start)),
            }
        }
        End::Flow { start } => match scanner.frames.last() {
            Some(top) if top.is_map && top.key.is_none() => Some((start, Slot::Key)),
            Some(top) if top.is_map && top.is_filled => None,
            _ => Some((start, Slot::Value)),
        },
    }
}

/// The word around the place: from its beginning over the place to its end.
fn word(text: &str, start: usize, offset: usize, line_end: usize, slot: Slot) -> Option<TextRange> {
    // A value right behind a colon would become part of the key.
    if slot == Slot::Value && start > 0 && text.get(start - 1..start) == Some(":") {
        return None;
    }
    let typed = text.get(start..offset)?;
    let rest = text.get(offset..line_end)?.trim_end_matches('\r');
    if let Some(quote @ ('"' | '\'')) = typed.chars().next() {
        let is_closed = typed.len() > 1 && typed.ends_with(quote);
        let end = match rest.find(quote) {
            Some(at) if !is_closed => offset + at + 1,
            _ => offset,
        };
        return Some(TextRange::new(start, end));
    }
    if slot != Slot::Key && typed.ends_with([' ', '\t']) {
        return None;
    }
    // White space before something that is written already is no place to write.
    if typed.is_empty() && slot != Slot::Value && rest.starts_with([' ', '\t']) && !rest.trim().is_empty() {
        return None;
    }
    let mut letters = rest.char_indices().peekable();
    let mut end = offset + rest.len();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let is_colon = letter == ':' && next.is_none_or(|next| next.is_whitespace() || ",]}".contains(next));
        if letter.is_whitespace() || ",[]{}".contains(letter) || is_colon {
            end = offset + at;
            break;
        }
    }
    Some(TextRange::new(start, end))
}

/// The selector that is the value of a field, as far as it can be read by itself.
pub fn selector_in(text: &str, value: TextRange) -> Option<LabelSelector> {
    decode::selector_alone(&part(text, value)?)
}

/// The `namespaceSelector` and the `podSelector` of the `pods` of a cluster-scoped policy, as far as they are there and
/// can be read by themselves.
pub fn pods_in(text: &str, value: TextRange) -> Option<(Option<LabelSelector>, Option<LabelSelector>)> {
    decode::pods_alone(&part(text, value)?)
}

/// The peer that is an item of `from` or `to`, as far as it can be read by itself.
pub fn peer_in(text: &str, item: TextRange) -> Option<Peer> {
    decode::peer_alone(&part(text, item)?)
}

/// The items that are the value of `to`, as far as they can be read by themselves.
pub fn peers_in(text: &str, value: TextRange) -> Option<Vec<Peer>> {
    decode::peers_alone(&part(text, value)?)
}

/// The `subject` of a cluster-scoped policy, as far as it can be read by itself.
pub fn subject_in(text: &str, value: TextRange) -> Option<NamespacedPods> {
    decode::subject_alone(&part(text, value)?)
}

/// The items that are the value of `to` of a cluster-scoped policy, as far as they can be read by themselves.
pub fn cluster_peers_in(text: &str, value: TextRange) -> Option<Vec<ClusterPeer>> {
    decode::cluster_peers_alone(&part(text, value)?)
}

/// A piece of a document as a document, moved right as far as it stood in its line.
fn part(text: &str, range: TextRange) -> Option<String> {
    let piece = text.get(range.start()..range.end())?;
    if piece.len() > LONGEST_PART {
        return None;
    }
    let line = text.get(..range.start())?.rfind('\n').map_or(0, |newline| newline + 1);
    Some(format!("{}{piece}", " ".repeat((range.start() - line).min(LONGEST_PART))))
}
