//! Where a rule of a policy stands, and how it is spoken of.

use netpol_eval::{ClusterPolicy, ConnectionSet, Origin, Policy, PolicyId, PortSet, Workload};
use netpol_manifest::{self as manifest, Direction, PolicyPort, PortMatch, Way};
use netpol_source::Span;

use crate::words;

/// A rule of a policy, in a direction in which the policy isolates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleAt<'a> {
    pub(crate) policy_id: PolicyId,
    pub(crate) policy: &'a Policy,
    pub(crate) direction: Direction,
    pub(crate) index: usize,
    pub(crate) rule: &'a manifest::Rule,
}

impl RuleAt<'_> {
    /// What it is called: `ingress rule 1`.
    pub(crate) fn path(&self) -> String {
        words::rule(self.direction, self.index)
    }

    /// Where it comes from.
    pub(crate) fn origin(&self) -> Origin {
        Origin { policy: self.policy_id, direction: self.direction, index: self.index }
    }

    /// The whole rule.
    pub(crate) fn span(&self) -> Span {
        self.policy.handle.span(self.rule.range)
    }

    /// The way from the policy to the rule.
    pub(crate) fn way(&self) -> Way {
        Way::new().key("spec").key(words::field(self.direction)).item(self.index)
    }

    /// The way to an item of `from` or `to`.
    pub(crate) fn peer_way(&self, item: usize) -> Way {
        self.way().key(words::peers_field(self.direction)).item(item)
    }

    /// The way to an item of `ports`; `None` for one of another rule.
    pub(crate) fn port_way(&self, port: &PolicyPort) -> Option<Way> {
        let item = self.rule.ports.iter().position(|one| std::ptr::eq(one, port))?;
        Some(self.way().key("ports").item(item))
    }
}

/// A rule, or one item of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) policy: PolicyId,
    pub(crate) direction: Direction,
    pub(crate) rule: usize,
    pub(crate) item: Item,
}

/// Which item of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Whole,
    Peer(usize),
    Port(usize),
}

/// What one item of `ports` opens on a destination.
pub(crate) fn port_set(port: &PolicyPort, destination: Option<&Workload>) -> ConnectionSet {
    match &port.port {
        PortMatch::Any => ConnectionSet::of(port.protocol, PortSet::all()),
        PortMatch::Range(first, last) => ConnectionSet::of(port.protocol, PortSet::range(*first, *last)),
        PortMatch::Name(name) => destination.map_or(ConnectionSet::NONE, |workload| {
            ConnectionSet::of(port.protocol, workload.named_ports(name, port.protocol))
        }),
    }
}

/// The direction in which the other end sees a connection.
pub(crate) fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    }
}

/// Where the name of a cluster-scoped policy stands.
pub(crate) fn cluster_policy_span(policy: &ClusterPolicy) -> Span {
    policy.handle.span(policy.handle.object().metadata.name.range)
}

/// Where the name of a policy stands.
pub(crate) fn policy_span(policy: &Policy) -> Span {
    policy.handle.span(policy.handle.object().metadata.name.range)
}
