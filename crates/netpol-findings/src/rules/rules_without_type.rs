//! NP304: rules of a direction that `policyTypes` leaves out.
//!
//! An absent `policyTypes` leaves nothing out: it means `Ingress`, and `Egress` as well where there are egress rules.

use netpol_eval::Policy;
use netpol_manifest::{Change, Direction, Protocol, Way, Yaml};

use super::dns_blocked;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, NamedFix};
use crate::policies::{allow_dns, dns_peers};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP304,
    name: "rules-without-type",
    severity: Severity::Medium,
    summary: "A policy has rules for a direction that its `policyTypes` leaves out.",
    why: "The rules have no effect, and the pods are not isolated in that direction: what looks restricted is open.",
    help: "Add the direction to `policyTypes`. The pods are isolated by it from then on: check that the rules allow all that \
           they need, DNS included.",
    references: &[refer::NSA_POLICIES, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Corrects,
        "Adds the direction to `policyTypes`, for egress with a policy that opens DNS where the rules do not; or removes the rules.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, policy) in context.policies() {
        let Some(types) = &policy.spec.policy_types else { continue };
        for direction in Direction::BOTH {
            let rules = match direction {
                Direction::Ingress => &policy.spec.ingress,
                Direction::Egress => &policy.spec.egress,
            };
            let Some(rules) = rules.as_ref().filter(|rules| !rules.value.is_empty()) else { continue };
            if policy.isolates(direction) {
                continue;
            }
            let open = |subject: &&netpol_eval::PeerId| !context.evaluation().isolated(direction, **subject);
            let subject = context.subjects(id).iter().find(open).copied();
            let witness =
                subject.zip(context.any_address().first().copied()).and_then(|(subject, outside)| {
                    let allowed = context.allowed(direction, subject, outside);
                    context.witness(direction, subject, outside, allowed)
                });
            let count = rules.value.len();
            let have = if count == 1 { "has" } else { "have" };
            let finding = Finding {
                message: format!(
                    "`policyTypes` does not list `{}`, so the {count} {} rule{} of `{}` {have} no effect",
                    words::policy_type(direction),
                    words::field(direction),
                    words::plural(count),
                    policy.reference().name
                ),
                subject: policy.reference(),
                spans: vec![
                    policy.handle.span(types.range),
                    policy.handle.span(rules.range),
                    policy_span(policy),
                ],
                witness,
                ..Finding::of(&RULE)
            };
            findings.push(finding.mended_by(ways(context, policy, direction)));
        }
    }
    findings
}

/// Whether the type was forgotten or the rules were left behind is for people to say.
fn ways(context: &Context<'_>, policy: &Policy, direction: Direction) -> Vec<NamedFix> {
    let field = words::field(direction);
    let message = format!("remove `{field}` of `{}`, which has no effect", policy.reference().name);
    let remove =
        Fix::change(&policy.handle, message, vec![Change::Remove(Way::new().key("spec").key(field))]);
    let remove = NamedFix { name: "Remove the rules", fix: remove };
    let count = add_type(context, policy, direction);
    let count = count.map(|fix| NamedFix { name: "Let the rules count", fix });
    // Either alone would not say that there is a choice.
    count.map_or_else(Vec::new, |count| vec![count, remove])
}

/// Lists the direction, and lets the pods that it isolates ask for names.
fn add_type(context: &Context<'_>, policy: &Policy, direction: Direction) -> Option<Fix> {
    let way = Way::new().key("spec").key("policyTypes");
    let word = words::policy_type(direction);
    let mut message = format!(
        "add `{word}` to `policyTypes`, which isolates the pods of `{}` but for its rules",
        policy.reference().name
    );
    let mut added = Vec::new();
    let lacks = |protocol| protocol != Protocol::Sctp && !dns_blocked::rules_open(policy, protocol);
    if direction == Direction::Egress && Protocol::ALL.into_iter().any(lacks) {
        message.push_str(", and let them ask the cluster's DNS");
        added.push(allow_dns(
            context,
            dns_peers(context),
            policy.namespace,
            "allow-dns",
            &policy.spec.pod_selector,
            lacks,
        )?);
    }
    let mut fix = Fix::change(&policy.handle, message, vec![Change::Push(way, Yaml::text(word))]);
    fix.added = added;
    Some(fix)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(spec: &str) -> Case {
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "p", spec)))
    }

    #[test]
    fn rules_for_egress_under_a_policy_for_ingress() {
        let found = case("{podSelector: {}, policyTypes: [Ingress], egress: [{to: [{podSelector: {}}]}]}")
            .check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`policyTypes` does not list `Egress`, so the 1 egress rule of `p` has no effect"
        );
        assert_eq!(found[0].subject, "NetworkPolicy shop/p");
        assert_eq!(found[0].spans, ["[Ingress]", "[{to: [{podSelector: {}}]}]", "p"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 443"));
    }

    #[test]
    fn the_other_way_round() {
        let found = case("{podSelector: {}, policyTypes: [Egress], ingress: [{}, {}]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.contains("the 2 ingress rules of `p` have no effect"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn types_that_are_absent_leave_nothing_out() {
        assert!(case("{podSelector: {}, egress: [{to: [{podSelector: {}}]}]}").check(&RULE).is_empty());
        assert!(case("{podSelector: {}, policyTypes: [Ingress], egress: []}").check(&RULE).is_empty());
    }
}
