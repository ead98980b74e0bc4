//! NP305: pods that are isolated for egress and reach no DNS server, over UDP and over TCP.
//!
//! Judged on the union of the policies. The DNS servers are the cluster's DNS pods of the input; a rule that opens port
//! 53 (or one single address) by `ipBlock` counts as a resolver of one's own. Where the input has no DNS pods, any rule
//! that opens 53 counts if it can mean them: one that names the port, or one for everyone, for addresses or for other
//! namespaces. The DNS servers themselves are not judged.
//!
//! One finding for each policy that isolates, the widest one for pods that several policies isolate; it speaks of all
//! pods that have the same answer.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, Origin, PeerId, Policy, PolicyId, PortSet, Workload};
use netpol_manifest::{Direction, Peer, PolicyPort, PortMatch, Protocol, Yaml};
use netpol_source::order;

use crate::context::{Context, RuleAt, cluster_policy_span, policy_span};
use crate::denied;
use crate::finding::{Finding, Witness};
use crate::fix::{self, Fix, NewPolicy};
use crate::policies::{self, allow_dns};
use crate::references as refer;
use crate::rule::{Example, Promise, Proof, Rule, Severity};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: "NP305",
    name: "dns-blocked",
    severity: Severity::Medium,
    summary: "A pod that is isolated for egress reaches no DNS server on port 53, over UDP or over TCP.",
    why: "Isolating a pod for egress cuts it off from the cluster's DNS as well. Every connection that it opens by name then \
          fails, often only after a long wait, and looks like a fault of the service. Answers that are too large for UDP \
          are asked for again over TCP, so both are needed.",
    help: "Add an egress rule to the pods `k8s-app: kube-dns` of the namespace `kube-system`, with UDP 53 and TCP 53; one \
           policy with `podSelector: {}` does it for the whole namespace.",
    references: &[refer::CKS_POLICIES],
    example: Example {
        triggers: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
",
        mended: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports: [{port: 53, protocol: UDP}, {port: 53}]
",
    },
    proof: Proof::Denied,
    fix: Some((
        Promise::Opens,
        "Adds a policy that opens what is missing of UDP 53 and TCP 53: to the cluster's DNS for the pods, or for the pods at the DNS servers.",
    )),
    check,
};

/// Which protocols DNS works over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    udp: bool,
    tcp: bool,
}

impl Answer {
    fn works(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Udp => self.udp,
            Protocol::Tcp => self.tcp,
            Protocol::Sctp => true,
        }
    }

    fn or(self, other: Self) -> Self {
        Self { udp: self.udp || other.udp, tcp: self.tcp || other.tcp }
    }

    fn of(works: impl Fn(Protocol) -> bool) -> Self {
        Self { udp: works(Protocol::Udp), tcp: works(Protocol::Tcp) }
    }

    fn missing(self) -> impl Iterator<Item = Protocol> {
        [Protocol::Udp, Protocol::Tcp].into_iter().filter(move |protocol| !self.works(*protocol))
    }
}

/// Which end is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Egress,
    /// The pod may ask, but the DNS servers do not let it in.
    Servers,
    /// The pod asks the cache of its node, which is an address outside the pod network, and may not.
    Cache(PeerId),
}

/// The address of NodeLocal DNSCache, where it runs: pods ask it, and not the servers behind it.
fn cache(context: &Context<'_>) -> Option<PeerId> {
    let mut workloads = context.input_workloads();
    workloads.find(|(_, workload)| well_known::is_node_local_dns(workload))?;
    let mut peers = context.evaluation().peer_ids();
    let holds = |range: &netpol_eval::ExternalRange| {
        range.cidrs().iter().any(|cidr| cidr.contains(&well_known::NODE_LOCAL_DNS))
    };
    peers.find(|(_, peer)| peer.external().is_some_and(holds)).map(|(id, _)| id)
}

fn check(context: &Context<'_>) -> Vec<Finding> {
    let servers: Vec<(PeerId, &Workload)> = context
        .input_workloads()
        .filter(|(_, workload)| well_known::is_dns(workload))
        .map(|(peer, workload)| (peer, workload.as_ref()))
        .collect();
    let cache = cache(context);
    let mut by_rules: BTreeMap<PolicyId, Answer> = BTreeMap::new();
    for at in context.all_rules().filter(|at| at.direction == Direction::Egress) {
        let answer = by_rules.entry(at.policy_id).or_default();
        *answer = answer.or(by_rule(&at, servers.is_empty()));
    }
    let mut groups: BTreeMap<(PolicyId, Answer, Cause), Vec<PeerId>> = BTreeMap::new();
    // Without servers to tell, an address that a rule of another tier opens may be one.
    let opened = |subject: PeerId| {
        let outside = context.any_address().first().filter(|_| servers.is_empty()).copied();
        let allowed = outside.map(|outside| context.evaluation().allowed(subject, outside));
        Answer::of(|protocol| allowed.is_some_and(|allowed| allowed.contains(protocol, 53)))
    };
    for subject in judged(context, &servers) {
        let selecting = context.evaluation().selecting(Direction::Egress, subject);
        let rules = selecting
            .iter()
            .filter_map(|id| by_rules.get(id))
            .fold(Answer::default(), |all, one| all.or(*one));
        let answer = rules.or(opened(subject)).or(Answer::of(|protocol| {
            if let Some(cache) = cache {
                return context.evaluation().allowed(subject, cache).contains(protocol, 53);
            }
            servers.iter().any(|(server, workload)| {
                let allowed = context.evaluation().allowed(subject, *server).ports(protocol);
                answers(workload, protocol, allowed)
            })
        }));
        let widest = widest(context, selecting);
        if let (Some(widest), Some(_)) = (widest, answer.missing().next()) {
            let cause = match cache {
                Some(cache) => Cause::Cache(cache),
                None => cause(context, subject, answer, &servers),
            };
            groups.entry((widest, answer, cause)).or_default().push(subject);
        }
    }
    let told: BTreeSet<PeerId> = groups.values().flatten().copied().collect();
    let findings = groups.into_iter().filter_map(|((policy, answer, cause), pods)| {
        finding(context, policy, answer, cause, &pods, &servers)
    });
    let findings: Vec<Finding> = findings.collect();
    findings.into_iter().chain(denied(context, &servers, &told)).collect()
}

/// Pods that rules of cluster-scoped policies keep from every DNS server; one finding a rule.
fn denied(
    context: &Context<'_>,
    servers: &[(PeerId, &Workload)],
    told: &BTreeSet<PeerId>,
) -> impl Iterator<Item = Finding> {
    let mut groups: BTreeMap<Origin, Vec<PeerId>> = BTreeMap::new();
    let mut by_class: BTreeMap<usize, Option<Origin>> = BTreeMap::new();
    let is_server = |peer: PeerId| servers.iter().any(|(server, _)| *server == peer);
    let any = !context.cluster().cluster_policies.is_empty() && !servers.is_empty();
    for (subject, _) in context.input_workloads().filter(|_| any) {
        if told.contains(&subject) || is_server(subject) {
            continue;
        }
        let class = context.evaluation().class(subject);
        let rule = by_class.entry(class).or_insert_with(|| denying(context, subject, servers));
        if let Some(rule) = rule {
            groups.entry(*rule).or_default().push(subject);
        }
    }
    groups.into_iter().filter_map(|(origin, pods)| {
        let at = context.cluster_rule(origin)?;
        let (first, server) = (*pods.first()?, servers.first()?.0);
        let reach = if pods.len() == 1 { "reaches" } else { "reach" };
        let names = context.names(&pods);
        let mut spans = vec![at.span(), cluster_policy_span(at.policy)];
        spans.extend(context.workload_spans(&pods));
        Some(Finding {
            message: format!(
                "{names} {reach} no DNS server on port 53 over UDP: {} of `{}` denies it",
                at.path(),
                at.name()
            ),
            subject: at.policy.reference(),
            spans,
            witness: Some(Witness { source: first, destination: server, protocol: Protocol::Udp, port: 53 }),
            ..Finding::of(&RULE)
        })
    })
}

/// The rule that denies a pod what it asks of the first DNS server, where it reaches none over UDP.
fn denying(context: &Context<'_>, subject: PeerId, servers: &[(PeerId, &Workload)]) -> Option<Origin> {
    let evaluation = context.evaluation();
    context.work(servers.len());
    let reached = servers.iter().any(|(server, workload)| {
        let allowed = evaluation.allowed(subject, *server).ports(Protocol::Udp);
        answers(workload, Protocol::Udp, allowed)
    });
    let (server, _) = servers.first().filter(|_| !reached && !context.effort().is_exhausted())?;
    let asked = ConnectionSet::of(Protocol::Udp, PortSet::range(53, 53));
    Some(denied::denying(context, subject, *server, &asked)?.origin)
}

/// The pods that findings speak of, isolated for egress, less the servers.
fn judged(context: &Context<'_>, servers: &[(PeerId, &Workload)]) -> Vec<PeerId> {
    let is_server = |peer: &PeerId| servers.iter().any(|(server, _)| server == peer);
    let ids = context
        .cluster()
        .policies()
        .filter(|(_, policy)| policy.isolates(Direction::Egress))
        .map(|(id, _)| id);
    let mut judged: Vec<PeerId> = ids.flat_map(|id| context.subjects(id).iter().copied()).collect();
    order::sort_and_dedup(&mut judged);
    judged.retain(|peer| !is_server(peer));
    judged
}

/// Whether some of these ports is one on which a server answers.
fn answers(server: &Workload, protocol: Protocol, open: &PortSet) -> bool {
    !well_known::dns_ports_of(server).ports(protocol).intersection(open).is_empty()
}

/// Whether a rule opens DNS whatever the cluster's DNS pods are.
fn by_rule(at: &RuleAt<'_>, without_servers: bool) -> Answer {
    let named = |protocol| {
        at.rule.ports.iter().filter(move |port| port.protocol == protocol).any(|port| match &port.port {
            PortMatch::Any => false,
            PortMatch::Range(first, last) => (*first..=*last).contains(&53),
            PortMatch::Name(name) => well_known::is_dns_name(name),
        })
    };
    let open = |protocol| {
        let every =
            |port: &netpol_manifest::PolicyPort| port.protocol == protocol && port.port == PortMatch::Any;
        at.rule.ports.is_empty() || at.rule.ports.iter().any(every) || named(protocol)
    };
    let blocks = || {
        at.rule.peers.iter().filter_map(|peer| match peer {
            Peer::Block { cidr, .. } => Some(cidr.value),
            Peer::Pods { .. } => None,
        })
    };
    let own_resolver = blocks().any(|block| block.prefix_len() > 0);
    let node_local = blocks().any(|block| block == IpNet::from(well_known::NODE_LOCAL_DNS));
    let other_namespaces = at.rule.peers.iter().any(|peer| match peer {
        Peer::Pods { namespace_selector: Some(namespaces), pod_selector, .. } => {
            well_known::may_be_dns(namespaces, pod_selector.as_ref())
        }
        Peer::Pods { namespace_selector: None, .. } | Peer::Block { .. } => false,
    });
    let can_mean_servers = at.rule.peers.is_empty() || blocks().next().is_some() || other_namespaces;
    Answer::of(|protocol| {
        (own_resolver && named(protocol))
            || (node_local && open(protocol))
            || (without_servers && (named(protocol) || (can_mean_servers && open(protocol))))
    })
}

/// Of the policies that isolate a pod for egress, the one that selects most pods.
fn widest(context: &Context<'_>, selecting: &[PolicyId]) -> Option<PolicyId> {
    selecting.iter().copied().max_by_key(|id| (context.subjects(*id).len(), std::cmp::Reverse(*id)))
}

fn cause(context: &Context<'_>, subject: PeerId, answer: Answer, servers: &[(PeerId, &Workload)]) -> Cause {
    let asks = |protocol| {
        servers.iter().any(|(server, workload)| {
            let end = context.evaluation().end(Direction::Egress, subject, *server).ports(protocol);
            answers(workload, protocol, end)
        })
    };
    if answer.missing().all(asks) { Cause::Servers } else { Cause::Egress }
}

fn finding(
    context: &Context<'_>,
    policy_id: PolicyId,
    answer: Answer,
    cause: Cause,
    pods: &[PeerId],
    servers: &[(PeerId, &Workload)],
) -> Option<Finding> {
    let protocol = answer.missing().next()?;
    let first = *pods.first()?;
    let server = servers.first().map(|(server, _)| *server);
    let in_the_way = match (cause, server) {
        (Cause::Servers, Some(server)) => widest_for_ingress(context, server)?,
        (Cause::Servers | Cause::Egress | Cause::Cache(_), _) => policy_id,
    };
    let policy = context.cluster().policy(in_the_way)?;
    let names = context.names(pods);
    let alone = pods.len() == 1 && context.workload(first).is_some_and(|one| !one.is_hypothetical());
    let (reach, them) = if alone { ("reaches", "it") } else { ("reach", "them") };
    let fix = open_dns(context, policy_id, answer, cause, &names, server);
    let what = match (answer.udp, answer.tcp) {
        (false, false) if matches!(cause, Cause::Cache(_)) => {
            format!(
                "{names} {} not reach the DNS cache of the node, {}, on port 53",
                if alone { "does" } else { "do" },
                well_known::NODE_LOCAL_DNS
            )
        }
        (false, false) => format!("{names} {reach} no DNS server on port 53"),
        (false, true) => {
            format!("{names} {reach} DNS on port 53 over TCP only, and names are asked for over UDP first")
        }
        (true, _) => {
            format!("{names} {reach} DNS on port 53 over UDP only, and answers too large for UDP need TCP")
        }
    };
    let selecting = context.evaluation().selecting(Direction::Egress, first);
    let others =
        selecting.iter().filter(|id| **id != policy_id).filter_map(|id| context.cluster().policy(*id));
    let others: Vec<String> = others.map(|policy| policy.reference().name).collect();
    let why = match cause {
        Cause::Servers => format!("`{}` does not let {them} in", policy.reference().name),
        Cause::Egress | Cause::Cache(_) if others.is_empty() || pods.len() > 1 => {
            format!("`{}` isolates {them} for egress and no rule opens it", policy.reference().name)
        }
        Cause::Egress | Cause::Cache(_) => {
            let listed = words::list(others.iter().map(String::as_str));
            format!(
                "`{}` isolates {them} for egress, with {listed}, and no rule opens it",
                policy.reference().name
            )
        }
    };
    // Without servers to tell, no address is open either: a rule that opens one would count.
    let asked = match cause {
        Cause::Cache(cache) => Some(cache),
        Cause::Egress | Cause::Servers => server.or_else(|| context.any_address().first().copied()),
    };
    let witness = asked.map(|destination| Witness { source: first, destination, protocol, port: 53 });
    let mut spans = vec![policy_span(policy), policy.handle.span(policy.spec.pod_selector.range)];
    spans.extend(context.workload_spans(pods));
    Some(Finding {
        message: format!("{what}: {why}"),
        subject: policy.reference(),
        spans,
        witness,
        fix,
        ..Finding::of(&RULE)
    })
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
    let missing = |protocol| !answer.works(protocol);
    let protocols = words::phrases(answer.missing().map(|one| format!("{} 53", one.as_str())).collect());
    let added = match (cause, server) {
        (Cause::Servers, Some(server)) => let_in(context, policy, answer, server)?,
        (Cause::Servers | Cause::Egress | Cause::Cache(_), _) => {
            allow_dns(context, policy.namespace, "allow-dns", &policy.spec.pod_selector, missing)?
        }
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
    let dns = well_known::dns_ports();
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
            port.protocol == protocol
                && match &port.port {
                    PortMatch::Any => true,
                    PortMatch::Range(first, last) => (*first..=*last).contains(&53),
                    PortMatch::Name(name) => well_known::is_dns_name(name),
                }
        };
        rule.ports.iter().any(over)
            || (rule.ports.is_empty() && rule.peers.iter().all(|peer| matches!(peer, Peer::Block { .. })))
    })
}

fn widest_for_ingress(context: &Context<'_>, server: PeerId) -> Option<PolicyId> {
    widest(context, context.evaluation().selecting(Direction::Ingress, server))
}

#[cfg(test)]
mod tests {
    use super::RULE;
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
            "`web` reaches no DNS server on port 53 over UDP: `egress[0]` of `net` denies it"
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> kube-system/coredns UDP 53"));
        assert!(of(&format!("{{action: Pass, to: [{{namespaces: {{}}}}]}}, {deny}")).is_empty());
    }
}
