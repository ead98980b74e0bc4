//! Who can talk to whom: the cluster model, compiled policies, the exact matrix, and the trace of each verdict.
//!
//! Pure semantics: structures in, structures out, no wording, no text positions but the spans that the objects
//! carry. What is computed is written down in `docs/semantics.md`.

mod address;
mod blocks;
mod classes;
mod cluster;
mod compile;
mod connection;
mod ends;
mod evaluation;
mod families;
mod hypothetical;
mod index;
mod lower;
pub mod matrix;
mod peer;
mod rows;
mod selector;
mod since;
mod single;
mod step;
mod trace;

pub use address::{ExternalRange, METADATA_V4, METADATA_V6, OTHER_METADATA};
pub use cluster::{
    Cluster, ClusterPolicy, Handle, Host, HostId, Labels, LeftOut, MOST_NETWORKS, MOST_WORKLOADS,
    NAMESPACE_NAME_LABEL, Namespace, NamespaceId, NamespaceOrigin, Ordinals, Pod, Policy, PolicyId,
    RefusedPolicy, Replaced, SOME_VALUE, Unread, Workload, WorkloadOrigin,
};
pub use connection::{ConnectionId, ConnectionSet, PortSet};
pub use evaluation::{Evaluation, Made};
pub use index::refine;
pub use lower::{Action, Leaf, LeafKind, Lowered, Namespaces, Origin, Pods, PortLeaf, Rule, TierKind};
pub use matrix::ClassMatrix;
pub use peer::{Block, Hypothetical, IpBlockPods, Options, Peer, PeerId};
pub use selector::{matches, requirement_holds};
pub use trace::{
    Caveat, End, Exemption, MatchingRules, PeerOutcome, PeersOutcome, PolicyTrace, PortOutcome, RuleTrace,
    TierTrace, Trace, Unmatched,
};
