//! How long an answer is, however it is written.

use netpol_source::Sources;
use netpol_view::contract::SourceFile;
use serde_yaml::Value;

use crate::mistakes::number;

/// The lines of all documents, each written anew with one value a line, so that no style is shorter than another; of one
/// that cannot be read, those that are neither blank nor comment alone.
pub(crate) fn lines(files: &[SourceFile]) -> u32 {
    let sources = Sources::new(files.to_vec());
    let of_documents = sources.documents().map(|(_, text)| match crate::yaml::value(&text) {
        Some(Value::Null) => 0,
        Some(value) => anew(&value).unwrap_or_else(|| written(&text)),
        None => written(&text),
    });
    number(of_documents.fold(0, usize::saturating_add))
}

fn anew(value: &Value) -> Option<usize> {
    Some(serde_yaml::to_string(value).ok()?.lines().count())
}

fn written(text: &str) -> usize {
    let lines = text.lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).count()
}
