//! How long an answer is, however it is written.

use serde_yaml::Value;

/// The lines of a document, written anew with one value a line, so that no style is shorter than another; of one that cannot
/// be read, those that are neither blank nor comment alone.
pub(crate) fn lines(text: &str, value: Option<&Value>) -> usize {
    let anew = |value: &Value| Some(serde_yaml::to_string(value).ok()?.lines().count());
    match value {
        Some(Value::Null) => 0,
        Some(value) => anew(value).unwrap_or_else(|| written(text)),
        None => written(text),
    }
}

fn written(text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}
