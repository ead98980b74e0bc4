//! The examples that the page offers. The texts of most are files beside the page, which are fetched when somebody
//! chooses them.

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
    pub files: &'static [(&'static str, Text)],
}

/// The text of a file of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// It is part of the page.
    Here(&'static str),
    /// It is a file at this path under `examples/` beside the page.
    At(&'static str),
}

impl Example {
    /// The files as the editor takes them; `None` where they are to be fetched.
    pub fn sources(&self) -> Option<Vec<(String, String)>> {
        let source = |(name, text): &(&str, Text)| match text {
            Text::Here(text) => Some(((*name).to_owned(), (*text).to_owned())),
            Text::At(_) => None,
        };
        self.files.iter().map(source).collect()
    }
}

include!(concat!(env!("OUT_DIR"), "/examples.rs"));

/// FNV-1a: the same in every version of the page, and when it is built.
pub fn digest(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether these are texts of an example, as it came.
pub fn is_one(files: &[(String, String)]) -> bool {
    files.iter().all(|(_, text)| TEXTS.contains(&digest(text)))
}

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
        assert!(find(FIRST).unwrap().sources().is_some(), "a first visit fetches nothing more");
    }

    #[test]
    fn an_example_is_known_by_its_texts() {
        let mut first = find(FIRST).unwrap().sources().unwrap();
        assert!(is_one(&first));
        first[0].1.push(' ');
        assert!(!is_one(&first));
    }

    #[test]
    fn every_example_has_something_to_show() {
        for example in all() {
            assert!(!example.title.is_empty() && !example.summary.is_empty(), "{}", example.id);
            let has_objects = example.files.iter().any(|(_, text)| match text {
                Text::Here(text) => text.contains("kind: "),
                Text::At(path) => {
                    let path = format!("{}/../examples/{path}", env!("CARGO_MANIFEST_DIR"));
                    std::fs::read_to_string(path).unwrap().contains("kind: ")
                }
            });
            assert!(has_objects, "{}", example.id);
        }
    }
}
