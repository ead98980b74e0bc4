//! NP201: a rule with neither peers nor ports, such as `{}`.

use crate::cause::{Cause, Wide};
use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP201,
    name: "allow-all-rule",
    severity: Severity::Medium,
    summary: "A rule is `{}`, or has neither peers nor ports, and so allows everything in its direction.",
    why: "Policies add up. One rule that allows everything makes every other rule of that direction meaningless for the \
          same pods, and the addresses outside the cluster are allowed with the rest.",
    help: "Name the peers (`from` or `to`) and the `ports`. To let the pods of the namespace talk among themselves, write \
           `podSelector: {}` as a peer. An empty list of rules, `[]`, allows nothing.",
    references: &[refer::NSA_POLICIES, refer::CKS_POLICIES, refer::TRIVY_SELECTORS, refer::POPEYE_ALL],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules = context.rules().filter(|at| at.rule.peers.is_empty() && at.rule.ports.is_empty());
    let findings = rules.map(|at| {
        let subject = context.subjects(at.policy_id).first();
        let ends = subject.zip(context.any_address().first());
        let witness = ends.and_then(|(subject, outside)| {
            let allowed = context.allowed(at.direction, *subject, *outside);
            context.witness(at.direction, *subject, *outside, allowed)
        });
        Finding {
            message: format!(
                "{} allows all {} of the pods that `{}` selects: it names neither peers nor ports",
                at.path(),
                words::field(at.direction),
                at.policy.reference().name
            ),
            subject: at.policy.reference(),
            spans: vec![at.span(), policy_span(at.policy)],
            witness,
            cause: Cause::wide(&at, Wide::Everything),
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(spec: &str) -> Case {
        Case::new(&(deployment("shop", "web", 80) + &policy("shop", "open", spec)))
    }

    #[test]
    fn an_empty_rule() {
        let found = case("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}, {}]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(
            found[0].message,
            "ingress rule 2 allows all ingress of the pods that `open` selects: it names neither peers nor ports"
        );
        assert_eq!(found[0].spans, ["{}", "open"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 80"));
    }

    #[test]
    fn empty_lists_in_a_rule_mean_the_same() {
        let found =
            case("{podSelector: {}, policyTypes: [Egress], egress: [{to: [], ports: []}]}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].spans, ["{to: [], ports: []}", "open"]);
    }

    #[test]
    fn an_empty_list_of_rules_allows_nothing() {
        assert!(case("{podSelector: {}, ingress: []}").check(&RULE).is_empty());
        assert!(case("{podSelector: {}, ingress: [{ports: [{port: 80}]}]}").check(&RULE).is_empty());
    }

    #[test]
    fn a_rule_without_an_effect_is_another_matter() {
        assert!(case("{podSelector: {}, policyTypes: [Ingress], egress: [{}]}").check(&RULE).is_empty());
    }
}
