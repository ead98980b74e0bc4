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
}

impl Peer {
    /// The workload.
    pub fn workload(&self) -> Option<&Workload> {
        match self {
            Self::Workload(workload) => Some(workload),
            Self::External { .. } => None,
        }
    }

    /// The addresses.
    pub fn external(&self) -> Option<&ExternalRange> {
        match self {
            Self::Workload(_) => None,
            Self::External { range, .. } => Some(range),
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

/// What an `ipBlock` makes of one peer.
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

    /// Whether the block matches a peer.
    pub(crate) fn peer(&self, peer: &Peer, cluster: &Cluster, reading: IpBlockPods) -> BlockMatch {
        match peer {
            // The range begins outside the narrower CIDRs that were cut out of it, and any of its addresses tells.
            Peer::External { range, .. } => self.address(range.address()),
            Peer::Workload(workload) => self.workload(workload, cluster, reading),
        }
    }

    /// A workload is matched when each of its pods of known address is: the strictest reading.
    fn workload(&self, workload: &Workload, cluster: &Cluster, reading: IpBlockPods) -> BlockMatch {
        if reading == IpBlockPods::Never && !workload.host_network {
            return BlockMatch::PodsNeverMatch;
        }
        let mut verdict = BlockMatch::Unknown;
        for pod in &workload.pods {
            let addresses = addresses_of(cluster, workload, pod);
            let outcomes: Vec<BlockMatch> = addresses.map(|address| self.address(address)).collect();
            // A pod of two families is matched by the address of either.
            match outcomes.iter().find(|outcome| **outcome == BlockMatch::Inside).or(outcomes.first()) {
                Some(BlockMatch::Inside) => verdict = BlockMatch::Inside,
                Some(outside) => return *outside,
                None => {}
            }
        }
        let whole = self.cidr.prefix_len() == 0 && self.except.is_empty();
        if verdict == BlockMatch::Unknown && reading == IpBlockPods::AnyAddress && whole {
            verdict = BlockMatch::Inside;
        }
        verdict
    }
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
