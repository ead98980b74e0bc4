//! Items of `ports` and `protocols` of cluster-scoped policies.

use netpol_source::{Code, Severity};

use super::counts::one_of;
use super::policy_port;
use crate::cursor::{Cursor, Fields};
use crate::object::{ClusterPort, ClusterPortMatch, Protocol};
use crate::report::{Report, quote};
use crate::schema::{self, Level};
use crate::validate;

/// `AdminNetworkPolicyPort`: exactly one field.
pub(super) fn admin(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPort> {
    let fields = one_of(cursor, &schema::ADMIN_PORT, report)?;
    let number = fields.get("portNumber").and_then(|cursor| admin_number(&cursor, report));
    let range = fields.get("portRange").and_then(|cursor| admin_range(&cursor, report));
    let name = fields.get("namedPort").and_then(|cursor| name(&cursor, report));
    Some(ClusterPort { range: cursor.range(), port: number.or(range).or(name)? })
}

fn admin_number(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPortMatch> {
    let fields = cursor.fields(report, &schema::ADMIN_PORT_NUMBER)?;
    let protocol = protocol_or_tcp(&fields, report);
    let port = port(cursor, &fields, "port", report)?;
    Some(ClusterPortMatch::Range(protocol?, port, port))
}

fn admin_range(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPortMatch> {
    let fields = cursor.fields(report, &schema::ADMIN_PORT_RANGE)?;
    let protocol = protocol_or_tcp(&fields, report);
    let (first, last) = ends(cursor, &fields, report)?;
    if first > last {
        // The definition of v1alpha1 says so only in words, and does not check it.
        let message = format!(
            "the range ends at `{last}`, below its start `{first}`, so it matches no port: swap them"
        );
        cursor.say(report, Severity::Warning, Code::PortRange, message);
    }
    Some(ClusterPortMatch::Range(protocol?, first, last))
}

fn protocol_or_tcp(fields: &Fields<'_>, report: &mut Report) -> Option<Protocol> {
    match fields.get("protocol") {
        Some(cursor) => policy_port::protocol(&cursor, report),
        None => Some(Protocol::Tcp),
    }
}

/// `ClusterNetworkPolicyProtocol`: exactly one field.
pub(super) fn protocol(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPort> {
    let fields = one_of(cursor, &schema::CLUSTER_PROTOCOL, report)?;
    let mut found = None;
    for (field, protocol, level) in [
        ("tcp", Protocol::Tcp, &schema::CLUSTER_TCP),
        ("udp", Protocol::Udp, &schema::CLUSTER_UDP),
        ("sctp", Protocol::Sctp, &schema::CLUSTER_SCTP),
    ] {
        if let Some(cursor) = fields.get(field) {
            found = found.or(destination(&cursor, protocol, level, report));
        }
    }
    let named = fields.get("destinationNamedPort").and_then(|cursor| name(&cursor, report));
    Some(ClusterPort { range: cursor.range(), port: found.or(named)? })
}

/// `tcp`, `udp` or `sctp`.
fn destination(
    cursor: &Cursor<'_>,
    protocol: Protocol,
    level: &'static Level,
    report: &mut Report,
) -> Option<ClusterPortMatch> {
    let fields = cursor.fields(report, level)?;
    let Some(port) = fields.get("destinationPort") else {
        let message = format!(
            "{} should have at least 1 properties: write `destinationPort`, with `range: {{start: 1, end: 65535}}` for \
             every port",
            cursor.name()
        );
        cursor.missing(report, "destinationPort", Code::MissingField, message);
        return None;
    };
    let inner = one_of(&port, &schema::CLUSTER_PORT, report)?;
    let number = inner.get("number").and_then(|cursor| policy_port::number(&cursor, report));
    let range = inner.get("range").and_then(|cursor| cluster_range(&cursor, report));
    let (first, last) = number.map(|number| (number, number)).or(range)?;
    Some(ClusterPortMatch::Range(protocol, first, last))
}

fn cluster_range(cursor: &Cursor<'_>, report: &mut Report) -> Option<(u16, u16)> {
    let fields = cursor.fields(report, &schema::CLUSTER_PORT_RANGE)?;
    let (first, last) = ends(cursor, &fields, report)?;
    if first >= last {
        let message = if first == last {
            format!("Start port must be less than End port: write `number: {first}` for this one port")
        } else {
            format!("Start port must be less than End port: swap `{first}` and `{last}`")
        };
        cursor.error(report, Code::PortRange, message);
        return None;
    }
    Some((first, last))
}

fn ends(cursor: &Cursor<'_>, fields: &Fields<'_>, report: &mut Report) -> Option<(u16, u16)> {
    let first = port(cursor, fields, "start", report);
    let last = port(cursor, fields, "end", report);
    Some((first?, last?))
}

fn port(cursor: &Cursor<'_>, fields: &Fields<'_>, name: &'static str, report: &mut Report) -> Option<u16> {
    let Some(port) = fields.get(name) else {
        let message = format!("`{name}` is missing: write a number from 1 to 65535");
        cursor.missing(report, name, Code::MissingField, message);
        return None;
    };
    policy_port::number(&port, report)
}

/// The name of a port. No definition says how it must look; one that no container can give matches nothing.
fn name(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPortMatch> {
    let text = cursor.text(report)?;
    if let Err(rule) = validate::port_name(text) {
        let message = format!("no port can have the name {}, so it matches nothing: {rule}", quote(text));
        cursor.say(report, Severity::Warning, Code::InvalidPortName, message);
    }
    Some(ClusterPortMatch::Name(text.to_owned()))
}
