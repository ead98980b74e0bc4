//! Makes a [`Tree`] from what a parser finds, with limits, without recursion. All places are bytes.

use std::borrow::Cow;

use netpol_source::{Code, Diagnostic, Related, Severity, TextRange, order};

use super::shape::{Part, Shape};
use super::skim::{Skim, Unclear};
use super::tree::{Entry, Node, NodeId, Tree, Value};
use super::{scalar, separator, syntax};
use crate::document::Limits;
use crate::report::shorten;

/// Levels of nesting; the deepest field of the Kubernetes API is at about half of this.
const MOST_LEVELS: usize = 64;
/// Values in one document.
const MOST_NODES: usize = 2_000_000;
/// How much text stands for one value, where it is short.
const BYTES_A_NODE: usize = 16;
/// For how many values there is room from the beginning.
const MOST_EXPECTED: usize = 128;
/// Mistakes kept of one document, and as many warnings.
const MOST_MISTAKES: usize = 200;

/// A reason to stop, boxed because it is rare and large.
pub(super) type Broken = Box<Diagnostic<TextRange>>;

/// A tree in the making.
pub(super) struct Builder<'t, 's> {
    text: &'t str,
    tree: Tree<'t>,
    /// For each node what it weighs with its aliases followed, and how many levels it has.
    measures: Vec<Measure>,
    open: Vec<Frame<'t>>,
    /// By number of the anchor; `None` while the anchored value is still open.
    anchors: Vec<Option<NodeId>>,
    /// What all aliases together may stand for: values, long texts counting as several.
    most_aliased: u64,
    shape: &'s mut dyn Shape,
    /// What is not wanted, while it is stepped over.
    skim: Skim<'t>,
    /// Whether something was stepped over of which more must be known.
    is_unclear: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Measure {
    weight: u32,
    levels: u8,
}

/// A list or mapping that is being read.
#[derive(Debug)]
struct Frame<'t> {
    range: TextRange,
    anchor: usize,
    content: Content<'t>,
    measure: Measure,
    /// What is wanted of it.
    part: Part,
    /// What is wanted of the next value.
    value_part: Part,
}

#[derive(Debug)]
enum Content<'t> {
    List(Vec<NodeId>),
    Map { entries: Vec<Entry<'t>>, key: Option<Key<'t>>, merged: Vec<(TextRange, NodeId)> },
}

/// A key whose value comes next.
#[derive(Debug)]
enum Key<'t> {
    Text(Cow<'t, str>, TextRange),
    /// `<<`
    Merge(TextRange),
    /// A key that was reported; its value is dropped.
    Refused,
}

/// An entry that `<<` overrides.
#[derive(Debug)]
struct Overridden<'t> {
    what: &'static str,
    /// Of the `<<`.
    place: TextRange,
    lost: Entry<'t>,
    by: Entry<'t>,
}

impl<'t, 's> Builder<'t, 's> {
    pub(super) fn new(text: &'t str, most_aliased: u64, shape: &'s mut dyn Shape) -> Self {
        // Most texts have a value in so many bytes; of some, much is stepped over.
        let expected = (text.len() / BYTES_A_NODE).min(MOST_EXPECTED);
        let nodes = Vec::with_capacity(expected);
        Self {
            text,
            tree: Tree { text, nodes, root: None, aliased: 0, mistakes: Vec::new() },
            measures: Vec::with_capacity(expected),
            open: Vec::with_capacity(16),
            anchors: Vec::new(),
            most_aliased,
            shape,
            skim: Skim::default(),
            is_unclear: false,
        }
    }

    /// Whether nothing was read so far.
    pub(super) fn is_empty(&self) -> bool {
        self.tree.root.is_none() && self.open.is_empty() && !self.skim.is_open()
    }

    /// Whether something was stepped over that is not certain to be well-formed: all of the text must be read then.
    pub(super) fn is_unclear(&self) -> bool {
        self.is_unclear
    }

    /// Whether the next scalar is a value inside of something that is stepped over, so that nobody asks what it says.
    pub(super) fn is_skimming(&self) -> bool {
        self.skim.is_open() && !self.skim.at_key()
    }

    /// What is wanted of the next value.
    fn next_part(&self) -> Part {
        self.open.last().map_or_else(|| self.shape.root(), |frame| frame.value_part)
    }

    fn skimmed(&mut self, done: Result<(), Unclear>) {
        self.is_unclear |= done.is_err();
    }

    /// What was read so far, as a tree; whatever is still open is closed.
    pub(super) fn finish(mut self) -> Tree<'t> {
        while !self.open.is_empty() {
            if self.end(None).is_err() {
                break;
            }
        }
        self.tree
    }

    /// Where the innermost list or mapping begins that is still open, when it begins with a bracket.
    pub(super) fn open_bracket(&self) -> Option<TextRange> {
        let start = self.open.last()?.range.start();
        matches!(self.text.as_bytes().get(start), Some(b'[' | b'{')).then(|| TextRange::new(start, start + 1))
    }

    /// A list begins.
    pub(super) fn begin_list(&mut self, start: usize, anchor: usize) -> Result<(), Broken> {
        self.begin(start, anchor, Content::List(Vec::new()), false)
    }

    /// A mapping begins.
    pub(super) fn begin_map(&mut self, start: usize, anchor: usize) -> Result<(), Broken> {
        self.begin(start, anchor, Content::Map { entries: Vec::new(), key: None, merged: Vec::new() }, true)
    }

    fn begin(
        &mut self,
        start: usize,
        anchor: usize,
        content: Content<'t>,
        is_map: bool,
    ) -> Result<(), Broken> {
        let part = self.next_part();
        if self.skim.is_open() || part == Part::NONE && !self.at_key() {
            let begun = self.skim.begin(start, is_map, MOST_LEVELS.saturating_sub(self.open.len()));
            self.skimmed(begun);
            return Ok(());
        }
        if self.open.len() >= MOST_LEVELS {
            return Err(syntax::too_deep(TextRange::new(start, start + 1)));
        }
        self.anchor(anchor, None);
        let range = TextRange::new(start, start);
        if is_map && part != Part::ALL {
            self.shape.begin(part);
        }
        let measure = Measure { weight: 1, levels: 0 };
        self.open.push(Frame { range, anchor, content, measure, part, value_part: part });
        Ok(())
    }

    /// The innermost list or mapping ends, with a bracket or just behind its last value.
    pub(super) fn end(&mut self, bracket: Option<TextRange>) -> Result<(), Broken> {
        if self.skim.is_open() {
            let Some(range) = self.skim.end(bracket) else { return Ok(()) };
            let node = self.push(Value::Skipped, range, Measure { weight: 1, levels: 1 })?;
            return self.attach(node);
        }
        let Some(mut frame) = self.open.pop() else { return Ok(()) };
        if let Some(bracket) = bracket {
            frame.range = frame.range.cover(bracket);
        }
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map { mut entries, merged, key } => {
                if let Some(Key::Text(key, key_range)) = key {
                    let value = self.push(Value::Null, key_range, Measure { weight: 1, levels: 1 })?;
                    entries.push(Entry { key, key_range, value });
                }
                self.is_unclear |= !merged.is_empty() && frame.part != Part::ALL;
                self.remove_duplicates(&mut entries);
                self.merge(&mut entries, &merged)?;
                Value::Map(entries)
            }
        };
        let measure = Measure { levels: frame.measure.levels.saturating_add(1), ..frame.measure };
        let node = self.push(value, frame.range, measure)?;
        self.anchor(frame.anchor, Some(node));
        self.attach(node)
    }

    /// A scalar; `merge` says that it is a plain `<<`, which as a key has a meaning of its own.
    pub(super) fn scalar(
        &mut self,
        value: Value<'t>,
        range: TextRange,
        anchor: usize,
        merge: bool,
    ) -> Result<(), Broken> {
        if self.skim.is_open() {
            let key = match value {
                Value::Text(Cow::Borrowed(key)) if !merge => Some(key),
                _ => None,
            };
            let done = self.skim.scalar(range, key);
            self.skimmed(done);
            return Ok(());
        }
        if self.at_key() && anchor == 0 {
            self.key(value, range, merge);
            return Ok(());
        }
        let value = match self.next_part() {
            Part::ALL => value,
            // Whether there is anything at all is always known.
            Part::NONE if value != Value::Null => Value::Skipped,
            Part::NONE => value,
            part => {
                self.is_unclear |= !self.shape.note(part, &value);
                value
            }
        };
        let length = if let Value::Text(text) = &value { text.len() } else { 0 };
        let weight = u32::try_from(length / 64).unwrap_or(u32::MAX).saturating_add(1);
        let node = self.push(value, range, Measure { weight, levels: 1 })?;
        self.anchor(anchor, Some(node));
        self.attach(node)
    }

    /// Another name of an anchored value.
    pub(super) fn alias(&mut self, anchor: usize, range: TextRange) -> Result<(), Broken> {
        let Some(target) = self.anchors.get(anchor).copied().flatten() else {
            return Err(syntax::recursive_alias(range));
        };
        let measure = self.measure(target);
        self.follow(measure, range)?;
        if self.open.len() + usize::from(measure.levels) > MOST_LEVELS {
            return Err(syntax::too_deep(range));
        }
        if self.at_key() {
            let value = match self.tree.value(target) {
                // A stand-in of the right kind is enough to refuse it.
                Value::List(_) | Value::Map(_) => Value::List(Vec::new()),
                scalar => scalar.clone(),
            };
            self.key(value, range, false);
            return Ok(());
        }
        self.attach(target)
    }

    /// Counts what an alias stands for.
    fn follow(&mut self, measure: Measure, place: TextRange) -> Result<(), Broken> {
        self.tree.aliased += u64::from(measure.weight);
        if self.tree.aliased > self.most_aliased {
            return Err(syntax::too_many_aliases(place, self.tree.aliased <= Limits::default().aliases));
        }
        Ok(())
    }

    /// Gives a finished value to whatever is open around it.
    fn attach(&mut self, node: NodeId) -> Result<(), Broken> {
        let range = self.tree.range(node);
        let measure = self.measure(node);
        if self.at_key() {
            // Only a list, a mapping or an anchored scalar gets here.
            let value = match self.tree.value(node) {
                Value::Map(_)
                    if self.text.get(..range.start()).is_some_and(|before| before.ends_with('{')) =>
                {
                    return Err(syntax::template(TextRange::new(range.start() - 1, range.end())));
                }
                Value::List(_) | Value::Map(_) => Value::List(Vec::new()),
                scalar => scalar.clone(),
            };
            self.key(value, range, false);
            return Ok(());
        }
        let Some(frame) = self.open.last_mut() else {
            self.tree.root = Some(node);
            return Ok(());
        };
        frame.measure.weight = frame.measure.weight.saturating_add(measure.weight);
        frame.measure.levels = frame.measure.levels.max(measure.levels);
        // An alias stands elsewhere: it does not stretch what it is used in.
        if range.start() >= frame.range.start() && range.end() <= self.text.len() {
            frame.range = frame.range.cover(range);
        }
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key, merged } => match key.take() {
                Some(Key::Text(key, key_range)) => {
                    frame.measure.weight = frame.measure.weight.saturating_add((key.len() / 64) as u32);
                    entries.push(Entry { key, key_range, value: node });
                }
                Some(Key::Merge(place)) => merged.push((place, node)),
                Some(Key::Refused) | None => {}
            },
        }
        Ok(())
    }

    /// Whether the next value belongs to a key.
    pub(super) fn at_value(&self) -> bool {
        matches!(self.open.last(), Some(Frame { content: Content::Map { key: Some(_), .. }, .. }))
    }

    /// Whether the next value is the key of a mapping.
    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Frame { content: Content::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, value: Value<'t>, range: TextRange, merge: bool) {
        let found = if merge {
            Key::Merge(range)
        } else {
            let collection = matches!(value, Value::List(_));
            match scalar::key_text(value) {
                Some(text) => Key::Text(text, range),
                None => {
                    let message = if collection {
                        "a list or a mapping cannot be a key; a `{` or `[` at the start of a text needs quotes"
                    } else {
                        "this key is empty or null: write the field's name before the colon, or quote it"
                    };
                    // A key that is not there is pointed at by its colon.
                    let colon = range.start().wrapping_sub(1);
                    let absent =
                        range.start() == range.end() && self.text.as_bytes().get(colon) == Some(&b':');
                    let place = if absent { TextRange::new(colon, range.end()) } else { range };
                    self.mistake(Code::InvalidKey, message.to_owned(), place);
                    Key::Refused
                }
            }
        };
        if let Some(frame) = self.open.last_mut()
            && let Content::Map { key, .. } = &mut frame.content
        {
            frame.value_part = match &found {
                Key::Text(key, _) if frame.part != Part::ALL => self.shape.field(frame.part, key),
                _ => Part::ALL,
            };
            if range.start() >= frame.range.start() {
                frame.range = frame.range.cover(range);
            }
            *key = Some(found);
        }
    }

    fn push(&mut self, value: Value<'t>, range: TextRange, measure: Measure) -> Result<NodeId, Broken> {
        if self.tree.nodes.len() >= MOST_NODES {
            return Err(syntax::too_large(range, MOST_NODES));
        }
        let id = NodeId(self.tree.nodes.len() as u32);
        self.tree.nodes.push(Node { range, value });
        self.measures.push(measure);
        Ok(id)
    }

    fn measure(&self, node: NodeId) -> Measure {
        self.measures.get(node.0 as usize).copied().unwrap_or_default()
    }

    fn anchor(&mut self, anchor: usize, node: Option<NodeId>) {
        // 0 says that there is none; the parser counts up from 1.
        if anchor == 0 {
            return;
        }
        if self.anchors.len() <= anchor {
            self.anchors.resize(anchor + 1, None);
        }
        if let Some(slot) = self.anchors.get_mut(anchor) {
            *slot = node;
        }
    }

    /// Of a key that is written several times the last one counts, as for the decoders of Go that `kubectl` uses.
    fn remove_duplicates(&mut self, entries: &mut Vec<Entry<'t>>) {
        // Nearly every mapping is small and sound: that must cost nothing.
        let is_small = entries.len() <= 16;
        let is_repeated =
            |(at, entry): (usize, &Entry<'t>)| entries.iter().take(at).any(|other| other.key == entry.key);
        if is_small && !entries.iter().enumerate().any(is_repeated) {
            return;
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order::sort_by(&mut order, |a, b| {
            entries.get(*a).map(|entry| &entry.key).cmp(&entries.get(*b).map(|entry| &entry.key))
        });
        let mut keep = vec![true; entries.len()];
        let mut found = Vec::new();
        for (at, next) in order.iter().zip(order.iter().skip(1)) {
            let (Some(lost), Some(entry)) = (entries.get(*at), entries.get(*next)) else { continue };
            if lost.key == entry.key {
                if found.len() < MOST_MISTAKES {
                    found.push((lost.clone(), entry.clone()));
                }
                if let Some(keep) = keep.get_mut(*at) {
                    *keep = false;
                }
            }
        }
        if found.is_empty() {
            return;
        }
        // What is said of a key quotes its value.
        let is_skipped = |entry: &Entry<'t>| *self.tree.value(entry.value) == Value::Skipped;
        self.is_unclear |= found.iter().any(|(lost, _)| is_skipped(lost));
        let mut keep = keep.into_iter();
        entries.retain(|_| keep.next().unwrap_or(true));
        let parent = self.path();
        let glued = if self.open.is_empty() { self.glued(&found) } else { Vec::new() };
        for (lost, entry) in found {
            let is_between = |word: &TextRange| (lost.key_range..entry.key_range).contains(word);
            if glued.iter().any(is_between) {
                continue;
            }
            let key = shorten(&entry.key);
            let path = if parent.is_empty() { key.to_string() } else { format!("{parent}.{key}") };
            // Each of the two places is marked.
            let message = match self.in_words(lost.value) {
                Some(value) => format!(
                    "`{key}` is written again below, and `kubectl` takes the last: `{value}` is lost; keep one of the \
                     two, or join them"
                ),
                None => format!(
                    "`{key}` is written again below, and `kubectl` takes the last: all of this is lost; keep one of \
                     the two, or join them"
                ),
            };
            let related = vec![Related { message: format!("this `{key}` counts"), place: entry.key_range }];
            self.note(Severity::Warning, Code::DuplicateKey, message, lost.key_range, related, path.clone());
            let message = format!(
                "`{key}` is already set above: `kubectl` takes this one, the last, without a word; `kustomize` and others \
                 refuse the file"
            );
            let related = vec![Related { message: format!("this `{key}` is lost"), place: lost.key_range }];
            self.note(Severity::Warning, Code::DuplicateKey, message, entry.key_range, related, path);
        }
    }

    /// The words that were to separate documents where keys of the outermost mapping are written again. Each is
    /// reported, as it is the cause.
    fn glued(&mut self, found: &[(Entry<'t>, Entry<'t>)]) -> Vec<TextRange> {
        let above =
            |(_, entry): &(Entry<'t>, Entry<'t>)| separator::glued_above(self.text, entry.key_range.start());
        let mut glued: Vec<TextRange> = found.iter().filter_map(above).collect();
        order::sort_and_dedup(&mut glued);
        let mut below = self.text.len();
        for word in glued.iter().rev() {
            let mut lost: Vec<&Entry<'t>> = found
                .iter()
                .filter(|(lost, entry)| {
                    lost.key_range < *word && *word < entry.key_range && entry.key_range.start() < below
                })
                .map(|(lost, _)| lost)
                .collect();
            below = word.start();
            order::sort_by_key(&mut lost, |entry| entry.key_range);
            let keys: Vec<String> = lost.iter().map(|entry| format!("`{}`", shorten(&entry.key))).collect();
            let related = lost.iter().map(|entry| Related {
                message: format!("this `{}` is lost", shorten(&entry.key)),
                place: entry.key_range,
            });
            let related = related.collect();
            let message = format!(
                "`{}` is text and separates nothing: `kubectl` reads on, and what stands above is lost where it is written \
                 again below ({}); put `---` on a line of its own",
                shorten(self.tree.slice(*word)),
                keys.join(", ")
            );
            self.note(Severity::Warning, Code::GluedSeparator, message, *word, related, String::new());
            if let Some(last) = self.tree.mistakes.last_mut()
                && last.place == *word
            {
                last.fixes = vec![separator::part(*word)];
            }
        }
        glued
    }

    /// A scalar as it is written, for a message; `None` for anything else.
    fn in_words(&self, node: NodeId) -> Option<Cow<'t, str>> {
        match self.tree.value(node) {
            Value::Null | Value::List(_) | Value::Map(_) => None,
            _ => Some(shorten(self.tree.source(node))),
        }
    }

    /// Adds the entries of `<<`.
    ///
    /// As for the decoder that `kubectl` uses (go-yaml v2), each key and each `<<` overrides what stands before it, and
    /// of several mappings behind one `<<` the first wins. Most other parsers let the keys of the mapping itself win.
    fn merge(&mut self, entries: &mut Vec<Entry<'t>>, merged: &[(TextRange, NodeId)]) -> Result<(), Broken> {
        if merged.is_empty() {
            return Ok(());
        }
        let written = entries.len();
        let mut known = order::map(entries.iter().zip(0..).map(|(entry, at)| (entry.key.clone(), at)));
        let mut overridden = vec![false; written];
        // What was added, for which `<<`.
        let mut places: Vec<TextRange> = Vec::new();
        let mut lost: Vec<Overridden<'t>> = Vec::new();
        for &(place, node) in merged.iter().rev() {
            let sources = match self.tree.value(node) {
                Value::Map(_) => vec![node],
                Value::List(items) => items.clone(),
                _ => vec![],
            };
            let maps = sources.iter().all(|source| matches!(self.tree.value(*source), Value::Map(_)));
            if !maps || !matches!(self.tree.value(node), Value::Map(_) | Value::List(_)) {
                let message = "`<<` needs a mapping, or a list of mappings, such as `<<: *defaults`";
                self.mistake(Code::MergeKey, message.to_owned(), place);
                continue;
            }
            for source in sources {
                self.follow(self.measure(source), place)?;
                let Value::Map(additional) = self.tree.value(source) else { continue };
                for entry in additional {
                    let at = known.get(&entry.key).copied();
                    let before = at.and_then(|at| entries.get(at)).cloned();
                    let (Some(at), Some(before)) = (at, before) else {
                        known.insert(entry.key.clone(), entries.len());
                        entries.push(entry.clone());
                        places.push(place);
                        continue;
                    };
                    // A later `<<` was here already, or an earlier mapping of this one.
                    if let Some(by) = at.checked_sub(written).and_then(|at| places.get(at)) {
                        if *by != place {
                            let what = "a second merge key";
                            lost.push(Overridden { what, place: *by, lost: entry.clone(), by: before });
                        }
                    } else if before.key_range.start() < place.start() {
                        if let Some(overridden) = overridden.get_mut(at) {
                            *overridden = true;
                        }
                        known.insert(entry.key.clone(), entries.len());
                        entries.push(entry.clone());
                        places.push(place);
                        let what = "merge key after an explicit key";
                        lost.push(Overridden { what, place, lost: before, by: entry.clone() });
                    }
                }
            }
        }
        let mut overridden = overridden.into_iter();
        entries.retain(|_| !overridden.next().unwrap_or(false));
        self.say_overridden(lost);
        Ok(())
    }

    /// Says of a `<<` which keys it overrides.
    fn say_overridden(&mut self, overridden: Vec<Overridden<'t>>) {
        let parent = self.path();
        for Overridden { what, place, lost, by } in overridden {
            // Where both say the same, all parsers agree.
            if self.tree.value(lost.value) == self.tree.value(by.value) {
                continue;
            }
            let key = shorten(&by.key);
            let pair = |value| match self.in_words(value) {
                Some(value) => format!("`{key}: {value}`"),
                None => format!("the `{key}`"),
            };
            let message = format!(
                "{what}: `kubectl` takes {} from here, other parsers {} from above; write `<<` once, before the keys that \
                 it must not override",
                pair(by.value),
                pair(lost.value)
            );
            let path = if parent.is_empty() { key.to_string() } else { format!("{parent}.{key}") };
            let related =
                vec![Related { message: format!("this `{key}` is overridden"), place: lost.key_range }];
            self.note(Severity::Warning, Code::MergeKey, message, place, related, path);
        }
    }

    /// Notes a mistake that spoils only the object around it.
    pub(super) fn mistake(&mut self, code: Code, message: String, place: TextRange) {
        let path = self.path();
        self.note(Severity::Error, code, message, place, Vec::new(), path);
    }

    fn note(
        &mut self,
        severity: Severity,
        code: Code,
        message: String,
        place: TextRange,
        related: Vec<Related<TextRange>>,
        path: String,
    ) {
        // Warnings must not keep out a mistake, as that decides whether an object takes part.
        let most = if severity == Severity::Error { 2 * MOST_MISTAKES } else { MOST_MISTAKES };
        if self.tree.mistakes.len() < most {
            let path = (!path.is_empty()).then_some(path);
            let diagnostic = Diagnostic::new(severity, code, message, place);
            self.tree.mistakes.push(Diagnostic { path, related, ..diagnostic });
        }
    }

    /// The field that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for frame in &self.open {
            match &frame.content {
                Content::List(items) => path.push_str(&format!("[{}]", items.len())),
                Content::Map { key: Some(Key::Text(key, _)), .. } => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&shorten(key));
                }
                Content::Map { .. } => {}
            }
        }
        path
    }
}
