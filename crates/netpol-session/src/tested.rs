//! What became of policy tests, in words and links.

use netpol_view::contract::{Connection, Expect, ExpectationResult, Span, TestResult, TestStatus};
use netpol_view::sheet::{Line, Link, Part, Section, Sheet};

use crate::protocol::Event;

/// What is told of them; `None` where there are none.
pub(crate) fn event(tests: &[TestResult]) -> Option<Event> {
    let passed = tests.iter().filter(|test| test.passed).count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let sheet = Box::new(sheet(tests));
    let (passed, failed) = (count(passed), count(tests.len() - passed));
    (!tests.is_empty()).then_some(Event::Tests { passed, failed, sheet })
}

/// One section a test, those that do not hold first; one line an expectation.
fn sheet(tests: &[TestResult]) -> Sheet {
    let failed = tests.iter().filter(|test| !test.passed);
    let sections = failed.chain(tests.iter().filter(|test| test.passed)).map(section).collect();
    Sheet { sections, ..Sheet::default() }
}

fn section(test: &TestResult) -> Section {
    let mut lines = Vec::new();
    let about = test.description.iter().map(|text| plain(text));
    let place = lines_of(&test.span);
    let mut first: Vec<Part> = about.collect();
    if !first.is_empty() {
        first.push(plain(" "));
    }
    first.push(place);
    lines.push(Line { mark: Some(test.passed), term: String::new(), parts: first });
    if test.expectations.is_empty() {
        let parts = vec![plain("it has a mistake: see the problems")];
        lines.push(Line { mark: Some(false), term: String::new(), parts });
    }
    lines.extend(test.expectations.iter().map(expectation));
    Section { title: test.name.clone(), lines }
}

fn expectation(result: &ExpectationResult) -> Line {
    let term = match result.expect {
        Expect::Allow => "allow",
        Expect::Deny => "deny",
    };
    let mut parts = vec![plain(&result.text), plain(" "), lines_of(&result.span)];
    if let Some(message) = &result.message {
        parts.extend([plain(". "), plain(message)]);
    }
    if result.broken > 1 {
        parts.push(plain(&format!(", and {} more pairs like it", result.broken - 1)));
    }
    if let Some(caveat) = &result.caveat {
        parts.extend([plain(". "), plain(caveat)]);
    }
    if let Some(witness) = &result.witness {
        parts.extend([plain(" "), why(witness)]);
    }
    for span in &result.spans {
        parts.extend([plain(" "), lines_of(span)]);
    }
    Line { mark: Some(result.status == TestStatus::Passed), term: term.to_owned(), parts }
}

/// Words, with code in backticks.
pub(crate) fn plain(text: &str) -> Part {
    Part { text: text.to_owned(), link: None }
}

/// To the cell of a connection.
pub(crate) fn why(connection: &Connection) -> Part {
    let Connection { source, destination, .. } = connection.clone();
    Part { text: "Why".to_owned(), link: Some(Link::Cell(source, destination)) }
}

/// To lines of a file.
pub(crate) fn lines_of(span: &Span) -> Part {
    let text = format!("{}:{}", span.file, span.start.line);
    Part { text, link: Some(Link::Lines(span.clone())) }
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::Position;

    use super::*;

    fn span(line: u32) -> Span {
        let at = Position { line, column: 1 };
        Span { file: "tests.yaml".to_owned(), start: at, end: at }
    }

    fn test(name: &str, passed: bool) -> TestResult {
        let expectation = ExpectationResult {
            expect: Expect::Deny,
            text: "nobody reaches `db`".to_owned(),
            status: if passed { TestStatus::Passed } else { TestStatus::Failed },
            pairs: 4,
            broken: if passed { 0 } else { 3 },
            message: (!passed).then(|| "`db` accepts TCP 80 from `web`".to_owned()),
            witness: None,
            address: None,
            spans: vec![span(9)],
            span: span(5),
            caveat: None,
        };
        TestResult {
            name: name.into(),
            description: None,
            span: span(1),
            passed,
            expectations: vec![expectation],
        }
    }

    #[test]
    fn those_that_do_not_hold_come_first_with_what_breaks_them() {
        let event = event(&[test("good", true), test("bad", false)]).unwrap();
        let Event::Tests { passed: 1, failed: 1, sheet } = event else { panic!("{event:?}") };
        let titles: Vec<&str> = sheet.sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, ["bad", "good"]);
        let said: String = sheet.sections[0].lines[1].parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(
            said,
            "nobody reaches `db` tests.yaml:5. `db` accepts TCP 80 from `web`, and 2 more pairs like it tests.yaml:9"
        );
    }

    #[test]
    fn a_test_with_a_mistake_says_so() {
        let broken = TestResult { expectations: Vec::new(), ..test("broken", false) };
        let Some(Event::Tests { failed: 1, sheet, .. }) = event(&[broken]) else { panic!() };
        assert!(sheet.sections[0].lines.iter().all(|line| line.mark == Some(false)));
        assert_eq!(event(&[]), None);
    }
}
