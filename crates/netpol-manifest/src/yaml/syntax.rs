//! What is wrong with a text that is not YAML, in words that help.

use netpol_source::{Code, Diagnostic, Edit, Fix, Related, Severity, TextRange};
use saphyr_parser::ScanError;

use super::offsets::Offsets;
use super::separator;
use crate::fix;
use crate::report::shorten;

fn broken(code: Code, message: impl Into<String>, place: TextRange) -> Box<Diagnostic<TextRange>> {
    Box::new(Diagnostic::new(Severity::Error, code, message, place))
}

/// Too many levels of lists and mappings.
pub(super) fn too_deep(place: TextRange) -> Box<Diagnostic<TextRange>> {
    broken(Code::TooDeep, "nested too deeply: no Kubernetes object goes down this many levels", place)
}

/// Too many values.
pub(super) fn too_large(place: TextRange, most: usize) -> Box<Diagnostic<TextRange>> {
    let message = format!("this document holds more than {most} values: split it with `---` lines");
    broken(Code::TooLarge, message, place)
}

/// A bracketed collection that is no JSON and too large for the parser.
pub(super) fn large_collection(place: TextRange) -> Box<Diagnostic<TextRange>> {
    let message =
        "what this bracket opens is too large, and not valid JSON: write it as block YAML, or mend the JSON";
    broken(Code::TooLarge, message, place)
}

/// Aliases of aliases of aliases; `with_others` where they would be few enough if there were no other documents.
pub(super) fn too_many_aliases(place: TextRange, with_others: bool) -> Box<Diagnostic<TextRange>> {
    let message = if with_others {
        "the aliases of this document and of those above stand for too much text: write the values out"
    } else {
        "the aliases of this document stand for too much text: write the values out"
    };
    broken(Code::AliasExpansion, message, place)
}

/// `&a [*a]`
pub(super) fn recursive_alias(place: TextRange) -> Box<Diagnostic<TextRange>> {
    broken(Code::RecursiveAlias, "this alias stands for a value that contains it: write the value out", place)
}

/// `{{ .Values.name }}`
pub(crate) fn template(place: TextRange) -> Box<Diagnostic<TextRange>> {
    let message = "`{{` belongs to a template, not to a manifest: render it first, for instance with `helm template \
                   ./chart > all.yaml`, and put in what comes of it";
    broken(Code::YamlTemplate, message, place)
}

/// Something behind the end of the document.
pub(super) fn second_document(place: TextRange) -> Box<Diagnostic<TextRange>> {
    broken(Code::YamlSyntax, "a second document begins here: separate documents with a line `---`", place)
}

/// Some that may not stand in YAML, and that no editor shows.
pub(super) fn control_characters(places: &[TextRange]) -> Option<Box<Diagnostic<TextRange>>> {
    let (first, more) = places.split_first()?;
    let (message, title) = match more {
        [] => (
            "this control character may not stand in YAML, and `kubectl` refuses the document: remove it",
            "remove it",
        ),
        _ => (
            "control characters may not stand in YAML, and `kubectl` refuses the document: remove them",
            "remove them",
        ),
    };
    let edits = places.iter().map(|place| Edit { range: *place, replacement: String::new() }).collect();
    let fixes = vec![Fix { title: title.to_owned(), edits }];
    Some(Box::new(Diagnostic { fixes, ..error_at(Code::YamlSyntax, message, *first) }))
}

/// `{:a b}`: between brackets, a colon begins no text for the parser that `kubectl` uses.
pub(super) fn stray_colon(place: TextRange) -> Box<Diagnostic<TextRange>> {
    let message =
        "between brackets, nothing may begin with a colon: quote it, or write the key before the colon";
    broken(Code::YamlSyntax, message, place)
}

/// A line of the text.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn around(text: &'t str, at: usize) -> Self {
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let rest = text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        Self { start, text: line.trim_end_matches('\r') }
    }

    /// The nearest line above that holds more than white space and comments.
    fn above(self, text: &'t str) -> Option<Self> {
        let mut line = self;
        while let Some(end) = line.start.checked_sub(1) {
            line = Self::around(text, end);
            let content = line.text.trim();
            if !content.is_empty() && !content.starts_with('#') {
                return Some(line);
            }
        }
        None
    }

    /// The line after this one.
    fn below(self, text: &'t str) -> Option<Self> {
        let newline = text.get(self.start..)?.find('\n')?;
        Some(Self::around(text, self.start + newline + 1))
    }

    /// Where a template's action begins.
    fn template(self) -> Option<TextRange> {
        let at = self.text.find("{{")?;
        Some(TextRange::new(self.start + at, self.start + self.text.trim_end().len()))
    }

    /// A word that ends in `---`, where another document seems to begin below it.
    fn glued(self, text: &'t str) -> Option<TextRange> {
        let end = self.start + self.text.trim_end().len();
        let word = separator::glued(self.text)?;
        let below = self.below(text)?.text;
        let begins = below.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '#');
        begins.then(|| TextRange::new(end - word.len(), end))
    }

    fn indentation(self) -> usize {
        self.text.len() - self.text.trim_start().len()
    }

    /// The line without its indentation.
    fn range(self) -> TextRange {
        let start = self.start + self.indentation();
        TextRange::new(start, start + self.text.trim().len())
    }

    /// Where a tab stands among the indentation.
    fn tab(self) -> Option<TextRange> {
        let at = self.text.get(..self.indentation())?.find('\t')?;
        (!self.text.trim().is_empty()).then(|| TextRange::new(self.start + at, self.start + at + 1))
    }

    /// `app:web`, where `app: web` is meant: where the colon stands, and the two words.
    fn tight_colon(self) -> Option<(TextRange, &'t str, &'t str)> {
        let content = self.text.trim_start().trim_start_matches("- ").trim_start();
        let offset = self.text.len() - content.len();
        let colon = content.find(':')?;
        let (key, value) = (content.get(..colon)?, content.get(colon + 1..)?.trim_end());
        let is_key = !key.is_empty()
            && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte));
        let tight =
            is_key && !value.is_empty() && !value.starts_with([' ', '\t', ':', '/']) && !value.contains(": ");
        tight.then(|| {
            (TextRange::new(self.start + offset, self.start + self.text.trim_end().len()), key, value)
        })
    }

    /// `podSelector`, where `podSelector:` is meant.
    fn bare_word(self) -> Option<&'t str> {
        let content = self.text.trim();
        let word = !content.is_empty() && content.bytes().all(|byte| byte.is_ascii_alphanumeric());
        word.then_some(content)
    }

    fn is_item(self) -> bool {
        let content = self.text.trim();
        content == "-" || content.starts_with("- ")
    }

    fn has_key(self) -> bool {
        let content = self.text.trim();
        content.ends_with(':') || content.contains(": ")
    }

    fn has_value(self) -> bool {
        let content = self.text.trim_end();
        !content.ends_with(':') && content.contains(": ")
    }
}

/// Says what the parser did not like, and what the commonest cause is.
///
/// `bracket` is the bracket that is open where the parser stopped.
pub(super) fn explain(
    text: &str,
    offsets: &Offsets<'_>,
    error: &ScanError,
    bracket: Option<TextRange>,
) -> Diagnostic<TextRange> {
    let at = offsets.byte(error.marker().index());
    let mut line = Line::around(text, at);
    if line.text.trim().is_empty() {
        line = line.above(text).unwrap_or(line);
    }
    // From the place to the end of the line, or the whole line where the parser stopped at its end.
    let rest = text.get(at..line.start + line.text.len()).unwrap_or_default();
    let place =
        if rest.trim().is_empty() { line.range() } else { TextRange::new(at, at + rest.trim_end().len()) };
    let info = error.info();
    if info == "recursion limit exceeded" {
        return *too_deep(TextRange::new(at, at + 1));
    }
    let above = line.above(text);
    if let Some(found) = line.template().or_else(|| above.and_then(Line::template)) {
        return *template(found);
    }
    if let Some(tab) =
        line.tab().or_else(|| above.and_then(Line::tab)).or_else(|| line.below(text).and_then(Line::tab))
    {
        return error_at(Code::YamlTab, "YAML does not allow tabs as indentation: use spaces", tab);
    }
    if let Some(word) = [Some(line), above].into_iter().flatten().find_map(|line| line.glued(text)) {
        let message =
            "`---` separates documents only at the beginning of a line: put it on a line of its own";
        let place = TextRange::new(word.end() - 3, word.end());
        return Diagnostic {
            fixes: vec![separator::part(word)],
            ..error_at(Code::YamlSyntax, message, place)
        };
    }
    if let Some(bracket) = bracket
        && (info.contains("expected ',' or")
            || info.contains("expected node content") && rest.trim().is_empty())
    {
        return unclosed(text, bracket, place, line);
    }
    let Cause { message, place, instead } = cause(text, info, at, line, place);
    let fixes = instead.map(|instead| fix::replace(format!("write `{}`", shorten(&instead)), place, instead));
    Diagnostic { fixes: fixes.into_iter().collect(), ..error_at(Code::YamlSyntax, message, place) }
}

/// What the matter is.
#[derive(Debug)]
struct Cause {
    message: String,
    place: TextRange,
    /// What to write at the place, where that is certain.
    instead: Option<String>,
}

impl From<(String, TextRange)> for Cause {
    fn from((message, place): (String, TextRange)) -> Self {
        Self { message, place, instead: None }
    }
}

/// `key:value`, where `key: value` is meant.
fn without_space((place, key, value): (TextRange, &str, &str)) -> Cause {
    Cause { message: tight(key, value), place, instead: Some(format!("{key}: {value}")) }
}

/// `word`, where `word:` is meant.
fn without_colon(word: &str, place: TextRange) -> Cause {
    let message = format!("`{word}` has no colon behind it: write `{word}:`");
    Cause { message, place, instead: Some(format!("{word}:")) }
}

fn error_at(code: Code, message: impl Into<String>, place: TextRange) -> Diagnostic<TextRange> {
    Diagnostic::new(Severity::Error, code, message, place)
}

/// A bracket that is not closed, or a comma that is missing in it.
fn unclosed(text: &str, bracket: TextRange, place: TextRange, line: Line<'_>) -> Diagnostic<TextRange> {
    let (open, close) =
        if text.as_bytes().get(bracket.start()) == Some(&b'{') { ('{', '}') } else { ('[', ']') };
    let message = format!("this `{open}` is not closed with `{close}`, or a comma is missing behind it");
    let related = |message: &str, place| vec![Related { message: message.to_owned(), place }];
    // Where nothing follows, or only what belongs to later lines, the bracket itself is what to look at.
    let at_end = text.get(line.start + line.text.len()..).is_none_or(|rest| rest.trim().is_empty());
    if bracket.start() < line.start || at_end && place == line.range() {
        let related = related("the bracket is still open here", place);
        return Diagnostic { related, ..error_at(Code::YamlSyntax, message, bracket) };
    }
    let message =
        format!("expected `,` or `{close}` here: close the `{open}`, or separate its entries with commas");
    Diagnostic {
        related: related("the bracket is opened here", bracket),
        ..error_at(Code::YamlSyntax, message, place)
    }
}

/// The message and place for what the parser says.
fn cause(text: &str, info: &str, at: usize, line: Line<'_>, place: TextRange) -> Cause {
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    if info.contains("mapping values are not allowed") {
        return unexpected_colon(text, at, line);
    }
    if info.contains("simple key expect") || info.contains("expected key") {
        return missing_colon(text, line, place);
    }
    let message = if info.contains("quoted scalar")
        && (info.contains("unexpected") || info.contains("indentation"))
    {
        "this quote is not closed: add the closing quote".to_owned()
    } else if info.contains("byte order mark") {
        "this character may not stand in YAML: remove it".to_owned()
    } else if info.contains("invalid trailing content after") {
        "nothing may follow the closing quote: quote the whole value, or double the quotes inside it"
            .to_owned()
    } else if info.contains("expected ',' or") {
        "a bracket is not closed, or a comma is missing".to_owned()
    } else if info.contains("misplaced bracket") {
        "this bracket closes nothing: remove it, or open one before".to_owned()
    } else if info.contains("expected node content") {
        let closing = character.filter(|letter| "]},".contains(*letter));
        match closing {
            Some(letter) => format!("a value is missing before `{letter}`"),
            None => "a value is missing here: a `{` or `[` may not be closed".to_owned(),
        }
    } else if info.contains("block sequence entries are not allowed")
        || info.contains("only valid inside a block")
    {
        "a list item cannot begin here: put each `- ` on a line of its own, below its key".to_owned()
    } else if info.contains("directive") || info.contains("TAG") {
        "a line that begins with `%` is a YAML directive, and this one is not known: remove it".to_owned()
    } else if info.contains("unexpected character") || info.contains("unexpected end of plain scalar") {
        match character.filter(|letter| !letter.is_whitespace() && !letter.is_control() && *letter != '`') {
            Some(letter) => format!("a value cannot begin with `{letter}`: put it in quotes"),
            None => "a value cannot begin with this character: put it in quotes".to_owned(),
        }
    } else if info.contains("unknown anchor") {
        let word = text
            .get(at..)
            .unwrap_or_default()
            .split([' ', ',', '\r', '\n', ']', '}'])
            .next()
            .unwrap_or_default();
        let word = shorten(word);
        format!(
            "`{word}` refers to an anchor that is not set above in this document, and anchors do not cross `---`: write \
             the value out, or set the anchor here; if it is meant as text, put it in quotes"
        )
    } else if info.contains("unknown escape") || info.contains("hexadecimal") || info.contains("escape code")
    {
        "a backslash in double quotes begins an escape, and this one is not known: write `\\\\`, or use single quotes"
            .to_owned()
    } else if info.contains("expected <document start>") {
        "this line does not continue what stands above: check its indentation, or separate documents with `---`"
            .to_owned()
    } else if info.contains("comment intercepting") {
        "a comment cannot stand inside a text of several lines: remove it, or quote the text".to_owned()
    } else if info.contains("tab") {
        "YAML does not allow a tab here: use spaces".to_owned()
    } else if info.contains("tag") || info.contains("handle") {
        "`!` begins a YAML tag, and this one is not known: put the value in quotes".to_owned()
    } else if info.contains("anchor or alias") {
        "`&` and `*` begin an anchor or an alias: put the value in quotes".to_owned()
    } else if info.contains("block scalar") {
        "the text below `|` or `>` must be indented evenly, further than its key".to_owned()
    } else if info.contains("indentation") || info.contains("expected '-' indicator") {
        "the indentation does not fit any line above: line this up with its siblings".to_owned()
    } else {
        format!("this is not valid YAML ({})", shorten(info))
    };
    (message, place).into()
}

/// `a: b: c`, or a key below a line that has a value already.
fn unexpected_colon(text: &str, at: usize, line: Line<'_>) -> Cause {
    let above = line.above(text);
    if let Some(found) = line.tight_colon().or_else(|| above.and_then(Line::tight_colon)) {
        return without_space(found);
    }
    let before = text.get(line.start..at).unwrap_or_default();
    if before.contains(": ") {
        let message =
            "a value cannot hold `: ` without quotes: quote the value, or put the inner key on its own line";
        return (message.to_owned(), line.range()).into();
    }
    if let Some(above) = above {
        if let Some(word) = above.bare_word() {
            return without_colon(word, above.range());
        }
        if above.has_value() && line.indentation() > above.indentation() {
            let message =
                "this line is indented further than the one above, which has a value already: line them up";
            return (message.to_owned(), line.range()).into();
        }
    }
    (
        "a key cannot stand here: check the indentation, and the colon and quotes of the line above"
            .to_owned(),
        line.range(),
    )
        .into()
}

/// A line among `key: value` lines that is not one.
fn missing_colon(text: &str, line: Line<'_>, place: TextRange) -> Cause {
    if line.is_item() {
        let message =
            "a list item cannot stand beside `key: value` lines: put it below the key that it belongs to";
        return (message.to_owned(), line.range()).into();
    }
    let candidates = [Some(line), line.above(text)];
    for candidate in candidates.into_iter().flatten() {
        if let Some(found) = candidate.tight_colon() {
            return without_space(found);
        }
        if let Some(word) = candidate.bare_word() {
            return without_colon(word, candidate.range());
        }
    }
    if line.has_key() {
        let message = "the indentation does not fit any line above: line this up with its siblings";
        return (message.to_owned(), line.range()).into();
    }
    ("expected `key: value` here: check the colon, the space behind it and the indentation".to_owned(), place)
        .into()
}

fn tight(key: &str, value: &str) -> String {
    let (key, value) = (shorten(key), shorten(value));
    format!("a space is missing behind the colon: write `{key}: {value}`")
}
