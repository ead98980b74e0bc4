//! What the browser keeps for the page.

use js_sys::JSON;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use web_sys::Storage;

use crate::state::wire::Kept;

fn storage() -> Result<Storage, String> {
    let blocked =
        || "this browser keeps nothing for this page: what you type is lost when it closes".to_owned();
    let window = web_sys::window().ok_or_else(blocked)?;
    window.local_storage().ok().flatten().ok_or_else(blocked)
}

/// The text that was kept under a key.
pub fn read(key: &str) -> Option<String> {
    storage().ok()?.get_item(key).ok().flatten()
}

/// Keeps a text; says why it could not.
fn write(key: &str, text: &str) -> Result<(), String> {
    let storage = storage()?;
    storage
        .set_item(key, text)
        .map_err(|_| "not saved: this browser's space for this page is full".to_owned())
}

/// Removes the text that was kept under a key.
pub fn remove(key: &str) {
    if let Ok(storage) = storage() {
        // Where it cannot be removed it is read again, which does no harm.
        let _ = storage.remove_item(key);
    }
}

/// Reads a document out of a text that was kept.
pub fn parse<Document: Kept>(text: &str) -> Option<Document> {
    Document::kept(&JSON::parse(text).ok()?)
}

/// Keeps a document; says why it could not.
pub fn keep(key: &str, document: &impl Serialize) -> Result<(), String> {
    let value = document.serialize(&Serializer::json_compatible()).map_err(|error| error.to_string())?;
    let text = JSON::stringify(&value).map_err(|_| "not saved".to_owned())?;
    write(key, &String::from(text))
}
