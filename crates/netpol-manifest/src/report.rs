//! Where decoding says what is wrong.

use std::borrow::Cow;

use netpol_source::{Code, Diagnostic, Fix, ObjectRef, Severity, TextRange, order};

use crate::document::Limits;
use crate::options::ReadOptions;

/// Characters of the user's text that a message repeats.
const LONGEST_QUOTE: usize = 80;

/// The diagnostics of one document.
#[derive(Debug)]
pub(crate) struct Report {
    /// How many are kept; the first ones are the useful ones.
    most: usize,
    /// What decides whether something is a mistake.
    pub(crate) options: ReadOptions,
    diagnostics: Vec<Diagnostic<TextRange>>,
    left_out: usize,
    errors: usize,
    /// Whether the last one was kept.
    kept: bool,
    /// Whether it is a policy test that is read, of which nothing is left aside.
    pub(crate) in_test: bool,
}

/// How much had been said at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    said: usize,
    errors: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self::new(ReadOptions::default(), Limits::default().diagnostics)
    }
}

impl Report {
    /// An empty one that keeps so many diagnostics and counts the others.
    pub(crate) fn new(options: ReadOptions, most: usize) -> Self {
        let diagnostics = Vec::new();
        Self { most, options, diagnostics, left_out: 0, errors: 0, kept: false, in_test: false }
    }

    /// Says something.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic<TextRange>) {
        if diagnostic.severity == Severity::Error {
            self.errors += 1;
        }
        self.kept = !self.is_full();
        if self.is_full() {
            self.left_out += 1;
        } else {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Proposes a way to mend what was said last.
    pub(crate) fn offer(&mut self, fix: Fix) {
        if self.kept
            && let Some(last) = self.diagnostics.last_mut()
        {
            last.fixes.push(fix);
        }
    }

    /// Proposes a way to mend what was said of a place before.
    pub(crate) fn offer_for(&mut self, code: Code, place: TextRange, fix: Fix) {
        let mut said = self.diagnostics.iter_mut().rev();
        if let Some(found) = said.find(|diagnostic| diagnostic.code == code && diagnostic.place == place) {
            found.fixes.push(fix);
        }
    }

    /// Whether what was said last is kept, so that a way to mend it is worth finding.
    pub(crate) fn takes_fixes(&self) -> bool {
        self.kept
    }

    /// Whether further diagnostics are only counted: costly messages need not be made then.
    pub(crate) fn is_full(&self) -> bool {
        self.diagnostics.len() >= self.most
    }

    /// Counts a diagnostic that is not worth making, as it would not be kept.
    pub(crate) fn leave_out(&mut self, severity: Severity) {
        self.errors += usize::from(severity == Severity::Error);
        self.left_out += 1;
        self.kept = false;
    }

    /// Whether something of such a kind was said.
    pub(crate) fn has(&self, is_meant: impl Fn(Code) -> bool) -> bool {
        self.diagnostics.iter().any(|diagnostic| is_meant(diagnostic.code))
    }

    /// How much was said so far.
    pub(crate) fn mark(&self) -> Mark {
        Mark { said: self.diagnostics.len(), errors: self.errors }
    }

    /// Whether an error was reported since.
    pub(crate) fn failed_since(&self, mark: Mark) -> bool {
        self.errors > mark.errors
    }

    /// Reads what is never a reason to refuse an object: what would be an error is a warning.
    pub(crate) fn leniently<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.mark();
        let found = read(self);
        self.errors = mark.errors;
        for diagnostic in self.diagnostics.iter_mut().skip(mark.said) {
            diagnostic.severity = diagnostic.severity.max(Severity::Warning);
        }
        found
    }

    /// What was only a warning since, and is of such a kind, is an error; so is what is not known as there was too much.
    pub(crate) fn refuse_for(&mut self, mark: Mark, codes: &[Code]) {
        for diagnostic in self.diagnostics.iter_mut().skip(mark.said) {
            if diagnostic.severity != Severity::Error && codes.contains(&diagnostic.code) {
                diagnostic.severity = Severity::Error;
                self.errors += 1;
            }
        }
        self.errors += usize::from(self.is_full());
    }

    /// Everything that was said since is said of this object.
    pub(crate) fn set_object(&mut self, mark: Mark, object: &ObjectRef) {
        for diagnostic in self.diagnostics.iter_mut().skip(mark.said) {
            diagnostic.object.get_or_insert_with(|| object.clone());
        }
    }

    /// Adds a sentence to the error that was said since and comes first in the text.
    pub(crate) fn add_to_first_error(&mut self, mark: Mark, sentence: &str) {
        let since = self.diagnostics.iter_mut().skip(mark.said);
        let errors = since.filter(|diagnostic| diagnostic.severity == Severity::Error);
        if let Some(first) = errors.min_by_key(|error| error.place) {
            add_sentence(&mut first.message, sentence);
        }
    }

    /// Says this in place of everything that was said since, when one of the errors is at a place that `is_meant`.
    pub(crate) fn instead(
        &mut self,
        mark: Mark,
        is_meant: impl Fn(TextRange) -> Option<Diagnostic<TextRange>>,
    ) {
        let since = self.diagnostics.get(mark.said..).unwrap_or_default();
        let errors = since.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let found = errors.filter_map(|error| is_meant(error.place)).min_by_key(|found| found.place);
        if let Some(found) = found {
            self.diagnostics.truncate(mark.said);
            self.diagnostics.push(found);
        }
    }

    /// All diagnostics in the order of the text, with a last one that counts what was left out.
    pub(crate) fn finish(mut self, whole: TextRange) -> Vec<Diagnostic<TextRange>> {
        order::sort_by_key(&mut self.diagnostics, |diagnostic| diagnostic.place);
        if self.left_out > 0 {
            let message = format!("{} more problems in this document are not shown", self.left_out);
            let end = TextRange::new(whole.end(), whole.end());
            self.diagnostics.push(Diagnostic::new(Severity::Info, Code::MoreProblems, message, end));
        }
        self.diagnostics
    }
}

/// Goes on after a message.
pub(crate) fn add_sentence(message: &mut String, sentence: &str) {
    message.push_str(if message.ends_with(['?', '.']) { " " } else { ". " });
    message.push_str(sentence);
}

/// The user's text in backticks, for the beginning of a message.
pub(crate) fn quote(text: &str) -> String {
    if text.is_empty() { "an empty text".to_owned() } else { format!("`{}`", shorten(text)) }
}

/// The user's text for a message: one line of bounded length, without backticks.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    let unfit = |letter: char| letter.is_control() || letter == '`';
    if text.len() <= LONGEST_QUOTE && !text.contains(unfit) {
        return Cow::Borrowed(text);
    }
    let fit = |letter: char| match letter {
        // A backtick ends what it quotes; this letter looks like one.
        '`' => 'ˋ',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    let mut short: String = text.chars().take(LONGEST_QUOTE).map(fit).collect();
    if text.chars().nth(LONGEST_QUOTE).is_some() {
        short.push('…');
    }
    Cow::Owned(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_and_cleaned() {
        assert_eq!(shorten("web"), "web");
        assert_eq!(shorten("a\nb`c"), "a bˋc");
        assert_eq!(shorten(&"é".repeat(200)).chars().count(), LONGEST_QUOTE + 1);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut report = Report::new(ReadOptions::default(), 20);
        for _ in 0..20 + 7 {
            report.push(Diagnostic::new(Severity::Error, Code::UnknownField, "b", TextRange::new(0, 1)));
        }
        assert!(report.is_full() && !report.takes_fixes());
        let all = report.finish(TextRange::new(0, 9));
        assert_eq!(all.len(), 20 + 1);
        assert_eq!(
            all.last().map(|last| last.message.as_str()),
            Some("7 more problems in this document are not shown")
        );
    }
}
