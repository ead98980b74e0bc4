//! How findings write lists, ports and selectors.

use netpol_eval::{ClusterPolicy, ConnectionSet, TierKind};
use netpol_manifest::{
    ClusterAction, ClusterPolicyKind, Direction, LabelSelector, Operator, Protocol, Requirement,
};

/// How many names a message lists before it counts the rest.
const LISTED: usize = 3;
/// How many port intervals a message lists before it counts the rest.
const INTERVALS: usize = 4;

/// `a`, `b` and `c`; of a long list the first three and how many more.
pub(crate) fn list<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let mut names = names.into_iter();
    let mut listed: Vec<String> =
        names.by_ref().take(LISTED).map(|name| format!("`{}`", name.as_ref())).collect();
    let more = names.count();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    join(listed, usize::MAX)
}

/// Like [`list`], with all of them.
pub(crate) fn all<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names.into_iter().map(|name| format!("`{name}`")).collect(), usize::MAX)
}

/// Like [`list`], for phrases that carry their own backticks.
pub(crate) fn phrases(phrases: Vec<String>) -> String {
    join(phrases, LISTED)
}

fn join(mut parts: Vec<String>, most: usize) -> String {
    if parts.len() > most {
        let more = parts.len() - most;
        parts.truncate(most);
        parts.push(format!("{more} more"));
    }
    match parts.pop() {
        None => String::new(),
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
    }
}

/// `TCP 80, 443 and UDP 53`, or `every port`.
pub(crate) fn ports(set: &ConnectionSet) -> String {
    if set.is_all() {
        return "every port".to_owned();
    }
    let mut parts = Vec::new();
    for protocol in Protocol::ALL {
        let ports = set.ports(protocol);
        if ports.is_all() {
            parts.push(format!("every {} port", protocol.as_str()));
            continue;
        }
        parts.extend(ports.intervals().iter().map(|(first, last)| match first == last {
            true => format!("{} {first}", protocol.as_str()),
            false => format!("{} {first}-{last}", protocol.as_str()),
        }));
    }
    join(parts, INTERVALS)
}

/// A rule of a policy, as people count them: `ingress rule 1`.
pub(crate) fn rule(direction: Direction, index: usize) -> String {
    format!("{} rule {}", field(direction), index + 1)
}

/// As the field of the spec is named.
pub(crate) fn field(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    }
}

/// As the kind of a cluster-scoped policy writes what a rule does.
pub(crate) fn action(policy: &ClusterPolicy, action: ClusterAction) -> &'static str {
    match (action, policy.spec.kind) {
        (ClusterAction::Allow, ClusterPolicyKind::Cluster) => "Accept",
        (ClusterAction::Allow, _) => "Allow",
        (ClusterAction::Deny, _) => "Deny",
        (ClusterAction::Pass, _) => "Pass",
    }
}

/// As `tier` names it.
pub(crate) fn tier(kind: TierKind) -> &'static str {
    match kind {
        TierKind::Admin => "Admin",
        TierKind::NetworkPolicy => "NetworkPolicy",
        TierKind::Baseline => "Baseline",
    }
}

/// As the field of a rule is named that holds its peers.
pub(crate) fn peers_field(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    }
}

/// As `policyTypes` names it.
pub(crate) fn policy_type(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "Ingress",
        Direction::Egress => "Egress",
    }
}

/// `app: backend, tier in (web, api)`.
pub(crate) fn selector(selector: &LabelSelector) -> String {
    let parts: Vec<String> = selector.requirements.iter().map(requirement).collect();
    if parts.is_empty() { "{}".to_owned() } else { parts.join(", ") }
}

fn requirement(requirement: &Requirement) -> String {
    let key = &requirement.key;
    match (requirement.operator, requirement.values.as_slice()) {
        (Operator::In, [value]) => format!("{key}: {value}"),
        (Operator::In, values) => format!("{key} in ({})", values.join(", ")),
        (Operator::NotIn, values) => format!("{key} not in ({})", values.join(", ")),
        (Operator::Exists, _) => format!("{key} exists"),
        (Operator::DoesNotExist, _) => format!("{key} does not exist"),
    }
}

/// `s` for any number but one.
pub(crate) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use netpol_eval::PortSet;

    use super::*;

    #[test]
    fn long_lists_are_counted() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b"]), "`a` and `b`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(list(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }

    #[test]
    fn ports_are_named_by_protocol() {
        let set = ConnectionSet::of(Protocol::Tcp, PortSet::range(80, 80))
            .union(&ConnectionSet::of(Protocol::Tcp, PortSet::range(7000, 7002)))
            .union(&ConnectionSet::of(Protocol::Udp, PortSet::all()));
        assert_eq!(ports(&set), "TCP 80, TCP 7000-7002 and every UDP port");
        assert_eq!(ports(&ConnectionSet::all()), "every port");
    }
}
