//! NP107: workloads that reach the cloud's metadata endpoint, 169.254.169.254 or fd00:ec2::254.
//!
//! The endpoint answers on TCP 80, so only that port counts: a rule that opens nothing but TCP 443 to every address is
//! NP105's alone. One finding for each rule that opens the endpoint, and one for each namespace with workloads that no
//! policy isolates for egress. Those of other clouds count where a rule names them by a narrow block.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, METADATA_V4, METADATA_V6, OTHER_METADATA, PortSet};
use netpol_manifest::{Change, Direction, Peer, Protocol, Yaml};

use crate::callers;
use crate::cause::Wide;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::outside::{self, Addresses, Origin};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::RuleAt;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP107,
    name: "metadata-endpoint-reachable",
    severity: Severity::High,
    summary: "A workload reaches the cloud's metadata endpoint, 169.254.169.254 or fd00:ec2::254, on TCP 80, or by a narrow block \
              that of another cloud.",
    why: "On a cloud machine the endpoint hands out the credentials of the node to whoever asks. A pod that reaches it can \
          act as the node in the cloud's account.",
    help: "Add `except: [169.254.169.254/32]` to the `ipBlock` that opens it (`fd00:ec2::254/128` for IPv6). A rule that \
           names no peers opens it too: name those that are needed. Isolate every pod for egress. Other clouds \
           have such addresses too: 168.63.129.16 on Azure, 100.100.100.200 on Alibaba Cloud, 169.254.170.2 on Amazon ECS, \
           169.254.170.23 and fd00:ec2::23 on Amazon EKS.",
    references: &[refer::NSA_CLOUD, refer::ATTACK_METADATA, refer::MICROSOFT_METADATA, refer::CKS_METADATA],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Takes the endpoint, and those of other clouds, out of the blocks of the rule with `except`. Where no NetworkPolicy isolates the pods: as no-default-deny-egress.",
    )),
};

/// The addresses that count besides where a rule names them, and whose they are.
const OF_OTHERS: [&str; OTHER_METADATA.len()] =
    ["Azure", "Alibaba Cloud", "Amazon ECS", "Amazon EKS", "Amazon EKS"];

/// A block from this prefix on names the addresses in it; a wider one means others, and where it leaves out the endpoint
/// of one cloud, it is for that cloud.
const NAMES_V4: u8 = 16;
const NAMES_V6: u8 = 48;

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let causes =
        outside::causes(context, Direction::Egress, Addresses::Of(context.metadata()), over_http, |_| false);
    let mut told: BTreeSet<netpol_eval::Origin> = BTreeSet::new();
    let mut findings: Vec<Finding> = Vec::new();
    for cause in causes {
        let address =
            cause.witness.and_then(|witness| context.evaluation().peer(witness.destination)?.external());
        let address = address.map_or_else(String::new, |range| format!(", {}", range.network.addr()));
        let mut endpoints = vec![format!("the cloud's metadata endpoint{address}")];
        if let Origin::Rule(at) = cause.origin {
            told.insert(at.origin());
            let others = of_others(context, &at).into_iter();
            endpoints.extend(others.map(|(whose, address, _)| format!("that of {whose} ({address})")));
        }
        findings.push(finding(context, cause, &words::phrases(endpoints)));
    }
    for at in context.rules().filter(|at| at.direction == Direction::Egress) {
        if told.contains(&at.origin()) {
            continue;
        }
        let mut others = of_others(context, &at).into_iter();
        let Some((whose, address, cause)) = others.next() else { continue };
        let mut endpoints = vec![format!("the metadata endpoint of {whose} ({address})")];
        endpoints.extend(others.map(|(whose, address, _)| format!("that of {whose} ({address})")));
        findings.push(finding(context, cause, &words::phrases(endpoints)));
    }
    findings
}

/// What the endpoints answer over.
fn over_http(open: &ConnectionSet) -> ConnectionSet {
    open.intersection(&ConnectionSet::of(Protocol::Tcp, PortSet::range(80, 80)))
}

/// What a rule opens of other clouds: whose it is, and where.
fn of_others<'a>(context: &Context<'a>, at: &RuleAt<'a>) -> Vec<(&'static str, IpAddr, outside::Cause<'a>)> {
    let named = OTHER_METADATA.into_iter().zip(OF_OTHERS).filter(|(address, _)| names(at, *address));
    let opened = named.filter_map(|(address, whose)| {
        let peer = callers::peer_of(context, address)?;
        let cause = outside::opened_by_rule(context, at, &[peer], &over_http, &|_| false)?;
        Some((whose, address, cause))
    });
    opened.collect()
}

/// Whether a block of a rule names an address.
fn names(at: &RuleAt<'_>, address: IpAddr) -> bool {
    at.rule.peers.iter().any(|peer| match peer {
        Peer::Block { cidr, except, .. } => {
            let least = if address.is_ipv4() { NAMES_V4 } else { NAMES_V6 };
            cidr.value.prefix_len() >= least
                && cidr.value.contains(&address)
                && !except.iter().any(|hole| hole.value.contains(&address))
        }
        Peer::Pods { .. } => false,
    })
}

fn finding(context: &Context<'_>, cause: outside::Cause<'_>, endpoint: &str) -> Finding {
    let fix = match cause.origin {
        Origin::Rule(at) => except(context, &at),
        Origin::Cluster => None,
        Origin::Namespace(_) => cause.isolate(context, Direction::Egress),
    };
    let workloads = cause.workloads;
    let (reach, them) = if cause.pods.len() == 1 { ("reaches", "it") } else { ("reach", "them") };
    let message = match cause.rule {
        Some((lets, _)) => format!("{lets} {workloads} reach {endpoint}"),
        None => format!("{workloads} {reach} {endpoint}: no NetworkPolicy isolates {them} for egress"),
    };
    Finding {
        message,
        subject: cause.subject,
        spans: cause.spans,
        witness: cause.witness,
        fix,
        cause: cause.origin.cause(Direction::Egress, Wide::Metadata),
        ..Finding::of(&RULE)
    }
}

/// Takes the endpoints of all clouds out of every block of a rule; `None` where that leaves nothing of a block, or others
/// open them.
fn except(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Fix> {
    let mut changes = Vec::new();
    let mut taken_out: Vec<IpNet> = Vec::new();
    for (item, peer) in at.rule.peers.iter().enumerate() {
        let Peer::Block { cidr, except, .. } = peer else { continue };
        let endpoints = [METADATA_V4, METADATA_V6].into_iter().chain(OTHER_METADATA).map(IpNet::from);
        let is_out = |endpoint: &IpNet| except.iter().any(|except| except.value.contains(endpoint));
        let inside: Vec<IpNet> =
            endpoints.filter(|endpoint| cidr.value.contains(endpoint) && !is_out(endpoint)).collect();
        if inside.contains(&cidr.value) {
            return None;
        }
        let way = at.peer_way(item).key("ipBlock").key("except");
        changes.extend(match inside.as_slice() {
            [] => None,
            [only] => Some(Change::Push(way, Yaml::text(only.to_string()))),
            all => {
                let before = except.iter().map(|network| &network.value);
                let texts = before.chain(all).map(|network| Yaml::text(network.to_string()));
                Some(Change::Set(way, Yaml::List(texts.collect())))
            }
        });
        taken_out
            .extend(inside.into_iter().filter(|endpoint| !taken_out.contains(endpoint)).collect::<Vec<_>>());
    }
    if others_open(context, at, &taken_out) {
        return None;
    }
    let message = format!(
        "take {} out of what {} opens, with `except`",
        words::list(taken_out.iter().map(|endpoint| endpoint.addr().to_string())),
        at.path()
    );
    (!changes.is_empty()).then(|| at.fix(message, changes))
}

/// How many subjects of a policy are looked at for what other rules open to them.
const MOST_LOOKED_AT: usize = 8;

/// Whether another rule for the same pods opens one of these addresses.
fn others_open(context: &Context<'_>, at: &RuleAt<'_>, endpoints: &[IpNet]) -> bool {
    let opens = |rule: &netpol_manifest::Rule| {
        rule.peers.is_empty()
            || rule.peers.iter().any(|peer| match peer {
                Peer::Block { cidr, except, .. } => endpoints.iter().any(|endpoint| {
                    cidr.value.contains(endpoint) && !except.iter().any(|hole| hole.value.contains(endpoint))
                }),
                Peer::Pods { .. } => false,
            })
    };
    let subjects = context.subjects(at.policy_id).iter().take(MOST_LOOKED_AT);
    let policies = subjects.flat_map(|subject| context.evaluation().selecting(at.direction, *subject));
    let policies: BTreeSet<_> = policies.copied().collect();
    context.work(policies.len());
    policies.into_iter().filter_map(|id| Some((id, context.cluster().policy(id)?))).any(|(id, policy)| {
        let mut rules = policy.rules(at.direction).iter().enumerate();
        rules.any(|(index, rule)| (id, index) != (at.policy_id, at.index) && opens(rule))
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    fn case(to: &str) -> Case {
        let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{to}]}}");
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "out", &spec)))
    }

    #[test]
    fn pods_without_an_ipv6_address_reach_none() {
        let pod = |ips: &str| {
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: shop}}\nspec: {{containers: [{{name: c, image: i}}]}}\n\
                 status: {{podIPs: [{ips}]}}\n---\n"
            )
        };
        let deny = cluster_policy(
            "deny",
            "Admin",
            5,
            "subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]",
        );
        let rule = policy("shop", "out", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}");
        for others in [deny.clone(), deny.clone() + &rule] {
            for (ips, found) in [("{ip: 10.0.0.1}", 0), ("{ip: 10.0.0.1}, {ip: 'fd00::1'}", 1)] {
                let text = pod(ips) + &others;
                for rule in [&RULE, &super::super::open_egress::RULE] {
                    assert_eq!(Case::new(&text).check(rule).len(), found, "{text}");
                }
            }
        }
    }

    #[test]
    fn a_block_that_holds_it() {
        let found = case("{to: [{ipBlock: {cidr: 169.254.0.0/16}}]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` reach the cloud's metadata endpoint, 169.254.169.254, that of Amazon ECS (169.254.170.2) and \
             that of Amazon EKS (169.254.170.23)"
        );
        assert_eq!(found[0].spans, ["{ipBlock: {cidr: 169.254.0.0/16}}", "out"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 169.254.169.254/32 TCP 80"));
        let found = case("{to: [{ipBlock: {cidr: '::/0'}}]}").check(&RULE);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> fd00:ec2::254/128 TCP 80"));
    }

    #[test]
    fn the_endpoints_of_other_clouds() {
        let of = |to: &str| {
            let found = case(&format!("{{to: [{{ipBlock: {to}}}]}}")).check(&RULE);
            found.into_iter().map(|one| (one.message, one.fix)).collect::<Vec<_>>()
        };
        let fix = |what: &str| Some(format!("take {what} out of what egress rule 1 opens, with `except`"));
        for (to, endpoint, fix) in [
            ("{cidr: 168.63.129.16/32}", "Azure (168.63.129.16)", None),
            ("{cidr: 100.100.0.0/16}", "Alibaba Cloud (100.100.100.200)", fix("`100.100.100.200`")),
            (
                "{cidr: 169.254.0.0/16, except: [169.254.169.254/32]}",
                "Amazon ECS (169.254.170.2) and that of Amazon EKS (169.254.170.23)",
                fix("`169.254.170.2` and `169.254.170.23`"),
            ),
            (
                "{cidr: 'fd00:ec2::/64', except: ['fd00:ec2::254/128']}",
                "Amazon EKS (fd00:ec2::23)",
                fix("`fd00:ec2::23`"),
            ),
        ] {
            let message = format!("egress rule 1 lets `web` reach the metadata endpoint of {endpoint}");
            assert_eq!(of(to), [(message, fix)], "{to}");
        }
        // Wide blocks are for others.
        assert_eq!(of("{cidr: 100.64.0.0/10}"), []);
        let [(_, every)] = &of("{cidr: 0.0.0.0/0}")[..] else { panic!("one finding") };
        assert_eq!(*every, fix("`169.254.169.254`, `168.63.129.16`, `100.100.100.200` and 2 more"));
    }

    #[test]
    fn networks_of_every_address_that_an_admin_rule_opens() {
        for deny in ["", "{podSelector: {}, policyTypes: [Egress]}"] {
            let isolated = if deny.is_empty() { String::new() } else { policy("shop", "deny", deny) };
            for networks in ["0.0.0.0/0", "0.0.0.0/0, 169.254.169.254/32"] {
                let spec = format!(
                    "subject: {{namespaces: {{}}}}, egress: [{{action: Accept, to: [{{networks: [{networks}]}}]}}, {{action: \
                     Deny, to: [{{namespaces: {{}}}}, {{networks: ['::/0']}}]}}]"
                );
                let text =
                    deployment("shop", "web", 80) + &isolated + &cluster_policy("open", "Admin", 5, &spec);
                let found = Case::new(&text).check(&RULE);
                assert_eq!(found.len(), 1, "{text}");
                assert_eq!(found[0].subject, "ClusterNetworkPolicy open");
                assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 169.254.169.254/32 TCP 80"));
            }
        }
    }

    #[test]
    fn an_exception_or_another_port_keeps_it_out() {
        assert!(
            case("{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}")
                .check(&RULE)
                .is_empty()
        );
        assert!(case("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}").check(&RULE).is_empty());
        assert!(case("{to: [{namespaceSelector: {}}]}").check(&RULE).is_empty());
    }

    #[test]
    fn another_policy_undoes_an_exception() {
        let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}}]}]}";
        let all = "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}";
        let text =
            deployment("shop", "web", 80) + &policy("shop", "careful", spec) + &policy("shop", "hasty", all);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/hasty");
    }
    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let admin = |rules: &str| {
            cluster_policy("out", "Admin", 5, &format!("subject: {{namespaces: {{}}}}, egress: [{rules}]"))
        };
        let found = |policies: &str| Case::new(&(deployment("shop", "web", 80) + policies)).check(&RULE);
        let allow = "{action: Accept, to: [{networks: [169.254.0.0/16]}]}";
        let closed = policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}");
        let opened = found(&(admin(allow) + &closed));
        assert_eq!(opened.len(), 1);
        assert_eq!(opened[0].subject, "ClusterNetworkPolicy out");
        assert_eq!(
            opened[0].message,
            "egress rule 1 lets `web` reach the cloud's metadata endpoint, 169.254.169.254"
        );
        assert_eq!(opened[0].spans, [allow, "out"]);
        assert_eq!(opened[0].witness.as_deref(), Some("shop/web -> 169.254.169.254/32 TCP 80"));
        // A rule before it denies the address; of the other family it is closed.
        let deny = "{action: Deny, to: [{networks: [169.254.169.254/32, 'fd00:ec2::254/128']}]}";
        assert!(found(&(admin(&format!("{deny}, {allow}")) + &closed)).is_empty());
        assert!(found(&admin(deny)).is_empty());
    }

    #[test]
    fn what_every_tier_leaves_open() {
        // All but the endpoint's network.
        let but = "{action: Deny, to: [{namespaces: {}}, {networks: ['::/0', 0.0.0.0/1, 128.0.0.0/3, 160.0.0.0/5, 168.0.0.0/8, \
                   170.0.0.0/7, 172.0.0.0/6, 176.0.0.0/4, 192.0.0.0/2]}]}";
        let admin =
            cluster_policy("out", "Admin", 5, &format!("subject: {{namespaces: {{}}}}, egress: [{but}]"));
        let found = Case::new(&(deployment("shop", "web", 80) + &admin)).check(&RULE);
        assert_eq!(found.iter().map(|one| one.subject.as_str()).collect::<Vec<_>>(), ["Namespace shop"]);
    }
}
