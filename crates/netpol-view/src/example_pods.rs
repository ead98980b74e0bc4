//! Manifests for policies that stand alone: plain namespaces and workloads in the place of the hypothetical ones, for
//! people to change into their own.

use netpol_manifest::{is_namespace_name, reads_as_text};

use crate::contract::{Peer, PeerType, Protocol, Summary};

/// How many workloads are written at the most.
const MOST_WORKLOADS: usize = 60;
/// How many ports each declares at the most.
const MOST_PORTS: usize = 12;
/// The longest name; the API allows 63 letters for most.
const LONGEST_NAME: usize = 50;

const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// Labels whose value says what a workload is, the first that it has.
const NAMING: [&str; 6] = ["app.kubernetes.io/name", "app", "k8s-app", "name", "component", "tier"];

/// Namespaces and workloads that satisfy the selectors for which the result has hypothetical ones; `None` where it has
/// none.
pub(crate) fn example_pods(summary: &Summary) -> Option<String> {
    let hypothetical = summary.peers.iter().filter(|peer| peer.peer_type == PeerType::Hypothetical);
    let mut writer = Writer::default();
    writer.namespaces.extend(summary.namespaces.iter().map(|one| (one.name.clone(), one.name.clone())));
    for peer in hypothetical.take(MOST_WORKLOADS) {
        let called = peer.namespace.as_deref().unwrap_or("default");
        let labels = summary.namespace_labels.get(called);
        let namespace = writer.namespace(called, labels.into_iter().flat_map(|labels| labels.iter()));
        writer.workload(&namespace, peer);
    }
    let head = "# Example pods for the selectors of the policies. Change them to your own.\n";
    (!writer.documents.is_empty()).then(|| format!("{head}{}", writer.documents.join("---\n")))
}

#[derive(Default)]
struct Writer {
    documents: Vec<String>,
    /// What the namespaces of the result are called, and under which names they are written.
    namespaces: Vec<(String, String)>,
    /// The namespaces and names of the workloads.
    names: Vec<(String, String)>,
}

impl Writer {
    /// The name of a peer's namespace, which is written where the input does not hold it.
    fn namespace<'a>(
        &mut self,
        called: &str,
        labels: impl Iterator<Item = (&'a String, &'a String)> + Clone,
    ) -> String {
        if let Some((_, name)) = self.namespaces.iter().find(|(known, _)| known == called) {
            return name.clone();
        }
        let labels = labels.filter(|(key, _)| *key != NAMESPACE_NAME);
        let wanted = if is_namespace_name(called) {
            called.to_owned()
        } else {
            // That of all others, or one that is called by its labels.
            labels
                .clone()
                .next()
                .map_or_else(|| "elsewhere".to_owned(), |(_, value)| as_name(value, "elsewhere"))
        };
        let is_taken = |name: &str| self.namespaces.iter().any(|(_, known)| known == name);
        let name = free(&wanted, is_taken);
        self.namespaces.push((called.to_owned(), name.clone()));
        let mut text = format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {}\n", scalar(&name));
        text.push_str(&map("labels", labels, 2));
        self.documents.push(text);
        name
    }

    fn workload(&mut self, namespace: &str, peer: &Peer) {
        let labels = peer.labels.clone().unwrap_or_default();
        let wanted = NAMING.iter().find_map(|key| labels.get(*key)).or_else(|| labels.values().next());
        let wanted = wanted.map_or_else(|| "other".to_owned(), |value| as_name(value, "example"));
        let is_taken = |name: &str| self.names.iter().any(|(of, known)| of == namespace && known == name);
        let name = free(&wanted, is_taken);
        self.names.push((namespace.to_owned(), name.clone()));
        let metadata = format!("metadata:\n  name: {}\n  namespace: {}\n", scalar(&name), scalar(namespace));
        let text = if labels.is_empty() {
            // A Deployment has to have labels.
            format!("apiVersion: v1\nkind: Pod\n{metadata}spec:\n{}", containers(peer, 2))
        } else {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\n{metadata}spec:\n  selector:\n{}  template:\n    metadata:\n{}    \
                 spec:\n{}",
                map("matchLabels", labels.iter(), 4),
                map("labels", labels.iter(), 6),
                containers(peer, 6)
            )
        };
        self.documents.push(text);
    }
}

/// A map of texts under a key; nothing for an empty one.
fn map<'a>(key: &str, entries: impl Iterator<Item = (&'a String, &'a String)>, column: usize) -> String {
    let indent = " ".repeat(column);
    let mut text = String::new();
    for (name, value) in entries {
        if text.is_empty() {
            text = format!("{indent}{key}:\n");
        }
        text.push_str(&format!("{indent}  {}: {}\n", scalar(name), scalar(value)));
    }
    text
}

/// The fields of a pod's spec.
fn containers(peer: &Peer, column: usize) -> String {
    let indent = " ".repeat(column);
    let mut text = String::new();
    if peer.host_network == Some(true) {
        text.push_str(&format!("{indent}hostNetwork: true\n"));
    }
    text.push_str(&format!(
        "{indent}containers:\n{indent}  - name: main\n{indent}    image: registry.k8s.io/pause:3.10\n"
    ));
    let ports: Vec<_> = peer.ports.iter().flatten().take(MOST_PORTS).collect();
    if !ports.is_empty() {
        text.push_str(&format!("{indent}    ports:\n"));
    }
    for port in ports {
        text.push_str(&format!("{indent}      - containerPort: {}\n", port.port));
        let protocol = match port.protocol {
            Protocol::Tcp => None,
            Protocol::Udp => Some("UDP"),
            Protocol::Sctp => Some("SCTP"),
        };
        for (key, value) in [("protocol", protocol), ("name", port.name.as_deref())] {
            if let Some(value) = value {
                text.push_str(&format!("{indent}        {key}: {}\n", scalar(value)));
            }
        }
    }
    text
}

/// A text as YAML reads it back.
fn scalar(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '/');
    if text.chars().all(is_plain) && reads_as_text(text) { text.to_owned() } else { format!("{text:?}") }
}

/// A name that nothing has yet.
fn free(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2_usize;
    while is_taken(&name) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    name
}

/// The name of an object from the value of a label.
fn as_name(value: &str, otherwise: &str) -> String {
    let letters = value.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    let name: String = letters.take(LONGEST_NAME).collect::<String>().to_ascii_lowercase();
    let name = name.trim_matches('-');
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}
