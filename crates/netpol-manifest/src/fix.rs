//! Changes of the text that mend a diagnostic, where there is only one way to mean it.
//!
//! Decoders only propose; [`keep_sound`] reads the changed text and drops what would not help.

use std::collections::BTreeMap;

use netpol_source::{Diagnostic, Edit, Fix, Severity, TextRange, apply_edits};

use crate::Document;
use crate::nearest::nearest;

/// How much text is read to try out the fixes of one document; those beyond it are offered untried.
const MOST_TRIED: usize = 1024 * 1024;

/// Mistakes that keep an object or a field from being read any further: behind them others may come to light.
const HIDING: &[&str] = &["missing-api-version", "unknown-field", "unknown-kind", "wrong-api-version"];

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
    let before = text.get(..at)?;
    let line = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lead = before.get(line..)?;
    lead.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(lead.len())
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
        at += line.len();
    }
    (edits.len() <= 500).then_some(edits)
}

/// Spaces for the tabs that indent lines, when there is only one number of spaces that makes sense.
pub(crate) fn tabs(text: &str) -> Option<Fix> {
    let mut tabs = Vec::new();
    let mut only_tabs = true;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches([' ', '\t']);
        let lead = line.get(..line.len() - content.len()).unwrap_or_default();
        if !content.trim().is_empty() && !lead.is_empty() {
            only_tabs &= !lead.contains(' ');
            tabs.extend(lead.bytes().enumerate().filter(|(_, byte)| *byte == b'\t').map(|(tab, _)| at + tab));
        }
        at += line.len();
    }
    if tabs.is_empty() || tabs.len() > 500 || text.len() > MOST_TRIED / 8 {
        return None;
    }
    let spaced = |width: usize| -> Vec<Edit> {
        let spaces = " ".repeat(width);
        let edit = |at: &usize| Edit { range: TextRange::new(*at, *at + 1), replacement: spaces.clone() };
        tabs.iter().map(edit).collect()
    };
    let reads = |edits: &[Edit]| {
        apply_edits(text, edits).is_ok_and(|changed| crate::yaml::parse(&changed).broken.is_none())
    };
    let widths: &[usize] = if only_tabs { &[2] } else { &[2, 4, 8] };
    let mut sound = widths.iter().map(|width| (width, spaced(*width))).filter(|(_, edits)| reads(edits));
    let (width, edits) = sound.next()?;
    if sound.next().is_some() {
        return None;
    }
    Some(Fix { title: format!("write {width} spaces for each tab"), edits })
}

/// Drops the fixes that do not mend what they are for, or that bring up an error that was not there.
pub(crate) fn keep_sound(text: &str, document: &mut Document, read: impl Fn(&str) -> Document) {
    if document.diagnostics.iter().all(|diagnostic| diagnostic.fixes.is_empty()) {
        return;
    }
    let before = Said::of(document);
    let mut left = MOST_TRIED;
    for diagnostic in &mut document.diagnostics {
        let fixes = std::mem::take(&mut diagnostic.fixes);
        let sound = |fix: &Fix| {
            let Some(rest) = left.checked_sub(text.len()) else { return true };
            left = rest;
            let Ok(changed) = apply_edits(text, &fix.edits) else { return false };
            before.is_mended(diagnostic, &Said::of(&read(&changed)))
        };
        let mut fixes = fixes;
        fixes.retain(sound);
        diagnostic.fixes = fixes;
    }
}

/// What is said of a text, without the places.
#[derive(Debug)]
struct Said {
    /// Code and path, and how often they occur.
    all: BTreeMap<(&'static str, Option<String>), usize>,
    errors: BTreeMap<(&'static str, Option<String>), usize>,
}

impl Said {
    fn of(document: &Document) -> Self {
        let mut said = Self { all: BTreeMap::new(), errors: BTreeMap::new() };
        for diagnostic in &document.diagnostics {
            *said.all.entry((diagnostic.code, diagnostic.path.clone())).or_default() += 1;
            if diagnostic.severity == Severity::Error {
                *said.errors.entry((diagnostic.code, diagnostic.path.clone())).or_default() += 1;
            }
        }
        said
    }

    fn is_mended(&self, diagnostic: &Diagnostic<TextRange>, after: &Self) -> bool {
        let count = |said: &Self| {
            said.all.get(&(diagnostic.code, diagnostic.path.clone())).copied().unwrap_or_default()
        };
        if count(after) >= count(self) {
            return false;
        }
        // Behind a text that is not YAML, an unknown kind or field, nothing was looked at yet.
        if HIDING.contains(&diagnostic.code) || diagnostic.code.starts_with("yaml-") {
            let comes_of_it = |what: &(&str, Option<String>)| {
                what.0.starts_with("yaml-") || what.0 == "duplicate-key" && !self.all.contains_key(what)
            };
            return !after.all.keys().any(comes_of_it);
        }
        after.errors.iter().all(|(what, count)| self.errors.get(what).is_some_and(|before| before >= count))
    }
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
    fn two_near_words_are_no_answer() {
        let types = || ["Ingress", "Egress"].into_iter();
        assert_eq!(only_nearest("ingress", types()), Some("Ingress"));
        assert_eq!(only_nearest("Engress", types()), None);
    }
}
