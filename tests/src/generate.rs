//! Random clusters and policies, as text.
//!
//! Everything is drawn from small pools, so that selectors hit, addresses fall into blocks and names resolve. What
//! the semantics leave open (pods of an absent owner that disagree among themselves, one port name for two numbers of
//! one protocol) is not generated.

mod cluster_policy;
mod connectivity;
mod exposure;
mod live;
mod policy;
mod superseded;
mod workload;
mod yaml;

use netpol_view::contract::{IpBlockPods, Options, SourceFile};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

pub use connectivity::tests;
pub use exposure::published;
pub use live::live;
pub use policy::{CIDRS, policy};
pub use superseded::superseded;

/// The namespaces that there are; of the last, nothing is ever declared but what is in it.
pub const NAMESPACES: [&str; 4] = ["default", "red", "blue", "undeclared"];

/// The addresses of the two nodes.
pub const NODES: [&[&str]; 2] = [&["10.0.0.1", "fd00:10::1"], &["10.0.0.2"]];

/// One random input.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Objects, in order; a later one may replace an earlier one.
    pub objects: Vec<Value>,
    /// How they are written.
    pub layout: Layout,
}

/// How objects are written down.
#[derive(Clone, Debug)]
pub struct Layout {
    /// How many files there are.
    pub files: usize,
    /// How each object is written, over and over.
    pub styles: Vec<Style>,
    /// Line ends.
    pub carriage_returns: bool,
}

/// How one object is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// YAML in blocks.
    Yaml,
    /// JSON, which is YAML too.
    Json,
    /// The item of a `List`.
    Listed,
}

/// Whether an object may stand in the input twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// Earlier versions of some objects stand before them.
    Some,
    /// Every object stands there once, so that order does not matter.
    None,
}

impl Scene {
    /// The text.
    pub fn files(&self) -> Vec<SourceFile> {
        let mut texts = vec![String::new(); self.layout.files];
        for (at, object) in self.objects.iter().enumerate() {
            let text = &mut texts[at * self.layout.files / self.objects.len().max(1)];
            text.push_str("---\n");
            text.push_str(&self.layout.styles[at % self.layout.styles.len()].write(object));
        }
        texts
            .into_iter()
            .enumerate()
            .map(|(at, text)| SourceFile {
                name: format!("{at}.yaml"),
                text: if self.layout.carriage_returns { text.replace('\n', "\r\n") } else { text },
            })
            .collect()
    }

    /// The same, with the objects in another order.
    pub fn shuffled(&self) -> impl Strategy<Value = Self> + use<> {
        let layout = self.layout.clone();
        Just(self.objects.clone())
            .prop_shuffle()
            .prop_map(move |objects| Self { objects, layout: layout.clone() })
    }
}

impl Style {
    fn write(self, object: &Value) -> String {
        match self {
            Self::Yaml => yaml::write(object),
            Self::Json => format!("{object:#}\n"),
            Self::Listed => yaml::write(&json!({"apiVersion": "v1", "kind": "List", "items": [object]})),
        }
    }
}

/// A whole input.
pub fn scene(replaced: Replaced) -> impl Strategy<Value = Scene> {
    let namespaces = (namespace("default"), namespace("red"), namespace("blue"));
    (
        namespaces,
        vec(prop::bool::weighted(0.7), NODES.len()),
        vec((workload::workload(), sometimes(replaced, workload::workload())), 2..8),
        vec((policy(), sometimes(replaced, policy())), 0..6),
        layout(),
        cluster_policy::cluster_policies(replaced, policy::pod_labels()),
    )
        .prop_map(|((a, b, c), nodes, workloads, policies, layout, cluster_policies)| {
            let mut objects: Vec<Value> = [a, b, c].into_iter().flatten().collect();
            for (at, there) in nodes.into_iter().enumerate() {
                if there {
                    objects.push(node(at));
                }
            }
            for (at, (workload, earlier)) in workloads.iter().enumerate() {
                if let Some(earlier) = earlier
                    && workload.has_main()
                {
                    // The same object in another form, so that nothing but the labels and ports of it is replaced.
                    objects.push(workload.with_template_of(earlier).main(at));
                }
                objects.extend(workload.objects(at));
            }
            for (at, (policy, earlier)) in policies.into_iter().enumerate() {
                let name = format!("policy-{at}");
                if let Some(mut earlier) = earlier {
                    earlier["metadata"] = policy["metadata"].clone();
                    objects.push(named(earlier, &name));
                }
                objects.push(named(policy, &name));
            }
            objects.extend(cluster_policies);
            Scene { objects, layout }
        })
}

/// A file of pods that may come to a scene: in its namespaces and in another one, with labels like those there are.
pub fn pods_to_come() -> impl Strategy<Value = SourceFile> {
    let namespaces: Vec<&str> = NAMESPACES.into_iter().chain(["new"]).collect();
    let pod = (select(namespaces), workload::labels(), workload::ports(), any::<bool>());
    vec(pod, 1..6).prop_map(|pods| {
        let pods = pods.into_iter().enumerate().map(|(at, (namespace, labels, ports, is_known))| {
            let mut pod = json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": format!("to-come-{at}"), "namespace": namespace, "labels": labels},
                "spec": {"containers": [{"name": "main", "image": "example", "ports": ports}]},
            });
            if is_known {
                pod["status"] = json!({"podIP": format!("10.244.9.{}", at + 1)});
            }
            yaml::write(&pod)
        });
        SourceFile { name: "to-come.yaml".to_owned(), text: pods.collect::<Vec<_>>().join("---\n") }
    })
}

/// An earlier version of an object, where there may be one.
fn sometimes<T: Clone + std::fmt::Debug + 'static>(
    replaced: Replaced,
    earlier: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    match replaced {
        Replaced::Some => prop::option::weighted(0.15, earlier).boxed(),
        Replaced::None => Just(None).boxed(),
    }
}

/// Options that a user can choose.
pub fn options() -> impl Strategy<Value = Options> {
    use netpol_view::contract::Hypothetical;
    let readings = [IpBlockPods::KnownAddresses, IpBlockPods::Never, IpBlockPods::AnyAddress];
    (select(readings.to_vec()), select(vec![Hypothetical::Auto, Hypothetical::Never])).prop_map(
        |(ip_block_pods, hypothetical)| Options { hypothetical, ip_block_pods, ..Options::default() },
    )
}

/// The text with some mistakes made in it.
pub fn mutated(text: String) -> impl Strategy<Value = String> {
    let edit = (0..7_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<char>());
    vec(edit, 1..6).prop_map(move |edits| {
        let mut characters: Vec<char> = text.chars().collect();
        for (what, at, other, character) in edits {
            if characters.is_empty() {
                break;
            }
            let (at, other) = (at.index(characters.len()), other.index(characters.len()));
            match what {
                0 => characters[at] = character,
                1 => characters.truncate(at),
                2 => {
                    let line = line_around(&characters, at);
                    let copy: Vec<char> = characters[line.clone()].to_vec();
                    characters.splice(line.end..line.end, copy);
                }
                3 => drop(characters.drain(line_around(&characters, at))),
                4 => characters
                    .insert(at, ['&', '*', '!', '{', '[', '"', '\'', '|', '\t', ':', '-', '\n'][other % 12]),
                5 => characters.swap(at, other),
                _ => drop(characters.drain(at.min(other)..at.max(other))),
            }
        }
        characters.into_iter().collect()
    })
}

fn line_around(characters: &[char], at: usize) -> std::ops::Range<usize> {
    let start = characters[..at].iter().rposition(|c| *c == '\n').map_or(0, |newline| newline + 1);
    let end =
        characters[at..].iter().position(|c| *c == '\n').map_or(characters.len(), |newline| at + newline + 1);
    start..end
}

fn layout() -> impl Strategy<Value = Layout> {
    let style = prop_oneof![6 => Just(Style::Yaml), 1 => Just(Style::Json), 1 => Just(Style::Listed)];
    (1..3_usize, vec(style, 1..8), prop::bool::weighted(0.1))
        .prop_map(|(files, styles, carriage_returns)| Layout { files, styles, carriage_returns })
}

fn namespace(name: &'static str) -> impl Strategy<Value = Option<Value>> {
    let label = |key, values: &[&'static str]| {
        prop::option::weighted(0.6, select(values.to_vec()).prop_map(move |value| (key, value)))
    };
    let labels = (label("team", &["a", "b"]), label("env", &["prod", "test"]), prop::bool::weighted(0.1));
    prop::option::weighted(
        0.8,
        labels.prop_map(move |(team, env, lying)| {
            let mut labels: Map<String, Value> = [team, env]
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.to_owned(), Value::from(value)))
                .collect();
            if lying {
                labels.insert("kubernetes.io/metadata.name".to_owned(), "other".into());
            }
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        }),
    )
}

fn node(at: usize) -> Value {
    let addresses: Vec<Value> =
        NODES[at].iter().map(|address| json!({"type": "InternalIP", "address": address})).collect();
    let labels = cluster_policy::NODE_LABELS[at];
    let labels: Map<String, Value> =
        labels.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": format!("node-{at}"), "labels": labels},
        "status": {"addresses": addresses},
    })
}

fn named(mut object: Value, name: &str) -> Value {
    object["metadata"]["name"] = name.into();
    object
}

/// A field that is absent, null, or there.
fn field<T: std::fmt::Debug>(
    absent: u32,
    null: u32,
    there: u32,
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Field<T>> {
    prop_oneof![
        absent => Just(()).prop_map(|()| Field::Absent),
        null => Just(()).prop_map(|()| Field::Null),
        there => value.prop_map(Field::There),
    ]
}

/// What may stand in the place of an optional field.
#[derive(Clone, Debug)]
enum Field<T> {
    Absent,
    Null,
    There(T),
}

impl<T: Into<Value>> Field<T> {
    fn put(self, object: &mut Map<String, Value>, key: &str) {
        match self {
            Self::Absent => {}
            Self::Null => drop(object.insert(key.to_owned(), Value::Null)),
            Self::There(value) => drop(object.insert(key.to_owned(), value.into())),
        }
    }
}

/// A document in blocks, as Kubernetes reads it.
pub fn in_blocks(document: &Value) -> String {
    yaml::write(document)
}
