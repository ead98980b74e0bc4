//! How far the policies of a namespace isolate its workloads in one direction.
//!
//! NP101, NP102 and NP103 share this, so that no workload is reported by two of them for the same direction.

use netpol_eval::{NamespaceId, PeerId, matches};
use netpol_manifest::{
    ClusterAction, ClusterPeer, ClusterRule, ClusterTier, Direction, LabelSelector, NamespacedPods,
};

use crate::context::Context;
use crate::scene::NamespaceView;

/// How far a namespace is isolated in a direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    /// It has no workload that a policy could select.
    Empty,
    /// Some policy isolates every pod, those of tomorrow included, or cluster-scoped ones decide for those that none does.
    Whole,
    /// It has no policy for this direction.
    None,
    /// It has policies for this direction, and they leave out these workloads.
    Partly(Vec<PeerId>),
    /// Every workload is isolated by policies that select it in particular: what is deployed next is not.
    OneByOne,
}

/// The policies of one namespace against its workloads.
pub(crate) fn coverage(context: &Context<'_>, namespace: &NamespaceView, direction: Direction) -> Coverage {
    // The cluster's DNS is meant to be reached by every pod and to ask other servers.
    let members = namespace.members.iter().copied().filter(|peer| !context.is_cluster_dns(*peer));
    let members: Vec<PeerId> = members.collect();
    if members.is_empty() {
        return Coverage::Empty;
    }
    let policies = namespace.policies.iter().filter_map(|id| context.cluster().policy(*id));
    let mut policies = policies.filter(|policy| policy.isolates(direction)).peekable();
    let has_policies = policies.peek().is_some();
    if policies.any(|policy| context.isolates_namespace(policy, direction)) {
        return Coverage::Whole;
    }
    let members = || members.iter().copied();
    let left_out: Vec<PeerId> = members().filter(|peer| !context.is_closed(direction, *peer)).collect();
    let is_isolated = |peer| context.evaluation().isolated(direction, peer);
    match left_out.len() {
        0 if members().all(is_isolated) => {
            let own = members().find_map(|peer| Some(context.workload(peer)?.namespace));
            match own.is_some_and(|own| decides_for_the_next(context, own, direction)) {
                true => Coverage::Whole,
                false => Coverage::OneByOne,
            }
        }
        // Cluster-scoped policies decide for whole namespaces.
        0 => Coverage::Whole,
        count if !has_policies && count == members().count() => Coverage::None,
        _ => Coverage::Partly(left_out),
    }
}

/// What is left out where something is said to be open for pods that no NetworkPolicy isolates: what rules of
/// cluster-scoped policies deny.
pub(crate) fn but_denied(context: &Context<'_>, pods: &[PeerId], direction: Direction) -> &'static str {
    let is_denied = |pod: &PeerId| {
        let deciding = context.evaluation().deciding(direction, *pod).iter();
        let mut policies = deciding.filter_map(|id| context.cluster().cluster_policy(*id));
        policies.any(|policy| {
            let mut rules = policy.rules(direction).iter();
            rules.any(|rule| rule.action.value == ClusterAction::Deny)
        })
    };
    match direction {
        _ if !pods.iter().any(is_denied) => "",
        Direction::Ingress => ", but for what cluster-scoped policies deny",
        Direction::Egress => " that no cluster-scoped policy denies",
    }
}

/// Whether cluster-scoped policies decide every connection with pods, for egress with every address too, of whatever is
/// deployed next in a namespace.
fn decides_for_the_next(context: &Context<'_>, namespace: NamespaceId, direction: Direction) -> bool {
    let Some(namespace) = context.cluster().namespace(namespace) else { return false };
    let asks_for_nothing = |pods: &LabelSelector| pods.requirements.is_empty();
    let mut policies: Vec<_> = context.cluster().cluster_policies().map(|(_, policy)| policy).collect();
    context.work(policies.len());
    policies.retain(|policy| {
        let NamespacedPods { namespaces, pods, .. } = &policy.spec.subject;
        pods.as_ref().is_none_or(asks_for_nothing) && matches(namespaces, &namespace.labels)
    });
    policies.sort_by_key(|policy| policy.spec.priority.as_ref().map(|priority| priority.value));
    let holds_all_of = |rule: &ClusterRule, is_v4: bool| {
        rule.peers.iter().any(|peer| match peer {
            ClusterPeer::Networks { networks, .. } => {
                networks.iter().any(|one| one.value.prefix_len() == 0 && one.value.addr().is_ipv4() == is_v4)
            }
            _ => false,
        })
    };
    let holds_pods = |rule: &ClusterRule| {
        rule.peers.iter().any(|peer| match peer {
            ClusterPeer::Pods { pods, .. } => {
                asks_for_nothing(&pods.namespaces) && pods.pods.as_ref().is_none_or(asks_for_nothing)
            }
            _ => false,
        })
    };
    [ClusterTier::Admin, ClusterTier::Baseline].into_iter().any(|tier| {
        let of_tier = policies.iter().filter(|policy| policy.spec.tier.value == tier);
        // What is passed on may be decided by nobody.
        let rules = of_tier
            .flat_map(|policy| policy.rules(direction))
            .take_while(|rule| rule.action.value != ClusterAction::Pass);
        let (mut pods, mut v4, mut v6) = (false, false, false);
        for rule in rules.filter(|rule| rule.ports.is_none()) {
            (v4, v6) = (v4 || holds_all_of(rule, true), v6 || holds_all_of(rule, false));
            pods |= holds_pods(rule) || (v4 && v6);
        }
        pods && (direction == Direction::Ingress || (v4 && v6))
    })
}
