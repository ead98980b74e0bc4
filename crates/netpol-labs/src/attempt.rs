//! What somebody may write in an attempt: policies, and the objects of the start as they are.

use netpol_manifest::{Document, ReadOptions, Resource};
use netpol_source::{HashSet, ObjectRef, Sources};
use netpol_view::contract::SourceFile;
use serde_yaml::Value;

use crate::front::{list, shown};
use crate::lab::{Lab, LabFile, Mended};

/// What an attempt is held against.
#[derive(Debug)]
pub(crate) struct Allowed {
    cluster: HashSet<ObjectRef>,
    /// What is no policy in the start.
    start: Vec<(ObjectRef, Option<Value>)>,
    kinds: Vec<String>,
    mend: Vec<Mended>,
}

/// An object of some files.
#[derive(Debug)]
struct Found {
    object: ObjectRef,
    is_policy: bool,
    /// All that is written of it.
    value: Option<Value>,
}

impl Allowed {
    pub(crate) fn new(lab: &Lab) -> Self {
        let files = |files: &[LabFile]| files.iter().map(|own| own.file.clone()).collect::<Vec<_>>();
        let (cluster, _) = objects(files(&lab.cluster));
        let (start, _) = objects(files(&lab.start));
        let start = start.into_iter().filter(|found| !found.is_policy);
        Self {
            cluster: cluster.into_iter().map(|found| found.object).collect(),
            start: start.map(|found| (found.object, found.value)).collect(),
            kinds: lab.kinds.clone(),
            mend: lab.mend.clone(),
        }
    }

    /// Why some of an attempt may not be; it is read as it is by itself.
    pub(crate) fn refusals(&self, files: Vec<SourceFile>) -> Vec<String> {
        let refused_objects = refused_objects(files.clone());
        let (objects, is_whole) = objects(files);
        let mut refused = Vec::new();
        if !is_whole {
            refused.push("some of this is too large to be read: write less".to_owned());
        }
        for found in &objects {
            refused.extend(self.refusal(found));
        }
        for (object, _) in &self.start {
            // Why one that is there is refused is said by its diagnostics.
            let is_there = |found: &Found| found.object == *object;
            if !objects.iter().any(is_there) && !refused_objects.contains(object) {
                refused.push(format!("{} of the start is gone: put it back", named(object)));
            }
        }
        refused.dedup();
        refused
    }

    fn kind_names(&self) -> Vec<&str> {
        self.kinds.iter().map(String::as_str).collect()
    }

    fn refusal(&self, found: &Found) -> Option<String> {
        let Found { object, is_policy, value } = found;
        let name = named(object);
        if self.cluster.contains(object) {
            return Some(format!("{name} belongs to the cluster, which stays as it is: remove it here"));
        }
        if object.kind.eq_ignore_ascii_case("ConnectivityTest") {
            return Some(format!("{name} is a test: write it in a file of its own"));
        }
        if object.kind.ends_with("Policy") && !is_policy {
            return Some(format!(
                "{name} is of a kind that is not evaluated: write {}",
                list(&self.kind_names())
            ));
        }
        if *is_policy {
            let kinds = self.kind_names();
            let is_known = kinds.contains(&object.kind.as_str());
            return (!is_known).then(|| format!("{name} may not be written here: write {}", list(&kinds)));
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

/// The objects of some files, and whether all of them were read.
fn objects(files: Vec<SourceFile>) -> (Vec<Found>, bool) {
    let sources = Sources::new(files);
    let (mut found, mut is_whole) = (Vec::new(), true);
    for (_, text) in sources.documents() {
        // Why an object is refused is said by its diagnostics.
        let Document { objects, ignored, left_out, .. } =
            netpol_manifest::read_with(&text, ReadOptions::default());
        is_whole &= left_out.is_empty();
        let mut values = values(&text);
        let read = objects.iter().map(|object| {
            let is_policy =
                matches!(object.resource, Resource::NetworkPolicy(_) | Resource::ClusterPolicy(_));
            (object.reference(), is_policy)
        });
        let others = ignored.into_iter().map(|ignored| (ignored.object, false));
        for (object, is_policy) in read.chain(others) {
            let at = values.iter().position(|value| is_of(value, &object));
            let value = at.map(|at| values.remove(at));
            found.push(Found { object, is_policy, value });
        }
    }
    (found, is_whole)
}

/// Whether a file holds policy tests and nothing else.
pub(crate) fn holds_only_tests(file: &SourceFile) -> bool {
    let is_test = |object: &ObjectRef| object.kind == "ConnectivityTest";
    let (mut some, mut others) = (false, false);
    for (_, text) in Sources::new(vec![file.clone()]).documents() {
        let Document { objects, refused, ignored, left_out, .. } =
            netpol_manifest::read_with(&text, ReadOptions::default());
        let all = objects.iter().map(netpol_manifest::Object::reference);
        let all: Vec<ObjectRef> = all.chain(refused.into_iter().map(|refused| refused.object)).collect();
        some |= !all.is_empty();
        others |= !all.iter().all(is_test) || !ignored.is_empty() || !left_out.is_empty();
    }
    some && !others
}

/// The objects of some files that the API server would refuse.
fn refused_objects(files: Vec<SourceFile>) -> Vec<ObjectRef> {
    let sources = Sources::new(files);
    let read = |text: &str| netpol_manifest::read_with(text, ReadOptions::default()).refused;
    let all = sources.documents().flat_map(|(_, text)| read(&text));
    all.map(|refused| refused.object).collect()
}

/// What is written in a document: an object, or the items of a list.
fn values(text: &str) -> Vec<Value> {
    let Some(value) = crate::yaml::value(text) else { return Vec::new() };
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
