//! `monitoring.coreos.com` ServiceMonitor and PodMonitor: the ports that Prometheus scrapes.
//!
//! A mistake in them is no reason to refuse them: what is wrong is left aside.

use super::{policy_port, selector};
use crate::cursor::{Cursor, Fields};
use crate::object::{
    Metadata, Monitor, MonitoredNamespaces, MonitoredPort, MonitoredPortName, PortTarget, Resource,
};
use crate::report::Report;
use crate::schema;

pub(super) fn of_services(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    decode(object, false, report)
}

pub(super) fn of_pods(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    decode(object, true, report)
}

fn decode(object: &Fields<'_>, of_pods: bool, report: &mut Report) -> Option<Resource> {
    let nothing =
        |selector| Monitor { of_pods, selector, namespaces: MonitoredNamespaces::Own, ports: Vec::new() };
    let monitor = report.leniently(|report| {
        let range = object.cursor().range();
        let spec = object.get("spec");
        let Some(fields) = spec.as_ref().and_then(|spec| spec.fields(report, &schema::UNCHECKED)) else {
            return nothing(selector::empty(range));
        };
        let selector = match fields.get_or_null("selector") {
            Some(cursor) => selector::decode(&cursor, report),
            None => Some(selector::empty(range)),
        };
        let Some(selector) = selector else { return nothing(selector::empty(range)) };
        let namespaces = fields.get("namespaceSelector");
        let namespaces = namespaces.map_or(MonitoredNamespaces::Own, |one| namespaces_of(&one, report));
        let list = fields.get(if of_pods { "podMetricsEndpoints" } else { "endpoints" });
        let mut ports = Vec::new();
        if let Some(list) = list {
            for item in list.items(report) {
                ports.extend(port(&item, report));
            }
        }
        Monitor { of_pods, selector, namespaces, ports }
    });
    Some(Resource::Monitor(monitor))
}

fn namespaces_of(cursor: &Cursor<'_>, report: &mut Report) -> MonitoredNamespaces {
    let Some(fields) = cursor.fields(report, &schema::UNCHECKED) else { return MonitoredNamespaces::Own };
    if fields.get("any").and_then(|cursor| cursor.boolean(report)) == Some(true) {
        return MonitoredNamespaces::Any;
    }
    let mut names = Vec::new();
    if let Some(list) = fields.get("matchNames") {
        for item in list.items(report) {
            names.extend(item.text(report).filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    if names.is_empty() { MonitoredNamespaces::Own } else { MonitoredNamespaces::Named(names) }
}

/// `targetPort` and `portNumber` count where no `port` is named.
fn port(item: &Cursor<'_>, report: &mut Report) -> Option<MonitoredPort> {
    let fields = item.fields(report, &schema::UNCHECKED)?;
    let name = fields.get("port").and_then(|cursor| cursor.text(report)).filter(|name| !name.is_empty());
    let port = if let Some(name) = name {
        MonitoredPortName::Name(name.to_owned())
    } else if let Some(cursor) = fields.get("portNumber") {
        MonitoredPortName::Target(PortTarget::Number(policy_port::number(&cursor, report)?))
    } else {
        MonitoredPortName::Target(policy_port::target(&fields.get("targetPort")?, report)?)
    };
    Some(MonitoredPort { range: item.range(), port })
}
