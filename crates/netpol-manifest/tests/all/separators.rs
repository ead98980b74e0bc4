//! Separators that `kubectl` does not take for one, and what is lost by that.

use netpol_manifest::read;

use crate::common;

const FIRST: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  nodeName: x";
const SECOND: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n";

/// What is accepted, by kind, and what is said of the text.
fn outcome(text: &str) -> (Vec<String>, Vec<String>) {
    let document = read(text);
    common::fixes_hold(text);
    (document.objects.iter().map(|object| object.kind.clone()).collect(), common::said(text, &document))
}

#[test]
fn behind_the_end_of_a_document_nothing_is_read() {
    for (text, lost) in [
        (format!("{FIRST}\n...\n{SECOND}"), Some("the `Namespace` below is lost; write `---` instead")),
        (format!("---\n{FIRST}\n...\n[{{not: yaml"), Some("what stands below is lost")),
        (format!("{FIRST}\n...\n# only a comment\n...\n---\n"), None),
        (format!("%YAML 1.1\n---\n{FIRST}\n"), None),
        (
            format!("{FIRST}\n---\n{SECOND}").replace('\n', "\r"),
            Some("the `Namespace` below is lost; save the file"),
        ),
        (format!("# c\n{FIRST}\n").replace('\n', "\r"), None),
    ] {
        let document = read(&text);
        let kinds: Vec<&str> = document.objects.iter().map(|object| object.kind.as_str()).collect();
        assert_eq!(kinds, ["Pod"], "{text:?}");
        let messages: Vec<&str> =
            document.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        match (messages.as_slice(), lost) {
            ([], None) => {}
            ([message], Some(words)) => {
                assert!(message.contains(words), "{text:?}\n{message}");
                assert_eq!(document.diagnostics[0].code.as_str(), "lost-document");
            }
            other => unreachable!("{text:?}\n{other:?}"),
        }
    }
}

#[test]
fn a_separator_that_is_glued_to_text_separates_nothing() {
    let text = format!("{FIRST}---\n{SECOND}");
    let (kinds, said) = outcome(&text);
    assert_eq!(kinds, ["Namespace"]);
    assert_eq!(said, ["warning glued-separator - `x---`"]);
    let diagnostic = &read(&text).diagnostics[0];
    let words = "again below (`apiVersion`, `kind`, `metadata`)";
    assert!(diagnostic.message.contains(words), "{}", diagnostic.message);
    assert_eq!(diagnostic.related.len(), 3);
    assert_eq!(diagnostic.fixes.len(), 1);
}

#[test]
fn each_glued_separator_is_told() {
    let text = format!("{FIRST}---\n# next\n{FIRST} ---\n\n{SECOND}metadata: {{name: c}}\n");
    let (kinds, said) = outcome(&text);
    assert_eq!(kinds, ["Namespace"]);
    let twice = "warning duplicate-key metadata `metadata`";
    assert_eq!(said, ["warning glued-separator - `x---`", "warning glued-separator - `---`", twice, twice]);
}
