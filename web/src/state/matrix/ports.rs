//! The ports that the picker offers: what the input names.

use std::collections::BTreeSet;

use netpol_view::contract::{Protocol, Summary};

use crate::state::settings::PortChoice;

/// The most ports that are offered; what lies beyond is reached by typing manifests, not by a list.
pub const MOST: usize = 256;

/// TCP 80 and UDP 53 always, every declared container port, and the ends of every range that some cell allows.
pub fn named(summary: &Summary) -> Vec<PortChoice> {
    let mut ports: BTreeSet<PortChoice> = BTreeSet::new();
    ports.insert(PortChoice { protocol: Protocol::Tcp, port: 80 });
    ports.insert(PortChoice { protocol: Protocol::Udp, port: 53 });
    for port in summary.peers.iter().flat_map(|peer| peer.ports.iter().flatten()) {
        ports.insert(PortChoice { protocol: port.protocol, port: port.port });
    }
    for set in &summary.connections {
        let protocols = [(Protocol::Tcp, &set.tcp), (Protocol::Udp, &set.udp), (Protocol::Sctp, &set.sctp)];
        for (protocol, intervals) in protocols {
            let ends = intervals.iter().flat_map(|(first, last)| [*first, *last]);
            // The ends of all ports name nothing.
            ports.extend(
                ends.filter(|port| !matches!(*port, 0 | 1 | u16::MAX))
                    .map(|port| PortChoice { protocol, port }),
            );
        }
    }
    ports.into_iter().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    #[test]
    fn ports_of_cells_and_containers_are_offered_once() {
        let mut cart = fixture::workload("shop", "cart");
        cart.ports =
            Some(vec![netpol_view::contract::Port { name: None, port: 8080, protocol: Protocol::Tcp }]);
        let mut summary = Summary { peers: vec![cart], ..Summary::default() };
        summary.connections = vec![
            fixture::none(),
            fixture::all(),
            fixture::tcp(&[(8080, 8080), (9000, 9100)]),
            fixture::tcp(&[(1, 80)]),
        ];
        let names: Vec<String> = named(&summary).iter().map(ToString::to_string).collect();
        assert_eq!(names, ["TCP 80", "TCP 8080", "TCP 9000", "TCP 9100", "UDP 53"]);
    }
}
