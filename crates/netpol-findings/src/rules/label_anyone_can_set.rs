//! NP207: a namespace chosen by another label than `kubernetes.io/metadata.name`.
//!
//! Only for selectors that ask for a label (`In`, `Exists`): what the others let in is NP104's and NP205's. One finding
//! a policy, with all such selectors.

use std::collections::BTreeSet;

use netpol_eval::{NAMESPACE_NAME_LABEL, Policy, matches};
use netpol_manifest::{Change, LabelSelector, Operator, Peer, Requirement, Way};
use netpol_source::{Span, order};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, MOST_LISTED, namespaces_named};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP207,
    name: "label-anyone-can-set",
    severity: Severity::Info,
    summary: "A namespace is chosen by another label than `kubernetes.io/metadata.name`.",
    why: "Only the API server sets `kubernetes.io/metadata.name`. Any other label is set by whoever may create or edit a \
          namespace, which in many clusters is every team: with the label, their pods are let through.",
    help: "Choose the namespaces by `kubernetes.io/metadata.name`, or make sure that only the platform sets the label, with an \
           admission policy for instance.",
    references: &[refer::MICROSOFT_NETWORKING, refer::CKS_POLICIES],
    proof: Proof::None,
    fix: Some((
        Promise::Narrows,
        "Names the namespaces of the input that have the label, by `kubernetes.io/metadata.name`.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    context.of_policies_alone(&RULE, |rules| finding(context, rules).into_iter().collect())
}

fn finding(context: &Context<'_>, rules: &[RuleAt<'_>]) -> Option<Finding> {
    let policy = rules.first()?.policy;
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    let mut spans: Vec<Span> = Vec::new();
    let mut names: Vec<Option<(Way, Vec<&str>)>> = Vec::new();
    let items = rules.iter().flat_map(|at| at.rule.peers.iter().enumerate().map(move |item| (at, item)));
    for (at, (item, peer)) in items {
        let Peer::Pods { namespace_selector: Some(selector), .. } = peer else { continue };
        if asked_for(selector).any(|one| one.key == NAMESPACE_NAME_LABEL && one.operator == Operator::In) {
            continue;
        }
        let others: Vec<&str> = asked_for(selector).map(|one| one.key.as_str()).collect();
        if others.iter().any(|key| *key != NAMESPACE_NAME_LABEL) {
            keys.extend(others);
            spans.push(policy.handle.span(selector.range));
            let way = at.peer_way(item).key("namespaceSelector");
            names.push(namespaces_with(context, selector).map(|names| (way, names)));
        }
    }
    if spans.is_empty() {
        return None;
    }
    spans.push(policy_span(policy));
    Some(Finding {
        message: format!(
            "`{}` chooses namespaces by {}, which whoever may edit a namespace can set",
            policy.reference().name,
            words::list(keys)
        ),
        subject: policy.reference(),
        spans,
        fix: by_name(policy, names),
        ..Finding::of(&RULE)
    })
}

/// Chooses by name what is chosen by a label; `None` where nothing of the input has it.
fn by_name(policy: &Policy, names: Vec<Option<(Way, Vec<&str>)>>) -> Option<Fix> {
    let names: Option<Vec<(Way, Vec<&str>)>> = names.into_iter().collect();
    let mut all = Vec::new();
    let mut changes = Vec::new();
    for (way, names) in names? {
        changes.push(Change::Set(way, namespaces_named(&names)));
        all.extend(names);
    }
    order::sort_and_dedup(&mut all);
    let message = format!("choose the namespaces by name: {}; any other is closed out", words::all(all));
    Some(Fix::change(&policy.handle, message, changes))
}

/// The namespaces of the input that a selector matches.
fn namespaces_with<'a>(context: &Context<'a>, selector: &LabelSelector) -> Option<Vec<&'a str>> {
    let namespaces = context
        .namespaces()
        .filter(|(id, namespace, _)| context.is_of_the_input(*id) && matches(selector, &namespace.labels));
    let names: Vec<&str> = namespaces.map(|(id, _, _)| context.namespace_name(id)).collect();
    (1..=MOST_LISTED).contains(&names.len()).then_some(names)
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
