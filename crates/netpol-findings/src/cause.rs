//! Why something is as it is, where several rules find that it is.

use netpol_eval::{NamespaceId, Origin, PolicyId};
use netpol_manifest::{Direction, PolicyPort, PortMatch};

use crate::dns::{self, Answer};
use crate::site::RuleAt;

/// Why something is as it is, where several rules find that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// No policy isolates some pods of a namespace for a direction.
    NotIsolated(NamespaceId, Direction, Part),
    /// A rule opens more than it should.
    Wide(Origin, Wide),
    /// A rule opens these ports, and nobody answers there.
    Port(Origin, (u16, u16), Part),
    /// The other end of what a rule opens does not.
    OtherEnd(Origin),
    /// A policy isolates pods that have this answer of DNS for this reason.
    Dns(PolicyId, Answer, dns::Cause, Part),
    /// An item of a rule's peers asks for labels which other objects have.
    Labels(Origin, usize, Part),
}

/// What a finding is to its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// It names it.
    Itself,
    /// It follows from it.
    Consequence,
}

/// What a finding says of a rule that is too wide; of several, the first names the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wide {
    /// Neither peers nor ports.
    Everything,
    /// No peers.
    Everyone,
    /// The metadata endpoint: it can be taken out of the blocks.
    Metadata,
    /// Any address.
    Anywhere,
    /// No ports.
    EveryPort,
}

/// What findings of one cause have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    NotIsolated(NamespaceId, Direction),
    Wide(Origin),
    Port(Origin, (u16, u16)),
    OtherEnd(Origin),
    Dns(PolicyId, Answer, dns::Cause),
    Labels(Origin, usize),
}

impl Cause {
    /// Of the finding that names it.
    pub(crate) fn itself(namespace: NamespaceId, direction: Direction) -> Option<Self> {
        Some(Self::NotIsolated(namespace, direction, Part::Itself))
    }

    /// Of a finding that follows from it.
    pub(crate) fn consequence(namespace: NamespaceId, direction: Direction) -> Option<Self> {
        Some(Self::NotIsolated(namespace, direction, Part::Consequence))
    }

    /// Of a finding about a rule that is too wide.
    pub(crate) fn wide(at: &RuleAt<'_>, wide: Wide) -> Option<Self> {
        Some(Self::Wide(at.origin(), wide))
    }

    /// Of a finding about ports of a rule.
    pub(crate) fn port(at: &RuleAt<'_>, port: &PolicyPort, part: Part) -> Option<Self> {
        match port.port {
            PortMatch::Range(first, last) => Some(Self::Port(at.origin(), (first, last), part)),
            PortMatch::Any | PortMatch::Name(_) => None,
        }
    }

    /// What it has in common with the findings beside it.
    pub(crate) fn key(self) -> Key {
        match self {
            Self::NotIsolated(namespace, direction, _) => Key::NotIsolated(namespace, direction),
            Self::Wide(origin, _) => Key::Wide(origin),
            Self::Port(origin, ports, _) => Key::Port(origin, ports),
            Self::OtherEnd(origin) => Key::OtherEnd(origin),
            Self::Dns(policy, answer, end, _) => Key::Dns(policy, answer, end),
            Self::Labels(origin, item, _) => Key::Labels(origin, item),
        }
    }
}
