//! A link that holds the files, or a file in its place.

use yew::prelude::*;

use super::popover::Popover;
use super::{Dispatch, press};
use crate::state::message::Message;
use crate::state::words::thousands;
use crate::state::work::{LONG_LINK, Which, WorkMessage};

/// The menu, with the link or why there is none; nothing before it was asked for.
pub fn share_menu(link: Option<&Result<String, String>>, dispatch: &Dispatch) -> Html {
    let on_open = dispatch.reform(|()| Message::Work(WorkMessage::WantLink));
    let work = |name: &'static str, message: WorkMessage| {
        let onclick = press(dispatch, Message::Work(message.clone()));
        html! { <button type="button" data-closes="" {onclick}>{ name }</button> }
    };
    let download = || work("Download the files as one", WorkMessage::Download(Which::All));
    let body = match link {
        None => html! { <p class="muted">{ "Making the link…" }</p> },
        Some(Err(reason)) => html! { <><p role="alert">{ reason }</p>{ download() }</> },
        Some(Ok(link)) => html! {
            <>
                <input readonly=true aria-label="Link" value={link.clone()} data-testid="link" />
                if link.len() > LONG_LINK {
                    <p role="alert">
                        { format!(
                            "The link has {} characters; some programs cut such links off. A file may be safer.",
                            thousands(link.len())
                        ) }
                    </p>
                }
                <div class="choices">
                    { work("Copy the link", WorkMessage::CopyLink) }
                    { download() }
                </div>
            </>
        },
    };
    html! {
        <Popover label="Share" id="share" class="share" {on_open}>
            <h2>{ "A link to what you see" }</h2>
            { body }
            <p class="muted">
                { "The link itself holds the manifests, in the part that browsers send to no server. Who has the link can read them." }
            </p>
        </Popover>
    }
}
