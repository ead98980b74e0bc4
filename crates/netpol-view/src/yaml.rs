//! Manifests as YAML that Kubernetes reads back as they were.

use netpol_manifest::reads_as_text;
use serde::Serialize;

/// The only fields of the manifests written here that hold numbers.
const NUMBERS: [&str; 2] = ["port", "endPort"];

/// A manifest as one YAML document; `None` when it is no mapping.
///
/// The library writes for YAML 1.2; Kubernetes reads 1.1, where `y`, `on` and `0o7` are not text. These get quotes.
pub(crate) fn to_yaml(manifest: &impl Serialize) -> Option<String> {
    let text = serde_yaml::to_string(manifest).ok()?;
    Some(text.lines().map(|line| quoted(line) + "\n").collect())
}

fn quoted(line: &str) -> String {
    let body = line.trim_start_matches([' ', '-']);
    let before = line.strip_suffix(body).unwrap_or_default();
    let (key, value) = match body.split_once(": ") {
        Some((key, value)) => (key, Some(value)),
        None => (body.strip_suffix(':').unwrap_or(body), None),
    };
    let mut result = format!("{before}{}", scalar(key));
    match value {
        Some(value) if NUMBERS.contains(&key) => result.push_str(&format!(": {value}")),
        Some(value) => result.push_str(&format!(": {}", scalar(value))),
        None => result.push_str(if body.ends_with(':') { ":" } else { "" }),
    }
    result
}

fn scalar(text: &str) -> String {
    let plain = !text.is_empty() && !text.starts_with(['\'', '"']);
    if plain && !reads_as_text(text) { format!("'{text}'") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_kubernetes_would_not_read_as_text_is_quoted() {
        let labels: BTreeMap<&str, &str> = [
            ("a", "y"),
            ("b", "0o7"),
            ("c", "web"),
            ("d", "1_000"),
            ("e", "true"),
            ("f", "12"),
            ("on", "x"),
            ("g", ""),
        ]
        .into();
        let text = to_yaml(&labels).unwrap();
        for line in text.lines() {
            let (key, value) = line.split_once(": ").unwrap();
            for scalar in [key, value] {
                assert!(scalar.starts_with('\'') || reads_as_text(scalar), "{line}");
            }
        }
        assert!(
            text.contains("a: 'y'\n") && text.contains("'on': x\n") && text.contains("c: web\n"),
            "{text}"
        );
    }
}
