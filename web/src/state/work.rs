//! Whose text is in the editor, and how it is kept: what can happen to it, and what is to be done in the browser.

use netpol_view::contract::Options;

use super::address::Address;
use super::files::{FileId, Files};
use super::message::View;
use super::place::Place;
pub use super::saved::{FilesDocument, LinkDocument};
use super::settings::Settings;
use super::training::OpenLab;

/// Where one is, and how its text stands to what the browser keeps.
#[derive(Clone, Debug)]
pub struct Work {
    /// Where one is.
    pub place: Place,
    /// The place that is being opened.
    pub(super) opening: Option<Place>,
    /// The text as the place brought it; none where it brings none.
    pub(super) original: Option<Files>,
    /// Counts the changes of the text.
    pub(super) change: u32,
    /// The last of them that the browser keeps.
    pub(super) kept: u32,
    /// Whether another tab has changed the text of this place.
    pub elsewhere: bool,
    /// The place that gave way to what was pasted over this file of it.
    pub(super) gave_way: Option<(FileId, Left)>,
    /// The address of the page as it was written last.
    pub(super) written: Written,
    /// Whether the bare address stands for the first example, as nobody has chosen it.
    pub(super) bare: bool,
    /// What else stands in the address.
    pub(super) address: Address,
    /// The cell that the address names, until there is an analysis to open it in.
    pub(super) cell: Option<(String, String)>,
    /// The options before a link brought its own.
    pub(super) options: Option<Options>,
    /// The texts that the browser keeps; none before they were asked for.
    pub recent: Option<Vec<Recent>>,
    /// The link to what is in sight, or why there is none; nothing before it was asked for.
    pub link: Option<Result<String, String>>,
    /// A file of another origin that the address asks for.
    pub foreign: Option<Foreign>,
    /// Why text and settings cannot be kept, if they cannot.
    pub not_kept: Option<String>,
    /// Names what is made in this tab.
    pub(super) tab: String,
    pub(super) made: u32,
}

/// What the address says of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub(super) place: Place,
    pub(super) view: View,
    pub(super) cell: Option<(String, String)>,
    pub(super) touched: bool,
}

/// Whose text it is, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// In short.
    pub name: String,
    /// The name of the place.
    pub whole: String,
    /// What there is to know about it.
    pub note: &'static str,
    /// Whether it is one's own.
    pub is_own: bool,
    /// Whether it is another's and was changed.
    pub is_changed: bool,
}

/// A place that was left, with its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    pub(super) place: Place,
    pub(super) original: Option<Files>,
    /// Its files.
    pub files: Files,
    /// The lab that they are an attempt of.
    pub(super) lab: Option<OpenLab>,
}

/// A text that the browser keeps: one of one's own, or an earlier state of any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// Its slot.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it was kept, as people write it.
    pub when: String,
    /// How many files it has.
    pub files: usize,
    /// How long they are in UTF-16 units.
    pub units: usize,
}

impl Recent {
    /// Whether it is an earlier state, not the last one.
    pub fn is_state(&self) -> bool {
        self.id.starts_with("state/")
    }
}

/// Longer links are cut off by some programs: in characters.
pub const LONG_LINK: usize = 8_000;
/// Longer links are not made.
pub const LONGEST_LINK: usize = 500_000;

/// A file of another origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// Its address.
    pub url: String,
    /// Its origin.
    pub origin: String,
}

/// How the page starts: what the browser knows before anything is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// The address.
    pub address: Address,
    /// What it opens; one's own text or the first example where that could not be had.
    pub opened: Opened,
    /// What a person should be told.
    pub notes: Vec<String>,
    /// The cell that was open in this tab.
    pub cell: Option<(String, String)>,
    /// The settings of the last visit.
    pub settings: Option<Settings>,
    /// A file of another origin that is asked for.
    pub foreign: Option<Foreign>,
    /// Why nothing can be kept.
    pub not_kept: Option<String>,
    /// Names this tab.
    pub tab: String,
}

/// A place, with what there is of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// Which.
    pub place: Place,
    /// The text that it brings: an example's, a link's. None where it is in the page already.
    pub original: Option<Vec<(String, String)>>,
    /// What a person made of it before.
    pub kept: Option<FilesDocument>,
    /// All that a link carries.
    pub link: Option<Box<LinkDocument>>,
    /// The Markdown of the lab that the text is an attempt of.
    pub lab: Option<String>,
}

/// What a file is copied or downloaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The file in sight.
    One,
    /// All, one after the other.
    All,
}

/// What can happen to the text as a whole.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkMessage {
    /// Begin with an empty file.
    New,
    /// Take what the clipboard holds.
    Paste,
    /// What the clipboard held, if it could be read.
    Pasted(Option<String>),
    /// Go to a place.
    Go(Place),
    /// A place was opened, or why it could not be.
    Opened(Result<Box<Opened>, (Place, String)>),
    /// The page around this one hands over files: names and texts.
    Handed(Vec<(String, String)>),
    /// Take the text in sight for one's own.
    Own,
    /// Go back to the text that the place brought.
    Original,
    /// Time to save; the number of the change.
    Due(u32),
    /// A slot was written up to a change, or why not.
    Saved(String, u32, Saved),
    /// Another tab wrote a slot.
    WrittenElsewhere(String),
    /// Show what another tab wrote.
    TakeElsewhere,
    /// Somebody wants to see the texts that are kept.
    WantRecent,
    /// They were read.
    Recent(Vec<Recent>),
    /// Open one of them.
    Recall(String),
    /// An earlier state was read.
    Recalled(Option<FilesDocument>),
    /// Forget one of them.
    Forget(String),
    /// Forget all but what is in sight.
    ForgetAll,
    /// Somebody wants a link to what is in sight.
    WantLink,
    /// It was made, or why not.
    LinkMade(Result<String, String>),
    /// Copy the link.
    CopyLink,
    /// Copy files.
    Copy(Which),
    /// Something was copied, or could not be.
    Copied(bool),
    /// Download files.
    Download(Which),
    /// The address of the page was changed by going back or on, with the slot and the cell that it has in this tab.
    Navigated(Address, Option<String>, Option<(String, String)>),
    /// Open the file of another origin that the address asks for, or do not.
    OpenForeign(bool),
    /// Its name and text, or why it could not be opened.
    ForeignFetched(Result<(String, String), String>),
    /// The page is out of sight; whether it may be closing.
    Leaving(bool),
    /// Something about keeping: nothing is wrong any more, or what is.
    Kept(Result<(), String>),
}

/// How writing a slot went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It is written.
    Kept,
    /// Another tab had written it: nothing was.
    Elsewhere,
    /// It could not be written.
    Failed(String),
}

/// What is to be done in the browser.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkEffect {
    /// Open a place: read its slot, and fetch what it brings unless it is here.
    Open(Place, Option<Vec<(String, String)>>),
    /// Write a slot.
    Save(Keep),
    /// Put aside at once what is not written.
    Leave(Keep),
    /// Read the list of what is kept.
    ReadRecent,
    /// Read an earlier state.
    ReadState(String),
    /// Forget an entry of the list.
    Forget(String),
    /// Forget everything but what a slot holds.
    ForgetAllBut(String),
    /// Write the address, the slot and the cell of this tab; whether it is another place than before.
    Address {
        /// Query and fragment.
        text: String,
        /// The slot.
        slot: String,
        /// The cell.
        cell: Option<(String, String)>,
        /// Whether going back leads to the place before.
        push: bool,
    },
    /// Make a link.
    MakeLink(LinkDocument),
    /// Make the fragment of a link to a lab, to go there.
    MakeLab(LinkDocument),
    /// Read the clipboard.
    ReadClipboard,
    /// Copy a text.
    Copy(String),
    /// Download a text as a file of this name.
    Download(String, String),
    /// Fetch a file of another origin.
    FetchForeign(String),
}

/// A text to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Keep {
    /// Where.
    pub slot: String,
    /// What it is called.
    pub title: String,
    /// The number of the change.
    pub change: u32,
    /// The files; none where the text is the place's own and nothing need be kept.
    pub files: Option<Files>,
}
