//! YAML as plain values.

use serde_yaml::Value;

/// So deep no manifest is nested. The library takes time with the square of that.
const DEEPEST: usize = 200;

/// What a text holds; `None` where that cannot be read, or is nested without end.
pub(crate) fn value(text: &str) -> Option<Value> {
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return None;
        }
    }
    serde_yaml::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_without_end_is_not_read() {
        assert_eq!(value("a: [1, {b: 2}]").and_then(|value| value["a"][1]["b"].as_u64()), Some(2));
        for open in ["[", "{a: ", "- [\n"] {
            assert_eq!(value(&open.repeat(50_000)), None);
        }
        assert_eq!(value("a: ["), None);
    }
}
