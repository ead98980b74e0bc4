//! Collections in brackets on one line.

use std::borrow::Cow;

use netpol_source::TextRange;

use super::{LONGEST_KEY, Scanner, Value};
use crate::yaml::scalar;

impl<'t> Scanner<'t, '_> {
    /// A collection in brackets, on one line.
    pub(super) fn flow(&mut self) -> Option<()> {
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.spaces();
            let start = self.at;
            // A value, or the end of what is open.
            match self.byte(start)? {
                b'[' => {
                    self.builder.begin_list(start, 0).ok()?;
                    self.at += 1;
                    open.push(b']');
                    self.spaces();
                    if self.byte(self.at) != Some(b']') {
                        continue;
                    }
                }
                b'{' => {
                    self.builder.begin_map(start, 0).ok()?;
                    self.at += 1;
                    open.push(b'}');
                    self.spaces();
                    if self.byte(self.at) != Some(b'}') {
                        self.flow_key()?;
                        continue;
                    }
                }
                _ => {
                    let (value, end, merge) = self.flow_scalar()?;
                    self.builder.scalar(value, TextRange::new(start, end), 0, merge).ok()?;
                }
            }
            // Behind a value.
            loop {
                self.spaces();
                let Some(expected) = open.last().copied() else { return Some(()) };
                let byte = self.byte(self.at)?;
                self.at += 1;
                if byte == expected {
                    self.builder.end(Some(TextRange::new(self.at - 1, self.at))).ok()?;
                    open.pop();
                    continue;
                }
                if byte != b',' {
                    return None;
                }
                self.spaces();
                if self.byte(self.at) == Some(expected) {
                    // A comma may stand behind the last one.
                    return None;
                }
                if expected == b'}' {
                    self.flow_key()?;
                }
                break;
            }
        }
    }

    /// A key in brackets, with its colon.
    pub(super) fn flow_key(&mut self) -> Option<()> {
        self.spaces();
        let start = self.at;
        if matches!(self.byte(start)?, b'[' | b'{') {
            return None;
        }
        let (value, end, merge) = self.flow_scalar()?;
        if end - start > LONGEST_KEY {
            return None;
        }
        self.builder.scalar(value, TextRange::new(start, end), 0, merge).ok()?;
        self.spaces();
        if self.byte(self.at) != Some(b':') || self.byte(self.at + 1) != Some(b' ') {
            return None;
        }
        self.at += 1;
        self.spaces();
        (!matches!(self.byte(self.at)?, b',' | b'}')).then_some(())
    }

    /// A scalar in brackets, where it ends, and whether it is a plain `<<`.
    pub(super) fn flow_scalar(&mut self) -> Option<(Value<'t>, usize, bool)> {
        let start = self.at;
        let first = self.byte(start)?;
        if matches!(first, b'"' | b'\'') {
            let (value, end, is_one_line) = self.quoted(first, isize::MAX)?;
            return is_one_line.then_some((value, end, false));
        }
        let second = self.byte(start + 1);
        let is_indicator = match first {
            // The parser takes a colon here, and `kubectl` does not.
            b':' => true,
            b'-' | b'?' => !second.is_some_and(|byte| byte.is_ascii_alphanumeric()),
            b',' | b']' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' => true,
            _ => false,
        };
        if is_indicator {
            return None;
        }
        let mut at = start;
        let mut end = start;
        loop {
            match self.byte(at)? {
                b',' | b']' | b'}' => break,
                b'[' | b'{' | b'\n' => return None,
                b':' if matches!(self.byte(at + 1), Some(b' ')) => break,
                b':' if !self.byte(at + 1).is_some_and(|byte| byte > b' ' && !b",[]{}".contains(&byte)) => {
                    return None;
                }
                b'#' if at > end => return None,
                b' ' => {}
                ..b' ' | 0x7f => return None,
                _ => end = at + 1,
            }
            at += 1;
        }
        self.at = end;
        let text = self.text.get(start..end)?;
        Some((scalar::resolve(Cow::Borrowed(text)), end, text == "<<"))
    }
}
