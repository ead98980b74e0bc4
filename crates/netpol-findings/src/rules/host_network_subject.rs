//! NP309: a policy whose selected pods all use the host network.
//!
//! Also where the input lacks the pods but the selector asks, in `kube-system`, for a label of the control plane's static
//! pods (API server, controller manager, scheduler, etcd): on a usual cluster those always use the host network.

use netpol_eval::{ClusterPolicy, PeerId, Policy, matches};
use netpol_manifest::{Direction, Peer};

use crate::context::{Context, cluster_policy_span, policy_span};
use crate::finding::{Finding, Witness};
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: "NP309",
    name: "host-network-subject",
    severity: Severity::High,
    summary: "The pods that a policy selects use the host network, so it has no effect.",
    why: "Policies act on the pod network. A pod with `hostNetwork: true` shares its node's address, and its traffic passes by \
          them: what seems to be guarded is open. The API server, the controller manager, the scheduler and etcd usually run \
          so, as static pods.",
    help: "Guard such pods where their traffic passes: with the firewall of the nodes or the cloud's security groups, for the \
           API server with its authorized networks. Take other pods off the host network if they can do without.",
    references: &[refer::CIS_HOST_NETWORK, refer::CKS_EXTERNAL_ACCESS],
    example: Example {
        triggers: "\
apiVersion: v1
kind: Pod
metadata: {name: exporter, namespace: shop, labels: {app: exporter}}
spec: {hostNetwork: true, containers: [{name: main, image: example, ports: [{containerPort: 9100}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports: [{port: 53, protocol: UDP}, {port: 53}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: exporter, namespace: shop}
spec:
  podSelector: {matchLabels: {app: exporter}}
  ingress:
    - from:
        - podSelector: {}
      ports: [{port: 9100}]
",
        mended: "\
apiVersion: v1
kind: Pod
metadata: {name: exporter, namespace: shop, labels: {app: exporter}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 9100}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns, namespace: shop}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports: [{port: 53, protocol: UDP}, {port: 53}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: exporter, namespace: shop}
spec:
  podSelector: {matchLabels: {app: exporter}}
  ingress:
    - from:
        - podSelector: {}
      ports: [{port: 9100}]
",
    },
    proof: Proof::Allowed,
    fix: None,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    // A policy that has subjects selects pods on the pod network.
    let policies = context.policies();
    let policies = policies.filter(|(id, _)| !context.has_workloads() || context.subjects(*id).is_empty());
    let of_namespaces = policies.filter_map(|(_, policy)| finding(context, policy));
    let of_cluster = context.cluster().cluster_policies();
    let of_cluster = of_cluster.filter(|(id, _)| context.has_workloads() && context.subjects(*id).is_empty());
    of_namespaces.chain(of_cluster.filter_map(|(_, policy)| of_the_cluster(context, policy))).collect()
}

/// A cluster-scoped policy that selects none but pods on the host network.
fn of_the_cluster(context: &Context<'_>, policy: &ClusterPolicy) -> Option<Finding> {
    if !context.look_through_all() {
        return None;
    }
    let subject = &policy.spec.subject;
    let pods = context.input_workloads().filter(|(_, workload)| {
        let namespace = context.cluster().namespace(workload.namespace);
        workload.host_network
            && namespace.is_some_and(|namespace| matches(&subject.namespaces, &namespace.labels))
            && subject.pods.as_ref().is_none_or(|pods| matches(pods, &workload.labels))
    });
    let pods: Vec<PeerId> = pods.map(|(peer, _)| peer).collect();
    let uses = match pods.len() {
        0 => return None,
        1 => "uses",
        _ => "use",
    };
    let reference = policy.reference();
    let mut spans = vec![policy.handle.span(subject.range), cluster_policy_span(policy)];
    spans.extend(context.workload_spans(&pods));
    Some(Finding {
        rule: &RULE,
        message: format!(
            "{} {uses} the host network, so `{}` has no effect",
            context.names(&pods),
            reference.name
        ),
        subject: reference,
        spans,
        witness: None,
        silenced: false,
        fix: None,
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
    let (what, use_it) = match pods.len() {
        0 => {
            let known = (context.namespace_name(policy.namespace) == well_known::SYSTEM_NAMESPACE)
                .then(|| well_known::control_plane(selector))
                .filter(|components| !components.is_empty())?;
            let verb = if known.len() == 1 { "is a static pod on" } else { "are static pods on" };
            (words::list(known), format!("{verb} the host network on a usual cluster"))
        }
        1 => (context.names(&pods), "uses the host network".to_owned()),
        _ => (context.names(&pods), "use the host network".to_owned()),
    };
    let mut spans = vec![policy.handle.span(selector.range), policy_span(policy)];
    spans.extend(context.workload_spans(&pods));
    Some(Finding {
        rule: &RULE,
        message: format!("{what} {use_it}, so `{}` has no effect", policy.reference().name),
        subject: policy.reference(),
        spans,
        witness: pods.first().and_then(|pod| witness(context, policy, *pod)),
        silenced: false,
        fix: None,
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
    fn the_subjects_of_a_cluster_scoped_policy() {
        let text = host_network_pod("ops", "exporter") + &deployment("shop", "web", 80);
        let spec = |label: &str| {
            format!(
                "subject: {{pods: {{namespaceSelector: {{}}, podSelector: {{matchLabels: {{{label}}}}}}}}}, ingress: [{{action: \
                 Deny, from: [{{namespaces: {{}}}}]}}]"
            )
        };
        let of = |label: &str| {
            Case::new(&(text.clone() + &cluster_policy("p", "Admin", 5, &spec(label)))).check(&RULE)
        };
        let found = of("app: exporter");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy p");
        assert_eq!(found[0].message, "`exporter` uses the host network, so `p` has no effect");
        assert!(of("app: web").is_empty() && of("app: db").is_empty());
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
}
