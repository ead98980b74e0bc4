//! Small pieces of wording.

/// Shortens a text to at most `most` characters with an ellipsis in the middle, so that beginning and end stay.
pub fn middle_ellipsis(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most || most < 3 {
        return text.to_owned();
    }
    let kept = most - 1;
    let head = kept.div_ceil(2);
    let tail = kept - head;
    text.chars().take(head).chain(std::iter::once('…')).chain(text.chars().skip(count - tail)).collect()
}

/// So many characters at the end of a name stay in sight.
const END: usize = 5;

/// A name but for its end, and the end of a long one: where there is no room for all of it, what is cut is in the middle.
/// What only explains the name, in brackets or as what is excepted, is cut first.
pub fn ends(name: &str) -> (&str, &str) {
    if [" (", " except "].iter().any(|explanation| name.contains(explanation)) {
        return (name, "");
    }
    let count = name.chars().count();
    let place = name.char_indices().nth(count.saturating_sub(END)).map(|(place, _)| place);
    place.filter(|_| count > 2 * END).map_or((name, ""), |place| name.split_at(place))
}

/// `1 policy`, `2 policies`; with commas between thousands.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// With a capital letter at its head.
pub fn capitalized(text: String) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The name of a rule as a title: `dns-blocked` is `DNS blocked`.
pub fn rule_title(name: &str) -> String {
    let word = |word| match word {
        "api" => "API",
        "cidr" => "CIDR",
        "dns" => "DNS",
        "and" => "AND",
        "or" => "OR",
        word => word,
    };
    let words: Vec<&str> = name.split('-').map(word).collect();
    words.join(" ").replace("AND OR", "AND/OR")
}

/// `12,345`.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0.4 ms`, `1.4 ms`, `37 ms`, `2.1 s`.
pub fn duration(milliseconds: f64) -> String {
    // Whole tenths: formatting fractions would bring much code for one number.
    let tenths = |number: f64| {
        let tenths = (number * 10.0 + 0.5) as u32;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    if milliseconds < 9.95 {
        format!("{} ms", tenths(milliseconds))
    } else if milliseconds < 999.5 {
        format!("{} ms", (milliseconds + 0.5) as u32)
    } else {
        format!("{} s", tenths(milliseconds / 1000.0))
    }
}

/// A piece of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Prose.
    Text(&'a str),
    /// What stood between backticks.
    Code(&'a str),
}

/// Cuts a message at its backticks. One that has no partner stays as it is.
pub fn pieces(message: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, remaining)) = after.split_once('`') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        if !code.is_empty() {
            pieces.push(Piece::Code(code));
        }
        rest = remaining;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(middle_ellipsis("frontend", 8), "frontend");
        assert_eq!(middle_ellipsis("recommendation-service", 11), "recom…rvice");
        assert_eq!(middle_ellipsis("größere-namen", 7), "grö…men");
    }

    #[test]
    fn long_names_have_an_end() {
        assert_eq!(ends("frontend"), ("frontend", ""));
        assert_eq!(ends("recommendation"), ("recommend", "ation"));
        assert_eq!(ends("größere-größen"), ("größere-g", "rößen"));
        assert_eq!(ends("10.0.0.0/16 except 10.0.0.10"), ("10.0.0.0/16 except 10.0.0.10", ""));
        assert_eq!(ends("metadata (fd00:ec2::254)"), ("metadata (fd00:ec2::254)", ""));
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "policy", "policies"), "1 policy");
        assert_eq!(counted(1234567, "policy", "policies"), "1,234,567 policies");
        assert_eq!(duration(0.0), "0.0 ms");
        assert_eq!(duration(1.44), "1.4 ms");
        assert_eq!(duration(9.97), "10 ms");
        assert_eq!(duration(37.2), "37 ms");
        assert_eq!(duration(2100.0), "2.1 s");
    }

    #[test]
    fn backticks_become_code() {
        use Piece::{Code, Text};
        assert_eq!(pieces("a `b` c"), [Text("a "), Code("b"), Text(" c")]);
        assert_eq!(pieces("`b``c`"), [Code("b"), Code("c")]);
        assert_eq!(pieces("lone ` tick"), [Text("lone ` tick")]);
        assert_eq!(pieces(""), []);
    }
}
