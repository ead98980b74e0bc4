//! Policies to add: those that open what is closed.
//!
//! A policy that opens something for pods selects no pod that is not isolated in that direction already, so that it
//! takes nothing from anyone.

use ipnet::IpNet;
use netpol_eval::{
    ConnectionSet, Evaluation, ExternalRange, Labels, NAMESPACE_NAME_LABEL, NamespaceId, Peer, PeerId,
    PortSet, SOME_VALUE, Workload,
};
use netpol_manifest::{Direction, LabelSelector, Operator, Protocol, Requirement, Yaml};
use netpol_source::{DocumentId, TextRange, order};

use crate::context::Context;
use crate::fix::{self, NewPolicy};
use crate::{dns, well_known, words};

/// What is left out of generated selectors: controllers set these on single pods.
const OF_SINGLE_PODS: [&str; 4] =
    ["pod-template-hash", "controller-revision-hash", "statefulset.kubernetes.io/pod-name", "controller-uid"];

/// Whether a selector asks for a label that controllers set on single pods: nobody means these for good.
pub(crate) fn asks_for_single_pods(selector: &LabelSelector) -> bool {
    selector.requirements.iter().any(|one| OF_SINGLE_PODS.contains(&one.key.as_str()))
}

/// Labels that usually tell workloads apart, the usual ones first.
const TELLING: [&str; 4] = ["app", "app.kubernetes.io/name", "k8s-app", "name"];

/// A policy that lets a subject, isolated in this direction, talk with these peers on these ports; `None` where no
/// policy can.
pub fn opening(
    evaluation: &Evaluation,
    direction: Direction,
    subject: PeerId,
    peers: &[PeerId],
    ports: &ConnectionSet,
) -> Option<NewPolicy> {
    opening_all(evaluation, direction, subject, &[(peers.to_vec(), ports.clone())])
}

/// The same, with a rule for each of these groups of peers.
pub(crate) fn opening_all(
    evaluation: &Evaluation,
    direction: Direction,
    subject: PeerId,
    groups: &[(Vec<PeerId>, ConnectionSet)],
) -> Option<NewPolicy> {
    let pods = evaluation.peer(subject)?;
    let workload = pods.workload()?;
    let first = evaluation.peer(*groups.first()?.0.first()?)?;
    let named = groups.iter().flat_map(|(peers, _)| peers).chain([&subject]);
    let mut named = named.filter_map(|peer| evaluation.peer(*peer)?.workload());
    // A selector cannot ask for labels whose values are not known, or not the same on all pods.
    if named.any(|workload| workload.labels.values().any(|value| value == SOME_VALUE)) {
        return None;
    }
    let mut rules = Vec::new();
    for (peers, ports) in groups {
        let mut items = Vec::new();
        for peer in peers {
            items.extend(peer_items(evaluation, workload, evaluation.peer(*peer)?)?);
        }
        let destinations: Vec<&Workload> = match direction {
            Direction::Ingress => vec![workload],
            Direction::Egress => peers.iter().filter_map(|peer| evaluation.peer(*peer)?.workload()).collect(),
        };
        rules.push(rule_of(direction, items, self::ports_of(ports, &destinations)));
    }
    let verb = words::peers_field(direction);
    let name = format!("allow-{}-{verb}-{}", name_part(pods), name_part(first));
    let selector = isolated_selector(evaluation, direction, subject, workload);
    policy(evaluation, workload.namespace, &name, &selector, direction, rules)
}

/// A policy of a namespace for one direction.
pub(crate) fn policy(
    evaluation: &Evaluation,
    namespace: NamespaceId,
    name: &str,
    subject: &LabelSelector,
    direction: Direction,
    rules: Vec<Yaml>,
) -> Option<NewPolicy> {
    let namespace_name = evaluation.cluster().namespace(namespace)?.name.as_str();
    if namespace_name == "*" || namespace_name.contains('=') {
        return None;
    }
    let name = free_name(evaluation, namespace, name);
    let mut spec = vec![
        ("podSelector".to_owned(), fix::selector(subject)),
        ("policyTypes".to_owned(), Yaml::List(vec![Yaml::text(words::policy_type(direction))])),
    ];
    if !rules.is_empty() {
        spec.push((words::field(direction).to_owned(), Yaml::List(rules)));
    }
    let manifest = Yaml::map([
        ("apiVersion", Yaml::text("networking.k8s.io/v1")),
        ("kind", Yaml::text("NetworkPolicy")),
        ("metadata", Yaml::map([("name", Yaml::text(name)), ("namespace", Yaml::text(namespace_name))])),
        ("spec", Yaml::Map(spec)),
    ]);
    Some(NewPolicy { manifest, beside: beside(evaluation, namespace) })
}

/// A rule for these peers and ports.
pub(crate) fn rule(direction: Direction, peers: Vec<Yaml>, ports: &ConnectionSet) -> Yaml {
    rule_of(direction, peers, self::ports(ports))
}

fn rule_of(direction: Direction, peers: Vec<Yaml>, ports: Vec<Yaml>) -> Yaml {
    let mut fields = vec![(words::peers_field(direction).to_owned(), Yaml::List(peers))];
    if !ports.is_empty() {
        fields.push(("ports".to_owned(), Yaml::List(ports)));
    }
    Yaml::Map(fields)
}

/// The items of `ports`; none for every port.
pub(crate) fn ports(wanted: &ConnectionSet) -> Vec<Yaml> {
    ports_of(wanted, &[])
}

/// The ports that these workloads declare; `None` where one declares none, or all together too many to list.
pub(crate) fn declared_by_all<'a>(workloads: impl Iterator<Item = &'a Workload>) -> Option<ConnectionSet> {
    let mut all = ConnectionSet::NONE;
    for workload in workloads {
        let declared = workload.declared_ports();
        if declared.is_empty() {
            return None;
        }
        for port in declared {
            all = all.union(&ConnectionSet::of(port.protocol, PortSet::range(port.port, port.port)));
        }
    }
    (1..=fix::MOST_LISTED).contains(&ports(&all).len()).then_some(all)
}

/// The same, for destinations of which some may be hypothetical: what a policy calls by a name is called so here too, as
/// its number was made up.
fn ports_of(wanted: &ConnectionSet, destinations: &[&Workload]) -> Vec<Yaml> {
    let hypothetical: Vec<_> = destinations
        .iter()
        .filter(|workload| workload.is_hypothetical())
        .flat_map(|workload| workload.declared_ports())
        .collect();
    let mut items = Vec::new();
    if wanted.is_all() {
        return items;
    }
    for protocol in Protocol::ALL {
        let ports = wanted.ports(protocol);
        for (first, last) in ports.intervals() {
            let declared = |number: &u16| {
                hypothetical.iter().find(|port| port.protocol == protocol && port.port == *number)
            };
            let declared: Vec<_> = (*first..=*last).map_while(|number| declared(&number)).collect();
            if declared.len() > usize::from(*last - *first) {
                items.extend(declared.into_iter().map(|port| {
                    let number = || Yaml::Number(i64::from(port.port));
                    let port = port.name.as_ref().map_or_else(number, |name| Yaml::text(name.as_str()));
                    Yaml::map([("protocol", Yaml::text(protocol.as_str())), ("port", port)])
                }));
                continue;
            }
            let mut fields = vec![("protocol".to_owned(), Yaml::text(protocol.as_str()))];
            if !ports.is_all() {
                fields.push(("port".to_owned(), Yaml::Number(i64::from(*first))));
                if first != last {
                    fields.push(("endPort".to_owned(), Yaml::Number(i64::from(*last))));
                }
            }
            items.push(Yaml::Map(fields));
        }
    }
    items
}

/// Addresses of so many blocks are written as these; of more, as one block with `except`.
const FEW_BLOCKS: usize = 4;

/// The addresses within the network of a range that belong to others, as few networks as there are.
fn holes(evaluation: &Evaluation, range: &ExternalRange) -> Vec<IpNet> {
    let others = evaluation.peer_ids().filter_map(|(_, peer)| peer.external()).map(|other| other.network);
    let mut holes: Vec<IpNet> =
        others.filter(|other| *other != range.network && range.network.contains(other)).collect();
    order::sort(&mut holes);
    IpNet::aggregate(&holes)
}

/// How a rule of a policy of `subject`'s namespace names a peer; `None` where none can.
pub(crate) fn peer_items(evaluation: &Evaluation, subject: &Workload, peer: &Peer) -> Option<Vec<Yaml>> {
    let workload = match peer {
        Peer::External { range, .. } => {
            let block =
                |cidr: &IpNet| Yaml::map([("ipBlock", Yaml::map([("cidr", Yaml::text(cidr.to_string()))]))]);
            let is_host = range.network.prefix_len() == range.network.max_prefix_len();
            let endpoints: Vec<IpNet> = match is_host {
                true => Vec::new(),
                false => range.metadata_endpoints().map(IpNet::from).collect(),
            };
            let cidrs = range.cidrs();
            if cidrs.len() <= FEW_BLOCKS && endpoints.is_empty() {
                return Some(cidrs.iter().map(block).collect());
            }
            let mut except = holes(evaluation, range);
            except.extend(endpoints);
            order::sort(&mut except);
            let except = Yaml::List(except.iter().map(|hole| Yaml::text(hole.to_string())).collect());
            let cidr = Yaml::text(range.network.to_string());
            return Some(vec![Yaml::map([("ipBlock", Yaml::map([("cidr", cidr), ("except", except)]))])]);
        }
        // Selectors do not see pods on the host network.
        Peer::Workload(workload) if workload.host_network => return None,
        // A NetworkPolicy cannot name a domain.
        Peer::Domain(_) => return None,
        Peer::Workload(workload) => workload,
    };
    let pods = fix::match_labels(&telling_labels(evaluation, workload));
    if workload.namespace == subject.namespace {
        return Some(vec![Yaml::map([("podSelector", pods)])]);
    }
    let namespace = evaluation.cluster().namespace(workload.namespace)?;
    let namespaces = match namespace.name.as_str() {
        "*" => Yaml::Map(Vec::new()),
        // A hypothetical one is called by its labels, where no selector asks for its name.
        name if name.contains('=') => {
            let labels = namespace.labels.iter().filter(|(key, _)| *key != NAMESPACE_NAME_LABEL);
            fix::match_labels(&order::map(labels.map(|(key, value)| (key.clone(), value.clone()))))
        }
        name => fix::namespaces_named(&[name]),
    };
    Some(vec![Yaml::map([("namespaceSelector", namespaces), ("podSelector", pods)])])
}

/// The fewest labels that tell a workload from the others of its namespace: a usual one alone, else all.
pub(crate) fn telling_labels(evaluation: &Evaluation, workload: &Workload) -> Labels {
    let others = || {
        let workloads = evaluation.cluster().workloads.iter();
        workloads.filter(|other| {
            other.namespace == workload.namespace
                && (&other.kind, &other.name, &other.variant)
                    != (&workload.kind, &workload.name, &workload.variant)
        })
    };
    for key in TELLING {
        let Some(value) = workload.labels.get(key) else { continue };
        if others().all(|other| other.labels.get(key) != Some(value)) {
            return order::map([(key.to_owned(), value.clone())]);
        }
    }
    // What is said of single pods tells a part of a workload from the rest of it.
    let labels = workload
        .labels
        .iter()
        .filter(|(key, _)| workload.variant.is_some() || !OF_SINGLE_PODS.contains(&key.as_str()));
    order::map(labels.map(|(key, value)| (key.clone(), value.clone())))
}

/// Selects a workload, and no pod that is not isolated in the direction already: all that a policy wants which isolates
/// it, besides the labels that tell it from others.
pub(crate) fn isolated_selector(
    evaluation: &Evaluation,
    direction: Direction,
    subject: PeerId,
    workload: &Workload,
) -> LabelSelector {
    let mut selector = selector_of(&telling_labels(evaluation, workload));
    let isolating = evaluation.selecting(direction, subject).first();
    let policy = isolating.and_then(|id| evaluation.cluster().policy(*id));
    for one in policy.iter().flat_map(|policy| &policy.spec.pod_selector.requirements) {
        let is_there = selector.requirements.iter().any(|known| known.key == one.key);
        if one.operator != Operator::In || !is_there {
            selector.requirements.push(one.clone());
        }
    }
    selector
}

/// A selector of these labels.
pub(crate) fn selector_of(labels: &Labels) -> LabelSelector {
    let nowhere = TextRange::default();
    let requirement = |(key, value): (&String, &String)| Requirement {
        range: nowhere,
        key: key.clone(),
        operator: Operator::In,
        values: vec![value.clone()],
        from_match_labels: true,
    };
    LabelSelector { range: nowhere, requirements: labels.iter().map(requirement).collect() }
}

/// A name that no policy of the namespace has yet.
fn free_name(evaluation: &Evaluation, namespace: NamespaceId, wanted: &str) -> String {
    let is_taken = |name: &str| {
        let mut policies = evaluation.cluster().policies.iter();
        policies
            .any(|policy| policy.namespace == namespace && policy.handle.object().metadata.name.value == name)
    };
    let mut name = wanted.to_owned();
    let mut number = 2;
    while is_taken(&name) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    name
}

/// The document in whose file a policy of a namespace belongs: that of its last policy, else of its first workload.
fn beside(evaluation: &Evaluation, namespace: NamespaceId) -> Option<DocumentId> {
    let cluster = evaluation.cluster();
    let policies = cluster.policies.iter().filter(|policy| policy.namespace == namespace);
    let workloads = cluster.workloads.iter().filter(|workload| workload.namespace == namespace);
    let of_policies = policies.map(|policy| policy.handle.document).max();
    of_policies
        .or_else(|| workloads.filter_map(|workload| workload.handle()).map(|handle| handle.document).min())
}

/// A piece of an object name: lower-case letters, digits and hyphens, not too long.
pub(crate) fn name_part(peer: &Peer) -> String {
    let text = match peer {
        Peer::Workload(workload) if workload.labels.is_empty() && workload.is_hypothetical() => {
            "any-pod".to_owned()
        }
        Peer::Workload(workload) => workload.name.rsplit('=').next().unwrap_or_default().to_owned(),
        Peer::External { range, .. } if range.is_any_other() => "anywhere".to_owned(),
        Peer::External { range, .. } => range.network.to_string(),
        Peer::Domain(name) => name.to_string(),
    };
    let plain: String = text
        .to_ascii_lowercase()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .take(60)
        .collect();
    let trimmed = plain.trim_matches('-');
    if trimmed.is_empty() { "pods".to_owned() } else { trimmed.to_owned() }
}

/// The peers that are the cluster's DNS: its servers in the input, else those of a usual cluster.
pub(crate) fn dns_peers(context: &Context<'_>) -> Vec<Yaml> {
    let servers = context.input_workloads().map(|(_, workload)| workload.as_ref());
    let servers = servers.filter(|one| well_known::is_dns(one) && !one.host_network).take(2);
    let mut items: Vec<Yaml> = servers
        .map(|server| {
            let labels = telling_labels(context.evaluation(), server);
            dns_peer(context.namespace_name(server.namespace), &labels)
        })
        .collect();
    items.extend(dns_cache(context));
    if items.is_empty() {
        let label = ("k8s-app".to_owned(), "kube-dns".to_owned());
        items.push(dns_peer(well_known::SYSTEM_NAMESPACE, &order::map([label])));
    }
    items
}

/// The peer that is NodeLocal DNSCache, where it runs.
fn dns_cache(context: &Context<'_>) -> Option<Yaml> {
    context.dns().cache?;
    let address = Yaml::map([("cidr", Yaml::text(IpNet::from(dns::NODE_LOCAL).to_string()))]);
    Some(Yaml::map([("ipBlock", address)]))
}

fn dns_peer(namespace: &str, labels: &Labels) -> Yaml {
    Yaml::map([
        ("namespaceSelector", fix::namespaces_named(&[namespace])),
        ("podSelector", fix::match_labels(labels)),
    ])
}

/// The same for pods that lack it: the cache alone, where they ask it.
pub(crate) fn missing_dns_peers(context: &Context<'_>) -> Vec<Yaml> {
    dns_cache(context).map_or_else(|| dns_peers(context), |cache| vec![cache])
}

/// A policy that lets pods ask these peers for names over these of UDP and TCP.
pub(crate) fn allow_dns(
    context: &Context<'_>,
    peers: Vec<Yaml>,
    namespace: NamespaceId,
    name: &str,
    pods: &LabelSelector,
    over: impl Fn(Protocol) -> bool,
) -> Option<NewPolicy> {
    let dns = context.dns().ports();
    let missing = Protocol::ALL.into_iter().filter(|protocol| over(*protocol));
    let ports = missing.fold(ConnectionSet::NONE, |all, protocol| {
        all.union(&ConnectionSet::of(protocol, dns.ports(protocol).clone()))
    });
    let rule = rule(Direction::Egress, peers, &ports);
    policy(context.evaluation(), namespace, name, pods, Direction::Egress, vec![rule])
}
