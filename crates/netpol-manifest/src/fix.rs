//! Changes of the text that mend a diagnostic, where there is only one way to mean it.
//!
//! Decoders only propose; what is proposed is tried out before it is offered.

use netpol_source::{Edit, Fix, TextRange};

use crate::nearest::nearest;

/// How many edits a fix may make.
pub(crate) const MOST_EDITS: usize = 500;

/// Puts one text in the place of another.
pub(crate) fn replace(title: String, range: TextRange, replacement: String) -> Fix {
    Fix { title, edits: vec![Edit { range, replacement }] }
}

/// A word, quoted as the one that it replaces.
pub(crate) fn like(written: &str, word: &str) -> String {
    match written.chars().next() {
        Some('"') => format!("\"{word}\""),
        Some('\'') => format!("'{word}'"),
        // YAML takes these as they are, but people and other readers may not.
        _ if word.contains("::") => format!("\"{word}\""),
        _ => word.to_owned(),
    }
}

/// The known word that is meant, when it is the only near one.
pub(crate) fn only_nearest<'a>(
    wanted: &str,
    known: impl DoubleEndedIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let first = nearest(wanted, known.clone())?;
    (nearest(wanted, known.rev()) == Some(first)).then_some(first)
}

/// Whether a value begins behind `[`, `{` or `,`, on its line, and so stands between brackets.
pub(crate) fn is_between_brackets(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default().trim_end();
    before.ends_with(['[', '{', ','])
}

/// The column of a place, when nothing but spaces and list dashes stand before it.
pub(crate) fn block_column(text: &str, at: usize) -> Option<usize> {
    // Back only as far as needed: the line may be all of a large text.
    let before = text.as_bytes().get(..at)?;
    let lead = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'-')).count();
    let line = at - lead;
    (line == 0 || before.get(line - 1) == Some(&b'\n')).then_some(lead)
}

/// A block mapping as the only item of a list: `- ` before it, and its further lines moved right.
pub(crate) fn as_item(text: &str, range: TextRange) -> Option<Vec<Edit>> {
    block_column(text, range.start())?;
    let inside = text.get(range.start()..range.end())?;
    let insert = |at: usize, what: &str| Edit { range: TextRange::new(at, at), replacement: what.to_owned() };
    let mut edits = vec![insert(range.start(), "- ")];
    let mut at = range.start();
    for line in inside.split_inclusive('\n') {
        if at > range.start() && !line.trim().is_empty() {
            edits.push(insert(at, "  "));
        }
        if edits.len() > MOST_EDITS {
            return None;
        }
        at += line.len();
    }
    Some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_quotes() {
        assert_eq!(like("\"tcp\"", "TCP"), "\"TCP\"");
        assert_eq!(like("'tcp'", "TCP"), "'TCP'");
        assert_eq!(like("tcp", "TCP"), "TCP");
        assert_eq!(like("x", "fd00::/8"), "\"fd00::/8\"");
    }

    #[test]
    fn columns_in_blocks() {
        for (text, column) in
            [("a", Some(0)), ("- - a", Some(4)), ("b\n  a", Some(2)), ("b a", None), ("é\n-a", Some(1))]
        {
            assert_eq!(block_column(text, text.len() - 1), column, "{text}");
        }
    }

    #[test]
    fn two_near_words_are_no_answer() {
        let types = || ["Ingress", "Egress"].into_iter();
        assert_eq!(only_nearest("ingress", types()), Some("Ingress"));
        assert_eq!(only_nearest("Engress", types()), None);
    }
}
