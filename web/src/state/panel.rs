//! What is open beside the matrix: why a cell is what it is, a question, a change before it is made.

use netpol_view::contract::{Connection, Explanation, Preview, Verdict};

use super::shared::Shared;

/// A cell that was opened, and why it is what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Peer id.
    pub source: String,
    /// Peer id.
    pub destination: String,
    /// The answer.
    pub answer: Answer<Explanation>,
    pub(super) request: u32,
}

/// What is known of something that was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// The worker was asked.
    Asked,
    /// It answered.
    Known(Shared<T>),
    /// Its analysis has no answer.
    Unknown,
}

impl<T> Answer<T> {
    /// The answer, once it is there.
    pub fn known(&self) -> Option<&Shared<T>> {
        match self {
            Self::Known(answer) => Some(answer),
            Self::Asked | Self::Unknown => None,
        }
    }
}

/// The question that is open: can this source reach this destination?
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What was asked, or what the form begins with; the ends as they were typed.
    pub connection: Connection,
    /// The answer.
    pub state: QueryState,
    pub(super) request: u32,
}

/// How far a question is.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryState {
    /// Not asked yet.
    Open,
    /// The worker was asked.
    Asked,
    /// Yes or no, and why.
    Answered(Shared<Verdict>),
    /// An end is nobody's, or the worker cannot tell; in words.
    Failed(String),
}

impl Query {
    /// Whether it was asked, so that it is asked again of a newer analysis.
    pub(super) fn was_asked(&self) -> bool {
        self.state != QueryState::Open
    }
}

/// A change that somebody wants to see before it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What it mends.
    pub of: Mended,
    /// The change.
    pub answer: Answer<Preview>,
    /// What else is to be known of it.
    pub notes: Vec<String>,
    pub(super) request: u32,
    /// Of the input that it is for.
    pub(super) revision: u32,
}

/// What a change mends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// The cell that is open.
    Cell,
    /// A finding of the analysis in sight, by its place in the list.
    Finding(u32),
    /// The same in one of several ways, by its place among them.
    Way(u32, u32),
    /// A finding that is meant to be so, by its place: an annotation says it.
    Silenced(u32),
    /// All policies of a superseded kind.
    Superseded,
}
