//! A profile as the page shows it: sections of lines of words and links. All wording is here; the page knows only how a
//! section, a line and a link look.

mod peer;
mod policy;

use serde::{Deserialize, Serialize};

use crate::contract::Span;
use crate::words;

pub(crate) use peer::of_peer;
pub(crate) use policy::{adds, of_policy};

/// What there is to say of one peer or policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// `Deployment`.
    pub kind: String,
    /// `shop/cart`.
    pub title: String,
    /// Where it is written.
    pub place: Option<Span>,
    /// What is said, in order.
    pub sections: Vec<Section>,
    /// Whether there is a section that takes longer, and comes when all is asked for.
    pub is_part: bool,
}

/// Lines under a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// The heading.
    pub title: String,
    /// In order.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whether it is good or bad news, where it is either.
    pub mark: Option<bool>,
    /// What it is about, in a word or two.
    pub term: String,
    /// What it says.
    pub parts: Vec<Part>,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Words, with code in backticks.
    pub text: String,
    /// Where it leads.
    pub link: Option<Link>,
}

/// Where a piece of a line leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Link {
    /// To the profile of another peer or policy, by its id.
    Profile(String),
    /// To a cell, by the ids of its ends.
    Cell(String, String),
    /// To a finding, by its place in the list.
    Finding(u32),
    /// To lines of a file.
    Lines(Span),
}

impl Section {
    fn new(title: &str) -> Self {
        Self { title: title.to_owned(), lines: Vec::new() }
    }

    fn line(&mut self, line: Line) {
        self.lines.push(line);
    }
}

impl Line {
    fn of(term: &str, text: impl Into<String>) -> Self {
        Self { mark: None, term: term.to_owned(), parts: vec![Part::text(text)] }
    }

    fn marked(self, is_good: bool) -> Self {
        Self { mark: Some(is_good), ..self }
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

impl Part {
    /// Words, with code in backticks.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), link: None }
    }

    /// Words that lead somewhere.
    pub fn link(text: impl Into<String>, link: Link) -> Self {
        Self { text: text.into(), link: Some(link) }
    }

    /// The lines of something, called by the name and the first line of their file.
    pub fn lines(span: &Span) -> Self {
        Self::link(format!("{}:{}", span.file, span.start.line), Link::Lines(span.clone()))
    }
}

/// Parts with commas between them, of which so many are shown.
fn listed(parts: Vec<Part>, most: usize) -> Vec<Part> {
    let more = parts.len().saturating_sub(most);
    let mut all = Vec::new();
    for part in parts.into_iter().take(most) {
        if !all.is_empty() {
            all.push(Part::text(", "));
        }
        all.push(part);
    }
    if more > 0 {
        all.push(Part::text(format!(" and {} more", words::thousands(more))));
    }
    all
}

/// `1 pod`, `3 pods`.
fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", words::thousands(count), if count == 1 { one } else { many })
}
