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
