//! NP318: a peer selector that only pods on the host network satisfy.
//!
//! Selectors do not see pods on the host network: such a rule opens nothing. Their node's address would.

use std::net::IpAddr;

use netpol_eval::{PeerId, Workload, matches};
use netpol_manifest::{Direction, LabelSelector, Peer};
use netpol_source::{Span, order};

use crate::context::Context;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::{RuleAt, policy_span};
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP318,
    name: "peer-on-host-network",
    severity: Severity::Medium,
    summary: "Only pods on the host network have the labels that a peer asks for.",
    why: "The connections of such a pod come from and go to the address of its node, and selectors do not see it: the rule \
          opens nothing, and what it is for does not work.",
    help: "Write the addresses of the nodes as an `ipBlock`, or take the pods off the host network.",
    references: &[refer::CIS_HOST_NETWORK, refer::CKS_POLICIES],
    proof: Proof::None,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in context.rules() {
        for (item, peer) in at.rule.peers.iter().enumerate() {
            let Peer::Pods { range, pod_selector, namespace_selector } = peer else { continue };
            let (pods, namespaces) = (pod_selector.as_ref(), namespace_selector.as_ref());
            let Some(found) = only(context, &at, item, pods, namespaces) else { continue };
            let does = match at.direction {
                Direction::Ingress => "lets nobody in",
                Direction::Egress => "opens nothing",
            };
            let (who, advice) = match &found {
                OnHosts::Pods(pods) => (verbs(context, pods), addresses(context, pods)),
                OnHosts::ControlPlane(names) => (
                    format!(
                        "{} on the host network on a usual cluster",
                        match names.len() {
                            1 => format!("{} is a static pod", words::list(names)),
                            _ => format!("{} are static pods", words::list(names)),
                        }
                    ),
                    "the addresses of the control plane would".to_owned(),
                ),
            };
            let mut spans: Vec<Span> = vec![at.policy.handle.span(*range), policy_span(at.policy)];
            if let OnHosts::Pods(pods) = &found {
                spans.extend(context.workload_spans(pods));
            }
            findings.push(Finding {
                message: format!(
                    "{who}, where selectors do not see them, so {} {does} by it; {advice}",
                    at.path()
                ),
                subject: at.policy.reference(),
                spans,
                ..Finding::of(&RULE)
            });
        }
    }
    findings
}

/// Who satisfies a peer, all of them on the host network.
enum OnHosts {
    /// Pods of the input.
    Pods(Vec<PeerId>),
    /// Static pods of the control plane that the input does not hold.
    ControlPlane(Vec<&'static str>),
}

/// Whether a peer means pods on the host network alone: then that is what is wrong with it.
pub(super) fn concerns(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    item: usize,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
) -> bool {
    only(context, at, item, pods, namespaces).is_some()
}

fn only(
    context: &Context<'_>,
    at: &RuleAt<'_>,
    item: usize,
    pods: Option<&LabelSelector>,
    namespaces: Option<&LabelSelector>,
) -> Option<OnHosts> {
    // Without labels in particular, pods to come are meant as well.
    let pods = pods.filter(|pods| well_known::asks_for_a_label(pods))?;
    let is_real = |workload: Option<&Workload>| workload.is_some_and(|one| !one.is_hypothetical());
    if context.item_peers(at, item).any(|peer| is_real(context.workload(peer))) || !context.look_through_all()
    {
        return None;
    }
    let holds = |workload: &Workload| match namespaces {
        None => workload.namespace == at.policy.namespace,
        Some(selector) => {
            let namespace = context.cluster().namespace(workload.namespace);
            namespace.is_some_and(|namespace| matches(selector, &namespace.labels))
        }
    };
    let found = context
        .input_workloads()
        .filter(|(_, workload)| workload.host_network && matches(pods, &workload.labels) && holds(workload));
    let found: Vec<PeerId> = found.map(|(peer, _)| peer).collect();
    if !found.is_empty() {
        return Some(OnHosts::Pods(found));
    }
    let is_system = match namespaces {
        None => context.namespace_name(at.policy.namespace) == well_known::SYSTEM_NAMESPACE,
        Some(selector) => well_known::means_system_namespace(selector),
    };
    let known = if is_system { well_known::control_plane(pods) } else { Vec::new() };
    (!known.is_empty()).then_some(OnHosts::ControlPlane(known))
}

/// "`a` and `b` use the host network"
fn verbs(context: &Context<'_>, pods: &[PeerId]) -> String {
    let verb = if pods.len() == 1 { "uses" } else { "use" };
    format!("only {} can be meant and {verb} the host network", context.names(pods))
}

/// What would open it.
fn addresses(context: &Context<'_>, pods: &[PeerId]) -> String {
    let pods = pods.iter().filter_map(|peer| context.workload(*peer)).flat_map(|workload| &workload.pods);
    let mut known: Vec<IpAddr> = pods.flat_map(|pod| pod.addresses.iter().copied()).collect();
    order::sort_and_dedup(&mut known);
    match known.len() {
        0 => "the addresses of the nodes would".to_owned(),
        1 => {
            format!("the address of the node, {}, would", words::list(known.iter().map(ToString::to_string)))
        }
        _ => format!(
            "the addresses of the nodes, {}, would",
            words::list(known.iter().map(ToString::to_string))
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::rules::peer_matches_nothing;
    use crate::testing::{Case, deployment, host_network_pod, policy};

    fn case(peer: &str) -> Case {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}]}}]}}");
        let text = deployment("shop", "web", 80) + &host_network_pod("shop", "exporter");
        Case::new(&(text + &policy("shop", "p", &spec)))
    }

    #[test]
    fn pods_on_the_host_network_alone() {
        let found = case("{podSelector: {matchLabels: {app: exporter}}}").check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "only `exporter` can be meant and uses the host network, where selectors do not see them, so ingress rule 1 lets \
             nobody in by it; the addresses of the nodes would"
        );
        assert_eq!(found[0].spans, ["{podSelector: {matchLabels: {app: exporter}}}", "p", "exporter"]);
    }

    #[test]
    fn other_pods_are_among_them() {
        assert!(
            case("{podSelector: {matchExpressions: [{key: app, operator: Exists}]}}").check(&RULE).is_empty()
        );
        assert!(case("{podSelector: {}}").check(&RULE).is_empty());
    }

    #[test]
    fn the_control_plane_need_not_be_there() {
        let peer = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: \
                    {matchLabels: {component: kube-apiserver}}}";
        let found = case(peer).check(&RULE);
        assert!(
            found[0].message.starts_with("`kube-apiserver` is a static pod on the host network"),
            "{found:?}"
        );
        assert!(case(peer).check(&peer_matches_nothing::RULE).is_empty());
    }
}
