//! Signs of life in the midst of long work.

use serde::{Deserialize, Serialize};

/// Hears, in the midst of long work, what is being done and how much of it is, 0 to 1. Who hears nothing for long may
/// take the work for dead.
pub type Beat<'a> = &'a dyn Fn(Phase, f64);

/// Nobody listens.
pub(crate) const UNHEARD: Beat<'static> = &|_, _| ();

/// A stage of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// Reading documents.
    Reading,
    /// Computing the matrix.
    Evaluating,
    /// Looking for findings.
    Finding,
}
