//! Wording that several parts share: sets of connections, selectors, peers.

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, Evaluation, Namespaces, Peer, Pods, Workload, WorkloadOrigin};
use netpol_manifest::{Direction, LabelSelector, Operator, Protocol, Requirement};
use netpol_source::ObjectRef;

/// A text as it may be shown: what would hide, or turn round the words beside it, is a dot.
pub fn shown(text: &str) -> String {
    let is_hidden = |letter: char| {
        if (' '..='~').contains(&letter) {
            return false;
        }
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.chars().any(is_hidden) {
        return text.to_owned();
    }
    text.chars().map(|letter| if is_hidden(letter) { '•' } else { letter }).collect()
}

/// How many letters of a text of the input stand in a sentence.
const MOST_QUOTED: usize = 80;

/// How many networks of an item are named.
const MOST_NETWORKS: usize = 4;

/// `none`, `all`, or such as `TCP 80, 8000-8080; UDP 53`.
pub(crate) fn connections(set: &ConnectionSet) -> String {
    if set.is_empty() {
        return "none".to_owned();
    }
    if set.is_all() {
        return "all".to_owned();
    }
    let protocols = Protocol::ALL.into_iter().filter(|protocol| !set.ports(*protocol).is_empty());
    let texts: Vec<String> = protocols
        .map(|protocol| {
            let ports = set.ports(protocol);
            if ports.is_all() {
                return format!("{} all ports", protocol.as_str());
            }
            let intervals = ports.intervals().iter().map(|(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            });
            format!("{} {}", protocol.as_str(), intervals.collect::<Vec<_>>().join(", "))
        })
        .collect();
    texts.join("; ")
}

/// `app: web`, `tier in (a, b)`, `team exists`, …
pub(crate) fn requirement(requirement: &Requirement) -> String {
    let key = &requirement.key;
    match (requirement.operator, requirement.values.as_slice()) {
        (Operator::In, [value]) => format!("{key}: {value}"),
        (Operator::In, values) => format!("{key} in ({})", values.join(", ")),
        (Operator::NotIn, values) => format!("{key} not in ({})", values.join(", ")),
        (Operator::Exists, _) => format!("{key} exists"),
        (Operator::DoesNotExist, _) => format!("{key} does not exist"),
    }
}

/// The requirements of a selector in backticks; `None` for the empty selector.
pub(crate) fn selector(selector: &LabelSelector) -> Option<String> {
    let requirements: Vec<String> =
        selector.requirements.iter().map(|one| format!("`{}`", requirement(one))).collect();
    (!requirements.is_empty()).then(|| requirements.join(", "))
}

/// A text of the input between backticks, as far as it fits into a sentence.
pub(crate) fn quoted(text: &str) -> String {
    let is_fit = |letter: &char| !letter.is_control() && *letter != '`';
    let letters: String = text.chars().filter(is_fit).take(MOST_QUOTED + 1).collect();
    match letters.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("`{}…`", letters.get(..end).unwrap_or_default()),
        None if letters.is_empty() => String::new(),
        None => format!("`{letters}`"),
    }
}

/// `shop/cart` between backticks; nothing for an object without a name.
pub(crate) fn object_name(object: &ObjectRef) -> String {
    match &object.namespace {
        Some(namespace) if !object.name.is_empty() => quoted(&format!("{namespace}/{}", object.name)),
        _ => quoted(&object.name),
    }
}

/// `ingress` or `egress`.
pub(crate) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// ``pods with `app: web` of `shop` ``, `any pod of any namespace`, …
pub(crate) fn pods(evaluation: &Evaluation, wanted: Pods<'_>) -> String {
    let pods = wanted.pods.and_then(selector);
    let pods = pods.map_or_else(|| "any pod".to_owned(), |pods| format!("pods with {pods}"));
    match wanted.namespaces {
        Namespaces::Own(own) => {
            let own = evaluation.cluster().namespace(own).map_or("", |one| &one.name);
            format!("{pods} of `{own}`")
        }
        Namespaces::Matching(namespaces) => match selector(namespaces) {
            None => format!("{pods} of any namespace"),
            Some(namespaces) => format!("{pods} of namespaces with {namespaces}"),
        },
    }
}

/// ``nodes with `zone: a` ``, `any node`.
pub(crate) fn nodes(wanted: &LabelSelector) -> String {
    selector(wanted).map_or_else(|| "any node".to_owned(), |labels| format!("nodes with {labels}"))
}

/// Networks between backticks, as far as they fit into a sentence.
pub(crate) fn networks(networks: &[IpNet]) -> String {
    let named: Vec<String> =
        networks.iter().take(MOST_NETWORKS).map(|network| format!("`{network}`")).collect();
    let more = networks.len().saturating_sub(MOST_NETWORKS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

/// The id of a policy, made as those of workloads are: `shop/deny-all[NetworkPolicy]`, `tenants[AdminNetworkPolicy]`.
pub(crate) fn policy_id(object: &ObjectRef) -> String {
    let namespace = object.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
    format!("{namespace}{}[{}]", object.name, object.kind)
}

/// The unique id of a peer: `default/frontend[Deployment]`, `default/db[StatefulSet]:0`, `external:10.0.0.0/16`,
/// `domain:example.com`.
pub(crate) fn peer_id(evaluation: &Evaluation, peer: &Peer) -> String {
    match peer {
        Peer::External { range, .. } => format!("external:{}", range.network),
        Peer::Domain(name) => format!("domain:{name}"),
        Peer::Workload(workload) => {
            let variant = workload.variant.as_ref().map(|variant| format!(":{variant}")).unwrap_or_default();
            let namespace = namespace_name(evaluation, workload);
            format!("{namespace}/{}[{}]{variant}", workload.name, workload.kind)
        }
    }
}

/// What a peer is called in a sentence: `shop/cart`, `any other pod of shop`, `10.0.0.0/16`.
pub(crate) fn peer_name(evaluation: &Evaluation, peer: &Peer) -> String {
    match peer {
        Peer::External { range, .. } if range.is_any_other() => {
            format!("any other {} address", if range.network.addr().is_ipv4() { "IPv4" } else { "IPv6" })
        }
        Peer::External { range, .. } => range.network.to_string(),
        Peer::Domain(name) => name.to_string(),
        Peer::Workload(workload) => {
            let namespace = namespace_name(evaluation, workload);
            match (&workload.origin, namespace) {
                (WorkloadOrigin::AnyOther, "*") => "any pod of any other namespace".to_owned(),
                (WorkloadOrigin::AnyOther, _) => format!("any other pod of {namespace}"),
                (_, "*") => format!("{} of any other namespace", workload.name),
                _ => format!("{namespace}/{}", workload.full_name()),
            }
        }
    }
}

/// The name of a workload's namespace; `*` for "any other".
pub(crate) fn namespace_name<'a>(evaluation: &'a Evaluation, workload: &Workload) -> &'a str {
    evaluation.cluster().namespace(workload.namespace).map_or("", |namespace| &namespace.name)
}

/// `1,048,576`.
pub(crate) fn thousands(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use netpol_eval::PortSet;

    use super::*;

    #[test]
    fn what_would_turn_words_round_is_a_dot() {
        assert_eq!(shown("a \u{202e}gnp\u{2066} b\u{0} \u{200b}c"), "a •gnp• b• •c");
        assert_eq!(shown("é 日本\nx"), "é 日本\nx");
    }

    #[test]
    fn a_text_is_quoted_as_far_as_it_fits() {
        assert_eq!(quoted("a`b"), "`ab`");
        assert_eq!(quoted(""), "");
        assert_eq!(quoted(&"ü".repeat(81)), format!("`{}…`", "ü".repeat(80)));
        assert_eq!(quoted(&"ü".repeat(80)), format!("`{}`", "ü".repeat(80)));
    }

    #[test]
    fn sets_read_as_people_write_them() {
        let tcp = |first, last| ConnectionSet::of(Protocol::Tcp, PortSet::range(first, last));
        let udp = ConnectionSet::of(Protocol::Udp, PortSet::range(53, 53));
        let sctp = ConnectionSet::of(Protocol::Sctp, PortSet::all());
        let mixed = tcp(80, 80).union(&tcp(8000, 8080)).union(&udp).union(&sctp);
        assert_eq!(connections(&mixed), "TCP 80, 8000-8080; UDP 53; SCTP all ports");
        assert_eq!(connections(&ConnectionSet::NONE), "none");
        assert_eq!(connections(&ConnectionSet::all()), "all");
    }
}
