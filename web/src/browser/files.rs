//! Files that are dropped in or picked.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DataTransfer, FileList};
use yew::Callback;

use crate::state::message::Message;

/// A file larger than this is no manifest; reading it would only make the page hang.
const LARGEST: f64 = 32.0 * 1024.0 * 1024.0;

/// Whether something that is dragged over the page holds files.
pub fn has_files(transfer: &DataTransfer) -> bool {
    transfer.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files"))
}

/// Reads files and hands over those that could be read, in their order.
pub fn read(list: &FileList, dispatch: Callback<Message>) {
    let files: Vec<web_sys::File> = (0..list.length()).filter_map(|index| list.get(index)).collect();
    spawn_local(async move {
        let mut read = Vec::new();
        for file in files {
            let name = file.name();
            if file.size() > LARGEST {
                dispatch.emit(Message::OpenFailed(format!("{name} is larger than 32 MB and was not opened")));
                continue;
            }
            match JsFuture::from(file.text()).await {
                Ok(text) => read.push((name, text.as_string().unwrap_or_default())),
                Err(_) => dispatch.emit(Message::OpenFailed(format!("{name} could not be read"))),
            }
        }
        if !read.is_empty() {
            dispatch.emit(Message::OpenFiles(read));
        }
    });
}
