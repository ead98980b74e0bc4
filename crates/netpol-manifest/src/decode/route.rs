//! `gateway.networking.k8s.io`: Gateway, the routes with the Services that they publish, and ReferenceGrant.

use super::policy_port;
use crate::cursor::{Cursor, Fields};
use crate::object::{Backend, GrantedKind, Metadata, PortTarget, ReferenceGrant, Resource, Route};
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
    Some(Resource::Route(Route { backends }))
}

pub(super) fn grant(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    if let Some(spec) = object.get("spec") {
        let fields = spec.fields(report, &schema::GRANT_SPEC)?;
        if let Some(list) = fields.get("from") {
            let items = list.items(report);
            from.extend(
                items.filter_map(|item| {
                    granted(item.fields(report, &schema::GRANT_FROM)?, "namespace", report)
                }),
            );
        }
        if let Some(list) = fields.get("to") {
            let items = list.items(report);
            to.extend(
                items.filter_map(|item| granted(item.fields(report, &schema::GRANT_TO)?, "name", report)),
            );
        }
    }
    Some(Resource::ReferenceGrant(ReferenceGrant { from, to }))
}

fn granted(fields: Fields<'_>, name: &'static str, report: &mut Report) -> Option<GrantedKind> {
    let mut text = |field: &'static str| Some(fields.get(field)?.text(report)?.to_owned());
    let group = text("group").unwrap_or_default();
    let name = text(name);
    Some(GrantedKind { group, kind: text("kind")?, name })
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
