//! Namespaces, as they cross to JavaScript.

use serde::{Deserialize, Serialize};

/// A namespace at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct NamespaceSummary {
    /// Its name.
    pub name: String,
    /// How many workloads of the input are in it.
    pub workloads: u32,
    /// How many of them some NetworkPolicy isolates for ingress.
    pub isolated_for_ingress: u32,
    /// How many of them some NetworkPolicy isolates for egress.
    pub isolated_for_egress: u32,
    /// How many of those that no policy isolates for ingress a cluster-scoped policy has a `Deny` rule for: they are not
    /// simply open.
    #[serde(default)]
    pub limited_for_ingress: u32,
    /// How many of those that no policy isolates for egress a cluster-scoped policy has a `Deny` rule for.
    #[serde(default)]
    pub limited_for_egress: u32,
    /// How many of them are published, or reached from some address outside.
    pub exposed: u32,
    /// How many of them can ask for names.
    #[serde(default)]
    pub dns_works: u32,
    /// Of the first that cannot, or not fully: its name and why; and how many more there are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(test, ts(optional))]
    pub dns_why: Option<String>,
    /// The findings about what is in it, without those that are silenced.
    pub findings: FindingCounts,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FindingCounts {
    /// An attacker gains reach.
    pub high: u32,
    /// A control is missing or does not do what it seems to.
    pub medium: u32,
    /// Wider than needed.
    pub low: u32,
    /// Worth knowing.
    pub info: u32,
}
