//! NP106: workloads that any address outside the cluster reaches.
//!
//! One finding for each rule that opens a workload to "any other address", and one for each namespace with workloads
//! that no policy isolates for ingress. Of the latter, those that something publishes are left to NP110, which says the
//! same of them and by what they are published; API servers are left to NP108. A rule that opens exactly what is published
//! is worth knowing and no more: the way in is meant to be open.

use std::collections::BTreeMap;

use netpol_eval::{ConnectionSet, PeerId, PortSet};
use netpol_manifest::Direction;
use netpol_source::order;

use super::exposed_without_restriction;
use crate::cause::Wide;
use crate::context::Context;
use crate::finding::Finding;
use crate::outside::{self, Addresses, Cause, Origin};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP106,
    name: "open-ingress",
    severity: Severity::High,
    summary: "Any address outside the cluster reaches a workload.",
    why: "Policies are what stands between a pod and the networks around the cluster. Whether packets from outside arrive \
          depends on routing, load balancers and node ports, all of which can change without anyone looking at this pod.",
    help: "Let in only the networks that have to connect, or only the pods of the ingress controller. Keep a rule for every \
           address for the workload that is the way in.",
    references: &[
        refer::NSA_POLICIES,
        refer::ATTACK_REMOTE_SERVICES,
        refer::ATTACK_PUBLIC_APPLICATION,
        refer::CKS_EXTERNAL_ACCESS,
        refer::KUBESCAPE_BLOCKED,
    ],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Where no NetworkPolicy isolates the pods: as no-default-deny-ingress. Which addresses a rule should name is for people to say.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let published = order::set(exposed_without_restriction::concerned(context));
    let of_others = |peer| published.contains(&peer) || context.roles().api_servers.has(peer);
    let causes = outside::causes(context, Direction::Ingress, Addresses::Most, Clone::clone, of_others);
    let doors = doors(context);
    let findings = causes.into_iter().map(|cause| {
        let fix = cause.isolate(context, Direction::Ingress);
        let is_door = is_front_door(context, &doors, &cause);
        let (workloads, whom) = (cause.workloads, cause.whom);
        let them = if cause.pods.len() == 1 { "it" } else { "them" };
        let message = match cause.rule {
            Some((lets, ports)) => {
                let published = if is_door { ", as is published" } else { "" };
                format!("{lets} {whom} reach {workloads}, on {ports}{published}")
            }
            None => format!(
                "any address outside the cluster reaches {workloads}: no NetworkPolicy isolates {them} for ingress"
            ),
        };
        Finding {
            message,
            subject: cause.subject,
            spans: cause.spans,
            witness: cause.witness,
            severity: if is_door { Severity::Info } else { RULE.severity },
            fix,
            cause: cause.origin.cause(Direction::Ingress, Wide::Anywhere),
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}

/// The workloads that are there to be reached from outside, with the ports that are: what a Service publishes to every
/// address, and what an ingress controller declares.
fn doors(context: &Context<'_>) -> BTreeMap<PeerId, ConnectionSet> {
    let mut doors: BTreeMap<PeerId, ConnectionSet> = BTreeMap::new();
    for published in context.exposure().published.iter().filter(|one| one.way.is_direct() && one.is_for_all())
    {
        let ports = doors.entry(published.workload).or_insert(ConnectionSet::NONE);
        *ports = ports.union(&published.ports);
    }
    for (peer, workload) in context.roles().ingress_controllers.of_input(context) {
        for port in workload.declared_ports() {
            let declared = ConnectionSet::of(port.protocol, PortSet::range(port.port, port.port));
            let ports = doors.entry(peer).or_insert(ConnectionSet::NONE);
            *ports = ports.union(&declared);
        }
    }
    doors
}

/// Whether a rule opens what is published and no other port.
fn is_front_door(context: &Context<'_>, doors: &BTreeMap<PeerId, ConnectionSet>, cause: &Cause<'_>) -> bool {
    let Origin::Rule(at) = cause.origin else { return false };
    cause.pods.iter().all(|pod| {
        doors.get(pod).is_some_and(|published| published.includes(&context.ports_on(&at, Some(*pod))))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    #[test]
    fn a_rule_without_peers_lets_in_the_outside() {
        let spec = "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: web-port}]}]}";
        let text =
            deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + &policy("shop", "open", spec);
        let text = text.replace("{containerPort: 80}", "{containerPort: 80, name: web-port}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].subject, "Namespace shop");
        assert_eq!(found[0].spans, ["db"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/db TCP 5432"));
        assert_eq!(found[1].subject, "NetworkPolicy shop/open");
        assert_eq!(
            found[1].message,
            "ingress rule 1 lets any address outside the cluster reach `web`, on TCP 80"
        );
        assert_eq!(found[1].spans, ["{ports: [{port: web-port}]}", "open"]);
        assert_eq!(found[1].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 80"));
    }

    #[test]
    fn a_cluster_scoped_deny_of_all_pods_leaves_the_outside() {
        let deny = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
        for tier in ["Admin", "Baseline"] {
            let text = deployment("shop", "web", 80) + &cluster_policy("deny", tier, 5, deny);
            let found = Case::new(&text).check(&RULE);
            assert_eq!(found.len(), 1, "{tier}");
            assert_eq!(found[0].subject, "Namespace shop");
            assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 80"));
        }
    }

    #[test]
    fn networks_and_pods_that_a_rule_names_are_not_any_address() {
        let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}, {namespaceSelector: {}}]}]}";
        assert!(
            Case::new(&(deployment("shop", "web", 80) + &policy("shop", "web", spec)))
                .check(&RULE)
                .is_empty()
        );
    }

    #[test]
    fn what_is_published_and_not_isolated_is_said_once() {
        let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {type: \
                       LoadBalancer, selector: {app: web}, ports: [{port: 80}]}\n";
        let text = deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + service;
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].spans, ["db"]);
        let text = deployment("shop", "web", 80) + service;
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn two_halves_are_every_address_too() {
        let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}]}]}";
        assert_eq!(
            Case::new(&(deployment("shop", "web", 80) + &policy("shop", "web", spec))).check(&RULE).len(),
            1
        );
    }
    /// Rules of cluster-scoped policies for ingress name pods alone, so that none of them closes or opens the outside.
    #[test]
    fn cluster_scoped_policies_leave_the_outside_open() {
        for (tier, action) in [("Admin", "Accept"), ("Admin", "Deny"), ("Baseline", "Deny")] {
            let spec = format!(
                "subject: {{namespaces: {{}}}}, ingress: [{{action: {action}, from: [{{namespaces: {{}}}}]}}]"
            );
            let text = deployment("shop", "web", 80) + &cluster_policy("pods", tier, 5, &spec);
            let found = Case::new(&text).check(&RULE);
            assert_eq!(found.len(), 1, "{tier} {action}");
            assert_eq!(found[0].subject, "Namespace shop");
            assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 80"));
            let closed = text + &policy("shop", "deny", "{podSelector: {}}");
            assert!(Case::new(&closed).check(&RULE).is_empty(), "{tier} {action}");
        }
    }

    #[test]
    fn the_way_in_is_meant_to_be_open() {
        let of = |port: u16, service: &str| {
            let spec = format!(
                "{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: 0.0.0.0/0}}}}], ports: [{{port: {port}}}]}}]}}"
            );
            let text = deployment("shop", "web", 8443) + service + &policy("shop", "web", &spec);
            let found =
                Case::new(&text).check_all().into_iter().filter(|one| ["NP106", "NP204"].contains(&one.code));
            found.map(|one| (one.code, one.severity, one.message)).collect::<Vec<_>>()
        };
        let lb = crate::testing::service(
            "shop",
            "web",
            "type: LoadBalancer, ports: [{port: 443, targetPort: 8443}]",
        );
        let message = "ingress rule 1 lets any address outside the cluster reach `web`, on TCP 8443";
        assert_eq!(of(8443, &lb), [("NP106", crate::Severity::Info, format!("{message}, as is published"))]);
        assert_eq!(of(8443, ""), [("NP106", crate::Severity::High, message.to_owned())]);
        assert_eq!(of(9000, &lb)[0].1, crate::Severity::High);
    }

    #[test]
    fn half_of_the_addresses_are_not_any_address() {
        let from = |app: &str, cidr: &str| {
            let spec = format!(
                "{{podSelector: {{matchLabels: {{app: {app}}}}}, ingress: [{{from: [{{ipBlock: {{cidr: {cidr}}}}}]}}]}}"
            );
            policy("shop", &format!("{app}-{}", &cidr[..1]), &spec)
        };
        let messages = |text: String| {
            Case::new(&text).check(&RULE).into_iter().map(|one| one.message).collect::<Vec<_>>()
        };
        let pods = || deployment("shop", "web", 80) + &deployment("shop", "api", 80);
        assert_eq!(
            messages(pods() + &from("web", "0.0.0.0/1") + &from("api", "128.0.0.0/1")),
            [
                "ingress rule 1 lets 50% of all IPv4 addresses reach `api`, on every port",
                "ingress rule 1 lets 50% of all IPv4 addresses reach `web`, on every port"
            ]
        );
        // Neither of the two by itself.
        let quarters = pods() + &from("web", "64.0.0.0/2") + &from("web", "128.0.0.0/2");
        assert_eq!(
            messages(quarters + &policy("shop", "deny", "{podSelector: {}}")),
            [
                "together ingress rule 1 of `web-1` and ingress rule 1 of `web-6` let 50% of all IPv4 addresses reach `web`, on every port"
            ]
        );
    }
}
