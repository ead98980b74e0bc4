//! What a rule found: where, about what, and the proof.

use std::cmp::Ordering;

use netpol_source::{ObjectRef, Span};

use crate::cause::Cause;
use crate::fix::{Fix, NamedFix};
use crate::rule::{Proof, Rule, Severity};
use crate::witness::Witness;

/// One thing that is insecure or mistaken.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule; it gives the documentation.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// What is wrong here.
    pub message: String,
    /// The object that it is about: a policy, a workload or a namespace.
    pub subject: ObjectRef,
    /// The lines that make it so, the most telling first.
    pub spans: Vec<Span>,
    /// The connection that proves it.
    pub witness: Option<Witness>,
    /// Whether that one is allowed or denied.
    pub proof: Proof,
    /// Whether an annotation of its subject says that it has been looked at and is meant to be so.
    pub silenced: bool,
    /// What would mend it, by all that can be told without trying it out.
    pub fix: Option<Fix>,
    /// Where there is more than one right way to mend it, the ways; then there is no `fix`.
    pub ways: Vec<NamedFix>,
    /// What follows from it: findings of other rules that have the same cause and are not listed by themselves.
    pub evidence: Vec<Finding>,
    /// What it has in common with findings of other rules.
    pub(crate) cause: Option<Cause>,
}

impl Finding {
    /// A finding of a rule of which nothing else is said yet.
    pub(crate) fn of(rule: &'static Rule) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: String::new(),
            subject: ObjectRef::default(),
            spans: Vec::new(),
            witness: None,
            proof: rule.proof,
            silenced: false,
            fix: None,
            ways: Vec::new(),
            evidence: Vec::new(),
            cause: None,
        }
    }

    /// Offers the only way to mend it, or the ways by name.
    pub(crate) fn mended_by(mut self, mut ways: Vec<NamedFix>) -> Self {
        match ways.len() {
            1 => self.fix = ways.pop().map(|only| only.fix),
            _ => self.ways = ways,
        }
        self
    }

    /// Its fix, or the ways to mend it.
    pub fn fixes(&self) -> impl Iterator<Item = &Fix> {
        self.fix.iter().chain(self.ways.iter().map(|way| &way.fix))
    }

    /// It and its evidence.
    pub fn with_evidence(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.evidence)
    }

    /// The order in which findings are listed: severity, the silenced ones last within it, code, subject, place,
    /// message.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let key = |finding: &Self| (finding.severity, finding.silenced, finding.rule.code);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.subject.cmp(&other.subject))
            .then_with(|| self.spans.cmp(&other.spans))
            .then_with(|| self.message.cmp(&other.message))
    }
}
