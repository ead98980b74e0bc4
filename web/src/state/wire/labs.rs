//! Labs and questions.

use netpol_labs::{Block, Difficulty, Index, Inline, Question, Shown, Topic};

use super::{Read, Wire, chosen, field, fields, name, names};

fields! {
    Shown {
        index, task, cluster, start, goals, hints, solution, explanation, links,
    }
    Index { id, title, learn, curriculum, topic, difficulty, minutes }
    Question { source, destination, protocol, port, allowed }
}

names! {
    Topic { Practices "practices", Exam "exam", Mistakes "mistakes", Cluster "cluster" } else Exam
}

impl Read for Difficulty {
    fn read(value: &impl Wire) -> Self {
        Self::try_from(u32::read(value) as u8).unwrap_or(Self::Medium)
    }
}

impl Read for Block {
    fn read(value: &impl Wire) -> Self {
        let Some((choice, value)) = chosen(value) else { return Self::Paragraph(Vec::new()) };
        match choice.as_str() {
            "heading" => Self::Heading(Vec::read(&value)),
            "list" => Self::List { ordered: field(&value, "ordered"), items: field(&value, "items") },
            "code" => Self::Code { language: field(&value, "language"), text: field(&value, "text") },
            "quote" => Self::Quote(Vec::read(&value)),
            _ => Self::Paragraph(Vec::read(&value)),
        }
    }
}

impl Read for Inline {
    fn read(value: &impl Wire) -> Self {
        let Some((choice, value)) = chosen(value) else { return Self::Text(String::new()) };
        match choice.as_str() {
            "code" => Self::Code(String::read(&value)),
            "strong" => Self::Strong(Vec::read(&value)),
            "emphasis" => Self::Emphasis(Vec::read(&value)),
            "link" => {
                let (address, words) = Read::read(&value);
                Self::Link(address, words)
            }
            _ => Self::Text(String::read(&value)),
        }
    }
}
