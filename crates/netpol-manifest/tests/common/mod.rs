//! What a document's diagnostics look like in the tables.

use netpol_manifest::Document;
use netpol_source::Severity;

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
