//! The line between editor and results, which the pointer and the arrow keys move.

use web_sys::{Element, KeyboardEvent, PointerEvent};
use yew::prelude::*;

use super::{Dispatch, press, when};
use crate::browser::dom;
use crate::state::message::Message;
use crate::state::settings::Settings;

/// How far an arrow key moves it.
const STEP: u16 = 20;

/// The divider, where the editor has this share in tenths of a percent.
pub fn divider(share: u16, dispatch: &Dispatch) -> Html {
    let onpointerdown = Callback::from(|event: PointerEvent| {
        if let Some(element) = event.target_dyn_into::<Element>() {
            let _ = element.set_pointer_capture(event.pointer_id());
        }
    });
    let onpointermove = when(dispatch, |event: PointerEvent| {
        let element = event.target_dyn_into::<Element>()?;
        let width = dom::window_width()?;
        element
            .has_pointer_capture(event.pointer_id())
            .then(|| Message::SetDivider((f64::from(event.client_x()) / width * 1000.0).max(0.0) as u16))
    });
    let onkeydown = when(dispatch, move |event: KeyboardEvent| {
        let moved = match event.key().as_str() {
            "ArrowLeft" => share.saturating_sub(STEP),
            "ArrowRight" => share + STEP,
            "Home" => *Settings::DIVIDER.start(),
            "End" => *Settings::DIVIDER.end(),
            _ => return None,
        };
        event.prevent_default();
        Some(Message::SetDivider(moved))
    });
    let ondblclick = press(dispatch, Message::SetDivider(Settings::default().divider));
    let percent = |share: u16| (share / 10).to_string();
    html! {
        <div
            class="divider"
            role="separator"
            tabindex="0"
            aria-label="Width of the editor"
            aria-orientation="vertical"
            aria-controls="editor"
            aria-valuenow={percent(share)}
            aria-valuemin={percent(*Settings::DIVIDER.start())}
            aria-valuemax={percent(*Settings::DIVIDER.end())}
            {onpointerdown}
            {onpointermove}
            {onkeydown}
            {ondblclick}
        />
    }
}
