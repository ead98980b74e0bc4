//! What the page knows and decides.
//!
//! [`Model::update`](model::Model::update) takes a [`Message`](message::Message), changes the model and answers what
//! the shell is to do in the browser. No module in here knows a browser, a clock or a component.

pub mod address;
pub mod analysis;
pub mod announced;
pub mod effect;
pub mod ends;
pub mod examples;
pub mod files;
pub mod findings;
#[cfg(test)]
mod fixture;
pub mod index;
pub mod matrix;
pub mod message;
pub mod model;
pub mod panel;
pub mod place;
pub mod prepared;
pub mod questions;
pub mod saved;
pub mod session;
pub mod settings;
pub mod shared;
pub mod steps;
pub mod text;
pub mod toasts;
pub mod told;
pub mod training;
pub mod wire;
pub mod words;
pub mod work;
