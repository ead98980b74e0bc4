//! How far the policies of a namespace isolate its workloads in one direction.
//!
//! NP101, NP102 and NP103 share this, so that no workload is reported by two of them for the same direction.

use netpol_eval::PeerId;
use netpol_manifest::Direction;

use crate::context::{Context, NamespaceView};

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
    if namespace.members.is_empty() {
        return Coverage::Empty;
    }
    let policies = namespace.policies.iter().filter_map(|id| context.cluster().policy(*id));
    let mut policies = policies.filter(|policy| policy.isolates(direction)).peekable();
    let has_policies = policies.peek().is_some();
    if policies.any(|policy| context.isolates_namespace(policy, direction)) {
        return Coverage::Whole;
    }
    let members = || namespace.members.iter().copied();
    let left_out: Vec<PeerId> = members().filter(|peer| !context.is_closed(direction, *peer)).collect();
    let is_isolated = |peer| context.evaluation().isolated(direction, peer);
    match left_out.len() {
        0 if members().all(is_isolated) => Coverage::OneByOne,
        // Cluster-scoped policies decide for whole namespaces.
        0 => Coverage::Whole,
        count if !has_policies && count == namespace.members.len() => Coverage::None,
        _ => Coverage::Partly(left_out),
    }
}
