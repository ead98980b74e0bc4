//! The rows and columns of the matrix, and what an `ipBlock` makes of them.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use netpol_source::order;

use crate::address::ExternalRange;
use crate::cluster::{Cluster, HostId, Pod, Workload};

/// A row and column of the matrix, as an index into [`crate::Evaluation::peers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u32);

impl PeerId {
    /// Its index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// How to evaluate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether to add workloads that the input does not hold.
    pub hypothetical: Hypothetical,
    /// How an `ipBlock` treats addresses inside the cluster.
    pub ip_block_pods: IpBlockPods,
}

/// Whether selectors that match nothing get a workload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hypothetical {
    /// They do.
    #[default]
    Auto,
    /// They do not.
    Never,
}

/// Which pods an `ipBlock` matches; network plugins differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum IpBlockPods {
    /// Those whose known address is in the block.
    #[default]
    KnownAddresses,
    /// None.
    Never,
    /// Those whose known address is in the block; a block of every address also those of unknown address.
    AnyAddress,
}

impl IpBlockPods {
    /// All readings.
    pub const ALL: [Self; 3] = [Self::KnownAddresses, Self::Never, Self::AnyAddress];
}

/// One end of a connection.
#[derive(Clone, Debug)]
pub enum Peer {
    /// Pods of one workload.
    Workload(Arc<Workload>),
    /// Addresses outside the cluster.
    External {
        /// The addresses.
        range: ExternalRange,
        /// The node whose address it is.
        host: Option<HostId>,
    },
    /// The hosts of a domain, outside the cluster; their addresses are not known.
    Domain(Arc<str>),
}

impl Peer {
    /// The workload.
    pub fn workload(&self) -> Option<&Workload> {
        match self {
            Self::Workload(workload) => Some(workload),
            Self::External { .. } | Self::Domain(_) => None,
        }
    }

    /// The addresses.
    pub fn external(&self) -> Option<&ExternalRange> {
        match self {
            Self::Workload(_) | Self::Domain(_) => None,
            Self::External { range, .. } => Some(range),
        }
    }

    /// The name of a domain, in lower case; `*.` in front stands for one or more labels.
    pub fn domain(&self) -> Option<&str> {
        match self {
            Self::Domain(name) => Some(name),
            Self::Workload(_) | Self::External { .. } => None,
        }
    }

    /// The workload, if selectors can see it: host-network pods are never selected.
    pub(crate) fn selectable(&self) -> Option<&Workload> {
        self.workload().filter(|workload| !workload.host_network)
    }
}

/// An `ipBlock`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Block {
    /// `cidr`.
    pub cidr: IpNet,
    /// `except`, sorted.
    pub except: Vec<IpNet>,
}

/// When a block matches the pods of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Holds {
    /// When it holds each pod of known address: what is allowed must be so for each.
    Each,
    /// When it holds some pod: what is denied to some is not allowed to each.
    Some,
}

/// What a block makes of one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockMatch {
    /// All of it is inside.
    Inside,
    /// An address is outside the CIDR.
    Outside(IpAddr),
    /// An address is in this entry of `except`.
    Excepted(IpAddr, IpNet),
    /// No address of the pod is known.
    Unknown,
    /// This reading of the API never matches pods.
    PodsNeverMatch,
}

impl Block {
    /// A block of these networks.
    pub fn new(cidr: IpNet, except: impl IntoIterator<Item = IpNet>) -> Self {
        let mut except: Vec<IpNet> = except.into_iter().collect();
        order::sort(&mut except);
        Self { cidr, except }
    }

    fn address(&self, address: IpAddr) -> BlockMatch {
        if !self.cidr.contains(&address) {
            return BlockMatch::Outside(address);
        }
        match self.except.iter().find(|except| except.contains(&address)) {
            Some(except) => BlockMatch::Excepted(address, *except),
            None => BlockMatch::Inside,
        }
    }

    /// Whether it holds every address of its family.
    pub(crate) fn is_whole(&self) -> bool {
        self.cidr.prefix_len() == 0 && self.except.is_empty()
    }
}

/// Whether one of some blocks matches a peer.
pub(crate) fn address_match(
    blocks: &[Block],
    peer: &Peer,
    cluster: &Cluster,
    (reading, holds): (IpBlockPods, Holds),
) -> BlockMatch {
    let of_address = |address: IpAddr| {
        let mut outcomes = blocks.iter().map(|block| block.address(address));
        let first = outcomes.next().unwrap_or(BlockMatch::Outside(address));
        if first == BlockMatch::Inside { first } else { outcomes.find(is_inside).unwrap_or(first) }
    };
    let is_whole = blocks.iter().any(Block::is_whole);
    let workload = match peer {
        // The range begins outside the narrower CIDRs that were cut out of it, and any of its addresses tells.
        Peer::External { range, .. } => return of_address(range.address()),
        Peer::Domain(_) if is_whole => return BlockMatch::Inside,
        Peer::Domain(_) => return BlockMatch::Unknown,
        Peer::Workload(workload) => workload,
    };
    if reading == IpBlockPods::Never && !workload.host_network {
        return BlockMatch::PodsNeverMatch;
    }
    let takes_unknown = is_whole && reading == IpBlockPods::AnyAddress;
    let (mut inside, mut outside, mut unknown) = (None, None, workload.pods.is_empty());
    for pod in &workload.pods {
        let outcomes: Vec<BlockMatch> = addresses_of(cluster, workload, pod).map(of_address).collect();
        // A pod of two families is matched by the address of either.
        match outcomes.iter().find(|outcome| is_inside(outcome)).or(outcomes.first()) {
            Some(BlockMatch::Inside) => inside = Some(BlockMatch::Inside),
            Some(other) => outside = outside.or(Some(*other)),
            None => unknown = true,
        }
    }
    match (inside, outside) {
        (None, None) if takes_unknown => BlockMatch::Inside,
        (None, None) => BlockMatch::Unknown,
        (Some(inside), None) => inside,
        (Some(inside), Some(_)) if holds == Holds::Some => inside,
        (None, Some(_)) if holds == Holds::Some && unknown && takes_unknown => BlockMatch::Inside,
        (_, Some(outside)) => outside,
    }
}

fn is_inside(outcome: &BlockMatch) -> bool {
    *outcome == BlockMatch::Inside
}

/// The known addresses of a pod; on the host network a pod that does not say its address has those of its node.
pub(crate) fn addresses_of<'a>(
    cluster: &'a Cluster,
    workload: &Workload,
    pod: &'a Pod,
) -> impl Iterator<Item = IpAddr> + use<'a> {
    let host = pod.host.filter(|_| workload.host_network && pod.addresses.is_empty());
    let host = host.and_then(|id| cluster.hosts.get(id.0 as usize));
    pod.addresses.iter().chain(host.into_iter().flat_map(|host| &host.addresses)).copied()
}
