//! One cell again, rule by rule: what each of them matched, and where it matched nothing, why.
//!
//! What rules match is computed straight from the manifests, without classes and bit sets; tests hold it equal to the
//! matrix.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_manifest as manifest;
use netpol_manifest::{Direction, LabelSelector, PortMatch, Protocol};
use netpol_source::order;

use crate::cluster::{Cluster, Labels, NamespaceId, NamespaceOrigin, Policy, PolicyId, Workload};
use crate::compile::{Family, Reading, numbered};
use crate::connection::ConnectionSet;
use crate::evaluation::Evaluation;
use crate::peer::{Block, BlockMatch, IpBlockPods, Peer, PeerId};
use crate::selector::requirement_holds;

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
    /// What it allows. Where pods can meet in one family of addresses alone, blocks of the other count for nothing; where
    /// in several, what it allows in any of them.
    pub allowed: ConnectionSet,
    /// Whether that was found out; else nothing is shown as allowed.
    pub is_evaluated: bool,
    /// Why policies have no say, if they have none.
    pub exemption: Option<Exemption>,
    /// The policies that select the pod for this direction; none means that it is not isolated.
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
    /// Whether its rules are evaluated; else it isolates, and what they allow is not known.
    pub is_evaluated: bool,
    /// By rule of the direction.
    pub rules: Vec<RuleTrace>,
}

/// What one rule does.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleTrace {
    /// What it allows here.
    pub matched: ConnectionSet,
    /// Whether it speaks of the peer.
    pub peers: PeersOutcome,
    /// By item of `ports`; empty for a rule without ports.
    pub ports: Vec<PortOutcome>,
}

/// What `from` or `to` makes of the peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeersOutcome {
    /// The rule names no peers: everyone is meant.
    Everyone,
    /// By item.
    Items(Vec<PeerOutcome>),
}

impl PeersOutcome {
    /// Whether the rule speaks of the peer.
    pub fn matches(&self) -> bool {
        match self {
            Self::Everyone => true,
            Self::Items(items) => items.contains(&PeerOutcome::Matched),
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
    /// The block is of the other family than the only one in which the two pods can meet.
    OtherFamily,
    /// No address of the pod is known.
    AddressUnknown,
    /// In the chosen reading an `ipBlock` never matches pods.
    BlocksMatchNoPods,
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
    /// A block of every address but some is meant to match pods of unknown address: this is allowed where it is none of
    /// the excepted ones.
    UnknownAddress(ConnectionSet),
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

    fn end_trace(&self, direction: Direction, subject: PeerId, peer: PeerId) -> Option<End> {
        let exemption = self.exemption(subject, peer)?;
        let policies: Vec<PolicyTrace> = if exemption.is_none() {
            let selecting = self.selecting(direction, subject).iter();
            selecting.filter_map(|id| self.policy_trace(*id, direction, subject, peer)).collect()
        } else {
            Vec::new()
        };
        let is_evaluated =
            exemption.is_some() || self.is_read(subject) && policies.iter().all(|policy| policy.is_evaluated);
        let allowed = if !is_evaluated {
            ConnectionSet::NONE
        } else if policies.is_empty() {
            ConnectionSet::all()
        } else {
            let rules = policies.iter().flat_map(|policy| &policy.rules);
            rules.fold(ConnectionSet::NONE, |set, rule| set.union(&rule.matched))
        };
        Some(End { allowed, is_evaluated, exemption, policies })
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

    fn policy_trace(
        &self,
        id: PolicyId,
        direction: Direction,
        subject: PeerId,
        peer: PeerId,
    ) -> Option<PolicyTrace> {
        let reading = (self.options().ip_block_pods, self.only_family(subject, peer));
        let policy = self.cluster().policy(id)?;
        let destination = match direction {
            Direction::Ingress => self.peer(subject)?,
            Direction::Egress => self.peer(peer)?,
        };
        let peer = self.peer(peer)?;
        let rule_trace = |rule| {
            let peers = peers_outcome(self.cluster(), policy, rule, peer, reading);
            // For ingress the destination is the subject, so what its port names mean does not depend on the peer.
            let by_address = direction == Direction::Egress && !matched_by_selector(rule, &peers);
            rule_trace(rule, peers, destination, by_address)
        };
        let is_evaluated = self.is_compiled(id);
        let rules = policy.rules(direction).iter().filter(|_| is_evaluated).map(rule_trace).collect();
        Some(PolicyTrace { policy: id, is_evaluated, rules })
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
        let not_excepted = self.allowed_under(Reading::UnknownAddresses, source, destination);
        caveats.extend(not_excepted.filter(|it| *it != trace.allowed).map(Caveat::UnknownAddress));
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
        let policies = ingress.policies.iter().filter_map(|one| self.cluster().policy(one.policy));
        let mut peers =
            policies.flat_map(|policy| policy.rules(Direction::Ingress)).flat_map(|rule| &rule.peers);
        peers.any(|peer| matches!(peer, manifest::Peer::Block { .. }))
    }

    /// Caveats of the rules that matched something.
    fn port_caveats(&self, destination: &Peer, trace: &Trace) -> Vec<Caveat> {
        let (mut end_port, mut sctp) = (false, false);
        let mut ambiguous = BTreeSet::new();
        let mut stand_ins = BTreeSet::new();
        let ends = [(Direction::Egress, &trace.egress), (Direction::Ingress, &trace.ingress)];
        for (direction, one) in
            ends.into_iter().flat_map(|(direction, end)| end.policies.iter().map(move |p| (direction, p)))
        {
            let Some(policy) = self.cluster().policy(one.policy) else { continue };
            let rules =
                policy.rules(direction).iter().zip(&one.rules).filter(|(_, trace)| trace.peers.matches());
            for port in rules.flat_map(|(rule, _)| &rule.ports) {
                sctp |= port.protocol == Protocol::Sctp;
                match &port.port {
                    PortMatch::Any => {}
                    PortMatch::Range(first, last) => end_port |= first != last,
                    PortMatch::Name(name) => {
                        let workload = destination.workload();
                        if workload
                            .is_some_and(|workload| workload.named_port(name, port.protocol).is_ambiguous)
                        {
                            ambiguous.insert(name.clone());
                        } else if workload.is_some_and(Workload::is_hypothetical) {
                            stand_ins.insert(name.clone());
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

/// What one rule does, given what its `from` or `to` makes of the peer; `by_address` tells that it matches the
/// destination by its address alone.
fn rule_trace(rule: &manifest::Rule, peers: PeersOutcome, destination: &Peer, by_address: bool) -> RuleTrace {
    let ports: Vec<PortOutcome> =
        rule.ports.iter().map(|port| port_outcome(port, destination, by_address)).collect();
    let opened = if ports.is_empty() {
        ConnectionSet::all()
    } else {
        let opened = ports.iter().filter_map(|port| match port {
            PortOutcome::Opens(opened) => Some(opened),
            PortOutcome::NameNotDeclared | PortOutcome::NameOfAnAddress => None,
        });
        ConnectionSet::from_intervals(opened.flat_map(ConnectionSet::intervals))
    };
    RuleTrace { matched: if peers.matches() { opened } else { ConnectionSet::NONE }, peers, ports }
}

fn peers_outcome(
    cluster: &Cluster,
    policy: &Policy,
    rule: &manifest::Rule,
    peer: &Peer,
    reading: (IpBlockPods, Option<Family>),
) -> PeersOutcome {
    if rule.peers.is_empty() {
        return PeersOutcome::Everyone;
    }
    PeersOutcome::Items(
        rule.peers.iter().map(|item| peer_outcome(cluster, policy, item, peer, reading)).collect(),
    )
}

/// Whether something but an `ipBlock` matches the peer.
fn matched_by_selector(rule: &manifest::Rule, outcome: &PeersOutcome) -> bool {
    let PeersOutcome::Items(outcomes) = outcome else { return true };
    let mut items = rule.peers.iter().zip(outcomes);
    items.any(|(item, outcome)| {
        matches!(item, manifest::Peer::Pods { .. }) && *outcome == PeerOutcome::Matched
    })
}

fn peer_outcome(
    cluster: &Cluster,
    policy: &Policy,
    item: &manifest::Peer,
    peer: &Peer,
    (reading, family): (IpBlockPods, Option<Family>),
) -> PeerOutcome {
    let unmatched = match item {
        manifest::Peer::Block { cidr, .. }
            if family.is_some_and(|family| family != Family::of(cidr.value.addr())) =>
        {
            Some(Unmatched::OtherFamily)
        }
        manifest::Peer::Block { cidr, except, .. } => {
            let block = Block::new(cidr.value, except.iter().map(|except| except.value));
            match block.peer(peer, cluster, reading) {
                BlockMatch::Inside => None,
                BlockMatch::Outside(address) => Some(Unmatched::OutsideBlock(address)),
                BlockMatch::Excepted(address, except) => Some(Unmatched::Excepted(address, except)),
                BlockMatch::Unknown => Some(Unmatched::AddressUnknown),
                BlockMatch::PodsNeverMatch => Some(Unmatched::BlocksMatchNoPods),
            }
        }
        manifest::Peer::Pods { pod_selector, namespace_selector, .. } => match peer {
            Peer::External { .. } => Some(Unmatched::NotAPod),
            Peer::Workload(workload) => selector_mismatch(
                cluster,
                policy,
                pod_selector.as_ref(),
                namespace_selector.as_ref(),
                workload,
            ),
        },
    };
    unmatched.map_or(PeerOutcome::Matched, PeerOutcome::Unmatched)
}

fn selector_mismatch(
    cluster: &Cluster,
    policy: &Policy,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
    workload: &Workload,
) -> Option<Unmatched> {
    if workload.host_network {
        return Some(Unmatched::HostNetwork);
    }
    match namespaces {
        None if workload.namespace != policy.namespace => return Some(Unmatched::OtherNamespace),
        None => {}
        Some(selector) => {
            let namespace = cluster.namespace(workload.namespace)?;
            if let Some((requirement, actual)) = first_failing(selector, &namespace.labels) {
                return Some(Unmatched::NamespaceLabel { requirement, actual });
            }
        }
    }
    let (requirement, actual) = first_failing(pods?, &workload.labels)?;
    Some(Unmatched::PodLabel { requirement, actual })
}

/// The first requirement that does not hold, and what the labels have for its key.
fn first_failing(selector: &LabelSelector, labels: &Labels) -> Option<(usize, Option<String>)> {
    let at = selector.requirements.iter().position(|requirement| !requirement_holds(requirement, labels))?;
    let requirement = selector.requirements.get(at)?;
    Some((at, labels.get(&requirement.key).cloned()))
}

fn port_outcome(port: &manifest::PolicyPort, destination: &Peer, by_address: bool) -> PortOutcome {
    let PortMatch::Name(name) = &port.port else {
        return PortOutcome::Opens(ConnectionSet::from_intervals(numbered(port)));
    };
    let Some(workload) = destination.workload().filter(|_| !by_address) else {
        return PortOutcome::NameOfAnAddress;
    };
    let ports = workload.named_ports(name, port.protocol);
    if ports.is_empty() {
        PortOutcome::NameNotDeclared
    } else {
        PortOutcome::Opens(ConnectionSet::of(port.protocol, ports))
    }
}
