//! NP305: pods that are isolated for egress and reach no DNS server, over UDP and over TCP.
//!
//! Judged on the union of the policies; who answers is for `dns` to say. The DNS servers themselves are not judged.
//!
//! One finding for each policy that isolates, the widest one for pods that several policies isolate; it speaks of all
//! pods that have the same answer.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{ConnectionSet, Origin, PeerId, Policy, PolicyId};
use netpol_manifest::{Direction, Peer, PolicyPort, PortMatch, Protocol, Yaml};
use netpol_source::order;

use crate::cause::{Cause as Why, Part};
use crate::context::Context;
use crate::denied;
use crate::dns::{self, Answer, Cause, Dns};
use crate::finding::Finding;
use crate::fix::{self, Fix, NewPolicy};
use crate::policies::{self, allow_dns, missing_dns_peers};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{cluster_policy_span, policy_span};
use crate::witness::Witness;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP305,
    name: "dns-blocked",
    severity: Severity::Medium,
    summary: "A pod that is isolated for egress reaches no DNS server on port 53, over UDP or over TCP.",
    why: "Isolating a pod for egress cuts it off from the cluster's DNS as well. Every connection that it opens by name then \
          fails, often only after a long wait, and looks like a fault of the service. Answers that are too large for UDP \
          are asked for again over TCP, so both are needed.",
    help: "Add an egress rule to the pods `k8s-app: kube-dns` of the namespace `kube-system`, with UDP 53 and TCP 53; one \
           policy with `podSelector: {}` does it for the whole namespace.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((
        Promise::Opens,
        "Adds a policy that opens what is missing of UDP 53 and TCP 53: to the cluster's DNS for the pods, or for the pods at the \
         DNS servers. Not where the input has workloads and no DNS among them: the cluster may have another one than usual.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let dns = context.dns();
    let mut groups: BTreeMap<(PolicyId, Answer, Cause), Vec<PeerId>> = BTreeMap::new();
    for subject in judged(context, dns) {
        let answer = dns.answer(context, subject);
        let widest = context.widest(context.evaluation().selecting(Direction::Egress, subject));
        if let (Some(widest), Some(_)) = (widest, answer.missing().next()) {
            let cause = dns.cause(context, subject, answer);
            groups.entry((widest, answer, cause)).or_default().push(subject);
        }
    }
    let told: BTreeSet<PeerId> = groups.values().flatten().copied().collect();
    let findings = groups
        .into_iter()
        .filter_map(|((policy, answer, cause), pods)| finding(context, dns, policy, answer, cause, &pods));
    let findings: Vec<Finding> = findings.collect();
    findings.into_iter().chain(denied(context, dns, &told)).collect()
}

/// Pods that rules of cluster-scoped policies keep from every DNS server; one finding a rule.
fn denied(context: &Context<'_>, dns: &Dns, told: &BTreeSet<PeerId>) -> impl Iterator<Item = Finding> {
    let mut groups: BTreeMap<Origin, Vec<PeerId>> = BTreeMap::new();
    let mut by_class: BTreeMap<usize, Option<Origin>> = BTreeMap::new();
    let any =
        !context.cluster().cluster_policies.is_empty() && !dns.servers.is_empty() && dns.cache.is_none();
    for (subject, _) in context.input_workloads().filter(|_| any) {
        if told.contains(&subject) || dns.is_server(subject) {
            continue;
        }
        let class = context.evaluation().class(subject);
        let rule = by_class.entry(class).or_insert_with(|| denying(context, subject, dns));
        if let Some(rule) = rule {
            groups.entry(*rule).or_default().push(subject);
        }
    }
    let server = dns.servers.first().map(|server| server.peer);
    let port = dns.port(Answer::default());
    groups.into_iter().filter_map(move |(origin, pods)| {
        let at = context.cluster_rule(origin)?;
        let (first, server) = (*pods.first()?, server?);
        let reach = if pods.len() == 1 { "reaches" } else { "reach" };
        let names = context.names(&pods);
        let mut spans = vec![at.span(), cluster_policy_span(at.policy)];
        spans.extend(context.workload_spans(&pods));
        Some(Finding {
            message: format!(
                "{names} {reach} no DNS server on {} over UDP: {} of `{}` denies it",
                dns::on_port(port),
                at.path(),
                at.name()
            ),
            subject: at.policy.reference(),
            spans,
            witness: Some(Witness { source: first, destination: server, protocol: Protocol::Udp, port }),
            ..Finding::of(&RULE)
        })
    })
}

/// The rule that denies a pod what it asks of the first DNS server, where it reaches none over UDP.
fn denying(context: &Context<'_>, subject: PeerId, dns: &Dns) -> Option<Origin> {
    let reached = dns.answer(context, subject).udp;
    let server = dns.servers.first().filter(|_| !reached && !context.effort().is_exhausted())?;
    let asked = ConnectionSet::of(Protocol::Udp, server.ports.ports(Protocol::Udp).clone());
    Some(denied::denying(context, subject, server.peer, &asked)?.origin)
}

/// The pods that findings speak of, isolated for egress, less the servers.
fn judged(context: &Context<'_>, dns: &Dns) -> Vec<PeerId> {
    let ids = context
        .cluster()
        .policies()
        .filter(|(_, policy)| policy.isolates(Direction::Egress))
        .map(|(id, _)| id);
    let mut judged: Vec<PeerId> = ids.flat_map(|id| context.subjects(id).iter().copied()).collect();
    order::sort_and_dedup(&mut judged);
    judged.retain(|peer| !dns.is_server(*peer));
    judged
}

fn finding(
    context: &Context<'_>,
    dns: &Dns,
    policy_id: PolicyId,
    answer: Answer,
    cause: Cause,
    pods: &[PeerId],
) -> Option<Finding> {
    let protocol = answer.missing().next()?;
    let first = *pods.first()?;
    let server = dns.servers.first().map(|server| server.peer);
    let port = dns.port(answer);
    let on = dns::on_port(port);
    let in_the_way = match (cause, server) {
        (Cause::Servers, Some(server)) => widest_for_ingress(context, server)?,
        (Cause::Servers | Cause::Egress, _) => policy_id,
    };
    let policy = context.cluster().policy(in_the_way)?;
    let names = context.names(pods);
    let alone = pods.len() == 1 && context.workload(first).is_some_and(|one| !one.is_hypothetical());
    let (reach, them) = if alone { ("reaches", "it") } else { ("reach", "them") };
    let fix = open_dns(context, policy_id, answer, cause, &names, server);
    let what = match (answer.udp, answer.tcp) {
        (false, false) => format!("{names} {reach} no DNS server on {on}"),
        (false, true) => {
            format!("{names} {reach} DNS on {on} over TCP only, and names are asked for over UDP first")
        }
        (true, _) => {
            format!("{names} {reach} DNS on {on} over UDP only, and answers too large for UDP need TCP")
        }
    };
    let selecting = context.evaluation().selecting(Direction::Egress, first);
    let others =
        selecting.iter().filter(|id| **id != policy_id).filter_map(|id| context.cluster().policy(*id));
    let others: Vec<String> = others.map(|policy| policy.reference().name).collect();
    let opens_it = match dns.cache {
        Some(_) => format!("opens {}", dns::at_cache()),
        None => "opens it".to_owned(),
    };
    let why = match cause {
        Cause::Servers => format!("`{}` does not let {them} in", policy.reference().name),
        Cause::Egress if others.is_empty() || pods.len() > 1 => {
            format!("`{}` isolates {them} for egress and no rule {opens_it}", policy.reference().name)
        }
        Cause::Egress => {
            let listed = words::list(others.iter().map(String::as_str));
            format!(
                "`{}` isolates {them} for egress, with {listed}, and no rule {opens_it}",
                policy.reference().name
            )
        }
    };
    // Without servers to tell, no address is open either: a rule that opens one would count.
    let witness =
        dns.asked(context).map(|destination| Witness { source: first, destination, protocol, port });
    let witness = witness.filter(|one| is_denied(context, *one));
    let mut spans = vec![policy_span(policy), policy.handle.span(policy.spec.pod_selector.range)];
    spans.extend(context.workload_spans(pods));
    Some(Finding {
        message: format!("{what}: {why}"),
        subject: policy.reference(),
        spans,
        witness,
        fix,
        cause: Some(Why::Dns(policy_id, answer, cause, Part::Itself)),
        ..Finding::of(&RULE)
    })
}

fn is_denied(context: &Context<'_>, witness: Witness) -> bool {
    let allowed = context.evaluation().allowed(witness.source, witness.destination);
    !allowed.contains(witness.protocol, witness.port)
}

/// Opens what is missing at the end that is in the way.
fn open_dns(
    context: &Context<'_>,
    policy_id: PolicyId,
    answer: Answer,
    cause: Cause,
    names: &str,
    server: Option<PeerId>,
) -> Option<Fix> {
    let policy = context.cluster().policy(policy_id)?;
    let port = context.dns().port(answer);
    let missing = |protocol| !answer.works(protocol);
    let protocols = words::phrases(answer.missing().map(|one| format!("{} {port}", one.as_str())).collect());
    let added = match (cause, server) {
        (Cause::Servers, Some(server)) => let_in(context, policy, answer, server)?,
        // Which DNS the cluster has, a part of it does not tell. A policy on its own is written for a usual one.
        (Cause::Servers | Cause::Egress, _) if context.has_workloads() && !context.dns().is_known() => {
            return None;
        }
        (Cause::Servers | Cause::Egress, _) => allow_dns(
            context,
            missing_dns_peers(context),
            policy.namespace,
            "allow-dns",
            &policy.spec.pod_selector,
            missing,
        )?,
    };
    Some(Fix::add(format!("open {protocols} to the cluster's DNS for {names}"), vec![added]))
}

/// Lets the pods that a policy selects in to a DNS server.
fn let_in(context: &Context<'_>, policy: &Policy, answer: Answer, server: PeerId) -> Option<NewPolicy> {
    let workload = context.workload(server)?;
    let labels = policies::telling_labels(context.evaluation(), workload);
    let from = Yaml::map([
        ("namespaceSelector", fix::namespaces_named(&[context.namespace_name(policy.namespace)])),
        ("podSelector", fix::selector(&policy.spec.pod_selector)),
    ]);
    let dns = context.dns().ports();
    let ports = answer.missing().fold(ConnectionSet::NONE, |all, protocol| {
        all.union(&ConnectionSet::of(protocol, dns.ports(protocol).clone()))
    });
    let rule = policies::rule(Direction::Ingress, vec![from], &ports);
    let selector = policies::selector_of(&labels);
    let evaluation = context.evaluation();
    policies::policy(evaluation, workload.namespace, "allow-dns", &selector, Direction::Ingress, vec![rule])
}

/// Whether the egress rules of a policy open DNS over a protocol, on a usual cluster.
pub(super) fn rules_open(policy: &Policy, protocol: Protocol) -> bool {
    policy.rules(Direction::Egress).iter().any(|rule| {
        let over = |port: &PolicyPort| {
            port.protocol == protocol && (port.port == PortMatch::Any || dns::names_dns(port))
        };
        rule.ports.iter().any(over)
            || (rule.ports.is_empty() && rule.peers.iter().all(|peer| matches!(peer, Peer::Block { .. })))
    })
}

fn widest_for_ingress(context: &Context<'_>, server: PeerId) -> Option<PolicyId> {
    context.widest(context.evaluation().selecting(Direction::Ingress, server))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::dns::DnsAnswer;
    use crate::testing::{Case, cluster_policy, coredns, deployment, policy};

    const DENY: &str = "{podSelector: {}, policyTypes: [Ingress, Egress]}";

    fn to_dns(ports: &str) -> String {
        format!(
            "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{namespaceSelector: {{matchLabels: \
             {{kubernetes.io/metadata.name: kube-system}}}}, podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}], \
             ports: {ports}}}]}}"
        )
    }

    fn shop() -> String {
        deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + &coredns()
    }

    #[test]
    fn a_default_deny_cuts_dns() {
        let found = Case::new(&(shop() + &policy("shop", "deny", DENY))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/deny");
        assert_eq!(
            found[0].message,
            "`web` and `db` reach no DNS server on port 53: `deny` isolates them for egress and no rule opens it"
        );
        assert_eq!(found[0].spans, ["deny", "{}", "web", "db"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> kube-system/coredns UDP 53"));
    }

    #[test]
    fn so_it_does_on_its_own() {
        let found = Case::new(&policy("shop", "deny", DENY)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.starts_with("the pods that it selects reach no DNS server"),
            "{}",
            found[0].message
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/* -> 0.0.0.0/0 UDP 53"));
    }

    #[test]
    fn no_fix_names_a_dns_that_is_not_there() {
        let fix = |text: &str| {
            let [found] = &Case::new(text).check(&RULE)[..] else { panic!("one finding: {text}") };
            found.fix.clone()
        };
        let deny = policy("shop", "deny", DENY);
        let opened = "open UDP 53 and TCP 53 to the cluster's DNS for";
        assert_eq!(fix(&(shop() + &deny)), Some(format!("{opened} `web` and `db`")));
        assert_eq!(fix(&(deployment("shop", "web", 80) + &deny)), None);
        // A policy on its own is for a usual cluster.
        assert_eq!(fix(&deny), Some(format!("{opened} the pods that it selects")));
    }

    #[test]
    fn a_rule_of_another_policy_is_enough() {
        let rule = policy("shop", "dns", &to_dns("[{port: 53, protocol: UDP}, {port: 53}]"));
        assert!(Case::new(&(shop() + &policy("shop", "deny", DENY) + &rule)).check(&RULE).is_empty());
        assert!(Case::new(&(policy("shop", "deny", DENY) + &rule)).check(&RULE).is_empty());
    }

    #[test]
    fn udp_and_tcp_are_judged_apart() {
        for dns in [shop(), deployment("shop", "web", 80)] {
            let text =
                dns.clone() + &policy("shop", "deny", DENY) + &policy("shop", "dns", &to_dns("[{port: 53}]"));
            let found = Case::new(&text).check(&RULE);
            assert_eq!(found.len(), 1);
            assert!(found[0].message.contains("over TCP only"), "{}", found[0].message);
            let text = dns
                + &policy("shop", "deny", DENY)
                + &policy("shop", "dns", &to_dns("[{port: 53, protocol: UDP}]"));
            let found = Case::new(&text).check(&RULE);
            assert_eq!(found.len(), 1);
            assert!(found[0].message.contains("over UDP only"), "{}", found[0].message);
        }
    }

    #[test]
    fn the_servers_may_be_in_the_way() {
        let text = shop()
            + &policy("shop", "dns", &to_dns("[{port: 53, protocol: UDP}, {port: 53}]"))
            + &policy("kube-system", "closed", "{podSelector: {}}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy kube-system/closed");
        assert_eq!(
            found[0].message,
            "`web` and `db` reach no DNS server on port 53: `closed` does not let them in"
        );
    }

    #[test]
    fn a_resolver_of_ones_own_counts() {
        for to in [
            "{to: [{ipBlock: {cidr: 10.0.0.2/32}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}",
            "{to: [{ipBlock: {cidr: 169.254.20.10/32}}]}",
        ] {
            let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{to}]}}");
            assert!(Case::new(&(shop() + &policy("shop", "out", &spec))).check(&RULE).is_empty(), "{to}");
        }
    }

    #[test]
    fn addresses_outside_are_not_the_dns_pods() {
        let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}";
        assert_eq!(Case::new(&(shop() + &policy("shop", "out", spec))).check(&RULE).len(), 1);
    }

    #[test]
    fn pods_that_no_policy_isolates_for_egress() {
        assert!(Case::new(&(shop() + &policy("shop", "deny", "{podSelector: {}}"))).check(&RULE).is_empty());
    }

    #[test]
    fn a_rule_of_a_cluster_scoped_policy_denies_it() {
        let of = |rules: &str| {
            let spec = format!(
                "subject: {{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: shop}}}}}}, egress: [{rules}]"
            );
            let text = deployment("shop", "web", 80) + &coredns() + &cluster_policy("net", "Admin", 5, &spec);
            Case::new(&text).check(&RULE)
        };
        let deny = "{action: Deny, to: [{networks: [0.0.0.0/0]}]}";
        let found = of(deny);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy net");
        assert_eq!(
            found[0].message,
            "`web` reaches no DNS server on port 53 over UDP: egress rule 1 of `net` denies it"
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> kube-system/coredns UDP 53"));
        assert!(of(&format!("{{action: Pass, to: [{{namespaces: {{}}}}]}}, {deny}")).is_empty());
    }

    /// Egress to one database is no resolver, nor is a small network.
    #[test]
    fn an_address_without_ports_is_no_resolver() {
        for cidr in ["203.0.113.7/32", "203.0.113.6/31"] {
            let spec = format!(
                "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: {cidr}}}}}]}}]}}"
            );
            for cluster in [shop(), deployment("shop", "web", 80)] {
                let found = Case::new(&(cluster + &policy("shop", "out", &spec))).check(&RULE);
                assert_eq!(found.len(), 1, "{cidr}");
            }
        }
    }

    #[test]
    fn without_dns_pods_what_can_only_mean_others_is_no_dns() {
        let of = |to: &str| {
            let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{to}]}}");
            Case::new(&(deployment("shop", "web", 80) + &policy("shop", "out", &spec))).check(&RULE).len()
        };
        let ports = "ports: [{port: 53, protocol: UDP}, {port: 53}]";
        let named = |name: &str| {
            format!("namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}")
        };
        for other in [
            format!("{{to: [{{{}}}]}}", named("monitoring")),
            format!("{{to: [{{podSelector: {{matchLabels: {{app: db}}}}}}], {ports}}}"),
            format!(
                "{{to: [{{namespaceSelector: {{}}, podSelector: {{matchLabels: {{app: db}}}}}}], {ports}}}"
            ),
        ] {
            assert_eq!(of(&other), 1, "{other}");
        }
        for dns in [
            format!("{{to: [{{{}}}]}}", named("kube-system")),
            "{to: [{namespaceSelector: {}}]}".to_owned(),
            format!("{{to: [{{namespaceSelector: {{matchLabels: {{team: platform}}}}}}], {ports}}}"),
            format!(
                "{{to: [{{{}, podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}}}], {ports}}}",
                named("kube-system")
            ),
        ] {
            assert_eq!(of(&dns), 0, "{dns}");
        }
    }

    fn openshift() -> String {
        "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: dns-default, namespace: openshift-dns}\nspec:\n  \
         selector: {matchLabels: {dns.operator.openshift.io/daemonset-dns: default}}\n  template:\n    metadata: {labels: \
         {dns.operator.openshift.io/daemonset-dns: default}}\n    spec:\n      containers:\n        - name: dns\n          \
         image: example\n          ports: [{name: dns, containerPort: 5353, protocol: UDP}, {name: dns-tcp, containerPort: \
         5353}]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: dns-default, namespace: openshift-dns}\nspec: \
         {selector: {dns.operator.openshift.io/daemonset-dns: default}, ports: [{name: dns, port: 53, protocol: UDP, \
         targetPort: dns}, {name: dns-tcp, port: 53, targetPort: dns-tcp}]}\n"
            .to_owned()
    }

    #[test]
    fn a_service_that_leads_53_to_another_port() {
        let to = |port: u16| {
            policy(
                "shop",
                "dns",
                &format!(
                    "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{namespaceSelector: {{matchLabels: \
                 {{kubernetes.io/metadata.name: openshift-dns}}}}}}], ports: [{{port: {port}, protocol: UDP}}, {{port: {port}}}]}}]}}"
                ),
            )
        };
        let web = || deployment("shop", "web", 80) + &openshift();
        let found = Case::new(&(web() + &to(53))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`web` reaches no DNS server on port 5353, to which the Service leads 53: `dns` isolates it for egress and no rule \
             opens it"
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> openshift-dns/dns-default UDP 5353"));
        assert!(Case::new(&(web() + &to(5353))).check(&RULE).is_empty());
    }

    #[test]
    fn the_cache_of_the_node() {
        let cache = "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: node-local-dns, namespace: \
                     kube-system}\nspec:\n  selector: {matchLabels: {k8s-app: node-local-dns}}\n  template:\n    metadata: \
                     {labels: {k8s-app: node-local-dns}}\n    spec: {hostNetwork: true, containers: [{name: c, image: i}]}\n";
        let ports = "[{port: 53, protocol: UDP}, {port: 53}]";
        let text =
            deployment("shop", "web", 80) + &coredns() + cache + &policy("shop", "dns", &to_dns(ports));
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`web` reaches no DNS server on port 53: `dns` isolates it for egress and no rule opens `169.254.20.10`, where \
             NodeLocal DNSCache answers"
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 UDP 53"));
        let to_cache = format!(
            "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{{ipBlock: {{cidr: 169.254.20.10/32}}}}], ports: {ports}}}]}}"
        );
        assert!(Case::new(&(text + &policy("shop", "cache", &to_cache))).check(&RULE).is_empty());
    }

    #[test]
    fn each_workload_is_told_whether_dns_works() {
        let of = |text: &str| Case::new(text).dns("web");
        let deny = || shop() + &policy("shop", "deny", DENY);
        assert_eq!(of(&shop()), DnsAnswer::Works);
        assert_eq!(of(&deny()), DnsAnswer::Blocked("no egress rule opens UDP and TCP 53".to_owned()));
        let udp = policy("shop", "dns", &to_dns("[{port: 53, protocol: UDP}]"));
        assert_eq!(of(&(deny() + &udp)), DnsAnswer::Partly("no egress rule opens TCP 53".to_owned()));
        let both = policy("shop", "dns", &to_dns("[{port: 53, protocol: UDP}, {port: 53}]"));
        assert_eq!(of(&(deny() + &both)), DnsAnswer::Works);
        let closed = policy("kube-system", "closed", "{podSelector: {}}");
        assert_eq!(
            of(&(shop() + &closed)),
            DnsAnswer::Blocked("the DNS servers do not let it in over UDP and TCP".to_owned())
        );
    }
}
