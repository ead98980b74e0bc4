//! The browser: everything that the page asks of it beyond what Yew renders.

pub mod dom;
pub mod editor;
pub mod files;
pub mod keep;
pub mod shell;
pub mod storage;
pub mod tiles;
mod wire;
pub mod worker;

use wasm_bindgen::JsValue;

use crate::state::wire::{Read, Wire};

/// What the page around the playground says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The address of the worker's script.
    worker: String,
    /// The origins whose files `?url=` may open, with blanks between them.
    open_origins: String,
}

impl Config {
    /// Reads it, as [`mount`](crate::mount) is given it.
    pub fn new(value: &JsValue) -> Self {
        let text = |name| String::read(&value.property(name));
        Self { worker: text("worker"), open_origins: text("openOrigins") }
    }
}
