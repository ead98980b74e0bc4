//! Texts of labs, which come from Markdown as plain data: nothing in them is ever read as HTML.

use netpol_labs::{Block, Inline};
use yew::prelude::*;

/// Blocks as elements.
pub fn blocks(list: &[Block]) -> Html {
    list.iter().map(block).collect()
}

fn block(block: &Block) -> Html {
    match block {
        Block::Paragraph(parts) => html! { <p>{ inlines(parts) }</p> },
        Block::Heading(parts) => html! { <h4>{ inlines(parts) }</h4> },
        Block::List { ordered: true, items } => {
            html! { <ol>{ for items.iter().map(|item| self::item(item)) }</ol> }
        }
        Block::List { items, .. } => html! { <ul>{ for items.iter().map(|item| self::item(item)) }</ul> },
        Block::Code { text, .. } => html! { <pre tabindex="0">{ text }</pre> },
        Block::Quote(list) => html! { <blockquote>{ blocks(list) }</blockquote> },
    }
}

fn item(list: &[Block]) -> Html {
    html! { <li>{ blocks(list) }</li> }
}

fn inlines(parts: &[Inline]) -> Html {
    parts.iter().map(inline).collect()
}

fn inline(part: &Inline) -> Html {
    match part {
        Inline::Text(text) => html! { { text } },
        Inline::Code(text) => html! { <code>{ text }</code> },
        Inline::Strong(parts) => html! { <strong>{ inlines(parts) }</strong> },
        Inline::Emphasis(parts) => html! { <em>{ inlines(parts) }</em> },
        Inline::Link(address, parts) => link(address, inlines(parts)),
    }
}

/// A link to another site, which opens beside the page; words alone where the address is none.
pub fn link(address: &str, words: Html) -> Html {
    if !address.starts_with("https://") {
        return words;
    }
    html! { <a href={address.to_owned()} target="_blank" rel="noopener noreferrer">{ words }</a> }
}
