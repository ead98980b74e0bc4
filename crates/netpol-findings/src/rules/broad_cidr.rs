//! NP204: a CIDR of more than 2^16 addresses (IPv4) or shorter than /48 (IPv6), with no `except`.
//!
//! A rule that opens nothing but port 53 to any address is NP206's.

use ipnet::IpNet;
use netpol_manifest::Peer;

use super::dns_to_anywhere;
use crate::context::{Context, policy_span};
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: "NP204",
    name: "broad-cidr",
    severity: Severity::Low,
    summary: "An `ipBlock` holds more than 2^16 IPv4 addresses, or is shorter than /48 for IPv6, and has no `except`.",
    why: "A block of that size takes in networks that nobody had in mind: other teams, other sites, the nodes, the metadata \
          endpoint.",
    help: "Name the networks that are meant, or take out what is not with `except`.",
    references: &[refer::NSA_POLICIES, refer::CKS_EXTERNAL_ACCESS],
    example: Example {
        triggers: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - ipBlock: {cidr: 10.0.0.0/8}
      ports: [{port: 80}]
",
        mended: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - ipBlock: {cidr: 10.20.0.0/16}
      ports: [{port: 80}]
",
    },
    proof: Proof::Allowed,
    fix: None,
    check,
};

/// The shortest prefixes that pass: 2^16 addresses, and the usual size of an IPv6 site.
const SHORTEST_V4: u8 = 16;
const SHORTEST_V6: u8 = 48;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.rules() {
        if dns_to_anywhere::concerns(context, &at) {
            continue;
        }
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Block { cidr, except, .. } = peer else { continue };
            if !except.is_empty() || !is_broad(cidr.value) {
                continue;
            }
            let ports = context.ports_on(&at, None);
            let subject = context.subjects(at.policy_id).first().copied();
            let mut addresses =
                context.item_peers(&at, item).filter(|peer| context.workload(*peer).is_none());
            let witness = subject.zip(addresses.next()).and_then(|(subject, address)| {
                let open = context.allowed(at.direction, subject, address);
                let by_rule = open.intersection(&ports);
                let open = if by_rule.is_empty() { open } else { &by_rule };
                context.witness(at.direction, subject, address, open)
            });
            let bits = cidr.value.max_prefix_len() - cidr.value.prefix_len();
            findings.push(Finding {
                message: format!("`{}` opens `{}`, which holds 2^{bits} addresses", at.path(), cidr.value),
                subject: at.policy.reference(),
                spans: vec![at.policy.handle.span(cidr.range), policy_span(at.policy)],
                witness,
                ..Finding::of(&RULE)
            });
        }
    }
    findings
}

/// Whether a network is larger than what passes without a remark.
pub(super) fn is_broad(network: IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < SHORTEST_V4,
        IpNet::V6(network) => network.prefix_len() < SHORTEST_V6,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(block: &str) -> Case {
        let spec = format!(
            "{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {block}}}], ports: [{{port: 80}}]}}]}}"
        );
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "open", &spec)))
    }

    #[test]
    fn wider_than_a_site() {
        let found = case("{cidr: 10.0.0.0/8}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "`ingress[0]` opens `10.0.0.0/8`, which holds 2^24 addresses");
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(found[0].spans, ["10.0.0.0/8", "open"]);
        assert_eq!(found[0].witness.as_deref(), Some("10.0.0.0/8 -> shop/web TCP 80"));
        assert_eq!(case("{cidr: '2001:db8::/47'}").check(&RULE).len(), 1);
    }

    #[test]
    fn exactly_a_site_or_with_exceptions() {
        assert!(case("{cidr: 10.0.0.0/16}").check(&RULE).is_empty());
        assert!(case("{cidr: '2001:db8::/48'}").check(&RULE).is_empty());
        assert!(case("{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}").check(&RULE).is_empty());
    }
}
