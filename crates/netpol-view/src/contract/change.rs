//! Changes before they are made, as they cross to JavaScript.

use serde::{Deserialize, Serialize};

use super::{ConnectionSet, Protocol, SourceFile};

/// A change to the input, before it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// What the change does.
    pub message: String,
    /// All files after the change.
    #[cfg_attr(test, ts(type = "SourceFile[]"))]
    pub files: Vec<SourceFile>,
    /// What differs in their texts, for each file that changes.
    pub diff: Vec<FileDiff>,
    /// How many cells change in all.
    pub changed_cells: u32,
    /// The cells that change; the first thousand where there are more.
    pub changes: Vec<CellChange>,
    /// The findings that come and go by it; none are told of a change that is not judged by them.
    #[serde(default)]
    pub findings: FindingChanges,
}

/// The findings that come and go by a change, in the order of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FindingChanges {
    /// Those that come.
    pub new: Vec<FindingChange>,
    /// Those that go.
    pub gone: Vec<FindingChange>,
}

/// A finding that comes or goes by a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FindingChange {
    /// `NP301`.
    pub code: String,
    /// What is wrong.
    pub message: String,
}

/// A port that a connection is to be allowed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PortWanted {
    /// TCP, UDP or SCTP.
    pub protocol: Protocol,
    /// 1 to 65535.
    pub port: u16,
}

/// What a connection is to be allowed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PortsWanted {
    /// What the destination declares, as far as one end does not say more: everything where it declares nothing.
    #[default]
    Declared,
    /// One port.
    One(PortWanted),
    /// Every port of every protocol.
    Every,
}

/// All policies of a superseded kind, rewritten as the kind that takes their place, before it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Migration {
    /// The change; its message says whether every cell stays the same.
    pub preview: Preview,
    /// What is no longer as it was, what is left as it is and why, and which cells change.
    pub notes: Vec<String>,
    /// How many policies are rewritten.
    pub policies: u32,
}

/// What changes in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileDiff {
    /// The file's name.
    pub file: String,
    /// Places that change, in order, each with some lines around it.
    pub hunks: Vec<Vec<DiffLine>>,
}

/// A line of a text that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DiffLine {
    /// What becomes of it.
    pub kind: DiffKind,
    /// Its number from 1: after the change where it comes, else before.
    pub line: u32,
    /// Without its end.
    pub text: String,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum DiffKind {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A cell before and after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct CellChange {
    /// Peer id.
    pub source: String,
    /// Peer id.
    pub destination: String,
    /// What is allowed now.
    pub before: ConnectionSet,
    /// What will be.
    pub after: ConnectionSet,
}
