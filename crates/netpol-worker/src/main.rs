//! The worker: reads the page's requests, works on them in pieces and posts the answers.
//!
//! It posts the string `ready` first; what is posted to it before that is lost. Between two pieces it returns to the
//! event loop, so that a newer request is seen while an analysis runs. All of what is done stands in [`netpol_session`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Object, Reflect, Uint8Array, Uint32Array};
use netpol_session::protocol::Request;
use netpol_session::{Answer, OutOfStep, Session};
use netpol_view::contract::ClassMatrix;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort, Performance};

/// Milliseconds of work between two looks at the event loop.
const TURN: f64 = 30.0;

fn main() {
    if let Err(error) = start() {
        wasm_bindgen::throw_val(error);
    }
}

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    clock: Performance,
    session: RefCell<Session>,
    /// A message to it comes back after those of the page that wait already, and without a timer's delay.
    turns: MessagePort,
    turn_is_due: Cell<bool>,
}

fn start() -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let channel = MessageChannel::new()?;
    let clock = scope.performance().ok_or("this browser's workers have no clock")?;
    let worker = Rc::new(Worker {
        clock,
        session: RefCell::default(),
        turns: channel.port1(),
        turn_is_due: Cell::new(false),
        scope,
    });

    let receiver = Rc::clone(&worker);
    let on_message =
        Closure::<dyn Fn(MessageEvent) -> Result<(), JsValue>>::new(move |message: MessageEvent| {
            receiver.receive(message.data())
        });
    worker.scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();

    let turner = Rc::clone(&worker);
    let on_turn = Closure::<dyn Fn() -> Result<(), JsValue>>::new(move || turner.turn());
    channel.port2().set_onmessage(Some(on_turn.as_ref().unchecked_ref()));
    on_turn.forget();

    worker.scope.post_message(&JsValue::from_str("ready"))
}

impl Worker {
    fn receive(&self, message: JsValue) -> Result<(), JsValue> {
        let request: Request = serde_wasm_bindgen::from_value(message)?;
        let received = self.session.borrow_mut().receive(request, self.clock.now());
        // Another worker is sent everything.
        received.map_err(|OutOfStep| "the files are out of step with the page's")?;
        self.want_turn()
    }

    fn turn(&self) -> Result<(), JsValue> {
        self.turn_is_due.set(false);
        let mut session = self.session.borrow_mut();
        let mut posted = Ok(());
        session.work(
            || self.clock.now(),
            self.clock.now() + TURN,
            |answer| {
                if let Err(error) = self.post(&answer) {
                    posted = Err(error);
                }
            },
        );
        posted?;
        if session.is_busy() { self.want_turn() } else { Ok(()) }
    }

    fn want_turn(&self) -> Result<(), JsValue> {
        if self.turn_is_due.replace(true) {
            return Ok(());
        }
        self.turns.post_message(&JsValue::NULL)
    }

    fn post(&self, answer: &Answer) -> Result<(), JsValue> {
        let message = answer.response.serialize(&Serializer::new().serialize_maps_as_objects(true))?;
        let transferred = Array::new();
        if let Some(matrix) = &answer.matrix {
            Reflect::set(&message, &"matrix".into(), &parts(matrix, &transferred)?)?;
        }
        self.scope.post_message_with_transfer(&message, &transferred)
    }
}

/// A matrix as typed arrays, which are transferred and not copied.
fn parts(matrix: &ClassMatrix, transferred: &Array) -> Result<JsValue, JsValue> {
    let ClassMatrix { class_of, count, cells, uncertain, alone, node_of, on_node, somewhere } = matrix;
    let somewhere: Vec<u32> = somewhere.iter().flat_map(|(node, peer)| [*node, *peer]).collect();
    let parts = Object::new();
    let numbers = [("classOf", class_of), ("cells", cells), ("nodeOf", node_of), ("somewhere", &somewhere)];
    for (name, numbers) in numbers {
        let numbers = Uint32Array::from(numbers.as_slice());
        transferred.push(&numbers.buffer());
        Reflect::set(&parts, &name.into(), &numbers)?;
    }
    for (name, bytes) in [("uncertain", uncertain), ("alone", alone), ("onNode", on_node)] {
        let bytes = Uint8Array::from(bytes.as_slice());
        transferred.push(&bytes.buffer());
        Reflect::set(&parts, &name.into(), &bytes)?;
    }
    Reflect::set(&parts, &"count".into(), &(*count as u32).into())?;
    Ok(parts.into())
}
