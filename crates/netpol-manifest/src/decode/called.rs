//! What the API server calls (`admissionregistration.k8s.io`, `apiregistration.k8s.io`), and the addresses behind Services
//! (`discovery.k8s.io`, and `Endpoints` of the core group).
//!
//! A mistake in them is no reason to refuse them: what is wrong is left aside.

use super::{pod, policy_port};
use crate::cursor::{Cursor, Fields};
use crate::object::{EndpointSubset, Endpoints, Metadata, Protocol, Resource, ServiceEndpoint, Webhook};
use crate::report::Report;
use crate::schema;

/// The port of a Service that is called where none is named.
const DEFAULT_PORT: u16 = 443;

pub(super) fn webhooks(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    Some(Resource::Webhooks(report.leniently(|report| {
        let list = object.get("webhooks");
        let items = list.iter().flat_map(|list| list.items(report)).collect::<Vec<_>>();
        items.iter().filter_map(|item| webhook(item, report)).collect()
    })))
}

fn webhook(item: &Cursor<'_>, report: &mut Report) -> Option<Webhook> {
    let fields = item.fields(report, &schema::UNCHECKED)?;
    let client = fields.get("clientConfig")?;
    let service = client.fields(report, &schema::UNCHECKED)?.get("service")?;
    let service = service_endpoint(&service, report)?;
    let mut text = |name: &'static str| Some(fields.get(name)?.text(report)?.to_owned());
    let name = text("name").unwrap_or_default();
    let fails = text("failurePolicy").is_none_or(|policy| policy != "Ignore");
    Some(Webhook { name, fails, service })
}

pub(super) fn api_service(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    Some(Resource::ApiService(report.leniently(|report| {
        let spec = object.get("spec")?;
        let service = spec.fields(report, &schema::UNCHECKED)?.get("service")?;
        service_endpoint(&service, report)
    })))
}

/// `ServiceReference`; `None` where it does not name a Service.
fn service_endpoint(cursor: &Cursor<'_>, report: &mut Report) -> Option<ServiceEndpoint> {
    let fields = cursor.fields(report, &schema::UNCHECKED)?;
    let mut text = |name: &'static str| {
        let text = fields.get(name)?.text(report)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let (namespace, name) = (text("namespace"), text("name"));
    let port = match fields.get("port") {
        Some(cursor) => policy_port::number(&cursor, report)?,
        None => DEFAULT_PORT,
    };
    Some(ServiceEndpoint { range: cursor.range(), namespace: namespace?, name: name?, port })
}

pub(super) fn endpoint_slice(
    object: &Fields<'_>,
    metadata: &Metadata,
    report: &mut Report,
) -> Option<Resource> {
    let labels = &metadata.labels;
    let service = labels.iter().find(|label| label.key.value == "kubernetes.io/service-name");
    let service = service.map(|label| label.value.value.clone());
    let subset = report.leniently(|report| {
        let mut addresses = Vec::new();
        let is_named = object.get("addressType").and_then(|cursor| cursor.text(report)) == Some("FQDN");
        if let Some(list) = object.get("endpoints").filter(|_| !is_named) {
            for item in list.items(report) {
                let Some(fields) = item.fields(report, &schema::UNCHECKED) else { continue };
                let Some(list) = fields.get("addresses") else { continue };
                for item in list.items(report) {
                    addresses.extend(pod::address(&item, report));
                }
            }
        }
        EndpointSubset { addresses, ports: ports(object, report) }
    });
    Some(Resource::Endpoints(Endpoints { service, subsets: vec![subset] }))
}

pub(super) fn endpoints(object: &Fields<'_>, metadata: &Metadata, report: &mut Report) -> Option<Resource> {
    let service = Some(metadata.name.value.clone());
    let subsets = report.leniently(|report| {
        let mut subsets = Vec::new();
        let Some(list) = object.get("subsets") else { return subsets };
        for item in list.items(report) {
            let Some(fields) = item.fields(report, &schema::UNCHECKED) else { continue };
            let mut addresses = Vec::new();
            if let Some(list) = fields.get("addresses") {
                for item in list.items(report) {
                    let Some(fields) = item.fields(report, &schema::UNCHECKED) else { continue };
                    let Some(cursor) = fields.get("ip") else { continue };
                    addresses.extend(pod::address(&cursor, report));
                }
            }
            subsets.push(EndpointSubset { addresses, ports: ports(&fields, report) });
        }
        subsets
    });
    Some(Resource::Endpoints(Endpoints { service, subsets }))
}

fn ports(fields: &Fields<'_>, report: &mut Report) -> Vec<(Protocol, u16)> {
    let mut found = Vec::new();
    let Some(list) = fields.get("ports") else { return found };
    for item in list.items(report) {
        let Some(fields) = item.fields(report, &schema::UNCHECKED) else { continue };
        let protocol = policy_port::declared_protocol(&fields, report);
        let port = fields.get("port").and_then(|cursor| policy_port::number(&cursor, report));
        found.extend(protocol.zip(port));
    }
    found
}
