//! From bytes to UTF-16 code units, which editors count, and back.

/// A mark stands at every so many bytes: what is counted for an answer is never more than this.
const STRIDE: usize = 128;

/// How many UTF-16 code units stand before some bytes of a text, however long its lines are.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// The code units before every [`STRIDE`]th byte; empty for ASCII, of which every byte is one.
    marks: Vec<u32>,
}

impl Columns {
    /// Reads the text once.
    pub(crate) fn of(text: &str) -> Self {
        let mut marks = Vec::new();
        if !text.is_ascii() {
            let mut units = 0;
            for piece in text.as_bytes().chunks(STRIDE) {
                marks.push(units as u32);
                units += count(piece);
            }
        }
        Self { marks }
    }

    /// The code units before a byte of the same text; of a byte inside a character, its code units are before.
    pub(crate) fn units(&self, text: &str, offset: usize) -> usize {
        let offset = offset.min(text.len());
        let mark = offset / STRIDE;
        let rest = |from| text.as_bytes().get(from..offset).map_or(0, count);
        match self.marks.get(mark) {
            Some(units) => *units as usize + rest(mark * STRIDE),
            // There is no mark at the end of a text of whole strides.
            None => match self.marks.last() {
                Some(units) => *units as usize + rest((self.marks.len() - 1) * STRIDE),
                None => offset,
            },
        }
    }

    /// The first byte of the character that holds the code unit with this number, from 0; the length of the text when
    /// there is none.
    pub(crate) fn offset(&self, text: &str, units: usize) -> usize {
        if self.marks.is_empty() {
            return units.min(text.len());
        }
        let mark = self.marks.partition_point(|mark| *mark as usize <= units).saturating_sub(1);
        let mut left = units - self.marks.get(mark).map_or(0, |mark| *mark as usize);
        let mut at = mark * STRIDE;
        // The mark may cut a character in two.
        while !text.is_char_boundary(at) {
            at += 1;
        }
        for letter in text.get(at..).unwrap_or_default().chars() {
            if left < letter.len_utf16() {
                break;
            }
            left -= letter.len_utf16();
            at += letter.len_utf8();
        }
        at
    }
}

/// The code units of these bytes, those of a character at its first byte.
fn count(bytes: &[u8]) -> usize {
    let units = |byte: &u8| match byte {
        0x80..=0xbf => 0,
        0xf0.. => 2,
        _ => 1,
    };
    bytes.iter().map(units).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_counting() {
        for text in ["", "abc", "é", "a😀b", &"xé😀".repeat(100), &"é".repeat(64), &"😀".repeat(200)]
        {
            let columns = Columns::of(text);
            let mut units = 0;
            for (at, letter) in text.char_indices() {
                assert_eq!(columns.units(text, at), units, "{text} {at}");
                for inside in units..units + letter.len_utf16() {
                    assert_eq!(columns.offset(text, inside), at, "{text} {inside}");
                }
                units += letter.len_utf16();
            }
            assert_eq!(columns.units(text, text.len()), units);
            assert_eq!(columns.units(text, usize::MAX), units);
            assert_eq!(columns.offset(text, units), text.len());
            assert_eq!(columns.offset(text, units + 9), text.len());
        }
    }

    #[test]
    fn marks_are_near_each_other_on_one_long_line() {
        let text = "{\"é\": 1}".repeat(10_000);
        let columns = Columns::of(&text);
        assert_eq!(columns.marks.len(), text.len().div_ceil(STRIDE));
    }
}
