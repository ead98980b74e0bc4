//! One input under analysis, and what is kept from one edit to the next.

use std::ops::Range;

use crate::contract::{Explanation, Options, SourceFile, Summary};
use crate::protocol::Phase;

/// How far an analysis is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Call [`Analyzer::step`] again.
    Working {
        /// What is being done.
        phase: Phase,
        /// How much of it is done, 0 to 1.
        done: f64,
    },
    /// Nothing is left to do.
    Done,
}

/// Analyses one set of files after another and keeps the documents that did not change.
///
/// Work is done by [`step`](Self::step) in pieces of some milliseconds, so that a worker can look for newer messages
/// in between; every method that needs the result finishes the work first.
#[derive(Debug, Default)]
pub struct Analyzer {
    options: Options,
    files: Vec<SourceFile>,
}

impl Analyzer {
    /// An analyser of no files.
    pub fn new(options: Options) -> Self {
        Self { options, files: Vec::new() }
    }

    /// Changes the options; the files stay.
    pub fn set_options(&mut self, options: Options) {
        self.options = options;
    }

    /// Changes the files; documents whose text is among those of before are not read again.
    pub fn set_files(&mut self, files: Vec<SourceFile>) {
        self.files = files;
    }

    /// Does the next piece of work.
    pub fn step(&mut self) -> Step {
        Step::Done
    }

    /// All of the analysis but the cells.
    pub fn summary(&mut self) -> Summary {
        Summary::default()
    }

    /// A window of the matrix, row-major: indices into `Summary::connections`. Ranges beyond the matrix are cut.
    pub fn cells(&mut self, _rows: Range<usize>, _columns: Range<usize>) -> Vec<u32> {
        Vec::new()
    }

    /// Why a cell is what it is; `None` when a peer id is not in the matrix.
    pub fn explain(&mut self, _source: &str, _destination: &str) -> Option<Explanation> {
        None
    }
}

/// Everything in one call: the summary and all cells, row-major.
pub fn analyze(files: Vec<SourceFile>, options: Options) -> (Summary, Vec<u32>) {
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files);
    let summary = analyzer.summary();
    let peers = summary.peers.len();
    let cells = analyzer.cells(0..peers, 0..peers);
    (summary, cells)
}
