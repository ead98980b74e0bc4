//! YAML and JSON text to a tree of values that know their place. Nothing here knows Kubernetes.

mod block;
mod builder;
mod control;
mod flow;
mod json;
mod offsets;
mod reader;
mod scalar;
mod separator;
mod shape;
mod skim;
mod syntax;
mod tree;

pub(crate) use reader::{parse, parse_within};
pub use scalar::reads_as_text;
pub(crate) use shape::{Part, Shape};
pub(crate) use syntax::template;
pub(crate) use tree::{Entry, NodeId, Parsed, Tree, Value};
