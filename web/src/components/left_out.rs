//! What takes no part in the result in sight, said above it: a matrix that looks exact must not hide that a policy is
//! missing from it.

use yew::prelude::*;

use super::Dispatch;
use super::findings::object_name;
use super::source_link::source_link;
use crate::state::analysis::Analysis;

/// So many are named.
const MOST: usize = 3;

/// The note; nothing where everything takes part.
pub fn left_out(analysis: &Analysis, dispatch: &Dispatch) -> Html {
    let found = analysis.left_out();
    if found.is_empty() {
        return Html::default();
    }
    html! {
        <div class="left-out" role="status">
            <span aria-hidden="true">{ "● " }</span>
            { "Left out because of errors: " }
            { for found.iter().take(MOST).enumerate().map(|(at, (object, span))| {
                let name = object.map_or_else(|| "a document that cannot be read".to_owned(), object_name);
                html! { <>{ if at > 0 { ", " } else { "" } }<b>{ name }</b>{ " " }{ source_link(span, dispatch) }</> }
            }) }
            if found.len() > MOST {
                { format!(" and {} more", found.len() - MOST) }
            }
        </div>
    }
}
