//! The sheet of a peer.

use std::collections::BTreeMap;

use super::{Line, Link, Part, Section, Sheet, counted, listed};
use crate::certainty::{CERTAIN, NOT_EVALUATED};
use crate::contract::{Peer, PeerProfile, PeerType, PolicyMention, Reach, RuleMention, Summary, Tier};
use crate::{range, words};

/// So many labels, ports and addresses are shown of each.
const MOST_FACTS: usize = 12;
/// So many peers of one line are named.
const MOST_PEERS: usize = 10;
/// So many lines of one section are shown.
const MOST_LINES: usize = 24;
/// So many peers of a namespace, when they are all of it, are not named one by one.
const FEW: usize = 3;

/// What there is to say of a peer.
pub(crate) fn of_peer(profile: &PeerProfile, summary: &Summary) -> Sheet {
    let peer = &profile.peer;
    let is_outside = peer.peer_type == PeerType::External;
    let mut sections = vec![about(profile, summary)];
    if !is_outside {
        sections.push(selected(profile));
    }
    let names = Names::new(summary);
    sections.push(reach("Reaches", &profile.reaches, summary, &names, |other| {
        Link::Cell(peer.id.clone(), other.id.clone())
    }));
    sections.push(reach("Reached by", &profile.reached_by, summary, &names, |other| {
        Link::Cell(other.id.clone(), peer.id.clone())
    }));
    sections.push(named(profile));
    sections.push(findings(&profile.findings, summary));
    sections.retain(|section| !section.lines.is_empty());
    Sheet {
        kind: match peer.peer_type {
            PeerType::Workload => peer.kind.clone().unwrap_or_default(),
            PeerType::Hypothetical => "hypothetical".to_owned(),
            PeerType::External => "outside".to_owned(),
        },
        title: name(peer),
        place: peer.span.clone(),
        sections,
        is_part: false,
    }
}

/// So many networks stand in a name.
const NAMED: usize = 2;

/// What a peer is called in a sentence.
pub(super) fn name(peer: &Peer) -> String {
    let variant = peer.variant.as_ref().map(|variant| format!(" · {variant}")).unwrap_or_default();
    let addresses = || range::written(peer, NAMED).unwrap_or_else(|| peer.id.clone());
    match (&peer.namespace, &peer.name, &peer.note) {
        (Some(namespace), Some(name), _) => format!("{namespace}/{name}{variant}"),
        (None, Some(name), _) => name.clone(),
        (_, None, Some(note)) if peer.network.as_deref().is_some_and(range::is_single) => {
            format!("{note} {}", addresses())
        }
        (_, None, Some(note)) => note.clone(),
        (_, None, None) => addresses(),
    }
}

fn codes(texts: impl Iterator<Item = String>) -> Vec<Part> {
    listed(texts.map(|text| Part::text(format!("`{text}`"))).collect(), MOST_FACTS)
}

fn about(profile: &PeerProfile, summary: &Summary) -> Section {
    let peer = &profile.peer;
    let mut section = Section::new("About");
    let mut facts = |term: &str, parts: Vec<Part>| {
        if !parts.is_empty() {
            section.line(Line { mark: None, term: term.to_owned(), parts });
        }
    };
    let pairs = |labels: &BTreeMap<String, String>| {
        codes(labels.iter().map(|(key, value)| format!("{key}: {value}")))
    };
    if peer.peer_type == PeerType::Hypothetical {
        facts("why", vec![Part::text("policies speak of such pods, and the manifests do not hold them")]);
    }
    facts("labels", peer.labels.as_ref().map(&pairs).unwrap_or_default());
    let around = peer.namespace.as_ref().and_then(|namespace| summary.namespace_labels.get(namespace));
    facts("namespace", around.map(|labels| pairs(labels)).unwrap_or_default());
    let ports = peer.ports.iter().flatten().map(|port| {
        let name = port.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
        format!("{}{name}", words_of(port))
    });
    let mut ports = codes(ports);
    if ports.is_empty() && peer.peer_type == PeerType::Workload {
        ports.push(Part::text("none declared"));
    }
    facts("ports", ports);
    facts("addresses", codes(profile.addresses.iter().cloned()));
    facts("addresses", outside(peer));
    if let Some(replicas) = peer.replicas {
        facts("pods", vec![Part::text(words::thousands(replicas as usize))]);
    }
    if peer.host_network == Some(true) {
        facts("network", vec![Part::text("that of its node: policies do not select it")]);
    }
    if let Some(dns) = &peer.dns {
        let words = match (dns.works, &dns.why) {
            (true, None) => "works".to_owned(),
            (true, Some(why)) => format!("works over UDP: {why}"),
            (false, why) => format!("does not work: {}", why.as_deref().unwrap_or_default()),
        };
        section.line(Line::of("DNS", words).marked(dns.works));
    }
    section
}

/// The addresses of an external peer: a few CIDRs, or a network and what is cut out of it.
fn outside(peer: &Peer) -> Vec<Part> {
    match (&peer.cidrs, &peer.network, &peer.except) {
        (Some(cidrs), ..) if cidrs.len() <= FEW => codes(cidrs.iter().cloned()),
        (_, Some(network), Some(except)) => {
            let mut parts = vec![Part::text(format!("`{network}` except "))];
            parts.extend(codes(except.iter().cloned()));
            parts
        }
        (cidrs, ..) => codes(cidrs.iter().flatten().cloned()),
    }
}

fn words_of(port: &crate::contract::Port) -> String {
    let protocol = match port.protocol {
        crate::contract::Protocol::Tcp => "TCP",
        crate::contract::Protocol::Udp => "UDP",
        crate::contract::Protocol::Sctp => "SCTP",
    };
    format!("{protocol} {}", port.port)
}

fn selected(profile: &PeerProfile) -> Section {
    let mut section = Section::new("Policies that select it");
    for (direction, policies) in [("ingress", &profile.ingress), ("egress", &profile.egress)] {
        if policies.is_empty() {
            section.line(Line::of(direction, format!("no policy selects it for {direction}")));
            continue;
        }
        let is_isolated = policies.iter().any(|policy| policy.tier == Tier::NetworkPolicy);
        let mut line = Line { term: direction.to_owned(), ..Line::default() };
        if !is_isolated {
            line.parts.push(Part::text("not isolated; "));
        }
        line.parts.extend(listed(policies.iter().map(mentioned).collect(), MOST_PEERS));
        section.line(line);
    }
    section
}

fn mentioned(policy: &PolicyMention) -> Part {
    Part::link(&policy.object.name, Link::Profile(policy.id.clone()))
}

/// The rules of other policies that let it in or out.
fn named(profile: &PeerProfile) -> Section {
    let mut section = Section::new("Rules that match it");
    let both = [
        ("as source", "ingress", &profile.named_as_source),
        ("as destination", "egress", &profile.named_as_destination),
    ];
    for (term, direction, rules) in both {
        for mention in rules.iter().take(MOST_LINES / 2) {
            section.line(rule(term, direction, mention));
        }
        let more = rules.len().saturating_sub(MOST_LINES / 2);
        if more > 0 {
            section.line(Line::of(term, format!("and {} more", words::thousands(more))));
        }
    }
    section
}

fn rule(term: &str, direction: &str, mention: &RuleMention) -> Line {
    let RuleMention { policy, object, text, rule } = mention;
    let name = Part::link(&object.name, Link::Profile(policy.clone()));
    let text = format!(" {direction} rule {}: {text} ", rule.rule + 1);
    Line { mark: None, term: term.to_owned(), parts: vec![name, Part::text(text), Part::lines(&rule.span)] }
}

/// How many peers there are of each namespace.
struct Names<'a> {
    counts: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(summary: &'a Summary) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for namespace in summary.peers.iter().filter_map(|peer| peer.namespace.as_deref()) {
            *counts.entry(namespace).or_default() += 1;
        }
        Self { counts }
    }
}

fn reach(
    title: &str,
    groups: &[Reach],
    summary: &Summary,
    names: &Names<'_>,
    link: impl Fn(&Peer) -> Link,
) -> Section {
    let mut section = Section::new(title);
    for group in groups.iter().take(MOST_LINES) {
        let is_none = group.connections.text == "none" && group.uncertain != NOT_EVALUATED;
        let mut term = match group.uncertain {
            NOT_EVALUATED => "not evaluated".to_owned(),
            _ => group.connections.text.clone(),
        };
        if !matches!(group.uncertain, CERTAIN | NOT_EVALUATED) {
            term.push_str(" ≈");
        }
        let parts = match is_none && groups.len() > 1 && group.peers.len() > MOST_PEERS {
            true => vec![Part::text(counted(group.peers.len(), "other", "others"))],
            false => listed(members(group, summary, names, &link), MOST_PEERS),
        };
        section.line(Line { mark: None, term, parts });
    }
    let more = groups.len().saturating_sub(MOST_LINES);
    if more > 0 {
        section.line(Line::of("…", format!("and {} more sets of ports", words::thousands(more))));
    }
    section
}

/// The peers of a group, a whole namespace as one.
fn members(group: &Reach, summary: &Summary, names: &Names<'_>, link: impl Fn(&Peer) -> Link) -> Vec<Part> {
    let peers = || group.peers.iter().filter_map(|peer| summary.peers.get(*peer as usize));
    let mut within: BTreeMap<&str, usize> = BTreeMap::new();
    for namespace in peers().filter_map(|peer| peer.namespace.as_deref()) {
        *within.entry(namespace).or_default() += 1;
    }
    let is_whole = |namespace: &str| {
        within.get(namespace).is_some_and(|count| *count > FEW && names.counts.get(namespace) == Some(count))
    };
    let mut said: Vec<&str> = Vec::new();
    let mut parts = Vec::new();
    for peer in peers() {
        let namespace = peer.namespace.as_deref().unwrap_or_default();
        if !is_whole(namespace) {
            parts.push(Part::link(name(peer), link(peer)));
        } else if !said.contains(&namespace) {
            said.push(namespace);
            let count = within.get(namespace).copied().unwrap_or_default();
            parts.push(Part::text(format!("all {} of `{namespace}`", words::thousands(count))));
        }
    }
    parts
}

/// The findings about something, as links.
pub(super) fn findings(places: &[u32], summary: &Summary) -> Section {
    let mut section = Section::new("Findings");
    for place in places.iter().take(MOST_LINES) {
        if let Some(finding) = summary.findings.get(*place as usize) {
            let link = Part::link(&finding.code, Link::Finding(*place));
            let silenced = if finding.silenced { " (silenced)" } else { "" };
            let text = Part::text(format!(" {}{silenced}", finding.message));
            section.line(Line { mark: None, term: String::new(), parts: vec![link, text] });
        }
    }
    let more = places.len().saturating_sub(MOST_LINES);
    if more > 0 {
        section.line(Line::of("", format!("and {} more", words::thousands(more))));
    }
    section
}

/// Peers as links to their own profiles, a whole namespace as one.
pub(super) fn subjects(peers: &[u32], summary: &Summary) -> Vec<Part> {
    let group = Reach { connections: Default::default(), uncertain: CERTAIN, peers: peers.to_vec() };
    let names = Names::new(summary);
    listed(members(&group, summary, &names, |peer| Link::Profile(peer.id.clone())), MOST_PEERS)
}
