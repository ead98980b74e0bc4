//! NP402: a rule, or one item of its peers or ports, without which every cell of the matrix stays the same.
//!
//! Of policies that NP401 names nothing more is said.

use std::collections::BTreeSet;

use netpol_eval::Origin;
use netpol_manifest::{Change, Way};

use super::redundant_policy::adds_nothing;
use super::shadowed_rule::others;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::redundancy::{Covering, Holds};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{Item, Part};
use crate::site::{cluster_policy_span, policy_span};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP402,
    name: "redundant-rule",
    severity: Severity::Low,
    summary: "Without a rule, or one item of its peers or ports, every connection between what is in the input stays as it is.",
    why: "The items of a list, the rules of a policy and the policies of a pod add up. What another one opens anyway is not \
          restricted by this one, though it looks so.",
    help: "Remove it, or narrow what allows the same if it was meant to restrict something.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::None,
    fix: Some((Promise::Keeps, "Removes the rule or the item; no connection changes.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let found = context.redundancy().parts.iter();
    let of_clusters = context.searched_tiers().redundant.iter();
    let of_clusters = of_clusters.filter_map(|(origin, by)| of_cluster(context, *origin, by));
    found
        .filter_map(|(part, covering, holds)| finding(context, *part, covering, *holds))
        .chain(of_clusters)
        .collect()
}

/// A rule of a cluster-scoped policy without which its tier comes to the same decisions.
fn of_cluster(context: &Context<'_>, origin: Origin, by: &BTreeSet<Origin>) -> Option<Finding> {
    let at = context.cluster_rule(origin)?;
    let (names, others) = others(context, origin.policy, by, "the rest of this policy");
    let decide = if names.len() == 1 { "decides" } else { "decide" };
    Some(Finding {
        message: format!("{} adds nothing today: {} {decide} the same", at.path(), words::phrases(names)),
        subject: at.policy.reference(),
        spans: [at.span(), cluster_policy_span(at.policy)].into_iter().chain(others).collect(),
        ..Finding::of(&RULE)
    })
}

fn finding(context: &Context<'_>, part: Part, covering: &Covering, holds: Holds) -> Option<Finding> {
    let policy = context.cluster().policy(part.policy)?;
    let rule = policy.rules(part.direction).get(part.rule)?;
    let path = words::rule(part.direction, part.rule);
    let list = words::peers_field(part.direction);
    let way = Way::new().key("spec").key(words::field(part.direction)).item(part.rule);
    let way = match part.item {
        Item::Whole => way,
        Item::Peer(item) => way.key(list).item(item),
        Item::Port(item) => way.key("ports").item(item),
    };
    let (what, place) = match part.item {
        Item::Whole => (path, rule.range),
        Item::Peer(item) => (format!("peer {} of {path}", item + 1), rule.peers.get(item)?.range()),
        Item::Port(item) => (format!("port {} of {path}", item + 1), rule.ports.get(item)?.range),
    };
    let others: Vec<_> = covering.iter().filter(|id| **id != part.policy).collect();
    let others: Vec<_> = others.into_iter().filter_map(|id| context.cluster().policy(*id)).collect();
    let names: Vec<String> = others.iter().map(|other| other.reference().name).collect();
    let own = covering.contains(&part.policy).then(|| "the rest of this policy".to_owned());
    let names: Vec<String> = own.into_iter().chain(names.iter().map(|name| format!("`{name}`"))).collect();
    let open = if names.len() == 1 { "opens" } else { "open" };
    let mut spans = vec![policy.handle.span(place), policy_span(policy)];
    spans.extend(others.into_iter().map(policy_span));
    Some(Finding {
        message: format!("{what} {}: {} {open} the same", adds_nothing(holds), words::phrases(names)),
        subject: policy.reference(),
        spans,
        fix: (holds == Holds::Always).then(|| {
            let message = format!("remove {what}; no connection changes");
            Fix::change(&policy.handle, message, vec![Change::Remove(way)])
        }),
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, cluster_policy, deployment, policy};

    fn found(spec: &str, other: &str) -> Vec<Found> {
        let text =
            deployment("shop", "web", 80) + &deployment("shop", "db", 5432) + &deployment("ops", "spy", 1);
        Case::new(&(text + &policy("shop", "p", spec) + other)).check(&RULE)
    }

    #[test]
    fn a_rule_that_another_covers() {
        let narrow = "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}";
        let found = found(
            &format!("{{podSelector: {{}}, ingress: [{narrow}, {{from: [{{podSelector: {{}}}}]}}]}}"),
            "",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy shop/p");
        assert_eq!(found[0].message, "ingress rule 1 adds nothing: the rest of this policy opens the same");
        assert_eq!(found[0].spans, [narrow, "p"]);
        assert_eq!(found[0].witness, None);
    }

    #[test]
    fn a_rule_that_another_policy_covers() {
        let wide = policy("shop", "wide", "{podSelector: {}, ingress: [{ports: [{port: 5432}]}]}");
        let spec = "{podSelector: {matchLabels: {app: db}}, ingress: [{from: [{podSelector: {}}], ports: [{port: 5432}]}, \
                    {from: [{namespaceSelector: {}}], ports: [{port: 9000}]}]}";
        let found = found(spec, &wide);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "ingress rule 1 adds nothing: `wide` opens the same");
        assert_eq!(found[0].spans.len(), 3);
    }

    #[test]
    fn items_of_one_rule() {
        let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}, {ipBlock: {cidr: 10.1.0.0/16}}], \
                    ports: [{port: 80}, {port: 80, endPort: 90}]}]}";
        let found = found(spec, "");
        let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "peer 2 of ingress rule 1 adds nothing: the rest of this policy opens the same",
                "port 1 of ingress rule 1 adds nothing: the rest of this policy opens the same",
            ]
        );
        assert_eq!(found[0].spans[0], "{ipBlock: {cidr: 10.1.0.0/16}}");
    }

    #[test]
    fn what_matches_nothing_is_another_matter() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}}]}, {from: [{podSelector: {matchLabels: {app: \
                    gone}}}]}]}";
        assert!(found(spec, "").is_empty());
    }

    #[test]
    fn each_adds_something() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}, {from: \
                    [{namespaceSelector: {}}], ports: [{port: 5432}]}]}";
        assert!(found(spec, "").is_empty());
    }

    #[test]
    fn the_egress_rule_that_isolates() {
        // Without `policyTypes`, a policy without egress rules isolates nobody for egress.
        let all = policy(
            "shop",
            "all",
            "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}",
        );
        let spec = "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}], egress: [{to: \
                    [{podSelector: {}}]}]}";
        assert!(found(spec, &all).is_empty());
    }

    #[test]
    fn a_block_that_holds_pods() {
        let pod = |name: &str, ips: &str| {
            format!(
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}\nspec: \
                 {{containers: [{{name: c, image: i, ports: [{{containerPort: 80, name: http}}]}}]}}\nstatus: {{podIPs: [{ips}]}}\n"
            )
        };
        let both = "{ip: 10.1.0.1}, {ip: 'fd00::1'}";
        let found = |peers: &str, port: &str| {
            let spec = format!(
                "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{peers}], ports: [{{port: {port}}}]}}]}}"
            );
            let text = pod("a", both) + &pod("b", both) + &policy("shop", "p", &spec);
            let found = Case::new(&text).check(&RULE).into_iter();
            found
                .map(|found| found.message.split(" adds").next().unwrap_or_default().to_owned())
                .collect::<Vec<_>>()
        };
        let (pods, v4, v6) =
            ("{podSelector: {}}", "{ipBlock: {cidr: 10.0.0.0/8}}", "{ipBlock: {cidr: 'fd00::/8'}}");
        // Each family by itself, and names of ports only for those that labels reach.
        assert!(found(&format!("{v4}, {v6}"), "80").is_empty());
        assert!(found(&format!("{v4}, {pods}"), "80").is_empty());
        assert!(found(&format!("{v4}, {v6}, {pods}"), "http").is_empty());
        assert_eq!(found(&format!("{v4}, {v6}, {pods}"), "80"), ["peer 3 of egress rule 1"]);
        let many: String = (2..22).map(|at| format!("{{ipBlock: {{cidr: 10.{at}.0.0/16}}}}, ")).collect();
        let narrow = "{ipBlock: {cidr: 10.1.0.0/16}}";
        assert_eq!(found(&format!("{many}{narrow}, {v6}, {pods}"), "80"), ["peer 23 of egress rule 1"]);
        assert!(found(&format!("{many}{narrow}, {v6}, {pods}"), "http").is_empty());
        assert!(found(&format!("{many}{narrow}, {pods}"), "80").is_empty());
    }

    #[test]
    fn a_rule_of_a_cluster_scoped_policy() {
        let ops = "{action: Deny, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}";
        let all = "{action: Deny, from: [{namespaces: {}}]}";
        let of = |rules: &str, others: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, ingress: [{rules}]");
            found("{podSelector: {}}", &(cluster_policy("guard", "Admin", 5, &spec) + others))
        };
        let found = of(&format!("{ops}, {all}"), "");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "ClusterNetworkPolicy guard");
        assert_eq!(
            found[0].message,
            "ingress rule 1 adds nothing today: the rest of this policy decides the same"
        );
        assert_eq!(found[0].spans, [ops, "guard"]);
        // Something in between tells them apart, and NetworkPolicies alone are not what makes a guard needless.
        let between =
            "{action: Accept, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 80}}}]}";
        assert!(of(&format!("{ops}, {between}, {all}"), "").is_empty());
        assert!(of(all, "").is_empty());
    }
}
