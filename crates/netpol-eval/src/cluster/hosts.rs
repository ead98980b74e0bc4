//! The nodes of which something is known: from `Node` objects, or from what pods say of theirs.

use std::net::IpAddr;

use netpol_manifest::{Resource, Workload as Template};
use netpol_source::{HashMap, order};

use super::{Handle, Host, HostId};

/// The nodes, by name and by address.
pub(super) struct Hosts {
    pub(super) hosts: Vec<Host>,
    by_name: HashMap<String, HostId>,
    by_address: HashMap<IpAddr, HostId>,
}

impl Hosts {
    pub(super) fn new<'a>(nodes: &'a [Handle], templates: impl Iterator<Item = &'a Template>) -> Self {
        let declared = nodes.iter().filter_map(|handle| match &handle.object().resource {
            Resource::Node(node) => {
                Some((Some(handle.object().metadata.name.value.as_str()), node.addresses.clone()))
            }
            _ => None,
        });
        let told = templates.map(|template| (template.node_name.as_deref(), addresses_of_node(template)));
        let mut facts = Facts::default();
        for (name, addresses) in declared.chain(told) {
            facts.learn(name, &addresses);
        }
        let mut hosts = facts.hosts();
        for handle in nodes {
            let metadata = &handle.object().metadata;
            let id = hosts.by_name.get(&metadata.name.value).map(|id| id.0 as usize);
            if let Some(host) = id.and_then(|id| hosts.hosts.get_mut(id)) {
                let labels = metadata.labels.iter();
                let labels = labels.map(|label| (label.key.value.clone(), label.value.value.clone()));
                host.labels.get_or_insert_default().extend(labels);
            }
        }
        hosts
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

/// What is said of nodes. Each name and each address is a fact; facts of one node are joined, so that what was thought
/// to be several nodes may turn out to be one.
#[derive(Default)]
struct Facts<'a> {
    /// By fact: another one of the same node, nearer to the one that stands for the node.
    parents: Vec<u32>,
    names: HashMap<&'a str, u32>,
    addresses: HashMap<IpAddr, u32>,
}

impl<'a> Facts<'a> {
    /// Learns that one node has this name and these addresses.
    fn learn(&mut self, name: Option<&'a str>, addresses: &[IpAddr]) {
        let mut first = name.map(|name| fact(&mut self.parents, self.names.entry(name)));
        for address in addresses {
            let known = fact(&mut self.parents, self.addresses.entry(*address));
            match first {
                Some(first) => self.join(first, known),
                None => first = Some(known),
            }
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The one that was there first stands for both, so that nodes are in the order of the input.
        if let Some(parent) = self.parents.get_mut(a.max(b) as usize) {
            *parent = a.min(b);
        }
    }

    fn root(&mut self, fact: u32) -> u32 {
        let parent = |parents: &[u32], fact: u32| parents.get(fact as usize).copied().unwrap_or(fact);
        let mut root = fact;
        while parent(&self.parents, root) != root {
            root = parent(&self.parents, root);
        }
        let mut at = fact;
        while at != root {
            let next = parent(&self.parents, at);
            if let Some(slot) = self.parents.get_mut(at as usize) {
                *slot = root;
            }
            at = next;
        }
        root
    }

    fn hosts(mut self) -> Hosts {
        let mut ids: HashMap<u32, HostId> = HashMap::default();
        let mut hosts: Vec<Host> = Vec::new();
        for fact in 0..self.parents.len() as u32 {
            let root = self.root(fact);
            ids.entry(root).or_insert_with(|| {
                hosts.push(Host { name: None, addresses: Vec::new(), labels: None });
                HostId(hosts.len() as u32 - 1)
            });
        }
        let mut result = Hosts { hosts, by_name: HashMap::default(), by_address: HashMap::default() };
        for (name, fact) in std::mem::take(&mut self.names) {
            let Some(id) = ids.get(&self.root(fact)).copied() else { continue };
            result.by_name.insert(name.to_owned(), id);
            if let Some(host) = result.hosts.get_mut(id.0 as usize)
                // The first by name, so that the order of the input does not matter.
                && host.name.as_deref().is_none_or(|known| name < known)
            {
                host.name = Some(name.to_owned());
            }
        }
        for (address, fact) in std::mem::take(&mut self.addresses) {
            let Some(id) = ids.get(&self.root(fact)).copied() else { continue };
            result.by_address.insert(address, id);
            if let Some(host) = result.hosts.get_mut(id.0 as usize) {
                host.addresses.push(address);
            }
        }
        for host in &mut result.hosts {
            order::sort(&mut host.addresses);
        }
        result
    }
}

/// The fact of a name or an address, a new one where it was not known.
fn fact<K>(parents: &mut Vec<u32>, entry: std::collections::hash_map::Entry<'_, K, u32>) -> u32 {
    *entry.or_insert_with(|| {
        let fact = parents.len() as u32;
        parents.push(fact);
        fact
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn names_and_addresses_of_one_node_are_joined() {
        let mut facts = Facts::default();
        facts.learn(Some("b"), &[address("10.0.0.1")]);
        facts.learn(None, &[address("10.0.0.2")]);
        facts.learn(Some("a"), &[address("10.0.0.2"), address("10.0.0.1")]);
        facts.learn(Some("c"), &[]);
        let hosts = facts.hosts().hosts;
        let addresses = vec![address("10.0.0.1"), address("10.0.0.2")];
        assert_eq!(
            hosts,
            [
                Host { name: Some("a".to_owned()), addresses, labels: None },
                Host { name: Some("c".to_owned()), addresses: Vec::new(), labels: None }
            ]
        );
    }

    #[test]
    fn many_nodes_that_turn_out_to_be_one_take_no_longer_than_others() {
        let names: Vec<String> = (0..20_000).map(|at| format!("node-{at}")).collect();
        let mut facts = Facts::default();
        for (at, name) in names.iter().enumerate() {
            facts.learn(Some(name), &[IpAddr::from([10, 0, (at / 200) as u8, (at % 200) as u8])]);
        }
        for (at, name) in names.iter().enumerate().skip(1) {
            let before = IpAddr::from([10, 0, ((at - 1) / 200) as u8, ((at - 1) % 200) as u8]);
            facts.learn(Some(name), &[before]);
        }
        assert_eq!(facts.hosts().hosts.len(), 1);
    }
}
