//! Small analyses for the tests of the page.

use std::collections::BTreeMap;

use netpol_view::certainty::CERTAIN;
use netpol_view::contract::{
    Action, ClassMatrix, ConnectionSet, Finding, FindingSeverity, ObjectRef, Peer, PeerType, Position,
    Reference, Span, Summary, Tier, TraceStep,
};

use super::analysis::Analysis;

/// A Deployment with the label `app`.
pub fn workload(namespace: &str, name: &str) -> Peer {
    Peer {
        id: format!("{namespace}/{name}[Deployment]"),
        peer_type: PeerType::Workload,
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        kind: Some("Deployment".to_owned()),
        labels: Some(BTreeMap::from([("app".to_owned(), name.to_owned())])),
        namespace_labels: None,
        ports: None,
        host_network: None,
        variant: None,
        replicas: None,
        dns: None,
        cidrs: None,
        network: None,
        except: None,
        note: None,
        span: None,
    }
}

/// Addresses outside.
pub fn external(cidrs: &[&str]) -> Peer {
    Peer {
        id: format!("external:{}", cidrs.join(",")),
        peer_type: PeerType::External,
        namespace: None,
        name: None,
        kind: None,
        labels: None,
        cidrs: Some(cidrs.iter().map(|cidr| (*cidr).to_owned()).collect()),
        ..workload("", "")
    }
}

/// No connection.
pub fn none() -> ConnectionSet {
    ConnectionSet { text: "none".to_owned(), ..ConnectionSet::default() }
}

/// Every connection.
pub fn all() -> ConnectionSet {
    let every = vec![(1, u16::MAX)];
    ConnectionSet { text: "all".to_owned(), tcp: every.clone(), udp: every.clone(), sctp: every }
}

/// Some ports of TCP.
pub fn tcp(intervals: &[(u16, u16)]) -> ConnectionSet {
    let words: Vec<String> = intervals
        .iter()
        .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") })
        .collect();
    ConnectionSet {
        text: format!("TCP {}", words.join(", ")),
        tcp: intervals.to_vec(),
        ..ConnectionSet::default()
    }
}

/// An analysis whose connections are none (0), all (1), TCP 80 (2) and TCP 80, 443 (3).
pub fn analysis(peers: Vec<Peer>, cell: impl Fn(usize, usize) -> u32) -> Analysis {
    uncertain(peers, cell, |_, _| CERTAIN)
}

/// The same, with how certain each cell is.
pub fn uncertain(
    peers: Vec<Peer>,
    cell: impl Fn(usize, usize) -> u32,
    certainty: impl Fn(usize, usize) -> u8,
) -> Analysis {
    let matrix = matrix(peers.len(), cell, certainty).into();
    Analysis::new(Summary { peers, matrix, ..sets() }, Some(1.0))
}

/// A summary of the connections none, all, TCP 80 and TCP 80, 443 only.
pub fn sets() -> Summary {
    let connections = vec![none(), all(), tcp(&[(80, 80)]), tcp(&[(80, 80), (443, 443)])];
    Summary { connections, ..Summary::default() }
}

/// A matrix in which each peer is a class of its own.
pub fn matrix(
    peers: usize,
    cell: impl Fn(usize, usize) -> u32,
    certainty: impl Fn(usize, usize) -> u8,
) -> ClassMatrix {
    let places = || (0..peers * peers).map(|index| (index / peers, index % peers));
    ClassMatrix {
        class_of: (0..peers).map(|peer| peer as u32).collect(),
        count: peers,
        cells: places().map(|(source, destination)| cell(source, destination)).collect(),
        uncertain: places().map(|(source, destination)| certainty(source, destination)).collect(),
        alone: vec![0; peers],
        ..ClassMatrix::default()
    }
}

/// An analysis of peers of these classes, with the connections between each two of them.
pub fn of_classes(peers: Vec<Peer>, class_of: Vec<u32>, cell: impl Fn(usize, usize) -> u32) -> Analysis {
    let count = class_of.iter().max().map_or(0, |last| *last as usize + 1);
    let alone = vec![0; class_of.len()];
    let matrix = ClassMatrix { class_of, alone, ..matrix(count, cell, |_, _| CERTAIN) }.into();
    Analysis::new(Summary { peers, matrix, ..sets() }, Some(1.0))
}

/// A line of a file.
pub fn span(file: &str, line: u32) -> Span {
    let at = |column| Position { line, column };
    Span { file: file.to_owned(), start: at(1), end: at(2) }
}

/// A finding about an object that one standard speaks of.
pub fn finding(
    code: &str,
    severity: FindingSeverity,
    kind: &str,
    namespace: Option<&str>,
    name: &str,
    standard: &str,
) -> Finding {
    Finding {
        code: code.to_owned(),
        rule: code.to_ascii_lowercase(),
        severity,
        message: "wrong".to_owned(),
        help: "mend it".into(),
        subject: ObjectRef {
            group: None,
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        },
        spans: Vec::new(),
        witness: None,
        proof: None,
        references: [Reference { standard: standard.to_owned(), id: "1".to_owned() }].into(),
        fixable: false,
        ways: Vec::new(),
        silenced: false,
        evidence: Vec::new(),
    }
}

/// A step of a trace that matches nothing, at a place.
pub fn step(tier: Tier, action: Action, span: Option<Span>) -> TraceStep {
    TraceStep {
        tier,
        policy: None,
        priority: None,
        rule: None,
        rule_name: None,
        action,
        matched: none(),
        reason: "because".to_owned(),
        span,
    }
}
