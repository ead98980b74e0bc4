//! Questions: asked, answered, kept and asked again.

use netpol_session::protocol::{Command, Event};
use netpol_view::contract::{Connection, EndVerdict, Explanation, PortsWanted, Protocol};

use super::*;
use crate::state::fixture;
use crate::state::message::Message;
use crate::state::model::tests::{answer, finish, page, request, typed};
use crate::state::panel::Mended;

const CART: &str = "shop/cart[Deployment]";
const REDIS: &str = "data/redis[Deployment]";

fn question(port: Option<u16>) -> Question {
    let port = port.map(|port| PortChoice { protocol: Protocol::Tcp, port });
    Question { source: "shop/cart".into(), destination: "redis".into(), port }
}

fn ask(model: &mut Model, question: &Question) -> (u32, Command) {
    let effects = model.update(Message::Ask(Typed::from(question)));
    let (id, command) = request(&effects).unwrap();
    (id, command.clone())
}

fn verdict(allowed: bool) -> Event {
    let end = |allowed| EndVerdict { allowed, isolated: false, steps: Vec::new() };
    let connection =
        Connection { source: CART.into(), destination: REDIS.into(), protocol: Protocol::Tcp, port: 6379 };
    Event::Verdict {
        verdict: Box::new(Verdict {
            not_evaluated: false,
            allowed,
            connection,
            source_pod: None,
            destination_pod: None,
            egress: end(true),
            ingress: end(allowed),
            caveats: Vec::new(),
        }),
    }
}

fn reach() -> Event {
    let end = || netpol_view::contract::DirectionTrace {
        allowed: fixture::tcp(&[(80, 80)]),
        isolated: true,
        steps: Vec::new(),
    };
    let explanation = Explanation {
        allowed: fixture::tcp(&[(80, 80)]),
        not_evaluated: false,
        egress: end(),
        ingress: end(),
        caveats: Vec::new(),
        obstacle: None,
        mend: None,
    };
    let (source, destination) = (CART.into(), REDIS.into());
    Event::Reach {
        reach: Box::new(Reach { source, destination, source_pod: None, destination_pod: None, explanation }),
    }
}

fn standings(model: &Model) -> Vec<Standing> {
    model.query.as_ref().unwrap().kept.iter().map(|kept| kept.standing.clone()).collect()
}

#[test]
fn a_question_begins_with_the_open_cell_and_takes_its_place() {
    let mut model = page();
    let open = || Message::OpenCell(CART.into(), REDIS.into());
    model.update(open());
    model.update(Message::OpenQuery);
    let typed = model.query.clone().unwrap().typed;
    assert_eq!((&typed.source[..], &typed.destination[..], &typed.port[..]), ("shop/cart", "data/redis", ""));
    assert_eq!(model.why, None);
    model.update(open());
    assert_eq!(model.query, None);
}

#[test]
fn a_question_is_asked_again_of_a_newer_analysis() {
    let mut model = page();
    model.update(Message::OpenQuery);
    let (id, command) = ask(&mut model, &question(Some(6379)));
    assert!(matches!(command, Command::Query { connection } if connection.port == 6379));
    answer(&mut model, id, verdict(true));
    let answered = |model: &Model| matches!(model.query.as_ref().unwrap().state, QueryState::Answered(_));
    assert!(answered(&model));
    let analysis = typed(&mut model, "x");
    let effects = finish(&mut model, &analysis);
    assert!(answered(&model), "the old answer stays in sight");
    let (again, _) = request(&effects).unwrap();
    answer(&mut model, again, Event::UnknownPeer { message: "`redis` is gone".into() });
    assert_eq!(model.query.as_ref().unwrap().state, QueryState::Failed("`redis` is gone".into()));
    model.update(Message::CloseQuery);
    assert_eq!(model.query, None);
}

#[test]
fn without_a_port_all_ports_are_asked_about() {
    let mut model = page();
    let (id, command) = ask(&mut model, &question(None));
    assert_eq!(command, Command::Reach { source: "shop/cart".into(), destination: "redis".into() });
    answer(&mut model, id, reach());
    let query = model.query.as_ref().unwrap();
    assert!(matches!(query.state, QueryState::Reached(_)));
    assert_eq!(query.ends(), Some((CART, REDIS)));
    assert_eq!(standings(&model), [Standing::Some("TCP 80".into())]);
}

#[test]
fn a_port_that_is_none_takes_the_old_answer_away() {
    let mut model = page();
    let (id, _) = ask(&mut model, &question(Some(80)));
    answer(&mut model, id, verdict(true));
    let wrong = Typed { port: "99999".into(), ..Typed::from(&question(None)) };
    let effects = model.update(Message::Ask(wrong.clone()));
    assert_eq!(request(&effects), None);
    let query = model.query.as_ref().unwrap();
    assert_eq!(query.typed, wrong);
    assert!(matches!(&query.state, QueryState::Failed(words) if words.starts_with("`99999` is not a port")));
    assert_eq!(query.ends(), None, "its cell is marked no longer");
}

#[test]
fn the_cell_that_is_asked_about_is_hidden_by_nothing() {
    let mut model = page();
    model.update(Message::SetFilter("nothing".into()));
    let (id, _) = ask(&mut model, &question(Some(80)));
    answer(&mut model, id, verdict(false));
    assert!(model.filter.is_empty());
    assert_eq!(model.unfolded, ["shop", "data"]);
}

#[test]
fn a_no_offers_the_change_that_allows_it() {
    let mut model = page();
    let (id, _) = ask(&mut model, &question(Some(80)));
    answer(&mut model, id, verdict(false));
    let effects = model.update(Message::Propose(Mended::Cell(PortsWanted::Every)));
    let (source, destination) = (CART.into(), REDIS.into());
    let mend = Command::Mend { source, destination, ports: PortsWanted::Every };
    assert_eq!(request(&effects).unwrap().1, &mend);
    ask(&mut model, &question(None));
    assert_eq!(model.proposal, None, "it is about another question");
}

#[test]
fn questions_are_kept_and_say_how_they_stand_after_each_analysis() {
    let mut model = page();
    for port in [80, 81] {
        let (id, _) = ask(&mut model, &question(Some(port)));
        answer(&mut model, id, verdict(port == 80));
    }
    assert_eq!(model.settings.questions, [question(Some(81)), question(Some(80))]);
    assert_eq!(standings(&model), [Standing::No, Standing::Yes]);
    let analysis = typed(&mut model, "x");
    let effects = finish(&mut model, &analysis);
    let asked: Vec<u32> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(request) => Some(request.id),
            _ => None,
        })
        .collect();
    let [_, first, second] = asked[..] else { panic!("the open one and two that are kept: {asked:?}") };
    answer(&mut model, first, verdict(true));
    answer(&mut model, second, Event::UnknownPeer { message: String::new() });
    assert_eq!(standings(&model), [Standing::Yes, Standing::Unknown]);
    assert!(matches!(model.query.as_ref().unwrap().state, QueryState::Answered(_)));
    model.update(Message::ForgetQuestion(0));
    assert_eq!(model.settings.questions, [question(Some(80))]);
    assert_eq!(standings(&model), [Standing::Unknown]);
}

#[test]
fn a_question_that_names_nobody_is_not_kept() {
    let mut model = page();
    let (id, _) = ask(&mut model, &question(Some(80)));
    answer(&mut model, id, Event::UnknownPeer { message: "who".into() });
    assert!(model.settings.questions.is_empty());
}

#[test]
fn a_question_that_is_asked_twice_is_kept_once() {
    let mut model = page();
    for port in [80, 81, 80] {
        let (id, _) = ask(&mut model, &question(Some(port)));
        answer(&mut model, id, verdict(port == 80));
    }
    assert_eq!(model.settings.questions, [question(Some(80)), question(Some(81))]);
    assert_eq!(standings(&model), [Standing::Yes, Standing::No]);
}

#[test]
fn a_question_without_an_answer_says_so() {
    let mut model = page();
    let effects = model.update(Message::Ask(Typed::from(&question(Some(80)))));
    let (id, _) = request(&effects).unwrap();
    let look = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::After(_, message) if matches!(**message, Message::CheckAnswer(..)) => {
                Some((**message).clone())
            }
            _ => None,
        })
    };
    let first = look(&effects).expect("it is looked for");
    // A worker that is heard is only slow.
    let beat = Event::Progress { phase: netpol_view::Phase::Finding, done: 0.5 };
    answer(&mut model, id, beat);
    let second = look(&model.update(first)).expect("it is given more time");
    assert_eq!(model.query.as_ref().unwrap().state, QueryState::Asked);
    assert_eq!(model.update(second), []);
    assert!(matches!(model.query.unwrap().state, QueryState::Failed(_)));
}
