//! Label selectors.

use std::collections::BTreeMap;

use netpol_manifest::{LabelSelector, Operator, Requirement};

/// "A label selector is a label query over a set of resources. The result of matchLabels and matchExpressions are
/// ANDed. An empty label selector matches all objects." (`metav1.LabelSelector`)
pub(super) fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let mut all = true;
    for requirement in &selector.requirements {
        if !holds(requirement, labels) {
            all = false;
        }
    }
    all
}

/// "`In`: the label's value must match one of the specified values. `NotIn`: the label's value must not match any of
/// the specified values [or there is no label with the key]. `Exists`: there must be a label with the specified key.
/// `DoesNotExist`: there must not be a label with the specified key." (Labels and Selectors, concepts)
fn holds(requirement: &Requirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    match requirement.operator {
        Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
        Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
    }
}
