//! What a person is shown of a lab.

use netpol_view::contract::SourceFile;

use crate::grader::Grader;
use crate::lab::{Lab, LabFile, Shown};

impl Lab {
    /// What a person is shown of it; the grader is its own.
    pub fn shown(&self, grader: &Grader) -> Shown {
        let pair = |file: SourceFile| (file.name, file.text);
        let pairs = |files: &[LabFile]| files.iter().map(|own| pair(own.file.clone())).collect();
        Shown {
            index: self.index.clone(),
            task: self.task.clone(),
            cluster: pairs(&self.cluster),
            start: pairs(&self.start),
            goals: grader.goals().to_vec(),
            hints: self.hints.clone(),
            solution: self.edited(&self.solution).into_iter().map(pair).collect(),
            explanation: self.solution.explanation.clone(),
            links: self.links.clone(),
        }
    }
}
