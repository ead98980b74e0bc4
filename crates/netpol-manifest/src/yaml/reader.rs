//! Parser events to a tree.

use std::borrow::Cow;

use netpol_source::{Code, TextRange};
use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::builder::{Broken, Builder};
use super::offsets::Offsets;
use super::shape::{Shape, Whole};
use super::tree::{Parsed, Value};
use super::{block, control, flow, json, scalar, separator, syntax};
use crate::document::Limits;
use crate::fix::MOST_EDITS;
use crate::report::shorten;

/// Reads one document.
///
/// JSON is YAML, but for pairs of surrogates in its escapes; it also takes less time and memory when read as what it
/// is. Text that is not JSON throughout is read as YAML, with YAML's messages.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    parse_within(text, Limits::default().aliases, None)
}

/// The same, with a limit for what all aliases together may stand for; of what a shape does not want only that it is
/// there, unless the text needs a closer look.
pub(crate) fn parse_within<'t>(
    text: &'t str,
    most_aliased: u64,
    shape: Option<&mut dyn Shape>,
) -> Parsed<'t> {
    let quickly = |shape: &mut dyn Shape| {
        let json = json::parse(text, shape);
        json.or_else(|| {
            let tree = block::parse(text, most_aliased, shape)?;
            Some(Parsed { tree, broken: None })
        })
    };
    if let Some(parsed) = shape.and_then(quickly).or_else(|| quickly(&mut Whole)) {
        return parsed;
    }
    thoroughly(text, most_aliased)
}

/// Reads a document with the parser.
pub(super) fn thoroughly(text: &str, most_aliased: u64) -> Parsed<'_> {
    let mut whole = Whole;
    let builder = Builder::new(text, most_aliased, &mut whole);
    let mut reader = Reader { text, offsets: Offsets::new(text), builder };
    let end = separator::end(text).unwrap_or(text.len());
    let document = text.get(..end).unwrap_or(text);
    let control: Vec<TextRange> = control::all(document).take(MOST_EDITS).collect();
    // Nothing of its line is taken for whole.
    let before = control.first().and_then(|first| document.get(..first.start()));
    let end_of = |before: &str| before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let readable = before.and_then(|before| before.get(..end_of(before))).unwrap_or(document);
    let broken = match flow::oversized(text) {
        Some(at) => Some(syntax::large_collection(TextRange::new(at, at + 1))),
        None => reader.run(Parser::new_from_str(readable)).err(),
    };
    let broken = syntax::control_characters(&control).or(broken);
    let broken = separator::refused(text).or(broken.map(|broken| *broken));
    let mut tree = reader.builder.finish();
    tree.mistakes.extend(separator::lost(text, end));
    Parsed { tree, broken }
}

struct Reader<'t, 's> {
    text: &'t str,
    offsets: Offsets<'t>,
    builder: Builder<'t, 's>,
}

impl<'t> Reader<'t, '_> {
    fn run(&mut self, parser: Parser<'t, saphyr_parser::StrInput<'t>>) -> Result<(), Broken> {
        let mut documents = 0;
        for event in parser {
            let (event, span) = event.map_err(|error| {
                Box::new(syntax::explain(self.text, &self.offsets, &error, self.builder.open_bracket()))
            })?;
            let start = self.byte(span.start.index());
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(syntax::second_document(TextRange::new(start, self.text.len())));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    self.scalar(text, style, anchor, tag.as_deref(), span)?
                }
                Event::Alias(anchor) => {
                    self.builder.alias(anchor, TextRange::new(start, self.byte(span.end.index())))?;
                }
                Event::SequenceStart(anchor, _) => self
                    .builder
                    .begin_list(if span.is_empty() { self.list_start(start) } else { start }, anchor)?,
                Event::MappingStart(anchor, _) => self.builder.begin_map(start, anchor)?,
                Event::SequenceEnd | Event::MappingEnd => {
                    let bracket =
                        !span.is_empty() && matches!(self.text.as_bytes().get(start), Some(b']' | b'}'));
                    self.builder.end(bracket.then(|| TextRange::new(start, start + 1)))?;
                }
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn byte(&self, character: usize) -> usize {
        self.offsets.byte(character)
    }

    /// Where a list begins. The parser gives the first item for a list that is indented no further than its key.
    fn list_start(&self, start: usize) -> usize {
        if !self.builder.at_value() || matches!(self.text.as_bytes().get(start), Some(b'&' | b'!')) {
            return start;
        }
        // Below a key, the first `-` begins its line.
        let line = self
            .text
            .get(..start)
            .and_then(|before| before.rfind(['\n', '\r']))
            .map_or(0, |newline| newline + 1);
        let before = self.text.get(line..start).unwrap_or_default();
        let dash = before.len() - before.trim_start_matches(' ').len();
        if before.get(dash..).is_some_and(|rest| rest.starts_with('-')) { line + dash } else { start }
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
        let is_plain = style == ScalarStyle::Plain && tag.is_none();
        if is_plain && text.starts_with(':') && self.builder.open_bracket().is_some() {
            return Err(syntax::stray_colon(range));
        }
        let merge = is_plain && text == "<<";
        let value = match tag {
            Some(tag) if tag.is_yaml_core_schema() => {
                scalar::tagged(&tag.suffix, text).unwrap_or_else(|scalar::TagMismatch| {
                    let message = format!(
                        "this value is not what its tag `!!{}` says: change one of them",
                        shorten(&tag.suffix)
                    );
                    self.builder.mistake(Code::InvalidTag, message, range);
                    Value::Null
                })
            }
            // `!` and tags of other vocabularies leave the text as it is.
            Some(_) => Value::Text(text),
            None if style == ScalarStyle::Plain => scalar::resolve(text),
            None => Value::Text(text),
        };
        self.builder.scalar(value, range, anchor, merge)
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
