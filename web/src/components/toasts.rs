//! The newest short note at the bottom, read out politely.

use yew::prelude::*;

use super::{Dispatch, press};
use crate::state::message::Message;
use crate::state::toasts::Toasts;

/// The newest note.
pub fn toast_in_sight(toasts: &Toasts, dispatch: &Dispatch) -> Html {
    html! {
        <div class="toasts" role="status" aria-live="polite">
            { for toasts.newest().map(|toast| {
                let id = toast.id;
                html! {
                    <div class="toast" key={id.0}>
                        <span title={toast.text.clone()}>{ &toast.text }</span>
                        if toast.undo.is_some() {
                            <button type="button" class="undo" onclick={press(dispatch, Message::UndoToast(id))}>
                                { "Undo" }
                            </button>
                        }
                        <button type="button" class="icon" aria-label="Dismiss"
                            onclick={press(dispatch, Message::DismissToast(id))}>
                            <span aria-hidden="true">{ "×" }</span>
                        </button>
                    </div>
                }
            }) }
        </div>
    }
}
