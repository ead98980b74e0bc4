//! Services and what publishes them: which workloads traffic from outside is led to, on which ports.
//!
//! A Service of type `LoadBalancer` or `NodePort`, or with `externalIPs`, publishes its workloads to addresses outside. An
//! Ingress or an HTTPRoute publishes those of the Services that it names, through a controller: which pods that is, only
//! the names and labels of well-known controllers tell.

use std::collections::HashMap;

use netpol_eval::{ConnectionSet, Handle, Peer, PeerId, PortSet, Workload};
use netpol_manifest::{Backend, PortTarget, Resource, Service, ServicePort, ServiceType};
use netpol_source::Span;

use crate::context::Context;
use crate::well_known;

/// All of it, found once.
#[derive(Debug)]
pub(crate) struct Exposure<'a> {
    /// The Services that select workloads of the input.
    pub(crate) services: Vec<Selecting<'a>>,
    /// What is published, in the order of the input, by what publishes it and then by workload.
    pub(crate) published: Vec<Publication<'a>>,
    /// Workloads that look like ingress controllers.
    controllers: Vec<PeerId>,
}

/// A Service with the workloads that it selects.
#[derive(Debug)]
pub(crate) struct Selecting<'a> {
    pub(crate) handle: &'a Handle,
    pub(crate) service: &'a Service,
    pub(crate) workloads: Vec<PeerId>,
}

/// One workload that one object publishes.
#[derive(Debug)]
pub(crate) struct Publication<'a> {
    /// The Service, Ingress or HTTPRoute.
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
            Way::Route => format!("the HTTPRoute `{name}`"),
        }
    }

    /// Where the name of what publishes it stands.
    pub(crate) fn span(&self) -> Span {
        self.by.span(self.by.object().metadata.name.range)
    }
}

impl<'a> Exposure<'a> {
    pub(crate) fn new(context: &Context<'a>) -> Self {
        let mut members: HashMap<&str, Vec<(PeerId, &'a Workload)>> = HashMap::new();
        for (peer, workload) in context.input_workloads() {
            members.entry(context.namespace_name(workload.namespace)).or_default().push((peer, workload));
        }
        let handles = &context.cluster().exposure;
        let services: Vec<Selecting<'a>> = handles
            .iter()
            .filter_map(|handle| match &handle.object().resource {
                Resource::Service(service) => Some((handle, service)),
                _ => None,
            })
            .map(|(handle, service)| {
                let of_namespace = members.get(handle.object().namespace()).map_or(&[][..], Vec::as_slice);
                let selected = of_namespace.iter().filter(|(_, workload)| selects(service, workload));
                let workloads = selected.map(|(peer, _)| *peer).collect();
                Selecting { handle, service, workloads }
            })
            .collect();
        let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
        for (at, one) in services.iter().enumerate() {
            let object = one.handle.object();
            by_name.insert((object.namespace(), object.metadata.name.value.as_str()), at);
        }
        let mut published = Vec::new();
        for handle in handles {
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
                        publish(context, handle, way, selecting, &ports, &mut published);
                    }
                }
                Resource::Ingress(ingress) => {
                    for backend in &ingress.backends {
                        let service = found(backend_namespace(backend, handle), &backend.service);
                        let Some(selecting) = service else { continue };
                        let ports = backend_ports(backend, selecting.service);
                        publish(context, handle, Way::Ingress, selecting, &ports, &mut published);
                    }
                }
                Resource::HttpRoute(route) => {
                    for backend in &route.backends {
                        let service = found(backend_namespace(backend, handle), &backend.service);
                        let Some(selecting) = service else { continue };
                        let ports = backend_ports(backend, selecting.service);
                        publish(context, handle, Way::Route, selecting, &ports, &mut published);
                    }
                }
                _ => {}
            }
        }
        let controllers =
            context.input_workloads().filter(|(_, workload)| well_known::is_ingress_controller(workload));
        Self { controllers: controllers.map(|(peer, _)| peer).collect(), services, published }
    }

    /// Whether anybody whom the publication is for gets in: an address outside, or a controller. Where the input holds
    /// no controller, any pod of another namespace may be one.
    pub(crate) fn lets_in(&self, context: &Context<'a>, publication: &Publication<'_>) -> bool {
        let gets_in = |peer: PeerId| {
            let allowed = context.evaluation().allowed(peer, publication.workload);
            !allowed.intersection(&publication.ports).is_empty()
        };
        if self.outside(context, publication.workload).any(gets_in) {
            return true;
        }
        if publication.way.is_direct() {
            return false;
        }
        let controllers: Vec<PeerId> =
            self.controllers.iter().copied().filter(|peer| *peer != publication.workload).collect();
        if !controllers.is_empty() {
            return controllers.into_iter().any(gets_in);
        }
        let own = context.workload(publication.workload).map(|workload| workload.namespace);
        let mut foreign = context.evaluation().peer_ids().filter_map(|(id, peer)| {
            let namespace = peer.workload()?.namespace;
            (Some(namespace) != own).then_some(id)
        });
        foreign.any(gets_in)
    }

    /// Whoever the publication is for and would have to get in: a controller of the input, else any other address.
    pub(crate) fn expected(&self, context: &Context<'a>, publication: &Publication<'_>) -> Option<PeerId> {
        let controller = self.controllers.iter().copied().find(|peer| *peer != publication.workload);
        let controller = controller.filter(|_| !publication.way.is_direct());
        controller.or_else(|| context.any_address().first().copied())
    }

    /// The addresses outside, less the metadata endpoint and the workload's own node.
    pub(crate) fn outside(&self, context: &Context<'a>, workload: PeerId) -> impl Iterator<Item = PeerId> {
        let own = context.workload(workload).and_then(Workload::host);
        context.evaluation().peer_ids().filter_map(move |(id, peer)| match peer {
            Peer::External { host, range }
                if !range.is_metadata_endpoint() && (host.is_none() || *host != own) =>
            {
                Some(id)
            }
            _ => None,
        })
    }
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

/// A Service without a selector selects nothing.
fn selects(service: &Service, workload: &Workload) -> bool {
    let Some(selector) = &service.selector else { return false };
    !selector.is_empty()
        && selector.iter().all(|label| workload.labels.get(&label.key.value) == Some(&label.value.value))
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

fn publish<'a>(
    context: &Context<'a>,
    by: &'a Handle,
    way: Way,
    selecting: &Selecting<'a>,
    ports: &[&ServicePort],
    published: &mut Vec<Publication<'a>>,
) {
    for peer in &selecting.workloads {
        let Some(workload) = context.workload(*peer) else { continue };
        let ports =
            ports.iter().fold(ConnectionSet::NONE, |all, port| all.union(&target_ports(workload, port)));
        if ports.is_empty() {
            continue;
        }
        let same = |one: &&mut Publication<'_>| one.workload == *peer && std::ptr::eq(one.by, by);
        // Those of one object are next to each other, at the end.
        match published.iter_mut().rev().take_while(|one| std::ptr::eq(one.by, by)).find(same) {
            Some(known) => known.ports = known.ports.union(&ports),
            None => published.push(Publication { by, way, workload: *peer, ports }),
        }
    }
}
