//! The ends of an expectation: words and mappings.

use ipnet::IpNet;
use netpol_source::{Code, Spanned};

use super::{metadata, selector};
use crate::cursor::{Cursor, Fields};
use crate::fix;
use crate::object::{EndNames, PodsWanted, TestEnd};
use crate::object::{Label, LabelSelector};
use crate::report::{Report, quote, shorten};
use crate::schema;
use crate::validate::{self, Canonical, CidrError, NameRule};
use crate::yaml::Value;

const WORDS: [(&str, EndNames); 3] =
    [("any", EndNames::Any), ("pods", EndNames::Pods), ("outside", EndNames::Outside)];

/// An end, or a list of them; of an empty list and of nothing, none.
pub(super) fn decode_all(cursor: &Cursor<'_>, report: &mut Report) -> Vec<TestEnd> {
    match cursor.value() {
        Value::Null => Vec::new(),
        Value::List(_) => {
            let items = cursor.items(report);
            items.into_iter().filter_map(|item| decode(&item, report)).collect()
        }
        _ => decode(cursor, report).into_iter().collect(),
    }
}

fn decode(cursor: &Cursor<'_>, report: &mut Report) -> Option<TestEnd> {
    let names = match cursor.value() {
        Value::Text(text) => word(cursor, text, report)?,
        Value::Map(_) => mapping(cursor, report)?,
        _ => {
            let message = format!(
                "an end is `any`, `pods`, `outside`, or a mapping such as `{{labels: {{app: web}}}}`, but this is {}",
                cursor.describe()
            );
            cursor.error(report, Code::UnknownEnd, message);
            return None;
        }
    };
    Some(TestEnd { range: cursor.range(), names })
}

/// One of the words; of another one, what is probably meant.
fn word(cursor: &Cursor<'_>, text: &str, report: &mut Report) -> Option<EndNames> {
    if let Some((_, names)) = WORDS.into_iter().find(|(word, _)| *word == text) {
        return Some(names);
    }
    let near = fix::only_nearest(text, WORDS.iter().map(|(word, _)| *word));
    let network = validate::cidr(text).map(|(network, _)| network.to_string()).ok();
    let network = network.or_else(|| validate::address(text).map(|(address, _)| address.to_string()));
    let written = shorten(text);
    let advice = if let Some(meant) = near {
        format!("did you mean `{meant}`?")
    } else if let Some(network) = network {
        format!("write `{{cidr: {network}}}`")
    } else if let Some((namespace, name)) = text.split_once('/') {
        format!("write `{{namespace: {}, name: {}}}`", shorten(namespace), shorten(name))
    } else if NameRule::Subdomain.check(text).is_ok() {
        format!("write `{{labels: {{app: {written}}}}}` or `{{name: {written}}}`")
    } else {
        "write `any`, `pods`, `outside`, or a mapping such as `{labels: {app: web}}`".to_owned()
    };
    cursor.error(report, Code::UnknownEnd, format!("{} is no end: {advice}", quote(text)));
    if let Some(meant) = near {
        cursor.offer_word(report, meant);
    }
    None
}

fn mapping(cursor: &Cursor<'_>, report: &mut Report) -> Option<EndNames> {
    let mark = report.mark();
    let fields = cursor.fields(report, &schema::TEST_END)?;
    if report.failed_since(mark) {
        // Nothing can be said of what an end means of which a part is not known.
        return None;
    }
    if let Some(cidr) = fields.get_or_null("cidr") {
        let others = schema::TEST_END.names().filter(|name| *name != "cidr");
        if let Some(other) = others.filter_map(|name| fields.get_or_null(name)).next() {
            let message = format!(
                "`cidr` names addresses outside of the cluster, and {} pods: write one of them, or both as items of a list",
                other.name()
            );
            cidr.error(report, Code::AmbiguousEnd, message);
            return None;
        }
        return network(&cidr, report).map(EndNames::Cidr);
    }
    let wanted = PodsWanted {
        namespaces: namespaces(&fields, report),
        labels: labels(&fields, "labels", report),
        namespace_labels: labels(&fields, "namespaceLabels", report),
        pod_selector: selector(&fields, "podSelector", report),
        namespace_selector: selector(&fields, "namespaceSelector", report),
        name: name(&fields, report),
    };
    if report.failed_since(mark) {
        return None;
    }
    if wanted == PodsWanted::default() {
        cursor.error(report, Code::EmptyEnd, "this end says nothing: write `pods` for every pod");
        return None;
    }
    Some(EndNames::Pod(Box::new(wanted)))
}

/// Says that a field which is there names nothing.
fn empty(cursor: &Cursor<'_>, report: &mut Report) {
    let message = format!("{} says nothing: remove it, or write `pods` for every pod", cursor.name());
    cursor.error(report, Code::EmptyEnd, message);
}

fn namespaces(fields: &Fields<'_>, report: &mut Report) -> Vec<Spanned<String>> {
    let Some(cursor) = fields.get_or_null("namespace") else { return Vec::new() };
    let names: Vec<Spanned<String>> = match cursor.value() {
        Value::List(_) => {
            let items = cursor.items(report);
            items.into_iter().filter_map(|item| namespace(&item, report)).collect()
        }
        Value::Null => Vec::new(),
        _ => namespace(&cursor, report).into_iter().collect(),
    };
    if cursor.is_null() || matches!(cursor.value(), Value::List(items) if items.is_empty()) {
        empty(&cursor, report);
    }
    names
}

fn namespace(cursor: &Cursor<'_>, report: &mut Report) -> Option<Spanned<String>> {
    let name = cursor.spanned_text(report)?;
    if let Err(rule) = NameRule::Label.check(&name.value) {
        let message = format!("{} is no name for a namespace: {rule}", quote(&name.value));
        cursor.error(report, Code::InvalidNamespace, message);
        return None;
    }
    Some(name)
}

fn labels(fields: &Fields<'_>, field: &'static str, report: &mut Report) -> Vec<Label> {
    let Some(cursor) = fields.get_or_null(field) else { return Vec::new() };
    let mark = report.mark();
    let labels = metadata::labels(&cursor, report);
    if labels.is_empty() && !report.failed_since(mark) {
        empty(&cursor, report);
    }
    labels
}

fn selector(fields: &Fields<'_>, field: &'static str, report: &mut Report) -> Option<LabelSelector> {
    let cursor = fields.get_or_null(field)?;
    let mark = report.mark();
    let selector = selector::decode(&cursor, report)?;
    if selector.requirements.is_empty() && !report.failed_since(mark) {
        empty(&cursor, report);
    }
    Some(selector)
}

fn name(fields: &Fields<'_>, report: &mut Report) -> Option<Spanned<String>> {
    let cursor = fields.get_or_null("name")?;
    let name = cursor.spanned_text(report)?;
    if name.value.is_empty() {
        empty(&cursor, report);
        return None;
    }
    if let Err(rule) = NameRule::Subdomain.check(&name.value) {
        let message = format!("{} is no name for a workload or a pod: {rule}", quote(&name.value));
        cursor.error(report, Code::InvalidName, message);
        return None;
    }
    Some(name)
}

/// A block or one address, in the one way to write it.
fn network(cursor: &Cursor<'_>, report: &mut Report) -> Option<IpNet> {
    let text = cursor.text(report)?;
    let found = match validate::cidr(text) {
        Err(CidrError::NoPrefix(address)) => {
            let canonical = validate::address(text).map_or(Canonical::Yes, |(_, canonical)| canonical);
            let mapped =
                matches!(address, std::net::IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
            let canonical = if mapped { Canonical::Mapped } else { canonical };
            Ok((IpNet::from(address.to_canonical()), canonical))
        }
        other => other,
    };
    let (network, canonical) = match found {
        Ok(found) => found,
        Err(error) => {
            let advice = match error {
                CidrError::Prefix(address) => {
                    let length = if address.is_ipv4() { 32 } else { 128 };
                    format!("write `/0` to `/{length}` behind the address")
                }
                CidrError::NoPrefix(_) | CidrError::Address => {
                    "write a block such as `10.0.0.0/8`, or an address".to_owned()
                }
            };
            cursor.error(report, Code::InvalidCidr, format!("{} is no CIDR: {advice}", quote(text)));
            return None;
        }
    };
    let what = match canonical {
        Canonical::Yes => return Some(network),
        Canonical::HostBits => "has address bits set beyond its prefix",
        Canonical::LeadingZeros => "has leading zeros",
        Canonical::Mapped => "is an IPv4 address written as IPv6",
    };
    let message = format!("{} {what}: write `{network}`", quote(text));
    cursor.error(report, Code::NonCanonicalCidr, message);
    cursor.offer_word(report, &network.to_string());
    None
}
