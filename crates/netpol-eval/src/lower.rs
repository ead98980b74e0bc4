//! Policies of every kind as rules of one form, which is all that the evaluation knows of them.
//!
//! Each kind is lowered by a module of its own. A lowered rule remembers its origin: the policy, the direction, and the
//! index that it has in the manifest.

mod cluster_policy;
mod network_policy;

use ipnet::IpNet;
use netpol_manifest::{Direction, LabelSelector, Protocol};
use netpol_source::TextRange;

use crate::cluster::{Cluster, NamespaceId, PolicyId};
use crate::peer::Block;

/// The tiers in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TierKind {
    /// AdminNetworkPolicies, and ClusterNetworkPolicies with `tier: Admin`.
    Admin,
    /// NetworkPolicies: final for the pods that they isolate.
    NetworkPolicy,
    /// The BaselineAdminNetworkPolicy, and ClusterNetworkPolicies with `tier: Baseline`.
    Baseline,
}

impl TierKind {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Admin, Self::NetworkPolicy, Self::Baseline];
}

/// What a rule does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
    /// The rest of the tier is skipped.
    Pass,
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The policy.
    pub policy: PolicyId,
    /// The list in which it stands.
    pub direction: Direction,
    /// Its index there.
    pub index: usize,
}

/// A policy as rules.
#[derive(Clone, Debug)]
pub struct Lowered<'a> {
    /// Where it is asked.
    pub tier: TierKind,
    /// `priority`; `None` where its place in the tier does not matter, or is not defined.
    pub priority: Option<u16>,
    /// The pods on which it acts; those on the host network are never among them.
    pub subjects: Pods<'a>,
    ingress: Option<Vec<Rule<'a>>>,
    egress: Option<Vec<Rule<'a>>>,
}

impl<'a> Lowered<'a> {
    /// A policy of a cluster.
    pub fn new(cluster: &'a Cluster, policy: PolicyId) -> Option<Self> {
        if let Some(one) = cluster.policy(policy) {
            return Some(network_policy::lower(one, policy));
        }
        cluster.cluster_policy(policy).map(|one| cluster_policy::lower(one, policy))
    }

    /// The pods that it selects and those that its rules speak of.
    pub(crate) fn pods(&self) -> impl Iterator<Item = Pods<'a>> {
        let rules = Direction::BOTH.into_iter().filter_map(|direction| self.rules(direction)).flatten();
        let leaves = rules.flat_map(|rule| rule.peers.iter().flatten());
        let peers = leaves.filter_map(|leaf| match leaf.kind {
            LeafKind::Pods(pods) => Some(pods),
            LeafKind::Block(_) | LeafKind::Networks(_) | LeafKind::Nodes(_) | LeafKind::Domain(_) => None,
        });
        std::iter::once(self.subjects).chain(peers)
    }

    /// Its rules of a direction, `None` where it has no say in it.
    pub fn rules(&self, direction: Direction) -> Option<&[Rule<'a>]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

/// Pods by their labels.
#[derive(Clone, Copy, Debug)]
pub struct Pods<'a> {
    /// Selects pods; absent means all.
    pub pods: Option<&'a LabelSelector>,
    /// Where they are.
    pub namespaces: Namespaces<'a>,
}

/// Namespaces, as policies name them.
#[derive(Clone, Copy, Debug)]
pub enum Namespaces<'a> {
    /// This one.
    Own(NamespaceId),
    /// Those that it matches.
    Matching(&'a LabelSelector),
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule<'a> {
    /// Where it comes from.
    pub origin: Origin,
    /// The item of the list, in its policy's document.
    pub range: TextRange,
    /// What it does.
    pub action: Action,
    /// The other ends of which it speaks; `None` for all, inside and outside.
    pub peers: Option<Vec<Leaf<'a>>>,
    /// The ports of which it speaks; `None` for all.
    pub ports: Option<Vec<PortLeaf<'a>>>,
    /// Whether it has a field that is not known. Such a rule fails closed: it allows nothing, or denies everything.
    pub fails_closed: bool,
}

/// What an item of `from` or `to` asks for; an item may be several.
#[derive(Clone, Debug)]
pub struct Leaf<'a> {
    /// The index of the item.
    pub item: usize,
    /// What it asks for.
    pub kind: LeafKind<'a>,
}

/// What a peer must be.
#[derive(Clone, Debug)]
pub enum LeafKind<'a> {
    /// A pod, not on the host network.
    Pods(Pods<'a>),
    /// An address in an `ipBlock`, which matches pods as the option says.
    Block(Block),
    /// An address in one of some networks of one family, which match pods of known address; one of length 0 matches all
    /// pods of unknown address too.
    Networks(Vec<IpNet>),
    /// A node.
    Nodes(&'a LabelSelector),
    /// A domain.
    Domain(&'a str),
}

/// What an item of `ports` asks for.
#[derive(Clone, Copy, Debug)]
pub enum PortLeaf<'a> {
    /// The first and the last port of a protocol.
    Range(Protocol, u16, u16),
    /// A name, of this protocol or of every one under which the pod declares it.
    Name(Option<Protocol>, &'a str),
}

impl<'a> PortLeaf<'a> {
    /// The first and last port that it opens by number.
    pub(crate) fn numbers(&self) -> Option<(Protocol, u16, u16)> {
        match self {
            Self::Range(protocol, first, last) => Some((*protocol, *first, *last)),
            Self::Name(..) => None,
        }
    }

    /// The protocols of a name, and the name.
    pub(crate) fn names(&self) -> Option<(&'static [Protocol], &'a str)> {
        match self {
            Self::Range(..) => None,
            Self::Name(Some(Protocol::Tcp), name) => Some((&[Protocol::Tcp], name)),
            Self::Name(Some(Protocol::Udp), name) => Some((&[Protocol::Udp], name)),
            Self::Name(Some(Protocol::Sctp), name) => Some((&[Protocol::Sctp], name)),
            Self::Name(None, name) => Some((&Protocol::ALL, name)),
        }
    }
}
