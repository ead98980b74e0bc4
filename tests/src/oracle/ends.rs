//! Which rules match the other end of a connection.

use super::address::Family;
use super::cluster_policy::{self, Action, ClusterPolicy, NamespacedPods, Tier};
use super::pods::Pod;
use super::policy::{self, Direction, Policy};
use super::rows::Row;
use super::selector::Selector;
use super::tiers::{End, Matched, Opening, Several, Tied, Ties};
use super::{BlockReading, Cluster, Doubt, Reading, Side};

/// The world as one reading takes it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) reading: Reading,
    /// The family of addresses in which the two ends meet, where it matters.
    pub(super) family: Option<Family>,
}

impl<'a> View<'a> {
    fn has(&self, doubt: Doubt) -> bool {
        self.reading.doubt == Some(doubt)
    }

    fn several(&self) -> Several {
        if self.has(Doubt::SeveralPods) { Several::Lenient } else { Several::Strict }
    }

    /// What one end of the connection lets pass.
    ///
    /// "Traffic is allowed to a pod if there are no NetworkPolicies selecting the pod (and cluster policy otherwise
    /// allows the traffic), OR if the traffic source is the pod's local node, OR if the traffic matches at least one
    /// ingress rule across all of the NetworkPolicy objects whose podSelector matches the pod."
    /// (`NetworkPolicySpec.ingress`; `egress` likewise)
    pub(super) fn end(
        self,
        direction: Direction,
        (subject_side, subject): (Side<'a>, Option<&'a Pod>),
        (peer_side, peer): (Side<'a>, Option<&'a Pod>),
    ) -> End<'a> {
        let ties = if self.has(Doubt::Ties) { Ties::Lenient } else { Ties::Strict };
        let mut end = End { ties, ..End::default() };
        let (Some(subject), Side::Pods(subject_row)) = (subject, subject_side) else {
            return end; // No policy acts on what is not a pod.
        };
        // A port is a port of the destination: the subject for ingress, the peer for egress.
        let destination = match (direction, peer_side) {
            (Direction::Ingress, _) => Some(subject_row),
            (Direction::Egress, Side::Pods(row)) => Some(row),
            (Direction::Egress, Side::Address(_) | Side::Domain(_)) => None,
        };
        for policy in self.cluster.policies.iter().filter(|policy| policy.selects(subject)) {
            let Some(rules) = policy.rules(direction) else { continue };
            let openings = end.isolated.get_or_insert_default();
            for rule in rules {
                openings.extend(self.openings(policy, rule, (direction, destination), (peer_side, peer)));
            }
        }
        for policy in &self.cluster.cluster_policies {
            if !self.namespaced(&policy.subject, subject) || policy.rules(direction).is_empty() {
                continue;
            }
            let rules = policy.rules(direction).iter();
            let matched =
                rules.filter_map(|rule| self.matched(rule, destination, (peer_side, peer))).collect();
            match (policy, policy.priority) {
                (ClusterPolicy { tier: Tier::Admin, .. }, Some(priority)) => {
                    add(&mut end.admin, priority, matched);
                }
                (ClusterPolicy { tier: Tier::Baseline, .. }, Some(priority)) => {
                    add(&mut end.baseline, priority, matched);
                }
                (_, None) => end.baseline_admin = matched,
            }
        }
        end
    }

    fn openings(
        self,
        policy: &Policy,
        rule: &'a policy::Rule,
        (direction, destination): (Direction, Option<&'a Row>),
        peer: (Side<'a>, Option<&'a Pod>),
    ) -> Vec<Opening<'a>> {
        let opening = |names| Opening { ports: &rule.ports, names, several: self.several() };
        if rule.peers.is_empty() {
            return vec![opening(destination)];
        }
        let items = rule.peers.iter().filter(|item| self.item_matches(policy, item, peer));
        items
            .map(|item| {
                // The destination of an egress rule with an `ipBlock` is an address, and addresses name no ports.
                let is_address = direction == Direction::Egress && item.is_block();
                opening(if is_address { None } else { destination })
            })
            .collect()
    }

    fn item_matches(
        self,
        policy: &Policy,
        item: &policy::Peer,
        (side, pod): (Side<'_>, Option<&Pod>),
    ) -> bool {
        match (item, side, pod) {
            (policy::Peer::Pods { pods, namespaces }, _, Some(pod)) => {
                self.pods_match(policy, (pods.as_ref(), namespaces.as_ref()), pod)
            }
            (policy::Peer::Pods { .. }, _, None) => false,
            (policy::Peer::Block(block), Side::Address(address), _) => block.holds(address),
            // Its address is not known.
            (policy::Peer::Block(block), Side::Domain(_), _) => {
                block.is_whole() || self.has(Doubt::UnknownAddresses)
            }
            (policy::Peer::Block(block), Side::Pods(row), _) => {
                self.family.is_none_or(|family| family == block.family()) && self.block_matches(block, row)
            }
        }
    }

    /// "podSelector is a label selector which selects pods. This field follows standard label selector semantics; if
    /// present but empty, it selects all pods. If namespaceSelector is also set, then the NetworkPolicyPeer as a
    /// whole selects the pods matching podSelector in the Namespaces selected by NamespaceSelector. Otherwise it
    /// selects the pods matching podSelector in the policy's own namespace." (`NetworkPolicyPeer.podSelector`)
    ///
    /// "namespaceSelector selects namespaces using cluster-scoped labels. […] if present but empty, it selects all
    /// namespaces. […] Otherwise it selects all pods in the namespaces selected by namespaceSelector."
    /// (`NetworkPolicyPeer.namespaceSelector`) Selectors do not see pods on the host network.
    fn pods_match(
        self,
        policy: &Policy,
        (pods, namespaces): (Option<&Selector>, Option<&Selector>),
        pod: &Pod,
    ) -> bool {
        let in_namespace = match namespaces {
            Some(selector) => self.in_namespace(selector, &pod.owner.namespace),
            None => pod.owner.namespace == policy.namespace,
        };
        !pod.host_network && in_namespace && pods.is_none_or(|selector| selector.matches(&pod.labels))
    }

    /// Whether a selector matches a namespace. Of one that is only mentioned, no label but its name is known.
    fn in_namespace(self, selector: &Selector, name: &str) -> bool {
        let Some(labels) = self.cluster.namespaces.get(name) else { return false };
        let is_mentioned = self.cluster.mentioned.contains(name);
        let is_doubted = is_mentioned && selector.asks_beyond(labels);
        selector.matches(labels) != (is_doubted && self.has(Doubt::NamespaceLabels))
    }

    /// "an `ipBlock` matches a pod whose address is known from its `status`, if the block holds that address, and no
    /// other pod; a workload of several pods only if it holds an address of each" (docs/semantics.md, options). Pods on
    /// the host network have the address of their node, which is outside of the cluster's own network and is matched
    /// in every reading.
    fn block_matches(self, block: &policy::Block, row: &Row) -> bool {
        let known: Vec<&Pod> = row.pods.iter().filter(|pod| !pod.addresses.is_empty()).collect();
        if known.is_empty() {
            return self.reading.blocks == BlockReading::AnyAddress && block.is_whole();
        }
        if self.reading.blocks == BlockReading::Never && !row.host_network {
            return false;
        }
        known.iter().all(|pod| pod.addresses.iter().any(|address| block.holds(*address)))
    }

    /// A rule of a cluster-scoped policy, where it matches the other end.
    ///
    /// "For "Accept" rules, "fail closed" means: "treat the rule as matching no traffic". For "Deny" and "Pass" rules,
    /// "fail closed" means: "treat the rule as a 'Deny all' rule"." (`ClusterNetworkPolicyEgressPeer`)
    fn matched(
        self,
        rule: &'a cluster_policy::Rule,
        destination: Option<&'a Row>,
        (side, pod): (Side<'_>, Option<&Pod>),
    ) -> Option<Matched<'a>> {
        let several = self.several();
        if !rule.is_understood() {
            let closed = Matched { action: Action::Deny, ports: None, names: None, several };
            return (rule.action != Action::Allow).then_some(closed);
        }
        let (mut matches, mut by_selector) = (false, false);
        for item in &rule.peers {
            let found = match item {
                cluster_policy::Peer::Pods(pods) => pod.is_some_and(|pod| self.namespaced(pods, pod)),
                cluster_policy::Peer::Nodes(selector) => self.nodes_match(rule.action, selector, side),
                cluster_policy::Peer::Networks(networks) => self.networks_match(rule.action, networks, side),
                cluster_policy::Peer::Domains(names) => match side {
                    Side::Domain(name) => {
                        names.iter().any(|own| cluster_policy::covers(own, name))
                            && self.domains_count(rule.action)
                    }
                    Side::Pods(_) | Side::Address(_) => false,
                },
                cluster_policy::Peer::Unknown => false,
            };
            matches |= found;
            by_selector |= found && matches!(item, cluster_policy::Peer::Pods(_));
        }
        // "You can't use this in a rule that targets resources without named ports (e.g. Nodes or Networks)."
        // (`ClusterNetworkPolicyProtocol.destinationNamedPort`)
        let names = destination.filter(|_| by_selector);
        matches.then_some(Matched { action: rule.action, ports: rule.ports.as_deref(), names, several })
    }

    /// "This field is only supported for Accept rules in egress" (`ClusterNetworkPolicyEgressPeer.domainNames`): nobody
    /// says what it means under another action. Strictly, it denies and passes nothing.
    fn domains_count(self, action: Action) -> bool {
        match action {
            Action::Allow => true,
            Action::Deny => !self.has(Doubt::DomainActions),
            Action::Pass => self.has(Doubt::DomainActions),
        }
    }

    /// "Namespaces defines a way to select all pods within a set of Namespaces. Note that host-networked pods are not
    /// included in this type of peer. […] Pods defines a way to select a set of pods in a set of namespaces."
    /// (`ClusterNetworkPolicyEgressPeer`; a subject likewise)
    fn namespaced(self, pods: &NamespacedPods, pod: &Pod) -> bool {
        pods.may_select(pod) && self.in_namespace(&pods.namespaces, &pod.owner.namespace)
    }

    /// "Nodes defines a way to select a set of nodes in the cluster (based on the node's labels). It selects the nodeIPs
    /// as the peer type by matching on the IPs present in the node.Status.Addresses field of the node. This field
    /// follows standard label selector semantics; if present but empty, it selects all Nodes."
    /// (`ClusterNetworkPolicyEgressPeer.nodes`)
    ///
    /// Of a node that only pods tell of, no label is known. A pod on the host network is on some node.
    fn nodes_match(self, action: Action, selector: &Selector, side: Side<'_>) -> bool {
        let is_selected = |node: Option<usize>| match node.and_then(|node| self.cluster.nodes.labels(node)) {
            Some(labels) => selector.matches(labels),
            None => selector.requirements.is_empty() || self.has(Doubt::NodeLabels),
        };
        match side {
            Side::Address(address) => {
                self.cluster.nodes.at(address).is_some_and(|node| is_selected(Some(node)))
            }
            Side::Pods(row) if row.host_network => {
                let each = row.pods.iter().all(|pod| is_selected(pod.node));
                let any = row.pods.iter().any(|pod| is_selected(pod.node));
                self.several().counts(action, each, any)
            }
            Side::Pods(_) | Side::Domain(_) => false,
        }
    }

    /// "Networks defines a way to select peers via CIDR blocks. This is intended for representing entities that live
    /// outside the cluster, […] but note that cluster-internal traffic will be checked against the rule as well."
    /// (`ClusterNetworkPolicyEgressPeer.networks`)
    ///
    /// Of several pods, each must be inside where the rule opens, and any where it closes. A pod of unknown address is
    /// inside of every address of a family, and of nothing narrower; so is a domain.
    fn networks_match(self, action: Action, networks: &[super::Cidr], side: Side<'_>) -> bool {
        let of_family = |network: &&super::Cidr| self.family.is_none_or(|family| family == network.family());
        let unknown = || {
            let mut counting = networks.iter().filter(of_family);
            counting.any(|network| network.is_whole() || self.has(Doubt::UnknownAddresses))
        };
        match side {
            Side::Address(address) => networks.iter().any(|network| network.holds(address)),
            Side::Domain(_) => unknown(),
            Side::Pods(row) => {
                let is_inside = |pod: &&Pod| {
                    let mut counting = networks.iter().filter(of_family);
                    counting.any(|network| pod.addresses.iter().any(|address| network.holds(*address)))
                };
                let known: Vec<&Pod> = row.pods.iter().filter(|pod| !pod.addresses.is_empty()).collect();
                let unknown = known.len() < row.pods.len() && unknown();
                let (each, any) = (known.iter().all(is_inside), known.iter().any(is_inside));
                match known.is_empty() {
                    true => unknown,
                    // Those of unknown address open nothing by themselves.
                    false => self.several().counts(action, each, any || unknown),
                }
            }
        }
    }
}

/// Adds the matching rules of a policy to those of its priority.
fn add<'a>(tier: &mut Vec<Tied<'a>>, priority: u64, matched: Vec<Matched<'a>>) {
    let at = tier.partition_point(|tied| tied.priority < priority);
    match tier.get_mut(at) {
        Some(tied) if tied.priority == priority => tied.policies.push(matched),
        _ => tier.insert(at, Tied { priority, policies: vec![matched] }),
    }
}
