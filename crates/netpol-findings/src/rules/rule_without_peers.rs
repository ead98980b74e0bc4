//! NP202: a rule with ports and without peers.
//!
//! Reported for egress too, except for a rule that opens nothing but port 53: that is a common way to open DNS, and
//! NP206's.

use netpol_manifest::Direction;

use super::dns_to_anywhere;
use crate::cause::{Cause, Wide};
use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP202,
    name: "rule-without-peers",
    severity: Severity::Medium,
    summary: "A rule names ports and no peers: it opens those ports to everyone, outside the cluster included.",
    why: "An absent or empty `from` or `to` does not mean nobody, nor the pods of the namespace: it means every pod of every \
          namespace and every address. A frequent wrong answer is `- ports: [53]` under `ingress`, meant to let a pod ask \
          for names; it lets everyone ask that pod.",
    help: "Name the peers beside the ports, in the same item of the list. For DNS, under `egress`, name the namespace \
           `kube-system` and the pods `k8s-app: kube-dns`.",
    references: &[refer::NSA_POLICIES, refer::CKS_POLICIES, refer::TRIVY_SELECTORS],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.rules().filter(|at| at.rule.peers.is_empty() && !at.rule.ports.is_empty());
    let rules = rules.filter(|at| !dns_to_anywhere::concerns(context, at));
    let findings = rules.map(|at| {
        let (verb, list) = match at.direction {
            Direction::Ingress => ("lets everyone in", "from"),
            Direction::Egress => ("opens connections to everyone", "to"),
        };
        let subject = context.subjects(at.policy_id).first().copied();
        let destination = subject.filter(|_| at.direction == Direction::Ingress);
        let ports = context.ports_on(&at, destination);
        let witness = subject.zip(context.any_address().first().copied()).and_then(|(subject, outside)| {
            let open = ports.intersection(context.allowed(at.direction, subject, outside));
            context.witness(at.direction, subject, outside, &open)
        });
        let on = if ports.is_empty() { "its ports".to_owned() } else { words::ports(&ports) };
        let why = match at.rule.peers_range {
            Some(_) => format!("its `{list}` is empty, which means everyone"),
            None => format!("it has no `{list}`, which means everyone"),
        };
        Finding {
            message: format!("{} {verb} on {on}, the outside included: {why}", at.path()),
            subject: at.policy.reference(),
            spans: vec![at.span(), policy_span(at.policy)],
            witness,
            cause: Cause::wide(&at, Wide::Everyone),
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(spec: &str) -> Case {
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "dns", spec)))
    }

    #[test]
    fn ports_alone_under_ingress() {
        let found = case("{podSelector: {}, ingress: [{ports: [{port: 53, protocol: UDP}]}]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "ingress rule 1 lets everyone in on UDP 53, the outside included: it has no `from`, which means everyone"
        );
        assert_eq!(found[0].subject, "NetworkPolicy shop/dns");
        assert_eq!(found[0].spans, ["{ports: [{port: 53, protocol: UDP}]}", "dns"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web UDP 53"));
    }

    #[test]
    fn an_empty_list_of_peers_means_everyone() {
        let found = case("{podSelector: {}, policyTypes: [Egress], egress: [{to: [], ports: [{port: 25}]}]}")
            .check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.ends_with("its `to` is empty, which means everyone"),
            "{}",
            found[0].message
        );
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 25"));
    }

    #[test]
    fn peers_beside_the_ports_are_enough() {
        assert!(
            case("{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]}")
                .check(&RULE)
                .is_empty()
        );
        assert!(case("{podSelector: {}, ingress: [{}]}").check(&RULE).is_empty());
        let dns = "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 53}]}]}";
        assert!(case(dns).check(&RULE).is_empty());
    }
}
