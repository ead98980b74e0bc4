//! Labs as data: one Markdown file each, graded by what a policy does and never by its text.

mod answers;
mod fences;
mod front;
mod grade;
mod lab;
mod markdown;
mod mistakes;
mod parts;
mod read;
#[cfg(test)]
mod tests;

pub use grade::{Goal, Grade};
pub use lab::{Answer, Difficulty, Else, Index, Lab, LabFile, Mended, Shown, Topic};
pub use markdown::{Block, Inline};
pub use read::{is_draft, read};
