//! Every lab under `labs/` does what it is for, and the list that the page has of them is up to date.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use netpol_labs::{Grader, Index, check, read};
use netpol_view::contract::{Diagnostic, DiagnosticSeverity};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// By the name of the file without its end, the text of each built-in lab.
fn labs() -> BTreeMap<String, String> {
    let entries = fs::read_dir(root().join("labs")).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    let labs = files.map(|path| {
        assert_eq!(path.extension().unwrap(), "md", "{}", path.display());
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap())
    });
    labs.collect()
}

fn shown(found: &Diagnostic) -> String {
    format!("{}:{}: {}", found.span.file, found.span.start.line, found.message)
}

#[test]
fn every_lab_does_what_it_is_for() {
    let labs = labs();
    assert!(labs.len() >= 11, "there are labs");
    let mut complaints = Vec::new();
    for (name, text) in &labs {
        let found = check(&format!("labs/{name}.md"), text);
        complaints.extend(
            found
                .iter()
                .filter(|found| {
                    // Mistakes that the solution passes with are advice.
                    found.severity == DiagnosticSeverity::Error
                        || found.message.starts_with("there is no `## ")
                })
                .map(shown),
        );
        let lab = read(name, text).0;
        if lab.is_none_or(|lab| lab.index.id != *name) {
            complaints.push(format!("labs/{name}.md: its id is not its name"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_lab_says_what_a_list_shows_of_it() {
    for (name, text) in labs() {
        let index = read(&name, &text).0.unwrap().index;
        assert!(index.learn.ends_with('.') && !index.curriculum.is_empty(), "{name}");
        assert!(!index.title.ends_with('.') && !text.contains('!'), "{name}");
    }
}

/// The list of the labs, in its order, as JSON.
fn list() -> String {
    let labs = labs();
    let mut indexes: Vec<Index> = labs.iter().map(|(name, text)| read(name, text).0.unwrap().index).collect();
    indexes.sort_by(|one, other| {
        let key = |index: &Index| (index.topic, index.difficulty, index.title.clone());
        key(one).cmp(&key(other))
    });
    let lines: Vec<String> = indexes.iter().map(|index| serde_json::to_string(index).unwrap()).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

#[test]
fn the_list_of_labs_is_up_to_date() {
    let path = root().join("web/labs.json");
    let wanted = list();
    if std::env::var_os("NETPOL_WRITE_RULES").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace('\r', "");
    assert!(found == wanted, "web/labs.json differs from labs/: run `cargo xtask rules`");
}

#[test]
fn the_lab_of_the_documentation_is_one() {
    let text = fs::read_to_string(root().join("docs/writing-labs.md")).unwrap();
    let (_, behind) = text.split_once("\n````markdown\n").unwrap();
    let (lab, _) = behind.split_once("\n````\n").unwrap();
    let found: Vec<String> = check("web-for-the-proxy.md", lab).iter().map(shown).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(text.contains(&format!("`{}`", "web-for-the-proxy.md")));
}

#[test]
fn attempts_are_graded_one_after_another_as_each_by_itself() {
    for (name, text) in labs() {
        let lab = read(&name, &text).0.unwrap();
        let mut grader = Grader::new(&lab);
        let answers = [&lab.solution].into_iter().chain(&lab.also_right).chain(&lab.wrong);
        for answer in answers {
            let files = lab.edited(answer);
            let alone = Grader::new(&lab).grade(files.clone());
            assert_eq!(grader.grade(files), alone, "{name}: {}", answer.title);
        }
    }
}
