//! Changes of an object, as edits of the text that it was read from: what is not changed keeps its layout and its
//! comments, and what is added is written the way the rest is, in blocks or between brackets.
//!
//! Only [`edits`] knows the text. Whatever it proposes it reads again: unless the text then means exactly what the
//! changes say, it proposes nothing. Anchors and aliases are left alone.

mod apply;
mod place;
mod text;
mod yaml;

use netpol_source::{Edit, TextRange, apply_edits};

use crate::yaml::parse;
use place::Places;

pub use yaml::Yaml;

/// One step on the way from an object to one of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// The value of a key.
    Key(String),
    /// An item of a list, from 0.
    Item(usize),
}

/// The way from an object to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way(Vec<At>);

impl Way {
    /// The object itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// On to the value of a key.
    pub fn key(mut self, key: &str) -> Self {
        self.0.push(At::Key(key.to_owned()));
        self
    }

    /// On to an item of a list.
    pub fn item(mut self, index: usize) -> Self {
        self.0.push(At::Item(index));
        self
    }

    fn steps(&self) -> &[At] {
        &self.0
    }
}

/// A change of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Gives a field a value, in the place of the one that it has or as a new one.
    Set(Way, Yaml),
    /// Gives the mapping under a key a new field, in front of those that it has.
    Lead(Way, Yaml),
    /// Puts an item in front of the one that stands in a list.
    Insert(Way, Yaml),
    /// Adds an item to the end of a list, which need not be there.
    Push(Way, Yaml),
    /// Gives the value of a key another key.
    Rename(Way, String),
    /// Takes an item out of a list or a field out of a mapping; without a step, the object out of the text.
    Remove(Way),
    /// Makes one item of two mappings that are neighbours in a list: this one and the next.
    Join(Way),
}

/// The edits that make these changes of the object that stands, or whose name stands, at `object`; `None` where the text
/// is too odd to be sure of them, and where there is more to complain about afterwards.
///
/// An edit that takes everything out leaves the text of the document empty.
pub fn edits(text: &str, object: TextRange, changes: &[Change]) -> Option<Vec<Edit>> {
    let parsed = parse(text);
    if parsed.broken.is_some() || !parsed.tree.mistakes.is_empty() {
        return None;
    }
    let places = Places::of(&parsed.tree)?;
    let way = places.object(object)?;
    let mut wanted = Some(Yaml::of(&parsed.tree, parsed.tree.root()?));
    let mut edits = Vec::new();
    for change in changes {
        edits.extend(text::edits(&places, &way, change)?);
        apply::apply(&mut wanted, &way, change)?;
    }
    let changed = apply_edits(text, &edits).ok()?;
    let again = parse(&changed);
    if again.broken.is_some() || !again.tree.mistakes.is_empty() {
        return None;
    }
    let found = again.tree.root().map(|root| Yaml::of(&again.tree, root));
    let is_meant = match (&wanted, &found) {
        (Some(wanted), Some(found)) => wanted.means(found),
        (None, None | Some(Yaml::Null)) => changed.trim().is_empty(),
        _ => false,
    };
    let complaints = |text: &str| crate::decode::untried(text).diagnostics.len();
    (is_meant && (changed.is_empty() || complaints(&changed) <= complaints(text))).then_some(edits)
}
