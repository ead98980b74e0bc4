//! NP205: a peer with `namespaceSelector: {}`.

use netpol_manifest::Peer;

use crate::context::{Context, policy_span};
use crate::finding::Finding;
use crate::fix::name_namespaces;
use crate::references as refer;
use crate::rule::{Example, Promise, Proof, Rule, Severity};
use crate::well_known;

pub(crate) const RULE: Rule = Rule {
    code: "NP205",
    name: "every-namespace",
    severity: Severity::Low,
    summary: "A peer has `namespaceSelector: {}`, which matches every namespace.",
    why: "It takes in the namespaces of every team and application, those that are created later too. A `podSelector` beside \
          it does not help much: whoever may create pods in any namespace may give them that label.",
    help: "Name the namespaces, by `kubernetes.io/metadata.name`, which only the cluster sets.",
    references: &[refer::NSA_POLICIES, refer::MICROSOFT_NETWORKING, refer::CKS_POLICIES],
    example: Example {
        triggers: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - namespaceSelector: {}
      ports: [{port: 80}]
",
        mended: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}
      ports: [{port: 80}]
",
    },
    proof: Proof::Allowed,
    fix: Some((Promise::Narrows, "Names the namespaces in which the peer finds pods today.")),
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.rules().filter(|at| !at.serves_dns(context)) {
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Pods { pod_selector, namespace_selector: Some(namespaces), .. } = peer else {
                continue;
            };
            if !well_known::is_every_namespace(namespaces) {
                continue;
            }
            let whose = match pod_selector {
                Some(pods) if !pods.requirements.is_empty() => "pods with those labels in",
                _ => "all pods of",
            };
            let subject = context.subjects(at.policy_id).first().copied();
            let mut foreign = context.item_peers(&at, item).filter(|peer| {
                context.workload(*peer).is_some_and(|workload| workload.namespace != at.policy.namespace)
            });
            let witness = subject.and_then(|subject| {
                foreign.find_map(|peer| {
                    let open = context.allowed(at.direction, subject, peer);
                    context.witness(at.direction, subject, peer, open)
                })
            });
            findings.push(Finding {
                message: format!(
                    "`{}` allows {whose} every namespace: its `namespaceSelector` matches all",
                    at.path()
                ),
                subject: at.policy.reference(),
                spans: vec![at.policy.handle.span(namespaces.range), policy_span(at.policy)],
                witness,
                fix: name_namespaces(context, &at, &[item]),
                ..Finding::of(&RULE)
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(peer: &str) -> Case {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
        Case::new(
            &(deployment("shop", "web", 80) + &deployment("ops", "spy", 1) + &policy("shop", "open", &spec)),
        )
    }

    #[test]
    fn a_label_that_every_namespace_has() {
        let exists = "{key: kubernetes.io/metadata.name, operator: Exists}";
        let selects = |expression: &str| {
            let peer = format!("{{namespaceSelector: {{matchExpressions: [{expression}]}}}}");
            case(&peer).check(&RULE).len()
        };
        assert_eq!(selects(exists), 1);
        assert_eq!(selects("{key: team, operator: Exists}"), 0);
        assert_eq!(selects("{key: kubernetes.io/metadata.name, operator: NotIn, values: [ops]}"), 0);
    }

    #[test]
    fn the_empty_selector() {
        let found = case("{namespaceSelector: {}}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`ingress[0]` allows all pods of every namespace: its `namespaceSelector` matches all"
        );
        assert_eq!(found[0].spans, ["{}", "open"]);
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
        let found = case("{namespaceSelector: {}, podSelector: {matchLabels: {app: spy}}}").check(&RULE);
        assert!(
            found[0].message.contains("pods with those labels in every namespace"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn a_label_is_enough() {
        assert!(
            case("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}")
                .check(&RULE)
                .is_empty()
        );
        assert!(case("{podSelector: {}}").check(&RULE).is_empty());
    }
}
