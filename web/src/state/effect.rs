//! What the shell is to do in the browser.

use std::rc::Rc;

use netpol_session::protocol::Request;
use netpol_view::contract::{Diagnostic, Span, TextEdit};

use super::files::FileId;
use super::message::Message;
use super::saved::SettingsDocument;
use super::text::Text;
use super::told::Told;
use super::work::WorkEffect;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Deliver a message after some time.
    After(u32, Box<Message>),
    /// Read the result of the first example.
    ReadPrepared,
    /// Start a worker of this generation, ending the one that runs.
    StartWorker(u32),
    /// Send a request to the worker.
    Send(Request),
    /// Read files that were dropped or picked no further.
    StopReading,
    /// Fetch the texts of the rules.
    FetchRules,
    /// Fetch the list of labs.
    FetchLabs,
    /// Tell what time it is, after so many milliseconds.
    Clock(u32),
    /// Something about the text as a whole.
    Work(WorkEffect),
    /// Tell the page around this one.
    Tell(Told),
    /// Keep the settings.
    SaveSettings(SettingsDocument),
    /// Show the theme that is set.
    ApplyTheme,
    /// Load the page again.
    Reload,
    /// Something in the editor.
    Editor(EditorCommand),
    /// Bring the keyboard back to the matrix.
    FocusMatrix,
    /// Bring the keyboard to the first element that a selector finds, once all is there.
    Focus(String),
    /// Bring the keyboard to what undoes the last change.
    FocusUndo,
}

/// What the editor is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum EditorCommand {
    /// Tell the whole text of a file, which was not edited as was told.
    Tell(FileId),
    /// Show a file; its text is taken where the editor does not know it yet.
    Show {
        /// The file.
        file: FileId,
        /// Its name.
        name: Rc<str>,
        /// Its text.
        text: Text,
        /// Whether nobody edits it.
        locked: bool,
    },
    /// Give a file another text, as a change that can be undone.
    Rewrite {
        /// The file.
        file: FileId,
        /// Its name.
        name: Rc<str>,
        /// Its text so far.
        before: Text,
        /// Its text from now on.
        after: Text,
    },
    /// Edit a file, as a change that can be undone.
    Edit(FileId, Vec<TextEdit>),
    /// Forget all but these files, with their histories.
    Retain(Vec<FileId>),
    /// Mark what is wrong in a file.
    Mark(FileId, Vec<Diagnostic>),
    /// Light up these lines, and no others.
    Light(FileId, Vec<Span>),
    /// Tint lines that a change has just brought, by their numbers from 1, for some seconds.
    Tint(FileId, Vec<u32>),
    /// Bring a line into sight, and leave cursor and keyboard where they are.
    Look {
        /// The file; it is shown already.
        file: FileId,
        /// The line, from 1.
        line: u32,
    },
    /// Bring a place into sight, with cursor and keyboard.
    Reveal {
        /// The file; it is shown already.
        file: FileId,
        /// The line, from 1.
        line: u32,
        /// The column, from 1.
        column: u32,
    },
}
