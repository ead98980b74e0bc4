//! Whether what somebody wrote does what a lab asks for.

use netpol_view::contract::{Connection, Span};
use serde::{Deserialize, Serialize};

/// What becomes of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Grade {
    /// Whether it does all that was asked for, and nothing that was not.
    pub passed: bool,
    /// In the order of [`Shown::goals`](crate::Shown::goals), then what else must hold ("everything else stays as it was").
    pub goals: Vec<Goal>,
    /// How many lines were written, counted so that no style of YAML is shorter than another.
    pub lines: u32,
    /// Whether these are no more than those of the shortest right answer that is known.
    pub is_shortest: bool,
    /// What was written beside policies and what the start holds, and may not be, or what cannot be read: sentences.
    pub refused: Vec<String>,
}

/// A goal, and whether it is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Goal {
    /// In words.
    pub text: String,
    /// Whether it is reached.
    pub reached: bool,
    /// The shortest counterexample, in words, where it is not.
    pub message: Option<String>,
    /// The counterexample.
    pub witness: Option<Connection>,
    /// The lines that make it so.
    pub spans: Vec<Span>,
}
