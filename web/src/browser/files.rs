//! Files that are dropped in or picked, and what is fetched from beside the page.

use std::cell::Cell;

use js_sys::{JSON, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DataTransfer, FileList, Response};
use yew::Callback;

use crate::state::examples::{Example, Text};
use crate::state::findings::RuleText;
use crate::state::message::{Message, Opening};
use crate::state::place::rule_file;
use crate::state::text::Incoming;
use crate::state::training::TrainingMessage;
use crate::state::wire::{Read, Wire};

/// A file larger than this is no manifest; reading it would only make the page hang.
const LARGEST: f64 = 128.0 * 1024.0 * 1024.0;

/// Whether something that is dragged over the page holds files.
pub fn has_files(transfer: &DataTransfer) -> bool {
    transfer.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files"))
}

/// Bytes that are read at a time; between two parts the page answers.
const PART: f64 = 1024.0 * 1024.0;
/// Of files that are larger together, it is told how far they are read.
const LARGE: f64 = 4.0 * PART;

thread_local! {
    /// How often reading was stopped.
    static STOPPED: Cell<u32> = const { Cell::new(0) };
}

/// Reads no file any further that is being read.
pub fn stop_reading() {
    STOPPED.set(STOPPED.get().wrapping_add(1));
}

/// Reads files part by part, tells how far they are, and hands over those that could be read, in their order.
pub fn read(list: &FileList, dispatch: Callback<Message>) {
    let files: Vec<web_sys::File> = (0..list.length()).filter_map(|index| list.get(index)).collect();
    let (large, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.size() > LARGEST);
    for file in large {
        let name = file.name();
        dispatch.emit(Message::OpenFailed(format!("{name} is larger than 128 MB and was not opened")));
    }
    let all: f64 = files.iter().map(|file| file.size()).sum();
    let stopped = STOPPED.get();
    spawn_local(async move {
        let mut read = Vec::new();
        let mut before = 0.0;
        for file in files {
            let name = file.name();
            let (size, mut at, mut incoming) = (file.size(), 0.0, Incoming::default());
            let mut failed = false;
            while at < size && !failed {
                if all > LARGE {
                    let done = (before + at) / all;
                    dispatch.emit(Message::Opening(Some(Opening { name: name.clone(), done })));
                }
                match part(&file, at).await {
                    Some(part) => incoming.take(&part),
                    None => failed = true,
                }
                if STOPPED.get() != stopped {
                    // How far it was may have been told since.
                    return dispatch.emit(Message::Opening(None));
                }
                at += PART;
            }
            before += size;
            match incoming.finish().filter(|_| !failed) {
                Some(text) => read.push((name, text)),
                None if failed => dispatch.emit(Message::OpenFailed(format!("{name} could not be read"))),
                None => {
                    dispatch.emit(Message::OpenFailed(format!("{name} is not text and was not opened")));
                }
            }
        }
        dispatch.emit(match read.is_empty() {
            true => Message::Opening(None),
            false => Message::OpenFiles(read),
        });
    });
}

/// The bytes of a file from one on.
async fn part(file: &web_sys::File, at: f64) -> Option<Vec<u8>> {
    let part = file.slice_with_f64_and_f64(at, at + PART).ok()?;
    let buffer = JsFuture::from(part.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// The files of an example, fetched from beside the page; `None` where one cannot be had.
pub async fn fetch_example(example: &Example) -> Option<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for (name, text) in example.files {
        let text = match text {
            Text::Here(text) => (*text).to_owned(),
            Text::At(path) => fetch_text(&format!("./examples/{path}")).await?,
        };
        sources.push(((*name).to_owned(), text));
    }
    Some(sources)
}

/// What triggers a rule, fetched from beside the page.
pub async fn fetch_rule_example(code: &str) -> Option<Vec<(String, String)>> {
    let rules: Vec<RuleText> = fetch_list("./rules.json").await?;
    let rule = rules.into_iter().find(|rule| rule.code == code)?;
    Some(vec![(rule_file(code), rule.triggers)])
}

/// The Markdown of a lab, fetched from beside the page; `None` where it cannot be had.
pub async fn fetch_lab(id: &str) -> Option<String> {
    fetch_text(&format!("./labs/{id}.md")).await
}

/// Fetches the list of labs.
pub fn fetch_labs(dispatch: Callback<Message>) {
    spawn_local(async move {
        let labs = fetch_list("./labs.json").await;
        dispatch.emit(Message::Training(TrainingMessage::LabsFetched(labs)));
    });
}

/// Fetches the texts of the rules.
pub fn fetch_rules(dispatch: Callback<Message>) {
    spawn_local(async move {
        dispatch.emit(Message::RulesFetched(fetch_list("./rules.json").await));
    });
}

/// A list that lies beside the page and was made with it; `None` where it cannot be had. None of them is empty.
async fn fetch_list<T: Read>(path: &str) -> Option<Vec<T>> {
    let list = JSON::parse(&fetch_text(path).await?).ok()?;
    (list.length() > 0).then(|| Vec::read(&list))
}

async fn fetch_text(path: &str) -> Option<String> {
    let response = JsFuture::from(web_sys::window()?.fetch_with_str(path)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
