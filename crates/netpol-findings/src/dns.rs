//! The DNS of the cluster: who answers, on which ports, and which workloads reach it. NP305 and the view share it.
//!
//! Servers are pods that look like the cluster's DNS, on the ports to which the Services that select them lead 53; where
//! there are none, the pods behind any Service with the port 53. With NodeLocal DNSCache, pods ask the address of the
//! cache on their node and no server. A rule that opens port 53 to some addresses counts as a resolver of one's own.
//! Where the input has neither, any rule counts that opens 53 to what can mean DNS.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use netpol_eval::{ConnectionSet, NAMESPACE_NAME_LABEL, PeerId, PortSet, Workload};
use netpol_manifest::{Direction, LabelSelector, Operator, Peer, PolicyPort, PortMatch, Protocol};
use netpol_source::HashMap;

use crate::exposure::{Exposure, target_ports};
use crate::roles::Roles;
use crate::scene::Scene;
use crate::site::RuleAt;
use crate::{well_known, words};

/// The address at which NodeLocal DNSCache answers.
pub(crate) const NODE_LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 20, 10));

/// The port of DNS.
pub(crate) const PORT: u16 = 53;

/// Whether a workload can ask for names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsAnswer {
    /// Over UDP and TCP.
    Works,
    /// Over UDP, which is asked first; what is missing.
    Partly(String),
    /// Not at all; why.
    Blocked(String),
}

/// Which protocols DNS works over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    pub(crate) udp: bool,
    pub(crate) tcp: bool,
}

impl Answer {
    pub(crate) fn works(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Udp => self.udp,
            Protocol::Tcp => self.tcp,
            Protocol::Sctp => true,
        }
    }

    fn or(self, other: Self) -> Self {
        Self { udp: self.udp || other.udp, tcp: self.tcp || other.tcp }
    }

    fn of(works: impl Fn(Protocol) -> bool) -> Self {
        Self { udp: works(Protocol::Udp), tcp: works(Protocol::Tcp) }
    }

    pub(crate) fn missing(self) -> impl Iterator<Item = Protocol> {
        [Protocol::Udp, Protocol::Tcp].into_iter().filter(move |protocol| !self.works(*protocol))
    }
}

/// Which end is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    Egress,
    /// The pod may ask, but the DNS servers do not let it in.
    Servers,
}

/// A pod that answers.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) peer: PeerId,
    /// The ports of its containers on which it does.
    pub(crate) ports: ConnectionSet,
}

/// Who answers.
#[derive(Debug)]
pub(crate) struct Dns {
    pub(crate) servers: Vec<Server>,
    /// The addresses that hold the one of NodeLocal DNSCache, where it runs.
    pub(crate) cache: Option<PeerId>,
    /// By policy: what resolvers its rules open.
    by_rules: Vec<Answer>,
}

impl Dns {
    pub(crate) fn of(scene: &Scene<'_>, roles: &Roles, exposure: &Exposure<'_>) -> Self {
        let (caches, mut servers): (Vec<PeerId>, Vec<PeerId>) =
            roles.dns.of_input(scene).map(|(peer, _)| peer).partition(|peer| is_cache(scene, *peer));
        let mut behind: HashMap<PeerId, ConnectionSet> = HashMap::default();
        for selecting in &exposure.services {
            for port in selecting.service.ports.iter().filter(|port| port.port == PORT) {
                for peer in selecting.workloads.iter() {
                    let Some(workload) = scene.workload(*peer) else { continue };
                    let targets = target_ports(workload, port);
                    let known = behind.entry(*peer).or_insert(ConnectionSet::NONE);
                    *known = known.union(&targets);
                }
            }
        }
        if servers.is_empty() && caches.is_empty() {
            let any = scene.input_workloads().map(|(peer, _)| peer);
            servers = any.filter(|peer| behind.get(peer).is_some_and(|ports| !ports.is_empty())).collect();
        }
        let servers: Vec<Server> = servers
            .into_iter()
            .map(|peer| {
                let ports = behind.remove(&peer).filter(|ports| !ports.is_empty());
                Server { peer, ports: ports.unwrap_or_else(|| own_ports(scene.workload(peer))) }
            })
            .collect();
        let holds_cache = || {
            let mut peers = scene.evaluation().peer_ids();
            let found =
                peers.find(|(_, peer)| peer.external().is_some_and(|range| range.contains(NODE_LOCAL)));
            found.map(|(id, _)| id)
        };
        let cache = if caches.is_empty() { None } else { holds_cache() };
        let is_known = !servers.is_empty() || cache.is_some();
        let mut by_rules = vec![Answer::default(); scene.cluster().policies.len()];
        for at in scene.all_rules().filter(|at| at.direction == Direction::Egress) {
            if let Some(answer) = by_rules.get_mut(at.policy_id.0 as usize) {
                *answer = answer.or(by_rule(scene, &at, is_known));
            }
        }
        Self { servers, cache, by_rules }
    }

    /// Whether the input holds anybody who answers.
    pub(crate) fn is_known(&self) -> bool {
        !self.servers.is_empty() || self.cache.is_some()
    }

    /// Whether a workload reaches the DNS of the cluster, or a resolver that a rule names.
    pub(crate) fn of_workload(&self, scene: &Scene<'_>, workload: PeerId) -> DnsAnswer {
        if scene.workload(workload).is_none_or(|one| one.host_network) || self.is_server(workload) {
            return DnsAnswer::Works;
        }
        let answer = self.answer(scene, workload);
        if answer.udp && answer.tcp {
            return DnsAnswer::Works;
        }
        let missing: Vec<&str> = answer.missing().map(Protocol::as_str).collect();
        let missing = missing.join(" and ");
        let is_isolated = scene.evaluation().isolated(Direction::Egress, workload);
        let why = match self.cause(scene, workload, answer) {
            Cause::Servers => format!("the DNS servers do not let it in over {missing}"),
            Cause::Egress if !is_isolated => {
                format!("a cluster-scoped policy denies port {} over {missing}", self.port(answer))
            }
            Cause::Egress => {
                let to = self.cache.map_or_else(String::new, |_| {
                    format!(" of `{NODE_LOCAL}`, where NodeLocal DNSCache answers")
                });
                format!("no egress rule opens {missing} {}{to}", self.port(answer))
            }
        };
        if answer.udp { DnsAnswer::Partly(why) } else { DnsAnswer::Blocked(why) }
    }

    pub(crate) fn is_server(&self, peer: PeerId) -> bool {
        self.servers.iter().any(|server| server.peer == peer)
    }

    /// Where a workload would ask: the cache, else the first server, else any address.
    pub(crate) fn asked(&self, scene: &Scene<'_>) -> Option<PeerId> {
        let server = self.servers.first().map(|server| server.peer);
        self.cache.or(server).or_else(|| scene.any_address().first().copied())
    }

    /// The port on which a protocol that an answer lacks is asked for.
    pub(crate) fn port(&self, answer: Answer) -> u16 {
        let missing = answer.missing().next().unwrap_or(Protocol::Udp);
        let server = self.servers.first().filter(|_| self.cache.is_none());
        let first = server.and_then(|server| server.ports.ports(missing).intervals().first().copied());
        first.map_or(PORT, |(first, _)| first)
    }

    /// The ports on which the servers are asked, and the cache.
    pub(crate) fn ports(&self) -> ConnectionSet {
        let servers = self.servers.iter().fold(ConnectionSet::NONE, |all, server| all.union(&server.ports));
        if self.cache.is_some() || self.servers.is_empty() {
            return servers.union(&well_known::dns_ports());
        }
        servers
    }

    /// Over which protocols a workload reaches DNS.
    pub(crate) fn answer(&self, scene: &Scene<'_>, subject: PeerId) -> Answer {
        let selecting = scene.evaluation().selecting(Direction::Egress, subject);
        let by_rules = selecting.iter().filter_map(|id| self.by_rules.get(id.0 as usize));
        let by_rules = by_rules.fold(Answer::default(), |all, one| all.or(*one));
        by_rules.or(self.reached(|peer| scene.evaluation().allowed(subject, peer), scene))
    }

    /// Over which protocols DNS is among what is open.
    fn reached<'c>(&self, open: impl Fn(PeerId) -> &'c ConnectionSet, scene: &Scene<'_>) -> Answer {
        let at = |peer: PeerId, protocol| open(peer).contains(protocol, PORT);
        if let Some(cache) = self.cache {
            return Answer::of(|protocol| at(cache, protocol));
        }
        scene.work(self.servers.len());
        if self.servers.is_empty() {
            // Without servers to tell, an address that a rule of another tier opens may be one.
            let outside = scene.any_address().first().copied();
            return Answer::of(|protocol| outside.is_some_and(|outside| at(outside, protocol)));
        }
        let reaches =
            |server: &Server, protocol| open(server.peer).ports(protocol).meets(server.ports.ports(protocol));
        Answer::of(|protocol| self.servers.iter().any(|server| reaches(server, protocol)))
    }

    /// Which end keeps a workload from what an answer lacks.
    pub(crate) fn cause(&self, scene: &Scene<'_>, subject: PeerId, answer: Answer) -> Cause {
        let asks = self.reached(|peer| scene.evaluation().end(Direction::Egress, subject, peer), scene);
        let has_servers = self.cache.is_none() && !self.servers.is_empty();
        match has_servers && answer.missing().all(|protocol| asks.works(protocol)) {
            true => Cause::Servers,
            false => Cause::Egress,
        }
    }
}

/// Whether a pod is one of NodeLocal DNSCache.
fn is_cache(scene: &Scene<'_>, peer: PeerId) -> bool {
    scene
        .workload(peer)
        .is_some_and(|workload| workload.host_network && well_known::is_node_local_dns(workload))
}

/// The ports on which a server answers that no Service selects: 53, and what it declares under a name such as `dns`.
fn own_ports(server: Option<&Workload>) -> ConnectionSet {
    let declared = server.into_iter().flat_map(|server| server.ports.iter().flatten());
    let named = declared.filter(|port| port.name.as_deref().is_some_and(is_dns_name));
    named.fold(well_known::dns_ports(), |all, port| {
        all.union(&ConnectionSet::of(port.protocol, PortSet::range(port.port, port.port)))
    })
}

fn is_dns_name(name: &str) -> bool {
    ["dns", "domain"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether an item of `ports` speaks of DNS.
pub(crate) fn names_dns(port: &PolicyPort) -> bool {
    match &port.port {
        PortMatch::Any => false,
        PortMatch::Range(first, last) => (*first..=*last).contains(&PORT),
        PortMatch::Name(name) => is_dns_name(name),
    }
}

/// How short the prefix of a block is that may hold resolvers without naming their port.
const WIDE: u8 = 16;

/// Whether a rule opens DNS whatever the cluster's DNS pods are.
fn by_rule(scene: &Scene<'_>, at: &RuleAt<'_>, is_known: bool) -> Answer {
    let named = |protocol| at.rule.ports.iter().any(|port| port.protocol == protocol && names_dns(port));
    let open = |protocol| {
        let every = |port: &PolicyPort| port.protocol == protocol && port.port == PortMatch::Any;
        at.rule.ports.is_empty() || at.rule.ports.iter().any(every) || named(protocol)
    };
    let blocks = || {
        at.rule.peers.iter().filter_map(|peer| match peer {
            Peer::Block { cidr, .. } => Some(cidr.value),
            Peer::Pods { .. } => None,
        })
    };
    // The address of a resolver says that it is one, or the port does.
    let is_cache = |block: IpNet| block.prefix_len() > 0 && block == IpNet::from(NODE_LOCAL);
    let own_resolver = blocks().any(|block| block.prefix_len() > 0);
    let cache = blocks().any(is_cache);
    let wide = || blocks().any(|block| block.prefix_len() <= WIDE);
    let mean_servers = || {
        at.rule.peers.is_empty()
            || at.rule.peers.iter().any(|peer| match peer {
                Peer::Pods { pod_selector, namespace_selector, .. } => {
                    let own = scene.namespace_name(at.policy.namespace);
                    may_be_in_dns_namespace(namespace_selector.as_ref(), own)
                        && pod_selector.as_ref().is_none_or(may_be_dns_pods)
                }
                Peer::Block { .. } => false,
            })
    };
    Answer::of(|protocol| {
        (own_resolver && named(protocol))
            || (cache && open(protocol))
            || (!is_known
                && ((blocks().next().is_some() && named(protocol))
                    || (open(protocol) && (mean_servers() || wide()))))
    })
}

/// Whether a selector may choose a namespace with DNS servers, of which the name is all that is known.
fn may_be_in_dns_namespace(selector: Option<&LabelSelector>, own: &str) -> bool {
    let is_usual = |name: &str| well_known::DNS_NAMESPACES.contains(&name) || name.contains("dns");
    let Some(selector) = selector else { return is_usual(own) };
    selector.requirements.iter().filter(|one| one.key == NAMESPACE_NAME_LABEL).all(|one| match one.operator {
        Operator::In => one.values.iter().any(|name| is_usual(name)),
        Operator::NotIn => !one.values.iter().any(|name| name == well_known::SYSTEM_NAMESPACE),
        Operator::Exists => true,
        Operator::DoesNotExist => false,
    })
}

/// Whether a selector may choose DNS servers, by the labels that say what pods are.
fn may_be_dns_pods(selector: &LabelSelector) -> bool {
    let of_name =
        selector.requirements.iter().filter(|one| well_known::DNS_LABELS.contains(&one.key.as_str()));
    of_name.into_iter().all(|one| match one.operator {
        Operator::In => one.values.iter().any(|value| value.contains("dns")),
        Operator::NotIn | Operator::Exists | Operator::DoesNotExist => true,
    })
}

/// "port 53", or the port of the servers and why it is that one.
pub(crate) fn on_port(port: u16) -> String {
    match port {
        PORT => "port 53".to_owned(),
        other => format!("port {other}, to which the Service leads 53"),
    }
}

/// "`a`, where NodeLocal DNSCache answers".
pub(crate) fn at_cache() -> String {
    format!("{}, where NodeLocal DNSCache answers", words::list([NODE_LOCAL.to_string()]))
}
