//! Which peers networks hold, for all of them at once: two look-ups in sorted lists rather than a look at each.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::ops::Range;

use fixedbitset::FixedBitSet;
use ipnet::IpNet;
use netpol_source::{Budget, Exhausted, HashMap, order};

use crate::cluster::Cluster;
use crate::peer::{Peer, addresses_of};

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
    pub(crate) unknown: FixedBitSet,
    /// Those with some pod of unknown address.
    pub(crate) some_unknown: FixedBitSet,
    /// The domains: of no address, and outside the pod network.
    pub(crate) domains: FixedBitSet,
    /// The workloads on the pod network.
    pub(crate) pod_network: FixedBitSet,
}

/// What networks hold.
pub(crate) struct Held {
    /// By address: ranges, workloads of which every pod of known address is inside, and where they hold every address,
    /// domains.
    pub(crate) by_address: FixedBitSet,
    /// The same with workloads of which some pod is inside.
    pub(crate) some: FixedBitSet,
    /// Whether they hold every address of their family.
    pub(crate) is_whole: bool,
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
            some_unknown: FixedBitSet::with_capacity(peers.len()),
            domains: FixedBitSet::with_capacity(peers.len()),
            pod_network: FixedBitSet::with_capacity(peers.len()),
        };
        let domains = peers.iter().enumerate().filter(|(_, peer)| peer.domain().is_some());
        this.domains.extend(domains.map(|(at, _)| at));
        for ((at, workload), known) in cluster.workloads.iter().enumerate().zip(&mut this.known) {
            this.pod_network.set(at, !workload.host_network);
            for (number, pod) in (0..).zip(&workload.pods) {
                let before = this.pods.len();
                let addresses = addresses_of(cluster, workload, pod);
                this.pods.extend(addresses.map(|address| (address, at as u32, number)));
                *known += u32::from(this.pods.len() > before);
            }
            this.unknown.set(at, *known == 0);
            this.some_unknown.set(at, *known == 0 || (*known as usize) < workload.pods.len());
        }
        order::sort(&mut this.pods);
        this
    }

    /// What networks of one family hold, less those that are excepted.
    ///
    /// # Errors
    /// When the budget is exhausted.
    pub(crate) fn held(
        &self,
        networks: &[IpNet],
        except: &[IpNet],
        budget: &Budget,
    ) -> Result<Held, Exhausted> {
        let mut by_address = FixedBitSet::with_capacity(self.peers);
        // By workload: its pods with an address inside.
        let mut inside: HashMap<u32, Vec<u32>> = HashMap::default();
        let excepted = except_ranges(except);
        for network in networks {
            let ranges = self.ranges(*network);
            by_address.insert_range(self.first_range + ranges.start..self.first_range + ranges.end);
            let pods = self.pods_in(*network);
            budget.work(pods.len() + self.peers / 16 + except.len())?;
            for (address, workload, pod) in self.pods.get(pods).unwrap_or_default() {
                if !excepted.holds(*address) {
                    inside.entry(*workload).or_default().push(*pod);
                }
            }
        }
        for except in except {
            let ranges = self.ranges(*except);
            by_address.remove_range(self.first_range + ranges.start..self.first_range + ranges.end);
        }
        let is_whole = except.is_empty() && networks.iter().any(|network| network.prefix_len() == 0);
        if is_whole {
            by_address.union_with(&self.domains);
        }
        let mut some = by_address.clone();
        for (workload, mut pods) in inside {
            order::sort_and_dedup(&mut pods);
            some.insert(workload as usize);
            if self.known.get(workload as usize) == Some(&(pods.len() as u32)) {
                by_address.insert(workload as usize);
            }
        }
        Ok(Held { by_address, some, is_whole })
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
