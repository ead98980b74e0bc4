//! Items of `ports` and `protocols` of cluster-scoped policies.

use netpol_source::{Code, Edit, Fix, Severity};

use super::counts::one_of;
use super::policy_port;
use crate::cursor::{Cursor, Fields};
use crate::fix;
use crate::object::{ClusterPort, ClusterPortMatch, Protocol};
use crate::report::{Report, quote};
use crate::schema::{self, Level};
use crate::validate;
use crate::yaml::reads_as_text;

/// `AdminNetworkPolicyPort`: exactly one field.
fn admin(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPort> {
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
fn protocol(cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPort> {
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
        let message = match text {
            "" => format!("no port can have an empty name, so it matches nothing: {rule}"),
            _ => format!("no port can have the name {}, so it matches nothing: {rule}", quote(text)),
        };
        cursor.say(report, Severity::Warning, Code::InvalidPortName, message);
    }
    Some(ClusterPortMatch::Name(text.to_owned()))
}

/// How one version writes the ports of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// As `ports` of v1alpha1.
    Ports,
    /// As `protocols` of the later versions.
    Protocols,
}

impl Notation {
    /// The field of a rule.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::Protocols => "protocols",
        }
    }

    /// What it is for the other versions.
    fn other(self) -> Self {
        match self {
            Self::Ports => Self::Protocols,
            Self::Protocols => Self::Ports,
        }
    }

    /// An item that is written so.
    pub(super) fn decode(self, cursor: &Cursor<'_>, report: &mut Report) -> Option<ClusterPort> {
        match self {
            Self::Ports => admin(cursor, report),
            Self::Protocols => protocol(cursor, report),
        }
    }

    /// The only field of an item, and its value; keys are put into the quotes that are given.
    fn written(self, port: &ClusterPortMatch, quote: &str) -> Option<String> {
        let key = |name: &str| format!("{quote}{name}{quote}: ");
        let text = match (self, port) {
            (Self::Ports, ClusterPortMatch::Range(protocol, first, last)) => {
                let protocol = format!("{}{quote}{}{quote}", key("protocol"), protocol.as_str());
                if first == last {
                    format!("{}{{{protocol}, {}{first}}}", key("portNumber"), key("port"))
                } else {
                    let (start, end) = (key("start"), key("end"));
                    format!("{}{{{protocol}, {start}{first}, {end}{last}}}", key("portRange"))
                }
            }
            (Self::Protocols, ClusterPortMatch::Range(_, first, last)) if first > last => return None,
            (Self::Protocols, ClusterPortMatch::Range(protocol, first, last)) => {
                let protocol = key(&protocol.as_str().to_ascii_lowercase());
                let port = if first == last {
                    format!("{{{}{first}}}", key("number"))
                } else {
                    format!("{{{}{{{}{first}, {}{last}}}}}", key("range"), key("start"), key("end"))
                };
                format!("{protocol}{{{}{port}}}", key("destinationPort"))
            }
            (_, ClusterPortMatch::Name(name)) => {
                validate::port_name(name).ok()?;
                let field = if self == Self::Ports { "namedPort" } else { "destinationNamedPort" };
                let quote = if reads_as_text(name) { quote } else { "\"" };
                format!("{}{quote}{name}{quote}", key(field))
            }
        };
        Some(text)
    }

    /// Where a rule writes its ports as other versions do, proposes to write them in this way.
    pub(super) fn offer(self, fields: &Fields<'_>, report: &mut Report) {
        let (field, other) = (self.field(), self.other());
        let Some(list) = fields.get(other.field()) else { return };
        if report.is_full() || fields.get_or_null(field).is_some() || !list.has_items() {
            return;
        }
        let key = list.key_or_head();
        let replacement = list.key_like_others(field);
        let mut edits = vec![Edit { range: key, replacement }];
        let quiet = &mut Report::default();
        for item in list.items(quiet).take(fix::MOST_EDITS) {
            let written = item.source();
            let is_flow = written.starts_with('{');
            let mark = quiet.mark();
            let port = other.decode(&item, quiet).filter(|_| !quiet.failed_since(mark));
            let quote = if written.trim_start_matches(['{', ' ', '\n']).starts_with('"') { "\"" } else { "" };
            let Some(text) = port.and_then(|port| self.written(&port.port, quote)) else { return };
            // What is said in comments must not be lost, and anchors may be used elsewhere.
            if written.contains(['#', '&', '*']) {
                return;
            }
            let replacement = if is_flow { format!("{{{text}}}") } else { text };
            edits.push(Edit { range: item.range(), replacement });
        }
        let title = format!("write `{field}`");
        report.offer_for(Code::UnknownField, key, Fix { title, edits });
    }
}
