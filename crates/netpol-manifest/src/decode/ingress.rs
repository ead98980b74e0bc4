//! `networking.k8s.io/v1` Ingress: the Services that it publishes.

use super::service;
use crate::cursor::{Cursor, Fields};
use crate::fix;
use crate::object::{Backend, Ingress, Metadata, Resource};
use crate::report::{Report, quote};
use crate::schema;
use crate::yaml::Value;
use netpol_source::Code;

pub(super) fn decode(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let mut backends = Vec::new();
    let Some(spec) = object.get("spec") else {
        let message = "`spec` is missing: write `rules` or a `defaultBackend` there";
        object.cursor().missing(report, "spec", Code::MissingField, message);
        return None;
    };
    let fields = spec.fields(report, &schema::INGRESS_SPEC)?;
    if let Some(cursor) = fields.get("defaultBackend") {
        backends.extend(backend(&cursor, report));
    }
    if let Some(rules) = fields.get("rules") {
        for item in rules.items(report) {
            rule(&item, &mut backends, report);
        }
    }
    Some(Resource::Ingress(Ingress { backends }))
}

fn rule(cursor: &Cursor<'_>, backends: &mut Vec<Backend>, report: &mut Report) {
    let Some(fields) = cursor.fields(report, &schema::INGRESS_HOST) else { return };
    let Some(http) = fields.get("http") else { return };
    let Some(fields) = http.fields(report, &schema::INGRESS_HTTP) else { return };
    let Some(paths) = fields.get("paths") else {
        http.missing(
            report,
            "paths",
            Code::MissingField,
            "`paths` is missing: write at least one path with its backend",
        );
        return;
    };
    for item in paths.items(report) {
        let Some(fields) = item.fields(report, &schema::INGRESS_PATH) else { continue };
        match fields.get("pathType") {
            Some(cursor) => path_type(&cursor, report),
            None => {
                let message = "`pathType` is missing: write `Prefix`, `Exact` or `ImplementationSpecific`";
                item.missing(report, "pathType", Code::MissingField, message);
            }
        }
        match fields.get("backend") {
            Some(cursor) => backends.extend(backend(&cursor, report)),
            None => {
                let message = "`backend` is missing: say which Service gets the traffic";
                item.missing(report, "backend", Code::MissingField, message);
            }
        }
    }
}

fn path_type(cursor: &Cursor<'_>, report: &mut Report) {
    let Some(text) = cursor.text(report) else { return };
    if !matches!(text, "Prefix" | "Exact" | "ImplementationSpecific") {
        let message =
            format!("{} is no path type: write `Prefix`, `Exact` or `ImplementationSpecific`", quote(text));
        cursor.error(report, Code::UnsupportedType, message);
        let types = ["Prefix", "Exact", "ImplementationSpecific"];
        if let Some(meant) = fix::only_nearest(text, types.into_iter()) {
            cursor.offer_word(report, meant);
        }
    }
}

fn backend(cursor: &Cursor<'_>, report: &mut Report) -> Option<Backend> {
    let fields = cursor.fields(report, &schema::INGRESS_BACKEND)?;
    let Some(service) = fields.get("service") else {
        if fields.get("resource").is_none() {
            let message = "this backend names nothing: write `service:` with its `name` and `port`";
            cursor.missing(report, "service", Code::MissingField, message);
        }
        return None;
    };
    let inner = service.fields(report, &schema::INGRESS_SERVICE)?;
    let written = inner.get("name");
    let name = written.and_then(|cursor| cursor.text(report)).filter(|name| !name.is_empty());
    if written.is_none_or(|cursor| matches!(cursor.value(), Value::Text(text) if text.is_empty())) {
        service.missing(report, "name", Code::MissingField, "the Service's `name` is missing");
    }
    let port = match inner.get("port") {
        Some(cursor) => {
            let fields = cursor.fields(report, &schema::INGRESS_PORT)?;
            let port = service::backend_port(&fields, report);
            if fields.get("number").is_some() && fields.get("name").is_some() {
                cursor.error(
                    report,
                    Code::AmbiguousPort,
                    "a port has a `number` or a `name`, not both: remove one",
                );
            } else if fields.get("number").is_none() && fields.get("name").is_none() {
                cursor.error(
                    report,
                    Code::MissingField,
                    "the Service's port is missing: write `number:` or `name:`",
                );
            }
            port
        }
        None => {
            let message = "the Service's port is missing: write `port: {number: 80}`";
            service.missing(report, "port", Code::MissingField, message);
            None
        }
    };
    Some(Backend { range: cursor.range(), namespace: None, service: name?.to_owned(), port })
}
