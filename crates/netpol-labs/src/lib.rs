//! Labs as data: one Markdown file each, graded by what a policy does and never by its text.

mod answers;
mod attempt;
mod check;
#[cfg(test)]
mod declarations;
mod fences;
mod front;
mod grade;
mod grader;
mod lab;
mod lines;
mod markdown;
mod mistakes;
mod mutants;
mod parts;
mod quiz;
mod read;
mod shown;
#[cfg(test)]
mod tests;
mod yaml;

pub use check::{Checked, check, checked};
pub use grade::{Goal, Grade};
pub use grader::{Grader, options};
pub use lab::{Answer, Difficulty, Else, Index, Lab, LabFile, Mended, Shown, Topic};
pub use markdown::{Block, Inline};
pub use quiz::{Question, quiz};
pub use read::{is_draft, is_markdown, read};
