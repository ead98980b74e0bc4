//! One end with those rules only that match something there: for whoever looks at many ends.

use netpol_manifest::Direction;

use super::{End, Exemption, PeersOutcome, PolicyTrace, RuleTrace, TierTrace};
use crate::cluster::PolicyId;
use crate::compile::{By, CompiledPolicy, CompiledRule, Family};
use crate::connection::ConnectionSet;
use crate::evaluation::Evaluation;
use crate::lower::{Action, Origin, TierKind};
use crate::peer::{Peer, PeerId};
use crate::step::{Bound, Matching, Plain, State, step};

/// The rules that match at one end. Ends of one subject that are equal in this are decided in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatchingRules {
    direction: Direction,
    /// Why policies have no say, if they have none.
    exemption: Option<Exemption>,
    /// Each with whether labels match, so that port names count.
    rules: Vec<(Origin, bool)>,
    /// Whose port names count: the destination, where some rule has any.
    names_of: Option<PeerId>,
}

impl MatchingRules {
    /// Whether policies have no say there.
    pub fn is_exempt(&self) -> bool {
        self.exemption.is_some()
    }

    /// Whether a rule is one of them.
    pub fn contains(&self, origin: Origin) -> bool {
        self.rules.iter().any(|(own, _)| *own == origin)
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.rules.len()
    }
}

impl Evaluation {
    /// The rules that match at the end of `subject` towards `peer`; `None` for a peer that is not in the matrix.
    pub fn matching_rules(
        &self,
        direction: Direction,
        subject: PeerId,
        peer: PeerId,
    ) -> Option<MatchingRules> {
        let exemption = self.exemption(subject, peer)?;
        let mut found = MatchingRules { direction, exemption, rules: Vec::new(), names_of: None };
        if exemption.is_some() {
            return Some(found);
        }
        let mut family = None;
        let mut only_family = || *family.get_or_insert_with(|| self.only_family(subject, peer));
        for id in self.deciding(direction, subject) {
            let Some(policy) = self.compiled_policy(*id) else { continue };
            for (index, rule) in policy.rules(direction).unwrap_or_default().iter().enumerate() {
                let Some(by_labels) = self.matches(rule, peer, &mut only_family) else { continue };
                found.rules.push((Origin { policy: *id, direction, index }, by_labels));
                if !rule.names.is_empty() && (by_labels || direction == Direction::Ingress) {
                    found.names_of = Some(if direction == Direction::Ingress { subject } else { peer });
                }
            }
        }
        Some(found)
    }

    /// One end without some of the rules that match there: what [`end_trace`](Self::end_trace) tells, at a small part of
    /// its cost, without reasons, and without the rules that match nothing. Cluster-scoped policies of which no rule matches
    /// are left out, and so are tiers without any policy.
    pub fn matching_end(
        &self,
        subject: PeerId,
        matching: &MatchingRules,
        is_gone: &dyn Fn(Origin) -> bool,
    ) -> End {
        let (direction, exemption) = (matching.direction, matching.exemption);
        let mut state =
            State { allowed: ConnectionSet::NONE, denied: ConnectionSet::NONE, left: ConnectionSet::all() };
        let policies = if exemption.is_none() { self.deciding(direction, subject) } else { &[] };
        let all_evaluated = policies.iter().all(|id| self.is_compiled(*id));
        let is_evaluated = exemption.is_some() || self.is_read(subject) && all_evaluated;
        let mut end = End { allowed: ConnectionSet::NONE, is_evaluated, exemption, tiers: Vec::new() };
        for kind in TierKind::ALL {
            let mut rules = Vec::new();
            let mut traces: Vec<PolicyTrace> = Vec::new();
            let add = |traces: &mut Vec<PolicyTrace>, id: PolicyId, policy: &CompiledPolicy| {
                if traces.last().is_none_or(|last| last.policy != id) {
                    let (is_evaluated, priority) = (policy.is_evaluated, policy.place.priority);
                    traces.push(PolicyTrace { policy: id, is_evaluated, priority, rules: Vec::new() });
                }
            };
            if kind == TierKind::NetworkPolicy {
                for id in self.selecting(direction, subject).iter().filter(|_| exemption.is_none()) {
                    self.compiled_policy(*id).into_iter().for_each(|policy| add(&mut traces, *id, policy));
                }
            }
            for (origin, by_labels) in matching.rules.iter().filter(|(origin, _)| !is_gone(*origin)) {
                let Some(policy) = self.compiled_policy(origin.policy).filter(|one| one.tier == kind) else {
                    continue;
                };
                let rule = policy.rules(direction).and_then(|rules| rules.get(origin.index));
                let Some(rule) = rule else { continue };
                let names_of = matching.names_of.filter(|_| *by_labels || direction == Direction::Ingress);
                let [must, may] = self.matched(rule, names_of);
                let matched = if rule.action == Action::Deny { &may } else { &must };
                if matched.is_empty() && (rule.action != Action::Pass || may.is_empty()) {
                    continue;
                }
                let trace = RuleTrace {
                    origin: *origin,
                    action: rule.action,
                    matched: matched.clone(),
                    decides: ConnectionSet::NONE,
                    peers: PeersOutcome::Everyone,
                    ports: Vec::new(),
                    fails_closed: false,
                };
                if kind != TierKind::NetworkPolicy {
                    add(&mut traces, origin.policy, policy);
                }
                if let Some(policy) = traces.iter_mut().rev().find(|trace| trace.policy == origin.policy) {
                    policy.rules.push(trace);
                }
                rules.push(Matching { place: policy.place, action: rule.action, must, may });
            }
            if traces.is_empty() {
                continue;
            }
            let arrives = state.left.clone();
            let (behind, decides) = step(&mut Plain, state, (kind.resolve(), Bound::Least), &rules);
            state = behind;
            for (rule, decides) in traces.iter_mut().flat_map(|policy| &mut policy.rules).zip(decides) {
                rule.decides = decides;
            }
            end.tiers.push(TierTrace { kind, arrives, leaves: state.left.clone(), policies: traces });
        }
        if end.is_evaluated {
            end.allowed = state.allowed.union(&state.left);
        }
        end
    }

    /// Whether a rule matches a peer, and whether by its labels.
    fn matches(
        &self,
        rule: &CompiledRule,
        peer: PeerId,
        only_family: &mut dyn FnMut() -> Option<Family>,
    ) -> Option<bool> {
        let Some(leaves) = &rule.peers else { return Some(true) };
        let mut by_address = false;
        for leaf in leaves {
            if !self.is_in_set(leaf.set, peer) {
                continue;
            }
            match leaf.by {
                By::Labels => return Some(true),
                By::Address(own) => by_address |= only_family().is_none_or(|only| only == own),
                By::AnyAddress => by_address = true,
            }
        }
        by_address.then_some(false)
    }

    /// What a rule matches for certain, and what on some of the pods.
    fn matched(&self, rule: &CompiledRule, names_of: Option<PeerId>) -> [ConnectionSet; 2] {
        let ports = self.connection_set(rule.ports);
        let [mut must, mut may] = [ports.clone(), ports.clone()];
        if let Some(workload) = names_of.and_then(|peer| self.peer(peer)).and_then(Peer::workload) {
            for (protocol, name) in rule.names.iter().filter_map(|name| self.port_name(*name)) {
                let named = workload.named_port(name, protocol);
                must = must.union(&ConnectionSet::of(protocol, named.each));
                may = may.union(&ConnectionSet::of(protocol, named.any));
            }
        }
        [must, may]
    }
}
