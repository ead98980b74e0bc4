//! Exact sets of addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netpol_eval::ExternalRange;
use netpol_source::order;

/// A set of addresses of both families.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    v4: Vec<(u128, u128)>,
    v6: Vec<(u128, u128)>,
}

/// The first and the last address, and whether they are of IPv4.
fn ends(network: IpNet) -> (bool, u128, u128) {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    };
    (network.addr().is_ipv4(), number(network.network()), number(network.broadcast()))
}

fn address(is_v4: bool, number: u128) -> IpAddr {
    if is_v4 { Ipv4Addr::from(number as u32).into() } else { Ipv6Addr::from(number).into() }
}

impl Addresses {
    /// Every address of these networks.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        let mut all = Self::default();
        for (is_v4, first, last) in networks.into_iter().map(ends) {
            if is_v4 { &mut all.v4 } else { &mut all.v6 }.push((first, last));
        }
        all.v4 = merged(all.v4);
        all.v6 = merged(all.v6);
        all
    }

    /// The addresses of a range of the matrix.
    pub fn of_range(range: &ExternalRange) -> Self {
        Self::new([range.network]).difference(&Self::new(range.but.iter().copied()))
    }

    /// Every address there is.
    pub fn all() -> Self {
        Self { v4: vec![(0, u128::from(u32::MAX))], v6: vec![(0, u128::MAX)] }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// What of it is not in another.
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: difference(&self.v4, &other.v4), v6: difference(&self.v6, &other.v6) }
    }

    /// What of both.
    pub fn intersection(&self, other: &Self) -> Self {
        self.difference(&self.difference(other))
    }

    /// The addresses of either.
    pub fn union(&self, other: &Self) -> Self {
        let both =
            |one: &[(u128, u128)], other: &[(u128, u128)]| merged(one.iter().chain(other).copied().collect());
        Self { v4: both(&self.v4, &other.v4), v6: both(&self.v6, &other.v6) }
    }

    /// The first address that is in a range of the matrix, too; and how many intervals were looked at.
    pub fn first_in(&self, range: &ExternalRange) -> (Option<IpAddr>, usize) {
        let (is_v4, low, high) = ends(range.network);
        let own = if is_v4 { &self.v4 } else { &self.v6 };
        let from = own.partition_point(|(_, last)| *last < low);
        let mut looked_at = 1;
        for (first, last) in own.iter().skip(from).take_while(|(first, _)| *first <= high) {
            let (mut first, last) = ((*first).max(low), (*last).min(high));
            looked_at += 1;
            // The holes are disjoint and in order.
            let start = range.but.partition_point(|but| ends(*but).2 < first);
            let mut is_free = true;
            for but in range.but.iter().skip(start) {
                looked_at += 1;
                let (_, from, to) = ends(*but);
                if from > first {
                    break;
                }
                match to.checked_add(1).filter(|next| *next <= last) {
                    Some(next) => first = next,
                    None => {
                        is_free = false;
                        break;
                    }
                }
            }
            if is_free {
                return (Some(address(is_v4, first)), looked_at);
            }
        }
        (None, looked_at)
    }
}

/// Sorted, those joined that overlap or touch.
fn merged(mut intervals: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    order::sort(&mut intervals);
    let mut merged: Vec<(u128, u128)> = Vec::with_capacity(intervals.len());
    for (first, last) in intervals {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// Both sorted and disjoint, and so is what is left.
fn difference(own: &[(u128, u128)], other: &[(u128, u128)]) -> Vec<(u128, u128)> {
    let mut left = Vec::new();
    let mut holes = other.iter().peekable();
    for (first, last) in own.iter().copied() {
        let mut next = Some(first);
        while let Some((from, to)) = holes.peek() {
            if *from > last {
                break;
            }
            if let Some(first) = next.filter(|first| first < from) {
                left.push((first, from - 1));
            }
            next = next.and_then(|first| to.checked_add(1).map(|behind| behind.max(first)));
            if *to > last {
                break;
            }
            holes.next();
        }
        if let Some(first) = next.filter(|first| *first <= last) {
            left.push((first, last));
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(networks: &[&str]) -> Addresses {
        Addresses::new(networks.iter().filter_map(|network| network.parse().ok()))
    }

    #[test]
    fn differences() {
        for (own, other, left) in [
            (&["10.0.0.0/8"][..], &["10.0.0.0/9"][..], &["10.128.0.0/9"][..]),
            (&["10.0.0.0/8"], &["10.0.0.0/8"], &[]),
            (&["10.0.0.0/8"], &["0.0.0.0/0"], &[]),
            (&["10.0.0.0/8"], &["::/0"], &["10.0.0.0/8"]),
            (&["0.0.0.0/0"], &["0.0.0.0/1", "192.0.0.0/2"], &["128.0.0.0/2"]),
            (&["::/0"], &["8000::/1"], &["::/1"]),
            (
                &["10.0.0.0/24", "10.0.2.0/24"],
                &["10.0.0.128/25", "10.0.1.0/24"],
                &["10.0.0.0/25", "10.0.2.0/24"],
            ),
            (&["10.0.0.0/30"], &["10.0.0.1/32", "10.0.0.2/32"], &["10.0.0.0/32", "10.0.0.3/32"]),
            (&["255.255.255.255/32", "0.0.0.0/32"], &["0.0.0.0/32"], &["255.255.255.255/32"]),
        ] {
            assert_eq!(set(own).difference(&set(other)), set(left), "{own:?} {other:?}");
        }
        assert_eq!(set(&["0.0.0.0/0", "::/0"]), Addresses::all());
        assert!(Addresses::all().difference(&Addresses::all()).is_empty());
        assert_eq!(set(&["10.0.0.0/25"]).union(&set(&["10.0.0.128/25"])), set(&["10.0.0.0/24"]));
        assert_eq!(
            set(&["10.0.0.0/8"]).intersection(&set(&["10.1.0.0/16", "11.0.0.0/8"])),
            set(&["10.1.0.0/16"])
        );
    }
}
