//! The pods whose ports a rule opens, for the rules that compare ports with those that containers declare.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_eval::{ConnectionSet, PeerId, PolicyId, PortSet, Workload};
use netpol_manifest::{ClusterPeer, ContainerPort, Direction, Peer, PolicyPort, PortMatch, Protocol};

use crate::cluster_rule::ClusterRuleAt;
use crate::exposure::Exposure;
use crate::scene::Scene;
use crate::site::RuleAt;
use crate::words;
use netpol_source::{HashMap, order};

/// How many pods are kept in mind as destinations, once for each set of them.
const MOST_KNOWN: usize = 1_000_000;

/// The destinations of one rule: its subjects for ingress, its peers for egress.
#[derive(Clone, Debug)]
pub(crate) struct Destinations<'a> {
    pods: Rc<Pods<'a>>,
    /// Whether there may be others: addresses, or everyone.
    pub(crate) others: bool,
}

impl<'a> Deref for Destinations<'a> {
    type Target = Pods<'a>;

    fn deref(&self) -> &Pods<'a> {
        &self.pods
    }
}

/// Destinations that are in the input and that policies can see; many rules have the same.
#[derive(Debug)]
pub(crate) struct Pods<'a> {
    /// In order.
    pub(crate) workloads: Vec<(PeerId, &'a Workload)>,
    served: OnceCell<ConnectionSet>,
    by_name: OnceCell<BTreeMap<&'a str, Vec<Protocol>>>,
    names: OnceCell<String>,
    all_declare: OnceCell<bool>,
    services: OnceCell<Vec<(usize, &'a Workload)>>,
    service_ports: OnceCell<ConnectionSet>,
}

/// The destinations that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Known<'a> {
    by_peers: RefCell<HashMap<FixedBitSet, Rc<Pods<'a>>>>,
    by_rule: RefCell<HashMap<RuleKey, Destinations<'a>>>,
    pods: Cell<usize>,
}

/// The policy, the direction and the index of a rule.
type RuleKey = (PolicyId, Direction, usize);

impl<'a> Known<'a> {
    /// Those of a rule: several rules that look for findings ask for them.
    fn of_rule(
        &self,
        scene: &Scene<'a>,
        rule: RuleKey,
        find: impl FnOnce() -> Destinations<'a>,
    ) -> Destinations<'a> {
        if let Some(known) = self.by_rule.borrow().get(&rule) {
            scene.work(1);
            return known.clone();
        }
        let found = find();
        self.by_rule.borrow_mut().insert(rule, found.clone());
        found
    }

    fn pods(&self, scene: &Scene<'a>, peers: FixedBitSet) -> Rc<Pods<'a>> {
        let mut by_peers = self.by_peers.borrow_mut();
        if let Some(pods) = by_peers.get(&peers) {
            return Rc::clone(pods);
        }
        let ids = peers.ones().filter_map(|peer| u32::try_from(peer).ok()).map(PeerId);
        let workloads = ids.filter_map(|peer| Some((peer, scene.workload(peer)?)));
        let seen = workloads.filter(|(_, one)| !one.is_hypothetical() && !one.host_network);
        let pods = Rc::new(Pods {
            workloads: seen.collect(),
            served: OnceCell::new(),
            by_name: OnceCell::new(),
            names: OnceCell::new(),
            all_declare: OnceCell::new(),
            services: OnceCell::new(),
            service_ports: OnceCell::new(),
        });
        scene.work(pods.workloads.len() + 1);
        self.pods.set(self.pods.get() + pods.workloads.len() + 1);
        if self.pods.get() > MOST_KNOWN {
            by_peers.clear();
            self.by_rule.borrow_mut().clear();
            self.pods.set(0);
        }
        by_peers.insert(peers, Rc::clone(&pods));
        pods
    }
}

impl<'a> Destinations<'a> {
    pub(crate) fn of(scene: &Scene<'a>, known: &Known<'a>, at: &RuleAt<'_>) -> Self {
        let rule = (at.policy_id, at.direction, at.index);
        known.of_rule(scene, rule, || Self::find(scene, known, at))
    }

    fn find(scene: &Scene<'a>, known: &Known<'a>, at: &RuleAt<'_>) -> Self {
        let mut peers = FixedBitSet::with_capacity(scene.evaluation().peers().len());
        let mut add = |peer: PeerId| peers.insert(peer.index());
        let others = match at.direction {
            Direction::Ingress => {
                scene.subjects(at.policy_id).iter().copied().for_each(&mut add);
                false
            }
            Direction::Egress if at.rule.peers.is_empty() => {
                scene.input_workloads().for_each(|(peer, _)| add(peer));
                true
            }
            Direction::Egress => {
                let items = 0..at.rule.peers.len();
                items.flat_map(|item| scene.item_peers(at, item)).for_each(&mut add);
                at.rule.peers.iter().any(|peer| matches!(peer, Peer::Block { .. }))
            }
        };
        Self::among(scene, known, peers, others)
    }

    /// Those of a rule of a cluster-scoped policy.
    pub(crate) fn of_cluster(scene: &Scene<'a>, known: &Known<'a>, at: &ClusterRuleAt<'_>) -> Self {
        let rule = (at.origin.policy, at.origin.direction, at.origin.index);
        known.of_rule(scene, rule, || Self::find_of_cluster(scene, known, at))
    }

    fn find_of_cluster(scene: &Scene<'a>, known: &Known<'a>, at: &ClusterRuleAt<'_>) -> Self {
        let mut peers = FixedBitSet::with_capacity(scene.evaluation().peers().len());
        let mut add = |peer: PeerId| peers.insert(peer.index());
        let others = match at.origin.direction {
            Direction::Ingress => {
                scene.subjects(at.origin.policy).iter().copied().for_each(&mut add);
                false
            }
            Direction::Egress => {
                let items = 0..at.rule.peers.len();
                items.flat_map(|item| at.item_peers(scene, item)).for_each(&mut add);
                at.rule.peers.iter().any(|peer| !matches!(peer, ClusterPeer::Pods { .. }))
            }
        };
        Self::among(scene, known, peers, others)
    }

    fn among(scene: &Scene<'a>, known: &Known<'a>, peers: FixedBitSet, others: bool) -> Self {
        scene.work(peers.count_ones(..) / 8);
        Self { pods: known.pods(scene, peers), others }
    }
}

impl<'a> Pods<'a> {
    /// Every port that a container of a destination declares, with the destination.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (PeerId, &'a ContainerPort)> {
        let each = self.workloads.iter().copied();
        each.flat_map(|(peer, workload)| workload.ports.iter().flatten().map(move |port| (peer, port)))
    }

    /// Whether each of them declares some port, so that what is not declared is not served either, as far as one can
    /// know.
    pub(crate) fn all_declare(&self) -> bool {
        let declares = |workload: &Workload| workload.ports.iter().any(|ports| !ports.is_empty());
        let all = || !self.workloads.is_empty() && self.workloads.iter().all(|(_, one)| declares(one));
        *self.all_declare.get_or_init(all)
    }

    /// The Services that select some of them, by their places, with the first of those.
    pub(crate) fn services(&self, scene: &Scene<'a>, exposure: &Exposure<'a>) -> &[(usize, &'a Workload)] {
        self.services.get_or_init(|| {
            let services_of = &exposure.services_of;
            let mut found: HashMap<usize, &'a Workload> = HashMap::default();
            for (peer, workload) in self.workloads.iter().take_while(|_| !scene.effort().is_exhausted()) {
                let services = services_of.get(peer).map_or(&[][..], Vec::as_slice);
                scene.work(services.len() + 1);
                for service in services {
                    found.entry(*service).or_insert(workload);
                }
            }
            let mut found: Vec<(usize, &Workload)> = found.into_iter().collect();
            order::sort_by_key(&mut found, |(service, _)| *service);
            found
        })
    }

    /// The ports that those Services have as their own.
    pub(crate) fn service_ports(&self, scene: &Scene<'a>, exposure: &Exposure<'a>) -> &ConnectionSet {
        self.service_ports.get_or_init(|| {
            let services = self.services(scene, exposure).iter();
            let services = services.filter_map(|(at, _)| exposure.services.get(*at));
            let ports = services.flat_map(|one| &one.service.ports).inspect(|_| scene.work(1));
            ConnectionSet::from_intervals(ports.map(|port| (port.protocol, port.port, port.port)))
        })
    }

    /// The ports that some container of a destination declares.
    pub(crate) fn served(&self, scene: &Scene<'_>) -> &ConnectionSet {
        self.served.get_or_init(|| {
            let declared = self.declared().map(|(_, port)| (port.protocol, port.port, port.port));
            ConnectionSet::from_intervals(declared.inspect(|_| scene.work(1)))
        })
    }

    /// The names that containers give their ports, with the protocols of those ports.
    pub(crate) fn by_name(&self, scene: &Scene<'_>) -> &BTreeMap<&'a str, Vec<Protocol>> {
        self.by_name.get_or_init(|| {
            let mut names: BTreeMap<&str, Vec<Protocol>> = BTreeMap::new();
            for (_, port) in self.declared().inspect(|_| scene.work(1)) {
                if let Some(name) = &port.name {
                    let known = names.entry(name).or_default();
                    if !known.contains(&port.protocol) {
                        known.push(port.protocol);
                    }
                }
            }
            names
        })
    }

    /// Whether a port that a policy opens is declared over a protocol.
    pub(crate) fn declares(&self, scene: &Scene<'_>, port: &PolicyPort, protocol: Protocol) -> bool {
        match &port.port {
            PortMatch::Any => false,
            PortMatch::Range(first, last) => self.serves(scene, protocol, *first, *last),
            PortMatch::Name(name) => {
                self.by_name(scene).get(name.as_str()).is_some_and(|known| known.contains(&protocol))
            }
        }
    }

    /// Whether one of these ports is declared over a protocol.
    pub(crate) fn serves(&self, scene: &Scene<'_>, protocol: Protocol, first: u16, last: u16) -> bool {
        meets(self.served(scene).ports(protocol), first, last)
    }

    /// The names of the workloads, as a list.
    pub(crate) fn names(&self) -> &str {
        self.names.get_or_init(|| words::list(self.workloads.iter().map(|(_, one)| one.name.as_str())))
    }
}

/// Whether a set holds one of these ports.
fn meets(ports: &PortSet, first: u16, last: u16) -> bool {
    let behind = ports.intervals().partition_point(|(_, end)| *end < first);
    ports.intervals().get(behind).is_some_and(|(start, _)| *start <= last)
}
