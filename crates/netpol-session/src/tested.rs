//! What became of policy tests, in words and links.

use netpol_view::contract::{Connection, ExpectationResult, Span, TestResult, TestStatus};
use netpol_view::sheet::{Line, Link, Part, Section, Sheet};

use crate::protocol::Tested;

/// What is told of them; `None` where there are none.
pub(crate) fn tested(tests: &[TestResult]) -> Option<Box<Tested>> {
    if tests.is_empty() {
        return None;
    }
    let passed = tests.iter().filter(|test| test.passed).count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (passed, failed) = (count(passed), count(tests.len() - passed));
    Some(Box::new(Tested { passed, failed, sheet: sheet(tests) }))
}

/// One section a test, those that do not hold first; one line an expectation.
fn sheet(tests: &[TestResult]) -> Sheet {
    let failed = tests.iter().filter(|test| !test.passed);
    let sections = failed.chain(tests.iter().filter(|test| test.passed)).map(section).collect();
    Sheet { sections, ..Sheet::default() }
}

fn section(test: &TestResult) -> Section {
    let about = test.description.iter().flat_map(|text| [Part::text(text), Part::text(" ")]);
    let about = about.chain([Part::lines(&test.span)]).collect();
    let mut lines = vec![line(test.passed, "", about)];
    if test.expectations.is_empty() {
        lines.push(line(false, "", vec![Part::text("it has a mistake: see the problems")]));
    }
    lines.extend(test.expectations.iter().map(expectation));
    Section { title: test.name.clone(), lines }
}

fn expectation(result: &ExpectationResult) -> Line {
    let mut parts = vec![Part::text(&result.text), Part::text(" "), Part::lines(&result.span)];
    if let Some(message) = &result.message {
        parts.push(Part::text(format!(". {message}")));
    }
    if result.broken > 1 {
        parts.push(Part::text(format!(", and {} more pairs like it", result.broken - 1)));
    }
    if let Some(caveat) = &result.caveat {
        parts.push(Part::text(format!(". {caveat}")));
    }
    parts.extend(proof(result.witness.as_ref(), &result.spans));
    line(result.status == TestStatus::Passed, result.expect.as_str(), parts)
}

/// A line that says whether something is as it should be.
pub(crate) fn line(is_good: bool, term: &str, parts: Vec<Part>) -> Line {
    Line { mark: Some(is_good), term: term.to_owned(), parts }
}

/// Where a counterexample is explained, and the lines that make it so.
pub(crate) fn proof(witness: Option<&Connection>, spans: &[Span]) -> impl Iterator<Item = Part> {
    let cell = |one: &Connection| Link::Cell(one.source.clone(), one.destination.clone());
    let why = witness.map(|one| Part::link("Why", cell(one)));
    let parts: Vec<Part> = why.into_iter().chain(spans.iter().map(Part::lines)).collect();
    parts.into_iter().flat_map(|part| [Part::text(" "), part])
}

#[cfg(test)]
mod tests {
    use netpol_view::contract::{Expect, Position};

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
        let Tested { passed, failed, sheet } = *tested(&[test("good", true), test("bad", false)]).unwrap();
        assert_eq!((passed, failed), (1, 1));
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
        let Tested { failed, sheet, .. } = *tested(&[broken]).unwrap();
        assert_eq!(failed, 1);
        assert!(sheet.sections[0].lines.iter().all(|line| line.mark == Some(false)));
        assert_eq!(tested(&[]), None);
    }
}
