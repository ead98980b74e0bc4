//! Pods, and the objects that make pods from a template.

use netpol_source::{Code, Diagnostic, Related, Severity};

use super::{metadata, pod, selector};
use crate::cursor::{Cursor, Fields};
use crate::object::{Label, Metadata, Resource, Workload, WorkloadKind};
use crate::report::{Report, shorten};
use crate::schema::{self, Level};
use crate::yaml::Value;

pub(super) fn pod(object: &Fields<'_>, metadata: &Metadata, report: &mut Report) -> Option<Resource> {
    let spec = object.get("spec").map(|cursor| pod::spec(&cursor, report)).unwrap_or_default();
    let status = pod::status(object, report);
    Some(Resource::Workload(Workload {
        kind: WorkloadKind::Pod,
        labels: metadata.labels.clone(),
        ports: spec.ports,
        host_network: spec.host_network,
        service_account: spec.service_account,
        replicas: Some(1),
        first_ordinal: 0,
        finished: status.finished,
        pod_ips: status.pod_ips,
        host_ips: status.host_ips,
        node_name: spec.node_name,
        scrape: metadata::scrape(&metadata.annotations),
    }))
}

/// How a kind lays out its spec.
#[derive(Clone, Copy, Debug)]
struct Layout {
    kind: WorkloadKind,
    level: &'static Level,
    replicas: Option<&'static str>,
    selector: Selection,
}

/// What `spec.selector` of a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Selection {
    /// A label selector that must match the template, as in `apps/v1`.
    Required,
    /// A map of labels, those of the template where absent.
    Map,
    /// Written by the server.
    Generated,
}

pub(super) fn deployment(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let layout = Layout {
        kind: WorkloadKind::Deployment,
        level: &schema::DEPLOYMENT_SPEC,
        replicas: Some("replicas"),
        selector: Selection::Required,
    };
    layout.decode(object, report)
}

pub(super) fn replica_set(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let layout = Layout {
        kind: WorkloadKind::ReplicaSet,
        level: &schema::REPLICA_SET_SPEC,
        replicas: Some("replicas"),
        selector: Selection::Required,
    };
    layout.decode(object, report)
}

pub(super) fn stateful_set(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let layout = Layout {
        kind: WorkloadKind::StatefulSet,
        level: &schema::STATEFUL_SET_SPEC,
        replicas: Some("replicas"),
        selector: Selection::Required,
    };
    let Resource::Workload(mut workload) = layout.decode(object, report)? else { return None };
    workload.first_ordinal = first_ordinal(object, report).unwrap_or_default();
    Some(Resource::Workload(workload))
}

/// `spec.ordinals.start`.
fn first_ordinal(object: &Fields<'_>, report: &mut Report) -> Option<u32> {
    let spec = object.get("spec")?;
    let ordinals = spec.fields(&mut Report::default(), &schema::UNCHECKED)?.get("ordinals")?;
    let start = ordinals.fields(report, &schema::ORDINALS)?.get("start")?;
    count(&start, report)
}

pub(super) fn daemon_set(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let layout = Layout {
        kind: WorkloadKind::DaemonSet,
        level: &schema::DAEMON_SET_SPEC,
        replicas: None,
        selector: Selection::Required,
    };
    layout.decode(object, report)
}

pub(super) fn replication_controller(
    object: &Fields<'_>,
    _: &Metadata,
    report: &mut Report,
) -> Option<Resource> {
    let layout = Layout {
        kind: WorkloadKind::ReplicationController,
        level: &schema::REPLICATION_CONTROLLER_SPEC,
        replicas: Some("replicas"),
        selector: Selection::Map,
    };
    layout.decode(object, report)
}

const JOB: Layout = Layout {
    kind: WorkloadKind::Job,
    level: &schema::JOB_SPEC,
    replicas: Some("parallelism"),
    selector: Selection::Generated,
};

pub(super) fn job(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let Resource::Workload(mut workload) = JOB.decode(object, report)? else { return None };
    workload.finished = is_finished(object);
    Some(Resource::Workload(workload))
}

/// Whether `status` says that a Job has come to its end, one way or the other. The API server sets it, so that mistakes
/// in it say nothing.
fn is_finished(job: &Fields<'_>) -> bool {
    let report = &mut Report::default();
    let Some(status) = job.get("status") else { return false };
    let Some(fields) = status.fields(report, &schema::UNCHECKED) else { return false };
    if fields.get("completionTime").is_some() {
        return true;
    }
    let Some(conditions) = fields.get("conditions") else { return false };
    conditions.items(report).any(|item| {
        let report = &mut Report::default();
        let Some(fields) = item.fields(report, &schema::UNCHECKED) else { return false };
        let mut says = |name| fields.get(name).and_then(|cursor| cursor.text(report));
        matches!(says("type"), Some("Complete" | "Failed")) && says("status") == Some("True")
    })
}

pub(super) fn cron_job(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let spec = required(object, "spec", report)?;
    let fields = spec.fields(report, &schema::CRON_JOB_SPEC)?;
    let template = required(&fields, "jobTemplate", report)?;
    let fields = template.fields(report, &schema::JOB_TEMPLATE)?;
    if let Some(metadata) = fields.get("metadata") {
        metadata.fields(report, &schema::METADATA);
    }
    let resource = Layout { kind: WorkloadKind::CronJob, ..JOB }.decode(&fields, report)?;
    // `parallelism` counts the pods of one run, and runs may overlap.
    Some(match resource {
        Resource::Workload(workload) => Resource::Workload(Workload { replicas: None, ..workload }),
        other => other,
    })
}

impl Layout {
    fn decode(self, object: &Fields<'_>, report: &mut Report) -> Option<Resource> {
        let spec = required(object, "spec", report)?;
        let fields = spec.fields(report, self.level)?;
        let replicas = match self.replicas.and_then(|name| fields.get(name)) {
            Some(cursor) => count(&cursor, report),
            None => None,
        };
        let template = required(&fields, "template", report)?;
        let (labels, pod) = pod::template(&template, report)?;
        self.check_selector(&fields, &template, &labels, report);
        Some(Resource::Workload(Workload {
            kind: self.kind,
            labels,
            ports: pod.ports,
            host_network: pod.host_network,
            service_account: pod.service_account,
            replicas,
            first_ordinal: 0,
            finished: false,
            pod_ips: Vec::new(),
            host_ips: Vec::new(),
            node_name: pod.node_name,
            scrape: pod.scrape,
        }))
    }

    /// The API server refuses a template that its selector does not match, and in `apps/v1` a missing selector. The
    /// latter only gets a warning here: people leave the selector out to be brief, and no verdict depends on it.
    fn check_selector(
        self,
        fields: &Fields<'_>,
        template: &Cursor<'_>,
        labels: &[Label],
        report: &mut Report,
    ) {
        let written = fields.get("selector");
        let matching = match (self.selector, &written) {
            (Selection::Required, None) => {
                let message = "`selector` is missing, which the API server refuses: repeat the labels of the template \
                               under `matchLabels`";
                let place = fields.cursor().head();
                let warning = Diagnostic::new(Severity::Warning, Code::MissingSelector, message, place);
                let path = Some(fields.cursor().path_of("selector"));
                report.push(Diagnostic { path, ..warning });
                return;
            }
            (Selection::Required, Some(cursor)) => {
                let Some(selector) = selector::decode(cursor, report) else { return };
                if selector.requirements.is_empty() {
                    let message = "an empty `selector` is refused here: repeat the labels of the template";
                    cursor.error(report, Code::EmptySelector, message);
                    return;
                }
                selector::matches(&selector, labels)
            }
            (Selection::Map, Some(cursor)) => metadata::labels(cursor, report).iter().all(|wanted| {
                labels.iter().any(|label| {
                    label.key.value == wanted.key.value && label.value.value == wanted.value.value
                })
            }),
            (Selection::Map, None) | (Selection::Generated, _) => true,
        };
        if !matching && let Some(cursor) = written {
            let written = labels
                .iter()
                .map(|label| format!("{}={}", label.key.value, label.value.value))
                .collect::<Vec<_>>()
                .join(",");
            let message = if written.is_empty() {
                "`selector` does not match the template, which has no labels: give it the same ones"
                    .to_owned()
            } else {
                format!(
                    "`selector` does not match the template's labels `{}`: make them the same",
                    shorten(&written)
                )
            };
            let place = match labels.first() {
                Some(first) => {
                    first.key.range.cover(labels.last().map_or(first.value.range, |last| last.value.range))
                }
                None => template.key_or_head(),
            };
            let error = Diagnostic::new(Severity::Error, Code::SelectorMismatch, message, place);
            let path = Some(template.path_of("metadata.labels"));
            let related =
                vec![Related { message: "the selector is here".to_owned(), place: cursor.entry_range() }];
            report.push(Diagnostic { path, related, ..error });
        }
    }
}

/// A field that must be there.
fn required<'a>(fields: &Fields<'a>, name: &'static str, report: &mut Report) -> Option<Cursor<'a>> {
    let found = fields.get(name);
    if found.is_none() {
        let message = format!("`{name}` is missing: it says what the pods look like");
        fields.cursor().missing(report, name, Code::MissingField, message);
    }
    found
}

/// A number of pods.
fn count(cursor: &Cursor<'_>, report: &mut Report) -> Option<u32> {
    // `replicas: "3"` and the like say so themselves.
    let number = cursor.integer(report)?;
    let found = u32::try_from(number).ok().filter(|count| i32::try_from(*count).is_ok());
    if found.is_none() && matches!(cursor.value(), Value::Integer(_) | Value::Float(_)) {
        let message = format!("{} cannot be `{number}`: write 0 or more", cursor.name());
        cursor.error(report, Code::InvalidCount, message);
    }
    found
}
