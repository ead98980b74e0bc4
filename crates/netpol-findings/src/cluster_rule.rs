//! A rule of a cluster-scoped policy, seen as the rules that find something need it.

use netpol_eval::{ClusterPolicy, ConnectionSet, Origin, PeerId, PortSet};
use netpol_manifest::{
    self as manifest, ClusterAction, ClusterPeer, ClusterPort, ClusterPortMatch, Direction, Protocol,
};
use netpol_source::Span;

use crate::context::Context;
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

    /// What its ports are on a destination; without one, by number.
    pub(crate) fn ports_on(&self, context: &Context<'_>, destination: Option<PeerId>) -> ConnectionSet {
        if self.rule.ports.is_none() {
            return ConnectionSet::all();
        }
        context.work(self.ports().len() + 1);
        let workload = destination.and_then(|peer| context.workload(peer));
        let ports = self.ports().iter().map(|port| match &port.port {
            ClusterPortMatch::Range(protocol, first, last) => {
                ConnectionSet::of(*protocol, PortSet::range(*first, *last))
            }
            ClusterPortMatch::Name(name) => {
                Protocol::ALL.into_iter().fold(ConnectionSet::NONE, |all, protocol| {
                    let named =
                        workload.map_or(PortSet::NONE, |workload| workload.named_ports(name, protocol));
                    all.union(&ConnectionSet::of(protocol, named))
                })
            }
        });
        ConnectionSet::from_intervals(ports.flat_map(|set| set.intervals().collect::<Vec<_>>()))
    }

    /// What it decides between a subject and a peer.
    pub(crate) fn decides(&self, context: &Context<'_>, subject: PeerId, peer: PeerId) -> ConnectionSet {
        let direction = self.origin.direction;
        context.work(context.evaluation().deciding(direction, subject).len() + 1);
        let end = context.evaluation().end_trace(direction, subject, peer);
        let found = end.as_ref().and_then(|end| {
            let mut rules = end.policies().flat_map(|policy| &policy.rules);
            rules.find(|rule| rule.origin == self.origin)
        });
        found.map_or(ConnectionSet::NONE, |rule| rule.decides.clone())
    }

    /// The peers that an item of it matches.
    pub(crate) fn item_peers(&self, context: &Context<'_>, item: usize) -> impl Iterator<Item = PeerId> {
        let Origin { policy, direction, index } = self.origin;
        context.evaluation().item_peers(policy, direction, index, item).inspect(|_| context.work(1))
    }

    /// Who may open a connection that it speaks of: its peers for ingress, its subjects for egress.
    pub(crate) fn sources<'c>(&'c self, context: &'c Context<'_>) -> Box<dyn Iterator<Item = PeerId> + 'c> {
        match self.origin.direction {
            Direction::Ingress => {
                Box::new((0..self.rule.peers.len()).flat_map(|item| self.item_peers(context, item)))
            }
            Direction::Egress => Box::new(context.subjects(self.origin.policy).iter().copied()),
        }
    }

    /// `egress[0]`, with its name where it has one: `egress[0]` (`deny-all`).
    pub(crate) fn path(&self) -> String {
        let path = format!("`{}`", self.plain_path());
        match self.rule.name.as_ref().filter(|name| !name.value.is_empty()) {
            Some(name) => format!("{path} (`{}`)", name.value),
            None => path,
        }
    }

    /// `egress[0]`, without the marks.
    pub(crate) fn plain_path(&self) -> String {
        format!("{}[{}]", words::field(self.origin.direction), self.origin.index)
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
