//! JSON, read as what it is (RFC 8259).

use std::borrow::Cow;

use netpol_source::TextRange;

use super::builder::{Broken, Builder};
use super::scalar;
use super::shape::Shape;
use super::tree::{Parsed, Value};
use crate::document::Limits;

/// What there is in a text that is one JSON object and nothing else, or is one up to where there is too much of it;
/// `None` for any other text, and where more than is wanted must be known.
pub(super) fn parse<'t>(text: &'t str, shape: &mut dyn Shape) -> Option<Parsed<'t>> {
    if !text.trim_start_matches(is_space).starts_with('{') {
        return None;
    }
    let builder = Builder::new(text, Limits::default().aliases, shape);
    let mut scanner = Scanner { text, at: 0, builder, open: Vec::new(), broken: None };
    let is_whole = scanner.document().is_some();
    if !is_whole && scanner.broken.is_none() || scanner.builder.is_unclear() {
        return None;
    }
    Some(Parsed { tree: scanner.builder.finish(), broken: scanner.broken.map(|broken| *broken) })
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    Square,
    Curly,
}

struct Scanner<'t, 's> {
    text: &'t str,
    at: usize,
    builder: Builder<'t, 's>,
    open: Vec<Bracket>,
    /// What there is too much of.
    broken: Option<Broken>,
}

impl<'t> Scanner<'t, '_> {
    fn document(&mut self) -> Option<()> {
        self.value()?;
        while let Some(bracket) = self.open.last().copied() {
            match (self.next()?, bracket) {
                (b',', Bracket::Square) => self.value()?,
                (b',', Bracket::Curly) => self.entry()?,
                (b']', Bracket::Square) | (b'}', Bracket::Curly) => self.end()?,
                _ => return None,
            }
        }
        self.peek().is_none().then_some(())
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// The same, stepped over.
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// A value; of a list or object, the beginning.
    fn value(&mut self) -> Option<()> {
        loop {
            let first = self.peek()?;
            let start = self.at;
            match first {
                b'{' => {
                    self.at += 1;
                    let begun = self.builder.begin_map(start, 0);
                    self.take(begun)?;
                    self.open.push(Bracket::Curly);
                    return if self.peek()? == b'}' { self.empty() } else { self.entry() };
                }
                b'[' => {
                    self.at += 1;
                    let begun = self.builder.begin_list(start, 0);
                    self.take(begun)?;
                    self.open.push(Bracket::Square);
                    if self.peek()? == b']' {
                        return self.empty();
                    }
                }
                b'"' => {
                    let text = self.string()?;
                    return self.scalar(Value::Text(text), start);
                }
                _ => return self.word(),
            }
        }
    }

    /// Stops where there is too much.
    fn take(&mut self, taken: Result<(), Broken>) -> Option<()> {
        taken.map_err(|broken| self.broken = Some(broken)).ok()
    }

    fn empty(&mut self) -> Option<()> {
        self.at += 1;
        self.end()
    }

    /// The bracket just read closes what is open.
    fn end(&mut self) -> Option<()> {
        self.open.pop();
        let ended = self.builder.end(Some(TextRange::new(self.at - 1, self.at)));
        self.take(ended)
    }

    /// `"key": value`
    fn entry(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at;
        let key = self.string()?;
        self.scalar(Value::Text(key), start)?;
        if self.next()? != b':' {
            return None;
        }
        // Recursion ends here: `value` comes back to `entry` once a level, and levels are limited.
        self.value()
    }

    /// `true`, `null` or a number.
    fn word(&mut self) -> Option<()> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let length = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter));
        let word = rest.get(..length.unwrap_or(rest.len()))?;
        self.at += word.len();
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ if is_number(word) => scalar::resolve(Cow::Borrowed(word)),
            _ => return None,
        };
        self.scalar(value, start)
    }

    /// A key or a value that ends here.
    fn scalar(&mut self, value: Value<'t>, start: usize) -> Option<()> {
        let taken = self.builder.scalar(value, TextRange::new(start, self.at), 0, false);
        self.take(taken)
    }

    /// A string, from its opening quote on.
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at + 1;
        let mut from = start;
        let mut unescaped: Option<String> = None;
        let mut at = start;
        loop {
            let byte = *self.text.as_bytes().get(at)?;
            match byte {
                b'"' => {
                    self.at = at + 1;
                    let last = self.text.get(from..at)?;
                    return Some(match unescaped {
                        Some(mut text) => {
                            text.push_str(last);
                            Cow::Owned(text)
                        }
                        None => Cow::Borrowed(last),
                    });
                }
                b'\\' => {
                    let text = unescaped.get_or_insert_default();
                    text.push_str(self.text.get(from..at)?);
                    let (letter, length) = escape(self.text.get(at + 1..)?)?;
                    text.push(letter);
                    at += 1 + length;
                    from = at;
                }
                0..0x20 => return None,
                _ => at += 1,
            }
        }
    }
}

/// The character that stands behind a backslash, and how many bytes say so. Half a surrogate pair becomes the
/// replacement character, as for the API server.
fn escape(text: &str) -> Option<(char, usize)> {
    let letter = match text.bytes().next()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = code_unit(text)?;
            if let Some(letter) = char::from_u32(first) {
                return Some((letter, 5));
            }
            let second = text.get(5..).and_then(|rest| rest.strip_prefix('\\')).and_then(code_unit);
            return Some(match second {
                Some(second) if first < 0xdc00 && (0xdc00..0xe000).contains(&second) => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 11)
                }
                _ => (char::REPLACEMENT_CHARACTER, 5),
            });
        }
        _ => return None,
    };
    Some((letter, 1))
}

/// `u12ab`
fn code_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let whole = unsigned.split(['.', 'e', 'E']).next().unwrap_or_default();
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    !whole.is_empty()
        && whole.bytes().all(|byte| byte.is_ascii_digit())
        && !leading_zero
        && !word.ends_with('.')
        && matches!(scalar::resolve(Cow::Borrowed(word)), Value::Integer(_) | Value::Float(_))
}

#[cfg(test)]
mod tests {
    use super::super::shape::Whole;
    use super::*;

    fn only_value(text: &str) -> Option<String> {
        let tree = parse(text, &mut Whole)?.tree;
        let Value::Map(entries) = tree.value(tree.root()?) else { return None };
        let entry = entries.first()?;
        Some(format!("{:?} {}", tree.value(entry.value), tree.source(entry.value)))
    }

    #[test]
    fn values() {
        for (text, value) in [
            ("\n{ \"a\" : true }\n", "Bool(true) true"),
            ("{\"a\":-1.5e3}", "Float(-1500.0) -1.5e3"),
            ("{\"a\":null}", "Null null"),
            ("{\"a\":\"yes\"}", "Text(\"yes\") \"yes\""),
            (r#"{"a":"x\/\u00e9\n\ud83d\ude00"}"#, r#"Text("x/é\n😀") "x\/\u00e9\n\ud83d\ude00""#),
            (r#"{"a":"\ud83d!"}"#, "Text(\"\u{fffd}!\") \"\\ud83d!\""),
            (r#"{"a":"\ude00\ud83d\u0041"}"#, "Text(\"\u{fffd}\u{fffd}A\") \"\\ude00\\ud83d\\u0041\""),
        ] {
            assert_eq!(only_value(text).as_deref(), Some(value), "{text}");
        }
        assert!(only_value("{\"a\":{\"b\":[1,[],{}]}}").unwrap().ends_with("{\"b\":[1,[],{}]}"));
    }

    #[test]
    fn anything_else_is_left_to_yaml() {
        for text in [
            "",
            "[1]",
            "a: 1",
            "{",
            "{}}",
            "{a: 1}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\":[1}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":1.}",
            "{\"a\":yes}",
            "{\"a\":'b'}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\u12g4\"}",
            "{\"a\":\"\\u+123\"}",
            "{\"a\":\"",
            "{\"a\":1} # c",
        ] {
            assert!(parse(text, &mut Whole).is_none(), "{text}");
        }
    }
}
