//! The ports of an expectation: `80`, `TCP/80`, `UDP/53`, `TCP/8000-8999`, `TCP`, `TCP/http`, and mappings as in a policy.

use netpol_source::Code;

use super::policy_port;
use crate::cursor::Cursor;
use crate::object::TestPort;
use crate::object::{PortMatch, Protocol};
use crate::report::{Report, quote, shorten};
use crate::validate;
use crate::yaml::Value;

/// A port, or a list of them; of nothing, none.
pub(super) fn decode_all(cursor: &Cursor<'_>, report: &mut Report) -> Vec<TestPort> {
    match cursor.value() {
        Value::Null => Vec::new(),
        Value::List(_) => {
            let items = cursor.items(report);
            items.into_iter().filter_map(|item| decode(&item, report)).collect()
        }
        _ => decode(cursor, report).into_iter().collect(),
    }
}

fn decode(cursor: &Cursor<'_>, report: &mut Report) -> Option<TestPort> {
    let (protocol, port) = match cursor.value() {
        Value::Integer(number) => (Protocol::Tcp, bare(cursor, *number, report)?),
        Value::Text(text) => written(cursor, text, report)?,
        Value::Map(entries) if !entries.is_empty() => {
            let port = policy_port::decode(cursor, report)?;
            (port.protocol, port.port)
        }
        _ => {
            let message = format!(
                "a port is `80`, `TCP/80`, `TCP/8000-8999`, `TCP` or `TCP/http`, but this is {}",
                cursor.describe()
            );
            cursor.error(report, Code::InvalidTestPort, message);
            return None;
        }
    };
    Some(TestPort { range: cursor.range(), protocol, port })
}

/// A number without a protocol, which is TCP.
fn bare(cursor: &Cursor<'_>, number: i64, report: &mut Report) -> Option<PortMatch> {
    let port = number_in(cursor, number, report)?;
    if port == 53 {
        let message = "a number is TCP, and DNS needs UDP too: write `UDP/53`, or `TCP/53` if TCP is meant";
        cursor.warning(report, Code::BarePort, message);
    }
    Some(PortMatch::Range(port, port))
}

fn number_in(cursor: &Cursor<'_>, number: i64, report: &mut Report) -> Option<u16> {
    let found = validate::port_number(number);
    if let Err(advice) = found {
        cursor.error(report, Code::PortOutOfRange, format!("`{number}` is no port: {advice}"));
    }
    found.ok()
}

fn protocol_of(text: &str) -> Option<Protocol> {
    Protocol::ALL.into_iter().find(|protocol| protocol.as_str().eq_ignore_ascii_case(text))
}

fn written(cursor: &Cursor<'_>, text: &str, report: &mut Report) -> Option<(Protocol, PortMatch)> {
    if let Some(protocol) = protocol_of(text) {
        return Some((protocol, PortMatch::Any));
    }
    let parts = match text.split_once('/') {
        Some((first, second)) => {
            let of_first = protocol_of(first).map(|protocol| (protocol, second));
            // `80/TCP`, as `kubectl get service` prints it.
            of_first.or_else(|| protocol_of(second).map(|protocol| (protocol, first)))
        }
        // A number in quotes, and a range.
        None if text.starts_with(|letter: char| letter.is_ascii_digit()) => {
            if let Ok(number) = text.parse::<i64>() {
                return Some((Protocol::Tcp, bare(cursor, number, report)?));
            }
            text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-').then_some((Protocol::Tcp, text))
        }
        None => None,
    };
    let Some((protocol, rest)) = parts else {
        let advice = if text.contains('/') {
            "write the protocol and the port, such as `TCP/80` or `UDP/53`; the protocols are TCP, UDP and SCTP"
                .to_owned()
        } else if validate::port_name(text).is_ok() {
            format!("write `TCP/{}` for the port that a destination calls so", shorten(text))
        } else {
            "write `80`, `TCP/80`, `TCP/8000-8999`, `TCP` or `TCP/http`".to_owned()
        };
        cursor.error(report, Code::InvalidTestPort, format!("{} is no port: {advice}", quote(text)));
        return None;
    };
    Some((protocol, of_protocol(cursor, protocol, rest, report)?))
}

/// What stands beside the protocol.
fn of_protocol(
    cursor: &Cursor<'_>,
    protocol: Protocol,
    text: &str,
    report: &mut Report,
) -> Option<PortMatch> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // What is too large for a number is too large for a port.
    let number = |text: &str| text.parse::<i64>().unwrap_or(i64::MAX);
    if is_number(text) {
        let port = number_in(cursor, number(text), report)?;
        return Some(PortMatch::Range(port, port));
    }
    if let Some((first, last)) = text.split_once('-')
        && is_number(first)
        && is_number(last)
    {
        let (first, last) =
            (number_in(cursor, number(first), report), number_in(cursor, number(last), report));
        let (first, last) = (first?, last?);
        if last < first {
            let message = format!(
                "the range ends at `{last}`, below its start `{first}`, so it holds no port: swap them"
            );
            cursor.error(report, Code::PortRange, message);
            return None;
        }
        return Some(PortMatch::Range(first, last));
    }
    if let Err(rule) = validate::port_name(text) {
        let name = protocol.as_str();
        let message = format!(
            "{} is neither a number, a range nor the name of a port: write `{name}/80`, `{name}/8000-8999`, or `{name}` for \
             all of it; {rule}",
            quote(text)
        );
        cursor.error(report, Code::InvalidTestPort, message);
        return None;
    }
    Some(PortMatch::Name(text.to_owned()))
}
