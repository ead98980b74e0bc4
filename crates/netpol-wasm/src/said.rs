//! The summary as plain objects. What is the same as in the summary before is the same object: only the rest is made.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use js_sys::{Array, Object, Reflect};
use netpol_view::Stamps;
use netpol_view::contract::{Finding, Peer, Summary};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{matrix, output};

/// How far an item is looked for that was moved.
const FARTHEST: usize = 32;

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
    /// What findings of a rule have in common, by its code.
    rules: HashMap<String, JsValue>,
}

type Labels = BTreeMap<String, String>;

/// A list, and of each item its stamp.
#[derive(Debug, Default)]
struct Kept {
    stamps: Vec<u64>,
    items: Vec<JsValue>,
}

impl Kept {
    /// The list as it is now.
    fn list<T>(
        &mut self,
        items: &[T],
        stamps: &[u64],
        make: impl Fn(&T) -> Result<JsValue, JsValue>,
    ) -> Result<JsValue, JsValue> {
        let list = Array::new_with_length(items.len() as u32);
        let mut kept = Vec::with_capacity(items.len());
        let mut at = 0;
        for (place, (item, stamp)) in (0..).zip(items.iter().zip(stamps)) {
            let mut near = self.stamps.iter().skip(at).take(FARTHEST);
            let found = match near.position(|known| known == stamp) {
                Some(skipped) => {
                    at += skipped + 1;
                    self.items.get(at - 1).cloned()
                }
                None => None,
            };
            let made = match found {
                Some(found) => found,
                None => make(item)?,
            };
            list.set(place, made.clone());
            kept.push(made);
        }
        *self = Self { stamps: stamps.to_vec(), items: kept };
        Ok(list.into())
    }
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
        let rules = rules.iter().map(|rule| match self.rules.get(&rule.code) {
            Some(known) => Ok(known.clone()),
            None => {
                let made = output(rule)?;
                self.rules.insert(rule.code.clone(), made.clone());
                Ok(made)
            }
        });
        let rules: Array = rules.collect::<Result<Vec<JsValue>, JsValue>>()?.into_iter().collect();
        let of_namespaces = &self.labels;
        let peers = self.peers.list(peers, &stamps.peers, |one| peer(one, of_namespaces))?;
        let of_rules = &self.rules;
        let findings = self.findings.list(findings, &stamps.findings, |one| finding(one, of_rules))?;
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
            ("rules", rules.into()),
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

fn plain(item: &impl Serialize) -> Result<JsValue, JsValue> {
    output(item)
}

fn peer(peer: &Peer, labels: &HashMap<String, (Arc<Labels>, JsValue)>) -> Result<JsValue, JsValue> {
    let object = output(peer)?;
    if let Some((_, labels)) = peer.namespace.as_ref().and_then(|namespace| labels.get(namespace)) {
        Reflect::set(&object, &"namespaceLabels".into(), labels)?;
    }
    Ok(object)
}

fn finding(finding: &Finding, rules: &HashMap<String, JsValue>) -> Result<JsValue, JsValue> {
    let object = output(finding)?;
    if let Some(rule) = rules.get(&finding.code) {
        for name in ["help", "references"] {
            Reflect::set(&object, &name.into(), &Reflect::get(rule, &name.into())?)?;
        }
    }
    Ok(object)
}
