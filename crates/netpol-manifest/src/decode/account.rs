//! ServiceAccounts, and the roles that they have (`rbac.authorization.k8s.io` RoleBinding and ClusterRoleBinding).
//!
//! A mistake in them is no reason to refuse them: what is wrong is left aside.

use crate::cursor::{Cursor, Fields};
use crate::object::{BoundAccount, Metadata, Resource, ServiceAccount};
use crate::report::Report;
use crate::schema;

pub(super) fn decode(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    let automounts = report.leniently(|report| {
        object.get("automountServiceAccountToken").and_then(|cursor| cursor.boolean(report))
    });
    Some(Resource::ServiceAccount(ServiceAccount { automounts }))
}

pub(super) fn binding(object: &Fields<'_>, metadata: &Metadata, report: &mut Report) -> Option<Resource> {
    let own = metadata.namespace.as_ref().map_or("default", |namespace| &namespace.value);
    let accounts = report.leniently(|report| {
        let mut accounts = Vec::new();
        let Some(list) = object.get("subjects") else { return accounts };
        for item in list.items(report) {
            accounts.extend(account(&item, own, report));
        }
        accounts
    });
    Some(Resource::RoleBinding(accounts))
}

/// A subject that is a ServiceAccount, by its own kind or as the user that it is.
fn account(item: &Cursor<'_>, own: &str, report: &mut Report) -> Option<BoundAccount> {
    let fields = item.fields(report, &schema::UNCHECKED)?;
    let mut text = |name: &'static str| fields.get(name)?.text(report).filter(|text| !text.is_empty());
    let (kind, name, namespace) = (text("kind")?, text("name")?, text("namespace"));
    let (namespace, name) = match kind {
        "ServiceAccount" => (namespace.unwrap_or(own), name),
        "User" => name.strip_prefix("system:serviceaccount:")?.split_once(':')?,
        _ => return None,
    };
    Some(BoundAccount { range: item.range(), namespace: namespace.to_owned(), name: name.to_owned() })
}
