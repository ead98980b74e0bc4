//! What is asked, previewed and pointed at.

use netpol_view::contract::{
    Diagnostic, DiagnosticSeverity, DiffKind, DiffLine, FileDiff, LocatedPart, Migration, PortsWanted,
    QuickFix, SourceFile, TextEdit,
};

use super::*;
use crate::state::model::tests::{answer, edited, finish, page, request, span, typed};
use crate::state::model::{Message, Toasts};

const CART: &str = "shop/cart[Deployment]";
const REDIS: &str = "data/redis[Deployment]";

fn open_cell(model: &mut Model) -> Vec<Effect> {
    model.update(Message::OpenCell(CART.into(), REDIS.into()))
}

/// A change of the first file from `a` to `b`.
fn preview() -> Event {
    let files = [("a.yaml", "b"), ("b.yaml", "b")]
        .map(|(name, text)| SourceFile { name: name.into(), text: text.into() });
    let line = DiffLine { kind: DiffKind::Added, line: 1, text: "b".into() };
    let diff = vec![FileDiff { file: "a.yaml".into(), hunks: vec![vec![line]] }];
    let message = "open it".to_owned();
    let preview = Preview {
        message,
        files: files.to_vec(),
        diff,
        changed_cells: 0,
        changes: Vec::new(),
        findings: Default::default(),
    };
    Event::Preview { preview: Box::new(preview) }
}

fn texts(model: &Model) -> Vec<String> {
    model.files.sources().into_iter().map(|file| file.text).collect()
}

/// The page with the change of its open cell in sight.
fn proposed() -> Model {
    let mut model = page();
    open_cell(&mut model);
    let effects = model.update(Message::Propose(Mended::Cell(PortsWanted::Every)));
    let (id, command) = request(&effects).unwrap();
    assert_eq!(
        *command,
        Command::Mend { source: CART.into(), destination: REDIS.into(), ports: PortsWanted::Every }
    );
    answer(&mut model, id, preview());
    model
}

fn first_toast(toasts: &Toasts) -> crate::state::toasts::ToastId {
    toasts.iter().next().unwrap().id
}

#[test]
fn a_change_is_made_and_taken_back() {
    let mut model = proposed();
    assert_eq!(texts(&model), ["a", "b"], "nothing changes before it is asked for");
    let effects = model.update(Message::ApplyProposal);
    assert_eq!(texts(&model), ["b", "b"]);
    assert_eq!(model.proposal, None);
    let first = model.files.iter().next().unwrap().id;
    let (name, before, after) = ("a.yaml".into(), "a".into(), "b".into());
    let rewrite = EditorCommand::Rewrite { file: first, name, before, after };
    assert!(effects.contains(&Effect::Editor(rewrite)));
    assert!(effects.contains(&Effect::FocusUndo));
    let toast = first_toast(&model.toasts);
    model.update(Message::UndoToast(toast));
    assert_eq!(texts(&model), ["a", "b"]);
}

#[test]
fn a_change_leaves_alone_what_it_does_not_name() {
    let mut model = page();
    open_cell(&mut model);
    let effects = model.update(Message::Propose(Mended::Cell(PortsWanted::Every)));
    let (id, _) = request(&effects).unwrap();
    let Event::Preview { mut preview } = preview() else { unreachable!() };
    // Markdown is analysed as nothing.
    preview.files[1].text.clear();
    answer(&mut model, id, Event::Preview { preview });
    model.update(Message::ApplyProposal);
    assert_eq!(texts(&model), ["b", "b"]);
}

#[test]
fn what_was_typed_after_a_change_is_not_undone() {
    let mut model = proposed();
    model.update(Message::ApplyProposal);
    let first = model.files.iter().next().unwrap().id;
    let toast = first_toast(&model.toasts);
    model.update(edited(first, "b and more"));
    model.update(Message::UndoToast(toast));
    assert_eq!(texts(&model), ["b and more", "b"]);
    assert!(model.toasts.newest().is_none(), "nothing is offered that cannot be done");
}

#[test]
fn a_change_of_an_older_text_is_not_made() {
    let mut model = proposed();
    let first = model.files.iter().next().unwrap().id;
    model.update(edited(first, "newer"));
    model.update(Message::ApplyProposal);
    assert_eq!(texts(&model), ["newer", "b"]);
    let mut model = proposed();
    let analysis = typed(&mut model, "newer");
    finish(&mut model, &analysis);
    assert_eq!(model.proposal, None, "a new analysis takes it out of sight");
}

#[test]
fn the_same_button_hides_a_change_and_a_gone_one_says_so() {
    let mut model = proposed();
    model.update(Message::Propose(Mended::Cell(PortsWanted::Every)));
    assert_eq!(model.proposal, None);
    let effects = model.update(Message::Propose(Mended::Finding(3)));
    let (id, command) = request(&effects).unwrap();
    assert_eq!(*command, Command::Fix { finding: 3, way: 0 });
    answer(&mut model, id, Event::Unknown);
    assert_eq!(model.proposal.unwrap().answer, Answer::Unknown);
}

#[test]
fn superseded_policies_are_rewritten_together() {
    let mut model = page();
    let effects = model.update(Message::Propose(Mended::Superseded));
    let (id, command) = request(&effects).unwrap();
    assert_eq!(*command, Command::Migrate);
    let Event::Preview { preview } = preview() else { unreachable!() };
    let migration = Migration { preview: *preview, notes: vec!["it is so".into()], policies: 2 };
    answer(&mut model, id, Event::Migration { migration: Box::new(migration) });
    assert_eq!(model.proposal.as_ref().unwrap().notes, ["it is so"]);
    model.update(Message::ApplyProposal);
    assert_eq!((texts(&model), model.proposal), (vec!["b".to_owned(), "b".to_owned()], None));
}

fn located(sources: &[u32]) -> Event {
    let located =
        Located { part: LocatedPart::Rule, sources: sources.to_vec(), destinations: Vec::new(), id: None };
    Event::Located { located: Some(located) }
}

#[test]
fn the_cursor_points_into_the_matrix_until_a_cell_is_opened() {
    let mut model = page();
    let file = model.files.iter().nth(1).unwrap().id;
    let position = Position { line: 3, column: 1 };
    let effects = model.update(Message::CursorRests(file, position));
    let (id, command) = request(&effects).unwrap();
    assert_eq!(*command, Command::Locate { file: 1, position });
    answer(&mut model, id, located(&[0]));
    assert!(model.located.is_some());
    answer(&mut model, id, located(&[]));
    assert_eq!(model.located, None, "a rule that speaks of nobody marks nothing");
    answer(&mut model, id, located(&[0]));
    open_cell(&mut model);
    assert_eq!(model.located, None);
    answer(&mut model, id, located(&[0]));
    assert_eq!(model.located, None, "nobody waits for it any more");
}

#[test]
fn a_cursor_in_a_new_text_is_asked_about_after_its_analysis() {
    let mut model = page();
    let analysis = typed(&mut model, "x");
    let file = model.files.active();
    let effects = model.update(Message::CursorRests(file, Position { line: 1, column: 1 }));
    assert!(request(&effects).is_none());
    let effects = finish(&mut model, &analysis);
    assert!(matches!(request(&effects), Some((_, Command::Locate { .. }))));
}

#[test]
fn a_quick_fix_edits_its_file_and_shows_it() {
    let mut model = page();
    let edits = vec![TextEdit { span: span("b.yaml", 1), text: "TCP".into() }];
    let fix = QuickFix { title: "write `TCP`".into(), edits: edits.clone() };
    let problem = Diagnostic {
        severity: DiagnosticSeverity::Error,
        code: "protocol".into(),
        message: "no such protocol".into(),
        path: None,
        object: None,
        span: span("b.yaml", 1),
        related: Vec::new(),
        fixes: vec![fix],
    };
    let analysis = typed(&mut model, "x");
    let (id, _) = request(&analysis).unwrap();
    let summary = netpol_view::contract::Summary { diagnostics: vec![problem], ..Default::default() };
    let event = Event::Analysis { summary: Box::new(summary), milliseconds: 0.0, tests: None };
    answer(&mut model, id, event);
    let file = model.files.iter().nth(1).unwrap().id;
    let effects = model.update(Message::QuickFix(0, 0));
    assert_eq!(model.files.active(), file);
    assert!(effects.contains(&Effect::Editor(EditorCommand::Edit(file, edits))));
    assert_eq!(model.update(Message::QuickFix(0, 1)), []);
    typed(&mut model, "y");
    assert_eq!(model.update(Message::QuickFix(0, 0)), [], "its places are of an older text");
}
