//! Where one is: whose text the editor shows. Each place keeps its text in a slot of its own, so that a link or an
//! example never touches one's own work.

use super::examples::{self, Example, digest};

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A text of one's own, by its identity: what is pasted over an example or opened anew becomes another one, and
    /// takes the place of none.
    Own(String),
    /// An example of the menu.
    Example(&'static Example),
    /// What triggers a rule, by its code.
    Rule(String),
    /// A lab of the list, by its id: the text is one's own attempt.
    Lab(String),
    /// A lab of the list in an exam: which exam, and the lab's id.
    Exam(String, String),
    /// What a link carries: the fragment of the address without its `#`.
    Link(String),
    /// What the page around an embedded one hands over.
    Handed,
}

impl Place {
    /// The example of a first visit.
    pub fn first() -> Self {
        examples::find(examples::FIRST).map_or(Self::Own(String::new()), Self::Example)
    }

    /// The place of a slot; a link's says only which it is, not what it carries.
    pub fn of_slot(slot: &str) -> Option<Self> {
        let (kind, id) = slot.split_once('/')?;
        match kind {
            "own" => Some(Self::Own(id.to_owned())),
            "example" => examples::find(id).map(Self::Example),
            "rule" => Some(Self::Rule(id.to_owned())),
            "lab" => Some(Self::Lab(id.to_owned())),
            "exam" => id.split_once('/').map(|(exam, lab)| Self::Exam(exam.to_owned(), lab.to_owned())),
            _ => None,
        }
    }

    /// The key under which its text is kept.
    pub fn slot(&self) -> String {
        match self {
            Self::Own(id) => format!("own/{id}"),
            Self::Example(example) => format!("example/{}", example.id),
            Self::Rule(code) => format!("rule/{code}"),
            Self::Lab(id) => format!("lab/{id}"),
            Self::Exam(exam, id) => format!("exam/{exam}/{id}"),
            Self::Link(fragment) => format!("link/{:016x}", digest(fragment)),
            Self::Handed => "handed/".to_owned(),
        }
    }

    /// What it is called: `the example “AND and OR in a peer”`.
    pub fn name(&self) -> String {
        match self {
            Self::Own(_) => "your own manifests".to_owned(),
            Self::Example(example) => format!("the example “{}”", example.title),
            Self::Rule(code) => format!("the example of {code}"),
            Self::Lab(id) => format!("the lab {id}"),
            Self::Exam(_, id) => format!("the exam's lab {id}"),
            Self::Link(_) => "the link's manifests".to_owned(),
            Self::Handed => "this page's manifests".to_owned(),
        }
    }

    /// The lab of the list that it is an attempt of.
    pub fn lab(&self) -> Option<&str> {
        match self {
            Self::Lab(id) | Self::Exam(_, id) => Some(id),
            Self::Own(_) | Self::Example(_) | Self::Rule(_) | Self::Link(_) | Self::Handed => None,
        }
    }

    /// Whether its text is one's own; any other makes room for what a person brings.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }
}

/// The file of a rule's example.
pub fn rule_file(code: &str) -> String {
    format!("{}.yaml", code.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_known_by_its_name() {
        let exam = Place::Exam("a.1".into(), "and-or".into());
        let lab = Place::Lab("and-or".into());
        for place in [Place::Own("a.1".into()), Place::first(), Place::Rule("NP101".into()), lab, exam] {
            assert_eq!(Place::of_slot(&place.slot()), Some(place));
        }
        for slot in ["", "own", "example/none", "link/0", "handed/", "state/a.1"] {
            assert_eq!(Place::of_slot(slot), None, "{slot}");
        }
    }

    #[test]
    fn every_place_has_a_slot_of_its_own() {
        let link = |text: &str| Place::Link(text.to_owned());
        let mut slots: Vec<String> = examples::all().map(Place::Example).map(|place| place.slot()).collect();
        slots.extend(
            [
                Place::Own("a.1".into()),
                Place::Rule("NP101".into()),
                link("1abc"),
                link("1abd"),
                Place::Handed,
            ]
            .map(|it| it.slot()),
        );
        let unique: std::collections::BTreeSet<&String> = slots.iter().collect();
        assert_eq!(unique.len(), slots.len());
        assert_eq!(link("1abc").slot(), "link/7627b5f011c2a5f4", "kept texts are found again");
    }
}
