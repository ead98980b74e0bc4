//! What of a text is wanted, so that nothing is built of the rest.

use super::tree::Value;

/// What is wanted of one value. All numbers but the two that are named here are a [`Shape`]'s own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part(pub(crate) u32);

impl Part {
    /// Everything.
    pub(crate) const ALL: Self = Self(0);
    /// Nothing: it is only seen to be well-formed.
    pub(crate) const NONE: Self = Self(1);
}

/// Tells what is wanted of a document while it is read.
pub(crate) trait Shape {
    /// What is wanted of the document as a whole; of a list, of each of its items.
    fn root(&self) -> Part;

    /// A mapping begins of which neither everything nor nothing is wanted.
    fn begin(&mut self, of: Part);

    /// What is wanted of the value of a key, in a mapping of which this is wanted.
    fn field(&mut self, of: Part, key: &str) -> Part;

    /// Takes note of a scalar of which neither everything nor nothing is wanted. `false` where it contradicts what was
    /// told before, so that all of the document is wanted.
    fn note(&mut self, of: Part, value: &Value<'_>) -> bool;
}

/// Everything.
#[derive(Debug)]
pub(super) struct Whole;

impl Shape for Whole {
    fn root(&self) -> Part {
        Part::ALL
    }

    fn begin(&mut self, _: Part) {}

    fn field(&mut self, _: Part, _: &str) -> Part {
        Part::ALL
    }

    fn note(&mut self, _: Part, _: &Value<'_>) -> bool {
        true
    }
}
