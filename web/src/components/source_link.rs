//! A link to lines of a file, which lights them up in the editor.

use netpol_view::contract::Span;
use yew::prelude::*;

use super::{Dispatch, press};
use crate::state::message::Message;
use crate::state::words::middle_ellipsis;

/// The link.
pub fn source_link(span: &Span, dispatch: &Dispatch) -> Html {
    let shown = span.clone();
    let onclick = press(dispatch, Message::ShowSpan(shown.clone()));
    let whole = format!("{}:{}", span.file, span.start.line);
    let text = format!("{}:{}", middle_ellipsis(&span.file, 28), span.start.line);
    html! {
        <button type="button" class="source" title={format!("Show {whole}")} {onclick}>{ text }</button>
    }
}
