//! YAML and JSON text to a tree of values that know their place. Nothing here knows Kubernetes.

mod builder;
mod flow;
mod json;
mod offsets;
mod reader;
mod scalar;
mod separator;
mod syntax;
mod tree;

pub(crate) use reader::parse;
pub use scalar::reads_as_text;
pub(crate) use tree::{Entry, NodeId, Tree, Value};
