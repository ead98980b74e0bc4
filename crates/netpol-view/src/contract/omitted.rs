//! What takes no part in a result, and what could not be judged, as it crosses to JavaScript.

use serde::{Deserialize, Serialize};

use super::{ObjectRef, Span};

/// Something that the result leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Incomplete {
    /// What is left out, and what that means for the result.
    pub message: String,
    /// How many objects.
    pub count: u32,
    /// Where the first of them is written.
    pub span: Span,
}

/// An object that the API server would refuse: it is not there, so what it was meant to close is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Its name, as far as it could be read.
    pub object: ObjectRef,
    /// What follows from it.
    pub message: String,
    /// Whether it is a policy, so that what it was meant to close is open.
    pub policy: bool,
    /// The first of its errors.
    pub span: Span,
}

/// Objects of one kind that are not read, as they do not say who may talk to whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct NotRead {
    /// The kind.
    pub kind: String,
    /// The API group; absent for the core group.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub group: Option<String>,
    /// How many objects.
    pub count: u32,
}

/// What was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Checks {
    /// How many rules there are.
    pub rules: u32,
    /// The names of those that could not judge, as the input holds no workload: `no-default-deny-ingress`, …
    pub unjudged: Vec<String>,
}
