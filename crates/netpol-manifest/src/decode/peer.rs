//! `NetworkPolicyPeer` and `IPBlock`.

use ipnet::IpNet;
use netpol_source::{Code, Related, Severity, Spanned};

use super::selector;
use crate::cursor::{Cursor, Fields};
use crate::object::Peer;
use crate::options::KubernetesVersion;
use crate::report::{Report, quote};
use crate::schema;
use crate::validate::{self, Canonical, CidrError};

pub(super) fn decode(cursor: &Cursor<'_>, report: &mut Report) -> Option<Peer> {
    let fields = cursor.fields(report, &schema::PEER)?;
    let pods = fields.get("podSelector");
    let namespaces = fields.get("namespaceSelector");
    let block = fields.get("ipBlock");
    let pod_selector = pods.as_ref().and_then(|cursor| selector::decode(cursor, report));
    let namespace_selector = namespaces.as_ref().and_then(|cursor| selector::decode(cursor, report));
    if let Some(block) = block {
        let decoded = ip_block(&block, report);
        if let Some(other) = pods.or(namespaces) {
            let message =
                format!("`ipBlock` cannot stand beside {}: make it an item of its own", other.name());
            let related = Related { message: "the selector is here".to_owned(), place: other.entry_range() };
            cursor.error_with(report, Code::AmbiguousPeer, message, related);
            return None;
        }
        let (cidr, except) = decoded?;
        return Some(Peer::Block { range: cursor.range(), cidr, except });
    }
    if pods.is_none() && namespaces.is_none() {
        nothing(cursor, &fields, report);
        return None;
    }
    Some(Peer::Pods { range: cursor.range(), pod_selector, namespace_selector })
}

fn nothing(cursor: &Cursor<'_>, fields: &Fields<'_>, report: &mut Report) {
    let null = schema::PEER.names().find(|name| fields.get_or_null(name).is_some());
    let message = match null {
        Some(name) if name != "ipBlock" => {
            format!(
                "`{name}:` with nothing behind it is the same as no selector: write `{name}: {{}}` to match all"
            )
        }
        _ => "this peer says nothing: write `podSelector`, `namespaceSelector` or `ipBlock`".to_owned(),
    };
    cursor.error(report, Code::EmptyPeer, message);
}

fn ip_block(cursor: &Cursor<'_>, report: &mut Report) -> Option<(Spanned<IpNet>, Vec<Spanned<IpNet>>)> {
    let fields = cursor.fields(report, &schema::IP_BLOCK)?;
    let cidr = match fields.get("cidr") {
        Some(cursor) => network(&cursor, report),
        None => {
            let message = "`cidr` is missing: write the addresses, such as `cidr: 10.0.0.0/8`";
            cursor.missing(report, "cidr", Code::InvalidCidr, message);
            None
        }
    };
    let mut except = Vec::new();
    if let Some(list) = fields.get("except") {
        for item in list.items(report) {
            let Some(mut inner) = network(&item, report) else { continue };
            if let Some(outer) = &cidr {
                strictly_inside(&item, &inner, outer, report);
                // Where the lengths as written say otherwise, it may still be larger.
                if inner.network.value.contains(&outer.network.value) {
                    inner.network.value = outer.network.value;
                }
            }
            except.push(inner.network);
        }
    }
    Some((cidr?.network, except))
}

/// An address block.
#[derive(Debug)]
struct Block {
    network: Spanned<IpNet>,
    /// The prefix length as it is written: that of an IPv4-mapped block counts 96 bits more than its network's.
    written: u8,
}

/// Reports an exception that does not lie inside of `cidr`: as the API server does, by its first address and the two
/// prefix lengths as written.
fn strictly_inside(cursor: &Cursor<'_>, inner: &Block, outer: &Block, report: &mut Report) {
    let (inside, around) = (inner.network.value, outer.network.value);
    let message = match (inside, around) {
        (IpNet::V4(_), IpNet::V6(_)) | (IpNet::V6(_), IpNet::V4(_)) => {
            format!(
                "`{inside}` and `{around}` are of different IP versions: remove it, or use a block of its own"
            )
        }
        _ if around.contains(&inside.addr()) && outer.written < inner.written => return,
        _ if inside == around => {
            format!(
                "`{inside}` is the whole of `cidr`: nothing would be left, so remove the peer or the exception"
            )
        }
        _ if !around.contains(&inside) => {
            format!(
                "`{inside}` does not lie inside `cidr` `{around}`: write a smaller block inside it, or remove it"
            )
        }
        _ => {
            let (shorter, longer) = (inner.written, outer.written);
            format!(
                "Kubernetes compares the prefix lengths as written, `/{shorter}` and `/{longer}` of `cidr`, and refuses \
                 this: write `cidr: {around}` and `{inside}`"
            )
        }
    };
    let related = Related { message: "`cidr` is here".to_owned(), place: outer.network.range };
    cursor.error_with(report, Code::InvalidExcept, message, related);
}

/// A CIDR as its network; one that is not written in the one right way is refused by Kubernetes 1.36, and gets a warning
/// before.
fn network(cursor: &Cursor<'_>, report: &mut Report) -> Option<Block> {
    let text = cursor.text(report)?;
    let written = quote(text);
    let (network, canonical) = match validate::cidr(text) {
        Ok(found) => found,
        Err(error) => {
            let message = match error {
                CidrError::NoPrefix(address) => {
                    let length = if address.is_ipv4() { 32 } else { 128 };
                    format!("{written} has no prefix length: write `{address}/{length}` for this one address")
                }
                CidrError::Prefix(address) => {
                    let length = if address.is_ipv4() { 32 } else { 128 };
                    format!(
                        "{written} has no valid prefix length: write `/0` to `/{length}` behind the address"
                    )
                }
                CidrError::Address => {
                    format!(
                        "{written} is no CIDR: write an address and a prefix length, such as `10.0.0.0/8`"
                    )
                }
            };
            cursor.error(report, Code::InvalidCidr, message);
            if let CidrError::NoPrefix(address) = error {
                cursor.offer_word(report, &IpNet::from(address).to_string());
            }
            return None;
        }
    };
    let what = match canonical {
        Canonical::Yes => None,
        Canonical::HostBits => Some("has address bits set beyond its prefix"),
        Canonical::LeadingZeros => Some("has leading zeros"),
        Canonical::Mapped => Some("is an IPv4 address written as IPv6"),
    };
    if let Some(what) = what {
        let (severity, message) = match report.options.kubernetes {
            KubernetesVersion::V1_35 => (
                Severity::Warning,
                format!(
                    "{written} {what} and counts as `{network}`; Kubernetes 1.36 and later refuse it: write `{network}`"
                ),
            ),
            KubernetesVersion::V1_36 => (
                Severity::Error,
                format!("{written} {what}, which Kubernetes refuses since 1.36: write `{network}`"),
            ),
        };
        cursor.say(report, severity, Code::NonCanonicalCidr, message);
        cursor.offer_word(report, &network.to_string());
    }
    let mapped = canonical == Canonical::Mapped && network.addr().is_ipv4();
    let written = network.prefix_len() + if mapped { 96 } else { 0 };
    Some(Block { network: Spanned::new(network, cursor.visible_range()), written })
}
