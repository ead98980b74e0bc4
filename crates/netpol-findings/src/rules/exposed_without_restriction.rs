//! NP110: workloads that are published to the outside and not isolated for ingress.
//!
//! One finding a namespace, with all such workloads; its subject is the workload where there is only one. NP106 leaves
//! them to this rule. Pods on the host network do not count, as no policy can isolate them.

use std::collections::BTreeMap;

use netpol_eval::{NamespaceId, PeerId};
use netpol_manifest::Direction;
use netpol_source::{Span, order};

use crate::context::Context;
use crate::exposure::Publication;
use crate::finding::Finding;
use crate::references as refer;
use crate::rule::{Code, Proof, Rule, Severity};
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP110,
    name: "exposed-without-restriction",
    severity: Severity::High,
    summary: "A workload is published by a LoadBalancer, a NodePort, a host port, an Ingress or a route, and no NetworkPolicy isolates it for \
              ingress.",
    why: "What is published is what attackers find first. With no NetworkPolicy on it, every port of its pods is open as well, not \
          only the published one, to every pod of the cluster and to whatever reaches the pod network.",
    help: "Add a policy that selects the workload and lets in, on the published port only, the ingress controller's pods, or \
           the networks that have to connect.",
    references: &[
        refer::NSA_POLICIES,
        refer::ATTACK_REMOTE_SERVICES,
        refer::ATTACK_PUBLIC_APPLICATION,
        refer::CKS_EXTERNAL_ACCESS,
        refer::KUBESCAPE_BLOCKED,
    ],
    proof: Proof::Allowed,
    fix: None,
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut by_namespace: BTreeMap<NamespaceId, Vec<&Publication<'_>>> = BTreeMap::new();
    for publication in &context.exposure().published {
        if let Some(workload) = context.workload(publication.workload)
            && is_open(context, publication.workload)
        {
            by_namespace.entry(workload.namespace).or_default().push(publication);
        }
    }
    let findings =
        by_namespace.into_iter().filter_map(|(namespace, found)| finding(context, namespace, &found));
    findings.collect()
}

/// The workloads that this rule speaks of.
pub(super) fn concerned(context: &Context<'_>) -> impl Iterator<Item = PeerId> {
    let published = context.exposure().published.iter().map(|publication| publication.workload);
    published.filter(|workload| is_open(context, *workload))
}

fn is_open(context: &Context<'_>, workload: PeerId) -> bool {
    !context.is_closed_to_addresses(Direction::Ingress, workload)
        && context.workload(workload).is_some_and(|workload| !workload.host_network)
}

fn finding(context: &Context<'_>, namespace: NamespaceId, found: &[&Publication<'_>]) -> Option<Finding> {
    let workloads = order::set(found.iter().map(|publication| publication.workload));
    let workloads: Vec<PeerId> = workloads.into_iter().collect();
    let first = *found.first()?;
    let outside = *context.any_address().first()?;
    let allowed = context.evaluation().allowed(outside, first.workload).intersection(&first.ports);
    let mut publishers: Vec<String> = found.iter().map(|publication| publication.publisher()).collect();
    publishers.dedup();
    let mut spans: Vec<Span> = context.workload_spans(&workloads).collect();
    for publication in found {
        if !spans.contains(&publication.span()) {
            spans.push(publication.span());
        }
    }
    let (are, them) = if workloads.len() == 1 { ("is", "it") } else { ("are", "them") };
    let alone = if workloads.len() == 1 { context.workload_ref(first.workload) } else { None };
    Some(Finding {
        message: format!(
            "{} {are} published by {}, and no NetworkPolicy isolates {them} for ingress",
            context.names(&workloads),
            words::phrases(publishers)
        ),
        subject: alone.unwrap_or_else(|| context.namespace_ref(namespace)),
        spans,
        witness: context.witness(Direction::Ingress, first.workload, outside, &allowed),
        ..Finding::of(&RULE)
    })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, host_network_pod, ingress, policy, service};

    #[test]
    fn a_load_balancer() {
        let text = deployment("shop", "web", 8080)
            + &deployment("shop", "db", 5432)
            + &service("shop", "web", "type: LoadBalancer, ports: [{port: 80, targetPort: 8080}]")
            + &service("shop", "db", "ports: [{port: 5432}]");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Deployment shop/web");
        assert_eq!(
            found[0].message,
            "`web` is published by the LoadBalancer `web`, and no NetworkPolicy isolates it for ingress"
        );
        assert_eq!(found[0].spans, ["web", "web"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 8080"));
    }

    #[test]
    fn a_cluster_scoped_deny_of_all_pods_leaves_the_outside() {
        let deny = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
        let text = deployment("shop", "web", 8080)
            + &service("shop", "web", "type: LoadBalancer, ports: [{port: 80, targetPort: 8080}]")
            + &cluster_policy("deny", "Baseline", 5, deny);
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 8080"));
    }

    #[test]
    fn many_are_one_finding_a_namespace() {
        let text = deployment("shop", "web", 8080)
            + &deployment("shop", "api", 9000)
            + &service("shop", "web", "type: NodePort, ports: [{port: 80, targetPort: 8080}]")
            + &service("shop", "api", "ports: [{name: http, port: 80, targetPort: 9000}]")
            + &ingress("shop", "site", "api", "name: http");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Namespace shop");
        assert_eq!(
            found[0].message,
            "`web` and `api` are published by the NodePort `web` and the Ingress `site`, and no NetworkPolicy isolates them for \
             ingress"
        );
    }

    #[test]
    fn isolated_or_not_published() {
        let lb = service("shop", "web", "type: LoadBalancer, ports: [{port: 80}]");
        let text = deployment("shop", "web", 80) + &lb + &policy("shop", "deny", "{podSelector: {}}");
        assert!(Case::new(&text).check(&RULE).is_empty());
        let text = deployment("shop", "web", 80) + &service("shop", "web", "ports: [{port: 80}]");
        assert!(Case::new(&text).check(&RULE).is_empty());
        assert!(Case::new(&(host_network_pod("shop", "web") + &lb)).check(&RULE).is_empty());
        // Of another namespace.
        assert!(Case::new(&(deployment("ops", "web", 80) + &lb)).check(&RULE).is_empty());
    }

    #[test]
    fn a_route_from_another_namespace_needs_a_grant() {
        let route = |kind: &str, version: &str| {
            format!(
                "---\napiVersion: gateway.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: r, namespace: \
                 edge}}\nspec: {{rules: [{{backendRefs: [{{name: web, namespace: shop, port: 80}}]}}]}}\n"
            )
        };
        let grant = |kind: &str, from: &str| {
            format!(
                "---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {{name: g, namespace: \
                 shop}}\nspec: {{from: [{{group: gateway.networking.k8s.io, kind: {kind}, namespace: {from}}}], to: [{{group: \
                 '', kind: Service}}]}}\n"
            )
        };
        let found = |others: String| {
            let text =
                deployment("shop", "web", 80) + &service("shop", "web", "ports: [{port: 80}]") + &others;
            Case::new(&text).check(&RULE).into_iter().map(|one| one.message).collect::<Vec<_>>()
        };
        for (kind, version) in
            [("HTTPRoute", "v1"), ("GRPCRoute", "v1"), ("TLSRoute", "v1alpha2"), ("TCPRoute", "v1alpha2")]
        {
            assert!(found(route(kind, version)).is_empty(), "{kind}");
            assert!(found(route(kind, version) + &grant(kind, "other")).is_empty(), "{kind}");
            assert_eq!(
                found(route(kind, version) + &grant(kind, "edge")),
                [format!(
                    "`web` is published by the {kind} `r`, and no NetworkPolicy isolates it for ingress"
                )]
            );
        }
    }

    #[test]
    fn a_port_of_the_node() {
        let text = deployment("shop", "web", 80)
            .replace("{containerPort: 80}", "{containerPort: 80, hostPort: 8080}");
        let found = Case::new(&text).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "`web` is published by the `hostPort` of `web`, and no NetworkPolicy isolates it for ingress"
        );
    }
}
