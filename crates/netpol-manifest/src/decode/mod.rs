//! The tree of a document to objects: lists are opened, kinds told apart, and each kind handed to its decoder.

mod account;
mod called;
mod cluster_peer;
mod cluster_policy;
mod cluster_port;
mod connectivity_test;
mod counts;
mod ingress;
pub(crate) mod kinds;
mod mentioned;
mod metadata;
mod monitor;
mod namespace;
mod needs;
mod network_policy;
mod node;
mod peer;
mod pod;
mod policy_port;
mod route;
mod selector;
mod service;
mod tabs;
mod test_end;
mod test_port;
mod workload;

use netpol_source::{Code, Diagnostic, Edit, Fix, ObjectRef, Severity, Spanned, TextRange, order};

use crate::cursor::{Cursor, Fields};
use crate::document::{Document, Ignored, LeftOut, Limits, Refused};
use crate::fix;
use crate::object::{ClusterPeer, LabelSelector, Metadata, NamespacedPods, Object, Peer, Resource};
use crate::object::{TEST_GROUP, TEST_KIND};
use crate::options::{ReadOptions, UnknownFields};
use crate::report::{Mark, Report, add_sentence, shorten};
use crate::schema;
use crate::trial;
use crate::yaml::{self, Parsed, Tree, Value};
use kinds::{Kind, Lookup, Scope};
use needs::Needs;

/// Reads what is specific to a kind; `None`, or an error in the report, when the API server would refuse it.
type Decode = fn(&Fields<'_>, &Metadata, &mut Report) -> Option<Resource>;

/// Mistakes of a text of which there is too much, and that may be without a mistake for the API server.
const LIMITS: [Code; 3] = [Code::AliasExpansion, Code::TooDeep, Code::TooLarge];

/// Mistakes that the API server overlooks, and for which a policy test would say something else than is written.
const OVERLOOKED: [Code; 4] = [Code::DuplicateKey, Code::EmptyItem, Code::EmptyLabel, Code::MergeKey];

/// Reads one document.
pub(crate) fn document(text: &str, options: ReadOptions, limits: Limits) -> Document {
    let mut document = untried_within(text, options, limits);
    if limits.fixes {
        trial::keep_sound(text, &mut document, |text| untried_within(text, options, limits));
    } else {
        document.diagnostics.iter_mut().for_each(|diagnostic| diagnostic.fixes.clear());
    }
    document
}

/// Reads one document; the fixes that are proposed are not tried out.
pub(crate) fn untried(text: &str) -> Document {
    untried_within(text, ReadOptions::default(), Limits::default())
}

fn untried_within(text: &str, options: ReadOptions, limits: Limits) -> Document {
    decode(yaml::parse_within(text, limits.aliases, Some(&mut Needs::default())), options, limits)
}

fn decode(mut parsed: Parsed<'_>, options: ReadOptions, limits: Limits) -> Document {
    let whole = TextRange::new(0, parsed.tree.text().len());
    let mut decoder = Decoder {
        mistakes: std::mem::take(&mut parsed.tree.mistakes),
        document: Document::default(),
        report: Report::new(options, limits.diagnostics),
    };
    decoder.document.aliased = parsed.tree.aliased;
    match parsed.broken {
        Some(broken) => decoder.broken(&parsed.tree, broken, whole),
        None => {
            if let Some(root) = parsed.tree.root() {
                let cursor = Cursor::object(&parsed.tree, root);
                // A document of comments only holds nothing; one that says `null` holds a mistake.
                if !cursor.is_null() || cursor.range().start() < cursor.range().end() {
                    decoder.object(&cursor, None);
                }
                decoder.say_lost_tests(parsed.tree.text());
            }
        }
    }
    decoder.finish(whole)
}

/// The selector that a text is, if it is one.
pub(crate) fn selector_alone(text: &str) -> Option<LabelSelector> {
    alone(text, selector::decode)
}

/// The item of `from` or `to` that a text is, if it is one.
pub(crate) fn peer_alone(text: &str) -> Option<Peer> {
    alone(text, peer::decode)
}

/// The items of `to` that a text is, if it is a list of them.
pub(crate) fn peers_alone(text: &str) -> Option<Vec<Peer>> {
    alone(text, |cursor, report| Some(all(cursor, report, peer::decode)))
}

/// The `subject` of a cluster-scoped policy that a text is, if it is one.
pub(crate) fn subject_alone(text: &str) -> Option<NamespacedPods> {
    alone(text, |cursor, report| cluster_peer::subject(cursor, &schema::CLUSTER_SUBJECT, report))
}

/// The items of `to` of a cluster-scoped policy that a text is, if it is a list of them.
pub(crate) fn cluster_peers_alone(text: &str) -> Option<Vec<ClusterPeer>> {
    let decode = |cursor: &Cursor<'_>, report: &mut Report| {
        cluster_peer::decode(cursor, &schema::CLUSTER_EGRESS_PEER, report)
    };
    alone(text, |cursor, report| Some(all(cursor, report, decode)))
}

fn all<T>(
    list: &Cursor<'_>,
    report: &mut Report,
    decode: impl Fn(&Cursor<'_>, &mut Report) -> Option<T>,
) -> Vec<T> {
    let items = list.items(report);
    items.into_iter().filter_map(|item| decode(&item, report)).collect()
}

/// The `namespaceSelector` and the `podSelector` of the `pods` of a cluster-scoped policy that a text is, as far as they
/// are there.
pub(crate) fn pods_alone(text: &str) -> Option<(Option<LabelSelector>, Option<LabelSelector>)> {
    alone(text, cluster_peer::selectors)
}

fn alone<T>(text: &str, decode: impl Fn(&Cursor<'_>, &mut Report) -> Option<T>) -> Option<T> {
    let parsed = yaml::parse(text);
    let is_sound = parsed.tree.mistakes.iter().all(|mistake| mistake.severity != Severity::Error);
    let root = parsed.tree.root().filter(|_| parsed.broken.is_none() && is_sound)?;
    let mut report = Report::default();
    let mark = report.mark();
    let found = decode(&Cursor::object(&parsed.tree, root), &mut report);
    found.filter(|_| !report.failed_since(mark))
}

/// What the items of a list need not say themselves.
#[derive(Clone, Copy, Debug)]
struct ListOf<'a> {
    kind: &'a str,
    api_version: &'a str,
}

#[derive(Debug)]
struct Decoder {
    /// Mistakes of the tree that were not yet said of an object.
    mistakes: Vec<Diagnostic<TextRange>>,
    document: Document,
    report: Report,
}

impl Decoder {
    fn finish(mut self, whole: TextRange) -> Document {
        for mistake in self.mistakes {
            self.report.push(mistake);
        }
        self.document.diagnostics = self.report.finish(whole);
        self.document
    }

    /// A document that could not be read to its end: it contributes nothing but its name, where that can be told.
    fn broken(&mut self, tree: &Tree<'_>, mut broken: Diagnostic<TextRange>, whole: TextRange) {
        if LIMITS.contains(&broken.code) {
            broken.object = self.leave_out(tree, whole);
        } else if let Some(object) = broken_object(tree, broken.code) {
            if kinds::is_policy(&object.kind) {
                add_sentence(&mut broken.message, &stays_open(&object));
            }
            broken.object = Some(object.clone());
            self.document.refused.push(Refused::new(object, whole));
        } else {
            self.refuse_parts(tree);
            if let Some(sentence) = stay_open(&self.document.refused) {
                add_sentence(&mut broken.message, &sentence);
            }
        }
        self.refuse_tests(tree.text());
        if broken.code == Code::YamlTab {
            broken.fixes.extend(tabs::spaces(tree.text()));
        }
        self.report.push(broken);
    }

    /// Names what a text holds that is no object as a whole: the items of a list, as far as they can be told, and the
    /// policies that it speaks of elsewhere.
    fn refuse_parts(&mut self, tree: &Tree<'_>) {
        let root = tree.root().map(|root| Cursor::object(tree, root));
        let fields = root.as_ref().filter(|cursor| matches!(cursor.value(), Value::Map(_)));
        let fields = fields.and_then(|cursor| cursor.fields(&mut Report::default(), &schema::UNCHECKED));
        let kind = fields.as_ref().and_then(|fields| text_of(fields, "kind"));
        let items = match (&fields, kind) {
            (Some(fields), Some(kind)) if is_list(fields, kind) => fields.get("items"),
            // The text of an object of another kind may hold anything.
            (Some(_), Some(kind))
                if kinds::by_name(kind).is_none_or(|known| !kinds::is_policy(known.name)) =>
            {
                return;
            }
            _ => None,
        };
        if let Some(items) = items.filter(Cursor::has_items) {
            let of = kind.and_then(|kind| kind.strip_suffix("List")).unwrap_or_default();
            self.refuse_items(&items, of);
        }
        let items = std::mem::take(&mut self.document.refused);
        let others = mentioned::policies(tree.text()).into_iter().filter(|range| {
            // Items are in the order of the text.
            let before = items.partition_point(|one| one.range.start() <= range.start());
            let around = before.checked_sub(1).and_then(|at| items.get(at));
            around.is_none_or(|one| one.range.end() < range.end())
        });
        let others = others.map(|range| {
            let kind = tree.text().get(range.start()..range.end()).unwrap_or_default().to_owned();
            let group = kinds::by_name(&kind).map_or("", Kind::group).to_owned();
            Refused::new(ObjectRef { group, kind, namespace: None, name: String::new() }, range)
        });
        let others: Vec<Refused> = others.collect();
        self.document.refused = items;
        self.document.refused.extend(others);
    }

    /// Names the tests that a text speaks of, and that are not among what it was read to hold. Answers where they stand.
    fn refuse_tests(&mut self, text: &str) -> Vec<TextRange> {
        let is_test = |object: &ObjectRef| kinds::is_test(&object.group, &object.kind);
        let objects =
            self.document.objects.iter().filter(|one| is_test(&one.reference())).map(|one| one.range);
        let refused = self.document.refused.iter().filter(|one| is_test(&one.object)).map(|one| one.range);
        let known: Vec<TextRange> = objects.chain(refused).collect();
        let mut lost = mentioned::tests(text);
        lost.retain(|place| !known.iter().any(|range| range.contains(*place)));
        let (group, kind) = (TEST_GROUP.to_owned(), TEST_KIND.to_owned());
        let test = ObjectRef { group, kind, namespace: None, name: String::new() };
        self.document.refused.extend(lost.iter().map(|range| Refused::new(test.clone(), *range)));
        order::sort_by_key(&mut self.document.refused, |one| one.range);
        lost
    }

    /// Of a text in which one object replaces another, says which tests are lost.
    fn say_lost_tests(&mut self, text: &str) {
        let is_lost =
            |code: Code| matches!(code, Code::DuplicateKey | Code::GluedSeparator | Code::LostDocument);
        let is_said = self.report.has(is_lost) || self.mistakes.iter().any(|mistake| is_lost(mistake.code));
        if !is_said {
            return;
        }
        for place in self.refuse_tests(text) {
            let message = "this test is lost, as what is written again below replaces it: put `---` on a line of its own \
                           between them";
            self.report.push(Diagnostic::new(Severity::Error, Code::LostDocument, message, place));
        }
    }

    /// Names the items of a list that is refused as a whole: those that have a name, and policies.
    fn refuse_items(&mut self, items: &Cursor<'_>, of: &str) {
        for item in items.items(&mut Report::default()).map(Cursor::as_object) {
            let Value::Map(_) = item.value() else { continue };
            let Some(fields) = item.fields(&mut Report::default(), &schema::UNCHECKED) else { continue };
            if let Some(known) = kinds::by_name(text_of(&fields, "kind").unwrap_or(of)) {
                let name =
                    metadata::name_if_readable(&fields).filter(|name| known.name_rule.check(name).is_ok());
                if name.is_some() || kinds::is_policy(known.name) || known.name == TEST_KIND {
                    let object = reference(known, &fields, name.unwrap_or_default());
                    self.document.refused.push(Refused::new(object, item.range()));
                }
            }
        }
    }

    /// Notes what a document holds of which only the beginning was read, and names it where that is certain.
    fn leave_out(&mut self, tree: &Tree<'_>, range: TextRange) -> Option<ObjectRef> {
        let cursor = tree.root().map(|root| Cursor::object(tree, root));
        let fields = cursor.as_ref().filter(|cursor| matches!(cursor.value(), Value::Map(_)));
        let fields = fields.and_then(|cursor| cursor.fields(&mut Report::default(), &schema::UNCHECKED));
        let header = fields.as_ref().and_then(|fields| {
            let kind = text_of(fields, "kind").filter(|kind| !is_list(fields, kind))?;
            Some((fields, kind, text_of(fields, "apiVersion")?))
        });
        let Some((fields, kind, api_version)) = header else {
            if may_name_a_kind(tree.text()) {
                self.document.left_out.push(LeftOut { object: None, range });
            }
            return None;
        };
        let name = metadata::name_if_readable(fields).unwrap_or_default();
        match kinds::lookup(kind, api_version) {
            Lookup::Known(known) => {
                let is_named = known.name_rule.check(&name).is_ok();
                let name = if is_named { name } else { String::new() };
                let object = reference(known, fields, name);
                // Before the end of `metadata`, a namespace that was not read may still come.
                let is_certain = object.namespace.is_none()
                    || metadata::namespace_if_readable(fields).is_some()
                    || fields.get("metadata").is_some_and(|metadata| !fields.is_last(&metadata));
                let object = is_certain.then_some(object);
                self.document.left_out.push(LeftOut { object: object.clone(), range });
                object
            }
            Lookup::Other => {
                let namespace = metadata::namespace_if_readable(fields);
                let group = kinds::group_of(api_version).to_owned();
                let object = ObjectRef { group, kind: kind.to_owned(), namespace, name };
                let place = fields.get("kind").map_or(range, |cursor| cursor.visible_range());
                let is_policy = kinds::is_policy(kind);
                self.document.ignored.push(Ignored { object: object.clone(), kind: place, is_policy });
                Some(object)
            }
            // The API server refuses it, whatever else it says.
            Lookup::Misspelled(_) | Lookup::WrongVersion(_) => {
                let namespace = metadata::namespace_if_readable(fields);
                let object = ObjectRef { group: String::new(), kind: kind.to_owned(), namespace, name };
                self.document.refused.push(Refused::new(object.clone(), range));
                Some(object)
            }
        }
    }

    /// One object, or a list of them.
    fn object(&mut self, cursor: &Cursor<'_>, list: Option<ListOf<'_>>) {
        let Value::Map(_) = cursor.value() else {
            let advice = match cursor.value() {
                Value::List(_) => "write each object as a document of its own, with `---` lines between them",
                _ => "begin with `apiVersion:`, `kind:` and `metadata:`",
            };
            let mut message =
                format!("a Kubernetes object is a mapping, but this is {}: {advice}", cursor.describe());
            if cursor.has_items() {
                let before = self.document.refused.len();
                self.refuse_items(cursor, "");
                let sentence = stay_open(self.document.refused.get(before..).unwrap_or_default());
                sentence.into_iter().for_each(|sentence| add_sentence(&mut message, &sentence));
            }
            cursor.error(&mut self.report, Code::NotAnObject, message);
            return;
        };
        let mark = self.report.mark();
        let Some(fields) = cursor.fields(&mut self.report, &schema::UNCHECKED) else { return };
        let kind = self.header(&fields, "kind", list.map(|list| list.kind));
        let api_version = self.header(&fields, "apiVersion", list.map(|list| list.api_version));
        let (kind, api_version) = match (kind, api_version) {
            (Some(kind), Some(api_version)) => (kind, api_version),
            // `kubectl` opens a list that does not say its version.
            (Some(kind), None) if !self.report.failed_since(mark) && is_list(&fields, kind.value) => {
                self.list(&fields, kind.value, "");
                return;
            }
            (kind, _) => {
                // A header of the wrong type was reported already.
                if !self.report.failed_since(mark) {
                    self.missing_header(&fields, kind.as_ref());
                }
                self.refuse(&fields, kind.map_or("", |kind| kind.value), mark);
                return;
            }
        };
        if is_list(&fields, kind.value) {
            self.list(&fields, kind.value, api_version.value);
            return;
        }
        match kinds::lookup(kind.value, api_version.value) {
            Lookup::Known(known) => self.known(&fields, known, mark),
            Lookup::Other if kinds::is_template(kind.value, api_version.value) => {
                self.ignore(&fields, &kind, api_version.value);
                self.template(&fields, kind.range, mark);
            }
            Lookup::Other => self.ignore(&fields, &kind, api_version.value),
            Lookup::Misspelled(meant) => {
                let message = format!("there is no kind `{}`: write `{meant}`", shorten(kind.value));
                self.report.push(field_error(Code::UnknownKind, message, "kind", kind.range));
                if let Some(cursor) = fields.get("kind") {
                    cursor.offer_word(&mut self.report, meant);
                }
                self.refuse(&fields, kind.value, mark);
            }
            Lookup::WrongVersion(known) => {
                let (written, name, right) = (shorten(api_version.value), known.name, known.api_version());
                let gone = kinds::gone(known.name, api_version.value);
                let message = match gone {
                    Some(release) => format!(
                        "`{written}` {name} is gone since Kubernetes {release}: write `apiVersion: {right}`"
                    ),
                    None => format!("`{written}` has no kind `{name}`: write `apiVersion: {right}`"),
                };
                self.report.push(field_error(
                    Code::WrongApiVersion,
                    message,
                    "apiVersion",
                    api_version.range,
                ));
                if let Some(cursor) = fields.get("apiVersion") {
                    cursor.offer_word(&mut self.report, known.api_version());
                }
                // A cluster that is old enough still goes by such a policy.
                if gone.is_some() && kinds::is_policy(kind.value) {
                    self.ignore(&fields, &kind, api_version.value);
                    if let Some(ignored) = self.document.ignored.last() {
                        self.report.set_object(mark, &ignored.object);
                    }
                } else {
                    self.refuse(&fields, kind.value, mark);
                }
            }
        }
    }

    /// Puts an object aside whose kind is not read.
    fn ignore(&mut self, fields: &Fields<'_>, kind: &Spanned<&str>, api_version: &str) {
        let namespace = metadata::namespace_if_readable(fields);
        let name = metadata::name_if_readable(fields).unwrap_or_default();
        let group = kinds::group_of(api_version).to_owned();
        let object = ObjectRef { group, kind: kind.value.to_owned(), namespace, name };
        let is_policy = kinds::is_policy(kind.value);
        self.document.ignored.push(Ignored { object, kind: kind.range, is_policy });
        self.claim_mistakes(fields.cursor().range());
    }

    /// `kind` or `apiVersion`, from the object or from the list around it.
    fn header<'a>(
        &mut self,
        fields: &Fields<'a>,
        name: &'static str,
        inherited: Option<&'a str>,
    ) -> Option<Spanned<&'a str>> {
        let text = match fields.get(name) {
            Some(cursor) => {
                let text = cursor.text(&mut self.report)?;
                Spanned::new(text, cursor.visible_range())
            }
            None => Spanned::new(inherited.unwrap_or_default(), fields.cursor().head()),
        };
        (!text.value.is_empty()).then_some(text)
    }

    fn missing_header(&mut self, fields: &Fields<'_>, kind: Option<&Spanned<&str>>) {
        let place = fields.cursor().head();
        match kind {
            None => {
                let message = "`kind` is missing: say what this is, for instance `kind: NetworkPolicy`";
                self.report.push(field_error(Code::MissingKind, message.to_owned(), "kind", place));
            }
            Some(kind) => {
                let known = kinds::by_name(kind.value).or_else(|| kinds::by_spelling(kind.value));
                let message = match known {
                    Some(known) => {
                        format!("`apiVersion` is missing: write `apiVersion: {}`", known.api_version())
                    }
                    None => "`apiVersion` is missing: every object says its group and version".to_owned(),
                };
                self.report.push(field_error(Code::MissingApiVersion, message, "apiVersion", kind.range));
                if let Some(fix) = known.and_then(|known| add_api_version(fields, known)) {
                    self.report.offer(fix);
                }
            }
        }
    }

    fn list(&mut self, fields: &Fields<'_>, kind: &str, api_version: &str) {
        // `kubectl` applies the items one by one, so that nobody sees what else stands in the list.
        let lenient = ReadOptions { unknown_fields: UnknownFields::Drop, ..self.report.options };
        let options = std::mem::replace(&mut self.report.options, lenient);
        fields.cursor().fields(&mut self.report, &schema::LIST);
        self.report.options = options;
        let item_kind = if kind == "List" { "" } else { kind.strip_suffix("List").unwrap_or_default() };
        let item_version = if kind == "List" { "" } else { api_version };
        let Some(items) = fields.get("items") else { return };
        let items: Vec<Cursor<'_>> = items.items(&mut self.report).map(Cursor::as_object).collect();
        for item in items {
            self.object(&item, Some(ListOf { kind: item_kind, api_version: item_version }));
        }
    }

    fn known(&mut self, fields: &Fields<'_>, known: &'static Kind, mark: Mark) {
        let is_test = kinds::is_test(known.group(), known.name);
        self.report.in_test = is_test;
        fields.cursor().fields(&mut self.report, known.object);
        let metadata = metadata::object(fields, known, &mut self.report);
        let resource =
            metadata.as_ref().and_then(|metadata| (known.decode)(fields, metadata, &mut self.report));
        let range = fields.cursor().range();
        self.claim_mistakes(range);
        self.report.in_test = false;
        if is_test {
            self.report.refuse_for(mark, &OVERLOOKED);
        }
        let name = metadata::name_if_readable(fields).unwrap_or_default();
        let object = reference(known, fields, name);
        self.say_template(fields, mark);
        self.report.set_object(mark, &object);
        match (metadata, resource) {
            (Some(metadata), Some(resource)) if !self.report.failed_since(mark) => {
                let (group, kind) = (known.group(), known.name.to_owned());
                self.document.objects.push(Object { range, group, kind, metadata, resource });
            }
            _ => {
                if kinds::is_policy(known.name) {
                    self.report.add_to_first_error(mark, &stays_open(&object));
                }
                let selects =
                    (known.name == "NetworkPolicy").then(|| network_policy::selects(fields)).flatten();
                self.document.refused.push(Refused { object, range, selects });
            }
        }
    }

    /// Puts an object whose kind is not certain among the refused ones.
    fn refuse(&mut self, fields: &Fields<'_>, kind: &str, mark: Mark) {
        let range = fields.cursor().range();
        self.claim_mistakes(range);
        let name = metadata::name_if_readable(fields).unwrap_or_default();
        let object = match kinds::by_name(kind).or_else(|| kinds::by_spelling(kind)) {
            Some(known) => ObjectRef { kind: kind.to_owned(), ..reference(known, fields, name) },
            None => {
                let namespace = metadata::namespace_if_readable(fields);
                let group = text_of(fields, "apiVersion").map(kinds::group_or_word);
                let group = group.filter(|group| kinds::is_test(group, "")).map(|_| TEST_GROUP.to_owned());
                ObjectRef { group: group.unwrap_or_default(), kind: kind.to_owned(), namespace, name }
            }
        };
        // A mapping that is no object at all has nothing to be called by.
        if !object.kind.is_empty() || !object.name.is_empty() || !object.group.is_empty() {
            self.say_template(fields, mark);
            self.report.set_object(mark, &object);
            if kinds::means_policy(kind) {
                self.report.add_to_first_error(mark, &stays_open(&object));
            }
            self.document.refused.push(Refused::new(object, range));
        }
    }

    /// Of a template whose text happens to be YAML, says that it is one and nothing else.
    fn say_template(&mut self, fields: &Fields<'_>, mark: Mark) {
        let (text, _) = fields.cursor().text_around();
        self.report.instead(mark, |place| {
            // Values that a chart leaves open are short.
            let end = place.end().min(place.start() + 1000);
            let written = text.as_bytes().get(place.start()..end)?;
            let start = place.start() + written.windows(2).position(|pair| pair == b"{{")?;
            let action = text.as_bytes().get(start..end)?;
            let end = action.windows(2).position(|pair| pair == b"}}").map_or(start, |end| start + end) + 2;
            text.get(start..end).map(|_| *yaml::template(TextRange::new(start, end)))
        });
    }

    /// Names what a template of OpenShift holds, and puts it aside.
    fn template(&mut self, fields: &Fields<'_>, place: TextRange, mark: Mark) {
        let quiet = &mut Report::default();
        let template = self.document.ignored.last().map(|ignored| ignored.object.clone());
        let first = self.document.ignored.len();
        let objects = fields.get("objects");
        for item in objects.iter().flat_map(|objects| objects.items(&mut Report::default())) {
            let item = item.as_object();
            if let Value::Map(_) = item.value()
                && let Some(fields) = item.fields(quiet, &schema::UNCHECKED)
                && let Some(cursor) = fields.get("kind")
                && let Some(kind) = text_of(&fields, "kind")
            {
                let kind = Spanned::new(kind, cursor.visible_range());
                self.ignore(&fields, &kind, text_of(&fields, "apiVersion").unwrap_or_default());
            }
        }
        let held = self.document.ignored.get(first..).unwrap_or_default();
        let message = format!(
            "an OpenShift `Template` is not evaluated, and it holds {}: render it first, for instance with `oc process -f \
             template.yaml -o yaml > all.yaml`, and put in what comes of it",
            held_in_words(held)
        );
        self.report.push(Diagnostic::new(Severity::Warning, Code::OpenshiftTemplate, message, place));
        if let Some(template) = template {
            self.report.set_object(mark, &template);
        }
    }

    /// Reports the mistakes of the tree that lie in an object.
    fn claim_mistakes(&mut self, range: TextRange) {
        if !self.mistakes.iter().any(|mistake| range.contains(mistake.place)) {
            return;
        }
        let (inside, outside) = std::mem::take(&mut self.mistakes)
            .into_iter()
            .partition::<Vec<_>, _>(|mistake| range.contains(mistake.place));
        self.mistakes = outside;
        for mut mistake in inside {
            mistake.path = mistake.path.map(below_lists);
            self.report.push(mistake);
        }
    }
}

/// `2 NetworkPolicies and 1 other object`
fn held_in_words(held: &[Ignored]) -> String {
    let policies = held.iter().filter(|one| one.is_policy);
    let (ours, others): (Vec<&Ignored>, Vec<&Ignored>) =
        policies.partition(|one| one.object.group == "networking.k8s.io");
    let rest = held.len() - ours.len() - others.len();
    let alone = rest == held.len();
    let parts = [
        (ours.len(), "NetworkPolicy", "NetworkPolicies"),
        (others.len(), "policy of another kind", "policies of other kinds"),
        (
            rest,
            if alone { "object" } else { "other object" },
            if alone { "objects" } else { "other objects" },
        ),
    ];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let words: Vec<String> =
        parts.map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many })).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(" and ") }
}

/// Whether `kind` and `apiVersion` may stand in a text that was not read to its end. Without them, nothing is an object.
fn may_name_a_kind(text: &str) -> bool {
    // An escape may spell anything.
    let is_spelled = |word: &[u8]| {
        let mut windows = text.as_bytes().windows(word.len());
        windows.any(|window| window.eq_ignore_ascii_case(word))
    };
    text.contains('\\') || is_spelled(b"kind") && is_spelled(b"apiVersion")
}

/// The object that a text which could not be read to its end is, where its kind and its name are certain.
fn broken_object(tree: &Tree<'_>, mistake: Code) -> Option<ObjectRef> {
    let cursor = Cursor::object(tree, tree.root()?);
    let Value::Map(_) = cursor.value() else { return None };
    let fields = cursor.fields(&mut Report::default(), &schema::UNCHECKED)?;
    let known = kinds::by_name(text_of(&fields, "kind")?)?;
    // Where a line went wrong, the name may have swallowed the next one.
    let name = metadata::name_if_readable(&fields).filter(|name| known.name_rule.check(name).is_ok());
    let is_certain = name.is_some() || mistake == Code::YamlTemplate;
    is_certain.then(|| reference(known, &fields, name.unwrap_or_default()))
}

/// What follows when these are refused together, if there are policies among them.
fn stay_open(refused: &[Refused]) -> Option<String> {
    let mut policies = refused.iter().filter(|one| kinds::is_policy(&one.object.kind));
    match (policies.next(), policies.next()) {
        (None, _) => None,
        (Some(one), None) => Some(stays_open(&one.object)),
        _ => {
            Some("As it stands none of the policies takes part: what they would close stays open".to_owned())
        }
    }
}

/// What follows when a policy is refused.
fn stays_open(object: &ObjectRef) -> String {
    let at = match &object.namespace {
        Some(namespace) => format!(" in namespace `{}`", shorten(namespace)),
        None => String::new(),
    };
    format!("As it stands the policy takes no part: what it would close{at} stays open")
}

/// Whether an object of this kind stands for its items.
fn is_list(fields: &Fields<'_>, kind: &str) -> bool {
    kind == "List" || kind.ends_with("List") && fields.get_or_null("items").is_some()
}

/// Writes `apiVersion` before the first field, and `kind` as it is spelled.
fn add_api_version(fields: &Fields<'_>, known: &Kind) -> Option<Fix> {
    let kind = fields.get("kind")?;
    let (text, _) = kind.text_around();
    let at = fields.cursor().head().start();
    let (key, version) = (kind.key_like_others("apiVersion"), known.api_version());
    let line = match fix::block_column(text, at) {
        Some(column) => format!("{key}: {version}\n{}", " ".repeat(column)),
        None if fix::is_between_brackets(text, at) && key.starts_with('"') => {
            format!("{key}: \"{version}\", ")
        }
        None if fix::is_between_brackets(text, at) => format!("{key}: {version}, "),
        None => return None,
    };
    let mut edits = vec![Edit { range: TextRange::new(at, at), replacement: line }];
    if kind.source() != known.name && kind.text(&mut Report::default()) != Some(known.name) {
        edits.push(Edit { range: kind.range(), replacement: fix::like(kind.source(), known.name) });
    }
    Some(Fix { title: format!("add `apiVersion: {version}`"), edits })
}

/// The path from the object itself: without the way through the lists around it.
fn below_lists(path: String) -> String {
    let mut rest = path.as_str();
    while let Some((_, inner)) = rest.strip_prefix("items[").and_then(|rest| rest.split_once("].")) {
        rest = inner;
    }
    rest.to_owned()
}

fn reference(known: &Kind, fields: &Fields<'_>, name: String) -> ObjectRef {
    let namespace = (known.scope == Scope::Namespaced)
        .then(|| metadata::namespace_if_readable(fields).unwrap_or_else(|| "default".to_owned()));
    ObjectRef { group: known.group().to_owned(), kind: known.name.to_owned(), namespace, name }
}

fn field_error(code: Code, message: String, path: &str, place: TextRange) -> Diagnostic<TextRange> {
    let diagnostic = Diagnostic::new(Severity::Error, code, message, place);
    Diagnostic { path: Some(path.to_owned()), ..diagnostic }
}

fn text_of<'a>(fields: &Fields<'a>, name: &'static str) -> Option<&'a str> {
    match fields.get(name)?.value() {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
