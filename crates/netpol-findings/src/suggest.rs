//! "Did you mean": the labels that exist and come nearest to what a selector asks for.

use netpol_eval::{Labels, requirement_holds};
use netpol_manifest::{LabelSelector, Operator, Requirement, nearest};

/// The label, as `key: value` or `key`, that the first requirement that none of `pool` meets probably means.
pub(crate) fn nearest_label(selector: &LabelSelector, pool: &[&Labels]) -> Option<String> {
    let unmet = |one: &&Requirement| {
        matches!(one.operator, Operator::In | Operator::Exists)
            && !pool.iter().any(|labels| requirement_holds(one, labels))
    };
    let requirement = selector.requirements.iter().find(unmet)?;
    let pairs = || pool.iter().flat_map(|labels| labels.iter());
    let keys = || pairs().map(|(key, _)| key.as_str());
    if requirement.operator == Operator::Exists {
        return nearest(&requirement.key, keys()).map(str::to_owned);
    }
    let values_of = |wanted: &str| {
        let wanted = wanted.to_owned();
        pairs().filter(move |(key, _)| **key == wanted).map(|(_, value)| value.as_str())
    };
    requirement.values.iter().find_map(|value| {
        if let Some(found) = nearest(value, values_of(&requirement.key)) {
            return Some(format!("{}: {found}", requirement.key));
        }
        let near_key = nearest(&requirement.key, keys());
        let exact = pairs().filter(|(_, candidate)| *candidate == value).map(|(key, _)| key.as_str());
        let exact: Vec<&str> = exact.collect();
        let same_value = near_key.filter(|key| exact.contains(key)).or(exact.first().copied());
        if let Some(key) = same_value {
            return Some(format!("{key}: {value}"));
        }
        let near_key = near_key?;
        nearest(value, values_of(near_key)).map(|found| format!("{near_key}: {found}"))
    })
}
