//! From characters, which the parser counts, to bytes.

/// A byte offset is kept for every so many characters.
const STRIDE: usize = 64;

/// Finds the byte offset of any character of a text, in constant time.
#[derive(Debug)]
pub(super) struct Offsets<'t> {
    text: &'t str,
    /// The byte offset of every [`STRIDE`]th character; empty when all characters are of one byte.
    checkpoints: Vec<u32>,
}

impl<'t> Offsets<'t> {
    /// Reads the text once.
    pub(super) fn new(text: &'t str) -> Self {
        let checkpoints = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STRIDE).map(|(at, _)| at as u32).collect()
        };
        Self { text, checkpoints }
    }

    /// The byte offset of the character with this number, from 0; the length of the text when there is none.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.checkpoints.is_empty() {
            return character.min(self.text.len());
        }
        let Some(&start) = self.checkpoints.get(character / STRIDE) else { return self.text.len() };
        let rest = self.text.get(start as usize..).unwrap_or_default();
        rest.char_indices().nth(character % STRIDE).map_or(self.text.len(), |(at, _)| start as usize + at)
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn agrees_with_counting() {
        for text in ["", "abc", "é", "a😀b", &"xé😀".repeat(100), &"é".repeat(64)] {
            let offsets = Offsets::new(text);
            for (number, (at, _)) in text.char_indices().enumerate() {
                assert_eq!(offsets.byte(number), at, "{text} {number}");
            }
            assert_eq!(offsets.byte(text.chars().count()), text.len());
            assert_eq!(offsets.byte(usize::MAX), text.len());
        }
    }
}
