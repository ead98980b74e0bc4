//! Fixes of findings: as edits of the files, and whether they keep their word.

use std::collections::BTreeMap;

use netpol_findings::{Code, Finding, Fix, NewPolicy, Severity};
use netpol_manifest::Yaml;
use netpol_source::{DocumentId, Edit, FileId, Sources, TextRange, apply_edits};

use crate::preview::Change;

/// A fix as edits of the files; `None` where the text is too odd to be sure of them.
pub(crate) fn change(fix: &Fix, sources: &Sources) -> Option<Change> {
    let mut by_document: BTreeMap<DocumentId, Vec<Edit>> = BTreeMap::new();
    for (place, changes) in &fix.changes {
        let text = sources.document_text(place.document);
        let edits = netpol_manifest::edits(&text, place.range, changes)?;
        by_document.entry(place.document).or_default().extend(edits);
    }
    let mut edits = Vec::new();
    for (document, of_document) in by_document {
        let text = sources.document_text(document);
        let objects = fix.changes.iter().filter(|(place, _)| place.document == document).count();
        if objects > 1 && !go_together(&text, &of_document) {
            return None;
        }
        let (file, range) = sources.file_of(document)?;
        let whole = sources.files().nth(file.0 as usize)?.text.as_str();
        for edit in of_document {
            let is_all = edit.range == TextRange::new(0, text.len()) && edit.replacement.is_empty();
            let place = match is_all {
                true if sources.is_item(document) => item_with_comma(whole, range)?,
                true => TextRange::new(marker_before(whole, range.start()), range.end()),
                false => TextRange::new(range.start() + edit.range.start(), range.start() + edit.range.end()),
            };
            edits.push((file, Edit { range: place, ..edit }));
        }
    }
    edits.extend(additions(&fix.added, sources)?);
    Some(Change { message: fix.message.clone(), edits, added: Vec::new() })
}

/// Whether edits of several objects of one document can be made together: each for itself is sound.
fn go_together(text: &str, edits: &[Edit]) -> bool {
    let complaints = |text: &str| netpol_manifest::read(text).diagnostics.len();
    apply_edits(text, edits).is_ok_and(|changed| complaints(&changed) <= complaints(text))
}

/// Policies at the end of the files in which they belong, by default the last one.
pub(crate) fn additions(policies: &[NewPolicy], sources: &Sources) -> Option<Vec<(FileId, Edit)>> {
    let mut by_file: BTreeMap<FileId, Vec<&Yaml>> = BTreeMap::new();
    for policy in policies {
        let beside = policy.beside.and_then(|document| sources.file_of(document));
        let file = match beside {
            Some((file, _)) => file,
            None => FileId(u32::try_from(sources.files().count().checked_sub(1)?).ok()?),
        };
        by_file.entry(file).or_default().push(&policy.manifest);
    }
    let additions = by_file.into_iter().filter_map(|(file, documents)| {
        let text = sources.files().nth(file.0 as usize)?.text.as_str();
        let range = TextRange::new(text.len(), text.len());
        Some((file, Edit { range, replacement: appended(text, &documents) }))
    });
    Some(additions.collect())
}

/// The documents as they are put behind a text, as JSON behind JSON.
pub(crate) fn appended(text: &str, documents: &[&Yaml]) -> String {
    let mut added = if text.is_empty() || text.ends_with('\n') { String::new() } else { "\n".to_owned() };
    let is_json = text.trim_start().starts_with('{') && !text.lines().any(|line| line.starts_with("---"));
    for document in documents {
        if is_json {
            added.push_str(&document.json());
        } else {
            added.push_str("---\n");
            added.push_str(&document.document());
        }
    }
    if text.contains("\r\n") { added.replace('\n', "\r\n") } else { added }
}

/// Where the marker `---` begins that opens a document, if one does.
fn marker_before(text: &str, document: usize) -> usize {
    let before = text.get(..document).unwrap_or_default();
    let marker = before.strip_suffix("---").filter(|rest| rest.is_empty() || rest.ends_with('\n'));
    marker.map_or(document, str::len)
}

/// An item of a list with the comma that stands behind it, or before it where it is the last; `None` where it is the only
/// one and stands in brackets.
fn item_with_comma(text: &str, item: TextRange) -> Option<TextRange> {
    let is_json = text.get(item.start()..)?.starts_with('{');
    if !is_json {
        return Some(item);
    }
    let behind = text.get(item.end()..)?;
    if let Some(rest) = behind.trim_start().strip_prefix(',') {
        return Some(TextRange::new(item.start(), text.len() - rest.trim_start().len()));
    }
    let before = text.get(..item.start())?.trim_end().strip_suffix(',')?;
    Some(TextRange::new(before.len(), item.end()))
}

/// Whether a fix of one of the findings of before mends it and brings nothing else above `Info`.
///
/// Findings are told apart by their rule and namespace: what a message lists, and which of several policies it is said
/// of, may change.
pub(crate) fn keeps_its_word(finding: &Finding, before: &[Finding], after: &[Finding]) -> bool {
    let (before, after) = (counted(before), counted(after));
    let count = |counted: &Counted<'_>, key: &(Code, &str)| counted.get(key).copied().unwrap_or_default();
    let mended = key(finding);
    after.get(&mended).copied().unwrap_or_default() < count(&before, &mended)
        && after.iter().all(|(key, found)| *found <= count(&before, key) || is_info(key.0))
}

/// How often each rule finds something in a namespace.
type Counted<'a> = BTreeMap<(Code, &'a str), usize>;

fn counted(findings: &[Finding]) -> Counted<'_> {
    let mut counted = Counted::new();
    for finding in findings.iter().flat_map(Finding::with_evidence) {
        *counted.entry(key(finding)).or_default() += 1;
    }
    counted
}

/// The rule and the namespace.
fn key(finding: &Finding) -> (Code, &str) {
    let subject = &finding.subject;
    let code = match finding.rule.code {
        // All of these say how far the pods of a namespace are isolated: one policy more, and what was said of the whole
        // namespace is said of those that are left.
        Code::NP101 | Code::NP102 | Code::NP103 => Code::NP101,
        code => code,
    };
    (code, subject.namespace.as_deref().unwrap_or(&subject.name))
}

fn is_info(code: Code) -> bool {
    let mut rules = netpol_findings::rules();
    rules.any(|rule| rule.code == code && rule.severity == Severity::Info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_added_as_the_others_are_written() {
        let document = Yaml::map([("kind", Yaml::text("Pod"))]);
        for (text, added) in [
            ("", "---\nkind: Pod\n"),
            ("a: b", "\n---\nkind: Pod\n"),
            ("a: b\r\n", "---\r\nkind: Pod\r\n"),
            ("{\"a\": 1}\n", "{\"kind\": \"Pod\"}\n"),
            ("{a: 1}\n---\nb: 2\n", "---\nkind: Pod\n"),
        ] {
            assert_eq!(appended(text, &[&document]), added, "{text}");
        }
    }

    #[test]
    fn an_item_goes_with_its_comma() {
        for (text, item, left) in [
            ("[{1}, {2}]", "{1}", "[{2}]"),
            ("[{1}, {2}]", "{2}", "[{1}]"),
            ("[{1},\n {2},\n {3}\n]", "{2}", "[{1},\n {3}\n]"),
            ("- 1\n- 2\n", "- 1\n", "- 2\n"),
        ] {
            let start = text.find(item).unwrap();
            let range = item_with_comma(text, TextRange::new(start, start + item.len())).unwrap();
            assert_eq!(format!("{}{}", &text[..range.start()], &text[range.end()..]), left);
        }
        assert_eq!(item_with_comma("[{1}]", TextRange::new(1, 4)), None);
    }

    #[test]
    fn a_document_goes_with_its_marker() {
        assert_eq!(marker_before("a: 1\n---\nb: 2\n", 8), 5);
        assert_eq!(marker_before("---\nb: 2\n", 3), 0);
        assert_eq!(marker_before("{\"a\": 1}\n{\"b\": 2}", 9), 9);
        assert_eq!(marker_before("a: 1\n", 0), 0);
    }
}
