//! The worker that analyses.

use js_sys::{JSON, Reflect, Uint8Array, Uint32Array};
use netpol_session::protocol::{Event, Request};
use netpol_view::contract::{ClassMatrix, Summary};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, WorkerOptions, WorkerType};
use yew::Callback;

use crate::state::message::Message;
use crate::state::wire::{self, Read, Wire};

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
    pub fn start(
        script: &str,
        generation: u32,
        dispatch: Callback<Message>,
        told: Callback<Told>,
    ) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(script, &options).ok()?;

        let answers = dispatch.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            let id = u32::read(&data.property("id"));
            if id >= ASKED_BY_EDITOR {
                let event = data.property("event");
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
    if data.text().as_deref() == Some("ready") {
        return Message::WorkerReady(generation);
    }
    match wire::response(data) {
        Some(mut response) => {
            if let Event::Analysis { summary, .. } = &mut response.event {
                summary.matrix = matrix(&data.property("matrix")).into();
            }
            Message::WorkerAnswered(generation, Box::new(response))
        }
        // A worker that speaks another language is of no use.
        None => Message::WorkerDied(generation),
    }
}

/// A result that was made when the page was built; `None` where it cannot be read.
pub fn read(json: &str) -> Option<Box<Summary>> {
    let value = JSON::parse(json).ok()?;
    let mut summary = wire::summary(&value.property("summary"));
    summary.matrix = matrix(&value.property("matrix")).into();
    Some(summary)
}

/// The matrix that travels beside an analysis.
fn matrix(parts: &JsValue) -> ClassMatrix {
    let numbers = |name: &'static str| Uint32Array::new(&parts.property(name)).to_vec();
    let bytes = |name: &'static str| Uint8Array::new(&parts.property(name)).to_vec();
    let somewhere = numbers("somewhere");
    ClassMatrix {
        class_of: numbers("classOf"),
        count: parts.property("count").number().unwrap_or_default() as usize,
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
