//! Training: the labs there are, the one that is open, policy tests, a quiz, an exam.

use std::rc::Rc;

use netpol_labs::{Index, Shown};
use netpol_session::protocol::{Graded, Question, Tested};
use serde::Serialize;

use super::message::Message;
use super::shared::Shared;

/// What can happen in training.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingMessage {
    /// Somebody wants to see the labs.
    WantLabs,
    /// The list was fetched, or could not be.
    LabsFetched(Option<Vec<Index>>),
    /// Show one hint more.
    Hint,
    /// Show the solution, or no longer.
    Solution(bool),
    /// Show no more of the task than how far it is, where it stands above the editor; or all of it.
    Fold(bool),
    /// Go to the lab after this one.
    NextLab,
    /// Run the lab that one of the files holds.
    Try,
    /// It was made a link, or could not be.
    Tried(Option<String>),

    /// Begin a quiz about what is in sight.
    Predict,
    /// Answer its question: allowed or denied.
    Guess(bool),
    /// Go to its next question, or its end.
    NextQuestion,
    /// End it.
    EndQuiz,

    /// Sit an exam.
    Sit,
    /// Go to one of its labs, by its place.
    GoTo(usize),
    /// Hand it in.
    HandIn,
    /// Keep its result no longer.
    ForgetExam,
    /// What time it is: milliseconds since 1970.
    Now(f64),

    /// Write the present matrix as policy tests.
    WriteTests,
    /// Keep the verdict of the open cell or question as a policy test.
    Keep,
}

impl From<TrainingMessage> for Message {
    fn from(message: TrainingMessage) -> Self {
        Self::Training(message)
    }
}

/// What the page knows of training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Training {
    /// The labs there are.
    pub labs: Labs,
    /// The one that is open.
    pub lab: Option<OpenLab>,
    /// Whether its task is folded.
    pub folded: bool,
    /// The file that holds a lab, and whether it can be run.
    pub draft: Option<(String, bool)>,
    /// What became of the policy tests.
    pub tests: Option<Shared<Tested>>,
    /// The quiz.
    pub quiz: Option<Quiz>,
    /// Milliseconds since 1970, as far as an exam needs to know.
    pub now: f64,
    /// Counts what is chosen by chance.
    pub(super) made: u32,
}

/// The list of labs.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Labs {
    /// Nobody wanted it yet.
    #[default]
    Unread,
    /// It was asked for.
    Asked,
    /// It could not be had.
    Failed,
    /// It is here.
    Known(Shared<Vec<Index>>),
}

impl Labs {
    /// The labs, once they are here.
    pub fn list(&self) -> &[Index] {
        match self {
            Self::Known(list) => list,
            Self::Unread | Self::Asked | Self::Failed => &[],
        }
    }

    /// A lab by its id.
    pub fn find(&self, id: &str) -> Option<&Index> {
        self.list().iter().find(|lab| lab.id == id)
    }
}

/// The lab that is open.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenLab {
    /// Names it in the list; none of one that a link holds.
    pub id: Option<String>,
    /// Its Markdown, by which the worker grades.
    pub text: Rc<str>,
    /// What it says, once it is read.
    pub read: LabRead,
    /// So many hints are shown.
    pub hints: usize,
    /// Whether the solution is shown.
    pub solution: bool,
    /// What becomes of the attempt in sight.
    pub graded: Option<Shared<Graded>>,
    /// Whether an attempt was there when it was opened.
    pub(super) attempted: bool,
}

/// What a lab says.
#[derive(Clone, Debug, PartialEq)]
pub enum LabRead {
    /// The worker was asked.
    Asked,
    /// This.
    Known(Shared<Shown>),
    /// It cannot be run: it has mistakes.
    Unreadable,
}

impl OpenLab {
    /// A lab that is not read yet.
    pub fn new(id: Option<String>, text: Rc<str>, attempted: bool) -> Self {
        Self { id, text, read: LabRead::Asked, hints: 0, solution: false, graded: None, attempted }
    }

    /// What it says, once it is read.
    pub fn shown(&self) -> Option<&Shown> {
        match &self.read {
            LabRead::Known(shown) => Some(shown),
            LabRead::Asked | LabRead::Unreadable => None,
        }
    }

    /// Whether a file is the lab's own, which nobody edits.
    pub fn owns(&self, file: &str) -> bool {
        self.shown().is_some_and(|shown| shown.cluster.iter().any(|(name, _)| name == file))
    }
}

/// A quiz: may this source reach that destination?
#[derive(Clone, Debug, PartialEq)]
pub struct Quiz {
    /// What is asked.
    pub questions: Shared<Vec<Question>>,
    /// What was answered, in order.
    pub guesses: Vec<bool>,
    /// Which question is in sight; past the last one, the result is.
    pub at: usize,
    /// The input that it is about.
    pub(super) revision: u32,
}

impl Quiz {
    /// The question in sight.
    pub fn question(&self) -> Option<&Question> {
        self.questions.get(self.at)
    }

    /// What was answered to it.
    pub fn guess(&self) -> Option<bool> {
        self.guesses.get(self.at).copied()
    }

    /// So many answers were right.
    pub fn right(&self) -> usize {
        self.questions.iter().zip(&self.guesses).filter(|(asked, guess)| asked.allowed == **guess).count()
    }
}

/// So many questions has a quiz, at most.
pub const QUESTIONS: u32 = 10;
/// So many labs has an exam, at most.
pub const LABS_OF_EXAM: usize = 6;
/// For each minute that a lab takes somebody who knows, so much time in an exam, in milliseconds.
const MINUTE_OF_EXAM: f64 = 90_000.0;

/// A lab that was solved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Solved {
    /// Which.
    pub id: String,
    /// Whether with the fewest lines.
    pub shortest: bool,
}

/// Notes that a lab was solved; answers whether that is news.
pub fn solve(list: &mut Vec<Solved>, one: Solved) -> bool {
    match list.iter_mut().find(|known| known.id == one.id) {
        Some(known) if known.shortest || !one.shortest => return false,
        Some(known) => known.shortest = true,
        None => list.push(one),
    }
    true
}

/// Whether a lab was solved with the fewest lines; nothing where it was not solved.
pub fn medal(list: &[Solved], id: &str) -> Option<bool> {
    list.iter().find(|solved| solved.id == id).map(|solved| solved.shortest)
}

/// An exam.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exam {
    /// Names it among others.
    pub sitting: String,
    /// Its labs, by their ids.
    pub labs: Vec<String>,
    /// Which of them are solved, in the same order.
    pub passed: Vec<bool>,
    /// When it was begun, in milliseconds since 1970; 0 until the clock was read.
    pub began: f64,
    /// When it ends by itself, likewise; how long it lasts until the clock was read.
    pub ends: f64,
    /// Whether it was handed in, or its time is over.
    pub over: bool,
    /// When it was handed in, or gone on with after that; 0 where it never was.
    pub turned: f64,
}

impl Exam {
    /// An exam of labs that are chosen by a seed: of exam tasks and mistakes most, and each lab once.
    pub fn choose(list: &[Index], sitting: String, seed: u64) -> Self {
        let mut labs: Vec<(u64, &Index)> =
            list.iter().enumerate().map(|(at, lab)| (mixed(seed, at as u64), lab)).collect();
        labs.sort_by_key(|(order, _)| *order);
        let half = LABS_OF_EXAM.div_ceil(2);
        let (mut chosen, mut others) = (Vec::new(), Vec::new());
        for (_, lab) in labs {
            let tasks = chosen.len() < half && lab.topic == netpol_labs::Topic::Exam;
            if tasks { chosen.push(lab) } else { others.push(lab) }
        }
        let rest = LABS_OF_EXAM.saturating_sub(chosen.len());
        chosen.extend(others.into_iter().take(rest));
        let minutes: f64 = chosen.iter().map(|lab| f64::from(lab.minutes)).sum();
        let labs: Vec<String> = chosen.iter().map(|lab| lab.id.clone()).collect();
        let passed = vec![false; labs.len()];
        Self { sitting, labs, passed, began: 0.0, ends: minutes * MINUTE_OF_EXAM, over: false, turned: 0.0 }
    }

    /// It is handed in, or gone on with.
    pub fn turn(&mut self, over: bool, now: f64) {
        self.over = over;
        // The clock ticks once a second.
        self.turned = now.max(self.turned + 1.0);
    }

    /// The place of a lab in it.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.labs.iter().position(|one| one == id)
    }

    /// The time that is left, in words: minutes, at the end seconds.
    pub fn left(&self, now: f64) -> String {
        // Of what is over nothing is left; whole numbers need less to be written.
        let seconds = ((self.ends - now) / 1000.0).ceil() as u32;
        if seconds > 60 { format!("{} min left", seconds.div_ceil(60)) } else { format!("{seconds} s left") }
    }
}

/// A number that looks random, the same for the same numbers.
pub fn mixed(seed: u64, at: u64) -> u64 {
    let mut number = seed.wrapping_add(at.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use netpol_labs::{Difficulty, Topic};

    use super::*;

    fn lab(id: usize, topic: Topic) -> Index {
        Index {
            id: format!("lab-{id}"),
            title: String::new(),
            learn: String::new(),
            curriculum: String::new(),
            topic,
            difficulty: Difficulty::Easy,
            minutes: 4,
        }
    }

    #[test]
    fn an_exam_has_each_lab_once_and_tasks_first() {
        let topics = [Topic::Practices, Topic::Exam, Topic::Mistakes, Topic::Cluster];
        let list: Vec<Index> =
            (0..40).zip(topics.into_iter().cycle()).map(|(id, topic)| lab(id, topic)).collect();
        let exam = |seed| Exam::choose(&list, "a.1".to_owned(), seed);
        for seed in 0..50 {
            let exam = exam(seed);
            assert_eq!((exam.labs.len(), exam.passed.len()), (LABS_OF_EXAM, LABS_OF_EXAM));
            let unique: std::collections::BTreeSet<&String> = exam.labs.iter().collect();
            assert_eq!(unique.len(), LABS_OF_EXAM);
            let topic = |id: &String| list.iter().find(|lab| lab.id == *id).unwrap().topic;
            assert!(exam.labs[..3].iter().all(|id| topic(id) == Topic::Exam));
        }
        assert_eq!(exam(1), exam(1));
        assert!((2..9).any(|seed| exam(seed).labs != exam(1).labs));
        assert_eq!(exam(1).ends, 6.0 * 4.0 * 90_000.0);
    }

    #[test]
    fn few_labs_are_an_exam_too() {
        let list = [lab(0, Topic::Mistakes), lab(1, Topic::Exam)];
        assert_eq!(Exam::choose(&list, String::new(), 3).labs, ["lab-1", "lab-0"]);
        assert!(Exam::choose(&[], String::new(), 3).labs.is_empty());
    }

    #[test]
    fn the_time_that_is_left() {
        let exam = Exam { ends: 600_000.0, ..Exam::choose(&[], String::new(), 0) };
        assert_eq!(exam.left(0.0), "10 min left");
        assert_eq!(exam.left(539_000.0), "2 min left");
        assert_eq!(exam.left(540_500.0), "60 s left");
        assert_eq!(exam.left(700_000.0), "0 s left");
    }

    #[test]
    fn a_quiz_counts_what_was_right() {
        let question = |allowed| Question {
            source: "a".into(),
            destination: "b".into(),
            protocol: netpol_view::contract::Protocol::Tcp,
            port: 80,
            allowed,
        };
        let questions = Shared::new(vec![question(true), question(false), question(true)]);
        let quiz = Quiz { questions, guesses: vec![true, true], at: 1, revision: 0 };
        assert_eq!((quiz.right(), quiz.guess()), (1, Some(true)));
        assert_eq!(Quiz { at: 3, ..quiz }.question(), None);
    }
}
