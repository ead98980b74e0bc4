//! A rule of a cluster-scoped policy, seen as the rules that find something need it.

use netpol_eval::{ClusterPolicy, Origin};
use netpol_manifest::{self as manifest, ClusterAction, ClusterPeer, ClusterPort};
use netpol_source::Span;

use crate::words;

/// A rule of a cluster-scoped policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClusterRuleAt<'a> {
    pub(crate) origin: Origin,
    pub(crate) policy: &'a ClusterPolicy,
    pub(crate) rule: &'a manifest::ClusterRule,
}

impl ClusterRuleAt<'_> {
    /// What it does, of what it matches: `allows`.
    pub(crate) fn does(&self) -> &'static str {
        match self.rule.action.value {
            ClusterAction::Allow => "allows",
            ClusterAction::Deny => "denies",
            ClusterAction::Pass => "passes on",
        }
    }

    /// Whether it has a peer of a field that is not known, so that neither its peers nor its ports are what it says.
    pub(crate) fn fails_closed(&self) -> bool {
        self.rule.peers.iter().any(|peer| matches!(peer, ClusterPeer::Unknown { .. }))
    }

    /// The items of `ports` or `protocols`; none for every port.
    pub(crate) fn ports(&self) -> &[ClusterPort] {
        self.rule.ports.as_ref().map_or(&[], |ports| &ports.value)
    }

    /// What it is called, with its name where it has one: ``egress rule 1 (`deny-all`)``.
    pub(crate) fn path(&self) -> String {
        let path = self.plain_path();
        match self.rule.name.as_ref().filter(|name| !name.value.is_empty()) {
            Some(name) => format!("{path} (`{}`)", name.value),
            None => path,
        }
    }

    /// `egress rule 1`.
    pub(crate) fn plain_path(&self) -> String {
        words::rule(self.origin.direction, self.origin.index)
    }

    /// `Allow`, `Accept`, `Deny` or `Pass`, as this kind writes it.
    pub(crate) fn action(&self) -> &'static str {
        words::action(self.policy, self.rule.action.value)
    }

    /// The whole rule.
    pub(crate) fn span(&self) -> Span {
        self.policy.handle.span(self.rule.range)
    }

    /// The name of its policy.
    pub(crate) fn name(&self) -> &str {
        &self.policy.handle.object().metadata.name.value
    }
}
