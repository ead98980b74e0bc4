//! The text of a lab to a [`Lab`]: its sections, and the files in them.

use netpol_manifest::nearest;
use netpol_view::contract::{Diagnostic, SourceFile};
use serde_yaml::{Mapping, Value};

use crate::answers;
use crate::fences::{Section, file, file_name, first_line};
use crate::front::{self, Front, list, shown};
use crate::lab::{Lab, LabFile};
use crate::markdown::Block;
use crate::mistakes::Mistakes;
use crate::parts::{Part, PartKind, parts, plain_inlines};

/// How long the text of a lab may be, in bytes.
const LONGEST: usize = 256 * 1024;

/// The name of the test of what may change although no goal mentions it.
pub(crate) const FREE: &str = "lab/free.yaml";

const SECTIONS: [&str; 7] = ["Cluster", "Start", "Goals", "Hints", "Solution", "Also right", "Wrong"];

/// Reads the text of a lab; the name is that of its file. `None` where what a lab must have is not there.
pub fn read(name: &str, text: &str) -> (Option<Lab>, Vec<Diagnostic>) {
    let text = normal(text);
    if text.len() > LONGEST {
        let mut mistakes = Mistakes::new(name, "");
        mistakes.error(0..0, format!("this is longer than {LONGEST} bytes: make several labs of it"));
        return (None, mistakes.into_diagnostics());
    }
    let mut mistakes = Mistakes::new(name, &text);
    let lab = lab(&text, &mut mistakes);
    (lab, mistakes.into_diagnostics())
}

/// Whether a file is Markdown, and so no manifest.
pub fn is_markdown(name: &str) -> bool {
    name.len() > 3 && name.get(name.len() - 3..).is_some_and(|end| end.eq_ignore_ascii_case(".md"))
}

/// Whether a file is the draft of a lab: Markdown that begins with front matter that has an `id`.
pub fn is_draft(name: &str, text: &str) -> bool {
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim_end);
    is_markdown(name)
        && lines.next() == Some("---")
        && lines
            .take_while(|line| *line != "---")
            .any(|line| line.strip_prefix("id").is_some_and(|rest| rest.trim_start().starts_with(':')))
}

/// Without a mark of its encoding, each line ended by `\n` alone: lines and columns stay what they are.
pub(crate) fn normal(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn lab(text: &str, mistakes: &mut Mistakes<'_>) -> Option<Lab> {
    let Some((range, behind)) = front::place(text) else {
        mistakes.error(0..0, "a lab begins with a line `---`, its `id` and `title`, and another line `---`");
        return None;
    };
    let front = front::read(text, range, mistakes);
    let mut sections = Sections::of(parts(text, behind, mistakes), text.len(), mistakes);
    let task = blocks(std::mem::take(&mut sections.task));
    if task.is_empty() {
        mistakes.warning(behind..behind, "there is no task: say before the first `##` what to do");
    }
    let cluster = files(sections.take("Cluster"), Some("cluster.yaml"), mistakes);
    let mut start = files(sections.take("Start"), Some("policy.yaml"), mistakes);
    if start.is_empty() {
        start.push(empty_start());
    }
    for own in &start {
        if cluster.iter().any(|other| other.file.name == own.file.name) {
            let line = mistakes.line(own.line.saturating_sub(1));
            mistakes.error(
                line,
                format!("`{}` is a file of the cluster: name this one otherwise", own.file.name),
            );
        }
    }
    let goals = goals(sections.take("Goals"), mistakes);
    let hints = hints(sections.take("Hints"), mistakes);
    let names = answers::Names::new(&cluster, &start);
    let solution = sections.take("Solution").and_then(|section| answers::solution(section, &names, mistakes));
    let mut several = |title, kind| match sections.take(title) {
        Some(section) => answers::several(section, kind, &names, mistakes),
        None => Vec::new(),
    };
    let also_right = several("Also right", answers::Kind::Right);
    let wrong = several("Wrong", answers::Kind::Wrong);
    let Front { index, everything_else, links, kinds, mend, free } = front?;
    if cluster.is_empty() || goals.is_empty() {
        return None;
    }
    let free = free.map(|(value, line)| free_test(value, line));
    let solution = solution?;
    Some(Lab {
        index,
        everything_else,
        kinds,
        mend,
        free,
        task,
        cluster,
        start,
        goals,
        hints,
        solution,
        also_right,
        wrong,
        links,
    })
}

#[derive(Debug)]
struct Sections {
    task: Vec<Part>,
    named: Vec<(&'static str, Section)>,
}

impl Sections {
    fn of(parts: Vec<Part>, end: usize, mistakes: &mut Mistakes<'_>) -> Self {
        let mut sections = Self { task: Vec::new(), named: Vec::new() };
        // Where the parts go: into the task, into the last section, or nowhere.
        let mut open = Some(None);
        for part in parts {
            match &part.kind {
                PartKind::Heading(2, inlines) => {
                    let title = plain_inlines(inlines);
                    let known = SECTIONS.iter().find(|known| **known == title);
                    open = match known {
                        Some(known) if sections.named.iter().all(|(name, _)| name != known) => {
                            let section = Section { heading: part.range, parts: Vec::new() };
                            sections.named.push((known, section));
                            Some(Some(sections.named.len() - 1))
                        }
                        Some(known) => {
                            mistakes.error(
                                part.range,
                                format!("there is a section `{known}` already: join the two"),
                            );
                            None
                        }
                        None => {
                            mistakes.error(part.range, unknown_section(&title));
                            None
                        }
                    };
                    continue;
                }
                PartKind::Heading(1, _) => {
                    mistakes.error(
                        part.range.clone(),
                        "the title stands above, between the lines of `---`: begin headings with `###`",
                    );
                }
                _ => {}
            }
            match open {
                Some(None) => sections.task.push(part),
                Some(Some(at)) => {
                    if let Some((_, section)) = sections.named.get_mut(at) {
                        section.parts.push(part);
                    }
                }
                None => {}
            }
        }
        for required in ["Cluster", "Goals", "Solution"] {
            if sections.named.iter().all(|(name, _)| *name != required) {
                mistakes.error(end..end, format!("there is no section `## {required}`: write one"));
            }
        }
        sections
    }

    fn take(&mut self, title: &str) -> Option<Section> {
        let at = self.named.iter().position(|(name, _)| *name == title)?;
        Some(self.named.swap_remove(at).1)
    }
}

fn unknown_section(title: &str) -> String {
    let instead = match nearest(title, SECTIONS.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("they are {}; begin other headings with `###`", list(&SECTIONS)),
    };
    format!("there is no section `{}`: {instead}", shown(title))
}

fn blocks(parts: Vec<Part>) -> Vec<Block> {
    parts.into_iter().map(Part::into_block).collect()
}

/// The files of a section; what else is there is seen by nobody.
fn files(section: Option<Section>, unnamed: Option<&str>, mistakes: &mut Mistakes<'_>) -> Vec<LabFile> {
    let Some(section) = section else { return Vec::new() };
    let mut files: Vec<LabFile> = Vec::new();
    for part in section.parts {
        let first = first_line(part.range.clone(), mistakes);
        let PartKind::Fence { info, text, start } = part.kind else {
            mistakes.warning(first, "nobody sees this: only the files of this section are used");
            continue;
        };
        let Some(name) = file_name(&info) else {
            mistakes.warning(first, "this is no file: begin it with ```` ```yaml ````");
            continue;
        };
        let number = files.len() + 1;
        let name = match (name, unnamed) {
            (Some(name), Some(_)) => name.to_owned(),
            (None, Some(unnamed)) => unnamed.to_owned(),
            (_, None) => format!("lab/goals-{number}.yaml"),
        };
        if files.iter().any(|other| other.file.name == name) {
            mistakes
                .error(first, format!("there is a file `{}` already: name this one otherwise", shown(&name)));
            continue;
        }
        if unnamed.is_some() {
            files.push(file(&name, text, start, part.range, mistakes));
        } else {
            let at = mistakes.position(start);
            let file = SourceFile { name, text };
            files.push(LabFile { file, line: at.line, indent: at.column.saturating_sub(1) });
        }
    }
    if files.is_empty() {
        mistakes.error(
            section.heading,
            "there is no file in this section: write one between ```` ```yaml ```` and ```` ``` ````",
        );
    }
    files
}

/// The tests, under names that no file of a person has.
fn goals(section: Option<Section>, mistakes: &mut Mistakes<'_>) -> Vec<LabFile> {
    files(section, None, mistakes)
}

/// What is edited where the lab does not say.
fn empty_start() -> LabFile {
    let file =
        SourceFile { name: "policy.yaml".to_owned(), text: "# Write your policies here.\n".to_owned() };
    LabFile { file, line: 1, indent: 0 }
}

fn hints(section: Option<Section>, mistakes: &mut Mistakes<'_>) -> Vec<Vec<Block>> {
    let Some(section) = section else { return Vec::new() };
    let mut hints = Vec::new();
    for part in section.parts {
        match part.kind {
            PartKind::Block(Block::List { ordered: true, items }) => hints.extend(items),
            _ => {
                let first = first_line(part.range, mistakes);
                mistakes.warning(first, "this is no hint: begin each with a number, such as `1. `");
            }
        }
    }
    if hints.is_empty() {
        mistakes.error(
            section.heading,
            "there is no hint in this section: begin each with a number, such as `1. `",
        );
    }
    hints
}

/// A test that names what may change.
fn free_test(value: Value, line: u32) -> LabFile {
    let mapping = |pairs: Vec<(&str, Value)>| {
        Value::Mapping(pairs.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<Mapping>())
    };
    let test = mapping(vec![
        ("apiVersion", Value::from("netpol.playground/v1")),
        ("kind", Value::from("ConnectivityTest")),
        ("metadata", mapping(vec![("name", Value::from("free"))])),
        ("spec", mapping(vec![("allow", value)])),
    ]);
    let text = serde_yaml::to_string(&test).unwrap_or_default();
    LabFile { file: SourceFile { name: FREE.to_owned(), text }, line, indent: 0 }
}
