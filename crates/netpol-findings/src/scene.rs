//! An evaluation as the rules look at it: look-ups, and what is cheap to tell for all of it at once.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use netpol_eval::{
    Cluster, ClusterPolicy, ConnectionSet, Evaluation, Namespace, NamespaceId, NamespaceOrigin, Origin, Peer,
    PeerId, Policy, PolicyId, PortSet, TierKind, Workload,
};
use netpol_manifest::{self as manifest, ClusterPortMatch, Direction, Operator, Protocol};
use netpol_source::{HashMap, ObjectRef, Span, order};

use crate::cluster_rule::ClusterRuleAt;
use crate::effort::Effort;
use crate::site::RuleAt;
use crate::watch::{Seen, Watch};
use crate::witness::Witness;
use crate::{well_known, words};

/// How many peers of a set are looked through in the time of a step.
pub(crate) const PEERS_A_STEP: usize = 16;

/// An evaluation, seen as the rules need it.
#[derive(Debug)]
pub struct Scene<'a> {
    evaluation: &'a Evaluation,
    namespaces: Vec<NamespaceView>,
    /// By policy: the subjects that findings speak of, once for all policies that select the same.
    subjects: Vec<Rc<[PeerId]>>,
    any_address: Vec<PeerId>,
    metadata: Vec<PeerId>,
    has_workloads: bool,
    effort: Effort,
    watch: Watch,
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

impl<'a> Scene<'a> {
    /// Looks through an evaluation once.
    pub(crate) fn new(evaluation: &'a Evaluation) -> Self {
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
            effort: Effort::default(),
            watch: Watch::default(),
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

    /// Of the policies that isolate a pod, the one that selects most pods.
    pub(crate) fn widest(&self, selecting: &[PolicyId]) -> Option<PolicyId> {
        selecting.iter().copied().max_by_key(|id| (self.subjects(*id).len(), std::cmp::Reverse(*id)))
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

    /// What comes of something, and what it looks at with [`allowed`](Self::allowed), [`see`](Self::see),
    /// [`look_into`](Self::look_into) and [`group`](Self::group).
    pub(crate) fn watched<T>(&self, look: impl FnOnce() -> T) -> (T, Seen) {
        self.watch.watched(look)
    }

    /// Says that it is looked at what the ends of a peer allow.
    pub(crate) fn see(&self, peer: PeerId) {
        self.watch.see(peer);
    }

    /// Says that it is looked at policies and pods of a namespace, whichever they are.
    pub(crate) fn look_into(&self, namespace: NamespaceId) {
        self.watch.look_into(namespace);
    }

    /// Says that those of some peers are taken together that nothing can tell apart.
    pub(crate) fn group(&self, peers: &[PeerId]) {
        self.watch.group(self.evaluation, peers);
    }

    /// What is allowed between a subject and a peer, whichever of them opens the connection.
    pub(crate) fn allowed(&self, direction: Direction, subject: PeerId, peer: PeerId) -> &'a ConnectionSet {
        self.see(subject);
        self.see(peer);
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

    /// Whether findings speak of a peer: of workloads of the input, of others only where it has none, and of addresses.
    pub(crate) fn is_spoken_of(&self, peer: PeerId) -> bool {
        self.workload(peer).is_none_or(|workload| !workload.is_hypothetical() || !self.has_workloads)
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

/// The rules of a policy that have an effect, in order.
fn rules_of(policy_id: PolicyId, policy: &Policy) -> impl Iterator<Item = RuleAt<'_>> {
    let directions = Direction::BOTH.into_iter().filter(|direction| policy.isolates(*direction));
    directions.flat_map(move |direction| {
        let rules = policy.rules(direction).iter().enumerate();
        rules.map(move |(index, rule)| RuleAt { policy_id, policy, direction, index, rule })
    })
}

impl RuleAt<'_> {
    /// Who may open a connection by it: its peers for ingress, of everyone any address; its subjects for egress.
    pub(crate) fn sources<'c>(&'c self, scene: &'c Scene<'_>) -> Box<dyn Iterator<Item = PeerId> + 'c> {
        match self.direction {
            Direction::Ingress if self.rule.peers.is_empty() => Box::new(scene.any_address().iter().copied()),
            Direction::Ingress => {
                Box::new((0..self.rule.peers.len()).flat_map(|item| scene.item_peers(self, item)))
            }
            Direction::Egress => Box::new(scene.subjects(self.policy_id).iter().copied()),
        }
    }

    /// The same as a set of their places; all of them are [seen](Scene::see).
    pub(crate) fn sources_seen(&self, scene: &Scene<'_>) -> FixedBitSet {
        let evaluation = scene.evaluation();
        let mut sources = FixedBitSet::with_capacity(evaluation.peers().len());
        match self.direction {
            Direction::Ingress if !self.rule.peers.is_empty() => {
                for item in 0..self.rule.peers.len() {
                    let (policy, direction, rule) = (self.policy_id, self.direction, self.index);
                    sources.union_with(&evaluation.item_peer_set(policy, direction, rule, item));
                }
            }
            _ => sources.extend(self.sources(scene).map(PeerId::index)),
        }
        scene.work(1 + sources.count_ones(..) / PEERS_A_STEP);
        scene.watch.see_all(&sources);
        sources
    }
}

impl ClusterRuleAt<'_> {
    /// What its ports are on a destination; without one, by number.
    pub(crate) fn ports_on(&self, scene: &Scene<'_>, destination: Option<PeerId>) -> ConnectionSet {
        if self.rule.ports.is_none() {
            return ConnectionSet::all();
        }
        scene.work(self.ports().len() + 1);
        let workload = destination.and_then(|peer| scene.workload(peer));
        let ports = self.ports().iter().map(|port| match &port.port {
            ClusterPortMatch::Range(protocol, first, last) => {
                ConnectionSet::of(*protocol, PortSet::range(*first, *last))
            }
            ClusterPortMatch::Name(name) => {
                Protocol::ALL.into_iter().fold(ConnectionSet::NONE, |all, protocol| {
                    let named =
                        workload.map_or(PortSet::NONE, |workload| workload.named_ports(name, protocol));
                    all.union(&ConnectionSet::of(protocol, named))
                })
            }
        });
        ConnectionSet::from_intervals(ports.flat_map(|set| set.intervals().collect::<Vec<_>>()))
    }

    /// What it decides between a subject and a peer.
    pub(crate) fn decides(&self, scene: &Scene<'_>, subject: PeerId, peer: PeerId) -> ConnectionSet {
        let direction = self.origin.direction;
        scene.work(scene.evaluation().deciding(direction, subject).len() + 1);
        let end = scene.evaluation().end_trace(direction, subject, peer);
        let found = end.as_ref().and_then(|end| {
            let mut rules = end.policies().flat_map(|policy| &policy.rules);
            rules.find(|rule| rule.origin == self.origin)
        });
        found.map_or(ConnectionSet::NONE, |rule| rule.decides.clone())
    }

    /// The peers that an item of it matches.
    pub(crate) fn item_peers(&self, scene: &Scene<'_>, item: usize) -> impl Iterator<Item = PeerId> {
        let Origin { policy, direction, index } = self.origin;
        scene.evaluation().item_peers(policy, direction, index, item).inspect(|_| scene.work(1))
    }

    /// Who may open a connection that it speaks of: its peers for ingress, its subjects for egress.
    pub(crate) fn sources<'c>(&'c self, scene: &'c Scene<'_>) -> Box<dyn Iterator<Item = PeerId> + 'c> {
        match self.origin.direction {
            Direction::Ingress => {
                Box::new((0..self.rule.peers.len()).flat_map(|item| self.item_peers(scene, item)))
            }
            Direction::Egress => Box::new(scene.subjects(self.origin.policy).iter().copied()),
        }
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

/// Whether a policy selects pods of the control plane, whether or not the input holds them.
pub(crate) fn is_control_plane(cluster: &Cluster, policy: &Policy) -> bool {
    let namespace = cluster.namespace(policy.namespace).map(|namespace| namespace.name.as_str());
    namespace == Some(well_known::SYSTEM_NAMESPACE)
        && !well_known::control_plane(&policy.spec.pod_selector).is_empty()
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
