//! The pods whose ports a rule opens, for the rules that compare ports with those that containers declare.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use fixedbitset::FixedBitSet;
use netpol_eval::{ConnectionSet, PeerId, PolicyId, PortSet, Workload};
use netpol_manifest::{ClusterPeer, ContainerPort, Direction, Peer, PolicyPort, PortMatch, Protocol};

use crate::context::{ClusterRuleAt, Context, RuleAt};
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
        context: &Context<'a>,
        rule: RuleKey,
        find: impl FnOnce() -> Destinations<'a>,
    ) -> Destinations<'a> {
        if let Some(known) = self.by_rule.borrow().get(&rule) {
            context.work(1);
            return known.clone();
        }
        let found = find();
        self.by_rule.borrow_mut().insert(rule, found.clone());
        found
    }

    fn pods(&self, context: &Context<'a>, peers: FixedBitSet) -> Rc<Pods<'a>> {
        let mut by_peers = self.by_peers.borrow_mut();
        if let Some(pods) = by_peers.get(&peers) {
            return Rc::clone(pods);
        }
        let ids = peers.ones().filter_map(|peer| u32::try_from(peer).ok()).map(PeerId);
        let workloads = ids.filter_map(|peer| Some((peer, context.workload(peer)?)));
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
        context.work(pods.workloads.len() + 1);
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
    pub(crate) fn of(context: &Context<'a>, at: &RuleAt<'_>) -> Self {
        let rule = (at.policy_id, at.direction, at.index);
        context.destinations().of_rule(context, rule, || Self::find(context, at))
    }

    fn find(context: &Context<'a>, at: &RuleAt<'_>) -> Self {
        let mut peers = FixedBitSet::with_capacity(context.evaluation().peers().len());
        let mut add = |peer: PeerId| peers.insert(peer.index());
        let others = match at.direction {
            Direction::Ingress => {
                context.subjects(at.policy_id).iter().copied().for_each(&mut add);
                false
            }
            Direction::Egress if at.rule.peers.is_empty() => {
                context.input_workloads().for_each(|(peer, _)| add(peer));
                true
            }
            Direction::Egress => {
                let items = 0..at.rule.peers.len();
                items.flat_map(|item| context.item_peers(at, item)).for_each(&mut add);
                at.rule.peers.iter().any(|peer| matches!(peer, Peer::Block { .. }))
            }
        };
        Self::among(context, peers, others)
    }

    /// Those of a rule of a cluster-scoped policy.
    pub(crate) fn of_cluster(context: &Context<'a>, at: &ClusterRuleAt<'_>) -> Self {
        let rule = (at.origin.policy, at.origin.direction, at.origin.index);
        context.destinations().of_rule(context, rule, || Self::find_of_cluster(context, at))
    }

    fn find_of_cluster(context: &Context<'a>, at: &ClusterRuleAt<'_>) -> Self {
        let mut peers = FixedBitSet::with_capacity(context.evaluation().peers().len());
        let mut add = |peer: PeerId| peers.insert(peer.index());
        let others = match at.origin.direction {
            Direction::Ingress => {
                context.subjects(at.origin.policy).iter().copied().for_each(&mut add);
                false
            }
            Direction::Egress => {
                let items = 0..at.rule.peers.len();
                items.flat_map(|item| at.item_peers(context, item)).for_each(&mut add);
                at.rule.peers.iter().any(|peer| !matches!(peer, ClusterPeer::Pods { .. }))
            }
        };
        Self::among(context, peers, others)
    }

    fn among(context: &Context<'a>, peers: FixedBitSet, others: bool) -> Self {
        context.work(peers.count_ones(..) / 8);
        Self { pods: context.destinations().pods(context, peers), others }
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
    pub(crate) fn services(&self, context: &Context<'a>) -> &[(usize, &'a Workload)] {
        self.services.get_or_init(|| {
            let services_of = &context.exposure().services_of;
            let mut found: HashMap<usize, &'a Workload> = HashMap::default();
            for (peer, workload) in self.workloads.iter().take_while(|_| !context.effort().is_exhausted()) {
                let services = services_of.get(peer).map_or(&[][..], Vec::as_slice);
                context.work(services.len() + 1);
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
    pub(crate) fn service_ports(&self, context: &Context<'a>) -> &ConnectionSet {
        self.service_ports.get_or_init(|| {
            let services = self.services(context).iter();
            let services = services.filter_map(|(at, _)| context.exposure().services.get(*at));
            let ports = services.flat_map(|one| &one.service.ports).inspect(|_| context.work(1));
            ConnectionSet::from_intervals(ports.map(|port| (port.protocol, port.port, port.port)))
        })
    }

    /// The ports that some container of a destination declares.
    pub(crate) fn served(&self, context: &Context<'_>) -> &ConnectionSet {
        self.served.get_or_init(|| {
            let declared = self.declared().map(|(_, port)| (port.protocol, port.port, port.port));
            ConnectionSet::from_intervals(declared.inspect(|_| context.work(1)))
        })
    }

    /// The names that containers give their ports, with the protocols of those ports.
    pub(crate) fn by_name(&self, context: &Context<'_>) -> &BTreeMap<&'a str, Vec<Protocol>> {
        self.by_name.get_or_init(|| {
            let mut names: BTreeMap<&str, Vec<Protocol>> = BTreeMap::new();
            for (_, port) in self.declared().inspect(|_| context.work(1)) {
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
    pub(crate) fn declares(&self, context: &Context<'_>, port: &PolicyPort, protocol: Protocol) -> bool {
        match &port.port {
            PortMatch::Any => false,
            PortMatch::Range(first, last) => self.serves(context, protocol, *first, *last),
            PortMatch::Name(name) => {
                self.by_name(context).get(name.as_str()).is_some_and(|known| known.contains(&protocol))
            }
        }
    }

    /// Whether one of these ports is declared over a protocol.
    pub(crate) fn serves(&self, context: &Context<'_>, protocol: Protocol, first: u16, last: u16) -> bool {
        meets(self.served(context).ports(protocol), first, last)
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
