//! NP114: a port that is scraped for metrics, and that no rule opens to whoever scrapes it.
//!
//! Who that is, only labels of well-known scrapers tell. Where the input holds none, anybody from another namespace or
//! from outside who gets in may be it.

use netpol_eval::{ConnectionSet, NamespaceId, PeerId, PortSet, Workload, matches};
use netpol_manifest::{
    Direction, Monitor, MonitoredNamespaces, MonitoredPortName, PortTarget, Protocol, Resource, ServicePort,
};
use netpol_source::{HashMap, Span, order};

use crate::context::Context;
use crate::exposure::target_ports;
use crate::finding::Finding;
use crate::fix::Fix;
use crate::policies::opening;
use crate::references as refer;
use crate::rule::{Code, Promise, Proof, Rule, Severity};
use crate::site::policy_span;
use crate::witness::Witness;
use crate::{well_known, words};

pub(crate) const RULE: Rule = Rule {
    code: Code::NP114,
    name: "scrape-blocked",
    severity: Severity::Low,
    summary: "A ServiceMonitor or PodMonitor names a port that no rule opens to the pods that scrape it.",
    why: "Without metrics nobody is warned when the workload fails, and a target that is always down hides those that are \
          down for a reason.",
    help: "Open the port of the container to the pods of the monitoring system, by its namespace and labels.",
    references: &[refer::CKS_POLICIES],
    proof: Proof::Denied,
    fix: Some((Promise::Opens, "Opens the port to the scraper, where the input holds one alone.")),
};

pub(crate) fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut known: Option<Scrapers> = None;
    let mut findings = Vec::new();
    for handle in &context.cluster().exposure {
        context.work(1);
        let object = handle.object();
        let Resource::Monitor(monitor) = &object.resource else { continue };
        let scrapers = known.get_or_insert_with(|| Scrapers::of(context));
        let mut blocked: Vec<(PeerId, ConnectionSet)> = Vec::new();
        for (workload, ports) in targets(context, monitor, object.namespace()) {
            if context.effort().is_exhausted() {
                return findings;
            }
            let is_closed = !context.evaluation().deciding(Direction::Ingress, workload).is_empty();
            if is_closed && !scrapers.get_in(context, workload, &ports) {
                blocked.push((workload, ports));
            }
        }
        let Some((first, ports)) = blocked.first() else { continue };
        let workloads: Vec<PeerId> = blocked.iter().map(|(workload, _)| *workload).collect();
        let source = scrapers.pods.iter().copied().find(|scraper| scraper != first);
        let mut spans: Vec<Span> = vec![handle.span(object.metadata.name.range)];
        let selecting = context.evaluation().selecting(Direction::Ingress, *first);
        spans.extend(selecting.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span));
        spans.extend(context.workload_spans(&workloads));
        let whom = match source {
            Some(source) => context.names(&[source]),
            None => "anybody from another namespace".to_owned(),
        };
        let witness = source.zip(ports.first()).map(|(source, (protocol, port))| Witness {
            source,
            destination: *first,
            protocol,
            port,
        });
        let fix = match (scrapers.pods.as_slice(), blocked.as_slice()) {
            ([scraper], [_]) => {
                let added = opening(context.evaluation(), Direction::Ingress, *first, &[*scraper], ports);
                added.map(|added| {
                    let message = format!("let {whom} scrape {}", context.names(&workloads));
                    Fix::add(message, vec![added])
                })
            }
            _ => None,
        };
        let reference = object.reference();
        findings.push(Finding {
            message: format!(
                "the {} `{}` has {} of {} scraped, and no rule opens that to {whom}",
                reference.kind,
                reference.name,
                words::ports(ports),
                context.names(&workloads)
            ),
            subject: reference,
            spans,
            witness,
            fix,
            ..Finding::of(&RULE)
        });
    }
    findings
}

/// Who may scrape.
struct Scrapers {
    /// Workloads that look like it.
    pods: Vec<PeerId>,
    /// One peer of each class, with the namespace of pods.
    others: Vec<(PeerId, Option<NamespaceId>, bool)>,
}

impl Scrapers {
    fn of(context: &Context<'_>) -> Self {
        let pods = context.input_workloads().filter(|(_, one)| well_known::is_scraper(one));
        let pods: Vec<PeerId> = pods.map(|(peer, _)| peer).collect();
        let mut seen: HashMap<usize, Option<NamespaceId>> = HashMap::default();
        let mut others = Vec::new();
        for (id, peer) in context.evaluation().peer_ids() {
            context.work(1);
            let namespace = peer.workload().map(|workload| workload.namespace);
            let is_other = peer.workload().is_none_or(Workload::is_hypothetical);
            let class = context.evaluation().class(id);
            if seen.insert(class, namespace) != Some(namespace) {
                others.push((id, namespace, is_other));
            }
        }
        Self { pods, others }
    }

    fn get_in(&self, context: &Context<'_>, workload: PeerId, ports: &ConnectionSet) -> bool {
        let gets_in = |peer: PeerId| {
            context.work(1);
            // A pod always reaches itself.
            peer == workload || !context.evaluation().allowed(peer, workload).intersection(ports).is_empty()
        };
        if !self.pods.is_empty() {
            return self.pods.iter().copied().any(gets_in);
        }
        let own = context.workload(workload).map(|workload| workload.namespace);
        let mut others = self.others.iter().filter(|(_, namespace, is_other)| *is_other || *namespace != own);
        others.any(|(peer, _, _)| gets_in(*peer))
    }
}

/// The workloads of the pod network that a monitor means, each with its ports that are scraped.
fn targets(context: &Context<'_>, monitor: &Monitor, own: &str) -> Vec<(PeerId, ConnectionSet)> {
    let is_meant = |namespace: &str| match &monitor.namespaces {
        MonitoredNamespaces::Own => namespace == own,
        MonitoredNamespaces::Any => true,
        MonitoredNamespaces::Named(names) => names.iter().any(|name| name == namespace),
    };
    let mut found: Vec<(PeerId, ConnectionSet)> = Vec::new();
    let mut add = |peer: PeerId, ports_of: &dyn Fn(&Workload) -> ConnectionSet| {
        let Some(workload) = context.workload(peer).filter(|one| !one.host_network) else { return };
        let ports = ports_of(workload);
        if !ports.is_empty() {
            found.push((peer, ports));
        }
    };
    if monitor.of_pods {
        if !context.look_through_all() {
            return found;
        }
        for (peer, workload) in context.input_workloads() {
            if is_meant(context.namespace_name(workload.namespace))
                && matches(&monitor.selector, &workload.labels)
            {
                add(peer, &|workload| ports_of(monitor, workload, &[]));
            }
        }
        return found;
    }
    for selecting in &context.exposure().services {
        context.work(1 + selecting.handle.object().metadata.labels.len());
        let object = selecting.handle.object();
        let labels = object.metadata.labels.iter();
        let labels = order::map(labels.map(|label| (label.key.value.clone(), label.value.value.clone())));
        if is_meant(object.namespace()) && matches(&monitor.selector, &labels) {
            for peer in selecting.workloads.iter() {
                context.work(1);
                add(*peer, &|workload| ports_of(monitor, workload, &selecting.service.ports));
            }
        }
    }
    found
}

/// The ports of a workload that a monitor names, through those of a Service or by themselves.
fn ports_of(monitor: &Monitor, workload: &Workload, of_service: &[ServicePort]) -> ConnectionSet {
    let named = |name: &str| ConnectionSet::of(Protocol::Tcp, workload.named_ports(name, Protocol::Tcp));
    let ports = monitor.ports.iter().map(|one| match &one.port {
        MonitoredPortName::Name(name) if monitor.of_pods => named(name),
        MonitoredPortName::Name(name) => {
            let port = of_service.iter().find(|port| port.name.as_ref() == Some(name));
            port.map_or(ConnectionSet::NONE, |port| target_ports(workload, port))
        }
        MonitoredPortName::Target(PortTarget::Name(name)) => named(name),
        MonitoredPortName::Target(PortTarget::Number(number)) => {
            ConnectionSet::of(Protocol::Tcp, PortSet::range(*number, *number))
        }
    });
    ports.fold(ConnectionSet::NONE, |all, one| all.union(&one))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::{Case, Found, deployment, policy};

    const MONITOR: &str = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop, labels: {app: \
                           web}}\nspec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: \
                           8080}]}\n---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web, \
                           namespace: ops}\nspec: {selector: {matchLabels: {app: web}}, namespaceSelector: {matchNames: \
                           [shop]}, endpoints: [{port: http}]}\n";

    fn found(peer: &str, more: &str) -> Vec<Found> {
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}], ports: [{{port: 8080}}]}}]}}");
        let text = deployment("shop", "web", 8080) + MONITOR + &policy("shop", "p", &spec) + more;
        Case::new(&text).check(&RULE)
    }

    #[test]
    fn the_scraper_of_the_input() {
        let prometheus = deployment("ops", "prometheus", 9090);
        let all = found("{podSelector: {}}", &prometheus);
        assert_eq!(all.len(), 1);
        assert_eq!(
            all[0].message,
            "the ServiceMonitor `web` has TCP 8080 of `web` scraped, and no rule opens that to `prometheus`"
        );
        assert_eq!(all[0].subject, "ServiceMonitor ops/web");
        assert_eq!(all[0].witness.as_deref(), Some("ops/prometheus -> shop/web TCP 8080"));
        assert!(found("{namespaceSelector: {}}", &prometheus).is_empty());
    }

    #[test]
    fn whoever_it_may_be_that_is_not_there() {
        assert_eq!(found("{podSelector: {}}", "").len(), 1);
        let monitoring = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}";
        assert!(found(monitoring, "").is_empty());
        assert!(found(monitoring, &deployment("monitoring", "collector", 80)).is_empty());
    }
}
