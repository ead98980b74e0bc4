//! Questions about single connections.

use netpol_view::Analyzer;
use netpol_view::contract::{Connection, Protocol};

use super::Block;
use super::check::Failures;
use crate::analysis::Analysis;

/// Lines `source -> destination TCP 80: yes`, each asked as people ask.
pub(super) fn probes(block: &Block, analysis: &Analysis) -> Failures {
    let mut analyzer = Analyzer::new(analysis.options);
    analyzer.set_files(analysis.files.clone());
    let mut failures = Failures::new();
    for (line, text) in block.lines() {
        let Some((connection, allowed)) = parse(text) else {
            failures.push((line, "a line is `source -> destination TCP 80: yes`, or `no`".to_owned()));
            continue;
        };
        match analyzer.query(&connection) {
            Err(unknown) => failures.push((line, unknown.to_string())),
            Ok(verdict) if verdict.allowed != allowed => {
                let Connection { source, destination, .. } = &verdict.connection;
                let said = if verdict.allowed { "yes" } else { "no" };
                failures.push((line, format!("{source} -> {destination}: {said}")));
            }
            Ok(_) => {}
        }
    }
    failures
}

/// Lines `source -> destination: yes`: whether cells are marked with ≈.
pub(super) fn uncertain(block: &Block, analysis: &Analysis) -> Failures {
    let mut analyzer = Analyzer::new(analysis.options);
    analyzer.set_files(analysis.files.clone());
    let mut failures = Failures::new();
    for (line, text) in block.lines() {
        let Some((source, destination, expected)) = parse_doubt(text) else {
            failures.push((line, "a line is `source -> destination: yes`, or `no`".to_owned()));
            continue;
        };
        // A question tells which peers the ends are.
        let (source, destination) = (source.to_owned(), destination.to_owned());
        match analyzer.query(&Connection { source, destination, protocol: Protocol::Tcp, port: 1 }) {
            Err(unknown) => failures.push((line, unknown.to_string())),
            Ok(verdict) => {
                let place = |id: &str| analysis.place_of(id);
                let Connection { source, destination, .. } = &verdict.connection;
                let found = place(source).zip(place(destination));
                let found = found.map(|(from, to)| analysis.is_uncertain(from, to));
                if found != Some(expected) {
                    failures.push((line, format!("{source} -> {destination}: {found:?}")));
                }
            }
        }
    }
    failures
}

pub(super) fn parse_doubt(text: &str) -> Option<(&str, &str, bool)> {
    let (ends, answer) = text.rsplit_once(": ")?;
    let (source, destination) = ends.split_once(" -> ")?;
    match answer {
        "yes" => Some((source, destination, true)),
        "no" => Some((source, destination, false)),
        _ => None,
    }
}

pub(super) fn parse(text: &str) -> Option<(Connection, bool)> {
    let (question, answer) = text.rsplit_once(": ")?;
    let (source, rest) = question.split_once(" -> ")?;
    let (rest, port) = rest.rsplit_once(' ')?;
    let (destination, protocol) = rest.rsplit_once(' ')?;
    let protocol = match protocol {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        "SCTP" => Protocol::Sctp,
        _ => return None,
    };
    let allowed = match answer {
        "yes" => true,
        "no" => false,
        _ => return None,
    };
    let (source, destination) = (source.to_owned(), destination.to_owned());
    Some((Connection { source, destination, protocol, port: port.parse().ok()? }, allowed))
}
