//! NP111: workloads that are published, and no rule lets the traffic in.
//!
//! For a LoadBalancer, a NodePort or `externalIPs` some address outside has to get in on the target port; addresses of
//! nodes count, as they are what a pod may see of the traffic. For an Ingress or an HTTPRoute it may be the controller
//! instead: its pods where the input holds any that look like one, else any pod of another namespace. One finding for
//! each object that publishes.

use netpol_eval::PeerId;
use netpol_manifest::Direction;
use netpol_source::Span;

use crate::context::Context;
use crate::denied::denying;
use crate::exposure::Publication;
use crate::finding::Finding;
use crate::fix::{Fix, MOST_LISTED};
use crate::policies::opening;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::{cluster_policy_span, policy_span};
use crate::witness::Witness;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP111,
    name: "published-but-blocked",
    severity: Severity::Medium,
    summary: "A workload is published, and no rule lets the traffic in.",
    why: "Clients of the published address wait until they give up. The policies and what publishes the workload contradict \
          each other: one of them is not what was meant.",
    help: "Let in the addresses of the clients and of the load balancer, or the pods of the ingress controller, on the port of \
           the container; or stop publishing the workload.",
    references: &[refer::CKS_EXTERNAL_ACCESS],
    proof: Proof::Denied,
    fix: Some((
        Promise::Opens,
        "Lets in the ingress controller, where the input holds it. Which addresses should get in is for people to say.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let exposure = context.exposure();
    let mut findings = Vec::new();
    for published in exposure.published.chunk_by(|one, next| std::ptr::eq(one.by, next.by)) {
        let blocked: Vec<&Publication<'_>> = published
            .iter()
            .filter(|one| !context.evaluation().deciding(Direction::Ingress, one.workload).is_empty())
            .filter(|one| !exposure.lets_in(context, one))
            .collect();
        findings.extend(finding(context, &blocked));
    }
    findings
}

fn finding(context: &Context<'_>, blocked: &[&Publication<'_>]) -> Option<Finding> {
    let first = *blocked.first()?;
    let workloads: Vec<PeerId> = blocked.iter().map(|publication| publication.workload).collect();
    let (protocol, port) = first.ports.first()?;
    let expected = context.exposure().expected(context, first)?;
    let who = match context.workload(expected) {
        Some(controller) => format!("`{}`", controller.name),
        None if first.way.is_direct() => "addresses outside the cluster".to_owned(),
        None => "pods of other namespaces".to_owned(),
    };
    let mut spans: Vec<Span> = vec![first.span()];
    spans.extend(context.workload_spans(&workloads));
    let selecting = context.evaluation().selecting(Direction::Ingress, first.workload);
    let denied = denying(context, expected, first.workload, &first.ports);
    match &denied {
        Some(rule) => spans.extend([rule.span(), cluster_policy_span(rule.policy)]),
        None => {
            spans.extend(selecting.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span))
        }
    }
    let why = match &denied {
        Some(rule) => format!("{} of `{}` denies it to {who}", rule.path(), rule.name()),
        None => format!("no rule lets {who} in"),
    };
    Some(Finding {
        message: format!(
            "{} publishes {} on {}, and {why}",
            first.publisher(),
            context.names(&workloads),
            words::ports(&first.ports)
        ),
        subject: first.by.object().reference(),
        spans,
        witness: Some(Witness { source: expected, destination: first.workload, protocol, port }),
        fix: if denied.is_none() { let_in(context, expected, blocked) } else { None },
        ..Finding::of(&RULE)
    })
}

/// Lets the controller in to all of them, where it is a pod of the input.
fn let_in(context: &Context<'_>, controller: PeerId, blocked: &[&Publication<'_>]) -> Option<Fix> {
    let name = &context.workload(controller)?.name;
    let mut added = Vec::new();
    for one in blocked.iter().take(MOST_LISTED + 1) {
        added.push(opening(
            context.evaluation(),
            Direction::Ingress,
            one.workload,
            &[controller],
            &one.ports,
        )?);
    }
    let workloads: Vec<PeerId> = blocked.iter().map(|one| one.workload).collect();
    let message = format!("let `{name}` in to {}", context.names(&workloads));
    (added.len() <= MOST_LISTED).then(|| Fix::add(message, added))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, cluster_policy, deployment, ingress, policy, service};

    const DENY: &str = "{podSelector: {}}";

    fn site(spec: &str) -> String {
        deployment("shop", "web", 8080) + &policy("shop", "p", spec)
    }

    #[test]
    fn a_load_balancer_behind_a_default_deny() {
        let lb = service("shop", "web", "type: LoadBalancer, ports: [{port: 80, targetPort: 8080}]");
        let found = Case::new(&(site(DENY) + &lb)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Service shop/web");
        assert_eq!(
            found[0].message,
            "the LoadBalancer `web` publishes `web` on TCP 8080, and no rule lets addresses outside the cluster in"
        );
        assert_eq!(found[0].spans, ["web", "web", "p"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/web TCP 8080"));
        // Pods do not come through a load balancer, and the Service's port is not the container's.
        for rule in ["{from: [{namespaceSelector: {}}]}", "{ports: [{port: 80}]}"] {
            let spec = format!("{{podSelector: {{}}, ingress: [{rule}]}}");
            assert_eq!(Case::new(&(site(&spec) + &lb)).check(&RULE).len(), 1, "{rule}");
        }
    }

    #[test]
    fn some_addresses_are_enough() {
        let lb = service("shop", "web", "type: NodePort, ports: [{port: 80, targetPort: 8080}]");
        let spec = "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: 8080}]}]}";
        assert!(Case::new(&(site(spec) + &lb)).check(&RULE).is_empty());
    }

    #[test]
    fn the_controller_has_to_get_in() {
        let published = service("shop", "web", "ports: [{port: 80, targetPort: 8080}]")
            + &ingress("shop", "site", "web", "number: 80");
        let controller = deployment("edge", "ingress-nginx", 443);
        let from_edge = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: \
                         {kubernetes.io/metadata.name: edge}}}], ports: [{port: 8080}]}]}";
        let found = Case::new(&(site(DENY) + &published + &controller)).check(&RULE);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].subject, "Ingress shop/site");
        assert_eq!(found[0].witness.as_deref(), Some("edge/ingress-nginx -> shop/web TCP 8080"));
        assert!(found[0].message.ends_with("no rule lets `ingress-nginx` in"), "{}", found[0].message);
        assert!(Case::new(&(site(from_edge) + &published + &controller)).check(&RULE).is_empty());
        // Where no controller is in the input, any other namespace may hold it.
        assert_eq!(Case::new(&(site(DENY) + &published)).check(&RULE).len(), 1);
        assert!(Case::new(&(site(from_edge) + &published)).check(&RULE).is_empty());
    }

    #[test]
    fn a_cluster_scoped_policy_that_keeps_the_controller_out() {
        let published = service("shop", "web", "ports: [{port: 80, targetPort: 8080}]")
            + &ingress("shop", "site", "web", "number: 80")
            + &deployment("edge", "ingress-nginx", 443);
        let deny = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
        let from_edge =
            "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}";
        let admin = site(from_edge) + &published + &cluster_policy("deny", "Admin", 5, deny);
        let baseline =
            deployment("shop", "web", 8080) + &published + &cluster_policy("deny", "Baseline", 5, deny);
        for text in [admin, baseline] {
            let found = Case::new(&text).check(&RULE);
            assert_eq!(found.len(), 1);
            assert_eq!(
                found[0].message,
                "the Ingress `site` publishes `web` on TCP 8080, and ingress rule 1 of `deny` denies it to `ingress-nginx`"
            );
        }
    }

    #[test]
    fn not_isolated_at_all() {
        let lb = service("shop", "web", "type: LoadBalancer, ports: [{port: 80}]");
        assert!(Case::new(&(deployment("shop", "web", 80) + &lb)).check(&RULE).is_empty());
    }

    #[test]
    fn a_load_balancer_that_lets_few_through() {
        let lb = service(
            "shop",
            "web",
            "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24], ports: [{port: 80, targetPort: 8080}]",
        );
        let from = |cidr: &str| {
            format!(
                "{{podSelector: {{}}, ingress: [{{from: [{{ipBlock: {{cidr: {cidr}}}}}], ports: [{{port: 8080}}]}}]}}"
            )
        };
        assert_eq!(Case::new(&(site(&from("203.0.113.0/24")) + &lb)).check(&RULE).len(), 1);
        assert!(Case::new(&(site(&from("198.51.100.0/25")) + &lb)).check(&RULE).is_empty());
    }
}
