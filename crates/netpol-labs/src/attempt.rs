//! What somebody may write in an attempt: policies, and the objects of the start as they are.

use netpol_manifest::{Document, ReadOptions, Resource};
use netpol_source::{HashSet, ObjectRef, Sources};
use netpol_view::contract::SourceFile;
use serde_yaml::Value;

use crate::front::{list, shown};
use crate::lab::{Lab, LabFile, Mended};
use crate::lines::lines;

/// What an attempt is held against.
#[derive(Debug)]
pub(crate) struct Allowed {
    cluster: HashSet<ObjectRef>,
    /// What is no policy in the start.
    start: Vec<(ObjectRef, Option<Value>)>,
    kinds: Vec<String>,
    mend: Vec<Mended>,
}

/// A file, read once for all that is asked of it.
#[derive(Debug)]
pub(crate) struct Read {
    objects: Vec<Found>,
    /// Those that the API server would refuse: why is said by their diagnostics.
    refused: Vec<ObjectRef>,
    /// Whether all of it was read.
    is_whole: bool,
    /// How long it is, however it is written.
    pub(crate) lines: usize,
}

/// An object of a file.
#[derive(Debug)]
struct Found {
    object: ObjectRef,
    kind: Kind,
    /// All that is written of it.
    value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Policy,
    /// A policy of a kind that is not evaluated.
    NotEvaluated,
    Other,
}

impl Read {
    pub(crate) fn of(file: &SourceFile) -> Self {
        let mut read = Self { objects: Vec::new(), refused: Vec::new(), is_whole: true, lines: 0 };
        for (_, text) in Sources::new(vec![file.clone()]).documents() {
            let value = crate::yaml::value(&text);
            read.lines = read.lines.saturating_add(lines(&text, value.as_ref()));
            let Document { objects, refused, ignored, left_out, .. } =
                netpol_manifest::read_with(&text, ReadOptions::default());
            read.is_whole &= left_out.is_empty();
            read.refused.extend(refused.into_iter().map(|refused| refused.object));
            let mut values = value.map(values).unwrap_or_default();
            let known = objects.iter().map(|object| match object.resource {
                Resource::NetworkPolicy(_) | Resource::ClusterPolicy(_) => (object.reference(), Kind::Policy),
                _ => (object.reference(), Kind::Other),
            });
            let others = ignored.into_iter().map(|ignored| {
                (ignored.object, if ignored.is_policy { Kind::NotEvaluated } else { Kind::Other })
            });
            for (object, kind) in known.chain(others) {
                let at = values.iter().position(|value| is_of(value, &object));
                let value = at.map(|at| values.remove(at));
                read.objects.push(Found { object, kind, value });
            }
        }
        read
    }

    /// Whether it holds policy tests and nothing else.
    pub(crate) fn holds_only_tests(&self) -> bool {
        let found = self.objects.iter().map(|found| &found.object);
        let mut all = found.chain(&self.refused).peekable();
        self.is_whole && all.peek().is_some() && all.all(|object| object.kind == "ConnectivityTest")
    }
}

impl Allowed {
    pub(crate) fn new(lab: &Lab) -> Self {
        let objects =
            |files: &[LabFile]| files.iter().flat_map(|own| Read::of(&own.file).objects).collect::<Vec<_>>();
        let start = objects(&lab.start).into_iter().filter(|found| found.kind != Kind::Policy);
        Self {
            cluster: objects(&lab.cluster).into_iter().map(|found| found.object).collect(),
            start: start.map(|found| (found.object, found.value)).collect(),
            kinds: lab.kinds.clone(),
            mend: lab.mend.clone(),
        }
    }

    /// Why some of an attempt may not be; it is read as it is by itself.
    pub(crate) fn refusals(&self, files: &[Read]) -> Vec<String> {
        let mut refused = Vec::new();
        if !files.iter().all(|file| file.is_whole) {
            refused.push("some of this is too large to be read: write less".to_owned());
        }
        refused.extend(files.iter().flat_map(|file| &file.objects).filter_map(|found| self.refusal(found)));
        for (object, _) in &self.start {
            let is_there = |file: &Read| {
                file.objects.iter().any(|found| found.object == *object) || file.refused.contains(object)
            };
            if !files.iter().any(is_there) {
                refused.push(format!("{} of the start is gone: put it back", named(object)));
            }
        }
        refused.dedup();
        refused
    }

    fn refusal(&self, found: &Found) -> Option<String> {
        let Found { object, kind, value } = found;
        let name = named(object);
        if self.cluster.contains(object) {
            return Some(format!("{name} belongs to the cluster, which stays as it is: remove it here"));
        }
        if netpol_manifest::is_test(object) {
            return Some(format!("{name} is a test: write it in a file of its own"));
        }
        let kinds: Vec<&str> = self.kinds.iter().map(String::as_str).collect();
        match kind {
            Kind::NotEvaluated => {
                return Some(format!("{name} is of a kind that is not evaluated: write {}", list(&kinds)));
            }
            Kind::Policy => {
                let is_known = kinds.contains(&object.kind.as_str());
                return (!is_known)
                    .then(|| format!("{name} may not be written here: write {}", list(&kinds)));
            }
            Kind::Other => {}
        }
        let Some((_, start)) = self.start.iter().find(|(known, _)| known == object) else {
            return Some(format!(
                "{name} is no policy, and what runs in the cluster stays as it is: remove it"
            ));
        };
        let is_mended = self.mend.iter().any(|mended| {
            mended.kind == object.kind && mended.namespace == object.namespace && mended.name == object.name
        });
        let is_same = match (start, value) {
            (Some(start), Some(value)) if is_mended => without_labels(start) == without_labels(value),
            (Some(start), Some(value)) => start == value,
            _ => false,
        };
        let but = if is_mended { " but for its labels" } else { "" };
        (!is_same).then(|| format!("{name} may not be changed{but}: write it as it was"))
    }
}

/// What is written in a document: an object, or the items of a list.
fn values(value: Value) -> Vec<Value> {
    match value.get("items") {
        Some(Value::Sequence(items)) => items.clone(),
        _ => vec![value],
    }
}

/// Whether this is what is written of an object.
fn is_of(value: &Value, object: &ObjectRef) -> bool {
    let metadata = |key: &str| value.get("metadata").and_then(|metadata| metadata.get(key));
    let is_named = match metadata("name") {
        Some(name) => name.as_str() == Some(object.name.as_str()),
        // The rest of the name is a stand-in for what the server would add.
        None => {
            metadata("generateName").and_then(Value::as_str).is_some_and(|name| object.name.starts_with(name))
        }
    };
    is_named && value.get("kind").and_then(Value::as_str) == Some(object.kind.as_str())
}

/// All but the labels of an object and of the pods that it makes.
fn without_labels(value: &Value) -> Value {
    let mut value = value.clone();
    for way in [
        ["metadata"].as_slice(),
        &["spec", "template", "metadata"],
        &["spec", "jobTemplate", "spec", "template", "metadata"],
    ] {
        let metadata = way.iter().try_fold(&mut value, |value, key| value.get_mut(*key));
        if let Some(Value::Mapping(metadata)) = metadata {
            metadata.remove("labels");
        }
    }
    value
}

/// `the Deployment shop/web`, its name between backticks.
fn named(object: &ObjectRef) -> String {
    let name = match &object.namespace {
        Some(namespace) => format!("{namespace}/{}", object.name),
        None => object.name.clone(),
    };
    format!("the {} `{}`", shown(&object.kind), shown(&name))
}
