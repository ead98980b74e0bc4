//! The examples that the page offers; their texts are part of the page.

/// Examples under one heading.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// In order.
    pub examples: &'static [Example],
}

/// Manifests to start from.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// Stable and unique.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What it shows, in a sentence.
    pub summary: &'static str,
    /// Names and texts.
    pub files: &'static [(&'static str, &'static str)],
}

impl Example {
    /// The files as the editor takes them.
    pub fn sources(&self) -> Vec<(String, String)> {
        self.files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }
}

include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// All examples in order.
pub fn all() -> impl Iterator<Item = &'static Example> {
    GROUPS.iter().flat_map(|group| group.examples)
}

/// An example by its id.
pub fn find(id: &str) -> Option<&'static Example> {
    all().find(|example| example.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_the_first_exists() {
        let ids: Vec<&str> = all().map(|example| example.id).collect();
        let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len());
        assert!(find(FIRST).is_some());
    }

    #[test]
    fn every_example_has_something_to_show_or_room_for_it() {
        for example in all() {
            assert!(!example.title.is_empty() && !example.summary.is_empty(), "{}", example.id);
            let has_objects = example.files.iter().any(|(_, text)| text.contains("kind: "));
            assert!(has_objects || example.id == "empty", "{}", example.id);
        }
    }
}
