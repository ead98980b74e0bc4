//! Looking up by name.

/// Names and where they stand, sorted by name.
///
/// A sorted list with one sort in it, where a map of every kind of key would each bring code of its own: the page is
/// loaded over a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    entries: Vec<(String, usize)>,
}

impl Index {
    /// Numbers names in their order, from 0.
    pub fn of(names: impl Iterator<Item = String>) -> Self {
        let mut entries: Vec<(String, usize)> = names.zip(0..).collect();
        entries.sort_unstable_by(|left, right| left.0.cmp(&right.0).then(left.1.cmp(&right.1)));
        Self { entries }
    }

    /// The number of a name; the first of several.
    pub fn find(&self, name: &str) -> Option<usize> {
        let place = self.entries.partition_point(|(entry, _)| entry.as_str() < name);
        self.entries.get(place).filter(|(entry, _)| entry == name).map(|(_, number)| *number)
    }

    /// How often a name is there.
    pub fn count(&self, name: &str) -> usize {
        let place = self.entries.partition_point(|(entry, _)| entry.as_str() < name);
        self.entries.iter().skip(place).take_while(|(entry, _)| entry == name).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_counted() {
        let index = Index::of(["b", "a", "c", "a"].into_iter().map(str::to_owned));
        assert_eq!(
            [index.find("a"), index.find("b"), index.find("c"), index.find("d")],
            [Some(1), Some(0), Some(2), None]
        );
        assert_eq!(["a", "b", ""].map(|name| index.count(name)), [2, 1, 0]);
    }
}
