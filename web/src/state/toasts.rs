//! Short notes on what was done, some of which can be undone. One is in sight at a time; those below it wait for as long as
//! they last.

use super::files::{Closed, File, FileId, Files};
use super::work::Left;

/// One note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToastId(pub u32);

/// A note.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// Which.
    pub id: ToastId,
    /// What it says.
    pub text: String,
    /// How to have it back.
    pub undo: Option<Undo>,
}

/// How to have something back.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    /// Open these files again, in the order in which they were closed.
    Reopen(Vec<Closed>),
    /// Close these files again.
    Remove(Vec<FileId>),
    /// Go back to these files where they were.
    Restore(Box<Left>),
    /// Go on with the exam that was handed in.
    Resume,
    /// Take back a change of texts.
    Change {
        /// The texts before it.
        before: Files,
        /// And after it.
        after: Files,
    },
}

impl Undo {
    /// The files that it gives back.
    pub fn files(&self) -> impl Iterator<Item = &File> {
        let (closed, left) = match self {
            Self::Reopen(closed) => (Some(closed.iter().map(|closed| &closed.file)), None),
            Self::Restore(left) => (None, Some(left.files.iter())),
            Self::Remove(_) | Self::Resume | Self::Change { .. } => (None, None),
        };
        closed.into_iter().flatten().chain(left.into_iter().flatten())
    }
}

/// The notes, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Toasts {
    list: Vec<Toast>,
    next: u32,
}

/// More than these are never kept.
const MOST: usize = 3;

impl Toasts {
    /// In order.
    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.list.iter()
    }

    /// Adds a note; the oldest goes when there are too many.
    pub fn add(&mut self, text: String, undo: Option<Undo>) -> ToastId {
        let id = ToastId(self.next);
        self.next += 1;
        if self.list.len() == MOST {
            self.list.remove(0);
        }
        self.list.push(Toast { id, text, undo });
        id
    }

    /// The newest, which is the one in sight.
    pub fn newest(&self) -> Option<&Toast> {
        self.list.last()
    }

    /// The newest note whose matter can be undone.
    pub fn newest_undo(&self) -> Option<ToastId> {
        self.list.iter().rev().find(|toast| toast.undo.is_some()).map(|toast| toast.id)
    }

    /// Nothing can be undone any more: the text is another one.
    pub fn forget_undos(&mut self) {
        self.list.retain(|toast| toast.undo.is_none());
    }

    /// A change can no longer be taken back as a whole: the text has changed since.
    pub fn forget_changes(&mut self) {
        self.list.retain(|toast| !matches!(toast.undo, Some(Undo::Change { .. })));
    }

    /// Takes a note away.
    pub fn take(&mut self, id: ToastId) -> Option<Toast> {
        let index = self.list.iter().position(|toast| toast.id == id)?;
        Some(self.list.remove(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_note_goes() {
        let mut toasts = Toasts::default();
        let ids: Vec<ToastId> = (0..4).map(|number| toasts.add(number.to_string(), None)).collect();
        let texts: Vec<&str> = toasts.iter().map(|toast| toast.text.as_str()).collect();
        assert_eq!(texts, ["1", "2", "3"]);
        assert_eq!(toasts.newest().map(|toast| toast.id), ids.get(3).copied());
        assert!(toasts.take(ids[0]).is_none());
        assert_eq!(toasts.take(ids[2]).map(|toast| toast.text).as_deref(), Some("2"));
    }
}
