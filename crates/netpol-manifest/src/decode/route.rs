//! `gateway.networking.k8s.io` Gateway and HTTPRoute: the Services that they publish.

use super::policy_port;
use crate::cursor::{Cursor, Fields};
use crate::object::{Backend, HttpRoute, Metadata, PortTarget, Resource};
use crate::report::Report;
use crate::schema;
use netpol_source::Code;

pub(super) fn gateway(_: &Fields<'_>, _: &Metadata, _: &mut Report) -> Option<Resource> {
    Some(Resource::Gateway)
}

pub(super) fn decode(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let mut backends = Vec::new();
    if let Some(spec) = object.get("spec") {
        let fields = spec.fields(report, &schema::ROUTE_SPEC)?;
        if let Some(rules) = fields.get("rules") {
            for rule in rules.items(report) {
                let Some(fields) = rule.fields(report, &schema::ROUTE_RULE) else { continue };
                let Some(references) = fields.get("backendRefs") else { continue };
                for item in references.items(report) {
                    backends.extend(backend(&item, report));
                }
            }
        }
    }
    Some(Resource::HttpRoute(HttpRoute { backends }))
}

/// A reference to a Service; references to other kinds are left aside.
fn backend(cursor: &Cursor<'_>, report: &mut Report) -> Option<Backend> {
    let fields = cursor.fields(report, &schema::ROUTE_BACKEND)?;
    let text = |name: &'static str, report: &mut Report| {
        let text = fields.get(name)?.text(report)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let group = text("group", report);
    let kind = text("kind", report);
    let name = text("name", report);
    let namespace = text("namespace", report);
    let port =
        fields.get("port").and_then(|cursor| policy_port::number(&cursor, report)).map(PortTarget::Number);
    if name.is_none() && fields.get("name").is_none() {
        cursor.missing(report, "name", Code::MissingField, "the `name` of the backend is missing");
    }
    if group.is_some() || kind.is_some_and(|kind| kind != "Service") {
        return None;
    }
    Some(Backend { range: cursor.range(), namespace, service: name?, port })
}
