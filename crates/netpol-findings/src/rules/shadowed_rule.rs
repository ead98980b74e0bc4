//! NP403: a rule of a cluster-scoped policy of which the rules before it leave nothing.
//!
//! Judged on the rules of cluster-scoped policies alone: that NetworkPolicies isolate the pods today is no reason not to
//! have a rule of the Baseline tier. Rules of the same priority are no rules before it; those are NP315's.

use std::collections::BTreeSet;

use netpol_eval::{Origin, PolicyId};
use netpol_source::Span;

use crate::context::{ClusterRuleAt, Context, cluster_policy_span};
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::tiers::Seen;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: "NP403",
    name: "shadowed-rule",
    severity: Severity::Medium,
    summary: "The rules before it decide all that a rule of a cluster-scoped policy matches.",
    why: "The first rule that matches a connection decides it. A rule that comes too late has no effect: what it \
          was to allow stays denied, or what it was to deny stays open.",
    help: "Move the rule before those that take what it matches, give its policy a lower priority number, or remove \
          it.",
    references: &[refer::API_ACTIONS],
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
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Deny
      from:
        - namespaces: {}
    - action: Accept
      from:
        - namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}
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
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}
  ingress:
    - action: Accept
      from:
        - namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}
    - action: Deny
      from:
        - namespaces: {}
",
    },
    proof: Proof::None,
    fix: Some("Removes the rule; no connection changes."),
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let shadowed = context.tiers().shadowed(context);
    let findings = shadowed.filter_map(|(origin, seen)| {
        let at = context.cluster_rule(*origin)?;
        Some(finding(context, &at, seen))
    });
    findings.collect()
}

fn finding(context: &Context<'_>, at: &ClusterRuleAt<'_>, seen: &Seen) -> Finding {
    let (by, others) = others(context, at.origin.policy, &seen.covered_by, "earlier rules of this policy");
    let is_one = by.len() == 1 && seen.covered_by.iter().all(|other| other.policy != at.origin.policy);
    let decide = if is_one { "decides" } else { "decide" };
    let spans = [at.span(), cluster_policy_span(at.policy)].into_iter().chain(others).collect();
    Finding {
        rule: &RULE,
        message: format!(
            "{} ({}) has no effect: {} {decide} all that it matches",
            at.path(),
            at.action(),
            words::phrases(by)
        ),
        subject: at.policy.reference(),
        spans,
        witness: None,
        silenced: false,
        fix: Some(at.remove()),
    }
}

/// The policies of some rules in words, the own one as `rest`, and where the names of the others stand.
pub(super) fn others(
    context: &Context<'_>,
    own: PolicyId,
    rules: &BTreeSet<Origin>,
    rest: &str,
) -> (Vec<String>, Vec<Span>) {
    let ids: BTreeSet<PolicyId> = rules.iter().map(|rule| rule.policy).collect();
    let others = ids.iter().filter(|id| **id != own).filter_map(|id| context.cluster().cluster_policy(*id));
    let others: Vec<_> = others.collect();
    let own = ids.contains(&own).then(|| rest.to_owned());
    let names = others.iter().map(|other| format!("`{}`", other.reference().name));
    (own.into_iter().chain(names).collect(), others.iter().map(|other| cluster_policy_span(other)).collect())
}
