//! NP311: an `ipBlock` that holds addresses of pods or Services of the input.
//!
//! Pods on the host network do not count: their addresses are those of nodes. One finding a policy, with all such
//! blocks. `networks` of cluster-scoped policies match pods by specification; of those it speaks where they hold the
//! address of a Service alone.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_eval::{Origin, PeerId};
use netpol_manifest::{ClusterPeer, Peer, Resource};
use netpol_source::{Span, order};

use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP311,
    name: "address-block-covers-pods",
    severity: Severity::Info,
    summary: "An `ipBlock` holds addresses of pods or Services of the input, or `networks` hold those of Services.",
    why: "An `ipBlock` is meant for addresses outside the cluster. Whether it matches pods as well is left to the network \
          plugin, and so is whether it sees the address of a Service or that of the pod behind it. The same policy opens \
          different connections on different clusters.",
    help: "Open pods by `podSelector` and `namespaceSelector`. Take the cluster's own networks out of the block with `except`.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::None,
    fix: None,
};

/// Addresses of the cluster, sorted, each with the name of what has it.
type Known<'a> = Vec<(IpAddr, &'a str)>;

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let (pods, services) = (pods(context), services(context));
    if pods.is_empty() && services.is_empty() {
        return Vec::new();
    }
    let rules: Vec<RuleAt<'_>> = context.rules().collect();
    let findings = rules
        .chunk_by(|one, next| one.policy_id == next.policy_id)
        .filter_map(|rules| finding(rules, &pods, &services));
    let mut findings: Vec<Finding> = findings.collect();
    if !services.is_empty() {
        findings.extend(context.cluster_rules().filter_map(|at| of_cluster(context, &at)));
    }
    findings
}

/// `networks` that hold the address of a Service and not the pods behind it; pods in them are NP323's.
fn of_cluster(context: &Context<'_>, at: &ClusterRuleAt<'_>) -> Option<Finding> {
    let networks = at.rule.peers.iter().filter_map(|peer| match peer {
        ClusterPeer::Networks { networks, .. } => Some(networks),
        _ => None,
    });
    // Networks of length 0 hold every pod as well.
    let mut networks = networks.flatten().filter(|network| network.value.prefix_len() > 0).peekable();
    if at.fails_closed() || networks.peek().is_none() {
        return None;
    }
    let Origin { policy, direction, index } = at.origin;
    let is_matched = |pod: PeerId| {
        context.work(1);
        let mut items = 0..at.rule.peers.len();
        items.any(|item| context.evaluation().item_matches(policy, direction, index, item, pod))
    };
    let mut held: BTreeSet<String> = BTreeSet::new();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let mut spans: Vec<Span> = Vec::new();
    for network in networks {
        let inside = context.exposure().services.iter().filter(|selecting| {
            context.work(1);
            selecting.service.cluster_ips.iter().any(|address| network.value.contains(address))
        });
        let apart = inside.filter(|selecting| {
            selecting.workloads.is_empty() || !selecting.workloads.iter().all(|pod| is_matched(*pod))
        });
        let apart: Vec<&str> =
            apart.map(|selecting| selecting.handle.object().metadata.name.value.as_str()).collect();
        if !apart.is_empty() {
            held.insert(network.value.to_string());
            names.extend(apart);
            spans.push(at.policy.handle.span(network.range));
        }
    }
    if names.is_empty() {
        return None;
    }
    let hold = if held.len() == 1 { "holds" } else { "hold" };
    let addresses = match names.len() {
        1 => "the address of the Service",
        _ => "the addresses of the Services",
    };
    spans.push(cluster_policy_span(at.policy));
    Some(Finding {
        message: format!(
            "{} {hold} {addresses} {} and not that of every pod behind it: network plugins differ in which of them {} \
             {} connections to",
            words::list(&held),
            words::list(names),
            at.path(),
            at.does()
        ),
        subject: at.policy.reference(),
        spans,
        ..Finding::of(&RULE)
    })
}

fn pods<'a>(context: &Context<'a>) -> Known<'a> {
    let workloads = context.input_workloads().filter(|(_, workload)| !workload.host_network);
    let mut known: Known<'a> = workloads
        .flat_map(|(_, workload)| workload.pods.iter().map(move |pod| (workload, pod)))
        .flat_map(|(workload, pod)| pod.addresses.iter().map(|address| (*address, workload.name.as_str())))
        .collect();
    order::sort(&mut known);
    known
}

fn services<'a>(context: &Context<'a>) -> Known<'a> {
    let mut known: Known<'a> = Vec::new();
    for handle in &context.cluster().exposure {
        let object = handle.object();
        if let Resource::Service(service) = &object.resource {
            let name = object.metadata.name.value.as_str();
            known.extend(service.cluster_ips.iter().map(|address| (*address, name)));
        }
    }
    order::sort(&mut known);
    known
}

fn finding(rules: &[RuleAt<'_>], pods: &Known<'_>, services: &Known<'_>) -> Option<Finding> {
    let policy = rules.first()?.policy;
    let mut blocks: BTreeSet<String> = BTreeSet::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut covered: [BTreeSet<&str>; 2] = Default::default();
    for peer in rules.iter().flat_map(|at| &at.rule.peers) {
        let Peer::Block { cidr, except, .. } = peer else { continue };
        let except: Vec<IpNet> = except.iter().map(|except| except.value).collect();
        let mut any = false;
        for (names, known) in covered.iter_mut().zip([pods, services]) {
            for name in inside(cidr.value, &except, known) {
                any = true;
                names.insert(name);
            }
        }
        if any {
            blocks.insert(cidr.value.to_string());
            spans.push(policy.handle.span(cidr.range));
        }
    }
    if spans.is_empty() {
        return None;
    }
    let [pods, services] = covered;
    let plural = words::plural(services.len());
    let pods = (!pods.is_empty()).then(|| format!("pods of {}", words::list(pods)));
    let services = (!services.is_empty()).then(|| format!("the Service{plural} {}", words::list(services)));
    let what: Vec<String> = pods.into_iter().chain(services).collect();
    let hold = if blocks.len() == 1 { "holds" } else { "hold" };
    spans.push(policy_span(policy));
    Some(Finding {
        message: format!(
            "{} {hold} addresses of {}: network plugins differ in whether the rule opens them",
            words::list(blocks.iter().map(String::as_str)),
            what.join(" and of ")
        ),
        subject: policy.reference(),
        spans,
        ..Finding::of(&RULE)
    })
}

fn inside<'k>(cidr: IpNet, except: &[IpNet], known: &Known<'k>) -> impl Iterator<Item = &'k str> {
    let from = known.partition_point(|(address, _)| *address < cidr.network());
    let to = known.partition_point(|(address, _)| *address <= cidr.broadcast());
    let held = known.get(from..to).unwrap_or_default().iter();
    held.filter(|(address, _)| !except.iter().any(|except| except.contains(address))).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy, deployment, policy, service};

    fn case(block: &str) -> Case {
        let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop, labels: {app: web}}\nspec: \
                   {containers: [{name: main, image: example}]}\nstatus: {podIP: 10.244.1.7}\n";
        let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {clusterIP: \
                       10.96.0.9, ports: [{port: 80}]}\n";
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {block}}}]}}]}}");
        Case::new(&(pod.to_owned() + service + &policy("shop", "office", &spec)))
    }

    #[test]
    fn pods_and_services_inside_a_block() {
        let found = case("{cidr: 10.0.0.0/8}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/office");
        assert_eq!(
            found[0].message,
            "`10.0.0.0/8` holds addresses of pods of `web` and of the Service `api`: network plugins differ in whether \
             the rule opens them"
        );
        assert_eq!(found[0].spans, ["10.0.0.0/8", "office"]);
        assert_eq!(found[0].witness, None);
        let found = case("{cidr: 10.0.0.0/8, except: [10.244.0.0/16]}").check(&RULE);
        assert!(found[0].message.contains("addresses of the Service `api`:"), "{}", found[0].message);
    }

    #[test]
    fn addresses_outside() {
        assert!(case("{cidr: 203.0.113.0/24}").check(&RULE).is_empty());
        assert!(case("{cidr: 10.0.0.0/8, except: [10.244.0.0/16, 10.96.0.0/12]}").check(&RULE).is_empty());
    }
    #[test]
    fn networks_that_hold_a_service_and_not_its_pods() {
        let found = |peers: &str| -> Vec<Found> {
            let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: api, namespace: shop, labels: {app: api}}\nspec: \
                       {containers: [{name: main, image: example}]}\nstatus: {podIP: 10.244.1.7}\n";
            let api = service("shop", "api", "clusterIP: 10.96.0.9, ports: [{port: 80}]");
            let spec = format!("subject: {{namespaces: {{}}}}, egress: [{{action: Deny, to: [{peers}]}}]");
            let text = pod.to_owned() + &deployment("shop", "web", 80) + &api;
            Case::new(&(text + &cluster_policy("p", "Admin", 5, &spec))).check(&RULE)
        };
        let service_only = found("{networks: [10.96.0.0/12]}");
        assert_eq!(service_only.len(), 1);
        assert_eq!(service_only[0].subject, "ClusterNetworkPolicy p");
        assert_eq!(
            service_only[0].message,
            "`10.96.0.0/12` holds the address of the Service `api` and not that of every pod behind it: network plugins \
             differ in which of them egress rule 1 denies connections to"
        );
        assert_eq!(service_only[0].spans, ["10.96.0.0/12", "p"]);
        for fine in [
            "{networks: [10.0.0.0/8]}",
            "{networks: [0.0.0.0/0]}",
            "{networks: [203.0.113.0/24]}",
            "{networks: [10.96.0.0/12]}, {namespaces: {}}",
        ] {
            assert!(found(fine).is_empty(), "{fine}");
        }
    }
}
