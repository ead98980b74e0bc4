//! NP316: a policy that is meant to deny egress, and does not.
//!
//! Without `policyTypes` an empty `egress` restricts nothing; and a name alone isolates nobody.

use netpol_eval::{Policy, PolicyId};
use netpol_manifest::{Change, Direction, Protocol, Way, Yaml};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, NamedFix};
use crate::policies::{allow_dns, dns_peers};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::policy_span;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP316,
    name: "looks-like-deny-egress",
    severity: Severity::Medium,
    summary: "A policy looks as if it denied egress, but `Egress` is not among its effective `policyTypes`.",
    why: "Where `policyTypes` is left out, `Egress` counts only when there are egress rules, and an empty list has none. The \
          pods look cut off, and reach whatever they like.",
    help: "Write `policyTypes: [Ingress, Egress]`. The pods are isolated for egress from then on: open what they need, DNS \
           included.",
    references: &[refer::NSA_POLICIES, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: Some((Promise::Corrects, "Adds `Egress` to `policyTypes`, and a policy that opens DNS.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    context.policies().filter_map(|(id, policy)| finding(context, id, policy)).collect()
}

fn finding(context: &Context<'_>, id: PolicyId, policy: &Policy) -> Option<Finding> {
    if policy.isolates(Direction::Egress) {
        return None;
    }
    let name = policy.reference().name;
    let list = policy.spec.egress.as_ref().filter(|rules| rules.value.is_empty());
    if list.is_none() && (policy.spec.egress.is_some() || !says_so(&name)) {
        return None;
    }
    // What others isolate is closed as it is meant to be.
    let subjects = context.subjects(id);
    context.work(subjects.len());
    let open = |subject: &&netpol_eval::PeerId| !context.evaluation().isolated(Direction::Egress, **subject);
    let subject = subjects.iter().find(open).copied();
    if subject.is_none() && !subjects.is_empty() {
        return None;
    }
    let witness = subject.zip(context.any_address().first().copied()).and_then(|(subject, outside)| {
        let allowed = context.allowed(Direction::Egress, subject, outside);
        context.witness(Direction::Egress, subject, outside, allowed)
    });
    let types = &policy.spec.policy_types;
    let (what, why) = match (list, types) {
        (Some(_), None) => ("`egress: []`", "without `policyTypes` that restricts nothing"),
        (Some(_), Some(_)) => ("`egress: []`", "`policyTypes` does not list `Egress`"),
        (None, None) => ("its name", "without `policyTypes` and egress rules only ingress is denied"),
        (None, Some(_)) => ("its name", "`policyTypes` does not list `Egress`"),
    };
    let place = list.map(|list| list.range).or(types.as_ref().map(|types| types.range));
    let mut spans: Vec<_> = place.map(|range| policy.handle.span(range)).into_iter().collect();
    spans.push(policy_span(policy));
    let finding = Finding {
        message: format!("`{name}` looks by {what} as if it denied egress, but {why}: egress stays open"),
        subject: policy.reference(),
        spans,
        witness,
        ..Finding::of(&RULE)
    };
    Some(finding.mended_by(ways(context, policy, list.is_some())))
}

/// A name says what is meant; an empty list may as well be left over.
fn ways(context: &Context<'_>, policy: &Policy, is_written: bool) -> Vec<NamedFix> {
    let Some(fix) = fix(context, policy) else { return Vec::new() };
    let deny = NamedFix { name: "Deny egress but for DNS", fix };
    if !is_written {
        return vec![deny];
    }
    let message = format!("remove `egress` of `{}`, which has no effect", policy.reference().name);
    let remove = Change::Remove(Way::new().key("spec").key("egress"));
    let remove = NamedFix { name: "Leave it open", fix: Fix::change(&policy.handle, message, vec![remove]) };
    vec![deny, remove]
}

/// Whether a name says that egress is denied: `deny-egress`, `deny-all`, but not `deny-all-ingress`.
fn says_so(name: &str) -> bool {
    let words: Vec<&str> = name.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    let has = |word: &str| words.contains(&word);
    let denies = ["deny", "denies", "block", "blocks"].into_iter().any(has);
    denies && (has("egress") || has("all") && !has("ingress") && !has("inbound"))
}

/// Adds `Egress`, and lets the pods ask for names.
fn fix(context: &Context<'_>, policy: &Policy) -> Option<Fix> {
    let way = Way::new().key("spec").key("policyTypes");
    let change = match policy.spec.policy_types {
        Some(_) => Change::Push(way, Yaml::text("Egress")),
        None => Change::Set(way, Yaml::List(vec![Yaml::text("Ingress"), Yaml::text("Egress")])),
    };
    let over = |protocol| protocol != Protocol::Sctp;
    let dns = allow_dns(
        context,
        dns_peers(context),
        policy.namespace,
        "allow-dns",
        &policy.spec.pod_selector,
        over,
    )?;
    let message = format!(
        "isolate the pods of `{}` for egress, and let them ask the cluster's DNS",
        policy.reference().name
    );
    let mut fix = Fix::change(&policy.handle, message, vec![change]);
    fix.added = vec![dns];
    Some(fix)
}

#[cfg(test)]
mod tests {
    use super::{RULE, says_so};
    use crate::testing::{Case, Found, deployment, policy};

    fn found(name: &str, spec: &str, more: &str) -> Vec<Found> {
        let text = deployment("shop", "web", 80) + &policy("shop", name, spec) + more;
        Case::new(&text).check(&RULE)
    }

    #[test]
    fn an_empty_list_without_types() {
        let found = found("closed", "{podSelector: {}, ingress: [], egress: []}", "");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`closed` looks by `egress: []` as if it denied egress, but without `policyTypes` that restricts nothing: egress \
             stays open"
        );
        assert_eq!(found[0].spans, ["[]", "closed"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 443"));
    }

    #[test]
    fn a_name_that_says_so() {
        assert_eq!(found("deny-egress", "{podSelector: {}}", "").len(), 1);
        assert_eq!(found("deny-all", "{podSelector: {}, policyTypes: [Ingress]}", "").len(), 1);
        assert!(found("default-deny", "{podSelector: {}, policyTypes: [Ingress]}", "").is_empty());
        assert!(found("deny-all", "{podSelector: {}, policyTypes: [Ingress, Egress]}", "").is_empty());
        for (name, expected) in [("deny-all-ingress", false), ("denyall", false), ("block.egress", true)] {
            assert_eq!(says_so(name), expected, "{name}");
        }
    }

    #[test]
    fn what_another_policy_isolates_is_closed() {
        let other = policy("shop", "out", "{podSelector: {}, policyTypes: [Egress]}");
        assert!(found("deny-all", "{podSelector: {}, policyTypes: [Ingress]}", &other).is_empty());
    }
}
