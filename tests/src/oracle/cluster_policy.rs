//! What a cluster-scoped policy says: AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy.

use serde_json::Value;

use super::address::Cidr;
use super::pods::Pod;
use super::policy::Direction;
use super::rows::Row;
use super::selector::Selector;
use super::{Probe, objects};

/// A policy of the whole cluster.
#[derive(Clone, Debug)]
pub(super) struct ClusterPolicy {
    pub(super) tier: Tier,
    /// Lower ones first; a BaselineAdminNetworkPolicy has none.
    pub(super) priority: Option<u64>,
    pub(super) subject: NamespacedPods,
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    Admin,
    Baseline,
}

/// "Action specifies the effect this rule will have on matching traffic." (`ClusterNetworkPolicyEgressRule.action`)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// `Allow` in v1alpha1, `Accept` in the others.
    Allow,
    Deny,
    Pass,
}

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) action: Action,
    pub(super) peers: Vec<Peer>,
    /// Nothing for every port of every protocol.
    pub(super) ports: Option<Vec<Port>>,
}

/// An item of `from` or `to`: "Exactly one of the fields must be set for a given peer".
#[derive(Clone, Debug)]
pub(super) enum Peer {
    Pods(NamespacedPods),
    Nodes(Selector),
    Networks(Vec<Cidr>),
    /// In lower case, without a final dot.
    Domains(Vec<String>),
    /// One with a field that is not known.
    Unknown,
}

/// `namespaces`, or `pods`: of a subject and of a peer.
#[derive(Clone, Debug)]
pub(super) struct NamespacedPods {
    pub(super) namespaces: Selector,
    pub(super) pods: Option<Selector>,
}

/// An item of `ports` or `protocols`.
#[derive(Clone, Debug)]
pub(super) enum Port {
    Range(String, u64, u64),
    /// Of whatever protocol a pod gives it.
    Name(String),
}

const GROUP: &str = "policy.networking.k8s.io";

/// The kinds: the name, the versions, the peers of egress rules.
const KINDS: [(&str, &[&str], &[&str]); 3] = [
    ("AdminNetworkPolicy", &["v1alpha1"], &["namespaces", "pods", "nodes", "networks", "domainNames"]),
    ("BaselineAdminNetworkPolicy", &["v1alpha1"], &["namespaces", "pods", "nodes", "networks"]),
    (
        "ClusterNetworkPolicy",
        &["v1alpha2", "v1beta1"],
        &["namespaces", "pods", "nodes", "networks", "domainNames"],
    ),
];

/// What peers of ingress rules may be.
const INGRESS_PEERS: &[&str] = &["namespaces", "pods"];

impl ClusterPolicy {
    pub(super) fn of(object: &Value) -> Option<Self> {
        let (version, kind) = (objects::text(object, "/apiVersion")?, objects::text(object, "/kind")?);
        let (group, version) = version.split_once('/')?;
        let (_, versions, egress_peers) = KINDS.iter().find(|(name, ..)| *name == kind)?;
        if group != GROUP || !versions.contains(&version) {
            return None;
        }
        let tier = match (kind, objects::text(object, "/spec/tier")) {
            ("AdminNetworkPolicy", _) | (_, Some("Admin")) => Tier::Admin,
            _ => Tier::Baseline,
        };
        // "Only one baseline admin network policy with metadata.name="default" can be created in the cluster"
        if kind == "BaselineAdminNetworkPolicy" && objects::name(object) != "default" {
            return None;
        }
        let rules = |field: &str, peers: &str, known: &[&str]| {
            let rules = objects::list(object, &format!("/spec/{field}")).iter();
            rules.filter_map(|rule| Rule::of(rule, peers, known)).collect::<Vec<Rule>>()
        };
        Some(Self {
            tier,
            priority: object.pointer("/spec/priority").and_then(Value::as_u64),
            subject: NamespacedPods::of(object.pointer("/spec/subject")?)?,
            ingress: rules("ingress", "/from", INGRESS_PEERS),
            egress: rules("egress", "/to", egress_peers),
        })
    }

    /// "CNPs with no ingress rules do not affect ingress traffic." (`ClusterNetworkPolicySpec.ingress`; `egress`
    /// likewise)
    pub(super) fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// Its selectors of pods.
    pub(super) fn pod_selectors(&self) -> impl Iterator<Item = &Selector> {
        let peers = self.peers().filter_map(|peer| match peer {
            Peer::Pods(pods) => pods.pods.as_ref(),
            _ => None,
        });
        peers.chain(self.subject.pods.as_ref())
    }

    /// Every block that it speaks of.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Cidr> {
        let networks = self.peers().filter_map(|peer| match peer {
            Peer::Networks(networks) => Some(networks),
            _ => None,
        });
        networks.flatten().copied()
    }

    /// Every domain name that it speaks of.
    pub(super) fn domains(&self) -> impl Iterator<Item = &String> {
        let domains = self.peers().filter_map(|peer| match peer {
            Peer::Domains(names) => Some(names),
            _ => None,
        });
        domains.flatten()
    }

    /// The first and last numbers that it speaks of.
    pub(super) fn port_numbers(&self) -> impl Iterator<Item = u16> {
        let ports = self.all_rules().filter_map(|rule| rule.ports.as_ref()).flatten();
        let numbers = ports.flat_map(|port| match port {
            Port::Range(_, first, last) => vec![*first, *last],
            Port::Name(_) => Vec::new(),
        });
        numbers.filter_map(|number| number.try_into().ok())
    }

    fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.ingress.iter().chain(&self.egress)
    }

    fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.all_rules().flat_map(|rule| &rule.peers)
    }
}

impl Rule {
    /// "From is the list of sources whose traffic this rule applies to. If any element matches the source of incoming
    /// traffic then the specified action is applied." (`ClusterNetworkPolicyIngressRule.from`; `to` likewise)
    fn of(rule: &Value, peers: &str, known: &[&str]) -> Option<Self> {
        let action = match objects::text(rule, "/action")? {
            "Allow" | "Accept" => Action::Allow,
            "Deny" => Action::Deny,
            "Pass" => Action::Pass,
            _ => return None,
        };
        let peers: Vec<Peer> = objects::list(rule, peers).iter().map(|item| Peer::of(item, known)).collect();
        let v1alpha1 = objects::list(rule, "/ports").iter().filter_map(Port::of_v1alpha1);
        let later = objects::list(rule, "/protocols").iter().filter_map(Port::of_later);
        let ports: Vec<Port> = v1alpha1.chain(later).collect();
        Some(Self { action, peers, ports: (!ports.is_empty()).then_some(ports) })
    }

    /// "If an implementation sees no fields are set then it can infer that the deployed CRD is of an incompatible
    /// version with an unknown field. In that case it should fail closed." (`ClusterNetworkPolicyEgressPeer`)
    pub(super) fn is_understood(&self) -> bool {
        !self.peers.iter().any(|peer| matches!(peer, Peer::Unknown))
    }
}

impl Peer {
    fn of(item: &Value, known: &[&str]) -> Self {
        let set: Vec<&String> = item
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(field, _)| field)
            .collect();
        if set.is_empty() || set.iter().any(|field| !known.contains(&field.as_str())) {
            return Self::Unknown;
        }
        let texts = |pointer: &str| objects::list(item, pointer).iter().filter_map(Value::as_str);
        if let Some(pods) = NamespacedPods::of(item) {
            Self::Pods(pods)
        } else if let Some(nodes) = Selector::of(item, "/nodes") {
            Self::Nodes(nodes)
        } else if item.get("networks").is_some() {
            Self::Networks(texts("/networks").filter_map(Cidr::of).collect())
        } else {
            let name = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
            Self::Domains(texts("/domainNames").map(name).collect())
        }
    }
}

impl NamespacedPods {
    /// "Namespaces is used to select pods via namespace selectors. […] Pods is used to select pods via namespace AND pod
    /// selectors." (`ClusterNetworkPolicySubject`)
    fn of(value: &Value) -> Option<Self> {
        if let Some(namespaces) = Selector::of(value, "/namespaces") {
            return Some(Self { namespaces, pods: None });
        }
        Some(Self {
            namespaces: Selector::of(value, "/pods/namespaceSelector")?,
            pods: Some(Selector::of(value, "/pods/podSelector")?),
        })
    }

    /// Whether it selects pods with the labels of this one, in whatever namespace: "Note that host-networked pods are
    /// not included in subject selection", nor in "this type of peer".
    pub(super) fn may_select(&self, pod: &Pod) -> bool {
        !pod.host_network && self.pods.as_ref().is_none_or(|selector| selector.matches(&pod.labels))
    }
}

impl Port {
    /// `AdminNetworkPolicyPort`: "Protocol is the network protocol (TCP, UDP, or SCTP) which traffic must match. If not
    /// specified, this field defaults to TCP."
    fn of_v1alpha1(item: &Value) -> Option<Self> {
        if let Some(name) = objects::text(item, "/namedPort") {
            return Some(Self::Name(name.to_owned()));
        }
        let number = |pointer: &str| item.pointer(pointer).and_then(Value::as_u64);
        let (field, first, last) = match number("/portNumber/port") {
            Some(port) => ("portNumber", port, port),
            None => ("portRange", number("/portRange/start")?, number("/portRange/end")?),
        };
        let protocol = objects::text(item, &format!("/{field}/protocol")).unwrap_or("TCP");
        Some(Self::Range(protocol.to_owned(), first, last))
    }

    /// `ClusterNetworkPolicyProtocol`: "Exactly one field must be set."
    fn of_later(item: &Value) -> Option<Self> {
        if let Some(name) = objects::text(item, "/destinationNamedPort") {
            return Some(Self::Name(name.to_owned()));
        }
        let (protocol, ports) = [("TCP", "tcp"), ("UDP", "udp"), ("SCTP", "sctp")]
            .into_iter()
            .find_map(|(protocol, field)| Some((protocol, item.get(field)?.get("destinationPort")?)))?;
        let number = |pointer: &str| ports.pointer(pointer).and_then(Value::as_u64);
        let (first, last) = match number("/number") {
            Some(port) => (port, port),
            None => (number("/range/start")?, number("/range/end")?),
        };
        Some(Self::Range(protocol.to_owned(), first, last))
    }

    /// Whether it speaks of a connection by number: "PortRange defines an inclusive range of ports from the assigned
    /// Start value to End value."
    pub(super) fn holds(&self, probe: Probe) -> bool {
        match self {
            Self::Range(protocol, first, last) => {
                protocol == probe.protocol && (*first..=*last).contains(&probe.port.into())
            }
            Self::Name(_) => false,
        }
    }

    /// Whether it speaks of a connection by name, over the pods of the destination: on each of them, and on any.
    /// "DestinationNamedPort selects a destination port on a pod based on the ContainerPort name."
    pub(super) fn declared(&self, destination: &Row, probe: Probe) -> (bool, bool) {
        let Self::Name(name) = self else { return (false, false) };
        let declares = |pod: &Pod| pod.declares(name, probe);
        (destination.pods.iter().all(declares), destination.pods.iter().any(declares))
    }
}

/// "'*', the wildcard specifier, matches one or more entire labels. It does not support partial matches. '*' may only be
/// specified as a prefix." (`DomainName`) The peer of a wildcard stands for the names below that no other peer is for.
pub(super) fn covers(pattern: &str, name: &str) -> bool {
    let below = pattern.strip_prefix('*').is_some_and(|parent| name.ends_with(parent));
    pattern == name || below
}
