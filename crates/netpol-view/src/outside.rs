//! The ranges of outside addresses: which lies in which, and how they are shown.

use std::net::IpAddr;

use ipnet::IpNet;
use netpol_eval::{Evaluation, ExternalRange, PeerId};
use netpol_source::order;

/// How many CIDRs a range is shown with; a network with many holes in it is shown as that.
const MOST_CIDRS: usize = 1000;

/// The shortest list that covers a range exactly, unless it is too long to be of use.
pub(crate) fn cidrs(range: &ExternalRange) -> Option<Vec<String>> {
    // Each hole leaves at least one CIDR, but where several make a larger one.
    let cidrs = Some(range).filter(|range| range.but.len() <= MOST_CIDRS).map(ExternalRange::cidrs)?;
    (cidrs.len() <= MOST_CIDRS).then(|| cidrs.iter().map(ToString::to_string).collect())
}

/// The ranges of an evaluation as a tree of their networks: each is what of its network those directly below leave.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    /// In order of network, wider before narrower.
    ranges: Vec<Nested>,
}

#[derive(Debug)]
struct Nested {
    network: IpNet,
    peer: PeerId,
    /// The next wider one that holds it, by its place.
    around: Option<usize>,
}

impl Outside {
    pub(crate) fn of(evaluation: &Evaluation) -> Self {
        let ranges = evaluation.peer_ids().filter_map(|(id, peer)| Some((peer.external()?.network, id)));
        let mut networks: Vec<(IpNet, PeerId)> = ranges.collect();
        order::sort(&mut networks);
        let mut ranges: Vec<Nested> = Vec::with_capacity(networks.len());
        // A network directly follows what it lies in, or what else lies in that.
        for (network, peer) in networks {
            let mut around = ranges.len().checked_sub(1);
            while let Some(outer) = around.and_then(|at| ranges.get(at))
                && !outer.network.contains(&network)
            {
                around = outer.around;
            }
            ranges.push(Nested { network, peer, around });
        }
        Self { ranges }
    }

    /// The networks that are cut out of each range, in order.
    pub(crate) fn excepts(&self) -> Vec<(PeerId, Vec<IpNet>)> {
        let mut excepts: Vec<(PeerId, Vec<IpNet>)> =
            self.ranges.iter().map(|range| (range.peer, Vec::new())).collect();
        for range in &self.ranges {
            if let Some((_, except)) = range.around.and_then(|at| excepts.get_mut(at)) {
                except.push(range.network);
            }
        }
        excepts
    }

    /// The range that holds an address.
    pub(crate) fn holding(&self, address: IpAddr) -> Option<PeerId> {
        let behind = self.ranges.partition_point(|range| range.network.network() <= address);
        let mut range = self.ranges.get(behind.checked_sub(1)?)?;
        while !range.network.contains(&address) {
            range = self.ranges.get(range.around?)?;
        }
        Some(range.peer)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use netpol_eval::{Cluster, Options};
    use netpol_source::DocumentId;

    use super::*;

    fn evaluation(blocks: &str) -> Evaluation {
        let text = format!(
            "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: {{podSelector: {{}}, \
             ingress: [{{from: [{blocks}]}}]}}}}"
        );
        let document = netpol_manifest::read(&text);
        assert!(document.refused.is_empty(), "{:?}", document.diagnostics);
        Evaluation::new(Cluster::build([(DocumentId(0), Arc::new(document))]), Options::default())
    }

    #[test]
    fn each_address_is_in_one_range_and_in_none_of_its_holes() {
        let evaluation = evaluation(
            "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.1.2.0/24, 10.128.0.0/9]}}, {ipBlock: {cidr: 10.128.0.0/10}}",
        );
        let outside = Outside::of(&evaluation);
        let excepts = outside.excepts();
        for address in [
            "10.0.0.1",
            "10.1.0.9",
            "10.1.2.3",
            "10.129.0.0",
            "10.200.0.0",
            "9.9.9.9",
            "169.254.169.254",
            "::1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            let found = outside.holding(address).unwrap();
            for (id, except) in &excepts {
                let range = evaluation.peer(*id).unwrap().external().unwrap();
                let is_in =
                    range.network.contains(&address) && !except.iter().any(|hole| hole.contains(&address));
                assert_eq!(is_in, *id == found, "{address} {}", range.network);
                assert_eq!(is_in, range.cidrs().iter().any(|cidr| cidr.contains(&address)), "{address}");
            }
        }
        let of = |network: &str| {
            let mut found = excepts.iter().filter(|(id, _)| {
                evaluation.peer(*id).unwrap().external().unwrap().network.to_string() == network
            });
            found.next().unwrap().1.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("10.0.0.0/8"), ["10.1.0.0/16", "10.128.0.0/9"]);
        assert_eq!(of("10.1.2.0/24"), [""; 0]);
    }

    #[test]
    fn a_network_with_many_holes_is_shown_as_that() {
        let blocks: Vec<String> = (0..400)
            .map(|number| format!("{{ipBlock: {{cidr: 10.{}.{}.1/32}}}}", number / 20, number % 20 * 10))
            .collect();
        let evaluation = evaluation(&blocks.join(", "));
        let outside = Outside::of(&evaluation);
        let any = outside.holding("1.1.1.1".parse().unwrap()).unwrap();
        assert_eq!(cidrs(evaluation.peer(any).unwrap().external().unwrap()), None);
        let (_, except) = outside.excepts().into_iter().find(|(id, _)| *id == any).unwrap();
        // And the metadata endpoint.
        assert_eq!(except.len(), 401);
    }
}
