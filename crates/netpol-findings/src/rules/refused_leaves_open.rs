//! NP320: a policy that the API server refuses, and what it leaves open.
//!
//! Only what its own selector says is judged: pods that it would isolate and that no other policy does.

use netpol_eval::{PeerId, RefusedPolicy, matches};
use netpol_manifest::Direction;

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP320,
    name: "refused-leaves-open",
    severity: Severity::High,
    summary: "The API server refuses a policy, and no other isolates the pods that it selects.",
    why: "A policy that is refused protects nothing, and a deployment that applies many objects at once easily hides that one \
          of them failed: the pods are open, and everybody believes that they are not.",
    help: "Mend what the diagnostics of the policy say; what it isolates is closed from then on.",
    references: &[refer::CIS_POLICIES, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let refused = context.cluster().refused.iter();
    refused.filter_map(|one| finding(context, one)).collect()
}

fn finding(context: &Context<'_>, refused: &RefusedPolicy) -> Option<Finding> {
    if !context.look_through_all() {
        return None;
    }
    let namespace = refused.object.namespace.as_deref()?;
    let selected = context.input_workloads().filter(|(_, workload)| {
        !workload.host_network
            && context.namespace_name(workload.namespace) == namespace
            && matches(&refused.selects.pods, &workload.labels)
    });
    let selected: Vec<PeerId> = selected.map(|(peer, _)| peer).collect();
    let mut open: Vec<(Direction, Vec<PeerId>)> = Vec::new();
    for direction in Direction::BOTH {
        if refused.selects.directions.contains(&direction) {
            let pods = selected.iter().copied();
            let pods: Vec<PeerId> =
                pods.filter(|peer| !context.evaluation().isolated(direction, *peer)).collect();
            if !pods.is_empty() {
                open.push((direction, pods));
            }
        }
    }
    let (direction, first) = open.first()?;
    let both = open.len() > 1 && open.iter().all(|(_, pods)| pods == first);
    let way = if both { "ingress and egress" } else { words::field(*direction) };
    let outside = context.any_address().first().copied();
    let witness = first.first().copied().zip(outside).and_then(|(subject, outside)| {
        let allowed = context.allowed(*direction, subject, outside);
        context.witness(*direction, subject, outside, allowed)
    });
    let mut spans = vec![refused.place];
    spans.extend(context.workload_spans(first));
    let name = match refused.object.name.as_str() {
        "" => "a policy without a name".to_owned(),
        name => format!("`{name}`"),
    };
    Some(Finding {
        message: format!(
            "the API server refuses {name}, and no other policy isolates {} for {way}",
            context.names(first)
        ),
        subject: refused.object.clone(),
        spans,
        witness,
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, deployment, policy};

    fn found(spec: &str, more: &str) -> Vec<Found> {
        let text = deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + more;
        Case::with_refused(&(text + &policy("shop", "p", spec))).check(&RULE)
    }

    #[test]
    fn what_no_other_policy_isolates() {
        let spec = "{podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 99999}]}]}";
        let all = found(spec, "");
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].message,
            "the API server refuses `p`, and no other policy isolates `web` for ingress"
        );
        assert_eq!(all[0].subject, "NetworkPolicy shop/p");
        assert_eq!(all[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 80"));
        let deny = policy("shop", "deny", "{podSelector: {}, policyTypes: [Ingress]}");
        assert!(found(spec, &deny).is_empty());
    }

    #[test]
    fn both_directions() {
        let all = found("{podSelector: {}, policyTypes: [Ingress, Egress, Other]}", "");
        assert!(all[0].message.ends_with("isolates `web` and `db` for ingress and egress"), "{all:?}");
    }

    #[test]
    fn a_selector_that_cannot_be_read_says_nothing() {
        assert!(found("{podSelector: {matchLabels: [x]}}", "").is_empty());
    }
}
