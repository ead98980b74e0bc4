//! What a verdict depends on besides the policies.

use std::collections::BTreeSet;

use netpol_manifest::{Direction, Protocol};
use netpol_source::order;

use super::{End, RuleTrace, TierTrace, Trace};
use crate::cluster::{NamespaceId, NamespaceOrigin, PolicyId, Workload};
use crate::compile::Reading;
use crate::connection::ConnectionSet;
use crate::evaluation::Evaluation;
use crate::lower::{Action, LeafKind, Lowered, PortLeaf, TierKind};
use crate::peer::{IpBlockPods, Peer, PeerId};

/// Where network plugins differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Caveat {
    /// Another reading of `ipBlock` allows something else.
    IpBlockReading {
        /// The other reading.
        reading: IpBlockPods,
        /// What it allows.
        allowed: ConnectionSet,
    },
    /// It is too much to evaluate.
    NotEvaluated,
    /// The pods' addresses are judged family by family: what each allows by itself. `None` for a family that they do not
    /// have in common.
    Families {
        /// What is allowed over IPv4.
        v4: Option<ConnectionSet>,
        /// What is allowed over IPv6.
        v6: Option<ConnectionSet>,
    },
    /// The labels of these namespaces are not in the input, and a selector asks for some: with other labels something
    /// else is allowed.
    NamespaceLabels(Vec<NamespaceId>),
    /// One end is on the host network.
    HostNetwork(PeerId),
    /// The address may be that of the node on which the pod runs.
    NodeTraffic,
    /// The diagonal of a workload that may have several pods: the verdict is between two of them.
    Siblings,
    /// The diagonal: a connection through a Service may come back to the pod itself.
    Hairpin,
    /// A rule names addresses outside, which a load balancer may have rewritten on the way in.
    RewrittenAddress,
    /// A port name that stands for different numbers on different pods.
    AmbiguousPortName(String),
    /// A rule that decides here uses `endPort`.
    EndPort,
    /// Something is allowed here on SCTP by a rule that names it.
    Sctp,
    /// One end is hypothetical, and a port name was given a number.
    HypotheticalPortName(String),
    /// These policies of one tier and priority decide differently; any of them may come first.
    Tied(Vec<PolicyId>),
    /// Rules may match or not, as the input does not tell all addresses or labels, or they differ between the pods.
    Undetermined {
        /// What is allowed in any case.
        least: ConnectionSet,
        /// What may be allowed.
        most: ConnectionSet,
    },
}

impl Evaluation {
    pub(super) fn caveats(&self, source: PeerId, destination: PeerId, trace: &Trace) -> Vec<Caveat> {
        let mut caveats = Vec::new();
        let (Some(from), Some(to)) = (self.peer(source), self.peer(destination)) else { return caveats };
        if source == destination && from.workload().is_some() {
            caveats
                .extend(from.workload().is_some_and(Workload::may_have_siblings).then_some(Caveat::Siblings));
            caveats.extend(self.isolated(Direction::Ingress, source).then_some(Caveat::Hairpin));
        }
        for (id, peer) in [(source, from), (destination, to)] {
            if peer.workload().is_some_and(|workload| workload.host_network) {
                caveats.push(Caveat::HostNetwork(id));
            }
        }
        if from.workload().is_some() && to.workload().is_some() {
            let others =
                IpBlockPods::ALL.into_iter().filter(|reading| *reading != self.options().ip_block_pods);
            for reading in others {
                let allowed = self.allowed_under(Reading::Blocks(reading), source, destination);
                if let Some(allowed) = allowed.filter(|allowed| *allowed != trace.allowed) {
                    caveats.push(Caveat::IpBlockReading { reading, allowed });
                }
            }
            caveats.extend(self.family_caveat(source, destination, trace));
        }
        if !self.is_evaluated(source, destination) {
            caveats.push(Caveat::NotEvaluated);
        }
        let other_labels = self.allowed_under(Reading::UnknownLabels, source, destination);
        if other_labels.is_some_and(|allowed| allowed != trace.allowed) {
            let ends = [from, to].into_iter().filter_map(Peer::workload).map(|workload| workload.namespace);
            let unknown = ends.filter(|id| {
                let namespace = self.cluster().namespace(*id);
                namespace.is_some_and(|namespace| namespace.origin == NamespaceOrigin::Mentioned)
            });
            let mut namespaces: Vec<NamespaceId> = unknown.collect();
            order::sort_and_dedup(&mut namespaces);
            caveats.push(Caveat::NamespaceLabels(namespaces));
        }
        for end in [&trace.egress, &trace.ingress] {
            caveats.extend(end.tiers.iter().filter_map(tied));
        }
        let [least, most] =
            [Reading::Least, Reading::Most].map(|bound| self.allowed_under(bound, source, destination));
        if let (Some(least), Some(most)) = (least, most)
            && least != most
            && !caveats.iter().any(|caveat| matches!(caveat, Caveat::Tied(_) | Caveat::NamespaceLabels(_)))
        {
            caveats.push(Caveat::Undetermined { least, most });
        }
        if self.may_be_own_node(source.index(), destination.index()) {
            caveats.push(Caveat::NodeTraffic);
        }
        if from.external().is_some() && self.names_addresses(&trace.ingress) {
            caveats.push(Caveat::RewrittenAddress);
        }
        caveats.extend(self.port_caveats(to, trace));
        caveats
    }

    /// What each family allows, where the two families together would allow something else.
    fn family_caveat(&self, source: PeerId, destination: PeerId, trace: &Trace) -> Option<Caveat> {
        let together = trace.egress.allowed.intersection(&trace.ingress.allowed);
        let [v4, v6] = self.allowed_by_family(source, destination)?;
        let is_told = together != trace.allowed || (v4.is_none() && v6.is_none());
        is_told.then_some(Caveat::Families { v4, v6 })
    }

    /// Whether a rule of the destination's policies depends on the address of the source.
    fn names_addresses(&self, ingress: &End) -> bool {
        let lowered = ingress.policies().filter_map(|one| Lowered::new(self.cluster(), one.policy));
        lowered.into_iter().any(|policy| {
            let rules = policy.rules(Direction::Ingress).unwrap_or_default();
            let mut leaves = rules.iter().flat_map(|rule| rule.peers.iter().flatten());
            leaves.any(|leaf| matches!(leaf.kind, LeafKind::Block(_) | LeafKind::Networks(_)))
        })
    }

    /// Caveats of the rules that matched something.
    fn port_caveats(&self, destination: &Peer, trace: &Trace) -> Vec<Caveat> {
        let (mut end_port, mut sctp) = (false, false);
        let mut ambiguous = BTreeSet::new();
        let mut stand_ins = BTreeSet::new();
        let ends = [(Direction::Egress, &trace.egress), (Direction::Ingress, &trace.ingress)];
        for (direction, one) in
            ends.into_iter().flat_map(|(direction, end)| end.policies().map(move |p| (direction, p)))
        {
            let Some(policy) = Lowered::new(self.cluster(), one.policy) else { continue };
            let rules = policy.rules(direction).unwrap_or_default().iter().zip(&one.rules);
            let rules = rules.filter(|(_, trace)| trace.peers.matches());
            for port in rules.flat_map(|(rule, _)| rule.ports.iter().flatten()) {
                match port {
                    PortLeaf::Range(protocol, first, last) => {
                        sctp |= *protocol == Protocol::Sctp;
                        let is_field = policy.tier == TierKind::NetworkPolicy;
                        end_port |= is_field && first != last && (*first, *last) != (1, u16::MAX);
                    }
                    PortLeaf::Name(protocol, name) => {
                        sctp |= *protocol == Some(Protocol::Sctp);
                        let protocols = port.names().map_or(&[][..], |(protocols, _)| protocols);
                        let workload = destination.workload();
                        let is_ambiguous = workload.is_some_and(|workload| {
                            let mut named = protocols.iter().map(|one| workload.named_port(name, *one));
                            named.any(|named| named.is_ambiguous)
                        });
                        if is_ambiguous {
                            ambiguous.insert((*name).to_owned());
                        } else if workload.is_some_and(Workload::is_hypothetical) {
                            stand_ins.insert((*name).to_owned());
                        }
                    }
                }
            }
        }
        let mut caveats: Vec<Caveat> = ambiguous.into_iter().map(Caveat::AmbiguousPortName).collect();
        caveats.extend(stand_ins.into_iter().map(Caveat::HypotheticalPortName));
        caveats.extend(end_port.then_some(Caveat::EndPort));
        caveats.extend(sctp.then_some(Caveat::Sctp));
        caveats
    }
}

/// What rules match, by what they do with it.
fn by_action(rules: &[RuleTrace]) -> [ConnectionSet; 3] {
    [Action::Allow, Action::Deny, Action::Pass].map(|action| {
        let rules = rules.iter().filter(|rule| rule.action == action);
        rules.fold(ConnectionSet::NONE, |all, rule| all.union(&rule.matched))
    })
}

/// Whether there is a connection with which one does something else than another.
fn differ(one: &[ConnectionSet; 3], other: &[ConnectionSet; 3]) -> bool {
    one.iter().enumerate().filter(|(_, own)| !own.is_empty()).any(|(action, own)| {
        let others = other.iter().enumerate().filter(|(its, set)| *its != action && !set.is_empty());
        others.into_iter().any(|(_, set)| !own.intersection(set).is_empty())
    })
}

/// The policies of a tier that are tied here and decide differently.
fn tied(tier: &TierTrace) -> Option<Caveat> {
    if tier.kind == TierKind::NetworkPolicy {
        return None;
    }
    let voices: Vec<[ConnectionSet; 3]> =
        tier.policies.iter().map(|policy| by_action(&policy.rules)).collect();
    let mut tied: Vec<PolicyId> = Vec::new();
    let mut is_tied = vec![false; voices.len()];
    for (at, (policy, own)) in tier.policies.iter().zip(&voices).enumerate() {
        for (beyond, (other, its)) in tier.policies.iter().zip(&voices).enumerate().skip(at + 1) {
            let are_tied = policy.priority.is_none() || policy.priority == other.priority;
            let is_known = [at, beyond].iter().all(|one| is_tied.get(*one) == Some(&true));
            if are_tied && !is_known && differ(own, its) {
                tied.extend([policy.policy, other.policy]);
                for one in [at, beyond] {
                    is_tied.get_mut(one).into_iter().for_each(|is| *is = true);
                }
            }
        }
    }
    order::sort_and_dedup(&mut tied);
    (!tied.is_empty()).then_some(Caveat::Tied(tied))
}
