//! What is read of one document, and what that may cost.

use netpol_source::{Diagnostic, ObjectRef, TextRange};

use crate::object::{Direction, LabelSelector, Object};

/// What one document holds.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The objects that the API server would accept, in order; the items of lists stand here by themselves.
    pub objects: Vec<Object>,
    /// The objects that it would refuse; each has at least one error among the diagnostics, be it of the text or the list
    /// that is refused as a whole.
    pub refused: Vec<Refused>,
    /// Objects of kinds that are not read.
    pub ignored: Vec<Ignored>,
    /// What is there and could not be read, because there is too much of it.
    pub left_out: Vec<LeftOut>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic<TextRange>>,
    /// How many values its aliases stand for, as [`Limits::aliases`] counts them; more than may be in a document that
    /// is left out for them.
    pub aliased: u64,
    /// What it cost to try out the fixes of its diagnostics, in bytes that were read.
    pub tried: u64,
}

/// What reading one document may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many values all of its aliases together may stand for, long texts counting as several.
    pub aliases: u64,
    /// How many diagnostics are kept; of the others it is said how many there are.
    pub diagnostics: usize,
    /// Whether fixes are tried out and offered: where much is wrong, that is most of the work.
    pub fixes: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { aliases: 200_000, diagnostics: 500, fixes: true }
    }
}

/// What a limit keeps from being read. The API server may well accept it, so what it would do is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is, its name empty where that could not be read. `None` where there may be anything, in any namespace.
    pub object: Option<ObjectRef>,
    /// All of it.
    pub range: TextRange,
}

/// An object that takes no part in the analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name, as far as it could be read; of a policy in a text that could not, the kind alone.
    pub object: ObjectRef,
    /// The whole object, or as much of it as could be read.
    pub range: TextRange,
    /// Of a NetworkPolicy, the pods that it would select, where that much can be read.
    pub selects: Option<Selects>,
}

impl Refused {
    /// An object of which nothing else is known.
    pub(crate) fn new(object: ObjectRef, range: TextRange) -> Self {
        Self { object, range, selects: None }
    }
}

/// What a policy that is refused would isolate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selects {
    /// `podSelector`.
    pub pods: LabelSelector,
    /// The effective `policyTypes`.
    pub directions: Vec<Direction>,
}

/// An object of a kind that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name, as far as it could be read.
    pub object: ObjectRef,
    /// Where its `kind` stands.
    pub kind: TextRange,
    /// Whether it says who may talk to whom, so that a result without it may be wrong.
    pub is_policy: bool,
}
