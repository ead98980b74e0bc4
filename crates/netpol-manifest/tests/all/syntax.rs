//! What is said of text that is not YAML: one error, at its place, that names the commonest cause.

use netpol_manifest::read;

use crate::common;

/// A text, what is said (see [`common::said`]), and a piece of the message.
type Case = (&'static str, &'static str, &'static str);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Tabs.
    ("spec:\n\tpodSelector: {}\n", "error yaml-tab - `\t`", "use spaces"),
    ("a: 1\n\tb: 2\n", "error yaml-tab - `\t`", "use spaces"),
    ("a:\n  b: 1\n\tc: 2\n", "error yaml-tab - `\t`", "use spaces"),
    // Colons.
    ("metadata:\n  name:web\n  labels: {}\n", "error yaml-syntax - `name:web`", "write `name: web`"),
    ("metadata:\n  labels: {}\n  name:web\n", "error yaml-syntax - `name:web`", "write `name: web`"),
    ("kind: Pod\nmetadata\n  name: web\n", "error yaml-syntax - `metadata`", "write `metadata:`"),
    ("metadata:\n  name: a: b\n", "error yaml-syntax - `name: a: b`", "without quotes"),
    // Indentation.
    ("metadata:\n  name: web\n   labels: {}\n", "error yaml-syntax - `labels: {}`", "further than the one above"),
    ("metadata:\n  name: web\n spec: {}\n", "error yaml-syntax - `spec: {}`", "does not fit any line above"),
    ("spec:\n  - a\n  b: c\n", "error yaml-syntax - `b: c`", "does not fit any line above"),
    ("- a\nb: c\n", "error yaml-syntax - `b: c`", "does not fit any line above"),
    ("a: b\n- c\n", "error yaml-syntax - `- c`", "below the key"),
    ("a: - b\n", "error yaml-syntax - `- b`", "on a line of its own"),
    // Quotes.
    ("metadata:\n  name: \"web\n  x: y\n", "error yaml-syntax - `\"web`", "quote is not closed"),
    ("a: 'b\n", "error yaml-syntax - `'b`", "quote is not closed"),
    ("a: \"b\" c\n", "error yaml-syntax - `c`", "closing quote"),
    ("a: \"b\\d\"\n", "error yaml-syntax - `\"b\\d\"`", "use single quotes"),
    ("a: 'it's'\n", "error yaml-syntax - `s'`", "double the quotes"),
    // Brackets.
    ("a: {b: c\nd: e\n", "error yaml-syntax - `{`", "not closed with `}`"),
    ("a: [b, c\n", "error yaml-syntax - `[`", "not closed with `]`"),
    ("a: {b: [c}\n", "error yaml-syntax - `}`", "expected `,` or `]`"),
    ("{\"a\": 1 \"b\": 2}", "error yaml-syntax - `: 2}`", "commas"),
    ("a: b]\n}\n", "error yaml-syntax - `}`", "closes nothing"),
    ("a: {b: 1, :\"c\": 2}\n", "error yaml-syntax - `:\"c\"`", "begin with a colon"),
    ("a: [b, , c]\n", "error yaml-syntax - `, c]`", "missing before `,`"),
    // Characters with a meaning.
    ("a: @b\n", "error yaml-syntax - `@b`", "cannot begin with `@`"),
    ("a: %b\n", "error yaml-syntax - `%b`", "cannot begin with `%`"),
    ("host: *.example.com\n", "error yaml-syntax - `*.example.com`", "put it in quotes"),
    ("a: !e!b c\n", "error yaml-syntax - `!e!b c`", "YAML tag"),
    ("%YAML\na: b\n", "error yaml-syntax - `%YAML`", "directive"),
    ("a: b\u{0}c\n", "error yaml-syntax - `\u{0}`", "remove it"),
    ("a: b\n# c\u{7f}\n", "error yaml-syntax - `\u{7f}`", "refuses the document"),
    ("kind: NetworkPolicy\nmetadata:\n  name: a\u{1}b\u{1}c\n", "error yaml-syntax - `\u{1}`", "remove them"),
    ("a: \"\u{80}\"\n", "error yaml-syntax - `\u{80}`", "control character"),
    ("a: [\u{1b}\n", "error yaml-syntax - `\u{1b}`", "control character"),
    ("{\"a\": \"\u{1}\"}", "error yaml-syntax - `\u{1}`", "control character"),
    ("a: b\n\u{feff}c: d\n", "error yaml-syntax - `\u{feff}c: d`", "remove it"),
    // Templates.
    ("metadata:\n  name: {{ .Release.Name }}\n", "error yaml-template - `{{ .Release.Name }`", "helm template"),
    ("a: b\n{{- if .Values.x }}\nc: d\n{{- end }}\n", "error yaml-template - `{{- if .Values.x }}`", "helm template"),
    // Documents in one.
    ("a: [b]---\nc: d\n", "error yaml-syntax - `---`", "beginning of a line"),
    ("a: {b: c}---\n# next\nc: d\n", "error yaml-syntax - `---`", "beginning of a line"),
    ("a: {b: [c]---\n", "error yaml-syntax - `---`", "expected `,` or `}` here"),
    ("--- {a: b}\n", "error invalid-separator - `--- {a: b}`", "refuses `{a: b}`"),
    ("----\na: b\n", "error invalid-separator - `----`", "begin a new line"),
    ("---\ra: b\r", "error invalid-separator - `---`", "LF line ends"),
    ("---# c\ra: b\r", "error invalid-separator - `---`", "LF line ends"),
    ("{a: 1} {b: 2}", "error yaml-syntax - `{b: 2}`", "`---`"),
    // Aliases.
    ("a: &a [*a]", "error recursive-alias - `*a`", "write the value out"),
    ("a: *b\n", "error yaml-syntax - `*b`", "do not cross `---`"),
];

#[test]
fn messages_and_places() {
    for (text, expected, piece) in CASES {
        let document = read(text);
        common::fixes_hold(text);
        assert_eq!(common::said(text, &document), [*expected], "{text}");
        let message = &document.diagnostics[0].message;
        assert!(message.contains(piece), "{text}\n{message}");
        assert!(document.objects.is_empty(), "{text}");
    }
}

#[test]
fn a_broken_document_says_whose_it_is() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec: [\n";
    let document = read(text);
    assert_eq!(document.refused.len(), 1);
    let object = &document.refused[0].object;
    assert_eq!((object.kind.as_str(), object.name.as_str()), ("Pod", "web"));
    assert_eq!(object.namespace.as_deref(), Some("shop"));
    assert_eq!(document.diagnostics[0].object.as_ref(), Some(object));
    // A name that swallowed the line below it is none.
    assert!(read("kind: Pod\nmetadata:\n  name: web\n   labels: {}\n").refused.is_empty());
}

#[test]
fn a_template_is_one_message_with_the_command_that_renders_it() {
    let quoted = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: \"{{ .Release.Name }}-db\"\n  \
                  namespace: '{{ .Release.Namespace }}'\nspec:\n  podSelector:\n    matchLabels: {app: \"{{ .Values.app }}\"}\n  \
                  ingress: [{ports: [{port: \"{{ .Values.port }}\"}]}]\n";
    let plain =
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {{ .Release.Name }}\n";
    for (text, place) in [(quoted, "{{ .Release.Name }}"), (plain, "{{ .Release.Name }")] {
        let document = read(text);
        assert_eq!(common::said(text, &document), [format!("error yaml-template - `{place}`")]);
        let error = &document.diagnostics[0];
        assert!(error.message.contains("`helm template ./chart > all.yaml`"), "{}", error.message);
        let [refused] = document.refused.as_slice() else { unreachable!("{text}") };
        assert_eq!(
            (refused.object.kind.as_str(), error.object.as_ref()),
            ("NetworkPolicy", Some(&refused.object))
        );
    }
    // What is accepted as it stands is no template.
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {note: \"{{ x }}\"}}\nspec: {containers: [{name: c, \
               args: [\"{{ y }}\"]}]}\n";
    assert_eq!((common::said(pod, &read(pod)), read(pod).objects.len()), (Vec::new(), 1));
}

#[test]
fn the_opening_bracket_is_named_beside_the_place() {
    let text = "a: {b: [c}\n";
    let diagnostic = &read(text).diagnostics[0];
    let opening = diagnostic.related[0].place;
    assert_eq!(&text[opening.start()..], "[c}\n");
}
