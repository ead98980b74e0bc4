//! NP321: a policy of a kind that the released definitions of the API no longer have.

use crate::context::Context;
use crate::finding::Finding;
use crate::migration::{self, Writer};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP321,
    name: "superseded-policy-kind",
    severity: Severity::Low,
    summary: "A policy is an AdminNetworkPolicy or a BaselineAdminNetworkPolicy of v1alpha1, in whose place \
              ClusterNetworkPolicy has come.",
    why: "The released custom resource definitions of policy.networking.k8s.io have only ClusterNetworkPolicy. A cluster with \
          these refuses the object, and what it was to deny is open there; where the old definitions are removed, the \
          objects go with them.",
    help: "Rewrite it as a ClusterNetworkPolicy: `tier: Admin` for an AdminNetworkPolicy, `tier: Baseline` and a `priority` \
           for the BaselineAdminNetworkPolicy. Keep both until the network plugin of every cluster carries out the new kind.",
    references: &[refer::API_CLUSTER],
    proof: Proof::None,
    fix: Some((
        Promise::Corrects,
        "Rewrites the policy as a ClusterNetworkPolicy, and says whether any cell changes by it.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let cluster = context.cluster();
    let superseded = migration::superseded(cluster).take_while(|_| {
        context.work(1);
        !context.effort().is_exhausted()
    });
    let superseded: Vec<_> = superseded.collect();
    if superseded.is_empty() {
        return Vec::new();
    }
    let writer = Writer::new(cluster);
    let findings = superseded.into_iter().map(|(id, policy)| {
        let reference = policy.reference();
        let rewriting = writer.rewrite(id, policy);
        let hindrance = rewriting.fix.as_ref().err().map(|why| format!(". It is not rewritten for you: {why}"));
        let message = format!(
            "`{}` is {} {} of v1alpha1, which is gone from the released definitions of the API: ClusterNetworkPolicy takes \
             its place{}",
            reference.name,
            if reference.kind.starts_with('A') { "an" } else { "a" },
            reference.kind,
            hindrance.unwrap_or_default()
        );
        let name = policy.handle.span(policy.handle.object().metadata.name.range);
        Finding {
            message,
            subject: reference,
            spans: vec![name],
            fix: rewriting.fix.ok(),
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}
