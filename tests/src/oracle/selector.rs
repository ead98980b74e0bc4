//! Label selectors.

use serde_json::Value;

use super::objects;
use super::pods::Labels;

/// A label selector.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) requirements: Vec<Requirement>,
}

/// One thing that a selector asks for.
#[derive(Clone, Debug)]
pub(super) struct Requirement {
    pub(super) key: String,
    operator: String,
    pub(super) values: Vec<String>,
}

impl Selector {
    /// A selector that is there; `null` is absent.
    pub(super) fn of(value: &Value, pointer: &str) -> Option<Self> {
        let written = value.pointer(pointer).filter(|written| !written.is_null())?;
        let mut requirements = Vec::new();
        // "A single {key,value} in the matchLabels map is equivalent to an element of matchExpressions, whose key field
        // is "key", the operator is "In", and the values array contains only "value"." (`metav1.LabelSelector`)
        for (key, value) in objects::labels(written, "/matchLabels") {
            requirements.push(Requirement { key, operator: "In".to_owned(), values: vec![value] });
        }
        for item in objects::list(written, "/matchExpressions") {
            let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
            let values = objects::list(item, "/values").iter();
            let values = values.map(|value| value.as_str().unwrap_or_default().to_owned()).collect();
            requirements.push(Requirement { key: text("key"), operator: text("operator"), values });
        }
        Some(Self { requirements })
    }

    /// "A label selector is a label query over a set of resources. The result of matchLabels and matchExpressions are
    /// ANDed. An empty label selector matches all objects." (`metav1.LabelSelector`)
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(labels))
    }

    /// Whether other labels beside these could make a difference: it asks for some, and nothing that is known speaks
    /// against it.
    pub(super) fn asks_beyond(&self, known: &Labels) -> bool {
        let (about_known, beyond): (Vec<&Requirement>, Vec<&Requirement>) =
            self.requirements.iter().partition(|requirement| known.contains_key(&requirement.key));
        !beyond.is_empty() && about_known.iter().all(|requirement| requirement.holds(known))
    }
}

impl Requirement {
    /// Whether it lists the values that are asked for.
    pub(super) fn is_in(&self) -> bool {
        self.operator == "In"
    }

    /// "`In`: the label's value must match one of the specified values. `NotIn`: the label's value must not match any
    /// of the specified values [or there is no label with the key]. `Exists`: there must be a label with the specified
    /// key. `DoesNotExist`: there must not be a label with the specified key." (Labels and Selectors, concepts)
    fn holds(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let is_listed = value.is_some_and(|value| self.values.contains(value));
        match self.operator.as_str() {
            "In" => is_listed,
            "NotIn" => !is_listed,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    }
}
