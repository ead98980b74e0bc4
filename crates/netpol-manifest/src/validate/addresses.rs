//! IP addresses and CIDRs as Kubernetes reads them: as Go did before 1.17, leading zeros and all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What Kubernetes refuses in a CIDR from 1.36 on and accepts before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Canonical {
    /// Nothing.
    Yes,
    /// The address has bits beyond the prefix.
    HostBits,
    /// `010.0.0.0/8`
    LeadingZeros,
    /// `::ffff:10.0.0.0/104`
    Mapped,
}

/// Why a text is no CIDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CidrError {
    /// An address without `/` and length.
    NoPrefix(IpAddr),
    /// The length is no number, or too large for the address.
    Prefix(IpAddr),
    /// The address is none.
    Address,
}

/// The network of a CIDR, and whether it was written in the one way that later versions accept.
///
/// # Errors
/// When it is no CIDR.
pub(crate) fn cidr(text: &str) -> Result<(IpNet, Canonical), CidrError> {
    let Some((address_text, prefix_text)) = text.split_once('/') else {
        return Err(address(text).map_or(CidrError::Address, |(address, _)| CidrError::NoPrefix(address)));
    };
    let Some((address, mut canonical)) = address(address_text) else { return Err(CidrError::Address) };
    let prefix = decimal(prefix_text).ok_or(CidrError::Prefix(address))?;
    if prefix_text.len() > 1 && prefix_text.starts_with('0') {
        canonical = Canonical::LeadingZeros;
    }
    let net = match address {
        IpAddr::V4(address) => Ipv4Net::new(address, prefix).map(IpNet::from),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) if (96..=128).contains(&prefix) => {
                canonical = Canonical::Mapped;
                Ipv4Net::new(inner, prefix - 96).map(IpNet::from)
            }
            Some(_) => {
                canonical = Canonical::Mapped;
                Ipv6Net::new(address, prefix).map(IpNet::from)
            }
            None => Ipv6Net::new(address, prefix).map(IpNet::from),
        },
    }
    .map_err(|_| CidrError::Prefix(address))?;
    let network = net.trunc();
    if canonical == Canonical::Yes && network.addr() != net.addr() {
        canonical = Canonical::HostBits;
    }
    Ok((network, canonical))
}

/// An address, and whether it was written without leading zeros.
pub(crate) fn address(text: &str) -> Option<(IpAddr, Canonical)> {
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(|address| (address.into(), Canonical::Yes));
    }
    let mut octets = [0_u8; 4];
    let mut parts = text.split('.');
    let mut canonical = Canonical::Yes;
    for octet in &mut octets {
        let part = parts.next()?;
        *octet = decimal(part)?;
        if part.len() > 1 && part.starts_with('0') {
            canonical = Canonical::LeadingZeros;
        }
    }
    parts.next().is_none().then(|| (Ipv4Addr::from(octets).into(), canonical))
}

/// Digits only, at most 255, any number of leading zeros.
fn decimal(text: &str) -> Option<u8> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let significant = text.trim_start_matches('0');
    if significant.is_empty() { Some(0) } else { significant.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (text, network, canonical) in [
            ("10.0.0.0/8", "10.0.0.0/8", Canonical::Yes),
            ("0.0.0.0/0", "0.0.0.0/0", Canonical::Yes),
            ("10.1.2.3/8", "10.0.0.0/8", Canonical::HostBits),
            ("010.0.0.0/8", "10.0.0.0/8", Canonical::LeadingZeros),
            ("10.0.0.0/08", "10.0.0.0/8", Canonical::LeadingZeros),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8", Canonical::Mapped),
            ("::ffff:10.1.0.0/104", "10.0.0.0/8", Canonical::Mapped),
            ("::ffff:10.0.0.0/80", "::/80", Canonical::Mapped),
            ("2001:DB8::/32", "2001:db8::/32", Canonical::Yes),
            ("2001:db8::1/32", "2001:db8::/32", Canonical::HostBits),
            ("::/0", "::/0", Canonical::Yes),
            ("169.254.169.254/32", "169.254.169.254/32", Canonical::Yes),
        ] {
            assert_eq!(cidr(text), Ok((network.parse().unwrap(), canonical)), "{text}");
        }
    }

    #[test]
    fn no_networks() {
        let four = IpAddr::from([10, 0, 0, 0]);
        for (text, error) in [
            ("10.0.0.0", CidrError::NoPrefix(four)),
            ("10.0.0.0/33", CidrError::Prefix(four)),
            ("10.0.0.0/", CidrError::Prefix(four)),
            ("10.0.0.0/-1", CidrError::Prefix(four)),
            ("10.0.0.0/255.0.0.0", CidrError::Prefix(four)),
            ("10.0.0/8", CidrError::Address),
            ("10.0.0.256/8", CidrError::Address),
            ("10.0.0.0.0/8", CidrError::Address),
            ("fe80::1%eth0/64", CidrError::Address),
            ("", CidrError::Address),
            ("example.com", CidrError::Address),
            (" 10.0.0.0/8", CidrError::Address),
        ] {
            assert_eq!(cidr(text), Err(error), "{text}");
        }
    }
}
