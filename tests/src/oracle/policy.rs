//! What a NetworkPolicy says.

use std::net::IpAddr;

use serde_json::Value;

use super::address::{Cidr, Family};
use super::cluster_policy::Action;
use super::pods::Pod;
use super::rows::Row;
use super::selector::Selector;
use super::tiers::Several;
use super::{Probe, objects};

/// Which way a connection goes, seen from the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ingress,
    Egress,
}

/// A policy.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) namespace: String,
    subjects: Selector,
    types: [bool; 2],
    ingress: Vec<Rule>,
    egress: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) peers: Vec<Peer>,
    pub(super) ports: Vec<Port>,
}

/// An item of `from` or `to`.
#[derive(Clone, Debug)]
pub(super) enum Peer {
    Pods { pods: Option<Selector>, namespaces: Option<Selector> },
    Block(Block),
}

/// An `ipBlock`.
#[derive(Clone, Debug)]
pub(super) struct Block {
    cidr: Cidr,
    except: Vec<Cidr>,
}

/// An item of `ports`.
#[derive(Clone, Debug)]
pub(super) struct Port {
    protocol: String,
    number: Number,
}

#[derive(Clone, Debug)]
enum Number {
    Any,
    Range(u16, u16),
    Name(String),
}

impl Policy {
    pub(super) fn of(object: &Value) -> Option<Self> {
        if !objects::is(object, "networking.k8s.io/v1", "NetworkPolicy") {
            return None;
        }
        let rules = |field: &str, peers: &str| {
            let rules = objects::list(object, &format!("/spec/{field}")).iter();
            rules.map(|rule| Rule::of(rule, peers)).collect::<Vec<Rule>>()
        };
        let (ingress, egress) = (rules("ingress", "/from"), rules("egress", "/to"));
        // "If this field is not specified, it will default based on the existence of ingress or egress rules; policies
        // that contain an egress section are assumed to affect egress, and all policies (whether or not they contain an
        // ingress section) are assumed to affect ingress." (`NetworkPolicySpec.policyTypes`; a section is one with at
        // least one rule, and an empty list is not specified)
        let types = match objects::list(object, "/spec/policyTypes") {
            [] => [true, !egress.is_empty()],
            types => ["Ingress", "Egress"].map(|name| types.iter().any(|written| written == name)),
        };
        let subjects = Selector::of(object, "/spec/podSelector");
        let subjects = subjects.unwrap_or(Selector { requirements: Vec::new() });
        Some(Self { namespace: objects::namespace(object), subjects, types, ingress, egress })
    }

    /// The rules of a direction, or nothing where the policy does not isolate; absent and empty are the same: "If this
    /// field is empty then this NetworkPolicy does not allow any traffic (and serves solely to ensure that the pods it
    /// selects are isolated by default)". (`NetworkPolicySpec.ingress`)
    pub(super) fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        let [ingress, egress] = self.types;
        match direction {
            Direction::Ingress => ingress.then_some(&self.ingress),
            Direction::Egress => egress.then_some(&self.egress),
        }
        .map(Vec::as_slice)
    }

    /// "podSelector selects the pods to which this NetworkPolicy object applies. […] An empty selector matches all
    /// pods in the policy's namespace." (`NetworkPolicySpec.podSelector`) Pods on the host network are no subjects.
    pub(super) fn selects(&self, pod: &Pod) -> bool {
        !pod.host_network && pod.owner.namespace == self.namespace && self.subjects.matches(&pod.labels)
    }

    /// Its selectors of pods, also those of rules without an effect.
    pub(super) fn pod_selectors(&self) -> impl Iterator<Item = &Selector> {
        let peers = self.all_rules().flat_map(|rule| &rule.peers).filter_map(|peer| match peer {
            Peer::Pods { pods, .. } => pods.as_ref(),
            Peer::Block(_) => None,
        });
        peers.chain([&self.subjects])
    }

    /// Every block that it speaks of, also in rules without an effect.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Cidr> {
        let blocks = self.all_rules().flat_map(|rule| &rule.peers).filter_map(|peer| match peer {
            Peer::Pods { .. } => None,
            Peer::Block(block) => Some(block.except.iter().copied().chain([block.cidr])),
        });
        blocks.flatten()
    }

    /// The first and last numbers that it speaks of.
    pub(super) fn port_numbers(&self) -> impl Iterator<Item = u16> {
        self.all_rules().flat_map(|rule| &rule.ports).flat_map(|port| match port.number {
            Number::Range(first, last) => vec![first, last],
            Number::Any | Number::Name(_) => Vec::new(),
        })
    }

    fn all_rules(&self) -> impl Iterator<Item = &Rule> {
        self.ingress.iter().chain(&self.egress)
    }
}

impl Rule {
    /// "from is a list of sources […] Items in this list are combined using a logical OR operation. If this field is
    /// empty or missing, this rule matches all sources (traffic not restricted by source)."
    /// (`NetworkPolicyIngressRule.from`; `to` likewise)
    fn of(rule: &Value, peers: &str) -> Self {
        let peers = objects::list(rule, peers).iter().map(Peer::of).collect();
        Self { peers, ports: objects::list(rule, "/ports").iter().map(Port::of).collect() }
    }
}

impl Peer {
    fn of(item: &Value) -> Self {
        let cidr = objects::text(item, "/ipBlock/cidr").and_then(Cidr::of);
        let except = objects::list(item, "/ipBlock/except").iter();
        let except = except.filter_map(|text| Cidr::of(text.as_str()?)).collect();
        match cidr {
            Some(cidr) => Self::Block(Block { cidr, except }),
            None => Self::Pods {
                pods: Selector::of(item, "/podSelector"),
                namespaces: Selector::of(item, "/namespaceSelector"),
            },
        }
    }

    pub(super) fn is_block(&self) -> bool {
        matches!(self, Self::Block(_))
    }
}

impl Block {
    /// "IPBlock describes a particular CIDR (Ex. "192.168.1.0/24","2001:db8::/64") that is allowed to the pods matched
    /// by a NetworkPolicySpec's podSelector. The except entry describes CIDRs that should not be included within this
    /// rule."
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        self.cidr.holds(address) && !self.except.iter().any(|except| except.holds(address))
    }

    pub(super) fn family(&self) -> Family {
        self.cidr.family()
    }

    /// Whether it is every address of its family.
    pub(super) fn is_whole(&self) -> bool {
        self.cidr.is_whole() && self.except.is_empty()
    }
}

impl Port {
    fn of(item: &Value) -> Self {
        let number = |field: &str| u16::try_from(item.get(field)?.as_u64()?).ok();
        let number = match (item.get("port").and_then(Value::as_str), number("port"), number("endPort")) {
            (Some(name), _, _) => Number::Name(name.to_owned()),
            (None, Some(first), last) => Number::Range(first, last.unwrap_or(first)),
            (None, None, _) => Number::Any,
        };
        Self { protocol: objects::text(item, "/protocol").unwrap_or("TCP").to_owned(), number }
    }

    /// "protocol represents the protocol (TCP, UDP, or SCTP) which traffic must match. If not specified, this field
    /// defaults to TCP." "port represents the port on the given protocol. This can either be a numerical or named port
    /// on a pod. If this field is not provided, this matches all port names and numbers. If present, only traffic on
    /// the specified protocol AND port will be matched." "endPort indicates that the range of ports from port to
    /// endPort if set, inclusive, should be allowed by the policy." (`NetworkPolicyPort`)
    ///
    /// "Over the pods of one workload […] only numbers that each of its pods gives it count." (docs/semantics.md)
    pub(super) fn matches(&self, destination: Option<&Row>, several: Several, probe: Probe) -> bool {
        self.protocol == probe.protocol
            && match &self.number {
                Number::Any => true,
                Number::Range(first, last) => *first <= probe.port && probe.port <= *last,
                Number::Name(name) => destination.is_some_and(|row| {
                    let declares = |pod: &Pod| pod.declares(name, probe);
                    let (each, any) = (row.pods.iter().all(declares), row.pods.iter().any(declares));
                    several.counts(Action::Allow, each, any)
                }),
            }
    }
}
