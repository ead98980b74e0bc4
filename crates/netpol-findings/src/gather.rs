//! Findings that have one cause: the one that names it, with what follows from it as evidence.
//!
//! Pods that no policy isolates are reported once for a namespace and direction, and what is open to them for that
//! reason (addresses outside, the metadata endpoint) is evidence. A namespace without any NetworkPolicy is one finding. So is
//! a rule that is too wide, with what it is too wide for, and a wrong port, with the connections that fail for it; what only
//! becomes clear from all findings, `linked` adds.

use std::collections::BTreeMap;

use netpol_eval::NamespaceId;
use netpol_source::order;

use crate::cause::{Cause, Key, Part};
use crate::context::Context;
use crate::finding::Finding;
use crate::linked;

/// Puts what follows from a cause below the finding that names it, which is as bad as the worst of it. What somebody has
/// silenced, and what is left of its cause when that is silenced, stays by itself.
pub(crate) fn gather(context: &Context<'_>, findings: &mut Vec<Finding>) {
    linked::link(context, findings);
    let mut rest: Vec<Finding> = Vec::new();
    let mut by_cause: BTreeMap<(Key, bool), Vec<Finding>> = BTreeMap::new();
    for finding in std::mem::take(findings) {
        match finding.cause {
            Some(cause) => by_cause.entry((cause.key(), finding.silenced)).or_default().push(finding),
            None => rest.push(finding),
        }
    }
    let mut by_namespace: BTreeMap<(NamespaceId, bool), Vec<Finding>> = BTreeMap::new();
    for ((key, silenced), mut all) in by_cause {
        let Key::NotIsolated(namespace, _) = key else {
            rest.extend(of_rule(all));
            continue;
        };
        let of_namespace = by_namespace.entry((namespace, silenced)).or_default();
        let is_named = |one: &Finding| matches!(one.cause, Some(Cause::NotIsolated(_, _, Part::Itself)));
        match all.iter().position(is_named) {
            Some(at) => {
                let named = all.swap_remove(at);
                of_namespace.push(with_evidence(named, all));
            }
            None => rest.append(&mut all),
        }
    }
    for ((namespace, _), mut all) in by_namespace {
        let is_bare = context.namespace(namespace).is_some_and(|view| view.policies.is_empty());
        if is_bare && all.len() > 1 {
            let first = all.remove(0);
            rest.push(with_evidence(first, all));
        } else {
            rest.append(&mut all);
        }
    }
    *findings = rest;
}

/// What is found of one rule for one cause: what says most of it first. What can be mended by itself stays by itself.
fn of_rule(mut all: Vec<Finding>) -> Vec<Finding> {
    order::sort_by_key(&mut all, |one| one.cause);
    let mut all = all.into_iter();
    let Some(first) = all.next() else { return Vec::new() };
    let (mut others, follow): (Vec<Finding>, Vec<Finding>) =
        all.partition(|one| one.fixes().next().is_some());
    others.push(with_evidence(first, follow));
    others
}

/// A finding with others as its evidence, in their order, and theirs behind them.
fn with_evidence(mut finding: Finding, others: Vec<Finding>) -> Finding {
    for mut other in others {
        let mut nested = std::mem::take(&mut other.evidence);
        finding.evidence.push(other);
        finding.evidence.append(&mut nested);
    }
    order::sort_by(&mut finding.evidence, Finding::order);
    let worst = finding.evidence.iter().map(|one| one.severity).min();
    finding.severity = worst.map_or(finding.severity, |worst| worst.min(finding.severity));
    finding
}

#[cfg(test)]
mod tests {
    use crate::rule::Severity;
    use crate::testing::{Case, deployment, namespace, policy, service};

    #[test]
    fn twenty_bare_namespaces_are_twenty_findings() {
        let mut text = String::new();
        for at in 0..20 {
            let name = format!("team-{at:02}");
            text += &(namespace(&name) + &deployment(&name, "web", 80) + &deployment(&name, "db", 5432));
        }
        let found = Case::new(&text).check_all();
        assert_eq!(found.len(), 20, "{found:?}");
        for one in found {
            assert_eq!((one.code, one.severity), ("NP101", Severity::High));
            assert_eq!(one.evidence, ["NP102", "NP106", "NP107", "NP105"]);
        }
    }

    #[test]
    fn a_control_more_never_makes_it_worse() {
        let two = deployment("shop", "web", 80) + &deployment("shop", "db", 5432);
        let worst = |text: &str| {
            let found = Case::new(text).check_all();
            found.into_iter().map(|one| (one.severity, one.code)).min()
        };
        let ingress = policy("shop", "in", "{podSelector: {}, policyTypes: [Ingress]}");
        let one = policy("shop", "out", "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress]}");
        let both = policy("shop", "out", "{podSelector: {}, policyTypes: [Egress]}");
        assert_eq!(worst(&two), Some((Severity::High, "NP101")));
        assert_eq!(worst(&(two.clone() + &ingress)), Some((Severity::High, "NP102")));
        assert_eq!(worst(&(two.clone() + &ingress + &one)), Some((Severity::High, "NP103")));
        assert_eq!(worst(&(two + &ingress + &both)).map(|(severity, _)| severity), Some(Severity::Medium));
    }

    /// Code, severity and evidence of what is found of policies.
    fn of_policies(text: &str) -> Vec<(&'static str, Severity, Vec<&'static str>)> {
        let found = Case::new(text).check_all().into_iter();
        let found = found.filter(|one| one.subject.starts_with("NetworkPolicy"));
        found.map(|one| (one.code, one.severity, one.evidence)).collect()
    }

    #[test]
    fn a_rule_that_is_too_wide_is_one_finding() {
        let web = || deployment("shop", "web", 80);
        let of = |rules: &str| {
            of_policies(&(web() + &policy("shop", "p", &format!("{{podSelector: {{}}, {rules}}}"))))
        };
        let egress = |rule: &str| {
            let found = of(&format!("policyTypes: [Egress], egress: [{rule}]"));
            found.into_iter().filter(|(code, _, _)| *code != "NP305").collect::<Vec<_>>()
        };
        assert_eq!(egress("{}"), [("NP201", Severity::High, vec!["NP107", "NP105"])]);
        assert_eq!(egress("{ports: [{port: 80}]}"), [("NP202", Severity::High, vec!["NP107", "NP105"])]);
        assert_eq!(egress("{ports: [{port: 443}]}"), [("NP202", Severity::Medium, vec!["NP105"])]);
        assert_eq!(
            egress("{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 80}]}"),
            [("NP107", Severity::High, vec!["NP105"])]
        );
        assert_eq!(of("ingress: [{}]"), [("NP201", Severity::High, vec!["NP106"])]);
        assert_eq!(of("ingress: [{ports: [{port: 80}]}]"), [("NP202", Severity::High, vec!["NP106"])]);
        // Each rule is a cause of its own.
        assert_eq!(egress("{ports: [{port: 80}]}, {ports: [{port: 443}]}").len(), 2);
    }

    #[test]
    fn a_wrong_port_is_one_finding() {
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &service("shop", "db", "ports: [{port: 80, targetPort: 5432}]")
            + &policy("shop", "deny", "{podSelector: {}, policyTypes: [Ingress]}")
            + &policy(
                "shop",
                "db",
                "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: \
                 [{port: 5432}]}]}",
            );
        let out = |ports: &str| {
            let rule = format!("{{to: [{{podSelector: {{matchLabels: {{app: db}}}}}}], ports: [{ports}]}}");
            let spec = format!(
                "{{podSelector: {{matchLabels: {{app: web}}}}, policyTypes: [Egress], egress: [{rule}]}}"
            );
            let found = of_policies(&(text.clone() + &policy("shop", "web", &spec)));
            found.into_iter().filter(|(code, _, _)| *code != "NP305").collect::<Vec<_>>()
        };
        assert_eq!(out("{port: 80}"), [("NP308", Severity::Medium, vec!["NP306"])]);
        assert_eq!(out("{port: 5432}"), []);
        // Another port of the same rule is another matter.
        assert_eq!(out("{port: 81}, {port: 80}").len(), 3);
    }

    #[test]
    fn of_a_rule_too_what_is_silenced_stays_by_itself() {
        let of = |code: &str| {
            let open = policy("shop", "p", "{podSelector: {}, policyTypes: [Egress], egress: [{}]}");
            let silenced = format!("{{name: p, annotations: {{netpol.playground/ignore: {code}}}, ");
            let text = deployment("shop", "web", 80) + &open.replace("{name: p, ", &silenced);
            let found = Case::new(&text).check_all().into_iter();
            let found = found.filter(|one| one.subject.starts_with("NetworkPolicy"));
            found.map(|one| (one.code, one.silenced, one.evidence)).collect::<Vec<_>>()
        };
        assert_eq!(of("NP201"), [("NP107", false, vec!["NP105"]), ("NP201", true, vec![])]);
        assert_eq!(of("NP107"), [("NP107", true, vec![]), ("NP201", false, vec!["NP105"])]);
    }

    #[test]
    fn what_is_silenced_stays_by_itself() {
        let silenced = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, annotations: \
                        {netpol.playground/ignore: NP101}}\n";
        let found = Case::new(&(silenced.to_owned() + &deployment("shop", "web", 80))).check_all();
        let found: Vec<_> = found.iter().map(|one| (one.code, one.silenced, one.evidence.clone())).collect();
        assert_eq!(
            found,
            [("NP102", false, vec!["NP107", "NP105"]), ("NP106", false, vec![]), ("NP101", true, vec![])]
        );
    }
}
