//! What is wrong with the text of a lab, at its lines.

use std::ops::Range;

use netpol_source::order;
use netpol_view::contract::{Diagnostic, DiagnosticSeverity, Position, Span};

/// How many are kept: who sees these knows enough.
const MOST: usize = 200;

/// The code of what is wrong with the form of the file.
pub(crate) const FORM: &str = "lab-form";

/// A text whose places have lines and columns, and what is wrong with it.
#[derive(Debug)]
pub(crate) struct Mistakes<'a> {
    name: &'a str,
    text: &'a str,
    /// By line: its first byte.
    lines: Vec<usize>,
    found: Vec<Diagnostic>,
}

impl<'a> Mistakes<'a> {
    pub(crate) fn new(name: &'a str, text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { name, text, lines: std::iter::once(0).chain(ends).collect(), found: Vec::new() }
    }

    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        let column = before.encode_utf16().count();
        Position { line: number(line), column: number(column + 1) }
    }

    /// The bytes of a line, counted from 1, without its end.
    pub(crate) fn line(&self, line: u32) -> Range<usize> {
        let at = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        let start = self.lines.get(at).copied().unwrap_or(self.text.len());
        let end = self.lines.get(at.saturating_add(1)).map_or(self.text.len(), |next| next - 1);
        start..end.max(start)
    }

    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span {
            file: self.name.to_owned(),
            start: self.position(range.start),
            end: self.position(range.start + self.text.get(range).unwrap_or_default().trim_end().len()),
        }
    }

    pub(crate) fn error(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.say(DiagnosticSeverity::Error, range, message.into());
    }

    pub(crate) fn warning(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.say(DiagnosticSeverity::Warning, range, message.into());
    }

    fn say(&mut self, severity: DiagnosticSeverity, range: Range<usize>, message: String) {
        let span = self.span(range);
        self.add(diagnostic(severity, FORM, message, span));
    }

    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST {
            self.found.push(diagnostic);
        }
    }

    /// In the order of the text.
    pub(crate) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        order::sort_by_key(&mut self.found, |found| found.span.start);
        self.found
    }
}

pub(crate) fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

pub(crate) fn diagnostic(
    severity: DiagnosticSeverity,
    code: &str,
    message: String,
    span: Span,
) -> Diagnostic {
    Diagnostic {
        severity,
        code: code.to_owned(),
        message,
        path: None,
        object: None,
        span,
        related: Vec::new(),
        fixes: Vec::new(),
    }
}
