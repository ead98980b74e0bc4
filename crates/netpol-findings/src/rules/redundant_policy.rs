//! NP401: a policy without which every cell of the matrix stays the same.
//!
//! What it allows its subjects, other policies allow them as well, and they are isolated without it. The last policy of a
//! namespace that isolates every pod for a direction is spared, and so is every default deny: they are there for the
//! pods to come. Of cluster-scoped policies, those are found without which their own tier comes to the same decisions,
//! whatever NetworkPolicies say.

use netpol_manifest::{Change, Way};

use super::shadowed_rule::others;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::redundancy::Holds;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{cluster_policy_span, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP401,
    name: "redundant-policy",
    severity: Severity::Low,
    summary: "Without a policy, every connection between what is in the input stays allowed or denied as it is.",
    why: "Policies add up. One that adds nothing makes the others harder to read, and looks like a restriction: whoever \
          narrows it later changes nothing.",
    help: "Remove it, or narrow the policies that allow the same if it was meant to restrict something.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::None,
    fix: Some((Promise::Keeps, "Removes the policy; no connection changes.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let found = context.redundancy().policies.iter();
    let findings = found.filter_map(|(id, covering, holds)| {
        let policy = context.cluster().policy(*id)?;
        let reference = policy.reference();
        let others: Vec<_> = covering.iter().filter_map(|id| context.cluster().policy(*id)).collect();
        let names: Vec<String> = others.iter().map(|other| other.reference().name).collect();
        let names = words::list(names.iter().map(String::as_str));
        let has_rules =
            policy.spec.ingress.iter().chain(&policy.spec.egress).any(|rules| !rules.value.is_empty());
        let (isolate, allow) = if others.len() == 1 { ("isolates", "allows") } else { ("isolate", "allow") };
        let nothing = adds_nothing(*holds);
        let message = match has_rules {
            true => {
                format!("`{}` {nothing}: {names} {allow} the same pods all that it allows", reference.name)
            }
            false => format!("`{}` {nothing}: {names} {isolate} the same pods", reference.name),
        };
        let mut spans = vec![policy_span(policy)];
        spans.extend(others.into_iter().map(policy_span));
        let remove = format!("remove `{}`; no connection changes", reference.name);
        let fix = Fix::change(&policy.handle, remove, vec![Change::Remove(Way::new())]);
        Some(Finding {
            message,
            subject: reference,
            spans,
            fix: Some(fix).filter(|_| *holds == Holds::Always),
            ..Finding::of(&RULE)
        })
    });
    let of_clusters = context.searched_tiers().policies.iter().filter_map(|(id, by)| {
        let policy = context.cluster().cluster_policy(*id)?;
        let reference = policy.reference();
        let (names, others) = others(context, *id, by, "");
        let decide = if names.len() == 1 { "decides" } else { "decide" };
        let message =
            format!("`{}` adds nothing today: {} {decide} the same", reference.name, words::phrases(names));
        Some(Finding {
            message,
            subject: reference,
            spans: std::iter::once(cluster_policy_span(policy)).chain(others).collect(),
            ..Finding::of(&RULE)
        })
    });
    findings.chain(of_clusters).collect()
}

/// What is said of what can go, or could if there were no other pods than those of today.
pub(super) fn adds_nothing(holds: Holds) -> &'static str {
    match holds {
        Holds::Always => "adds nothing",
        Holds::Today => "adds nothing today",
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, policy};

    const DENY: &str = "{podSelector: {}}";
    const WEB_TO_DB: &str = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {matchLabels: {app: \
                             web}}}], ports: [{port: 5432}]}]}";

    fn shop() -> String {
        deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + &deployment("ops", "spy", 1)
    }

    #[test]
    fn a_policy_that_a_wider_one_covers() {
        let wide =
            WEB_TO_DB.replace("{matchLabels: {app: web}}", "{}").replace(", ports: [{port: 5432}]", "");
        let text = shop() + &policy("shop", "narrow", WEB_TO_DB) + &policy("shop", "wide", &wide);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/narrow");
        assert_eq!(found[0].message, "`narrow` adds nothing: `wide` allows the same pods all that it allows");
        assert_eq!(found[0].spans, ["narrow", "wide"]);
        assert_eq!(found[0].witness, None);
    }

    #[test]
    fn of_two_that_are_alike_one_stays() {
        let text = shop() + &policy("shop", "a", WEB_TO_DB) + &policy("shop", "b", WEB_TO_DB);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/b");
    }

    #[test]
    fn a_deny_for_some_beside_one_for_all() {
        let some = "{podSelector: {matchLabels: {app: db}}}";
        let text = shop() + &policy("shop", "deny", DENY) + &policy("shop", "deny-db", some);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "`deny-db` adds nothing: `deny` isolates the same pods");
        let text = shop() + &policy("shop", "deny-db", some);
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn default_denies_are_there_for_the_pods_to_come() {
        let both = ["web", "db"].map(|name| {
            policy(
                "shop",
                name,
                &format!("{{podSelector: {{matchLabels: {{app: {name}}}}}, ingress: [{{}}]}}"),
            )
        });
        let text = shop() + &both.concat() + &policy("shop", "deny", DENY);
        assert!(Case::new(&text).check(&RULE).is_empty());
        let own = "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}";
        let text = shop() + &both.concat() + &policy("shop", "own", own);
        assert!(Case::new(&text).check(&RULE).is_empty());
        let text = text + &policy("shop", "deny", DENY);
        assert_eq!(Case::new(&text).check(&RULE).len(), 1);
    }

    #[test]
    fn each_adds_something() {
        let other = WEB_TO_DB.replace("5432", "5433");
        let text = shop() + &policy("shop", "a", WEB_TO_DB) + &policy("shop", "b", &other);
        assert!(Case::new(&text).check(&RULE).is_empty());
        let egress = WEB_TO_DB.replace("ingress: [{from", "policyTypes: [Ingress, Egress], ingress: [{from");
        let text = shop() + &policy("shop", "a", WEB_TO_DB) + &policy("shop", "b", &egress);
        // The second isolates for egress as well, so it is the first that can go.
        let found = Case::new(&text).check(&RULE);
        assert_eq!(
            found.iter().map(|found| found.subject.as_str()).collect::<Vec<_>>(),
            ["NetworkPolicy shop/a"]
        );
    }

    #[test]
    fn a_cluster_scoped_policy_before_a_wider_one() {
        let of = |name: &str, priority: u16, action: &str, from: &str| {
            let spec = format!(
                "subject: {{namespaces: {{}}}}, ingress: [{{action: {action}, from: [{{namespaces: {from}}}]}}]"
            );
            cluster_policy(name, "Admin", priority, &spec)
        };
        let ops = "{matchLabels: {kubernetes.io/metadata.name: ops}}";
        let text = shop() + &of("ops", 5, "Deny", ops);
        assert!(Case::new(&text).check(&RULE).is_empty());
        let found = Case::new(&(text.clone() + &of("all", 6, "Deny", "{}"))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy ops");
        assert_eq!(found[0].message, "`ops` adds nothing today: `all` decides the same");
        assert!(Case::new(&(text + &of("all", 6, "Accept", "{}"))).check(&RULE).is_empty());
    }

    #[test]
    fn a_cluster_scoped_policy_that_may_decide_otherwise_than_one_of_its_priority() {
        let of = |name: &str, priority: u16, rules: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, ingress: [{rules}]");
            cluster_policy(name, "Admin", priority, &spec)
        };
        let deny = "{action: Deny, from: [{namespaces: {}}]}";
        let careful = format!(
            "{{action: Accept, from: [{{namespaces: {{matchLabels: {{kubernetes.io/metadata.name: ops}}}}}}]}}, {deny}"
        );
        let both = { shop() + &deployment("ops", "spy", 1) + &of("a", 5, &careful) + &of("b", 5, deny) };
        assert!(Case::new(&both).check(&RULE).is_empty());
    }
}
