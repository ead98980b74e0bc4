//! The API server, as pods meet it: from where it calls, and where it is called.
//!
//! It calls webhooks from outside the pod network, and policies see its own address and port behind the Service
//! `kubernetes`: what the input tells of both is in the endpoints of that Service.

use std::net::IpAddr;

use netpol_eval::{ConnectionSet, PeerId, PortSet};
use netpol_manifest::{Direction, Protocol, Resource, Yaml};
use netpol_source::{HashMap, order};

use crate::context::Context;
use crate::exposure::Selecting;
use crate::fix::NewPolicy;
use crate::policies;

/// The labels of nodes that run the control plane.
const CONTROL_PLANE_ROLES: [&str; 2] =
    ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

/// How many addresses of the API server are looked at.
const MOST: usize = 16;

/// An address and a port on which the API server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Endpoint {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
}

/// The endpoints of the Service `kubernetes`, in order.
pub(crate) fn endpoints(context: &Context<'_>) -> Vec<Endpoint> {
    let mut found = Vec::new();
    for handle in &context.cluster().exposure {
        context.work(1);
        let object = handle.object();
        let Resource::Endpoints(endpoints) = &object.resource else { continue };
        if object.namespace() != "default" || endpoints.service.as_deref() != Some("kubernetes") {
            continue;
        }
        for subset in &endpoints.subsets {
            let ports = subset.ports.iter().filter(|(protocol, _)| *protocol == Protocol::Tcp).take(MOST);
            let addresses = subset.addresses.iter().take(MOST);
            found.extend(ports.flat_map(|(_, port)| {
                addresses.clone().map(|address| Endpoint { address: *address, port: *port })
            }));
        }
    }
    order::sort_and_dedup(&mut found);
    found.truncate(MOST);
    found
}

/// The port of the API server where nothing says another one.
pub(crate) const PORT: u16 = 6443;

/// The same, else where its pods are, else on the nodes of the control plane.
pub(crate) fn likely_endpoints(context: &Context<'_>) -> Vec<Endpoint> {
    let mut found = endpoints(context);
    if !found.is_empty() {
        return found;
    }
    for (_, server) in context.roles().api_servers.of_input(context) {
        let declared = server.declared_ports().into_iter().find(|port| port.protocol == Protocol::Tcp);
        let port = declared.map_or(PORT, |port| port.port);
        let addresses = server.pods.iter().flat_map(|pod| &pod.addresses);
        found.extend(addresses.map(|address| Endpoint { address: *address, port }));
    }
    if found.is_empty() {
        found.extend(of_control_plane(context).map(|address| Endpoint { address, port: PORT }));
    }
    order::sort_and_dedup(&mut found);
    found.truncate(MOST);
    found
}

/// The addresses of the nodes of the control plane.
fn of_control_plane<'a>(context: &Context<'a>) -> impl Iterator<Item = IpAddr> + use<'a> {
    let is_control_plane =
        |labels: &netpol_eval::Labels| CONTROL_PLANE_ROLES.iter().any(|role| labels.contains_key(*role));
    let hosts = context.cluster().hosts.iter();
    let hosts = hosts.filter(move |host| host.labels.as_ref().is_some_and(is_control_plane));
    hosts.flat_map(|host| &host.addresses).take(MOST).copied()
}

/// From where the API server calls.
#[derive(Debug)]
pub(crate) struct Callers {
    /// The peers that it is, where the input tells.
    pub(crate) peers: Vec<PeerId>,
    /// Its addresses, where they are known to be its own.
    pub(crate) addresses: Vec<IpAddr>,
}

impl Callers {
    pub(crate) fn of(context: &Context<'_>) -> Self {
        let mut addresses: Vec<IpAddr> = endpoints(context).iter().map(|one| one.address).collect();
        if addresses.is_empty() {
            addresses.extend(of_control_plane(context));
        }
        order::sort_and_dedup(&mut addresses);
        let mut peers: Vec<PeerId> =
            addresses.iter().filter_map(|address| peer_of(context, *address)).collect();
        if !peers.is_empty() {
            let servers = context.roles().api_servers.of_input(context).filter(|(_, one)| one.host_network);
            peers.extend(servers.map(|(peer, _)| peer));
        }
        Self { peers, addresses }
    }
}

/// The range of addresses outside that an address is in.
pub(crate) fn peer_of(context: &Context<'_>, address: IpAddr) -> Option<PeerId> {
    let mut peers = context.evaluation().peer_ids().inspect(|_| context.work(1));
    let found = peers.find(|(_, peer)| peer.external().is_some_and(|range| range.contains(address)));
    found.map(|(id, _)| id)
}

/// The Services with their workloads, by namespace and name.
pub(crate) fn services<'c, 'a>(context: &'c Context<'a>) -> HashMap<(&'a str, &'a str), &'c Selecting<'a>> {
    let mut services: HashMap<(&str, &str), &Selecting<'_>> = HashMap::default();
    for one in &context.exposure().services {
        context.work(1);
        let object = one.handle.object();
        services.insert((object.namespace(), object.metadata.name.value.as_str()), one);
    }
    services
}

/// A policy that opens these addresses to a workload, on these ports.
pub(crate) fn open_addresses(
    context: &Context<'_>,
    direction: Direction,
    subject: PeerId,
    addresses: &[IpAddr],
    ports: &ConnectionSet,
) -> Option<NewPolicy> {
    let workload = context.workload(subject).filter(|one| !one.is_hypothetical())?;
    if addresses.is_empty() || workload.labels.values().any(|value| value == netpol_eval::SOME_VALUE) {
        return None;
    }
    let block = |address: &IpAddr| {
        let cidr = ipnet::IpNet::from(*address).to_string();
        Yaml::map([("ipBlock", Yaml::map([("cidr", Yaml::text(cidr))]))])
    };
    let rule = policies::rule(direction, addresses.iter().map(block).collect(), ports);
    let selector = policies::isolated_selector(context.evaluation(), direction, subject, workload);
    let name = context.evaluation().peer(subject).map(policies::name_part)?;
    let verb = crate::words::peers_field(direction);
    let name = format!("allow-{name}-{verb}-api-server");
    policies::policy(context.evaluation(), workload.namespace, &name, &selector, direction, vec![rule])
}

/// One port over TCP.
pub(crate) fn tcp(port: u16) -> ConnectionSet {
    ConnectionSet::of(Protocol::Tcp, PortSet::range(port, port))
}
