//! The smallest change that would allow what is denied.
//!
//! Policies add up and never deny, so one more policy for exactly these pods allows the connection and takes nothing
//! away: its subject is isolated in that direction already, or there would be nothing to mend.

use netpol_eval::{ConnectionSet, Evaluation, Peer, PeerId};
use netpol_findings::{NewPolicy, opening};
use netpol_manifest::Direction;

use crate::words;

/// A change that allows a denied connection.
#[derive(Debug)]
pub(crate) struct Mend {
    /// What it does, in one sentence.
    pub(crate) message: String,
    /// The policies to add.
    pub(crate) policies: Vec<NewPolicy>,
}

/// The change that would allow a cell in which some of `wanted` is missing; `None` where policies cannot allow it, or
/// nothing is missing.
pub(crate) fn mend(evaluation: &Evaluation, source: PeerId, destination: PeerId) -> Option<Mend> {
    let trace = evaluation.trace(source, destination)?;
    let (from, to) = (evaluation.peer(source)?, evaluation.peer(destination)?);
    if !trace.allowed.is_empty() {
        return None;
    }
    let wanted = wanted(to, &trace.egress.allowed, &trace.ingress.allowed);
    let mut policies = Vec::new();
    let mut ends = Vec::new();
    for (direction, end, subject, peer) in [
        (Direction::Egress, &trace.egress, source, destination),
        (Direction::Ingress, &trace.ingress, destination, source),
    ] {
        if end.allowed.includes(&wanted) {
            continue;
        }
        policies.push(opening(evaluation, direction, subject, &[peer], &wanted)?);
        ends.push(match direction {
            Direction::Egress => format!("egress of {}", words::peer_name(evaluation, from)),
            Direction::Ingress => format!("ingress to {}", words::peer_name(evaluation, to)),
        });
    }
    let ports = if wanted.is_all() { "every port".to_owned() } else { words::connections(&wanted) };
    let mut message = format!("open {ports} for {}", ends.join(" and "));
    // A selector without labels is not for these pods alone.
    for workload in [from, to].into_iter().filter_map(Peer::workload).filter(|one| one.labels.is_empty()) {
        let all = match words::namespace_name(evaluation, workload) {
            "*" => "every pod of every namespace".to_owned(),
            namespace => format!("every pod of `{namespace}`"),
        };
        message.push_str(&format!("; `{}` has no labels, so {all} is meant", workload.name));
    }
    Some(Mend { message, policies })
}

/// What to allow: the ports that the destination declares, as far as the other end allows some of them already.
fn wanted(destination: &Peer, egress: &ConnectionSet, ingress: &ConnectionSet) -> ConnectionSet {
    let declared = destination.workload().map(|workload| {
        workload.declared_ports().iter().fold(ConnectionSet::NONE, |set, port| {
            set.union(&ConnectionSet::of(port.protocol, netpol_eval::PortSet::range(port.port, port.port)))
        })
    });
    let declared = declared.filter(|declared| !declared.is_empty()).unwrap_or_else(ConnectionSet::all);
    let mut candidates = vec![declared.clone()];
    candidates.extend([egress, ingress].map(|end| declared.intersection(end)));
    candidates.extend([egress, ingress].into_iter().filter(|end| !end.is_all()).cloned());
    // The narrowest that is not empty: what one end has opened for this purpose already.
    let fits = |set: &&ConnectionSet| !set.is_empty();
    let opened =
        candidates.iter().skip(1).filter(fits).find(|set| declared.includes(set) && **set != declared);
    let by_one_end = candidates.iter().skip(3).find(fits);
    opened.or(by_one_end.filter(|_| declared.is_all())).unwrap_or(&declared).clone()
}
