//! Services and what publishes them: which workloads traffic from outside is led to, on which ports.
//!
//! A Service of type `LoadBalancer` or `NodePort`, or with `externalIPs`, publishes its workloads to addresses outside. So
//! does the `hostPort` of a container. An Ingress or a route of the Gateway API publishes those of the Services that it names, through a controller: which pods that is, only
//! the names and labels of well-known controllers tell.

use std::cell::OnceCell;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use netpol_eval::{ConnectionSet, Handle, HostId, NamespaceId, Peer, PeerId, PortSet, Workload};
use netpol_manifest::{
    Backend, Direction, GrantedKind, PortTarget, Resource, Service, ServicePort, ServiceType,
};
use netpol_source::{HashMap, HashSet, Span, order};

use crate::roles::Roles;
use crate::scene::Scene;

/// All of it, found once.
#[derive(Debug)]
pub(crate) struct Exposure<'a> {
    /// The Services that select workloads of the input.
    pub(crate) services: Vec<Selecting<'a>>,
    /// By workload: the places of the Services that select it, in order.
    pub(crate) services_of: Rc<HashMap<PeerId, Vec<usize>>>,
    /// What is published, in the order of the input, by what publishes it and then by workload.
    pub(crate) published: Vec<Publication<'a>>,
    /// Workloads that look like ingress controllers.
    controllers: Vec<PeerId>,
    /// Addresses outside, less the metadata endpoints, with the node whose address it is; found when they are asked for.
    addresses: OnceCell<Vec<(PeerId, Option<HostId>)>>,
    /// Pods with their namespaces, likewise.
    pods: OnceCell<Vec<(PeerId, NamespaceId)>>,
    /// Whether all that is published is there.
    pub(crate) is_whole: bool,
    /// The work that was counted to find what Services select.
    worked: u64,
}

/// How many workloads may be published, once for each object that publishes it.
const MOST_PUBLISHED: usize = 200_000;

/// What Services select.
#[derive(Debug)]
pub(crate) struct Known {
    /// By Service.
    workloads: Vec<Rc<[PeerId]>>,
    services_of: Rc<HashMap<PeerId, Vec<usize>>>,
    /// The work that was counted to find it.
    worked: u64,
}

/// A Service with the workloads that it selects.
#[derive(Debug)]
pub(crate) struct Selecting<'a> {
    pub(crate) handle: &'a Handle,
    pub(crate) service: &'a Service,
    /// In order.
    pub(crate) workloads: Rc<[PeerId]>,
}

/// One workload that one object publishes.
#[derive(Debug)]
pub(crate) struct Publication<'a> {
    /// The Service, Ingress, route, or the workload itself.
    pub(crate) by: &'a Handle,
    pub(crate) way: Way,
    pub(crate) workload: PeerId,
    /// The ports of its containers to which the traffic goes.
    pub(crate) ports: ConnectionSet,
}

/// How traffic comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    LoadBalancer,
    NodePort,
    ExternalIps,
    HostPort,
    Ingress,
    Route,
}

impl Way {
    /// Whether connections come from addresses, not through the pods of a controller.
    pub(crate) fn is_direct(self) -> bool {
        !matches!(self, Self::Ingress | Self::Route)
    }
}

impl Publication<'_> {
    /// "the LoadBalancer `web`".
    pub(crate) fn publisher(&self) -> String {
        let name = &self.by.object().metadata.name.value;
        match self.way {
            Way::LoadBalancer => format!("the LoadBalancer `{name}`"),
            Way::NodePort => format!("the NodePort `{name}`"),
            Way::ExternalIps => format!("the external addresses of the Service `{name}`"),
            Way::Ingress => format!("the Ingress `{name}`"),
            Way::HostPort => format!("the `hostPort` of `{name}`"),
            Way::Route => format!("the {} `{name}`", self.by.object().kind),
        }
    }

    /// Whether connections from some of these addresses get as far as the pods: a load balancer may let few through.
    fn is_for(&self, scene: &Scene<'_>, address: PeerId) -> bool {
        let Resource::Service(service) = &self.by.object().resource else { return true };
        if self.way != Way::LoadBalancer || service.source_ranges.is_empty() {
            return true;
        }
        let Some(range) = scene.evaluation().peer(address).and_then(Peer::external) else { return true };
        let mut sources = service.source_ranges.iter();
        sources.any(|source| source.contains(&range.network) || range.contains(source.network()))
    }

    /// Whether every address may come in.
    pub(crate) fn is_for_all(&self) -> bool {
        match &self.by.object().resource {
            Resource::Service(service) => {
                self.way != Way::LoadBalancer
                    || service.source_ranges.is_empty()
                    || service.source_ranges.iter().any(|source| source.prefix_len() == 0)
            }
            _ => true,
        }
    }

    /// Where the name of what publishes it stands.
    pub(crate) fn span(&self) -> Span {
        self.by.span(self.by.object().metadata.name.range)
    }
}

impl<'a> Exposure<'a> {
    /// `known` is what Services select, where pods and Services are the same as then but for these pods.
    pub(crate) fn new(scene: &Scene<'a>, roles: &Roles, known: Option<(&Known, Vec<PeerId>)>) -> Self {
        let handles = &scene.cluster().exposure;
        let services = handles.iter().filter_map(|handle| match &handle.object().resource {
            Resource::Service(service) => Some((handle, service)),
            _ => None,
        });
        let selecting = |((handle, service), workloads)| Selecting { handle, service, workloads };
        let before = scene.worked();
        let (services, kept): (Vec<Selecting<'a>>, _) = match known {
            Some((known, changed)) => {
                scene.work(usize::try_from(known.worked).unwrap_or(usize::MAX));
                let services = services.zip(&known.workloads);
                let services = services.map(|((handle, service), workloads)| {
                    let workloads = selected_now(scene, (handle, service), workloads, &changed);
                    selecting(((handle, service), workloads))
                });
                let services: Vec<Selecting<'a>> = services.collect();
                let mut both = services.iter().zip(&known.workloads);
                let select_the_same = both.all(|(now, before)| Rc::ptr_eq(&now.workloads, before));
                (services, Some(Rc::clone(&known.services_of)).filter(|_| select_the_same))
            }
            None => {
                let mut labelled = Labelled::of(scene, handles);
                let services = services.map(|(handle, service)| {
                    let workloads = labelled.selected(scene, handle.object().namespace(), service);
                    selecting(((handle, service), workloads))
                });
                (services.collect(), None)
            }
        };
        let services_of = kept.unwrap_or_else(|| {
            let mut services_of: HashMap<PeerId, Vec<usize>> = HashMap::default();
            for (at, one) in services.iter().enumerate() {
                for workload in one.workloads.iter() {
                    services_of.entry(*workload).or_default().push(at);
                }
            }
            Rc::new(services_of)
        });
        let worked = scene.worked() - before;
        let mut by_name: HashMap<(&str, &str), usize> = HashMap::default();
        for (at, one) in services.iter().enumerate() {
            let object = one.handle.object();
            by_name.insert((object.namespace(), object.metadata.name.value.as_str()), at);
        }
        let mut published = Published::default();
        for handle in handles {
            published.known.clear();
            let object = handle.object();
            let found = |namespace: &str, name: &str| {
                by_name.get(&(namespace, name)).and_then(|at| services.get(*at))
            };
            match &object.resource {
                Resource::Service(service) => {
                    if let Some(way) = way_of(service)
                        && let Some(selecting) = found(object.namespace(), &object.metadata.name.value)
                    {
                        let ports: Vec<&ServicePort> = service.ports.iter().collect();
                        published.add(scene, handle, way, selecting, &ports);
                    }
                }
                Resource::Ingress(ingress) => {
                    for backend in &ingress.backends {
                        let service = found(backend_namespace(backend, handle), &backend.service);
                        let Some(selecting) = service else { continue };
                        let ports = backend_ports(backend, selecting.service);
                        published.add(scene, handle, Way::Ingress, selecting, &ports);
                    }
                }
                Resource::Route(route) => {
                    for backend in &route.backends {
                        if !is_granted(handles, handle, backend) {
                            continue;
                        }
                        let service = found(backend_namespace(backend, handle), &backend.service);
                        let Some(selecting) = service else { continue };
                        let ports = backend_ports(backend, selecting.service);
                        published.add(scene, handle, Way::Route, selecting, &ports);
                    }
                }
                _ => {}
            }
        }
        published.add_host_ports(scene);
        let controllers = roles.ingress_controllers.of_input(scene).map(|(peer, _)| peer).collect();
        let Published { all: published, is_cut, .. } = published;
        Self {
            services,
            services_of,
            published,
            controllers,
            addresses: OnceCell::new(),
            pods: OnceCell::new(),
            is_whole: !is_cut,
            worked,
        }
    }

    /// What holds as long as Services and all pods but a few are the same.
    pub(crate) fn known(self) -> Known {
        let workloads = self.services.into_iter().map(|one| one.workloads).collect();
        Known { workloads, services_of: self.services_of, worked: self.worked }
    }

    /// Whether anybody whom the publication is for gets in: an address outside, or a controller. Where the input holds
    /// no controller, any pod of another namespace may be one.
    pub(crate) fn lets_in(&self, scene: &Scene<'a>, publication: &Publication<'_>) -> bool {
        let gets_in = |peer: PeerId| {
            let allowed = scene.evaluation().allowed(peer, publication.workload);
            allowed.meets(&publication.ports)
        };
        let comes_in = |address: PeerId| publication.is_for(scene, address) && gets_in(address);
        let from_outside = self.outside(scene, publication.workload).any(comes_in);
        if publication.way.is_direct() {
            return from_outside;
        }
        let controllers: Vec<PeerId> =
            self.controllers.iter().copied().filter(|peer| *peer != publication.workload).collect();
        // Where no NetworkPolicy isolates the workload, addresses are open to it unasked: only a controller counts then.
        let is_isolated = scene.evaluation().isolated(Direction::Ingress, publication.workload);
        if from_outside && (is_isolated || controllers.is_empty()) {
            return true;
        }
        if !controllers.is_empty() {
            return controllers.into_iter().any(gets_in);
        }
        let own = scene.workload(publication.workload).map(|workload| workload.namespace);
        let mut foreign =
            self.pods.get_or_init(|| pods(scene)).iter().filter(|(_, namespace)| Some(*namespace) != own);
        foreign.any(|(peer, _)| gets_in(*peer))
    }

    /// Whoever the publication is for and would have to get in: a controller of the input, else any other address.
    pub(crate) fn expected(&self, scene: &Scene<'a>, publication: &Publication<'_>) -> Option<PeerId> {
        let controller = self.controllers.iter().copied().find(|peer| *peer != publication.workload);
        let controller = controller.filter(|_| !publication.way.is_direct());
        controller.or_else(|| scene.any_address().first().copied())
    }

    /// Addresses outside that stand for all of them, less the metadata endpoint and the workload's own node.
    pub(crate) fn outside(&self, scene: &Scene<'a>, workload: PeerId) -> impl Iterator<Item = PeerId> {
        let own = scene.workload(workload).and_then(Workload::host);
        let addresses = self.addresses.get_or_init(|| addresses(scene));
        let others = addresses.iter().filter(move |(_, host)| host.is_none() || *host != own);
        others.map(|(address, _)| *address)
    }
}

/// Of peers that nothing can tell apart the first, and the first one with another mark: so that one of them is left
/// when those of a mark are passed over.
fn representatives<M: Copy + PartialEq>(
    scene: &Scene<'_>,
    peers: impl Iterator<Item = (PeerId, M)>,
) -> Vec<(PeerId, M)> {
    let mut seen: HashMap<usize, (M, bool)> = HashMap::default();
    let mut found = Vec::new();
    for (peer, mark) in peers {
        match seen.entry(scene.evaluation().class(peer)) {
            Entry::Vacant(entry) => {
                entry.insert((mark, false));
                found.push((peer, mark));
            }
            Entry::Occupied(mut entry) if entry.get().0 != mark && !entry.get().1 => {
                entry.get_mut().1 = true;
                found.push((peer, mark));
            }
            Entry::Occupied(_) => {}
        }
    }
    found
}

fn addresses(scene: &Scene<'_>) -> Vec<(PeerId, Option<HostId>)> {
    let addresses = scene.evaluation().peer_ids().filter_map(|(id, peer)| match peer {
        Peer::External { host, range } if !range.is_metadata_endpoint() => Some((id, *host)),
        _ => None,
    });
    representatives(scene, addresses)
}

fn pods(scene: &Scene<'_>) -> Vec<(PeerId, NamespaceId)> {
    let pods = scene.evaluation().peer_ids();
    representatives(scene, pods.filter_map(|(id, peer)| Some((id, peer.workload()?.namespace))))
}

/// How a Service by itself publishes its pods, if it does.
pub(crate) fn way_of(service: &Service) -> Option<Way> {
    match service.service_type {
        ServiceType::LoadBalancer => Some(Way::LoadBalancer),
        ServiceType::NodePort => Some(Way::NodePort),
        ServiceType::ClusterIp if !service.external_ips.is_empty() => Some(Way::ExternalIps),
        ServiceType::ClusterIp | ServiceType::ExternalName => None,
    }
}

/// A namespace and the labels that a Service asks for in it, in order.
type Asked<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// The workloads of the input by namespace and label, as far as Services name its key, and what was selected of them.
struct Labelled<'a> {
    by_label: HashMap<(&'a str, &'a str, &'a str), Vec<PeerId>>,
    known: HashMap<Asked<'a>, Rc<[PeerId]>>,
}

impl<'a> Labelled<'a> {
    fn of(scene: &Scene<'a>, handles: &'a [Handle]) -> Self {
        let mut keys: HashSet<&str> = HashSet::default();
        for handle in handles {
            if let Resource::Service(service) = &handle.object().resource {
                keys.extend(service.selector.iter().flatten().map(|label| label.key.value.as_str()));
            }
        }
        let mut by_label: HashMap<(&str, &str, &str), Vec<PeerId>> = HashMap::default();
        for (peer, workload) in scene.input_workloads() {
            let namespace = scene.namespace_name(workload.namespace);
            for (key, value) in workload.labels.iter().filter(|(key, _)| keys.contains(key.as_str())) {
                by_label.entry((namespace, key, value)).or_default().push(peer);
            }
        }
        Self { by_label, known: HashMap::default() }
    }

    /// What a Service of a namespace selects: without a selector, nothing.
    fn selected(&mut self, scene: &Scene<'_>, namespace: &'a str, service: &'a Service) -> Rc<[PeerId]> {
        let labels = service.selector.iter().flatten();
        let mut labels: Vec<(&str, &str)> =
            labels.map(|label| (label.key.value.as_str(), label.value.value.as_str())).collect();
        order::sort(&mut labels);
        let of = |(key, value): &(&'a str, &'a str)| {
            self.by_label.get(&(namespace, *key, *value)).map_or(&[][..], Vec::as_slice)
        };
        let rarest = labels.iter().map(of).min_by_key(|peers| peers.len()).unwrap_or_default();
        let has = |workload: &Workload| has_all(workload, labels.iter().copied());
        let key = (namespace, labels.clone());
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        scene.work(rarest.len() + labels.len());
        let selected = rarest.iter().copied();
        let selected: Rc<[PeerId]> = selected.filter(|peer| scene.workload(*peer).is_some_and(has)).collect();
        self.known.insert(key, Rc::clone(&selected));
        selected
    }
}

/// Whether a workload has all of these labels.
fn has_all<'l>(workload: &Workload, mut labels: impl Iterator<Item = (&'l str, &'l str)>) -> bool {
    labels.all(|(key, value)| workload.labels.get(key).is_some_and(|found| found == value))
}

/// What a Service selects, of which it is known what it selected before some pods were changed.
fn selected_now(
    scene: &Scene<'_>,
    (handle, service): (&Handle, &Service),
    before: &Rc<[PeerId]>,
    changed: &[PeerId],
) -> Rc<[PeerId]> {
    let labels = || {
        let labels = service.selector.iter().flatten();
        labels.map(|label| (label.key.value.as_str(), label.value.value.as_str()))
    };
    let mut now = Rc::clone(before);
    for peer in changed {
        let of_input = scene.workload(*peer).filter(|workload| !workload.is_hypothetical());
        let Some(workload) = of_input else { continue };
        if scene.namespace_name(workload.namespace) != handle.object().namespace() {
            continue;
        }
        let is_selected = labels().next().is_some() && has_all(workload, labels());
        match now.binary_search(peer) {
            Ok(_) if !is_selected => now = now.iter().copied().filter(|one| one != peer).collect(),
            Err(at) if is_selected => {
                let (first, last) = now.split_at(at);
                now = first.iter().chain([peer]).chain(last).copied().collect();
            }
            _ => {}
        }
    }
    now
}

/// Whether a route may lead to a backend: in another namespace, a ReferenceGrant there has to say so.
fn is_granted(handles: &[Handle], route: &Handle, backend: &Backend) -> bool {
    let object = route.object();
    let Some(namespace) = backend.namespace.as_deref().filter(|one| *one != object.namespace()) else {
        return true;
    };
    let grants = handles.iter().map(Handle::object).filter(|one| one.namespace() == namespace);
    let mut grants = grants.filter_map(|one| match &one.resource {
        Resource::ReferenceGrant(grant) => Some(grant),
        _ => None,
    });
    grants.any(|grant| {
        let from = grant.from.iter().any(|from| {
            from.group == object.group
                && from.kind == object.kind
                && from.name.as_deref() == Some(object.namespace())
        });
        let is_to = |to: &GrantedKind| {
            to.group.is_empty()
                && to.kind == "Service"
                && to.name.as_ref().is_none_or(|name| *name == backend.service)
        };
        from && grant.to.iter().any(is_to)
    })
}

fn backend_namespace<'b>(backend: &'b Backend, handle: &'b Handle) -> &'b str {
    backend.namespace.as_deref().unwrap_or_else(|| handle.object().namespace())
}

/// The ports of a Service that a backend means; without a port, all of them.
fn backend_ports<'s>(backend: &Backend, service: &'s Service) -> Vec<&'s ServicePort> {
    let meant = |port: &&ServicePort| match &backend.port {
        None => true,
        Some(PortTarget::Number(number)) => port.port == *number,
        Some(PortTarget::Name(name)) => port.name.as_ref() == Some(name),
    };
    service.ports.iter().filter(meant).collect()
}

/// The ports of a workload's containers that a port of a Service leads to.
pub(crate) fn target_ports(workload: &Workload, port: &ServicePort) -> ConnectionSet {
    let numbers = match &port.target {
        PortTarget::Number(number) => PortSet::range(*number, *number),
        PortTarget::Name(name) => {
            let declared = workload.ports.iter().flatten();
            let named = declared
                .filter(|one| one.protocol == port.protocol && one.name.as_ref() == Some(name))
                .map(|one| PortSet::range(one.port, one.port));
            named.fold(PortSet::NONE, |all, one| all.union(&one))
        }
    };
    ConnectionSet::of(port.protocol, numbers)
}

/// What is published so far.
#[derive(Default)]
struct Published<'a> {
    all: Vec<Publication<'a>>,
    /// What the object at hand publishes: its places in `all`, by workload.
    known: HashMap<PeerId, usize>,
    is_cut: bool,
}

impl<'a> Published<'a> {
    /// What pods publish themselves on the addresses of their nodes.
    fn add_host_ports(&mut self, scene: &Scene<'a>) {
        for (peer, _) in scene.input_workloads() {
            let Some(workload) = scene.workload(peer).filter(|workload| !workload.host_network) else {
                continue;
            };
            let ports = workload.ports.iter().flatten().filter(|port| port.host_port.is_some());
            let ports = ports.fold(ConnectionSet::NONE, |all, port| {
                all.union(&ConnectionSet::of(port.protocol, PortSet::range(port.port, port.port)))
            });
            if let Some(by) = workload.handle().filter(|_| !ports.is_empty()) {
                if self.all.len() >= MOST_PUBLISHED {
                    self.is_cut = true;
                    return;
                }
                self.all.push(Publication { by, way: Way::HostPort, workload: peer, ports });
            }
        }
    }

    fn add(
        &mut self,
        scene: &Scene<'a>,
        by: &'a Handle,
        way: Way,
        selecting: &Selecting<'a>,
        ports: &[&ServicePort],
    ) {
        for peer in selecting.workloads.iter() {
            scene.work(ports.len() + 1);
            let Some(workload) = scene.workload(*peer) else { continue };
            let ports =
                ports.iter().fold(ConnectionSet::NONE, |all, port| all.union(&target_ports(workload, port)));
            if ports.is_empty() {
                continue;
            }
            if let Some(known) = self.known.get(peer).and_then(|at| self.all.get_mut(*at)) {
                known.ports = known.ports.union(&ports);
                continue;
            }
            if self.all.len() >= MOST_PUBLISHED || scene.effort().is_exhausted() {
                self.is_cut = true;
                return;
            }
            self.known.insert(*peer, self.all.len());
            self.all.push(Publication { by, way, workload: *peer, ports });
        }
    }
}
