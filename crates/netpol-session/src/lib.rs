//! The conversation between a page and who analyses for it: what they say to each other, and what the latter does.
//! Knows no browser, no clock and no worker, so that both sides are tested natively.

mod draft;
mod lesson;
pub mod protocol;
mod session;
mod tested;

pub use session::{Answer, OutOfStep, Session};
