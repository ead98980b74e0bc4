//! A trace in words: tier by tier, what each rule decides of what arrives, and where the rest goes.

mod caveat;
mod reason;

use netpol_eval::{
    ConnectionSet, End, Evaluation, Exemption, Handle, Lowered, Peer, PeerId, PolicyTrace, Rule, RuleTrace,
    TierKind, TierTrace,
};
use netpol_manifest::Direction;
use netpol_source::{Sources, TextRange};

use crate::contract::{Action, DirectionTrace, Explanation, PortsWanted, Tier, TraceStep};
use crate::convert::{self, connection_set, object_ref, span};
use crate::mend::{self, Mending};
use crate::{certainty, words};
use reason::Reasons;

/// How many others are named that decide what a rule would.
const MOST_NAMED: usize = 2;

/// How many items of one `from` or `to` are explained one by one when none of them matches.
const MOST_ITEMS: usize = 12;

/// Said of what NetworkPolicies decide before a Baseline tier.
const BASELINE_NOT_ASKED: &str = "; the Baseline tier is not asked";

/// Why a cell is what it is; `None` for a peer that is not in the matrix.
pub(crate) fn explain(
    sources: &Sources,
    evaluation: &Evaluation,
    source: PeerId,
    destination: PeerId,
) -> Option<Explanation> {
    let allowed = connection_set(evaluation.allowed(source, destination));
    let ([egress, ingress], caveats) = ends(sources, evaluation, source, destination)?;
    let not_evaluated = certainty::not_evaluated(evaluation, source, destination);
    let (mend, obstacle) = match mend::mend(evaluation, source, destination, PortsWanted::Declared) {
        _ if not_evaluated => (None, None),
        Mending::Possible(mend) => (Some(mend), None),
        Mending::Impossible(obstacle) => (None, obstacle),
    };
    Some(Explanation {
        allowed,
        not_evaluated,
        egress,
        ingress,
        caveats,
        mend: mend.map(|mend| mend.message),
        obstacle,
    })
}

/// The same of both ends alone, and the caveats: without what would mend it.
pub(crate) fn ends(
    sources: &Sources,
    evaluation: &Evaluation,
    source: PeerId,
    destination: PeerId,
) -> Option<([DirectionTrace; 2], Vec<String>)> {
    let trace = evaluation.trace(source, destination)?;
    let (from, to) = (evaluation.peer(source)?, evaluation.peer(destination)?);
    let end = |direction, subject_id, subject, peer, end| {
        Explainer { sources, evaluation, direction, subject_id, subject, peer }.end(end)
    };
    let egress = end(Direction::Egress, source, from, to, &trace.egress);
    let ingress = end(Direction::Ingress, destination, to, from, &trace.ingress);
    let caveats = trace.caveats.iter().map(|caveat| caveat::in_words(evaluation, caveat)).collect();
    Some(([egress, ingress], caveats))
}

/// One end: the pod that policies select, and the peer that their rules speak of.
struct Explainer<'a> {
    sources: &'a Sources,
    evaluation: &'a Evaluation,
    direction: Direction,
    subject_id: PeerId,
    subject: &'a Peer,
    peer: &'a Peer,
}

impl Explainer<'_> {
    fn end(&self, end: &End) -> DirectionTrace {
        let mut steps = Vec::new();
        if let Some(exemption) = end.exemption {
            steps.push(default_step(self.exempt(exemption)));
        } else if end.tiers.is_empty() && !end.is_evaluated {
            steps.push(TraceStep {
                action: Action::None,
                matched: connection_set(&ConnectionSet::NONE),
                ..default_step("not evaluated: a policy that may select this pod was not read".to_owned())
            });
        } else if end.tiers.is_empty() {
            let kind = match self.evaluation.cluster().cluster_policies.is_empty() {
                true => "NetworkPolicy",
                false => "policy",
            };
            let (direction, subject) = (words::direction(self.direction), self.subject());
            steps.push(default_step(format!(
                "no {kind} selects {subject} for {direction}, so everything is allowed"
            )));
        }
        for tier in &end.tiers {
            if tier.arrives.is_empty() && end.is_evaluated {
                break;
            }
            let deciding = deciding(tier);
            for policy in &tier.policies {
                self.policy((end, tier, &deciding), policy, &mut steps);
            }
            if end.is_evaluated {
                steps.extend(self.behind(end, tier));
            }
        }
        DirectionTrace {
            allowed: connection_set(&end.allowed),
            isolated: !self.evaluation.selecting(self.direction, self.subject_id).is_empty(),
            steps,
        }
    }

    /// The pods at this end, as a sentence calls them.
    fn subject(&self) -> String {
        words::peer_name(self.evaluation, self.subject)
    }

    fn exempt(&self, exemption: Exemption) -> String {
        let subject = self.subject();
        match exemption {
            Exemption::Itself => format!("{subject} is a single pod, and a pod always reaches itself"),
            Exemption::HostNetwork => {
                format!(
                    "{subject} uses the host network, so no policy selects it and nothing is blocked at this end"
                )
            }
            Exemption::Outside => format!("{subject} is outside the cluster, where no policy applies"),
            Exemption::OwnNode => "traffic between a pod and its own node is always allowed".to_owned(),
        }
    }

    /// What follows from all of a tier, where that is not what a policy says by itself.
    fn behind(&self, end: &End, tier: &TierTrace) -> Option<TraceStep> {
        let (direction, subject) = (words::direction(self.direction), self.subject());
        let nothing = |tier, reason| TraceStep {
            tier,
            action: Action::None,
            matched: connection_set(&ConnectionSet::NONE),
            ..default_step(reason)
        };
        let is_last = end.tiers.last().is_some_and(|last| last.kind == tier.kind);
        match tier.kind {
            TierKind::Admin if tier.leaves.is_empty() => {
                let reason = "the Admin tier has decided everything: no NetworkPolicy is asked";
                Some(nothing(Tier::NetworkPolicy, reason.to_owned()))
            }
            // What NetworkPolicies alone say is said of the end as a whole.
            TierKind::NetworkPolicy if end.tiers.len() == 1 || Self::denies_alone(tier) => None,
            TierKind::NetworkPolicy => {
                let mut denied = tier.arrives.clone();
                for rule in tier.policies.iter().flat_map(|policy| &policy.rules) {
                    denied = denied.difference(&rule.decides);
                }
                let mut reason = match denied.is_empty() {
                    true => "NetworkPolicies allow all that comes to them".to_owned(),
                    false => format!(
                        "NetworkPolicies isolate {subject} for {direction}: what none of their rules allows is denied ({})",
                        words::connections(&denied)
                    ),
                };
                if !is_last {
                    reason.push_str(BASELINE_NOT_ASKED);
                }
                let action = if denied.is_empty() { Action::None } else { Action::Isolate };
                let matched = connection_set(&denied);
                Some(TraceStep { action, matched, ..nothing(Tier::NetworkPolicy, reason) })
            }
            TierKind::Admin | TierKind::Baseline if is_last && !tier.leaves.is_empty() => {
                let reason = format!(
                    "{} is left, which no policy decides{}: allowed",
                    if tier.leaves.is_all() {
                        "everything".to_owned()
                    } else {
                        words::connections(&tier.leaves)
                    },
                    if tier.kind == TierKind::Admin {
                        format!(" as no NetworkPolicy selects {subject} for {direction}")
                    } else {
                        String::new()
                    }
                );
                Some(TraceStep { matched: connection_set(&tier.leaves), ..default_step(reason) })
            }
            TierKind::Admin | TierKind::Baseline => None,
        }
    }

    fn policy(
        &self,
        (end, tier, deciding): (&End, &TierTrace, &[Decider<'_>]),
        trace: &PolicyTrace,
        steps: &mut Vec<TraceStep>,
    ) {
        let cluster = self.evaluation.cluster();
        let Some(handle) = cluster.policy_handle(trace.policy) else { return };
        let Some(lowered) = Lowered::new(cluster, trace.policy) else { return };
        if !trace.is_evaluated {
            steps.push(self.not_evaluated(tier.kind, trace, handle));
            return;
        }
        let rules = lowered.rules(self.direction).unwrap_or_default();
        if rules.is_empty() {
            let mut step = self.isolate(trace, handle);
            // Then there is no word of the tier as a whole.
            if end.is_evaluated && end.tiers.len() > 1 && Self::denies_alone(tier) {
                let direction = words::direction(self.direction);
                step.matched = connection_set(&tier.arrives);
                step.reason = format!(
                    "isolates for {direction} and has no {direction} rule, so all that comes to it is denied ({})",
                    words::connections(&tier.arrives)
                );
                if end.tiers.last().is_some_and(|last| last.kind != tier.kind) {
                    step.reason.push_str(BASELINE_NOT_ASKED);
                }
            }
            steps.push(step);
        }
        for (rule, found) in rules.iter().zip(&trace.rules) {
            self.rule((end, tier, deciding), (trace, handle), (rule, found), steps);
        }
    }

    /// Whether the one NetworkPolicy has no rule, so that what it does is what the tier does.
    fn denies_alone(tier: &TierTrace) -> bool {
        matches!(tier.policies.as_slice(), [only] if tier.kind == TierKind::NetworkPolicy
            && only.is_evaluated
            && only.rules.is_empty())
    }

    /// A step of a policy as a whole, which decides nothing.
    fn of_policy(&self, tier: TierKind, trace: &PolicyTrace, handle: &Handle, range: TextRange) -> TraceStep {
        TraceStep {
            tier: convert::tier(tier),
            policy: Some(object_ref(&handle.object().reference())),
            priority: trace.priority,
            rule: None,
            rule_name: None,
            action: Action::None,
            matched: connection_set(&ConnectionSet::NONE),
            reason: String::new(),
            span: Some(span(self.sources, handle.span(range))),
        }
    }

    fn not_evaluated(&self, tier: TierKind, trace: &PolicyTrace, handle: &Handle) -> TraceStep {
        let direction = words::direction(self.direction);
        if tier == TierKind::NetworkPolicy {
            let reason = format!("isolates for {direction}; its rules are too many and were not evaluated");
            return TraceStep { reason, ..self.isolate(trace, handle) };
        }
        let reason = format!("has {direction} rules; they are too many and were not evaluated");
        TraceStep { reason, ..self.of_policy(tier, trace, handle, handle.object().range) }
    }

    fn isolate(&self, trace: &PolicyTrace, handle: &Handle) -> TraceStep {
        let direction = words::direction(self.direction);
        let policy = self.evaluation.cluster().policy(trace.policy);
        let rules = policy.and_then(|policy| match self.direction {
            Direction::Ingress => policy.spec.ingress.as_ref(),
            Direction::Egress => policy.spec.egress.as_ref(),
        });
        let range = rules.map_or(handle.object().range, |rules| rules.range);
        TraceStep {
            action: Action::Isolate,
            reason: format!("isolates for {direction} and has no {direction} rule, so it allows nothing"),
            ..self.of_policy(TierKind::NetworkPolicy, trace, handle, range)
        }
    }

    fn rule(
        &self,
        (end, tier, deciding): (&End, &TierTrace, &[Decider<'_>]),
        (policy, handle): (&PolicyTrace, &Handle),
        (rule, trace): (&Rule<'_>, &RuleTrace),
        steps: &mut Vec<TraceStep>,
    ) {
        let reasons = Reasons { evaluation: self.evaluation, direction: self.direction, peer: self.peer };
        let mut push = |action, reason: String, range: TextRange| {
            steps.push(TraceStep {
                rule: u32::try_from(rule.origin.index).ok(),
                rule_name: self.rule_name(trace),
                action,
                matched: connection_set(&trace.decides),
                reason,
                ..self.of_policy(tier.kind, policy, handle, range)
            });
        };
        if !trace.peers.matches() && !trace.fails_closed {
            let mismatches = reason::mismatches(rule, trace);
            for mismatch in mismatches.iter().take(MOST_ITEMS) {
                let place = reasons.place(rule, mismatch);
                push(Action::None, reasons.unmatched(rule, mismatch), place);
            }
            if mismatches.len() > MOST_ITEMS {
                let more = mismatches.len() - MOST_ITEMS;
                push(Action::None, format!("nor do {more} further items match"), rule.range);
            }
            return;
        }
        let action = match trace.action {
            _ if trace.decides.is_empty() => Action::None,
            netpol_eval::Action::Allow => Action::Allow,
            netpol_eval::Action::Deny => Action::Deny,
            netpol_eval::Action::Pass => Action::Pass,
        };
        let mut reason =
            if trace.fails_closed { reasons.fails_closed(trace) } else { reasons.matched(rule, trace) };
        if let Some(taken) = self.taken((tier, deciding), policy, trace) {
            reason.push_str("; ");
            reason.push_str(&taken);
        }
        if action == Action::Pass {
            reason.push_str("; ");
            reason.push_str(&self.onward(end, tier.kind));
        }
        push(action, reason, rule.range);
    }

    /// `name` of a rule that has one.
    fn rule_name(&self, trace: &RuleTrace) -> Option<String> {
        let policy = self.evaluation.cluster().cluster_policy(trace.origin.policy)?;
        let rule = policy.rules(self.direction).get(trace.origin.index)?;
        rule.name.as_ref().map(|name| name.value.clone()).filter(|name| !name.is_empty())
    }

    /// Where what a rule passes goes on.
    fn onward(&self, end: &End, from: TierKind) -> String {
        let has = |kind| end.tiers.iter().any(|tier| tier.kind == kind);
        let (direction, subject) = (words::direction(self.direction), self.subject());
        if from == TierKind::Baseline {
            "passes on: nothing else is asked, so it is allowed".to_owned()
        } else if has(TierKind::NetworkPolicy) {
            "passes on to the NetworkPolicies".to_owned()
        } else {
            let rest = if has(TierKind::Baseline) {
                "so the Baseline tier is asked"
            } else {
                "nor does the Baseline tier, so it is allowed"
            };
            format!("passes on: no NetworkPolicy selects {subject} for {direction}, {rest}")
        }
    }

    /// Why a rule does not decide all that it matches: what comes before it, or is tied with it and stricter.
    fn taken(
        &self,
        (tier, deciding): (&TierTrace, &[Decider<'_>]),
        policy: &PolicyTrace,
        rule: &RuleTrace,
    ) -> Option<String> {
        let lost = rule.matched.difference(&rule.decides);
        if lost.is_empty() {
            return None;
        }
        let mut by = Vec::new();
        if !lost.difference(&tier.arrives).is_empty() {
            by.push("the Admin tier decides it".to_owned());
        }
        let takers = deciding.iter().filter(|(_, other)| {
            other.origin != rule.origin && !other.decides.intersection(&lost).is_empty()
        });
        for (other, taker) in takers {
            let number = taker.origin.index + 1;
            by.push(if other.policy == policy.policy {
                format!("rule {number} comes first")
            } else {
                let handle = self.evaluation.cluster().policy_handle(other.policy)?;
                let name = words::quoted(&handle.object().metadata.name.value);
                let are_tied = other.priority == policy.priority
                    || other.priority.is_none()
                    || policy.priority.is_none();
                let why = if are_tied { "is tied with it and stricter" } else { "comes first" };
                format!("rule {number} of {name} {why}")
            });
        }
        if by.len() > MOST_NAMED {
            let more = by.len() - MOST_NAMED;
            by.truncate(MOST_NAMED);
            by.push(format!("{more} more"));
        }
        let what = if rule.decides.is_empty() {
            "decides nothing here".to_owned()
        } else {
            format!("decides only {}", words::connections(&rule.decides))
        };
        Some(if by.is_empty() { what } else { format!("{what}, as {}", by.join(" and ")) })
    }
}

/// A rule that decides something, and its policy.
type Decider<'a> = (&'a PolicyTrace, &'a RuleTrace);

/// The rules of a tier that take from each other what they match: none of NetworkPolicies, which unite.
fn deciding(tier: &TierTrace) -> Vec<Decider<'_>> {
    let policies = tier.policies.iter().filter(|_| tier.kind != TierKind::NetworkPolicy);
    let rules = policies.flat_map(|policy| policy.rules.iter().map(move |rule| (policy, rule)));
    rules.filter(|(_, rule)| !rule.decides.is_empty()).collect()
}

fn default_step(reason: String) -> TraceStep {
    TraceStep {
        tier: Tier::Default,
        policy: None,
        priority: None,
        rule: None,
        rule_name: None,
        action: Action::Allow,
        matched: connection_set(&ConnectionSet::all()),
        reason,
        span: None,
    }
}
