//! Whether connections that no policy test speaks of are the same in another input of the same pods.

use std::collections::{BTreeMap, BTreeSet};

use netpol_assert::{Addresses, End, Side, end_of, ports_of, telling_port};
use netpol_eval::{ConnectionSet, Evaluation, Ordinals, Peer, PeerId, Workload};
use netpol_manifest::{Expectation, Protocol, Resource};
use netpol_source::Budget;

use crate::contract::{Connection, Span};
use crate::outside::Outside;
use crate::{convert, words};

/// How many peers are compared, each with each.
const MOST_PEERS: usize = 3000;

/// What finding out whom tests speak of may cost.
const WORK: u64 = 50_000_000;

/// What became of the connections that no test speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nothing: all are as they were.
    Same,
    /// This one is not.
    Changed {
        /// A connection.
        connection: Connection,
        /// Whether it is allowed now and was not.
        is_opened: bool,
        /// That, in words.
        message: String,
        /// The lines that make it so.
        spans: Vec<Span>,
    },
    /// It cannot be told, as there is too much of it or not all was evaluated.
    Unknown,
}

/// A workload or a range of addresses, as it is in two evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Both {
    after: PeerId,
    before: PeerId,
}

impl Both {
    /// Of two ranges, the addresses that are in both.
    fn region(self, before: &Evaluation, after: &Evaluation) -> Option<Addresses> {
        let (after, before) = (after.peer(self.after)?.external()?, before.peer(self.before)?.external()?);
        Some(Addresses::of_range(after).intersection(&Addresses::of_range(before)))
    }
}

/// Compares two evaluations of the same pods, by the tests of the later one. Tests divide no ranges: of the addresses that a
/// pair of ranges has in common, all must be spoken of.
pub(crate) fn changed_elsewhere(before: &Evaluation, after: &Evaluation) -> Elsewhere {
    let count = before.peers().len().saturating_add(after.peers().len());
    let (Some(mentions), true) = (mentions(after), count <= MOST_PEERS) else { return Elsewhere::Unknown };
    // A domain is a row of its own only where a policy names it.
    if domains(before) != domains(after) {
        return Elsewhere::Unknown;
    }
    let budget = Budget::new(WORK, u64::MAX);
    let peers = in_both(before, after);
    let regions: Vec<Option<Addresses>> = peers.iter().map(|both| both.region(before, after)).collect();
    let peers: Vec<(Both, Option<&Addresses>)> =
        peers.into_iter().zip(&regions).map(|(both, region)| (both, region.as_ref())).collect();
    // Nobody calls from a name.
    let is_source =
        |(both, _): &&(Both, _)| after.peer(both.after).is_some_and(|peer| peer.domain().is_none());
    for (from, from_region) in peers.iter().filter(is_source) {
        for (to, to_region) in &peers {
            let is_itself = [(before, from.before, to.before), (after, from.after, to.after)]
                .into_iter()
                .any(|(of, from, to)| of.matrix().is_itself(from.index(), to.index()));
            if is_itself {
                continue;
            }
            if !before.is_evaluated(from.before, to.before) || !after.is_evaluated(from.after, to.after) {
                return Elsewhere::Unknown;
            }
            let (was, is) = (before.allowed(from.before, to.before), after.allowed(from.after, to.after));
            if was == is {
                continue;
            }
            let (opened, closed) = (is.difference(was), was.difference(is));
            if budget.work(1 + mentions.all.len()).is_err() {
                return Elsewhere::Unknown;
            }
            let workload = after.peer(to.after).and_then(Peer::workload);
            let spoken_of = mentions.of((from.after, *from_region), (to.after, *to_region), workload);
            for (changed, is_opened) in [(opened, true), (closed, false)] {
                if let Some(first) = telling_port(workload, &changed.difference(&spoken_of)) {
                    return change(after, from.after, to.after, first, is_opened);
                }
            }
        }
    }
    Elsewhere::Same
}

fn change(
    evaluation: &Evaluation,
    from: PeerId,
    to: PeerId,
    (protocol, port): (Protocol, u16),
    is_opened: bool,
) -> Elsewhere {
    let (Some(from), Some(to)) = (evaluation.peer(from), evaluation.peer(to)) else {
        return Elsewhere::Unknown;
    };
    let [source, destination] = [from, to].map(|peer| {
        let name = words::peer_name(evaluation, peer);
        let is_name = peer.external().is_none_or(|range| !range.is_any_other());
        if is_name { format!("`{name}`") } else { name }
    });
    let protocol_name = protocol.as_str();
    let message = if is_opened {
        format!("{source} now reaches {destination} on {protocol_name} {port}, which it did not before")
    } else {
        format!("{source} no longer reaches {destination} on {protocol_name} {port}, as it did before")
    };
    let [source, destination] = [from, to].map(|peer| words::peer_id(evaluation, peer));
    let connection = Connection { source, destination, protocol: convert::protocol(protocol), port };
    Elsewhere::Changed { connection, is_opened, message, spans: Vec::new() }
}

/// Whom the expectations of tests speak of, with whatever they take out of their ends and ports.
struct Mentions {
    all: Vec<Mention>,
}

struct Mention {
    from: End,
    to: End,
    expectation: Expectation,
}

fn mentions(evaluation: &Evaluation) -> Option<Mentions> {
    let budget = Budget::new(WORK, u64::MAX);
    let mut all = Vec::new();
    for test in &evaluation.cluster().tests {
        let Resource::ConnectivityTest(test) = &test.object().resource else { continue };
        for expectation in test.expectations() {
            let expectation = Expectation {
                except_from: Vec::new(),
                except_to: Vec::new(),
                except_ports: Vec::new(),
                ..expectation.clone()
            };
            let end =
                |side| end_of(evaluation, netpol_assert::Expect::Deny, side, &expectation, &budget).ok();
            let (from, to) = (end(Side::From)?, end(Side::To)?);
            all.push(Mention { from, to, expectation });
        }
    }
    Some(Mentions { all })
}

impl Mentions {
    /// The ports on which some test speaks of this pair.
    fn of(
        &self,
        from: (PeerId, Option<&Addresses>),
        to: (PeerId, Option<&Addresses>),
        workload: Option<&Workload>,
    ) -> ConnectionSet {
        let holds = |end: &End, (id, region): (PeerId, Option<&Addresses>)| match region {
            Some(region) => region.difference(&end.addresses).is_empty(),
            None => end.peers.contains(id.index()),
        };
        let of_pair = self.all.iter().filter(|mention| holds(&mention.from, from) && holds(&mention.to, to));
        of_pair.fold(ConnectionSet::NONE, |ports, mention| {
            ports.union(&ports_of(netpol_assert::Expect::Deny, &mention.expectation).at(workload))
        })
    }
}

/// The workloads of the input, and the ranges as finely as either of the two divides them.
fn in_both(before: &Evaluation, after: &Evaluation) -> Vec<Both> {
    let mut both = BTreeSet::new();
    let of_input = |evaluation: &'_ Evaluation| {
        let workloads = evaluation.peer_ids().filter_map(|(id, peer)| Some((id, peer.workload()?)));
        workloads.filter(|(_, workload)| !workload.is_hypothetical()).map(|(id, _)| id).collect::<Vec<_>>()
    };
    let (old, new) = (of_input(before), of_input(after));
    let (old_parts, new_parts) = (parts(before), parts(after));
    for after_id in new {
        let Some(one) = after.peer(after_id).and_then(Peer::workload) else { continue };
        for before_id in &old {
            let Some(other) = before.peer(*before_id).and_then(Peer::workload) else { continue };
            let name = name_of(after, one);
            if name_of(before, other) != name {
                continue;
            }
            let is_shared = match old_parts.get(&name) == new_parts.get(&name) {
                true => one.variant == other.variant,
                false => share_pods(other, one),
            };
            if is_shared {
                both.insert(Both { after: after_id, before: *before_id });
            }
        }
    }
    let (known, anew) = (Outside::of(before), Outside::of(after));
    for (id, peer) in after.peer_ids() {
        let held = peer.external().and_then(|range| known.holding(range.address()));
        both.extend(held.map(|before| Both { after: id, before }));
    }
    for (id, peer) in before.peer_ids() {
        let held = peer.external().and_then(|range| anew.holding(range.address()));
        both.extend(held.map(|after| Both { after, before: id }));
    }
    let domain = |evaluation: &Evaluation| {
        let domains = evaluation.peer_ids().filter(|(_, peer)| peer.domain().is_some());
        domains.map(|(id, _)| id).collect::<Vec<_>>()
    };
    let domains = domain(before).into_iter().zip(domain(after));
    both.extend(domains.map(|(before, after)| Both { after, before }));
    both.into_iter().collect()
}

fn domains(evaluation: &Evaluation) -> Vec<String> {
    let domains = evaluation.peers().iter().filter(|peer| peer.domain().is_some());
    domains.map(|peer| words::peer_id(evaluation, peer)).collect()
}

fn name_of<'a>(evaluation: &'a Evaluation, workload: &'a Workload) -> [&'a str; 4] {
    let namespace = words::namespace_name(evaluation, workload);
    [namespace, &workload.name, &workload.kind, &workload.group]
}

/// By workload, the parts into which selectors divide its pods.
fn parts(evaluation: &Evaluation) -> BTreeMap<[&str; 4], BTreeSet<Option<&str>>> {
    let mut parts: BTreeMap<_, BTreeSet<Option<&str>>> = BTreeMap::new();
    for workload in evaluation.peers().iter().filter_map(Peer::workload) {
        parts.entry(name_of(evaluation, workload)).or_default().insert(workload.variant.as_deref());
    }
    parts
}

/// Whether some pod may be in both, where they are divided otherwise: selectors divide the pods of a workload, and others divide them otherwise.
fn share_pods(one: &Workload, other: &Workload) -> bool {
    if one.variant.is_some() && one.variant == other.variant {
        return true;
    }
    if !one.pods.is_empty() && !other.pods.is_empty() {
        return one.pods.iter().any(|pod| other.pods.iter().any(|same| same.name == pod.name));
    }
    match (&one.ordinals, &other.ordinals) {
        (Some(one), Some(other)) => share_ordinals(one, other),
        _ => true,
    }
}

fn share_ordinals(one: &Ordinals, other: &Ordinals) -> bool {
    let range = one.range.start.max(other.range.start)..one.range.end.min(other.range.end);
    // What is cut out of both is few; behind all of it, everything is shared.
    let most = one.but.len() + other.but.len();
    range.take(most + 1).any(|ordinal| one.contains(ordinal) && other.contains(ordinal))
}
