//! `NetworkPolicyPort`, and what other kinds share of it.

use crate::cursor::{Cursor, Fields};
use crate::fix;
use crate::object::{PolicyPort, PortMatch, PortTarget, Protocol};
use crate::report::{Report, quote, shorten};
use crate::schema;
use crate::validate;
use crate::yaml::Value;
use netpol_source::Code;

pub(super) fn decode(cursor: &Cursor<'_>, report: &mut Report) -> Option<PolicyPort> {
    // `ports: [80]` is a frequent mistake that deserves better than "must be a mapping".
    let bare = match cursor.value() {
        Value::Integer(_) | Value::Text(_) if report.is_full() => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) if !text.contains(':') => Some(shorten(text).into_owned()),
        _ => None,
    };
    if let Some(port) = bare {
        let message = format!("a port is an item with fields: write `- port: {port}`");
        cursor.error(report, Code::WrongType, message);
        offer_item(cursor, &port, report);
        return None;
    }
    let fields = cursor.fields(report, &schema::POLICY_PORT)?;
    let protocol_cursor = fields.get("protocol");
    let protocol = match &protocol_cursor {
        Some(cursor) => protocol(cursor, report),
        None => Some(Protocol::Tcp),
    };
    let port_cursor = fields.get("port");
    let port = port_cursor.as_ref().and_then(|cursor| target(cursor, report));
    let end = fields.get("endPort").and_then(|cursor| Some((cursor, cursor.integer(report)?)));
    let port = match (&port_cursor, port, end) {
        (None, _, None) => PortMatch::Any,
        (None, _, Some((end, _))) => {
            end.error(
                report,
                Code::EndPort,
                "`endPort` needs a `port` to begin at: write the first port as `port`",
            );
            return None;
        }
        (Some(port), None, Some((end, last))) => {
            // The port was reported; what is wrong with the end of the range is wrong all the same.
            match port.value() {
                Value::Integer(_) | Value::Float(_) => {
                    end_number(&end, last, report);
                }
                Value::Text(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    named_range(&end, report)
                }
                _ => {}
            }
            return None;
        }
        (Some(_), None, None) => return None,
        (Some(_), Some(PortTarget::Name(name)), None) => PortMatch::Name(name),
        (Some(_), Some(PortTarget::Name(_)), Some((end, _))) => {
            named_range(&end, report);
            return None;
        }
        (Some(_), Some(PortTarget::Number(first)), None) => PortMatch::Range(first, first),
        (Some(_), Some(PortTarget::Number(first)), Some((end, last))) => {
            let last = end_number(&end, last, report)?;
            if last < first {
                let message =
                    format!("`endPort` `{last}` is below `port` `{first}`: swap them, or write a higher one");
                end.error(report, Code::EndPort, message);
                return None;
            }
            PortMatch::Range(first, last)
        }
    };
    Some(PolicyPort {
        range: cursor.range(),
        protocol: protocol?,
        protocol_range: protocol_cursor.map(|cursor| cursor.visible_range()),
        port,
        port_range: port_cursor.map(|cursor| cursor.visible_range()),
    })
}

/// A protocol that is written.
pub(super) fn protocol(cursor: &Cursor<'_>, report: &mut Report) -> Option<Protocol> {
    let text = cursor.text(report)?;
    match validate::protocol(text) {
        Ok(protocol) => Some(protocol),
        Err(advice) => {
            let message = format!("{} is no protocol: {advice}", quote(text));
            cursor.error(report, Code::UnsupportedProtocol, message);
            let names = Protocol::ALL.iter().map(|protocol| protocol.as_str());
            // Left out it would be TCP.
            let meant = if text.is_empty() { Some("TCP") } else { fix::only_nearest(text, names) };
            if let Some(meant) = meant {
                cursor.offer_word(report, meant);
            }
            None
        }
    }
}

/// The protocol of a port that a container or a Service declares: there the empty text is as good as none.
pub(super) fn declared_protocol(fields: &Fields<'_>, report: &mut Report) -> Option<Protocol> {
    match fields.get("protocol") {
        Some(cursor) if !matches!(cursor.value(), Value::Text(text) if text.is_empty()) => {
            protocol(&cursor, report)
        }
        _ => Some(Protocol::Tcp),
    }
}

fn named_range(end: &Cursor<'_>, report: &mut Report) {
    end.error(report, Code::EndPort, "`endPort` needs a number as `port`, not a name");
}

fn end_number(end: &Cursor<'_>, last: i64, report: &mut Report) -> Option<u16> {
    let found = validate::port_number(last);
    if let Err(advice) = found {
        end.error(report, Code::PortOutOfRange, format!("`{last}` is no port: {advice}"));
    }
    found.ok()
}

/// Proposes an item with fields for a bare port.
fn offer_item(cursor: &Cursor<'_>, port: &str, report: &mut Report) {
    if !report.takes_fixes() {
        return;
    }
    let (text, at) = cursor.text_around();
    let item = format!("{}: {port}", cursor.key_like_others("port"));
    let item = match fix::block_column(text, at) {
        Some(column) if column > 0 => item,
        _ => format!("{{{item}}}"),
    };
    cursor.offer(report, format!("write `{item}`"), item);
}

/// A port number that is written.
pub(super) fn number(cursor: &Cursor<'_>, report: &mut Report) -> Option<u16> {
    let number = cursor.integer(report)?;
    match validate::port_number(number) {
        Ok(port) => Some(port),
        Err(advice) => {
            cursor.error(report, Code::PortOutOfRange, format!("`{number}` is no port: {advice}"));
            None
        }
    }
}

/// A port's name that is written.
pub(super) fn name(cursor: &Cursor<'_>, report: &mut Report) -> Option<String> {
    let text = cursor.text(report)?;
    match validate::port_name(text) {
        Ok(()) => Some(text.to_owned()),
        Err(advice) => {
            let message = format!("{} is no name for a port: {advice}", quote(text));
            cursor.error(report, Code::InvalidPortName, message);
            None
        }
    }
}

/// `IntOrString`: a number, or a name.
pub(super) fn target(cursor: &Cursor<'_>, report: &mut Report) -> Option<PortTarget> {
    match cursor.value() {
        Value::Text(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            let text = shorten(text);
            let message = format!(
                "`\"{text}\"` in quotes is the name of a port, and names need a letter: write `{text}`"
            );
            cursor.error(report, Code::QuotedPort, message);
            cursor.offer(report, format!("write `{text}`"), text.into_owned());
            None
        }
        Value::Text(text) if range(text).is_some() => {
            let (first, last) = range(text).unwrap_or_default();
            let message =
                format!("a range of ports has two fields: write `port: {first}` and `endPort: {last}`");
            cursor.error(report, Code::InvalidPortName, message);
            let (text, at) = cursor.text_around();
            let key = cursor.key_or_head().start();
            let separator = match fix::block_column(text, key) {
                Some(column) if at > key => format!("\n{}", " ".repeat(column)),
                _ => ", ".to_owned(),
            };
            let end = cursor.key_like_others("endPort");
            let title = format!("write `port: {first}` and `endPort: {last}`");
            cursor.offer(report, title, format!("{first}{separator}{end}: {last}"));
            None
        }
        Value::Text(_) => name(cursor, report).map(PortTarget::Name),
        Value::Integer(_) | Value::Float(_) => number(cursor, report).map(PortTarget::Number),
        _ => {
            let message = format!("a port is a number or a name, but this is {}", cursor.describe());
            cursor.error(report, Code::WrongType, message);
            None
        }
    }
}

/// `8000-8080`
fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once(['-', ':'])?;
    Some((first.parse().ok()?, last.parse().ok()?))
}
