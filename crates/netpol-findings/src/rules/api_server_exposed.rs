//! NP108: an API server that accepts connections from wider than a few networks.
//!
//! API servers are known by the label of their pods, `component: kube-apiserver`. On the host network they are open to
//! every address, whatever policies say; a policy that selects them without effect is NP309's, and here only what is
//! open is said. Where the input lacks the pods, a policy in `kube-system` that selects the API server stands for them:
//! on a usual cluster it is a static pod on the host network. On the pod network, addresses outside count: any other
//! address, or a network of more than 2^16 addresses. The Service `kubernetes` counts where it is published.

use netpol_eval::{PeerId, Policy, Workload, matches};
use netpol_manifest::{Direction, Peer, Resource};

use super::broad_cidr::is_broad;
use crate::context::Context;
use crate::exposure::way_of;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::witness::Witness;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP108,
    name: "api-server-exposed",
    severity: Severity::Medium,
    summary: "The API server accepts connections from wider than a few networks.",
    why: "The API server decides over the whole cluster. Whoever reaches it can try stolen credentials and known weaknesses, \
          and learns from it what runs in the cluster. A policy cannot restrict it where it uses the host network, as it \
          usually does.",
    help: "Restrict who reaches it where the traffic passes: with the firewall of the nodes, the cloud's security groups or \
           the authorized networks of a managed cluster. Restrict which pods reach it with egress rules.",
    references: &[
        refer::NSA_CONTROL_PLANE,
        refer::ATTACK_REMOTE_SERVICES,
        refer::ATTACK_RESOURCE_DISCOVERY,
        refer::CKS_METADATA,
        refer::CKS_EXTERNAL_ACCESS,
    ],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let servers: Vec<(PeerId, &Workload)> = context.roles().api_servers.of_input(context).collect();
    let mut findings: Vec<Finding> = Vec::new();
    if servers.is_empty() {
        let policies = context.cluster().policies.iter();
        let policies = policies.filter(|policy| selects_api_server(context, policy));
        findings.extend(policies.map(static_pods));
    }
    let of_host: Vec<PeerId> =
        servers.iter().filter(|(_, workload)| workload.host_network).map(|(peer, _)| *peer).collect();
    findings.extend(host_network(context, &of_host));
    let of_pods = servers.iter().filter(|(_, workload)| !workload.host_network);
    findings.extend(of_pods.filter_map(|(peer, _)| pod_network(context, *peer)));
    findings.extend(service(context));
    findings
}

fn selects_api_server(context: &Context<'_>, policy: &Policy) -> bool {
    context.namespace_name(policy.namespace) == well_known::SYSTEM_NAMESPACE
        && policy.isolates(Direction::Ingress)
        && well_known::control_plane(&policy.spec.pod_selector).contains(&well_known::API_SERVER)
}

/// The networks that a policy lets in, and what it must therefore have been meant to keep out.
fn meant(policies: &[&Policy]) -> String {
    let rules = policies.iter().flat_map(|policy| policy.rules(Direction::Ingress));
    let networks: Vec<String> = rules
        .flat_map(|rule| &rule.peers)
        .filter_map(|peer| match peer {
            Peer::Block { cidr, .. } => Some(cidr.value.to_string()),
            Peer::Pods { .. } => None,
        })
        .collect();
    match networks.is_empty() {
        true => String::new(),
        false => format!(", not only from {}", words::list(networks.iter().map(String::as_str))),
    }
}

fn static_pods(policy: &Policy) -> Finding {
    Finding {
        message: format!(
            "the API server accepts connections from every network that reaches its node{}: no policy guards a static pod",
            meant(&[policy])
        ),
        subject: policy.reference(),
        spans: vec![policy_span(policy), policy.handle.span(policy.spec.pod_selector.range)],
        ..Finding::of(&RULE)
    }
}

fn host_network(context: &Context<'_>, servers: &[PeerId]) -> Option<Finding> {
    let first = *servers.first()?;
    let outside = *context.any_address().first()?;
    let allowed = context.evaluation().allowed(outside, first);
    let selecting: Vec<&Policy> = context
        .cluster()
        .policies
        .iter()
        .filter(|policy| {
            let selected = |peer: &PeerId| {
                context.workload(*peer).is_some_and(|workload| {
                    workload.namespace == policy.namespace
                        && matches(&policy.spec.pod_selector, &workload.labels)
                })
            };
            !policy.spec.pod_selector.requirements.is_empty()
                && policy.isolates(Direction::Ingress)
                && servers.iter().any(selected)
        })
        .collect();
    let (accept, them) = if servers.len() == 1 { ("accepts", "it") } else { ("accept", "them") };
    let mut spans: Vec<_> = context.workload_spans(servers).collect();
    spans.extend(selecting.iter().map(|policy| policy_span(policy)));
    Some(Finding {
        message: format!(
            "{} {accept} connections from every address{}: no policy guards {them} on the host network",
            context.names(servers),
            meant(&selecting)
        ),
        subject: context.workload_ref(first)?,
        spans,
        witness: context.witness(Direction::Ingress, first, outside, allowed),
        ..Finding::of(&RULE)
    })
}

fn pod_network(context: &Context<'_>, server: PeerId) -> Option<Finding> {
    let mut ranges: Vec<(PeerId, String)> = context
        .evaluation()
        .peer_ids()
        .filter_map(|(id, peer)| Some((id, peer.external()?)))
        .filter(|(_, range)| is_broad(range.network))
        .map(|(id, range)| (id, format!("`{}`", range.network)))
        .collect();
    ranges.retain(|(peer, _)| !context.evaluation().allowed(*peer, server).is_empty());
    let (outside, network) = ranges.first()?;
    let who = match context.any_address().contains(outside) {
        true => "any address outside the cluster".to_owned(),
        false => network.clone(),
    };
    let witness: Option<Witness> = {
        let allowed = context.evaluation().allowed(*outside, server);
        context.witness(Direction::Ingress, server, *outside, allowed)
    };
    let selecting = context.evaluation().selecting(Direction::Ingress, server);
    let mut spans: Vec<_> = context.workload_spans(&[server]).collect();
    spans.extend(selecting.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span));
    Some(Finding {
        message: format!("{} accepts connections from {who}", context.names(&[server])),
        subject: context.workload_ref(server)?,
        spans,
        witness,
        ..Finding::of(&RULE)
    })
}

/// The Service `kubernetes` of the namespace `default`, where something publishes it.
fn service(context: &Context<'_>) -> Option<Finding> {
    let handle = context.cluster().exposure.iter().find(|handle| {
        let object = handle.object();
        object.kind == "Service"
            && object.namespace() == "default"
            && object.metadata.name.value == "kubernetes"
    })?;
    let object = handle.object();
    let Resource::Service(service) = &object.resource else { return None };
    way_of(service)?;
    Some(Finding {
        message: "the Service `kubernetes` publishes the API server outside the cluster".to_owned(),
        subject: object.reference(),
        spans: vec![handle.span(object.metadata.name.range)],
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, deployment, policy};

    const POLICY: &str = "{podSelector: {matchLabels: {component: kube-apiserver}}, ingress: [{from: [{ipBlock: {cidr: \
                          10.0.0.0/16}}]}]}";

    fn server(host_network: bool) -> String {
        format!(
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: api, namespace: kube-system, labels: {{component: \
             kube-apiserver}}}}\nspec: {{hostNetwork: {host_network}, containers: [{{name: main, image: example, ports: \
             [{{containerPort: 6443}}]}}]}}\n"
        )
    }

    #[test]
    fn on_the_host_network() {
        let found = Case::new(&(server(true) + &policy("kube-system", "guard", POLICY))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Pod kube-system/api");
        assert_eq!(
            found[0].message,
            "`api` accepts connections from every address, not only from `10.0.0.0/16`: no policy guards it on the host \
             network"
        );
        assert_eq!(found[0].spans, ["api", "guard"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> kube-system/api TCP 6443"));
    }

    #[test]
    fn a_policy_for_static_pods_that_are_not_in_the_input() {
        let found = Case::new(&policy("kube-system", "guard", POLICY)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "NetworkPolicy kube-system/guard");
        assert_eq!(
            found[0].message,
            "the API server accepts connections from every network that reaches its node, not only from `10.0.0.0/16`: no \
             policy guards a static pod"
        );
        assert_eq!(found[0].witness, None);
        assert!(Case::new(&policy("default", "guard", POLICY)).check(&RULE).is_empty());
    }

    #[test]
    fn on_the_pod_network() {
        let found = Case::new(&server(false)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "`api` accepts connections from any address outside the cluster");
        let wide = POLICY.replace("10.0.0.0/16", "10.0.0.0/8");
        let found = Case::new(&(server(false) + &policy("kube-system", "guard", &wide))).check(&RULE);
        assert_eq!(found[0].message, "`api` accepts connections from `10.0.0.0/8`");
        assert_eq!(found[0].witness.as_deref(), Some("10.0.0.0/8 -> kube-system/api TCP 6443"));
        assert!(
            Case::new(&(server(false) + &policy("kube-system", "guard", POLICY))).check(&RULE).is_empty()
        );
    }

    #[test]
    fn the_service() {
        let service = |spec: &str| {
            format!("---\napiVersion: v1\nkind: Service\nmetadata: {{name: kubernetes}}\nspec: {{{spec}}}\n")
        };
        let web = deployment("shop", "web", 80);
        let found =
            Case::new(&(web.clone() + &service("type: LoadBalancer, ports: [{port: 443}]"))).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Service default/kubernetes");
        assert!(
            Case::new(&(web + &service("clusterIP: 10.96.0.1, ports: [{port: 443}]")))
                .check(&RULE)
                .is_empty()
        );
    }
}
