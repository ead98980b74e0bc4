//! The worker that analyses.

use js_sys::{Array, JSON, Reflect, Uint8Array, Uint32Array};
use netpol_session::protocol::{Event, Graded, Question, Request, Response};
use netpol_view::Reach;
use netpol_view::contract::{ClassMatrix, Protocol, Reference, RuleSummary, Span, Summary};
use netpol_view::sheet::{Line, Link, Part, Section, Sheet};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, WorkerOptions, WorkerType};
use yew::Callback;

use super::{dom, labs};
use crate::state::message::Message;

/// Numbers from here on are of what the editor asks; the model's questions have those below.
const ASKED_BY_EDITOR: u32 = 1 << 31;

/// What the worker answered to the editor: the number of the question, and the event as it came.
#[derive(Debug)]
pub struct Told {
    /// The number.
    pub ticket: u32,
    /// The event.
    pub event: JsValue,
}

/// A worker; it ends when this is dropped.
pub struct Worker {
    worker: web_sys::Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(web_sys::Event)>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

impl Worker {
    /// Starts a worker; `None` when the browser starts none.
    ///
    /// `told` gets the answers to what the editor asked, everything else is the model's.
    pub fn start(generation: u32, dispatch: Callback<Message>, told: Callback<Told>) -> Option<Self> {
        let script = dom::meta("netpol-worker").unwrap_or_else(|| "./netpol-worker_loader.js".to_owned());
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(&script, &options).ok()?;

        let answers = dispatch.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            let id = property(&data, "id").as_f64().map_or(0, |id| id as u32);
            if id >= ASKED_BY_EDITOR {
                let event = property(&data, "event");
                told.emit(Told { ticket: id - ASKED_BY_EDITOR, event });
            } else {
                answers.emit(message(generation, &data));
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            event.prevent_default();
            dispatch.emit(Message::WorkerDied(generation));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends what the editor asks, a command as the protocol writes it.
    pub fn ask(&self, ticket: u32, command: &JsValue) {
        let message = js_sys::Object::new();
        let id = ASKED_BY_EDITOR.saturating_add(ticket % ASKED_BY_EDITOR);
        // Setting a property of a plain object does not fail; what cannot be sent is not answered.
        let _ = Reflect::set(&message, &"id".into(), &id.into());
        let _ = Reflect::set(&message, &"command".into(), command);
        let _ = self.worker.post_message(&message);
    }

    /// Sends a request; what cannot be sent ends like a worker that does not answer.
    pub fn send(&self, request: &Request) {
        let serializer = Serializer::new().serialize_maps_as_objects(true);
        if let Ok(message) = request.serialize(&serializer) {
            let _ = self.worker.post_message(&message);
        }
    }
}

fn message(generation: u32, data: &JsValue) -> Message {
    if data.as_string().as_deref() == Some("ready") {
        return Message::WorkerReady(generation);
    }
    match response(data) {
        Ok(Some(response)) => Message::WorkerAnswered(generation, Box::new(response)),
        // A worker that speaks another language is of no use.
        Ok(None) | Err(_) => Message::WorkerDied(generation),
    }
}

/// A result that was made when the page was built; `None` where it cannot be read.
pub fn read(json: &str) -> Option<Box<Summary>> {
    let value = JSON::parse(json).ok()?;
    summary(&property(&value, "summary"), &property(&value, "matrix")).ok()
}

/// A summary with the matrix that travels beside it.
fn summary(value: &JsValue, parts: &JsValue) -> Result<Box<Summary>, serde_wasm_bindgen::Error> {
    let mut summary: Box<Summary> = Box::new(serde_wasm_bindgen::from_value(value.clone())?);
    summary.matrix = matrix(parts).into();
    summary.rules = Array::from(&property(value, "rules")).iter().map(|one| rule(&one)).collect();
    summary.share_rules();
    Ok(summary)
}

/// What all findings of a rule have in common.
fn rule(rule: &JsValue) -> RuleSummary {
    let reference = |one: JsValue| Reference { standard: text(&one, "standard"), id: text(&one, "id") };
    let references = Array::from(&property(rule, "references")).iter().map(reference).collect();
    RuleSummary { code: text(rule, "code"), help: text(rule, "help").into(), references }
}

/// The matrix that travels beside an analysis.
fn matrix(parts: &JsValue) -> ClassMatrix {
    let numbers = |name: &str| Uint32Array::new(&property(parts, name)).to_vec();
    let bytes = |name: &str| Uint8Array::new(&property(parts, name)).to_vec();
    let somewhere = numbers("somewhere");
    ClassMatrix {
        class_of: numbers("classOf"),
        count: property(parts, "count").as_f64().unwrap_or_default() as usize,
        cells: numbers("cells"),
        uncertain: bytes("uncertain"),
        alone: bytes("alone"),
        node_of: numbers("nodeOf"),
        on_node: bytes("onNode"),
        somewhere: somewhere
            .chunks_exact(2)
            .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
            .collect(),
    }
}

/// What there is to say of a peer or a policy.
fn sheet(value: &JsValue) -> Sheet {
    Sheet {
        kind: text(value, "kind"),
        title: text(value, "title"),
        place: span(property(value, "place")),
        sections: list(value, "sections").map(section).collect(),
        is_part: property(value, "is_part").is_truthy(),
    }
}

fn span(value: JsValue) -> Option<Span> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// Lines under a heading.
fn section(one: JsValue) -> Section {
    let link = |value: JsValue| {
        let cell = property(&value, "cell");
        let end = |at: &str| property(&cell, at).as_string();
        property(&value, "profile")
            .as_string()
            .map(Link::Profile)
            .or_else(|| Some(Link::Cell(end("0")?, end("1")?)))
            .or_else(|| Some(Link::Finding(property(&value, "finding").as_f64()? as u32)))
            .or_else(|| span(property(&value, "lines")).map(Link::Lines))
    };
    let part = |one: JsValue| Part { text: text(&one, "text"), link: link(property(&one, "link")) };
    let line = |one: JsValue| Line {
        mark: property(&one, "mark").as_bool(),
        term: text(&one, "term"),
        parts: list(&one, "parts").map(part).collect(),
    };
    Section { title: text(&one, "title"), lines: list(&one, "lines").map(line).collect() }
}

/// A question of a quiz.
fn question(one: JsValue) -> Question {
    Question {
        source: text(&one, "source"),
        destination: text(&one, "destination"),
        protocol: serde_wasm_bindgen::from_value(property(&one, "protocol")).unwrap_or(Protocol::Tcp),
        port: number(&one, "port") as u16,
        allowed: property(&one, "allowed").is_truthy(),
    }
}

/// Reads an answer; `None` for one to a question that the page does not ask.
///
/// By hand down to what is told apart by its type: what serde derives for that reads everything twice, and would be
/// a third of the page's size.
fn response(data: &JsValue) -> Result<Option<Response>, serde_wasm_bindgen::Error> {
    let event = property(data, "event");
    let part = |name: &str| property(&event, name);
    let event = match part("type").as_string().as_deref() {
        Some("progress") => {
            let phase = serde_wasm_bindgen::from_value(part("phase"))?;
            Event::Progress { phase, done: part("done").as_f64().unwrap_or_default() }
        }
        Some("analysis") => Event::Analysis {
            summary: summary(&part("summary"), &property(data, "matrix"))?,
            milliseconds: part("milliseconds").as_f64().unwrap_or_default(),
        },
        Some("explanation") => {
            Event::Explanation { explanation: Box::new(serde_wasm_bindgen::from_value(part("explanation"))?) }
        }
        Some("unknown") => Event::Unknown,
        Some("verdict") => {
            Event::Verdict { verdict: Box::new(serde_wasm_bindgen::from_value(part("verdict"))?) }
        }
        Some("reach") => {
            let reach = part("reach");
            let text = |name: &str| property(&reach, name).as_string();
            Event::Reach {
                reach: Box::new(Reach {
                    source: text("source").unwrap_or_default(),
                    destination: text("destination").unwrap_or_default(),
                    source_pod: text("sourcePod"),
                    destination_pod: text("destinationPod"),
                    explanation: serde_wasm_bindgen::from_value(property(&reach, "explanation"))?,
                }),
            }
        }
        Some("unknownPeer") => {
            Event::UnknownPeer { message: part("message").as_string().unwrap_or_default() }
        }
        Some("preview") => {
            Event::Preview { preview: Box::new(serde_wasm_bindgen::from_value(part("preview"))?) }
        }
        Some("migration") => {
            Event::Migration { migration: Box::new(serde_wasm_bindgen::from_value(part("migration"))?) }
        }
        Some("withdrawn") => Event::Withdrawn { findings: serde_wasm_bindgen::from_value(part("findings"))? },
        Some("sheet") => Event::Sheet { sheet: Box::new(sheet(&part("sheet"))) },
        Some("written") => Event::Written {
            name: text(&event, "name"),
            text: part("text").as_string(),
            replaces: part("replaces").is_truthy(),
        },
        Some("tests") => Event::Tests {
            passed: number(&event, "passed"),
            failed: number(&event, "failed"),
            sheet: Box::new(sheet(&part("sheet"))),
        },
        Some("lab") => Event::Lab { lab: labs::shown(&part("lab")).map(Box::new) },
        Some("graded") => {
            let graded = part("graded");
            Event::Graded {
                graded: Box::new(Graded {
                    passed: property(&graded, "passed").is_truthy(),
                    shortest: property(&graded, "shortest").is_truthy(),
                    lines: number(&graded, "lines"),
                    fewest: number(&graded, "fewest"),
                    goals: section(property(&graded, "goals")),
                }),
            }
        }
        Some("draft") => Event::Draft {
            name: text(&event, "name"),
            runs: part("runs").is_truthy(),
            problems: serde_wasm_bindgen::from_value(part("problems"))?,
        },
        Some("quiz") => Event::Quiz { questions: list(&event, "questions").map(question).collect() },
        Some("located") => Event::Located { located: serde_wasm_bindgen::from_value(part("located"))? },
        _ => return Ok(None),
    };
    Ok(property(data, "id").as_f64().map(|id| Response { id: id as u32, event }))
}

/// A property; `undefined` where there is none.
pub fn property(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// A property that is a text; empty where it is none.
pub fn text(of: &JsValue, name: &str) -> String {
    property(of, name).as_string().unwrap_or_default()
}

/// A property that is a list; empty where it is none.
pub fn list(of: &JsValue, name: &str) -> js_sys::ArrayIntoIter {
    Array::from(&property(of, name)).into_iter()
}

/// A property that is a count; 0 where it is none.
pub fn number(of: &JsValue, name: &str) -> u32 {
    property(of, name).as_f64().unwrap_or_default() as u32
}
