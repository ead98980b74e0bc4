//! What becomes of all tests as texts that others read: JUnit's XML, and TAP.

use std::fmt::Write as _;

use crate::contract::{
    Diagnostic, DiagnosticSeverity, ExpectationResult, Span, Summary, TestReport, TestResult, TestStatus,
};

/// How tests are written for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JUnit's XML, as continuous integration reads it.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
}

/// Said in the place of tests where there is none: nothing tested is nothing passed.
const NO_TESTS: &str = "there is no ConnectivityTest among the files";

/// All tests. Not passed where there is none.
pub(crate) fn report(summary: &Summary) -> TestReport {
    let tests = summary.tests.clone();
    TestReport { passed: !tests.is_empty() && tests.iter().all(|test| test.passed), tests }
}

/// All tests in a format.
pub(crate) fn export(summary: &Summary, format: Format) -> String {
    let suites = suites(summary);
    match format {
        Format::Junit => junit(&suites),
        Format::Tap => tap(&suites),
    }
}

/// A test.
struct Suite<'s> {
    name: &'s str,
    file: &'s str,
    cases: Vec<Case<'s>>,
}

/// An expectation, or a test that is not run.
struct Case<'s> {
    name: String,
    span: Option<&'s Span>,
    /// What is wrong, and of which sort.
    trouble: Option<(&'static str, String)>,
    spans: &'s [Span],
    caveat: Option<&'s str>,
}

fn suites(summary: &Summary) -> Vec<Suite<'_>> {
    if summary.tests.is_empty() {
        let trouble = Some(("refused", NO_TESTS.to_owned()));
        let case = Case { name: "there are tests".to_owned(), span: None, trouble, spans: &[], caveat: None };
        return vec![Suite { name: "policy tests", file: "", cases: vec![case] }];
    }
    let suites = summary.tests.iter().map(|test| {
        let cases = if test.expectations.is_empty() {
            let message = why_not_run(&summary.diagnostics, test);
            let name = "the test can be run".to_owned();
            let trouble = Some(("refused", message));
            vec![Case { name, span: Some(&test.span), trouble, spans: &[], caveat: None }]
        } else {
            test.expectations.iter().map(case).collect()
        };
        let name = if test.name.is_empty() { "a test without a name" } else { &test.name };
        Suite { name, file: &test.span.file, cases }
    });
    suites.collect()
}

/// The first error in the lines of a test.
fn why_not_run(diagnostics: &[Diagnostic], test: &TestResult) -> String {
    let is_within = |one: &&Diagnostic| {
        let (place, of) = (&one.span, &test.span);
        let start = (place.start.line, place.start.column);
        let (first, last) = ((of.start.line, of.start.column), (of.end.line, of.end.column));
        one.severity == DiagnosticSeverity::Error && place.file == of.file && first <= start && start <= last
    };
    match diagnostics.iter().find(is_within) {
        Some(error) => format!("the test has a mistake in it and is not run: {}", error.message),
        None => "the test has a mistake in it, or cannot be read, and is not run".to_owned(),
    }
}

fn case(expectation: &ExpectationResult) -> Case<'_> {
    let sort = match expectation.status {
        TestStatus::Passed => None,
        TestStatus::Failed => Some("failed"),
        TestStatus::Depends => Some("depends"),
        TestStatus::Void => Some("void"),
        TestStatus::Unknown => Some("unknown"),
    };
    let expect = expectation.expect.as_str();
    Case {
        name: format!("{expect}: {}", expectation.text),
        span: Some(&expectation.span),
        trouble: sort.map(|sort| (sort, expectation.message.clone().unwrap_or_default())),
        spans: &expectation.spans,
        caveat: expectation.caveat.as_deref(),
    }
}

fn place(span: &Span) -> String {
    format!("{}:{}", span.file, span.start.line)
}

fn junit(suites: &[Suite<'_>]) -> String {
    let counts = |cases: &mut dyn Iterator<Item = &Case<'_>>| {
        let (mut all, mut failures, mut errors) = (0, 0, 0);
        for case in cases {
            all += 1;
            match case.trouble {
                Some(("refused", _)) => errors += 1,
                Some(_) => failures += 1,
                None => {}
            }
        }
        format!("tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\"")
    };
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    // Writing to a string cannot fail.
    let of_all = counts(&mut suites.iter().flat_map(|suite| &suite.cases));
    let _ = writeln!(text, "<testsuites name=\"policy tests\" {of_all}>");
    for suite in suites {
        let (name, file) = (xml(suite.name), xml(suite.file));
        let _ = writeln!(
            text,
            "  <testsuite name=\"{name}\" {} file=\"{file}\">",
            counts(&mut suite.cases.iter())
        );
        for case in &suite.cases {
            let _ = write!(text, "    <testcase classname=\"{name}\" name=\"{}\"", xml(&case.name));
            if let Some(span) = case.span {
                let _ = write!(text, " file=\"{}\" line=\"{}\"", xml(&span.file), span.start.line);
            }
            if case.trouble.is_none() && case.caveat.is_none() {
                text.push_str("/>\n");
                continue;
            }
            text.push_str(">\n");
            if let Some((sort, message)) = &case.trouble {
                let element = if *sort == "refused" { "error" } else { "failure" };
                let lines: Vec<String> = case.spans.iter().map(place).collect();
                let message = xml(message);
                let _ = writeln!(
                    text,
                    "      <{element} type=\"{sort}\" message=\"{message}\">{message}{}{}</{element}>",
                    if lines.is_empty() { "" } else { "&#10;" },
                    xml(&lines.join("\n"))
                );
            }
            if let Some(caveat) = case.caveat {
                let _ = writeln!(text, "      <system-out>{}</system-out>", xml(caveat));
            }
            text.push_str("    </testcase>\n");
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

/// A text between tags or quotes. What XML 1.0 cannot hold is a replacement character.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // In an attribute they would become spaces.
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn tap(suites: &[Suite<'_>]) -> String {
    let cases = || suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
    let mut text = format!("TAP version 14\n1..{}\n", cases().count());
    for (number, (suite, case)) in (1..).zip(cases()) {
        let not = if case.trouble.is_some() { "not " } else { "" };
        let name = description(&format!("{}: {}", suite.name, case.name));
        let _ = writeln!(text, "{not}ok {number} - {name}");
        let mut fields: Vec<(&str, String)> = Vec::new();
        if let Some((sort, message)) = &case.trouble {
            fields.extend([("status", quoted(sort)), ("message", quoted(message))]);
            fields.extend(case.span.map(|span| ("at", quoted(&place(span)))));
            let lines: Vec<String> = case.spans.iter().map(|span| quoted(&place(span))).collect();
            if !lines.is_empty() {
                fields.push(("lines", format!("[{}]", lines.join(", "))));
            }
        }
        fields.extend(case.caveat.map(|caveat| ("caveat", quoted(caveat))));
        if !fields.is_empty() {
            text.push_str("  ---\n");
            for (key, value) in fields {
                let _ = writeln!(text, "  {key}: {value}");
            }
            text.push_str("  ...\n");
        }
    }
    text
}

/// A description on one line, in which nothing is a directive.
fn description(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '#' => escaped.extend(['\\', letter]),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A text in double quotes, as JSON and YAML read it.
fn quoted(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    escaped.push('"');
    for letter in text.chars() {
        match letter {
            '\\' | '"' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(letter));
            }
            letter => escaped.push(letter),
        }
    }
    escaped.push('"');
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analyzer;
    use crate::contract::{Options, SourceFile};

    fn exported(text: &str, format: Format) -> String {
        let mut analyzer = Analyzer::new(Options::default());
        analyzer.set_files(vec![SourceFile { name: "a \"<&>.yaml".to_owned(), text: text.to_owned() }]);
        analyzer.export_tests(format)
    }

    const TESTS: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, ports: [{containerPort: 80}]}]}
---
apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata: {name: good}
spec:
  allow:
  - {description: \"<script> & \\\"q\\\" # TODO\\nok 7 ]]>\", from: outside, to: {name: web}}
  deny:
  - {from: outside, to: {name: web}}
---
apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata: {name: bad}
spec:
  deny: [{from: outside, to: nobody}]
";

    #[test]
    fn junit_xml() {
        let text = exported(TESTS, Format::Junit);
        let expected = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuites name=\"policy tests\" tests=\"3\" failures=\"1\" errors=\"1\">
  <testsuite name=\"good\" tests=\"2\" failures=\"1\" errors=\"0\" file=\"a &quot;&lt;&amp;&gt;.yaml\">
    <testcase classname=\"good\" name=\"allow: &lt;script&gt; &amp; &quot;q&quot; # TODO&#10;ok 7 ]]&gt;\" file=\"a &quot;&lt;&amp;&gt;.yaml\" line=\"11\"/>
    <testcase classname=\"good\" name=\"deny: anything outside of the cluster cannot reach `web` on every port\" file=\"a &quot;&lt;&amp;&gt;.yaml\" line=\"13\">
      <failure type=\"failed\" message=\"`default/web` still accepts TCP 80 from any other IPv4 address\">`default/web` still accepts TCP 80 from any other IPv4 address</failure>
    </testcase>
  </testsuite>
  <testsuite name=\"bad\" tests=\"1\" failures=\"0\" errors=\"1\" file=\"a &quot;&lt;&amp;&gt;.yaml\">
    <testcase classname=\"bad\" name=\"the test can be run\" file=\"a &quot;&lt;&amp;&gt;.yaml\" line=\"15\">
      <error type=\"refused\" message=\"the test has a mistake in it and is not run: `nobody` is no end: write `{labels: {app: nobody}}` or `{name: nobody}`\">the test has a mistake in it and is not run: `nobody` is no end: write `{labels: {app: nobody}}` or `{name: nobody}`</error>
    </testcase>
  </testsuite>
</testsuites>
";
        assert_eq!(text, expected);
    }

    #[test]
    fn tap_14() {
        let text = exported(TESTS, Format::Tap);
        let expected = "\
TAP version 14
1..3
ok 1 - good: allow: <script> & \"q\" \\# TODO ok 7 ]]>
not ok 2 - good: deny: anything outside of the cluster cannot reach `web` on every port
  ---
  status: \"failed\"
  message: \"`default/web` still accepts TCP 80 from any other IPv4 address\"
  at: \"a \\\"<&>.yaml:13\"
  ...
not ok 3 - bad: the test can be run
  ---
  status: \"refused\"
  message: \"the test has a mistake in it and is not run: `nobody` is no end: write `{labels: {app: nobody}}` or `{name: nobody}`\"
  at: \"a \\\"<&>.yaml:15\"
  ...
";
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_tested_is_nothing_passed() {
        let mut analyzer = Analyzer::default();
        assert!(!analyzer.test().passed);
        assert!(exported("", Format::Junit).contains("errors=\"1\""));
        assert!(exported("", Format::Tap).contains("1..1\nnot ok 1"));
    }

    #[test]
    fn hostile_texts_are_escaped() {
        for (text, escaped) in [
            ("a\u{0}b\u{8}\u{1b}\u{7f}\u{85}", "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{fffe}\u{ffff}", "\u{fffd}\u{fffd}"),
            ("]]><!--&amp;", "]]&gt;&lt;!--&amp;amp;"),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("\t\r\n", "&#9;&#13;&#10;"),
            ("é 日本 😀", "é 日本 😀"),
        ] {
            assert_eq!(xml(text), escaped);
        }
        assert_eq!(quoted("a\"\\\u{0}\n\u{2028}é"), "\"a\\\"\\\\\\u0000\\n\\u2028é\"");
        assert_eq!(description("a # SKIP \\# b\nnot ok"), "a \\# SKIP \\\\\\# b not ok");
        // As JSON reads it, whatever it holds.
        let all: String = (0..0x2100_u32).filter_map(char::from_u32).collect();
        assert_eq!(serde_json::from_str::<String>(&quoted(&all)).ok().as_deref(), Some(all.as_str()));
        assert!(xml(&all).chars().all(|letter| !letter.is_control() && !"<>\"'".contains(letter)));
    }
}
