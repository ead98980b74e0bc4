//! What the browser keeps for the page.

use web_sys::Storage;

fn storage() -> Result<Storage, String> {
    let blocked =
        || "this browser keeps nothing for this page: what you type is lost when it closes".to_owned();
    let window = web_sys::window().ok_or_else(blocked)?;
    window.local_storage().ok().flatten().ok_or_else(blocked)
}

/// What was kept under a key.
pub fn read(key: &str) -> Option<String> {
    storage().ok()?.get_item(key).ok().flatten()
}

/// Keeps a document; says why it could not.
pub fn write(key: &str, document: &str) -> Result<(), String> {
    let storage = storage()?;
    storage
        .set_item(key, document)
        .map_err(|_| "not saved: this browser's space for this page is full".to_owned())
}
