//! NP307: a port by a name that no pod at the destination declares.
//!
//! The destination is the subject for ingress and the peers for egress. A name that is declared for another protocol is
//! NP313's. Not reported where the destinations are not in the input. Rules of cluster-scoped policies name a port of
//! whichever protocol, and may deny or pass on nothing by it as well.

use std::collections::BTreeMap;

use netpol_manifest::{
    Change, ClusterAction, ClusterPeer, ClusterPolicyKind, ClusterPort, ClusterPortMatch, Direction, Peer,
    PolicyPort, PortMatch, Protocol, Yaml, nearest,
};
use netpol_source::order;

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::destinations::Pods;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP307,
    name: "unknown-port-name",
    severity: Severity::Medium,
    summary: "A rule names a port, and no pod at the destination declares a port of that name.",
    why: "A name is looked up on the containers of the pod that is connected to, its subject for ingress and its peer for \
          egress. Where it is not declared, the rule opens nothing, and the connection that it was written for stays blocked; a \
          `Deny` denies nothing, and the connection stays open.",
    help: "Use a name from the `ports` of the destination's containers (not one of a Service), or write the number. An \
           `ipBlock` and `networks` need a number always.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::None,
    fix: Some((
        Promise::Corrects,
        "Writes the name that is meant, where only one comes near; or the only port that the destinations declare.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = context.of_policies(&RULE, |rules| {
        let mut found = Vec::new();
        for at in rules {
            let names = at.rule.ports.iter().filter_map(|port| match &port.port {
                PortMatch::Name(name) => Some((port, name.as_str())),
                PortMatch::Any | PortMatch::Range(..) => None,
            });
            let mut names = names.peekable();
            if names.peek().is_none() {
                continue;
            }
            let destinations = context.destinations(at);
            found.extend(names.filter_map(|(port, name)| finding(context, at, &destinations, port, name)));
        }
        found
    });
    for at in context.cluster_rules().filter(|at| !at.fails_closed()) {
        let names = at.ports().iter().filter_map(|port| match &port.port {
            ClusterPortMatch::Name(name) => Some((port, name.as_str())),
            ClusterPortMatch::Range(..) => None,
        });
        let mut names = names.peekable();
        if names.peek().is_none() {
            continue;
        }
        let destinations = context.cluster_destinations(&at);
        findings.extend(names.filter_map(|(port, name)| of_cluster(context, &at, &destinations, port, name)));
    }
    findings
}

/// A name in a rule of a cluster-scoped policy: it stands for whichever protocol the pod declares.
fn of_cluster(
    context: &Context<'_>,
    at: &ClusterRuleAt<'_>,
    destinations: &Pods<'_>,
    port: &ClusterPort,
    name: &str,
) -> Option<Finding> {
    let does = match at.rule.action.value {
        ClusterAction::Allow => "allows nothing",
        ClusterAction::Deny => "denies nothing",
        ClusterAction::Pass => "passes nothing on",
    };
    let mut fix = None;
    let message = if destinations.workloads.is_empty() {
        let has_pods = at.rule.peers.iter().any(|peer| matches!(peer, ClusterPeer::Pods { .. }));
        if has_pods || at.origin.direction == Direction::Ingress {
            return None;
        }
        format!("{} names the port `{name}`, and addresses have no port names, so it {does} by it", at.path())
    } else {
        let known = destinations.by_name(context);
        if known.contains_key(name) {
            return None;
        }
        context.work(known.len());
        fix = only_near(name, known).and_then(|meant| {
            let field = match at.policy.spec.kind {
                ClusterPolicyKind::Cluster => "destinationNamedPort",
                ClusterPolicyKind::Admin | ClusterPolicyKind::BaselineAdmin => "namedPort",
            };
            let change = Change::Set(at.port_way(port)?.key(field), Yaml::text(meant));
            let message = format!("let {} speak of the port `{meant}`, which is declared", at.path());
            Some(at.fix(message, vec![change]))
        });
        let hint = nearest(name, known.keys().copied())
            .map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
        format!(
            "{} names the port `{name}`, which no container of {} declares{hint}, so it {does} by it",
            at.path(),
            destinations.names()
        )
    };
    Some(Finding {
        message,
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(port.range), cluster_policy_span(at.policy)],
        fix,
        ..Finding::of(&RULE)
    })
}

fn finding(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    destinations: &Pods<'_>,
    port: &PolicyPort,
    name: &str,
) -> Option<Finding> {
    let protocol = port.protocol.as_str();
    let mut fix = None;
    let message = if destinations.workloads.is_empty() {
        let mut blocks = at.rule.peers.iter().filter(|peer| matches!(peer, Peer::Block { .. }));
        let addresses_only =
            at.direction == Direction::Egress && blocks.by_ref().count() == at.rule.peers.len();
        if !addresses_only || at.rule.peers.is_empty() {
            return None;
        }
        format!(
            "{} names the port `{name}`, and addresses have no port names, so it opens nothing",
            at.path()
        )
    } else {
        let known = destinations.by_name(context);
        if known.contains_key(name) {
            return beside_blocks(at, port, name);
        }
        context.work(known.len());
        fix = declared(at, destinations, port, only_near(name, known));
        let hint = nearest(name, known.keys().copied())
            .map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"));
        let whose = match at.rule.peers.is_empty() && at.direction == Direction::Egress {
            true => "the input".to_owned(),
            false => destinations.names().to_owned(),
        };
        format!(
            "{} names the {protocol} port `{name}`, which no container of {whose} declares{hint}, so it opens nothing",
            at.path()
        )
    };
    let place = port.port_range.unwrap_or(port.range);
    Some(Finding {
        message,
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(place), policy_span(at.policy)],
        fix,
        ..Finding::of(&RULE)
    })
}

/// A name that pods at the other end declare, beside blocks to which no number opens anything; said at the first name.
fn beside_blocks(at: &RuleAt<'_>, port: &PolicyPort, name: &str) -> Option<Finding> {
    let is_name = |port: &PolicyPort| matches!(port.port, PortMatch::Name(_));
    let is_first = at.rule.ports.first().is_some_and(|first| std::ptr::eq(first, port));
    if at.direction == Direction::Ingress || !is_first || !at.rule.ports.iter().all(is_name) {
        return None;
    }
    let blocks = at.rule.peers.iter().filter_map(|peer| match peer {
        Peer::Block { cidr, range, .. } => Some((cidr.value.to_string(), *range)),
        Peer::Pods { .. } => None,
    });
    let (networks, ranges): (Vec<String>, Vec<_>) = blocks.unzip();
    if networks.is_empty() {
        return None;
    }
    let mut spans = vec![at.policy.handle.span(port.port_range.unwrap_or(port.range))];
    spans.extend(ranges.into_iter().map(|range| at.policy.handle.span(range)));
    spans.push(policy_span(at.policy));
    Some(Finding {
        message: format!(
            "{} names the port `{name}`, and addresses have no port names, so it opens nothing to {}",
            at.path(),
            words::list(networks)
        ),
        subject: at.policy.reference(),
        spans,
        ..Finding::of(&RULE)
    })
}

/// The name that is meant, when no other is as near.
fn only_near<'k>(name: &str, known: &BTreeMap<&'k str, Vec<Protocol>>) -> Option<&'k str> {
    let first = nearest(name, known.keys().copied())?;
    (nearest(name, known.keys().rev().copied()) == Some(first)).then_some(first)
}

/// Writes a port that is declared: by the name that is meant, else the only one there is, by its number.
fn declared(at: &RuleAt<'_>, destinations: &Pods<'_>, port: &PolicyPort, name: Option<&str>) -> Option<Fix> {
    let of_protocol = || destinations.declared().filter(|(_, declared)| declared.protocol == port.protocol);
    let known = name.filter(|name| of_protocol().any(|(_, declared)| declared.name.as_deref() == Some(name)));
    let value = match known {
        Some(name) => Yaml::text(name),
        None => {
            let numbers = order::set(of_protocol().map(|(_, declared)| declared.port));
            let only = numbers.first().filter(|_| numbers.len() == 1 && name.is_none())?;
            Yaml::Number(i64::from(*only))
        }
    };
    let what = match &value {
        Yaml::Text(name) => format!("`{name}`"),
        _ => format!("{} {}", port.protocol.as_str(), numbers_of(&value)),
    };
    let change = Change::Set(at.port_way(port)?.key("port"), value);
    Some(at.fix(format!("let {} open the port {what}, which is declared", at.path()), vec![change]))
}

fn numbers_of(value: &Yaml) -> String {
    match value {
        Yaml::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    fn case(spec: &str) -> Case {
        let web =
            deployment("shop", "web", 80).replace("{containerPort: 80}", "{containerPort: 80, name: http}");
        Case::new(&(web + &deployment("shop", "db", 5432) + &policy("shop", "p", spec)))
    }

    #[test]
    fn a_name_that_no_container_declares() {
        let found = case("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: htp}]}]}")
            .check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/p");
        assert_eq!(
            found[0].message,
            "ingress rule 1 names the TCP port `htp`, which no container of `web` and `db` declares (did you mean `http`?), \
             so it opens nothing"
        );
        assert_eq!(found[0].spans, ["htp", "p"]);
        assert_eq!(found[0].witness, None);
        let to_db = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], \
                     ports: [{port: http}]}]}";
        assert!(case(to_db).check(&RULE)[0].message.contains("no container of `db`"));
    }

    #[test]
    fn addresses_have_no_names() {
        let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}], \
                    ports: [{port: http}]}]}";
        let found = case(spec).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("addresses have no port names"), "{}", found[0].message);
    }

    #[test]
    fn one_destination_that_declares_it_is_enough() {
        assert!(case("{podSelector: {}, ingress: [{ports: [{port: http}]}]}").check(&RULE).is_empty());
        assert!(
            case("{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}")
                .check(&RULE)
                .is_empty()
        );
        let alone = policy("shop", "p", "{podSelector: {}, ingress: [{ports: [{port: http}]}]}");
        assert!(Case::new(&alone).check(&RULE).is_empty());
    }
    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let found = |rules: &str| {
            let web = deployment("shop", "web", 80)
                .replace("{containerPort: 80}", "{containerPort: 80, name: http}");
            let spec = format!("subject: {{namespaces: {{}}}}, {rules}");
            Case::new(&(web + &cluster_policy("p", "Admin", 5, &spec))).check(&RULE)
        };
        let from = |action: &str, name: &str| {
            format!(
                "ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{{destinationNamedPort: {name}}}]}}]"
            )
        };
        for (action, does) in
            [("Accept", "allows nothing"), ("Deny", "denies nothing"), ("Pass", "passes nothing on")]
        {
            let found = found(&from(action, "htp"));
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].subject, "ClusterNetworkPolicy p");
            assert_eq!(
                found[0].message,
                format!(
                    "ingress rule 1 names the port `htp`, which no container of `web` declares (did you mean `http`?), so it \
                     {does} by it"
                )
            );
            assert_eq!(found[0].spans, ["{destinationNamedPort: htp}", "p"]);
        }
        assert!(found(&from("Deny", "http")).is_empty());
        let to = |peers: &str| {
            format!(
                "egress: [{{action: Accept, to: [{peers}], protocols: [{{destinationNamedPort: http}}]}}]"
            )
        };
        let outside = found(&to("{networks: [203.0.113.0/24]}"));
        assert!(outside[0].message.contains("addresses have no port names, so it allows nothing"));
        assert!(found(&to("{networks: [203.0.113.0/24]}, {namespaces: {}}")).is_empty());
    }

    #[test]
    fn addresses_beside_pods_that_declare_the_name() {
        let web =
            deployment("shop", "web", 80).replace("{containerPort: 80}", "{containerPort: 80, name: http}");
        let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.0.5/32}}, {podSelector: \
                    {matchLabels: {app: web}}}], ports: [{port: http}]}]}";
        let found = Case::new(&(web + &policy("shop", "p", spec))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "egress rule 1 names the port `http`, and addresses have no port names, so it opens nothing to `10.0.0.5/32`"
        );
        assert_eq!(found[0].spans, ["http", "{ipBlock: {cidr: 10.0.0.5/32}}", "p"]);
        // A number beside the name opens the block.
        let spec = spec.replace("[{port: http}]", "[{port: http}, {port: 80}]");
        let web =
            deployment("shop", "web", 80).replace("{containerPort: 80}", "{containerPort: 80, name: http}");
        assert!(Case::new(&(web + &policy("shop", "p", &spec))).check(&RULE).is_empty());
    }
}
