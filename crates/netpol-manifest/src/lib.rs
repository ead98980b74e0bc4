//! YAML and JSON text to Kubernetes objects that know where each of their values stands.
//!
//! [`read`] takes the text of *one* document, never fails, never runs long on hostile text, and depends on nothing
//! but that text and the options: its result can be kept for as long as they stay the same. All ranges are relative to the
//! document. Objects that the API server would refuse are reported and left out.

mod change;
mod cursor;
mod decode;
mod fix;
mod nearest;
mod object;
mod options;
mod place;
mod report;
pub mod schema;
mod trial;
mod validate;
mod yaml;

pub use change::{At, Change, Way, Yaml, edits};
pub use nearest::nearest;
pub use object::*;
pub use options::{KubernetesVersion, ReadOptions, UnknownFields};
pub use place::{Place, Slot, Step, peer_in, place_at, selector_in};
pub use yaml::reads_as_text;

/// What one document holds.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The objects that the API server would accept, in order; the items of lists stand here by themselves.
    pub objects: Vec<Object>,
    /// The objects that it would refuse; each has at least one error among the diagnostics.
    pub refused: Vec<Refused>,
    /// Objects of kinds that are not read.
    pub ignored: Vec<Ignored>,
    /// What is there and could not be read, because there is too much of it.
    pub left_out: Vec<LeftOut>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<netpol_source::Diagnostic<netpol_source::TextRange>>,
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
    pub object: Option<netpol_source::ObjectRef>,
    /// All of it.
    pub range: netpol_source::TextRange,
}

/// An object that takes no part in the analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name, as far as it could be read.
    pub object: netpol_source::ObjectRef,
    /// The whole object.
    pub range: netpol_source::TextRange,
}

/// An object of a kind that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its name, as far as it could be read.
    pub object: netpol_source::ObjectRef,
    /// Where its `kind` stands.
    pub kind: netpol_source::TextRange,
    /// Whether it says who may talk to whom, so that a result without it may be wrong.
    pub is_policy: bool,
}

/// Reads one document, as `kubectl apply` and the newest Kubernetes do.
pub fn read(text: &str) -> Document {
    read_with(text, ReadOptions::default())
}

/// Reads one document.
pub fn read_with(text: &str, options: ReadOptions) -> Document {
    read_within(text, options, Limits::default())
}

/// Reads one document of several that share what reading them may cost.
pub fn read_within(text: &str, options: ReadOptions, limits: Limits) -> Document {
    decode::document(text, options, limits)
}

/// Whether a namespace may have this name.
pub fn is_namespace_name(name: &str) -> bool {
    validate::NameRule::Label.check(name).is_ok()
}
