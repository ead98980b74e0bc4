//! Pods and the objects that make them into workloads.
//!
//! A dump of a live cluster shows a Deployment, its ReplicaSets and their pods; they are one workload. Where pods are
//! in the input, they alone say what is there; a template speaks only where none of its pods is. Pods of one workload
//! that some selector of the input tells apart become workloads of their own, its *variants*.

use std::sync::Arc;

use netpol_manifest::{ContainerPort, Controller, Resource, Workload as Template, WorkloadKind};
use netpol_source::{HashMap, HashSet, Span, order};

use super::hosts::Hosts;
use super::named::{Named, POD_INDEX, POD_NAME};
use super::{Handle, Labels, NamespaceId, Ordinals, Pod, SOME_VALUE, Workload, WorkloadOrigin};

/// How many owners stand above a pod at the most: a ReplicaSet and its Deployment, a Job and its CronJob. Anything
/// longer is made up.
const MOST_OWNERS: usize = 3;

/// The label by which a Deployment tells the pods of its ReplicaSets apart.
const TEMPLATE_HASH: &str = "pod-template-hash";

/// Labels that say something of one pod or one revision. Nobody selects by them to mean a workload, so they are not
/// shown as labels of one unless a selector names them.
const OF_SINGLE_PODS: [&str; 9] = [
    "apps.kubernetes.io/pod-index",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    TEMPLATE_HASH,
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
];
const OF_JOBS: &str = "batch.kubernetes.io/";

/// A pod or an object that makes pods, before folding.
pub(super) struct Candidate {
    namespace: NamespaceId,
    /// Labels of its pods, with those that a controller is certain to set.
    labels: Labels,
    /// Always a workload.
    handle: Handle,
}

impl Candidate {
    fn new(namespace: NamespaceId, mut labels: Labels, handle: Handle) -> Self {
        let object = handle.object();
        if let Resource::Workload(template) = &object.resource
            && template.kind == WorkloadKind::Job
        {
            for key in ["job-name", "batch.kubernetes.io/job-name"] {
                labels.entry(key.to_owned()).or_insert_with(|| object.metadata.name.value.clone());
            }
        }
        Self { namespace, labels, handle }
    }

    /// The candidate that an object is; `None` where it is no workload, or one that takes no part.
    pub(super) fn of(namespace: NamespaceId, handle: Handle) -> Option<Self> {
        let Resource::Workload(template) = &handle.object().resource else { return None };
        let labels = super::to_labels(&template.labels);
        (!template.finished).then(|| Self::new(namespace, labels, handle))
    }

    pub(super) fn template(&self) -> Option<&Template> {
        match &self.handle.object().resource {
            Resource::Workload(template) => Some(template),
            _ => None,
        }
    }

    fn kind(&self) -> Option<WorkloadKind> {
        self.template().map(|template| template.kind)
    }

    fn name(&self) -> &str {
        &self.handle.object().metadata.name.value
    }

    /// What a controller leaves behind: a ReplicaSet or ReplicationController of no replicas that something owns.
    fn is_leftover(&self) -> bool {
        let made =
            matches!(self.kind(), Some(WorkloadKind::ReplicaSet | WorkloadKind::ReplicationController));
        made && self.template().is_some_and(|template| template.replicas == Some(0))
            && self.handle.object().metadata.controller.is_some()
    }

    /// Where its name stands.
    pub(super) fn name_span(&self) -> Span {
        self.handle.span(self.handle.object().metadata.name.range)
    }

    fn key(&self) -> Key {
        let object = self.handle.object();
        Key {
            namespace: self.namespace,
            group: object.group.to_owned(),
            kind: object.kind.clone(),
            name: self.name().to_owned(),
        }
    }

    /// The owner that it folds into: that of a pod, but for a node, which "owns" its static pods; what makes ReplicaSets
    /// and ReplicationControllers, and the CronJob that makes a Job.
    fn owner(&self) -> Option<Key> {
        let controller = self.handle.object().metadata.controller.as_ref()?;
        let folds = match self.kind()? {
            WorkloadKind::Pod => controller.kind != "Node" || !controller.group.is_empty(),
            WorkloadKind::ReplicaSet | WorkloadKind::ReplicationController => true,
            WorkloadKind::Job => controller.kind == "CronJob",
            _ => false,
        };
        let Controller { group, kind, name } = controller.clone();
        folds.then_some(Key { namespace: self.namespace, group, kind, name })
    }

    /// What stands above an owner that is not in the input, as far as its name tells: a ReplicaSet that is named after
    /// the hash of its pods is made by a Deployment, a Job that is named after a time by a CronJob.
    fn above(&self, owner: &Key) -> Option<Key> {
        let (kind, name) = match (owner.group.as_str(), owner.kind.as_str()) {
            ("apps", "ReplicaSet") => {
                let hash = self.labels.get(TEMPLATE_HASH)?;
                ("Deployment", owner.name.strip_suffix(hash.as_str())?.strip_suffix('-')?)
            }
            ("batch", "Job") => {
                let (name, time) = owner.name.rsplit_once('-')?;
                let is_time = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
                ("CronJob", is_time.then_some(name)?)
            }
            _ => return None,
        };
        Some(Key { kind: kind.to_owned(), name: name.to_owned(), ..owner.clone() })
    }
}

/// A workload, by what an owner reference says of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    namespace: NamespaceId,
    group: String,
    kind: String,
    name: String,
}

/// What stands at the top of a chain of owners.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Root {
    /// It is in the input.
    Present(usize),
    /// It is not.
    Absent(Key),
}

/// The workloads of all candidates, each where its controller or else the first of its pods stands, and the candidates
/// whose workloads are more than `most`.
pub(super) fn fold(
    candidates: &[Candidate],
    named: &Named<'_>,
    hosts: &Hosts,
    most: usize,
) -> (Vec<Workload>, Vec<usize>) {
    let mut present: HashMap<Key, usize> = HashMap::default();
    for (at, candidate) in candidates.iter().enumerate() {
        present.insert(candidate.key(), at);
    }
    let mut families: Vec<Family<'_>> = Vec::new();
    let mut places: HashMap<Root, usize> = HashMap::default();
    // What is left over takes no part, but leads from pods that still run to what owns both.
    for (at, candidate) in candidates.iter().enumerate().filter(|(_, candidate)| !candidate.is_leftover()) {
        let root = root(at, candidates, &present);
        let place = *places.entry(root).or_insert_with_key(|root| {
            let (object, owner) = match root {
                Root::Present(at) => (candidates.get(*at), None),
                Root::Absent(key) => (None, Some(key.clone())),
            };
            families.push(Family { object, owner, members: Vec::new(), place: at });
            families.len() - 1
        });
        if let Some(family) = families.get_mut(place) {
            family.members.push((at, candidate));
        }
    }
    for (root, place) in &places {
        if let (Root::Present(at), Some(family)) = (root, families.get_mut(*place)) {
            family.place = *at;
        }
    }
    order::sort_by_key(&mut families, |family| family.place);
    let mut workloads = Vec::new();
    let mut left_out = Vec::new();
    for family in &families {
        let variants = family.variants(named);
        if workloads.len() + variants.len() > most {
            left_out.push(family.place);
            continue;
        }
        workloads.extend(family.workloads(&variants, named, hosts));
    }
    name_groups(&mut workloads);
    (workloads, left_out)
}

/// Adds the API group to the kind of workloads that another one of the same namespace, name and kind is there with; not
/// to Kubernetes' own.
fn name_groups(workloads: &mut [Workload]) {
    let mut groups: HashMap<(NamespaceId, &str, &str), &str> = HashMap::default();
    let mut shared: HashSet<(NamespaceId, String, String)> = HashSet::default();
    for one in workloads.iter() {
        let group = groups.entry((one.namespace, &one.name, &one.kind)).or_insert(&one.group);
        if *group != one.group {
            shared.insert((one.namespace, one.name.clone(), one.kind.clone()));
        }
    }
    for one in workloads.iter_mut().filter(|one| own_group(&one.kind) != Some(&one.group)) {
        if shared.contains(&(one.namespace, one.name.clone(), one.kind.clone())) {
            let group = if one.group.is_empty() { "core" } else { &one.group };
            one.kind = format!("{}.{group}", one.kind);
        }
    }
}

/// The API group in which Kubernetes itself has a kind of workload.
fn own_group(kind: &str) -> Option<&'static str> {
    match kind {
        "Pod" | "ReplicationController" => Some(""),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => Some("apps"),
        "Job" | "CronJob" => Some("batch"),
        _ => None,
    }
}

/// Follows the controlling owners upwards.
fn root(at: usize, candidates: &[Candidate], present: &HashMap<Key, usize>) -> Root {
    let mut current = at;
    for _ in 0..MOST_OWNERS {
        let Some(candidate) = candidates.get(current) else { break };
        let Some(owner) = candidate.owner() else { break };
        let above = candidate.above(&owner);
        let found = present.get(&owner).or_else(|| present.get(above.as_ref()?));
        match found {
            Some(next) if *next == current => break,
            Some(next) => current = *next,
            None => {
                // The pods of a CronJob that is not in the input are known by their Job.
                let named = above.filter(|above| above.kind == "Deployment");
                return Root::Absent(named.unwrap_or(owner));
            }
        }
    }
    Root::Present(current)
}

/// A workload with all that belongs to it.
struct Family<'a> {
    /// The controller, or the only pod; `None` when it is not in the input.
    object: Option<&'a Candidate>,
    /// Its name, when it is not in the input.
    owner: Option<Key>,
    /// All of it that is in the input, the controller included.
    members: Vec<(usize, &'a Candidate)>,
    /// Where it stands among the candidates.
    place: usize,
}

/// Some pods of a workload that no selector tells apart.
struct Variant<'a> {
    /// Pods, or the objects with the templates where no pod is known.
    members: Vec<&'a Candidate>,
    /// Of a StatefulSet of which no pod is known.
    ordinals: Option<Ordinals>,
    /// The labels of the first one.
    labels: Labels,
    host_network: bool,
}

/// What tells variants apart.
type Look<'l> = (Vec<(&'l str, Option<&'l str>)>, bool);

impl<'a> Family<'a> {
    fn pods(&self) -> impl Iterator<Item = &'a Candidate> + '_ {
        let members = self.members.iter().map(|(_, candidate)| *candidate);
        members.filter(|candidate| candidate.kind() == Some(WorkloadKind::Pod))
    }

    /// Its pods, in groups that no selector tells apart.
    fn variants(&self, named: &Named<'_>) -> Vec<Variant<'a>> {
        let mut speaking: Vec<&'a Candidate> = self.pods().collect();
        let mut labels: Vec<Labels> = speaking.iter().map(|one| one.labels.clone()).collect();
        if speaking.is_empty() {
            speaking = self.templates();
            if let [only] = speaking.as_slice()
                && only.kind() == Some(WorkloadKind::StatefulSet)
                && let Some(variants) = by_ordinal(only, named)
            {
                return variants;
            }
            labels = speaking.iter().map(|one| with_unknown(one, named)).collect();
        }
        let mut places: HashMap<Look<'_>, usize> = HashMap::default();
        let mut variants: Vec<Variant<'a>> = Vec::new();
        for (candidate, labels) in speaking.iter().zip(&labels) {
            let host_network = candidate.template().is_some_and(|template| template.host_network);
            let place = *places.entry((named.seen(labels), host_network)).or_insert_with(|| {
                let labels = labels.clone();
                variants.push(Variant { members: Vec::new(), ordinals: None, labels, host_network });
                variants.len() - 1
            });
            if let Some(variant) = variants.get_mut(place) {
                variant.members.push(candidate);
            }
        }
        variants
    }

    /// What says how the pods look of which none is known.
    fn templates(&self) -> Vec<&'a Candidate> {
        let members: Vec<&'a Candidate> = self.members.iter().map(|(_, candidate)| *candidate).collect();
        let Some(controller) = self.object.filter(|one| one.kind() == Some(WorkloadKind::Deployment)) else {
            return members;
        };
        // The ReplicaSet of the present revision says the same as the Deployment, and more.
        let is_present = |one: &&Candidate| {
            one.kind() == Some(WorkloadKind::ReplicaSet)
                && without_hash(&one.labels) == without_hash(&controller.labels)
                && one.template().zip(controller.template()).is_some_and(|(a, b)| {
                    a.host_network == b.host_network && port_list(&a.ports) == port_list(&b.ports)
                })
        };
        let replaced = members.iter().any(is_present);
        let is_controller = |one: &Candidate| one.kind() == Some(WorkloadKind::Deployment);
        members.into_iter().filter(|one| !(replaced && is_controller(one))).collect()
    }

    fn workloads(&self, variants: &[Variant<'a>], named: &Named<'_>, hosts: &Hosts) -> Vec<Workload> {
        let names = variant_names(variants, named);
        let known = self.pods().count();
        let wanted = self.object.and_then(Candidate::template).and_then(|template| template.replicas);
        let has_other_pods = known > 0 && wanted.is_some_and(|wanted| wanted as usize > known);
        let Some(first) = self.members.first().map(|(_, candidate)| *candidate) else { return Vec::new() };
        let key = self.owner.clone().unwrap_or_else(|| self.object.unwrap_or(first).key());
        let mut workloads = Vec::new();
        for (at, (variant, name)) in variants.iter().zip(names).enumerate() {
            let Some(template) = variant.members.first().and_then(|one| one.template()) else { continue };
            let object = self.object.or_else(|| variant.members.iter().copied().min_by_key(|one| one.name()));
            let Some(object) = object else { continue };
            let alone = variants.len() == 1;
            let pods = pods(variant, hosts);
            let own = || variant.members.iter().map(|one| one.template()?.replicas).sum();
            let replicas = match (&variant.ordinals, alone, pods.is_empty()) {
                (_, true, true) => {
                    if self.object.is_some() {
                        wanted
                    } else {
                        own()
                    }
                }
                (_, true, false) => wanted.map(|wanted| wanted.max(known as u32)),
                (Some(ordinals), false, _) => {
                    Some((ordinals.range.len().saturating_sub(ordinals.but.len())) as u32)
                }
                (None, false, true) => own(),
                (None, false, false) => (!has_other_pods).then_some(pods.len() as u32),
            };
            // The objects that are nobody's row, such as the ReplicaSets between, belong to the first one.
            let here: HashSet<*const Candidate> =
                variant.members.iter().map(|one| std::ptr::from_ref(*one)).collect();
            let folded = self.members.iter().map(|(_, candidate)| *candidate).filter(|one| {
                let is_here = here.contains(&std::ptr::from_ref(*one));
                let is_between = at == 0 && known > 0 && one.kind() != Some(WorkloadKind::Pod);
                !std::ptr::eq(*one, object) && (is_here || is_between)
            });
            workloads.push(Workload {
                namespace: key.namespace,
                name: key.name.clone(),
                group: key.group.clone(),
                kind: key.kind.clone(),
                variant: name,
                labels: self.labels(variant, named),
                ports: port_lists(variant),
                host_network: variant.host_network,
                service_account: template.service_account.clone(),
                replicas,
                pods,
                has_other_pods,
                ordinals: variant.ordinals.clone(),
                origin: WorkloadOrigin::Input {
                    object: object.handle.clone(),
                    folded: folded.map(|one| one.handle.clone()).collect(),
                },
            });
        }
        workloads
    }

    /// The labels of a variant: those that all of its pods have, and every one that some selector names.
    fn labels(&self, variant: &Variant<'_>, named: &Named<'_>) -> Labels {
        let mut labels = variant.labels.clone();
        if variant.ordinals.is_some() {
            return labels;
        }
        let is_alone = self.object.is_some_and(|one| one.kind() == Some(WorkloadKind::Pod));
        let own = self.object.filter(|one| one.kind() != Some(WorkloadKind::Pod));
        labels.retain(|key, value| {
            let agree =
                variant.members.iter().all(|one| one.labels.get(key).is_none_or(|other| other == value));
            if named.has(key) {
                // They look alike to every selector, but need not have the same value.
                if !agree {
                    *value = SOME_VALUE.to_owned();
                }
                return true;
            }
            let has = |one: &&Candidate| one.labels.get(key) == Some(value);
            is_alone
                || variant.members.iter().all(has)
                    && match own {
                        Some(own) => own.labels.contains_key(key),
                        None => !OF_SINGLE_PODS.contains(&key.as_str()) && !key.starts_with(OF_JOBS),
                    }
        });
        labels
    }
}

/// The pods of a StatefulSet in groups by their numbers, where selectors tell them apart.
fn by_ordinal<'a>(candidate: &'a Candidate, named: &Named<'_>) -> Option<Vec<Variant<'a>>> {
    let template = candidate.template()?;
    let first = template.first_ordinal;
    // One pod where `replicas` is absent.
    let range = first..first.saturating_add(template.replicas.unwrap_or(1));
    let single = if named.has(POD_NAME) || named.has(POD_INDEX) {
        named.ordinals(candidate.name(), range.clone())
    } else {
        Default::default()
    };
    let variant = |ordinals: Ordinals, ordinal: u32| {
        let mut labels = with_unknown(candidate, named);
        let name = candidate.name();
        let is_one = ordinals.range.len() == 1;
        for (key, value) in [(POD_NAME, format!("{name}-{ordinal}")), (POD_INDEX, ordinal.to_string())] {
            if named.has(key) {
                labels.insert(key.to_owned(), if is_one { value } else { SOME_VALUE.to_owned() });
            }
        }
        let host_network = template.host_network;
        Variant { members: vec![candidate], ordinals: Some(ordinals), labels, host_network }
    };
    let mut variants: Vec<Variant<'a>> = single
        .iter()
        .map(|ordinal| variant(Ordinals { range: *ordinal..*ordinal + 1, but: Vec::new() }, *ordinal))
        .collect();
    let rest = range.clone().find(|ordinal| !single.contains(ordinal));
    if let Some(rest) = rest {
        let last = range.clone().rev().find(|ordinal| !single.contains(ordinal)).unwrap_or(rest);
        let but = single.range(rest..=last).copied().collect();
        variants.push(variant(Ordinals { range: rest..last + 1, but }, rest));
    }
    // A StatefulSet of no replicas stays, for the pods that it may have.
    if variants.is_empty() {
        variants.push(variant(Ordinals { range, but: Vec::new() }, first));
    }
    Some(variants)
}

/// The labels of a template's pods, with those that a controller is certain to set to a value that is not known, as far
/// as selectors name them.
fn with_unknown(candidate: &Candidate, named: &Named<'_>) -> Labels {
    let mut labels = candidate.labels.clone();
    let keys: &[&str] = match candidate.kind() {
        Some(WorkloadKind::Deployment) => &[TEMPLATE_HASH],
        Some(WorkloadKind::DaemonSet) => &["controller-revision-hash", "pod-template-generation"],
        Some(WorkloadKind::StatefulSet) => &["controller-revision-hash"],
        Some(WorkloadKind::Job) => &["controller-uid", "batch.kubernetes.io/controller-uid"],
        Some(WorkloadKind::CronJob) => &[
            "job-name",
            "batch.kubernetes.io/job-name",
            "controller-uid",
            "batch.kubernetes.io/controller-uid",
        ],
        _ => &[],
    };
    for key in keys.iter().filter(|key| named.has(key)) {
        labels.entry((*key).to_owned()).or_insert_with(|| SOME_VALUE.to_owned());
    }
    labels
}

/// What to call each variant; nothing where there is one only.
fn variant_names(variants: &[Variant<'_>], named: &Named<'_>) -> Vec<Option<String>> {
    if variants.len() < 2 {
        return vec![None; variants.len()];
    }
    let looks: Vec<HashMap<&str, Option<&str>>> =
        variants.iter().map(|variant| named.seen(&variant.labels).into_iter().collect()).collect();
    let keys = order::set(looks.iter().flat_map(|look| look.keys().copied()));
    let differs = |key: &&str| looks.iter().map(|look| look.get(key)).collect::<HashSet<_>>().len() > 1;
    let differing: Vec<&str> = keys.into_iter().filter(differs).collect();
    let networks: HashSet<bool> = variants.iter().map(|variant| variant.host_network).collect();
    let name = |(variant, look): (&Variant<'_>, &HashMap<&str, Option<&str>>)| {
        if let Some(numbers) = numbers(variant) {
            return numbers;
        }
        let mut parts: Vec<String> = Vec::new();
        for key in &differing {
            parts.push(match look.get(key) {
                Some(Some(value)) => format!("{key}={value}"),
                Some(None) => format!("other {key}"),
                None => format!("no {key}"),
            });
        }
        if networks.len() > 1 {
            parts.push(if variant.host_network { "host network" } else { "pod network" }.to_owned());
        }
        parts.join(",")
    };
    variants.iter().zip(&looks).map(|one| Some(name(one))).collect()
}

/// The numbers of the pods of a StatefulSet, such as `0` or `2-4`.
fn numbers(variant: &Variant<'_>) -> Option<String> {
    let numbers: Vec<(u32, u32)> = match &variant.ordinals {
        Some(ordinals) => {
            let mut from = ordinals.range.start;
            let mut numbers = Vec::new();
            for but in &ordinals.but {
                numbers.extend((from < *but).then(|| (from, *but - 1)));
                from = *but + 1;
            }
            numbers.extend((from < ordinals.range.end).then(|| (from, ordinals.range.end - 1)));
            numbers
        }
        None => {
            let number = |one: &&Candidate| {
                let owner = one.handle.object().metadata.controller.as_ref()?;
                let rest = one.name().strip_prefix(owner.name.as_str())?.strip_prefix('-')?;
                (owner.kind == "StatefulSet").then(|| rest.parse::<u32>().ok()).flatten()
            };
            let numbers: Option<Vec<u32>> = variant.members.iter().map(number).collect();
            let mut numbers = numbers?;
            order::sort_and_dedup(&mut numbers);
            let mut ranges: Vec<(u32, u32)> = Vec::new();
            for number in numbers {
                match ranges.last_mut() {
                    Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
                    _ => ranges.push((number, number)),
                }
            }
            ranges
        }
    };
    let text = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    Some(numbers.iter().map(text).collect::<Vec<_>>().join(","))
}

fn without_hash(labels: &Labels) -> Vec<(&String, &String)> {
    labels.iter().filter(|(key, _)| *key != TEMPLATE_HASH).collect()
}

/// What a list of ports declares; where it stands does not matter.
fn port_list(ports: &[ContainerPort]) -> Vec<(Option<&str>, u16, netpol_manifest::Protocol)> {
    ports.iter().map(|port| (port.name.as_deref(), port.port, port.protocol)).collect()
}

/// The distinct lists of ports of a variant's pods.
fn port_lists(variant: &Variant<'_>) -> Arc<Vec<Vec<ContainerPort>>> {
    let mut known = HashSet::default();
    let templates = variant.members.iter().filter_map(|one| one.template());
    let distinct = templates.filter(|template| known.insert(port_list(&template.ports)));
    Arc::new(distinct.map(|template| template.ports.clone()).collect())
}

fn pods(variant: &Variant<'_>, hosts: &Hosts) -> Vec<Pod> {
    let pods = variant.members.iter().filter(|one| one.kind() == Some(WorkloadKind::Pod));
    let pods = pods.filter_map(|one| {
        let template = one.template()?;
        let mut addresses = template.pod_ips.clone();
        if template.host_network {
            addresses.extend(&template.host_ips);
        }
        order::sort_and_dedup(&mut addresses);
        Some(Pod { name: one.name().to_owned(), addresses, host: hosts.of(template) })
    });
    pods.collect()
}
