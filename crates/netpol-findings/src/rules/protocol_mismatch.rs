//! NP313: a port that the destination declares for another protocol than the rule's.
//!
//! Only where the rule does not open the port for the declared protocol as well, and where that protocol is really cut:
//! judged on all policies of both ends.

use std::collections::HashMap;

use netpol_eval::{ConnectionSet, PeerId, PortSet};
use netpol_manifest::{Change, ContainerPort, Direction, PolicyPort, PortMatch, Protocol, Yaml};

use crate::context::{Context, RuleAt, policy_span};
use crate::destinations::{Destinations, meets};
use crate::finding::{Finding, Witness};
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: "NP313",
    name: "protocol-mismatch",
    severity: Severity::Medium,
    summary: "A rule opens a port for one protocol, and the destination declares it for another.",
    why: "A port without a `protocol` is a TCP port. Opening 53 that way lets nobody ask for names over UDP, and the \
          connection that the rule was written for stays blocked.",
    help: "Write the `protocol` that the container declares; for DNS list the port twice, for UDP and for TCP.",
    references: &[refer::CKS_POLICIES],
    example: Example {
        triggers: "\
apiVersion: v1
kind: Pod
metadata: {name: resolver, namespace: shop, labels: {app: resolver}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: resolver, namespace: shop}
spec:
  podSelector: {matchLabels: {app: resolver}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: web}}
      ports: [{port: 53}]
",
        mended: "\
apiVersion: v1
kind: Pod
metadata: {name: resolver, namespace: shop, labels: {app: resolver}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 53, protocol: UDP}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: resolver, namespace: shop}
spec:
  podSelector: {matchLabels: {app: resolver}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: web}}
      ports: [{port: 53, protocol: UDP}]
",
    },
    proof: Proof::Denied,
    fix: Some("Writes the protocol that the destination declares."),
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.rules().filter(|at| !at.rule.ports.is_empty()) {
        let destinations = Destinations::of(context, &at);
        let served = Served::of(context, &destinations);
        for port in at.rule.ports.iter().filter(|port| served.only_otherwise(port)) {
            findings.extend(finding(context, &at, &destinations, port));
        }
    }
    findings
}

/// Over which protocols a destination declares a port, by its number and by its name.
struct Served<'a> {
    numbers: ConnectionSet,
    names: HashMap<&'a str, Vec<Protocol>>,
}

impl<'a> Served<'a> {
    fn of(context: &Context<'_>, destinations: &Destinations<'a>) -> Self {
        let mut names: HashMap<&str, Vec<Protocol>> = HashMap::new();
        for (_, port) in destinations.declared() {
            if let Some(name) = &port.name {
                let known = names.entry(name).or_default();
                if !known.contains(&port.protocol) {
                    known.push(port.protocol);
                }
            }
        }
        Self { numbers: destinations.served(context), names }
    }

    /// Whether what a port item opens is declared, but not over its protocol.
    fn only_otherwise(&self, port: &PolicyPort) -> bool {
        let is_declared = |protocol: Protocol| match &port.port {
            PortMatch::Any => false,
            PortMatch::Range(first, last) => meets(self.numbers.ports(protocol), *first, *last),
            PortMatch::Name(name) => {
                self.names.get(name.as_str()).is_some_and(|known| known.contains(&protocol))
            }
        };
        !is_declared(port.protocol) && Protocol::ALL.into_iter().any(is_declared)
    }
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
        rule: &RULE,
        message: format!(
            "`{}` opens {what} for {}{default}, and `{name}` declares it for {}, which stays closed",
            at.path(),
            port.protocol.as_str(),
            meant.protocol.as_str(),
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(port.range), policy_span(at.policy)],
        witness: Some(witness),
        silenced: false,
        fix: write_protocol(at, port, meant),
    })
}

/// Writes the protocol that is declared.
fn write_protocol(at: &RuleAt<'_>, port: &PolicyPort, meant: &ContainerPort) -> Option<Fix> {
    let protocol = meant.protocol.as_str();
    let change = Change::Set(at.port_way(port)?.key("protocol"), Yaml::text(protocol));
    Some(at.fix(format!("let `{}` open the port for {protocol}", at.path()), vec![change]))
}

/// Somebody whom the rule speaks of and who does not reach the port as the destination serves it.
fn cut_off(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    destination: PeerId,
    meant: &ConnectionSet,
) -> Option<PeerId> {
    let sources: Vec<PeerId> = match at.direction {
        Direction::Ingress if at.rule.peers.is_empty() => context.any_address().to_vec(),
        Direction::Ingress => {
            (0..at.rule.peers.len()).flat_map(|item| context.item_peers(at, item)).collect()
        }
        Direction::Egress => context.subjects(at.policy_id).to_vec(),
    };
    let is_cut = |source: &PeerId| {
        let source = *source;
        source != destination
            && context.evaluation().allowed(source, destination).intersection(meant).is_empty()
    };
    sources.into_iter().find(is_cut)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, coredns, deployment, policy};

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
            "`ingress[0]` opens port 53 for TCP (the default), and `dns` declares it for UDP, which stays closed"
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
}
