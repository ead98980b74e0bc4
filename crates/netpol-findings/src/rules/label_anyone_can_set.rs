//! NP207: a namespace chosen by another label than `kubernetes.io/metadata.name`.
//!
//! Only for selectors that ask for a label (`In`, `Exists`): what the others let in is NP104's and NP205's. One finding
//! a policy, with all such selectors.

use std::collections::BTreeSet;

use netpol_eval::NAMESPACE_NAME_LABEL;
use netpol_manifest::{LabelSelector, Operator, Peer, Requirement};
use netpol_source::Span;

use crate::context::{Context, RuleAt, policy_span};
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Example, Proof, Rule, Severity};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: "NP207",
    name: "label-anyone-can-set",
    severity: Severity::Info,
    summary: "A namespace is chosen by another label than `kubernetes.io/metadata.name`.",
    why: "Only the API server sets `kubernetes.io/metadata.name`. Any other label is set by whoever may create or edit a \
          namespace, which in many clusters is every team: with the label, their pods are let through.",
    help: "Choose the namespaces by `kubernetes.io/metadata.name`, or make sure that only the platform sets the label, with an \
           admission policy for instance.",
    references: &[refer::MICROSOFT_NETWORKING, refer::CKS_POLICIES],
    example: Example {
        triggers: "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress:
    - from:
        - namespaceSelector: {matchLabels: {team: edge}}
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
    proof: Proof::None,
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let rules: Vec<RuleAt<'_>> = context.rules().collect();
    let findings =
        rules.chunk_by(|one, next| one.policy_id == next.policy_id).filter_map(|rules| finding(rules));
    findings.collect()
}

fn finding(rules: &[RuleAt<'_>]) -> Option<Finding> {
    let policy = rules.first()?.policy;
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    let mut spans: Vec<Span> = Vec::new();
    for peer in rules.iter().flat_map(|at| &at.rule.peers) {
        let Peer::Pods { namespace_selector: Some(selector), .. } = peer else { continue };
        if asked_for(selector).any(|one| one.key == NAMESPACE_NAME_LABEL && one.operator == Operator::In) {
            continue;
        }
        let others: Vec<&str> = asked_for(selector).map(|one| one.key.as_str()).collect();
        if others.iter().any(|key| *key != NAMESPACE_NAME_LABEL) {
            keys.extend(others);
            spans.push(policy.handle.span(selector.range));
        }
    }
    if spans.is_empty() {
        return None;
    }
    spans.push(policy_span(policy));
    Some(Finding {
        rule: &RULE,
        message: format!(
            "`{}` chooses namespaces by {}, which whoever may edit a namespace can set",
            policy.reference().name,
            words::list(keys)
        ),
        subject: policy.reference(),
        spans,
        witness: None,
        silenced: false,
    })
}

fn asked_for(selector: &LabelSelector) -> impl Iterator<Item = &Requirement> {
    selector.requirements.iter().filter(|one| matches!(one.operator, Operator::In | Operator::Exists))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, policy};

    fn case(selectors: &[&str]) -> Case {
        let peers: Vec<String> =
            selectors.iter().map(|selector| format!("{{namespaceSelector: {selector}}}")).collect();
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{}]}}]}}", peers.join(", "));
        Case::new(&policy("shop", "open", &spec))
    }

    #[test]
    fn labels_of_ones_own() {
        let found = case(&[
            "{matchLabels: {team: a}}",
            "{matchLabels: {kubernetes.io/metadata.name: ops}}",
            "{matchExpressions: [{key: env, operator: Exists}]}",
        ])
        .check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(
            found[0].message,
            "`open` chooses namespaces by `env` and `team`, which whoever may edit a namespace can set"
        );
        assert_eq!(
            found[0].spans,
            ["{matchLabels: {team: a}}", "{matchExpressions: [{key: env, operator: Exists}]}", "open"]
        );
        assert_eq!(found[0].witness, None);
    }

    #[test]
    fn the_name_is_enough_and_may_have_company() {
        assert!(case(&["{matchLabels: {kubernetes.io/metadata.name: ops}}"]).check(&RULE).is_empty());
        assert!(
            case(&["{matchLabels: {kubernetes.io/metadata.name: ops, team: a}}"]).check(&RULE).is_empty()
        );
        assert!(case(&["{}"]).check(&RULE).is_empty());
        let excluding = "{matchExpressions: [{key: env, operator: NotIn, values: [prod]}]}";
        assert!(case(&[excluding]).check(&RULE).is_empty());
    }
}
