//! One cell again, rule by rule: what each of them matched, and where it matched nothing, why.
//!
//! What rules match is computed straight from the lowered policies, without classes and bit sets, and weighed by the same
//! step as in the matrix; tests hold it equal to the matrix.

mod caveat;
mod matching;
mod outcome;

use std::net::IpAddr;

use ipnet::IpNet;
use netpol_manifest::Direction;

pub use self::caveat::Caveat;
pub use self::matching::MatchingRules;
use self::outcome::{block_mismatch, node_mismatch, opened, port_outcome, selector_mismatch};
use crate::cluster::{HostId, PolicyId};
use crate::compile::{Family, is_in_domain};
use crate::connection::ConnectionSet;
use crate::evaluation::Evaluation;
use crate::lower::{Action, Leaf, LeafKind, Lowered, Origin, Rule, TierKind};
use crate::peer::{Block, Holds, IpBlockPods, Peer, PeerId, address_match};
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
    /// What it allows. Where pods can meet in one family of addresses alone, blocks of the other count for nothing; where
    /// in several, what it allows in any of them.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// The block is of the other family than the only one in which the two pods can meet.
    OtherFamily,
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
    /// It is the domain, but `domainNames` are only supported for Accept rules.
    DomainUnderPass,
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
                let (behind, tier) = self.tier_trace(state, (kind, direction), &lowered, (subject, peer))?;
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
    ) -> Option<(State<ConnectionSet>, TierTrace)> {
        let destination = match direction {
            Direction::Ingress => self.peer(subject)?,
            Direction::Egress => self.peer(peer)?,
        };
        let family = self.only_family(subject, peer);
        let peer = self.peer(peer)?;
        let mut traces: Vec<PolicyTrace> = Vec::new();
        let mut rules = Vec::new();
        for (id, lowered) in policies {
            let is_evaluated = self.is_compiled(*id);
            let mut trace =
                PolicyTrace { policy: *id, is_evaluated, priority: lowered.priority, rules: Vec::new() };
            let place = Place { priority: lowered.priority, policy: id.0 };
            for rule in lowered.rules(direction).unwrap_or_default().iter().filter(|_| is_evaluated) {
                let (rule, matching) = self.rule_trace(rule, place, (peer, family), destination);
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
        peer: (&Peer, Option<Family>),
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

    /// What a leaf makes of a peer. Where the two ends can meet in one family of addresses alone, blocks of the other
    /// count for nothing.
    fn leaf_outcome(
        &self,
        leaf: &Leaf<'_>,
        action: Action,
        (peer, family): (&Peer, Option<Family>),
    ) -> PeerOutcome {
        let cluster = self.cluster();
        let holds = if action == Action::Deny { Holds::Some } else { Holds::Each };
        let unmatched = match &leaf.kind {
            LeafKind::Pods(wanted) => match peer {
                Peer::External { .. } | Peer::Domain(_) => Some(Unmatched::NotAPod),
                Peer::Workload(workload) => selector_mismatch(cluster, *wanted, workload),
            },
            LeafKind::Block(block)
                if family.is_some_and(|family| family != Family::of(block.cidr.addr())) =>
            {
                Some(Unmatched::OtherFamily)
            }
            LeafKind::Block(block) => {
                let reading = self.options().ip_block_pods;
                block_mismatch(address_match(std::slice::from_ref(block), peer, cluster, (reading, holds)))
            }
            LeafKind::Networks(networks) => {
                let counts =
                    |network: &&IpNet| family.is_none_or(|family| family == Family::of(network.addr()));
                let blocks: Vec<Block> =
                    networks.iter().filter(counts).map(|network| Block::new(*network, [])).collect();
                if blocks.is_empty() {
                    Some(Unmatched::OtherFamily)
                } else {
                    let reading = IpBlockPods::AnyAddress;
                    block_mismatch(address_match(&blocks, peer, cluster, (reading, holds)))
                }
            }
            LeafKind::Nodes(selector) => node_mismatch(cluster, selector, peer, holds),
            LeafKind::Domain(name) => {
                let is_it = peer.domain().is_some_and(|domain| is_in_domain(domain, name));
                match (is_it, action) {
                    (false, _) => Some(Unmatched::OtherDomain),
                    (true, Action::Pass) => Some(Unmatched::DomainUnderPass),
                    (true, Action::Allow | Action::Deny) => None,
                }
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
}
