//! Characters that may not stand in YAML, in no text and no comment: the parser that `kubectl` uses refuses a document
//! with one of them as a whole.

use netpol_source::TextRange;

/// So many bytes are looked at together.
const BLOCK: usize = 64;

/// The characters of a text that may not stand in YAML, in order.
pub(super) fn all(text: &str) -> impl Iterator<Item = TextRange> {
    let blocks = (0..).step_by(BLOCK).zip(text.as_bytes().chunks(BLOCK));
    // Without a branch for each byte: nearly always there is none.
    let suspect =
        blocks.filter(|(_, block)| block.iter().fold(false, |any, byte| any | may_begin_one(*byte)));
    let begins = suspect.flat_map(|(start, block)| (start..).zip(block));
    begins.filter(|(_, byte)| may_begin_one(**byte)).filter_map(|(at, _)| {
        let letter = text.get(at..)?.chars().next()?;
        (!is_printable(letter)).then(|| TextRange::new(at, at + letter.len_utf8()))
    })
}

/// Whether a byte is such a character, or the first of several that may be one.
fn may_begin_one(byte: u8) -> bool {
    byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || matches!(byte, 0x7f | 0xc2 | 0xef)
}

/// What YAML calls printable (`c-printable`).
fn is_printable(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_wherever_it_stands() {
        for letter in (0..=0x11_0000).filter_map(char::from_u32).filter(|letter| !is_printable(*letter)) {
            for before in [0, 1, BLOCK - 1, BLOCK] {
                let text = format!("{}{letter}ä", "x".repeat(before));
                assert_eq!(
                    all(&text).next(),
                    Some(TextRange::new(before, before + letter.len_utf8())),
                    "{letter:?}"
                );
            }
        }
        assert_eq!(all("a: \"b\u{85}\u{a0}ä\u{ffff}\"").next(), Some(TextRange::new(11, 14)));
        assert_eq!(all("a:\tb\r\n# \u{85}\u{a0}ä\u{feff}\u{fffd}\u{1f980}").next(), None);
    }
}
