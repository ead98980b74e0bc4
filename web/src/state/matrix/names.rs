//! What rows and columns are called, and which belong together.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use netpol_view::contract::{Peer, PeerType};
use netpol_view::range;

use crate::state::index::Index;

/// The group of the addresses outside the cluster.
pub const OUTSIDE: &str = "outside";
/// The group of hypothetical workloads that stand for no namespace in particular.
pub const ELSEWHERE: &str = "any other";

/// How a peer is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerName {
    /// In a header, where its group stands beside it.
    pub short: String,
    /// In a sentence.
    pub full: String,
    /// What else there is to say of it: that selectors tell the pods of its workload apart.
    pub note: String,
    /// Its group, an index into the list of groups.
    pub group: usize,
    /// What the filter looks through, in lower case.
    haystack: String,
    /// The same of its namespace, which many share.
    around: Rc<str>,
}

impl PeerName {
    /// Whether what is known of the peer holds a word in lower case.
    pub fn holds(&self, word: &str) -> bool {
        self.haystack.contains(word) || self.around.contains(word)
    }
}

/// The names of all peers, and the groups in the order in which they first appear; outside comes last.
pub fn of(
    peers: &[Peer],
    namespaces: &BTreeMap<String, Arc<BTreeMap<String, String>>>,
) -> (Vec<PeerName>, Vec<String>) {
    let mut groups: Vec<String> = Vec::new();
    for peer in peers {
        let group = group_of(peer);
        if group != OUTSIDE && !groups.iter().any(|known| known == group) {
            groups.push(group.to_owned());
        }
    }
    if peers.iter().any(|peer| peer.peer_type == PeerType::External) {
        groups.push(OUTSIDE.to_owned());
    }
    // By name, and for rows of one workload by which of its pods they stand for; blanks are in no name.
    let key = |peer: &Peer| {
        let variant = peer.variant.as_deref().unwrap_or_default();
        format!("{}/{} {variant}", group_of(peer), peer.name.as_deref().unwrap_or_default())
    };
    let uses = Index::of(peers.iter().map(key));
    let workload = |peer: &Peer| {
        let parts = [peer.namespace.as_ref(), peer.kind.as_ref(), peer.name.as_ref()];
        parts.map(|part| part.map_or("", String::as_str)).join(" ")
    };
    let rows = Index::of(peers.iter().filter(|peer| peer.variant.is_some()).map(workload));
    let notes = Index::of(peers.iter().filter_map(|peer| peer.note.clone()));
    let index = Index::of(groups.iter().cloned());
    let around: BTreeMap<&str, Rc<str>> =
        namespaces.iter().map(|(name, labels)| (name.as_str(), labels_in_words(labels).into())).collect();
    let names = peers
        .iter()
        .map(|peer| {
            let (short, full) = match peer.peer_type {
                PeerType::External => {
                    let noted = peer.note.as_ref().map_or(0, |note| notes.count(note));
                    words_outside(peer, noted > 1)
                }
                PeerType::Workload | PeerType::Hypothetical => words(peer, uses.count(&key(peer)) > 1),
            };
            let haystack = haystack(peer, &full);
            let note = match (&peer.variant, &peer.kind, &peer.name) {
                (Some(_), Some(kind), Some(name)) => {
                    let rows = rows.count(&workload(peer));
                    format!("one of {rows} rows of {kind} {name}: selectors tell its pods apart")
                }
                // What is called by its name has a note besides.
                (None, None, Some(_)) if peer.peer_type == PeerType::External => {
                    peer.note.clone().unwrap_or_default()
                }
                _ => String::new(),
            };
            let around = peer.namespace.as_deref().and_then(|namespace| around.get(namespace)).cloned();
            let (group, around) =
                (index.find(group_of(peer)).unwrap_or_default(), around.unwrap_or_default());
            PeerName { short, full, note, group, haystack, around }
        })
        .collect();
    (names, groups)
}

fn group_of(peer: &Peer) -> &str {
    match peer.peer_type {
        PeerType::External => OUTSIDE,
        PeerType::Workload | PeerType::Hypothetical => peer.namespace.as_deref().unwrap_or(ELSEWHERE),
    }
}

fn words(peer: &Peer, ambiguous: bool) -> (String, String) {
    let name = peer.name.as_deref().unwrap_or(&peer.id);
    let mut short = match &peer.kind {
        Some(kind) if ambiguous => format!("{name} ({kind})"),
        _ => name.to_owned(),
    };
    if let Some(variant) = &peer.variant {
        short.push_str(" · ");
        short.push_str(variant);
    }
    let full = match &peer.namespace {
        Some(namespace) => format!("{namespace}/{short}"),
        None => short.clone(),
    };
    (short, full)
}

/// What the metadata endpoint of a cloud is called beside its address.
const METADATA: &str = "metadata";
/// So many of the networks that are excepted stand in a header and in a sentence.
const EXCEPTED: (usize, usize) = (1, 3);

/// One address is called by what is known of it, a node by its name where that is `ambiguous` for no other address; a range
/// by its note or as a network with what is excepted from it, a domain by its name.
fn words_outside(peer: &Peer, ambiguous: bool) -> (String, String) {
    if let Some(domain) = &peer.name {
        return (domain.clone(), domain.clone());
    }
    let id = || peer.id.strip_prefix("external:").unwrap_or(&peer.id).to_owned();
    let written = |most| range::written(peer, most).unwrap_or_else(id);
    let is_single =
        peer.cidrs.as_deref().is_some_and(|cidrs| matches!(cidrs, [only] if range::is_single(only)));
    match &peer.note {
        Some(note) if is_single => {
            let address = written(EXCEPTED.0);
            let short = match note.strip_prefix("node ") {
                Some(_) if !ambiguous => note.clone(),
                None if note.contains(METADATA) => format!("{METADATA} ({address})"),
                _ => format!("{note} ({address})"),
            };
            (short, format!("{note} {address}"))
        }
        Some(note) => (note.strip_suffix(" address").unwrap_or(note).to_owned(), note.clone()),
        None => (written(EXCEPTED.0), written(EXCEPTED.1)),
    }
}

fn haystack(peer: &Peer, full: &str) -> String {
    let mut text = full.to_ascii_lowercase();
    let mut add = |word: &str| {
        text.push('\n');
        text.push_str(&word.to_ascii_lowercase());
    };
    if let Some(kind) = &peer.kind {
        add(kind);
    }
    if let Some(labels) = &peer.labels {
        add(&labels_in_words(labels));
    }
    for cidr in peer.cidrs.iter().flatten().chain(&peer.network) {
        add(cidr);
    }
    if peer.peer_type == PeerType::External {
        add(OUTSIDE);
    }
    text
}

/// Labels as they are asked for.
fn labels_in_words(labels: &BTreeMap<String, String>) -> String {
    let words = labels.iter().map(|(key, value)| format!("{key}={value}\n{key}: {value}\n"));
    words.collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixture;

    #[test]
    fn workloads_are_named_by_namespace_and_name() {
        let peers = [fixture::workload("shop", "cart"), fixture::workload("data", "redis")];
        let (names, groups) = of(&peers, &BTreeMap::new());
        assert_eq!(groups, ["shop", "data"]);
        assert_eq!(
            (names[0].short.as_str(), names[0].full.as_str(), names[0].group),
            ("cart", "shop/cart", 0)
        );
        assert!(names[0].holds("app=cart") && !names[0].holds("app=redis"));
    }

    #[test]
    fn labels_of_namespaces_are_looked_through_and_not_copied() {
        let peers = [fixture::workload("shop", "cart"), fixture::workload("shop", "web")];
        let labels = BTreeMap::from([("Team".to_owned(), "Blue".to_owned())]);
        let (names, _) = of(&peers, &BTreeMap::from([("shop".to_owned(), labels.into())]));
        assert!(names[0].holds("team: blue") && !names[0].haystack.contains("team"));
        assert!(Rc::ptr_eq(&names[0].around, &names[1].around));
    }

    #[test]
    fn two_of_one_name_say_their_kind() {
        let mut job = fixture::workload("shop", "cart");
        job.kind = Some("Job".into());
        let (names, _) = of(&[fixture::workload("shop", "cart"), job], &BTreeMap::new());
        assert_eq!(names[0].short, "cart (Deployment)");
        assert_eq!(names[1].full, "shop/cart (Job)");
    }

    #[test]
    fn rows_of_one_workload_say_which_of_its_pods_they_stand_for() {
        let row = |variant: &str| {
            let mut peer = fixture::workload("shop", "ring");
            peer.kind = Some("StatefulSet".into());
            peer.variant = Some(variant.into());
            peer
        };
        let (names, _) = of(&[row("0"), row("1"), fixture::workload("shop", "cart")], &BTreeMap::new());
        assert_eq!((names[0].short.as_str(), names[1].full.as_str()), ("ring · 0", "shop/ring · 1"));
        assert_eq!(names[0].note, "one of 2 rows of StatefulSet ring: selectors tell its pods apart");
        assert_eq!(names[2].note, "");
        assert!(names[1].haystack.contains("ring · 1"));
    }

    #[test]
    fn what_is_outside_comes_last_and_is_named_by_note_cidr_or_domain() {
        let mut noted = fixture::external(&["169.254.169.254/32"]);
        noted.note = Some("cloud metadata endpoint".into());
        let mut domain = fixture::external(&[]);
        (domain.name, domain.note) = (Some("*.example.com".into()), Some("domain name".into()));
        let mut network = fixture::external(&["10.0.0.0/31", "10.0.0.3/32"]);
        network.network = Some("10.0.0.0/30".into());
        network.except = Some(vec!["10.0.0.2/32".into()]);
        let peers = [network, fixture::workload("a", "b"), noted, domain];
        let (names, groups) = of(&peers, &BTreeMap::new());
        assert_eq!(groups, ["a", OUTSIDE]);
        assert_eq!(names[0].short, "10.0.0.0/30 except 10.0.0.2");
        assert_eq!(names[2].short, "metadata (169.254.169.254)");
        assert_eq!(names[2].full, "cloud metadata endpoint 169.254.169.254");
        assert_eq!((names[3].short.as_str(), names[3].full.as_str()), ("*.example.com", "*.example.com"));
        assert_eq!(names[3].note, "domain name");
        assert!(names[3].holds("example.com") && names[3].holds("outside"));
    }
    #[test]
    fn a_node_is_called_by_its_name() {
        let node = |note: &str, cidr: &str| {
            let mut peer = fixture::external(&[cidr]);
            peer.note = Some(note.into());
            peer
        };
        let peers = [
            node("node n1", "172.18.0.2/32"),
            node("node n2", "172.18.0.3/32"),
            node("node n2", "fd00::3/128"),
            node("node", "172.18.0.4/32"),
        ];
        let (names, _) = of(&peers, &BTreeMap::new());
        let short: Vec<&str> = names.iter().map(|name| name.short.as_str()).collect();
        assert_eq!(short, ["node n1", "node n2 (172.18.0.3)", "node n2 (fd00::3)", "node (172.18.0.4)"]);
        assert_eq!(names[0].full, "node n1 172.18.0.2");
    }
}
