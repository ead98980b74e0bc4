//! NP114: a port that is scraped for metrics, and that no rule opens to whoever scrapes it.
//!
//! Who that is, only labels of well-known scrapers tell. Where the input holds none, anybody from another namespace or
//! from outside who gets in may be it; of annotations nothing is said then, unless a namespace is for monitoring by its
//! name.

use netpol_eval::{ConnectionSet, NAMESPACE_NAME_LABEL, NamespaceId, PeerId, PortSet, Workload, matches};
use netpol_manifest::{
    Direction, Monitor, MonitoredNamespaces, MonitoredPortName, PortTarget, Protocol, Resource, ServicePort,
};
use netpol_source::{HashMap, HashSet, ObjectRef, Span, order};

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

/// The annotation.
const SCRAPE: &str = "prometheus.io/scrape";

pub(crate) const RULE: Rule = Rule {
    code: Code::NP114,
    name: "scrape-blocked",
    severity: Severity::Low,
    summary: "A ServiceMonitor, a PodMonitor or `prometheus.io/scrape` names a port that no rule opens to the pods that scrape it.",
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
    let mut told: HashSet<PeerId> = HashSet::default();
    for scraped in monitors(context).chain(services(context)).chain(pods(context)) {
        let scrapers = known.get_or_insert_with(|| Scrapers::of(context));
        let whom = if scraped.by_monitor { scrapers.for_monitors() } else { scrapers.for_annotations() };
        let Some(whom) = whom else { continue };
        let mut blocked: Vec<(PeerId, ConnectionSet)> = Vec::new();
        for (workload, ports) in (scraped.targets)() {
            if context.effort().is_exhausted() {
                return findings;
            }
            let is_closed = !context.evaluation().deciding(Direction::Ingress, workload).is_empty();
            let is_told = !scraped.by_monitor && told.contains(&workload);
            if is_closed && !is_told && !whom.get_in(context, workload, &ports) {
                told.insert(workload);
                blocked.push((workload, ports));
            }
        }
        findings.extend(finding(context, &whom, &scraped, &blocked));
    }
    findings
}

/// What somebody has scraped.
struct Scraped<'s> {
    /// "the ServiceMonitor `web`", or the annotation.
    by: String,
    by_monitor: bool,
    subject: ObjectRef,
    span: Span,
    /// The workloads, each with its ports.
    targets: Box<dyn Fn() -> Vec<(PeerId, ConnectionSet)> + 's>,
}

fn monitors<'s>(context: &'s Context<'_>) -> impl Iterator<Item = Scraped<'s>> {
    context.cluster().exposure.iter().filter_map(move |handle| {
        context.work(1);
        let object = handle.object();
        let Resource::Monitor(monitor) = &object.resource else { return None };
        let subject = object.reference();
        Some(Scraped {
            by: format!("the {} `{}`", subject.kind, subject.name),
            by_monitor: true,
            subject,
            span: handle.span(object.metadata.name.range),
            targets: Box::new(move || targets(context, monitor, object.namespace())),
        })
    })
}

/// The Services with the annotation.
fn services<'s>(context: &'s Context<'_>) -> impl Iterator<Item = Scraped<'s>> {
    context.exposure().services.iter().filter_map(move |selecting| {
        context.work(1);
        let scrape = selecting.service.scrape?;
        let ports = move |workload: &Workload| match scrape.port {
            Some(port) => tcp(port),
            None => {
                let ports = selecting.service.ports.iter().map(|port| target_ports(workload, port));
                ports.fold(ConnectionSet::NONE, |all, one| all.union(&one))
            }
        };
        Some(Scraped {
            by: format!("`{SCRAPE}`"),
            by_monitor: false,
            subject: selecting.handle.object().reference(),
            span: selecting.handle.span(scrape.range),
            targets: Box::new(move || {
                context.work(selecting.workloads.len());
                on_network(context, selecting.workloads.iter().copied(), &ports)
            }),
        })
    })
}

/// The workloads whose pods have the annotation.
fn pods<'s>(context: &'s Context<'_>) -> impl Iterator<Item = Scraped<'s>> {
    context.input_workloads().filter_map(move |(peer, workload)| {
        context.work(1);
        let handle = workload.handle()?;
        let Resource::Workload(template) = &handle.object().resource else { return None };
        let scrape = template.scrape?;
        let ports = move |workload: &Workload| match scrape.port {
            Some(port) => tcp(port),
            None => {
                let declared = workload.declared_ports().into_iter();
                let declared =
                    declared.filter(|port| port.protocol == Protocol::Tcp).map(|port| tcp(port.port));
                declared.fold(ConnectionSet::NONE, |all, one| all.union(&one))
            }
        };
        Some(Scraped {
            by: format!("`{SCRAPE}`"),
            by_monitor: false,
            subject: context.workload_ref(peer)?,
            span: handle.span(scrape.range),
            targets: Box::new(move || on_network(context, std::iter::once(peer), &ports)),
        })
    })
}

/// Those of some workloads that are on the pod network and have such ports.
fn on_network(
    context: &Context<'_>,
    peers: impl Iterator<Item = PeerId>,
    ports: &dyn Fn(&Workload) -> ConnectionSet,
) -> Vec<(PeerId, ConnectionSet)> {
    let workloads = peers.filter_map(|peer| Some((peer, context.workload(peer)?)));
    let workloads = workloads.filter(|(_, workload)| !workload.host_network);
    workloads.map(|(peer, workload)| (peer, ports(workload))).filter(|(_, ports)| !ports.is_empty()).collect()
}

fn tcp(port: u16) -> ConnectionSet {
    ConnectionSet::of(Protocol::Tcp, PortSet::range(port, port))
}

fn finding(
    context: &Context<'_>,
    whom: &Whom<'_>,
    scraped: &Scraped<'_>,
    blocked: &[(PeerId, ConnectionSet)],
) -> Option<Finding> {
    let (first, ports) = blocked.first()?;
    let workloads: Vec<PeerId> = blocked.iter().map(|(workload, _)| *workload).collect();
    let source = whom.pods().iter().copied().find(|scraper| scraper != first);
    let mut spans: Vec<Span> = vec![scraped.span];
    let selecting = context.evaluation().selecting(Direction::Ingress, *first);
    spans.extend(selecting.iter().filter_map(|id| context.cluster().policy(*id)).map(policy_span));
    spans.extend(context.workload_spans(&workloads));
    let name = whom.name(context, source);
    let witness = source.zip(ports.first()).map(|(source, (protocol, port))| Witness {
        source,
        destination: *first,
        protocol,
        port,
    });
    let fix = match (whom.pods(), blocked) {
        ([scraper], [_]) => {
            let added = opening(context.evaluation(), Direction::Ingress, *first, &[*scraper], ports);
            added.map(|added| {
                Fix::add(format!("let {name} scrape {}", context.names(&workloads)), vec![added])
            })
        }
        _ => None,
    };
    Some(Finding {
        message: format!(
            "{} has {} of {} scraped, and no rule opens that to {name}",
            scraped.by,
            words::ports(ports),
            context.names(&workloads)
        ),
        subject: scraped.subject.clone(),
        spans,
        witness,
        fix,
        ..Finding::of(&RULE)
    })
}

/// Who may scrape.
struct Scrapers {
    /// Workloads that look like it.
    pods: Vec<PeerId>,
    /// One peer of each class, with the namespace of pods.
    others: Vec<(PeerId, Option<NamespaceId>, bool)>,
    /// The pods of a namespace that is for it by its name, also of one that the input does not hold.
    monitoring: Option<(NamespaceId, Vec<PeerId>)>,
}

/// Who is meant to.
enum Whom<'s> {
    /// These pods.
    Pods(&'s [PeerId]),
    /// Those of a namespace.
    Namespace(NamespaceId, &'s [PeerId]),
    /// Whoever is not of the namespace of what is scraped.
    Others(&'s [(PeerId, Option<NamespaceId>, bool)]),
}

impl Scrapers {
    fn of(context: &Context<'_>) -> Self {
        let pods: Vec<PeerId> = context.roles().scrapers.of_input(context).map(|(peer, _)| peer).collect();
        let mut seen: HashMap<usize, Option<NamespaceId>> = HashMap::default();
        let mut others = Vec::new();
        let mut monitoring: Option<(NamespaceId, Vec<PeerId>)> = None;
        let namespaces = context.cluster().namespaces.iter();
        let names = namespaces.map(|namespace| namespace.labels.get(NAMESPACE_NAME_LABEL));
        let is_for_monitoring: Vec<bool> =
            names.map(|name| name.is_some_and(|name| well_known::is_for_monitoring(name))).collect();
        for (id, peer) in context.evaluation().peer_ids() {
            context.work(1);
            let namespace = peer.workload().map(|workload| workload.namespace);
            let is_other = peer.workload().is_none_or(Workload::is_hypothetical);
            let class = context.evaluation().class(id);
            if seen.insert(class, namespace) != Some(namespace) {
                others.push((id, namespace, is_other));
            }
            let Some(namespace) = namespace else { continue };
            if is_for_monitoring.get(namespace.0 as usize) == Some(&true) {
                let (known, pods) = monitoring.get_or_insert_with(|| (namespace, Vec::new()));
                if *known == namespace {
                    pods.push(id);
                }
            }
        }
        Self { pods, others, monitoring }
    }

    /// Somebody scrapes what a monitor names, whoever that is.
    fn for_monitors(&self) -> Option<Whom<'_>> {
        Some(if self.pods.is_empty() { Whom::Others(&self.others) } else { Whom::Pods(&self.pods) })
    }

    /// Many charts write the annotations, and not every cluster has somebody who reads them.
    fn for_annotations(&self) -> Option<Whom<'_>> {
        if !self.pods.is_empty() {
            return Some(Whom::Pods(&self.pods));
        }
        self.monitoring.as_ref().map(|(namespace, pods)| Whom::Namespace(*namespace, pods))
    }
}

impl<'s> Whom<'s> {
    fn pods(&self) -> &'s [PeerId] {
        match self {
            Self::Pods(pods) => pods,
            Self::Namespace(..) | Self::Others(_) => &[],
        }
    }

    fn name(&self, context: &Context<'_>, source: Option<PeerId>) -> String {
        match (self, source) {
            (_, Some(source)) => context.names(&[source]),
            (Self::Namespace(namespace, _), None) => {
                format!("the pods of the namespace `{}`", context.namespace_name(*namespace))
            }
            (Self::Pods(_) | Self::Others(_), None) => "anybody from another namespace".to_owned(),
        }
    }

    fn get_in(&self, context: &Context<'_>, workload: PeerId, ports: &ConnectionSet) -> bool {
        let gets_in = |peer: PeerId| {
            context.work(1);
            // A pod always reaches itself.
            peer == workload || context.evaluation().allowed(peer, workload).meets(ports)
        };
        let own = context.workload(workload).map(|workload| workload.namespace);
        match self {
            Self::Pods(pods) | Self::Namespace(_, pods) => pods.iter().copied().any(gets_in),
            Self::Others(others) => {
                let mut others =
                    others.iter().filter(|(_, namespace, is_other)| *is_other || *namespace != own);
                others.any(|(peer, _, _)| gets_in(*peer))
            }
        }
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
    use crate::testing::{Case, Found, deployment, policy, service};

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

    /// A Deployment whose pods, or a Service which has the annotations, and a rule for this peer.
    fn annotated(of_service: bool, annotations: &str, peer: &str, more: &str) -> Vec<Found> {
        let annotations = format!("annotations: {{{annotations}}}");
        let (pods, service) = (
            deployment("shop", "web", 8080),
            service("shop", "web", "ports: [{port: 80, targetPort: 9100}]"),
        );
        let text = match of_service {
            false => pods.replace("{labels:", &format!("{{{annotations}, labels:")) + &service,
            true => pods + &service.replace("{name: web,", &format!("{{name: web, {annotations},")),
        };
        let spec = format!("{{podSelector: {{}}, ingress: [{{from: [{peer}], ports: [{{port: 9100}}]}}]}}");
        Case::new(&(text + &policy("shop", "p", &spec) + more)).check(&RULE)
    }

    #[test]
    fn annotations() {
        let prometheus = deployment("ops", "prometheus", 9090);
        let on = "prometheus.io/scrape: 'true', prometheus.io/port: '9100'";
        for of_service in [false, true] {
            let all = annotated(of_service, on, "{podSelector: {}}", &prometheus);
            let [one] = &all[..] else { panic!("one finding: {all:?}") };
            assert_eq!(
                one.message,
                "`prometheus.io/scrape` has TCP 9100 of `web` scraped, and no rule opens that to `prometheus`"
            );
            assert_eq!(one.subject, if of_service { "Service shop/web" } else { "Deployment shop/web" });
            assert_eq!(one.spans[0], "'true'");
            assert_eq!(one.witness.as_deref(), Some("ops/prometheus -> shop/web TCP 9100"));
            assert!(annotated(of_service, on, "{namespaceSelector: {}}", &prometheus).is_empty());
        }
        // The ports that are declared, or those of the Service, where the annotations name none.
        let any = "prometheus.io/scrape: 'true'";
        let of_pods = annotated(false, any, "{namespaceSelector: {}}", &prometheus);
        assert!(of_pods[0].message.contains("TCP 8080 of `web`"), "{of_pods:?}");
        assert!(annotated(true, any, "{namespaceSelector: {}}", &prometheus).is_empty());
        assert!(
            annotated(true, "prometheus.io/scrape: 'false'", "{podSelector: {}}", &prometheus).is_empty()
        );
    }

    #[test]
    fn annotations_that_nobody_may_read() {
        let on = "prometheus.io/scrape: 'true', prometheus.io/port: '9101'";
        assert!(annotated(false, on, "{podSelector: {}}", "").is_empty());
        // A rule names the namespace of whoever scrapes, and another port.
        let monitoring = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}";
        let all = annotated(false, on, monitoring, "");
        let [one] = &all[..] else { panic!("one finding: {all:?}") };
        assert!(
            one.message.ends_with("opens that to the pods of the namespace `monitoring`"),
            "{}",
            one.message
        );
        assert_eq!(one.witness, None);
        assert!(annotated(false, &on.replace("9101", "9100"), monitoring, "").is_empty());
    }

    #[test]
    fn whoever_it_may_be_that_is_not_there() {
        assert_eq!(found("{podSelector: {}}", "").len(), 1);
        let monitoring = "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}";
        assert!(found(monitoring, "").is_empty());
        assert!(found(monitoring, &deployment("monitoring", "collector", 80)).is_empty());
    }
}
