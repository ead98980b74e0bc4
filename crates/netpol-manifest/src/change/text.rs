//! A change as edits of the text.

use netpol_source::{Edit, TextRange};

use super::place::Places;
use super::yaml::{Yaml, between_brackets, field_between_brackets};
use super::{At, Change};
use crate::fix::like;
use crate::yaml::{Entry, NodeId, Value};

pub(super) fn edits(places: &Places<'_>, object: &[At], change: &Change) -> Option<Vec<Edit>> {
    let (Change::Set(way, _)
    | Change::Lead(way, _)
    | Change::Insert(way, _)
    | Change::Push(way, _)
    | Change::Rename(way, _)
    | Change::Remove(way)
    | Change::Join(way)) = change;
    let whole: Vec<At> = object.iter().chain(way.steps()).cloned().collect();
    match change {
        Change::Set(_, value) => set(places, &whole, value),
        Change::Lead(_, value) => lead(places, &whole, value).map(|edit| vec![edit]),
        Change::Insert(_, value) => insert_item(places, &whole, value).map(|edit| vec![edit]),
        Change::Push(_, value) => push(places, &whole, value),
        Change::Rename(_, key) => {
            let (At::Key(old), map) = whole.split_last()? else { return None };
            let place = places.field(places.at(map)?, old)?.key_range;
            let written = places.tree.slice(place);
            let replacement = match written.starts_with(['"', '\'']) {
                true => like(written, key),
                false => between_brackets(&Yaml::text(key.as_str()), false),
            };
            Some(vec![Edit { range: place, replacement }])
        }
        Change::Remove(_) => match whole.split_last() {
            None => Some(vec![all(places)]),
            Some((At::Item(item), list)) => {
                let node = places.at(list)?;
                let alone = places.items(node)?.len() == 1;
                match (alone, way.steps().is_empty()) {
                    (true, true) => Some(vec![all(places)]),
                    (true, false) => set(places, list, &Yaml::List(Vec::new())),
                    (false, _) => remove(places, node, *item).map(|edit| vec![edit]),
                }
            }
            Some((At::Key(key), map)) => remove_field(places, places.at(map)?, key).map(|edit| vec![edit]),
        },
        Change::Join(_) => {
            let (At::Item(item), list) = whole.split_last()? else { return None };
            join(places, places.at(list)?, *item).map(|edit| vec![edit])
        }
    }
}

fn all(places: &Places<'_>) -> Edit {
    Edit { range: TextRange::new(0, places.text().len()), replacement: String::new() }
}

fn insert(at: usize, replacement: String) -> Edit {
    Edit { range: TextRange::new(at, at), replacement }
}

fn set(places: &Places<'_>, way: &[At], value: &Yaml) -> Option<Vec<Edit>> {
    let (last, around) = way.split_last()?;
    let map = places.at(around)?;
    let key = match last {
        At::Item(item) => {
            let old = *places.items(map)?.get(*item)?;
            let edit = replace(places, old, value).or_else(|| replace_block(places, old, value))?;
            return Some(vec![edit]);
        }
        At::Key(key) => key,
    };
    let edit = match places.field(map, key) {
        Some(entry) => replace_field(places, map, entry, value),
        None if places.is_flow(map) => {
            add_between_brackets(places, map, |json| field_between_brackets(key, value, json))
        }
        None => {
            let first = places.entries(map)?.first()?;
            let column = places.column(first.key_range)?;
            let line = places.style.field(key, value, column);
            Some(add_line(places, places.range(map), column, &line))
        }
    }?;
    Some(vec![edit])
}

/// A field in front of the others of a mapping.
fn lead(places: &Places<'_>, way: &[At], value: &Yaml) -> Option<Edit> {
    let (At::Key(key), around) = way.split_last()? else { return None };
    let map = places.at(around)?;
    let first = places.entries(map)?.first()?.key_range;
    if places.is_flow(map) {
        let own_line = places.lead(first).map(|lead| format!("{}{lead}", places.style.newline));
        let written = field_between_brackets(key, value, is_json(places, map));
        let between = own_line.unwrap_or_else(|| " ".to_owned());
        return Some(insert(first.start(), format!("{written},{between}")));
    }
    // Right behind the key of the mapping: comments above its first field are about that one.
    let (At::Key(parent), above) = around.split_last()? else { return None };
    let parent = places.field(places.at(above)?, parent)?.key_range;
    let column = places.column(first)?;
    let line = places.style.field(key, value, column);
    Some(add_line(places, parent, column, &line))
}

/// An item in front of another one of a list.
fn insert_item(places: &Places<'_>, way: &[At], value: &Yaml) -> Option<Edit> {
    let (At::Item(item), around) = way.split_last()? else { return None };
    let list = places.at(around)?;
    let items = places.items(list)?;
    let place = places.range(*items.get(*item)?);
    if places.is_flow(list) {
        let own_line = places.lead(place).map(|lead| format!("{}{lead}", places.style.newline));
        let written = between_brackets(value, is_json(places, list));
        let between = own_line.unwrap_or_else(|| " ".to_owned());
        return Some(insert(place.start(), format!("{written},{between}")));
    }
    // Right behind the item before it, or the key of the list: comments above an item are about that one.
    let behind = match item.checked_sub(1) {
        Some(before) => places.range(*items.get(before)?),
        None => {
            let (At::Key(parent), above) = around.split_last()? else { return None };
            places.field(places.at(above)?, parent)?.key_range
        }
    };
    let column = places.column(places.range(list))?;
    let line = format!("- {}", places.style.block(value, column + 2));
    Some(add_line(places, behind, column, &line))
}

/// A line below a place.
fn add_line(places: &Places<'_>, behind: TextRange, column: usize, line: &str) -> Edit {
    insert(places.line_end(behind), format!("{}{}{line}", places.style.newline, " ".repeat(column)))
}

/// The value of a field that is there.
fn replace_field(places: &Places<'_>, map: NodeId, entry: &Entry<'_>, value: &Yaml) -> Option<Edit> {
    let old = places.range(entry.value);
    let is_collection = matches!(value, Yaml::List(_) | Yaml::Map(_));
    let colon = entry.key_range.end() + places.text().get(entry.key_range.end()..)?.find(':')? + 1;
    let is_block = matches!(places.tree.value(entry.value), Value::List(_) | Value::Map(_))
        && !places.is_flow(entry.value);
    let was_nothing = match places.tree.value(entry.value) {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    // A comment behind an empty value stays where it is when the new one takes a single line as well.
    let behind = places.text().get(old.end().max(colon)..places.line_end(old)).unwrap_or_default();
    let was_nothing = was_nothing && behind.trim().is_empty();
    if !places.is_flow(map) && is_collection && (is_block || was_nothing) {
        let column = places.column(entry.key_range)?;
        let end = old.end().max(colon);
        let replacement = places.style.behind_colon(value, column);
        return Some(Edit { range: TextRange::new(colon, end), replacement });
    }
    if is_block {
        return None;
    }
    if old.start() == old.end() {
        return Some(insert(colon, format!(" {}", between_brackets(value, is_json(places, map)))));
    }
    replace(places, entry.value, value)
}

/// A value on its line.
fn replace(places: &Places<'_>, old: NodeId, value: &Yaml) -> Option<Edit> {
    let range = places.range(old);
    let written = places.tree.source(old);
    let is_block = matches!(places.tree.value(old), Value::List(_) | Value::Map(_)) && !places.is_flow(old);
    if is_block || written.starts_with(['|', '>']) || range.start() == range.end() {
        return None;
    }
    let replacement = match value {
        Yaml::Text(text) if written.starts_with(['"', '\'']) => like(written, text),
        other => between_brackets(other, is_json(places, old)),
    };
    Some(Edit { range, replacement })
}

/// A mapping in a block by another one; what comments inside it say stands behind its first line afterwards.
fn replace_block(places: &Places<'_>, old: NodeId, value: &Yaml) -> Option<Edit> {
    let (Yaml::Map(fields), Value::Map(entries)) = (value, places.tree.value(old)) else { return None };
    if fields.is_empty() || places.is_flow(old) {
        return None;
    }
    let range = places.range(old);
    let column = places.column(range)?;
    let comments: Vec<&str> = places.tree.slice(range).lines().filter_map(comment).collect();
    let is_block = |entry: &Entry<'_>| {
        matches!(places.tree.value(entry.value), Value::List(_) | Value::Map(_))
            && !places.is_flow(entry.value)
    };
    let has_brackets = entries.iter().any(|entry| places.is_flow(entry.value));
    if comments.is_empty() && has_brackets && !entries.iter().any(is_block) {
        let lines: Vec<String> =
            fields.iter().map(|(key, value)| field_between_brackets(key, value, false)).collect();
        let between = format!("{}{}", places.style.newline, " ".repeat(column));
        return Some(Edit { range, replacement: lines.join(&between) });
    }
    let written = places.style.block(value, column);
    if comments.is_empty() {
        return Some(Edit { range, replacement: written });
    }
    let (first, rest) = written.split_once('\n')?;
    let (first, newline) = match first.strip_suffix('\r') {
        Some(first) => (first, "\r\n"),
        None => (first, "\n"),
    };
    Some(Edit { range, replacement: format!("{first} # {}{newline}{rest}", comments.join("; ")) })
}

/// What the comment at the end of a line says; none where the line ends inside quotes.
fn comment(line: &str) -> Option<&str> {
    let (mut before, mut quote) = (' ', None);
    for (at, letter) in line.char_indices() {
        match quote {
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if letter == '#' && before.is_whitespace() => {
                let said = line.get(at..)?.trim_start_matches('#').trim();
                return (!said.is_empty()).then_some(said);
            }
            None if matches!(letter, '\'' | '"') && matches!(before, ' ' | '[' | '{' | ',') => {
                quote = Some(letter)
            }
            None => {}
        }
        before = letter;
    }
    None
}

fn push(places: &Places<'_>, way: &[At], value: &Yaml) -> Option<Vec<Edit>> {
    let list = places.at(way);
    let items = list.and_then(|list| places.items(list)).unwrap_or_default();
    let Some((list, _)) = list.zip(items.last()) else {
        return set(places, way, &Yaml::List(vec![value.clone()]));
    };
    if places.is_flow(list) {
        return add_between_brackets(places, list, |json| between_brackets(value, json))
            .map(|edit| vec![edit]);
    }
    let column = places.column(places.range(list))?;
    let line = format!("- {}", places.style.block(value, column + 2));
    Some(vec![add_line(places, places.range(list), column, &line)])
}

/// Behind the last entry or item between two brackets.
fn add_between_brackets(places: &Places<'_>, node: NodeId, write: impl Fn(bool) -> String) -> Option<Edit> {
    let written = write(is_json(places, node));
    let (first, last) = match places.tree.value(node) {
        Value::Map(entries) => {
            let last = entries.last().map(|entry| entry.key_range.cover(places.range(entry.value)));
            (entries.first().map(|entry| entry.key_range), last)
        }
        Value::List(items) => {
            let place = |item: &NodeId| places.range(*item);
            (items.first().map(place), items.last().map(place))
        }
        _ => return None,
    };
    let Some((first, last)) = first.zip(last) else {
        return Some(insert(places.range(node).start() + 1, written));
    };
    // Entries that stand each on a line of its own.
    let own_line = places.lead(first).map(|lead| format!("{}{lead}", places.style.newline));
    let between = own_line.unwrap_or_else(|| " ".to_owned());
    Some(insert(last.end(), format!(",{between}{written}")))
}

/// Whether what stands around a value is written as JSON.
fn is_json(places: &Places<'_>, node: NodeId) -> bool {
    let quoted = |node: NodeId| {
        let key = places.entries(node).and_then(|entries| entries.first());
        key.map(|entry| places.tree.slice(entry.key_range).starts_with('"'))
    };
    let of_document = || {
        places.text().trim_start().starts_with('{') && places.tree.root().and_then(quoted).unwrap_or_default()
    };
    quoted(node).unwrap_or_else(of_document)
}

/// One item less, of several.
fn remove(places: &Places<'_>, list: NodeId, item: usize) -> Option<Edit> {
    let items: Vec<TextRange> = places.items(list)?.iter().map(|item| places.range(*item)).collect();
    remove_part(places, list, &items, item)
}

/// One field less, of several.
fn remove_field(places: &Places<'_>, map: NodeId, key: &str) -> Option<Edit> {
    let entries = places.entries(map)?;
    let at = entries.iter().position(|entry| entry.key == key)?;
    let whole = |entry: &Entry<'_>| {
        let end = places.range(entry.value).end().max(entry.key_range.end());
        TextRange::new(entry.key_range.start(), end)
    };
    let fields: Vec<TextRange> = entries.iter().map(whole).collect();
    let place = *fields.get(at)?;
    let lead = places.text().get(places.line_start(place)..place.start())?;
    // Beside the dash of an item it is not alone on its line.
    let is_alone = lead.bytes().all(|byte| byte == b' ');
    (places.is_flow(map) || (is_alone && fields.len() > 1)).then(|| remove_part(places, map, &fields, at))?
}

/// One of the parts of a list or mapping less.
fn remove_part(places: &Places<'_>, whole: NodeId, parts: &[TextRange], at: usize) -> Option<Edit> {
    let place = *parts.get(at)?;
    let range = if places.is_flow(whole) {
        match (at.checked_sub(1).and_then(|before| parts.get(before)), parts.get(at + 1)) {
            (Some(before), _) => TextRange::new(before.end(), place.end()),
            (None, Some(next)) => TextRange::new(place.start(), next.start()),
            (None, None) => return None,
        }
    } else {
        places.column(place)?;
        let (start, end) = (places.line_start(place), places.line_end(place));
        let newline = places.text().get(end..)?.chars().take_while(|letter| matches!(letter, '\r' | '\n'));
        // The first line end only: blank lines behind it stay.
        let length = newline.scan(false, |done, letter| {
            let take = !*done;
            *done = letter == '\n';
            take.then_some(letter.len_utf8())
        });
        TextRange::new(start, end + length.sum::<usize>())
    };
    Some(Edit { range, replacement: String::new() })
}

/// Two neighbours made one.
fn join(places: &Places<'_>, list: NodeId, item: usize) -> Option<Edit> {
    let items = places.items(list)?;
    let (one, next) = (*items.get(item)?, *items.get(item + 1)?);
    match (places.is_flow(one), places.is_flow(next)) {
        (true, true) => {
            let last = places.range(places.entries(one)?.last()?.value);
            let first = places.entries(next)?.first()?.key_range;
            let range = TextRange::new(last.end(), first.start());
            // A comment between them would be lost.
            let between = places.tree.slice(range);
            (!between.contains('#')).then(|| Edit { range, replacement: ", ".to_owned() })
        }
        (false, false) => {
            let place = places.range(next);
            let lead = places.text().get(places.line_start(place)..place.start())?;
            let dash = places.line_start(place) + lead.find('-')?;
            Some(Edit { range: TextRange::new(dash, dash + 1), replacement: " ".to_owned() })
        }
        _ => None,
    }
}
