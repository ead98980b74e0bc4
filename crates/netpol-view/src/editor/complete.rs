//! What may be written at a place.

use std::collections::{BTreeMap, BTreeSet};

use netpol_eval::{Evaluation, NAMESPACE_NAME_LABEL};
use netpol_manifest::schema::{Field, Level, Type};
use netpol_manifest::{Place, Slot, place_at, reads_as_text};
use netpol_source::{SourceFile, order};

use super::{offset, selection, served, span};
use crate::contract::{Completion, Completions, Position};

/// What is offered at once.
const MOST: usize = 50;

/// What may be written at a place; `None` where nothing is known.
pub(crate) fn complete(
    evaluation: &Evaluation,
    file: &SourceFile,
    position: Position,
) -> Option<Completions> {
    let place = place_at(&file.text, offset(&file.text, position)?)?;
    let offers = Offers { evaluation, text: &file.text, place: &place };
    let mut items = offers.all()?;
    let typed = place.typed.to_ascii_lowercase();
    let rank = |item: &Completion| {
        let label = item.label.to_ascii_lowercase();
        if label.starts_with(&typed) {
            0
        } else if label.contains(&typed) {
            1
        } else {
            2
        }
    };
    items.retain(|item| rank(item) < 2);
    order::sort_by_key(&mut items, rank);
    items.truncate(MOST);
    (!items.is_empty()).then(|| Completions { span: span(file, position.line, place.word), items })
}

struct Offers<'a> {
    evaluation: &'a Evaluation,
    text: &'a str,
    place: &'a Place,
}

impl Offers<'_> {
    fn all(&self) -> Option<Vec<Completion>> {
        let place = self.place;
        let found = netpol_manifest::type_at(place.kind.as_deref(), place.names())?;
        let items = match (place.slot, found) {
            (Slot::Key | Slot::Start, Type::Structure(level)) => self.fields(level),
            (Slot::Key | Slot::Start, Type::Either(_, Type::Structure(level))) => self.fields(level),
            (Slot::Key | Slot::Start, Type::Labels) => self.label_keys(Self::key),
            (Slot::Key, _) => return None,
            // A line below the key of a list: the dash is still missing.
            (Slot::Start, Type::List(item)) => {
                let items = match item {
                    Type::Structure(level) => self.fields(level),
                    value => self.values(*value),
                };
                let dashed =
                    items.into_iter().map(|item| Completion { insert: format!("- {}", item.insert), ..item });
                dashed.collect()
            }
            (Slot::Value, Type::Structure(level)) if level.name == "LabelSelector" => {
                let documentation = "Every pod, every namespace or every node: no condition.".to_owned();
                let insert = "{}".to_owned();
                vec![Completion {
                    label: insert.clone(),
                    insert,
                    detail: "empty selector".to_owned(),
                    documentation,
                }]
            }
            (Slot::Value, Type::List(Type::Choice(choices))) => choices
                .iter()
                .map(|choice| {
                    let insert = format!("[{}]", choice.value);
                    let documentation = choice.documentation.to_owned();
                    Completion { label: insert.clone(), insert, detail: "list".to_owned(), documentation }
                })
                .collect(),
            (_, value) => self.values(value),
        };
        Some(items)
    }

    /// A word as it is written: in the quotes that are there already, or in those that it needs.
    fn quoted(&self, word: &str) -> String {
        let written = self.text.get(self.place.word.start()..).unwrap_or_default();
        match written.chars().next() {
            Some(quote @ ('"' | '\''))
                if !self.place.typed.is_empty() || self.place.word.end() > self.place.word.start() =>
            {
                format!("{quote}{word}{quote}")
            }
            _ if reads_as_text(word) => word.to_owned(),
            _ => format!("\"{word}\""),
        }
    }

    /// A key with its colon, where there is none yet.
    fn key(&self, word: &str) -> String {
        if self.place.has_colon { self.quoted(word) } else { format!("{}: ", self.quoted(word)) }
    }

    fn fields(&self, level: &Level) -> Vec<Completion> {
        let absent = |field: &&Field| !self.place.present.iter().any(|present| present == field.name);
        let offer = |field: &Field| {
            let key = self.key(field.name);
            Completion {
                label: field.name.to_owned(),
                insert: if field.value.is_collection() { key.trim_end().to_owned() } else { key },
                detail: field.value.words().to_owned(),
                documentation: field.documentation.to_owned(),
            }
        };
        level.fields.iter().filter(absent).map(offer).collect()
    }

    fn values(&self, value: Type) -> Vec<Completion> {
        match value {
            Type::Choice(choices) => {
                let siblings = self.siblings();
                let offers = choices.iter().filter(|choice| !siblings.contains(&choice.value));
                offers.map(|choice| self.value(choice.value, "", choice.documentation)).collect()
            }
            Type::Boolean => ["true", "false"]
                .into_iter()
                .map(|word| Completion {
                    label: word.to_owned(),
                    insert: word.to_owned(),
                    detail: String::new(),
                    documentation: String::new(),
                })
                .collect(),
            Type::Either(words, item) => {
                let mut offers = self.values(Type::Choice(words));
                offers.extend(self.values(*item));
                offers
            }
            Type::Kind => netpol_manifest::kinds()
                .map(|(kind, version, documentation)| self.value(kind, version, documentation))
                .collect(),
            Type::ApiVersion => self.api_versions(),
            Type::Namespace => self.namespaces(),
            Type::LabelKey => self.label_keys(Self::quoted),
            Type::LabelValue => self.label_values(),
            Type::Port | Type::PortName => self.ports(value),
            // Elsewhere, a number is that of the port which is being declared.
            Type::PortNumber if selection::is_in_cluster_policy(self.place) => self.ports(value),
            _ => Vec::new(),
        }
    }

    fn value(&self, word: &str, detail: &str, documentation: &str) -> Completion {
        Completion {
            label: word.to_owned(),
            insert: self.quoted(word),
            detail: detail.to_owned(),
            documentation: documentation.to_owned(),
        }
    }

    /// The words of the list that the place is in, as far as they stand between brackets or behind dashes.
    fn siblings(&self) -> Vec<&str> {
        let place = self.place;
        let [.., list, item] = place.steps.as_slice() else { return Vec::new() };
        if item.name.is_some() || list.value.end() - list.value.start() > 1000 {
            return Vec::new();
        }
        let before = self.text.get(list.value.start()..place.word.start()).unwrap_or_default();
        let after = self.text.get(place.word.end()..list.value.end()).unwrap_or_default();
        let words = |text| -> Vec<&str> {
            str::split(text, |letter: char| !letter.is_ascii_alphanumeric()).collect()
        };
        words(before).into_iter().chain(words(after)).filter(|word| !word.is_empty()).collect()
    }

    fn api_versions(&self) -> Vec<Completion> {
        let mut versions: Vec<(&str, Vec<&str>)> = Vec::new();
        for (kind, version, _) in netpol_manifest::kinds() {
            match versions.iter_mut().find(|(known, _)| *known == version) {
                Some((_, kinds)) => kinds.push(kind),
                None => versions.push((version, vec![kind])),
            }
        }
        let wanted = self.place.kind.as_deref();
        order::sort_by_key(&mut versions, |(_, kinds)| !kinds.iter().any(|kind| Some(*kind) == wanted));
        versions
            .into_iter()
            .map(|(version, kinds)| {
                self.value(version, &kinds.join(", "), "The group and version of these kinds.")
            })
            .collect()
    }

    fn namespaces(&self) -> Vec<Completion> {
        let counted = |name: &str| {
            let count =
                selection::workloads(self.evaluation).filter(|(namespace, _)| namespace.name == name).count();
            if count == 1 { "1 workload".to_owned() } else { format!("{count} workloads") }
        };
        selection::namespaces(self.evaluation)
            .map(|namespace| {
                self.value(&namespace.name, &counted(&namespace.name), "A namespace of the input.")
            })
            .collect()
    }

    /// The keys of the labels that are there, those of the most pods or namespaces first.
    fn label_keys(&self, written: impl Fn(&Self, &str) -> String) -> Vec<Completion> {
        let mut found: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
        for labels in selection::labels(self.evaluation, self.text, self.place) {
            for (key, value) in labels {
                let entry = found.entry(key).or_default();
                entry.0 += 1;
                entry.1.insert(value);
            }
        }
        let in_map = self.place.slot != Slot::Value;
        let mut keys: Vec<_> = found.into_iter().collect();
        keys.retain(|(key, _)| !in_map || !self.place.present.iter().any(|present| present == key));
        order::sort_by_key(&mut keys, |(key, (count, _))| (usize::MAX - count, *key));
        keys.into_iter()
            .map(|(key, (count, values))| {
                let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
                Completion {
                    label: key.to_owned(),
                    insert: written(self, key),
                    detail: format!("label, {}", times(count)),
                    documentation: format!("Its values in the input: {}.", selection::list(&values)),
                }
            })
            .collect()
    }

    fn label_values(&self) -> Vec<Completion> {
        let Some(key) = self.label_key() else { return Vec::new() };
        if key == NAMESPACE_NAME_LABEL {
            return self.namespaces();
        }
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for labels in selection::labels(self.evaluation, self.text, self.place) {
            if let Some(value) = labels.get(&key) {
                *found.entry(value).or_default() += 1;
            }
        }
        let siblings = self.siblings();
        let mut values: Vec<_> = found.into_iter().filter(|(value, _)| !siblings.contains(value)).collect();
        order::sort_by_key(&mut values, |(value, count)| (usize::MAX - count, *value));
        values
            .into_iter()
            .map(|(value, count)| self.value(value, &times(count), "A value of this label in the input."))
            .collect()
    }

    /// The label whose value is at the place: the key of the entry, or `key` of the requirement around.
    fn label_key(&self) -> Option<String> {
        let steps = self.place.steps.as_slice();
        match steps {
            [.., requirement, values, item]
                if item.name.is_none() && values.name.as_deref() == Some("values") =>
            {
                let text = self.text.get(requirement.value.start()..requirement.value.end())?;
                let (_, behind) = text.split_once("key:").or_else(|| text.split_once("key\":"))?;
                let word = behind.trim_start_matches([' ', '"', '\'']);
                let end = word.find([' ', ',', '}', '"', '\'', '\n', '\r']).unwrap_or(word.len());
                word.get(..end).map(str::to_owned)
            }
            [.., entry] => entry.name.clone(),
            [] => None,
        }
    }

    /// The ports that are declared where the rule would open them: names first.
    fn ports(&self, wanted: Type) -> Vec<Completion> {
        let mut names: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
        let mut numbers: BTreeMap<(u16, &str), Vec<String>> = BTreeMap::new();
        for (namespace, workload) in served::workloads(self.evaluation, self.text, self.place) {
            for port in workload.declared_ports() {
                let owner = format!("{}/{}", namespace.name, workload.name);
                let protocol = port.protocol.as_str();
                if let Some(name) = port.name.as_ref().filter(|_| !matches!(wanted, Type::PortNumber)) {
                    names.entry((name, format!("{protocol} {}", port.port))).or_default().push(owner.clone());
                }
                numbers.entry((port.port, protocol)).or_default().push(owner);
            }
        }
        let of = |owners: Vec<String>| format!("Declared by {}.", selection::list(&owners));
        let numbers = numbers.into_iter().filter(|_| !matches!(wanted, Type::PortName)).map(
            |((port, protocol), owners)| Completion {
                label: port.to_string(),
                insert: port.to_string(),
                detail: protocol.to_owned(),
                documentation: of(owners),
            },
        );
        names
            .into_iter()
            .map(|((name, port), owners)| self.value(name, &port, &of(owners)))
            .chain(numbers)
            .collect()
    }
}

/// How often a label occurs.
fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
