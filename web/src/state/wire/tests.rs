//! What a session answers is read as what it was, and each name that is asked for travels.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use netpol_labs::{Block, Difficulty, Index, Inline, Shown, Topic};
use netpol_session::Session;
use netpol_session::protocol::{Command, Event, Request, Response, SentFile, SentText};
use netpol_view::Phase;
use netpol_view::contract::{
    Action, Connection, DiagnosticSeverity, DiffKind, FindingSeverity, Hypothetical, IpBlockPods,
    KubernetesVersion, LocatedPart, Options, PeerType, PortsWanted, Position, Proof, Protocol, Span, Summary,
    Tier, UnknownFields,
};
use netpol_view::sheet::{Link, Part};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, to_value};

use super::{Read, Wire, response};
use crate::state::findings::RuleText;
use crate::state::settings::Theme;

/// All variants of an enum.
pub trait Variants: Sized + 'static {
    /// Each once.
    const ALL: &[Self];
}

/// What the page is told; `completions` and `hover` are for the editor, which takes them as they come.
const KINDS: [&str; 17] = [
    "analysis",
    "draft",
    "explanation",
    "graded",
    "lab",
    "located",
    "migration",
    "preview",
    "progress",
    "quiz",
    "reach",
    "sheet",
    "unknown",
    "unknownPeer",
    "verdict",
    "withdrawn",
    "written",
];

/// What was asked for, by the name under which the object is found and the name in it, and whether it ever was there.
type Asked = BTreeMap<(String, &'static str), bool>;

/// A value that notes what is asked of it.
struct Heard {
    value: Value,
    under: String,
    asked: Rc<RefCell<Asked>>,
}

impl Heard {
    fn new(value: Value, asked: &Rc<RefCell<Asked>>) -> Self {
        Self { value, under: String::new(), asked: Rc::clone(asked) }
    }

    fn with(&self, value: Option<&Value>, under: &str) -> Self {
        let value = value.cloned().unwrap_or_default();
        Self { value, under: under.to_owned(), asked: Rc::clone(&self.asked) }
    }
}

impl Wire for Value {
    fn property(&self, name: &'static str) -> Self {
        self.get(name).cloned().unwrap_or_default()
    }

    fn at(&self, place: u32) -> Self {
        self.get(place as usize).cloned().unwrap_or_default()
    }

    fn length(&self) -> u32 {
        self.as_array().map_or(0, |list| list.len() as u32)
    }

    fn entries(&self) -> Vec<(String, Self)> {
        self.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_there(&self) -> bool {
        !self.is_null()
    }
}

impl Wire for Heard {
    fn property(&self, name: &'static str) -> Self {
        let value = self.value.get(name);
        *self.asked.borrow_mut().entry((self.under.clone(), name)).or_default() |=
            value.is_some_and(|value| !value.is_null());
        self.with(value, name)
    }

    fn at(&self, place: u32) -> Self {
        self.with(self.value.get(place as usize), &self.under)
    }

    fn length(&self) -> u32 {
        Wire::length(&self.value)
    }

    fn entries(&self) -> Vec<(String, Self)> {
        let entries = self.value.as_object().into_iter().flatten();
        entries.map(|(name, value)| (name.clone(), self.with(Some(value), name))).collect()
    }

    fn text(&self) -> Option<String> {
        self.value.text()
    }

    fn number(&self) -> Option<f64> {
        self.value.number()
    }

    fn truth(&self) -> Option<bool> {
        self.value.truth()
    }

    fn is_there(&self) -> bool {
        self.value.is_there()
    }
}

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files in a folder of the checkout and below it, sorted, that are called so.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let mut folders = vec![checkout().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.file_name().unwrap().to_str().unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The blocks of YAML in a scenario.
fn blocks(scenario: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for block in scenario.split("\n```yaml ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        blocks.push((name.to_owned(), rest.split("\n```").next().unwrap().to_owned()));
    }
    blocks
}

/// The files of each example.
fn examples() -> Vec<Vec<(String, String)>> {
    let index = fs::read_to_string(checkout().join("examples/index.json")).unwrap();
    let index: Value = serde_json::from_str(&index).unwrap();
    let groups = index["groups"].as_array().unwrap().iter();
    let examples = groups.flat_map(|group| group["examples"].as_array().unwrap());
    let file = |path: &Value| {
        let path = path.as_str().unwrap();
        (path.to_owned(), fs::read_to_string(checkout().join("examples").join(path)).unwrap())
    };
    examples.map(|example| example["files"].as_array().unwrap().iter().map(file).collect()).collect()
}

/// A session, all that it answered, and a clock that moves whenever somebody looks.
#[derive(Default)]
struct Conversation {
    session: Session,
    answers: Vec<Response>,
    time: Cell<f64>,
}

impl Conversation {
    fn say(&mut self, command: Command) {
        self.session.receive(Request { id: 7, command }, 0.0).unwrap();
    }

    fn listen(&mut self) {
        let now = || {
            self.time.set(self.time.get() + 30.0);
            self.time.get()
        };
        self.session.work(now, f64::INFINITY, |answer| self.answers.push(answer.response));
    }

    fn analyze(&mut self, files: &[(String, String)], lab: Option<String>) -> Box<Summary> {
        let sent = |(id, (name, text)): (usize, &(String, String))| SentFile {
            id: id as u32,
            name: name.clone(),
            text: SentText::Whole(text.clone()),
        };
        let files = files.iter().enumerate().map(sent).collect();
        self.say(Command::Analyze { files, options: Options::default(), lab });
        self.listen();
        let summary = self.answers.iter().find_map(|answer| match &answer.event {
            Event::Analysis { summary, .. } => Some(summary.clone()),
            _ => None,
        });
        summary.unwrap()
    }

    /// Asks all that there is to ask, of large inputs of the beginning.
    fn ask(&mut self, files: &[(String, String)], summary: &Summary) {
        let ids = || summary.peers.iter().take(16).map(|peer| &peer.id);
        for (source, destination) in ids().flat_map(|source| ids().map(move |to| (source, to))) {
            let (source, destination) = (source.clone(), destination.clone());
            self.say(Command::Explain { source, destination });
        }
        for (source, destination) in ids().zip(ids().skip(1)) {
            let (source, destination) = (source.clone(), destination.clone());
            self.say(Command::Mend { source, destination, ports: PortsWanted::Declared });
        }
        // Two pods of one workload, by their addresses; and somebody whom there is not.
        for destination in ["10.244.1.5", "nobody"] {
            let (source, destination) = ("10.244.0.5".to_owned(), destination.to_owned());
            let ends = (source.clone(), destination.clone());
            self.say(Command::Reach { source: ends.0, destination: ends.1 });
            self.say(Command::Query {
                connection: Connection { source, destination, protocol: Protocol::Tcp, port: 80 },
            });
        }
        for finding in 0..summary.findings.len().min(12) as u32 {
            self.say(Command::Fix { finding, way: 0 });
            self.say(Command::Silence { finding });
        }
        self.say(Command::Migrate);
        self.say(Command::ExamplePods);
        self.say(Command::Quiz { seed: 1, count: 5 });
        for id in ids() {
            self.say(Command::Describe { id: id.clone(), whole: true });
        }
        for policy in summary.policies.iter().take(8) {
            let namespace =
                policy.object.namespace.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
            let id = format!("{namespace}{}[{}]", policy.object.name, policy.object.kind);
            self.say(Command::Describe { id, whole: true });
        }
        for (file, (_, text)) in files.iter().enumerate() {
            for line in 1..=text.lines().count().min(60) as u32 {
                self.say(Command::Locate { file: file as u32, position: Position { line, column: 7 } });
            }
        }
        self.listen();
    }
}

/// Reads an answer as it travels, and compares.
fn check(mut answer: Response, asked: &Rc<RefCell<Asked>>, kinds: &mut BTreeSet<String>) {
    let value = to_value(&answer).unwrap();
    kinds.insert(value["event"]["type"].as_str().unwrap().to_owned());
    let read = response(&Heard::new(value, asked));
    if let Event::Analysis { summary, .. } = &mut answer.event {
        // It travels beside the rest.
        summary.matrix = Default::default();
        // Written once, in the summary.
        summary.peers.iter_mut().for_each(|peer| peer.namespace_labels = None);
    }
    assert_eq!(read, Some(answer));
}

#[test]
fn what_is_read_is_what_was_told() {
    let (asked, mut kinds) = (Rc::default(), BTreeSet::new());
    let mut inputs = examples();
    inputs.extend(files("tests/scenarios", ".md").iter().map(|(_, text)| blocks(text)));
    for input in &inputs {
        let mut conversation = Conversation::default();
        let summary = conversation.analyze(input, None);
        conversation.ask(input, &summary);
        conversation.answers.into_iter().for_each(|answer| check(answer, &asked, &mut kinds));
    }
    for (name, text) in files("labs", ".md").into_iter().take(2) {
        let mut conversation = Conversation::default();
        let lab = netpol_labs::read(&name, &text).0.unwrap();
        let own = [&lab.cluster, &lab.start, &lab.goals].into_iter().flatten();
        let own = own.map(|own| (own.file.name.clone(), own.file.text.clone()));
        let input: Vec<_> = own.chain([(name, text.clone())]).collect();
        conversation.analyze(&input, Some(text));
        conversation.answers.into_iter().for_each(|answer| check(answer, &asked, &mut kinds));
    }
    let asked = asked.take();
    assert_eq!(kinds, KINDS.map(str::to_owned).into());
    let never: Vec<_> = asked.iter().filter(|(_, found)| !**found).map(|(asked, _)| asked).collect();
    assert!(never.is_empty(), "asked for, and never there: {never:?}");
}

#[test]
fn labs_are_read_as_they_are() {
    let asked = Rc::default();
    for (name, text) in files("labs", ".md") {
        let shown = {
            let lab = netpol_labs::read(&name, &text).0.unwrap();
            lab.shown(&netpol_labs::Grader::new(&lab))
        };
        assert_eq!(Shown::read(&Heard::new(to_value(&shown).unwrap(), &asked)), shown);
    }
}

#[test]
fn what_lies_beside_the_page_is_read_as_it_is() {
    fn all<T: Read + DeserializeOwned + PartialEq + Debug>(json: &str) {
        let list: Vec<T> = serde_json::from_str(json).unwrap();
        assert!(!list.is_empty());
        assert_eq!(read::<Vec<T>>(serde_json::from_str::<Value>(json).unwrap()), list);
    }
    all::<RuleText>(include_str!("../../../rules.json"));
    all::<Index>(include_str!("../../../labs.json"));
}

fn read<T: Read>(value: impl Serialize) -> T {
    T::read(&Heard::new(to_value(value).unwrap(), &Rc::default()))
}

fn all<T: Variants + Read + Serialize + PartialEq + Debug>() {
    for one in T::ALL {
        assert_eq!(read::<T>(one), *one);
    }
}

#[test]
fn each_variant_is_read_by_its_name() {
    all::<PeerType>();
    all::<Protocol>();
    all::<DiagnosticSeverity>();
    all::<FindingSeverity>();
    all::<Proof>();
    all::<DiffKind>();
    all::<LocatedPart>();
    all::<Tier>();
    all::<Action>();
    all::<Topic>();
    all::<Phase>();
    all::<Hypothetical>();
    all::<IpBlockPods>();
    all::<KubernetesVersion>();
    all::<UnknownFields>();
    all::<Theme>();
    for one in [Difficulty::Easy, Difficulty::Medium, Difficulty::Hard] {
        assert_eq!(read::<Difficulty>(one), one);
    }
}

#[test]
fn each_choice_is_read_by_its_name() {
    let here = Position { line: 3, column: 5 };
    let lines = Link::Lines(Span { file: "a.yaml".to_owned(), start: here, end: here });
    let links =
        [Link::Profile("a".to_owned()), Link::Cell("a".to_owned(), "b".to_owned()), Link::Finding(4), lines];
    for link in links.map(Some).into_iter().chain([None]) {
        let part = Part { text: "here".to_owned(), link };
        assert_eq!(read::<Part>(&part), part);
    }
    let words = || vec![Inline::Text("a".to_owned()), Inline::Code("b".to_owned())];
    let inlines = vec![
        Inline::Strong(words()),
        Inline::Emphasis(words()),
        Inline::Link("https://kubernetes.io".to_owned(), words()),
    ];
    let blocks = vec![
        Block::Paragraph(inlines),
        Block::Heading(words()),
        Block::List { ordered: true, items: vec![vec![Block::Paragraph(words())]] },
        Block::Code { language: "yaml".to_owned(), text: "a: 1".to_owned() },
        Block::Quote(vec![Block::Heading(words())]),
    ];
    assert_eq!(read::<Vec<Block>>(&blocks), blocks);
}

#[test]
fn what_is_of_another_type_is_the_default_of_its_own() {
    for value in [Value::Null, 7.into(), "open".into(), vec![1].into(), serde_json::json!({ "allow": 1 })] {
        assert_eq!(read::<Action>(&value), Action::None);
        assert_eq!(read::<Proof>(&value), Proof::Allowed);
        assert_eq!(read::<Summary>(&value), Summary::default());
        let explanation = read::<netpol_view::contract::Explanation>(&value);
        assert!(!explanation.allowed.contains(Protocol::Tcp, 80) && explanation.egress.steps.is_empty());
    }
    assert_eq!(read::<u16>(-1), 0);
    assert_eq!(read::<u16>(70_000), u16::MAX);
    assert_eq!(
        response(&Heard::new(serde_json::json!({ "event": { "type": "unknown" } }), &Rc::default())),
        None
    );
    assert_eq!(
        response(&Heard::new(serde_json::json!({ "id": 1, "event": { "type": "x" } }), &Rc::default())),
        None
    );
}
