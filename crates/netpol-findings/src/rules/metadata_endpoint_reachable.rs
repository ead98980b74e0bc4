//! NP107: workloads that reach the cloud's metadata endpoint, 169.254.169.254 or fd00:ec2::254.
//!
//! The endpoint answers on TCP 80, so only that port counts: a rule that opens nothing but TCP 443 to every address is
//! NP105's alone. One finding for each rule that opens the endpoint, and one for each namespace with workloads that no
//! policy isolates for egress.

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, METADATA_V4, METADATA_V6, PortSet};
use netpol_manifest::{Change, Direction, Peer, Protocol, Yaml};
use netpol_source::order;

use crate::cause::Wide;
use crate::context::{Context, RuleAt};
use crate::finding::Finding;
use crate::fix::Fix;
use crate::outside::{self, Addresses, Origin};
use crate::references as refer;
use crate::rule::{Example, Promise, Proof, Rule, Severity};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: "NP107",
    name: "metadata-endpoint-reachable",
    severity: Severity::High,
    summary: "A workload reaches the cloud's metadata endpoint, 169.254.169.254 or fd00:ec2::254, on TCP 80.",
    why: "On a cloud machine the endpoint hands out the credentials of the node to whoever asks. A pod that reaches it can \
          act as the node in the cloud's account.",
    help: "Add `except: [169.254.169.254/32]` to the `ipBlock` that opens it (`fd00:ec2::254/128` for IPv6). A rule that \
           names no peers opens it too: name those that are needed. Isolate every pod for egress. Other clouds \
           have such addresses too: 168.63.129.16 on Azure, 100.100.100.200 on Alibaba Cloud.",
    references: &[refer::NSA_CLOUD, refer::ATTACK_METADATA, refer::MICROSOFT_METADATA, refer::CKS_METADATA],
    example: Example {
        triggers: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock: {cidr: 0.0.0.0/0}
      ports: [{port: 80}]
",
        mended: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock: {cidr: 0.0.0.0/0, except: [169.254.169.254/32]}
      ports: [{port: 80}]
",
    },
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Takes the endpoint out of the blocks of the rule with `except`. Where no NetworkPolicy isolates the pods: as no-default-deny-egress.",
    )),
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let http = ConnectionSet::of(Protocol::Tcp, PortSet::range(80, 80));
    let causes = outside::causes(
        context,
        Direction::Egress,
        Addresses::Of(context.metadata()),
        |open| open.intersection(&http),
        |_| false,
    );
    let findings = causes.into_iter().map(|cause| {
        let fix = match cause.origin {
            Origin::Rule(at) => except(&at),
            Origin::Cluster => None,
            Origin::Namespace(_) => cause.isolate(context, Direction::Egress),
        };
        let workloads = cause.workloads;
        let (reach, them) = if cause.pods.len() == 1 { ("reaches", "it") } else { ("reach", "them") };
        let address = cause.witness.and_then(|witness| context.evaluation().peer(witness.destination)?.external());
        let address = address.map_or_else(String::new, |range| format!(", {}", range.network.addr()));
        let message = match cause.rule {
            Some((lets, _)) => format!("{lets} {workloads} reach the cloud's metadata endpoint{address}"),
            None => {
                format!("{workloads} {reach} the cloud's metadata endpoint{address}: no NetworkPolicy isolates {them} for egress")
            }
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
    });
    findings.collect()
}

/// Takes the endpoint out of every block of a rule; `None` where that leaves nothing of a block, or others open it.
fn except(at: &RuleAt<'_>) -> Option<Fix> {
    let mut changes = Vec::new();
    let mut taken_out: Vec<String> = Vec::new();
    for (item, peer) in at.rule.peers.iter().enumerate() {
        let Peer::Block { cidr, except, .. } = peer else { continue };
        for endpoint in [METADATA_V4, METADATA_V6].map(IpNet::from) {
            let is_out = except.iter().any(|except| except.value.contains(&endpoint));
            if is_out || !cidr.value.contains(&endpoint) {
                continue;
            }
            if cidr.value == endpoint {
                return None;
            }
            let way = at.peer_way(item).key("ipBlock").key("except");
            changes.push(Change::Push(way, Yaml::text(endpoint.to_string())));
            taken_out.push(endpoint.addr().to_string());
        }
    }
    order::sort_and_dedup(&mut taken_out);
    let message = format!(
        "take {} out of what `{}` opens, with `except`",
        words::list(taken_out.iter().map(String::as_str)),
        at.path()
    );
    (!changes.is_empty()).then(|| at.fix(message, changes))
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
            "`egress[0]` lets `web` reach the cloud's metadata endpoint, 169.254.169.254"
        );
        assert_eq!(found[0].spans, ["{ipBlock: {cidr: 169.254.0.0/16}}", "out"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 169.254.169.254/32 TCP 80"));
        let found = case("{to: [{ipBlock: {cidr: '::/0'}}]}").check(&RULE);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> fd00:ec2::254/128 TCP 80"));
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
            "`egress[0]` lets `web` reach the cloud's metadata endpoint, 169.254.169.254"
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
