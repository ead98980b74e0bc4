//! How many items a list and how many fields a structure may have, as custom resource definitions say it.

use netpol_source::{Code, Related};

use crate::cursor::{Cursor, Fields};
use crate::report::Report;
use crate::schema::Level;
use crate::yaml::Value;

/// Reports a list that is longer than its schema allows, and says how many of its items to look at.
pub(super) fn within(cursor: &Cursor<'_>, most: usize, report: &mut Report) -> usize {
    if let Value::List(items) = cursor.value()
        && items.len() > most
    {
        let (count, name) = (items.len(), cursor.name());
        let message = format!(
            "{name} has {count} items, and must have at most {most} items: move some of them into another policy or rule"
        );
        cursor.error(report, Code::TooManyItems, message);
    }
    most
}

/// Reports a list without items where the schema asks for one.
pub(super) fn at_least_one(cursor: &Cursor<'_>, report: &mut Report) {
    if matches!(cursor.value(), Value::List(items) if items.is_empty()) {
        let message = format!("{} should have at least 1 items: add one", cursor.name());
        cursor.error(report, Code::MissingField, message);
    }
}

/// The fields that are there.
pub(super) fn set<'a>(fields: &Fields<'a>, level: &Level) -> Vec<Cursor<'a>> {
    level.names().filter_map(|name| fields.get(name)).collect()
}

/// Reports two fields of which only one may stand there.
pub(super) fn several(cursor: &Cursor<'_>, first: &Cursor<'_>, second: &Cursor<'_>, report: &mut Report) {
    let (one, other) = (first.name(), second.name());
    let message = format!(
        "{one} and {other} exclude each other, as it must have at most 1 properties: keep one of them{}",
        if cursor.is_item() { ", or make two items of it" } else { "" }
    );
    let related = Related { message: format!("{other} is here"), place: second.entry_range() };
    cursor.error_with(report, Code::AmbiguousField, message, related);
}

/// The fields of a structure of which exactly one must be set.
pub(super) fn one_of<'b>(
    cursor: &'b Cursor<'_>,
    level: &'static Level,
    report: &mut Report,
) -> Option<Fields<'b>> {
    let mark = report.mark();
    let fields = cursor.fields(report, level)?;
    match set(&fields, level).as_slice() {
        // A field that is not known was said to be none already.
        [] if report.failed_since(mark) => return None,
        [] => {
            let names: Vec<String> = level.names().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "{} should have at least 1 properties: write one of {}",
                cursor.name(),
                names.join(", ")
            );
            cursor.error(report, Code::MissingField, message);
            return None;
        }
        [_] => {}
        [first, second, ..] => several(cursor, first, second, report),
    }
    Some(fields)
}
