//! Which peers an `ipBlock` holds, for all of them at once: two look-ups in sorted lists rather than a look at each.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_source::{Budget, Exhausted, order};

use crate::cluster::Cluster;
use crate::peer::{Block, Peer, addresses_of};

/// The addresses of all peers, sorted.
pub(crate) struct Addresses {
    peers: usize,
    /// Where the external ranges begin among the peers; they are sorted by network.
    first_range: usize,
    networks: Vec<IpNet>,
    /// Address, workload, and the number of the pod within it.
    pods: Vec<(IpAddr, u32, u32)>,
    /// By workload: how many of its pods have an address that is known.
    known: Vec<u32>,
    /// The workloads of which no address is known.
    unknown: FixedBitSet,
    host_network: FixedBitSet,
}

/// What a block holds.
pub(crate) struct Held {
    /// By address: ranges, and workloads of which every pod of known address is inside.
    pub(crate) by_address: FixedBitSet,
    /// Those of them on the host network, and the ranges.
    pub(crate) outside_pod_network: FixedBitSet,
    /// `by_address`, and the pods of unknown address where the block holds every address.
    pub(crate) any_address: FixedBitSet,
    /// Where the block holds every address but some: `by_address`, and the pods of unknown address, which may be none of
    /// those.
    pub(crate) unless_excepted: Option<FixedBitSet>,
}

impl Addresses {
    /// The addresses of peers: the workloads of the cluster, then the external ranges in order of network.
    pub(crate) fn new(cluster: &Cluster, peers: &[Peer]) -> Self {
        let first_range = cluster.workloads.len();
        let mut this = Self {
            peers: peers.len(),
            first_range,
            networks: peers.iter().filter_map(|peer| Some(peer.external()?.network)).collect(),
            pods: Vec::new(),
            known: vec![0; first_range],
            unknown: FixedBitSet::with_capacity(peers.len()),
            host_network: FixedBitSet::with_capacity(peers.len()),
        };
        for ((at, workload), known) in cluster.workloads.iter().enumerate().zip(&mut this.known) {
            this.host_network.set(at, workload.host_network);
            for (number, pod) in (0..).zip(&workload.pods) {
                let before = this.pods.len();
                let addresses = addresses_of(cluster, workload, pod);
                this.pods.extend(addresses.map(|address| (address, at as u32, number)));
                *known += u32::from(this.pods.len() > before);
            }
            this.unknown.set(at, *known == 0);
        }
        order::sort(&mut this.pods);
        this
    }

    /// What a block holds.
    ///
    /// # Errors
    /// When the budget is exhausted.
    pub(crate) fn held(&self, block: &Block, budget: &Budget) -> Result<Held, Exhausted> {
        let mut by_address = FixedBitSet::with_capacity(self.peers);
        let ranges = self.ranges(block.cidr);
        by_address.insert_range(self.first_range + ranges.start..self.first_range + ranges.end);
        for except in &block.except {
            let ranges = self.ranges(*except);
            by_address.remove_range(self.first_range + ranges.start..self.first_range + ranges.end);
        }
        let pods = self.pods_in(block.cidr);
        budget.work(pods.len() + self.peers / 16 + block.except.len())?;
        // By workload: its pods with an address inside, each once.
        let mut inside: HashMap<u32, Vec<u32>> = HashMap::new();
        let excepted = except_ranges(&block.except);
        for (address, workload, pod) in self.pods.get(pods).unwrap_or_default() {
            if !excepted.holds(*address) {
                inside.entry(*workload).or_default().push(*pod);
            }
        }
        for (workload, mut pods) in inside {
            order::sort_and_dedup(&mut pods);
            if self.known.get(workload as usize) == Some(&(pods.len() as u32)) {
                by_address.insert(workload as usize);
            }
        }
        let mut outside_pod_network = by_address.clone();
        for at in by_address.ones().take_while(|at| *at < self.first_range) {
            if !self.host_network.contains(at) {
                outside_pod_network.remove(at);
            }
        }
        let mut any_address = by_address.clone();
        let mut unless_excepted = None;
        if block.cidr.prefix_len() == 0 && block.except.is_empty() {
            any_address.union_with(&self.unknown);
        } else if block.cidr.prefix_len() == 0 {
            unless_excepted = Some(&by_address | &self.unknown);
        }
        Ok(Held { by_address, outside_pod_network, any_address, unless_excepted })
    }

    /// The ranges inside a network that some policy mentions, by their place among the ranges.
    fn ranges(&self, network: IpNet) -> Range<usize> {
        let start = self.networks.partition_point(|other| *other < network);
        let end = self.networks.partition_point(|other| *other < network || network.contains(other));
        start..end.max(start)
    }

    /// The addresses of pods inside a network, by their place among the addresses.
    fn pods_in(&self, network: IpNet) -> Range<usize> {
        let (first, last) = (network.network(), network.broadcast());
        let start = self.pods.partition_point(|(address, ..)| *address < first);
        let end = self.pods.partition_point(|(address, ..)| *address <= last);
        start..end.max(start)
    }
}

/// The entries of `except`, to be asked in order of address.
struct Excepted {
    networks: Vec<IpNet>,
}

fn except_ranges(except: &[IpNet]) -> Excepted {
    // Of nested ones the widest is enough.
    let mut networks: Vec<IpNet> = Vec::new();
    for network in except {
        if networks.last().is_none_or(|last| !last.contains(network)) {
            networks.push(*network);
        }
    }
    Excepted { networks }
}

impl Excepted {
    fn holds(&self, address: IpAddr) -> bool {
        let found = self.networks.binary_search_by(|network| {
            if network.contains(&address) { Ordering::Equal } else { network.network().cmp(&address) }
        });
        found.is_ok()
    }
}
