//! What a rule makes of a peer and of ports, in words, and the lines that say so.

use ipnet::IpNet;
use netpol_eval::{
    Cluster, ConnectionSet, Evaluation, Leaf, LeafKind, Namespaces, Origin, Peer, PeerOutcome, PeersOutcome,
    Pods, PortLeaf, PortOutcome, Rule, RuleTrace, Unmatched,
};
use netpol_manifest as manifest;
use netpol_manifest::{ClusterPeer, ClusterPolicyKind, Direction, LabelSelector};
use netpol_source::TextRange;

use crate::words;

/// The peer of which the rules of one end speak.
#[derive(Clone, Copy)]
pub(super) struct Reasons<'a> {
    pub(super) evaluation: &'a Evaluation,
    pub(super) direction: Direction,
    pub(super) peer: &'a Peer,
}

/// An item of a rule that does not match, and why.
pub(super) struct Mismatch<'a> {
    leaf: &'a Leaf<'a>,
    why: &'a Unmatched,
}

/// What of a rule does not match, where nothing of it does.
pub(super) fn mismatches<'a>(rule: &'a Rule<'a>, trace: &'a RuleTrace) -> Vec<Mismatch<'a>> {
    let PeersOutcome::Items(outcomes) = &trace.peers else { return Vec::new() };
    let leaves = rule.peers.iter().flatten().zip(outcomes);
    let unmatched = leaves.filter_map(|(leaf, (_, outcome))| match outcome {
        PeerOutcome::Matched => None,
        PeerOutcome::Unmatched(why) => Some(Mismatch { leaf, why }),
    });
    unmatched.collect()
}

impl Reasons<'_> {
    /// Which of a rule's items matches, and on which ports.
    pub(super) fn matched(&self, rule: &Rule<'_>, trace: &RuleTrace) -> String {
        format!("{}; {}", self.matched_peers(rule, trace), self.ports(rule, trace))
    }

    fn matched_peers(&self, rule: &Rule<'_>, trace: &RuleTrace) -> String {
        let PeersOutcome::Items(outcomes) = &trace.peers else {
            let side = match self.direction {
                Direction::Ingress => "from",
                Direction::Egress => "to",
            };
            return format!("no `{side}`, so everyone is meant");
        };
        let leaves = rule.peers.iter().flatten().zip(outcomes);
        let matched = leaves.into_iter().find(|(_, (_, outcome))| *outcome == PeerOutcome::Matched);
        match matched.map(|(leaf, _)| &leaf.kind) {
            Some(LeafKind::Pods(pods)) => format!("matches {}", words::pods(self.evaluation, *pods)),
            Some(LeafKind::Block(block)) => format!("`ipBlock` `{}` holds the address", block.cidr),
            Some(LeafKind::Networks(networks)) => self.matched_networks(networks),
            Some(LeafKind::Nodes(selector)) => format!("matches {}", words::nodes(selector)),
            Some(LeafKind::Domain(name)) => format!("names the domain `{name}`"),
            None => String::new(),
        }
    }

    fn matched_networks(&self, networks: &[IpNet]) -> String {
        let address = self.peer.external().map(netpol_eval::ExternalRange::address);
        let holds = |network: &&IpNet| match &address {
            Some(address) => network.contains(address),
            None => network.prefix_len() == 0,
        };
        match (networks.iter().find(holds), &address) {
            (Some(network), Some(_)) => format!("`networks` `{network}` holds the address"),
            (Some(network), None) => {
                format!("`networks` `{network}` holds every address, those of pods and domains too")
            }
            (None, _) => format!("`networks` {} holds the address", words::networks(networks)),
        }
    }

    fn ports(&self, rule: &Rule<'_>, trace: &RuleTrace) -> String {
        let Some(ports) = &rule.ports else {
            return format!("no `{}`, so every port", ports_field(self.evaluation.cluster(), rule.origin));
        };
        let mut parts = Vec::new();
        let mut opened = ConnectionSet::NONE;
        for (port, outcome) in ports.iter().zip(&trace.ports) {
            let (protocol, name) = match port {
                PortLeaf::Name(Some(protocol), name) => (format!("{} ", protocol.as_str()), *name),
                PortLeaf::Name(None, name) => (String::new(), *name),
                PortLeaf::Range(..) => (String::new(), ""),
            };
            match outcome {
                PortOutcome::Opens(set) => opened = opened.union(set),
                PortOutcome::NameNotDeclared => {
                    parts.push(format!("the destination declares no {protocol}port named `{name}`"));
                }
                PortOutcome::NameOfAnAddress => {
                    parts.push(format!("the port name `{name}` means nothing for an address"));
                }
            }
        }
        if !opened.is_empty() {
            let verb = match trace.action {
                netpol_eval::Action::Allow => "opens",
                netpol_eval::Action::Deny => "denies",
                netpol_eval::Action::Pass => "passes",
            };
            parts.insert(0, format!("{verb} {}", words::connections(&opened)));
        }
        parts.join("; ")
    }

    /// Why a rule that has a field which is not known does what it does.
    pub(super) fn fails_closed(&self, trace: &RuleTrace) -> String {
        let policy = self.evaluation.cluster().cluster_policy(trace.origin.policy);
        let rule = policy.and_then(|policy| policy.rules(self.direction).get(trace.origin.index));
        let field = rule.into_iter().flat_map(|rule| &rule.peers).find_map(|peer| match peer {
            ClusterPeer::Unknown { field, .. } => Some(words::quoted(&field.value)),
            _ => None,
        });
        let fails = match trace.action {
            netpol_eval::Action::Allow => "allows nothing",
            netpol_eval::Action::Deny | netpol_eval::Action::Pass => "denies everything",
        };
        format!(
            "a peer has a field that is not known, {}: the rule fails closed and {fails}",
            field.unwrap_or_default()
        )
    }

    /// Why an item does not match.
    pub(super) fn unmatched(&self, rule: &Rule<'_>, mismatch: &Mismatch<'_>) -> String {
        match &mismatch.leaf.kind {
            LeafKind::Pods(wanted) => self.unmatched_pods(rule.origin, *wanted, mismatch.why),
            LeafKind::Block(block) => {
                let block = std::slice::from_ref(&block.cidr);
                self.unmatched_networks("ipBlock", block, mismatch.why)
            }
            LeafKind::Networks(networks) => self.unmatched_networks("networks", networks, mismatch.why),
            LeafKind::Nodes(selector) => self.unmatched_node(selector, mismatch.why),
            LeafKind::Domain(name) => match self.peer {
                Peer::Domain(_) if *mismatch.why == Unmatched::DomainUnderPass => {
                    "`domainNames` are supported for `Accept` only, so `Pass` passes on nothing for certain"
                        .to_owned()
                }
                Peer::Domain(_) => format!("`domainNames` `{name}` is not this domain"),
                Peer::External { .. } => {
                    format!("`domainNames` `{name}` is a domain, whose addresses are not known")
                }
                Peer::Workload(_) => {
                    format!("`domainNames` `{name}` is outside the cluster, and this end is a pod")
                }
            },
        }
    }

    fn unmatched_pods(&self, origin: Origin, wanted: Pods<'_>, why: &Unmatched) -> String {
        let cluster = self.evaluation.cluster();
        let namespace = self.peer.workload().map_or("", |one| words::namespace_name(self.evaluation, one));
        match why {
            Unmatched::NotAPod => {
                "a selector matches pods only, and this end is outside the cluster".to_owned()
            }
            Unmatched::HostNetwork => "selectors do not see pods on the host network".to_owned(),
            Unmatched::OtherNamespace => {
                let own = match wanted.namespaces {
                    Namespaces::Own(own) => cluster.namespace(own).map_or("", |one| &one.name),
                    Namespaces::Matching(_) => "",
                };
                let other =
                    if namespace == "*" { "another one".to_owned() } else { format!("`{namespace}`") };
                format!("no `namespaceSelector`, so only pods of `{own}` are meant; this pod is in {other}")
            }
            Unmatched::NamespaceLabel { requirement, actual } => {
                let whose = if namespace == "*" {
                    "any other namespace".to_owned()
                } else {
                    format!("namespace `{namespace}`")
                };
                let is_alone = wanted.pods.is_none() && cluster.cluster_policy(origin.policy).is_some();
                let field = if is_alone { "namespaces" } else { "namespaceSelector" };
                wants(field, namespaces(wanted), *requirement, actual.as_deref(), &whose)
            }
            Unmatched::PodLabel { requirement, actual } => {
                wants("podSelector", wanted.pods, *requirement, actual.as_deref(), "this pod")
            }
            _ => "does not match".to_owned(),
        }
    }

    fn unmatched_networks(&self, field: &str, networks: &[IpNet], why: &Unmatched) -> String {
        let named = format!("`{field}` {}", words::networks(networks));
        match why {
            Unmatched::OutsideBlock(address) => format!("{} is not in {named}", self.address(address)),
            Unmatched::Excepted(address, except) => {
                format!("{} is in `except` `{except}`", self.address(address))
            }
            Unmatched::OtherFamily => {
                let is_v4 = networks.first().is_some_and(|network| network.addr().is_ipv4());
                let family = if is_v4 { "IPv4" } else { "IPv6" };
                format!("the two cannot meet over {family}, so {named} does not count here")
            }
            Unmatched::AddressUnknown if self.peer.domain().is_some() => {
                format!("the addresses of a domain are not known, so {named} does not match it")
            }
            Unmatched::AddressUnknown => {
                format!("no address of this pod is known, so {named} does not match it")
            }
            Unmatched::BlocksMatchNoPods => format!("{named} matches only addresses outside the cluster"),
            _ => "does not match".to_owned(),
        }
    }

    fn unmatched_node(&self, selector: &LabelSelector, why: &Unmatched) -> String {
        let node = |host: &netpol_eval::HostId| {
            let host = self.evaluation.cluster().hosts.get(host.0 as usize);
            let name = host.and_then(|host| host.name.as_deref());
            name.map_or_else(|| "this node".to_owned(), |name| format!("node {}", words::quoted(name)))
        };
        match (why, self.peer) {
            (Unmatched::NodeLabel { host, requirement, actual }, _) => {
                wants("nodes", Some(selector), *requirement, actual.as_deref(), &node(host))
            }
            (Unmatched::NodeLabelsUnknown(host), _) => {
                format!("the labels of {} are not in the input, so `nodes` does not match it", node(host))
            }
            (_, Peer::Workload(workload)) if workload.host_network => {
                "`nodes` matches pods on the host network by their node, which is not known".to_owned()
            }
            (_, Peer::Workload(_)) => {
                "`nodes` matches nodes and pods on their network; this pod has a network of its own"
                    .to_owned()
            }
            (_, Peer::External { .. }) => "`nodes` matches addresses of nodes; this is none".to_owned(),
            (_, Peer::Domain(_)) => "`nodes` matches nodes, and this is a domain".to_owned(),
        }
    }

    /// The address of a pod, or the whole range of an external peer.
    fn address(&self, address: &std::net::IpAddr) -> String {
        match self.peer {
            Peer::External { .. } | Peer::Domain(_) => words::peer_name(self.evaluation, self.peer),
            Peer::Workload(_) => address.to_string(),
        }
    }

    /// The lines that decide: the requirement, the network, or the item.
    pub(super) fn place(&self, rule: &Rule<'_>, mismatch: &Mismatch<'_>) -> TextRange {
        let of_selector = |selector: Option<&LabelSelector>, requirement: usize| {
            selector.and_then(|selector| selector.requirements.get(requirement)).map(|one| one.range)
        };
        let item = item(self.evaluation.cluster(), rule.origin, mismatch.leaf.item);
        let range = match (&mismatch.leaf.kind, mismatch.why) {
            (LeafKind::Pods(wanted), Unmatched::NamespaceLabel { requirement, .. }) => {
                of_selector(namespaces(*wanted), *requirement)
            }
            (LeafKind::Pods(wanted), Unmatched::PodLabel { requirement, .. }) => {
                of_selector(wanted.pods, *requirement)
            }
            (LeafKind::Nodes(selector), Unmatched::NodeLabel { requirement, .. }) => {
                of_selector(Some(selector), *requirement)
            }
            (LeafKind::Block(_), Unmatched::Excepted(_, network)) => {
                item.and_then(|item| item.network(network))
            }
            (LeafKind::Block(block), Unmatched::OutsideBlock(_) | Unmatched::OtherFamily) => {
                item.and_then(|item| item.network(&block.cidr))
            }
            (LeafKind::Networks(networks), _) => match networks.as_slice() {
                [only] => item.and_then(|item| item.network(only)),
                _ => None,
            },
            (LeafKind::Domain(name), _) => item.and_then(|item| item.domain(name)),
            _ => None,
        };
        range.or(item.map(Item::range)).unwrap_or(rule.range)
    }
}

/// An item of `from` or `to`, as it is written.
#[derive(Clone, Copy)]
enum Item<'a> {
    Network(&'a manifest::Peer),
    Cluster(&'a ClusterPeer),
}

fn item(cluster: &Cluster, origin: Origin, item: usize) -> Option<Item<'_>> {
    if let Some(policy) = cluster.policy(origin.policy) {
        return policy.rules(origin.direction).get(origin.index)?.peers.get(item).map(Item::Network);
    }
    let policy = cluster.cluster_policy(origin.policy)?;
    policy.rules(origin.direction).get(origin.index)?.peers.get(item).map(Item::Cluster)
}

impl Item<'_> {
    fn range(self) -> TextRange {
        match self {
            Self::Network(peer) => peer.range(),
            Self::Cluster(peer) => peer.range(),
        }
    }

    /// Where it names a CIDR.
    fn network(self, wanted: &IpNet) -> Option<TextRange> {
        let mut networks = match self {
            Self::Network(manifest::Peer::Block { cidr, except, .. }) => std::iter::once(cidr).chain(except),
            Self::Cluster(ClusterPeer::Networks { networks, .. }) => {
                let found = networks.iter().find(|network| network.value == *wanted);
                return found.map(|network| network.range);
            }
            _ => return None,
        };
        networks.find(|network| network.value == *wanted).map(|network| network.range)
    }

    /// Where it names a domain.
    fn domain(self, wanted: &str) -> Option<TextRange> {
        let Self::Cluster(ClusterPeer::DomainNames { names, .. }) = self else { return None };
        names.iter().find(|name| name.value == wanted).map(|name| name.range)
    }
}

/// The selector of namespaces; `None` for the policy's own.
fn namespaces<'a>(wanted: Pods<'a>) -> Option<&'a LabelSelector> {
    match wanted.namespaces {
        Namespaces::Own(_) => None,
        Namespaces::Matching(selector) => Some(selector),
    }
}

fn ports_field(cluster: &Cluster, origin: Origin) -> &'static str {
    match cluster.cluster_policy(origin.policy).map(|policy| policy.spec.kind) {
        Some(ClusterPolicyKind::Cluster) => "protocols",
        Some(ClusterPolicyKind::Admin | ClusterPolicyKind::BaselineAdmin) | None => "ports",
    }
}

fn wants(
    field: &str,
    selector: Option<&LabelSelector>,
    requirement: usize,
    actual: Option<&str>,
    whose: &str,
) -> String {
    let Some(requirement) = selector.and_then(|selector| selector.requirements.get(requirement)) else {
        return format!("`{field}` does not match {whose}");
    };
    let key = &requirement.key;
    let has = match actual {
        // "Any other" namespace has a name that nobody wrote.
        Some("*") => "has another name".to_owned(),
        Some(value) => format!("has `{key}: {value}`"),
        None => format!("has no label `{key}`"),
    };
    format!("`{field}` wants `{}`; {whose} {has}", words::requirement(requirement))
}
