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
    /// Some policy isolates every pod, those of tomorrow included.
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
    if policies.peek().is_none() {
        return Coverage::None;
    }
    if policies.any(|policy| context.isolates_namespace(policy, direction)) {
        return Coverage::Whole;
    }
    let left_out = namespace.members.iter().filter(|peer| !context.evaluation().isolated(direction, **peer));
    let left_out: Vec<PeerId> = left_out.copied().collect();
    if left_out.is_empty() { Coverage::OneByOne } else { Coverage::Partly(left_out) }
}
