//! NP303: `namespaceSelector` and `podSelector` as neighbouring items of one list, where one item with both was probably
//! meant.
//!
//! Taken for that: an item with only a `namespaceSelector` next to one with only a `podSelector` that asks for a label.
//! The empty `podSelector`, which opens the own namespace beside others, is meant as it is. So is a pair of which no pod
//! of the chosen namespaces has the labels while pods of the own namespace do.

use netpol_eval::{NamespaceId, PeerId, Workload, matches};
use netpol_manifest::{Change, Direction, LabelSelector, Peer};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::witness::Witness;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP303,
    name: "and-or-confusion",
    severity: Severity::Medium,
    summary: "A `namespaceSelector` and a `podSelector` are neighbouring items of one list, which means either, not both.",
    why: "The items of a list add up. One dash too many turns \"these pods of those namespaces\" into \"all pods of those \
          namespaces, and these pods of the policy's own namespace\", which lets in many more.",
    help: "If pods of the other namespaces are meant, remove the dash in front of the second selector: one item with both. If \
           both items are meant, write them as two rules, which nobody can misread.",
    references: &[refer::NSA_POLICIES, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Makes one item of both, where some pod then matches. That closes what only one of them opened.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.rules() {
        let mut item = 0;
        while let (Some(one), Some(next)) = (at.rule.peers.get(item), at.rule.peers.get(item + 1)) {
            let Some(pair) = Pair::of(item, one, next) else {
                item += 1;
                continue;
            };
            findings.extend(finding(context, &at, &pair));
            item += 2;
        }
    }
    findings
}

/// Two neighbouring items, in whatever order.
struct Pair<'a> {
    namespaces_item: usize,
    namespaces: &'a LabelSelector,
    pods_item: usize,
    pods: &'a LabelSelector,
    items: [&'a Peer; 2],
}

impl<'a> Pair<'a> {
    fn of(item: usize, one: &'a Peer, next: &'a Peer) -> Option<Self> {
        let (Peer::Pods { pod_selector: pods, namespace_selector: namespaces, .. }, other) = (one, next)
        else {
            return None;
        };
        let Peer::Pods { pod_selector: other_pods, namespace_selector: other_namespaces, .. } = other else {
            return None;
        };
        let (namespaces_item, namespaces, pods_item, pods) =
            match (pods, namespaces, other_pods, other_namespaces) {
                (None, Some(namespaces), Some(pods), None) => (item, namespaces, item + 1, pods),
                (Some(pods), None, None, Some(namespaces)) => (item + 1, namespaces, item, pods),
                _ => return None,
            };
        let items = [one, next];
        well_known::asks_for_a_label(pods).then_some(Self {
            namespaces_item,
            namespaces,
            pods_item,
            pods,
            items,
        })
    }
}

fn finding(context: &Context<'_>, at: &RuleAt<'_>, pair: &Pair<'_>) -> Option<Finding> {
    if is_meant(context, at, pair) {
        return None;
    }
    let chosen = match pair.namespaces.requirements.is_empty() {
        true => "every namespace".to_owned(),
        false => format!("the namespaces with `{}`", words::selector(pair.namespaces)),
    };
    let list = match at.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let [one, next] = pair.items.map(|item| at.policy.handle.span(item.range()));
    Some(Finding {
        message: format!(
            "`{list}` of {} means all pods of {chosen}, and besides them the pods with `{}` of the namespace `{}`: as \
             two items the selectors add up",
            at.path(),
            words::selector(pair.pods),
            context.namespace_name(at.policy.namespace)
        ),
        subject: at.policy.reference(),
        spans: vec![next, one, policy_span(at.policy)],
        witness: witness(context, at, pair),
        fix: join(context, at, pair),
        ..Finding::of(&RULE)
    })
}

/// Makes one item of both; `None` where no pod of the input has both.
fn join(context: &Context<'_>, at: &RuleAt<'_>, pair: &Pair<'_>) -> Option<Fix> {
    let has_both = |(_, workload): (PeerId, &std::sync::Arc<Workload>)| {
        matches(pair.pods, &workload.labels) && is_chosen(context, pair, workload.namespace)
    };
    if context.has_workloads() && !context.input_workloads().any(has_both) {
        return None;
    }
    let first = pair.namespaces_item.min(pair.pods_item);
    let whose = match pair.namespaces.requirements.is_empty() {
        true => "any namespace".to_owned(),
        false => format!("the namespaces with `{}`", words::selector(pair.namespaces)),
    };
    let message = format!(
        "make one item of both, which means the pods with `{}` of {whose} and no others",
        words::selector(pair.pods)
    );
    Some(at.fix(message, vec![Change::Join(at.peer_way(first))]))
}

/// Whether one item with both selectors would match no pod, while the `podSelector` matches pods of the own namespace;
/// the namespaces themselves need not be in the input.
fn is_meant(context: &Context<'_>, at: &RuleAt<'_>, pair: &Pair<'_>) -> bool {
    let mut both = false;
    let mut own = false;
    for (_, workload) in context.input_workloads() {
        let has_labels = matches(pair.pods, &workload.labels);
        both |= has_labels && is_chosen(context, pair, workload.namespace);
        own |= workload.namespace == at.policy.namespace && has_labels;
    }
    !both && own
}

fn is_chosen(context: &Context<'_>, pair: &Pair<'_>, namespace: NamespaceId) -> bool {
    let labels = context.cluster().namespace(namespace).map(|namespace| &namespace.labels);
    labels.is_some_and(|labels| matches(pair.namespaces, labels))
}

/// A connection with a pod that one item with both selectors would not match.
fn witness(context: &Context<'_>, at: &RuleAt<'_>, pair: &Pair<'_>) -> Option<Witness> {
    let subject = *context.subjects(at.policy_id).first()?;
    let items = [pair.namespaces_item, pair.pods_item];
    let peers: Vec<PeerId> = items.into_iter().flat_map(|item| context.item_peers(at, item)).collect();
    let beyond = |peer: &PeerId| {
        let workload = context.workload(*peer);
        workload.is_some_and(|workload| {
            *peer != subject
                && !(is_chosen(context, pair, workload.namespace) && matches(pair.pods, &workload.labels))
        })
    };
    let is_real = |peer: &PeerId| context.workload(*peer).is_some_and(|workload| !workload.is_hypothetical());
    let (real, other): (Vec<PeerId>, Vec<PeerId>) = peers.into_iter().filter(beyond).partition(is_real);
    real.into_iter().chain(other).find_map(|peer| {
        let destination = match at.direction {
            Direction::Ingress => subject,
            Direction::Egress => peer,
        };
        let ports = context.ports_on(at, Some(destination));
        let open = ports.intersection(context.allowed(at.direction, subject, peer));
        context.witness(at.direction, subject, peer, &open)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    const OPS: &str = "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}";

    fn case(items: &str) -> Case {
        let spec = format!("{{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{items}]}}]}}");
        let text = deployment("shop", "db", 5432)
            + &deployment("shop", "api", 80)
            + &deployment("ops", "spy", 1)
            + &deployment("ops", "backup", 1);
        Case::new(&(text + &policy("shop", "db", &spec)))
    }

    #[test]
    fn two_items_where_one_was_meant() {
        for items in [
            format!("{{{OPS}}}, {{podSelector: {{matchLabels: {{app: backup}}}}}}"),
            format!("{{podSelector: {{matchLabels: {{app: backup}}}}}}, {{{OPS}}}"),
        ] {
            let found = case(&items).check(&RULE);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].subject, "NetworkPolicy shop/db");
            assert_eq!(
                found[0].message,
                "`from` of ingress rule 1 means all pods of the namespaces with `kubernetes.io/metadata.name: ops`, and \
                 besides them the pods with `app: backup` of the namespace `shop`: as two items the selectors add up"
            );
            assert_eq!(found[0].spans.len(), 3);
            assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/db TCP 5432"));
        }
    }

    #[test]
    fn one_item_with_both() {
        let both = format!("{{{OPS}, podSelector: {{matchLabels: {{app: backup}}}}}}");
        assert!(case(&both).check(&RULE).is_empty());
        let rules = format!("{{{OPS}}}]}}, {{from: [{{podSelector: {{matchLabels: {{app: backup}}}}}}");
        assert!(case(&rules).check(&RULE).is_empty());
    }

    #[test]
    fn two_items_that_are_meant() {
        assert!(case(&format!("{{{OPS}}}, {{podSelector: {{}}}}")).check(&RULE).is_empty());
        let neighbours = format!("{{{OPS}}}, {{podSelector: {{matchLabels: {{app: api}}}}}}");
        assert!(case(&neighbours).check(&RULE).is_empty());
    }

    #[test]
    fn a_policy_on_its_own() {
        let spec = format!(
            "{{podSelector: {{}}, ingress: [{{from: [{{{OPS}}}, {{podSelector: {{matchLabels: {{app: backup}}}}}}]}}]}}"
        );
        assert_eq!(Case::new(&policy("shop", "db", &spec)).check(&RULE).len(), 1);
    }

    /// The namespace of the one is not pasted, and the pods of the other are in the policy's own.
    #[test]
    fn two_items_that_are_meant_where_the_namespace_is_not_pasted() {
        let items = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}, {podSelector: \
                     {matchLabels: {app: api}}}";
        assert!(case(items).check(&RULE).is_empty());
    }
}
