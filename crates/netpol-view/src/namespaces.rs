//! The namespaces of the input at a glance.

use std::collections::BTreeMap;
use std::sync::Arc;

use netpol_eval::NamespaceOrigin;
use netpol_findings::{Context, Finding, Severity};
use netpol_manifest::Direction;

use crate::contract::{FindingCounts, NamespaceSummary, Peer};

/// The labels of each namespace that a peer is in.
pub(crate) fn labels(peers: &[Peer]) -> BTreeMap<String, Arc<BTreeMap<String, String>>> {
    let mut labels = BTreeMap::new();
    for peer in peers {
        if let (Some(namespace), Some(of_namespace)) = (&peer.namespace, &peer.namespace_labels)
            && !labels.contains_key(namespace)
        {
            labels.insert(namespace.clone(), Arc::clone(of_namespace));
        }
    }
    labels
}

/// Every namespace that the input declares or has something in.
pub(crate) fn namespaces(context: &Context<'_>, findings: &[Finding]) -> Vec<NamespaceSummary> {
    let evaluation = context.evaluation();
    let mut all: Vec<NamespaceSummary> = Vec::new();
    for namespace in &evaluation.cluster().namespaces {
        all.push(NamespaceSummary {
            name: namespace.name.clone(),
            workloads: 0,
            isolated_for_ingress: 0,
            isolated_for_egress: 0,
            exposed: 0,
            findings: FindingCounts::default(),
        });
    }
    let exposed = context.exposed();
    for (peer, workload) in context.input_workloads() {
        let Some(namespace) = all.get_mut(workload.namespace.0 as usize) else { continue };
        namespace.workloads += 1;
        namespace.isolated_for_ingress += u32::from(evaluation.isolated(Direction::Ingress, peer));
        namespace.isolated_for_egress += u32::from(evaluation.isolated(Direction::Egress, peer));
        namespace.exposed += u32::from(exposed.contains(&peer));
    }
    let mut counts: BTreeMap<&str, FindingCounts> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.silenced) {
        let subject = &finding.subject;
        let counts = counts.entry(subject.namespace.as_deref().unwrap_or(&subject.name)).or_default();
        *match finding.rule.severity {
            Severity::High => &mut counts.high,
            Severity::Medium => &mut counts.medium,
            Severity::Low => &mut counts.low,
            Severity::Info => &mut counts.info,
        } += 1;
    }
    let of_the_input = evaluation.cluster().namespaces.iter().map(|namespace| match namespace.origin {
        NamespaceOrigin::Declared(_) | NamespaceOrigin::Mentioned => true,
        NamespaceOrigin::Hypothetical | NamespaceOrigin::AnyOther => false,
    });
    let all = all.into_iter().zip(of_the_input).filter(|(_, is_of_the_input)| *is_of_the_input);
    let with_findings = all.map(|(mut namespace, _)| {
        namespace.findings = counts.get(namespace.name.as_str()).copied().unwrap_or_default();
        namespace
    });
    with_findings.collect()
}
