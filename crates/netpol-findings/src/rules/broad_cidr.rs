//! NP204: the blocks of a rule that hold, less their `except`, more than 2^16 IPv4 addresses or more than a /48 of IPv6;
//! one finding a rule. What opens most addresses is NP105's and NP106's.
//!
//! A rule that opens nothing but port 53 to any address is NP206's.

use ipnet::IpNet;
use netpol_manifest::Peer;
use netpol_source::Span;

use super::dns_to_anywhere;
use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::{addresses, outside, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP204,
    name: "broad-cidr",
    severity: Severity::Low,
    summary: "An `ipBlock` less its `except` holds more than 2^16 IPv4 addresses, or more than a /48 of IPv6.",
    why: "A block of that size takes in networks that nobody had in mind: other teams, other sites, the nodes, the metadata \
          endpoint.",
    help: "Name the networks that are meant, or take out what is not with `except`.",
    references: &[refer::NSA_POLICIES, refer::CKS_EXTERNAL_ACCESS],
    proof: Proof::Allowed,
    fix: None,
};

/// The shortest prefixes that pass: 2^16 addresses, and the usual size of an IPv6 site.
const SHORTEST_V4: u8 = 16;
const SHORTEST_V6: u8 = 48;

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    context.of_policies(&RULE, |rules| rules.iter().filter_map(|at| finding(context, at)).collect())
}

fn finding<'a>(context: &Context<'a>, at: &RuleAt<'a>) -> Option<Finding> {
    let blocks = at.rule.peers.iter().enumerate().filter_map(|(item, peer)| match peer {
        Peer::Block { cidr, except, .. } => {
            let except: Vec<IpNet> = except.iter().map(|network| network.value).collect();
            let left = addresses::count_left(cidr.value, &except);
            (left > most(cidr.value)).then_some((item, cidr, !except.is_empty(), left))
        }
        Peer::Pods { .. } => None,
    });
    let blocks: Vec<_> = blocks.collect();
    // A rule that opens most addresses is another one's.
    let (first, cidr, has_except, _) = blocks.first().copied()?;
    if dns_to_anywhere::concerns(context, at)
        || outside::most_opened_by_rule(context, at, &Clone::clone, &|_| false).is_some()
    {
        return None;
    }
    let ports = context.ports_on(at, None);
    let subject = context.subjects(at.policy_id).first().copied();
    let mut addresses = context.item_peers(at, first).filter(|peer| context.workload(*peer).is_none());
    let witness = subject.zip(addresses.next()).and_then(|(subject, address)| {
        let open = context.allowed(at.direction, subject, address);
        let by_rule = open.intersection(&ports);
        let open = if by_rule.is_empty() { open } else { &by_rule };
        context.witness(at.direction, subject, address, open)
    });
    let all = blocks.iter().fold(0u128, |all, (_, _, _, left)| all.saturating_add(*left));
    let counted = addresses::counted(all);
    let what = match blocks.len() {
        1 if has_except => format!("{counted} addresses of `{}`", cidr.value),
        1 => format!("`{}`, which holds {counted} addresses", cidr.value),
        _ => {
            let networks = blocks.iter().map(|(_, cidr, _, _)| cidr.value.to_string());
            format!("{}, which hold {counted} addresses", words::list(networks))
        }
    };
    let mut spans: Vec<Span> =
        blocks.iter().map(|(_, cidr, _, _)| at.policy.handle.span(cidr.range)).collect();
    spans.push(policy_span(at.policy));
    Some(Finding {
        message: format!("{} opens {what}", at.path()),
        subject: at.policy.reference(),
        spans,
        witness,
        ..Finding::of(&RULE)
    })
}

/// How many addresses of the family of a network pass without a remark.
fn most(network: IpNet) -> u128 {
    match network {
        IpNet::V4(_) => 1 << (32 - SHORTEST_V4),
        IpNet::V6(_) => 1 << (128 - SHORTEST_V6),
    }
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
        assert_eq!(found[0].message, "ingress rule 1 opens `10.0.0.0/8`, which holds 2^24 addresses");
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(found[0].spans, ["10.0.0.0/8", "open"]);
        assert_eq!(found[0].witness.as_deref(), Some("10.0.0.0/8 -> shop/web TCP 80"));
        assert_eq!(case("{cidr: '2001:db8::/47'}").check(&RULE).len(), 1);
    }

    #[test]
    fn exactly_a_site() {
        assert!(case("{cidr: 10.0.0.0/16}").check(&RULE).is_empty());
        assert!(case("{cidr: '2001:db8::/48'}").check(&RULE).is_empty());
        assert!(case("{cidr: 10.0.0.0/15, except: [10.1.0.0/16]}").check(&RULE).is_empty());
    }

    #[test]
    fn what_an_exception_leaves_is_what_counts() {
        let found = case("{cidr: 10.0.0.0/8, except: [10.255.255.255/32]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "ingress rule 1 opens more than 2^23 addresses of `10.0.0.0/8`");
    }

    #[test]
    fn many_blocks_are_one_finding() {
        let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 172.16.0.0/12}}]}]}";
        let found = Case::new(&(deployment("shop", "web", 80) + &policy("shop", "open", spec))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "ingress rule 1 opens `10.0.0.0/8` and `172.16.0.0/12`, which hold more than 2^24 addresses"
        );
        assert_eq!(found[0].spans, ["10.0.0.0/8", "172.16.0.0/12", "open"]);
    }
}
