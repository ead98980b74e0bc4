//! Texts of labs, which come from Markdown as plain data: nothing in them is ever read as HTML.

use netpol_labs::{Block, Inline};
use yew::prelude::*;

use super::elements::{said, tag, with, words};

/// Blocks as elements.
pub fn blocks(list: &[Block]) -> Vec<Html> {
    list.iter().map(block).collect()
}

fn block(block: &Block) -> Html {
    match block {
        Block::Paragraph(parts) => tag("p", "", inlines(parts)),
        Block::Heading(parts) => tag("h4", "", inlines(parts)),
        Block::List { ordered, items } => {
            let items = items.iter().map(|item| tag("li", "", blocks(item))).collect();
            tag(if *ordered { "ol" } else { "ul" }, "", items)
        }
        Block::Code { text, .. } => code(text),
        Block::Quote(list) => tag("blockquote", "", blocks(list)),
    }
}

/// Text as it is, which may be too wide.
pub fn code(text: &str) -> Html {
    with("pre", &[("tabindex", "0")], vec![words(text)])
}

fn inlines(parts: &[Inline]) -> Vec<Html> {
    parts.iter().map(inline).collect()
}

fn inline(part: &Inline) -> Html {
    match part {
        Inline::Text(text) => words(text),
        Inline::Code(text) => said("code", "", text),
        Inline::Strong(parts) => tag("strong", "", inlines(parts)),
        Inline::Emphasis(parts) => tag("em", "", inlines(parts)),
        Inline::Link(address, parts) => link(address, inlines(parts)),
    }
}

/// A link to another site, which opens beside the page; words alone where the address is none.
pub fn link(address: &str, children: Vec<Html>) -> Html {
    if !address.starts_with("https://") {
        return tag("span", "", children);
    }
    with("a", &[("href", address), ("target", "_blank"), ("rel", "noopener noreferrer")], children)
}
