//! What outlives the page, and what a link carries: versioned documents for files and for settings.

use netpol_view::contract::Options;
use serde::Serialize;

use super::files::{File, Files};
use super::settings::Settings;
use super::training::solve;
use super::wire::{Kept, Wire, field};

/// Where the settings are kept.
pub const SETTINGS_KEY: &str = "netpol-playground.settings";
/// Where the first versions of the page kept the files.
pub const FORMER_FILES_KEY: &str = "netpol-playground.files";

/// Version 1 was kept in another place; its documents read the same.
const VERSION: u32 = 2;
const SETTINGS_VERSION: u32 = 1;

/// The files as they are kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FilesDocument {
    version: u32,
    files: Vec<SavedFile>,
    active: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct SavedFile {
    name: String,
    text: String,
}

impl Kept for SavedFile {
    fn kept(value: &impl Wire) -> Option<Self> {
        Some(Self { name: value.property("name").text()?, text: value.property("text").text()? })
    }
}

/// The files of a document; `None` where one of them is none.
fn files(value: &impl Wire) -> Option<Vec<SavedFile>> {
    let files = value.property("files");
    (0..files.length()).map(|at| SavedFile::kept(&files.at(at))).collect()
}

impl Kept for FilesDocument {
    fn kept(value: &impl Wire) -> Option<Self> {
        Some(Self { version: field(value, "version"), files: files(value)?, active: field(value, "active") })
    }
}

/// What a link carries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkDocument {
    files: Vec<SavedFile>,
    active: usize,
    /// How they are analysed.
    pub options: Options,
    /// The results in sight, as the address names them.
    pub view: Option<String>,
    /// The cell that is open: the ids of its ends.
    pub cell: Option<(String, String)>,
    /// Whether its only file is a lab, to be run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lab: bool,
}

impl Kept for LinkDocument {
    fn kept(value: &impl Wire) -> Option<Self> {
        Some(Self {
            files: files(value)?,
            active: field(value, "active"),
            options: field(value, "options"),
            view: field(value, "view"),
            cell: field(value, "cell"),
            lab: field(value, "lab"),
        })
    }
}

/// More files, or longer names, are no link of this page.
const MOST_FILES: usize = 500;
const LONGEST_NAME: usize = 300;

impl LinkDocument {
    /// What a link to these files carries.
    pub fn new(files: &Files, options: Options, view: Option<&str>, cell: Option<(String, String)>) -> Self {
        let FilesDocument { files, active, .. } = files.into();
        Self { files, active, options, view: view.map(str::to_owned), cell, lab: false }
    }

    /// What a link to a lab carries.
    pub fn of_lab(text: &str) -> Self {
        let files = vec![SavedFile { name: "lab.md".to_owned(), text: text.to_owned() }];
        Self { files, active: 0, options: Options::default(), view: None, cell: None, lab: true }
    }

    /// The files; `None` when it holds none that could be shown.
    pub fn files(&self) -> Option<Vec<(String, String)>> {
        if self.files.is_empty() || self.files.len() > MOST_FILES {
            return None;
        }
        let name = |name: &str| -> String {
            name.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect()
        };
        let files = self.files.iter().map(|file| (name(&file.name), file.text.clone()));
        Some(files.collect())
    }

    /// The place of the file that is shown.
    pub fn active(&self) -> usize {
        self.active
    }
}

/// The settings as they are kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingsDocument {
    version: u32,
    settings: Settings,
}

impl Kept for SettingsDocument {
    fn kept(value: &impl Wire) -> Option<Self> {
        Some(Self { version: field(value, "version"), settings: field(value, "settings") })
    }
}

impl From<&Files> for FilesDocument {
    fn from(files: &Files) -> Self {
        let saved = |file: &File| SavedFile { name: file.name.to_string(), text: file.text.to_string() };
        Self {
            version: VERSION,
            files: files.iter().map(saved).collect(),
            active: files.iter().position(|file| file.id == files.active()).unwrap_or(0),
        }
    }
}

impl FilesDocument {
    /// Whether this version of the page can read it.
    pub fn is_readable(&self) -> bool {
        (1..=VERSION).contains(&self.version) && !self.files.is_empty()
    }

    /// Names and texts.
    pub fn pairs(self) -> Vec<(String, String)> {
        self.files.into_iter().map(|file| (file.name, file.text)).collect()
    }

    /// The place of the file that was in sight.
    pub fn active(&self) -> usize {
        self.active
    }
}

impl From<&Settings> for SettingsDocument {
    fn from(settings: &Settings) -> Self {
        Self { version: SETTINGS_VERSION, settings: settings.clone() }
    }
}

impl SettingsDocument {
    /// These settings beside those that another tab has kept meanwhile: what was solved stays solved, and an exam is as it
    /// was left last: handed in, or gone on with.
    pub fn beside(mut self, stored: Option<Self>) -> Self {
        let Some(stored) = stored.and_then(Self::settings) else { return self };
        let settings = &mut self.settings;
        for solved in stored.solved {
            solve(&mut settings.solved, solved);
        }
        if let (Some(own), Some(other)) = (&mut settings.exam, stored.exam)
            && own.sitting == other.sitting
            && other.turned > own.turned
        {
            if other.over {
                *own = other;
            } else {
                (own.over, own.turned) = (false, other.turned);
            }
        }
        self
    }

    /// The settings; `None` when the document is of another version.
    pub fn settings(mut self) -> Option<Settings> {
        self.settings.set_divider(self.settings.divider);
        (self.version == SETTINGS_VERSION).then_some(self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::questions::Question;
    use crate::state::training::{Exam, Solved};

    fn read<Document: Kept>(text: &str) -> Option<Document> {
        Document::kept(&serde_json::from_str::<serde_json::Value>(text).ok()?)
    }

    fn read_files(document: &str) -> Option<Files> {
        let document: FilesDocument = read(document)?;
        if !document.is_readable() {
            return None;
        }
        let active = document.active();
        let mut files = Files::default();
        files.replace(document.pairs());
        files.select_nth(active);
        Some(files)
    }

    fn write_files(files: &Files) -> String {
        serde_json::to_string(&FilesDocument::from(files)).unwrap()
    }

    #[test]
    fn files_come_back_as_they_were() {
        let mut files = Files::default();
        files.replace(vec![("a.yaml".into(), "a: 😀\n".into()), ("b.yaml".into(), "\"".into())]);
        let second = files.iter().nth(1).unwrap().id;
        files.select(second);
        let again = read_files(&write_files(&files)).unwrap();
        assert_eq!(again.sources(), files.sources());
        assert_eq!(again.get(again.active()).map(|file| &*file.name), Some("b.yaml"));
    }

    #[test]
    fn blank_files_come_back_too() {
        let mut files = Files::default();
        files.replace(vec![("a".into(), String::new()), ("b".into(), String::new())]);
        assert_eq!(read_files(&write_files(&files)).unwrap().len(), 2);
    }

    #[test]
    fn a_link_carries_what_is_in_sight() {
        let mut files = Files::default();
        files.replace(vec![("a.yaml".into(), "a".into()), ("b.yaml".into(), "😀".into())]);
        let cell = Some(("a".to_owned(), "b".to_owned()));
        let document = LinkDocument::new(&files, Options::default(), Some("findings"), cell);
        let again: LinkDocument = read(&serde_json::to_string(&document).unwrap()).unwrap();
        assert_eq!(again, document);
        assert_eq!(again.files().unwrap()[1].1, "😀");
    }

    #[test]
    fn a_hostile_link_is_cut_to_size() {
        let read = |text: &str| read::<LinkDocument>(text)?.files();
        assert_eq!(read(r#"{"files":[]}"#), None);
        assert_eq!(read(r#"{"files":[{"name":1,"text":""}]}"#), None);
        let many = vec![r#"{"name":"a","text":""}"#; MOST_FILES + 1].join(",");
        assert_eq!(read(&format!(r#"{{"files":[{many}]}}"#)), None);
        let long = "\\u0007x".repeat(1000);
        let files = read(&format!(r#"{{"files":[{{"name":"{long}","text":"t"}}],"more":1}}"#)).unwrap();
        assert_eq!(files, [("x".repeat(LONGEST_NAME), "t".to_owned())]);
    }

    #[test]
    fn what_another_tab_has_handed_in_stays_so() {
        let exam = |over: bool, passed: bool| Exam {
            sitting: "a.1".into(),
            labs: vec!["one".into()],
            passed: vec![passed],
            began: 1.0,
            ends: 2.0,
            over,
            turned: f64::from(u8::from(over)),
        };
        let solved = |id: &str, shortest| Solved { id: id.to_owned(), shortest };
        let document = |exam, solved: &[Solved]| {
            SettingsDocument::from(&Settings {
                exam: Some(exam),
                solved: solved.to_vec(),
                ..Settings::default()
            })
        };
        let own = document(exam(false, true), &[solved("one", false)]);
        let other = document(exam(true, false), &[solved("one", true), solved("two", false)]);
        let both = own.clone().beside(Some(other)).settings().unwrap();
        assert_eq!(both.exam, Some(exam(true, false)));
        assert_eq!(both.solved, [solved("one", true), solved("two", false)]);
        assert_eq!(own.clone().beside(None), own);
        let mut gone_on = exam(true, false);
        gone_on.turn(false, 1.0);
        let handed_in = document(exam(true, false), &[]);
        let gone_on = document(gone_on, &[]);
        assert_eq!(
            gone_on.clone().beside(Some(handed_in.clone())),
            gone_on,
            "the undo of handing in is kept"
        );
        assert_eq!(handed_in.clone().beside(Some(gone_on.clone())), gone_on);
        // What is solved after that in another tab counts, and so does handing it in there.
        let solved_since = document(exam(false, true), &[]).beside(Some(gone_on.clone()));
        assert_eq!(solved_since.settings().unwrap().exam.unwrap().passed, [true]);
        let mut later = exam(false, true);
        later.turn(true, 9.0);
        let later = document(later, &[]);
        assert_eq!(later.clone().beside(Some(gone_on)), later);
        let later = document(Exam { sitting: "b.1".into(), ..exam(true, false) }, &[]);
        assert_eq!(own.clone().beside(Some(later)), own);
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        for document in ["", "null", "{}", r#"{"version":3,"files":[{"name":"a","text":""}],"active":0}"#] {
            assert!(read_files(document).is_none(), "{document}");
        }
        let other: SettingsDocument = read(r#"{"version":2,"settings":{}}"#).unwrap();
        assert!(other.settings().is_none());
        let questions = vec![Question { source: "a".into(), destination: "b".into(), port: None }];
        let settings = Settings { divider: 500, questions, ..Settings::default() };
        let document = serde_json::to_string(&SettingsDocument::from(&settings)).unwrap();
        let again: SettingsDocument = read(&document).unwrap();
        assert_eq!(again.settings(), Some(settings));
        let bare: SettingsDocument = read(r#"{"version":1}"#).unwrap();
        assert_eq!(bare.settings(), Some(Settings::default()), "what is missing is as it comes");
    }
}
