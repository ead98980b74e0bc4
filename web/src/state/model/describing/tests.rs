//! What is described, and where the keyboard goes.

use netpol_session::protocol::Event;
use netpol_view::contract::{Located, LocatedPart, Position};

use super::*;
use crate::state::model::Message;
use crate::state::model::tests::{answer, finish, page, request, typed};

const CART: &str = "shop/cart[Deployment]";
const REDIS: &str = "data/redis[Deployment]";

fn sheet(title: &str, is_part: bool) -> Event {
    let sheet = Sheet { title: title.to_owned(), is_part, ..Sheet::default() };
    Event::Sheet { sheet: Box::new(sheet) }
}

fn title(model: &Model) -> Option<String> {
    let sheet = model.sheet.as_ref()?;
    sheet.answer.known().map(|known| known.title.clone())
}

/// The page with a description that was opened from somewhere.
fn described(from: Origin) -> Model {
    let mut model = page();
    let effects = model.update(Message::Describe(CART.into(), from));
    let (id, command) = request(&effects).unwrap();
    assert_eq!(*command, Command::Describe { id: CART.into(), whole: false });
    answer(&mut model, id, sheet("cart", false));
    assert_eq!(title(&model).as_deref(), Some("cart"));
    model
}

#[test]
fn what_takes_longer_is_asked_for_behind_what_is_there() {
    let mut model = page();
    let effects = model.update(Message::Describe("shop/deny[NetworkPolicy]".into(), Origin::Matrix));
    let (first, _) = request(&effects).unwrap();
    let effects = answer(&mut model, first, sheet("a part", true));
    let (second, command) = request(&effects).unwrap();
    assert_eq!(*command, Command::Describe { id: "shop/deny[NetworkPolicy]".into(), whole: true });
    assert_eq!(title(&model).as_deref(), Some("a part"));
    assert!(request(&answer(&mut model, second, sheet("all", false))).is_none());
    answer(&mut model, first, sheet("late", false));
    assert_eq!(title(&model).as_deref(), Some("all"));
}

#[test]
fn the_keyboard_goes_back_to_where_it_came_from() {
    let mut model = described(Origin::Matrix);
    assert_eq!(model.update(Message::CloseSheet), [Effect::FocusMatrix]);
    assert!(model.sheet.is_none());

    let mut model = described(Origin::Editor);
    assert_eq!(model.pane, Pane::Results);
    assert_eq!(model.update(Message::CloseSheet), [Effect::Focus(".cm-content".into())]);
    assert_eq!(model.pane, Pane::Manifests);

    let mut model = described(Origin::Finding(3));
    model.update(Message::SetView(View::Findings));
    assert_eq!(model.update(Message::CloseSheet), [Effect::Focus("[data-finding=\"3\"] .subject".into())]);
    let mut model = described(Origin::Task);
    assert_eq!(model.update(Message::CloseSheet), [Effect::Focus(".task".into())]);
    assert_eq!(model.pane, Pane::Manifests, "the task is there");
    // The list is not there any more.
    let mut model = described(Origin::Finding(3));
    assert_eq!(model.update(Message::CloseSheet), [Effect::FocusMatrix]);
    assert!(model.update(Message::CloseSheet).is_empty());
}

#[test]
fn a_cell_that_a_description_led_to_leads_back() {
    let mut model = described(Origin::Matrix);
    model.update(Message::OpenDescribedCell(CART.into(), REDIS.into(), Origin::Matrix));
    assert_eq!(model.why.as_ref().map(|why| why.destination.as_str()), Some(REDIS));
    let effects = model.update(Message::CloseWhy);
    assert!(!effects.contains(&Effect::FocusMatrix), "the description takes the keyboard");
    assert!(model.why.is_none() && title(&model).as_deref() == Some("cart"));
    // Any other cell takes its place.
    model.update(Message::OpenCell(CART.into(), REDIS.into()));
    assert!(model.sheet.is_none());
    assert!(model.update(Message::CloseWhy).contains(&Effect::FocusMatrix));
    // One that a goal of a lab led to leads back to the task.
    model.update(Message::OpenDescribedCell(CART.into(), REDIS.into(), Origin::Task));
    assert!(model.update(Message::CloseWhy).contains(&Effect::Focus(".task".into())));
}

#[test]
fn it_is_asked_again_of_a_new_analysis_and_may_be_gone() {
    let mut model = described(Origin::Matrix);
    let analysis = typed(&mut model, "newer");
    let effects = finish(&mut model, &analysis);
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Send(request) => match &request.command {
            Command::Describe { .. } => Some(request.id),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(title(&model).as_deref(), Some("cart"), "the old answer stays until the new one is there");
    answer(&mut model, asked.unwrap(), Event::Unknown);
    assert_eq!(model.sheet.unwrap().answer, Answer::Unknown);
}

#[test]
fn what_is_at_the_cursor_is_described() {
    let mut model = page();
    assert_eq!(request(&model.update(Message::DescribeCursor)), None);
    let first = model.files.active();
    let effects = model.update(Message::CursorRests(first, Position { line: 1, column: 1 }));
    let (id, _) = request(&effects).unwrap();
    let located = Located {
        part: LocatedPart::Workload,
        sources: vec![0],
        destinations: vec![0],
        id: Some(CART.into()),
    };
    answer(&mut model, id, Event::Located { located: Some(located) });
    model.update(Message::DescribeCursor);
    let sheet = model.sheet.unwrap();
    assert_eq!((sheet.id.as_str(), sheet.from), (CART, Origin::Editor));
}

#[test]
fn a_finding_is_gone_to_whatever_narrows_the_list() {
    let mut model = page();
    assert!(model.update(Message::ShowFinding(7)).is_empty(), "there is none");
    assert_eq!(model.view, View::Matrix);
}

#[test]
fn where_nothing_is_to_be_told_it_is_said_why() {
    let mut model = page();
    let first = model.files.active();
    let said = |model: &mut Model, line| {
        model.update(Message::CursorRests(first, Position { line, column: 1 }));
        model.update(Message::DescribeCursor);
        model.toasts.iter().last().map(|toast| toast.text.clone()).unwrap_or_default()
    };
    let effects = typed(&mut model, "kind: Pod\n---\nkind: NetworkPolicy\nspec: 1\n");
    let (id, _) = request(&effects).unwrap();
    let object = ObjectRef {
        group: None,
        kind: "NetworkPolicy".into(),
        namespace: Some("shop".into()),
        name: "deny".into(),
    };
    let span = crate::state::fixture::span("a.yaml", 4);
    let refused = vec![Refused { object, message: String::new(), policy: true, span }];
    let summary = Box::new(netpol_view::contract::Summary { refused, ..Default::default() });
    answer(&mut model, id, Event::Analysis { summary, milliseconds: 0.0, tests: None });
    let refusal = "NetworkPolicy shop/deny is refused, so it takes no part: the problems say why";
    assert_eq!(said(&mut model, 3), refusal);
    assert!(said(&mut model, 1).starts_with("there is no workload"), "that is another document");
}
