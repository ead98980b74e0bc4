//! Parser events to a [`Tree`], with limits, without recursion.

use std::borrow::Cow;
use std::collections::BTreeSet;

use netpol_source::{Diagnostic, Related, Severity, TextRange};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::offsets::Offsets;
use super::tree::{Entry, Node, NodeId, Tree, Value};
use super::{scalar, syntax};

/// Levels of nesting; the deepest field of the Kubernetes API is at about half of this.
const MOST_LEVELS: usize = 64;
/// Values in one document.
const MOST_NODES: usize = 2_000_000;
/// What all aliases of a document together may stand for: values, long texts counting as several.
const MOST_EXPANDED: u64 = 200_000;
/// Mistakes kept of one document.
const MOST_MISTAKES: usize = 200;

/// The outcome of reading one document.
#[derive(Debug)]
pub(crate) struct Parsed<'t> {
    /// What was read; only a part of the document when `broken` is set.
    pub(crate) tree: Tree<'t>,
    /// Why reading stopped before the end.
    pub(crate) broken: Option<Diagnostic<TextRange>>,
}

/// Reads one document.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    let mut builder = Builder::new(text);
    let broken = builder.run(Parser::new_from_str(text)).err().map(|broken| *broken);
    Parsed { tree: builder.finish(), broken }
}

/// A reason to stop, boxed because it is rare and large.
type Broken = Box<Diagnostic<TextRange>>;

#[derive(Debug)]
struct Builder<'t> {
    text: &'t str,
    offsets: Offsets<'t>,
    tree: Tree<'t>,
    /// For each node what it weighs with its aliases followed, and how many levels it has.
    measures: Vec<Measure>,
    open: Vec<Frame<'t>>,
    /// By number of the anchor; `None` while the anchored value is still open.
    anchors: Vec<Option<NodeId>>,
    expanded: u64,
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

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            offsets: Offsets::new(text),
            tree: Tree { text, nodes: Vec::new(), root: None, mistakes: Vec::new() },
            measures: Vec::new(),
            open: Vec::new(),
            anchors: Vec::new(),
            expanded: 0,
        }
    }

    fn run(&mut self, parser: Parser<'t, saphyr_parser::StrInput<'t>>) -> Result<(), Broken> {
        let mut documents = 0;
        for event in parser {
            let (event, span) =
                event.map_err(|error| Box::new(syntax::explain(self.text, &self.offsets, &error)))?;
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        let place = TextRange::new(self.byte(span.start.index()), self.text.len());
                        return Err(syntax::second_document(place));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.scalar(text, style, anchor, tag.as_deref(), span)?
                }
                Event::Alias(anchor) => self.alias(anchor, span)?,
                Event::SequenceStart(anchor, _) => self.begin(anchor, span, Content::List(Vec::new()))?,
                Event::MappingStart(anchor, _) => {
                    let content = Content::Map { entries: Vec::new(), key: None, merged: Vec::new() };
                    self.begin(anchor, span, content)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(Some(span))?,
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    /// What was read so far, as a tree; whatever is still open is closed.
    fn finish(mut self) -> Tree<'t> {
        while !self.open.is_empty() {
            if self.end(None).is_err() {
                break;
            }
        }
        self.tree
    }

    fn byte(&self, character: usize) -> usize {
        self.offsets.byte(character)
    }

    fn begin(&mut self, anchor: usize, span: Span, content: Content<'t>) -> Result<(), Broken> {
        let start = self.byte(span.start.index());
        if self.open.len() >= MOST_LEVELS {
            return Err(syntax::too_deep(TextRange::new(start, start + 1)));
        }
        self.anchor(anchor, None);
        let range = TextRange::new(start, start);
        self.open.push(Frame { range, anchor, content, measure: Measure { weight: 1, levels: 0 } });
        Ok(())
    }

    fn end(&mut self, span: Option<Span>) -> Result<(), Broken> {
        let Some(mut frame) = self.open.pop() else { return Ok(()) };
        if let Some(span) = span {
            let end = self.byte(span.start.index());
            if !span.is_empty() && matches!(self.text.as_bytes().get(end), Some(b']' | b'}')) {
                frame.range = frame.range.cover(TextRange::new(end, end + 1));
            }
        }
        let value = match frame.content {
            Content::List(items) => Value::List(items),
            Content::Map { mut entries, merged, key } => {
                if let Some(Key::Text(key, key_range)) = key {
                    let value = self.push(Value::Null, key_range, Measure { weight: 1, levels: 1 })?;
                    entries.push(Entry { key, key_range, value });
                }
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

    fn scalar(
        &mut self,
        text: Cow<'t, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Broken> {
        let range = self.scalar_range(&text, style, span);
        let measure =
            Measure { weight: 1 + u32::try_from(text.len() / 64).unwrap_or(u32::MAX - 1), levels: 1 };
        let plain_merge_key = style == ScalarStyle::Plain && tag.is_none() && text == "<<" && self.at_key();
        let value = match tag {
            Some(tag) if tag.is_yaml_core_schema() => {
                scalar::tagged(&tag.suffix, text).unwrap_or_else(|scalar::TagMismatch| {
                    let message = format!(
                        "this value is not what its tag `!!{}` says: change one of them",
                        crate::report::shorten(&tag.suffix)
                    );
                    self.mistake("invalid-tag", message, range, Vec::new());
                    Value::Null
                })
            }
            // `!` and tags of other vocabularies leave the text as it is.
            Some(_) => Value::Text(text),
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            None => Value::Text(text),
        };
        if self.at_key() && anchor == 0 {
            self.key(value, range, plain_merge_key);
            return Ok(());
        }
        let node = self.push(value, range, measure)?;
        self.anchor(anchor, Some(node));
        self.attach(node)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Broken> {
        let range = TextRange::new(self.byte(span.start.index()), self.byte(span.end.index()));
        let Some(target) = self.anchors.get(anchor).copied().flatten() else {
            return Err(syntax::recursive_alias(range));
        };
        let measure = self.measure(target);
        self.expanded += u64::from(measure.weight);
        if self.expanded > MOST_EXPANDED {
            return Err(syntax::too_many_aliases(range));
        }
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

    /// Gives a finished value to whatever is open around it.
    fn attach(&mut self, node: NodeId) -> Result<(), Broken> {
        let range = self.tree.range(node);
        let measure = self.measure(node);
        if self.at_key() {
            // Only a list, a mapping or an anchored scalar gets here.
            let value = match self.tree.value(node) {
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
                    self.mistake("invalid-key", message.to_owned(), range, Vec::new());
                    Key::Refused
                }
            }
        };
        if let Some(frame) = self.open.last_mut()
            && let Content::Map { key, .. } = &mut frame.content
        {
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

    fn remove_duplicates(&mut self, entries: &mut Vec<Entry<'t>>) {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|a, b| {
            entries.get(*a).map(|entry| &entry.key).cmp(&entries.get(*b).map(|entry| &entry.key))
        });
        let mut removed = BTreeSet::new();
        let mut first: Option<(usize, &Entry<'t>)> = None;
        let mut found = Vec::new();
        for at in order {
            let Some(entry) = entries.get(at) else { continue };
            match first {
                Some((_, kept)) if kept.key == entry.key => {
                    found.push((
                        crate::report::shorten(&entry.key).into_owned(),
                        kept.key_range,
                        entry.key_range,
                    ));
                    removed.insert(at);
                }
                _ => first = Some((at, entry)),
            }
        }
        if removed.is_empty() {
            return;
        }
        let mut at = 0;
        entries.retain(|_| {
            at += 1;
            !removed.contains(&(at - 1))
        });
        for (key, first, second) in found {
            let related = vec![Related { message: format!("`{key}` is first written here"), place: first }];
            let message = format!("`{key}` is written twice: keep one of the two, or join them");
            let parent = self.path();
            let path = if parent.is_empty() { key } else { format!("{parent}.{key}") };
            self.mistake_at("duplicate-key", message, second, related, path);
        }
    }

    /// Adds the entries of `<<`; what the mapping says itself wins, and of several merged ones the first.
    fn merge(&mut self, entries: &mut Vec<Entry<'t>>, merged: &[(TextRange, NodeId)]) -> Result<(), Broken> {
        if merged.is_empty() {
            return Ok(());
        }
        let mut known: BTreeSet<String> =
            entries.iter().map(|entry| entry.key.clone().into_owned()).collect();
        for &(place, node) in merged {
            let sources = match self.tree.value(node) {
                Value::Map(_) => vec![node],
                Value::List(items) => items.clone(),
                _ => vec![],
            };
            let maps = sources.iter().all(|source| matches!(self.tree.value(*source), Value::Map(_)));
            if !maps || !matches!(self.tree.value(node), Value::Map(_) | Value::List(_)) {
                let message = "`<<` needs a mapping, or a list of mappings, such as `<<: *defaults`";
                self.mistake("merge-key", message.to_owned(), place, Vec::new());
                continue;
            }
            for source in sources {
                self.expanded += u64::from(self.measure(source).weight);
                if self.expanded > MOST_EXPANDED {
                    return Err(syntax::too_many_aliases(place));
                }
                let Value::Map(additional) = self.tree.value(source) else { continue };
                for entry in additional {
                    if known.insert(entry.key.clone().into_owned()) {
                        entries.push(entry.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn mistake(
        &mut self,
        code: &'static str,
        message: String,
        place: TextRange,
        related: Vec<Related<TextRange>>,
    ) {
        let path = self.path();
        self.mistake_at(code, message, place, related, path);
    }

    fn mistake_at(
        &mut self,
        code: &'static str,
        message: String,
        place: TextRange,
        related: Vec<Related<TextRange>>,
        path: String,
    ) {
        if self.tree.mistakes.len() < MOST_MISTAKES {
            let path = (!path.is_empty()).then_some(path);
            let diagnostic = Diagnostic::new(Severity::Error, code, message, place);
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
                    path.push_str(&crate::report::shorten(key));
                }
                Content::Map { .. } => {}
            }
        }
        path
    }

    /// The parser's span of a scalar, without the white space and comments that it counts in.
    fn scalar_range(&self, value: &str, style: ScalarStyle, span: Span) -> TextRange {
        let start = self.byte(span.start.index());
        let end = self.byte(span.end.index());
        let text = self.text.get(start..end).unwrap_or_default();
        match style {
            ScalarStyle::SingleQuoted => quoted_range(text, start, '\''),
            ScalarStyle::DoubleQuoted => quoted_range(text, start, '"'),
            ScalarStyle::Plain if value.is_empty() && start == end => {
                let behind_colon = usize::from(self.text.as_bytes().get(start) == Some(&b':'));
                TextRange::new(start + behind_colon, start + behind_colon)
            }
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => {
                TextRange::new(start, start + text.trim_end().len())
            }
        }
    }
}

/// From the start of the properties or the opening quote to the closing quote.
fn quoted_range(text: &str, start: usize, quote: char) -> TextRange {
    let mut rest = text;
    // Anchors and tags may hold quotes themselves.
    while rest.starts_with(['&', '!']) {
        rest = rest.trim_start_matches(|letter: char| !letter.is_whitespace()).trim_start();
    }
    let open = text.len() - rest.len() + rest.find(quote).unwrap_or(0);
    let mut letters = text.get(open + 1..).unwrap_or_default().char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && quote == '"' {
            letters.next();
        } else if letter == quote {
            if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == quote) {
                letters.next();
                continue;
            }
            return TextRange::new(start, start + open + 1 + at + 1);
        }
    }
    TextRange::new(start, start + text.trim_end().len())
}
