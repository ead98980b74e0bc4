//! Messages whose parts between backticks are code.

use yew::prelude::*;

use crate::state::words::{Piece, pieces};

/// A message as nodes; what stands in it is never read as HTML.
pub fn prose(message: &str) -> Html {
    pieces(message)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => html! { { text } },
            Piece::Code(code) => html! { <code>{ code }</code> },
        })
        .collect()
}
