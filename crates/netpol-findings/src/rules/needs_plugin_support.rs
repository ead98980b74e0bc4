//! NP314: what not every network plugin carries out: ranges of ports, SCTP, and peers of the experimental channel.
//!
//! One finding a policy, with all the lines.

use std::collections::BTreeMap;

use netpol_eval::ClusterPolicy;
use netpol_manifest::{ClusterPeer, ClusterPortMatch, Direction, PolicyPort, PortMatch, Protocol};
use netpol_source::TextRange;

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP314,
    name: "needs-plugin-support",
    severity: Severity::Info,
    summary: "A rule uses `endPort`, SCTP, `nodes` or `domainNames`, which need a network plugin that supports them.",
    why: "The API server accepts both whatever the plugin is. A plugin without `endPort` opens the first port of the range \
          only, and one without SCTP may ignore the rule. `nodes` and `domainNames` of cluster-scoped policies are in the \
          experimental channel of the API: where its definitions are not installed, the field is unknown and the rule fails \
          closed.",
    help: "Check the documentation of the cluster's network plugin. Short ranges can be written port by port.",
    references: &[refer::CIS_PLUGIN, refer::CKS_POLICIES, refer::API_CLUSTER, refer::API_EGRESS_PEERS],
    proof: Proof::None,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = context.of_policies_alone(&RULE, |rules| of_policy(rules).into_iter().collect());
    findings
        .extend(context.cluster().cluster_policies.iter().filter_map(|policy| of_cluster(context, policy)));
    findings
}

fn of_policy(rules: &[RuleAt<'_>]) -> Option<Finding> {
    let ports = || rules.iter().flat_map(|at| &at.rule.ports);
    let needy: Vec<&PolicyPort> = ports().filter(|port| has_range(port) || is_sctp(port)).collect();
    let policy = rules.first().map(|at| at.policy).filter(|_| !needy.is_empty())?;
    let ranges = needy.iter().any(|port| has_range(port)).then_some("endPort");
    let sctp = needy.iter().any(|port| is_sctp(port)).then_some("SCTP");
    let mut spans: Vec<_> = needy.iter().map(|port| policy.handle.span(port.range)).collect();
    spans.push(policy_span(policy));
    Some(Finding {
        message: format!(
            "`{}` uses {}, which not every network plugin supports",
            policy.reference().name,
            words::list(ranges.into_iter().chain(sctp))
        ),
        subject: policy.reference(),
        spans,
        ..Finding::of(&RULE)
    })
}

fn of_cluster(context: &Context<'_>, policy: &ClusterPolicy) -> Option<Finding> {
    context.work(1 + policy.peers().count());
    if context.effort().is_exhausted() {
        return None;
    }
    let mut found: BTreeMap<&str, Vec<TextRange>> = BTreeMap::new();
    for peer in policy.peers() {
        match peer {
            ClusterPeer::Nodes { range, .. } => found.entry("nodes").or_default().push(*range),
            ClusterPeer::DomainNames { range, .. } => found.entry("domainNames").or_default().push(*range),
            ClusterPeer::Pods { .. } | ClusterPeer::Networks { .. } | ClusterPeer::Unknown { .. } => {}
        }
    }
    let rules = Direction::BOTH.into_iter().flat_map(|direction| policy.rules(direction));
    for port in rules.filter_map(|rule| rule.ports.as_ref()).flat_map(|ports| &ports.value) {
        if matches!(port.port, ClusterPortMatch::Range(Protocol::Sctp, ..)) {
            found.entry("SCTP").or_default().push(port.range);
        }
    }
    if found.is_empty() {
        return None;
    }
    let reference = policy.reference();
    let message = format!(
        "`{}` uses {}, which not every network plugin supports",
        reference.name,
        words::list(found.keys())
    );
    let spans = found.into_values().flatten().map(|range| policy.handle.span(range));
    Some(Finding {
        message,
        subject: reference,
        spans: spans.chain([cluster_policy_span(policy)]).collect(),
        ..Finding::of(&RULE)
    })
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
    use crate::testing::{Case, cluster_policy, policy};

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

    #[test]
    fn peers_of_the_experimental_channel() {
        let of = |to: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, egress: [{{action: Accept, to: [{to}]}}]");
            let found = Case::new(&cluster_policy("p", "Admin", 5, &spec)).check(&RULE);
            found.into_iter().map(|found| found.message).collect::<Vec<_>>()
        };
        assert_eq!(
            of("{nodes: {}}, {domainNames: [example.com]}"),
            ["`p` uses `domainNames` and `nodes`, which not every network plugin supports"]
        );
        assert!(of("{networks: [10.0.0.0/8]}, {namespaces: {}}").is_empty());
    }
}
