//! From characters, which the parser counts, to bytes.

use std::cell::Cell;

/// A byte offset is kept for every so many characters.
const STRIDE: usize = 64;

/// Finds the byte offset of any character of a text, in constant time.
#[derive(Debug)]
pub(super) struct Offsets<'t> {
    text: &'t str,
    /// The byte offset of every [`STRIDE`]th character; empty when all characters are of one byte.
    checkpoints: Vec<u32>,
    /// The last answer: the number of a character and its byte. The next question is mostly about one close behind.
    last: Cell<(usize, usize)>,
}

impl<'t> Offsets<'t> {
    /// Reads the text once.
    pub(super) fn new(text: &'t str) -> Self {
        let checkpoints = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STRIDE).map(|(at, _)| at as u32).collect()
        };
        Self { text, checkpoints, last: Cell::new((0, 0)) }
    }

    /// The byte offset of the character with this number, from 0; the length of the text when there is none.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.checkpoints.is_empty() {
            return character.min(self.text.len());
        }
        let (known, byte) = match self.last.get() {
            last if (last.0..last.0 + STRIDE).contains(&character) => last,
            _ => match self.checkpoints.get(character / STRIDE) {
                Some(byte) => (character - character % STRIDE, *byte as usize),
                None => return self.text.len(),
            },
        };
        let rest = self.text.get(byte..).unwrap_or_default();
        let found = rest.char_indices().nth(character - known).map_or(self.text.len(), |(at, _)| byte + at);
        self.last.set((character, found));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn agrees_with_counting() {
        for text in ["", "abc", "é", "a😀b", &"xé😀".repeat(100), &"é".repeat(64)] {
            let offsets = Offsets::new(text);
            let expected: Vec<(usize, usize)> = text.char_indices().map(|(at, _)| at).enumerate().collect();
            for (number, at) in expected.iter().chain(expected.iter().rev()).chain(expected.iter().step_by(7))
            {
                assert_eq!(offsets.byte(*number), *at, "{text} {number}");
            }
            assert_eq!(offsets.byte(text.chars().count()), text.len());
            assert_eq!(offsets.byte(usize::MAX), text.len());
        }
    }
}
