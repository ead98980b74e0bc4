//! How the peers of an analysis are called in a question, and which of these names go with what is typed.

use netpol_view::contract::{Peer, PeerType};

use super::analysis::Analysis;
use super::index::Index;

/// So many names are offered.
const MOST: usize = 8;

/// The names, by which one can ask: workloads first, then addresses as the matrix has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    names: Vec<String>,
}

impl Ends {
    /// The names of the peers of an analysis.
    pub fn of(analysis: &Analysis) -> Self {
        let peers = &analysis.summary.peers;
        let taken = Index::of(peers.iter().map(|peer| short(peer).unwrap_or_default()));
        let is_outside = |peer: &&(usize, &Peer)| peer.1.peer_type == PeerType::External;
        let all: Vec<(usize, &Peer)> = peers.iter().enumerate().collect();
        let name = |(at, peer): &(usize, &Peer)| match (peer.peer_type, short(peer)) {
            (PeerType::External, _) => analysis.full_name(*at).to_owned(),
            (PeerType::Workload, Some(name)) if taken.count(&name) == 1 => name,
            _ => peer.id.clone(),
        };
        let inside = all.iter().filter(|peer| !is_outside(peer)).map(name);
        Self { names: inside.chain(all.iter().filter(is_outside).map(name)).collect() }
    }

    /// The names that go with what is typed: those that begin with it, of themselves or behind their namespace, then those
    /// that hold it.
    pub fn offered(&self, typed: &str) -> Vec<&str> {
        let typed = typed.trim().to_ascii_lowercase();
        let begins = |name: &str| {
            let name = name.to_ascii_lowercase();
            name.starts_with(&typed) || name.split_once('/').is_some_and(|(_, name)| name.starts_with(&typed))
        };
        let holds = |name: &str| name.to_ascii_lowercase().contains(&typed);
        let names = || self.names.iter().map(String::as_str);
        let first = names().filter(|name| begins(name));
        first.chain(names().filter(|name| !begins(name) && holds(name))).take(MOST).collect()
    }
}

/// `shop/cart`.
fn short(peer: &Peer) -> Option<String> {
    Some(format!("{}/{}", peer.namespace.as_ref()?, peer.name.as_ref()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    fn ends() -> Ends {
        let mut twin = fixture::workload("shop", "web");
        twin.id = "shop/web[Pod]".to_owned();
        let peers = vec![
            fixture::external(&["10.0.0.0/8"]),
            fixture::workload("shop", "cart"),
            fixture::workload("cart", "redis"),
            fixture::workload("shop", "web"),
            twin,
        ];
        Ends::of(&fixture::analysis(peers, |_, _| 0))
    }

    #[test]
    fn workloads_come_first_and_twins_by_their_ids() {
        let names = ["shop/cart", "cart/redis", "shop/web[Deployment]", "shop/web[Pod]", "10.0.0.0/8"];
        assert_eq!(ends().offered(""), names);
    }

    #[test]
    fn what_begins_with_the_text_comes_before_what_holds_it() {
        let ends = ends();
        assert_eq!(ends.offered(" RED"), ["cart/redis"]);
        assert_eq!(ends.offered("cart"), ["shop/cart", "cart/redis"]);
        assert_eq!(ends.offered("p/w"), ["shop/web[Deployment]", "shop/web[Pod]"]);
        assert_eq!(ends.offered("10."), ["10.0.0.0/8"]);
        assert!(ends.offered("nobody").is_empty());
    }

    #[test]
    fn not_all_of_many_are_offered() {
        let peers = (0..50).map(|number| fixture::workload("a", &format!("x{number}"))).collect();
        assert_eq!(Ends::of(&fixture::analysis(peers, |_, _| 0)).offered("x").len(), MOST);
    }
}
