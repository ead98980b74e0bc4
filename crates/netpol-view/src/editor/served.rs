//! Whose ports a rule of a text speaks of: those of its subjects for ingress, those of its peers for egress.

use netpol_eval::{Evaluation, Labels, Namespace, Workload, matches};
use netpol_manifest::{
    ClusterPeer, LabelSelector, NamespacedPods, Peer, Place, cluster_peers_in, peers_in, place_at,
    selector_in, subject_in,
};
use netpol_source::TextRange;

use super::selection;

/// How many words of a text are tried for the key that is looked for.
const MOST_TRIED: usize = 4;

/// The workloads whose ports the `ports` or `protocols` of a rule at a place speak of; all that they may be where the
/// text does not tell which.
pub(super) fn workloads<'e>(
    evaluation: &'e Evaluation,
    text: &str,
    place: &Place,
) -> Vec<(&'e Namespace, &'e Workload)> {
    let is_cluster_policy = selection::is_in_cluster_policy(place);
    let is_policy = is_cluster_policy || place.kind.as_deref() == Some("NetworkPolicy");
    let direction = place.steps.get(1).and_then(|step| step.name.as_deref());
    let chosen = match direction {
        Some("ingress") if is_cluster_policy => Chosen::subject(text, place),
        Some("egress") if is_cluster_policy => Chosen::cluster_peers(text, place),
        Some("ingress") if is_policy => Chosen::pods(text, place),
        Some("egress") if is_policy => Chosen::peers(text, place),
        _ if is_cluster_policy || selection::is_in_test(place) => Chosen::Any,
        _ => Chosen::Own(None),
    };
    let all = selection::workloads(evaluation);
    all.filter(|(namespace, workload)| {
        let is_own = namespace.name == selection::namespace(place);
        chosen.includes(evaluation, (namespace, workload), is_own)
    })
    .collect()
}

/// What a rule speaks of.
enum Chosen {
    /// Anything.
    Any,
    /// Pods of the policy's namespace: those with certain labels, or all.
    Own(Option<LabelSelector>),
    /// The subjects of a cluster-scoped policy.
    Subject(NamespacedPods),
    /// `to` of a NetworkPolicy.
    Peers(Vec<Peer>),
    /// `to` of a cluster-scoped policy.
    ClusterPeers(Vec<ClusterPeer>),
}

impl Chosen {
    fn pods(text: &str, place: &Place) -> Self {
        Self::Own(value_of("podSelector", text, place, 1).and_then(|value| selector_in(text, value)))
    }

    fn peers(text: &str, place: &Place) -> Self {
        let peers = value_of("to", text, place, 3).and_then(|value| peers_in(text, value));
        // Without any, the rule speaks of every peer.
        peers.filter(|peers| !peers.is_empty()).map_or(Self::Any, Self::Peers)
    }

    fn subject(text: &str, place: &Place) -> Self {
        let subject = value_of("subject", text, place, 1).and_then(|value| subject_in(text, value));
        subject.map_or(Self::Any, Self::Subject)
    }

    fn cluster_peers(text: &str, place: &Place) -> Self {
        let peers = value_of("to", text, place, 3).and_then(|value| cluster_peers_in(text, value));
        peers.filter(|peers| !peers.is_empty()).map_or(Self::Any, Self::ClusterPeers)
    }

    fn includes(
        &self,
        evaluation: &Evaluation,
        (namespace, workload): (&Namespace, &Workload),
        is_own: bool,
    ) -> bool {
        // No selector finds pods on the host network.
        let has = |selector: Option<&LabelSelector>, labels: &Labels| {
            selector.is_none_or(|selector| matches(selector, labels))
        };
        let is_selected =
            |selector: Option<&LabelSelector>| !workload.host_network && has(selector, &workload.labels);
        let is_among = |pods: &NamespacedPods| {
            matches(&pods.namespaces, &namespace.labels) && is_selected(pods.pods.as_ref())
        };
        match self {
            Self::Any => true,
            Self::Own(None) => is_own,
            Self::Own(selector) => is_own && is_selected(selector.as_ref()),
            Self::Subject(pods) => is_among(pods),
            Self::Peers(peers) => peers.iter().any(|peer| match peer {
                Peer::Pods { pod_selector, namespace_selector: None, .. } => {
                    is_own && is_selected(pod_selector.as_ref())
                }
                Peer::Pods { pod_selector, namespace_selector, .. } => {
                    has(namespace_selector.as_ref(), &namespace.labels) && is_selected(pod_selector.as_ref())
                }
                Peer::Block { cidr, except, .. } => {
                    let holes: Vec<_> = except.iter().map(|hole| hole.value).collect();
                    selection::has_address_in(workload, cidr.value, &holes)
                }
            }),
            Self::ClusterPeers(peers) => peers.iter().any(|peer| match peer {
                ClusterPeer::Pods { pods, .. } => is_among(pods),
                ClusterPeer::Nodes { selector, .. } => {
                    workload.host_network && runs_on(evaluation, workload, selector)
                }
                ClusterPeer::Networks { networks, .. } => networks.iter().any(|network| {
                    network.value.prefix_len() == 0 || selection::has_address_in(workload, network.value, &[])
                }),
                ClusterPeer::DomainNames { .. } => false,
                ClusterPeer::Unknown { .. } => true,
            }),
        }
    }
}

/// Whether a pod of a workload is known to run on a node that a selector chooses.
fn runs_on(evaluation: &Evaluation, workload: &Workload, selector: &LabelSelector) -> bool {
    let hosts = workload.pods.iter().filter_map(|pod| evaluation.cluster().hosts.get(pod.host?.0 as usize));
    hosts.filter_map(|host| host.labels.as_ref()).any(|labels| matches(selector, labels))
}

/// The value of a key of the mapping that is so many steps on the way to a place.
fn value_of(key: &str, text: &str, place: &Place, depth: usize) -> Option<TextRange> {
    let around = place.steps.get(depth.checked_sub(1)?)?.value;
    let inside = text.get(around.start()..around.end())?;
    let is_key = |at: &usize| {
        let before = inside.get(..*at).and_then(|before| before.chars().next_back());
        let behind = inside.get(*at + key.len()..).unwrap_or_default();
        let behind = behind.trim_start_matches(['"', '\'']).trim_start_matches(' ');
        behind.starts_with(':') && before.is_none_or(|before| !before.is_ascii_alphanumeric())
    };
    // The one that is meant is mostly the first.
    let mut found = inside.match_indices(key).map(|(at, _)| at).filter(is_key).take(MOST_TRIED);
    found.find_map(|at| {
        let found = place_at(text, around.start() + at)?;
        let is_meant =
            found.steps.len() == depth && found.steps.get(depth - 1)?.value.start() == around.start();
        found.value.filter(|_| is_meant)
    })
}
