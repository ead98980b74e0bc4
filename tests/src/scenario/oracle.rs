//! What scenarios expect, put to the oracle alone.

use netpol_view::contract::{IpBlockPods, Protocol};

use super::check::Failures;
use super::probes::{parse, parse_doubt};
use super::{Block, Scenario};
use crate::analysis::documents;
use crate::compare::differing;
use crate::oracle::{BlockReading, Cluster, Probe, Row, Side};

/// Asks the oracle what `probes` and `uncertain` say: how many lines there are, and those that it denies.
pub fn ask_oracle(scenario: &Scenario) -> (usize, Failures) {
    let objects = match documents(&scenario.files) {
        Ok(objects) => objects,
        Err(complaint) => return (0, vec![(0, complaint)]),
    };
    let reading = match scenario.options.ip_block_pods {
        IpBlockPods::KnownAddresses => BlockReading::KnownAddresses,
        IpBlockPods::Never => BlockReading::Never,
        IpBlockPods::AnyAddress => BlockReading::AnyAddress,
    };
    let cluster = Cluster::new(&objects, reading);
    let (mut lines, mut failures) = (0, Failures::new());
    for block in &scenario.expectations {
        let ask = match block.kind() {
            "probes" => probe,
            "uncertain" => doubt,
            _ => continue,
        };
        lines += block.lines().count();
        failures.extend(complaints(block, &cluster, ask));
    }
    (lines, failures)
}

type Ask = fn(&str, &Cluster) -> Result<(), String>;

fn complaints(block: &Block, cluster: &Cluster, ask: Ask) -> Failures {
    let denied = block.lines().filter_map(|(line, text)| Some((line, ask(text, cluster).err()?)));
    denied.map(|(line, complaint)| (line, format!("{complaint}: {}", block.text.trim_end()))).collect()
}

fn probe(text: &str, cluster: &Cluster) -> Result<(), String> {
    let (connection, expected) = parse(text).ok_or("a line out of form")?;
    let protocol = match connection.protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    };
    let (from, to) = (side(&connection.source, cluster)?, side(&connection.destination, cluster)?);
    let allowed = cluster.cell(from, to).allows(Probe { protocol, port: connection.port });
    if allowed == expected { Ok(()) } else { Err(format!("`{text}` is not so")) }
}

fn doubt(text: &str, cluster: &Cluster) -> Result<(), String> {
    let (source, destination, expected) = parse_doubt(text).ok_or("a line out of form")?;
    let ends = (side(source, cluster)?, side(destination, cluster)?);
    let found = differing(cluster, ends, &cluster.ports());
    if found.is_some() == expected { Ok(()) } else { Err(format!("`{text}` is not so: {found:?}")) }
}

/// A domain, an address, the name of a workload or of one of its pods.
fn side<'a>(meant: &'a str, cluster: &'a Cluster) -> Result<Side<'a>, String> {
    if let Some(name) = meant.strip_prefix("domain:") {
        let domains = cluster.domains();
        let name = domains.get(name).ok_or_else(|| format!("`{name}` is not among {domains:?}"))?;
        return Ok(Side::Domain(name));
    }
    let holds = |row: &Row, address| row.pods.iter().any(|pod| pod.addresses.contains(&address));
    if let Ok(address) = meant.parse() {
        let on_pod_network = |row: &&Row| !row.host_network && holds(row, address);
        let row = cluster.rows.iter().find(on_pod_network);
        return Ok(row.map_or(Side::Address(address), Side::Pods));
    }
    let (namespace, name) = meant.split_once('/').ok_or_else(|| format!("`{meant}` is nobody"))?;
    let in_namespace = cluster.rows.iter().filter(|row| row.owner.namespace == namespace);
    let is_named =
        |row: &&Row| row.owner.name == name || row.pods.iter().any(|pod| pod.name.as_deref() == Some(name));
    let found: Vec<&Row> = in_namespace.filter(is_named).collect();
    match found.as_slice() {
        [one] => Ok(Side::Pods(one)),
        found => Err(format!("`{meant}` is {} peers", found.len())),
    }
}
