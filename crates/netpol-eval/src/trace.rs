//! One cell again, rule by rule: what each of them matched, and where it matched nothing, why.
//!
//! What rules match is computed straight from the lowered policies, without classes and bit sets, and weighed by the same
//! step as in the matrix; tests hold it equal to the matrix.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_manifest::{Direction, LabelSelector, Protocol};
use netpol_source::order;

use crate::cluster::{Cluster, HostId, Labels, NamespaceId, NamespaceOrigin, PolicyId, Workload};
use crate::compile::{Reading, is_in_domain};
use crate::connection::{ConnectionSet, PortSet};
use crate::evaluation::Evaluation;
use crate::lower::{
    Action, BlockReading, Leaf, LeafKind, Lowered, Namespaces, Origin, Pods, PortLeaf, Rule, TierKind,
};
use crate::peer::{BlockMatch, Holds, IpBlockPods, Peer, PeerId};
use crate::selector::requirement_holds;
use crate::step::{Bound, Matching, Place, Plain, State, step};

/// Why a cell is what it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What is allowed: the intersection of both ends, in each family of addresses in which they meet. Nothing where it
    /// was not evaluated.
    pub allowed: ConnectionSet,
    /// The source's end.
    pub egress: End,
    /// The destination's end.
    pub ingress: End,
    /// Where network plugins differ.
    pub caveats: Vec<Caveat>,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// What it allows.
    pub allowed: ConnectionSet,
    /// Whether that was found out; else nothing is shown as allowed.
    pub is_evaluated: bool,
    /// Why policies have no say, if they have none.
    pub exemption: Option<Exemption>,
    /// The tiers in which some policy has a say, in the order in which they are asked. What is left behind the last one is
    /// allowed.
    pub tiers: Vec<TierTrace>,
}

impl End {
    /// All policies that have a say, in order.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyTrace> {
        self.tiers.iter().flat_map(|tier| &tier.policies)
    }

    /// The NetworkPolicies that select the pod for this direction; none means that it is not isolated.
    pub fn network_policies(&self) -> &[PolicyTrace] {
        let tier = self.tiers.iter().find(|tier| tier.kind == TierKind::NetworkPolicy);
        tier.map_or(&[], |tier| &tier.policies)
    }
}

/// What one tier does at one end.
#[derive(Clone, Debug, PartialEq)]
pub struct TierTrace {
    /// Which.
    pub kind: TierKind,
    /// What no tier before it has decided.
    pub arrives: ConnectionSet,
    /// What it leaves to the next one.
    pub leaves: ConnectionSet,
    /// The policies in it that have a say, in order of their places.
    pub policies: Vec<PolicyTrace>,
}

/// Why policies have no say at one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exemption {
    /// A pod always reaches itself, and there is only one.
    Itself,
    /// The pods use the host network and are never subjects.
    HostNetwork,
    /// The end is outside the cluster.
    Outside,
    /// The two ends are a pod and its own node.
    OwnNode,
}

/// What one policy does at one end.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyTrace {
    /// The policy.
    pub policy: PolicyId,
    /// Whether its rules are evaluated; else it has a say, and what they decide is not known.
    pub is_evaluated: bool,
    /// `priority`, of a policy that has one.
    pub priority: Option<u16>,
    /// By rule of the direction.
    pub rules: Vec<RuleTrace>,
}

/// What one rule does.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTrace {
    /// Where it comes from.
    pub origin: Origin,
    /// What it does with what it matches.
    pub action: Action,
    /// What it matches here, whatever arrives.
    pub matched: ConnectionSet,
    /// What of that it decides: what arrives, and no rule before it has taken.
    pub decides: ConnectionSet,
    /// Whether it speaks of the peer.
    pub peers: PeersOutcome,
    /// By item of `ports`; empty for a rule without ports.
    pub ports: Vec<PortOutcome>,
    /// Whether it has a field that is not known, and so allows nothing or denies everything.
    pub fails_closed: bool,
}

/// What `from` or `to` makes of the peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeersOutcome {
    /// The rule names no peers: everyone is meant.
    Everyone,
    /// By item, with its index; an item of several networks or domains has an outcome for each.
    Items(Vec<(usize, PeerOutcome)>),
}

impl PeersOutcome {
    /// Whether the rule speaks of the peer.
    pub fn matches(&self) -> bool {
        match self {
            Self::Everyone => true,
            Self::Items(items) => items.iter().any(|(_, outcome)| *outcome == PeerOutcome::Matched),
        }
    }
}

/// What one item of `from` or `to` makes of the peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerOutcome {
    /// It matches.
    Matched,
    /// It does not.
    Unmatched(Unmatched),
}

/// Why an item does not match.
#[derive(Clone, Debug, PartialEq)]
pub enum Unmatched {
    /// A selector never matches addresses outside the cluster.
    NotAPod,
    /// A selector never matches pods on the host network.
    HostNetwork,
    /// There is no `namespaceSelector`, and the pod is in another namespace than the policy.
    OtherNamespace,
    /// A requirement of the `namespaceSelector`, by index, does not hold; the value is what the namespace has.
    NamespaceLabel {
        /// Index into the selector's requirements.
        requirement: usize,
        /// The namespace's value of that key.
        actual: Option<String>,
    },
    /// A requirement of the `podSelector`, by index, does not hold; the value is what the pod has.
    PodLabel {
        /// Index into the selector's requirements.
        requirement: usize,
        /// The pod's value of that key.
        actual: Option<String>,
    },
    /// The address is not in the CIDR.
    OutsideBlock(IpAddr),
    /// The address is in this entry of `except`.
    Excepted(IpAddr, IpNet),
    /// No address of the pod is known.
    AddressUnknown,
    /// In the chosen reading an `ipBlock` never matches pods.
    BlocksMatchNoPods,
    /// It is neither a node's address nor a pod with the network of a node that is known.
    NotANode,
    /// A requirement of the selector of `nodes`, by index, does not hold; the value is what the node has.
    NodeLabel {
        /// The node.
        host: HostId,
        /// Index into the selector's requirements.
        requirement: usize,
        /// The node's value of that key.
        actual: Option<String>,
    },
    /// The labels of the node are not in the input.
    NodeLabelsUnknown(HostId),
    /// It is no such domain.
    OtherDomain,
}

/// What one item of `ports` opens.
#[derive(Clone, Debug, PartialEq)]
pub enum PortOutcome {
    /// These connections.
    Opens(ConnectionSet),
    /// Nothing: the destination pod declares no port of that name and protocol.
    NameNotDeclared,
    /// Nothing: a name never matches addresses.
    NameOfAnAddress,
}

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
    /// Why a cell is what it is; `None` for a peer that is not in the matrix.
    pub fn trace(&self, source: PeerId, destination: PeerId) -> Option<Trace> {
        let egress = self.end_trace(Direction::Egress, source, destination)?;
        let ingress = self.end_trace(Direction::Ingress, destination, source)?;
        let allowed = self.allowed(source, destination).clone();
        let mut trace = Trace { allowed, egress, ingress, caveats: Vec::new() };
        trace.caveats = self.caveats(source, destination, &trace);
        Some(trace)
    }

    /// Why the end of `subject` towards `peer` is what it is; `None` for a peer that is not in the matrix.
    pub fn end_trace(&self, direction: Direction, subject: PeerId, peer: PeerId) -> Option<End> {
        self.end_without(direction, subject, peer, &|_| false)
    }

    /// What the same end would be without some rules; policies stay where they are.
    pub fn end_without(
        &self,
        direction: Direction,
        subject: PeerId,
        peer: PeerId,
        is_gone: &dyn Fn(Origin) -> bool,
    ) -> Option<End> {
        let exemption = self.exemption(subject, peer)?;
        let mut tiers = Vec::new();
        let mut state =
            State { allowed: ConnectionSet::NONE, denied: ConnectionSet::NONE, left: ConnectionSet::all() };
        let policies = if exemption.is_none() { self.deciding(direction, subject) } else { &[] };
        for kind in TierKind::ALL {
            let lowered = policies.iter().filter_map(|id| Some((*id, Lowered::new(self.cluster(), *id)?)));
            let lowered: Vec<(PolicyId, Lowered<'_>)> =
                lowered.filter(|(_, lowered)| lowered.tier == kind).collect();
            if !lowered.is_empty() {
                let (behind, tier) =
                    self.tier_trace(state, (kind, direction), &lowered, (subject, peer), is_gone)?;
                state = behind;
                tiers.push(tier);
            }
        }
        let all_evaluated = tiers.iter().flat_map(|tier| &tier.policies).all(|policy| policy.is_evaluated);
        let is_evaluated = exemption.is_some() || self.is_read(subject) && all_evaluated;
        let allowed = if is_evaluated { state.allowed.union(&state.left) } else { ConnectionSet::NONE };
        Some(End { allowed, is_evaluated, exemption, tiers })
    }

    /// What a tier makes of what arrives.
    fn tier_trace(
        &self,
        state: State<ConnectionSet>,
        (kind, direction): (TierKind, Direction),
        policies: &[(PolicyId, Lowered<'_>)],
        (subject, peer): (PeerId, PeerId),
        is_gone: &dyn Fn(Origin) -> bool,
    ) -> Option<(State<ConnectionSet>, TierTrace)> {
        let destination = match direction {
            Direction::Ingress => self.peer(subject)?,
            Direction::Egress => self.peer(peer)?,
        };
        let peer = self.peer(peer)?;
        let mut traces: Vec<PolicyTrace> = Vec::new();
        let mut rules = Vec::new();
        for (id, lowered) in policies {
            let is_evaluated = self.is_compiled(*id);
            let mut trace =
                PolicyTrace { policy: *id, is_evaluated, priority: lowered.priority, rules: Vec::new() };
            let place = Place { priority: lowered.priority, policy: id.0 };
            let rules_here = lowered.rules(direction).unwrap_or_default().iter();
            for rule in rules_here.filter(|rule| is_evaluated && !is_gone(rule.origin)) {
                let (rule, matching) = self.rule_trace(rule, place, peer, destination);
                trace.rules.push(rule);
                rules.push(matching);
            }
            traces.push(trace);
        }
        let arrives = state.left.clone();
        let (state, decides) = step(&mut Plain, state, (kind.resolve(), Bound::Least), &rules);
        for (rule, decides) in traces.iter_mut().flat_map(|policy| &mut policy.rules).zip(decides) {
            rule.decides = decides;
        }
        let tier = TierTrace { kind, arrives, leaves: state.left.clone(), policies: traces };
        Some((state, tier))
    }

    /// What one rule matches, before it is known what arrives.
    fn rule_trace(
        &self,
        rule: &Rule<'_>,
        place: Place,
        peer: &Peer,
        destination: &Peer,
    ) -> (RuleTrace, Matching<ConnectionSet>) {
        let outcomes = rule.peers.as_ref().map(|leaves| {
            let outcome = |leaf: &Leaf<'_>| (leaf.item, self.leaf_outcome(leaf, rule.action, peer));
            leaves.iter().map(outcome).collect::<Vec<_>>()
        });
        let matches_by = |by_labels: bool| {
            let Some((leaves, outcomes)) = rule.peers.as_ref().zip(outcomes.as_ref()) else {
                return by_labels;
            };
            leaves.iter().zip(outcomes).any(|(leaf, (_, outcome))| {
                *outcome == PeerOutcome::Matched && matches!(leaf.kind, LeafKind::Pods(_)) == by_labels
            })
        };
        // For ingress the destination is the subject, so what its port names mean does not depend on the peer.
        let by_address = rule.origin.direction == Direction::Egress && !matches_by(true);
        let ports: Vec<PortOutcome> = rule
            .ports
            .iter()
            .flatten()
            .map(|port| port_outcome(port, (rule.action, destination), by_address))
            .collect();
        let matches = matches_by(true) || matches_by(false);
        // What each of the pods gives a name, and what any does.
        let all = |any: bool| {
            let Some(ports) = rule.ports.as_ref().filter(|_| matches) else {
                return if matches { ConnectionSet::all() } else { ConnectionSet::NONE };
            };
            let sets = ports.iter().map(|port| opened(port, destination, by_address, any));
            sets.fold(ConnectionSet::NONE, |all, one| all.union(&one))
        };
        let (must, may) = (all(false), all(true));
        let matched = if rule.action == Action::Deny { may.clone() } else { must.clone() };
        let peers = outcomes.map_or(PeersOutcome::Everyone, PeersOutcome::Items);
        let trace = RuleTrace {
            origin: rule.origin,
            action: rule.action,
            matched,
            decides: ConnectionSet::NONE,
            peers,
            ports,
            fails_closed: rule.fails_closed,
        };
        (trace, Matching { place, action: rule.action, must, may })
    }

    fn leaf_outcome(&self, leaf: &Leaf<'_>, action: Action, peer: &Peer) -> PeerOutcome {
        let cluster = self.cluster();
        let holds = if action == Action::Deny { Holds::Some } else { Holds::Each };
        let unmatched = match &leaf.kind {
            LeafKind::Pods(wanted) => match peer {
                Peer::External { .. } | Peer::Domain(_) => Some(Unmatched::NotAPod),
                Peer::Workload(workload) => selector_mismatch(cluster, *wanted, workload),
            },
            LeafKind::Block(block, reading) => {
                let reading = match reading {
                    BlockReading::Chosen => self.options().ip_block_pods,
                    BlockReading::Pods => IpBlockPods::AnyAddress,
                };
                match block.peer(peer, cluster, (reading, holds)) {
                    BlockMatch::Inside => None,
                    BlockMatch::Outside(address) => Some(Unmatched::OutsideBlock(address)),
                    BlockMatch::Excepted(address, except) => Some(Unmatched::Excepted(address, except)),
                    BlockMatch::Unknown => Some(Unmatched::AddressUnknown),
                    BlockMatch::PodsNeverMatch => Some(Unmatched::BlocksMatchNoPods),
                }
            }
            LeafKind::Nodes(selector) => node_mismatch(cluster, selector, peer, holds),
            LeafKind::Domain(name) => {
                let is_it = peer.domain().is_some_and(|domain| is_in_domain(domain, name));
                (!is_it).then_some(Unmatched::OtherDomain)
            }
        };
        unmatched.map_or(PeerOutcome::Matched, PeerOutcome::Unmatched)
    }

    /// Why policies have no say at the end of `subject`; the outer `None` for a peer that is not in the matrix.
    #[expect(
        clippy::option_option,
        reason = "one says that there is no such cell, the other that policies decide"
    )]
    fn exemption(&self, subject: PeerId, peer: PeerId) -> Option<Option<Exemption>> {
        let own = self.peer(subject).filter(|_| self.peer(peer).is_some())?;
        let Peer::Workload(workload) = own else { return Some(Some(Exemption::Outside)) };
        Some(if subject == peer && !workload.may_have_siblings() {
            Some(Exemption::Itself)
        } else if workload.host_network {
            Some(Exemption::HostNetwork)
        } else if self.is_own_node(subject, peer) {
            Some(Exemption::OwnNode)
        } else {
            None
        })
    }

    fn caveats(&self, source: PeerId, destination: PeerId, trace: &Trace) -> Vec<Caveat> {
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
            leaves.any(|leaf| matches!(leaf.kind, LeafKind::Block(..)))
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

/// The policies of a tier that are tied here and decide differently.
fn tied(tier: &TierTrace) -> Option<Caveat> {
    let mut tied: Vec<PolicyId> = Vec::new();
    for (at, policy) in tier.policies.iter().enumerate() {
        for other in tier.policies.iter().skip(at + 1) {
            let are_tied = policy.priority.is_none() || policy.priority == other.priority;
            let differ = policy.rules.iter().any(|rule| {
                let mut others = other.rules.iter().filter(|one| one.action != rule.action);
                others.any(|one| !one.matched.intersection(&rule.matched).is_empty())
            });
            if tier.kind != TierKind::NetworkPolicy && are_tied && differ {
                tied.extend([policy.policy, other.policy]);
            }
        }
    }
    order::sort_and_dedup(&mut tied);
    (!tied.is_empty()).then_some(Caveat::Tied(tied))
}

fn selector_mismatch(cluster: &Cluster, wanted: Pods<'_>, workload: &Workload) -> Option<Unmatched> {
    if workload.host_network {
        return Some(Unmatched::HostNetwork);
    }
    match wanted.namespaces {
        Namespaces::Own(own) if workload.namespace != own => return Some(Unmatched::OtherNamespace),
        Namespaces::Own(_) => {}
        Namespaces::Matching(selector) => {
            let namespace = cluster.namespace(workload.namespace)?;
            if let Some((requirement, actual)) = first_failing(selector, &namespace.labels) {
                return Some(Unmatched::NamespaceLabel { requirement, actual });
            }
        }
    }
    let (requirement, actual) = first_failing(wanted.pods?, &workload.labels)?;
    Some(Unmatched::PodLabel { requirement, actual })
}

/// Why `nodes` does not match a peer.
fn node_mismatch(
    cluster: &Cluster,
    selector: &LabelSelector,
    peer: &Peer,
    holds: Holds,
) -> Option<Unmatched> {
    let of_host = |host: Option<HostId>| {
        let Some(host) = host else { return Some(Unmatched::NotANode) };
        let Some(labels) = cluster.hosts.get(host.0 as usize).and_then(|host| host.labels.as_ref()) else {
            return (!selector.requirements.is_empty()).then_some(Unmatched::NodeLabelsUnknown(host));
        };
        let (requirement, actual) = first_failing(selector, labels)?;
        Some(Unmatched::NodeLabel { host, requirement, actual })
    };
    match peer {
        Peer::External { host, .. } => of_host(*host),
        Peer::Workload(workload) if workload.host_network && !workload.pods.is_empty() => {
            let mut mismatches = workload.pods.iter().map(|pod| of_host(pod.host));
            match holds {
                Holds::Each => mismatches.find(Option::is_some).flatten(),
                Holds::Some => {
                    let first = of_host(workload.pods.first().and_then(|pod| pod.host));
                    first.filter(|_| mismatches.all(|mismatch| mismatch.is_some()))
                }
            }
        }
        Peer::Workload(_) | Peer::Domain(_) => Some(Unmatched::NotANode),
    }
}

/// The first requirement that does not hold, and what the labels have for its key.
fn first_failing(selector: &LabelSelector, labels: &Labels) -> Option<(usize, Option<String>)> {
    let at = selector.requirements.iter().position(|requirement| !requirement_holds(requirement, labels))?;
    let requirement = selector.requirements.get(at)?;
    Some((at, labels.get(&requirement.key).cloned()))
}

/// What a port item stands for on the destination: what each of its pods gives a name, or what any of them does.
fn opened(port: &PortLeaf<'_>, destination: &Peer, by_address: bool, any: bool) -> ConnectionSet {
    let Some((protocols, name)) = port.names() else {
        return ConnectionSet::from_intervals(port.numbers());
    };
    let Some(workload) = destination.workload().filter(|_| !by_address) else { return ConnectionSet::NONE };
    protocols.iter().fold(ConnectionSet::NONE, |all, protocol| {
        let named = workload.named_port(name, *protocol);
        let ports: PortSet = if any { named.any } else { named.each };
        all.union(&ConnectionSet::of(*protocol, ports))
    })
}

fn port_outcome(
    port: &PortLeaf<'_>,
    (action, destination): (Action, &Peer),
    by_address: bool,
) -> PortOutcome {
    if port.names().is_some() && (by_address || destination.workload().is_none()) {
        return PortOutcome::NameOfAnAddress;
    }
    let opened = opened(port, destination, by_address, action == Action::Deny);
    if opened.is_empty() && port.names().is_some() {
        PortOutcome::NameNotDeclared
    } else {
        PortOutcome::Opens(opened)
    }
}
