//! One policy: on whom it acts, in which directions, and each rule in words.

use netpol_eval::{Lowered, PolicyId};
use netpol_manifest::Direction;

use super::Scene;
use crate::contract::{PolicyMention, PolicyProfile, RuleInWords};
use crate::convert::{object_ref, span, tier};
use crate::words;

/// A policy; `None` for one that is not there.
pub(crate) fn policy(scene: Scene<'_>, id: PolicyId) -> Option<PolicyProfile> {
    let cluster = scene.evaluation.cluster();
    let handle = cluster.policy_handle(id)?;
    let lowered = Lowered::new(cluster, id)?;
    let reference = handle.object().reference();
    let rules = |direction| -> Option<Vec<RuleInWords>> {
        Some(lowered.rules(direction)?.iter().filter_map(|rule| scene.rule(rule)).collect())
    };
    let types = [(Direction::Ingress, "Ingress"), (Direction::Egress, "Egress")];
    let types = types.into_iter().filter(|(direction, _)| lowered.rules(*direction).is_some());
    let object = object_ref(&reference);
    let findings = (0..).zip(&scene.summary.findings);
    let findings = findings.filter(|(_, finding)| finding.subject == object).map(|(place, _)| place);
    Some(PolicyProfile {
        id: words::policy_id(&reference),
        findings: findings.collect(),
        object,
        tier: tier(lowered.tier),
        priority: lowered.priority,
        policy_types: types.map(|(_, name)| name.to_owned()).collect(),
        has_policy_types: cluster.policy(id).is_some_and(|policy| policy.spec.policy_types.is_some()),
        selects: words::pods(scene.evaluation, lowered.subjects),
        subjects: scene.evaluation.subjects(id).map(|peer| peer.0).collect(),
        ingress: rules(Direction::Ingress),
        egress: rules(Direction::Egress),
        span: span(scene.sources, handle.span(handle.object().range)),
    })
}

/// A policy as it is spoken of elsewhere.
pub(super) fn mention(scene: Scene<'_>, id: PolicyId, direction: Direction) -> Option<PolicyMention> {
    let cluster = scene.evaluation.cluster();
    let handle = cluster.policy_handle(id)?;
    let lowered = Lowered::new(cluster, id)?;
    let reference = handle.object().reference();
    let rules = lowered.rules(direction).unwrap_or_default().len();
    Some(PolicyMention {
        id: words::policy_id(&reference),
        object: object_ref(&reference),
        tier: tier(lowered.tier),
        rules: u32::try_from(rules).unwrap_or(u32::MAX),
        span: span(scene.sources, handle.span(handle.object().range)),
    })
}
