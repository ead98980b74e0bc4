//! The items of a `List`, as `kubectl get -o yaml` and `-o json` print it: each is a document by itself, so that an edit
//! of one leaves the others as they are.
//!
//! Only lists are taken apart of which everything but the items is known: of all others the reader sees the whole.

use std::ops::Range;

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// All of it, with the comments right above it.
    pub(crate) bytes: Range<usize>,
    /// Where its dash stands; `None` in JSON.
    pub(crate) dash: Option<usize>,
}

/// The items of a document, in bytes of it; `None` where it is no such list.
pub(crate) fn items(text: &str) -> Option<Vec<Item>> {
    if text.trim_start().starts_with('{') { of_json(text) } else { of_yaml(text) }
}

/// What stands in a list beside its items, each at most once.
#[derive(Debug, Default)]
struct Header {
    api_version: bool,
    kind: bool,
    metadata: bool,
    items: bool,
}

impl Header {
    /// Notes that something is there; `None` where it was before.
    fn note(is_there: &mut bool) -> Option<()> {
        let was_there = std::mem::replace(is_there, true);
        (!was_there).then_some(())
    }

    fn is_whole(&self) -> bool {
        self.api_version && self.kind && self.items
    }
}

/// A part of a list in YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Header,
    Metadata,
    /// The column of the dashes, once there is one.
    Items(Option<usize>),
}

fn of_yaml(text: &str) -> Option<Vec<Item>> {
    // Nearly everything that is no list says so in its first lines.
    let mut header = Header::default();
    let mut section = Section::Header;
    let mut found: Vec<Item> = Vec::new();
    // Where the comments begin that stand right above.
    let mut comments: Option<usize> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let column = line.len() - line.trim_start_matches(' ').len();
        if let Section::Items(Some(dashes)) = section
            && column > dashes
        {
            comments = None;
            continue;
        }
        let content = line.get(column..)?.trim_end_matches([' ', '\n']);
        if content.starts_with('#') {
            comments = comments.or(Some(start));
            continue;
        }
        let above = comments.take();
        if content.is_empty() {
            continue;
        }
        if let Section::Items(dashes) = section
            && content.starts_with("- ")
            && dashes.is_none_or(|dashes| dashes == column)
        {
            let begin = above.unwrap_or(start);
            if let Some(last) = found.last_mut() {
                last.bytes.end = begin;
            }
            found.push(Item { bytes: begin..text.len(), dash: Some(start + column) });
            section = Section::Items(Some(column));
            continue;
        }
        if column > 0 {
            let is_known = section == Section::Metadata
                && ["resourceVersion: \"\"", "selfLink: \"\""].contains(&content);
            if is_known {
                continue;
            }
            return None;
        }
        if let (Section::Items(_), Some(last)) = (section, found.last_mut())
            && last.bytes.end == text.len()
        {
            last.bytes.end = start;
        }
        section = match content {
            "apiVersion: v1" | "apiVersion: \"v1\"" => {
                Header::note(&mut header.api_version).map(|()| Section::Header)?
            }
            "kind: List" | "kind: \"List\"" => Header::note(&mut header.kind).map(|()| Section::Header)?,
            "metadata: {}" => Header::note(&mut header.metadata).map(|()| Section::Header)?,
            "metadata:" => Header::note(&mut header.metadata).map(|()| Section::Metadata)?,
            "items:" => Header::note(&mut header.items).map(|()| Section::Items(None))?,
            _ => return None,
        };
    }
    // A name that is given in one item may be used in another. Line ends of other kinds are left to the reader.
    (header.is_whole() && !found.is_empty() && !text.contains('\r') && !has_anchor(text)).then_some(found)
}

/// Whether something in a text may be an anchor.
fn has_anchor(text: &str) -> bool {
    let bytes = text.as_bytes();
    text.match_indices('&').any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let after = bytes.get(at + 1);
        before.is_none_or(|byte| b" \n[{,:".contains(byte))
            && after.is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'&')
    })
}

fn of_json(text: &str) -> Option<Vec<Item>> {
    let bytes = text.as_bytes();
    let mut found: Vec<Item> = Vec::new();
    // What stands around the items, without white space.
    let mut around = String::new();
    let (mut depth, mut start, mut in_items) = (0_usize, 0, false);
    let mut is_item_due = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let from = at;
        at += 1;
        match byte {
            b'"' => {
                loop {
                    match bytes.get(at)? {
                        b'\\' => at += 2,
                        b'"' => break,
                        _ => at += 1,
                    }
                }
                at += 1;
            }
            b'{' | b'[' => {
                if in_items && depth == 2 {
                    if *byte != b'{' || !is_item_due {
                        return None;
                    }
                    (start, is_item_due) = (from, false);
                }
                depth += 1;
                if depth == 2 && *byte == b'[' && around.ends_with("\"items\":") {
                    (in_items, is_item_due) = (true, true);
                    continue;
                }
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if in_items && depth == 2 {
                    found.push(Item { bytes: start..at, dash: None });
                    continue;
                }
                if in_items && depth == 1 {
                    in_items = false;
                    if is_item_due {
                        return None;
                    }
                    continue;
                }
            }
            byte if byte.is_ascii_whitespace() => continue,
            b',' if in_items && depth == 2 => {
                if std::mem::replace(&mut is_item_due, true) {
                    return None;
                }
                continue;
            }
            _ if in_items && depth == 2 => return None,
            _ => {}
        }
        if !in_items {
            // A list says little beside its items.
            if around.len() > 1000 {
                return None;
            }
            around.push_str(text.get(from..at)?);
        }
    }
    (depth == 0 && !found.is_empty() && is_header(&around)?).then_some(found)
}

/// Whether this is what `kubectl` writes around the items, in any order.
fn is_header(around: &str) -> Option<bool> {
    let mut rest = around.strip_prefix('{')?.strip_suffix('}')?;
    let mut header = Header::default();
    loop {
        if let Some(after) = rest.strip_prefix("\"apiVersion\":\"v1\"") {
            Header::note(&mut header.api_version)?;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("\"kind\":\"List\"") {
            Header::note(&mut header.kind)?;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("\"items\":") {
            Header::note(&mut header.items)?;
            rest = after;
        } else if let Some(after) = rest.strip_prefix("\"metadata\":{") {
            Header::note(&mut header.metadata)?;
            let known = ["}", "\"resourceVersion\":\"\"}", "\"resourceVersion\":\"\",\"selfLink\":\"\"}"];
            rest = known.iter().find_map(|known| after.strip_prefix(known))?;
        } else {
            return None;
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return Some(rest.is_empty() && header.is_whole()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<Vec<&str>> {
        Some(items(text)?.into_iter().map(|item| &text[item.bytes]).collect())
    }

    #[test]
    fn items_of_what_kubectl_prints() {
        let text = "apiVersion: v1\nitems:\n- a: 1\n  b: |\n    - c\n# d\n- e: 2\nkind: List\nmetadata:\n  resourceVersion: \"\"\n";
        assert_eq!(split(text).unwrap(), ["- a: 1\n  b: |\n    - c\n", "# d\n- e: 2\n"]);
        let text = "kind: List\napiVersion: v1\nmetadata: {}\nitems:\n  # x\n  - a: 1\n\n  - - b\n    - c\n";
        assert_eq!(split(text).unwrap(), ["  # x\n  - a: 1\n\n", "  - - b\n    - c\n"]);
        let text = r#"{"apiVersion":"v1","items":[{"a":"]}\""},{"b":[{}]}],"kind":"List","metadata":{"resourceVersion":""}}"#;
        assert_eq!(split(text).unwrap(), [r#"{"a":"]}\""}"#, r#"{"b":[{}]}"#]);
        let text = "{\n \"kind\": \"List\",\n \"apiVersion\": \"v1\",\n \"items\": [\n  {},\n  {}\n ]\n}\n";
        assert_eq!(split(text).unwrap(), ["{}", "{}"]);
    }

    #[test]
    fn everything_else_stays_whole() {
        for text in [
            "",
            "apiVersion: v1\nkind: Pod\n",
            "apiVersion: v1\nkind: List\nitems: []\n",
            "apiVersion: v1\nkind: List\nitems:\n",
            "kind: List\nitems:\n- a: 1\n",
            "apiVersion: v1\nkind: PodList\nitems:\n- a: 1\n",
            "apiVersion: v1\nkind: List\nitem: x\nitems:\n- a: 1\n",
            "apiVersion: v1\nkind: List\nkind: List\nitems:\n- a: 1\n",
            "apiVersion: v1\nkind: List\nitems:\n- a: &b 1\n- a: *b\n",
            "apiVersion: v1\nkind: List\nitems:\n- a: 1\nb: 2\n",
            "apiVersion: v1\nkind: List\nitems:\n  - a: 1\n - b: 2\n",
            "apiVersion: v1\nkind: List\nitems:\n  - a: 1\n  b: 2\n",
            "apiVersion: v1\nkind: List\nitems:\n- a: 1\n...\n",
            "apiVersion: v1\r\nkind: List\r\nitems:\r\n- a: 1\r\n",
            "apiVersion: v1\nkind: List\nmetadata:\n  name: x\nitems:\n- a: 1\n",
            "apiVersion: v1\nkind: List\nitems:\n-\n  a: 1\n",
            r#"{"apiVersion":"v1","items":[],"kind":"List"}"#,
            r#"{"apiVersion":"v1","items":[{},],"kind":"List"}"#,
            r#"{"apiVersion":"v1","items":[{} {}],"kind":"List"}"#,
            r#"{"apiVersion":"v1","items":[{},1],"kind":"List"}"#,
            r#"{"apiVersion":"v1","items":[{}],"kind":"List","x":1}"#,
            r#"{"apiVersion":"v1","items":[{}],"kind":"List""#,
            r#"{"apiVersion":"v1","items":[{}],"items":[{}],"kind":"List"}"#,
            r#"{"items":[{}],"kind":"List"}"#,
        ] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
