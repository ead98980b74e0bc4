//! "Did you mean": the labels that exist and come nearest to what a selector asks for.

use netpol_eval::{Labels, matches, requirement_holds};
use netpol_manifest::{Change, LabelSelector, Operator, Requirement, Way, Yaml, nearest};
use netpol_source::order;

/// How many labels are compared at most: enough for any namespace, and soon done for hostile input.
const MOST: usize = 2000;

/// What a requirement of a selector that nothing meets probably means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    /// Which requirement of the selector.
    requirement: usize,
    /// The key that is meant.
    key: String,
    /// Which of the values, and the one that is meant; none where only the key was asked for.
    value: Option<(usize, String)>,
}

impl Meant {
    /// `app: backend`, or `app`.
    pub(crate) fn label(&self) -> String {
        match &self.value {
            Some((_, value)) => format!("{}: {value}", self.key),
            None => self.key.clone(),
        }
    }

    /// Whether these labels have it.
    pub(crate) fn is_in(&self, labels: &Labels) -> bool {
        let found = labels.get(&self.key);
        found.is_some_and(|found| self.value.as_ref().is_none_or(|(_, value)| found == value))
    }

    /// The selector with what is meant in the place of what is written.
    pub(crate) fn corrected(&self, selector: &LabelSelector) -> LabelSelector {
        let mut selector = selector.clone();
        if let Some(one) = selector.requirements.get_mut(self.requirement) {
            one.key.clone_from(&self.key);
            if let Some((at, value)) = &self.value
                && let Some(slot) = one.values.get_mut(*at)
            {
                slot.clone_from(value);
            }
        }
        selector
    }

    /// The same as changes of the text, for a selector at `way`.
    pub(crate) fn changes(&self, selector: &LabelSelector, way: &Way) -> Option<Vec<Change>> {
        let one = selector.requirements.get(self.requirement)?;
        let value = self.value.as_ref().filter(|(at, value)| one.values.get(*at) != Some(value));
        let mut changes = Vec::new();
        if one.from_match_labels {
            let entry = way.clone().key("matchLabels").key(&one.key);
            if let Some((_, value)) = value {
                changes.push(Change::Set(entry.clone(), Yaml::text(value.as_str())));
            }
            if self.key != one.key {
                changes.push(Change::Rename(entry, self.key.clone()));
            }
        } else {
            // `matchLabels` come first.
            let labels = selector.requirements.iter().filter(|one| one.from_match_labels).count();
            let entry = way.clone().key("matchExpressions").item(self.requirement.checked_sub(labels)?);
            if self.key != one.key {
                changes.push(Change::Set(entry.clone().key("key"), Yaml::text(self.key.as_str())));
            }
            if let Some((at, value)) = value {
                changes.push(Change::Set(entry.key("values").item(*at), Yaml::text(value.as_str())));
            }
        }
        (!changes.is_empty()).then_some(changes)
    }

    /// The changes that make a selector at `way` match some of `pool`; `None` where it is not the only one that may be
    /// meant, or not all that is wrong.
    pub(crate) fn mends(&self, selector: &LabelSelector, pool: &[&Labels], way: &Way) -> Option<Vec<Change>> {
        let corrected = self.corrected(selector);
        let is_only = nearest_label_of(selector, pool, Order::LastFirst).as_ref() == Some(self);
        (is_only && pool.iter().any(|labels| matches(&corrected, labels)))
            .then(|| self.changes(selector, way))
            .flatten()
    }
}

/// Which of several equally near labels is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    FirstFirst,
    LastFirst,
}

/// The label that the first requirement that none of `pool` meets probably means.
pub(crate) fn nearest_label(selector: &LabelSelector, pool: &[&Labels]) -> Option<Meant> {
    nearest_label_of(selector, pool, Order::FirstFirst)
}

fn nearest_label_of(selector: &LabelSelector, pool: &[&Labels], order: Order) -> Option<Meant> {
    let unmet = |one: &Requirement| {
        matches!(one.operator, Operator::In | Operator::Exists)
            && !pool.iter().any(|labels| requirement_holds(one, labels))
    };
    let at = selector.requirements.iter().position(unmet)?;
    let requirement = selector.requirements.get(at)?;
    let labels = pool.iter().flat_map(|labels| labels.iter());
    let known = order::set(labels.map(|(key, value)| (key.as_str(), value.as_str())).take(MOST));
    let mut pairs: Vec<(&str, &str)> = known.into_iter().collect();
    if order == Order::LastFirst {
        pairs.reverse();
    }
    let mut keys: Vec<&str> = pairs.iter().map(|(key, _)| *key).collect();
    keys.dedup();
    let near_key = nearest(&requirement.key, keys.iter().copied());
    let meant = |key: &str, value| Meant { requirement: at, key: key.to_owned(), value };
    if requirement.operator == Operator::Exists {
        return near_key.map(|key| meant(key, None));
    }
    let near_value = |wanted: &str, key: &str| {
        let values = pairs.iter().filter(|(known, _)| *known == key).map(|(_, value)| *value);
        nearest(wanted, values).map(str::to_owned)
    };
    requirement.values.iter().enumerate().find_map(|(index, value)| {
        if let Some(found) = near_value(value, &requirement.key) {
            return Some(meant(&requirement.key, Some((index, found))));
        }
        let exact: Vec<&str> =
            pairs.iter().filter(|(_, candidate)| candidate == value).map(|(key, _)| *key).collect();
        let same_value = near_key.filter(|key| exact.contains(key)).or(exact.first().copied());
        if let Some(key) = same_value {
            return Some(meant(key, Some((index, value.clone()))));
        }
        let near_key = near_key?;
        near_value(value, near_key).map(|found| meant(near_key, Some((index, found))))
    })
}

#[cfg(test)]
mod tests {
    use netpol_source::TextRange;

    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn selector(requirements: &[(&str, &[&str])]) -> LabelSelector {
        let requirements = requirements.iter().map(|(key, values)| Requirement {
            range: TextRange::default(),
            key: (*key).to_owned(),
            operator: if values.is_empty() { Operator::Exists } else { Operator::In },
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            from_match_labels: values.len() == 1,
        });
        LabelSelector { range: TextRange::default(), requirements: requirements.collect() }
    }

    /// Keys with the values that are asked for.
    type Asked = &'static [(&'static str, &'static [&'static str])];
    type Case = (Asked, Option<&'static str>, bool);

    /// What is asked for of pods with `app: backend, tier: api` and `app: web`, what is meant, and whether that can be
    /// written for it.
    #[rustfmt::skip]
    const CASES: &[Case] = &[
        (&[("app", &["backnd"])], Some("app: backend"), true),
        (&[("ap", &["backend"])], Some("app: backend"), true),
        (&[("ap", &["backnd"])], Some("app: backend"), true),
        (&[("name", &["web"])], Some("app: web"), true),
        (&[("app", &["backend"]), ("teir", &["api"])], Some("tier: api"), true),
        (&[("ap", &[])], Some("app"), true),
        (&[("app", &["x", "wbe"])], Some("app: web"), true),
        (&[("app", &["something"])], None, false),
        // Another requirement is not met either.
        (&[("app", &["wbe"]), ("tier", &["api"])], Some("app: web"), false),
    ];

    #[test]
    fn the_label_that_is_meant() {
        let pods = [labels(&[("app", "backend"), ("tier", "api")]), labels(&[("app", "web")])];
        let pool: Vec<&Labels> = pods.iter().collect();
        for (asked, meant, mends) in CASES {
            let selector = selector(asked);
            let found = nearest_label(&selector, &pool);
            assert_eq!(found.as_ref().map(Meant::label).as_deref(), *meant, "{asked:?}");
            let changes = found.and_then(|found| found.mends(&selector, &pool, &Way::new()));
            assert_eq!(changes.is_some(), *mends, "{asked:?}");
        }
    }

    #[test]
    fn two_that_are_equally_near_are_no_answer() {
        let pods = [labels(&[("app", "cat")]), labels(&[("app", "hat")])];
        let pool: Vec<&Labels> = pods.iter().collect();
        let selector = selector(&[("app", &["bat"])]);
        let found = nearest_label(&selector, &pool).unwrap();
        assert_eq!(found.label(), "app: cat");
        assert_eq!(found.mends(&selector, &pool, &Way::new()), None);
    }
}
