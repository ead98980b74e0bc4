//! NP314: what not every network plugin carries out: ranges of ports, and SCTP.
//!
//! One finding a policy, with all the lines.

use netpol_manifest::{PolicyPort, PortMatch, Protocol};

use crate::context::{Context, RuleAt, policy_span};
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: "NP314",
    name: "needs-plugin-support",
    severity: Severity::Info,
    summary: "A rule uses `endPort` or SCTP, which need a network plugin that supports them.",
    why: "The API server accepts both whatever the plugin is. A plugin without `endPort` opens the first port of the range \
          only, and one without SCTP may ignore the rule.",
    help: "Check the documentation of the cluster's network plugin. Short ranges can be written port by port.",
    references: &[refer::CIS_PLUGIN, refer::CKS_POLICIES],
    example: Example {
        triggers: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - podSelector: {}
      ports: [{port: 7000, endPort: 7001}]
",
        mended: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - podSelector: {}
      ports: [{port: 7000}, {port: 7001}]
",
    },
    proof: Proof::None,
    fix: None,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let rules: Vec<RuleAt<'_>> = context.rules().collect();
    for rules in rules.chunk_by(|one, next| one.policy_id == next.policy_id) {
        let ports = || rules.iter().flat_map(|at| &at.rule.ports);
        let needy: Vec<&PolicyPort> = ports().filter(|port| has_range(port) || is_sctp(port)).collect();
        let Some(policy) = rules.first().map(|at| at.policy).filter(|_| !needy.is_empty()) else { continue };
        let ranges = needy.iter().any(|port| has_range(port)).then_some("endPort");
        let sctp = needy.iter().any(|port| is_sctp(port)).then_some("SCTP");
        let mut spans: Vec<_> = needy.iter().map(|port| policy.handle.span(port.range)).collect();
        spans.push(policy_span(policy));
        findings.push(Finding {
            rule: &RULE,
            message: format!(
                "`{}` uses {}, which not every network plugin supports",
                policy.reference().name,
                words::list(ranges.into_iter().chain(sctp))
            ),
            subject: policy.reference(),
            spans,
            witness: None,
            silenced: false,
            fix: None,
        });
    }
    findings
}

fn has_range(port: &PolicyPort) -> bool {
    matches!(port.port, PortMatch::Range(first, last) if first < last)
}

fn is_sctp(port: &PolicyPort) -> bool {
    port.protocol == Protocol::Sctp
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, policy};

    fn case(ports: &str) -> Case {
        let spec = format!("{{podSelector: {{}}, ingress: [{{ports: {ports}}}]}}");
        Case::new(&policy("shop", "open", &spec))
    }

    #[test]
    fn ranges_and_sctp_of_a_policy_are_one_finding() {
        let found =
            case("[{port: 80}, {port: 7000, endPort: 7002}, {port: 38412, protocol: SCTP}]").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(
            found[0].message,
            "`open` uses `endPort` and `SCTP`, which not every network plugin supports"
        );
        assert_eq!(found[0].spans, ["{port: 7000, endPort: 7002}", "{port: 38412, protocol: SCTP}", "open"]);
        assert_eq!(found[0].witness, None);
        assert!(case("[{protocol: SCTP}]").check(&RULE)[0].message.starts_with("`open` uses `SCTP`,"));
    }

    #[test]
    fn single_ports_of_tcp_and_udp() {
        assert!(case("[{port: 80}, {port: 53, protocol: UDP}]").check(&RULE).is_empty());
        // No rule with an effect.
        let spec = "{podSelector: {}, policyTypes: [Egress], ingress: [{ports: [{port: 1, endPort: 9}]}]}";
        assert!(Case::new(&policy("shop", "open", spec)).check(&RULE).is_empty());
    }
}
