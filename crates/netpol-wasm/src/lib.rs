//! The JavaScript package: the façade's functions under the names of the contract, and nothing else.
//!
//! Its TypeScript types are `types.d.ts`, written by `cargo xtask types` from the Rust types. What a script gives
//! wrongly is thrown as a `TypeError`; the text of the files never throws.

mod input;
mod playground;

#[cfg(test)]
mod tests;

use netpol_view::Analysis;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

pub use playground::Playground;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("../types.d.ts");

/// Everything in one call: who can talk to whom in these manifests, and what is wrong with them.
#[wasm_bindgen(unchecked_return_type = "Analysis")]
pub fn analyze(
    #[wasm_bindgen(unchecked_param_type = "SourceFile[]")] files: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Options")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (files, options) = (input::files(files)?, input::options(options)?);
    analysis(&netpol_view::analyze(files, options))
}

/// The summary with the matrix and how certain it is beside it, as typed arrays.
fn analysis(analysis: &Analysis) -> Result<JsValue, JsValue> {
    let Analysis { summary, cells, uncertain } = analysis;
    let analysis = output(summary)?;
    js_sys::Reflect::set(&analysis, &"cells".into(), &js_sys::Uint32Array::from(cells.as_slice()))?;
    js_sys::Reflect::set(&analysis, &"uncertain".into(), &js_sys::Uint8Array::from(uncertain.as_slice()))?;
    Ok(analysis)
}

/// Plain objects; what is missing is not there at all.
fn output(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::new().serialize_maps_as_objects(true))?)
}
