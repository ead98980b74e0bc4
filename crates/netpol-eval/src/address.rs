//! The world outside: all addresses, cut where policies and nodes cut them.
//!
//! CIDRs nest or are disjoint, so the mentioned ones form a tree below `0.0.0.0/0` and `::/0`. Every node of the
//! tree less its children is one range: any block of a policy holds all of it or nothing of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netpol_source::order;

/// The cloud metadata endpoint, IPv4.
pub const METADATA_V4: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
/// The cloud metadata endpoint, IPv6.
pub const METADATA_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254));

/// Where other clouds, and services of the same, hand out credentials: Azure, Alibaba Cloud, Amazon ECS and EKS. They are
/// no rows of their own.
pub const OTHER_METADATA: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// A set of addresses that no policy can tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalRange {
    /// The mentioned CIDR; the range is what of it no longer mentioned CIDR takes.
    pub network: IpNet,
    /// What longer ones take: disjoint, sorted by address.
    pub but: Vec<IpNet>,
    /// An address in the range.
    address: IpAddr,
}

impl ExternalRange {
    /// The shortest list of CIDRs that is exactly the range, in order of address. Much longer than `but` in the worst
    /// case: up to the number of bits of an address for each.
    pub fn cidrs(&self) -> Vec<IpNet> {
        let mut cidrs = Vec::new();
        subtract(self.network, &self.but, &mut cidrs);
        cidrs
    }

    /// The first of its addresses.
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let before = self.but.partition_point(|but| but.network() <= address);
        let hole = before.checked_sub(1).and_then(|at| self.but.get(at));
        self.network.contains(&address) && hole.is_none_or(|hole| !hole.contains(&address))
    }

    /// Whether it is what no policy mentions: "any other address" of its family.
    pub fn is_any_other(&self) -> bool {
        self.network.prefix_len() == 0
    }

    /// The metadata endpoints of all clouds that are in it.
    pub fn metadata_endpoints(&self) -> impl Iterator<Item = IpAddr> {
        let all = [METADATA_V4, METADATA_V6].into_iter().chain(OTHER_METADATA);
        all.filter(|address| self.contains(*address))
    }

    /// Whether it is a cloud metadata endpoint.
    pub fn is_metadata_endpoint(&self) -> bool {
        is_host(self.network) && [METADATA_V4, METADATA_V6].contains(&self.network.addr())
    }
}

fn is_host(network: IpNet) -> bool {
    network.prefix_len() == network.max_prefix_len()
}

/// The whole of one family.
fn roots() -> [IpNet; 2] {
    [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())]
}

/// Cuts all addresses at the borders of `mentioned`, with the metadata endpoints apart in any case.
///
/// The ranges are disjoint, cover every address, and come in order of network, IPv4 first, wider before narrower.
pub(crate) fn external_ranges(mentioned: impl IntoIterator<Item = IpNet>) -> Vec<ExternalRange> {
    let mut networks = order::set(mentioned.into_iter().map(|network| network.trunc()));
    networks.extend(roots());
    networks.extend([IpNet::from(METADATA_V4), IpNet::from(METADATA_V6)]);
    // IpNet orders by family, address, then prefix length: a network directly precedes all that it contains.
    let networks: Vec<IpNet> = networks.into_iter().collect();
    // Each network with its largest parts, behind the one that holds it.
    let mut parts: Vec<Vec<IpNet>> = vec![Vec::new(); networks.len()];
    let mut open: Vec<(usize, IpNet)> = Vec::new();
    for (at, network) in networks.iter().enumerate() {
        while open.last().is_some_and(|(_, around)| !around.contains(network)) {
            open.pop();
        }
        if let Some(parts) = open.last().and_then(|(around, _)| parts.get_mut(*around)) {
            parts.push(*network);
        }
        open.push((at, *network));
    }
    let ranges = networks.into_iter().zip(parts).filter_map(|(network, but)| {
        first_address(network, &but).map(|address| ExternalRange { network, but, address })
    });
    ranges.collect()
}

/// The first address of a network that is in none of its parts, which are sorted.
fn first_address(network: IpNet, parts: &[IpNet]) -> Option<IpAddr> {
    let mut first = network.network();
    for part in parts {
        if !part.contains(&first) {
            break;
        }
        if part.broadcast() == network.broadcast() {
            return None;
        }
        first = next(part.broadcast())?;
    }
    Some(first)
}

fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => u32::from(address).checked_add(1).map(|next| Ipv4Addr::from(next).into()),
        IpAddr::V6(address) => u128::from(address).checked_add(1).map(|next| Ipv6Addr::from(next).into()),
    }
}

/// Appends the shortest list for `network` less all of `holes`, which lie inside it and are sorted by address.
fn subtract(network: IpNet, holes: &[IpNet], cidrs: &mut Vec<IpNet>) {
    let Some(first) = holes.first() else {
        cidrs.push(network);
        return;
    };
    if *first == network {
        return;
    }
    let Ok(halves) = network.subnets(network.prefix_len() + 1) else { return };
    for half in halves {
        let from = holes.partition_point(|hole| hole.addr() < half.network());
        let to = holes.partition_point(|hole| hole.addr() <= half.broadcast());
        subtract(half, holes.get(from..to).unwrap_or_default(), cidrs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(mentioned: &[&str]) -> Vec<String> {
        external_ranges(mentioned.iter().map(|cidr| cidr.parse().unwrap()))
            .into_iter()
            .map(|range| {
                let cidrs: Vec<String> = range.cidrs().iter().map(ToString::to_string).collect();
                format!("{}: {}", range.network, cidrs.join(" "))
            })
            .filter(|text| !text.contains("::") && text.len() < 200)
            .collect()
    }

    #[test]
    fn nested_networks_are_cut_out_of_what_holds_them() {
        assert_eq!(
            ranges(&["10.0.0.0/14", "10.1.0.0/16", "169.254.0.0/16", "0.0.0.0/1", "128.0.0.0/1"])
                .into_iter()
                .filter(|text| text.starts_with("10."))
                .collect::<Vec<_>>(),
            ["10.0.0.0/14: 10.0.0.0/16 10.2.0.0/15", "10.1.0.0/16: 10.1.0.0/16"]
        );
    }

    #[test]
    fn a_network_that_its_parts_cover_is_no_range() {
        let found = ranges(&["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9"]);
        assert!(found.iter().all(|range| !range.starts_with("10.0.0.0/8")), "{found:?}");
    }

    #[test]
    fn the_ranges_cover_every_address_once() {
        let found = external_ranges(
            ["10.0.0.0/8", "10.3.0.0/16", "10.3.4.5/32", "fd00::/8"].map(|c| c.parse().unwrap()),
        );
        let all: Vec<IpNet> = found.iter().flat_map(ExternalRange::cidrs).collect();
        for range in &found {
            assert!(range.contains(range.address()) && range.cidrs()[0].contains(&range.address()));
        }
        assert_eq!(IpNet::aggregate(&all), roots().to_vec());
        for (at, network) in all.iter().enumerate() {
            assert!(
                all.iter().skip(at + 1).all(|other| !network.contains(other) && !other.contains(network))
            );
        }
    }

    #[test]
    fn metadata_endpoints_are_always_apart() {
        let found = external_ranges([]);
        assert_eq!(found.iter().filter(|range| range.is_metadata_endpoint()).count(), 2);
        assert_eq!(found.iter().filter(|range| range.is_any_other()).count(), 2);
    }
}
