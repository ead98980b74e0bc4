//! "Did you mean": the known word closest to a mistyped one.

/// Words longer than this are never compared; no name in Kubernetes' API comes near.
const LONGEST: usize = 64;

/// The known word that `wanted` most probably means, if one is near enough.
///
/// Near enough is one mistake for every three characters, but at least one and at most three; a mistake is a character added, left out or
/// replaced, or two neighbours swapped. Words that differ only in case are always near. Of several that are equally
/// near, the first wins.
pub fn nearest<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.len() > LONGEST || wanted.is_empty() {
        return None;
    }
    let letters: Vec<char> = wanted.chars().collect();
    let most = (letters.len() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let bound = best.map_or(most, |(distance, _)| distance.saturating_sub(1));
        if candidate.eq_ignore_ascii_case(wanted) {
            return Some(candidate);
        }
        if best.is_some_and(|(distance, _)| distance == 0)
            || candidate.len().abs_diff(wanted.len()) > 4 * bound
        {
            continue;
        }
        let distance = distance(&letters, candidate);
        if distance <= bound && distance < candidate.chars().count() {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment: the fewest mistakes that turn one word into the other, ignoring ASCII case.
fn distance(wanted: &[char], candidate: &str) -> usize {
    if candidate.len() > LONGEST {
        return usize::MAX;
    }
    let candidate: Vec<char> = candidate.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=candidate.len()).collect();
    for (row, &letter) in wanted.iter().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        for (column, &other) in candidate.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX - 1);
            let same = letter.eq_ignore_ascii_case(&other);
            let mut cost = (at(&last, column) + usize::from(!same))
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && wanted.get(row - 1).is_some_and(|previous| previous.eq_ignore_ascii_case(&other))
                && candidate.get(column - 1).is_some_and(|previous| previous.eq_ignore_ascii_case(&letter));
            if swapped {
                cost = cost.min(at(&before_last, column - 1) + 1);
            }
            current.push(cost);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_word_that_was_meant() {
        let known = ["podSelector", "namespaceSelector", "ipBlock", "ports", "from", "to", "app", "tier"];
        for (wanted, meant) in [
            ("podSelecter", Some("podSelector")),
            ("podselector", Some("podSelector")),
            ("namespaceSelectors", Some("namespaceSelector")),
            ("ipblok", Some("ipBlock")),
            ("form", Some("from")),
            ("port", Some("ports")),
            ("aap", Some("app")),
            ("ap", Some("app")),
            ("xyz", None),
            ("", None),
            ("selector", None),
            ("node", None),
            ("fr", None),
        ] {
            assert_eq!(nearest(wanted, known.into_iter()), meant, "{wanted}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), known.into_iter()), None);
    }

    #[test]
    fn swapped_neighbours_are_one_mistake() {
        assert_eq!(nearest("fornt", ["front", "fort"].into_iter()), Some("front"));
        assert_eq!(nearest("abc", ["bac"].into_iter()), Some("bac"));
        assert_eq!(nearest("abc", ["bca"].into_iter()), None);
    }

    #[test]
    fn the_first_of_several_wins() {
        assert_eq!(nearest("bat", ["cat", "hat"].into_iter()), Some("cat"));
    }
}
