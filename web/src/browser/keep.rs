//! Where texts come from and where they are kept: the browser's storage, links, the address, the clipboard.

use js_sys::{Array, JSON, Reflect};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

use super::{Config, dom, files, storage};
use crate::state::address::{Address, Start as Wanted};
use crate::state::examples;
use crate::state::message::Message;
use crate::state::place::Place;
use crate::state::saved::{FORMER_FILES_KEY, FilesDocument, LinkDocument, SETTINGS_KEY, SettingsDocument};
use crate::state::settings::{Settings, Theme};
use crate::state::told::Told;
use crate::state::training::TrainingMessage;
use crate::state::wire::{Kept, Read, Wire};
use crate::state::work::{Foreign, Keep, Opened, Recent, Saved, Start, WorkEffect, WorkMessage};

#[wasm_bindgen(module = "/generated/editor.js")]
extern "C" {
    fn tab() -> String;
    #[wasm_bindgen(catch)]
    async fn read(slot: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn latest() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn recover() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn save(slot: &str, title: &str, document: JsValue) -> Result<JsValue, JsValue>;
    fn leave(slot: &str, title: &str, document: JsValue) -> bool;
    fn listen(callback: JsValue);
    #[wasm_bindgen(catch)]
    async fn recent() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn forget(id: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = forgetAll)]
    async fn forget_all(but: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn pack(text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn unpack(fragment: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn copy(text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn paste() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn download(name: &str, text: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = fetchForeign)]
    async fn fetch_foreign(url: &str) -> Result<JsValue, JsValue>;
    fn go(address: &str, state: JsValue, push: bool);
    async fn handed() -> JsValue;
    fn attend(callback: JsValue);
    #[wasm_bindgen(js_name = tellResult)]
    fn tell_result(counts: &[u32]);
    #[wasm_bindgen(js_name = tellGraded)]
    fn tell_graded(lab: &str, passed: bool, goals: Array);
}

const NOTHING_KEPT: &str = "this browser keeps nothing for this page: what you type is lost when it closes";

/// Reads what is known before anything is shown.
pub async fn start(config: &Config) -> Start {
    let (query, fragment) = dom::address();
    let address = Address::parse(&query, &fragment);
    let mut notes = Vec::new();
    let mut not_kept = None;
    let recovered = recover().await;
    if recovered.as_ref().is_ok_and(JsValue::is_truthy) {
        notes.push("What was not saved when a page closed is kept in the history, under More".to_owned());
    }
    let latest = latest().await;
    if recovered.is_err() || latest.is_err() {
        not_kept = Some(NOTHING_KEPT.to_owned());
    }
    let (slot, cell) = of_this_tab(&dom::history_state());
    let is_embedded = address.is_embedded();
    let settings = match is_embedded {
        // Even the settings tell of a person: the last questions hold names.
        true => Some(Settings { theme: address.theme(), ..Settings::default() }),
        false => storage::read(SETTINGS_KEY)
            .as_deref()
            .and_then(storage::parse)
            .and_then(SettingsDocument::settings),
    };
    let mut opened = None;
    if is_embedded && address.start == Wanted::Bare {
        opened = handed_first().await;
    } else if let Some(place) = address.place(slot.as_deref()) {
        match open(place, None).await {
            Ok(found) => opened = Some(found).filter(is_something),
            Err((_, reason)) => notes.push(reason),
        }
    } else if let Wanted::Example(id) = &address.start {
        notes.push(format!("there is no example “{id}” here"));
    }
    let opened = match opened {
        Some(opened) => opened,
        None => own_or_first(latest.unwrap_or_default()).await,
    };
    let foreign = address.url.as_deref().and_then(|url| match foreign(url, &config.open_origins) {
        Ok(foreign) => Some(foreign),
        Err(reason) => {
            notes.push(reason);
            None
        }
    });
    Start { address, opened, notes, cell, settings, foreign, not_kept, tab: tab() }
}

/// A text of one's own that was forgotten meanwhile is none.
fn is_something(opened: &Opened) -> bool {
    !opened.place.is_own() || opened.kept.is_some()
}

/// The last text of one's own, or the first example.
async fn own_or_first(latest: JsValue) -> Opened {
    if let Some(place) = latest.as_string().as_deref().and_then(Place::of_slot)
        && let Ok(opened) = open(place, None).await
        && opened.kept.is_some()
    {
        return opened;
    }
    // An embedded page has no such text, and looks for none.
    if !latest.is_null()
        && let Some(opened) = of_the_former_version().await
    {
        return opened;
    }
    let first = Place::first();
    let original = examples::find(examples::FIRST).and_then(examples::Example::sources);
    let nothing =
        Opened { place: first.clone(), original: original.clone(), kept: None, link: None, lab: None };
    open(first, original).await.unwrap_or(nothing)
}

/// What the page around an embedded one hands over before this one is shown.
async fn handed_first() -> Option<Opened> {
    let files = from::<FilesDocument>(handed().await)?.pairs();
    Some(Opened { place: Place::Handed, original: Some(files), kept: None, link: None, lab: None })
}

/// Takes what the page around an embedded one hands over, for as long as the page lives: a theme's name, or files as JSON.
pub fn attend_to_host(dispatch: Callback<Message>) {
    let closure = Closure::<dyn Fn(String)>::new(move |said: String| {
        if let Some(theme) = Theme::named(&said) {
            dispatch.emit(Message::SetTheme(theme));
        } else if let Some(files) = storage::parse::<FilesDocument>(&said) {
            dispatch.emit(Message::Work(WorkMessage::Handed(files.pairs())));
        }
    });
    attend(closure.into_js_value());
}

/// Tells the page around an embedded one.
pub fn tell_host(told: Told) {
    match told {
        Told::Result(counts) => tell_result(&counts),
        Told::Graded { lab, passed, goals } => {
            let goals = goals.into_iter().map(|(text, reached)| Array::of2(&text.into(), &reached.into()));
            tell_graded(&lab, passed, goals.collect());
        }
    }
}

/// Takes over what the first version of the page kept. It kept untouched examples too, which are nobody's own.
async fn of_the_former_version() -> Option<Opened> {
    let text = storage::read(FORMER_FILES_KEY)?;
    let document: FilesDocument = storage::parse(&text)?;
    if !document.is_readable() || examples::is_one(&document.clone().pairs()) {
        return None;
    }
    let place = Place::Own(format!("{}.0", tab()));
    let title = "Kept by an earlier version";
    if save(&place.slot(), title, js(&document)).await.is_ok() {
        storage::remove(FORMER_FILES_KEY);
    }
    Some(Opened { place, original: None, kept: Some(document), link: None, lab: None })
}

/// What there is of a place; `here` is what it brings, where that is known.
async fn open(place: Place, here: Option<Vec<(String, String)>>) -> Result<Opened, (Place, String)> {
    let kept = read(&place.slot()).await.unwrap_or_default();
    let kept: Option<FilesDocument> = from(kept).filter(FilesDocument::is_readable);
    let (mut link, mut lab) = (None, None);
    let original = match &place {
        _ if here.is_some() => here,
        Place::Own(_) | Place::Handed => None,
        Place::Example(example) => files::fetch_example(example).await,
        Place::Rule(code) => files::fetch_rule_example(code).await,
        Place::Lab(id) | Place::Exam(_, id) => {
            lab = files::fetch_lab(id).await;
            None
        }
        Place::Link(fragment) => match carried(fragment).await {
            Ok((document, mut files)) => {
                let is_lab = document.lab;
                link = Some(Box::new(document));
                lab = is_lab.then(|| files.swap_remove(0).1);
                (!is_lab).then_some(files)
            }
            Err(reason) => return Err((place, format!("This link cannot be opened: {reason}"))),
        },
    };
    // An attempt is of no use without its lab.
    let is_there = original.is_some() || lab.is_some() || kept.is_some() && place.lab().is_none();
    if !is_there && !place.is_own() {
        let name = place.name();
        let why = match place.lab() {
            Some(_) => "there is none of that name, or the connection is down",
            None => "the connection may be down",
        };
        return Err((place, format!("{name} could not be loaded: {why}")));
    }
    Ok(Opened { place, original, kept, link, lab })
}

/// What a link carries.
async fn carried(fragment: &str) -> Result<(LinkDocument, Vec<(String, String)>), String> {
    let text = unpack(fragment).await.map_err(|error| sentence(&error))?;
    let document: Option<LinkDocument> = text.as_string().as_deref().and_then(storage::parse);
    let files = document.and_then(|document| document.files().map(|files| (document, files)));
    files.ok_or_else(|| "it holds no manifests".to_owned())
}

/// A file of another origin, if this page may open it.
fn foreign(url: &str, allowed: &str) -> Result<Foreign, String> {
    let parsed = web_sys::Url::new(url).map_err(|_| "what ?url= names is no address".to_owned())?;
    let origin = parsed.origin();
    if allowed.split_whitespace().any(|one| one == origin) {
        Ok(Foreign { url: parsed.href(), origin })
    } else {
        Err(format!("this page does not open files of {origin}: download the file and drop it here"))
    }
}

/// Does what the model asks for.
pub fn run(effect: WorkEffect, dispatch: Callback<Message>) {
    let told = dispatch.clone();
    let tell = move |message| told.emit(Message::Work(message));
    match effect {
        WorkEffect::Open(place, here) => spawn_local(async move {
            tell(WorkMessage::Opened(open(place, here).await.map(Box::new)));
        }),
        WorkEffect::Save(keep) => spawn_local(async move {
            let Keep { slot, title, change, files } = keep;
            let document = files.map_or(JsValue::UNDEFINED, |files| js(&FilesDocument::from(&files)));
            let saved = match save(&slot, &title, document).await {
                Ok(taken) if taken.is_truthy() => Saved::Kept,
                Ok(_) => Saved::Elsewhere,
                Err(error) => Saved::Failed(why_not_kept(&error)),
            };
            tell(WorkMessage::Saved(slot, change, saved));
        }),
        WorkEffect::Leave(keep) => {
            let Keep { slot, title, files, .. } = keep;
            let document = files.map_or(JsValue::UNDEFINED, |files| js(&FilesDocument::from(&files)));
            // What cannot be put aside at once is perhaps still written in time.
            if document.is_undefined() || !leave(&slot, &title, document.clone()) {
                spawn_local(async move {
                    // Nobody is there any more who could be told.
                    let _ = save(&slot, &title, document).await;
                });
            }
        }
        WorkEffect::ReadRecent => spawn_local(async move { tell(list().await) }),
        WorkEffect::ReadState(id) => spawn_local(async move {
            let state = read(&id).await.unwrap_or_default();
            tell(WorkMessage::Recalled(from(state).filter(FilesDocument::is_readable)));
        }),
        WorkEffect::Forget(id) => spawn_local(async move {
            // What could not be forgotten is still in the list.
            let _ = forget(&id).await;
            tell(list().await);
        }),
        WorkEffect::ForgetAllBut(slot) => spawn_local(async move {
            let _ = forget_all(&slot).await;
            tell(list().await);
        }),
        WorkEffect::Address { text, slot, cell, push } => go(&text, js(&OfTab { slot, cell }), push),
        WorkEffect::MakeLink(document) => spawn_local(async move {
            let fragment = pack_document(&document).await;
            let link = fragment.map(|fragment| format!("{}#{fragment}", dom::own_url()));
            tell(WorkMessage::LinkMade(link.ok_or_else(|| "this browser cannot make links".to_owned())));
        }),
        WorkEffect::MakeLab(document) => {
            let dispatch = dispatch.clone();
            spawn_local(async move {
                let fragment = pack_document(&document).await;
                dispatch.emit(Message::Training(TrainingMessage::Tried(fragment)));
            });
        }
        WorkEffect::ReadClipboard => spawn_local(async move {
            tell(WorkMessage::Pasted(paste().await.ok().and_then(|text| text.as_string())));
        }),
        WorkEffect::Copy(text) => spawn_local(async move {
            tell(WorkMessage::Copied(copy(&text).await.is_ok()));
        }),
        WorkEffect::Download(name, text) => spawn_local(async move {
            let _ = download(&name, &text).await;
        }),
        WorkEffect::FetchForeign(url) => spawn_local(async move {
            let name = url.rsplit('/').next().and_then(|name| name.split(['?', '#']).next());
            let name = name.filter(|name| !name.is_empty()).unwrap_or("manifests.yaml").to_owned();
            let text = fetch_foreign(&url).await.map_err(|error| sentence(&error));
            let file = text.map(|text| (name, text.as_string().unwrap_or_default()));
            tell(WorkMessage::ForeignFetched(file));
        }),
    }
}

/// The fragment of a link; `None` where this browser cannot make one.
async fn pack_document(document: &LinkDocument) -> Option<String> {
    let text = JSON::stringify(&js(document)).map(String::from).unwrap_or_default();
    pack(&text).await.ok().and_then(|fragment| fragment.as_string())
}

/// Tells what other tabs write, for as long as the page lives.
pub fn listen_to_tabs(dispatch: Callback<Message>) {
    let closure = Closure::<dyn Fn(String)>::new(move |slot| {
        dispatch.emit(Message::Work(WorkMessage::WrittenElsewhere(slot)));
    });
    listen(closure.into_js_value());
}

/// What the address means after going back or on.
pub fn navigated() -> Message {
    let (query, fragment) = dom::address();
    let (slot, cell) = of_this_tab(&dom::history_state());
    Message::Work(WorkMessage::Navigated(Address::parse(&query, &fragment), slot, cell))
}

/// What an entry of the tab's history holds beside the address.
#[derive(serde::Serialize)]
struct OfTab {
    slot: String,
    cell: Option<(String, String)>,
}

fn of_this_tab(state: &JsValue) -> (Option<String>, Option<(String, String)>) {
    (state.property("slot").text(), Option::read(&state.property("cell")))
}

async fn list() -> WorkMessage {
    let list = Array::from(&recent().await.unwrap_or_default());
    WorkMessage::Recent(list.iter().map(|one| Recent::read(&one)).collect())
}

fn why_not_kept(error: &JsValue) -> String {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    match name.as_deref() {
        Some("QuotaExceededError") => "not saved: this browser's space for this page is full".to_owned(),
        _ => NOTHING_KEPT.to_owned(),
    }
}

/// What was thrown, in words.
fn sentence(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    error.as_string().or(message).unwrap_or_else(|| "no reason is known".to_owned())
}

fn js(value: &impl Serialize) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or_default()
}

fn from<Value: Kept>(value: JsValue) -> Option<Value> {
    value.is_there().then(|| Value::kept(&value))?
}
