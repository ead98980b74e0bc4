//! Values without places, and how they are written: in blocks, between brackets, or as JSON.

use netpol_source::order;

use crate::yaml::{Entry, NodeId, Tree, Value, reads_as_text};

/// A value to write, or one that was read.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A mapping, in the order in which it is written.
    Map(Vec<(String, Self)>),
}

impl Yaml {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A mapping with these fields.
    pub fn map<const COUNT: usize>(fields: [(&str, Self); COUNT]) -> Self {
        Self::Map(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// The value at a node; aliases are written out.
    pub(super) fn of(tree: &Tree<'_>, node: NodeId) -> Self {
        match tree.value(node) {
            // Whole documents are read here: nothing is skipped.
            Value::Null | Value::Skipped => Self::Null,
            Value::Bool(bool) => Self::Bool(*bool),
            Value::Integer(number) => Self::Number(*number),
            Value::Float(number) => Self::Float(*number),
            Value::Text(text) => Self::Text(text.clone().into_owned()),
            Value::List(items) => Self::List(items.iter().map(|item| Self::of(tree, *item)).collect()),
            Value::Map(entries) => {
                let field = |entry: &Entry<'_>| (entry.key.clone().into_owned(), Self::of(tree, entry.value));
                Self::Map(entries.iter().map(field).collect())
            }
        }
    }

    /// Whether both mean the same: the order of keys does not matter.
    pub(super) fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.means(two))
            }
            (Self::Map(one), Self::Map(two)) => {
                let two = by_key(two);
                let alike = |((key, value), (other, found)): (&(String, Self), &(String, Self))| {
                    key == other && value.means(found)
                };
                one.len() == two.len() && by_key(one).into_iter().zip(two).all(alike)
            }
            (one, two) => one == two,
        }
    }

    /// Whether it takes no line of its own in a block.
    fn is_inline(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Map(fields) => fields.is_empty(),
            _ => true,
        }
    }

    /// As one document, in blocks.
    pub fn document(&self) -> String {
        let style = Style { map: 2, list: 2, newline: "\n" };
        style.block(self, 0) + "\n"
    }

    /// As JSON, on one line.
    pub fn json(&self) -> String {
        between_brackets(self, true) + "\n"
    }
}

/// The fields of a mapping in order of their keys, which are all different.
fn by_key(fields: &[(String, Yaml)]) -> Vec<&(String, Yaml)> {
    let mut fields: Vec<&(String, Yaml)> = fields.iter().collect();
    order::sort_by(&mut fields, |(one, _), (two, _)| one.cmp(two));
    fields
}

/// How a text is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// How much deeper a mapping stands than its key.
    pub(super) map: usize,
    /// How much deeper the dashes of a list stand than its key.
    pub(super) list: usize,
    pub(super) newline: &'static str,
}

impl Style {
    /// A value in blocks. The first line has no indentation of its own, the others stand at `column`.
    pub(super) fn block(self, value: &Yaml, column: usize) -> String {
        match value {
            Yaml::List(items) if !items.is_empty() => {
                let items = items.iter().map(|item| format!("- {}", self.block(item, column + 2)));
                self.lines(items, column)
            }
            Yaml::Map(fields) if !fields.is_empty() => {
                self.lines(fields.iter().map(|(key, value)| self.field(key, value, column)), column)
            }
            other => between_brackets(other, false),
        }
    }

    /// A field in a block whose keys stand at `column`.
    pub(super) fn field(self, key: &str, value: &Yaml, column: usize) -> String {
        format!("{}:{}", scalar(key, false), self.behind_colon(value, column))
    }

    /// What stands behind the colon of a key at `column`.
    pub(super) fn behind_colon(self, value: &Yaml, column: usize) -> String {
        if value.is_inline() {
            return format!(" {}", between_brackets(value, false));
        }
        let deeper = match value {
            Yaml::List(_) => self.list,
            _ => self.map,
        };
        let column = column + deeper;
        format!("{}{}{}", self.newline, " ".repeat(column), self.block(value, column))
    }

    fn lines(self, parts: impl Iterator<Item = String>, column: usize) -> String {
        let parts: Vec<String> = parts.collect();
        parts.join(&format!("{}{}", self.newline, " ".repeat(column)))
    }
}

/// A value between brackets, on one line.
pub(super) fn between_brackets(value: &Yaml, json: bool) -> String {
    match value {
        Yaml::Null => "null".to_owned(),
        Yaml::Bool(bool) => bool.to_string(),
        Yaml::Number(number) => number.to_string(),
        Yaml::Float(number) => number.to_string(),
        Yaml::Text(text) => scalar(text, json),
        Yaml::List(items) => {
            let items: Vec<String> = items.iter().map(|item| between_brackets(item, json)).collect();
            format!("[{}]", items.join(", "))
        }
        Yaml::Map(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(key, value)| field_between_brackets(key, value, json)).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A field of a mapping between brackets.
pub(super) fn field_between_brackets(key: &str, value: &Yaml, json: bool) -> String {
    format!("{}: {}", scalar(key, json), between_brackets(value, json))
}

/// Text that Kubernetes reads back as that text: quoted where it would be a number, a boolean or a sign of YAML.
fn scalar(text: &str, json: bool) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'/');
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    if !json && starts && text.bytes().all(is_plain) && reads_as_text(text) {
        return text.to_owned();
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    if json || text.contains(|letter: char| letter.is_control()) {
        return format!("\"{escaped}\"");
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_json() {
        let value = Yaml::map([
            ("podSelector", Yaml::Map(Vec::new())),
            (
                "ingress",
                Yaml::List(vec![Yaml::map([
                    ("from", Yaml::List(vec![Yaml::map([("podSelector", Yaml::Map(Vec::new()))])])),
                    ("ports", Yaml::List(vec![Yaml::map([("port", Yaml::Number(80))])])),
                ])]),
            ),
        ]);
        assert_eq!(
            value.json(),
            "{\"podSelector\": {}, \"ingress\": [{\"from\": [{\"podSelector\": {}}], \"ports\": [{\"port\": 80}]}]}\n"
        );
        assert_eq!(
            value.document(),
            "podSelector: {}\ningress:\n  - from:\n      - podSelector: {}\n    ports:\n      - port: 80\n"
        );
    }

    #[test]
    fn what_kubernetes_would_not_read_as_text_is_quoted() {
        for (text, written) in [
            ("web", "web"),
            ("y", "'y'"),
            ("0o7", "'0o7'"),
            ("12", "'12'"),
            ("1_000", "'1_000'"),
            ("", "''"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("fd00::/8", "'fd00::/8'"),
            ("a'b", "'a''b'"),
            ("-x", "'-x'"),
        ] {
            assert_eq!(scalar(text, false), written);
        }
        assert_eq!(scalar("a\"b", true), "\"a\\\"b\"");
    }
}
