//! How labs are read.

use netpol_view::contract::DiagnosticSeverity;

use crate::{Block, Else, Inline, Topic, is_draft, read};

/// A whole lab; `{…}` in the tests stands for parts of it.
const WHOLE: &str = r#"---
id: small-one
title: A small one
learn: how to close a door
curriculum: CKS
topic: exam
difficulty: 2
minutes: 7
else: unchanged
kinds: [NetworkPolicy]
mend: [Deployment/shop/web]
links:
  - {title: Policies, url: "https://kubernetes.io/docs/"}
---
Close `web`, **all** of it.

```text
not a file
```

## Cluster

```yaml
kind: Pod
```

## Start

```yaml
# Here.
```

## Goals

```yaml
kind: ConnectivityTest
```

## Hints

1. Think.
2. Think more:

   - of this

## Solution

Because.

```yaml
a: 1
```

## Also right

### Another

```yaml policy.yaml
a: 2
```

```yaml more.yaml
b: 1
```

## Wrong

### Nothing

```yaml
```

> `web` is   still
> open
"#;

fn messages(text: &str) -> Vec<String> {
    let (_, found) = read("lab.md", text);
    let place = |found: &netpol_view::contract::Diagnostic| {
        let severity = if found.severity == DiagnosticSeverity::Error { "" } else { "~" };
        format!("{severity}{}:{}: {}", found.span.start.line, found.span.start.column, found.message)
    };
    found.iter().map(place).collect()
}

#[test]
fn a_whole_lab() {
    let (lab, found) = read("lab.md", WHOLE);
    assert_eq!(found, []);
    let lab = lab.unwrap();
    assert_eq!((lab.index.id.as_str(), lab.index.topic, lab.index.minutes), ("small-one", Topic::Exam, 7));
    assert_eq!(lab.everything_else, Else::Unchanged);
    assert_eq!(lab.mend.first().unwrap().namespace.as_deref(), Some("shop"));
    let words = |text: &str| Inline::Text(text.to_owned());
    let task = [
        Block::Paragraph(vec![
            words("Close "),
            Inline::Code("web".to_owned()),
            words(", "),
            Inline::Strong(vec![words("all")]),
            words(" of it."),
        ]),
        Block::Code { language: "text".to_owned(), text: "not a file\n".to_owned() },
    ];
    assert_eq!(lab.task, task);
    let start = lab.start.first().unwrap();
    assert_eq!(
        (start.file.name.as_str(), start.file.text.as_str(), start.line),
        ("policy.yaml", "# Here.\n", 30)
    );
    assert_eq!(lab.hints.len(), 2);
    assert_eq!(lab.hints.get(1).unwrap().len(), 2);
    assert_eq!(lab.solution.explanation, [Block::Paragraph(vec![words("Because.")])]);
    let names =
        |answer| lab.edited(answer).into_iter().map(|file| (file.name, file.text)).collect::<Vec<_>>();
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(names(&lab.solution), [file("policy.yaml", "a: 1\n")]);
    let other = lab.also_right.first().unwrap();
    assert_eq!(names(other), [file("policy.yaml", "a: 2\n"), file("more.yaml", "b: 1\n")]);
    let wrong = lab.wrong.first().unwrap();
    assert_eq!(names(wrong), []);
    assert_eq!(wrong.says.as_deref(), Some("web is still open"));
    assert_eq!((wrong.title.as_str(), wrong.files.first().unwrap().line), ("Nothing", 71));
}

#[test]
fn what_is_wrong_is_said_at_its_line() {
    for (old, new, wanted) in [
        ("title:", "titel:", "3:1: there is no key `titel`: did you mean `title`?"),
        ("title: A small one\n", "", "2:1: there is no `title`: write one between the lines of `---`"),
        ("id: small-one", "id: Small one", "2:1: `Small one` is no id: "),
        ("id: small-one", "id: ../up", "2:1: `../up` is no id: "),
        (
            "topic: exam",
            "topic: exams",
            "6:1: `exams` is none of `practices`, `exam`, `mistakes` and `cluster`",
        ),
        ("difficulty: 2", "difficulty: 4", "7:1: write 1, 2 or 3"),
        ("minutes: 7", "minutes: soon", "8:1: write how many minutes it takes, 1 to 240"),
        ("else: unchanged", "else: [", "11:1: this cannot be read as YAML: "),
        ("kinds: [NetworkPolicy]", "kinds: [Pod]", "10:1: `Pod` is no kind of policy: "),
        ("Deployment/shop/web", "web", "11:1: write objects as `Deployment/shop/web` or `Namespace/shop`"),
        ("https://kubernetes.io", "javascript:alert", "12:1: `javascript:alert/docs/` is no link: "),
        ("else: unchanged", "free: []", "~9:1: everything is free already"),
        ("## Goals", "## Goal", "33:1: there is no section `Goal`: did you mean `Goals`?"),
        ("## Hints", "## Goals", "39:1: there is a section `Goals` already: join the two"),
        (
            "## Hints",
            "## Something of its own",
            "39:1: there is no section `Something of its own`: they are ",
        ),
        ("## Hints", "# Hints", "39:1: the title stands above"),
        ("1. Think.\n2. Think", "- Think.\n- Think", "~41:1: this is no hint"),
        ("```yaml\nkind: Pod", "```yml\nkind: Pod", "~23:1: this is no file"),
        ("```yaml\nkind: Pod", "```yaml a/b.yaml\nkind: Pod", "23:1: `a/b.yaml` is no name of a file"),
        ("```yaml\n# Here", "```yaml cluster.yaml\n# Here", "29:1: `cluster.yaml` is a file of the cluster"),
        ("```yaml more.yaml", "```yaml cluster.yaml", "62:1: `cluster.yaml` is a file of the cluster, which"),
        ("```yaml more.yaml", "```yaml", "62:1: this answer has a file `policy.yaml` already"),
        ("### Another\n", "", "57:1: this belongs to no answer"),
        ("> `web` is   still\n> open\n", "", "68:1: this wrong answer does not say what comes of it"),
        ("Close `web`", "<b onclick=x>Close", "15:1: HTML is shown as the text that it is"),
        (
            "Close `web`",
            "<script>\nalert(1)\n</script>\n\nClose",
            "15:1: HTML is shown as the text that it is",
        ),
        ("Close `web`", "[a](javascript:x)", "15:1: `javascript:x` is no link that is shown"),
        ("Close `web`", "[a](http://x.example)", "15:1: `http://x.example` is no link that is shown"),
        ("Close `web`", "![a](https://x.example)", "15:1: images are not shown"),
        ("Close `web`", "> > > > > > > > > deep\n\nClose", "15:17: more than 8 blocks stand in each other"),
        ("# Here.\n```", "# Here.\n```\n\nWords.", "~33:1: nobody sees this"),
    ] {
        assert!(WHOLE.contains(old), "{old}");
        let found = messages(&WHOLE.replacen(old, new, 1));
        assert!(found.iter().any(|found| found.starts_with(wanted)), "{wanted}: {found:?}");
    }
}

#[test]
fn what_a_lab_must_have() {
    for gone in ["## Cluster", "## Goals", "## Solution"] {
        let text = WHOLE.replacen(gone, "### Gone", 1);
        let (lab, found) = read("lab.md", &text);
        assert!(lab.is_none(), "{gone}");
        let wanted = format!("there is no section `{gone}`: write one");
        assert!(found.iter().any(|found| found.message == wanted), "{found:?}");
    }
    for text in ["", "---", "---\n", "---\n---\n", "---\nid: a\n", "no\n---\nid: a\n---\n", "---\n- a\n---\n"]
    {
        let (lab, found) = read("lab.md", text);
        assert!(lab.is_none() && !found.is_empty(), "{text:?}");
    }
}

#[test]
fn lines_and_columns_are_those_of_the_file() {
    let dos = WHOLE.replace('\n', "\r\n").replacen("Close `web`", "\u{1f600} <b>", 1);
    assert_eq!(
        messages(&dos),
        ["15:4: HTML is shown as the text that it is: write Markdown, or put it between backticks"]
    );
    let moved = WHOLE.replacen("```yaml\n# Here.\n```", "  ```yaml\n  # Here.\n  ```", 1);
    let (lab, found) = read("lab.md", &moved);
    let start = lab.unwrap().start.first().unwrap().clone();
    assert_eq!((found, start.file.text.as_str(), start.line, start.indent), (Vec::new(), "# Here.\n", 30, 2));
}

#[test]
fn hostile_text_is_read_in_bounded_time() {
    let deep = format!("{WHOLE}\n\n{}", "> ".repeat(50_000));
    let stars = WHOLE.replacen("Close `web`", &"*a **b ".repeat(10_000), 1);
    let open = WHOLE.replacen("Close `web`", &"[".repeat(50_000), 1);
    let lists = WHOLE.replacen(
        "Close `web`",
        &(0..2_000).map(|at| format!("{}- a\n", " ".repeat(at % 90))).collect::<String>(),
        1,
    );
    let aliases = "---\na: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nid: [*e, *e, *e, *e, *e, *e, *e, *e]\n---\n";
    let nested = format!("---\nid: {}\n---\n", "[".repeat(10_000));
    let long = format!("{WHOLE}{}", "x".repeat(300_000));
    for text in
        [deep.as_str(), &stars, &open, &lists, aliases, &nested, &long, "---\n\u{0}\n---\n", "\u{feff}---"]
    {
        let (_, found) = read("lab.md", text);
        assert!(found.len() <= 200);
    }
    assert!(read("lab.md", &long).0.is_none());
}

#[test]
fn which_files_are_drafts() {
    for (name, text, wanted) in [
        ("a.md", "---\nid: a\n---\n", true),
        ("a.MD", "\u{feff}---\r\ntitle: b\r\nid: a\r\n", true),
        ("a.md", "---\ntitle: a\n---\nid: a\n", false),
        ("a.md", "# Read me\n", false),
        ("a.yaml", "---\nid: a\n---\n", false),
        (".md", "---\nid: a\n---\n", false),
        ("é.md", "---\nid : a\n---\n", true),
        ("日本", "---\nid: a\n", false),
    ] {
        assert_eq!(is_draft(name, text), wanted, "{name} {text:?}");
    }
}
