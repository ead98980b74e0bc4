//! Labs as data: one Markdown file each, graded by what a policy does and never by its text.

mod grade;
mod lab;
mod markdown;

pub use grade::{Goal, Grade};
pub use lab::{Answer, Difficulty, Else, Index, Lab, Shown, Topic};
pub use markdown::{Block, Inline};
