//! Trying out the fixes that decoders propose: the changed text is read, and what would not help is dropped.
//!
//! Nearly always all are sound, so all are tried together first, and only where something is wrong by halves. What
//! that costs is counted and bounded: fixes beyond it stay untried, and are not offered.

use std::collections::BTreeMap;

use netpol_source::{Budget, Code, Fix, Severity, apply_edits};

use crate::document::Document;

/// What the trials of one document may cost, in bytes that are read.
const MOST_TRIED: u64 = 1024 * 1024;

/// What it costs to say something in a trial, in bytes that are read.
const A_DIAGNOSTIC: usize = 64;

/// Mistakes that keep an object or a field from being read any further: behind them others may come to light.
const HIDING: &[Code] = &[
    Code::MissingApiVersion,
    Code::UnknownField,
    Code::UnknownKind,
    Code::UnknownPeerField,
    Code::WrongApiVersion,
];

/// Drops the fixes that do not mend what they are for, or that bring up an error that was not there.
pub(crate) fn keep_sound(text: &str, document: &mut Document, read: impl Fn(&str) -> Document) {
    if document.diagnostics.iter().all(|diagnostic| diagnostic.fixes.is_empty()) {
        return;
    }
    let mut fixes = BTreeMap::new();
    for (at, diagnostic) in document.diagnostics.iter_mut().enumerate() {
        fixes.extend(
            std::mem::take(&mut diagnostic.fixes).into_iter().zip(0..).map(|(fix, nr)| ((at, nr), fix)),
        );
    }
    let budget = Budget::new(MOST_TRIED, u64::MAX);
    let trial = Trial { text, before: document, said: Said::of(document), budget: &budget, read: &read };
    let sound = trial.sound(fixes);
    document.tried = budget.worked();
    for ((at, _), fix) in sound {
        if let Some(diagnostic) = document.diagnostics.get_mut(at) {
            diagnostic.fixes.push(fix);
        }
    }
}

/// Fixes by their diagnostic and their place among its fixes.
type Fixes = BTreeMap<(usize, u32), Fix>;

/// One document whose fixes are tried out.
struct Trial<'a, R> {
    text: &'a str,
    before: &'a Document,
    said: Said<'a>,
    budget: &'a Budget,
    read: &'a R,
}

impl<R: Fn(&str) -> Document> Trial<'_, R> {
    fn sound(&self, fixes: Fixes) -> Fixes {
        // Of a text with more mistakes than are kept, each that is mended brings up the next: nothing can be told.
        if self.before.diagnostics.iter().any(|diagnostic| diagnostic.code == Code::MoreProblems) {
            return Fixes::new();
        }
        let (hiding, others): (Fixes, Fixes) =
            fixes.into_iter().partition(|((at, _), _)| self.code(*at).is_some_and(hides));
        let mut sound = Fixes::new();
        let mut open = vec![others, hiding];
        while let Some(mut fixes) = open.pop() {
            if fixes.is_empty() {
                continue;
            }
            if self.are_sound(&fixes) {
                sound.append(&mut fixes);
            } else if fixes.len() > 1
                && let Some(middle) = fixes.keys().nth(fixes.len() / 2).copied()
            {
                let later = fixes.split_off(&middle);
                open.extend([later, fixes]);
            }
        }
        sound
    }

    fn code(&self, diagnostic: usize) -> Option<Code> {
        self.before.diagnostics.get(diagnostic).map(|diagnostic| diagnostic.code)
    }

    /// Whether fixes of which all hide something, or none, do what they promise together.
    fn are_sound(&self, fixes: &Fixes) -> bool {
        let cost = self.text.len() + A_DIAGNOSTIC * self.before.diagnostics.len();
        if self.budget.work(cost).is_err() {
            return false;
        }
        let edits: Vec<_> = fixes.values().flat_map(|fix| fix.edits.iter().cloned()).collect();
        let Ok(changed) = apply_edits(self.text, &edits) else { return false };
        let after = (self.read)(&changed);
        let after = Said::of(&after);
        let mut mended: BTreeMap<What<'_>, usize> = BTreeMap::new();
        let mut diagnostics: Vec<usize> = fixes.keys().map(|(at, _)| *at).collect();
        diagnostics.dedup();
        for diagnostic in diagnostics.iter().filter_map(|at| self.before.diagnostics.get(*at)) {
            *mended.entry((diagnostic.code, diagnostic.path.as_deref())).or_default() += 1;
        }
        if mended.iter().any(|(what, count)| after.all(*what) + count > self.said.all(*what)) {
            return false;
        }
        // Behind a text that is not YAML, an unknown kind or field, nothing was looked at yet.
        if mended.keys().all(|(code, _)| hides(*code)) {
            let comes_of_it = |what: &What<'_>| {
                is_yaml(what.0) || what.0 == Code::DuplicateKey && self.said.all(*what) == 0
            };
            return !after.0.keys().any(comes_of_it);
        }
        after.0.iter().all(|(what, count)| count.errors <= self.said.errors(*what))
    }
}

fn hides(code: Code) -> bool {
    HIDING.contains(&code) || is_yaml(code)
}

fn is_yaml(code: Code) -> bool {
    code.as_str().starts_with("yaml-")
}

/// Code and path.
type What<'a> = (Code, Option<&'a str>);

/// What is said of a text, without the places, and how often.
struct Said<'a>(BTreeMap<What<'a>, Count>);

#[derive(Clone, Copy, Default)]
struct Count {
    all: usize,
    errors: usize,
}

impl<'a> Said<'a> {
    fn of(document: &'a Document) -> Self {
        let mut said: BTreeMap<What<'a>, Count> = BTreeMap::new();
        for diagnostic in &document.diagnostics {
            let count = said.entry((diagnostic.code, diagnostic.path.as_deref())).or_default();
            count.all += 1;
            count.errors += usize::from(diagnostic.severity == Severity::Error);
        }
        Self(said)
    }

    fn all(&self, what: What<'_>) -> usize {
        self.0.get(&what).map_or(0, |count| count.all)
    }

    fn errors(&self, what: What<'_>) -> usize {
        self.0.get(&what).map_or(0, |count| count.errors)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::decode;

    /// A policy with these ports, the fixes that are kept of its diagnostics, and how often it is read for that.
    fn tried(ports: &str) -> (usize, usize) {
        let text = format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec:\n  podSelector: {{}}\n  \
             ingress: [{{ports: [{ports}]}}]\n"
        );
        let mut document = decode::untried(&text);
        let reads = Cell::new(0);
        keep_sound(&text, &mut document, |text| {
            reads.set(reads.get() + 1);
            decode::untried(text)
        });
        assert!(document.tried <= MOST_TRIED);
        (document.diagnostics.iter().map(|diagnostic| diagnostic.fixes.len()).sum(), reads.get())
    }

    #[test]
    fn all_that_is_sound_is_tried_at_once() {
        assert_eq!(tried(&["80"; 400].join(", ")), (400, 1));
    }

    #[test]
    fn what_is_not_sound_is_found_by_halves() {
        // Neither may be named `port` when the other is.
        let (kept, reads) = tried(&format!("{}, {{prot: 1, potr: 2}}", ["80"; 200].join(", ")));
        assert_eq!(kept, 202);
        assert!(reads < 30, "{reads}");
    }

    #[test]
    fn where_not_all_mistakes_are_shown_nothing_can_be_told() {
        assert_eq!(tried(&["80"; 600].join(", ")), (0, 0));
    }
}
