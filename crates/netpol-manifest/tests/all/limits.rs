//! What is too much to be read is left out by name, so that nobody takes it for absent.

use netpol_manifest::{LeftOut, Limits, ReadOptions, read, read_within};

/// As deep as nothing may be.
fn deep() -> String {
    "[".repeat(70) + &"]".repeat(70)
}

/// What is left out, in words; `anything` where it is not known what.
fn left_out(text: &str) -> Vec<String> {
    let document = read(text);
    assert!(document.objects.is_empty() && !document.diagnostics.is_empty(), "{text}");
    let name = |one: &LeftOut| {
        assert_eq!((one.range.start(), one.range.end()), (0, text.len()));
        let Some(object) = &one.object else { return "anything".to_owned() };
        format!("{} {}/{}", object.kind, object.namespace.as_deref().unwrap_or_default(), object.name)
    };
    document.left_out.iter().map(name).collect()
}

#[test]
fn what_is_nested_too_deeply() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n";
    let deep = deep();
    for (text, expected) in [
        (format!("{policy}metadata: {{name: a, namespace: shop}}\nspec: {deep}\n"), "NetworkPolicy shop/a"),
        (format!("{policy}metadata: {{name: a}}\nspec: {deep}\n"), "NetworkPolicy default/a"),
        (format!("{policy}spec: {deep}\nmetadata: {{name: a, namespace: shop}}\n"), "anything"),
        (format!("{policy}metadata: {{name: a, namespace: shop, x: {deep}}}\n"), "NetworkPolicy shop/a"),
        // A namespace may follow.
        (format!("{policy}metadata: {{name: a, x: {deep}, namespace: shop}}\n"), "anything"),
        (format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: a, x: {deep}}}\n"), "Namespace /a"),
        (format!("apiVersion: v1\nkind: List\nitems: {deep}\n"), "anything"),
        (format!("spec: {deep}\nkind: Pod\nApiVersion: v1\n"), "anything"),
        (format!("{deep}\n\"\\x6bind\": Pod\n"), "anything"),
        (
            format!(
                "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"a\"}}, \"spec\": {deep}}}"
            ),
            "Pod default/a",
        ),
    ] {
        assert_eq!(left_out(&text), [expected], "{text}");
    }
}

#[test]
fn what_takes_no_part_is_not_missed() {
    for text in [deep(), format!("kind: {}", deep()), format!("apiVersion: v1\nspec: {}", deep())] {
        let document = read(&text);
        assert!(document.left_out.is_empty() && !document.diagnostics.is_empty(), "without a kind: {text}");
    }
    let document =
        read(&format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {}\n", deep()));
    assert_eq!((document.left_out.len(), document.ignored.len()), (0, 1));
    let document =
        read(&format!("apiVersion: v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec: {}\n", deep()));
    assert_eq!((document.left_out.len(), document.refused.len()), (0, 1));
}

#[test]
fn documents_share_what_aliases_may_stand_for() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\nspec:\n  \
                podSelector: {}\n  ingress:\n  - &r {from: [{podSelector: {}}]}\n  - *r\n  - *r\n";
    let document = read(text);
    assert_eq!((document.objects.len(), document.left_out.len()), (1, 0));
    assert!((2..50).contains(&document.aliased), "{}", document.aliased);
    let limits = |aliases| Limits { aliases, ..Limits::default() };
    let same = read_within(text, ReadOptions::default(), limits(document.aliased));
    assert_eq!((same.objects.len(), same.aliased), (1, document.aliased));
    let less = read_within(text, ReadOptions::default(), limits(document.aliased - 1));
    assert_eq!((less.objects.len(), less.left_out.len()), (0, 1));
    assert!(less.aliased >= document.aliased);
    let said = &less.diagnostics[0];
    assert_eq!(said.object.as_ref().map(|object| object.name.as_str()), Some("a"));
    assert!(said.message.starts_with("the aliases of this document and of those above"), "{}", said.message);
}

#[test]
fn fixes_that_are_not_tried_are_not_offered() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podselector: {}}\n";
    let with = read(text);
    let without = read_within(text, ReadOptions::default(), Limits { fixes: false, ..Limits::default() });
    assert_eq!((with.diagnostics[0].fixes.len(), without.diagnostics[0].fixes.len()), (1, 0));
    assert_eq!((without.tried, with.tried > text.len() as u64), (0, true));
}
