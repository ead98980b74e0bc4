//! `ObjectMeta`.

use netpol_source::{Code, Diagnostic, Severity, Spanned, TextRange};

use super::kinds::{self, Kind, Scope};
use crate::cursor::{Cursor, Fields};
use crate::object::{Controller, Label, Metadata, Scrape};
use crate::report::{Report, quote, shorten};
use crate::schema;
use crate::validate::{self, NameRule};
use crate::yaml::Value;

/// All annotations of an object together (`TotalAnnotationSizeLimitB`).
const MOST_ANNOTATION_BYTES: usize = 256 * 1024;

/// By these annotations metrics are scraped where no monitor says so.
const SCRAPE: &str = "prometheus.io/scrape";
const SCRAPE_PORT: &str = "prometheus.io/port";

/// `metadata` of an object; `None` when it has no name.
pub(super) fn object(fields: &Fields<'_>, kind: &Kind, report: &mut Report) -> Option<Metadata> {
    let Some(metadata) = fields.get("metadata") else {
        let message = "the object has no name: write `metadata:` and below it `name:`";
        fields.cursor().missing(report, "metadata.name", Code::MissingName, message);
        return None;
    };
    let fields = metadata.fields(report, &schema::METADATA)?;
    let name = name(&fields, kind, report);
    let namespace = namespace(&fields, kind, report);
    let labels = fields.get("labels").map(|cursor| labels(&cursor, report)).unwrap_or_default();
    let annotations =
        fields.get("annotations").map(|cursor| annotations(&cursor, report)).unwrap_or_default();
    let controller = fields.get("ownerReferences").and_then(|cursor| controller(&cursor, report));
    let (name, generated) = name?;
    Some(Metadata { name, generated, namespace, labels, annotations, controller })
}

/// The name, and whether it is made of `generateName`.
fn name(fields: &Fields<'_>, kind: &Kind, report: &mut Report) -> Option<(Spanned<String>, bool)> {
    if let Some(cursor) = fields.get("name") {
        let name = cursor.spanned_text(report)?;
        if !name.value.is_empty() {
            if let Err(rule) = kind.name_rule.check(&name.value) {
                let message = format!("{} is no name for a {}: {rule}", quote(&name.value), kind.name);
                cursor.error(report, Code::InvalidName, message);
            }
            return Some((name, false));
        }
    }
    if let Some(cursor) = fields.get("generateName") {
        let prefix = cursor.spanned_text(report)?;
        if !prefix.value.is_empty() {
            if let Err(rule) = kind.name_rule.check_prefix(&prefix.value) {
                let message = format!("no name can begin with `{}`: {rule}", shorten(&prefix.value));
                cursor.error(report, Code::InvalidName, message);
            }
            return Some((Spanned::new(generated(&prefix.value), prefix.range), true));
        }
    }
    fields.cursor().missing(
        report,
        "name",
        Code::MissingName,
        "the object has no name: write `name:` under `metadata`",
    );
    None
}

fn namespace(fields: &Fields<'_>, kind: &Kind, report: &mut Report) -> Option<Spanned<String>> {
    let cursor = fields.get("namespace")?;
    let namespace = cursor.spanned_text(report)?;
    if namespace.value.is_empty() {
        return None;
    }
    if kind.scope == Scope::Cluster {
        // The API server clears the field before it looks at the object.
        let message = format!("a {} is in no namespace, so `namespace` is ignored: remove it", kind.name);
        cursor.warning(report, Code::ForbiddenNamespace, message);
        return None;
    }
    if let Err(rule) = NameRule::Label.check(&namespace.value) {
        let message = format!("{} is no name for a namespace: {rule}", quote(&namespace.value));
        cursor.error(report, Code::InvalidNamespace, message);
    }
    Some(namespace)
}

/// A map of labels, each checked.
pub(super) fn labels(cursor: &Cursor<'_>, report: &mut Report) -> Vec<Label> {
    label_entries(cursor, report).into_iter().map(|(label, _)| label).collect()
}

/// The same, each with the place of its key and value together.
pub(super) fn label_entries(cursor: &Cursor<'_>, report: &mut Report) -> Vec<(Label, TextRange)> {
    let mut labels = Vec::new();
    for (key, value) in cursor.pairs(report) {
        check_key(cursor, &key, report);
        let Some(text) = value.text(report) else { continue };
        if value.is_null() {
            let message = format!(
                "`{}` has no value, which Kubernetes reads as the empty text: write the value, or `\"\"`",
                shorten(key.value)
            );
            value.warning(report, Code::EmptyLabel, message);
        }
        if let Err(rule) = validate::label_value(text) {
            value.error(
                report,
                Code::InvalidLabel,
                format!("{} is no value for a label: {rule}", quote(text)),
            );
        }
        let range = value.entry_range();
        let value = Spanned::new(text.to_owned(), value.visible_range());
        labels.push((Label { key: Spanned::new(key.value.to_owned(), key.range), value }, range));
    }
    labels
}

/// Reports a key of a map of labels that the API server refuses.
fn check_key(cursor: &Cursor<'_>, key: &Spanned<&str>, report: &mut Report) {
    if let Err(rule) = validate::label_key(key.value) {
        let message = format!("{} is no key for a label: {rule}", quote(key.value));
        let error = Diagnostic::new(Severity::Error, Code::InvalidLabel, message, key.range);
        report.push(Diagnostic { path: cursor.path(), ..error });
    }
}

fn annotations(cursor: &Cursor<'_>, report: &mut Report) -> Vec<Label> {
    let mut annotations = Vec::new();
    let mut bytes = 0_usize;
    for (key, value) in cursor.pairs(report) {
        // Annotations may have upper-case letters in the prefix.
        if let Err(rule) = validate::label_key(&key.value.to_ascii_lowercase()) {
            let message = format!("{} is no key for an annotation: {rule}", quote(key.value));
            let error = Diagnostic::new(Severity::Error, Code::InvalidAnnotation, message, key.range);
            report.push(Diagnostic { path: cursor.path(), ..error });
        }
        let Some(text) = value.text(report) else { continue };
        bytes = bytes.saturating_add(key.value.len()).saturating_add(text.len());
        if bytes > MOST_ANNOTATION_BYTES {
            cursor.error(
                report,
                Code::AnnotationsTooLong,
                "all annotations together may have at most 256 KiB",
            );
            break;
        }
        let value = Spanned::new(text.to_owned(), value.visible_range());
        annotations.push(Label { key: Spanned::new(key.value.to_owned(), key.range), value });
    }
    annotations
}

/// What annotations ask for whoever scrapes metrics by them.
pub(super) fn scrape(annotations: &[Label]) -> Option<Scrape> {
    let value = |name: &str| annotations.iter().find(|one| one.key.value == name).map(|one| &one.value);
    let asked = value(SCRAPE).filter(|asked| asked.value == "true")?;
    // What is no port is left aside, as Prometheus does.
    let port = value(SCRAPE_PORT).and_then(|port| port.value.parse().ok()).filter(|port| *port != 0);
    Some(Scrape { range: asked.range, port })
}

/// The same of the `metadata` of a template, of whose annotations nothing else is read.
pub(super) fn scrape_of_template(metadata: &Fields<'_>) -> Option<Scrape> {
    let report = &mut Report::default();
    let annotations = metadata.get("annotations")?;
    let known = annotations.pairs(report).filter(|(key, _)| [SCRAPE, SCRAPE_PORT].contains(&key.value));
    let known: Vec<Label> = known
        .filter_map(|(key, value)| {
            let text = Spanned::new(value.text(&mut Report::default())?.to_owned(), value.visible_range());
            Some(Label { key: Spanned::new(key.value.to_owned(), key.range), value: text })
        })
        .collect();
    scrape(&known)
}

fn controller(cursor: &Cursor<'_>, report: &mut Report) -> Option<Controller> {
    let mut found = None;
    for owner in cursor.items(report) {
        let Some(fields) = owner.fields(report, &schema::OWNER) else { continue };
        let controls = fields.get("controller").and_then(|cursor| cursor.boolean(report)).unwrap_or(false);
        let version = of_owner(&fields, "apiVersion", "group and version, such as `apps/v1`", report);
        let kind = of_owner(&fields, "kind", "kind", report).map(str::to_owned);
        let name = of_owner(&fields, "name", "name", report).map(str::to_owned);
        let group = kinds::group_of(version.unwrap_or_default()).to_owned();
        if controls && found.is_some() {
            let message = "an object has one controller: leave `controller: true` at one of its owners";
            cursor.error(report, Code::SeveralControllers, message);
        }
        if controls && let (Some(kind), Some(name)) = (kind, name) {
            found = found.or(Some(Controller { group, kind, name }));
        }
    }
    found
}

/// A field without which the API server takes no owner (`ValidateOwnerReferences`).
fn of_owner<'a>(fields: &Fields<'a>, name: &'static str, what: &str, report: &mut Report) -> Option<&'a str> {
    let Some(cursor) = fields.get(name) else {
        let message = format!("`{name}` is missing: write the owner's {what}");
        fields.cursor().missing(report, name, Code::MissingField, message);
        return None;
    };
    let text = cursor.text(report)?;
    // Of `apps/`, the group is all there is.
    let is_empty = text.is_empty() || name == "apiVersion" && text.ends_with('/');
    if is_empty {
        let message = format!("`{name}` may not be empty: write the owner's {what}");
        cursor.error(report, Code::MissingField, message);
    }
    Some(text).filter(|_| !is_empty)
}

/// What stands for a name that the server makes from `generateName`; no real name holds a `*`.
fn generated(prefix: &str) -> String {
    format!("{prefix}*")
}

/// The name, as far as it can be told, for an object that is refused.
pub(super) fn name_if_readable(fields: &Fields<'_>) -> Option<String> {
    readable(fields, "name").or_else(|| readable(fields, "generateName").map(|prefix| generated(&prefix)))
}

/// The namespace, as far as it can be told, for an object that is refused.
pub(super) fn namespace_if_readable(fields: &Fields<'_>) -> Option<String> {
    readable(fields, "namespace")
}

fn readable(fields: &Fields<'_>, name: &'static str) -> Option<String> {
    let metadata = fields.get("metadata")?;
    let inner = metadata.fields(&mut Report::default(), &schema::UNCHECKED)?;
    match inner.get(name)?.value() {
        Value::Text(text) if !text.is_empty() => Some(text.clone().into_owned()),
        _ => None,
    }
}
