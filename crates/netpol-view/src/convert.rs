//! What the layers below say, as the contract says it.

use netpol_eval::TierKind;
use netpol_manifest::Protocol;
use netpol_source::{Sources, Span};

use crate::{contract, words};

/// The file, lines and columns of a place.
pub(crate) fn span(sources: &Sources, place: Span) -> contract::Span {
    let position = |at: netpol_source::Position| contract::Position { line: at.line, column: at.column };
    match sources.resolve(place) {
        Some(found) => contract::Span {
            file: found.file.to_owned(),
            start: position(found.start),
            end: position(found.end),
        },
        // Places are only ever made from the documents of these sources.
        None => {
            let start = contract::Position { line: 1, column: 1 };
            contract::Span { file: String::new(), start, end: start }
        }
    }
}

pub(crate) fn object_ref(object: &netpol_source::ObjectRef) -> contract::ObjectRef {
    contract::ObjectRef {
        group: Some(object.group.clone()).filter(|group| !group.is_empty()),
        kind: object.kind.clone(),
        namespace: object.namespace.clone(),
        name: object.name.clone(),
    }
}

pub(crate) fn manifest_protocol(protocol: contract::Protocol) -> Protocol {
    match protocol {
        contract::Protocol::Tcp => Protocol::Tcp,
        contract::Protocol::Udp => Protocol::Udp,
        contract::Protocol::Sctp => Protocol::Sctp,
    }
}

pub(crate) fn protocol(protocol: Protocol) -> contract::Protocol {
    match protocol {
        Protocol::Tcp => contract::Protocol::Tcp,
        Protocol::Udp => contract::Protocol::Udp,
        Protocol::Sctp => contract::Protocol::Sctp,
    }
}

pub(crate) fn tier(kind: TierKind) -> contract::Tier {
    match kind {
        TierKind::Admin => contract::Tier::Admin,
        TierKind::NetworkPolicy => contract::Tier::NetworkPolicy,
        TierKind::Baseline => contract::Tier::Baseline,
    }
}

pub(crate) fn connection_set(set: &netpol_eval::ConnectionSet) -> contract::ConnectionSet {
    let intervals = |protocol| set.ports(protocol).intervals().to_vec();
    contract::ConnectionSet {
        text: words::connections(set),
        tcp: intervals(Protocol::Tcp),
        udp: intervals(Protocol::Udp),
        sctp: intervals(Protocol::Sctp),
    }
}
