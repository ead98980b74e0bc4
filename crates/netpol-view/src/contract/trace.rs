//! Why a cell is what it is, as it crosses to JavaScript.

use serde::{Deserialize, Serialize};

use super::{Connection, ConnectionSet, ObjectRef, Span};

/// Why a cell is what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What is allowed: the intersection of both ends. Empty where it was not evaluated.
    pub allowed: ConnectionSet,
    /// Whether the cell was not evaluated, so that `allowed` says nothing; `caveats` say why.
    #[serde(default)]
    pub not_evaluated: bool,
    /// The source's end.
    pub egress: DirectionTrace,
    /// The destination's end.
    pub ingress: DirectionTrace,
    /// Where network plugins differ, and what was not evaluated.
    pub caveats: Vec<String>,
    /// Where nothing is allowed: the smallest change that would allow it, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub mend: Option<String>,
    /// Where nothing is allowed, and a NetworkPolicy cannot or should not change that: the rule that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub obstacle: Option<String>,
}

/// Whether one connection is allowed, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Yes or no. No where it was not evaluated.
    pub allowed: bool,
    /// Whether the cell was not evaluated, so that `allowed` says nothing; `caveats` say why.
    #[serde(default)]
    pub not_evaluated: bool,
    /// What was asked, with the ids of the peers that were meant.
    pub connection: Connection,
    /// The pod of the source that was judged, where the question names one of several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub source_pod: Option<String>,
    /// The pod of the destination that was judged, likewise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub destination_pod: Option<String>,
    /// The source's end.
    pub egress: EndVerdict,
    /// The destination's end.
    pub ingress: EndVerdict,
    /// Where network plugins differ, and what was not evaluated.
    pub caveats: Vec<String>,
}

/// What one end says of one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EndVerdict {
    /// Whether this end allows it.
    pub allowed: bool,
    /// Whether some NetworkPolicy selects the pod for this direction.
    pub isolated: bool,
    /// The steps that allow it; where none does, all that were tried.
    pub steps: Vec<TraceStep>,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DirectionTrace {
    /// What this end allows.
    pub allowed: ConnectionSet,
    /// Whether some NetworkPolicy selects the pod for this direction.
    pub isolated: bool,
    /// In the order of evaluation.
    pub steps: Vec<TraceStep>,
}

/// One step of the evaluation of one end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TraceStep {
    /// Where in the order of evaluation.
    pub tier: Tier,
    /// The policy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub policy: Option<ObjectRef>,
    /// The policy's `priority`, where it has one: of one tier, lower ones come first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub priority: Option<u16>,
    /// The rule, from 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub rule: Option<u32>,
    /// The rule's `name`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub rule_name: Option<String>,
    /// What it does.
    pub action: Action,
    /// What it decides.
    pub matched: ConnectionSet,
    /// Why.
    pub reason: String,
    /// The lines.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub span: Option<Span>,
}

/// A tier of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Tier {
    /// Before all others.
    Admin,
    /// NetworkPolicy.
    NetworkPolicy,
    /// After all others.
    Baseline,
    /// What no policy decides.
    Default,
}

/// What a step of a trace does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Allows what it matched.
    Allow,
    /// Denies what it matched.
    Deny,
    /// Leaves the tier.
    Pass,
    /// Selects the pod, and so denies what no rule allows. Without a policy: so do all of the tier.
    Isolate,
    /// Decides nothing.
    None,
}
