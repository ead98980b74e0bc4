//! YAML and JSON text to Kubernetes objects that know where each of their values stands.
//!
//! [`read`] takes the text of *one* document, never fails, never runs long on hostile text, and depends on nothing
//! but that text and the options: its result can be kept for as long as they stay the same. All ranges are relative to the
//! document. Objects that the API server would refuse are reported and left out.

mod catalog;
mod change;
mod cursor;
mod decode;
mod document;
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

pub use catalog::{field_at, kinds, type_at};
pub use change::{At, Change, Way, Yaml, edits};
pub use document::{Document, Ignored, LeftOut, Limits, Refused, Selects};
pub use nearest::nearest;
pub use object::*;
pub use options::{KubernetesVersion, ReadOptions, UnknownFields};
pub use place::{
    Place, Slot, Step, cluster_peers_in, peer_in, peers_in, place_at, pods_in, selector_in, subject_in,
};
pub use yaml::reads_as_text;

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

/// Whether an object is a policy test, or means to be one: by its group, or by its kind in whatever case.
pub fn is_test(object: &netpol_source::ObjectRef) -> bool {
    decode::kinds::is_test(&object.group, &object.kind)
}

/// Whether a namespace may have this name.
pub fn is_namespace_name(name: &str) -> bool {
    validate::NameRule::Label.check(name).is_ok()
}
