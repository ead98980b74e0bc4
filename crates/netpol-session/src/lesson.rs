//! The lab that somebody works on: what it says, and what becomes of each attempt.

use netpol_labs::{Goal, Grade, Grader, Lab};
use netpol_view::contract::SourceFile;
use netpol_view::sheet::{Line, Part, Section};

use crate::protocol::{Event, Graded};
use crate::tested::{line, proof};

/// The lab, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Lesson {
    /// Its Markdown.
    text: Option<String>,
    /// What it says, and who grades it; `None` where it has mistakes that leave nothing to do.
    lab: Option<Box<(Lab, Grader)>>,
    /// Whether what it says is not told yet.
    is_new: bool,
}

impl Lesson {
    /// Takes the lab of an analysis; the same again changes nothing.
    pub(crate) fn open(&mut self, text: Option<String>) {
        if self.text == text {
            return;
        }
        self.lab = None;
        self.is_new = text.is_some();
        self.text = text;
    }

    /// Whether there is one.
    pub(crate) fn is_open(&self) -> bool {
        self.text.is_some()
    }

    /// What it says, once.
    pub(crate) fn news(&mut self) -> Option<Event> {
        if !std::mem::take(&mut self.is_new) {
            return None;
        }
        let lab = self.text.as_deref().and_then(|text| netpol_labs::read("lab.md", text).0);
        self.lab = lab.map(|lab| {
            let grader = Grader::new(&lab);
            Box::new((lab, grader))
        });
        let shown = self.lab.as_deref().map(|(lab, grader)| Box::new(lab.shown(grader)));
        Some(Event::Lab { lab: shown })
    }

    /// What becomes of an attempt.
    pub(crate) fn grade(&mut self, files: Vec<SourceFile>) -> Option<Event> {
        let (_, grader) = self.lab.as_deref_mut()?;
        let (grade, fewest) = (grader.grade(files), grader.fewest_lines());
        Some(Event::Graded { graded: Box::new(graded(grade, fewest)) })
    }
}

/// A grade in words and links.
fn graded(grade: Grade, fewest: u32) -> Graded {
    let Grade { passed, goals, lines, is_shortest, refused } = grade;
    let goals = Section { title: "Goals".to_owned(), lines: goals.iter().map(goal).collect() };
    let refused = refused.iter().map(|words| line(false, "not allowed", vec![Part::text(words)])).collect();
    Graded { passed, shortest: is_shortest, lines, fewest, goals, refused }
}

fn goal(goal: &Goal) -> Line {
    let Goal { text, reached, message, witness, spans } = goal;
    let mut parts = vec![Part::text(text.trim_end_matches('.'))];
    if let Some(message) = message {
        parts.push(Part::text(format!(": {message}")));
    }
    parts.extend(proof(witness.as_ref(), spans));
    line(*reached, "", parts)
}
