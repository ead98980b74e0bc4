//! The ports that the picker offers: what the input names.

use netpol_view::contract::{Protocol, Summary};

use crate::state::settings::PortChoice;

/// The most ports that are offered; what lies beyond is reached by typing manifests, not by a list.
pub const MOST: usize = 256;

/// TCP 80 and UDP 53 always, every declared container port, and the ends of every range that some cell allows.
pub fn named(summary: &Summary) -> Vec<PortChoice> {
    let mut tcp = Ports::of(Protocol::Tcp);
    let mut udp = Ports::of(Protocol::Udp);
    let mut sctp = Ports::of(Protocol::Sctp);
    tcp.add(80);
    udp.add(53);
    for port in summary.peers.iter().flat_map(|peer| peer.ports.iter().flatten()) {
        match port.protocol {
            Protocol::Tcp => tcp.add(port.port),
            Protocol::Udp => udp.add(port.port),
            Protocol::Sctp => sctp.add(port.port),
        }
    }
    for set in &summary.connections {
        tcp.add_ends(&set.tcp);
        udp.add_ends(&set.udp);
        sctp.add_ends(&set.sctp);
    }
    tcp.named().chain(udp.named()).chain(sctp.named()).take(MOST).collect()
}

/// Which ports of one protocol are named.
struct Ports {
    protocol: Protocol,
    named: Vec<bool>,
}

impl Ports {
    fn of(protocol: Protocol) -> Self {
        Self { protocol, named: vec![false; usize::from(u16::MAX) + 1] }
    }

    fn add(&mut self, port: u16) {
        if let Some(named) = self.named.get_mut(usize::from(port)) {
            *named = true;
        }
    }

    fn add_ends(&mut self, intervals: &[(u16, u16)]) {
        for port in intervals.iter().flat_map(|(first, last)| [*first, *last]) {
            // The ends of all ports name nothing.
            if !matches!(port, 0 | 1 | u16::MAX) {
                self.add(port);
            }
        }
    }

    fn named(&self) -> impl Iterator<Item = PortChoice> {
        let protocol = self.protocol;
        (0..=u16::MAX)
            .zip(&self.named)
            .filter(|(_, named)| **named)
            .map(move |(port, _)| PortChoice { protocol, port })
    }
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
