//! What outlives the page: one versioned JSON document for the files and one for the settings.

use serde::{Deserialize, Serialize};

use super::files::Files;
use super::settings::Settings;

/// Where the files are kept.
pub const FILES_KEY: &str = "netpol-playground.files";
/// Where the settings are kept.
pub const SETTINGS_KEY: &str = "netpol-playground.settings";

const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct FilesDocument {
    version: u32,
    files: Vec<SavedFile>,
    active: usize,
}

#[derive(Serialize, Deserialize)]
struct SavedFile {
    name: String,
    text: String,
}

#[derive(Serialize, Deserialize)]
struct SettingsDocument {
    version: u32,
    settings: Settings,
}

/// The files as a document.
pub fn write_files(files: &Files) -> String {
    let document = FilesDocument {
        version: VERSION,
        files: files
            .iter()
            .map(|file| SavedFile { name: file.name.to_string(), text: file.text.to_string() })
            .collect(),
        active: files.iter().position(|file| file.id == files.active()).unwrap_or(0),
    };
    serde_json::to_string(&document).unwrap_or_default()
}

/// Reads a document of files; `None` when it is not one, is of another version, or holds no file.
pub fn read_files(document: &str) -> Option<Files> {
    let document: FilesDocument = serde_json::from_str(document).ok()?;
    if document.version != VERSION || document.files.is_empty() {
        return None;
    }
    let mut files = Files::default();
    files.replace(document.files.into_iter().map(|file| (file.name, file.text)).collect());
    let active = files.iter().nth(document.active).map(|file| file.id);
    if let Some(active) = active {
        files.select(active);
    }
    Some(files)
}

/// The settings as a document.
pub fn write_settings(settings: &Settings) -> String {
    serde_json::to_string(&SettingsDocument { version: VERSION, settings: *settings }).unwrap_or_default()
}

/// Reads a document of settings.
pub fn read_settings(document: &str) -> Option<Settings> {
    let document: SettingsDocument = serde_json::from_str(document).ok()?;
    (document.version == VERSION).then_some(document.settings).map(|mut settings| {
        settings.set_divider(settings.divider);
        settings
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(read_settings("[]").is_none());
        let settings = Settings { divider: 500, ..Settings::default() };
        assert_eq!(read_settings(&write_settings(&settings)), Some(settings));
    }
}
