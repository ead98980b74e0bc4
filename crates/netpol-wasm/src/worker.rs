//! The package as a worker: reads the page's requests, works on them in pieces and posts the answers.
//!
//! It posts the string `ready` first; what is posted to it before that is lost. Between two pieces it returns to the
//! event loop, so that a newer request is seen while an analysis runs. All of what is done stands in [`netpol_session`].

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Object, Reflect};
use netpol_session::protocol::Request;
use netpol_session::{Answer, OutOfStep, Session};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent, MessagePort, Performance};

use crate::{matrix, memory, output};

/// Milliseconds of work between two looks at the event loop.
const TURN: f64 = 30.0;

struct Worker {
    scope: DedicatedWorkerGlobalScope,
    clock: Performance,
    session: RefCell<Session>,
    /// A message to it comes back after those of the page that wait already, and without a timer's delay.
    turns: MessagePort,
    turn_is_due: Cell<bool>,
}

/// Answers the messages of the playground's page from here on: for a dedicated worker, once. What they say is between the two of
/// them and may change.
///
/// # Errors
/// Where the worker has no clock or no channel.
#[wasm_bindgen]
pub fn serve() -> Result<(), JsValue> {
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
            // It looks at the clock in the midst of long work, too.
            || {
                memory::make_room();
                self.clock.now()
            },
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

    /// The buffers of a matrix are transferred and not copied.
    fn post(&self, answer: &Answer) -> Result<(), JsValue> {
        let message = output(&answer.response)?;
        let transferred = Array::new();
        if let Some(classes) = &answer.matrix {
            let parts = matrix(classes)?;
            for part in Object::values(parts.unchecked_ref()).iter() {
                if let Ok(buffer) =
                    Reflect::get(&part, &"buffer".into()).and_then(|it| it.dyn_into::<ArrayBuffer>())
                {
                    transferred.push(&buffer);
                }
            }
            Reflect::set(&message, &"matrix".into(), &parts)?;
        }
        self.scope.post_message_with_transfer(&message, &transferred)
    }
}
