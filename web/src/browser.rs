//! The browser: everything that the page asks of it beyond what Yew renders.

pub mod dom;
pub mod editor;
pub mod files;
pub mod keep;
mod labs;
pub mod storage;
pub mod worker;
