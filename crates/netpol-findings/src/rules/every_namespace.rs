//! NP205: a peer with `namespaceSelector: {}`.

use netpol_eval::PeerId;
use netpol_manifest::{Direction, LabelSelector, Peer};

use crate::context::Context;
use crate::finding::Finding;
use crate::fix::name_namespaces;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP205,
    name: "every-namespace",
    severity: Severity::Low,
    summary: "The `namespaceSelector` of a peer matches every namespace, or all but a few that it names.",
    why: "It takes in the namespaces of every team and application, those that are created later too. A `podSelector` beside \
          it does not help much: whoever may create pods in any namespace may give them that label.",
    help: "Name the namespaces, by `kubernetes.io/metadata.name`, which only the cluster sets.",
    references: &[refer::NSA_POLICIES, refer::MICROSOFT_NETWORKING, refer::CKS_POLICIES],
    proof: Proof::Allowed,
    fix: Some((Promise::Narrows, "Names the namespaces in which the peer finds pods today.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.rules().filter(|at| !is_for_dns(context, at)) {
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Pods { pod_selector, namespace_selector: Some(namespaces), .. } = peer else {
                continue;
            };
            let Some(left_out) = well_known::all_namespaces_but(namespaces) else { continue };
            let whose = match pod_selector {
                Some(pods) if !pods.requirements.is_empty() => "pods with those labels in",
                _ => "all pods of",
            };
            let subject = context.subjects(at.policy_id).first().copied();
            let mut foreign = context.item_peers(&at, item).filter(|peer| {
                context.workload(*peer).is_some_and(|workload| workload.namespace != at.policy.namespace)
            });
            let witness = subject.and_then(|subject| {
                foreign.find_map(|peer| {
                    let open = context.allowed(at.direction, subject, peer);
                    context.witness(at.direction, subject, peer, open)
                })
            });
            findings.push(Finding {
                message: format!(
                    "{} allows {whose} every namespace{}",
                    at.path(),
                    how(namespaces, &left_out)
                ),
                subject: at.policy.reference(),
                spans: vec![at.policy.handle.span(namespaces.range), policy_span(at.policy)],
                witness,
                fix: name_namespaces(context, &at, &[item]).filter(|_| !may_cut_dns(context, &at)),
                ..Finding::of(&RULE)
            });
        }
    }
    findings
}

/// Whether a rule opens the cluster's DNS alone: every namespace is meant then.
fn is_for_dns(context: &Context<'_>, at: &RuleAt<'_>) -> bool {
    let subjects = context.subjects(at.policy_id);
    let is_open_to_all = |subject: &PeerId| {
        context.is_cluster_dns(*subject)
            && well_known::dns_ports().includes(&context.ports_on(at, Some(*subject)))
    };
    at.direction == Direction::Ingress && !subjects.is_empty() && subjects.iter().all(is_open_to_all)
}

/// Which namespaces are left out, and what takes in the others.
fn how(selector: &LabelSelector, left_out: &[&str]) -> String {
    match (selector.requirements.is_empty(), left_out) {
        (true, _) => ": `namespaceSelector: {}` matches all".to_owned(),
        (false, []) => ": its `namespaceSelector` matches all".to_owned(),
        (false, names) => {
            format!(" but {}: its `namespaceSelector` matches all others", words::list(names.iter().copied()))
        }
    }
}

/// Whether the rule may be the one that lets pods ask the cluster's DNS, which the input does not hold.
fn may_cut_dns(context: &Context<'_>, at: &RuleAt<'_>) -> bool {
    let opened = context.ports_on(at, None).intersection(&well_known::dns_ports());
    at.direction == Direction::Egress
        && !opened.is_empty()
        && context.roles().dns.of_input(context).next().is_none()
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    fn case(peer: &str) -> Case {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
        Case::new(
            &(deployment("shop", "web", 80) + &deployment("ops", "spy", 1) + &policy("shop", "open", &spec)),
        )
    }

    #[test]
    fn the_empty_selector() {
        let found = case("{namespaceSelector: {}}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "ingress rule 1 allows all pods of every namespace: `namespaceSelector: {}` matches all"
        );
        assert_eq!(found[0].spans, ["{}", "open"]);
        assert_eq!(found[0].subject, "NetworkPolicy shop/open");
        assert_eq!(found[0].witness.as_deref(), Some("ops/spy -> shop/web TCP 80"));
        let found = case("{namespaceSelector: {}, podSelector: {matchLabels: {app: spy}}}").check(&RULE);
        assert!(
            found[0].message.contains("pods with those labels in every namespace"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn a_label_is_enough() {
        assert!(
            case("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}")
                .check(&RULE)
                .is_empty()
        );
        assert!(case("{podSelector: {}}").check(&RULE).is_empty());
    }

    #[test]
    fn what_every_namespace_has() {
        let name = "key: kubernetes.io/metadata.name, operator";
        for selector in [
            format!("{{matchExpressions: [{{{name}: Exists}}]}}"),
            format!("{{matchExpressions: [{{{name}: NotIn, values: [No_Name]}}]}}"),
        ] {
            let found = case(&format!("{{namespaceSelector: {selector}}}")).check(&RULE);
            assert_eq!(found.len(), 1, "{selector}");
            assert_eq!(
                found[0].message,
                "ingress rule 1 allows all pods of every namespace: its `namespaceSelector` matches all"
            );
        }
        let but =
            format!("{{namespaceSelector: {{matchExpressions: [{{{name}: NotIn, values: [prod, dev]}}]}}}}");
        let found = case(&but).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "ingress rule 1 allows all pods of every namespace but `prod` and `dev`: its `namespaceSelector` matches all others"
        );
        let some = format!(
            "{{namespaceSelector: {{matchExpressions: [{{{name}: Exists}}, {{key: team, operator: Exists}}]}}}}"
        );
        assert!(case(&some).check(&RULE).is_empty());
    }

    #[test]
    fn the_dns_of_the_cluster_is_there_for_every_namespace() {
        let rule = |ports: &str| {
            let spec = format!(
                "{{podSelector: {{matchLabels: {{k8s-app: kube-dns}}}}, ingress: [{{from: [{{namespaceSelector: {{}}}}], ports: {ports}}}]}}"
            );
            let text = crate::testing::coredns()
                + &deployment("shop", "web", 80)
                + &policy("kube-system", "dns", &spec);
            let found = Case::new(&text).check_all();
            found
                .into_iter()
                .filter_map(|one| (one.subject == "NetworkPolicy kube-system/dns").then_some(one.code))
                .collect::<Vec<_>>()
        };
        assert_eq!(rule("[{port: 53}, {port: 53, protocol: UDP}]"), [""; 0]);
        assert_eq!(rule("[{port: 53}, {port: 9153}]"), ["NP104", "NP205", "NP308"]);
    }
}
