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

fn parse(text: &str) -> Option<(Connection, bool)> {
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
