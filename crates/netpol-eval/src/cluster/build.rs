//! From documents to a cluster.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use netpol_manifest::{Document, Object, Resource};
use netpol_source::{DocumentId, HashMap, ObjectRef, Span, order};

use super::fold::{self, Candidate};
use super::hosts::Hosts;
use super::named::Named;
use super::{
    Cluster, ClusterPolicy, Handle, Labels, MOST_WORKLOADS, NAMESPACE_NAME_LABEL, Namespace, NamespaceId,
    NamespaceOrigin, Policy, RefusedPolicy, Replaced, to_labels,
};

impl Cluster {
    /// The cluster that these documents describe, in the order of the input.
    pub fn build(documents: impl IntoIterator<Item = (DocumentId, Arc<Document>)>) -> Self {
        let mut builder = Builder::default();
        let documents: Vec<(DocumentId, Arc<Document>)> = documents.into_iter().collect();
        for left_out in documents.iter().flat_map(|(_, document)| &document.left_out) {
            builder.cluster.left_out.unread.add(left_out.object.as_ref());
        }
        for (document, content) in &documents {
            for refused in &content.refused {
                if let Some(selects) = &refused.selects {
                    let (object, place) = (refused.object.clone(), refused.range.in_document(*document));
                    builder.cluster.refused.push(RefusedPolicy { object, place, selects: selects.clone() });
                }
            }
        }
        for handle in latest(documents, &mut builder.cluster.replaced) {
            builder.add(handle);
        }
        builder.finish()
    }
}

/// All objects but those that a later one replaces, in the order of the input.
///
/// The API server gives each object with `generateName` a name of its own, so those replace nothing; from the second of
/// a name on they are numbered.
fn latest(
    documents: impl IntoIterator<Item = (DocumentId, Arc<Document>)>,
    replaced: &mut Vec<Replaced>,
) -> Vec<Handle> {
    let mut handles: Vec<Option<Handle>> = Vec::new();
    let mut seen: HashMap<ObjectRef, (usize, Span)> = HashMap::default();
    let mut generated: HashMap<ObjectRef, usize> = HashMap::default();
    for (document, mut content) in documents {
        let mut renamed: Vec<(usize, usize)> = Vec::new();
        for (index, object) in content.objects.iter().enumerate() {
            if object.metadata.generated {
                let count = generated.entry(object.reference()).or_default();
                *count += 1;
                if *count > 1 {
                    renamed.push((index, *count));
                }
            }
        }
        if !renamed.is_empty() {
            let content = Arc::make_mut(&mut content);
            for (index, count) in renamed {
                if let Some(object) = content.objects.get_mut(index) {
                    let _ = write!(object.metadata.name.value, "{count}");
                }
            }
        }
        for index in 0..content.objects.len() {
            let handle = Handle { document, content: Arc::clone(&content), index };
            let object = handle.object().reference();
            // Two tests of one name are two tests.
            if let Resource::ConnectivityTest(_) = handle.object().resource {
                handles.push(Some(handle));
                continue;
            }
            let later = handle.span(handle.object().metadata.name.range);
            if let Some((at, earlier)) = seen.insert(object.clone(), (handles.len(), later)) {
                let before = handles.get_mut(at).and_then(Option::take);
                let is_same = before.is_some_and(|before| is_same(before.object(), handle.object()));
                replaced.push(Replaced { object, earlier, later, is_same });
            }
            handles.push(Some(handle));
        }
    }
    handles.into_iter().flatten().collect()
}

/// Whether two objects of the same kind, namespace and name say the same: written alike, each in a document of its own;
/// Namespaces also where only their form differs.
fn is_same(one: &Object, other: &Object) -> bool {
    let is_namespace = matches!((&one.resource, &other.resource), (Resource::Namespace, Resource::Namespace));
    let metadata =
        |object: &Object| (to_labels(&object.metadata.labels), to_labels(&object.metadata.annotations));
    one == other || is_namespace && metadata(one) == metadata(other)
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
                self.candidates.extend(Candidate::of(namespace, handle));
            }
            Resource::NetworkPolicy(spec) => {
                let (namespace, spec) = (self.mention(object.namespace()), Arc::new(spec.clone()));
                self.cluster.policies.push(Policy { namespace, handle, spec });
            }
            Resource::ClusterPolicy(spec) => {
                let spec = Arc::new(spec.clone());
                self.cluster.cluster_policies.push(ClusterPolicy { handle, spec });
            }
            Resource::Node(_) => self.nodes.push(handle),
            Resource::ConnectivityTest(_) => self.cluster.tests.push(handle),
            Resource::Service(_)
            | Resource::Ingress(_)
            | Resource::Gateway
            | Resource::Route(_)
            | Resource::ReferenceGrant(_)
            | Resource::Webhooks(_)
            | Resource::ApiService(_)
            | Resource::Endpoints(_)
            | Resource::Monitor(_)
            | Resource::RoleBinding(_)
            | Resource::ServiceAccount(_) => self.cluster.exposure.push(handle),
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
        order::sort_by_cached_key(&mut self.cluster.policies, Policy::reference);
        order::sort_by_cached_key(&mut self.cluster.cluster_policies, |policy| {
            let priority = policy.spec.priority.as_ref().map(|priority| priority.value);
            (policy.spec.tier.value, priority, policy.reference())
        });
        let hosts = Hosts::new(&self.nodes, self.candidates.iter().filter_map(Candidate::template));
        let named = Named::new(&self.cluster);
        let (mut workloads, too_many) = fold::fold(&self.candidates, &named, &hosts, MOST_WORKLOADS);
        let too_many = too_many.into_iter().filter_map(|at| self.candidates.get(at));
        self.cluster.left_out.workloads = too_many.map(Candidate::name_span).collect();
        order::sort_by_key(&mut workloads, |workload| workload.namespace);
        self.cluster.workloads = workloads.into_iter().map(Arc::new).collect();
        self.cluster.hosts = hosts.hosts;
        self.cluster
    }
}

fn namespace_labels(name: &str, mut labels: Labels) -> Labels {
    labels.insert(NAMESPACE_NAME_LABEL.to_owned(), name.to_owned());
    labels
}
