//! What can happen to the page.

use netpol_session::protocol::Response;
use netpol_view::contract::{Connection, Options, Position, Span, Summary};

use super::files::{FileId, Step};
use super::findings::{FindingsFilter, RuleText};
use super::panel::{Mended, Origin};
use super::questions::Typed;
use super::settings::{PortChoice, Theme};
use super::text::{Change, Text};
use super::toasts::ToastId;
use super::training::TrainingMessage;
use super::work::WorkMessage;

/// What a person did, what the worker answered, or that some time passed.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A text was changed in the editor: how, and how many UTF-16 units it has then.
    Edited(FileId, Vec<Change>, usize),
    /// A text of the editor, whole.
    Typed(FileId, String),
    /// Show a file.
    SelectFile(FileId),
    /// Show the file beside another.
    StepFile(FileId, Step),
    /// Add an empty file.
    AddFile,
    /// Rename a file.
    RenameFile(FileId, String),
    /// Close a file; it can be had back.
    CloseFile(FileId),
    /// Add files that were dropped or picked: names and texts.
    OpenFiles(Vec<(String, Text)>),
    /// How far files are read that were dropped or picked, or that none is any more.
    Opening(Option<Opening>),
    /// Read them no further.
    StopOpening,
    /// Files that were dropped or picked and could not be read.
    OpenFailed(String),
    /// A newer version of the page is there.
    NewerVersion,
    /// Have it.
    Reload,
    /// Add a file of pods that satisfy the selectors of the policies.
    AddExamplePods,
    /// Something about the text as a whole: whose it is, and how it is kept.
    Work(WorkMessage),
    /// Something in training.
    Training(TrainingMessage),

    /// Undo what a toast speaks of.
    UndoToast(ToastId),
    /// Undo what the newest toast speaks of that can be undone.
    UndoLast,
    /// Take a toast away.
    DismissToast(ToastId),

    /// Light or dark.
    SetTheme(Theme),
    /// How to analyse.
    SetOptions(Options),
    /// The width of the editor in tenths of a percent.
    SetDivider(u16),
    /// Whether addresses outside are shown.
    SetOutside(bool),
    /// Whether hypothetical workloads are shown.
    SetHypothetical(bool),
    /// The port that the matrix is read for.
    SetPort(Option<PortChoice>),
    /// The text that narrows the matrix.
    SetFilter(String),
    /// Whether only cells that are not certain are shown.
    SetUncertain(bool),
    /// Fold or unfold a namespace, by name.
    ToggleGroup(String),
    /// Unfold namespaces, by name.
    Unfold(Vec<String>),
    /// Fold every namespace.
    FoldAll,
    /// Whether workloads that are alike stand in one row and one column.
    SetAlike(bool),
    /// Fold or unfold some of these, by their ids.
    ToggleAlike(Vec<String>),
    /// Which findings are listed.
    SetFindingsFilter(FindingsFilter),
    /// Somebody wants to read about a rule.
    WantRules,
    /// The texts of the rules were fetched, or could not be.
    RulesFetched(Option<Vec<RuleText>>),
    /// Which results are shown.
    SetView(View),
    /// What a phone shows.
    SetPane(Pane),
    /// Whether the problems are listed.
    SetProblemsOpen(bool),

    /// Ask why a cell is what it is, by peer ids.
    OpenCell(String, String),
    /// Show the cell that a finding speaks of, and why it is what it is.
    OpenWitness(Connection),
    /// Close the panel that says why.
    CloseWhy,
    /// Tell all about a peer or a policy, by its id.
    Describe(String, Origin),
    /// The same of what the text at the editor's cursor is about.
    DescribeCursor,
    /// Show a cell that a description speaks of; closing it shows the description again.
    OpenDescribedCell(String, String, Origin),
    /// Close the description.
    CloseSheet,
    /// Go to a finding, by its place in the list.
    ShowFinding(u32),
    /// Open the form that asks whether somebody can reach somebody.
    OpenQuery,
    /// Ask whether a source can reach a destination.
    Ask(Typed),
    /// Keep a question no longer, by its place.
    ForgetQuestion(usize),
    /// Close the question.
    CloseQuery,
    /// Show a change before it is made, or no longer.
    Propose(Mended),
    /// Make the change that is shown.
    ApplyProposal,
    /// Make a quick fix of a problem, both by their places in the lists.
    QuickFix(usize, usize),
    /// The editor's cursor rests where a person has put it.
    CursorRests(FileId, Position),
    /// Show the lines of a span in the editor.
    ShowSpan(Span),

    /// The result of the first example, unless it could not be read.
    Prepared(Option<Box<Summary>>),
    /// Somebody did something for the first time.
    Touched,
    /// Stop the analysis that runs.
    Cancel,
    /// Analyse again what was cancelled or could not be analysed.
    Retry,
    /// A worker is there; its generation.
    WorkerReady(u32),
    /// A worker answered.
    WorkerAnswered(u32, Box<Response>),
    /// A worker died, or could not be started.
    WorkerDied(u32),

    /// Typing has paused; the revision of the input then.
    TypingPaused(u32),
    /// A request has been running for long enough to say so.
    RequestIsSlow(u32),
    /// Time to look whether the worker that has a request is alive.
    CheckProgress(u32, Pulse),
    /// A worker had time enough to start.
    CheckStart(u32),
    /// Nothing may have happened for a while since a worker finished with a revision of the input.
    Rested(u32, u32),
    /// A question had time enough to be answered; how often the worker had been heard before.
    CheckAnswer(u32, u32),
    /// Time to save the settings; the number of the change.
    SaveSettingsDue(u32),
}

/// Files that are being read.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The one that is read now.
    pub name: String,
    /// How much of all of them is read, from 0 to 1.
    pub done: f64,
}

/// How often the worker was heard, and for how many looks it was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Messages of it when it was last looked at.
    pub beats: u32,
    /// Looks without a new one.
    pub quiet: u32,
}

/// The results that can be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The matrix.
    #[default]
    Matrix,
    /// The findings.
    Findings,
    /// The policy tests.
    Tests,
    /// The labs, a quiz, an exam.
    Labs,
}

/// A view as tabs and addresses name it.
#[derive(Debug)]
pub struct ViewInfo {
    /// Which.
    pub view: View,
    /// In addresses and identities.
    pub id: &'static str,
    /// On its tab.
    pub title: &'static str,
}

/// All views, in the order of their tabs.
pub const VIEWS: &[ViewInfo] = &[
    ViewInfo { view: View::Matrix, id: "matrix", title: "Matrix" },
    ViewInfo { view: View::Findings, id: "findings", title: "Findings" },
    ViewInfo { view: View::Tests, id: "tests", title: "Tests" },
    ViewInfo { view: View::Labs, id: "labs", title: "Labs" },
];

impl View {
    /// What addresses call it.
    pub fn id(self) -> &'static str {
        VIEWS.iter().find(|info| info.view == self).map_or("", |info| info.id)
    }

    /// The view of an id.
    pub fn of(id: &str) -> Option<Self> {
        VIEWS.iter().find(|info| info.id == id).map(|info| info.view)
    }

    /// The one before or after in the order of the tabs, going round at the ends.
    pub fn neighbour(self, step: Step) -> Self {
        let at = VIEWS.iter().position(|info| info.view == self).unwrap_or_default();
        let last = VIEWS.len() - 1;
        let to = match step {
            Step::Back => at.checked_sub(1).unwrap_or(last),
            Step::On if at == last => 0,
            Step::On => at + 1,
            Step::First => 0,
            Step::Last => last,
        };
        VIEWS.get(to).map_or(self, |info| info.view)
    }
}

/// What a phone shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The editor.
    Manifests,
    /// Matrix and findings.
    #[default]
    Results,
}
