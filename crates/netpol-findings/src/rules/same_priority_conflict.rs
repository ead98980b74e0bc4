//! NP315: two cluster-scoped policies of one tier and priority that disagree on some connection.
//!
//! One finding for each two policies, with the first connection on which they do. The BaselineAdminNetworkPolicy has no
//! priority: it is held against all ClusterNetworkPolicies of the Baseline tier.

use netpol_eval::Action;

use crate::context::{Context, cluster_policy_span};
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::tiers::Tie;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: "NP315",
    name: "same-priority-conflict",
    severity: Severity::High,
    summary: "Two cluster-scoped policies of one tier and priority disagree on a connection.",
    why: "A network plugin may apply either of them to the connection, and nothing says which. What one of them \
          denies is open on one cluster and closed on another, or changes with an upgrade. The evaluation takes the \
          strictest of them.",
    help: "Give each policy a priority of its own: the lower number is asked first. In the place of a \
          BaselineAdminNetworkPolicy, write a ClusterNetworkPolicy with a priority.",
    references: &[refer::API_PRIORITY, refer::NSA_POLICIES],
    example: Example {
        triggers: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: allow-ops}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Accept
      from:
        - namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: deny-tenants}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Deny
      from:
        - namespaces: {}
",
        mended: "\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: main, image: example, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: ops, labels: {app: probe}}
spec: {containers: [{name: main, image: example}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: allow-ops}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Accept
      from:
        - namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: deny-tenants}
spec:
  tier: Admin
  priority: 20
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Deny
      from:
        - namespaces: {}
",
    },
    proof: Proof::Denied,
    fix: None,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let ties = context.tiers().ties.iter();
    ties.filter_map(|(_, tie)| finding(context, tie)).collect()
}

fn finding(context: &Context<'_>, tie: &Tie) -> Option<Finding> {
    let [one, other] = tie.rules.map(|(origin, _)| context.cluster_rule(origin));
    let (one, other) = (one?, other?);
    let [does, denies] = tie.rules.map(|(_, action)| match action {
        Action::Allow => "allows",
        Action::Deny => "denies",
        Action::Pass => "passes on",
    });
    let witness = context.seen(&tie.connections, false);
    let tier = words::tier(tie.tier);
    let place = match (one.policy.spec.priority.as_ref(), tie.priority) {
        (Some(_), Some(priority)) => format!("have the same priority {priority} in the {tier} tier"),
        _ => format!("are both in the {tier} tier, in no order that is defined"),
    };
    let message = format!(
        "`{}` and `{}` {place}, and disagree: {} of the one {does} {}, which {} of the other {denies}",
        one.name(),
        other.name(),
        one.path(),
        words::ports(&tie.connections.ports),
        other.path(),
    );
    Some(Finding {
        rule: &RULE,
        message,
        subject: one.policy.reference(),
        spans: vec![
            one.span(),
            other.span(),
            cluster_policy_span(one.policy),
            cluster_policy_span(other.policy),
        ],
        witness,
        silenced: false,
        fix: None,
    })
}
