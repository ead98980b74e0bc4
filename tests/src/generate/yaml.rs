//! YAML in blocks, as Kubernetes reads it.
//!
//! The writers that there are quote for YAML 1.2, where `y` and `0o7` are text; to Kubernetes they are a boolean and a
//! number.

use serde_json::Value;

/// A document.
pub(super) fn write(value: &Value) -> String {
    let mut text = String::new();
    put(value, 0, &mut text);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Writes what stands behind a key or a dash, or at the start of the document.
fn put(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str(&scalar(key));
                text.push(':');
                behind(value, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str("- ");
                put(item, indent + 2, text);
            }
        }
        Value::String(string) => {
            text.push_str(&scalar(string));
            text.push('\n');
        }
        other => {
            text.push_str(&other.to_string());
            text.push('\n');
        }
    }
}

fn behind(value: &Value, indent: usize, text: &mut String) {
    let nested = match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if nested {
        text.push('\n');
        text.push_str(&" ".repeat(indent + 2));
        put(value, indent + 2, text);
    } else {
        text.push(' ');
        put(value, indent, text);
    }
}

/// Text that is sure to be read as text.
fn scalar(string: &str) -> String {
    let words = ["yes", "no", "on", "off", "true", "false", "null", "inf", "nan"];
    let plain = string.len() > 2
        && string.starts_with(|first: char| first.is_ascii_alphabetic())
        && string.chars().all(|c| c.is_ascii_alphanumeric() || "-./_".contains(c))
        && !words.contains(&string.to_ascii_lowercase().as_str());
    if plain { string.to_owned() } else { Value::from(string).to_string() }
}
