//! What the page and the worker say to each other: numbered messages of plain data.
//!
//! The page sends a [`Request`]; the worker answers with any number of [`Response`]s that carry the same number.
//! A later `Analyze` cancels an earlier one that is not finished: the earlier one then gets no further answer.

pub use netpol_labs::Question;
use netpol_labs::Shown;
use netpol_view::contract::{
    Completions, Connection, Diagnostic, Explanation, Hover, Located, Migration, Options, PortWanted,
    PortsWanted, Position, Preview, SourceFile, Summary, Verdict,
};
use netpol_view::sheet::{Line, Section, Sheet};
use netpol_view::{Phase, Reach};
use serde::{Deserialize, Serialize};

/// A message to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Counted up by the page.
    pub id: u32,
    /// What to do.
    pub command: Command,
}

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Command {
    /// Analyse these files; answered by `Progress`, then `Analysis`.
    Analyze {
        /// All files, in order, each as it differs from what the worker has of it.
        files: Vec<SentFile>,
        /// How.
        options: Options,
        /// The Markdown of the lab that the files are an attempt of; what becomes of it is told after the analysis, and
        /// what the lab says whenever it is another one than before.
        #[serde(default)]
        lab: Option<String>,
    },
    /// Explain one cell of the last finished analysis; answered by `Explanation`, or `Unknown` where there is none.
    Explain {
        /// Peer id.
        source: String,
        /// Peer id.
        destination: String,
    },
    /// Tell whether one connection is allowed in the last finished analysis, its ends by id, name or address; answered
    /// by `Verdict`, or `UnknownPeer` where an end is nobody's.
    Query {
        /// What is asked about.
        connection: Connection,
    },
    /// Tell all that is allowed between two ends in the last finished analysis, by id, name or address; answered by `Reach`,
    /// or `UnknownPeer` where an end is nobody's.
    Reach {
        /// Who.
        source: String,
        /// Whom.
        destination: String,
    },
    /// Preview the smallest change that would allow a cell of the last finished analysis; answered by `Preview`, or
    /// `Unknown` where there is none.
    Mend {
        /// Peer id.
        source: String,
        /// Peer id.
        destination: String,
        /// What to open.
        #[serde(default)]
        ports: PortsWanted,
    },
    /// Preview the fix of a finding of the last finished analysis, by its place in the list; answered by `Preview`, or
    /// `Unknown` where there is none.
    Fix {
        /// Counted from 0.
        finding: u32,
        /// Which of its ways, where it has several, counted from 0.
        way: u32,
    },
    /// Preview the annotation that silences a finding of the last finished analysis, by its place in the list; answered by
    /// `Preview`, or `Unknown` where there is none.
    Silence {
        /// Counted from 0.
        finding: u32,
    },
    /// Preview all policies of a superseded kind rewritten together; answered by `Migration`, or `Unknown` where there is
    /// none that can be.
    Migrate,
    /// Write pods for the policies of the last finished analysis that stand alone; answered by `Written`.
    ExamplePods,
    /// Write the matrix of the last finished analysis as policy tests; answered by `Written`.
    WriteTests,
    /// Write what a cell of the last finished analysis says as a policy test, beside those that are kept; answered by
    /// `Written`.
    Keep {
        /// Who, by id, name or address.
        source: String,
        /// Whom.
        destination: String,
        /// What to keep: one port, or all that there is to say.
        #[serde(default)]
        port: Option<PortWanted>,
    },
    /// Choose questions about the last finished analysis; answered by `Quiz`.
    Quiz {
        /// The same questions for the same number.
        seed: u32,
        /// At most so many.
        count: u32,
    },
    /// Tell all about one peer or policy of the last finished analysis; answered by `Sheet`, or `Unknown` where there is
    /// none.
    Describe {
        /// Of a peer, or made alike for a policy: `shop/deny-all[NetworkPolicy]`.
        id: String,
        /// Whether to work out what takes long, too.
        whole: bool,
    },
    /// Tell what the text at a place of the last analysed input decides; answered by `Located`.
    Locate {
        /// Counted from 0, in the order of the files.
        file: u32,
        /// Where.
        position: Position,
    },
    /// Tell what may be written at a place of a text, at once and with the names of the last finished analysis; answered
    /// by `Completions`.
    Complete {
        /// The text as it is now.
        file: SourceFile,
        /// Where.
        position: Position,
    },
    /// Tell what stands at a place of a text and means, at once; answered by `Hover`.
    Hover {
        /// The text as it is now.
        file: SourceFile,
        /// Where.
        position: Position,
    },
}

/// A file as it is sent: no text that the worker has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    /// Which: the page calls it so for as long as there is the worker.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: SentText,
}

/// A text as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SentText {
    /// All of it.
    Whole(String),
    /// That of the last analysis that was asked for.
    Same,
    /// The same, with one piece replaced.
    Edited {
        /// The first byte that goes.
        start: usize,
        /// One past the last.
        end: usize,
        /// What comes.
        insert: String,
    },
}

impl SentText {
    /// The text, from the one that the worker has; `None` where that is not the one that is meant.
    pub fn of(self, before: Option<String>) -> Option<String> {
        match self {
            Self::Whole(text) => Some(text),
            Self::Same => before,
            Self::Edited { start, end, insert } => {
                let mut text = before?;
                // Not on the border of a character, or beyond the end, it is another text.
                text.get(start..end)?;
                text.replace_range(start..end, &insert);
                Some(text)
            }
        }
    }
}

impl Command {
    /// Whether it is about a text that is just being written, so that the analysis of it is not waited for.
    pub fn is_urgent(&self) -> bool {
        matches!(self, Self::Complete { .. } | Self::Hover { .. })
    }
}

/// A message from the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// The request's number.
    pub id: u32,
    /// What happened.
    pub event: Event,
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Event {
    /// Still at it: of an analysis as often as there is something to report, and of anything that takes long from within,
    /// so that only silence means that the worker is dead.
    Progress {
        /// What is being done.
        phase: Phase,
        /// How much of it is done, 0 to 1.
        done: f64,
    },
    /// Done. The matrix travels beside it: the message has a `matrix` property, the parts of a
    /// [`ClassMatrix`](crate::contract::ClassMatrix) as typed arrays.
    Analysis {
        /// All but the matrix; boxed, as it dwarfs the other events.
        summary: Box<Summary>,
        /// How long it took in the worker.
        milliseconds: f64,
        /// What became of the policy tests; `None` where there are none.
        tests: Option<Box<Tested>>,
    },
    /// Fixes of the analysis of the same number were tried out and would not do; not sent where all do.
    Withdrawn {
        /// The findings, by their places in the list.
        findings: Vec<u32>,
    },
    /// One cell explained.
    Explanation {
        /// The explanation.
        explanation: Box<Explanation>,
    },
    /// What was asked about is not in the last analysis, or there is nothing to say of it.
    Unknown,
    /// One connection judged.
    Verdict {
        /// Yes or no, and why.
        verdict: Box<Verdict>,
    },
    /// Two ends explained.
    Reach {
        /// The ends, and what is allowed between them.
        reach: Box<Reach>,
    },
    /// An end of a connection is nobody's.
    UnknownPeer {
        /// Which, and what to write instead.
        message: String,
    },
    /// A change, before it is made.
    Preview {
        /// Texts and cells.
        preview: Box<Preview>,
    },
    /// All policies of a superseded kind rewritten, before it is done.
    Migration {
        /// Texts, cells and notes.
        migration: Box<Migration>,
    },
    /// A file was written for the input.
    Written {
        /// What it is called.
        name: String,
        /// The text; `None` where there is nothing to write.
        text: Option<String>,
        /// Whether it takes the place of the file of that name.
        replaces: bool,
    },
    /// What a lab says that was sent with an analysis.
    Lab {
        /// `None` where it has mistakes that leave nothing to do.
        lab: Option<Box<Shown>>,
    },
    /// What becomes of the attempt that was analysed.
    Graded {
        /// In words.
        graded: Box<Graded>,
    },
    /// One of the files of the analysis of the same number holds a lab.
    Draft {
        /// Its name.
        name: String,
        /// Whether it can be run.
        runs: bool,
        /// What is wrong with it.
        problems: Vec<Diagnostic>,
    },
    /// Questions.
    Quiz {
        /// None where there is nothing to ask about.
        questions: Vec<Question>,
    },
    /// All about one peer or policy.
    Sheet {
        /// In words.
        sheet: Box<Sheet>,
    },
    /// What the text at a place decides.
    Located {
        /// `None` where it decides nothing.
        located: Option<Located>,
    },
    /// What may be written at a place.
    Completions {
        /// `None` where nothing is known.
        completions: Option<Completions>,
    },
    /// What stands at a place and means.
    Hover {
        /// `None` where nothing is known.
        hover: Option<Hover>,
    },
}

/// What becomes of an attempt at a lab, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Graded {
    /// Whether all is done that was asked for.
    pub passed: bool,
    /// Whether there is no shorter right answer that is known.
    pub shortest: bool,
    /// Lines that were written.
    pub lines: u32,
    /// Lines of the shortest right answer that is known.
    pub fewest: u32,
    /// The goals, each with its counterexample.
    pub goals: Section,
    /// What else stands in the way: what was written and may not be.
    pub refused: Vec<Line>,
}

impl Graded {
    /// How many goals are reached.
    pub fn reached(&self) -> usize {
        self.goals.lines.iter().filter(|goal| goal.mark == Some(true)).count()
    }
}

/// What became of the policy tests of an input, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// So many hold.
    pub passed: u32,
    /// So many do not.
    pub failed: u32,
    /// One section a test, one line an expectation.
    pub sheet: Sheet,
}
