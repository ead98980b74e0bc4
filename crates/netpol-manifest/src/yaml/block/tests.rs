use super::super::reader::thoroughly;
use super::super::shape::Whole;
use super::*;

/// What the parser makes of a text that is read here.
#[track_caller]
fn agrees(text: &str) -> bool {
    let Some(quick) = parse(text, 1000, &mut Whole) else { return false };
    let parsed = thoroughly(text, 1000);
    assert!(parsed.broken.is_none(), "{text:?}: {:?}", parsed.broken);
    let shown = |tree: &Tree<'_>| format!("{:?} {:?} {:?}", tree.nodes, tree.root, tree.mistakes);
    assert_eq!(shown(&quick), shown(&parsed.tree), "{text:?}");
    true
}

#[test]
fn reads_what_people_write() {
    for text in [
        "a: 1\n",
        "a: 1",
        "\n# c\na: 1 # d\nb:\n  c: x y # z\n\n  d:\n",
        "a:\n- b\n- c: 1\n  d: 2\n-   e: 3\n    f: 4\ng: 5\n",
        "a:\n  - - 1\n    - 2\n  -\n    b: 1\n  - x\n",
        "- a: 1\n  b:\n  - 2\n- c\n",
        "  - a: 1\n    b: 2\n",
        "a: [x, 'y', \"z\", {b: 1, c: [ ]}, {}]\nd: {e: f g, \"h\": i}\n",
        "a: {b: {c: 10.0.0.0/8, d: fd00::/8}, e: a:b} # x\n",
        "a: \"x \\\" \\n y\"\nb: 'it''s'\n\"c d\": 1\n'e': 2\n",
        "a: |\n  x\n   y\n\n  z\nb: |-\n  x\nc: |+\n  x\n\nd: 1\n",
        "a: x\n  y\n\n  z\nb: 1\n",
        "a:\n  x\n  y\nb:\n  \"x\n  y\"\nc: 'x\n\n  y'\n",
        "a: x:y\nb: http://c\nd: a#b\ne: -1\nf: -x\ng: ?x\nh: :x\n",
        "a: yes\n1: 2\ntrue: x\n<<: {a: 2}\n",
        "é: ü\nb: 'ß'\n",
        "a: 1\na: 2\n",
        "a:\n  - b\n  # c\n  - d\n# e\nf: 1\n",
        "x",
        "key: \"a\\\\b\"\n",
        "a: b  \nc: d   # e\n",
        "- {key: a, operator: In, values: [b, c]}\n",
        "a: | \n  b\n",
        "a: 'b'   # c\n",
        "a: b\n\n\n\nc: d\n\n",
    ] {
        assert!(agrees(text), "{text:?}");
    }
}

#[test]
fn leaves_the_rest_to_the_parser() {
    for text in [
        "a: &b 1\n",
        "a: *b\n",
        "a: !!str 1\n",
        "a: >\n  b\n",
        "a:\tb\n",
        "\ta: b\n",
        "? a\n: b\n",
        "a: b: c\n",
        "a: 1\n b: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a: [b\n",
        "a: 'b\n",
        "a: @b\n",
        "a: {b}\n",
        "a: [b: c]\n",
        "--- a\n",
        "a: 1\n...\nb: 2\n",
        "a: 1\r\n",
        "%YAML 1.2\n",
        "a: |2\n  b\n",
        "a: b #c\n  d\n",
        "- a\nb: 1\n",
        "a: 1\n- b\n",
        "a: [a, ]\n",
        "a: \"b\" c\n",
        "a: - b\n",
        "|\n- \n---\n\n",
        "|\na\n...\nb\n",
        "|\n a\n",
    ] {
        assert_eq!(parse(text, 1000, &mut Whole).map(|tree| format!("{tree:?}")), None, "{text:?}");
    }
}

mod random {
    use proptest::prelude::*;

    use super::agrees;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_the_parser(pieces in proptest::collection::vec(piece(), 1..24)) {
            agrees(&pieces.concat());
        }
    }

    /// The words of YAML, in any order.
    fn piece() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "a",
            "b",
            "c: ",
            "d:",
            "e: f",
            "\n",
            "\n",
            "\n  ",
            "\n  ",
            "\n    ",
            "\n- ",
            "\n  - ",
            "- ",
            " ",
            "  ",
            "#",
            " # x",
            "'",
            "\"",
            "''",
            "'g h'",
            "\"i\\n\"",
            "\\",
            "|",
            "|-",
            "|+",
            "[",
            "]",
            "{",
            "}",
            ", ",
            "[1, x]",
            "{k: v}",
            "{}",
            "[]",
            ":",
            "-",
            "1",
            "yes",
            "~",
            "é",
            "<<",
            "<<: {z: 1}",
            "x y",
            "k: |\n  t\n",
            "k: x\n   y",
            "\n\n",
            "---",
            "...",
            "%",
            "&",
            "*",
            "!",
            ">",
            "?",
            "@",
            "a:b",
            "\u{feff}",
            "\r",
            "# c\r",
            "p: 'q\n   r'",
        ])
    }
}
