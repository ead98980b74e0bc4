//! What is said of a place of the text, as it crosses to JavaScript.

use serde::{Deserialize, Serialize};

use super::Span;

/// What the text at one place says about the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Located {
    /// What stands there.
    pub part: LocatedPart,
    /// Indices of peers: of the cells that a rule decides, the rows; of all else, rows and columns
    /// alike.
    pub sources: Vec<u32>,
    /// Indices of peers: the columns.
    pub destinations: Vec<u32>,
    /// The workload or the policy, by what `Playground.peer` or `Playground.policy` takes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub id: Option<String>,
}

/// What part of an object stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum LocatedPart {
    /// A rule: it decides each cell of its sources and destinations.
    Rule,
    /// A policy outside its rules: these are its subjects.
    Policy,
    /// A workload.
    Workload,
    /// A node: its addresses, and the pods that use its network.
    Node,
}

/// What may be written at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Completions {
    /// What is replaced by the one that is chosen: what is typed of it already.
    pub span: Span,
    /// In the order in which they are offered.
    pub items: Vec<Completion>,
}

/// One thing that may be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Completion {
    /// What is offered.
    pub label: String,
    /// What is written: the label with what always follows it, such as `from:`.
    pub insert: String,
    /// A few words beside the label: the type, or where the value comes from.
    pub detail: String,
    /// What it means, in a sentence or two.
    pub documentation: String,
}

/// What stands at a place and means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Hover {
    /// What it is said of.
    pub span: Span,
    /// Paragraphs of plain text with code in backticks.
    pub text: Vec<String>,
}
