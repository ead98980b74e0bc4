//! Addresses and blocks of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::pods::Pod;

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    /// The first one.
    pub first: IpAddr,
    /// The last one.
    pub last: IpAddr,
}

impl Cidr {
    /// "A CIDR with host bits set, such as `10.0.0.5/24`, counts as its network" (docs/semantics.md); leading zeros and
    /// addresses of IPv4 in the form of IPv6 count as what they mean.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let mut length: u32 = length.parse().ok()?;
        let address = match (address.parse::<Ipv6Addr>(), self::address(address)?) {
            (Ok(_), IpAddr::V4(mapped)) => {
                length = length.checked_sub(96)?;
                IpAddr::V4(mapped)
            }
            (_, address) => address,
        };
        let (first, last) = match address {
            IpAddr::V4(address) => {
                let rest = u32::MAX.checked_shr(length).unwrap_or(0);
                let bits = u32::from(address);
                (Ipv4Addr::from(bits & !rest).into(), Ipv4Addr::from(bits | rest).into())
            }
            IpAddr::V6(address) => {
                let rest = u128::MAX.checked_shr(length).unwrap_or(0);
                let bits = u128::from(address);
                (Ipv6Addr::from(bits & !rest).into(), Ipv6Addr::from(bits | rest).into())
            }
        };
        Some(Self { first, last })
    }

    /// Whether an address is one of these.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.family() == Family::of(address) && self.first <= address && address <= self.last
    }

    pub(super) fn family(&self) -> Family {
        Family::of(self.first)
    }

    /// Whether it is all addresses of a family.
    pub(super) fn is_whole(&self) -> bool {
        self.first.is_unspecified()
            && match self.last {
                IpAddr::V4(last) => u32::from(last) == u32::MAX,
                IpAddr::V6(last) => u128::from(last) == u128::MAX,
            }
    }
}

/// An address as it is written in manifests and in a `status`.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    if let Ok(six) = text.parse::<Ipv6Addr>() {
        return Some(six.to_ipv4_mapped().map_or(six.into(), IpAddr::V4));
    }
    let octets: Vec<u8> = text.split('.').map(|octet| octet.parse().ok()).collect::<Option<_>>()?;
    let octets: [u8; 4] = octets.try_into().ok()?;
    Some(Ipv4Addr::from(octets).into())
}

/// The families in which two ends meet, each to be judged by itself; one without a name where it does not matter.
///
/// "Pods of known addresses meet only in the families that both have. Each family is judged by itself, the blocks of the
/// other one left aside, and the results are united." (docs/semantics.md)
pub(super) fn meeting(one: Option<&Pod>, other: Option<&Pod>) -> Vec<Option<Family>> {
    let (Some(one), Some(other)) = (one, other) else { return vec![None] };
    if one.addresses.is_empty() && other.addresses.is_empty() {
        return vec![None];
    }
    let may_have = |pod: &Pod, family: Family| {
        pod.addresses.is_empty() || pod.addresses.iter().any(|address| Family::of(*address) == family)
    };
    let both = [Family::V4, Family::V6].into_iter();
    both.filter(|family| may_have(one, *family) && may_have(other, *family)).map(Some).collect()
}
