//! The worker that analyses.

use js_sys::{Reflect, Uint32Array};
use netpol_view::protocol::{Request, Response};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, WorkerOptions, WorkerType};
use yew::Callback;

use super::dom;
use crate::state::message::{Cells, Message};

/// A worker; it ends when this is dropped.
pub struct Worker {
    worker: web_sys::Worker,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(Event)>,
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
    pub fn start(generation: u32, dispatch: Callback<Message>) -> Option<Self> {
        let script = dom::meta("netpol-worker").unwrap_or_else(|| "./netpol-worker_loader.js".to_owned());
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(&script, &options).ok()?;

        let answers = dispatch.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            answers.emit(message(generation, event.data()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            event.prevent_default();
            dispatch.emit(Message::WorkerDied(generation));
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Some(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends a request; what cannot be sent ends like a worker that does not answer.
    pub fn send(&self, request: &Request) {
        let serializer = Serializer::new().serialize_maps_as_objects(true);
        if let Ok(message) = request.serialize(&serializer) {
            let _ = self.worker.post_message(&message);
        }
    }
}

fn message(generation: u32, data: JsValue) -> Message {
    if data.as_string().as_deref() == Some("ready") {
        return Message::WorkerReady(generation);
    }
    let cells = Reflect::get(&data, &"cells".into()).ok();
    let cells =
        cells.and_then(|cells| cells.dyn_into::<Uint32Array>().ok()).map(|cells| Cells(cells.to_vec()));
    match serde_wasm_bindgen::from_value::<Response>(data) {
        Ok(response) => Message::WorkerAnswered(generation, Box::new(response), cells),
        // A worker that speaks another language is of no use.
        Err(_) => Message::WorkerDied(generation),
    }
}
