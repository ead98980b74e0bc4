//! Subjects and peers of cluster-scoped policies.

use ipnet::IpNet;
use netpol_source::{Code, Severity, Spanned};

use super::counts::{at_least_one, set, several, within};
use super::selector;
use crate::cursor::{Cursor, Fields};
use crate::object::{ClusterPeer, LabelSelector, NamespacedPods};
use crate::report::{Report, quote};
use crate::schema::{self, Level, Type};
use crate::validate::{self, Canonical, CidrError};

/// Items of `networks` and of `domainNames`, in all versions.
const MOST_ADDRESSES: usize = 25;

/// Characters of a CIDR (`MaxLength`).
const LONGEST_CIDR: usize = 43;

/// `subject`: exactly one of `namespaces` and `pods`.
pub(super) fn subject(
    cursor: &Cursor<'_>,
    level: &'static Level,
    report: &mut Report,
) -> Option<NamespacedPods> {
    let mark = report.mark();
    let fields = cursor.fields(report, level)?;
    let is_said = report.failed_since(mark);
    let found = namespaced(&fields, level, report);
    match set(&fields, level).as_slice() {
        // A field that is not known was said to be none already.
        [] if is_said => {}
        [] => {
            let message = "`subject` should have at least 1 properties: write `namespaces` or `pods`; `namespaces: {}` is \
                           every pod";
            cursor.error(report, Code::MissingField, message);
        }
        [_] => {}
        [first, second, ..] => several(cursor, first, second, report),
    }
    found
}

/// One item of `from` or `to`: exactly one field.
pub(super) fn decode(cursor: &Cursor<'_>, level: &'static Level, report: &mut Report) -> Option<ClusterPeer> {
    let (fields, unknown) = cursor.peer_fields(report, level)?;
    let range = cursor.range();
    let set = set(&fields, level);
    if let [first, second, ..] = set.as_slice() {
        several(cursor, first, second, report);
    }
    let mut found = namespaced(&fields, level, report).map(|pods| ClusterPeer::Pods { range, pods });
    if level.field("nodes").is_some()
        && let Some(nodes) = fields.get("nodes")
        && let Some(selector) = selector::decode(&nodes, report)
    {
        found = Some(ClusterPeer::Nodes { range, selector });
    }
    if level.field("networks").is_some()
        && let Some(list) = fields.get("networks")
    {
        found = Some(ClusterPeer::Networks { range, networks: distinct(&list, network, report) });
    }
    if level.field("domainNames").is_some()
        && let Some(list) = fields.get("domainNames")
    {
        found = Some(ClusterPeer::DomainNames { range, names: distinct(&list, domain_name, report) });
    }
    if let Some(field) = unknown {
        return Some(ClusterPeer::Unknown { range, field });
    }
    if set.is_empty() {
        let names: Vec<String> = level.names().map(|name| format!("`{name}`")).collect();
        let message = match level.names().find(|name| fields.get_or_null(name).is_some()) {
            Some(name @ ("namespaces" | "nodes")) => format!(
                "`{name}:` with nothing behind it is the same as none: write `{name}: {{}}` to match all"
            ),
            _ => format!(
                "this peer says nothing, and should have at least 1 properties: write one of {}",
                names.join(", ")
            ),
        };
        cursor.error(report, Code::EmptyPeer, message);
        return None;
    }
    found
}

/// `namespaces` or `pods`.
fn namespaced(fields: &Fields<'_>, level: &'static Level, report: &mut Report) -> Option<NamespacedPods> {
    let namespaces = fields.get("namespaces").and_then(|cursor| {
        let namespaces = selector::of_namespaces(&cursor, report)?;
        Some(NamespacedPods { range: cursor.visible_range(), namespaces, pods: None })
    });
    let of_pods = match level.field("pods").map(|field| field.value) {
        Some(Type::Structure(of_pods)) => of_pods,
        _ => return namespaces,
    };
    let pods = fields.get("pods").and_then(|cursor| pods(&cursor, of_pods, report));
    namespaces.or(pods)
}

/// The definitions of v1alpha1 ask for both selectors, the later ones for the `podSelector` only.
fn pods(cursor: &Cursor<'_>, level: &'static Level, report: &mut Report) -> Option<NamespacedPods> {
    let fields = cursor.fields(report, level)?;
    let mut required = |name: &'static str, all: &str| -> Option<LabelSelector> {
        let Some(selector) = fields.get(name) else {
            let message = format!("`{name}` is missing: write `{name}: {{}}` for {all}");
            cursor.missing(report, name, Code::MissingField, message);
            return None;
        };
        selector::decode(&selector, report)
    };
    let is_optional = std::ptr::eq(level, &schema::CLUSTER_POD);
    let namespaces = match fields.get("namespaceSelector") {
        None if is_optional => Some(selector::empty(cursor.visible_range())),
        _ => required("namespaceSelector", "every namespace"),
    };
    let pods = required("podSelector", "every pod of the namespaces");
    Some(NamespacedPods { range: cursor.visible_range(), namespaces: namespaces?, pods: Some(pods?) })
}

/// The `namespaceSelector` and the `podSelector` of `pods`, as far as they are there.
pub(super) fn selectors(
    cursor: &Cursor<'_>,
    report: &mut Report,
) -> Option<(Option<LabelSelector>, Option<LabelSelector>)> {
    let fields = cursor.fields(report, &schema::CLUSTER_POD)?;
    let mut read = |name| fields.get(name).and_then(|cursor| selector::decode(&cursor, report));
    Some((read("namespaceSelector"), read("podSelector")))
}

/// The items of a list whose texts must differ (`listType=set`).
fn distinct<T>(
    cursor: &Cursor<'_>,
    decode: impl Fn(&Cursor<'_>, &str, &mut Report) -> Option<T>,
    report: &mut Report,
) -> Vec<Spanned<T>> {
    at_least_one(cursor, report);
    let most = within(cursor, MOST_ADDRESSES, report);
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for item in cursor.items(report).take(most) {
        let Some(text) = item.text(report) else { continue };
        if seen.contains(&text) {
            item.error(
                report,
                Code::DuplicateItem,
                format!("{} is a duplicate value: remove one of them", quote(text)),
            );
            continue;
        }
        seen.push(text);
        if let Some(value) = decode(&item, text, report) {
            found.push(Spanned::new(value, item.visible_range()));
        }
    }
    found
}

/// A CIDR as its network. `isCIDR` of the API server takes host bits, and neither leading zeros nor IPv4-mapped forms.
fn network(cursor: &Cursor<'_>, text: &str, report: &mut Report) -> Option<IpNet> {
    let written = quote(text);
    if text.chars().count() > LONGEST_CIDR {
        let message =
            format!("{written} may not be more than 43 characters long: write a CIDR in short form");
        cursor.error(report, Code::TooLong, message);
        return None;
    }
    let (message, meant) = match validate::cidr(text) {
        Ok((network, Canonical::Yes)) => return Some(network),
        Ok((network, Canonical::HostBits)) => {
            let message = format!(
                "{written} has address bits set beyond its prefix and counts as `{network}`: write `{network}`"
            );
            cursor.say(report, Severity::Warning, Code::NonCanonicalCidr, message);
            cursor.offer_word(report, &network.to_string());
            return Some(network);
        }
        Ok((network, Canonical::LeadingZeros)) => {
            (format!("{written} is no CIDR, as it has leading zeros: write `{network}`"), Some(network))
        }
        Ok((network, Canonical::Mapped)) => (
            format!("{written} is no CIDR, as it is an IPv4 address written as IPv6: write `{network}`"),
            Some(network),
        ),
        Err(CidrError::NoPrefix(address)) => {
            let network = IpNet::from(address);
            (format!("{written} has no prefix length: write `{network}` for this one address"), Some(network))
        }
        Err(CidrError::Prefix(address)) => {
            let length = if address.is_ipv4() { 32 } else { 128 };
            let message =
                format!("{written} has no valid prefix length: write `/0` to `/{length}` behind the address");
            (message, None)
        }
        Err(CidrError::Address) => {
            let message =
                format!("{written} is no CIDR: write an address and a prefix length, such as `10.0.0.0/8`");
            (message, None)
        }
    };
    cursor.error(report, Code::InvalidCidr, message);
    if let Some(meant) = meant {
        cursor.offer_word(report, &meant.to_string());
    }
    None
}

/// A domain name in lower case and without a final dot.
fn domain_name(cursor: &Cursor<'_>, text: &str, report: &mut Report) -> Option<String> {
    if let Err(rule) = validate::domain_name(text) {
        cursor.error(report, Code::InvalidDomainName, format!("{} is no domain name: {rule}", quote(text)));
        return None;
    }
    Some(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase())
}
