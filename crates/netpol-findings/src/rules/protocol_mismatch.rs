//! NP313: a port that the destination declares for another protocol than the rule's.
//!
//! Only where the rule does not open the port for the declared protocol as well, and where that protocol is really cut:
//! judged on all policies of both ends.

use netpol_eval::{ConnectionSet, PeerId, PortSet};
use netpol_manifest::{
    Change, ClusterAction, ClusterPort, ClusterPortMatch, ContainerPort, Direction, PolicyPort, PortMatch,
    Protocol, Yaml,
};

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::destinations::Destinations;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::witness::Witness;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP313,
    name: "protocol-mismatch",
    severity: Severity::Medium,
    summary: "A rule opens or denies a port for one protocol, and the destination declares it for another.",
    why: "A port without a `protocol` is a TCP port. Opening 53 that way lets nobody ask for names over UDP, and the \
          connection that the rule was written for stays blocked. A `Deny` that is written so leaves the port open, and the \
          proof is a connection that is allowed.",
    help: "Write the `protocol` that the container declares; for DNS list the port twice, for UDP and for TCP.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((Promise::Corrects, "Writes the protocol that the destination declares.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = context.of_policies(&RULE, |rules| {
        let mut found = Vec::new();
        for at in rules.iter().filter(|at| !at.rule.ports.is_empty()) {
            let destinations = context.destinations(at);
            let declares = |port: &PolicyPort, protocol| destinations.declares(context, port, protocol);
            let only_otherwise = |port: &&PolicyPort| {
                context.work(1);
                !declares(port, port.protocol) && Protocol::ALL.into_iter().any(|other| declares(port, other))
            };
            for port in at.rule.ports.iter().filter(only_otherwise) {
                found.extend(finding(context, at, &destinations, port));
            }
        }
        found
    });
    for at in context.cluster_rules().filter(|at| !at.fails_closed() && !at.ports().is_empty()) {
        let destinations = context.cluster_destinations(&at);
        findings.extend(at.ports().iter().filter_map(|port| of_cluster(context, &at, &destinations, port)));
    }
    findings
}

/// A port in a rule of a cluster-scoped policy. What `Deny` leaves out must be open, what the others leave out must be
/// cut.
fn of_cluster(
    context: &Context<'_>,
    at: &ClusterRuleAt<'_>,
    destinations: &Destinations<'_>,
    port: &ClusterPort,
) -> Option<Finding> {
    let ClusterPortMatch::Range(protocol, first, last) = port.port else { return None };
    let serves = |protocol| {
        context.work(1);
        destinations.serves(context, protocol, first, last)
    };
    // All ports of a protocol are about the protocol.
    if last < first
        || last - first >= u16::MAX - 1
        || serves(protocol)
        || !Protocol::ALL.into_iter().any(serves)
    {
        return None;
    }
    let denies = at.rule.action.value == ClusterAction::Deny;
    let by_number = at.ports_on(context, None);
    let mut declared = destinations.declared().inspect(|_| context.work(1));
    let (witness, meant) = declared.find_map(|(destination, declared)| {
        let (protocol, number) = (declared.protocol, declared.port);
        let is_named = || at.ports_on(context, Some(destination)).contains(protocol, number);
        if !(first..=last).contains(&number) || by_number.contains(protocol, number) || is_named() {
            return None;
        }
        let shows = |source: &PeerId| {
            let is_open = context.evaluation().allowed(*source, destination).contains(protocol, number);
            *source != destination && is_open == denies
        };
        let source = at.sources(context).find(shows)?;
        Some((Witness { source, destination, protocol, port: number }, declared))
    })?;
    let name = context.workload(witness.destination).map_or("", |workload| &workload.name);
    let stays = if denies { "stays open" } else { "stays closed" };
    Some(Finding {
        message: format!(
            "{} {} port {} for {}, and `{name}` declares it for {}, which {stays}",
            at.path(),
            at.does(),
            meant.port,
            protocol.as_str(),
            meant.protocol.as_str(),
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(port.range), cluster_policy_span(at.policy)],
        witness: Some(witness),
        proof: if denies { Proof::Allowed } else { RULE.proof },
        ..Finding::of(&RULE)
    })
}

fn finding(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    destinations: &Destinations<'_>,
    port: &PolicyPort,
) -> Option<Finding> {
    let same_port = |declared: &ContainerPort| match &port.port {
        PortMatch::Any => false,
        PortMatch::Range(first, last) => (*first..=*last).contains(&declared.port),
        PortMatch::Name(name) => declared.name.as_ref() == Some(name),
    };
    let all = destinations.declared().inspect(|_| context.work(1));
    let declared: Vec<(PeerId, &ContainerPort)> = all.filter(|(_, declared)| same_port(declared)).collect();
    let (witness, meant) = declared.iter().find_map(|(destination, declared)| {
        let opened = context.ports_on(at, Some(*destination));
        if opened.contains(declared.protocol, declared.port) {
            return None;
        }
        let meant = ConnectionSet::of(declared.protocol, PortSet::range(declared.port, declared.port));
        let source = cut_off(context, at, *destination, &meant)?;
        let (protocol, port) = (declared.protocol, declared.port);
        Some((Witness { source, destination: *destination, protocol, port }, *declared))
    })?;
    let name = context.workload(witness.destination).map_or("", |workload| &workload.name);
    let what = match &port.port {
        PortMatch::Name(port) => format!("port `{port}`"),
        PortMatch::Any | PortMatch::Range(..) => format!("port {}", meant.port),
    };
    let default = if port.protocol_range.is_none() { " (the default)" } else { "" };
    Some(Finding {
        message: format!(
            "{} opens {what} for {}{default}, and `{name}` declares it for {}, which stays closed",
            at.path(),
            port.protocol.as_str(),
            meant.protocol.as_str(),
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(port.range), policy_span(at.policy)],
        witness: Some(witness),
        fix: write_protocol(at, port, meant),
        ..Finding::of(&RULE)
    })
}

/// Writes the protocol that is declared.
fn write_protocol(at: &RuleAt<'_>, port: &PolicyPort, meant: &ContainerPort) -> Option<Fix> {
    let protocol = meant.protocol.as_str();
    let change = Change::Set(at.port_way(port)?.key("protocol"), Yaml::text(protocol));
    Some(at.fix(format!("let {} open the port for {protocol}", at.path()), vec![change]))
}

/// Somebody whom the rule speaks of and who does not reach the port as the destination serves it.
fn cut_off(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    destination: PeerId,
    meant: &ConnectionSet,
) -> Option<PeerId> {
    let is_cut = |source: &PeerId| {
        *source != destination && !context.allowed(Direction::Egress, *source, destination).meets(meant)
    };
    at.sources(context).find(is_cut)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, coredns, deployment, policy};

    fn case(ports: &str) -> Case {
        let spec = format!(
            "{{podSelector: {{matchLabels: {{app: dns}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: \
             web}}}}}}], ports: {ports}}}]}}"
        );
        let dns = deployment("shop", "dns", 53)
            .replace("{containerPort: 53}", "{containerPort: 53, protocol: UDP, name: dns}");
        Case::new(&(deployment("shop", "web", 80) + &dns + &policy("shop", "p", &spec)))
    }

    #[test]
    fn tcp_by_default() {
        let found = case("[{port: 53}]").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/p");
        assert_eq!(
            found[0].message,
            "ingress rule 1 opens port 53 for TCP (the default), and `dns` declares it for UDP, which stays closed"
        );
        assert_eq!(found[0].spans, ["{port: 53}", "p"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> shop/dns UDP 53"));
        let found = case("[{port: dns, protocol: TCP}]").check(&RULE);
        assert!(found[0].message.contains("opens port `dns` for TCP, and"), "{}", found[0].message);
    }

    #[test]
    fn both_protocols_or_the_right_one() {
        assert!(case("[{port: 53}, {port: 53, protocol: UDP}]").check(&RULE).is_empty());
        assert!(case("[{port: 53, protocol: UDP}]").check(&RULE).is_empty());
        assert!(case("[{port: 54}]").check(&RULE).is_empty());
    }

    #[test]
    fn another_rule_opens_it() {
        let dns = |ports: &str| {
            format!(
                "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{namespaceSelector: {{}}, podSelector: \
                 {{matchLabels: {{k8s-app: kube-dns}}}}}}], ports: [{ports}]}}]}}"
            )
        };
        let udp_only = coredns().replace(", {name: dns-tcp, containerPort: 53}", "");
        let text = deployment("shop", "web", 80) + &udp_only + &policy("shop", "tcp", &dns("{port: 53}"));
        assert_eq!(Case::new(&text).check(&RULE).len(), 1);
        let text = text + &policy("shop", "udp", &dns("{port: 53, protocol: UDP}"));
        assert!(Case::new(&text).check(&RULE).is_empty());
    }
    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let found = |rules: &str| {
            let dns = deployment("shop", "dns", 53)
                .replace("{containerPort: 53}", "{containerPort: 53, protocol: UDP}");
            let spec = format!("subject: {{namespaces: {{}}}}, ingress: [{rules}]");
            let text = dns + &deployment("shop", "web", 80);
            Case::new(&(text + &cluster_policy("p", "Admin", 5, &spec))).check(&RULE)
        };
        let rule = |action: &str, protocols: &str| {
            format!("{{action: {action}, from: [{{namespaces: {{}}}}], protocols: [{protocols}]}}")
        };
        let tcp = "{tcp: {destinationPort: {number: 53}}}";
        let others = "{action: Deny, from: [{namespaces: {}}]}";
        let closed = found(&(rule("Accept", tcp) + ", " + others));
        assert_eq!(closed.len(), 1);
        assert_eq!(closed[0].subject, "ClusterNetworkPolicy p");
        assert_eq!(
            closed[0].message,
            "ingress rule 1 allows port 53 for TCP, and `dns` declares it for UDP, which stays closed"
        );
        assert_eq!(closed[0].spans, [tcp, "p"]);
        assert_eq!(closed[0].witness.as_deref(), Some("shop/web -> shop/dns UDP 53"));
        // It is open anyway.
        assert!(found(&rule("Accept", tcp)).is_empty());
        let open = found(&rule("Deny", tcp));
        assert_eq!(
            open[0].message,
            "ingress rule 1 denies port 53 for TCP, and `dns` declares it for UDP, which stays open"
        );
        assert_eq!(open[0].witness.as_deref(), Some("shop/web -> shop/dns UDP 53"));
        assert!(found(&(rule("Deny", tcp) + ", " + others)).is_empty());
        let both = format!("{tcp}, {}", tcp.replace("tcp", "udp"));
        assert!(found(&rule("Deny", &both)).is_empty());
    }
}
