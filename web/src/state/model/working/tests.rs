//! Whose text it is, how it is kept, and what the address says.

use super::*;
use crate::state::address::Address;
use crate::state::examples;
use crate::state::message::View;
use crate::state::model::tests::{edited, finish, first_visit, page, start, typed};
use crate::state::work::{LinkDocument, Which};

fn work(model: &mut Model, message: WorkMessage) -> Vec<Effect> {
    model.update(Message::Work(message))
}

fn texts(model: &Model) -> Vec<String> {
    model.files.sources().into_iter().map(|file| file.text).collect()
}

fn saves(effects: &[Effect]) -> Vec<Keep> {
    let save = |effect: &Effect| match effect {
        Effect::Work(WorkEffect::Save(keep)) => Some(keep.clone()),
        _ => None,
    };
    effects.iter().filter_map(save).collect()
}

fn address(effects: &[Effect]) -> Option<(&str, bool)> {
    effects.iter().find_map(|effect| match effect {
        Effect::Work(WorkEffect::Address { text, push, .. }) => Some((text.as_str(), *push)),
        _ => None,
    })
}

fn due(effects: &[Effect]) -> Option<WorkMessage> {
    effects.iter().find_map(|effect| match effect {
        Effect::After(_, message) => match &**message {
            Message::Work(due @ WorkMessage::Due(_)) => Some(due.clone()),
            _ => None,
        },
        _ => None,
    })
}

/// Two files of the editor's menu; the first is fetched.
fn example() -> (Place, Vec<(String, String)>) {
    let example = examples::all().find(|example| example.sources().is_none()).unwrap();
    let files = ["one", "two"].map(|text| (format!("{text}.yaml"), text.to_owned()));
    (Place::Example(example), files.to_vec())
}

fn open(model: &mut Model, place: &Place, files: &[(String, String)]) -> Vec<Effect> {
    work(model, WorkMessage::Go(place.clone()));
    let opened =
        Opened { place: place.clone(), original: Some(files.to_vec()), kept: None, link: None, lab: None };
    work(model, WorkMessage::Opened(Ok(Box::new(opened))))
}

fn undo(model: &mut Model) -> Vec<Effect> {
    model.update(Message::UndoLast)
}

#[test]
fn only_the_last_change_is_kept_and_nothing_that_was_not_changed() {
    let mut model = page();
    let file = model.files.active();
    assert_eq!(work(&mut model, WorkMessage::Leaving(true)), []);
    let first = due(&model.update(edited(file, "1"))).unwrap();
    let second = due(&model.update(edited(file, "2"))).unwrap();
    assert_eq!(work(&mut model, first), []);
    let effects = work(&mut model, second);
    let [keep] = &saves(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(keep.slot, "own/before");
    work(&mut model, WorkMessage::Saved(keep.slot.clone(), keep.change, Saved::Kept));
    assert_eq!(work(&mut model, WorkMessage::Leaving(true)), [], "it is kept");
    model.update(edited(file, "3"));
    let effects = work(&mut model, WorkMessage::Leaving(true));
    assert!(matches!(&effects[..], [Effect::Work(WorkEffect::Leave(_))]), "{effects:?}");
    let second = model.files.iter().nth(1).unwrap().id;
    let kept = model.work.change;
    model.update(Message::SelectFile(second));
    assert_eq!(model.work.change, kept, "a look at another file is no change");
}

#[test]
fn what_is_pasted_over_an_example_takes_the_place_of_all_of_it() {
    let mut model = page();
    let (place, files) = example();
    open(&mut model, &place, &files);
    let file = model.files.active();
    let effects = model.update(edited(file, "kind: Pod\n"));
    assert_eq!(texts(&model), ["kind: Pod\n"]);
    assert_eq!(&*model.files.active_name(), PASTED);
    assert!(model.work.place.is_own());
    assert_eq!(address(&effects), Some(("", true)), "the address is no longer the example's");
    undo(&mut model);
    assert_eq!(texts(&model), ["one", "two"]);
    assert_eq!(model.work.place, place);
}

#[test]
fn what_is_typed_into_an_emptied_example_takes_its_place_too() {
    let mut model = page();
    let (place, files) = example();
    open(&mut model, &place, &files);
    let file = model.files.active();
    model.update(edited(file, ""));
    assert_eq!(texts(&model), ["", "two"], "what is left of it stays for now");
    let effects = model.update(edited(file, "a"));
    assert_eq!(texts(&model), ["a"]);
    assert_eq!(model.files.active(), file, "the cursor stays where it is");
    let emptied = saves(&effects);
    assert!(emptied.iter().any(|keep| keep.slot == place.slot() && keep.files.is_none()), "{emptied:?}");
}

#[test]
fn undoing_a_paste_in_the_editor_brings_the_example_back() {
    let mut model = page();
    let (place, files) = example();
    open(&mut model, &place, &files);
    let file = model.files.active();
    model.update(edited(file, "kind: Pod\n"));
    model.update(edited(file, "one"));
    assert_eq!(texts(&model), ["one", "two"]);
    assert_eq!(model.work.place, place);
}

#[test]
fn an_example_that_was_changed_is_kept_in_its_own_slot() {
    let mut model = page();
    let (place, files) = example();
    open(&mut model, &place, &files);
    let file = model.files.active();
    let change = Change { from: 3, to: 3, insert: "more".into() };
    let effects = model.update(Message::Edited(file, vec![change], 7));
    assert_eq!(texts(&model), ["onemore", "two"]);
    let effects = work(&mut model, due(&effects).unwrap());
    let [keep] = &saves(&effects)[..] else { panic!("{effects:?}") };
    assert!(keep.slot == place.slot() && keep.files.is_some());
    // Pasting over it now replaces that file only.
    model.update(edited(file, "kind: Pod\n"));
    assert_eq!(texts(&model), ["kind: Pod\n", "two"]);
    // As it was again, nothing need be kept.
    let effects = model.update(edited(file, "one"));
    let effects = work(&mut model, due(&effects).unwrap());
    assert!(saves(&effects)[0].files.is_none());
}

#[test]
fn changes_go_to_the_place_that_was_left() {
    let mut model = page();
    model.update(edited(model.files.active(), "typed"));
    let (place, files) = example();
    let effects = work(&mut model, WorkMessage::Go(place.clone()));
    assert_eq!(saves(&effects)[0].slot, "own/before");
    model.update(edited(model.files.active(), "typed while it was fetched"));
    let opened = Opened { place, original: Some(files), kept: None, link: None, lab: None };
    let effects = work(&mut model, WorkMessage::Opened(Ok(Box::new(opened))));
    let [keep] = &saves(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(keep.slot, "own/before");
    let kept = keep.files.as_ref().unwrap().sources();
    assert_eq!(kept[0].text, "typed while it was fetched");
    undo(&mut model);
    assert_eq!(texts(&model)[0], "typed while it was fetched");
}

#[test]
fn only_the_last_place_that_was_chosen_is_opened() {
    let mut model = page();
    let mut all = examples::all().filter(|example| example.sources().is_none()).map(Place::Example);
    let [first, second] = [all.next().unwrap(), all.next().unwrap()];
    work(&mut model, WorkMessage::Go(first.clone()));
    work(&mut model, WorkMessage::Go(second.clone()));
    let opened = |place: &Place, text: &str| {
        let original = Some(vec![("a.yaml".to_owned(), text.to_owned())]);
        WorkMessage::Opened(Ok(Box::new(Opened {
            place: place.clone(),
            original,
            kept: None,
            link: None,
            lab: None,
        })))
    };
    work(&mut model, opened(&first, "first"));
    assert_eq!(model.files.len(), 2, "as it was");
    work(&mut model, opened(&second, "second"));
    assert_eq!(texts(&model), ["second"]);
    // One that cannot be had leaves everything as it is.
    work(&mut model, WorkMessage::Go(first.clone()));
    work(&mut model, WorkMessage::Opened(Err((first, "it could not be loaded".into()))));
    assert_eq!(texts(&model), ["second"]);
    assert!(model.toasts.iter().any(|toast| toast.text.contains("could not be loaded")));
}

#[test]
fn what_is_empty_is_shown_where_it_is_written() {
    let mut model = page();
    let (place, _) = example();
    for (text, pane) in [("", Pane::Manifests), ("a: 1", Pane::Results)] {
        model.update(Message::SetPane(Pane::Results));
        open(&mut model, &Place::Rule("NP101".into()), &[("a.yaml".into(), "a".into())]);
        open(&mut model, &place, &[("a.yaml".into(), text.into())]);
        assert_eq!(model.pane, pane, "{text}");
    }
}

#[test]
fn dropped_files_stand_alone_beside_an_example_and_join_ones_own() {
    let dropped = || vec![("c.yaml".to_owned(), "c".into())];
    let mut model = page();
    model.update(Message::OpenFiles(dropped()));
    assert_eq!(texts(&model), ["a", "b", "c"]);
    let several = dropped().into_iter().chain(dropped()).collect();
    model.update(Message::OpenFiles(several));
    assert_eq!(texts(&model), ["a", "b", "c", "c", "c"]);
    undo(&mut model);
    assert_eq!(texts(&model), ["a", "b", "c"]);
    // And had back together.
    assert_eq!(model.toasts.newest().map(|toast| toast.text.as_str()), Some("Closed 2 files"));
    undo(&mut model);
    assert_eq!(texts(&model), ["a", "b", "c", "c", "c"]);
    let names: Vec<&str> = model.files.iter().map(|file| &*file.name).collect();
    assert_eq!(names, ["a.yaml", "b.yaml", "c.yaml", "c-2.yaml", "c-3.yaml"]);
    let (place, files) = example();
    open(&mut model, &place, &files);
    model.update(Message::OpenFiles(dropped()));
    assert_eq!(texts(&model), ["c"]);
    assert!(model.work.place.is_own());
    undo(&mut model);
    assert_eq!((texts(&model).len(), &model.work.place), (2, &place));
}

#[test]
fn a_new_text_takes_the_place_of_none() {
    let mut model = page();
    model.update(edited(model.files.active(), "typed"));
    let effects = work(&mut model, WorkMessage::New);
    let slots: Vec<String> = saves(&effects).into_iter().map(|keep| keep.slot).collect();
    assert_eq!(slots, ["own/before", "own/tab.1"]);
    assert!(model.files.is_blank());
    work(&mut model, WorkMessage::Recalled(None));
    undo(&mut model);
    assert_eq!(texts(&model), ["typed", "b"]);
}

#[test]
fn an_empty_text_is_not_begun_anew() {
    let mut model = page();
    work(&mut model, WorkMessage::New);
    let place = model.work.place.clone();
    let effects = work(&mut model, WorkMessage::New);
    assert_eq!(model.work.place, place);
    assert_eq!(effects, [Effect::Focus(EDITOR.to_owned())], "one can type at once");
}

#[test]
fn a_file_that_came_by_a_button_goes_again() {
    let mut model = page();
    work(&mut model, WorkMessage::Pasted(Some("kind: Pod".into())));
    assert_eq!(texts(&model), ["a", "b", "kind: Pod"]);
    undo(&mut model);
    assert_eq!(texts(&model), ["a", "b"]);
    let effects = work(&mut model, WorkMessage::Pasted(Some(" ".into())));
    assert!(saves(&effects).is_empty() && texts(&model).len() == 2);
}

#[test]
fn forgetting_all_keeps_what_is_in_sight() {
    let mut model = page();
    let effects = work(&mut model, WorkMessage::ForgetAll);
    assert_eq!(effects, [Effect::Work(WorkEffect::ForgetAllBut("own/before".into()))]);
}

#[test]
fn two_tabs_never_write_over_each_other() {
    let mut model = page();
    work(&mut model, WorkMessage::WrittenElsewhere("own/another".into()));
    assert!(!model.work.elsewhere);
    work(&mut model, WorkMessage::WrittenElsewhere("own/before".into()));
    assert!(model.work.elsewhere);
    // What is typed all the same becomes a text of its own.
    let effects = model.update(edited(model.files.active(), "mine"));
    let effects = work(&mut model, due(&effects).unwrap());
    let Keep { slot, change, .. } = saves(&effects)[0].clone();
    let effects = work(&mut model, WorkMessage::Saved(slot, change, Saved::Elsewhere));
    let [keep] = &saves(&effects)[..] else { panic!("{effects:?}") };
    assert_eq!(keep.slot, "own/tab.1");
    assert_eq!(texts(&model)[0], "mine");
    assert!(!model.work.elsewhere);
    // What the other has is shown when it is asked for.
    work(&mut model, WorkMessage::WrittenElsewhere("own/tab.1".into()));
    let effects = work(&mut model, WorkMessage::TakeElsewhere);
    assert!(effects.contains(&Effect::Work(WorkEffect::Open(Place::Own("tab.1".into()), None))));
}

#[test]
fn only_a_long_text_that_is_not_written_makes_leaving_a_question() {
    let mut model = page();
    let file = model.files.active();
    model.update(edited(file, "short"));
    assert!(!model.might_lose());
    let effects = model.update(edited(file, &"long ".repeat(500_000)));
    assert!(model.might_lose());
    let effects = work(&mut model, due(&effects).unwrap());
    let Keep { slot, change, .. } = saves(&effects)[0].clone();
    work(&mut model, WorkMessage::Saved(slot, change, Saved::Kept));
    assert!(!model.might_lose());
}

#[test]
fn what_cannot_be_kept_is_said_until_it_can() {
    let mut model = page();
    let failed = |text: &str| WorkMessage::Saved("own/before".into(), 1, Saved::Failed(text.into()));
    work(&mut model, failed("full"));
    assert_eq!(model.work.not_kept.as_deref(), Some("full"));
    work(&mut model, WorkMessage::Saved("own/before".into(), 1, Saved::Kept));
    assert_eq!(model.work.not_kept, None);
}

#[test]
fn the_address_says_where_one_is_and_nothing_that_was_typed() {
    let mut model = page();
    let view = |model: &mut Model, view| model.update(Message::SetView(view));
    assert_eq!(address(&view(&mut model, View::Findings)), Some(("?view=findings", false)));
    assert_eq!(address(&view(&mut model, View::Matrix)), Some(("", false)));
    let cell = || Message::OpenCell("shop/cart[Deployment]".into(), "data/redis[Deployment]".into());
    assert_eq!(address(&model.update(cell())), Some(("", false)), "names of one's own are in no address");

    let (place, files) = example();
    let effects = open(&mut model, &place, &files);
    let id = place.slot().replace("example/", "");
    assert_eq!(address(&effects), Some((format!("?example={id}").as_str(), true)));
    let effects = model.update(cell());
    let (text, _) = address(&effects).unwrap();
    assert_eq!(text, format!("?example={id}&cell=shop/cart%5BDeployment%5D~data/redis%5BDeployment%5D"));
    let change = Change { from: 0, to: 0, insert: "x".into() };
    let effects = model.update(Message::Edited(model.files.active(), vec![change], 4));
    assert_eq!(address(&effects), Some((format!("?example={id}").as_str(), false)));
}

#[test]
fn a_first_visit_keeps_the_bare_address() {
    let (mut model, effects) = Model::start(first_visit());
    assert_eq!(address(&effects), Some(("", false)));
    assert_eq!(address(&model.update(Message::SetView(View::Findings))), Some(("?view=findings", false)));
    let effects = open(&mut model, &Place::first(), &[("a.yaml".into(), "a".into())]);
    assert_eq!(address(&effects).map(|(text, _)| text.contains("example")), None, "it is there already");
}

#[test]
fn going_back_and_on_writes_nothing_over_the_way() {
    let mut model = page();
    let (place, files) = example();
    open(&mut model, &place, &files);
    let back = WorkMessage::Navigated(Address::default(), Some("own/before".into()), None);
    let effects = work(&mut model, back);
    let own = Place::Own("before".into());
    assert!(effects.contains(&Effect::Work(WorkEffect::Open(own.clone(), None))));
    assert_eq!(address(&effects), None);
    let opened = Opened { place: own.clone(), original: None, kept: None, link: None, lab: None };
    let effects = work(&mut model, WorkMessage::Opened(Ok(Box::new(opened))));
    assert_eq!(model.work.place, own);
    assert!(address(&effects).is_none_or(|(text, push)| text.is_empty() && !push));
    // What cannot be opened leaves the address of what is in sight.
    let link = Place::Link("9abc".into());
    work(&mut model, WorkMessage::Navigated(Address::parse("", "#9abc"), None, None));
    let effects = work(&mut model, WorkMessage::Opened(Err((link, "broken".into()))));
    assert_eq!(address(&effects), Some(("", false)));
}

#[test]
fn a_cell_of_the_address_is_opened_when_there_is_a_result() {
    let mut files = Files::default();
    files.replace(vec![("a.yaml".into(), "a".into())]);
    let kept = Some(FilesDocument::from(&files));
    let own = Opened { place: Place::Own("before".into()), original: None, kept, link: None, lab: None };
    let cell = Some(("shop/cart[Deployment]".into(), "data/redis[Deployment]".into()));
    let (mut model, _) = Model::start(Start { cell, ..start(own) });
    let effects = model.update(Message::WorkerReady(1));
    assert!(model.why.is_none());
    finish(&mut model, &effects);
    assert_eq!(model.why.as_ref().map(|why| why.destination.as_str()), Some("data/redis[Deployment]"));
    let effects = typed(&mut model, "b");
    model.update(Message::CloseWhy);
    finish(&mut model, &effects);
    assert!(model.why.is_none(), "it was closed");
}

#[test]
fn a_link_brings_its_options_for_as_long_as_it_is_in_sight() {
    let mut model = page();
    let own = model.settings.options;
    let others =
        netpol_view::contract::Options { hypothetical: netpol_view::contract::Hypothetical::Never, ..own };
    let mut files = Files::default();
    files.replace(vec![("a.yaml".into(), "a".into()), ("b.yaml".into(), "b".into())]);
    files.select_nth(1);
    let document = LinkDocument::new(&files, others, Some("findings"), None);
    let place = Place::Link("1abc".into());
    work(&mut model, WorkMessage::Go(place.clone()));
    let original = document.files();
    let opened = Opened { place, original, kept: None, link: Some(Box::new(document)), lab: None };
    let effects = work(&mut model, WorkMessage::Opened(Ok(Box::new(opened))));
    assert_eq!((model.settings.options, model.view), (others, View::Findings));
    assert_eq!(&*model.files.active_name(), "b.yaml");
    assert_eq!(address(&effects), Some(("?view=findings#1abc", true)));
    let effects = model.update(Message::SetTheme(crate::state::settings::Theme::Dark));
    let saved = effects.iter().find_map(|effect| match effect {
        Effect::After(_, message) if matches!(**message, Message::SaveSettingsDue(_)) => {
            Some((**message).clone())
        }
        _ => None,
    });
    let effects = model.update(saved.unwrap());
    let [Effect::SaveSettings(document)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(document.clone().settings().unwrap().options, own);
    undo(&mut model);
    assert_eq!(model.settings.options, own);
}

#[test]
fn a_link_holds_what_is_in_sight_and_is_not_made_too_long() {
    let mut model = page();
    model.update(Message::OpenCell("a".into(), "b".into()));
    let effects = work(&mut model, WorkMessage::WantLink);
    let [Effect::Work(WorkEffect::MakeLink(document))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(document.cell, Some(("a".into(), "b".into())));
    assert_eq!(document.files().unwrap().len(), 2);
    work(&mut model, WorkMessage::LinkMade(Ok("https://host/#1abc".into())));
    let effects = work(&mut model, WorkMessage::CopyLink);
    assert_eq!(effects, [Effect::Work(WorkEffect::Copy("https://host/#1abc".into()))]);
    work(&mut model, WorkMessage::LinkMade(Ok("x".repeat(LONGEST_LINK + 1))));
    assert!(matches!(&model.work.link, Some(Err(reason)) if reason.contains("too long")));
}

#[test]
fn all_files_go_out_as_one() {
    let mut model = page();
    let effects = work(&mut model, WorkMessage::Download(Which::All));
    let text = "# a.yaml\na\n---\n# b.yaml\nb\n".to_owned();
    assert_eq!(effects, [Effect::Work(WorkEffect::Download("manifests.yaml".into(), text))]);
    let effects = work(&mut model, WorkMessage::Copy(Which::One));
    assert_eq!(effects, [Effect::Work(WorkEffect::Copy("a".into()))]);
}

#[test]
fn a_file_of_another_origin_is_fetched_only_when_somebody_says_so() {
    let foreign =
        crate::state::work::Foreign { url: "https://host/a.yaml".into(), origin: "https://host".into() };
    let (mut model, effects) = Model::start(Start { foreign: Some(foreign), ..first_visit() });
    let fetches =
        |effects: &[Effect]| effects.iter().any(|it| matches!(it, Effect::Work(WorkEffect::FetchForeign(_))));
    assert!(!fetches(&effects));
    let mut other = model.clone();
    assert!(!fetches(&work(&mut other, WorkMessage::OpenForeign(false))) && other.work.foreign.is_none());
    assert!(fetches(&work(&mut model, WorkMessage::OpenForeign(true))));
    work(&mut model, WorkMessage::ForeignFetched(Ok(("a.yaml".into(), "kind: Pod".into()))));
    assert_eq!(texts(&model), ["kind: Pod"]);
    assert!(model.work.place.is_own());
}

/// A page within another one, that was handed a file.
fn embedded(at: &str) -> Model {
    let files = vec![("theirs.yaml".to_owned(), "theirs".to_owned())];
    let opened = Opened { place: Place::Handed, original: Some(files), kept: None, link: None, lab: None };
    let (mut model, effects) = Model::start(Start { address: Address::parse(at, ""), ..start(opened) });
    assert_eq!(address(&effects), Some((at, false)));
    let effects = model.update(Message::WorkerReady(1));
    finish(&mut model, &effects);
    model
}

fn told(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Tell(_))).count()
}

#[test]
fn what_the_page_around_hands_over_takes_the_place_of_what_is_shown() {
    let mut model = embedded("?embed=1");
    assert_eq!(texts(&model), ["theirs"]);
    let files =
        |text: &str| vec![("b.yaml".to_owned(), text.to_owned()), ("c.yaml".to_owned(), String::new())];
    let effects = work(&mut model, WorkMessage::Handed(files("other")));
    assert_eq!(texts(&model), ["other", ""]);
    assert_eq!(model.heading().note, "");
    assert!(model.is_untouched() && model.toasts.newest().is_none(), "nothing is lost");
    assert_eq!(saves(&effects), []);

    model.update(edited(model.files.active(), "otherwise"));
    assert_eq!(texts(&model), ["otherwise", ""], "the other file stays");
    assert_eq!(model.heading().note, "with your changes");
    work(&mut model, WorkMessage::Handed(files("third")));
    assert_eq!(texts(&model), ["third", ""]);
    undo(&mut model);
    assert_eq!(texts(&model), ["otherwise", ""]);
}

#[test]
fn only_an_embedded_page_tells_what_comes_of_the_text() {
    let mut model = embedded("?embed=matrix");
    let effects = typed(&mut model, "x");
    assert_eq!(told(&finish(&mut model, &effects)), 1);
    let mut model = page();
    let effects = typed(&mut model, "x");
    assert_eq!(told(&finish(&mut model, &effects)), 0);
}

#[test]
fn the_way_out_of_an_embedded_page_carries_what_was_handed_over_or_changed() {
    let mut model = embedded("?embed=1&theme=dark");
    assert_eq!(model.way_out(), None);
    let effects = typed(&mut model, "x");
    assert_eq!(model.way_out(), None);
    let effects = finish(&mut model, &effects);
    let carried = effects.iter().any(|effect| matches!(effect, Effect::Work(WorkEffect::MakeLink(_))));
    assert!(carried);
    work(&mut model, WorkMessage::LinkMade(Ok("https://host/#1abc".into())));
    assert_eq!(model.way_out().as_deref(), Some("https://host/#1abc"));

    let (place, files) = example();
    open(&mut model, &place, &files);
    let named = model.way_out().unwrap();
    assert!(named.starts_with("./?example=") && !named.contains("embed"), "{named}");
    typed(&mut model, "changed");
    assert_eq!(model.way_out(), None, "its name does not say that any more");
    assert_eq!(page().way_out(), None);
}
