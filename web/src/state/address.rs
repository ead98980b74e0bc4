//! The address of the page as plain data: what is shown, in a form that can be kept, sent and linked to.
//!
//! `?example=<id>` opens an example, or what triggers a rule by its code; `?lab=<id>` a lab; `?view=` the results in sight; `?cell=` the cell
//! that is open, its ends parted by `~`, which no name holds; `?url=` asks for a file of another origin. The fragment is
//! a link: it holds manifests and is never sent to a server. `?embed=` says that the page is part of another one, in the
//! `?theme=` of that.

use super::examples;
use super::message::View;
use super::place::Place;
use super::settings::Theme;

/// An address, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// What it opens.
    pub start: Start,
    /// The results in sight.
    pub view: View,
    /// The cell that is open: the ids of its ends.
    pub cell: Option<(String, String)>,
    /// The file of another origin that is asked for.
    pub url: Option<String>,
    /// What it asks for that there is not, in words.
    pub misread: Option<String>,
    /// What else stands in the query; it stays there.
    pub(super) others: Vec<(String, String)>,
}

/// What an address opens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// One's own text, or the first example.
    #[default]
    Bare,
    /// An example, by its id or the code of a rule.
    Example(String),
    /// A lab of the list, by its id.
    Lab(String),
    /// A link: the fragment without its `#`.
    Link(String),
}

impl Address {
    /// Reads the query, with or without its `?`, and the fragment, with or without its `#`.
    pub fn parse(query: &str, fragment: &str) -> Self {
        let mut address = Self::default();
        let query = query.strip_prefix('?').unwrap_or(query);
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "example" => address.start = Start::Example(value.into_owned()),
                "lab" if is_id(&value) => address.start = Start::Lab(value.into_owned()),
                "lab" => address.misread = Some(format!("there is no lab “{value}” here")),
                "view" => match View::of(&value) {
                    Some(view) => address.view = view,
                    None => address.misread = Some(format!("there is no view “{value}” here")),
                },
                "cell" => match value.split_once('~') {
                    Some((source, destination)) => address.cell = Some((source.into(), destination.into())),
                    None => {
                        address.misread = Some("a cell is a source and a destination, parted by ~".to_owned())
                    }
                },
                "url" => address.url = Some(value.into_owned()),
                _ => address.others.push((key.into_owned(), value.into_owned())),
            }
        }
        let fragment = fragment.strip_prefix('#').unwrap_or(fragment);
        if !fragment.is_empty() {
            address.start = Start::Link(fragment.to_owned());
        }
        address
    }

    /// What it opens in a tab that has such a slot; `None` where that is not in the address: one's own last text, or an
    /// example that there is not.
    pub fn place(&self, slot: Option<&str>) -> Option<Place> {
        match &self.start {
            Start::Link(fragment) => Some(Place::Link(fragment.clone())),
            Start::Example(id) => {
                let rule = || is_code(id).then(|| Place::Rule(id.clone()));
                examples::find(id).map(Place::Example).or_else(rule)
            }
            Start::Lab(id) => Some(Place::Lab(id.clone())),
            Start::Bare => slot.and_then(Place::of_slot),
        }
    }

    /// Whether the page is part of another one, with the editor or with the results alone: then it reads and keeps nothing
    /// of what a person has. `web/page.js` reads it the same way.
    pub fn is_embedded(&self) -> bool {
        matches!(self.other("embed"), Some("1" | "matrix"))
    }

    /// The theme of the page around an embedded one.
    pub fn theme(&self) -> Theme {
        self.other("theme").and_then(Theme::named).unwrap_or_default()
    }

    /// The same in a page of its own.
    pub fn on_its_own(mut self) -> Self {
        self.others.retain(|(key, _)| !matches!(&**key, "embed" | "theme"));
        self
    }

    /// What else stands in the query under a key: the last counts.
    fn other(&self, key: &str) -> Option<&str> {
        self.others.iter().rfind(|(other, _)| other == key).map(|(_, value)| &**value)
    }

    /// The query with its `?`, and the fragment with its `#`; each empty where there is none.
    pub fn write(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.others);
        if let Start::Example(id) = &self.start {
            query.append_pair("example", id);
        }
        if let Start::Lab(id) = &self.start {
            query.append_pair("lab", id);
        }
        if self.view != View::default() {
            query.append_pair("view", self.view.id());
        }
        if let Some((source, destination)) = &self.cell {
            query.append_pair("cell", &format!("{source}~{destination}"));
        }
        let mut text = query.finish();
        // What may stand in a query as it is reads better so.
        for (escaped, plain) in [("%2F", "/"), ("%3A", ":"), ("%7E", "~"), ("%2C", ",")] {
            text = text.replace(escaped, plain);
        }
        if !text.is_empty() {
            text.insert(0, '?');
        }
        if let Start::Link(fragment) = &self.start {
            text.push('#');
            text.push_str(fragment);
        }
        text
    }
}

/// Whether a lab may be called so: it is the name of a file beside the page.
fn is_id(id: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=80).contains(&id.len()) && id.bytes().all(letters)
}

fn is_code(id: &str) -> bool {
    id.strip_prefix("NP")
        .is_some_and(|number| number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        let (query, fragment) = text.split_once('#').unwrap_or((text, ""));
        Address::parse(query, fragment)
    }

    #[test]
    fn an_address_reads_as_it_is_written() {
        for text in [
            "",
            "?example=and-or",
            "?view=findings",
            "?utm=a+b&example=NP204&view=findings",
            "?cell=shop/cart%5BDeployment%5D~data/redis%5BDeployment%5D",
            "?cell=a~external:10.0.0.0/8,fd00::/8",
            "?view=findings#1abc",
            "?lab=and-or",
        ] {
            assert_eq!(read(text).write(), text);
            assert_eq!(read(&read(text).write()), read(text));
        }
    }

    #[test]
    fn an_address_opens_a_place() {
        let place = |text: &str| read(text).place(Some("own/a.1"));
        assert_eq!(place(""), Some(Place::Own("a.1".into())));
        assert_eq!(place("?example=NP204"), Some(Place::Rule("NP204".into())));
        assert_eq!(place(&format!("?example={}", examples::FIRST)), Some(Place::first()));
        assert_eq!(place("?lab=and-or"), Some(Place::Lab("and-or".into())));
        assert_eq!(place("?example=no-such"), None);
        assert_eq!(place("#1abc"), Some(Place::Link("1abc".into())));
    }

    #[test]
    fn a_link_counts_before_an_example() {
        assert_eq!(read("?example=x#1abc").start, Start::Link("1abc".into()));
    }

    #[test]
    fn what_means_nothing_changes_nothing() {
        for text in ["?view=none", "?cell=alone", "?&&=", "?%ff=%", "#", "?lab=", "?lab=../own", "?lab=A"] {
            let Address { start, view, cell, url, misread, .. } = read(text);
            assert_eq!((start, view, cell, url), (Start::Bare, View::Matrix, None, None), "{text}");
            let asks = ["?view=", "?cell=", "?lab="].iter().any(|start| text.starts_with(start));
            assert_eq!(misread.is_some(), asks, "{text}");
        }
    }

    #[test]
    fn an_embedded_page_says_so() {
        let address = read("?embed=matrix&theme=dark&lab=a");
        assert!(address.is_embedded());
        assert_eq!(address.theme(), Theme::Dark);
        assert_eq!(address.write(), "?embed=matrix&theme=dark&lab=a");
        assert_eq!(address.on_its_own().write(), "?lab=a");
        for text in ["", "?embed=", "?embed=0", "?embed=1&embed=2", "#embed=1"] {
            assert!(!read(text).is_embedded(), "{text}");
        }
        assert_eq!(read("?embed=1&theme=blue").theme(), Theme::System);
    }

    #[test]
    fn a_file_of_another_origin_is_not_asked_for_again() {
        let address = read("?url=https://host/a.yaml&view=findings");
        assert_eq!(address.url.as_deref(), Some("https://host/a.yaml"));
        assert_eq!(address.write(), "?view=findings");
    }
}
