//! Markdown as plain data: nothing in it is ever HTML, and whoever shows it makes elements of it.

use serde::{Deserialize, Serialize};

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A heading below the section's own.
    Heading(Vec<Inline>),
    /// A list.
    List {
        /// Whether it is numbered.
        ordered: bool,
        /// Its items.
        items: Vec<Vec<Block>>,
    },
    /// Text as it is.
    Code {
        /// What it is written in; may be empty.
        language: String,
        /// The text.
        text: String,
    },
    /// A quotation.
    Quote(Vec<Block>),
}

/// A piece of text within a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Inline {
    /// Words.
    Text(String),
    /// Code.
    Code(String),
    /// What stands out.
    Strong(Vec<Inline>),
    /// What is stressed.
    Emphasis(Vec<Inline>),
    /// A link to an `https` address.
    Link(String, Vec<Inline>),
}
