//! The summary as plain objects. What is the same as in the summary before is the same object: only the rest is made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use js_sys::{Array, Object, Reflect};
use netpol_view::Stamps;
use netpol_view::contract::Summary;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{matrix, output};

/// How far an item is looked for that was moved.
const FARTHEST: usize = 32;

/// How many items are written as one text.
const AT_A_TIME: usize = 512;

/// What was handed over last.
#[derive(Debug, Default)]
pub struct Said {
    peers: Kept,
    policies: Kept,
    findings: Kept,
    connections: Kept,
    namespaces: Kept,
    /// By namespace.
    labels: HashMap<String, (Arc<Labels>, JsValue)>,
    /// By the code of a rule.
    rules: HashMap<String, Rule>,
}

type Labels = BTreeMap<String, String>;

/// A rule, and what all its findings have of it.
#[derive(Debug)]
struct Rule {
    rule: JsValue,
    shared: [(JsValue, JsValue); 2],
}

impl Rule {
    fn new(rule: &impl Serialize) -> Result<Self, JsValue> {
        let rule = output(rule)?;
        let shared = |name: &str| Ok::<_, JsValue>((name.into(), Reflect::get(&rule, &name.into())?));
        Ok(Self { shared: [shared("help")?, shared("references")?], rule })
    }
}

/// A list, and of each item its stamp.
#[derive(Debug, Default)]
struct Kept {
    stamps: Vec<u64>,
    /// Never handed out itself.
    items: Array,
}

impl Kept {
    /// The list as it is now; what is made anew is completed by `complete`.
    fn list<T: Serialize>(
        &mut self,
        items: &[T],
        stamps: &[u64],
        complete: impl Fn(&T, &JsValue) -> Result<(), JsValue>,
    ) -> Result<JsValue, JsValue> {
        let mut at = 0;
        let known: Vec<Option<usize>> = stamps
            .iter()
            .map(|stamp| {
                let skipped = self.stamps.iter().skip(at).take(FARTHEST).position(|known| known == stamp)?;
                at += skipped + 1;
                Some(at - 1)
            })
            .collect();
        let stay = items.len() == self.stamps.len()
            && known.iter().enumerate().all(|(place, known)| known.is_none_or(|known| known == place));
        let list =
            if stay { self.items.slice(0, u32::MAX) } else { Array::new_with_length(items.len() as u32) };
        let mut made = Vec::new();
        for (place, (item, known)) in (0..).zip(items.iter().zip(known)) {
            match known {
                Some(_) if stay => {}
                Some(known) => list.set(place, self.items.get(known as u32)),
                None => made.push((place, item)),
            }
        }
        for made in made.chunks(AT_A_TIME) {
            let text = written(&made.iter().map(|(_, item)| item).collect::<Vec<_>>())?;
            for ((place, item), object) in made.iter().zip(Array::from(&js_sys::JSON::parse(&text)?)) {
                complete(item, &object)?;
                list.set(*place, object);
            }
        }
        *self = Self { stamps: stamps.to_vec(), items: list.slice(0, u32::MAX) };
        Ok(list.into())
    }
}

/// Many objects are made much sooner from a text than one after the other.
fn written(items: &impl Serialize) -> Result<String, JsValue> {
    serde_json::to_string(items).map_err(|error| js_sys::Error::new(&error.to_string()).into())
}

impl Said {
    /// A summary, in which all peers of a namespace share its labels, and all findings of a rule what is said of it.
    pub fn summary(&mut self, summary: &Summary, stamps: &Stamps) -> Result<JsValue, JsValue> {
        let Summary {
            diagnostics,
            peers,
            connections,
            policies,
            findings,
            incomplete,
            refused,
            tests,
            not_read,
            checks,
            namespaces,
            namespace_labels,
            rules,
            matrix,
        } = summary;
        let labels = self.labels(namespace_labels)?;
        let listed = Array::new();
        for rule in rules {
            if !self.rules.contains_key(&rule.code) {
                self.rules.insert(rule.code.clone(), Rule::new(rule)?);
            }
            listed.push(self.rules.get(&rule.code).map_or(&JsValue::UNDEFINED, |known| &known.rule));
        }
        let (of_namespaces, of_rules, name) = (&self.labels, &self.rules, "namespaceLabels".into());
        let peers = self.peers.list(peers, &stamps.peers, |peer, object| {
            let labels = peer.namespace.as_ref().and_then(|namespace| of_namespaces.get(namespace));
            labels.map_or(Ok(()), |(_, labels)| Reflect::set(object, &name, labels).map(drop))
        })?;
        let findings = self.findings.list(findings, &stamps.findings, |finding, object| {
            let shared = of_rules.get(&finding.code).map(|rule| &rule.shared);
            let mut shared = shared.into_iter().flatten();
            shared.try_for_each(|(name, value)| Reflect::set(object, name, value).map(drop))
        })?;
        let object = Object::new();
        let entries = [
            ("diagnostics", output(diagnostics)?),
            ("peers", peers),
            ("connections", self.connections.list(connections, &stamps.connections, plain)?),
            ("policies", self.policies.list(policies, &stamps.policies, plain)?),
            ("findings", findings),
            ("incomplete", output(incomplete)?),
            ("refused", output(refused)?),
            ("tests", output(tests)?),
            ("notRead", output(not_read)?),
            ("checks", output(checks)?),
            ("namespaces", self.namespaces.list(namespaces, &stamps.namespaces, plain)?),
            ("namespaceLabels", labels),
            ("rules", listed.into()),
            ("matrix", self::matrix(matrix)?),
        ];
        for (name, value) in entries {
            Reflect::set(&object, &name.into(), &value)?;
        }
        Ok(object.into())
    }

    /// The labels of all namespaces.
    fn labels(&mut self, labels: &BTreeMap<String, Arc<Labels>>) -> Result<JsValue, JsValue> {
        self.labels.retain(|namespace, _| labels.contains_key(namespace));
        let object = Object::new();
        for (namespace, labels) in labels {
            let known = self.labels.get(namespace).filter(|(known, _)| known == labels);
            let value = match known {
                Some((_, value)) => value.clone(),
                None => output(labels)?,
            };
            Reflect::set(&object, &namespace.into(), &value)?;
            if known.is_none() {
                self.labels.insert(namespace.clone(), (Arc::clone(labels), value));
            }
        }
        Ok(object.into())
    }
}

/// Of what has nothing in common with others.
fn plain<T>(_: &T, _: &JsValue) -> Result<(), JsValue> {
    Ok(())
}
