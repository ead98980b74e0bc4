//! NP302: an item of `from` or `to` whose selectors match no workload of the input.
//!
//! Worth knowing and no more where the input holds nothing of the namespaces that are meant: it may be a part of a cluster.
//! Not reported when the input has no workloads at all, for selectors that match pods on the host network only, for the
//! empty `podSelector` in a namespace without workloads, and for pods that every cluster has (its DNS, `kube-system`):
//! a part of a cluster may well be pasted without them. Labels in the wrong place are NP319's.

use netpol_eval::{Labels, Origin, Workload, matches};
use netpol_manifest::{Change, ClusterAction, ClusterPeer, LabelSelector, Peer, Way};
use netpol_source::order;

use super::subject_matches_nothing::unmatched_pods;
use super::{label_on_the_wrong_object, peer_on_host_network};
use crate::cluster_rule::ClusterRuleAt;
use crate::context::Context;
use crate::finding::Finding;
use crate::fix::{Fix, namespaces_named};
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{RuleAt, cluster_policy_span, policy_span};
use crate::suggest::{Meant, nearest_label};
use crate::{policies, well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP302,
    name: "peer-matches-nothing",
    severity: Severity::Medium,
    summary: "The selectors of a peer match no workload of the input, or no node.",
    why: "The rule lets nobody through, and the connection that it was written for stays blocked. Should somebody create a \
          pod or a namespace with such labels, it is let in.",
    help: "Compare the selectors with the labels of the pod template and of the namespace. A namespace has no label `name`: \
           its name is in `kubernetes.io/metadata.name`. Without a `namespaceSelector`, a `podSelector` means pods of the \
           policy's own namespace.",
    references: &[refer::CKS_POLICIES, refer::KUBE_LINTER_PEER, refer::POPEYE_NAMESPACES, refer::POPEYE_PEER],
    proof: Proof::None,
    fix: Some((
        Promise::Corrects,
        "Writes the label that is meant, where only one comes near and the selector then matches; or adds the namespace, where the pods are in one other namespace only.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    if !context.has_workloads() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for at in context.rules() {
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Pods { pod_selector, namespace_selector, range } = peer else { continue };
            let (pods, namespaces) = (pod_selector.as_ref(), namespace_selector.as_ref());
            let is_real = |workload: Option<&Workload>| workload.is_some_and(|one| !one.is_hypothetical());
            if context.item_peers(&at, item).any(|peer| is_real(context.workload(peer))) {
                continue;
            }
            let Some(unmatched) = unmatched(context, &at, item, pods, namespaces) else { continue };
            findings.push(Finding {
                message: format!(
                    "{}, so no pod of the input is a peer of {} by it{}",
                    unmatched.what,
                    at.path(),
                    unmatched.advice
                ),
                subject: at.policy.reference(),
                spans: vec![at.policy.handle.span(*range), policy_span(at.policy)],
                fix: unmatched.fix,
                severity: if unmatched.is_elsewhere { Severity::Info } else { RULE.severity },
                ..Finding::of(&RULE)
            });
        }
    }
    findings.extend(context.cluster_rules().flat_map(|at| of_cluster(context, &at)));
    findings
}

/// The items of a rule of a cluster-scoped policy that match no pod, or no node.
fn of_cluster(context: &Context<'_>, at: &ClusterRuleAt<'_>) -> Vec<Finding> {
    let list = words::peers_field(at.origin.direction);
    let does = match at.rule.action.value {
        ClusterAction::Allow => "allows nothing",
        ClusterAction::Deny => "denies nothing",
        ClusterAction::Pass => "passes nothing on",
    };
    let finding = |range, what: &str, hint: &str, fix| Finding {
        message: format!("{what}, so {} {does} by it{hint}", at.path()),
        subject: at.policy.reference(),
        spans: vec![at.policy.handle.span(range), cluster_policy_span(at.policy)],
        fix,
        ..Finding::of(&RULE)
    };
    let mut findings = Vec::new();
    for (item, peer) in at.rule.peers.iter().enumerate() {
        match peer {
            ClusterPeer::Pods { range, pods } => {
                let Origin { policy, direction, index } = at.origin;
                let mut matched = context.evaluation().item_peers(policy, direction, index, item);
                let asks = |selector: &LabelSelector| !selector.requirements.is_empty();
                if matched.any(|peer| context.is_spoken_of(peer))
                    || !asks(&pods.namespaces) && !pods.pods.as_ref().is_some_and(asks)
                    || !context.look_through_all()
                {
                    continue;
                }
                let Some(unmatched) = unmatched_pods(context, pods, &at.way().key(list).item(item)) else {
                    continue;
                };
                let fix = unmatched.changes.map(|changes| {
                    let message = format!("let {} mean `{}`", at.path(), unmatched.meant);
                    Fix::change(&at.policy.handle, message, changes)
                });
                findings.push(finding(*range, &unmatched.what, &unmatched.hint, fix));
            }
            ClusterPeer::Nodes { range, selector } if !selector.requirements.is_empty() => {
                let hosts = &context.cluster().hosts;
                context.work(hosts.len());
                let labels: Vec<&Labels> = hosts.iter().filter_map(|host| host.labels.as_ref()).collect();
                // Of a node without an object nobody knows the labels.
                if labels.is_empty()
                    || labels.len() < hosts.len()
                    || labels.iter().any(|labels| matches(selector, labels))
                {
                    continue;
                }
                let near = nearest_label(selector, &labels);
                let hint = near
                    .as_ref()
                    .map_or_else(String::new, |meant| format!("; did you mean `{}`?", meant.label()));
                let way = at.way().key(list).item(item).key("nodes");
                let fix = near.and_then(|meant| {
                    let changes = meant.mends(selector, &labels, &way)?;
                    let corrected = words::selector(&meant.corrected(selector));
                    let message = format!("let {} mean the nodes with `{corrected}`", at.path());
                    Some(Fix::change(&at.policy.handle, message, changes))
                });
                let what = format!("no node has `{}`", words::selector(selector));
                findings.push(finding(*range, &what, &hint, fix));
            }
            _ => {}
        }
    }
    findings
}

/// Selectors that match nothing.
struct Unmatched {
    /// What does not match, and what was probably meant.
    what: String,
    /// What to do, where nothing comes near.
    advice: &'static str,
    fix: Option<Fix>,
    /// Whether the cluster may well have what is meant: the input holds nothing of the namespaces.
    is_elsewhere: bool,
}

/// `None` where it is as it should be that nothing matches.
fn unmatched(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    item: usize,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
) -> Option<Unmatched> {
    if namespaces.is_none() && pods.is_none_or(|pods| pods.requirements.is_empty()) {
        return None;
    }
    if !context.look_through_all() {
        return None;
    }
    let chosen = context.namespaces().filter(|(id, namespace, _)| {
        context.is_of_the_input(*id)
            && match namespaces {
                None => *id == at.policy.namespace,
                Some(selector) => matches(selector, &namespace.labels),
            }
    });
    let chosen = order::set(chosen.map(|(id, _, _)| id));
    let inside = |workload: &Workload| chosen.contains(&workload.namespace);
    let input = || context.input_workloads().map(|(_, workload)| workload.as_ref());
    let candidates: Vec<&Workload> = input().filter(|workload| inside(workload)).collect();
    if candidates.iter().any(|workload| pods.is_none_or(|pods| matches(pods, &workload.labels))) {
        // On the host network, or else it would be among the item's peers.
        return None;
    }
    let system_is_here =
        input().any(|one| context.namespace_name(one.namespace) == well_known::SYSTEM_NAMESPACE);
    if !system_is_here && well_known::is_in_every_cluster(namespaces, pods) {
        return None;
    }
    if peer_on_host_network::concerns(context, at, item, pods, namespaces)
        || label_on_the_wrong_object::concerns_peer(context, at, item, pods, namespaces)
    {
        return None;
    }
    let way = at.peer_way(item);
    if let Some(selector) = namespaces.filter(|_| chosen.is_empty()) {
        return Some(no_namespace(context, at, selector, &way.key("namespaceSelector")));
    }
    let whose = match namespaces {
        None => format!("the namespace `{}`", context.namespace_name(at.policy.namespace)),
        Some(selector) => format!("the namespaces with `{}`", words::selector(selector)),
    };
    let Some(selector) = pods.filter(|pods| !pods.requirements.is_empty()) else {
        return Some(Unmatched {
            what: format!("{whose} have no workload"),
            advice: "",
            fix: None,
            is_elsewhere: true,
        });
    };
    let is_elsewhere = candidates.is_empty() && namespaces.is_some();
    let what = format!("no workload of {whose} has `{}`", words::selector(selector));
    let labels: Vec<&Labels> = candidates.iter().map(|workload| &workload.labels).collect();
    if let Some(meant) = nearest_label(selector, &labels) {
        let changes = meant.mends(selector, &labels, &way.key("podSelector"));
        return Some(Unmatched {
            what: what + &did_you_mean(&meant),
            advice: "",
            fix: corrected(at, selector, &meant, changes),
            is_elsewhere: false,
        });
    }
    let others: Vec<&Workload> = input().filter(|workload| !inside(workload)).collect();
    let matching: Vec<&Workload> =
        others.iter().copied().filter(|workload| matches(selector, &workload.labels)).collect();
    if let Some(workload) = matching.first() {
        let namespace = context.namespace_name(workload.namespace);
        let is_only = matching.iter().all(|other| other.namespace == workload.namespace)
            && !policies::asks_for_single_pods(selector);
        let add = || {
            let change = Change::Set(way.key("namespaceSelector"), namespaces_named(&[namespace]));
            at.fix(
                format!("name the namespace `{namespace}` beside the pods that {} means", at.path()),
                vec![change],
            )
        };
        let what = format!("{what} (`{}` in the namespace `{namespace}` does)", workload.name);
        let fix = (is_only && namespaces.is_none()).then(add);
        return Some(Unmatched { what, advice: "", fix, is_elsewhere });
    }
    let labels: Vec<&Labels> = others.iter().map(|workload| &workload.labels).collect();
    let hint = nearest_label(selector, &labels).map_or_else(String::new, |meant| {
        let having = others.iter().find(|workload| meant.is_in(&workload.labels));
        let having = having.map_or("", |workload| context.namespace_name(workload.namespace));
        format!(" (did you mean `{}`, which pods of the namespace `{having}` have?)", meant.label())
    });
    Some(Unmatched { what: what + &hint, advice: "", fix: None, is_elsewhere })
}

fn did_you_mean(meant: &Meant) -> String {
    format!(" (did you mean `{}`?)", meant.label())
}

/// Writes what is meant.
fn corrected(
    at: &RuleAt<'_>,
    selector: &LabelSelector,
    meant: &Meant,
    changes: Option<Vec<Change>>,
) -> Option<Fix> {
    let right = words::selector(&meant.corrected(selector));
    Some(at.fix(format!("let {} ask for `{right}`", at.path()), changes?))
}

/// No namespace of the input is one that the selector chooses.
fn no_namespace(context: &Context<'_>, at: &RuleAt<'_>, selector: &LabelSelector, way: &Way) -> Unmatched {
    let known = context.namespaces().filter(|(id, _, _)| context.is_of_the_input(*id));
    let known: Vec<&Labels> = known.map(|(_, namespace, _)| &namespace.labels).collect();
    let meant = nearest_label(selector, &known);
    let hint = meant.as_ref().map_or_else(String::new, did_you_mean);
    let fix = meant.and_then(|meant| corrected(at, selector, &meant, meant.mends(selector, &known, way)));
    let what = format!("no namespace of the input has `{}`{hint}", words::selector(selector));
    let advice = if hint.is_empty() { ": paste the namespace as well, if the cluster has it" } else { "" };
    Unmatched { what, advice, fix, is_elsewhere: hint.is_empty() }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, host_network_pod, namespace, policy};

    fn messages(peer: &str) -> Vec<String> {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
        let text = deployment("shop", "frontend", 80)
            + &deployment("shop", "backend", 80)
            + &namespace("ops")
            + &deployment("ops", "prometheus", 9090)
            + &host_network_pod("ops", "node-exporter")
            + &policy("shop", "p", &spec);
        let found = Case::new(&text).check(&RULE);
        let message = |found: crate::testing::Found| {
            assert_eq!(found.subject, "NetworkPolicy shop/p");
            assert_eq!(found.spans, [peer.to_owned(), "p".to_owned()]);
            found.message
        };
        found.into_iter().map(message).collect()
    }

    #[test]
    fn the_labels_that_were_meant() {
        for (peer, expected) in [
            (
                "{podSelector: {matchLabels: {app: fronted}}}",
                "no workload of the namespace `shop` has `app: fronted` (did you mean `app: frontend`?), so no pod \
                 of the input is a peer of ingress rule 1 by it",
            ),
            (
                "{podSelector: {matchLabels: {app: prometheus}}}",
                "no workload of the namespace `shop` has `app: prometheus` (`prometheus` in the namespace `ops` does), so no pod \
                 of the input is a peer of ingress rule 1 by it",
            ),
            (
                "{namespaceSelector: {matchLabels: {name: ops}}}",
                "no namespace of the input has `name: ops` (did you mean `kubernetes.io/metadata.name: ops`?), so no pod \
                 of the input is a peer of ingress rule 1 by it",
            ),
            (
                "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}, podSelector: {matchLabels: {app: promtheus}}}",
                "no workload of the namespaces with `kubernetes.io/metadata.name: ops` has `app: promtheus` (did you mean \
                 `app: prometheus`?), so no pod of the input is a peer of ingress rule 1 by it",
            ),
        ] {
            assert_eq!(messages(peer), [expected]);
        }
    }

    #[test]
    fn what_matches_or_is_elsewhere() {
        let none: [String; 0] = [];
        for peer in [
            "{podSelector: {matchLabels: {app: backend}}}",
            "{namespaceSelector: {}}",
            "{ipBlock: {cidr: 10.0.0.0/16}}",
            "{namespaceSelector: {}, podSelector: {matchLabels: {app: node-exporter}}}",
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}",
            "{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}",
        ] {
            assert_eq!(messages(peer), none, "{peer}");
        }
    }

    #[test]
    fn a_policy_on_its_own() {
        let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}";
        assert!(Case::new(&policy("shop", "p", spec)).check(&RULE).is_empty());
    }

    #[test]
    fn peers_of_cluster_scoped_policies() {
        let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: a, labels: {pool: infra}}\nstatus: {addresses: [{type: \
                    InternalIP, address: 10.0.0.1}]}\n";
        let of = |peer: &str| {
            let spec = format!("subject: {{namespaces: {{}}}}, egress: [{{action: Deny, to: [{peer}]}}]");
            let text = deployment("shop", "frontend", 80) + node + &cluster_policy("p", "Admin", 5, &spec);
            let found = Case::new(&text).check(&RULE);
            found.into_iter().map(|found| found.message).collect::<Vec<_>>()
        };
        assert_eq!(
            of("{nodes: {matchLabels: {pool: infar}}}"),
            ["no node has `pool: infar`, so egress rule 1 denies nothing by it; did you mean `pool: infra`?"]
        );
        assert_eq!(
            of("{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: fronted}}}}"),
            [
                "no workload has `app: fronted`, so egress rule 1 denies nothing by it; did you mean `app: frontend`?"
            ]
        );
        for fine in ["{nodes: {}}", "{nodes: {matchLabels: {pool: infra}}}", "{namespaces: {}}"] {
            assert!(of(fine).is_empty(), "{fine}");
        }
    }

    #[test]
    fn what_is_not_pasted_is_worth_knowing() {
        let severities = |peer: &str| {
            let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
            let text = deployment("shop", "web", 80) + &namespace("monitoring") + &policy("shop", "p", &spec);
            let found = Case::new(&text).check(&RULE);
            found.into_iter().map(|one| (one.severity, one.message)).collect::<Vec<_>>()
        };
        let [(severity, message)] = &severities(
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}",
        )[..] else {
            panic!("one finding");
        };
        assert_eq!(*severity, crate::Severity::Info);
        assert_eq!(
            message,
            "no namespace of the input has `kubernetes.io/metadata.name: ingress-nginx`, so no pod of the input is a peer of \
             ingress rule 1 by it: paste the namespace as well, if the cluster has it"
        );
        // A namespace whose pods are not pasted.
        let [(severity, _)] = severities(
            "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}, podSelector: {matchLabels: {app: prometheus}}}",
        )[..] else {
            panic!("one finding");
        };
        assert_eq!(severity, crate::Severity::Info);
        // A label that is written wrong.
        let [(severity, _)] = severities("{namespaceSelector: {matchLabels: {name: monitoring}}}")[..] else {
            panic!("one finding");
        };
        assert_eq!(severity, crate::Severity::Medium);
    }
}
