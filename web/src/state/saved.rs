//! What outlives the page: one versioned document for the files and one for the settings, kept as JSON.

use serde::{Deserialize, Serialize};

use super::files::{File, Files};
use super::settings::Settings;

/// Where the files are kept.
pub const FILES_KEY: &str = "netpol-playground.files";
/// Where the settings are kept.
pub const SETTINGS_KEY: &str = "netpol-playground.settings";

/// Longer texts are not kept: browsers keep some five million UTF-16 units for a page, and refuse only what was written
/// out already.
pub const MOST_UNITS: usize = 4_500_000;

const VERSION: u32 = 1;

/// The files as they are kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct FilesDocument {
    version: u32,
    files: Vec<SavedFile>,
    active: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedFile {
    name: String,
    text: String,
}

/// The settings as they are kept.
#[derive(Debug, Serialize, Deserialize)]
pub struct SettingsDocument {
    version: u32,
    settings: Settings,
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
    /// The files; `None` when the document is of another version, or holds none.
    pub fn files(self) -> Option<Files> {
        if self.version != VERSION || self.files.is_empty() {
            return None;
        }
        let mut files = Files::default();
        files.replace(self.files.into_iter().map(|file| (file.name, file.text)).collect());
        let active = files.iter().nth(self.active).map(|file| file.id);
        if let Some(active) = active {
            files.select(active);
        }
        Some(files)
    }
}

impl From<&Settings> for SettingsDocument {
    fn from(settings: &Settings) -> Self {
        Self { version: VERSION, settings: settings.clone() }
    }
}

impl SettingsDocument {
    /// The settings; `None` when the document is of another version.
    pub fn settings(mut self) -> Option<Settings> {
        self.settings.set_divider(self.settings.divider);
        (self.version == VERSION).then_some(self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::questions::Question;

    fn read_files(document: &str) -> Option<Files> {
        serde_json::from_str::<FilesDocument>(document).ok()?.files()
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
    fn what_is_not_ours_is_left_alone() {
        for document in ["", "null", "{}", r#"{"version":2,"files":[{"name":"a","text":""}],"active":0}"#] {
            assert!(read_files(document).is_none(), "{document}");
        }
        let other: SettingsDocument = serde_json::from_str(r#"{"version":2,"settings":{}}"#).unwrap();
        assert!(other.settings().is_none());
        let questions = vec![Question { source: "a".into(), destination: "b".into(), port: None }];
        let settings = Settings { divider: 500, questions, ..Settings::default() };
        let document = serde_json::to_string(&SettingsDocument::from(&settings)).unwrap();
        let again: SettingsDocument = serde_json::from_str(&document).unwrap();
        assert_eq!(again.settings(), Some(settings));
    }
}
