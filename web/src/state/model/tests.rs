//! What messages do to the page, from typing to toasts.

use netpol_session::protocol::Command;
use netpol_view::contract::{
    Action, Connection, DirectionTrace, Explanation, Position, Protocol, Tier, TraceStep,
};

use super::*;
use crate::state::address::Address;
use crate::state::examples;
use crate::state::fixture;
use crate::state::panel::{Answer, Mended};
use crate::state::place::Place;
use crate::state::work::{FilesDocument, Opened, WorkEffect, WorkMessage};

/// A start with what was opened.
pub(super) fn start(opened: Opened) -> Start {
    Start {
        address: Address::default(),
        opened,
        notes: Vec::new(),
        cell: None,
        settings: None,
        foreign: None,
        not_kept: None,
        tab: "tab".to_owned(),
    }
}

/// A start that finds nothing kept.
pub(super) fn first_visit() -> Start {
    let original = examples::find(examples::FIRST).and_then(examples::Example::sources);
    start(Opened { place: Place::first(), original, kept: None, link: None, lab: None })
}

/// A page of two files whose first analysis is done.
pub(super) fn page() -> Model {
    let mut files = Files::default();
    files.replace(vec![("a.yaml".into(), "a".into()), ("b.yaml".into(), "b".into())]);
    let kept = FilesDocument::from(&files);
    let own = Opened {
        place: Place::Own("before".into()),
        original: None,
        kept: Some(kept),
        link: None,
        lab: None,
    };
    let (mut model, _) = Model::start(start(own));
    let effects = model.update(Message::WorkerReady(1));
    finish(&mut model, &effects);
    model
}

pub(super) fn request(effects: &[Effect]) -> Option<(u32, &Command)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(request) => Some((request.id, &request.command)),
        _ => None,
    })
}

pub(super) fn answer(model: &mut Model, id: u32, event: Event) -> Vec<Effect> {
    model.update(Message::WorkerAnswered(1, Box::new(Response { id, event })))
}

/// Answers the analysis that these effects ask for: two workloads and an address outside.
pub(super) fn finish(model: &mut Model, effects: &[Effect]) -> Vec<Effect> {
    let (id, _) = request(effects).expect("an analysis is asked for");
    let peers = vec![
        fixture::workload("shop", "cart"),
        fixture::workload("data", "redis"),
        fixture::external(&["::/0"]),
    ];
    let summary = Box::new(fixture::analysis(peers, |_, _| 0).summary);
    answer(model, id, Event::Analysis { summary, milliseconds: 1.0, tests: None })
}

/// The whole text of a file is replaced in the editor.
pub(super) fn edited(file: FileId, text: &str) -> Message {
    let change = Change { from: 0, to: usize::MAX, insert: text.to_owned() };
    Message::Edited(file, vec![change], text.encode_utf16().count())
}

/// Types, lets the pause pass, and answers what is sent.
pub(super) fn typed(model: &mut Model, text: &str) -> Vec<Effect> {
    let file = model.files.active();
    let effects = model.update(edited(file, text));
    let paused = effects.iter().find_map(|effect| match effect {
        Effect::After(_, message) if matches!(**message, Message::TypingPaused(_)) => {
            Some((**message).clone())
        }
        _ => None,
    });
    model.update(paused.expect("a pause is waited for"))
}

pub(super) fn span(file: &str, line: u32) -> Span {
    Span {
        file: file.into(),
        start: Position { line, column: 3 },
        end: Position { line: line + 1, column: 1 },
    }
}

fn explanation(spans: &[Span]) -> Event {
    let step = |span: &Span| TraceStep {
        tier: Tier::NetworkPolicy,
        policy: None,
        priority: None,
        rule_name: None,
        rule: None,
        action: Action::Isolate,
        matched: fixture::none(),
        reason: "isolates".into(),
        span: Some(span.clone()),
    };
    let trace = |steps| DirectionTrace { allowed: fixture::none(), isolated: true, steps };
    let egress = trace(spans.iter().map(step).collect());
    let explanation = Explanation {
        allowed: fixture::none(),
        not_evaluated: false,
        egress,
        ingress: trace(Vec::new()),
        caveats: Vec::new(),
        obstacle: None,
        mend: None,
    };
    Event::Explanation { explanation: Box::new(explanation) }
}

#[test]
fn typing_keeps_the_old_result_in_sight() {
    let mut model = page();
    let before = model.analysis.clone();
    let effects = typed(&mut model, "changed");
    assert!(
        matches!(request(&effects), Some((_, Command::Analyze { files, .. })) if files[0].text.clone().of(Some("a".into())).unwrap() == "changed")
    );
    assert!(model.session.is_stale());
    assert_eq!(model.analysis, before);
    finish(&mut model, &effects);
    assert!(!model.session.is_stale());
    assert_ne!(model.analysis, before);
}

#[test]
fn a_new_result_is_announced_once_the_text_has_changed() {
    let mut model = page();
    assert_eq!(model.announced, "", "the first is no news");
    let effects = typed(&mut model, "changed");
    assert_eq!(model.announced, "", "not while typing");
    finish(&mut model, &effects);
    assert_eq!(model.announced, "2 workloads, 0 findings; no cell changed");
}

#[test]
fn an_answer_that_comes_too_late_is_ignored() {
    let mut model = page();
    let before = model.analysis.clone();
    let old = typed(&mut model, "one");
    let new = typed(&mut model, "two");
    finish(&mut model, &old);
    assert_eq!(model.analysis, before);
    finish(&mut model, &new);
    assert_ne!(model.analysis, before);
}

#[test]
fn a_text_that_is_not_as_long_as_in_the_editor_is_told_whole() {
    let mut model = page();
    let file = model.files.active();
    let change = Change { from: 1, to: 1, insert: "b".into() };
    let effects = model.update(Message::Edited(file, vec![change], 7));
    assert_eq!(effects, [Effect::Editor(EditorCommand::Tell(file))]);
    model.update(Message::Typed(file, "the text".into()));
    assert_eq!(model.files.get(file).unwrap().text.to_string(), "the text");
}

#[test]
fn closing_a_file_can_be_undone_and_keeps_its_history_until_then() {
    let mut model = page();
    let first = model.files.active();
    model.update(Message::CloseFile(first));
    assert_eq!(model.files.len(), 1);
    let toast = model.toasts.iter().next().unwrap().id;
    assert!(model.reachable_files().contains(&first));
    let second = model.files.active();
    model.update(edited(second, "edited meanwhile"));
    model.update(Message::UndoToast(toast));
    let texts: Vec<String> = model.files.sources().into_iter().map(|file| file.text).collect();
    assert_eq!(texts, ["a", "edited meanwhile"]);
    model.update(Message::CloseFile(first));
    let toast = model.toasts.iter().next().unwrap().id;
    let effects = model.update(Message::DismissToast(toast));
    assert!(matches!(&effects[..], [Effect::Editor(EditorCommand::Retain(ids))] if !ids.contains(&first)));
}

#[test]
fn a_first_visit_opens_the_first_example() {
    let (model, effects) = Model::start(first_visit());
    assert_eq!(
        model.files.sources()[0].text,
        examples::find(examples::FIRST).unwrap().sources().unwrap()[0].1
    );
    assert!(effects.contains(&Effect::ReadPrepared));
}

#[test]
fn a_first_visit_sees_the_result_before_anything_that_analyses_is_loaded() {
    let (mut model, mut effects) = Model::start(first_visit());
    let prepared = Box::new(prepared::first_result());
    effects.extend(model.update(Message::Prepared(Some(prepared))));
    assert!(model.analysis.is_some() && !model.session.is_stale());
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::StartWorker(_))));
    assert!(model.update(Message::Touched).contains(&Effect::StartWorker(1)));
    assert_eq!(model.update(Message::Touched), []);
}

#[test]
fn what_was_asked_before_the_worker_came_is_asked_when_it_is_there() {
    let (mut model, _) = Model::start(first_visit());
    let summary = Box::new(prepared::first_result());
    let [source, destination] = [0, 1].map(|index: usize| summary.peers[index].id.clone());
    model.update(Message::Prepared(Some(summary.clone())));
    let effects = model.update(Message::OpenCell(source, destination));
    assert!(effects.contains(&Effect::StartWorker(1)));
    let effects = model.update(Message::WorkerReady(1));
    let (id, _) = request(&effects).unwrap();
    let effects = answer(&mut model, id, Event::Analysis { summary, milliseconds: 1.0, tests: None });
    assert!(matches!(request(&effects), Some((_, Command::Explain { .. }))));
}

#[test]
fn a_change_that_was_asked_for_before_the_worker_came_is_asked_for_then() {
    let (mut model, _) = Model::start(first_visit());
    model.update(Message::Prepared(Some(Box::new(prepared::first_result()))));
    model.update(Message::Propose(Mended::Finding(0)));
    let effects = model.update(Message::WorkerReady(1));
    let effects = finish(&mut model, &effects);
    assert!(matches!(request(&effects), Some((_, Command::Fix { finding: 0, way: 0 }))));
    // Once it was asked for, a change is about the text of then.
    let effects = typed(&mut model, "b");
    assert_eq!(request(&finish(&mut model, &effects)), None);
}

#[test]
fn without_a_prepared_result_the_first_example_is_analysed() {
    let (mut model, _) = Model::start(first_visit());
    assert!(model.update(Message::Prepared(None)).contains(&Effect::StartWorker(1)));
    let (id, _) = request(&model.update(Message::WorkerReady(1))).unwrap();
    assert!(model.session.is_running(id));
}

#[test]
fn an_opened_cell_is_explained_and_its_lines_light_up() {
    let mut model = page();
    let effects =
        model.update(Message::OpenCell("shop/cart[Deployment]".into(), "data/redis[Deployment]".into()));
    let (id, _) = request(&effects).unwrap();
    let lines = [span("b.yaml", 4)];
    let effects = answer(&mut model, id, explanation(&lines));
    let second = model.files.iter().nth(1).unwrap().id;
    assert!(effects.contains(&Effect::Editor(EditorCommand::Light(second, lines.to_vec()))));
    assert!(model.why.as_ref().unwrap().answer.known().is_some());
    let effects = model.update(Message::CloseWhy);
    assert!(effects.contains(&Effect::Editor(EditorCommand::Light(second, Vec::new()))));
    assert!(effects.contains(&Effect::FocusMatrix));
}

#[test]
fn an_open_cell_is_explained_anew_and_waits_when_it_is_gone() {
    let mut model = page();
    let effects =
        model.update(Message::OpenCell("shop/cart[Deployment]".into(), "data/redis[Deployment]".into()));
    let (old, _) = request(&effects).unwrap();
    let analysis = typed(&mut model, "x");
    let effects = finish(&mut model, &analysis);
    let (new, _) = request(&effects).unwrap();
    answer(&mut model, old, explanation(&[]));
    assert_eq!(model.why.as_ref().unwrap().answer, Answer::Asked, "an old explanation is ignored");
    answer(&mut model, new, Event::Unknown);
    assert_eq!(model.why.as_ref().unwrap().answer, Answer::Unknown);
    let analysis = typed(&mut model, "y");
    let (id, _) = request(&analysis).unwrap();
    answer(&mut model, id, Event::Analysis { summary: Box::default(), milliseconds: 0.0, tests: None });
    assert!(model.why.is_some(), "half-typed text takes no panel away");
    let analysis = typed(&mut model, "z");
    let effects = finish(&mut model, &analysis);
    assert!(matches!(request(&effects), Some((_, Command::Explain { .. }))), "its ends are back");
}

#[test]
fn a_witness_is_shown_even_where_it_was_hidden() {
    let mut model = page();
    model.update(Message::SetOutside(false));
    model.update(Message::SetFilter("nothing".into()));
    model.update(Message::SetView(View::Findings));
    let witness = Connection {
        source: "external:::/0".into(),
        destination: "shop/cart[Deployment]".into(),
        protocol: Protocol::Tcp,
        port: 80,
    };
    let effects = model.update(Message::OpenWitness(witness));
    assert!(request(&effects).is_some());
    assert!(model.settings.outside && model.filter.is_empty());
    assert_eq!(model.view, View::Matrix);
}

#[test]
fn a_link_shows_the_file_and_lights_its_lines_only() {
    let mut model = page();
    let second = model.files.iter().nth(1).unwrap().id;
    let effects = model.update(Message::ShowSpan(span("b.yaml", 7)));
    assert_eq!(model.files.active(), second);
    assert!(effects.contains(&Effect::Editor(EditorCommand::Reveal { file: second, line: 7, column: 3 })));
    assert_eq!(model.pane, Pane::Manifests);
    assert_eq!(model.update(Message::ShowSpan(span("gone.yaml", 1))), []);
}

#[test]
fn a_change_of_options_analyses_again() {
    let mut model = page();
    let options = netpol_view::contract::Options {
        hypothetical: netpol_view::contract::Hypothetical::Never,
        ..Default::default()
    };
    model.update(Message::SetOptions(options));
    assert!(model.session.is_busy());
    assert_eq!(model.settings.options, options);
}

#[test]
fn the_texts_of_the_rules_are_fetched_once_and_their_examples_opened() {
    let mut model = page();
    assert_eq!(model.update(Message::WantRules), [Effect::FetchRules]);
    assert_eq!(model.update(Message::WantRules), []);
    model.update(Message::RulesFetched(None));
    assert_eq!(model.rules, RuleTexts::Failed);
    assert_eq!(model.update(Message::WantRules), [Effect::FetchRules], "the next time tries again");
    let rules: Vec<crate::state::findings::RuleText> =
        serde_json::from_str(include_str!("../../../rules.json")).unwrap();
    model.update(Message::RulesFetched(Some(rules)));
    assert_eq!(model.update(Message::WantRules), []);
    let effects = model.update(Message::Work(WorkMessage::Go(Place::Rule("NP301".into()))));
    let [Effect::Work(WorkEffect::Open(_, Some(files)))] = effects.as_slice() else { panic!("{effects:?}") };
    let [(name, text)] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(name, "np301.yaml");
    assert!(text.contains("kind: NetworkPolicy"));
}

#[test]
fn fixes_that_would_not_do_are_offered_no_longer() {
    let mut model = page();
    let old = typed(&mut model, "x");
    let (first, _) = request(&old).unwrap();
    finish(&mut model, &old);
    let withdrawn = || Event::Withdrawn { findings: vec![2] };
    answer(&mut model, first, withdrawn());
    assert_eq!(model.withdrawn, [2]);
    let new = typed(&mut model, "y");
    finish(&mut model, &new);
    assert!(model.withdrawn.is_empty());
    answer(&mut model, first, withdrawn());
    assert!(model.withdrawn.is_empty(), "it is about an older text");
}

#[test]
fn example_pods_come_in_a_file_of_their_own_and_go_again() {
    let mut model = page();
    let names =
        |model: &Model| -> Vec<String> { model.files.sources().into_iter().map(|file| file.name).collect() };
    let effects = model.update(Message::AddExamplePods);
    let (id, command) = request(&effects).unwrap();
    assert_eq!(*command, Command::ExamplePods);
    let pods = |text: Option<&str>| Event::Written {
        name: "example-pods.yaml".to_owned(),
        text: text.map(str::to_owned),
        replaces: false,
    };
    assert_eq!(answer(&mut model, id + 1, pods(Some("kind: Pod"))), [], "nobody asked for it");
    let effects = answer(&mut model, id, pods(Some("kind: Pod")));
    assert_eq!(names(&model), ["a.yaml", "b.yaml", "example-pods.yaml"]);
    assert_eq!(model.files.sources()[2].text, "kind: Pod");
    assert!(effects.contains(&Effect::FocusUndo) && model.session.is_busy());
    assert_eq!(answer(&mut model, id, pods(Some("kind: Pod"))), [], "not twice");
    let toast = model.toasts.iter().next().unwrap().id;
    model.update(Message::UndoToast(toast));
    assert_eq!(names(&model), ["a.yaml", "b.yaml"]);
    let effects = model.update(Message::AddExamplePods);
    let (id, _) = request(&effects).unwrap();
    assert_eq!(answer(&mut model, id, pods(None)), []);
}

#[test]
fn only_cells_that_are_not_certain_are_shown_as_long_as_there_are_any() {
    let mut model = page();
    let analysed = |model: &mut Model, text: &str, uncertain: u8| {
        let effects = typed(model, text);
        let (id, _) = request(&effects).unwrap();
        let peers = vec![fixture::workload("shop", "cart"), fixture::workload("data", "redis")];
        let code = |source, destination| if (source, destination) == (0, 1) { uncertain } else { 0 };
        let summary = Box::new(fixture::uncertain(peers, |_, _| 0, code).summary);
        answer(model, id, Event::Analysis { summary, milliseconds: 1.0, tests: None });
    };
    analysed(&mut model, "x", 1);
    model.update(Message::SetUncertain(true));
    assert!(model.shown().uncertain);
    analysed(&mut model, "y", 2);
    assert!(model.shown().uncertain);
    analysed(&mut model, "z", 0);
    assert!(!model.shown().uncertain, "there would be nothing left");
}

#[test]
fn files_that_are_read_can_be_stopped() {
    let mut model = page();
    let opening = Opening { name: "a.yaml".into(), done: 0.5 };
    model.update(Message::Opening(Some(opening.clone())));
    assert_eq!(model.opening, Some(opening.clone()));
    assert_eq!(model.update(Message::StopOpening), [Effect::StopReading]);
    assert_eq!(model.opening, None);
    model.update(Message::Opening(Some(opening)));
    model.update(Message::OpenFiles(vec![("a.yaml".into(), "a".into())]));
    assert_eq!(model.opening, None, "they are there");
}

#[test]
fn workloads_that_are_alike_fold_and_unfold() {
    let mut model = page();
    let ids = || vec!["a".to_owned(), "b".to_owned()];
    model.update(Message::SetAlike(true));
    model.update(Message::ToggleAlike(ids()));
    assert!(model.shown().alike);
    assert_eq!(model.shown().apart, ["a"]);
    // Another may be the first of them now.
    model.update(Message::ToggleAlike(vec!["b".to_owned(), "a".to_owned()]));
    assert!(model.apart.is_empty());
    model.update(Message::ToggleAlike(ids()));
    model.update(Message::SetAlike(false));
    assert!(model.apart.is_empty() && !model.alike);
}
