//! Which rule of a cluster-scoped policy denies a connection: no NetworkPolicy that opens it would help, or only one that
//! isolates the pod.

use netpol_eval::{Action, ConnectionSet, PeerId};
use netpol_manifest::Direction;

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;

/// What it takes to look at an end, for each policy that has a say there.
const STEPS_OF_AN_END: usize = 32;

/// The rule that denies all of `ports` between two peers, at the source or at the destination.
pub(crate) fn denying<'a>(
    context: &Context<'a>,
    source: PeerId,
    destination: PeerId,
    ports: &ConnectionSet,
) -> Option<ClusterRuleAt<'a>> {
    let evaluation = context.evaluation();
    let ends = [(Direction::Egress, source, destination), (Direction::Ingress, destination, source)];
    ends.into_iter().find_map(|(direction, own, other)| {
        let deciding = evaluation.deciding(direction, own);
        context.cluster().cluster_policy(*deciding.last()?)?;
        context.work(STEPS_OF_AN_END * deciding.len());
        let end = evaluation.end_trace(direction, own, other)?;
        let mut rules = end.policies().flat_map(|policy| &policy.rules);
        let denies = rules.find(|rule| rule.action == Action::Deny && rule.decides.includes(ports));
        context.cluster_rule(denies?.origin)
    })
}
