//! A guard in front of the parser: it keeps all of a bracketed collection in memory before it gives the first event.

/// Brackets and commas in one collection; the largest object that Kubernetes stores, 1.5 MiB, has far fewer.
const MOST_MARKS: usize = 500_000;

/// The parser's own limit.
const MOST_LEVELS: usize = 255;

/// Where a collection begins that is too large for the parser.
///
/// This only skims the text: a bracket counts where a value can begin, also when it stands inside a block scalar. What
/// is balanced there does no harm, as each collection is counted by itself.
pub(super) fn oversized(text: &str) -> Option<usize> {
    if text.len() < MOST_MARKS {
        return None;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut value_may_begin = true;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' if value_may_begin => match end(bytes, at) {
                Some(end) => {
                    at = end;
                    value_may_begin = false;
                }
                None => return Some(at),
            },
            b'\n' | b'\r' => value_may_begin = true,
            b' ' | b'\t' => {}
            // `- [`, `key: [`, `? [`, `--- [`
            b'-' | b':' | b'?' => value_may_begin = true,
            _ => value_may_begin = false,
        }
        at += 1;
    }
    None
}

/// The last byte of the collection that begins at `start`, or of the text; `None` when it has too many marks.
fn end(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut marks, mut at) = (0_usize, 0_usize, start);
    // Quotes only count at the beginning of a scalar.
    let mut scalar_may_begin = true;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' | b',' | b']' | b'}' => {
                marks += 1;
                match byte {
                    b'[' | b'{' => depth += 1,
                    b',' => {}
                    _ => depth = depth.saturating_sub(1),
                }
                if depth == 0 {
                    return Some(at);
                }
                // The parser stops by itself, long before the text ends.
                if depth > MOST_LEVELS {
                    return Some(bytes.len());
                }
                if marks > MOST_MARKS {
                    return None;
                }
                scalar_may_begin = true;
            }
            b'"' | b'\'' if scalar_may_begin => {
                at = closing_quote(bytes, at, *byte);
                scalar_may_begin = false;
            }
            b':' | b' ' | b'\t' | b'\n' | b'\r' => scalar_may_begin |= *byte == b':',
            _ => scalar_may_begin = false,
        }
        at += 1;
    }
    Some(at)
}

/// The quote that closes the one at `start`, or the end of the text.
fn closing_quote(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            byte if *byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_huge_collection_is_refused() {
        let items = "a,".repeat(MOST_MARKS);
        assert_eq!(oversized(&format!("a: 1\nb: [{items}]")), Some(8));
        assert_eq!(oversized(&format!("{{a: '{items}'}}")), None);
        assert_eq!(oversized(&format!("a: {items}")), None);
        assert_eq!(oversized(&"- [a, b, c, 'it''s', it's]\n".repeat(100_000)), None);
        assert_eq!(oversized(&format!("a: \"[{items}]\"")), None);
    }
}
