//! Findings that have one cause: the one that names it, with what follows from it as evidence.
//!
//! Pods that no policy isolates are reported once for a namespace and direction, and what is open to them for that
//! reason (addresses outside, the metadata endpoint) is evidence. A namespace without any NetworkPolicy is one finding.

use std::collections::BTreeMap;

use netpol_eval::NamespaceId;
use netpol_manifest::Direction;
use netpol_source::order;

use crate::context::Context;
use crate::finding::{Finding, Part};

/// Puts what follows from a cause below the finding that names it, which is as bad as the worst of it. What somebody has
/// silenced, and what is left of its cause when that is silenced, stays by itself.
pub(crate) fn gather(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let (with_cause, mut rest): (Vec<_>, Vec<_>) =
        std::mem::take(findings).into_iter().partition(|finding| finding.cause.is_some());
    let mut by_cause: BTreeMap<(NamespaceId, bool, Direction), Vec<Finding>> = BTreeMap::new();
    for finding in with_cause {
        let Some(cause) = finding.cause else { continue };
        by_cause.entry((cause.namespace, finding.silenced, cause.direction)).or_default().push(finding);
    }
    let mut by_namespace: BTreeMap<(NamespaceId, bool), Vec<Finding>> = BTreeMap::new();
    for ((namespace, silenced, _), mut all) in by_cause {
        let of_namespace = by_namespace.entry((namespace, silenced)).or_default();
        match all.iter().position(|one| one.cause.is_some_and(|cause| cause.part == Part::Itself)) {
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
    use crate::testing::{Case, deployment, namespace, policy};

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
