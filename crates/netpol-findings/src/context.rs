//! What several rules need, computed once from an evaluation.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use netpol_eval::{
    Cluster, ClusterPolicy, ConnectionSet, Evaluation, Namespace, NamespaceId, NamespaceOrigin, Origin, Peer,
    PeerId, Policy, PolicyId, PortSet, TierKind, Workload,
};
use netpol_manifest::{self as manifest, Direction, Operator, PolicyPort, PortMatch, Protocol};
use netpol_source::{HashMap, ObjectRef, Span, order};

use crate::dns::Dns;
use crate::effort::Effort;
use crate::exposure::{self, Exposure};
use crate::finding::Witness;
use crate::isolate::Named;
use crate::opened::Opened;
use crate::redundancy::{self, Redundancy};
use crate::tiers::{Connections, Tiers};
use crate::{destinations, isolate, well_known, words};

pub(crate) use crate::cluster_rule::ClusterRuleAt;

/// An evaluation, seen as the rules need it.
#[derive(Debug)]
pub struct Context<'a> {
    evaluation: &'a Evaluation,
    namespaces: Vec<NamespaceView>,
    /// By policy: the subjects that findings speak of, once for all policies that select the same.
    subjects: Vec<Rc<[PeerId]>>,
    any_address: Vec<PeerId>,
    metadata: Vec<PeerId>,
    has_workloads: bool,
    exposure: OnceLock<Exposure<'a>>,
    redundancy: OnceLock<Redundancy>,
    tiers: OnceLock<Tiers>,
    dns: OnceLock<Dns>,
    named: OnceLock<Option<Named>>,
    opened: Opened,
    destinations: destinations::Known<'a>,
    effort: Effort,
    before: Option<&'a Kept>,
}

/// What the rules found out of an evaluation that holds for the next one as well, where nothing of it is another.
#[derive(Debug, Default)]
pub struct Kept {
    redundancy: redundancy::Known,
    exposure: Option<exposure::Known>,
}

/// What the input holds in one namespace.
#[derive(Clone, Debug, Default)]
pub struct NamespaceView {
    /// Its workloads that are in the input and that policies can see: none on the host network, none hypothetical.
    pub members: Vec<PeerId>,
    /// Its policies, in order.
    pub policies: Vec<PolicyId>,
    /// Whether it has any workload in the input, those on the host network included.
    pub has_workloads: bool,
}

/// A rule of a policy, in a direction in which the policy isolates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RuleAt<'a> {
    pub(crate) policy_id: PolicyId,
    pub(crate) policy: &'a Policy,
    pub(crate) direction: Direction,
    pub(crate) index: usize,
    pub(crate) rule: &'a manifest::Rule,
}

impl RuleAt<'_> {
    /// `ingress[0]`.
    pub(crate) fn path(&self) -> String {
        format!("{}[{}]", words::field(self.direction), self.index)
    }

    /// Who may open a connection by it: its peers for ingress, of everyone any address; its subjects for egress.
    pub(crate) fn sources<'c>(&'c self, context: &'c Context<'_>) -> Box<dyn Iterator<Item = PeerId> + 'c> {
        match self.direction {
            Direction::Ingress if self.rule.peers.is_empty() => {
                Box::new(context.any_address().iter().copied())
            }
            Direction::Ingress => {
                Box::new((0..self.rule.peers.len()).flat_map(|item| context.item_peers(self, item)))
            }
            Direction::Egress => Box::new(context.subjects(self.policy_id).iter().copied()),
        }
    }

    /// The whole rule.
    pub(crate) fn span(&self) -> Span {
        self.policy.handle.span(self.rule.range)
    }
}

/// The rules of a policy that have an effect, in order.
fn rules_of(policy_id: PolicyId, policy: &Policy) -> impl Iterator<Item = RuleAt<'_>> {
    let directions = Direction::BOTH.into_iter().filter(|direction| policy.isolates(*direction));
    directions.flat_map(move |direction| {
        let rules = policy.rules(direction).iter().enumerate();
        rules.map(move |(index, rule)| RuleAt { policy_id, policy, direction, index, rule })
    })
}

/// What one item of `ports` opens on a destination.
pub(crate) fn port_set(port: &PolicyPort, destination: Option<&Workload>) -> ConnectionSet {
    match &port.port {
        PortMatch::Any => ConnectionSet::of(port.protocol, PortSet::all()),
        PortMatch::Range(first, last) => ConnectionSet::of(port.protocol, PortSet::range(*first, *last)),
        PortMatch::Name(name) => destination.map_or(ConnectionSet::NONE, |workload| {
            ConnectionSet::of(port.protocol, workload.named_ports(name, port.protocol))
        }),
    }
}

impl<'a> Context<'a> {
    /// Looks through an evaluation once.
    pub fn new(evaluation: &'a Evaluation) -> Self {
        Self::after(evaluation, None)
    }

    /// The same, with what is kept of the evaluation from which this one took what is the same.
    pub fn after(evaluation: &'a Evaluation, before: Option<&'a Kept>) -> Self {
        let cluster = evaluation.cluster();
        let mut namespaces = vec![NamespaceView::default(); cluster.namespaces.len()];
        let mut has_workloads = false;
        for (id, peer) in evaluation.peer_ids() {
            let Some(workload) = peer.workload().filter(|workload| !workload.is_hypothetical()) else {
                continue;
            };
            has_workloads = true;
            if let Some(namespace) = namespaces.get_mut(workload.namespace.0 as usize) {
                namespace.has_workloads = true;
                if !workload.host_network {
                    namespace.members.push(id);
                }
            }
        }
        for (id, policy) in cluster.policies() {
            if let Some(namespace) = namespaces.get_mut(policy.namespace.0 as usize) {
                namespace.policies.push(id);
            }
        }
        // Hypothetical pods are spoken of only where there are no others: a policy pasted on its own. Those of the
        // control plane are not: the model puts them on the pod network, where they are on no usual cluster.
        let spoken_of = |policy: &Policy, id: &PeerId| match evaluation.peer(*id).and_then(Peer::workload) {
            Some(workload) if workload.is_hypothetical() => {
                !has_workloads && !is_control_plane(cluster, policy)
            }
            found => found.is_some(),
        };
        let mut known: HashMap<Selection<'_>, Rc<[PeerId]>> = HashMap::default();
        let subjects = cluster.policies().map(|(id, policy)| {
            let subjects = || evaluation.subjects(id).filter(|peer| spoken_of(policy, peer)).collect();
            Rc::clone(known.entry(selection(policy)).or_insert_with(subjects))
        });
        let subjects: Vec<Rc<[PeerId]>> = subjects.collect();
        let mut known: HashMap<ClusterSelection<'_>, Rc<[PeerId]>> = HashMap::default();
        let of_clusters = cluster.cluster_policies().map(|(id, policy)| {
            let is_told = |peer: &PeerId| {
                let workload = evaluation.peer(*peer).and_then(Peer::workload);
                workload.is_some_and(|workload| !workload.is_hypothetical() || !has_workloads)
            };
            let subjects = || evaluation.subjects(id).filter(is_told).collect();
            Rc::clone(known.entry(cluster_selection(policy)).or_insert_with(subjects))
        });
        let subjects = subjects.into_iter().chain(of_clusters).collect();
        let metadata = evaluation.peer_ids().filter(|(_, peer)| {
            peer.external().is_some_and(netpol_eval::ExternalRange::is_metadata_endpoint)
        });
        let metadata = metadata.map(|(id, _)| id).collect();
        Self {
            evaluation,
            namespaces,
            subjects,
            any_address: any_address(evaluation),
            metadata,
            has_workloads,
            exposure: OnceLock::new(),
            redundancy: OnceLock::new(),
            tiers: OnceLock::new(),
            dns: OnceLock::new(),
            named: OnceLock::new(),
            opened: Opened::default(),
            destinations: destinations::Known::default(),
            effort: Effort::default(),
            before,
        }
    }

    /// What is to be kept for the next evaluation.
    pub fn kept(self) -> Kept {
        let redundancy = self.redundancy.into_inner();
        Kept {
            redundancy: redundancy.map(Redundancy::known).unwrap_or_default(),
            exposure: self.exposure.into_inner().map(Exposure::known),
        }
    }

    /// The namespaces of NetworkPolicies that are others than in the evaluation before, or speak of pods that are; `None`
    /// where that may be any.
    pub(crate) fn touched_namespaces(&self) -> Option<BTreeSet<NamespaceId>> {
        let touched = self.evaluation.touched()?;
        let policies = self.cluster().policies().zip(touched);
        Some(order::set(policies.filter(|(_, touched)| **touched).map(|((_, policy), _)| policy.namespace)))
    }

    /// The evaluation.
    pub fn evaluation(&self) -> &'a Evaluation {
        self.evaluation
    }

    /// The cluster.
    pub fn cluster(&self) -> &'a Cluster {
        self.evaluation.cluster()
    }

    /// Whether the input holds any workload; if not, findings speak of the pods that the policies would select.
    pub fn has_workloads(&self) -> bool {
        self.has_workloads
    }

    /// What the input holds, by namespace.
    pub fn namespaces(&self) -> impl Iterator<Item = (NamespaceId, &Namespace, &NamespaceView)> {
        let ids = (0..).map(NamespaceId);
        ids.zip(&self.cluster().namespaces)
            .zip(&self.namespaces)
            .map(|((id, namespace), view)| (id, namespace, view))
    }

    /// What the input holds in a namespace.
    pub fn namespace(&self, id: NamespaceId) -> Option<&NamespaceView> {
        self.namespaces.get(id.0 as usize)
    }

    /// The subjects of a policy of whatever kind that findings speak of: workloads of the input; the hypothetical ones where the input
    /// has no workloads at all.
    pub fn subjects(&self, policy: PolicyId) -> &[PeerId] {
        self.subjects.get(policy.0 as usize).map_or(&[], |subjects| subjects)
    }

    /// "Any other address", by family.
    pub fn any_address(&self) -> &[PeerId] {
        &self.any_address
    }

    /// The cloud metadata endpoints.
    pub fn metadata(&self) -> &[PeerId] {
        &self.metadata
    }

    /// The workload behind a peer.
    pub fn workload(&self, peer: PeerId) -> Option<&'a Workload> {
        self.evaluation.peer(peer).and_then(Peer::workload)
    }

    /// Whether a peer is the DNS that the cluster comes with.
    pub(crate) fn is_cluster_dns(&self, peer: PeerId) -> bool {
        self.workload(peer).is_some_and(|workload| {
            well_known::is_cluster_dns(workload, self.namespace_name(workload.namespace))
        })
    }

    /// All workloads of the input with their peers, those on the host network included.
    pub fn input_workloads(&self) -> impl Iterator<Item = (PeerId, &'a Arc<Workload>)> + use<'a> {
        // Peers begin with the workloads, in their order.
        let workloads = (0..).map(PeerId).zip(&self.cluster().workloads);
        workloads.filter(|(_, workload)| !workload.is_hypothetical())
    }

    /// The workloads of the input that something publishes, or that some address outside reaches.
    pub fn exposed(&self) -> BTreeSet<PeerId> {
        let exposure = self.exposure();
        let reached = self.input_workloads().map(|(workload, _)| workload).filter(|workload| {
            let mut outside = exposure.outside(self, *workload);
            outside.any(|address| !self.evaluation.allowed(address, *workload).is_empty())
        });
        order::set(exposure.published.iter().map(|one| one.workload).chain(reached))
    }

    /// Whether a policy isolates every pod of its namespace in a direction, those of tomorrow included.
    pub fn isolates_namespace(&self, policy: &Policy, direction: Direction) -> bool {
        policy.spec.pod_selector.requirements.is_empty() && policy.isolates(direction)
    }

    /// Counts steps of the work on the rule that runs.
    pub(crate) fn work(&self, steps: usize) {
        self.effort.work(steps);
    }

    /// The steps that looking for findings took so far: counted, and bounded for each rule and for all.
    pub fn worked(&self) -> u64 {
        self.effort.worked()
    }

    /// What the rules may cost.
    pub(crate) fn effort(&self) -> &Effort {
        &self.effort
    }

    /// What a rule opens on a destination, as far as ports go; without one, what it opens by number.
    pub(crate) fn ports_on(&self, at: &RuleAt<'_>, destination: Option<PeerId>) -> Rc<ConnectionSet> {
        self.opened.by(self, at, destination)
    }

    /// The destinations of rules that were asked for.
    pub(crate) fn destinations(&self) -> &destinations::Known<'a> {
        &self.destinations
    }

    /// Counts that all workloads and namespaces are held against selectors, and says whether there were steps for that.
    pub(crate) fn look_through_all(&self) -> bool {
        let cluster = self.cluster();
        // Labels are looked up in maps: that takes longer than a step.
        self.work(4 * (cluster.workloads.len() + cluster.namespaces.len()));
        !self.effort.is_exhausted()
    }

    /// The policies, in order, as long as there are steps left.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (PolicyId, &'a Policy)> {
        self.cluster().policies().take_while(|_| {
            self.work(1);
            !self.effort.is_exhausted()
        })
    }

    /// The rules that have an effect, in order, as long as there are steps left.
    pub(crate) fn rules(&self) -> impl Iterator<Item = RuleAt<'a>> {
        self.all_rules().take_while(|_| {
            self.work(1);
            !self.effort.is_exhausted()
        })
    }

    /// All rules that have an effect, in order: for what may only be said when all of them are known.
    pub(crate) fn all_rules(&self) -> impl Iterator<Item = RuleAt<'a>> + use<'a> {
        self.cluster().policies().flat_map(|(policy_id, policy)| rules_of(policy_id, policy))
    }

    /// Those of one policy.
    pub(crate) fn rules_of(&self, policy: PolicyId) -> impl Iterator<Item = RuleAt<'a>> + use<'a> {
        self.cluster().policy(policy).into_iter().flat_map(move |one| rules_of(policy, one))
    }

    /// The peers that an item of a rule matches.
    pub(crate) fn item_peers(&self, at: &RuleAt<'_>, item: usize) -> impl Iterator<Item = PeerId> {
        self.evaluation.item_peers(at.policy_id, at.direction, at.index, item).inspect(|_| self.work(1))
    }

    /// The workloads that an item of a rule matches.
    pub(crate) fn item_workloads(&self, at: &RuleAt<'_>, item: usize) -> impl Iterator<Item = PeerId> {
        // Peers begin with the workloads.
        self.item_peers(at, item).take_while(|peer| self.workload(*peer).is_some())
    }

    /// Whether an item of a rule matches a peer.
    pub(crate) fn item_matches(&self, at: &RuleAt<'_>, item: usize, peer: PeerId) -> bool {
        self.work(1);
        self.evaluation.item_matches(at.policy_id, at.direction, at.index, item, peer)
    }

    /// Whether the pods of a workload have or may have an address of the family of an address outside: without one they
    /// cannot meet it, whatever policies say.
    pub(crate) fn may_meet(&self, workload: PeerId, address: PeerId) -> bool {
        let range = self.evaluation.peer(address).and_then(Peer::external);
        let Some((workload, range)) = self.workload(workload).zip(range) else { return true };
        let is_v4 = range.network.addr().is_ipv4();
        let may = |pod: &netpol_eval::Pod| {
            pod.addresses.is_empty() || pod.addresses.iter().any(|own| own.is_ipv4() == is_v4)
        };
        let all_known = !workload.host_network && !workload.has_other_pods && !workload.pods.is_empty();
        !all_known || workload.pods.iter().any(may)
    }

    /// What is allowed between a subject and a peer, whichever of them opens the connection.
    pub(crate) fn allowed(&self, direction: Direction, subject: PeerId, peer: PeerId) -> &'a ConnectionSet {
        match direction {
            Direction::Ingress => self.evaluation.allowed(peer, subject),
            Direction::Egress => self.evaluation.allowed(subject, peer),
        }
    }

    /// What the tiers before NetworkPolicies leave to them between a subject and a peer.
    pub(crate) fn left_to_network_policies(
        &self,
        direction: Direction,
        subject: PeerId,
        peer: PeerId,
    ) -> ConnectionSet {
        if self.cluster().cluster_policies.is_empty() {
            return ConnectionSet::all();
        }
        self.work(self.evaluation.deciding(direction, subject).len() + 1);
        let end = self.evaluation.end_trace(direction, subject, peer);
        let tiers = end.map(|end| end.tiers).unwrap_or_default();
        let before = tiers.into_iter().find(|tier| tier.kind == TierKind::Admin);
        before.map_or_else(ConnectionSet::all, |admin| admin.leaves)
    }

    /// One connection of `among` between a subject and a peer: on a port that the destination declares, else on a
    /// well-known one, else on the lowest.
    pub(crate) fn witness(
        &self,
        direction: Direction,
        subject: PeerId,
        peer: PeerId,
        among: &ConnectionSet,
    ) -> Option<Witness> {
        let (source, destination) = match direction {
            Direction::Ingress => (peer, subject),
            Direction::Egress => (subject, peer),
        };
        if among.is_empty() {
            return None;
        }
        let declared = self.workload(destination).map(Workload::declared_ports).unwrap_or_default();
        let declared = declared.into_iter().map(|port| (port.protocol, port.port));
        let usual = if self.metadata.contains(&destination) { [80, 443] } else { [443, 80] };
        let usual = usual.map(|port| (Protocol::Tcp, port));
        let mut candidates = declared.chain(usual);
        let found =
            candidates.find(|(protocol, port)| among.contains(*protocol, *port)).or_else(|| among.first());
        found.map(|(protocol, port)| Witness { source, destination, protocol, port })
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

    /// Services, and what is published by them.
    pub(crate) fn exposure(&self) -> &Exposure<'a> {
        let known = self.before.filter(|_| self.evaluation.has_same_pods());
        let known = known.and_then(|before| before.exposure.as_ref());
        let exposure = self.exposure.get_or_init(|| Exposure::new(self, known));
        if !exposure.is_whole {
            self.effort.leave_out();
        }
        exposure
    }

    /// The DNS of the cluster.
    pub(crate) fn dns(&self) -> &Dns {
        self.dns.get_or_init(|| Dns::of(self))
    }

    /// What adds nothing to what the rest allows.
    pub(crate) fn redundancy(&self) -> &Redundancy {
        let known = self.before.map(|before| &before.redundancy);
        let redundancy = self.redundancy.get_or_init(|| Redundancy::new(self, known));
        if !redundancy.is_whole {
            self.effort.leave_out();
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
            self.effort.leave_out();
        }
        tiers
    }

    /// The same for what may be redundant among them.
    pub(crate) fn searched_tiers(&self) -> &Tiers {
        let tiers = self.tiers();
        if !tiers.is_searched {
            self.effort.leave_out();
        }
        tiers
    }

    /// Whether findings speak of a peer: of workloads of the input, of others only where it has none, and of addresses.
    pub(crate) fn is_spoken_of(&self, peer: PeerId) -> bool {
        self.workload(peer).is_none_or(|workload| !workload.is_hypothetical() || !self.has_workloads)
    }

    /// Whether not everything is open for a workload in a direction but what is denied: a NetworkPolicy isolates it, or
    /// cluster-scoped policies decide every connection.
    pub(crate) fn is_closed(&self, direction: Direction, peer: PeerId) -> bool {
        self.evaluation.isolated(direction, peer) || self.tiers().is_decided(direction, peer)
    }

    /// The same for addresses outside: rules for ingress of cluster-scoped policies speak of pods alone.
    pub(crate) fn is_closed_to_addresses(&self, direction: Direction, peer: PeerId) -> bool {
        let is_reached = |address: &PeerId| !self.allowed(direction, peer, *address).is_empty();
        match direction {
            Direction::Egress => self.is_closed(direction, peer),
            Direction::Ingress => {
                self.evaluation.isolated(direction, peer)
                    || (self.tiers().is_decided(direction, peer)
                        && !self.any_address().iter().any(is_reached))
            }
        }
    }

    /// The rules of cluster-scoped policies, in order, as long as there are steps left.
    pub(crate) fn cluster_rules(&self) -> impl Iterator<Item = ClusterRuleAt<'a>> {
        let policies = self.cluster().cluster_policies();
        let rules = policies.flat_map(|(policy_id, policy)| {
            Direction::BOTH.into_iter().flat_map(move |direction| {
                let rules = policy.rules(direction).iter().enumerate();
                rules.map(move |(index, rule)| ClusterRuleAt {
                    origin: Origin { policy: policy_id, direction, index },
                    policy,
                    rule,
                })
            })
        });
        rules.take_while(|_| {
            self.work(1);
            !self.effort.is_exhausted()
        })
    }

    /// A rule of a cluster-scoped policy.
    pub(crate) fn cluster_rule(&self, origin: Origin) -> Option<ClusterRuleAt<'a>> {
        let policy = self.cluster().cluster_policy(origin.policy)?;
        let rule = policy.rules(origin.direction).get(origin.index)?;
        Some(ClusterRuleAt { origin, policy, rule })
    }

    /// What policies name at the other end; `None` where that is too much.
    pub(crate) fn named(&self) -> Option<&Named> {
        self.named.get_or_init(|| isolate::named(self)).as_ref()
    }

    /// A namespace as the subject of a finding.
    pub(crate) fn namespace_ref(&self, id: NamespaceId) -> ObjectRef {
        let name = self.namespace_name(id).to_owned();
        ObjectRef { group: String::new(), kind: "Namespace".to_owned(), namespace: None, name }
    }

    /// Whether the input declares a namespace or has something in it.
    pub(crate) fn is_of_the_input(&self, id: NamespaceId) -> bool {
        self.cluster().namespace(id).is_some_and(|namespace| match namespace.origin {
            NamespaceOrigin::Declared(_) | NamespaceOrigin::Mentioned => true,
            NamespaceOrigin::Hypothetical | NamespaceOrigin::AnyOther => false,
        })
    }

    pub(crate) fn namespace_name(&self, id: NamespaceId) -> &'a str {
        self.cluster().namespace(id).map_or("", |namespace| &namespace.name)
    }

    /// Where the namespace is declared, if it is, then the names of these workloads.
    pub(crate) fn namespace_spans(&self, id: NamespaceId, workloads: &[PeerId]) -> Vec<Span> {
        let declared = self.cluster().namespace(id).and_then(|namespace| match namespace.origin {
            NamespaceOrigin::Declared(span) => Some(span),
            NamespaceOrigin::Mentioned | NamespaceOrigin::Hypothetical | NamespaceOrigin::AnyOther => None,
        });
        declared.into_iter().chain(self.workload_spans(workloads)).collect()
    }

    /// A workload as the subject of a finding.
    pub(crate) fn workload_ref(&self, peer: PeerId) -> Option<ObjectRef> {
        let workload = self.workload(peer)?;
        let namespace = Some(self.namespace_name(workload.namespace).to_owned());
        Some(ObjectRef {
            group: workload.group.clone(),
            kind: workload.kind.clone(),
            namespace,
            name: workload.name.clone(),
        })
    }

    /// Where the names of these workloads stand.
    pub(crate) fn workload_spans(&self, workloads: &[PeerId]) -> impl Iterator<Item = Span> {
        let handles = workloads.iter().filter_map(|peer| self.workload(*peer)?.handle());
        let mut known = BTreeSet::new();
        let spans = handles.map(|handle| handle.span(handle.object().metadata.name.range));
        // The parts of one workload have one name.
        spans.filter(move |span| known.insert(*span))
    }

    /// The names of these workloads, as a list; pods that are not in the input are those that "it", a policy, selects.
    pub(crate) fn names(&self, workloads: &[PeerId]) -> String {
        self.work(workloads.len());
        let found = || workloads.iter().filter_map(|peer| self.workload(*peer));
        if found().any(Workload::is_hypothetical) {
            return "the pods that it selects".to_owned();
        }
        words::list(found().map(Workload::full_name))
    }
}

/// A namespace and what a policy asks of the pods in it.
type Selection<'a> = (NamespaceId, Vec<Asked<'a>>);

/// What a cluster-scoped policy asks of namespaces and of the pods in them.
type ClusterSelection<'a> = [Option<Vec<Asked<'a>>>; 2];

/// A key, an operator and values.
type Asked<'a> = (&'a str, Operator, &'a [String]);

fn asked(selector: &manifest::LabelSelector) -> Vec<Asked<'_>> {
    let requirements = selector.requirements.iter();
    requirements.map(|one| (one.key.as_str(), one.operator, one.values.as_slice())).collect()
}

fn cluster_selection(policy: &ClusterPolicy) -> ClusterSelection<'_> {
    let subject = &policy.spec.subject;
    [Some(asked(&subject.namespaces)), subject.pods.as_ref().map(asked)]
}

fn selection(policy: &Policy) -> Selection<'_> {
    (policy.namespace, asked(&policy.spec.pod_selector))
}

/// The direction in which the other end sees a connection.
pub(crate) fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Ingress => Direction::Egress,
        Direction::Egress => Direction::Ingress,
    }
}

/// Whether a policy selects pods of the control plane, whether or not the input holds them.
pub(crate) fn is_control_plane(cluster: &Cluster, policy: &Policy) -> bool {
    let namespace = cluster.namespace(policy.namespace).map(|namespace| namespace.name.as_str());
    namespace == Some(well_known::SYSTEM_NAMESPACE)
        && !well_known::control_plane(&policy.spec.pod_selector).is_empty()
}

/// Where the name of a cluster-scoped policy stands.
pub(crate) fn cluster_policy_span(policy: &ClusterPolicy) -> Span {
    policy.handle.span(policy.handle.object().metadata.name.range)
}

/// Where the name of a policy stands.
pub(crate) fn policy_span(policy: &Policy) -> Span {
    policy.handle.span(policy.handle.object().metadata.name.range)
}

/// "Any other address" of each family. Where the mentioned networks leave nothing over, the widest of them come
/// nearest to it.
fn any_address(evaluation: &Evaluation) -> Vec<PeerId> {
    let ranges = || evaluation.peer_ids().filter_map(|(id, peer)| Some((id, peer.external()?)));
    let mut found = Vec::new();
    for is_v4 in [true, false] {
        let family = || ranges().filter(|(_, range)| range.network.addr().is_ipv4() == is_v4);
        let widest = family().map(|(_, range)| range.network.prefix_len()).min();
        found.extend(
            family().filter(|(_, range)| Some(range.network.prefix_len()) == widest).map(|(id, _)| id),
        );
    }
    found
}
