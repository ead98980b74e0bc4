//! "Did you mean": the labels that exist and come nearest to what a selector asks for.

use netpol_eval::{Labels, requirement_holds};
use netpol_manifest::{LabelSelector, Operator, Requirement, nearest};
use netpol_source::order;

/// How many labels are compared at most: enough for any namespace, and soon done for hostile input.
const MOST: usize = 2000;

/// The label, as `key: value` or `key`, that the first requirement that none of `pool` meets probably means.
pub(crate) fn nearest_label(selector: &LabelSelector, pool: &[&Labels]) -> Option<String> {
    let unmet = |one: &&Requirement| {
        matches!(one.operator, Operator::In | Operator::Exists)
            && !pool.iter().any(|labels| requirement_holds(one, labels))
    };
    let requirement = selector.requirements.iter().find(unmet)?;
    let labels = pool.iter().flat_map(|labels| labels.iter());
    let known = order::set(labels.map(|(key, value)| (key.as_str(), value.as_str())).take(MOST));
    let pairs = || known.iter().copied();
    let distinct = order::set(pairs().map(|(key, _)| key));
    let keys = || distinct.iter().copied();
    if requirement.operator == Operator::Exists {
        return nearest(&requirement.key, keys()).map(str::to_owned);
    }
    let values_of = |wanted: &str| -> Vec<&str> {
        pairs().filter(|(key, _)| *key == wanted).map(|(_, value)| value).collect()
    };
    requirement.values.iter().find_map(|value| {
        if let Some(found) = nearest(value, values_of(&requirement.key).into_iter()) {
            return Some(format!("{}: {found}", requirement.key));
        }
        let near_key = nearest(&requirement.key, keys());
        let exact: Vec<&str> =
            pairs().filter(|(_, candidate)| candidate == value).map(|(key, _)| key).collect();
        let same_value = near_key.filter(|key| exact.contains(key)).or(exact.first().copied());
        if let Some(key) = same_value {
            return Some(format!("{key}: {value}"));
        }
        let near_key = near_key?;
        nearest(value, values_of(near_key).into_iter()).map(|found| format!("{near_key}: {found}"))
    })
}
