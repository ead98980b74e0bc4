//! The answers that a lab holds: its solution, others that are right, and some that are not.

use crate::fences::{self, Section, file_name, first_line};
use crate::front::{list, shown};
use crate::lab::{Answer, LabFile};
use crate::markdown::Block;
use crate::mistakes::Mistakes;
use crate::parts::{Part, PartKind, plain, plain_inlines};

/// Whether an answer is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Right,
    Wrong,
}

/// The names that files have already.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    cluster: Vec<&'a str>,
    start: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(cluster: &'a [LabFile], start: &'a [LabFile]) -> Self {
        let names = |files: &'a [LabFile]| files.iter().map(|own| own.file.name.as_str()).collect();
        Self { cluster: names(cluster), start: names(start) }
    }
}

/// The solution, which is one answer; `None` where it holds no file.
pub(crate) fn solution(section: Section, names: &Names<'_>, mistakes: &mut Mistakes<'_>) -> Option<Answer> {
    let answer = answer("Solution".to_owned(), section, Kind::Right, names, mistakes);
    (!answer.files.is_empty()).then_some(answer)
}

/// One answer for each `###`.
pub(crate) fn several(
    section: Section,
    kind: Kind,
    names: &Names<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Vec<Answer> {
    let mut sections: Vec<(String, Section)> = Vec::new();
    for part in section.parts {
        match (&part.kind, sections.last_mut()) {
            (PartKind::Heading(3, inlines), _) => {
                let title = plain_inlines(inlines);
                sections.push((title, Section { heading: part.range, parts: Vec::new() }));
            }
            (_, Some((_, section))) => section.parts.push(part),
            (_, None) => {
                let first = first_line(part.range, mistakes);
                mistakes.error(
                    first,
                    "this belongs to no answer: begin each with a heading, such as `### By name`",
                );
            }
        }
    }
    if sections.is_empty() {
        mistakes.error(
            section.heading,
            "there is no answer in this section: begin each with a heading, such as `### By name`",
        );
    }
    let answers = sections.into_iter().map(|(title, section)| answer(title, section, kind, names, mistakes));
    answers.filter(|answer| !answer.files.is_empty()).collect()
}

fn answer(
    title: String,
    section: Section,
    kind: Kind,
    names: &Names<'_>,
    mistakes: &mut Mistakes<'_>,
) -> Answer {
    let Section { heading, parts } = section;
    let (mut files, mut explanation, mut says) = (Vec::new(), Vec::new(), None);
    for part in parts {
        match part.kind {
            PartKind::Fence { ref info, .. } if file_name(info).is_some() => {
                files.extend(file(part, &files, names, mistakes));
            }
            PartKind::Block(Block::Quote(ref blocks)) if kind == Kind::Wrong && says.is_none() => {
                says = Some(plain(blocks)).filter(|words| !words.is_empty());
            }
            _ => explanation.push(part.into_block()),
        }
    }
    let line = mistakes.position(heading.start).line;
    if files.is_empty() {
        mistakes.error(
            heading.clone(),
            "there is no file in this answer: write one between ```` ```yaml ```` and ```` ``` ````",
        );
    }
    if kind == Kind::Wrong && says.is_none() {
        mistakes.error(heading, "this wrong answer does not say what comes of it: quote it behind `> `");
    }
    Answer { title, line, files, says, explanation }
}

/// The file of a fence, with the name that it has or means.
fn file(part: Part, before: &[LabFile], names: &Names<'_>, mistakes: &mut Mistakes<'_>) -> Option<LabFile> {
    let PartKind::Fence { info, text, start } = part.kind else { return None };
    let first = first_line(part.range.clone(), mistakes);
    let name = match (file_name(&info).flatten(), names.start.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, several) => {
            mistakes.error(
                first,
                format!("say which file this is, such as `yaml NAME`: the start has {}", list(several)),
            );
            return None;
        }
    };
    if names.cluster.contains(&name) {
        mistakes.error(first, format!("`{}` is a file of the cluster, which no answer changes", shown(name)));
        return None;
    }
    if before.iter().any(|other| other.file.name == name) {
        mistakes.error(
            first,
            format!("this answer has a file `{}` already: name this one otherwise", shown(name)),
        );
        return None;
    }
    Some(fences::file(name, text, start, part.range, mistakes))
}
