//! How many addresses networks hold, and what share of all of their family.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};

/// The share of a family from which on "most addresses" is said.
pub(crate) const MOST: f64 = 0.5;

/// The share that a network has of all IPv4 addresses, or of the public IPv6 addresses, `2000::/3`.
pub(crate) fn share(network: IpNet) -> f64 {
    match network {
        IpNet::V4(network) => 0.5f64.powi(i32::from(network.prefix_len())),
        IpNet::V6(network) => {
            let Ok(public) = Ipv6Net::new(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3) else { return 0.0 };
            if network.contains(&public) {
                1.0
            } else if public.contains(&network) {
                0.5f64.powi(i32::from(network.prefix_len()) - i32::from(public.prefix_len()))
            } else {
                0.0
            }
        }
    }
}

/// The share of a network less others.
pub(crate) fn share_left(network: IpNet, less: &[IpNet]) -> f64 {
    share(network) - inside(network, less).into_iter().map(share).sum::<f64>()
}

/// How many addresses a network holds that none of the others does; of all IPv6 addresses, one is not counted.
pub(crate) fn count_left(network: IpNet, less: &[IpNet]) -> u128 {
    let taken = inside(network, less).into_iter().fold(0u128, |all, one| all.saturating_add(count(one)));
    count(network).saturating_sub(taken)
}

fn count(network: IpNet) -> u128 {
    let bits = u32::from(network.max_prefix_len() - network.prefix_len());
    1u128.checked_shl(bits).unwrap_or(u128::MAX)
}

/// What of others is in a network, each address once.
fn inside(network: IpNet, others: &[IpNet]) -> Vec<IpNet> {
    let others = others.iter().copied();
    let inside: Vec<IpNet> = others
        .filter_map(|other| match (network.contains(&other), other.contains(&network)) {
            (true, _) => Some(other),
            (false, true) => Some(network),
            (false, false) => None,
        })
        .collect();
    IpNet::aggregate(&inside)
}

/// `2^24`, or `more than 2^23`.
pub(crate) fn counted(count: u128) -> String {
    match count.checked_ilog2() {
        _ if count == u128::MAX => "2^128".to_owned(),
        None => "no".to_owned(),
        Some(bits) if count.is_power_of_two() => format!("2^{bits}"),
        Some(bits) => format!("more than 2^{bits}"),
    }
}

/// "any address outside the cluster", or how many of a family.
pub(crate) fn whom(share: f64, of: IpAddr) -> String {
    const ALL: f64 = 0.9999;
    let percent = (share * 100.0).floor();
    match of {
        _ if share >= ALL => "any address outside the cluster".to_owned(),
        IpAddr::V4(_) => format!("{percent}% of all IPv4 addresses"),
        IpAddr::V6(_) => format!("{percent}% of all public IPv6 addresses"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_is_left_is_counted_once() {
        let ten = networks(&["10.0.0.0/8"])[0];
        assert_eq!(counted(count_left(ten, &[])), "2^24");
        assert_eq!(counted(count_left(ten, &networks(&["10.0.0.0/9", "10.0.0.0/16"]))), "2^23");
        assert_eq!(counted(count_left(ten, &networks(&["10.255.255.255/32"]))), "more than 2^23");
        assert_eq!(counted(count_left(networks(&["::/0"])[0], &[])), "2^128");
        assert_eq!(count_left(ten, &networks(&["0.0.0.0/0"])), 0);
    }

    #[test]
    fn shares_add_up() {
        let halves = networks(&["0.0.0.0/1", "128.0.0.0/1"]);
        assert_eq!(halves.iter().copied().map(share).sum::<f64>(), 1.0);
        assert_eq!(share_left(networks(&["0.0.0.0/0"])[0], &halves[..1]), 0.5);
        assert_eq!(share(networks(&["::/0"])[0]), 1.0);
        assert_eq!(share(networks(&["2000::/4"])[0]), 0.5);
        assert_eq!(share(networks(&["fd00::/8"])[0]), 0.0);
        assert_eq!(whom(0.8661, "0.0.0.0".parse().unwrap()), "86% of all IPv4 addresses");
    }
}
