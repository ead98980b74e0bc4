//! The files in the editor. There is always at least one, and exactly one is active.

use std::rc::Rc;

use netpol_view::contract::SourceFile;

use super::text::{Change, Text};

/// A file for as long as the page lives; names may change, this does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its identity.
    pub id: FileId,
    /// Its name; no two files of one list have the same.
    pub name: Rc<str>,
    /// Its text.
    pub text: Text,
}

/// All files, in the order of their tabs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    list: Vec<File>,
    active: FileId,
    next: u32,
}

impl Default for Files {
    fn default() -> Self {
        let mut files = Self { list: Vec::new(), active: FileId(0), next: 0 };
        files.add(Self::NEW_NAME, "");
        files
    }
}

impl Files {
    /// What a new file is called.
    pub const NEW_NAME: &'static str = "policy.yaml";

    /// The files in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &File> {
        self.list.iter()
    }

    /// How many there are; never 0.
    #[expect(clippy::len_without_is_empty, reason = "there is always a file")]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// The file that the editor shows.
    pub fn active(&self) -> FileId {
        self.active
    }

    /// The name of the file that the editor shows.
    pub fn active_name(&self) -> Rc<str> {
        self.get(self.active).map(|file| file.name.clone()).unwrap_or_default()
    }

    /// A file by its identity.
    pub fn get(&self, id: FileId) -> Option<&File> {
        self.list.iter().find(|file| file.id == id)
    }

    /// A file by its name.
    pub fn named(&self, name: &str) -> Option<&File> {
        self.list.iter().find(|file| &*file.name == name)
    }

    /// Whether no file holds anything but blanks.
    pub fn is_blank(&self) -> bool {
        self.list.iter().all(|file| file.text.is_blank())
    }

    /// How long all texts are together, in UTF-16 units.
    pub fn units(&self) -> usize {
        self.list.iter().map(|file| file.text.units()).sum()
    }

    /// What the analyser takes.
    pub fn sources(&self) -> Vec<SourceFile> {
        let source = |file: &File| SourceFile { name: file.name.to_string(), text: file.text.to_string() };
        self.list.iter().map(source).collect()
    }

    /// Shows a file; an unknown one changes nothing.
    pub fn select(&mut self, id: FileId) {
        if self.get(id).is_some() {
            self.active = id;
        }
    }

    /// Shows the file at a place; one that is not there changes nothing.
    pub fn select_nth(&mut self, place: usize) {
        self.active = self.list.get(place).map_or(self.active, |file| file.id);
    }

    /// Adds a file at the end and shows it. A name that is taken gets a number.
    pub fn add(&mut self, name: &str, text: impl Into<Text>) -> FileId {
        let id = FileId(self.next);
        self.next += 1;
        let name = self.free_name(name, None);
        self.list.push(File { id, name, text: text.into() });
        self.active = id;
        id
    }

    /// Adds an empty file under a name that is free.
    pub fn add_empty(&mut self) -> FileId {
        self.add(Self::NEW_NAME, "")
    }

    /// Adds files that were dropped or opened. Where nothing but one blank file is open they take its place.
    pub fn open(&mut self, opened: Vec<(String, Text)>) {
        let blank = match self.list.as_slice() {
            [only] if only.text.is_blank() => Some(only.id),
            _ => None,
        };
        if opened.is_empty() {
            return;
        }
        if blank.is_some() {
            self.list.clear();
        }
        let mut first = None;
        for (name, text) in opened {
            let id = self.add(&name, text);
            first.get_or_insert(id);
        }
        if let Some(first) = first {
            self.active = first;
        }
    }

    /// Replaces all files.
    pub fn replace(&mut self, files: Vec<(String, String)>) {
        self.list.clear();
        self.open(texts(files));
        if self.list.is_empty() {
            self.add_empty();
        }
    }

    /// Gives a file another text. Answers whether it is another one.
    pub fn rewrite(&mut self, id: FileId, text: Text) -> bool {
        match self.list.iter_mut().find(|file| file.id == id) {
            Some(file) if file.text != text => {
                file.text = text;
                true
            }
            _ => false,
        }
    }

    /// Makes changes in a text, as the editor tells them. Answers whether it is as long then as in the editor.
    pub fn edit(&mut self, id: FileId, changes: &[Change], units: usize) -> bool {
        self.list.iter_mut().find(|file| file.id == id).is_none_or(|file| {
            file.text.edit(changes);
            file.text.units() == units
        })
    }

    /// Changes a name: blanks around it go, an empty one changes nothing, one that is taken gets a number.
    pub fn rename(&mut self, id: FileId, name: &str) -> bool {
        let name = name.trim();
        if name.is_empty() {
            return false;
        }
        let name = self.free_name(name, Some(id));
        match self.list.iter_mut().find(|file| file.id == id) {
            Some(file) if file.name != name => {
                file.name = name;
                true
            }
            _ => false,
        }
    }

    /// Closes a file and shows its neighbour. An empty file takes the place of the last one. Answers what was closed.
    pub fn close(&mut self, id: FileId) -> Option<Closed> {
        let index = self.list.iter().position(|file| file.id == id)?;
        let file = self.list.remove(index);
        if self.list.is_empty() {
            self.add_empty();
        } else if self.active == id {
            let neighbour = self.list.get(index).or_else(|| self.list.last());
            self.active = neighbour.map_or(self.active, |file| file.id);
        }
        Some(Closed { file, index })
    }

    /// Puts a closed file back into its place and shows it; a name that was taken meanwhile gets a number.
    pub fn reopen(&mut self, closed: Closed) {
        let Closed { mut file, index } = closed;
        if self.get(file.id).is_some() {
            return;
        }
        if let [only] = self.list.as_slice()
            && only.text.is_blank()
        {
            self.list.clear();
        }
        file.name = self.free_name(&file.name, None);
        self.active = file.id;
        self.list.insert(index.min(self.list.len()), file);
    }

    /// Goes back to an earlier list. Identities that were given since are not given again.
    pub fn restore(&mut self, earlier: Self) {
        let next = self.next.max(earlier.next);
        *self = Self { next, ..earlier };
    }

    /// Whether the texts are those of other files, one by one.
    pub fn has_texts_of(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&File, &File)| one.id == other.id && one.text == other.text;
        self.list.len() == other.list.len() && self.list.iter().zip(&other.list).all(is_same)
    }

    /// Whether names and texts are those of other files, one by one.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&File, &File)| one.name == other.name && one.text == other.text;
        self.list.len() == other.list.len() && self.list.iter().zip(&other.list).all(is_same)
    }

    /// Whether these are other files of which some may have been emptied, and nothing else was done.
    pub fn is_untouched(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&File, &File)| {
            one.name == other.name && (one.text.is_blank() || one.text == other.text)
        };
        self.list.len() == other.list.len() && self.list.iter().zip(&other.list).all(is_same)
    }

    /// Keeps one file only, under another name.
    pub fn keep_only(&mut self, id: FileId, name: &str) {
        self.list.retain(|file| file.id == id);
        self.rename(id, name);
        self.select(id);
    }

    /// All texts as one, each below a line with its name.
    pub fn joined(&self) -> String {
        let mut text = String::new();
        for file in &self.list {
            if self.list.len() > 1 {
                // A name that breaks the line would break out of the comment.
                let name: String = file.name.chars().filter(|letter| !letter.is_control()).collect();
                text.push_str(if text.is_empty() { "# " } else { "---\n# " });
                text.push_str(&name);
                text.push('\n');
            }
            text.push_str(&file.text.to_string());
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }

    /// Takes the texts of other files of the same identities.
    pub fn take_texts_of(&mut self, other: &Self) {
        for file in &other.list {
            self.rewrite(file.id, file.text.clone());
        }
    }

    /// The file before or after another in the order of the tabs, going round at the ends.
    pub fn neighbour(&self, id: FileId, step: Step) -> Option<FileId> {
        let index = self.list.iter().position(|file| file.id == id)?;
        let count = self.list.len();
        let index = match step {
            Step::Back => (index + count - 1) % count,
            Step::On => (index + 1) % count,
            Step::First => 0,
            Step::Last => count - 1,
        };
        self.list.get(index).map(|file| file.id)
    }

    fn free_name(&self, wanted: &str, except: Option<FileId>) -> Rc<str> {
        let taken = |name: &str| self.list.iter().any(|file| Some(file.id) != except && &*file.name == name);
        if !taken(wanted) {
            return wanted.into();
        }
        let (stem, ending) = match wanted.rfind('.') {
            Some(dot) if dot > 0 => wanted.split_at(dot),
            _ => (wanted, ""),
        };
        let mut number = 2_u32;
        loop {
            let name = format!("{stem}-{number}{ending}");
            if !taken(&name) {
                return name.into();
            }
            number += 1;
        }
    }
}

/// A file that was closed, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The file.
    pub file: File,
    index: usize,
}

/// A move along the tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the one before.
    Back,
    /// To the next.
    On,
    /// To the first.
    First,
    /// To the last.
    Last,
}

/// Files by their names.
pub fn texts(files: Vec<(String, String)>) -> Vec<(String, Text)> {
    files.into_iter().map(|(name, text)| (name, text.into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &Files) -> Vec<&str> {
        files.iter().map(|file| &*file.name).collect()
    }

    fn pair(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn names_stay_apart() {
        let mut files = Files::default();
        files.rewrite(files.active(), "a: 1".into());
        files.open(texts(vec![
            pair("policy.yaml", "x"),
            pair("policy.yaml", "y"),
            pair("Makefile", "z"),
            pair("Makefile", "z"),
        ]));
        assert_eq!(
            names(&files),
            ["policy.yaml", "policy-2.yaml", "policy-3.yaml", "Makefile", "Makefile-2"]
        );
        let last = files.iter().last().unwrap().id;
        assert!(files.rename(last, " policy.yaml "));
        assert_eq!(files.get(last).map(|file| &*file.name), Some("policy-4.yaml"));
        assert!(!files.rename(last, "  "));
        assert!(!files.rename(last, "policy-4.yaml"));
    }

    #[test]
    fn opened_files_take_the_place_of_one_blank_file() {
        let mut files = Files::default();
        files.open(texts(vec![pair("a.yaml", "a"), pair("b.yaml", "b")]));
        assert_eq!(names(&files), ["a.yaml", "b.yaml"]);
        assert_eq!(files.named("a.yaml").map(|file| file.id), Some(files.active()));
    }

    #[test]
    fn closing_shows_the_neighbour_and_never_leaves_nothing() {
        let mut files = Files::default();
        files.replace(vec![pair("a", "a"), pair("b", "b"), pair("c", "c")]);
        let ids: Vec<FileId> = files.iter().map(|file| file.id).collect();
        files.select(ids[1]);
        files.close(ids[1]);
        assert_eq!(files.active(), ids[2]);
        files.close(ids[2]);
        assert_eq!(files.active(), ids[0]);
        files.close(ids[0]);
        assert_eq!(names(&files), ["policy.yaml"]);
        assert!(files.is_blank());
    }

    #[test]
    fn a_closed_file_comes_back_where_it_was() {
        let mut files = Files::default();
        files.replace(vec![pair("a", "a"), pair("b", "b"), pair("c", "c")]);
        let second = files.iter().nth(1).unwrap().id;
        let closed = files.close(second).unwrap();
        files.add("b", "another");
        files.reopen(closed);
        assert_eq!(names(&files), ["a", "b-2", "c", "b"]);
        assert_eq!(files.active(), second);
    }

    #[test]
    fn the_last_file_comes_back_without_its_stand_in() {
        let mut files = Files::default();
        files.replace(vec![pair("a", "a")]);
        let closed = files.close(files.active()).unwrap();
        files.reopen(closed);
        assert_eq!(names(&files), ["a"]);
    }

    #[test]
    fn identities_are_never_used_twice() {
        let mut files = Files::default();
        let (earlier, first) = (files.clone(), files.active());
        files.close(first);
        let second = files.active();
        assert_ne!(second, first);
        files.restore(earlier);
        assert!(![first, second].contains(&files.add_empty()));
    }
}
