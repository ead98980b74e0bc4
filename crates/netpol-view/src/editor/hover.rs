//! What stands at a place and means.

use netpol_eval::Evaluation;
use netpol_manifest::schema::Type;
use netpol_manifest::{Place, Slot, place_at};
use netpol_source::SourceFile;

use super::{offset, selection, span};
use crate::contract::{Hover, Position};

/// What stands at a place and means; `None` where nothing is known of it.
pub(crate) fn hover(evaluation: &Evaluation, file: &SourceFile, position: Position) -> Option<Hover> {
    let text = file.text.as_str();
    let place = place_at(text, offset(text, position)?)?;
    let word = text.get(place.word.start()..place.word.end())?.trim_matches(['"', '\'']);
    if word.is_empty() {
        return None;
    }
    let is_key = place.slot == Slot::Key || place.has_colon;
    let mut paragraphs = Vec::new();
    paragraphs.extend(if is_key { key(&place, word) } else { value(&place, word) });
    let here = if is_key { place.value.map(|value| (word, value)) } else { None };
    paragraphs.extend(selection::describe(evaluation, text, &place, here));
    let in_block = is_key && word == "ipBlock" || place.names().any(|name| name == Some("ipBlock"));
    if in_block && let Some(item) = selection::peer_item(&place) {
        paragraphs.extend(selection::block(evaluation, text, item));
    }
    let in_networks =
        place.steps.iter().rev().nth(1).is_some_and(|list| list.name.as_deref() == Some("networks"));
    if in_networks && !is_key && selection::is_in_cluster_policy(&place) {
        paragraphs.extend(selection::network(evaluation, word));
    }
    (!paragraphs.is_empty()).then(|| Hover { span: span(file, position.line, place.word), text: paragraphs })
}

/// The documentation of a field.
fn key(place: &Place, word: &str) -> Option<String> {
    let field = netpol_manifest::field_at(place.kind.as_deref(), place.names(), word)?;
    Some(format!("`{}` ({}): {}", field.name, field.value.words(), field.documentation))
}

/// The meaning of a word, or of the field that it is the value of.
fn value(place: &Place, word: &str) -> Option<String> {
    let kind = place.kind.as_deref();
    match netpol_manifest::type_at(kind, place.names())? {
        Type::Choice(choices) => {
            let choice = choices.iter().find(|choice| choice.value == word)?;
            return Some(format!("`{word}`: {}", choice.documentation));
        }
        Type::Either(choices, _) => {
            if let Some(choice) = choices.iter().find(|choice| choice.value == word) {
                return Some(format!("`{word}`: {}", choice.documentation));
            }
        }
        Type::Kind => {
            let (name, version, documentation) = netpol_manifest::kinds().find(|(name, ..)| *name == word)?;
            return Some(format!("`{name}` (`{version}`): {documentation}"));
        }
        _ => {}
    }
    // The nearest field around; items of lists and labels have none of their own.
    let steps: Vec<Option<&str>> = place.names().collect();
    let last = steps.iter().rposition(|step| step.is_some())?;
    let name = steps.get(last).copied().flatten()?;
    let field = netpol_manifest::field_at(kind, steps.get(..last)?.iter().copied(), name)?;
    Some(format!("`{}` ({}): {}", field.name, field.value.words(), field.documentation))
}
