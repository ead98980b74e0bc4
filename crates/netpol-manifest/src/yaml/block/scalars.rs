//! Scalars: unquoted, in quotes, and of lines below `|`.

use std::borrow::Cow;

use netpol_source::TextRange;

use super::{Behind, Scanner, Value};
use crate::yaml::scalar;

/// Whether a byte means nothing wherever it stands within an unquoted scalar.
fn is_letter(byte: u8) -> bool {
    byte > b'#' && byte != b':' && byte != 0x7f
}

impl<'t> Scanner<'t, '_> {
    /// An unquoted scalar on one line: where it ends, and what follows; goes to the colon or the end of the line.
    pub(super) fn plain(&mut self, start: usize) -> Option<(usize, Behind)> {
        let first = self.byte(start)?;
        let second = self.byte(start + 1);
        let is_indicator = match first {
            b'-' | b'?' | b':' => matches!(second, None | Some(b' ' | b'\n' | b'\t')),
            b',' | b']' | b'}' | b'#' | b'&' | b'*' | b'!' | b'>' | b'%' | b'@' | b'`' => true,
            _ => first <= b' ',
        };
        if is_indicator {
            return None;
        }
        self.continuation(start)
    }

    /// An unquoted value, which may go on in the lines below.
    pub(super) fn plain_value(&mut self, start: usize, end: usize, behind: Behind) -> Option<()> {
        let parent = self.parent_column();
        let mut text: Option<String> = None;
        let mut last = end;
        self.rest_of_line_behind(behind)?;
        // Only a line that is further to the right goes on with it.
        let mut blank = 0_usize;
        loop {
            let line = self.at;
            let mut at = line;
            while self.byte(at) == Some(b' ') {
                at += 1;
            }
            match self.byte(at) {
                None => break,
                Some(b'\n') => {
                    blank += 1;
                    self.at = at + 1;
                    continue;
                }
                Some(byte) if byte < b' ' => return None,
                Some(b'#') => {
                    // Behind a comment, nothing goes on.
                    return self.end_of_plain(line, start, last, text, parent);
                }
                Some(_) => {}
            }
            if (at - line) as isize <= parent {
                break;
            }
            if behind == Behind::Comment || self.open.is_empty() {
                return None;
            }
            self.line = line;
            let more = match self.continuation(at)? {
                (more, Behind::End) => more,
                _ => return None,
            };
            if !self.builder.is_skimming() {
                let whole =
                    text.get_or_insert_with(|| self.text.get(start..end).unwrap_or_default().to_owned());
                if blank == 0 {
                    whole.push(' ');
                } else {
                    whole.extend(std::iter::repeat_n('\n', blank));
                }
                whole.push_str(self.text.get(at..more)?);
            }
            blank = 0;
            last = more;
            self.rest_of_line()?;
        }
        self.finish_plain(start, last, text)
    }

    pub(super) fn rest_of_line_behind(&mut self, behind: Behind) -> Option<()> {
        match behind {
            Behind::Comment => {
                self.at = (self.line_end(self.at) + 1).min(self.bytes.len());
                Some(())
            }
            _ => self.rest_of_line(),
        }
    }

    /// A line of an unquoted scalar: where it ends, and what follows.
    pub(super) fn continuation(&mut self, start: usize) -> Option<(usize, Behind)> {
        let mut at = start;
        let mut end = start;
        let behind = loop {
            // Most letters mean nothing.
            let rest = self.bytes.get(at..).unwrap_or_default();
            let plain = rest.iter().take_while(|byte| is_letter(**byte)).count();
            if plain > 0 {
                at += plain;
                end = at;
            }
            let Some(byte) = rest.get(plain).copied() else { break Behind::End };
            match byte {
                b'\n' => break Behind::End,
                b':' if matches!(self.byte(at + 1), None | Some(b' ' | b'\n' | b'\t')) => {
                    break Behind::Colon;
                }
                b'#' if at > end => break Behind::Comment,
                b' ' => {}
                ..b' ' | 0x7f => return None,
                _ => end = at + 1,
            }
            at += 1;
        };
        self.at = at;
        Some((end, behind))
    }

    /// A comment stands behind the lines of an unquoted scalar: what follows must not go on with it.
    pub(super) fn end_of_plain(
        &mut self,
        line: usize,
        start: usize,
        last: usize,
        text: Option<String>,
        parent: isize,
    ) -> Option<()> {
        let mut at = line;
        loop {
            let begin = at;
            while self.byte(at) == Some(b' ') {
                at += 1;
            }
            match self.byte(at) {
                Some(b'\n') => at += 1,
                Some(b'#') => at = (self.line_end(at) + 1).min(self.bytes.len()),
                Some(_) if (at - begin) as isize > parent => return None,
                _ => break,
            }
        }
        self.at = line;
        self.finish_plain(start, last, text)
    }

    pub(super) fn finish_plain(&mut self, start: usize, last: usize, text: Option<String>) -> Option<()> {
        let range = TextRange::new(start, last);
        let text = match text {
            Some(text) => Cow::Owned(text),
            None => Cow::Borrowed(self.text.get(start..last)?),
        };
        let merge = text == "<<";
        let value = if self.builder.is_skimming() { Value::Null } else { scalar::resolve(text) };
        self.take_place()?;
        self.builder.scalar(value, range, 0, merge).ok()
    }

    /// A scalar in quotes, from its opening one: what it says, where it ends, and whether that is on the same line.
    /// Further lines must be further to the right than `parent`.
    pub(super) fn quoted(&mut self, quote: u8, parent: isize) -> Option<(Value<'t>, usize, bool)> {
        let start = self.at + 1;
        let mut from = start;
        let mut at = start;
        let mut text: Option<String> = None;
        let mut is_one_line = true;
        loop {
            match self.byte(at)? {
                b'\'' if quote == b'\'' && self.byte(at + 1) == Some(b'\'') => {
                    text.get_or_insert_default().push_str(self.text.get(from..=at)?);
                    at += 2;
                    from = at;
                }
                byte if byte == quote => {
                    let rest = self.text.get(from..at)?;
                    self.at = at + 1;
                    let text = match text {
                        Some(mut text) => {
                            text.push_str(rest);
                            Cow::Owned(text)
                        }
                        None => Cow::Borrowed(rest),
                    };
                    return Some((Value::Text(text), at + 1, is_one_line));
                }
                b'\\' if quote == b'"' => {
                    let letter = match self.byte(at + 1)? {
                        b'"' => '"',
                        b'\\' => '\\',
                        b'/' => '/',
                        b'n' => '\n',
                        b't' => '\t',
                        b'r' => '\r',
                        _ => return None,
                    };
                    let whole = text.get_or_insert_default();
                    whole.push_str(self.text.get(from..at)?);
                    whole.push(letter);
                    at += 2;
                    from = at;
                }
                b'\n' => {
                    is_one_line = false;
                    let whole = text.get_or_insert_default();
                    let line = self.text.get(from..at)?;
                    // White space that was escaped would stay.
                    let kept = line.trim_end_matches(' ');
                    if kept.is_empty() && from > start && self.byte(from.wrapping_sub(2)) == Some(b'\\') {
                        return None;
                    }
                    whole.push_str(kept);
                    let mut blank = 0;
                    loop {
                        let line = at + 1;
                        at = line;
                        while self.byte(at) == Some(b' ') {
                            at += 1;
                        }
                        match self.byte(at)? {
                            b'\n' => blank += 1,
                            b'\t' => return None,
                            _ if (at - line) as isize <= parent || at == line => return None,
                            _ => {
                                self.line = line;
                                break;
                            }
                        }
                    }
                    if blank == 0 {
                        whole.push(' ');
                    } else {
                        whole.extend(std::iter::repeat_n('\n', blank));
                    }
                    from = at;
                }
                ..b' ' | 0x7f => return None,
                _ => at += 1,
            }
        }
    }

    /// `|`, and the lines below that are further to the right.
    pub(super) fn literal(&mut self) -> Option<()> {
        self.at += 1;
        let chomping = match self.byte(self.at) {
            Some(sign @ (b'-' | b'+')) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        };
        self.spaces();
        if self.byte(self.at) != Some(b'\n') {
            return None;
        }
        self.at += 1;
        self.take_place()?;
        let parent = self.parent_column();
        let is_wanted = !self.builder.is_skimming();
        let mut text = String::new();
        let mut indentation = None;
        // From the first letter to the last, as the parser says it.
        let mut range: Option<TextRange> = None;
        let mut blank = 0_usize;
        loop {
            let line = self.at;
            let mut at = line;
            let most = indentation.map_or(usize::MAX, |indentation: usize| line + indentation);
            while at < most && self.byte(at) == Some(b' ') {
                at += 1;
            }
            let Some(byte) = self.byte(at) else {
                if at > line {
                    return None;
                }
                break;
            };
            if byte == b'\n' {
                blank += 1;
                self.at = at + 1;
                continue;
            }
            let column = at - line;
            match indentation {
                None if column as isize <= parent || byte < b' ' || blank > 0 => return None,
                None => indentation = Some(column),
                Some(indentation) if column < indentation => {
                    // Between the two nothing can stand, and a comment may be taken for the text's.
                    if column as isize > parent || byte == b'#' || byte < b' ' {
                        return None;
                    }
                    break;
                }
                Some(_) => {}
            }
            let end = self.line_end(at);
            let content = self.text.get(at..end)?;
            if content.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
                return None;
            }
            if is_wanted {
                text.extend(std::iter::repeat_n('\n', blank));
                text.push_str(content);
                text.push('\n');
            }
            blank = 0;
            let place = TextRange::new(at, at + content.trim_end().len());
            range = Some(range.map_or(place, |range| {
                if place.start() == place.end() { range } else { range.cover(place) }
            }));
            if end == self.bytes.len() {
                // Without an end of line, the text has none either.
                return None;
            }
            self.at = end + 1;
        }
        match chomping {
            Some(b'-') => {
                text.pop();
            }
            Some(_) => text.extend(std::iter::repeat_n('\n', blank)),
            None => {}
        }
        self.builder.scalar(Value::Text(Cow::Owned(text)), range?, 0, false).ok()
    }
}
