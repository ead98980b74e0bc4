//! What there is to say of a peer or a policy.

use netpol_view::contract::Span;
use netpol_view::sheet::{Line, Link, Part, Section, Sheet};

use super::{Read, Wire, chosen, fields, name};

fields! {
    Sheet { kind, title, place, sections, is_part }
    Section { title, lines }
    Line { mark, term, parts }
}

impl Read for Part {
    fn read(value: &impl Wire) -> Self {
        Self { text: super::field(value, "text"), link: link(&value.property("link")) }
    }
}

/// Where a piece of a line leads; nowhere, where that is not known.
fn link(value: &impl Wire) -> Option<Link> {
    let (choice, value) = chosen(value)?;
    match choice.as_str() {
        "profile" => Some(Link::Profile(String::read(&value))),
        "cell" => {
            let (source, destination) = Read::read(&value);
            Some(Link::Cell(source, destination))
        }
        "finding" => Some(Link::Finding(u32::read(&value))),
        "lines" => Some(Link::Lines(Span::read(&value))),
        _ => None,
    }
}
