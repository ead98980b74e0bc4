//! What a lab is.

use netpol_view::contract::SourceFile;
use serde::{Deserialize, Serialize};

use crate::markdown::Block;

/// What a list of labs is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// The practices of the training page.
    Practices,
    /// Tasks as the exam sets them.
    Exam,
    /// Find the mistake and mend it.
    Mistakes,
    /// Policies for the whole cluster.
    Cluster,
}

/// How hard a lab is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Difficulty {
    /// 1.
    Easy,
    /// 2.
    Medium,
    /// 3.
    Hard,
}

impl From<Difficulty> for u8 {
    fn from(difficulty: Difficulty) -> Self {
        match difficulty {
            Difficulty::Easy => 1,
            Difficulty::Medium => 2,
            Difficulty::Hard => 3,
        }
    }
}

impl TryFrom<u8> for Difficulty {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Easy),
            2 => Ok(Self::Medium),
            3 => Ok(Self::Hard),
            _ => Err("write 1, 2 or 3"),
        }
    }
}

/// What becomes of connections that no goal mentions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Else {
    /// They may be allowed or denied.
    #[default]
    Free,
    /// They stay as they were with the files of the start.
    Unchanged,
}

/// What a list shows of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// Names it in addresses, and its file.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What there is to learn, in a sentence.
    pub learn: String,
    /// The item of the curriculum.
    pub curriculum: String,
    /// What it is listed under.
    pub topic: Topic,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// How long it takes somebody who knows.
    pub minutes: u16,
}

/// A file of a lab, and where it stands in the lab's own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabFile {
    /// Its name and text.
    pub file: SourceFile,
    /// The line of the lab's text on which its first line stands.
    pub line: u32,
    /// By how many columns it is moved in.
    pub indent: u32,
}

/// An object of the start whose labels may be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// `kind`.
    pub kind: String,
    /// The namespace of a namespaced object.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// What solves a lab, or does not: the files that take the place of those of the start, or come beside them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it is called in the file.
    pub title: String,
    /// The line of its heading.
    pub line: u32,
    /// The files; one without any text takes that of the start away.
    pub files: Vec<LabFile>,
    /// Of a wrong one: what a sentence of its grade must contain.
    pub says: Option<String>,
    /// What there is to say of it.
    pub explanation: Vec<Block>,
}

/// A lab, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lab {
    /// What it is.
    pub index: Index,
    /// What becomes of what no goal mentions.
    pub everything_else: Else,
    /// The kinds of policy that may be written.
    pub kinds: Vec<String>,
    /// The objects of the start whose labels may be changed.
    pub mend: Vec<Mended>,
    /// A ConnectivityTest of what may change although no goal mentions it.
    pub free: Option<LabFile>,
    /// What to do.
    pub task: Vec<Block>,
    /// What cannot be edited.
    pub cluster: Vec<LabFile>,
    /// What is edited.
    pub start: Vec<LabFile>,
    /// The ConnectivityTests.
    pub goals: Vec<LabFile>,
    /// Shown one by one.
    pub hints: Vec<Vec<Block>>,
    /// The one that is explained.
    pub solution: Answer,
    /// Others that are right.
    pub also_right: Vec<Answer>,
    /// Some that are not.
    pub wrong: Vec<Answer>,
    /// Where to read on: titles and addresses.
    pub links: Vec<(String, String)>,
}

impl Lab {
    /// The files that are edited, as an answer leaves them.
    pub fn edited(&self, answer: &Answer) -> Vec<SourceFile> {
        let of_answer = |name: &str| answer.files.iter().find(|own| own.file.name == name);
        let is_of_start = |name: &str| self.start.iter().any(|own| own.file.name == name);
        let start = self.start.iter().map(|own| of_answer(&own.file.name).unwrap_or(own));
        let added = answer.files.iter().filter(|own| !is_of_start(&own.file.name));
        let all = start.chain(added).map(|own| &own.file);
        let is_left = |file: &&SourceFile| {
            !file.text.trim().is_empty() || self.start.iter().any(|own| own.file == **file)
        };
        all.filter(is_left).cloned().collect()
    }
}

/// What a person is shown of a lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// What it is.
    pub index: Index,
    /// What to do.
    pub task: Vec<Block>,
    /// Names and texts of what cannot be edited.
    pub cluster: Vec<(String, String)>,
    /// Names and texts of what is edited.
    pub start: Vec<(String, String)>,
    /// The goals in words, in order.
    pub goals: Vec<String>,
    /// Shown one by one.
    pub hints: Vec<Vec<Block>>,
    /// Names and texts of the solution: all files that are edited, as they then are.
    pub solution: Vec<(String, String)>,
    /// Why it is one.
    pub explanation: Vec<Block>,
    /// Where to read on: titles and addresses.
    pub links: Vec<(String, String)>,
}
