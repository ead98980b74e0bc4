//! Where the values of a document stand, for text in which each value stands exactly once.

use netpol_source::TextRange;

use super::At;
use super::yaml::Style;
use crate::fix::block_column;
use crate::yaml::{Entry, NodeId, Tree, Value};

/// A document without aliases.
pub(super) struct Places<'a> {
    pub(super) tree: &'a Tree<'a>,
    pub(super) style: Style,
}

impl<'a> Places<'a> {
    /// `None` where a value stands for several places, or has a property in front of it.
    pub(super) fn of(tree: &'a Tree<'a>) -> Option<Self> {
        let newline = if tree.text().contains("\r\n") { "\r\n" } else { "\n" };
        let mut places = Self { tree, style: Style { map: 2, list: 2, newline } };
        let (mut map, mut list) = (None, None);
        let mut open = vec![tree.root()?];
        while let Some(node) = open.pop() {
            let range = tree.range(node);
            if tree.slice(range).starts_with(['&', '!', '*']) {
                return None;
            }
            match tree.value(node) {
                Value::List(items) => {
                    let mut end = range.start();
                    for item in items {
                        // What stands before the item in front of it is an alias.
                        if tree.range(*item).start() < end {
                            return None;
                        }
                        end = tree.range(*item).end();
                    }
                    open.extend(items.iter().rev());
                }
                Value::Map(entries) => {
                    for entry in entries {
                        let value = tree.range(entry.value);
                        if !range.contains(entry.key_range) || value.start() < entry.key_range.end() {
                            return None;
                        }
                        let deeper = || places.column(value)?.checked_sub(places.column(entry.key_range)?);
                        match tree.value(entry.value) {
                            Value::List(_) if list.is_none() && !places.is_flow(entry.value) => {
                                list = deeper();
                            }
                            Value::Map(_) if map.is_none() && !places.is_flow(entry.value) => {
                                map = deeper();
                            }
                            _ => {}
                        }
                    }
                    open.extend(entries.iter().rev().map(|entry| entry.value));
                }
                _ => {}
            }
        }
        places.style.map = map.filter(|deeper| (1..=8).contains(deeper)).unwrap_or(2);
        places.style.list = list.filter(|deeper| *deeper <= 8).unwrap_or(2);
        Some(places)
    }

    pub(super) fn text(&self) -> &'a str {
        self.tree.text()
    }

    pub(super) fn range(&self, node: NodeId) -> TextRange {
        self.tree.range(node)
    }

    /// The way to an object, the whole document or an item of a list of objects, by its place or that of its name.
    pub(super) fn object(&self, range: TextRange) -> Option<Vec<At>> {
        let mut open = vec![(self.tree.root()?, Vec::new())];
        let mut left = 100_000_usize;
        while let Some((node, way)) = open.pop() {
            let name = self.field(node, "metadata").and_then(|entry| self.field(entry.value, "name"));
            if self.range(node) == range || name.is_some_and(|name| self.range(name.value) == range) {
                return Some(way);
            }
            let Some(Value::List(items)) =
                self.field(node, "items").map(|entry| self.tree.value(entry.value))
            else {
                continue;
            };
            left = left.checked_sub(items.len())?;
            for (index, item) in items.iter().enumerate() {
                if self.range(*item).contains(range) {
                    let mut way = way.clone();
                    way.extend([At::Key("items".to_owned()), At::Item(index)]);
                    open.push((*item, way));
                }
            }
        }
        None
    }

    /// The value at the end of a way.
    pub(super) fn at(&self, way: &[At]) -> Option<NodeId> {
        way.iter().try_fold(self.tree.root()?, |node, step| match step {
            At::Key(key) => self.field(node, key).map(|entry| entry.value),
            At::Item(item) => self.items(node)?.get(*item).copied(),
        })
    }

    pub(super) fn field(&self, node: NodeId, key: &str) -> Option<&'a Entry<'a>> {
        self.entries(node)?.iter().find(|entry| entry.key == key)
    }

    pub(super) fn entries(&self, node: NodeId) -> Option<&'a [Entry<'a>]> {
        match self.tree.value(node) {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn items(&self, node: NodeId) -> Option<&'a [NodeId]> {
        match self.tree.value(node) {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// Whether a list or mapping stands between brackets.
    pub(super) fn is_flow(&self, node: NodeId) -> bool {
        self.tree.source(node).starts_with(['[', '{'])
    }

    /// How far from the start of its line a place stands, when nothing but spaces and dashes is before it.
    pub(super) fn column(&self, place: TextRange) -> Option<usize> {
        block_column(self.text(), place.start())
    }

    /// Where the line ends on which a place ends; comments behind it are passed over.
    pub(super) fn line_end(&self, place: TextRange) -> usize {
        let rest = self.text().get(place.end()..).unwrap_or_default();
        let line = rest.find('\n').map_or(rest, |newline| rest.get(..newline).unwrap_or_default());
        place.end() + line.trim_end_matches('\r').len()
    }

    /// Where the line starts on which a place starts.
    pub(super) fn line_start(&self, place: TextRange) -> usize {
        let before = self.text().get(..place.start()).unwrap_or_default();
        before.rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// What stands before a place on its line, when that is only white space.
    pub(super) fn lead(&self, place: TextRange) -> Option<&'a str> {
        let lead = self.text().get(self.line_start(place)..place.start())?;
        lead.trim().is_empty().then_some(lead)
    }
}
