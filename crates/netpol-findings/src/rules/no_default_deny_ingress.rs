//! NP101: a namespace whose policies do not isolate every pod for ingress.
//!
//! Reported for a namespace that has no policy for ingress at all, and for one whose workloads are each isolated by a
//! policy of their own (nothing is open today; what is deployed next is). Where policies isolate some of the workloads
//! and leave out others, NP103 names those that are left out, and this rule is silent: no workload gets both. Pods on
//! the host network do not count, as no policy can isolate them.

use netpol_eval::{NamespaceId, PeerId};
use netpol_manifest::Direction;

use crate::cause::Cause;
use crate::context::Context;
use crate::coverage::{Coverage, but_denied, coverage};
use crate::finding::Finding;
use crate::isolate::isolate;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::witness::Witness;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP101,
    name: "no-default-deny-ingress",
    severity: Severity::High,
    summary: "A namespace with workloads has no NetworkPolicy that isolates every pod for ingress.",
    why: "A pod that no NetworkPolicy selects for ingress accepts every connection, from every pod of every namespace and from \
          outside. One compromised pod anywhere in the cluster reaches all of them.",
    help: "Add a policy with `podSelector: {}` and `policyTypes: [Ingress]` and no `ingress` rules, then one policy for each \
           connection that is meant.",
    references: &[
        refer::CIS_POLICIES,
        refer::NSA_POLICIES,
        refer::ATTACK_DISCOVERY,
        refer::MICROSOFT_MAPPING,
        refer::MICROSOFT_NETWORKING,
        refer::CKS_POLICIES,
        refer::KUBESCAPE_BLOCKED,
        refer::KUBESCAPE_MAPPING,
        refer::KUBESCAPE_NETWORKING,
        refer::KUBESCAPE_POLICIES,
    ],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Adds a policy that isolates every pod of the namespace for ingress, or lets the one that denies some select all; what egress rules of others name stays open. Not for what something publishes, nor for `kube-system`.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, namespace, view) in context.namespaces() {
        let name = &namespace.name;
        let (message, witness, severity) = match coverage(context, view, Direction::Ingress) {
            Coverage::Empty | Coverage::Whole | Coverage::Partly(_) => continue,
            Coverage::None => {
                let witness = view.members.first().and_then(|member| stranger(context, id, *member));
                let workloads = context.names(&view.members);
                let but = but_denied(context, &view.members, Direction::Ingress);
                (
                    format!(
                        "no NetworkPolicy isolates the pods of `{name}` for ingress: everyone reaches {workloads}{but}"
                    ),
                    witness,
                    RULE.severity,
                )
            }
            Coverage::OneByOne => {
                let today = match view.members.len() {
                    1 => "its workload of today is isolated by itself".to_owned(),
                    count => format!("its {count} workloads of today are isolated one by one"),
                };
                let message = format!(
                    "no NetworkPolicy isolates every pod of `{name}` for ingress: {today}, and the next one will be open to everyone"
                );
                // Nothing is open today.
                (message, None, Severity::Medium)
            }
        };
        let finding = Finding {
            message,
            subject: context.namespace_ref(id),
            spans: context.namespace_spans(id, &view.members),
            witness,
            severity,
            cause: Cause::itself(id, Direction::Ingress),
            ..Finding::of(&RULE)
        };
        findings.push(finding.mended_by(isolate(context, id, Direction::Ingress)));
    }
    findings
}

/// A connection from somebody who has no business there: a pod of another namespace, else an address outside.
pub(super) fn stranger(context: &Context<'_>, own: NamespaceId, subject: PeerId) -> Option<Witness> {
    let others = context
        .input_workloads()
        .filter(|(_, workload)| workload.namespace != own && !workload.host_network)
        .map(|(peer, _)| peer);
    others.chain(context.any_address().iter().copied()).find_map(|peer| {
        let allowed = context.evaluation().allowed(peer, subject);
        context.witness(Direction::Ingress, subject, peer, allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, host_network_pod, policy};

    #[test]
    fn a_namespace_without_policies() {
        let text = format!(
            "{}{}{}",
            deployment("shop", "web", 80),
            deployment("shop", "db", 5432),
            deployment("ops", "spy", 1)
        );
        let case = Case::new(&text);
        let found = case.check(&RULE);
        assert_eq!(found.len(), 2);
        let shop = &found[1];
        assert_eq!(shop.subject, "Namespace shop");
        assert_eq!(
            shop.message,
            "no NetworkPolicy isolates the pods of `shop` for ingress: everyone reaches `web` and `db`"
        );
        assert_eq!(shop.spans, ["web", "db"]);
        assert_eq!(shop.witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
    }

    #[test]
    fn policies_for_each_workload_leave_the_next_one_open() {
        let text = deployment("shop", "web", 80)
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("is isolated by itself"), "{}", found[0].message);
        assert_eq!(found[0].witness, None);
    }

    #[test]
    fn the_next_one_is_closed_by_cluster_scoped_policies() {
        let own = deployment("shop", "web", 80)
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        let count = |tier: &str, subject: &str, rules: &str| {
            let spec = format!("subject: {{{subject}}}, ingress: [{rules}]");
            Case::new(&(own.clone() + &cluster_policy("p", tier, 5, &spec))).check(&RULE).len()
        };
        let deny = "{action: Deny, from: [{namespaces: {}}]}";
        let pass = "{action: Pass, from: [{namespaces: {}}]}";
        assert_eq!(count("Baseline", "namespaces: {}", deny), 0);
        assert_eq!(count("Admin", "pods: {namespaceSelector: {}, podSelector: {}}", deny), 0);
        assert_eq!(count("Admin", "namespaces: {}", &format!("{pass}, {deny}")), 1);
        assert_eq!(
            count("Baseline", "namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}", deny),
            1
        );
        let some = "pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}";
        assert_eq!(count("Baseline", some, deny), 1);
    }

    #[test]
    fn a_policy_for_every_pod_satisfies_it() {
        let text = deployment("shop", "web", 80)
            + &policy("shop", "deny", "{podSelector: {}, policyTypes: [Ingress]}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn workloads_that_are_left_out_are_named_by_another_rule() {
        let text = deployment("shop", "web", 80)
            + &deployment("shop", "db", 5432)
            + &policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn pods_on_the_host_network_do_not_count() {
        assert!(Case::new(&host_network_pod("kube-system", "kube-proxy")).check(&RULE).is_empty());
    }

    #[test]
    fn cluster_scoped_policies_that_decide_for_every_pod() {
        let web = deployment("shop", "web", 80) + &deployment("ops", "spy", 1);
        let of = |tier: &str, rules: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, ingress: [{rules}]");
            let found = Case::new(&(web.clone() + &cluster_policy("p", tier, 5, &spec))).check(&RULE);
            found.into_iter().map(|found| found.subject).collect::<Vec<_>>()
        };
        let deny = "{action: Deny, from: [{namespaces: {}}]}";
        let ops = "{action: Accept, from: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: ops}}}]}";
        assert!(of("Baseline", deny).is_empty());
        assert!(of("Admin", &format!("{ops}, {deny}")).is_empty());
        let both = ["Namespace ops", "Namespace shop"];
        assert_eq!(of("Baseline", ops), both);
        assert_eq!(of("Admin", &deny.replace("Deny", "Pass")), both);
        assert_eq!(
            of(
                "Baseline",
                &deny
                    .replace("{}}]}", "{}}], protocols: [{tcp: {}}]}")
                    .replace("{tcp: {}}", "{tcp: {destinationPort: {number: 22}}}")
            ),
            both
        );
    }

    /// Every pod asks it, so that nothing of it is meant to be closed by default.
    #[test]
    fn the_dns_of_the_cluster() {
        let codes =
            |text: &str| Case::new(text).check_all().into_iter().map(|one| one.code).collect::<Vec<_>>();
        assert_eq!(codes(&crate::testing::coredns()), [""; 0]);
        let beside = crate::testing::coredns() + &deployment("kube-system", "metrics-server", 4443);
        assert_eq!(codes(&beside).first(), Some(&"NP101"));
    }
}
