//! Which lines light up, and where the editor is led.

use netpol_session::protocol::Event;
use netpol_view::contract::{Action, DirectionTrace, FindingChanges, Tier};

use super::*;
use crate::state::fixture;
use crate::state::model::Message;
use crate::state::model::tests::{answer, finish, page, request, span, typed};

/// The egress allows by a rule in `a.yaml`, beside a policy that has no part in it; the ingress denies by `b.yaml`.
fn explanation() -> Event {
    let step = |action, file: &str, line| fixture::step(Tier::NetworkPolicy, action, Some(span(file, line)));
    let allow = TraceStep { matched: fixture::all(), ..step(Action::Allow, "a.yaml", 20) };
    let (all, none) = (fixture::all(), fixture::none());
    let end = |allowed, steps| DirectionTrace { allowed, isolated: true, steps };
    Event::Explanation {
        explanation: Box::new(Explanation {
            allowed: fixture::none(),
            not_evaluated: false,
            egress: end(all, vec![step(Action::Isolate, "a.yaml", 3), allow]),
            ingress: end(none, vec![step(Action::Isolate, "b.yaml", 2), step(Action::None, "b.yaml", 9)]),
            caveats: Vec::new(),
            obstacle: None,
            mend: None,
        }),
    }
}

/// The page with the cell open.
fn opened() -> (Model, Vec<Effect>) {
    let mut model = page();
    let (source, destination) = ("shop/cart[Deployment]", "data/redis[Deployment]");
    let effects = model.update(Message::OpenCell(source.into(), destination.into()));
    let (id, _) = request(&effects).unwrap();
    let effects = answer(&mut model, id, explanation());
    (model, effects)
}

fn lit(effects: &[Effect]) -> Vec<Vec<u32>> {
    let of = |effect: &Effect| match effect {
        Effect::Editor(EditorCommand::Light(_, spans)) => {
            Some(spans.iter().map(|span| span.start.line).collect())
        }
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

fn looks(effects: &[Effect]) -> Vec<u32> {
    let of = |effect: &Effect| match effect {
        Effect::Editor(EditorCommand::Look { line, .. }) => Some(*line),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

#[test]
fn an_opened_cell_leads_to_what_denies_it_and_lights_what_decides() {
    let (model, effects) = opened();
    let second = model.files.iter().nth(1).unwrap().id;
    assert_eq!(model.files.active(), second);
    assert_eq!(looks(&effects), [9]);
    assert_eq!(lit(&effects), [vec![20], vec![9]], "what has no part in it stays as it is");
    assert_eq!((model.deciding_lines("a.yaml"), model.deciding_lines("b.yaml")), (1, 1));
    assert_eq!(model.pane, Pane::Results, "a phone stays where it is");
}

#[test]
fn a_later_analysis_leads_nobody_away() {
    let (mut model, _) = opened();
    let first = model.files.iter().next().unwrap().id;
    model.update(Message::SelectFile(first));
    let effects = typed(&mut model, "x");
    let effects = finish(&mut model, &effects);
    let (id, _) = request(&effects).unwrap();
    let effects = answer(&mut model, id, explanation());
    assert_eq!((looks(&effects), model.files.active()), (vec![], first));
    assert_eq!(lit(&effects), [vec![20], vec![9]]);
}

#[test]
fn what_lit_up_goes_with_the_cell_and_with_the_matrix() {
    let (mut model, _) = opened();
    let dark: [Vec<u32>; 2] = [vec![], vec![]];
    assert_eq!(lit(&model.update(Message::SetView(View::Findings))), dark);
    assert_eq!(model.deciding_lines("a.yaml"), 0);
    assert_eq!(lit(&model.update(Message::SetView(View::Matrix))), [vec![20], vec![9]]);
    assert_eq!(lit(&model.update(Message::CloseWhy)), dark);
    assert_eq!(model.deciding_lines("b.yaml"), 0);
}

#[test]
fn a_link_lights_its_lines_beside_those_that_decide() {
    let (mut model, _) = opened();
    let effects = model.update(Message::ShowSpan(span("a.yaml", 3)));
    assert_eq!(lit(&effects), [vec![20, 3], vec![9]]);
    assert_eq!(model.deciding_lines("a.yaml"), 1);
}

#[test]
fn lines_that_several_steps_share_count_once() {
    let mut model = page();
    let long = |line, last: u32| {
        let mut span = span("a.yaml", line);
        span.end.line = last + 1;
        span
    };
    model.deciding = vec![long(3, 6), long(5, 8), span("b.yaml", 1)];
    assert_eq!((model.deciding_lines("a.yaml"), model.deciding_lines("b.yaml")), (6, 1));
}

#[test]
fn a_change_is_shown_where_it_is() {
    let mut model = page();
    let line = |kind, line| DiffLine { kind, line, text: String::new() };
    let file = |file: &str, lines| FileDiff { file: file.to_owned(), hunks: vec![lines] };
    let preview = Preview {
        message: String::new(),
        files: Vec::new(),
        diff: vec![
            file("b.yaml", vec![line(DiffKind::Same, 6), line(DiffKind::Added, 7), line(DiffKind::Added, 8)]),
            file("a.yaml", vec![line(DiffKind::Removed, 4)]),
        ],
        changed_cells: 0,
        changes: Vec::new(),
        findings: FindingChanges::default(),
    };
    let effects = model.show_changed(&preview);
    let ids: Vec<_> = model.files.iter().map(|file| file.id).collect();
    assert_eq!((looks(&effects), model.files.active()), (vec![7], ids[1]));
    for (file, lines) in [(ids[1], vec![7, 8]), (ids[0], vec![])] {
        assert!(effects.contains(&Effect::Editor(EditorCommand::Tint(file, lines))));
    }
    let removed = Preview { diff: preview.diff[1..].to_vec(), ..preview };
    assert_eq!(looks(&model.show_changed(&removed)), [3]);
}
