//! What a caveat says, in words.

use netpol_eval::{Caveat, Evaluation, IpBlockPods};

use crate::words;

/// One sentence.
pub(super) fn in_words(evaluation: &Evaluation, caveat: &Caveat) -> String {
    match caveat {
        Caveat::IpBlockReading { reading, allowed } => {
            let reading = match reading {
                IpBlockPods::KnownAddresses => "matches pods by their known addresses",
                IpBlockPods::Never => "never matches pods",
                IpBlockPods::AnyAddress => "may match pods of unknown address",
            };
            let allowed = words::connections(allowed);
            format!("network plugins differ: where an `ipBlock` {reading}, this cell is: {allowed}")
        }
        Caveat::NotEvaluated => {
            "not evaluated: policies here are too large or too many, and what they allow is not known; nothing is shown as open".to_owned()
        }
        Caveat::Families { v4, v6 } => {
            let allowed = |set: &Option<netpol_eval::ConnectionSet>| {
                set.as_ref().map_or("not in common".to_owned(), words::connections)
            };
            format!(
                "addresses of one family meet only addresses of the same family; over IPv4: {}, over IPv6: {}",
                allowed(v4),
                allowed(v6)
            )
        }
        Caveat::NamespaceLabels(namespaces) => {
            let names = namespaces.iter().filter_map(|id| evaluation.cluster().namespace(*id));
            let names: Vec<String> = names.map(|namespace| format!("`{}`", namespace.name)).collect();
            let whose = if names.len() == 1 { "namespace" } else { "namespaces" };
            format!(
                "the input does not hold the {whose} {}, whose labels a `namespaceSelector` asks for; with other labels this cell would be another: add the Namespace with its labels",
                names.join(" and ")
            )
        }
        Caveat::HostNetwork(peer) => {
            let name = evaluation.peer(*peer).map(|peer| words::peer_name(evaluation, peer)).unwrap_or_default();
            format!(
                "{name} uses the host network: network plugins differ in how they treat it; here no policy selects it, selectors do not see it, and its traffic carries its node's address"
            )
        }
        Caveat::NodeTraffic => {
            "traffic between a node and the pods that run on it is always allowed; the verdict here is for a pod on another node".to_owned()
        }
        Caveat::Siblings => {
            "the verdict is between two pods of this workload; a pod always reaches itself".to_owned()
        }
        Caveat::Hairpin => {
            "network plugins differ on connections that a pod opens to its own Service and that come back to it".to_owned()
        }
        Caveat::RewrittenAddress => {
            "a load balancer or a node port may replace the address before the policy sees it; `ipBlock` then sees the node's".to_owned()
        }
        Caveat::AmbiguousPortName(name) => {
            format!("the port name `{name}` stands for several numbers on these pods; network plugins differ in which they allow")
        }
        Caveat::EndPort => "`endPort` needs a network plugin that supports it; others allow the first port only".to_owned(),
        Caveat::Sctp => "SCTP needs a network plugin that supports it".to_owned(),
        Caveat::Tied(policies) => {
            let cluster = evaluation.cluster();
            let names = policies.iter().filter_map(|id| cluster.policy_handle(*id));
            let names: Vec<String> =
                names.map(|one| words::quoted(&one.object().metadata.name.value)).collect();
            let has_priority = |id| cluster.cluster_policy(id).is_some_and(|one| one.spec.priority.is_some());
            let tie = if policies.iter().all(|id| has_priority(*id)) {
                "have the same priority and decide differently"
            } else {
                "decide differently, and the API does not say which of them comes first"
            };
            format!("{} {tie}: any of them may win; the strictest is shown", names.join(" and "))
        }
        Caveat::Undetermined { least, most } => format!(
            "the input does not tell all that the policies ask for, or it differs between the pods of a workload (addresses of pods or domains, labels of nodes, numbers of named ports), or they name domains under another action than `Accept`: at least {} is allowed, at most {}; the least is shown",
            words::connections(least),
            words::connections(most)
        ),
        Caveat::HypotheticalPortName(name) => {
            format!("no pod of the input declares the port name `{name}`; a number stands in for it")
        }
    }
}
