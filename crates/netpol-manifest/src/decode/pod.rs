//! `PodSpec`, `PodTemplateSpec` and `PodStatus`: what the network sees of a pod.

use netpol_source::Code;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{metadata, policy_port};
use crate::cursor::{Cursor, Fields};
use crate::object::{ContainerPort, Label, Scrape};
use crate::report::{Report, quote, shorten};
use crate::schema;
use crate::validate;

/// What is read of a `PodSpec`.
#[derive(Debug, Default)]
pub(super) struct PodSpec {
    pub(super) ports: Vec<ContainerPort>,
    pub(super) host_network: bool,
    pub(super) service_account: Option<String>,
    pub(super) node_name: Option<String>,
    pub(super) scrape: Option<Scrape>,
}

/// What is read of a `PodStatus`.
#[derive(Debug, Default)]
pub(super) struct PodStatus {
    pub(super) finished: bool,
    pub(super) pod_ips: Vec<IpAddr>,
    pub(super) host_ips: Vec<IpAddr>,
}

/// The labels and spec of `spec.template`.
pub(super) fn template(cursor: &Cursor<'_>, report: &mut Report) -> Option<(Vec<Label>, PodSpec)> {
    let fields = cursor.fields(report, &schema::POD_TEMPLATE)?;
    let metadata = fields.get("metadata");
    let metadata = metadata.as_ref().and_then(|cursor| cursor.fields(report, &schema::METADATA));
    let labels = metadata.as_ref().and_then(|fields| fields.get("labels"));
    let labels = labels.map(|cursor| metadata::labels(&cursor, report)).unwrap_or_default();
    let mut pod = fields.get("spec").map(|cursor| spec(&cursor, report)).unwrap_or_default();
    pod.scrape = metadata.as_ref().and_then(metadata::scrape_of_template);
    Some((labels, pod))
}

/// A `PodSpec`. That it holds containers with images is not asked for: people leave them out to be brief, and the
/// network does not depend on them.
pub(super) fn spec(cursor: &Cursor<'_>, report: &mut Report) -> PodSpec {
    let Some(fields) = cursor.fields(report, &schema::POD_SPEC) else { return PodSpec::default() };
    let mut ports = Vec::new();
    for (list, kind) in [("containers", Kind::Container), ("initContainers", Kind::Init)] {
        let Some(containers) = fields.get(list) else { continue };
        for item in containers.items(report) {
            container(&item, kind, &mut ports, report);
        }
    }
    let text = |name: &'static str, report: &mut Report| {
        let text = fields.get(name)?.text(report)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    PodSpec {
        ports,
        host_network: fields.get("hostNetwork").and_then(|cursor| cursor.boolean(report)).unwrap_or(false),
        service_account: text("serviceAccountName", report).or_else(|| text("serviceAccount", report)),
        node_name: text("nodeName", report),
        scrape: None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Container,
    Init,
}

fn container(cursor: &Cursor<'_>, kind: Kind, found: &mut Vec<ContainerPort>, report: &mut Report) {
    let Some(fields) = cursor.fields(report, &schema::CONTAINER) else { return };
    let restart = fields.get("restartPolicy").and_then(|cursor| cursor.text(report));
    // An init container that always restarts is a sidecar: it goes on running beside the others.
    let runs_on = kind == Kind::Container || restart == Some("Always");
    let Some(ports) = fields.get("ports") else { return };
    let mut names = BTreeSet::new();
    for item in ports.items(report) {
        let Some(port) = container_port(&item, report) else { continue };
        if let Some(name) = &port.name
            && !names.insert(name.clone())
        {
            let message = format!("two ports of one container are named `{}`: rename one", shorten(name));
            item.field_error(report, "name", Code::DuplicatePortName, message);
        }
        if runs_on {
            found.push(port);
        }
    }
}

fn container_port(cursor: &Cursor<'_>, report: &mut Report) -> Option<ContainerPort> {
    let fields = cursor.fields(report, &schema::CONTAINER_PORT)?;
    let name = match fields.get("name") {
        Some(cursor) => port_name(&cursor, report),
        None => None,
    };
    let protocol = policy_port::declared_protocol(&fields, report);
    let port = match fields.get("containerPort") {
        Some(cursor) => policy_port::number(&cursor, report),
        None => {
            let message = "`containerPort` is missing: write the number that the container listens on";
            cursor.missing(report, "containerPort", Code::MissingField, message);
            None
        }
    };
    let host_port = fields.get("hostPort").and_then(|host| {
        // 0 is as good as absent.
        let number = host.integer(report).filter(|number| *number != 0)?;
        let port = validate::port_number(number);
        if port.is_err() {
            host.error(report, Code::PortOutOfRange, "`hostPort` is no port: write a number from 1 to 65535");
        }
        port.ok()
    });
    Some(ContainerPort { range: cursor.range(), name, port: port?, protocol: protocol?, host_port })
}

/// A port's name; the empty one is none.
pub(super) fn port_name(cursor: &Cursor<'_>, report: &mut Report) -> Option<String> {
    match cursor.value() {
        crate::yaml::Value::Text(text) if text.is_empty() => None,
        _ => policy_port::name(cursor, report),
    }
}

/// `status` of a Pod. The API server sets it, so that a mistake in it is no reason to refuse the pod.
pub(super) fn status(object: &Fields<'_>, report: &mut Report) -> PodStatus {
    let Some(status) = object.get("status") else { return PodStatus::default() };
    report.leniently(|report| {
        let Some(fields) = status.fields(report, &schema::UNCHECKED) else { return PodStatus::default() };
        let phase = fields.get("phase").and_then(|cursor| cursor.text(report));
        PodStatus {
            finished: matches!(phase, Some("Succeeded" | "Failed")),
            pod_ips: addresses(&fields, "podIP", "podIPs", report),
            host_ips: addresses(&fields, "hostIP", "hostIPs", report),
        }
    })
}

fn addresses(fields: &Fields<'_>, one: &'static str, many: &'static str, report: &mut Report) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    if let Some(cursor) = fields.get(one) {
        found.extend(address(&cursor, report));
    }
    if let Some(list) = fields.get(many) {
        for item in list.items(report) {
            let Some(fields) = item.fields(report, &schema::UNCHECKED) else { continue };
            if let Some(cursor) = fields.get("ip") {
                found.extend(address(&cursor, report).filter(|address| !found.contains(address)));
            }
        }
    }
    found
}

/// An address in a status, one of IPv4 even where it is written as one of IPv6 (`::ffff:10.0.0.5`); anything else is
/// pointed out and left aside.
pub(super) fn address(cursor: &Cursor<'_>, report: &mut Report) -> Option<IpAddr> {
    let text = cursor.text(report)?;
    if text.is_empty() {
        return None;
    }
    let found = validate::address(text).map(|(address, _)| address.to_canonical());
    if found.is_none() {
        cursor.warning(
            report,
            Code::InvalidAddress,
            format!("{} is no IP address and is left aside", quote(text)),
        );
    }
    found
}
