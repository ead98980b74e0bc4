//! Solutions with one mistake in them, as people make them.

use netpol_source::Sources;
use netpol_view::contract::SourceFile;
use serde_yaml::{Mapping, Value};

/// How many are tried.
const MOST: usize = 60;

/// A solution with one mistake.
#[derive(Debug)]
pub(crate) struct Mutant {
    /// `without …`, `with …`.
    pub(crate) what: String,
    pub(crate) files: Vec<SourceFile>,
}

/// The NetworkPolicies of some files, each with one mistake in it.
pub(crate) fn mutants(files: &[SourceFile]) -> Vec<Mutant> {
    let sources = Sources::new(files.to_vec());
    let documents: Vec<Value> =
        sources.documents().filter_map(|(_, text)| crate::yaml::value(&text)).collect();
    let mut mutants = Vec::new();
    for (at, document) in documents.iter().enumerate() {
        if document.get("kind").and_then(Value::as_str) != Some("NetworkPolicy") {
            continue;
        }
        for (what, changed) in mistakes(document) {
            let all =
                documents.iter().enumerate().map(|(other, value)| if other == at { &changed } else { value });
            let texts: Vec<String> = all.filter_map(|value| serde_yaml::to_string(value).ok()).collect();
            let name = files.first().map(|file| file.name.clone()).unwrap_or_default();
            mutants.push(Mutant { what, files: vec![SourceFile { name, text: texts.join("---\n") }] });
            if mutants.len() == MOST {
                return mutants;
            }
        }
    }
    mutants
}

/// One policy with one mistake each.
fn mistakes(policy: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Value)| {
        let mut changed = policy.clone();
        change(&mut changed);
        if changed != *policy {
            found.push((what, changed));
        }
    };
    let name = policy.get("metadata").and_then(|metadata| metadata.get("name")).and_then(Value::as_str);
    let name = name.unwrap_or_default();
    let place = |way: &[Step]| format!("{} of `{name}`", in_words(way));
    for way in ways(policy) {
        let Some(value) = at(policy, &way) else { continue };
        let without = |way: &[Step]| format!("without {}", place(way));
        match way.last() {
            // TCP is what is meant where no protocol is written.
            Some(Step::Key(key))
                if ["ports", "except", "protocol", "endPort"].contains(&key.as_str())
                    && value.as_str() != Some("TCP") =>
            {
                add(without(&way), &|changed| remove(changed, &way));
            }
            Some(Step::Key(key)) if key == "namespaceSelector" => {
                let what = format!("with every namespace in {}", place(&way));
                add(what, &|changed| replace(changed, &way, Value::Mapping(Mapping::new())));
            }
            Some(Step::Key(key)) if key == "matchLabels" => {
                for label in value.as_mapping().into_iter().flat_map(Mapping::keys).filter_map(Value::as_str)
                {
                    let way = [way.clone(), vec![Step::Key(label.to_owned())]].concat();
                    add(without(&way), &|changed| remove(changed, &way));
                }
            }
            Some(Step::Item(_))
                if value.get("podSelector").is_some() && value.get("namespaceSelector").is_some() =>
            {
                let what =
                    format!("with `podSelector` and `namespaceSelector` as two items in {}", place(&way));
                add(what, &|changed| split(changed, &way));
            }
            Some(Step::Item(_)) if is_in(&way, "matchExpressions") => {
                add(without(&way), &|changed| remove(changed, &way));
            }
            Some(Step::Item(_)) if is_in(&way, "policyTypes") => {
                let types = at(policy, way.get(..way.len() - 1).unwrap_or_default());
                if types.and_then(Value::as_sequence).is_some_and(|types| types.len() > 1) {
                    let what = format!(
                        "without `{}` among `policyTypes` of `{name}`",
                        value.as_str().unwrap_or_default()
                    );
                    add(what, &|changed| remove(changed, &way));
                }
            }
            _ => {}
        }
    }
    found
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

fn is_in(way: &[Step], key: &str) -> bool {
    way.len() > 1 && matches!(way.get(way.len() - 2), Some(Step::Key(list)) if list == key)
}

/// The ways to all values below `spec`, in the order of the text.
fn ways(policy: &Value) -> Vec<Vec<Step>> {
    let mut ways = Vec::new();
    let mut open = vec![vec![Step::Key("spec".to_owned())]];
    while let Some(way) = open.pop() {
        let inner: Vec<Step> = match at(policy, &way) {
            Some(Value::Mapping(mapping)) => {
                mapping.keys().filter_map(Value::as_str).map(|key| Step::Key(key.to_owned())).collect()
            }
            Some(Value::Sequence(items)) => (0..items.len()).map(Step::Item).collect(),
            _ => Vec::new(),
        };
        open.extend(inner.into_iter().rev().map(|step| [way.clone(), vec![step]].concat()));
        ways.push(way);
        // A policy of a person has some dozen values.
        if ways.len() > 1000 {
            break;
        }
    }
    ways
}

fn at<'a>(value: &'a Value, way: &[Step]) -> Option<&'a Value> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key.as_str()),
        Step::Item(at) => value.get(*at),
    })
}

fn at_mut<'a>(value: &'a mut Value, way: &[Step]) -> Option<&'a mut Value> {
    way.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key.as_str()),
        Step::Item(at) => value.get_mut(*at),
    })
}

fn remove(value: &mut Value, way: &[Step]) {
    let Some((last, before)) = way.split_last() else { return };
    match (at_mut(value, before), last) {
        (Some(Value::Mapping(mapping)), Step::Key(key)) => {
            mapping.remove(key.as_str());
        }
        (Some(Value::Sequence(items)), Step::Item(at)) if *at < items.len() => {
            items.remove(*at);
        }
        _ => {}
    }
}

fn replace(value: &mut Value, way: &[Step], new: Value) {
    if let Some(old) = at_mut(value, way) {
        *old = new;
    }
}

/// One item of a list as two: its pods in any namespace of before, and any pod of its namespaces.
fn split(value: &mut Value, way: &[Step]) {
    let Some((Step::Item(item), before)) = way.split_last() else { return };
    let Some(Value::Sequence(items)) = at_mut(value, before) else { return };
    let Some(Value::Mapping(peer)) = items.get_mut(*item) else { return };
    let Some(pods) = peer.remove("podSelector") else { return };
    let only = Mapping::from_iter([(Value::from("podSelector"), pods)]);
    items.insert(*item + 1, Value::Mapping(only));
}

/// `` `ports` of `ingress[0]` ``.
fn in_words(way: &[Step]) -> String {
    let mut text = String::new();
    for step in way.iter().skip(1) {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Item(at) => text.push_str(&format!("[{at}]")),
        }
    }
    format!("`{text}`")
}
