//! `Node`: its addresses.

use super::pod;
use crate::cursor::Fields;
use crate::object::{Metadata, Node, Resource};
use crate::report::Report;
use crate::schema;

pub(super) fn decode(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let mut addresses = Vec::new();
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
                addresses
                    .extend(pod::address(&cursor, report).filter(|address| !addresses.contains(address)));
            }
        }
    }
    Some(Resource::Node(Node { addresses }))
}
