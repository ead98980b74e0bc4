//! NP404: the same kind, namespace and name more than once in the input.
//!
//! One finding an object, however often it is there. The last one counts, as with `kubectl apply`.

use std::collections::BTreeMap;

use netpol_manifest::{Change, Way};
use netpol_source::{ObjectRef, Span};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP404,
    name: "replaced-object",
    severity: Severity::Medium,
    summary: "The same kind, namespace and name is in the input more than once.",
    why: "An object is applied under its name, and the later one replaces the earlier one as a whole: they do not add up. What \
          the earlier one says, a policy's rules for instance, is gone.",
    help: "Give one of them another name if both are meant, correct its namespace, or remove the one that is out of date.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::None,
    fix: Some((Promise::Keeps, "Removes those that are replaced; no connection changes.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut places: BTreeMap<&ObjectRef, (Span, Vec<Span>)> = BTreeMap::new();
    for replaced in context.cluster().replaced.iter().filter(|replaced| !replaced.is_same) {
        let (last, earlier) = places.entry(&replaced.object).or_insert_with(|| (replaced.later, Vec::new()));
        *last = replaced.later;
        earlier.push(replaced.earlier);
    }
    let findings = places.into_iter().map(|(object, (last, earlier))| {
        let count = earlier.len();
        let (times, those, have) = match count {
            1 => ("twice".to_owned(), "one".to_owned(), "has"),
            _ => (format!("{} times", count + 1), count.to_string(), "have"),
        };
        let changes = earlier.iter().map(|place| (*place, vec![Change::Remove(Way::new())]));
        let fix = Fix {
            message: format!("remove the {those} without effect; no connection changes"),
            changes: changes.collect(),
            added: Vec::new(),
        };
        let mut spans = earlier;
        spans.push(last);
        Finding {
            message: format!(
                "the {} `{}` is there {times}: the last one replaces the {those} before it, which {have} no effect",
                object.kind, object.name,
            ),
            subject: object.clone(),
            spans,
            fix: Some(fix),
            ..Finding::of(&RULE)
        }
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    #[test]
    fn a_policy_that_is_there_twice() {
        let text = deployment("shop", "web", 80)
            + &policy("shop", "web", "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}")
            + &policy("shop", "web", "{podSelector: {}}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/web");
        assert_eq!(
            found[0].message,
            "the NetworkPolicy `web` is there twice: the last one replaces the one before it, which has no effect"
        );
        assert_eq!(found[0].spans, ["web", "web"]);
        assert_eq!(found[0].witness, None);
    }

    #[test]
    fn many_times_is_one_finding() {
        let others = ["[]", "[{}]", "[{ports: []}]"]
            .map(|rules| policy("shop", "web", &format!("{{podSelector: {{}}, ingress: {rules}}}")));
        let text = others.concat() + &policy("shop", "web", "{podSelector: {}}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].spans.len(), 4);
        assert!(found[0].message.contains("replaces the 3 before it"), "{}", found[0].message);
    }

    #[test]
    fn another_namespace_or_kind_is_another_object() {
        let text = deployment("shop", "web", 80)
            + &policy("shop", "web", "{podSelector: {}}")
            + &policy("ops", "web", "{podSelector: {}}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn the_same_twice_replaces_nothing() {
        let namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n";
        let other_form =
            "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {team: a}\n";
        let policy = policy("shop", "web", "{podSelector: {}}");
        for text in [
            namespace.repeat(2),
            namespace.to_owned() + other_form,
            deployment("shop", "web", 80).repeat(2),
            policy.repeat(3),
        ] {
            assert!(Case::new(&text).check(&RULE).is_empty(), "{text}");
        }
        let text = namespace.to_owned() + &namespace.replace("team: a", "team: b");
        assert_eq!(Case::new(&text).check(&RULE).len(), 1);
    }
}
