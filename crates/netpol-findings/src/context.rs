//! What several rules need, computed once from an evaluation.

use std::cell::{Cell, OnceCell};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::OnceLock;

use netpol_eval::{ConnectionSet, Evaluation, HostId, PeerId};
use netpol_manifest::Direction;
use netpol_source::HashMap;

use crate::cluster_rule::ClusterRuleAt;
use crate::destinations::{self, Destinations};
use crate::dns::{Dns, DnsAnswer};
use crate::exposure::{self, Exposure};
use crate::finding::Finding;
use crate::keyed::{self, Keyed};
use crate::named::{Named, named};
use crate::opened::Opened;
use crate::redundancy::{self, Redundancy};
use crate::roles::Roles;
use crate::rule::Rule;
use crate::scene::Scene;
use crate::site::RuleAt;
use crate::tiers::{Connections, Tiers};
use crate::witness::Witness;

/// An evaluation, with what the rules need of it: each fact is computed when it is first asked for.
#[derive(Debug)]
pub struct Context<'a> {
    scene: Scene<'a>,
    roles: OnceCell<Rc<Roles>>,
    took_exposure: Cell<bool>,
    exposure: OnceLock<Exposure<'a>>,
    redundancy: OnceLock<Redundancy>,
    tiers: OnceLock<Tiers>,
    dns: OnceLock<Dns>,
    named: OnceLock<Option<Named>>,
    opened: Opened,
    destinations: destinations::Known<'a>,
    keyed: Keyed,
    before: Option<&'a Kept>,
}

/// What the rules found out of an evaluation that holds for the next one as well, where nothing of it is another.
#[derive(Debug, Default)]
pub struct Kept {
    roles: Option<Rc<Roles>>,
    redundancy: redundancy::Known,
    exposure: Option<exposure::Known>,
    keyed: Option<keyed::Known>,
}

impl<'a> Deref for Context<'a> {
    type Target = Scene<'a>;

    fn deref(&self) -> &Scene<'a> {
        &self.scene
    }
}

impl<'a> Context<'a> {
    /// Looks through an evaluation once.
    pub fn new(evaluation: &'a Evaluation) -> Self {
        Self::after(evaluation, None)
    }

    /// The same, with what is kept of the evaluation from which this one took what is the same.
    pub fn after(evaluation: &'a Evaluation, before: Option<&'a Kept>) -> Self {
        Self {
            scene: Scene::new(evaluation),
            roles: OnceCell::new(),
            took_exposure: Cell::new(false),
            exposure: OnceLock::new(),
            redundancy: OnceLock::new(),
            tiers: OnceLock::new(),
            dns: OnceLock::new(),
            named: OnceLock::new(),
            opened: Opened::default(),
            destinations: destinations::Known::default(),
            keyed: Keyed::default(),
            before,
        }
    }

    /// Whether what was left out cannot depend on what was known before, where these rules were not finished.
    pub fn is_far_from_limit(&self, unfinished: &[&'static Rule]) -> bool {
        self.effort().is_far_from_limit() && unfinished.iter().all(|rule| !self.keyed.took_for(rule))
    }

    /// What is to be kept for the next evaluation, where these rules were not finished.
    pub fn kept(self, unfinished: &[&'static Rule]) -> Kept {
        let is_far_from_limit = self.is_far_from_limit(unfinished);
        let keyed = is_far_from_limit.then(|| self.keyed.known(unfinished));
        let redundancy = self.redundancy.into_inner();
        Kept {
            roles: self.roles.into_inner(),
            redundancy: redundancy.map(Redundancy::known).unwrap_or_default(),
            exposure: self.exposure.into_inner().map(Exposure::known).filter(|_| is_far_from_limit),
            keyed,
        }
    }

    /// What a rule finds of each policy, in order, as long as there are steps left: `find` is asked about the rules of a
    /// policy that have an effect, unless it is known from the evaluation before ([`keyed`](crate::keyed)).
    pub(crate) fn of_policies(
        &self,
        rule: &'static Rule,
        find: impl FnMut(&[RuleAt<'a>]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.keyed.of_policies(&self.scene, rule, (self.found_before(), self.evaluation().standing()), find)
    }

    /// The same for a rule that asks nothing but what the policy says, and of namespaces.
    pub(crate) fn of_policies_alone(
        &self,
        rule: &'static Rule,
        find: impl FnMut(&[RuleAt<'a>]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.keyed.of_policies(&self.scene, rule, (self.found_before(), self.evaluation().unmoved()), find)
    }

    /// What rules found of each policy in the evaluation before.
    fn found_before(&self) -> Option<&'a keyed::Known> {
        self.before.and_then(|before| before.keyed.as_ref())
    }

    /// Whether anything was taken that counts work as it was, not as it would be.
    pub fn takes_from_before(&self) -> bool {
        self.keyed.taken() > 0 || self.took_exposure.get()
    }

    /// How many times what a rule found of a policy in the evaluation before was taken.
    pub fn taken(&self) -> usize {
        self.keyed.taken()
    }

    /// By peer: whether it is a workload of the input that something publishes, or that some address outside reaches.
    pub fn exposed(&self) -> Vec<bool> {
        let exposure = self.exposure();
        // Those that nothing can tell apart are reached alike, but for their own nodes.
        let mut known: HashMap<(usize, Option<HostId>), bool> = HashMap::default();
        let mut exposed = vec![false; self.evaluation().peers().len()];
        let reached = self.input_workloads().filter(|(workload, one)| {
            let kind = (self.evaluation().class(*workload), one.host());
            *known.entry(kind).or_insert_with(|| {
                let mut outside = exposure.outside(self, *workload);
                outside.any(|address| !self.evaluation().allowed(address, *workload).is_empty())
            })
        });
        let reached = reached.map(|(workload, _)| workload);
        for workload in exposure.published.iter().map(|one| one.workload).chain(reached) {
            if let Some(exposed) = exposed.get_mut(workload.index()) {
                *exposed = true;
            }
        }
        exposed
    }

    /// What a rule opens on a destination, as far as ports go; without one, what it opens by number.
    pub(crate) fn ports_on(&self, at: &RuleAt<'_>, destination: Option<PeerId>) -> Rc<ConnectionSet> {
        self.opened.by(self, at, destination)
    }

    /// The destinations of a rule.
    pub(crate) fn destinations(&self, at: &RuleAt<'_>) -> Destinations<'a> {
        Destinations::of(self, &self.destinations, at)
    }

    /// Those of a rule of a cluster-scoped policy.
    pub(crate) fn cluster_destinations(&self, at: &ClusterRuleAt<'_>) -> Destinations<'a> {
        Destinations::of_cluster(self, &self.destinations, at)
    }

    /// One connection of those that were seen at an end, which is allowed as a whole, or is not.
    pub(crate) fn seen(&self, seen: &Connections, is_allowed: bool) -> Option<Witness> {
        let allowed = self.allowed(seen.direction, seen.subject, seen.peer);
        let among = match is_allowed {
            true => seen.ports.intersection(allowed),
            false => seen.ports.difference(allowed),
        };
        self.witness(seen.direction, seen.subject, seen.peer, &among)
    }

    /// What was kept, where it was found out of the same pods and Services but for few, and these.
    fn of_other_pods(&self) -> Option<(&'a Kept, Vec<PeerId>)> {
        Some((self.before?, self.evaluation().changed_pods()?.collect()))
    }

    /// Which workloads are known for what they do.
    pub(crate) fn roles(&self) -> &Roles {
        self.roles.get_or_init(|| {
            let known = self.of_other_pods();
            match known.and_then(|(before, changed)| Some((before.roles.as_ref()?, changed))) {
                Some((known, changed)) if changed.is_empty() => Rc::clone(known),
                Some((known, changed)) => Rc::new(Roles::clone(known).with(self, changed.into_iter())),
                None => Rc::new(Roles::of(self)),
            }
        })
    }

    /// Services, and what is published by them.
    pub(crate) fn exposure(&self) -> &Exposure<'a> {
        let exposure = self.exposure.get_or_init(|| {
            let known = self.of_other_pods();
            let known = known.and_then(|(before, changed)| Some((before.exposure.as_ref()?, changed)));
            self.took_exposure.set(known.is_some());
            Exposure::new(self, self.roles(), known)
        });
        if !exposure.is_whole {
            self.effort().leave_out();
        }
        exposure
    }

    /// The DNS of the cluster.
    pub(crate) fn dns(&self) -> &Dns {
        self.dns.get_or_init(|| Dns::of(self, self.roles(), self.exposure()))
    }

    /// Whether a workload reaches the DNS of the cluster, or a resolver that a rule names.
    pub fn dns_of(&self, workload: PeerId) -> DnsAnswer {
        self.dns().of_workload(self, workload)
    }

    /// What adds nothing to what the rest allows.
    pub(crate) fn redundancy(&self) -> &Redundancy {
        let known = self.before.map(|before| &before.redundancy);
        let redundancy = self.redundancy.get_or_init(|| Redundancy::new(self, known));
        if !redundancy.is_whole {
            self.effort().leave_out();
        }
        redundancy
    }

    /// What the rules of cluster-scoped policies decide.
    pub(crate) fn tiers(&self) -> &Tiers {
        let mut is_new = false;
        let tiers = self.tiers.get_or_init(|| {
            is_new = true;
            Tiers::new(self)
        });
        if is_new {
            self.work(tiers.steps);
        }
        if !tiers.is_whole {
            self.effort().leave_out();
        }
        tiers
    }

    /// The same for what may be redundant among them.
    pub(crate) fn searched_tiers(&self) -> &Tiers {
        let tiers = self.tiers();
        if !tiers.is_searched {
            self.effort().leave_out();
        }
        tiers
    }

    /// Whether not everything is open for a workload in a direction but what is denied: a NetworkPolicy isolates it, or
    /// cluster-scoped policies decide every connection.
    pub(crate) fn is_closed(&self, direction: Direction, peer: PeerId) -> bool {
        self.evaluation().isolated(direction, peer) || self.tiers().is_decided(direction, peer)
    }

    /// The same for addresses outside: rules for ingress of cluster-scoped policies speak of pods alone.
    pub(crate) fn is_closed_to_addresses(&self, direction: Direction, peer: PeerId) -> bool {
        let is_reached = |address: &PeerId| !self.allowed(direction, peer, *address).is_empty();
        match direction {
            Direction::Egress => self.is_closed(direction, peer),
            Direction::Ingress => {
                self.evaluation().isolated(direction, peer)
                    || (self.tiers().is_decided(direction, peer)
                        && !self.any_address().iter().any(is_reached))
            }
        }
    }

    /// What policies name at the other end; `None` where that is too much.
    pub(crate) fn named(&self) -> Option<&Named> {
        self.named.get_or_init(|| named(self, self.roles(), &self.opened)).as_ref()
    }
}
