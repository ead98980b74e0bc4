//! The files of a lab: blocks of code whose opening fence says `yaml` or `yaml NAME`.

use std::ops::Range;

use netpol_view::contract::SourceFile;

use crate::front::shown;
use crate::lab::LabFile;
use crate::mistakes::Mistakes;
use crate::parts::Part;

/// What stands under a heading.
#[derive(Debug)]
pub(crate) struct Section {
    /// The heading.
    pub(crate) heading: Range<usize>,
    pub(crate) parts: Vec<Part>,
}

/// The name of a file that an info string gives: `Some(None)` where it gives none; `None` for what is no file.
pub(crate) fn file_name(info: &str) -> Option<Option<&str>> {
    let rest = info.strip_prefix("yaml")?;
    if rest.is_empty() {
        return Some(None);
    }
    rest.starts_with(char::is_whitespace).then(|| Some(rest.trim()))
}

/// The file of a fence, under the name that it has, or this one.
pub(crate) fn file(
    name: &str,
    text: String,
    start: usize,
    range: Range<usize>,
    mistakes: &mut Mistakes<'_>,
) -> LabFile {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    if !is_yaml
        || !name.starts_with(|first: char| first.is_ascii_alphanumeric())
        || !name.chars().all(is_part)
    {
        mistakes.error(
            first_line(range, mistakes),
            format!("`{}` is no name of a file: write one such as `policy.yaml`", shown(name)),
        );
    }
    let at = mistakes.position(start);
    LabFile {
        file: SourceFile { name: name.to_owned(), text },
        line: at.line,
        indent: at.column.saturating_sub(1),
    }
}

/// Its first line alone.
pub(crate) fn first_line(range: Range<usize>, mistakes: &Mistakes<'_>) -> Range<usize> {
    let line = mistakes.line(mistakes.position(range.start).line);
    range.start..line.end.max(range.start)
}
