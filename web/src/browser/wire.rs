//! Values of JavaScript, as what the worker says.

use std::cell::RefCell;

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::state::wire::Wire;

/// Where a name stands in memory, and how long it is.
type Place = (usize, usize);

thread_local! {
    /// The names that were asked for, sorted by their places: a large answer has some names thousands of times.
    static NAMES: RefCell<Vec<(Place, JsValue)>> = const { RefCell::new(Vec::new()) };
}

/// A name as JavaScript's own text, which is made once.
fn known(name: &'static str) -> JsValue {
    let place = (name.as_ptr() as usize, name.len());
    NAMES.with_borrow_mut(|names| match names.binary_search_by_key(&place, |(place, _)| *place) {
        Ok(at) => names.get(at).map_or_else(|| name.into(), |(_, known)| known.clone()),
        Err(at) => {
            let made = JsValue::from(name);
            names.insert(at, (place, made.clone()));
            made
        }
    })
}

impl Wire for JsValue {
    fn property(&self, name: &'static str) -> Self {
        Reflect::get(self, &known(name)).unwrap_or_default()
    }

    fn at(&self, place: u32) -> Self {
        Reflect::get_u32(self, place).unwrap_or_default()
    }

    fn length(&self) -> u32 {
        self.dyn_ref::<Array>().map_or(0, Array::length)
    }

    fn entries(&self) -> Vec<(String, Self)> {
        let Some(object) = self.dyn_ref::<Object>() else { return Vec::new() };
        let entry = |entry: Self| (entry.at(0).text().unwrap_or_default(), entry.at(1));
        Object::entries(object).iter().map(entry).collect()
    }

    fn text(&self) -> Option<String> {
        self.as_string()
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn is_there(&self) -> bool {
        !self.is_undefined() && !self.is_null()
    }
}
