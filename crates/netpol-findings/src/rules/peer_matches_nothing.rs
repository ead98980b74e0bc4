//! NP302: an item of `from` or `to` whose selectors match no workload of the input.
//!
//! Not reported when the input has no workloads at all, for selectors that match pods on the host network only, for the
//! empty `podSelector` in a namespace without workloads, and for pods that every cluster has (its DNS, `kube-system`):
//! a part of a cluster may well be pasted without them.

use netpol_eval::{Labels, NamespaceId, Workload, matches};
use netpol_manifest::{LabelSelector, Peer};
use netpol_source::order;

use crate::context::{Context, RuleAt, policy_span};
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::suggest::nearest_label;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: "NP302",
    name: "peer-matches-nothing",
    severity: Severity::Medium,
    summary: "The selectors of a peer match no workload of the input.",
    why: "The rule lets nobody through, and the connection that it was written for stays blocked. Should somebody create a \
          pod or a namespace with such labels, it is let in.",
    help: "Compare the selectors with the labels of the pod template and of the namespace. A namespace has no label `name`: \
           its name is in `kubernetes.io/metadata.name`. Without a `namespaceSelector`, a `podSelector` means pods of the \
           policy's own namespace.",
    references: &[refer::CKS_POLICIES, refer::KUBE_LINTER_PEER, refer::POPEYE_NAMESPACES, refer::POPEYE_PEER],
    example: Example {
        triggers: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: wbe}}
      ports: [{port: 5432}]
",
        mended: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
    - from:
        - podSelector: {matchLabels: {app: web}}
      ports: [{port: 5432}]
",
    },
    proof: Proof::None,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.has_workloads() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for at in context.rules() {
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Pods { pod_selector, namespace_selector, range } = peer else { continue };
            let (pods, namespaces) = (pod_selector.as_ref(), namespace_selector.as_ref());
            let is_real = |workload: Option<&Workload>| workload.is_some_and(|one| !one.is_hypothetical());
            if context.item_peers(&at, item).any(|peer| is_real(context.workload(peer))) {
                continue;
            }
            let Some(what) = unmatched(context, &at, pods, namespaces) else { continue };
            findings.push(Finding {
                rule: &RULE,
                message: format!("{what}, so `{}` allows nobody of this input by it", at.path()),
                subject: at.policy.reference(),
                spans: vec![at.policy.handle.span(*range), policy_span(at.policy)],
                witness: None,
                silenced: false,
            });
        }
    }
    findings
}

/// What does not match, and what was probably meant; `None` where that is as it should be.
fn unmatched(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
) -> Option<String> {
    if namespaces.is_none() && pods.is_none_or(|pods| pods.requirements.is_empty()) {
        return None;
    }
    let chosen = context
        .namespaces()
        .filter(|(id, _, _)| is_of_the_input(context, *id))
        .filter(|(id, namespace, _)| match namespaces {
            None => *id == at.policy.namespace,
            Some(selector) => matches(selector, &namespace.labels),
        })
        .map(|(id, _, _)| id);
    let chosen = order::set(chosen);
    let inside = |workload: &Workload| chosen.contains(&workload.namespace);
    let input = || context.input_workloads().map(|(_, workload)| workload.as_ref());
    let candidates: Vec<&Workload> = input().filter(|workload| inside(workload)).collect();
    if candidates.iter().any(|workload| pods.is_none_or(|pods| matches(pods, &workload.labels))) {
        // On the host network, or else it would be among the item's peers.
        return None;
    }
    let system_is_here =
        input().any(|one| context.namespace_name(one.namespace) == well_known::SYSTEM_NAMESPACE);
    if !system_is_here && well_known::is_in_every_cluster(namespaces, pods) {
        return None;
    }
    let meant =
        |label: Option<String>| label.map_or_else(String::new, |label| format!(" (did you mean `{label}`?)"));
    if let Some(selector) = namespaces.filter(|_| chosen.is_empty()) {
        let known = context.namespaces().filter(|(id, _, _)| is_of_the_input(context, *id));
        let known: Vec<&Labels> = known.map(|(_, namespace, _)| &namespace.labels).collect();
        let hint = meant(nearest_label(selector, &known));
        return Some(format!("no namespace of the input has `{}`{hint}", words::selector(selector)));
    }
    let whose = match namespaces {
        None => format!("the namespace `{}`", context.namespace_name(at.policy.namespace)),
        Some(selector) => format!("the namespaces with `{}`", words::selector(selector)),
    };
    let Some(selector) = pods.filter(|pods| !pods.requirements.is_empty()) else {
        return Some(format!("{whose} have no workload"));
    };
    let labels: Vec<&Labels> = candidates.iter().map(|workload| &workload.labels).collect();
    let elsewhere = || input().find(|workload| matches(selector, &workload.labels));
    let hint = match nearest_label(selector, &labels) {
        Some(label) => meant(Some(label)),
        None => elsewhere().map_or_else(String::new, |workload| {
            format!(
                " (`{}` in the namespace `{}` does)",
                workload.name,
                context.namespace_name(workload.namespace)
            )
        }),
    };
    Some(format!("no workload of {whose} has `{}`{hint}", words::selector(selector)))
}

/// Whether the input declares a namespace or has something in it.
fn is_of_the_input(context: &Context<'_>, id: NamespaceId) -> bool {
    use netpol_eval::NamespaceOrigin::{AnyOther, Declared, Hypothetical, Mentioned};
    let origin = context.cluster().namespace(id).map(|namespace| namespace.origin);
    origin.is_some_and(|origin| match origin {
        Declared(_) | Mentioned => true,
        Hypothetical | AnyOther => false,
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, host_network_pod, namespace, policy};

    fn messages(peer: &str) -> Vec<String> {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
        let text = deployment("shop", "frontend", 80)
            + &deployment("shop", "backend", 80)
            + &namespace("ops")
            + &deployment("ops", "prometheus", 9090)
            + &host_network_pod("ops", "node-exporter")
            + &policy("shop", "p", &spec);
        let found = Case::new(&text).check(&RULE);
        let message = |found: crate::testing::Found| {
            assert_eq!(found.subject, "NetworkPolicy shop/p");
            assert_eq!(found.spans, [peer.to_owned(), "p".to_owned()]);
            found.message
        };
        found.into_iter().map(message).collect()
    }

    #[test]
    fn the_labels_that_were_meant() {
        for (peer, expected) in [
            (
                "{podSelector: {matchLabels: {app: fronted}}}",
                "no workload of the namespace `shop` has `app: fronted` (did you mean `app: frontend`?), so `ingress[0]` \
                 allows nobody of this input by it",
            ),
            (
                "{podSelector: {matchLabels: {app: prometheus}}}",
                "no workload of the namespace `shop` has `app: prometheus` (`prometheus` in the namespace `ops` does), so \
                 `ingress[0]` allows nobody of this input by it",
            ),
            (
                "{namespaceSelector: {matchLabels: {name: ops}}}",
                "no namespace of the input has `name: ops` (did you mean `kubernetes.io/metadata.name: ops`?), so \
                 `ingress[0]` allows nobody of this input by it",
            ),
            (
                "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app: promtheus}}}",
                "no workload of the namespaces with `kubernetes.io/metadata.name: ops` has `app: promtheus` (did you mean \
                 `app: prometheus`?), so `ingress[0]` allows nobody of this input by it",
            ),
        ] {
            assert_eq!(messages(peer), [expected]);
        }
    }

    #[test]
    fn what_matches_or_is_elsewhere() {
        let none: [String; 0] = [];
        for peer in [
            "{podSelector: {matchLabels: {app: backend}}}",
            "{namespaceSelector: {}}",
            "{ipBlock: {cidr: 10.0.0.0/16}}",
            "{namespaceSelector: {}, podSelector: {matchLabels: {app: node-exporter}}}",
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}",
            "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}",
        ] {
            assert_eq!(messages(peer), none, "{peer}");
        }
    }

    #[test]
    fn a_policy_on_its_own() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}";
        assert!(Case::new(&policy("shop", "p", spec)).check(&RULE).is_empty());
    }
}
