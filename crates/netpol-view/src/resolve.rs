//! From what people type for an end of a connection to a row of the matrix.

use std::fmt;
use std::net::IpAddr;

use netpol_eval::{Evaluation, Peer, PeerId, Pod, Workload, WorkloadOrigin};
use netpol_source::order;

use crate::words;

/// Why a text names no peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnknownPeer {
    /// Nothing is called so; what is called nearly so.
    Unknown(String, Vec<String>),
    /// Several workloads are; their ids.
    Ambiguous(String, Vec<String>),
}

impl fmt::Display for UnknownPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(text, _) if text.trim().is_empty() => {
                write!(f, "nothing is named here; write a workload such as `shop/cart`, or an IP address")
            }
            Self::Unknown(text, near) => {
                write!(
                    f,
                    "`{text}` is neither a workload or pod of the input nor an IP address, nor a node or a domain that policies name; "
                )?;
                if near.is_empty() {
                    return write!(f, "write such as `shop/cart` or `10.0.0.1`");
                }
                let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "the nearest names are {}", near.join(", "))
            }
            Self::Ambiguous(text, ids) => {
                write!(f, "`{text}` may be any of {}; write one of these", ids.join(", "))
            }
        }
    }
}

impl std::error::Error for UnknownPeer {}

/// So many names are offered for one that is nobody's.
const MOST_NEAR: usize = 3;
/// Longer texts are compared with nothing.
const MOST_COMPARED: usize = 64;

impl UnknownPeer {
    /// A text that names nobody, with the names that are nearest to it.
    pub(crate) fn new(evaluation: &Evaluation, text: &str) -> Self {
        let wanted = text.trim();
        let (namespace, name) = wanted.split_once('/').unwrap_or(("", wanted));
        if name.len() > MOST_COMPARED {
            return Self::Unknown(text.to_owned(), Vec::new());
        }
        let mut near: Vec<(usize, String)> = Vec::new();
        for (_, peer) in evaluation.peer_ids() {
            let is_named = |one: &&Workload| !matches!(one.origin, WorkloadOrigin::AnyOther);
            let Some(workload) = peer.workload().filter(is_named) else { continue };
            let inside = words::namespace_name(evaluation, workload);
            // The name counts; of two alike the one of the namespace that was written.
            let away = distance(name, &workload.name) * 2;
            let elsewhere = usize::from(!namespace.is_empty() && namespace != inside);
            if away <= name.chars().count().max(3) {
                near.push((away + elsewhere, format!("{inside}/{}", workload.name)));
            }
        }
        order::sort_and_dedup(&mut near);
        let near = near.into_iter().take(MOST_NEAR).map(|(_, name)| name).collect();
        Self::Unknown(text.to_owned(), near)
    }
}

/// How many letters have to be written, left out or changed to make one text of another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut next = vec![at + 1];
        for ((left, above), is) in row.iter().zip(row.iter().skip(1)).zip(&other) {
            let before = next.last().copied().unwrap_or_default();
            let change = left + usize::from(*is != letter);
            next.push(change.min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// What a text means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The row of the matrix.
    pub(crate) peer: PeerId,
    /// The pod, where one of several of the workload is named. Of a StatefulSet that is in the input without its pods
    /// nothing is known of a single one, so that the workload speaks for it.
    pub(crate) pod: Option<String>,
}

impl From<PeerId> for Meant {
    fn from(peer: PeerId) -> Self {
        Self { peer, pod: None }
    }
}

/// The peer that a text means: an id, `namespace/name`, a name that only one workload has, the name of one of its pods,
/// an IP address (the pod that has it, else the external range that holds it), an external range as it is shown, the name
/// of a node, or a domain that policies name, by itself or by a wildcard.
///
/// # Errors
/// When the text means no peer, or more than one.
pub(crate) fn resolve(evaluation: &Evaluation, text: &str) -> Result<Meant, UnknownPeer> {
    let wanted = text.trim();
    if let Some((id, _)) = evaluation.peer_ids().find(|(_, peer)| words::peer_id(evaluation, peer) == wanted)
    {
        return Ok(id.into());
    }
    if let Ok(address) = wanted.parse::<IpAddr>() {
        return of_address(evaluation, address).ok_or_else(|| UnknownPeer::new(evaluation, text));
    }
    // As the matrix writes it: `any other IPv4 address`, `10.0.0.0/16`.
    let is_written = |peer: &Peer| {
        let range = peer.external();
        range.is_some_and(|range| {
            words::peer_name(evaluation, peer) == wanted
                || range.cidrs().iter().any(|cidr| cidr.to_string() == wanted)
        })
    };
    if let Some((id, _)) = evaluation.peer_ids().find(|(_, peer)| is_written(peer)) {
        return Ok(id.into());
    }
    let (namespace, name) = match wanted.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, wanted),
    };
    let among = |is_meant: &dyn Fn(&Workload) -> bool| -> Vec<(PeerId, &Peer)> {
        let is_there = |workload: &Workload| {
            namespace.is_none_or(|namespace| words::namespace_name(evaluation, workload) == namespace)
        };
        let found = evaluation.peer_ids();
        found.filter(|(_, peer)| peer.workload().is_some_and(|one| is_meant(one) && is_there(one))).collect()
    };
    let mut found = among(&|workload| workload.name == name);
    if found.is_empty() {
        found = among(&|workload| workload.has_pod(name));
    }
    if found.is_empty() {
        found = of_node(evaluation, wanted);
    }
    if found.is_empty() {
        found.extend(of_domain(evaluation, wanted));
    }
    match found.as_slice() {
        [] => Err(UnknownPeer::new(evaluation, text)),
        [(peer, one)] => {
            let is_name = one.workload().is_some_and(|workload| workload.name == name);
            Ok(Meant { peer: *peer, pod: one_of_several(one, |pod| !is_name && pod.name == name) })
        }
        several => {
            let ids = several.iter().map(|(_, peer)| words::peer_id(evaluation, peer)).collect();
            Err(UnknownPeer::Ambiguous(text.to_owned(), ids))
        }
    }
}

/// The pod that is meant, where its workload has or may have others.
fn one_of_several(peer: &Peer, is_it: impl Fn(&Pod) -> bool) -> Option<String> {
    let workload = peer.workload().filter(|workload| workload.may_have_siblings())?;
    workload.pods.iter().find(|pod| is_it(pod)).map(|pod| pod.name.clone())
}

fn of_address(evaluation: &Evaluation, address: IpAddr) -> Option<Meant> {
    let has = |workload: &Workload| workload.pods.iter().any(|pod| pod.addresses.contains(&address));
    let mut pods = evaluation.peer_ids().filter(|(_, peer)| peer.workload().is_some_and(has));
    let mut ranges = evaluation
        .peer_ids()
        .filter(|(_, peer)| peer.external().is_some_and(|range| range.contains(address)));
    // A node's address belongs to its pods on the host network and is a range too; the range is what is typed.
    let pod = pods.find(|(_, peer)| peer.workload().is_some_and(|workload| !workload.host_network));
    if let Some((peer, one)) = pod {
        return Some(Meant { peer, pod: one_of_several(one, |pod| pod.addresses.contains(&address)) });
    }
    ranges.next().map(|(peer, _)| peer.into())
}

/// The addresses of a node, which the matrix writes as `node worker-1`.
fn of_node<'a>(evaluation: &'a Evaluation, text: &str) -> Vec<(PeerId, &'a Peer)> {
    let name = text.strip_prefix("node ").unwrap_or(text);
    let is_it = |peer: &Peer| {
        let Peer::External { host: Some(host), .. } = peer else { return false };
        let host = evaluation.cluster().hosts.get(host.0 as usize);
        host.is_some_and(|host| host.name.as_deref() == Some(name))
    };
    evaluation.peer_ids().filter(|(_, peer)| is_it(peer)).collect()
}

/// A domain: the row of that name, else the narrowest wildcard that stands for it.
fn of_domain<'a>(evaluation: &'a Evaluation, text: &str) -> Option<(PeerId, &'a Peer)> {
    let wanted = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_it = |name: &str| {
        let below = name.strip_prefix('*').and_then(|end| wanted.strip_suffix(end));
        name == wanted || below.is_some_and(|labels| !labels.is_empty())
    };
    let found = evaluation.peer_ids().filter(|(_, peer)| peer.domain().is_some_and(is_it));
    found.max_by_key(|(_, peer)| {
        let name = peer.domain().unwrap_or_default();
        (name == wanted, name.len())
    })
}
