//! `Node`: its addresses.

use std::net::IpAddr;

use super::pod;
use crate::cursor::Fields;
use crate::object::{Metadata, Node, Resource};
use crate::report::Report;
use crate::schema;

pub(super) fn decode(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let addresses = report.leniently(|report| addresses(object, report));
    Some(Resource::Node(Node { addresses }))
}

/// What `status.addresses` lists; a mistake in it is no reason to refuse the node.
fn addresses(object: &Fields<'_>, report: &mut Report) -> Vec<IpAddr> {
    let mut found = Vec::new();
    if let Some(status) = object.get("status")
        && let Some(fields) = status.fields(report, &schema::UNCHECKED)
        && let Some(list) = fields.get("addresses")
    {
        for item in list.items(report) {
            let Some(fields) = item.fields(report, &schema::UNCHECKED) else { continue };
            let kind = fields.get("type").and_then(|cursor| cursor.text(report));
            // Host names and DNS names stand in the same list.
            if matches!(kind, Some("InternalIP" | "ExternalIP"))
                && let Some(cursor) = fields.get("address")
            {
                found.extend(pod::address(&cursor, report).filter(|address| !found.contains(address)));
            }
        }
    }
    found
}
