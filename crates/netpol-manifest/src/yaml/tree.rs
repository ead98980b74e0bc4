//! Values with their places.
//!
//! Nodes live in one list and name each other by index, so that an alias is the index of what it stands for, and
//! dropping a tree never recurses, however deep it is.

use std::borrow::Cow;

use netpol_source::{Diagnostic, TextRange};

/// A node of one [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(super) u32);

/// What stands at a node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'t> {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `no`, `on`, …
    Bool(bool),
    /// A whole number that fits 64 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(Cow<'t, str>),
    /// `- a` or `[a]`.
    List(Vec<NodeId>),
    /// Something of which nothing is wanted.
    Skipped,
    /// `a: b` or `{a: b}`; keys are unique, as the last of a key counts.
    Map(Vec<Entry<'t>>),
}

/// A key of a mapping, and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<'t> {
    /// The key, as text.
    pub(crate) key: Cow<'t, str>,
    /// Where the key stands.
    pub(crate) key_range: TextRange,
    /// Its value.
    pub(crate) value: NodeId,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node<'t> {
    pub(super) range: TextRange,
    pub(super) value: Value<'t>,
}

/// One document.
#[derive(Debug)]
pub(crate) struct Tree<'t> {
    pub(super) text: &'t str,
    pub(super) nodes: Vec<Node<'t>>,
    /// `None` when the text holds no value at all.
    pub(super) root: Option<NodeId>,
    /// How many values all aliases stand for, long texts counting as several.
    pub(crate) aliased: u64,
    /// What is wrong only with the object around it, such as a key that is written twice.
    pub(crate) mistakes: Vec<Diagnostic<TextRange>>,
}

/// The outcome of reading one document.
#[derive(Debug)]
pub(crate) struct Parsed<'t> {
    /// What was read; only a part of the document when `broken` is set.
    pub(crate) tree: Tree<'t>,
    /// Why reading stopped before the end.
    pub(crate) broken: Option<Diagnostic<TextRange>>,
}

impl<'t> Tree<'t> {
    /// The outermost value.
    pub(crate) fn root(&self) -> Option<NodeId> {
        self.root
    }

    /// What stands at a node.
    pub(crate) fn value(&self, id: NodeId) -> &Value<'t> {
        self.nodes.get(id.0 as usize).map_or(&Value::Null, |node| &node.value)
    }

    /// The text of the document.
    pub(crate) fn text(&self) -> &'t str {
        self.text
    }

    /// A piece of the text.
    pub(crate) fn slice(&self, range: TextRange) -> &'t str {
        self.text.get(range.start()..range.end()).unwrap_or_default()
    }

    /// What is written there, with its quotes.
    pub(crate) fn source(&self, id: NodeId) -> &'t str {
        self.slice(self.range(id))
    }

    /// Where it stands; an alias has the place of what it stands for.
    pub(crate) fn range(&self, id: NodeId) -> TextRange {
        self.nodes.get(id.0 as usize).map_or_else(TextRange::default, |node| node.range)
    }
}
