//! What becomes of policy tests.

use serde::{Deserialize, Serialize};

use super::{Connection, Span};

/// A ConnectivityTest, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// `metadata.name`.
    pub name: String,
    /// `spec.description`.
    #[cfg_attr(test, ts(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// Whether each of its expectations holds; never of one with a mistake in it.
    pub passed: bool,
    /// Those of `allow`, then those of `deny`; empty of a test with a mistake in it.
    pub expectations: Vec<ExpectationResult>,
}

/// One expectation of a ConnectivityTest, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct ExpectationResult {
    /// Whether it expects connections to be allowed or denied.
    pub expect: Expect,
    /// What it expects, in words: its `description`, else made of its ends and ports.
    pub text: String,
    /// Whether it holds.
    pub status: TestStatus,
    /// How many pairs of a source and a destination it is about.
    pub pairs: u32,
    /// How many of them are not as expected.
    pub broken: u32,
    /// Why it does not hold.
    #[cfg_attr(test, ts(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// A connection that is not as expected; its ends are peer ids.
    #[cfg_attr(test, ts(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub witness: Option<Connection>,
    /// Where an end of it is a range: one address of it that is meant.
    #[cfg_attr(test, ts(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    /// The lines that make it so.
    pub spans: Vec<Span>,
    /// Where it is written.
    pub span: Span,
    /// What else there is to know of it: what it hangs on, or what takes no part.
    #[cfg_attr(test, ts(optional))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caveat: Option<String>,
}

/// What an expectation expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum Expect {
    /// All of the ports are allowed between each source and destination.
    Allow,
    /// None of them is allowed between any.
    Deny,
}

impl Expect {
    /// As a test writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

/// Whether an expectation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum TestStatus {
    /// It does.
    Passed,
    /// It does not.
    Failed,
    /// It does where the network plugin reads the policies as the matrix shows them, and may not elsewhere; counts as not
    /// passed.
    Depends,
    /// An end matches nobody, or no destination has the port: it proves nothing, and counts as not passed.
    Void,
    /// It hangs on what was not evaluated; counts as not passed.
    Unknown,
}

/// All tests of an input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct TestReport {
    /// Whether there is any, and all of them hold.
    pub passed: bool,
    /// In the order of the text.
    pub tests: Vec<TestResult>,
}
