//! The smallest change that would allow what is denied.
//!
//! Policies add up and never deny, so one more policy for exactly these pods allows the connection and takes nothing
//! away: its subject is isolated in that direction already, or there would be nothing to mend.

use std::collections::BTreeMap;

use netpol_eval::{ConnectionSet, Evaluation, Labels, NAMESPACE_NAME_LABEL, Peer, PeerId, Workload};
use netpol_manifest::{Direction, Operator, Protocol};
use netpol_source::order;
use serde::Serialize;

use crate::words;
use crate::yaml::to_yaml;

/// What is left out of generated selectors: controllers set these on single pods.
const OF_SINGLE_PODS: [&str; 4] =
    ["pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name", "controller-uid"];

/// Labels that usually tell workloads apart, the usual ones first.
const TELLING: [&str; 4] = ["app", "app.kubernetes.io/name", "k8s-app", "name"];

/// A change that allows a denied connection.
#[derive(Debug)]
pub(crate) struct Mend {
    /// What it does, in one sentence.
    pub(crate) message: String,
    /// The policies to add.
    policies: Vec<Manifest>,
}

impl Mend {
    /// The policies to add, as YAML documents; `None` where one cannot be written.
    pub(crate) fn documents(&self) -> Option<Vec<String>> {
        self.policies.iter().map(to_yaml).collect()
    }
}

/// The change that would allow a cell in which some of `wanted` is missing; `None` where policies cannot allow it, or
/// nothing is missing.
pub(crate) fn mend(evaluation: &Evaluation, source: PeerId, destination: PeerId) -> Option<Mend> {
    let trace = evaluation.trace(source, destination)?;
    let (from, to) = (evaluation.peer(source)?, evaluation.peer(destination)?);
    if !trace.allowed.is_empty() {
        return None;
    }
    let wanted = wanted(to, &trace.egress.allowed, &trace.ingress.allowed);
    let mut policies = Vec::new();
    let mut ends = Vec::new();
    for (direction, end, subject, peer) in [
        (Direction::Egress, &trace.egress, source, to),
        (Direction::Ingress, &trace.ingress, destination, from),
    ] {
        if end.allowed.includes(&wanted) {
            continue;
        }
        policies.push(policy(evaluation, direction, subject, peer, &wanted)?);
        ends.push(match direction {
            Direction::Egress => format!("egress of {}", words::peer_name(evaluation, from)),
            Direction::Ingress => format!("ingress to {}", words::peer_name(evaluation, to)),
        });
    }
    let ports = if wanted.is_all() { "every port".to_owned() } else { words::connections(&wanted) };
    let message = format!("open {ports} for {}", ends.join(" and "));
    Some(Mend { message, policies })
}

/// What to allow: the ports that the destination declares, as far as the other end allows some of them already.
fn wanted(destination: &Peer, egress: &ConnectionSet, ingress: &ConnectionSet) -> ConnectionSet {
    let declared = destination.workload().map(|workload| {
        workload.declared_ports().iter().fold(ConnectionSet::NONE, |set, port| {
            set.union(&ConnectionSet::of(port.protocol, netpol_eval::PortSet::range(port.port, port.port)))
        })
    });
    let declared = declared.filter(|declared| !declared.is_empty()).unwrap_or_else(ConnectionSet::all);
    let mut candidates = vec![declared.clone()];
    candidates.extend([egress, ingress].map(|end| declared.intersection(end)));
    candidates.extend([egress, ingress].into_iter().filter(|end| !end.is_all()).cloned());
    // The narrowest that is not empty: what one end has opened for this purpose already.
    let fits = |set: &&ConnectionSet| !set.is_empty();
    let opened =
        candidates.iter().skip(1).filter(fits).find(|set| declared.includes(set) && **set != declared);
    let by_one_end = candidates.iter().skip(3).find(fits);
    opened.or(by_one_end.filter(|_| declared.is_all())).unwrap_or(&declared).clone()
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: Spec,
}

#[derive(Debug, Serialize)]
struct Metadata {
    name: String,
    namespace: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    pod_selector: Selector,
    policy_types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ingress: Vec<IngressRule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    egress: Vec<EgressRule>,
}

#[derive(Debug, Serialize)]
struct IngressRule {
    from: Vec<ManifestPeer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ports: Vec<Port>,
}

#[derive(Debug, Serialize)]
struct EgressRule {
    to: Vec<ManifestPeer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ports: Vec<Port>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestPeer {
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace_selector: Option<Selector>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_selector: Option<Selector>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_block: Option<Block>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Selector {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    match_labels: Labels,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    match_expressions: Vec<Expression>,
}

#[derive(Clone, Debug, Serialize)]
struct Expression {
    key: String,
    operator: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Block {
    cidr: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    protocol: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_port: Option<u16>,
}

fn policy(
    evaluation: &Evaluation,
    direction: Direction,
    subject: PeerId,
    peer: &Peer,
    wanted: &ConnectionSet,
) -> Option<Manifest> {
    let pods = evaluation.peer(subject)?;
    let workload = pods.workload()?;
    let namespace = words::namespace_name(evaluation, workload);
    if namespace == "*" {
        return None;
    }
    let peers = peers(evaluation, workload, peer)?;
    let ports = ports(wanted);
    let (verb, types) = match direction {
        Direction::Ingress => ("from", "Ingress"),
        Direction::Egress => ("to", "Egress"),
    };
    let name = format!("allow-{}-{verb}-{}", name_part(pods), name_part(peer));
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    match direction {
        Direction::Ingress => ingress.push(IngressRule { from: peers, ports }),
        Direction::Egress => egress.push(EgressRule { to: peers, ports }),
    }
    Some(Manifest {
        api_version: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: Metadata { name, namespace: namespace.to_owned() },
        spec: Spec {
            pod_selector: isolated_selector(evaluation, direction, subject, workload),
            policy_types: vec![types],
            ingress,
            egress,
        },
    })
}

/// How a rule of a policy of `subject`'s namespace names a peer; `None` where none can.
fn peers(evaluation: &Evaluation, subject: &Workload, peer: &Peer) -> Option<Vec<ManifestPeer>> {
    let empty = ManifestPeer { namespace_selector: None, pod_selector: None, ip_block: None };
    match peer {
        Peer::External { range, .. } => {
            let blocks = range.cidrs.iter();
            let block = |cidr: &ipnet::IpNet| ManifestPeer {
                ip_block: Some(Block { cidr: cidr.to_string() }),
                ..empty.clone()
            };
            // A range with many holes is named with them: this is a start to edit, not a policy to keep.
            if range.cidrs.len() > 4 {
                Some(vec![block(&range.network)])
            } else {
                Some(blocks.map(block).collect())
            }
        }
        // Selectors do not see pods on the host network.
        Peer::Workload(workload) if workload.host_network => None,
        Peer::Workload(workload) => {
            let elsewhere = workload.namespace != subject.namespace;
            let namespace = words::namespace_name(evaluation, workload);
            let labels = match namespace {
                "*" => Labels::new(),
                name => order::map([(NAMESPACE_NAME_LABEL.to_owned(), name.to_owned())]),
            };
            Some(vec![ManifestPeer {
                namespace_selector: elsewhere
                    .then_some(Selector { match_labels: labels, ..Selector::default() }),
                pod_selector: Some(pod_selector(evaluation, workload)),
                ..empty
            }])
        }
    }
}

/// The fewest labels that tell a workload from the others of its namespace: a usual one alone, else all.
fn pod_selector(evaluation: &Evaluation, workload: &Workload) -> Selector {
    let others = || {
        let workloads = evaluation.cluster().workloads.iter();
        workloads.filter(|other| {
            other.namespace == workload.namespace
                && (&other.kind, &other.name) != (&workload.kind, &workload.name)
        })
    };
    for key in TELLING {
        let Some(value) = workload.labels.get(key) else { continue };
        if others().all(|other| other.labels.get(key) != Some(value)) {
            return Selector {
                match_labels: order::map([(key.to_owned(), value.clone())]),
                ..Selector::default()
            };
        }
    }
    let labels = workload.labels.iter().filter(|(key, _)| !OF_SINGLE_PODS.contains(&key.as_str()));
    let match_labels = labels.map(|(key, value)| (key.clone(), value.clone())).collect();
    Selector { match_labels, ..Selector::default() }
}

/// Selects a workload, and no pod that is not isolated in the direction already: all that a policy wants which
/// isolates it, besides the labels that tell it from others. So the new policy takes nothing from anyone.
fn isolated_selector(
    evaluation: &Evaluation,
    direction: Direction,
    subject: PeerId,
    workload: &Workload,
) -> Selector {
    let mut selector = pod_selector(evaluation, workload);
    let isolating = evaluation.selecting(direction, subject).first();
    let policy = isolating.and_then(|id| evaluation.cluster().policy(*id));
    for one in policy.iter().flat_map(|policy| &policy.spec.pod_selector.requirements) {
        match (one.operator, one.values.as_slice()) {
            (Operator::In, _) if selector.match_labels.contains_key(&one.key) => {}
            (Operator::In, [value]) => {
                selector.match_labels.insert(one.key.clone(), value.clone());
            }
            (operator, values) => selector.match_expressions.push(Expression {
                key: one.key.clone(),
                operator: match operator {
                    Operator::In => "In",
                    Operator::NotIn => "NotIn",
                    Operator::Exists => "Exists",
                    Operator::DoesNotExist => "DoesNotExist",
                },
                values: values.to_vec(),
            }),
        }
    }
    selector
}

fn ports(wanted: &ConnectionSet) -> Vec<Port> {
    if wanted.is_all() {
        return Vec::new();
    }
    let of_protocol = |protocol: Protocol| {
        let ports = wanted.ports(protocol);
        let all = ports.is_all();
        ports.intervals().iter().map(move |(first, last)| Port {
            protocol: protocol.as_str(),
            port: (!all).then_some(*first),
            end_port: (!all && first != last).then_some(*last),
        })
    };
    Protocol::ALL.into_iter().flat_map(of_protocol).collect()
}

/// A piece of an object name: lower-case letters, digits and hyphens, not too long.
fn name_part(peer: &Peer) -> String {
    let text = match peer {
        Peer::Workload(workload) if workload.labels.is_empty() && workload.is_hypothetical() => {
            "any-pod".to_owned()
        }
        Peer::Workload(workload) => workload.name.rsplit('=').next().unwrap_or_default().to_owned(),
        Peer::External { range, .. } if range.is_any_other() => "anywhere".to_owned(),
        Peer::External { range, .. } => range.network.to_string(),
    };
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .take(60)
        .collect();
    let trimmed = plain.trim_matches('-');
    if trimmed.is_empty() { "pods".to_owned() } else { trimmed.to_owned() }
}
