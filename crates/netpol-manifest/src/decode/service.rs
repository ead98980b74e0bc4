//! `Service` (`pkg/apis/core/validation`, as far as the network depends on it).

use std::collections::BTreeSet;
use std::net::IpAddr;

use netpol_source::{Code, Diagnostic, Severity};

use super::{metadata, pod, policy_port};
use crate::cursor::{Cursor, Fields};
use crate::fix;
use crate::object::{Label, Metadata, PortTarget, Resource, Service, ServicePort, ServiceType};
use crate::report::{Report, quote, shorten};
use crate::schema;
use crate::validate::{self, NameRule};

pub(super) fn decode(object: &Fields<'_>, metadata: &Metadata, report: &mut Report) -> Option<Resource> {
    let Some(spec) = object.get("spec") else {
        let message = "`spec` is missing: a Service says its `selector` and `ports` there";
        object.cursor().missing(report, "spec", Code::MissingField, message);
        return None;
    };
    let fields = spec.fields(report, &schema::SERVICE_SPEC)?;
    let service_type = match fields.get("type") {
        Some(cursor) => service_type(&cursor, report),
        None => Some(ServiceType::ClusterIp),
    };
    let selector = fields.get("selector").map(|cursor| selector(&cursor, report));
    let ports = match fields.get("ports") {
        Some(cursor) => ports(&cursor, report),
        None => Vec::new(),
    };
    let cluster_ips = cluster_ips(&fields, report);
    let headless =
        fields.get("clusterIP").and_then(|cursor| cursor.text(&mut Report::default())) == Some("None");
    if !fields.get("ports").is_some_and(|cursor| cursor.has_items())
        && !headless
        && !matches!(service_type, None | Some(ServiceType::ExternalName))
    {
        let message = "a Service needs at least one port: write `ports:` with an item `- port: 80`";
        spec.missing(report, "ports", Code::MissingField, message);
    }
    if service_type == Some(ServiceType::ExternalName) {
        let name = fields.get("externalName").and_then(|cursor| cursor.text(report));
        if name.is_none_or(str::is_empty) {
            let message = "a Service of type `ExternalName` needs an `externalName`: write the DNS name";
            spec.missing(report, "externalName", Code::MissingField, message);
        }
    }
    let external_ips = match fields.get("externalIPs") {
        Some(list) => list.items(report).filter_map(|item| strict_address(&item, report)).collect(),
        None => Vec::new(),
    };
    // The API server checks them only for a load balancer; what is no network keeps nobody out here.
    let source_ranges = match fields.get("loadBalancerSourceRanges") {
        Some(list) => {
            let texts = list.items(report);
            texts.filter_map(|item| item.text(&mut Report::default())?.trim().parse().ok()).collect()
        }
        None => Vec::new(),
    };
    Some(Resource::Service(Service {
        service_type: service_type?,
        selector,
        ports,
        external_ips,
        source_ranges,
        cluster_ips,
        scrape: metadata::scrape(&metadata.annotations),
    }))
}

/// A map of labels; `matchLabels` belongs to the selectors of other kinds.
fn selector(cursor: &Cursor<'_>, report: &mut Report) -> Vec<Label> {
    let inner = cursor.pairs(&mut Report::default()).find_map(|(key, value)| {
        let mapping = matches!(value.value(), crate::yaml::Value::Map(_));
        (mapping && matches!(key.value, "matchLabels" | "matchExpressions")).then_some(key)
    });
    if let Some(key) = inner {
        let message = format!("the `selector` of a Service holds labels only: remove `{}:`", key.value);
        let error = Diagnostic::new(Severity::Error, Code::WrongType, message, key.range);
        report.push(Diagnostic { path: cursor.path(), ..error });
        return Vec::new();
    }
    metadata::labels(cursor, report)
}

fn service_type(cursor: &Cursor<'_>, report: &mut Report) -> Option<ServiceType> {
    const ALL: [(&str, ServiceType); 4] = [
        ("ClusterIP", ServiceType::ClusterIp),
        ("NodePort", ServiceType::NodePort),
        ("LoadBalancer", ServiceType::LoadBalancer),
        ("ExternalName", ServiceType::ExternalName),
    ];
    let text = cursor.text(report)?;
    let found = ALL.iter().find(|(name, _)| *name == text).map(|(_, service_type)| *service_type);
    if found.is_none() {
        let text = shorten(text);
        let message = match crate::nearest::nearest(&text, ALL.iter().map(|(name, _)| *name)) {
            Some(meant) => format!("`{text}` is no type of Service: write `{meant}`"),
            None => format!(
                "`{text}` is no type of Service: write `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`"
            ),
        };
        cursor.error(report, Code::UnsupportedType, message);
        if let Some(meant) = fix::only_nearest(&text, ALL.iter().map(|(name, _)| *name)) {
            cursor.offer_word(report, meant);
        }
    }
    found
}

fn ports(cursor: &Cursor<'_>, report: &mut Report) -> Vec<ServicePort> {
    let items: Vec<Cursor<'_>> = cursor.items(report).collect();
    let several = items.len() > 1;
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut found = Vec::new();
    for item in &items {
        let Some(fields) = item.fields(report, &schema::SERVICE_PORT) else { continue };
        let name = fields.get("name").and_then(|cursor| {
            let text = cursor.text(report)?;
            if let Err(rule) = NameRule::Label.check(text)
                && !text.is_empty()
            {
                let message = format!("{} is no name for a Service's port: {rule}", quote(text));
                cursor.error(report, Code::InvalidPortName, message);
            }
            (!text.is_empty()).then(|| text.to_owned())
        });
        match &name {
            Some(name) if !names.insert(name.clone()) => {
                let message = format!("two ports of this Service are named `{}`: rename one", shorten(name));
                item.field_error(report, "name", Code::DuplicatePortName, message);
            }
            None if several => {
                let message = "a Service with several ports must name each of them: add `name:`";
                item.missing(report, "name", Code::MissingField, message);
            }
            _ => {}
        }
        let protocol = policy_port::declared_protocol(&fields, report);
        let port = match fields.get("port") {
            Some(cursor) => policy_port::number(&cursor, report),
            None => {
                let message = "`port` is missing: write the number under which the Service is reached";
                item.missing(report, "port", Code::MissingField, message);
                None
            }
        };
        let target = match fields.get("targetPort") {
            // 0 and the empty text count as absent.
            Some(cursor) if !is_unset(&cursor) => policy_port::target(&cursor, report),
            _ => port.map(PortTarget::Number),
        };
        if let (Some(protocol), Some(port)) = (protocol, port)
            && !numbers.insert((protocol, port))
        {
            let message = format!(
                "port {port} is opened for {} twice: remove one, or write another number",
                protocol.as_str()
            );
            item.error(report, Code::DuplicatePort, message);
        }
        if let (Some(protocol), Some(port), Some(target)) = (protocol, port, target) {
            found.push(ServicePort { range: item.range(), name, protocol, port, target });
        }
    }
    found
}

fn is_unset(cursor: &Cursor<'_>) -> bool {
    use crate::yaml::Value;
    match cursor.value() {
        Value::Integer(0) => true,
        Value::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn cluster_ips(fields: &Fields<'_>, report: &mut Report) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    let mut add = |cursor: &Cursor<'_>, report: &mut Report| {
        if let crate::yaml::Value::Text(text) = cursor.value()
            && (text.is_empty() || text == "None")
        {
            return;
        }
        found.extend(strict_address(cursor, report).filter(|address| !found.contains(address)));
    };
    if let Some(cursor) = fields.get("clusterIP") {
        add(&cursor, report);
    }
    if let Some(list) = fields.get("clusterIPs") {
        for item in list.items(report) {
            add(&item, report);
        }
    }
    found
}

/// An address that the API server checks.
fn strict_address(cursor: &Cursor<'_>, report: &mut Report) -> Option<IpAddr> {
    let text = cursor.text(report)?;
    let found = validate::address(text).map(|(address, _)| address);
    if found.is_none() {
        let message = format!("{} is no IP address: write one such as `192.0.2.1`", quote(text));
        cursor.error(report, Code::InvalidAddress, message);
    }
    found
}

/// The port of a backend, as Ingress and routes name it.
pub(super) fn backend_port(fields: &Fields<'_>, report: &mut Report) -> Option<PortTarget> {
    let number = fields.get("number").and_then(|cursor| policy_port::number(&cursor, report));
    let name = fields.get("name").and_then(|cursor| pod::port_name(&cursor, report));
    number.map(PortTarget::Number).or(name.map(PortTarget::Name))
}
