//! From documents to a cluster.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use netpol_manifest::{Direction, Document, Label, Peer, Resource, Workload as Template};
use netpol_source::{DocumentId, ObjectRef, Span, order};

use super::fold::{self, Candidate};
use super::{
    Cluster, Handle, Host, HostId, Labels, MOST_NETWORKS, MOST_WORKLOADS, NAMESPACE_NAME_LABEL, Namespace,
    NamespaceId, NamespaceOrigin, Policy, Replaced,
};

impl Cluster {
    /// The cluster that these documents describe, in the order of the input.
    pub fn build(documents: impl IntoIterator<Item = (DocumentId, Arc<Document>)>) -> Self {
        let mut builder = Builder::default();
        for handle in latest(documents, &mut builder.cluster.replaced) {
            builder.add(handle);
        }
        builder.finish()
    }
}

/// All objects but those that a later one replaces, in the order of the input.
fn latest(
    documents: impl IntoIterator<Item = (DocumentId, Arc<Document>)>,
    replaced: &mut Vec<Replaced>,
) -> Vec<Handle> {
    let mut handles: Vec<Option<Handle>> = Vec::new();
    let mut seen: HashMap<ObjectRef, (usize, Span)> = HashMap::new();
    for (document, content) in documents {
        for index in 0..content.objects.len() {
            let handle = Handle { document, content: Arc::clone(&content), index };
            let object = handle.object().reference();
            let later = handle.span(handle.object().metadata.name.range);
            if let Some((at, earlier)) = seen.insert(object.clone(), (handles.len(), later)) {
                if let Some(slot) = handles.get_mut(at) {
                    *slot = None;
                }
                replaced.push(Replaced { object, earlier, later });
            }
            handles.push(Some(handle));
        }
    }
    handles.into_iter().flatten().collect()
}

#[derive(Default)]
struct Builder {
    cluster: Cluster,
    by_name: HashMap<String, NamespaceId>,
    candidates: Vec<Candidate>,
    nodes: Vec<Handle>,
}

impl Builder {
    fn add(&mut self, handle: Handle) {
        let object = handle.object();
        match &object.resource {
            Resource::Namespace => {
                let name = object.metadata.name.value.clone();
                let span = handle.span(object.metadata.name.range);
                let labels = namespace_labels(&name, to_labels(&object.metadata.labels));
                let id = self.mention(&name);
                if let Some(namespace) = self.cluster.namespaces.get_mut(id.0 as usize) {
                    namespace.labels = labels;
                    namespace.annotations = to_labels(&object.metadata.annotations);
                    namespace.origin = NamespaceOrigin::Declared(span);
                }
            }
            Resource::Workload(template) => {
                if template.finished {
                    return;
                }
                let namespace = self.mention(object.namespace());
                let labels = to_labels(&template.labels);
                self.candidates.push(Candidate { namespace, labels, handle });
            }
            Resource::NetworkPolicy(spec) => {
                let (namespace, spec) = (self.mention(object.namespace()), spec.clone());
                self.cluster.policies.push(Policy { namespace, handle, spec });
            }
            Resource::Node(_) => self.nodes.push(handle),
            Resource::Service(_) | Resource::Ingress(_) | Resource::Gateway | Resource::HttpRoute(_) => {
                self.cluster.exposure.push(handle);
            }
        }
    }

    fn mention(&mut self, name: &str) -> NamespaceId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = NamespaceId(self.cluster.namespaces.len() as u32);
        self.by_name.insert(name.to_owned(), id);
        self.cluster.namespaces.push(Namespace {
            name: name.to_owned(),
            labels: namespace_labels(name, Labels::new()),
            annotations: BTreeMap::new(),
            origin: NamespaceOrigin::Mentioned,
        });
        id
    }

    fn finish(mut self) -> Cluster {
        let hosts = Hosts::new(&self.nodes, self.candidates.iter().filter_map(Candidate::template));
        let named = self.labels_that_selectors_name();
        let mut workloads = fold::fold(std::mem::take(&mut self.candidates), &named, &hosts);
        let too_many = workloads.split_off(workloads.len().min(MOST_WORKLOADS));
        let places = too_many.iter().filter_map(|workload| workload.handle());
        let places = places.map(|handle| handle.span(handle.object().metadata.name.range));
        self.cluster.left_out.workloads.extend(places);
        order::sort_by_key(&mut workloads, |workload| workload.namespace);
        self.cluster.workloads = workloads.into_iter().map(Arc::new).collect();
        self.cluster.hosts = hosts.hosts;
        order::sort_by_key(&mut self.cluster.policies, Policy::reference);
        self.leave_out_policies();
        self.cluster
    }

    /// Leaves out the policies with which more networks are mentioned than can be told apart.
    fn leave_out_policies(&mut self) {
        let mut networks: HashSet<IpNet> = HashSet::new();
        let left_out = &mut self.cluster.left_out.policies;
        self.cluster.policies.retain(|policy| {
            let new: HashSet<IpNet> =
                policy.networks().filter(|network| !networks.contains(network)).collect();
            let fits = networks.len() + new.len() <= MOST_NETWORKS;
            if fits {
                networks.extend(new);
            } else {
                left_out.push(policy.handle.span(policy.handle.object().metadata.name.range));
            }
            fits
        });
    }

    /// Every key that the pod selector of some policy names, sorted.
    fn labels_that_selectors_name(&self) -> Vec<String> {
        let mut keys = BTreeSet::new();
        for policy in &self.cluster.policies {
            let peers = Direction::BOTH
                .into_iter()
                .flat_map(|direction| policy.rules(direction))
                .flat_map(|rule| &rule.peers);
            let selectors = peers.filter_map(|peer| match peer {
                Peer::Pods { pod_selector, .. } => pod_selector.as_ref(),
                Peer::Block { .. } => None,
            });
            for selector in selectors.chain([&policy.spec.pod_selector]) {
                keys.extend(selector.requirements.iter().map(|requirement| requirement.key.clone()));
            }
        }
        keys.into_iter().collect()
    }
}

fn namespace_labels(name: &str, mut labels: Labels) -> Labels {
    labels.insert(NAMESPACE_NAME_LABEL.to_owned(), name.to_owned());
    labels
}

fn to_labels(labels: &[Label]) -> Labels {
    order::map(labels.iter().map(|label| (label.key.value.clone(), label.value.value.clone())))
}

/// The nodes whose addresses are known: from `Node` objects, or from what pods say of theirs.
pub(super) struct Hosts {
    hosts: Vec<Host>,
    by_name: HashMap<String, HostId>,
    by_address: BTreeMap<IpAddr, HostId>,
}

impl Hosts {
    fn new<'a>(nodes: &'a [Handle], templates: impl Iterator<Item = &'a Template>) -> Self {
        let declared = nodes.iter().filter_map(|handle| match &handle.object().resource {
            Resource::Node(node) => {
                Some((Some(handle.object().metadata.name.value.as_str()), node.addresses.clone()))
            }
            _ => None,
        });
        let told = templates.map(|template| (template.node_name.as_deref(), addresses_of_node(template)));
        let mut hosts = Self { hosts: Vec::new(), by_name: HashMap::new(), by_address: BTreeMap::new() };
        for (name, addresses) in declared.chain(told) {
            if name.is_some() || !addresses.is_empty() {
                hosts.learn(name, &addresses);
            }
        }
        hosts
    }

    /// Learns that one node has this name and these addresses. What was thought to be several nodes may turn out to
    /// be one; the others then stay behind without name and addresses.
    fn learn(&mut self, name: Option<&str>, addresses: &[IpAddr]) {
        let by_name = name.and_then(|name| self.by_name.get(name)).copied();
        let by_address = addresses.iter().filter_map(|address| self.by_address.get(address)).copied();
        let mut same: Vec<HostId> = by_name.into_iter().chain(by_address).collect();
        order::sort_and_dedup(&mut same);
        let id = same.first().copied().unwrap_or_else(|| {
            self.hosts.push(Host { name: None, addresses: Vec::new() });
            HostId(self.hosts.len() as u32 - 1)
        });
        let mut one = Host { name: name.map(str::to_owned), addresses: addresses.to_vec() };
        for other in &same {
            let Some(other) = self.hosts.get_mut(other.0 as usize) else { continue };
            // The first by name, so that the order of the input does not matter.
            one.name = other.name.take().into_iter().chain(one.name).min();
            one.addresses.append(&mut other.addresses);
        }
        order::sort_and_dedup(&mut one.addresses);
        self.by_address.extend(one.addresses.iter().map(|address| (*address, id)));
        for known in self.by_name.values_mut().filter(|known| same.contains(known)) {
            *known = id;
        }
        self.by_name.extend(name.map(|name| (name.to_owned(), id)));
        if let Some(host) = self.hosts.get_mut(id.0 as usize) {
            *host = one;
        }
    }

    /// The node that a pod says it runs on.
    pub(super) fn of(&self, template: &Template) -> Option<HostId> {
        let addresses = addresses_of_node(template);
        let by_address = addresses.iter().find_map(|address| self.by_address.get(address));
        by_address.or_else(|| self.by_name.get(template.node_name.as_deref()?)).copied()
    }
}

/// What a pod says of the addresses of its node: on the host network, its own addresses are the node's.
fn addresses_of_node(template: &Template) -> Vec<IpAddr> {
    let own = template.pod_ips.iter().filter(|_| template.host_network);
    template.host_ips.iter().chain(own).copied().collect()
}
