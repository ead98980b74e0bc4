//! The namespaces of the input at a glance.

use std::collections::BTreeMap;
use std::sync::Arc;

use netpol_eval::{Action, Evaluation, Lowered, NamespaceOrigin, PeerId};
use netpol_findings::{Context, Finding, Severity};
use netpol_manifest::Direction;
use netpol_source::order;

use crate::contract::{FindingCounts, NamespaceSummary, Peer};

/// The labels of each namespace that a peer is in.
pub(crate) fn labels(peers: &[Peer]) -> BTreeMap<String, Arc<BTreeMap<String, String>>> {
    let mut labels = BTreeMap::new();
    // Peers of one namespace stand together.
    let mut last = None;
    for peer in peers {
        if let (Some(namespace), Some(of_namespace)) = (&peer.namespace, &peer.namespace_labels)
            && last.replace(namespace) != Some(namespace)
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
            limited_for_ingress: 0,
            limited_for_egress: 0,
            exposed: 0,
            dns_works: 0,
            dns_why: None,
            findings: FindingCounts::default(),
        });
    }
    let exposed = context.exposed();
    for (peer, workload) in context.input_workloads() {
        let Some(namespace) = all.get_mut(workload.namespace.0 as usize) else { continue };
        namespace.workloads += 1;
        for (direction, isolated, limited) in [
            (Direction::Ingress, &mut namespace.isolated_for_ingress, &mut namespace.limited_for_ingress),
            (Direction::Egress, &mut namespace.isolated_for_egress, &mut namespace.limited_for_egress),
        ] {
            let is_isolated = evaluation.isolated(direction, peer);
            *isolated += u32::from(is_isolated);
            *limited += u32::from(!is_isolated && is_limited(evaluation, direction, peer));
        }
        namespace.exposed += u32::from(exposed.get(peer.index()) == Some(&true));
    }
    let mut counts: BTreeMap<&str, FindingCounts> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.silenced) {
        let subject = &finding.subject;
        let counts = counts.entry(subject.namespace.as_deref().unwrap_or(&subject.name)).or_default();
        *match finding.severity {
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

/// Says of each namespace how many of its workloads can ask for names, and why one of the others cannot.
pub(crate) fn say_where_dns_works(
    evaluation: &Evaluation,
    namespaces: &mut [NamespaceSummary],
    peers: &[Peer],
) {
    let places = (0_usize..).zip(namespaces.iter()).map(|(place, one)| (one.name.clone(), place));
    let places = order::map(places);
    let all = evaluation.cluster().namespaces.iter();
    let places: Vec<Option<usize>> = all.map(|one| places.get(&one.name).copied()).collect();
    let mut blocked = vec![0_usize; namespaces.len()];
    for (peer, one) in peers.iter().zip(evaluation.peers()) {
        let (Some(dns), Some(name)) = (&peer.dns, &peer.name) else { continue };
        let place = one.workload().and_then(|one| *places.get(one.namespace.0 as usize)?);
        let Some(place) = place else { continue };
        let (Some(namespace), Some(blocked)) = (namespaces.get_mut(place), blocked.get_mut(place)) else {
            continue;
        };
        namespace.dns_works += u32::from(dns.works);
        let Some(why) = &dns.why else { continue };
        // One that works over UDP alone gives way to one that does not at all.
        let is_worse = *blocked == 0 && !dns.works;
        *blocked += usize::from(!dns.works);
        if is_worse || namespace.dns_why.is_none() {
            namespace.dns_why = Some(format!("{name}: {why}"));
        }
    }
    for (namespace, blocked) in namespaces.iter_mut().zip(blocked) {
        if let Some(why) = namespace.dns_why.as_mut().filter(|_| blocked > 1) {
            why.push_str(&format!("; and {} more", blocked - 1));
        }
    }
}

/// Whether a policy has a rule for a peer that denies something.
fn is_limited(evaluation: &Evaluation, direction: Direction, peer: PeerId) -> bool {
    let policies = evaluation.deciding(direction, peer).iter();
    let mut lowered = policies.filter_map(|id| Lowered::new(evaluation.cluster(), *id));
    lowered.any(|policy| {
        policy.rules(direction).unwrap_or_default().iter().any(|rule| rule.action == Action::Deny)
    })
}
