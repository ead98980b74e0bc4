//! Labs, policy tests, quizzes and exams.

use netpol_labs::{Difficulty, Index, Topic};
use netpol_session::protocol::{Event, Response};
use netpol_view::contract::Protocol;
use netpol_view::sheet::{Line, Section};

use super::*;
use crate::state::message::Message;
use crate::state::model::tests::{answer, edited, page, request};
use crate::state::saved::FilesDocument;
use crate::state::work::{Opened, WorkMessage};

fn train(model: &mut Model, message: TrainingMessage) -> Vec<Effect> {
    model.update(Message::Training(message))
}

fn index(id: &str, topic: Topic) -> Index {
    Index {
        id: id.to_owned(),
        title: format!("Lab {id}"),
        learn: format!("learn {id}"),
        curriculum: "Cluster Setup".to_owned(),
        topic,
        difficulty: Difficulty::Easy,
        minutes: 5,
    }
}

fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn shown(id: &str) -> Box<Shown> {
    Box::new(Shown {
        index: index(id, Topic::Exam),
        task: Vec::new(),
        cluster: files(&[("cluster.yaml", "the cluster")]),
        start: files(&[("policy.yaml", "# write here")]),
        goals: vec!["nobody reaches db".to_owned()],
        hints: vec![Vec::new(), Vec::new()],
        solution: files(&[("policy.yaml", "right")]),
        explanation: Vec::new(),
        links: Vec::new(),
    })
}

/// Opens a place with a lab's text, and lets the worker read it.
fn open(model: &mut Model, place: Place, kept: Option<FilesDocument>) {
    let id = place.lab().unwrap_or("linked").to_owned();
    model.update(Message::Work(WorkMessage::Go(place.clone())));
    let opened = Opened { place, original: None, kept, link: None, lab: Some("the lab".to_owned()) };
    model.update(Message::Work(WorkMessage::Opened(Ok(Box::new(opened)))));
    let lab = Some(shown(&id));
    answer(model, 0, Event::Lab { lab });
}

fn all(model: &Model) -> Vec<(String, String)> {
    model.files.iter().map(super::super::working::pair).collect()
}

/// Finishes the analysis of what is in sight, with a grade; answers what comes of it.
fn attempt(model: &mut Model, passed: bool) -> Vec<Effect> {
    let revision = model.session.revision();
    let effects = model.update(Message::TypingPaused(revision));
    let (id, _) = request(&effects).unwrap();
    answer(model, id, Event::Analysis { summary: Box::default(), milliseconds: 1.0, tests: None });
    let line = Line { mark: Some(passed), ..Line::default() };
    let goals = Section { title: "Goals".to_owned(), lines: vec![line] };
    let graded = Graded { passed, shortest: false, lines: 12, fewest: 9, goals, refused: Vec::new() };
    answer(model, id, Event::Graded { graded: Box::new(graded) })
}

#[test]
fn a_lab_brings_its_cluster_which_nobody_edits_and_a_start() {
    let mut model = page();
    open(&mut model, Place::Lab("one".into()), None);
    assert_eq!(all(&model), files(&[("cluster.yaml", "the cluster"), ("policy.yaml", "# write here")]));
    assert_eq!(&*model.files.active_name(), "policy.yaml");
    let ids: Vec<FileId> = model.files.iter().map(|file| file.id).collect();
    assert_eq!((model.is_locked(ids[0]), model.is_locked(ids[1])), (true, false));
    let effects = model.update(edited(ids[0], "mine"));
    let shows = |effect: &Effect| matches!(effect, Effect::Editor(EditorCommand::Show { locked: true, .. }));
    assert!(effects.first().is_some_and(shows), "{effects:?}");
    model.update(edited(ids[0], "mine, again"));
    let told: Vec<&str> = model.toasts.iter().map(|toast| toast.text.as_str()).collect();
    assert_eq!(told.last(), Some(&"the cluster belongs to the lab: write into the other files"));
    assert_eq!(told.iter().filter(|text| told.last() == Some(text)).count(), 1, "{told:?}");
    model.update(Message::CloseFile(ids[0]));
    model.update(Message::RenameFile(ids[0], "other".into()));
    assert_eq!(all(&model)[0], files(&[("cluster.yaml", "the cluster")])[0]);
    assert_eq!(model.work.kept, model.work.change, "there is nothing to keep yet");
}

#[test]
fn an_analysis_takes_the_lab_along() {
    let mut model = page();
    open(&mut model, Place::Lab("one".into()), None);
    let effects = model.update(Message::TypingPaused(model.session.revision()));
    let Some((_, Command::Analyze { files, lab, .. })) = request(&effects) else { panic!("{effects:?}") };
    assert_eq!((files.len(), lab.as_deref()), (2, Some("the lab")));
}

#[test]
fn an_earlier_answer_comes_back_beside_the_cluster_as_it_is_now() {
    let mut model = page();
    let mut kept = crate::state::files::Files::default();
    kept.replace(files(&[
        ("cluster.yaml", "an older cluster"),
        ("policy.yaml", "answer"),
        ("more.yaml", "x"),
    ]));
    open(&mut model, Place::Lab("one".into()), Some(FilesDocument::from(&kept)));
    let expected = [("cluster.yaml", "the cluster"), ("policy.yaml", "answer"), ("more.yaml", "x")];
    assert_eq!(all(&model), files(&expected));
    assert_eq!(&*model.files.active_name(), "policy.yaml");
    model.update(Message::Work(WorkMessage::Original));
    assert_eq!(all(&model)[1].1, "# write here");
    model.update(Message::UndoLast);
    assert_eq!(all(&model), files(&expected));
    assert!(model.training.lab.is_some() && model.is_locked(model.files.iter().next().unwrap().id));
}

#[test]
fn what_is_pasted_or_dropped_never_replaces_the_cluster() {
    let mut model = page();
    open(&mut model, Place::Lab("one".into()), None);
    model.update(Message::OpenFiles(crate::state::files::texts(files(&[("mine.yaml", "m")]))));
    assert_eq!((all(&model).len(), model.work.place.lab()), (3, Some("one")));
    let policy = model.files.named("policy.yaml").unwrap().id;
    model.update(edited(policy, "all of it"));
    assert_eq!(model.work.place, Place::Lab("one".into()));
}

#[test]
fn a_solved_lab_is_remembered_and_the_next_is_one_that_is_not() {
    let mut model = page();
    let list = ["one", "two", "three"].map(|id| index(id, Topic::Exam));
    train(&mut model, TrainingMessage::LabsFetched(Some(list.to_vec())));
    open(&mut model, Place::Lab("one".into()), None);
    attempt(&mut model, false);
    assert!(model.settings.solved.is_empty());
    assert_eq!(model.announced, "0 of 1 goal reached");
    model.update(edited(model.files.active(), "right"));
    attempt(&mut model, true);
    assert_eq!(model.settings.solved, [Solved { id: "one".into(), shortest: false }]);
    model.settings.solved.push(Solved { id: "two".into(), shortest: false });
    let effects = train(&mut model, TrainingMessage::NextLab);
    let next = Effect::Work(WorkEffect::Open(Place::Lab("three".into()), None));
    assert!(effects.contains(&next), "{effects:?}");
}

#[test]
fn an_answer_to_an_older_text_is_no_grade() {
    let mut model = page();
    open(&mut model, Place::Lab("one".into()), None);
    attempt(&mut model, false);
    let graded = Box::new(Graded { passed: true, ..Graded::default() });
    answer(&mut model, 0, Event::Graded { graded });
    assert!(model.settings.solved.is_empty());
    model.update(Message::Work(WorkMessage::New));
    assert!(model.training.lab.is_none() && model.input().lab.is_none());
}

#[test]
fn a_draft_is_run_as_a_link_to_it() {
    let mut model = page();
    model.update(Message::OpenFiles(crate::state::files::texts(files(&[("my.md", "--- a lab")]))));
    let effects = model.update(Message::TypingPaused(model.session.revision()));
    let (id, _) = request(&effects).unwrap();
    answer(&mut model, id, Event::Analysis { summary: Box::default(), milliseconds: 1.0, tests: None });
    answer(&mut model, id, Event::Draft { name: "my.md".into(), runs: true, problems: Vec::new() });
    let effects = train(&mut model, TrainingMessage::Try);
    let [Effect::Work(WorkEffect::MakeLab(document))] = &effects[..] else { panic!("{effects:?}") };
    assert!(document.lab);
    assert_eq!(document.files().unwrap(), files(&[("lab.md", "--- a lab")]));
    train(&mut model, TrainingMessage::Tried(Some("1abc".into())));
    open(&mut model, Place::Link("1abc".into()), None);
    assert_eq!(all(&model).len(), 2);
    assert!(model.link().lab, "what is shared is the lab, not the answer");
}

#[test]
fn a_quiz_asks_and_explains() {
    let mut model = page();
    let effects = train(&mut model, TrainingMessage::Predict);
    let (id, command) = request(&effects).unwrap();
    assert!(matches!(command, Command::Quiz { count: QUESTIONS, .. }));
    let question = |allowed| Question {
        source: "a".into(),
        destination: "b".into(),
        protocol: Protocol::Tcp,
        port: 80,
        allowed,
    };
    answer(&mut model, id, Event::Quiz { questions: vec![question(true), question(false)] });
    assert_eq!(model.view, View::Labs);
    let effects = train(&mut model, TrainingMessage::Guess(false));
    assert!(matches!(request(&effects), Some((_, Command::Explain { .. }))), "{effects:?}");
    train(&mut model, TrainingMessage::Guess(true));
    assert_eq!(model.training.quiz.as_ref().unwrap().guesses, [false], "it is answered already");
    train(&mut model, TrainingMessage::NextQuestion);
    assert!(model.why.is_none());
    train(&mut model, TrainingMessage::Guess(false));
    train(&mut model, TrainingMessage::NextQuestion);
    let quiz = model.training.quiz.clone().unwrap();
    assert_eq!((quiz.right(), quiz.question()), (1, None));
    train(&mut model, TrainingMessage::EndQuiz);
    assert!(model.training.quiz.is_none());
}

#[test]
fn a_quiz_is_over_with_its_text() {
    let mut model = page();
    let effects = train(&mut model, TrainingMessage::Predict);
    let (id, _) = request(&effects).unwrap();
    let question = Question {
        source: "a".into(),
        destination: "b".into(),
        protocol: Protocol::Tcp,
        port: 80,
        allowed: true,
    };
    answer(&mut model, id, Event::Quiz { questions: vec![question] });
    model.update(edited(model.files.active(), "other"));
    assert!(model.training.quiz.is_some(), "it may yet be taken back");
    let effects = model.update(Message::TypingPaused(model.session.revision()));
    let (id, _) = request(&effects).unwrap();
    answer(&mut model, id, Event::Analysis { summary: Box::default(), milliseconds: 1.0, tests: None });
    assert!(model.training.quiz.is_none());
    assert!(model.toasts.newest().unwrap().text.contains("the quiz is over"));
}

#[test]
fn what_was_asked_before_the_worker_was_there_is_asked_again() {
    let mut model = page();
    model.session.cancel();
    train(&mut model, TrainingMessage::Predict);
    let effects = model.update(Message::Retry);
    assert!(request(&effects).is_none(), "there is no worker yet");
    let effects = model.update(Message::WorkerReady(2));
    let (id, _) = request(&effects).unwrap();
    let event = Event::Analysis { summary: Box::default(), milliseconds: 1.0, tests: None };
    let effects = model.update(Message::WorkerAnswered(2, Box::new(Response { id, event })));
    let asked = |effect: &Effect| matches!(effect, Effect::Send(request) if matches!(request.command, Command::Quiz { .. }));
    assert!(effects.iter().any(asked), "{effects:?}");
}

#[test]
fn nothing_to_ask_about_is_said() {
    let mut model = page();
    let effects = train(&mut model, TrainingMessage::Predict);
    let (id, _) = request(&effects).unwrap();
    answer(&mut model, id, Event::Quiz { questions: Vec::new() });
    assert!(model.training.quiz.is_none());
    assert!(model.toasts.newest().unwrap().text.contains("nothing to ask about"));
}

#[test]
fn an_exam_has_places_of_its_own_and_ends_by_the_clock() {
    let mut model = page();
    let list: Vec<Index> = (0..8).map(|id| index(&format!("lab-{id}"), Topic::Exam)).collect();
    train(&mut model, TrainingMessage::LabsFetched(Some(list)));
    let effects = train(&mut model, TrainingMessage::Sit);
    assert!(effects.contains(&Effect::Clock(0)));
    let exam = model.settings.exam.clone().unwrap();
    let first = Place::Exam(exam.sitting.clone(), exam.labs[0].clone());
    open(&mut model, first.clone(), None);
    assert!(model.exam_in_sight().is_some());
    let effects = train(&mut model, TrainingMessage::Now(1000.0));
    assert!(effects.contains(&Effect::Clock(TICK)));
    let ends = model.settings.exam.as_ref().unwrap().ends;
    assert_eq!(ends, 1000.0 + 6.0 * 5.0 * 90_000.0);
    model.update(edited(model.files.active(), "right"));
    attempt(&mut model, true);
    assert!(model.settings.solved.is_empty(), "the list is for practice");
    assert!(model.settings.exam.as_ref().unwrap().passed[0]);
    let effects = train(&mut model, TrainingMessage::GoTo(1));
    assert!(effects.iter().any(|effect| {
        matches!(effect, Effect::Work(WorkEffect::Open(Place::Exam(_, id), _)) if *id == exam.labs[1])
    }));
    train(&mut model, TrainingMessage::HandIn);
    assert!(model.settings.exam.as_ref().unwrap().over && model.view == View::Labs);
    assert_eq!(train(&mut model, TrainingMessage::Now(3000.0)), [], "the clock stands");
    let effects = model.update(Message::UndoLast);
    assert!(effects.contains(&Effect::Clock(0)) && model.view == View::Matrix);
    assert!(model.exam_in_sight().is_some());
    train(&mut model, TrainingMessage::Now(ends));
    assert!(model.settings.exam.as_ref().unwrap().over && model.exam_in_sight().is_none());
    assert_eq!(model.view, View::Labs);
    assert_eq!(train(&mut model, TrainingMessage::Now(ends + 1.0)), [], "the clock stands");
    train(&mut model, TrainingMessage::ForgetExam);
    assert!(model.settings.exam.is_none());
}

#[test]
fn a_test_that_is_kept_takes_the_place_of_the_file_it_is_kept_in() {
    let mut model = page();
    model.update(Message::OpenCell("a".into(), "b".into()));
    model.update(edited(model.files.active(), "being analysed"));
    let effects = train(&mut model, TrainingMessage::Keep);
    assert!(request(&effects).is_none() && model.once.is_some(), "it waits for the analysis");
    model.once = None;
    model.session.finished();
    for text in ["one", "two"] {
        let effects = train(&mut model, TrainingMessage::Keep);
        let (id, command) = request(&effects).unwrap();
        assert!(matches!(command, Command::Keep { port: None, .. }), "{command:?}");
        let written =
            Event::Written { name: "tests.yaml".into(), text: Some(text.to_owned()), replaces: true };
        answer(&mut model, id, written);
        assert_eq!(all(&model).last().unwrap(), &files(&[("tests.yaml", text)])[0]);
        assert_eq!(all(&model).len(), 3);
        model.session.finished();
    }
    model.update(Message::UndoLast);
    assert_eq!(all(&model).last().unwrap().1, "one");
}
