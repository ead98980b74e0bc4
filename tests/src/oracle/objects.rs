//! Objects as the API server would hold them, and how to look into their JSON.

use std::collections::BTreeMap;

use serde_json::Value;

use super::pods::Labels;

/// The objects of the input, lists opened: "If two objects have the same kind, namespace and name, the later one counts,
/// as with `kubectl apply`." (docs/semantics.md)
pub(super) fn objects(values: &[Value]) -> Vec<Value> {
    let mut opened = Vec::new();
    for value in values {
        open(value, &mut opened);
    }
    name_generated(&mut opened);
    let last: BTreeMap<String, usize> =
        opened.iter().enumerate().map(|(at, object)| (identity(object), at)).collect();
    let kept = opened.iter().enumerate().filter(|(at, object)| last.get(&identity(object)) == Some(at));
    kept.map(|(_, object)| object.clone()).collect()
}

/// Objects with `generateName` are each an object of their own. The product writes `*` for what the server adds, and a
/// number from the second one on.
fn name_generated(objects: &mut [Value]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects {
        if text(object, "/metadata/name").is_some() {
            continue;
        }
        let Some(prefix) = text(object, "/metadata/generateName").map(str::to_owned) else { continue };
        object["metadata"]["name"] = format!("{prefix}*").into();
        let count = seen.entry(identity(object)).or_default();
        *count += 1;
        if *count > 1 {
            object["metadata"]["name"] = format!("{prefix}*{count}").into();
        }
    }
}

/// "lists of any kind: their items". The items of a list such as a `PodList` need not repeat what they are.
fn open(value: &Value, opened: &mut Vec<Value>) {
    let kind = text(value, "/kind").unwrap_or_default();
    let (Some(of), Some(items)) = (kind.strip_suffix("List"), value.get("items")) else {
        opened.push(value.clone());
        return;
    };
    for item in items.as_array().into_iter().flatten() {
        let mut item = item.clone();
        if item.get("kind").is_none() && !of.is_empty() {
            item["kind"] = of.into();
            item["apiVersion"] = value["apiVersion"].clone();
        }
        open(&item, opened);
    }
}

/// What makes an object the same as another one.
fn identity(object: &Value) -> String {
    let kind = text(object, "/kind").unwrap_or_default();
    format!("{} {kind} {} {}", group(object), namespace(object), name(object))
}

/// Whether it is of this version and kind.
pub(super) fn is(object: &Value, api_version: &str, kind: &str) -> bool {
    text(object, "/apiVersion") == Some(api_version) && text(object, "/kind") == Some(kind)
}

/// Its API group; empty for the core group.
pub(super) fn group(object: &Value) -> String {
    let version = text(object, "/apiVersion").unwrap_or_default();
    version.split_once('/').map_or(String::new(), |(group, _)| group.to_owned())
}

/// `metadata.name`.
pub(super) fn name(object: &Value) -> String {
    text(object, "/metadata/name").unwrap_or_default().to_owned()
}

/// "`metadata.namespace` left out means `default`."
pub(super) fn namespace(object: &Value) -> String {
    text(object, "/metadata/namespace").unwrap_or("default").to_owned()
}

/// Text that is there and not empty.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty())
}

/// The items of a list; absent, `null` and empty are the same.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Labels, or another map of texts. A value that is `null` is the empty text.
pub(super) fn labels(value: &Value, pointer: &str) -> Labels {
    let entries = value.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// A boolean. Readers of YAML 1.2 leave the words that YAML 1.1 has for it as text.
pub(super) fn is_true(value: &Value, pointer: &str) -> bool {
    match value.pointer(pointer) {
        Some(Value::Bool(is_true)) => *is_true,
        Some(Value::String(word)) => ["y", "yes", "on", "true"].contains(&word.to_ascii_lowercase().as_str()),
        _ => false,
    }
}
