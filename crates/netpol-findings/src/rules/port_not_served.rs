//! NP308: a port that no container at the destination declares.
//!
//! Only where every destination is in the input and declares some port, as declaring ports is not required. A port that
//! is declared for another protocol is NP313's.

use std::cell::OnceCell;

use fixedbitset::FixedBitSet;
use netpol_eval::{ConnectionSet, PeerId, PortSet};
use netpol_manifest::{
    Change, ClusterAction, ClusterPort, ClusterPortMatch, Direction, PolicyPort, PortMatch, Protocol, Yaml,
};

use crate::cause::{Cause, Part};
use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::destinations::Pods;
use crate::exposure::target_ports;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::scene::PEERS_A_STEP;
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::witness::Witness;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP308,
    name: "port-not-served",
    severity: Severity::Low,
    summary: "A rule opens a port that no container at the destination declares, often the port of a Service.",
    why: "Policies see the port on which the container listens, after the Service has been resolved. A rule for the Service's \
          `port` opens nothing that is served where its `targetPort` is another one, and the connection stays blocked.",
    help: "Write the `containerPort`, or its name. If the container does listen on the port, declare it there.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Corrects,
        "Writes the port on which the Service's containers listen, or the only one of that protocol that the destinations declare.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = context.of_policies(&RULE, |rules| {
        let mut found = Vec::new();
        for at in rules {
            let numbers = at.rule.ports.iter().filter(|port| matches!(port.port, PortMatch::Range(..)));
            let mut numbers = numbers.peekable();
            if numbers.peek().is_none() {
                continue;
            }
            let destinations = context.destinations(at);
            if destinations.others || !destinations.all_declare() {
                continue;
            }
            let unserved = numbers.filter(|port| {
                context.work(1);
                !Protocol::ALL.into_iter().any(|protocol| destinations.declares(context, port, protocol))
            });
            let sources = OnceCell::new();
            found.extend(unserved.map(|port| finding(context, (at, &sources), &destinations, port)));
        }
        found
    });
    for at in context.cluster_rules().filter(|at| !at.fails_closed() && !at.ports().is_empty()) {
        let destinations = context.cluster_destinations(&at);
        if destinations.others || !destinations.all_declare() {
            continue;
        }
        findings.extend(at.ports().iter().filter_map(|port| of_cluster(context, &at, &destinations, port)));
    }
    findings
}

/// A port in a rule of a cluster-scoped policy. To deny or to pass on what nobody serves is a precaution, unless it is
/// the port of a Service, whose pods then go on being reached.
fn of_cluster<'a>(
    context: &Context<'a>,
    at: &ClusterRuleAt<'_>,
    destinations: &Pods<'a>,
    port: &ClusterPort,
) -> Option<Finding> {
    let ClusterPortMatch::Range(protocol, first, last) = port.port else { return None };
    context.work(1);
    if Protocol::ALL.into_iter().any(|other| destinations.serves(context, other, first, last)) {
        return None;
    }
    let spoken_of = ConnectionSet::of(protocol, PortSet::range(first, last));
    let service = service(context, destinations, &spoken_of);
    let allows = at.rule.action.value == ClusterAction::Allow;
    if service.is_none() && !allows {
        return None;
    }
    let why = match &service {
        Some((service, number, targets)) => of_service(service, *number, targets),
        None => format!("declared is {}", words::ports(destinations.served(context))),
    };
    // What shows that an `Allow` opens a port that nobody serves, and that the others leave open the one that is served.
    let open = match (allows, &service) {
        (false, Some((_, _, targets))) => targets,
        _ => &spoken_of,
    };
    let (destination, _) = *destinations.workloads.first()?;
    let witness = at.sources(context).filter(|peer| *peer != destination).find_map(|peer| {
        let open = context.evaluation().allowed(peer, destination).intersection(open);
        context.witness(Direction::Egress, peer, destination, &open)
    });
    Some(Finding {
        message: format!(
            "{} {} {}, which no container of {} declares: {why}",
            at.path(),
            at.does(),
            words::ports(&spoken_of),
            destinations.names()
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(port.range), cluster_policy_span(at.policy)],
        witness,
        severity: if service.is_some() { Severity::Medium } else { RULE.severity },
        ..Finding::of(&RULE)
    })
}

fn finding<'a>(
    context: &Context<'a>,
    (at, sources): (&RuleAt<'_>, &OnceCell<FixedBitSet>),
    destinations: &Pods<'a>,
    port: &PolicyPort,
) -> Finding {
    let mut served = destinations.served(context);
    let opened = ConnectionSet::of(
        port.protocol,
        match port.port {
            PortMatch::Range(first, last) => PortSet::range(first, last),
            PortMatch::Any | PortMatch::Name(_) => PortSet::NONE,
        },
    );
    let service = service(context, destinations, &opened);
    let why = match &service {
        Some((service, number, targets)) => {
            served = targets;
            of_service(service, *number, targets)
        }
        None => {
            format!("declared is {}", words::ports(served))
        }
    };
    let place = port.port_range.unwrap_or(port.range);
    Finding {
        message: format!(
            "{} opens {}, which no container of {} declares: {why}",
            at.path(),
            words::ports(&opened),
            destinations.names()
        ),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(place), policy_span(at.policy)],
        witness: witness(context, sources.get_or_init(|| at.sources_seen(context)), destinations, &opened),
        fix: only_port(at, port, served),
        cause: Cause::port(at, port, Part::Itself),
        severity: if service.is_some() { Severity::Medium } else { RULE.severity },
        ..Finding::of(&RULE)
    }
}

/// That a port is that of a Service.
fn of_service(service: &str, number: u16, targets: &ConnectionSet) -> String {
    format!(
        "{number} is the port of the Service `{service}`, and policies see the port of its containers, {}",
        words::ports(targets)
    )
}

/// Writes the only port that is served over the same protocol.
fn only_port(at: &RuleAt<'_>, port: &PolicyPort, served: &ConnectionSet) -> Option<Fix> {
    let PortMatch::Range(first, last) = port.port else { return None };
    let [(number, end)] = served.ports(port.protocol).intervals() else { return None };
    let way = at.port_way(port)?.key("port");
    let fix = || {
        let message =
            format!("let {} open {} {number} in the place of {first}", at.path(), port.protocol.as_str());
        at.fix(message, vec![Change::Set(way, Yaml::Number(i64::from(*number)))])
    };
    (first == last && number == end).then(fix)
}

/// A Service of the destinations that has one of these ports as its own and leads it to another: its name, the port
/// and where it leads.
fn service<'a>(
    context: &Context<'a>,
    destinations: &Pods<'a>,
    opened: &ConnectionSet,
) -> Option<(&'a str, u16, ConnectionSet)> {
    if !opened.meets(destinations.service_ports(context, context.exposure())) {
        return None;
    }
    destinations.services(context, context.exposure()).iter().find_map(|(at, workload)| {
        let selecting = context.exposure().services.get(*at)?;
        context.work(selecting.service.ports.len());
        let mut ports = selecting.service.ports.iter();
        let port = ports.find(|port| opened.contains(port.protocol, port.port))?;
        let targets = target_ports(workload, port);
        let name = selecting.handle.object().metadata.name.value.as_str();
        (!targets.is_empty()).then_some((name, port.port, targets))
    })
}

/// Somebody who may open the port that nobody serves.
fn witness(
    context: &Context<'_>,
    sources: &FixedBitSet,
    destinations: &Pods<'_>,
    opened: &ConnectionSet,
) -> Option<Witness> {
    let (destination, _) = *destinations.workloads.first()?;
    let evaluation = context.evaluation();
    // What nothing is left of for one is closed to all that nothing can tell from it.
    let mut closed = FixedBitSet::with_capacity(evaluation.class_count());
    context.see(destination);
    context.work(1 + sources.count_ones(..) / PEERS_A_STEP);
    let sources = sources.ones().map(|peer| PeerId(peer as u32));
    sources.filter(|peer| *peer != destination).find_map(|peer| {
        let class = evaluation.class(peer);
        if closed.contains(class) {
            return None;
        }
        context.work(1);
        let open = evaluation.allowed(peer, destination).intersection(opened);
        closed.set(class, open.is_empty());
        context.witness(Direction::Egress, peer, destination, &open)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy, service};

    fn case(ports: &str) -> Case {
        let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: shop-web, namespace: shop}\nspec: {selector: \
                       {app: web}, ports: [{port: 80, targetPort: 8080}]}\n";
        let spec = format!(
            "{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{{podSelector: {{matchLabels: {{app: \
             db}}}}}}], ports: {ports}}}]}}"
        );
        let text = deployment("shop", "web", 8080) + &deployment("shop", "db", 5432) + service;
        Case::new(&(text + &policy("shop", "p", &spec)))
    }

    #[test]
    fn the_port_of_the_service() {
        let found = case("[{port: 80}]").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/p");
        assert_eq!(
            found[0].message,
            "ingress rule 1 opens TCP 80, which no container of `web` declares: 80 is the port of the Service `shop-web`, \
             and policies see the port of its containers, TCP 8080"
        );
        assert_eq!(found[0].severity, crate::Severity::Medium);
        assert_eq!(found[0].spans, ["80", "p"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/db -> shop/web TCP 80"));
    }

    #[test]
    fn another_port() {
        let found = case("[{port: 9000, endPort: 9005}]").check(&RULE);
        assert_eq!(
            found[0].message,
            "ingress rule 1 opens TCP 9000-9005, which no container of `web` declares: declared is TCP 8080"
        );
    }

    #[test]
    fn ports_that_are_declared_or_may_be_served_by_others() {
        assert!(case("[{port: 8080}]").check(&RULE).is_empty());
        assert!(case("[{port: 8000, endPort: 9000}]").check(&RULE).is_empty());
        // For another protocol: NP313.
        assert!(case("[{port: 8080, protocol: UDP}]").check(&RULE).is_empty());
        let outside = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: \
                       203.0.113.0/24}}], ports: [{port: 443}]}]}";
        let text = deployment("shop", "web", 8080) + &policy("shop", "p", outside);
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn containers_need_not_declare_ports() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}";
        let silent =
            deployment("shop", "web", 8080).replace("          ports: [{containerPort: 8080}]\n", "");
        assert!(!silent.contains("8080"));
        let text = deployment("shop", "db", 5432) + &silent + &policy("shop", "p", spec);
        assert!(Case::new(&text).check(&RULE).is_empty());
    }
    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let found = |action: &str, port: u16, services: &str| {
            let spec = format!(
                "subject: {{namespaces: {{}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}], protocols: \
                 [{{tcp: {{destinationPort: {{number: {port}}}}}}}]}}]"
            );
            let text = deployment("shop", "web", 8080) + &deployment("shop", "db", 5432) + services;
            Case::new(&(text + &cluster_policy("p", "Admin", 5, &spec))).check(&RULE)
        };
        let web = service("shop", "web", "ports: [{port: 80, targetPort: 8080}]");
        let allowed = found("Accept", 9000, "");
        assert_eq!(allowed.len(), 1);
        assert_eq!(allowed[0].subject, "ClusterNetworkPolicy p");
        assert_eq!(
            allowed[0].message,
            "ingress rule 1 allows TCP 9000, which no container of `web` and `db` declares: declared is TCP 5432 and TCP 8080"
        );
        assert_eq!(allowed[0].spans, ["{tcp: {destinationPort: {number: 9000}}}", "p"]);
        // A precaution; but not where it was meant for what listens on another port.
        assert!(found("Deny", 9000, &web).is_empty());
        let denied = found("Deny", 80, &web);
        assert_eq!(denied.len(), 1);
        assert_eq!(
            denied[0].message,
            "ingress rule 1 denies TCP 80, which no container of `web` and `db` declares: 80 is the port of the Service `web`, \
             and policies see the port of its \
                 containers, TCP 8080"
        );
        assert!(found("Deny", 8080, &web).is_empty());
    }
}
