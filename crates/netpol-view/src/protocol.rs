//! What the page and the worker say to each other: numbered messages of plain data.
//!
//! The page sends a [`Request`]; the worker answers with any number of [`Response`]s that carry the same number.
//! A later `Analyze` cancels an earlier one that is not finished: the earlier one then gets no further answer.

use serde::{Deserialize, Serialize};

use crate::contract::{Explanation, Options, SourceFile, Summary};

/// A message to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Counted up by the page.
    pub id: u32,
    /// What to do.
    pub command: Command,
}

/// What the page asks for; written with serde's own tags, as any others have to be read twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// Analyse these files; answered by `Progress`, then `Analysis`.
    Analyze {
        /// All files, in order.
        files: Vec<SourceFile>,
        /// How.
        options: Options,
    },
    /// Explain one cell of the last finished analysis; answered by `Explanation`, or `Unknown` where there is none.
    Explain {
        /// Peer id.
        source: String,
        /// Peer id.
        destination: String,
    },
}

/// A message from the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The request's number.
    pub id: u32,
    /// What happened.
    pub event: Event,
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Event {
    /// Still at it.
    Progress {
        /// What is being done.
        phase: Phase,
        /// How much of it is done, 0 to 1.
        done: f64,
    },
    /// Done. The matrix travels beside it: the message has a `cells` property, a `Uint32Array` of peers² entries,
    /// row-major, or `null` when there are more than [`MOST_CELLS`] of them.
    Analysis {
        /// All but the cells; boxed, as it dwarfs the other events.
        summary: Box<Summary>,
        /// How long it took in the worker.
        milliseconds: f64,
    },
    /// One cell explained.
    Explanation {
        /// The explanation.
        explanation: Box<Explanation>,
    },
    /// The cell that was asked about is not in the last analysis.
    Unknown,
}

/// The largest matrix that is handed over whole: 4,096 peers squared, 64 MiB.
pub const MOST_CELLS: usize = 4096 * 4096;

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
