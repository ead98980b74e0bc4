//! Whether what somebody wrote does what a lab asks for.

use netpol_view::contract::{Connection, Span};
use serde::{Deserialize, Serialize};

/// What becomes of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Grade {
    /// Whether it does all that was asked for, and nothing that was not.
    pub passed: bool,
    /// In the order of the lab, then what else must hold ("everything else stays as it was").
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
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Goal {
    /// In words.
    pub text: String,
    /// Whether it is reached.
    pub reached: bool,
    /// The shortest counterexample, in words, where it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub message: Option<String>,
    /// The counterexample.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional, type = "Connection"))]
    pub witness: Option<Connection>,
    /// The lines that make it so.
    #[cfg_attr(test, ts(type = "Span[]"))]
    pub spans: Vec<Span>,
}
