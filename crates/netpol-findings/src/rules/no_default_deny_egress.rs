//! NP102: a namespace whose policies do not isolate every pod for egress.
//!
//! Decided as NP101 is, for the other direction: silent where policies for egress leave out some workloads, which is
//! what NP103 reports.

use netpol_eval::PeerId;
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
    code: Code::NP102,
    name: "no-default-deny-egress",
    severity: Severity::Medium,
    summary: "A namespace with workloads has no NetworkPolicy that isolates every pod for egress.",
    why: "A pod that no NetworkPolicy selects for egress may connect to anything: other pods, the cloud's metadata endpoint, any \
          address outside. Whoever takes it over can fetch tools, scan the cluster and carry data away.",
    help: "Add a policy with `podSelector: {}` and `policyTypes: [Egress]` and no `egress` rules, one that opens DNS, and one \
           for each connection that is meant.",
    references: &[
        refer::CIS_POLICIES,
        refer::NSA_POLICIES,
        refer::ATTACK_DISCOVERY,
        refer::MICROSOFT_NETWORKING,
        refer::CKS_POLICIES,
        refer::KUBESCAPE_BLOCKED,
        refer::KUBESCAPE_POLICIES,
    ],
    proof: Proof::Allowed,
    fix: Some((
        Promise::Narrows,
        "Adds a policy that isolates every pod of the namespace for egress, and one that lets them ask the cluster's DNS; what ingress rules of others name stays open. Not for `kube-system`.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, namespace, view) in context.namespaces() {
        let name = &namespace.name;
        let (message, witness) = match coverage(context, view, Direction::Egress) {
            Coverage::Empty | Coverage::Whole | Coverage::Partly(_) => continue,
            Coverage::None => {
                let witness = view.members.first().and_then(|member| anybody(context, *member));
                let workloads = context.names(&view.members);
                let but = but_denied(context, &view.members, Direction::Egress);
                (
                    format!(
                        "no NetworkPolicy isolates the pods of `{name}` for egress: {workloads} may connect to anything{but}"
                    ),
                    witness,
                )
            }
            Coverage::OneByOne => {
                let today = match view.members.len() {
                    1 => "its workload of today is isolated by itself".to_owned(),
                    count => format!("its {count} workloads of today are isolated one by one"),
                };
                let message = format!(
                    "no NetworkPolicy isolates every pod of `{name}` for egress: {today}, and the next one may connect to anything"
                );
                (message, None)
            }
        };
        let finding = Finding {
            message,
            subject: context.namespace_ref(id),
            spans: context.namespace_spans(id, &view.members),
            witness,
            cause: Cause::itself(id, Direction::Egress),
            ..Finding::of(&RULE)
        };
        findings.push(finding.mended_by(isolate(context, id, Direction::Egress)));
    }
    findings
}

/// A connection to somebody: to an address outside, else to a pod.
pub(super) fn anybody(context: &Context<'_>, subject: PeerId) -> Option<Witness> {
    let pods = context.input_workloads().map(|(peer, _)| peer).filter(|peer| *peer != subject);
    let others = context.evaluation().peer_ids().map(|(peer, _)| peer);
    let mut all = context.any_address().iter().copied().chain(pods).chain(others);
    all.find_map(|peer| {
        let allowed = context.evaluation().allowed(subject, peer);
        context.witness(Direction::Egress, subject, peer, allowed)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, namespace, policy};

    #[test]
    fn a_namespace_without_policies_for_egress() {
        let text = namespace("shop")
            + &deployment("shop", "web", 80)
            + &policy("shop", "deny", "{podSelector: {}, policyTypes: [Ingress]}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Namespace shop");
        assert_eq!(
            found[0].message,
            "no NetworkPolicy isolates the pods of `shop` for egress: `web` may connect to anything"
        );
        assert_eq!(found[0].spans, ["shop", "web"]);
        assert_eq!(found[0].witness.as_deref(), Some("shop/web -> 0.0.0.0/0 TCP 443"));
    }

    #[test]
    fn a_policy_for_every_pod_satisfies_it() {
        let text = deployment("shop", "web", 80)
            + &policy("shop", "deny", "{podSelector: {}, policyTypes: [Egress]}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn what_a_cluster_scoped_policy_denies_is_left_out() {
        let deny = "subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]";
        let found =
            Case::new(&(deployment("shop", "web", 80) + &cluster_policy("p", "Admin", 5, deny))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.ends_with("`web` may connect to anything that no cluster-scoped policy denies"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn nothing_is_said_of_pods_that_are_not_in_the_input() {
        let text = policy("shop", "web", "{podSelector: {matchLabels: {app: web}}}");
        assert!(Case::new(&text).check(&RULE).is_empty());
    }

    #[test]
    fn cluster_scoped_policies_that_decide_for_every_destination() {
        let web = deployment("shop", "web", 80) + &deployment("ops", "spy", 1);
        let of = |rules: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, egress: [{rules}]");
            Case::new(&(web.clone() + &cluster_policy("p", "Baseline", 5, &spec))).check(&RULE)
        };
        assert!(of("{action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}").is_empty());
        // Pods are open, and nothing else is.
        let pods =
            "{action: Pass, to: [{namespaces: {}}]}, {action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}";
        let found = of(pods);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].witness.as_deref(), Some("shop/web -> ops/spy TCP 1"));
    }
}
