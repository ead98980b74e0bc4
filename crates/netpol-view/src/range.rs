//! How addresses outside are written: as people write them in a policy, a network and what is excepted from it.

use crate::contract::Peer;

/// `10.0.0.10` where a CIDR is one address, else the CIDR.
pub fn address(cidr: &str) -> &str {
    cidr.strip_suffix("/32").or_else(|| cidr.strip_suffix("/128")).unwrap_or(cidr)
}

/// Whether a CIDR is one address.
pub fn is_single(cidr: &str) -> bool {
    address(cidr).len() < cidr.len()
}

/// The addresses of a peer that has some: `10.0.0.0/16 except 10.0.0.10`, with `most` of what is excepted by name; as a
/// list of CIDRs where that is shorter.
pub fn written(peer: &Peer, most: usize) -> Option<String> {
    let cidrs = peer.cidrs.as_deref();
    let except = peer.except.as_deref().unwrap_or_default();
    match (&peer.network, cidrs) {
        (Some(network), _) if except.is_empty() => Some(address(network).to_owned()),
        (_, Some(cidrs)) if !cidrs.is_empty() && (peer.network.is_none() || cidrs.len() < except.len()) => {
            Some(listed(cidrs, most))
        }
        (Some(network), _) => Some(format!("{network} except {}", listed(except, most))),
        (None, _) => None,
    }
}

fn listed(cidrs: &[String], most: usize) -> String {
    let named: Vec<&str> = cidrs.iter().take(most).map(|cidr| address(cidr)).collect();
    let more = cidrs.len().saturating_sub(most);
    let more = if more > 0 { format!(" +{more}") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(network: &str, except: &[&str], cidrs: &[&str]) -> Peer {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        Peer {
            network: Some(network.to_owned()),
            except: Some(texts(except)),
            cidrs: Some(texts(cidrs)).filter(|cidrs| !cidrs.is_empty()),
            ..Peer::outsider(format!("external:{network}"))
        }
    }

    #[test]
    fn a_network_is_written_with_what_is_excepted_from_it() {
        let halves = ["10.0.0.0/9", "10.128.0.0/10"];
        for (network, except, cidrs, one, two) in [
            ("10.0.0.0/16", &[][..], &["10.0.0.0/16"][..], "10.0.0.0/16", "10.0.0.0/16"),
            ("10.0.0.10/32", &[], &["10.0.0.10/32"], "10.0.0.10", "10.0.0.10"),
            ("fd00::1/128", &[], &["fd00::1/128"], "fd00::1", "fd00::1"),
            (
                "10.0.0.0/30",
                &["10.0.0.2/32"],
                &["10.0.0.0/31", "10.0.0.3/32"],
                "10.0.0.0/30 except 10.0.0.2",
                "10.0.0.0/30 except 10.0.0.2",
            ),
            (
                "10.0.0.0/16",
                &["10.0.0.10/32", "10.0.9.0/24", "10.0.10.0/24"],
                &[],
                "10.0.0.0/16 except 10.0.0.10 +2",
                "10.0.0.0/16 except 10.0.0.10, 10.0.9.0/24 +1",
            ),
            // Half of it is excepted: the words of the policy, not the half that is left.
            (
                "10.0.0.0/8",
                &["10.128.0.0/9"],
                &["10.0.0.0/9"],
                "10.0.0.0/8 except 10.128.0.0/9",
                "10.0.0.0/8 except 10.128.0.0/9",
            ),
            // Many small ones make up a quarter.
            (
                "10.0.0.0/8",
                &["10.192.0.0/11", "10.224.0.0/12", "10.240.0.0/12"],
                &halves,
                "10.0.0.0/9 +1",
                "10.0.0.0/9, 10.128.0.0/10",
            ),
        ] {
            let peer = peer(network, except, cidrs);
            assert_eq!(written(&peer, 1).as_deref(), Some(one));
            assert_eq!(written(&peer, 2).as_deref(), Some(two));
        }
        assert_eq!(written(&Peer::outsider("domain:example.com".to_owned()), 1), None);
    }
}
