//! What a rule is: its metadata, its documentation, and one function.

use crate::context::Context;
use crate::finding::Finding;

/// One kind of finding.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// `NP301`: stable, never used again for something else.
    pub code: &'static str,
    /// `subject-matches-nothing`.
    pub name: &'static str,
    /// How bad it is, unless a finding says otherwise.
    pub severity: Severity,
    /// When it is reported, in one sentence.
    pub summary: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do about it.
    pub help: &'static str,
    /// Where else the same is said.
    pub references: &'static [Reference],
    /// Manifests with the mistake, and without it.
    pub example: Example,
    /// What the witness of a finding shows.
    pub proof: Proof,
    /// What its fix does, where it offers one: what it promises of the cells, and in words.
    pub fix: Option<(Promise, &'static str)>,
    /// Finds it.
    pub check: fn(&Context<'_>) -> Vec<Finding>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// An attacker gains reach.
    High,
    /// A control is missing or does not do what it seems to.
    Medium,
    /// Wider than needed.
    Low,
    /// Worth knowing.
    Info,
}

/// What the witness of a finding shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Proof {
    /// A connection that is allowed.
    Allowed,
    /// A connection that is not.
    Denied,
    /// There is never one: the finding is about the text of a policy.
    None,
}

/// What a fix does to the cells of the matrix. Whoever offers one holds it to this: none opens a metadata endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Promise {
    /// No cell opens.
    Narrows,
    /// No cell closes.
    Opens,
    /// No cell changes.
    Keeps,
    /// It writes what is meant in the place of a mistake, which may open and close: never anything outside the cluster.
    Corrects,
}

/// Manifests that a rule is explained by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Example {
    /// The rule finds something here.
    pub triggers: &'static str,
    /// The same, mended: it finds nothing here.
    pub mended: &'static str,
}

/// Where else the same is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// A benchmark, a guide, a threat matrix or another scanner.
    pub standard: &'static str,
    /// Its id or name there.
    pub id: &'static str,
}
