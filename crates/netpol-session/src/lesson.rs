//! The lab that somebody works on: what it says, and what becomes of each attempt.

use netpol_labs::{Goal, Grade, Grader, Lab};
use netpol_view::contract::SourceFile;
use netpol_view::sheet::{Line, Section};

use crate::protocol::{Event, Graded};
use crate::tested::{lines_of, plain, why};

/// The lab, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Lesson {
    /// Its Markdown.
    text: Option<String>,
    /// What it says; `None` where it has mistakes that leave nothing to do.
    lab: Option<Box<Lab>>,
    grader: Option<Box<Grader>>,
    /// Whether what it says is not told yet.
    is_new: bool,
}

impl Lesson {
    /// Takes the lab of an analysis; the same again changes nothing.
    pub(crate) fn open(&mut self, text: Option<String>) {
        if self.text == text {
            return;
        }
        let lab = text.as_deref().and_then(|text| netpol_labs::read("lab.md", text).0);
        self.grader = lab.as_ref().map(|lab| Box::new(Grader::new(lab)));
        self.lab = lab.map(Box::new);
        self.is_new = text.is_some();
        self.text = text;
    }

    /// What it says, once.
    pub(crate) fn news(&mut self) -> Option<Event> {
        let is_new = std::mem::take(&mut self.is_new);
        is_new.then(|| Event::Lab { lab: self.lab.as_ref().map(|lab| Box::new(lab.shown())) })
    }

    /// What becomes of an attempt.
    pub(crate) fn grade<'a>(&mut self, files: impl Iterator<Item = &'a SourceFile>) -> Option<Event> {
        let pair = |file: &SourceFile| (file.name.clone(), file.text.clone());
        let files: Vec<(String, String)> = files.map(pair).collect();
        let grader = self.grader.as_mut()?;
        let (grade, fewest) = (grader.grade(&files), grader.fewest_lines());
        Some(Event::Graded { graded: Box::new(graded(grade, fewest)) })
    }
}

/// A grade in words and links.
fn graded(grade: Grade, fewest: u32) -> Graded {
    let Grade { passed, goals, lines, is_shortest, refused } = grade;
    let mut said: Vec<Line> = goals.iter().map(goal).collect();
    said.extend(refused.iter().map(|words| Line {
        mark: Some(false),
        term: "not allowed".to_owned(),
        parts: vec![plain(words)],
    }));
    let goals = Section { title: "Goals".to_owned(), lines: said };
    Graded { passed, shortest: is_shortest, lines, fewest, goals }
}

fn goal(goal: &Goal) -> Line {
    let Goal { text, reached, message, witness, spans } = goal;
    let mut parts = vec![plain(text.trim_end_matches('.'))];
    if let Some(message) = message {
        parts.extend([plain(": "), plain(message)]);
    }
    if let Some(witness) = witness {
        parts.extend([plain(" "), why(witness)]);
    }
    for span in spans {
        parts.extend([plain(" "), lines_of(span)]);
    }
    Line { mark: Some(*reached), term: String::new(), parts }
}
