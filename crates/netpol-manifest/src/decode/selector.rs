//! `metav1.LabelSelector`.

use netpol_source::{Code, TextRange};

use super::metadata;
use crate::cursor::Cursor;
use crate::fix;
use crate::object::{Label, LabelSelector, Operator, Requirement};
use crate::report::{Report, quote, shorten};
use crate::schema::{self, Level};
use crate::validate;

/// A selector that matches everything.
pub(super) fn empty(range: TextRange) -> LabelSelector {
    LabelSelector { range, requirements: Vec::new() }
}

pub(super) fn decode(cursor: &Cursor<'_>, report: &mut Report) -> Option<LabelSelector> {
    decode_as(cursor, &schema::SELECTOR, report)
}

/// That of `namespaces` of a cluster-scoped policy.
pub(super) fn of_namespaces(cursor: &Cursor<'_>, report: &mut Report) -> Option<LabelSelector> {
    decode_as(cursor, &schema::NAMESPACES_SELECTOR, report)
}

fn decode_as(cursor: &Cursor<'_>, level: &'static Level, report: &mut Report) -> Option<LabelSelector> {
    let fields = cursor.fields(report, level)?;
    let mut requirements = Vec::new();
    if let Some(labels) = fields.get("matchLabels") {
        let entries = metadata::label_entries(&labels, report);
        requirements.extend(entries.into_iter().map(|(label, range)| Requirement {
            range,
            key: label.key.value,
            operator: Operator::In,
            values: vec![label.value.value],
            from_match_labels: true,
        }));
    }
    if let Some(expressions) = fields.get("matchExpressions") {
        for item in expressions.items(report) {
            requirements.extend(requirement(&item, report));
        }
    }
    Some(LabelSelector { range: cursor.visible_range(), requirements })
}

fn requirement(cursor: &Cursor<'_>, report: &mut Report) -> Option<Requirement> {
    let fields = cursor.fields(report, &schema::REQUIREMENT)?;
    let key = match fields.get("key") {
        Some(key) => key.text(report).inspect(|text| {
            if let Err(rule) = validate::label_key(text) {
                key.error(
                    report,
                    Code::InvalidLabel,
                    format!("{} is no key for a label: {rule}", quote(text)),
                );
            }
        }),
        None => {
            cursor.missing(
                report,
                "key",
                Code::MissingField,
                "`key` is missing: say which label this is about",
            );
            None
        }
    };
    let operator = match fields.get("operator") {
        Some(cursor) => cursor.text(report).and_then(|text| operator(&cursor, text, report)),
        None => {
            let message = "`operator` is missing: write `In`, `NotIn`, `Exists` or `DoesNotExist`";
            cursor.missing(report, "operator", Code::SelectorOperator, message);
            None
        }
    };
    let mut values = Vec::new();
    let listed = fields.get("values");
    if let Some(list) = &listed {
        for item in list.items(report) {
            let Some(text) = item.text(report) else { continue };
            if let Err(rule) = validate::label_value(text) {
                item.error(
                    report,
                    Code::InvalidLabel,
                    format!("{} is no value for a label: {rule}", quote(text)),
                );
            }
            values.push(text.to_owned());
        }
    }
    let operator = operator?;
    match operator {
        Operator::In | Operator::NotIn => {
            let nothing = listed.as_ref().is_none_or(
                |list| matches!(list.value(), crate::yaml::Value::List(items) if items.is_empty()),
            );
            if nothing {
                let message = format!("`{}` needs at least one value under `values`", name(operator));
                match listed {
                    Some(list) => list.error(report, Code::SelectorValues, message),
                    None => cursor.missing(report, "values", Code::SelectorValues, message),
                }
            }
        }
        Operator::Exists | Operator::DoesNotExist => {
            if let Some(list) = listed.filter(Cursor::has_items) {
                let instead = if operator == Operator::Exists { "In" } else { "NotIn" };
                let message = format!(
                    "`{}` takes no values: remove `values`, or write `operator: {instead}`",
                    name(operator)
                );
                list.error(report, Code::SelectorValues, message);
            }
        }
    }
    Some(Requirement {
        range: cursor.range(),
        key: key?.to_owned(),
        operator,
        values,
        from_match_labels: false,
    })
}

fn operator(cursor: &Cursor<'_>, text: &str, report: &mut Report) -> Option<Operator> {
    const ALL: [Operator; 4] = [Operator::In, Operator::NotIn, Operator::Exists, Operator::DoesNotExist];
    let found = ALL.into_iter().find(|operator| name(*operator) == text);
    if found.is_none() {
        let text = shorten(text);
        let message = match crate::nearest::nearest(&text, ALL.into_iter().map(name)) {
            Some(meant) => format!("unknown operator `{text}`; did you mean `{meant}`?"),
            None => format!("unknown operator `{text}`: write `In`, `NotIn`, `Exists` or `DoesNotExist`"),
        };
        cursor.error(report, Code::SelectorOperator, message);
        if let Some(meant) = fix::only_nearest(&text, ALL.iter().copied().map(name)) {
            cursor.offer_word(report, meant);
        }
    }
    found
}

fn name(operator: Operator) -> &'static str {
    match operator {
        Operator::In => "In",
        Operator::NotIn => "NotIn",
        Operator::Exists => "Exists",
        Operator::DoesNotExist => "DoesNotExist",
    }
}

/// Whether labels satisfy a selector.
pub(super) fn matches(selector: &LabelSelector, labels: &[Label]) -> bool {
    selector.requirements.iter().all(|requirement| {
        let value =
            labels.iter().find(|label| label.key.value == requirement.key).map(|label| &label.value.value);
        match requirement.operator {
            Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
            Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    })
}
