//! What a document's diagnostics look like in the tables.

use netpol_manifest::{Document, read};
use netpol_source::{Severity, apply_edits};

/// `error invalid-cidr spec.… `text``: severity, code, path, and what is written at the place.
pub fn said(text: &str, document: &Document) -> Vec<String> {
    let said = document.diagnostics.iter().map(|diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let path = diagnostic.path.as_deref().unwrap_or("-");
        let place = &text[diagnostic.place.start()..diagnostic.place.end()];
        format!("{severity} {} {path} `{place}`", diagnostic.code)
    });
    said.collect()
}

/// Codes of mistakes that hide what stands behind them, so that other errors may show once they are mended.
const HIDING: [&str; 6] =
    ["missing-api-version", "unknown-kind", "wrong-api-version", "yaml-syntax", "yaml-tab", "yaml-template"];

/// Every fix that is offered mends what it is offered for, and brings up no error that was not there.
pub fn fixes_hold(text: &str) {
    let before = read(text);
    let errors = |document: &Document| -> Vec<(&str, Option<String>)> {
        let all = document.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        all.map(|diagnostic| (diagnostic.code.as_str(), diagnostic.path.clone())).collect()
    };
    let known = errors(&before);
    for diagnostic in &before.diagnostics {
        let alike = |document: &Document| {
            let same = |other: &&netpol_source::Diagnostic<_>| {
                other.code == diagnostic.code && other.path == diagnostic.path
            };
            document.diagnostics.iter().filter(same).count()
        };
        for fix in &diagnostic.fixes {
            let Ok(changed) = apply_edits(text, &fix.edits) else { unreachable!("{}\n{text}", fix.title) };
            let after = read(&changed);
            assert!(alike(&after) < alike(&before), "{}\n{text}\n{changed}", fix.title);
            if !HIDING.contains(&diagnostic.code.as_str()) {
                let new: Vec<_> = errors(&after).into_iter().filter(|error| !known.contains(error)).collect();
                assert_eq!(new, [], "{}\n{text}\n{changed}", fix.title);
            }
        }
    }
}
