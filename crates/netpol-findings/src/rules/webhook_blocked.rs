//! NP112: a webhook or a part of the API that the API server cannot call.
//!
//! It calls from outside the pod network: from the addresses that the input gives it, else any address outside that gets
//! in may be its own. One finding for each object that names the Service.

use netpol_eval::{ConnectionSet, PeerId};
use netpol_manifest::{Direction, Resource, ServiceEndpoint};
use netpol_source::{HashMap, Span};

use crate::callers::{self, Callers};
use crate::context::Context;
use crate::exposure::{Selecting, target_ports};
use crate::finding::Finding;
use crate::fix::Fix;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::witness::Witness;
use crate::words;

pub(crate) const RULE: Rule = Rule {
    code: Code::NP112,
    name: "webhook-blocked",
    severity: Severity::High,
    summary: "An admission webhook or an APIService leads to pods that no rule opens to the API server.",
    why: "The API server calls webhooks from its own address, which no selector of pods matches. When it cannot, it refuses \
          every request that the webhook is for, or accepts them unchecked where `failurePolicy` is `Ignore`.",
    help: "Open the port of the container, not that of the Service, to the addresses of the control plane with an `ipBlock`.",
    references: &[refer::NSA_CONTROL_PLANE, refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((
        Promise::Corrects,
        "Opens the port to the addresses of the API server, where the endpoints of `kubernetes` or the nodes of the control \
         plane are in the input.",
    )),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut known = None;
    let mut findings = Vec::new();
    for handle in &context.cluster().exposure {
        let called: Vec<(&ServiceEndpoint, bool)> = match &handle.object().resource {
            Resource::Webhooks(webhooks) => webhooks.iter().map(|one| (&one.service, one.fails)).collect(),
            Resource::ApiService(Some(service)) => vec![(service, true)],
            _ => continue,
        };
        let (services, callers) =
            known.get_or_insert_with(|| (callers::services(context), Callers::of(context)));
        let mut blocked: Vec<Blocked<'_>> = Vec::new();
        for (endpoint, fails) in called {
            if context.effort().is_exhausted() {
                return findings;
            }
            for (workload, ports) in backends(context, services, endpoint) {
                let is_known = blocked.iter().any(|one| one.workload == workload && one.ports == ports);
                if !is_known && !gets_in(context, callers, workload, &ports) {
                    blocked.push(Blocked { endpoint, fails, workload, ports });
                }
            }
        }
        let Some(first) = blocked.iter().find(|one| one.fails).or(blocked.first()) else { continue };
        let reference = handle.object().reference();
        let workloads: Vec<PeerId> = blocked.iter().map(|one| one.workload).collect();
        let mut spans: Vec<Span> =
            vec![handle.span(first.endpoint.range), handle.span(handle.object().metadata.name.range)];
        let selecting = context.evaluation().selecting(Direction::Ingress, first.workload);
        spans.extend(selecting.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span));
        spans.extend(context.workload_spans(&workloads));
        let source = callers.peers.first().or(context.any_address().first()).copied();
        let witness = source.zip(first.ports.first()).map(|(source, (protocol, port))| Witness {
            source,
            destination: first.workload,
            protocol,
            port,
        });
        let follows = match (reference.kind.as_str(), first.fails) {
            ("APIService", _) => "that part of the API does not answer",
            (_, true) => "it refuses what the webhook is for",
            (_, false) => "it accepts unchecked what the webhook is for",
        };
        findings.push(Finding {
            severity: if first.fails { Severity::High } else { Severity::Medium },
            message: format!(
                "the API server calls {} on {} for the {} `{}`, and no rule lets it in from outside the pod network: {follows}",
                context.names(&workloads),
                words::ports(&first.ports),
                reference.kind,
                reference.name
            ),
            subject: reference,
            spans,
            witness,
            fix: fix(context, callers, &blocked),
            ..Finding::of(&RULE)
        });
    }
    findings
}

/// Pods that the API server calls and does not reach.
struct Blocked<'e> {
    endpoint: &'e ServiceEndpoint,
    fails: bool,
    workload: PeerId,
    ports: ConnectionSet,
}

/// The isolated workloads behind a port of a Service, each with its own ports.
fn backends(
    context: &Context<'_>,
    services: &HashMap<(&str, &str), &Selecting<'_>>,
    endpoint: &ServiceEndpoint,
) -> Vec<(PeerId, ConnectionSet)> {
    let Some(selecting) = services.get(&(endpoint.namespace.as_str(), endpoint.name.as_str())) else {
        return Vec::new();
    };
    let Some(port) = selecting.service.ports.iter().find(|one| one.port == endpoint.port) else {
        return Vec::new();
    };
    context.work(selecting.workloads.len());
    let workloads = selecting.workloads.iter().filter_map(|peer| {
        let workload = context.workload(*peer).filter(|one| !one.host_network)?;
        let is_closed = !context.evaluation().deciding(Direction::Ingress, *peer).is_empty();
        let ports = target_ports(workload, port);
        (is_closed && !ports.is_empty()).then_some((*peer, ports))
    });
    workloads.collect()
}

fn gets_in(context: &Context<'_>, callers: &Callers, workload: PeerId, ports: &ConnectionSet) -> bool {
    let gets_in = |peer: PeerId| {
        context.work(1);
        context.evaluation().allowed(peer, workload).meets(ports)
    };
    match callers.peers.is_empty() {
        true => context.exposure().outside(context, workload).any(gets_in),
        false => callers.peers.iter().copied().any(gets_in),
    }
}

/// Lets the addresses of the API server in, where they are known.
fn fix(context: &Context<'_>, callers: &Callers, blocked: &[Blocked<'_>]) -> Option<Fix> {
    let [one] = blocked else { return None };
    let added =
        callers::open_addresses(context, Direction::Ingress, one.workload, &callers.addresses, &one.ports)?;
    let message = format!(
        "let the API server ({}) reach {} on {}",
        words::list(callers.addresses.iter().map(ToString::to_string)),
        context.names(&[one.workload]),
        words::ports(&one.ports)
    );
    Some(Fix::add(message, vec![added]))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::Severity;
    use crate::testing::{Case, Found, deployment, policy, service};

    const ENDPOINTS: &str = "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: kubernetes, labels: \
                             {kubernetes.io/service-name: kubernetes}}\naddressType: IPv4\nports: [{port: 6443}]\nendpoints: \
                             [{addresses: [172.18.0.2]}]\n";

    fn webhook(policy: &str) -> String {
        format!(
            "---\napiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {{name: \
             defaults}}\nwebhooks: [{{name: a.b.c, failurePolicy: {policy}, clientConfig: {{service: {{name: hook, namespace: \
             shop}}}}}}, {{name: d.b.c, clientConfig: {{url: 'https://example.com'}}}}]\n"
        )
    }

    fn found(peers: &str, more: &str) -> Vec<Found> {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peers}], ports: [{{port: 8443}}]}}]}}");
        let text = deployment("shop", "hook", 8443)
            + &service("shop", "hook", "ports: [{port: 443, targetPort: 8443}]")
            + &policy("shop", "p", &spec)
            + more;
        Case::new(&text).check(&RULE)
    }

    #[test]
    fn no_rule_for_anybody_outside() {
        let found = found("{podSelector: {}}", &webhook("Fail"));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "the API server calls `hook` on TCP 8443 for the MutatingWebhookConfiguration `defaults`, and no rule lets it in \
             from outside the pod network: it refuses what the webhook is for"
        );
        assert_eq!(found[0].subject, "MutatingWebhookConfiguration defaults");
        assert_eq!(found[0].spans, ["{name: hook, namespace: shop}", "defaults", "p", "hook"]);
        assert_eq!(found[0].witness.as_deref(), Some("0.0.0.0/0 -> shop/hook TCP 8443"));
    }

    #[test]
    fn a_block_may_hold_the_api_server_unless_its_address_is_known() {
        let block = "{ipBlock: {cidr: 10.0.0.0/24}}";
        assert!(found(block, &webhook("Fail")).is_empty());
        assert_eq!(found(block, &(webhook("Fail") + ENDPOINTS)).len(), 1);
        assert!(found("{ipBlock: {cidr: 172.18.0.0/16}}", &(webhook("Fail") + ENDPOINTS)).is_empty());
    }

    #[test]
    fn a_webhook_that_is_ignored_when_it_fails() {
        let found = found("{podSelector: {}}", &webhook("Ignore"));
        assert_eq!(found[0].severity, Severity::Medium);
        assert!(found[0].message.ends_with("it accepts unchecked what the webhook is for"), "{found:?}");
    }

    #[test]
    fn a_part_of_the_api() {
        let api = "---\napiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.x.example}\nspec: \
                   {service: {name: hook, namespace: shop}, group: x.example, version: v1}\n";
        assert_eq!(found("{podSelector: {}}", api)[0].subject, "APIService v1.x.example");
    }
}
