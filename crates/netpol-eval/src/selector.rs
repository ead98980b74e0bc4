//! Label selectors: one against one set of labels, and one against all workloads at once.

use fixedbitset::FixedBitSet;
use netpol_manifest::{LabelSelector, Operator, Requirement};
use netpol_source::HashMap;

use crate::cluster::Labels;

/// Whether one requirement holds (`LabelSelectorRequirement`): `NotIn` and `DoesNotExist` hold when the key is absent.
pub fn requirement_holds(requirement: &Requirement, labels: &Labels) -> bool {
    let value = labels.get(&requirement.key);
    match requirement.operator {
        Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
        Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
    }
}

/// Whether every requirement holds; the empty selector matches everything.
pub fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.requirements.iter().all(|requirement| requirement_holds(requirement, labels))
}

/// What a selector wants of one label.
#[derive(Default)]
struct Wanted<'a> {
    /// The values of each `In`.
    lists: Vec<&'a [String]>,
    /// In how many of the lists a value is.
    listed: HashMap<&'a str, usize>,
    /// The values of every `NotIn`.
    excluded: HashMap<&'a str, usize>,
    is_absent: bool,
}

impl<'a> Wanted<'a> {
    fn add(&mut self, requirement: &'a Requirement) {
        match requirement.operator {
            Operator::In => {
                self.lists.push(&requirement.values);
                let list = self.lists.len();
                for value in &requirement.values {
                    // Only what was in all lists before counts, and a list that names it twice counts once.
                    let lists = self.listed.entry(value).or_default();
                    if *lists + 1 == list {
                        *lists = list;
                    }
                }
            }
            Operator::NotIn => {
                self.excluded.extend(requirement.values.iter().map(|value| (value.as_str(), 0)))
            }
            Operator::Exists => {}
            Operator::DoesNotExist => self.is_absent = true,
        }
    }

    /// Whether the label with this value meets every requirement on it.
    fn fits(&self, value: &str) -> bool {
        let lists = self.listed.get(value).copied().unwrap_or_default();
        !self.is_absent && lists == self.lists.len() && !self.excluded.contains_key(value)
    }
}

/// The fewest labels that satisfy a selector, `In` taking its first value; `None` when no labels do.
///
/// `given` is there already: its keys need no label, and are not in the result.
pub(crate) fn fewest_labels(selector: &LabelSelector, given: &Labels) -> Option<Labels> {
    let mut labels = given.clone();
    let mut by_key: HashMap<&str, Wanted<'_>> = HashMap::default();
    for requirement in &selector.requirements {
        by_key.entry(&requirement.key).or_default().add(requirement);
    }
    for requirement in &selector.requirements {
        let candidates: &[String] = match requirement.operator {
            Operator::In => &requirement.values,
            Operator::Exists => &[],
            Operator::NotIn | Operator::DoesNotExist => continue,
        };
        if labels.contains_key(&requirement.key) {
            continue;
        }
        let wanted = by_key.get(requirement.key.as_str())?;
        // An `In` of the same key may stand further on, and restricts what `Exists` may take.
        let elsewhere = wanted.lists.iter().copied().flatten();
        let any = ["any".to_owned(), "any-other".to_owned(), "any-at-all".to_owned()];
        let value = candidates.iter().chain(elsewhere).chain(&any).find(|value| wanted.fits(value))?;
        labels.insert(requirement.key.clone(), value.clone());
    }
    if !matches(selector, &labels) {
        return None;
    }
    labels.retain(|key, _| !given.contains_key(key));
    Some(labels)
}

/// For each label that some selector names, the items that carry it.
pub(crate) struct LabelIndex<'a> {
    items: usize,
    keys: HashMap<&'a str, KeyIndex<'a>>,
}

/// Items by their place, sorted.
#[derive(Default)]
struct KeyIndex<'a> {
    present: Vec<u32>,
    values: HashMap<&'a str, Vec<u32>>,
}

impl<'a> LabelIndex<'a> {
    /// Indexes `items` by the keys and values that `selectors` name.
    pub(crate) fn new(items: &[&'a Labels], selectors: impl Iterator<Item = &'a LabelSelector>) -> Self {
        let mut keys: HashMap<&'a str, KeyIndex<'a>> = HashMap::default();
        for requirement in selectors.flat_map(|selector| &selector.requirements) {
            let key = keys.entry(&requirement.key).or_default();
            for value in &requirement.values {
                key.values.entry(value).or_default();
            }
        }
        for (at, labels) in (0..).zip(items) {
            for (key, value) in *labels {
                let Some(key) = keys.get_mut(key.as_str()) else { continue };
                key.present.push(at);
                if let Some(with_value) = key.values.get_mut(value.as_str()) {
                    with_value.push(at);
                }
            }
        }
        Self { items: items.len(), keys }
    }

    /// The items that a selector matches.
    pub(crate) fn select(&self, selector: &LabelSelector) -> FixedBitSet {
        let mut selected = FixedBitSet::with_capacity(self.items);
        selected.insert_range(..);
        for requirement in &selector.requirements {
            // Every key and value of every selector is in the index.
            let Some(key) = self.keys.get(requirement.key.as_str()) else { continue };
            let with_value = || requirement.values.iter().filter_map(|value| key.values.get(value.as_str()));
            match requirement.operator {
                Operator::Exists => selected.intersect_with(&self.set(&key.present)),
                Operator::DoesNotExist => remove(&mut selected, &key.present),
                Operator::In => {
                    let mut any = FixedBitSet::with_capacity(self.items);
                    with_value().flatten().for_each(|at| any.insert(*at as usize));
                    selected.intersect_with(&any);
                }
                Operator::NotIn => with_value().for_each(|items| remove(&mut selected, items)),
            }
        }
        selected
    }

    fn set(&self, items: &[u32]) -> FixedBitSet {
        let mut set = FixedBitSet::with_capacity(self.items);
        items.iter().for_each(|at| set.insert(*at as usize));
        set
    }
}

fn remove(set: &mut FixedBitSet, items: &[u32]) {
    items.iter().for_each(|at| set.remove(*at as usize));
}

#[cfg(test)]
mod tests {
    use netpol_source::TextRange;

    use super::*;

    fn labels(text: &str) -> Labels {
        let pairs = text.split(',').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    }

    fn selector(requirements: &[(&str, Operator, &[&str])]) -> LabelSelector {
        let range = TextRange::default();
        let requirements = requirements.iter().map(|(key, operator, values)| Requirement {
            range,
            key: (*key).to_owned(),
            operator: *operator,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            from_match_labels: false,
        });
        LabelSelector { range, requirements: requirements.collect() }
    }

    type Requirements = &'static [(&'static str, Operator, &'static [&'static str])];

    #[test]
    fn operators_hold_as_the_api_says_and_the_index_agrees() {
        use Operator::{DoesNotExist, Exists, In, NotIn};
        let table: &[(Requirements, &str)] = &[
            (&[], "x=1 x=2 x=1,y=1 "),
            (&[("x", In, &["1"])], "x=1 x=1,y=1"),
            (&[("x", In, &["1", "2"])], "x=1 x=2 x=1,y=1"),
            (&[("x", NotIn, &["1"])], "x=2 "),
            (&[("y", Exists, &[])], "x=1,y=1"),
            (&[("y", DoesNotExist, &[])], "x=1 x=2 "),
            (&[("x", In, &["1"]), ("y", DoesNotExist, &[])], "x=1"),
            (&[("x", In, &["1"]), ("x", NotIn, &["1"])], "-"),
        ];
        let items: Vec<Labels> = ["x=1", "x=2", "x=1,y=1", ""].map(labels).to_vec();
        for (requirements, expected) in table {
            let selector = selector(requirements);
            let index = LabelIndex::new(&items.iter().collect::<Vec<_>>(), [&selector].into_iter());
            let expected: Vec<bool> =
                ["x=1", "x=2", "x=1,y=1", ""].map(|item| expected.split(' ').any(|one| one == item)).to_vec();
            let direct: Vec<bool> = items.iter().map(|item| matches(&selector, item)).collect();
            let indexed: Vec<bool> =
                (0..items.len()).map(|at| index.select(&selector).contains(at)).collect();
            assert_eq!(direct, expected, "{requirements:?}");
            assert_eq!(indexed, expected, "{requirements:?}");
        }
    }

    #[test]
    fn the_fewest_labels_satisfy_the_selector() {
        use Operator::{DoesNotExist, Exists, In, NotIn};
        let table: &[(Requirements, Option<&str>)] = &[
            (&[], Some("")),
            (&[("app", In, &["a", "b"])], Some("app=a")),
            (&[("app", In, &["a", "b"]), ("app", NotIn, &["a"])], Some("app=b")),
            (&[("app", Exists, &[]), ("app", In, &["z"])], Some("app=z")),
            (&[("app", Exists, &[]), ("app", NotIn, &["any"])], Some("app=any-other")),
            (&[("app", NotIn, &["a"]), ("x", DoesNotExist, &[])], Some("")),
            (&[("app", In, &["a"]), ("app", In, &["b"])], None),
            (&[("app", In, &["a", "a"]), ("app", In, &["b", "a"])], Some("app=a")),
            (&[("app", In, &["b", "c"]), ("app", In, &["a", "b"]), ("app", In, &["a", "b"])], Some("app=b")),
            (&[("app", In, &["a", "b"]), ("app", NotIn, &["a"]), ("app", NotIn, &["b"])], None),
            (&[("app", Exists, &[]), ("app", DoesNotExist, &[])], None),
        ];
        for (requirements, expected) in table {
            let found = fewest_labels(&selector(requirements), &Labels::new());
            assert_eq!(found, expected.map(labels), "{requirements:?}");
        }
    }
}
