//! What a person is shown of a lab.

use netpol_view::contract::SourceFile;

use crate::grader::{fewest_lines, goals};
use crate::lab::{Lab, LabFile, Shown};

impl Lab {
    /// What a person is shown of it.
    pub fn shown(&self) -> Shown {
        let pair = |file: SourceFile| (file.name, file.text);
        let pairs = |files: &[LabFile]| files.iter().map(|own| pair(own.file.clone())).collect();
        Shown {
            index: self.index.clone(),
            everything_else: self.everything_else,
            task: self.task.clone(),
            cluster: pairs(&self.cluster),
            start: pairs(&self.start),
            goals: goals(self),
            hints: self.hints.clone(),
            solution: self.edited(&self.solution).into_iter().map(pair).collect(),
            explanation: self.solution.explanation.clone(),
            fewest_lines: fewest_lines(self),
            links: self.links.clone(),
        }
    }
}
