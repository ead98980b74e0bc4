//! NP309: a policy whose selected pods all use the host network.
//!
//! Also where the input lacks the pods but the selector asks, in `kube-system`, for a label of the control plane's static
//! pods (API server, controller manager, scheduler, etcd): on a usual cluster those always use the host network.

use netpol_eval::{ClusterPolicy, NamespaceId, Origin, PeerId, Policy, PolicyId, Workload, matches};
use netpol_manifest::{ClusterAction, Direction, Peer};

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{cluster_policy_span, policy_span};
use crate::witness::Witness;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP309,
    name: "host-network-subject",
    severity: Severity::High,
    summary: "The pods that a policy selects use the host network, so it has no effect.",
    why: "Policies act on the pod network. A pod with `hostNetwork: true` shares its node's address, and its traffic passes by \
          them: what seems to be guarded is open. The API server, the controller manager, the scheduler and etcd usually run \
          so, as static pods.",
    help: "Guard such pods where their traffic passes: with the firewall of the nodes or the cloud's security groups, for the \
           API server with its authorized networks. Take other pods off the host network if they can do without.",
    references: &[refer::CIS_HOST_NETWORK, refer::CKS_EXTERNAL_ACCESS],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let on_hosts = context.input_workloads().filter(|(_, workload)| workload.host_network);
    let on_hosts: Vec<(PeerId, &Workload)> =
        on_hosts.map(|(peer, workload)| (peer, workload.as_ref())).collect();
    // A policy that has subjects selects pods on the pod network.
    let guards = |id: PolicyId| context.has_workloads() && !context.subjects(id).is_empty();
    let findings = context.policies().filter_map(|(id, policy)| match guards(id) {
        true => partly(context, id, policy, &on_hosts),
        false => finding(context, policy),
    });
    let findings: Vec<Finding> = findings.collect();
    let of_clusters = context.cluster().cluster_policies();
    let of_clusters = of_clusters.filter_map(|(id, policy)| match guards(id) {
        true => partly_of_cluster(context, id, policy, &on_hosts),
        false => of_cluster(context, id, policy),
    });
    findings.into_iter().chain(of_clusters).collect()
}

/// A policy whose selector asks for a label that pods on the host network have beside others.
fn partly(
    context: &Context<'_>,
    id: PolicyId,
    policy: &Policy,
    on_hosts: &[(PeerId, &Workload)],
) -> Option<Finding> {
    let selector = &policy.spec.pod_selector;
    if !well_known::asks_for_a_label(selector) {
        return None;
    }
    context.work(on_hosts.len());
    let selected =
        |workload: &Workload| workload.namespace == policy.namespace && matches(selector, &workload.labels);
    let pods: Vec<PeerId> =
        on_hosts.iter().filter(|(_, workload)| selected(workload)).map(|(peer, _)| *peer).collect();
    let mut spans = vec![policy.handle.span(selector.range), policy_span(policy)];
    spans.extend(context.workload_spans(&pods));
    Some(Finding {
        message: without_effect_on(context, &pods, &policy.reference().name, context.subjects(id))?,
        subject: policy.reference(),
        spans,
        witness: pods.first().and_then(|pod| witness(context, policy, *pod)),
        severity: Severity::Medium,
        ..Finding::of(&RULE)
    })
}

/// The same for a cluster-scoped policy.
fn partly_of_cluster(
    context: &Context<'_>,
    id: PolicyId,
    policy: &ClusterPolicy,
    on_hosts: &[(PeerId, &Workload)],
) -> Option<Finding> {
    let subject = &policy.spec.subject;
    let selector = subject.pods.as_ref().filter(|pods| well_known::asks_for_a_label(pods))?;
    context.work(on_hosts.len());
    let selected = |workload: &Workload| {
        let namespace = context.cluster().namespace(workload.namespace);
        namespace.is_some_and(|namespace| matches(&subject.namespaces, &namespace.labels))
            && matches(selector, &workload.labels)
    };
    let pods: Vec<PeerId> =
        on_hosts.iter().filter(|(_, workload)| selected(workload)).map(|(peer, _)| *peer).collect();
    let mut spans = vec![policy.handle.span(subject.range), cluster_policy_span(policy)];
    spans.extend(context.workload_spans(&pods));
    Some(Finding {
        message: without_effect_on(context, &pods, &policy.reference().name, context.subjects(id))?,
        subject: policy.reference(),
        spans,
        witness: pods.first().and_then(|pod| not_denied(context, id, policy, *pod)),
        severity: Severity::Medium,
        ..Finding::of(&RULE)
    })
}

/// That a policy guards some of the pods that it selects, and these not; `None` for none.
fn without_effect_on(
    context: &Context<'_>,
    pods: &[PeerId],
    policy: &str,
    others: &[PeerId],
) -> Option<String> {
    let (use_it, them) = match pods.len() {
        0 => return None,
        1 => ("uses", "it"),
        _ => ("use", "them"),
    };
    Some(format!(
        "{} {use_it} the host network, so `{policy}` has no effect on {them}; it also selects {}",
        context.names(pods),
        context.names(others)
    ))
}

/// A cluster-scoped policy whose `subject` holds pods on the host network alone.
fn of_cluster(context: &Context<'_>, id: PolicyId, policy: &ClusterPolicy) -> Option<Finding> {
    if !context.look_through_all() {
        return None;
    }
    let subject = &policy.spec.subject;
    let in_namespace = |id: NamespaceId| {
        let namespace = context.cluster().namespace(id);
        namespace.is_some_and(|namespace| matches(&subject.namespaces, &namespace.labels))
    };
    let selected = context.input_workloads().filter(|(_, workload)| {
        in_namespace(workload.namespace)
            && subject.pods.as_ref().is_none_or(|pods| matches(pods, &workload.labels))
    });
    let selected: Vec<_> = selected.collect();
    if selected.iter().any(|(_, workload)| !workload.host_network) {
        return None;
    }
    let pods: Vec<PeerId> = selected.into_iter().map(|(peer, _)| peer).collect();
    let known = subject.pods.as_ref().filter(|_| well_known::means_system_namespace(&subject.namespaces));
    let (what, use_it) = who(context, &pods, || known.map(well_known::control_plane).unwrap_or_default())?;
    let mut spans = vec![policy.handle.span(subject.range), cluster_policy_span(policy)];
    spans.extend(context.workload_spans(&pods));
    Some(Finding {
        message: format!("{what} {use_it}, so `{}` has no effect", policy.reference().name),
        subject: policy.reference(),
        spans,
        witness: pods.first().and_then(|pod| not_denied(context, id, policy, *pod)),
        ..Finding::of(&RULE)
    })
}

/// A connection that is open although the first rule of a cluster-scoped policy denies it.
fn not_denied(context: &Context<'_>, id: PolicyId, policy: &ClusterPolicy, pod: PeerId) -> Option<Witness> {
    Direction::BOTH.into_iter().find_map(|direction| {
        let at = context.cluster_rule(Origin { policy: id, direction, index: 0 })?;
        if policy.rules(direction).first()?.action.value != ClusterAction::Deny || at.fails_closed() {
            return None;
        }
        let peers = (0..at.rule.peers.len()).flat_map(|item| at.item_peers(context, item));
        peers.filter(|peer| *peer != pod && context.is_spoken_of(*peer)).find_map(|peer| {
            let destination = if direction == Direction::Ingress { pod } else { peer };
            let denied = at.ports_on(context, Some(destination));
            let open = denied.intersection(context.allowed(direction, pod, peer));
            context.witness(direction, pod, peer, &open)
        })
    })
}

/// Of pods on the host network, or those of the control plane where there are none: who they are, and that they use it.
fn who(
    context: &Context<'_>,
    pods: &[PeerId],
    known: impl FnOnce() -> Vec<&'static str>,
) -> Option<(String, String)> {
    Some(match pods.len() {
        0 => {
            let known = Some(known()).filter(|components| !components.is_empty())?;
            let verb = if known.len() == 1 { "is a static pod on" } else { "are static pods on" };
            (words::list(known), format!("{verb} the host network on a usual cluster"))
        }
        1 => (context.names(pods), "uses the host network".to_owned()),
        _ => (context.names(pods), "use the host network".to_owned()),
    })
}

fn finding(context: &Context<'_>, policy: &Policy) -> Option<Finding> {
    if !context.look_through_all() {
        return None;
    }
    let selector = &policy.spec.pod_selector;
    let selected = context.input_workloads().filter(|(_, workload)| {
        workload.namespace == policy.namespace && matches(selector, &workload.labels)
    });
    let selected: Vec<_> = selected.collect();
    if selected.iter().any(|(_, workload)| !workload.host_network) {
        return None;
    }
    let pods: Vec<PeerId> = selected.into_iter().map(|(peer, _)| peer).collect();
    let is_system = context.namespace_name(policy.namespace) == well_known::SYSTEM_NAMESPACE;
    let known = || if is_system { well_known::control_plane(selector) } else { Vec::new() };
    let (what, use_it) = who(context, &pods, known)?;
    let mut spans = vec![policy.handle.span(selector.range), policy_span(policy)];
    spans.extend(context.workload_spans(&pods));
    Some(Finding {
        message: format!("{what} {use_it}, so `{}` has no effect", policy.reference().name),
        subject: policy.reference(),
        spans,
        witness: pods.first().and_then(|pod| witness(context, policy, *pod)),
        ..Finding::of(&RULE)
    })
}

/// A connection that is open although the policy does not allow it.
fn witness(context: &Context<'_>, policy: &Policy, pod: PeerId) -> Option<Witness> {
    let direction = Direction::BOTH.into_iter().find(|direction| policy.isolates(*direction))?;
    if policy.rules(direction).iter().any(|rule| rule.peers.is_empty()) {
        return None;
    }
    let covers_everyone = |peer: &Peer| match peer {
        Peer::Block { cidr, .. } => cidr.value.prefix_len() == 0,
        Peer::Pods { .. } => false,
    };
    if policy.rules(direction).iter().flat_map(|rule| &rule.peers).any(covers_everyone) {
        return None;
    }
    let outside = *context.any_address().first()?;
    let allowed = context.allowed(direction, pod, outside);
    context.witness(direction, pod, outside, allowed)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, coredns, deployment, host_network_pod, policy};

    const API: &str = "{podSelector: {matchLabels: {component: kube-apiserver}}, \
                       ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/16}}]}]}";

    #[test]
    fn pods_of_the_input() {
        let text = host_network_pod("ops", "exporter")
            + &policy("ops", "p", "{podSelector: {matchLabels: {app: exporter}}, ingress: []}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy ops/p");
        assert_eq!(found[0].message, "`exporter` uses the host network, so `p` has no effect");
        assert_eq!(found[0].spans, ["{matchLabels: {app: exporter}}", "p", "exporter"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> ops/exporter TCP 443"));
    }

    #[test]
    fn the_control_plane_whether_or_not_it_is_in_the_input() {
        for text in [String::new(), coredns()] {
            let found = Case::new(&(text + &policy("kube-system", "restrict", API))).check(&RULE);
            assert_eq!(found.len(), 1);
            assert_eq!(
                found[0].message,
                "`kube-apiserver` is a static pod on the host network on a usual cluster, so `restrict` has no effect"
            );
            assert_eq!(found[0].spans, ["{matchLabels: {component: kube-apiserver}}", "restrict"]);
        }
        let tier = "{podSelector: {matchLabels: {tier: control-plane}}}";
        let found = Case::new(&policy("kube-system", "restrict", tier)).check(&RULE);
        assert!(found[0].message.contains("and 1 more are static pods"), "{}", found[0].message);
    }

    #[test]
    fn pods_of_the_control_plane_need_no_dns() {
        let spec = API.replace("ingress: [{from", "policyTypes: [Egress], egress: [{to");
        let found = Case::new(&policy("kube-system", "restrict", &spec)).check_all();
        assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), ["NP309"]);
    }

    #[test]
    fn pods_on_the_pod_network() {
        assert!(Case::new(&policy("default", "p", API)).check(&RULE).is_empty());
        assert!(Case::new(&policy("kube-system", "p", "{podSelector: {}}")).check(&RULE).is_empty());
        let text = host_network_pod("ops", "exporter")
            + &deployment("ops", "web", 80)
            + &policy("ops", "p", "{podSelector: {}}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }
    #[test]
    fn a_cluster_scoped_policy() {
        let found = |text: String, subject: &str| {
            let spec =
                format!("subject: {subject}, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}]}}]");
            Case::new(&(text + &cluster_policy("guard", "Admin", 5, &spec))).check(&RULE)
        };
        let names = "{matchLabels: {kubernetes.io/metadata.name: ops}}";
        let ops = &format!("{{namespaces: {names}}}");
        let cluster = || host_network_pod("ops", "exporter") + &deployment("shop", "web", 80);
        let of_input = found(cluster(), ops);
        assert_eq!(of_input.len(), 1);
        assert_eq!(of_input[0].subject, "ClusterNetworkPolicy guard");
        assert_eq!(of_input[0].message, "`exporter` uses the host network, so `guard` has no effect");
        assert_eq!(of_input[0].spans, [names, "guard", "exporter"]);
        assert_eq!(of_input[0].witness.as_deref(), Some("shop/web -> ops/exporter TCP 443"));
        assert!(found(cluster(), "{namespaces: {}}").is_empty());
        let api = "{pods: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: \
                   {matchLabels: {component: kube-apiserver}}}}";
        for text in [String::new(), coredns()] {
            let of_usual = found(text, api);
            assert_eq!(
                of_usual[0].message,
                "`kube-apiserver` is a static pod on the host network on a usual cluster, so `guard` has no effect"
            );
        }
        assert!(found(coredns(), &api.replace("kube-system", "shop")).is_empty());
    }

    #[test]
    fn some_of_the_selected_pods() {
        let host = host_network_pod("ops", "exporter")
            .replace("name: exporter, namespace", "name: exporter-host, namespace");
        let text = deployment("ops", "exporter", 9100)
            + &host
            + &policy("ops", "p", "{podSelector: {matchLabels: {app: exporter}}, ingress: []}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`exporter-host` uses the host network, so `p` has no effect on it; it also selects `exporter`"
        );
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> ops/exporter-host TCP 443"));
        let spec = "subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: exporter}}}}, ingress: [{action: \
                    Deny, from: [{namespaces: {}}]}]";
        let text = deployment("ops", "exporter", 9100) + &host + &cluster_policy("guard", "Admin", 5, spec);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("`guard` has no effect on it"), "{}", found[0].message);
    }
}
