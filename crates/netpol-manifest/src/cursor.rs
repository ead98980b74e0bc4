//! A value of the tree together with the way that leads to it, and the checks that every decoder needs.

use std::fmt::Write as _;

use netpol_source::{Code, Diagnostic, Edit, Fix, Related, Severity, Spanned, TextRange};

use crate::fix;
use crate::nearest::nearest;
use crate::options::UnknownFields;
use crate::report::{Report, shorten};
use crate::schema::{self, Level};
use crate::yaml::{Entry, NodeId, Tree, Value};

/// A value, and the way to it from the object that holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    tree: &'a Tree<'a>,
    node: NodeId,
    /// Where the key stands, for the value of a field.
    key_range: Option<TextRange>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    /// The object itself.
    Object,
    /// A field of a structure.
    Field(&'a Cursor<'a>, &'a str),
    /// An item of a list.
    Item(&'a Cursor<'a>, usize),
    /// A key of a map with keys of the user's.
    Key(&'a Cursor<'a>, &'a str),
}

/// A mapping whose keys were checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    cursor: &'a Cursor<'a>,
    entries: &'a [Entry<'a>],
}

impl<'a> Cursor<'a> {
    /// The value at a node, as the beginning of paths.
    pub(crate) fn object(tree: &'a Tree<'a>, node: NodeId) -> Self {
        Self { tree, node, key_range: None, step: Step::Object }
    }

    /// The same value, as the beginning of paths.
    pub(crate) fn as_object(self) -> Self {
        Self { key_range: None, step: Step::Object, ..self }
    }

    /// What stands there.
    pub(crate) fn value(&self) -> &'a Value<'a> {
        self.tree.value(self.node)
    }

    /// Where it stands.
    pub(crate) fn range(&self) -> TextRange {
        self.tree.range(self.node)
    }

    /// Where it stands, or where its key stands when there is nothing to point at.
    pub(crate) fn visible_range(&self) -> TextRange {
        let range = self.range();
        match self.key_range {
            Some(key) if range.start() == range.end() => key,
            _ => range,
        }
    }

    /// Where its key stands, or its first line where it has none.
    pub(crate) fn key_or_head(&self) -> TextRange {
        self.key_range.unwrap_or_else(|| self.head())
    }

    /// The place of the key and the value.
    pub(crate) fn entry_range(&self) -> TextRange {
        let range = self.range();
        match self.key_range {
            // An aliased value stands elsewhere.
            Some(key) if key.start() <= range.start() => key.cover(range),
            Some(key) => key,
            None => range,
        }
    }

    /// The path as the API server prints it; `None` for the object itself.
    pub(crate) fn path(&self) -> Option<String> {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            match at.step {
                Step::Object => break,
                Step::Field(parent, _) | Step::Item(parent, _) | Step::Key(parent, _) => {
                    steps.push(at.step);
                    at = parent;
                }
            }
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            // Writing to a string cannot fail.
            let _ = match step {
                Step::Object => Ok(()),
                Step::Field(_, name) if path.is_empty() => write!(path, "{}", shorten(name)),
                Step::Field(_, name) => write!(path, ".{}", shorten(name)),
                Step::Item(_, index) => write!(path, "[{index}]"),
                Step::Key(_, key) => write!(path, "[{}]", shorten(key)),
            };
        }
        (!path.is_empty()).then_some(path)
    }

    /// The path of a field of this value, whether it is there or not.
    pub(crate) fn path_of(&self, field: &str) -> String {
        match self.path() {
            Some(path) => format!("{path}.{field}"),
            None => field.to_owned(),
        }
    }

    /// Says something about this value.
    pub(crate) fn say(
        &self,
        report: &mut Report,
        severity: Severity,
        code: Code,
        message: impl Into<String>,
    ) {
        if report.is_full() {
            report.leave_out(severity);
            return;
        }
        let diagnostic = Diagnostic::new(severity, code, message, self.visible_range());
        report.push(Diagnostic { path: self.path(), ..diagnostic });
    }

    /// Reports an error at this value.
    pub(crate) fn error(&self, report: &mut Report, code: Code, message: impl Into<String>) {
        self.say(report, Severity::Error, code, message);
    }

    /// Reports an error at this value that another place belongs to.
    pub(crate) fn error_with(
        &self,
        report: &mut Report,
        code: Code,
        message: impl Into<String>,
        related: Related<TextRange>,
    ) {
        let diagnostic = Diagnostic::new(Severity::Error, code, message, self.visible_range());
        report.push(Diagnostic { path: self.path(), related: vec![related], ..diagnostic });
    }

    /// Reports an error at a field of this value, at the value itself where the field is not there.
    pub(crate) fn field_error(
        &self,
        report: &mut Report,
        field: &'static str,
        code: Code,
        message: impl Into<String>,
    ) {
        let found = self.fields(&mut Report::default(), &schema::UNCHECKED).and_then(|fields| {
            let cursor = fields.get_or_null(field)?;
            Some(cursor.visible_range())
        });
        let diagnostic =
            Diagnostic::new(Severity::Error, code, message, found.unwrap_or_else(|| self.visible_range()));
        report.push(Diagnostic { path: Some(self.path_of(field)), ..diagnostic });
    }

    /// Reports a warning at this value.
    pub(crate) fn warning(&self, report: &mut Report, code: Code, message: impl Into<String>) {
        self.say(report, Severity::Warning, code, message);
    }

    /// Reports that a field of this mapping is absent; the place is the key of the mapping or its first line.
    pub(crate) fn missing(&self, report: &mut Report, field: &str, code: Code, message: impl Into<String>) {
        let diagnostic = Diagnostic::new(Severity::Error, code, message, self.key_or_head());
        report.push(Diagnostic { path: Some(self.path_of(field)), ..diagnostic });
    }

    /// The first entry's key, or the whole value where it is not a mapping.
    pub(crate) fn head(&self) -> TextRange {
        match self.value() {
            Value::Map(entries) => entries.first().map_or_else(|| self.range(), |entry| entry.key_range),
            _ => self.range(),
        }
    }

    /// Whether nothing stands there.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value(), Value::Null)
    }

    /// The fields of a structure; unknown ones are reported, unless the level has none.
    ///
    /// Nothing where a structure may stand is an empty structure, as for the API server.
    pub(crate) fn fields<'b>(&'b self, report: &mut Report, level: &'static Level) -> Option<Fields<'b>> {
        let entries = match self.value() {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => {
                if matches!(self.step, Step::Item(..)) {
                    let message =
                        "this list item is empty, which Kubernetes reads as `{}`: write it out, or remove it";
                    self.warning(report, Code::EmptyItem, message);
                }
                &[]
            }
            other => {
                self.wrong_type(report, Expected::Mapping, other);
                return None;
            }
        };
        if !level.fields.is_empty() {
            for entry in entries {
                if level.field(&entry.key).is_none() {
                    self.unknown_field(report, entry, level, Unknown::of(report));
                }
            }
        }
        Some(Fields { cursor: self, entries })
    }

    /// The fields of an item of `from` or `to` of a cluster-scoped policy, and the first unknown one. An unknown one is
    /// a warning, whatever the options say: the rule fails closed for it.
    pub(crate) fn peer_fields<'b>(
        &'b self,
        report: &mut Report,
        level: &'static Level,
    ) -> Option<(Fields<'b>, Option<Spanned<String>>)> {
        let fields = self.fields(report, &schema::UNCHECKED)?;
        let mut unknown = fields.entries.iter().filter(|entry| level.field(&entry.key).is_none()).peekable();
        let first = unknown.peek().map(|entry| Spanned::new(entry.key.to_string(), entry.key_range));
        for entry in unknown {
            self.unknown_field(report, entry, level, Unknown::FailsClosed);
        }
        Some((fields, first))
    }

    /// Says that there is no such field.
    fn unknown_field(&self, report: &mut Report, entry: &Entry<'_>, level: &'static Level, unknown: Unknown) {
        if report.is_full() {
            report.leave_out(unknown.severity());
            return;
        }
        let key = shorten(&entry.key);
        let message = match (level.misplaced(&entry.key), tight_colon(&entry.key)) {
            (Some(hint), _) => format!("unknown field `{key}`: {hint}"),
            (None, Some(advice)) => format!("unknown field `{key}`: {advice}"),
            (None, None) => match nearest(&entry.key, level.names()) {
                Some(meant) => format!("unknown field `{key}`; did you mean `{meant}`?"),
                None => format!("unknown field `{key}`: {}", level.stray),
            },
        };
        let place = entry.key_range;
        let related = vec![Related { message: unknown.consequence().to_owned(), place }];
        let diagnostic = Diagnostic::new(unknown.severity(), unknown.code(), message, place);
        report.push(Diagnostic { path: Some(self.path_of(&key)), related, ..diagnostic });
        let names = level.fields.iter().map(|field| field.name);
        if level.misplaced(&entry.key).is_none()
            && let Some(meant) = fix::only_nearest(&entry.key, names)
        {
            let written = self.tree.slice(entry.key_range);
            let title = format!("write `{meant}`");
            report.offer(fix::replace(title, entry.key_range, fix::like(written, meant)));
        }
    }

    /// Proposes to write a word in place of this value, in its quotes.
    pub(crate) fn offer_word(&self, report: &mut Report, word: &str) {
        let written = self.source();
        self.offer(report, format!("write `{word}`"), fix::like(written, word));
    }

    /// Proposes to write something in place of this value.
    pub(crate) fn offer(&self, report: &mut Report, title: String, replacement: String) {
        if report.takes_fixes() && self.is_written_here() {
            report.offer(fix::replace(title, self.range(), replacement));
        }
    }

    /// Whether what stands here is all that is meant: no anchor, tag, block scalar, and something at all.
    fn is_written_here(&self) -> bool {
        let written = self.source();
        !written.is_empty() && !written.starts_with(['&', '!', '|', '>', '*'])
    }

    /// What is written here, with its quotes.
    pub(crate) fn source(&self) -> &'a str {
        self.tree.source(self.node)
    }

    /// Where this value begins, and the text that holds it.
    pub(crate) fn text_around(&self) -> (&'a str, usize) {
        (self.tree.text(), self.range().start())
    }

    /// A field's name, quoted where the field that holds this value is.
    pub(crate) fn key_like_others(&self, name: &str) -> String {
        let (Step::Item(Self { key_range, .. }, _) | Step::Field(Self { key_range, .. }, _)) = self.step
        else {
            return name.to_owned();
        };
        let key = self.key_range.or(*key_range).map_or("", |range| self.tree.slice(range));
        if key.starts_with('"') { format!("\"{name}\"") } else { name.to_owned() }
    }

    /// The items of a list.
    pub(crate) fn items<'b>(&'b self, report: &mut Report) -> impl Iterator<Item = Cursor<'b>> + use<'b, 'a> {
        let items = match self.value() {
            Value::List(items) => items.as_slice(),
            Value::Null => &[],
            other => {
                self.wrong_type(report, Expected::List, other);
                &[]
            }
        };
        items.iter().enumerate().map(move |(index, node)| Cursor {
            tree: self.tree,
            node: *node,
            key_range: None,
            step: Step::Item(self, index),
        })
    }

    /// Whether it is an item of a list.
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.step, Step::Item(..))
    }

    /// Whether the value is a list with items.
    pub(crate) fn has_items(&self) -> bool {
        matches!(self.value(), Value::List(items) if !items.is_empty())
    }

    /// The entries of a map with keys of the user's: labels, annotations.
    pub(crate) fn pairs<'b>(
        &'b self,
        report: &mut Report,
    ) -> impl Iterator<Item = (Spanned<&'b str>, Cursor<'b>)> + use<'b, 'a> {
        let entries = match self.value() {
            Value::Map(entries) => entries.as_slice(),
            Value::Null => &[],
            other => {
                self.wrong_type(report, Expected::Mapping, other);
                &[]
            }
        };
        entries.iter().map(move |entry| {
            let cursor = Cursor {
                tree: self.tree,
                node: entry.value,
                key_range: Some(entry.key_range),
                step: Step::Key(self, &entry.key),
            };
            (Spanned::new(entry.key.as_ref(), entry.key_range), cursor)
        })
    }

    /// Text; nothing is the empty text, as for the API server.
    pub(crate) fn text(&self, report: &mut Report) -> Option<&'a str> {
        match self.value() {
            Value::Text(text) => Some(text),
            Value::Null => Some(""),
            other => {
                self.wrong_type(report, Expected::Text, other);
                None
            }
        }
    }

    /// Text and its place.
    pub(crate) fn spanned_text(&self, report: &mut Report) -> Option<Spanned<String>> {
        Some(Spanned::new(self.text(report)?.to_owned(), self.visible_range()))
    }

    /// A whole number; `80.0` and `8e1` are whole to JSON, and so to the API server.
    pub(crate) fn integer(&self, report: &mut Report) -> Option<i64> {
        match self.value() {
            Value::Integer(integer) => Some(*integer),
            Value::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => Some(*float as i64),
            other => {
                self.wrong_type(report, Expected::Number, other);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, report: &mut Report) -> Option<bool> {
        match self.value() {
            Value::Bool(value) => Some(*value),
            other => {
                self.wrong_type(report, Expected::Boolean, other);
                None
            }
        }
    }

    /// The field's name for messages: the last step of the path.
    pub(crate) fn name(&self) -> String {
        match self.step {
            Step::Object => "the object".to_owned(),
            Step::Field(_, name) | Step::Key(_, name) => format!("`{}`", shorten(name)),
            Step::Item(parent, _) => format!("each item of {}", parent.name()),
        }
    }

    /// The value in words, with what is written there.
    pub(crate) fn describe(&self) -> String {
        let source = || shorten(self.tree.source(self.node));
        match self.value() {
            Value::Null => "empty".to_owned(),
            Value::Bool(_) => format!("the boolean `{}`", source()),
            Value::Integer(_) | Value::Float(_) => format!("the number `{}`", source()),
            Value::Text(text) => format!("the text `{}`", shorten(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
            Value::Skipped => "something else".to_owned(),
        }
    }

    fn wrong_type(&self, report: &mut Report, expected: Expected, found: &Value<'_>) {
        if report.is_full() {
            report.leave_out(Severity::Error);
            return;
        }
        let message = format!(
            "{} must be {}, but this is {}{}",
            self.name(),
            expected.article(),
            self.describe(),
            expected.advice(found, self)
        );
        self.error(report, Code::WrongType, message);
        if self.is_written_here()
            && let Some(fix) = self.right_type(expected, found)
        {
            report.offer(fix);
        }
    }

    /// How to write a value of one type as another, where that can be meant in one way only.
    fn right_type(&self, expected: Expected, found: &Value<'_>) -> Option<Fix> {
        let (range, written) = (self.range(), self.source());
        let replace = |title: String, text: String| Some(fix::replace(title, range, text));
        match (expected, found) {
            (Expected::Text, Value::Bool(_) | Value::Integer(_) | Value::Float(_)) => {
                let quoted = format!("\"{written}\"");
                replace(format!("write `{quoted}`"), quoted)
            }
            (Expected::Number | Expected::Boolean, Value::Text(text)) if reads_as(expected, text) => {
                replace(format!("write `{}`", shorten(text)), text.clone().into_owned())
            }
            (Expected::List, Value::Integer(_)) if matches!(self.step, Step::Field(_, "ports")) => {
                let item = format!("[{{{}: {written}}}]", self.key_like_others("port"));
                replace(format!("write `{item}`"), item)
            }
            (Expected::List, Value::Text(text)) if is_simple(text) => {
                replace(format!("write `[{text}]`"), format!("[{written}]"))
            }
            (Expected::List, Value::Map(entries)) if !entries.is_empty() => {
                let title = "make it the only item of a list".to_owned();
                if written.starts_with('{') {
                    return replace(title, format!("[{written}]"));
                }
                Some(Fix { title, edits: fix::as_item(self.tree.text(), range)? })
            }
            (Expected::Mapping, Value::List(items)) => {
                let [item] = items.as_slice() else { return None };
                let inner = self.tree.range(*item);
                let cut = |start, end| Edit { range: TextRange::new(start, end), replacement: String::new() };
                let is_inside = written.starts_with('[') && range.contains(inner);
                let edits = vec![cut(range.start(), inner.start()), cut(inner.end(), range.end())];
                is_inside.then(|| Fix { title: "write the only item without the brackets".to_owned(), edits })
            }
            _ => None,
        }
    }
}

/// What follows from a field that there is not.
#[derive(Clone, Copy, Debug)]
enum Unknown {
    Refused,
    Dropped,
    FailsClosed,
    NotRun,
}

impl Unknown {
    fn of(report: &Report) -> Self {
        match report.options.unknown_fields {
            _ if report.in_test => Self::NotRun,
            UnknownFields::Refuse => Self::Refused,
            UnknownFields::Drop => Self::Dropped,
        }
    }

    fn severity(self) -> Severity {
        match self {
            Self::Refused | Self::NotRun => Severity::Error,
            Self::Dropped | Self::FailsClosed => Severity::Warning,
        }
    }

    fn code(self) -> Code {
        match self {
            Self::Refused | Self::Dropped | Self::NotRun => Code::UnknownField,
            Self::FailsClosed => Code::UnknownPeerField,
        }
    }

    fn consequence(self) -> &'static str {
        match self {
            Self::Refused => {
                "`kubectl apply` refuses the object for it; with the option `unknownFields: drop` only the field is lost"
            }
            Self::Dropped => {
                "the field is dropped, and the object counts without it; `kubectl apply` refuses it"
            }
            Self::NotRun => "a test with a mistake in it is not run, and counts as failed",
            Self::FailsClosed => {
                "`kubectl apply` refuses the object for it (strict validation); where a newer definition has the field and the \
                 plugin does not know it, the rule fails closed, and so it does here: one that allows matches nothing, one \
                 that denies or passes denies everything"
            }
        }
    }
}

/// Whether a text can stand between brackets as it stands elsewhere.
fn is_simple(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 80
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte))
}

impl<'a> Fields<'a> {
    /// A field that is there and not null.
    pub(crate) fn get(&self, name: &'static str) -> Option<Cursor<'a>> {
        self.get_or_null(name).filter(|cursor| !cursor.is_null())
    }

    /// A field that is there, even with nothing behind the colon.
    pub(crate) fn get_or_null(&self, name: &'static str) -> Option<Cursor<'a>> {
        let entry = self.entries.iter().find(|entry| entry.key == name)?;
        Some(Cursor {
            tree: self.cursor.tree,
            node: entry.value,
            key_range: Some(entry.key_range),
            step: Step::Field(self.cursor, name),
        })
    }

    /// Whether nothing is written behind a field of this mapping.
    pub(crate) fn is_last(&self, field: &Cursor<'_>) -> bool {
        self.entries.iter().all(|entry| Some(entry.key_range) <= field.key_range)
    }

    /// The mapping.
    pub(crate) fn cursor(&self) -> &'a Cursor<'a> {
        self.cursor
    }
}

/// What a field takes.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Mapping,
    List,
    Text,
    Number,
    Boolean,
}

impl Expected {
    fn article(self) -> &'static str {
        match self {
            Self::Mapping => "a mapping",
            Self::List => "a list",
            Self::Text => "text",
            Self::Number => "a whole number",
            Self::Boolean => "`true` or `false`",
        }
    }

    /// What to write instead.
    fn advice(self, found: &Value<'_>, cursor: &Cursor<'_>) -> String {
        match (self, found) {
            (Self::Text, Value::Bool(_) | Value::Integer(_) | Value::Float(_)) => {
                ": put it in quotes".to_owned()
            }
            (Self::Number | Self::Boolean, Value::Text(text)) if reads_as(self, text) => {
                ": remove the quotes".to_owned()
            }
            (Self::Mapping, Value::Text(text)) => match tight_colon(text) {
                Some(advice) => format!(": {advice}"),
                None => ": write `key: value` lines below it".to_owned(),
            },
            (Self::Mapping, Value::List(_)) => ": remove the `- `".to_owned(),
            (Self::List, Value::Map(entries)) if entries.is_empty() => {
                ": write `[]` for an empty list, or `[{}]` for a list of one empty item".to_owned()
            }
            (Self::List, _) => match cursor.step {
                Step::Field(_, name) => format!(": begin each item below `{name}:` with `- `"),
                _ => ": begin each item with `- `".to_owned(),
            },
            _ => String::new(),
        }
    }
}

/// What to write for `app:web`, where `app: web` is meant.
fn tight_colon(text: &str) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let tight =
        !key.is_empty() && !key.contains(char::is_whitespace) && !value.is_empty() && !value.starts_with(' ');
    tight
        .then(|| format!("a space is missing behind the colon, write `{}: {}`", shorten(key), shorten(value)))
}

fn reads_as(expected: Expected, text: &str) -> bool {
    match expected {
        Expected::Number => text.parse::<i64>().is_ok(),
        Expected::Boolean => matches!(text, "true" | "false"),
        Expected::Mapping | Expected::List | Expected::Text => false,
    }
}
