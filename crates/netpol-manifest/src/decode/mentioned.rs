//! Policies, and tests of them, in a text that cannot be read, as far as the text tells.

use netpol_source::TextRange;

use super::kinds;

/// Where the text says that something is of a kind of policy that is read: `kind: NetworkPolicy`, in YAML or JSON, and not
/// in a comment.
pub(super) fn policies(text: &str) -> Vec<TextRange> {
    of_kind(text, |kind| kinds::is_policy(kind) && kinds::by_name(kind).is_some())
}

/// The same of policy tests, in whatever case their kind is written.
pub(super) fn tests(text: &str) -> Vec<TextRange> {
    of_kind(text, |kind| kinds::is_test("", kind))
}

fn of_kind(text: &str, is_meant: impl Fn(&str) -> bool) -> Vec<TextRange> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim_start().starts_with('#') {
            let values = line.match_indices(KEY).filter_map(|(at, _)| value_of_key(line, at));
            let values = values.filter(|(_, kind)| is_meant(kind));
            found.extend(values.map(|(at, kind)| TextRange::new(start + at, start + at + kind.len())));
        }
        start += line.len();
    }
    found
}

const KEY: &str = "kind";

/// The word that is the value of the key at a place of a line, and where it begins, if it is a key that stands there.
fn value_of_key(line: &str, at: usize) -> Option<(usize, &str)> {
    let (before, after) = (line.get(..at)?, line.get(at + KEY.len()..)?);
    if !before.is_empty() && !before.ends_with([' ', '{', ',', '"', '\'']) {
        return None;
    }
    let value = after.strip_prefix(['"', '\'']).unwrap_or(after).trim_start().strip_prefix(':')?;
    let value = value.trim_start().trim_start_matches(['"', '\'']);
    let length = value.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(value.len());
    Some((line.len() - value.len(), value.get(..length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_one_by_its_kind() {
        let cases = [
            ("kind: NetworkPolicy", 1),
            ("  - kind: 'NetworkPolicy'\n", 1),
            ("{\"kind\":\"NetworkPolicy\",\"kind\" : \"NetworkPolicy\"}", 2),
            ("{{ if }}\nkind: NetworkPolicy\n{{ end }}\n---x\nkind: Pod\n", 1),
            ("# kind: NetworkPolicy", 0),
            ("mankind: NetworkPolicy", 0),
            ("kind NetworkPolicy", 0),
            ("kind: NetworkPolicyList", 0),
            ("kind:", 0),
            ("kind", 0),
        ];
        for (text, count) in cases {
            let found = policies(text);
            assert_eq!(found.len(), count, "{text}");
            assert!(found.iter().all(|range| &text[range.start()..range.end()] == "NetworkPolicy"), "{text}");
        }
    }
}
