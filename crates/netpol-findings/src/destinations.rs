//! The pods whose ports a rule opens, for the rules that compare ports with those that containers declare.

use netpol_eval::{ConnectionSet, PeerId, PortSet, Workload};
use netpol_manifest::{ContainerPort, Direction, Peer};
use netpol_source::order;

use crate::context::{Context, RuleAt};
use crate::words;

/// The destinations of one rule: its subjects for ingress, its peers for egress.
pub(crate) struct Destinations<'a> {
    /// Those that are in the input and that policies can see.
    pub(crate) workloads: Vec<(PeerId, &'a Workload)>,
    /// Whether there may be others: addresses, or everyone.
    pub(crate) others: bool,
}

impl<'a> Destinations<'a> {
    pub(crate) fn of(context: &Context<'a>, at: &RuleAt<'_>) -> Self {
        let (peers, others) = match at.direction {
            Direction::Ingress => (order::set(context.subjects(at.policy_id).iter().copied()), false),
            Direction::Egress if at.rule.peers.is_empty() => {
                (order::set(context.input_workloads().map(|(peer, _)| peer)), true)
            }
            Direction::Egress => {
                let items = 0..at.rule.peers.len();
                let others = at.rule.peers.iter().any(|peer| matches!(peer, Peer::Block { .. }));
                (order::set(items.flat_map(|item| context.item_peers(at, item))), others)
            }
        };
        context.work(peers.len());
        let workloads = peers.into_iter().filter_map(|peer| Some((peer, context.workload(peer)?)));
        let seen = workloads.filter(|(_, one)| !one.is_hypothetical() && !one.host_network);
        Self { workloads: seen.collect(), others }
    }

    /// Every port that a container of a destination declares, with the destination.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (PeerId, &'a ContainerPort)> {
        let each = self.workloads.iter().copied();
        each.flat_map(|(peer, workload)| workload.ports.iter().flatten().map(move |port| (peer, port)))
    }

    /// Whether each of them declares some port, so that what is not declared is not served either, as far as one can
    /// know.
    pub(crate) fn all_declare(&self) -> bool {
        let declares = |workload: &Workload| workload.ports.iter().any(|ports| !ports.is_empty());
        !self.workloads.is_empty() && self.workloads.iter().all(|(_, workload)| declares(workload))
    }

    /// The first of these peers, which are in order, that is a destination.
    pub(crate) fn first_of(&self, peers: &[PeerId]) -> Option<&'a Workload> {
        let at = |peer: &PeerId| self.workloads.binary_search_by_key(peer, |(known, _)| *known).ok();
        peers.iter().find_map(at).and_then(|at| self.workloads.get(at)).map(|(_, workload)| *workload)
    }

    /// The ports that some container of a destination declares.
    pub(crate) fn served(&self, context: &Context<'_>) -> ConnectionSet {
        let declared = self.declared().map(|(_, port)| (port.protocol, port.port, port.port));
        ConnectionSet::from_intervals(declared.inspect(|_| context.work(1)))
    }

    /// The names of the workloads, as a list.
    pub(crate) fn names(&self) -> String {
        words::list(self.workloads.iter().map(|(_, workload)| workload.name.as_str()))
    }
}

/// Whether a set holds one of these ports.
pub(crate) fn meets(ports: &PortSet, first: u16, last: u16) -> bool {
    let behind = ports.intervals().partition_point(|(_, end)| *end < first);
    ports.intervals().get(behind).is_some_and(|(start, _)| *start <= last)
}
