//! NP325: `domainNames` under another action than `Accept`.
//!
//! One finding a rule.

use netpol_manifest::{ClusterAction, ClusterPeer};

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::cluster_policy_span;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP325,
    name: "domain-names-without-accept",
    severity: Severity::Medium,
    summary: "A rule names domains under `Deny` or `Pass`, which is only supported for `Accept`.",
    why: "A network plugin learns the addresses of a domain from what pods ask the DNS. Whoever connects to the \
          address without asking gets around a `Deny`, and plugins need not carry it out: the domain stays \
          reachable.",
    help: "Allow the domains that are meant with `Accept`, and deny everything else with a later rule.",
    references: &[refer::API_EGRESS_PEERS],
    proof: Proof::None,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.cluster_rules() {
        if at.rule.action.value == ClusterAction::Allow {
            continue;
        }
        let items = at.rule.peers.iter().filter_map(|peer| match peer {
            ClusterPeer::DomainNames { range, names } => Some((*range, names)),
            _ => None,
        });
        let items: Vec<_> = items.collect();
        let names: Vec<&str> =
            items.iter().flat_map(|(_, names)| names.iter().map(|name| name.value.as_str())).collect();
        if names.is_empty() {
            continue;
        }
        let mut spans: Vec<_> = items.iter().map(|(range, _)| at.policy.handle.span(*range)).collect();
        spans.push(at.policy.handle.span(at.rule.action.range));
        spans.push(cluster_policy_span(at.policy));
        findings.push(Finding {
            message: format!(
                "{} names {} under `{}`, where domain names have no meaning: they are only supported for `Accept`",
                at.path(),
                words::list(names),
                at.action()
            ),
            subject: at.policy.reference(),
            spans,
            ..Finding::of(&RULE)
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy};

    fn found(action: &str) -> Vec<Found> {
        let spec = format!(
            "subject: {{namespaces: {{}}}}, egress: [{{action: {action}, to: [{{domainNames: [example.com, '*.example.org']}}]}}]"
        );
        Case::new(&cluster_policy("domains", "Admin", 1, &spec)).check(&RULE)
    }

    #[test]
    fn under_deny_or_pass() {
        for action in ["Deny", "Pass"] {
            let found = found(action);
            assert_eq!(found.len(), 1);
            assert_eq!(
                found[0].message,
                format!(
                    "egress rule 1 names `example.com` and `*.example.org` under `{action}`, where domain names have no meaning: \
                     they are only supported for `Accept`"
                )
            );
            assert_eq!(found[0].spans, ["{domainNames: [example.com, '*.example.org']}", action, "domains"]);
        }
        assert!(found("Accept").is_empty());
    }
}
