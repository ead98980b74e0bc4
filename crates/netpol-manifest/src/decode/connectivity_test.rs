//! `netpol.playground/v1` ConnectivityTest: nothing in it is overlooked, so that no test passes for a mistake in it.

use netpol_source::{Code, Spanned};

use super::{test_end, test_port};
use crate::cursor::{Cursor, Fields};
use crate::object::{ConnectivityTest, EndNames, Expectation, TestEnd, TestPort};
use crate::object::{Metadata, Resource};
use crate::report::Report;
use crate::schema;

pub(super) fn decode(object: &Fields<'_>, _: &Metadata, report: &mut Report) -> Option<Resource> {
    const EXAMPLE: &str =
        "write `allow:` or `deny:` under `spec`, and below it items such as `- {from: any, to: pods}`";
    let Some(spec) = object.get("spec") else {
        let message = format!("the test has no `spec`, so it expects nothing: {EXAMPLE}");
        object.cursor().missing(report, "spec", Code::EmptyTest, message);
        return None;
    };
    let fields = spec.fields(report, &schema::TEST_SPEC)?;
    let description = description(&fields, report);
    let mark = report.mark();
    let [allow, deny] = ["allow", "deny"].map(|name| expectations(&fields, name, report));
    if allow.is_empty() && deny.is_empty() && !report.failed_since(mark) {
        spec.error(report, Code::EmptyTest, format!("the test expects nothing: {EXAMPLE}"));
        return None;
    }
    Some(Resource::ConnectivityTest(Box::new(ConnectivityTest { description, allow, deny })))
}

fn description(fields: &Fields<'_>, report: &mut Report) -> Option<Spanned<String>> {
    let text = fields.get("description")?.spanned_text(report)?;
    Some(text).filter(|text| !text.value.trim().is_empty())
}

fn expectations(fields: &Fields<'_>, name: &'static str, report: &mut Report) -> Vec<Expectation> {
    let Some(list) = fields.get(name) else { return Vec::new() };
    let items = list.items(report);
    items.into_iter().filter_map(|item| expectation(&item, report)).collect()
}

fn expectation(cursor: &Cursor<'_>, report: &mut Report) -> Option<Expectation> {
    let fields = cursor.fields(report, &schema::EXPECTATION)?;
    let description = description(&fields, report);
    let (from, to) = (end(cursor, &fields, "from", report), end(cursor, &fields, "to", report));
    let [ports, except_ports] = ["ports", "exceptPorts"].map(|name| ports(&fields, name, report));
    let [mut except_from, mut except_to, except] =
        ["exceptFrom", "exceptTo", "except"].map(|name| taken_out(&fields, name, report));
    let (from, to) = (from?, to?);
    if !except.is_empty() {
        let at = fields.get("except");
        place(except, (&from, &mut except_from), (&to, &mut except_to), |message| {
            at.iter().for_each(|at| at.warning(report, Code::AmbiguousExcept, message.clone()));
        });
    }
    let range = cursor.range();
    Some(Expectation { range, description, from, to, except_from, except_to, ports, except_ports })
}

/// `from` or `to`, of which there must be something.
fn end(
    cursor: &Cursor<'_>,
    fields: &Fields<'_>,
    name: &'static str,
    report: &mut Report,
) -> Option<Vec<TestEnd>> {
    let Some(end) = fields.get_or_null(name) else {
        let message = format!("`{name}` is missing: write `any`, `pods`, `outside`, or a mapping");
        cursor.missing(report, name, Code::EmptyEnd, message);
        return None;
    };
    let mark = report.mark();
    let ends = test_end::decode_all(&end, report);
    if ends.is_empty() && !report.failed_since(mark) {
        let message = format!("`{name}` names nobody: write `any`, `pods`, `outside`, or a mapping");
        end.error(report, Code::EmptyEnd, message);
    }
    Some(ends).filter(|ends| !ends.is_empty())
}

/// What is taken out; nothing where the field is absent or empty.
fn taken_out(fields: &Fields<'_>, name: &'static str, report: &mut Report) -> Vec<TestEnd> {
    fields.get(name).map(|cursor| test_end::decode_all(&cursor, report)).unwrap_or_default()
}

fn ports(fields: &Fields<'_>, name: &'static str, report: &mut Report) -> Vec<TestPort> {
    fields.get(name).map(|cursor| test_port::decode_all(&cursor, report)).unwrap_or_default()
}

/// Puts each item of `except` to the end that it is meant for: addresses to the one that can hold some, all others to the
/// one that is wide; to `from` where that does not tell, which is said where both are.
fn place(
    except: Vec<TestEnd>,
    (from, except_from): (&[TestEnd], &mut Vec<TestEnd>),
    (to, except_to): (&[TestEnd], &mut Vec<TestEnd>),
    mut warn: impl FnMut(&String),
) {
    let mut is_said = false;
    for item in except {
        let fits = |end: &[TestEnd]| {
            end.iter().any(|one| match item.names {
                EndNames::Cidr(_) => one.names.holds_addresses(),
                _ => one.names.is_wide(),
            })
        };
        let both = fits(from) && fits(to);
        if both && !is_said {
            is_said = true;
            warn(
                &"both ends could be meant, and this is taken out of `from`: write `exceptFrom` or `exceptTo`"
                    .to_owned(),
            );
        }
        if fits(to) && !fits(from) {
            except_to.push(item);
        } else {
            except_from.push(item);
        }
    }
}
