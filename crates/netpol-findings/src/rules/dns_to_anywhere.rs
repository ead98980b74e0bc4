//! NP206: port 53 to any address.
//!
//! For rules that open nothing else to any address; NP202 and NP204 leave these to this rule, and what opens more is
//! NP105's. The cluster's own DNS servers are left alone: they have to ask somebody.

use netpol_eval::{ConnectionSet, PeerId};
use netpol_manifest::{Change, Direction, Peer, PortMatch, Yaml};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::outside::{self, Cause, Origin};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::RuleAt;
use crate::{policies, well_known};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP206,
    name: "dns-to-anywhere",
    severity: Severity::Low,
    summary: "An egress rule opens port 53 to any address.",
    why: "Whoever takes over the pod can run a name server of their own and carry data out in the names that are asked for; \
          many firewalls let that pass.",
    help: "Open port 53 to the cluster's DNS only: the pods `k8s-app: kube-dns` of the namespace `kube-system`.",
    references: &[refer::NSA_POLICIES, refer::CKS_EXTERNAL_ACCESS],
    proof: Proof::Allowed,
    fix: Some((Promise::Narrows, "Names the cluster's DNS in `to`.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let causes = context.rules().filter_map(|at| cause(context, &at));
    let findings = causes.map(|cause| {
        let fix = match cause.origin {
            Origin::Rule(at) => name_dns(context, &at),
            Origin::Cluster | Origin::Namespace(_) => None,
        };
        let (lets, ports) = cause.rule.unwrap_or_default();
        Finding {
            message: format!(
                "{lets} {} ask any address outside the cluster{} on {ports}",
                cause.workloads, cause.but
            ),
            subject: cause.subject,
            spans: cause.spans,
            witness: cause.witness,
            fix,
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}

/// Whether the rule is this one's: others say nothing of its width then.
pub(super) fn concerns<'a>(context: &Context<'a>, at: &RuleAt<'a>) -> bool {
    cause(context, at).is_some()
}

/// Names the cluster's DNS in the place of everyone; `None` where the rule names some addresses in particular.
fn name_dns(context: &Context<'_>, at: &RuleAt<'_>) -> Option<Fix> {
    let is_everyone = |peer: &Peer| match peer {
        Peer::Block { cidr, .. } => cidr.value.prefix_len() == 0,
        Peer::Pods { .. } => false,
    };
    let peers = Yaml::List(policies::dns_peers(context));
    let message = format!("let {} open port 53 to the cluster's DNS only", at.path());
    let fix = || at.fix(message, vec![Change::Set(at.way().key("to"), peers)]);
    at.rule.peers.iter().all(is_everyone).then(fix)
}

fn cause<'a>(context: &Context<'a>, at: &RuleAt<'a>) -> Option<Cause<'a>> {
    let dns = well_known::dns_ports();
    // What a name stands for is not known before the destination is.
    let has_names = at.rule.ports.iter().any(|port| matches!(port.port, PortMatch::Name(_)));
    if at.direction != Direction::Egress || has_names || !dns.includes(&context.ports_on(at, None)) {
        return None;
    }
    let only_dns = |open: &ConnectionSet| open.intersection(&dns);
    let is_server = |peer: PeerId| context.roles().dns.has(peer);
    outside::opened_by_rule(context, at, context.any_address(), &only_dns, &is_server)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, coredns, deployment, policy};

    fn case(rule: &str) -> Case {
        let spec = format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{rule}]}}");
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "dns", &spec)))
    }

    #[test]
    fn port_53_for_everyone() {
        let found = case("{ports: [{port: 53, protocol: UDP}, {port: 53}]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/dns");
        assert_eq!(
            found[0].message,
            "egress rule 1 lets `web` ask any address outside the cluster on TCP 53 and UDP 53"
        );
        assert_eq!(found[0].spans, ["{ports: [{port: 53, protocol: UDP}, {port: 53}]}", "dns"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 53"));
    }

    #[test]
    fn it_is_said_once() {
        for rule in ["{ports: [{port: 53}]}", "{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 53}]}"] {
            let found = case(rule).check_all();
            let of_policy = found.iter().filter(|found| found.spans.iter().any(|text| rule.contains(text)));
            let codes: Vec<&str> = of_policy.map(|found| found.code).collect();
            assert_eq!(codes, ["NP206"], "{rule}");
        }
    }

    #[test]
    fn one_resolver_or_more_than_dns() {
        assert!(case("{to: [{ipBlock: {cidr: 10.0.0.2/32}}], ports: [{port: 53}]}").check(&RULE).is_empty());
        assert!(case("{to: [{namespaceSelector: {}}], ports: [{port: 53}]}").check(&RULE).is_empty());
        // NP105's.
        assert!(case("{ports: [{port: 53}, {port: 443}]}").check(&RULE).is_empty());
    }

    #[test]
    fn dns_servers_have_to_ask_somebody() {
        let spec = "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}";
        assert!(Case::new(&(coredns() + &policy("kube-system", "dns", spec))).check(&RULE).is_empty());
    }
}
