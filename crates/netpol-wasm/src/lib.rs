//! The JavaScript package: the façade's functions under the names of the contract, and nothing else.
//!
//! Its TypeScript types are `types.d.ts`, written by `cargo xtask types` from the Rust types. What a script gives
//! wrongly is thrown as a `TypeError`; the text of the files never throws.

mod input;
mod playground;

#[cfg(test)]
mod tests;

use netpol_view::Analyzer;
use netpol_view::contract::Summary;
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
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files);
    analysis(&mut analyzer)
}

/// The summary, in which all peers of a namespace share its labels.
fn summary(summary: &Summary) -> Result<JsValue, JsValue> {
    let output = output(summary)?;
    let get = |of: &JsValue, name: &str| js_sys::Reflect::get(of, &name.into());
    let labels = get(&output, "namespaceLabels")?;
    for peer in js_sys::Array::from(&get(&output, "peers")?) {
        let namespace = get(&peer, "namespace")?;
        if namespace.is_string() {
            js_sys::Reflect::set(
                &peer,
                &"namespaceLabels".into(),
                &js_sys::Reflect::get(&labels, &namespace)?,
            )?;
        }
    }
    Ok(output)
}

/// How many cells are handed over at a time: what holds all of them is JavaScript's memory alone.
const CELLS_AT_A_TIME: usize = 1024 * 1024;

/// The summary with the matrix and how certain it is beside it, as typed arrays.
fn analysis(analyzer: &mut Analyzer) -> Result<JsValue, JsValue> {
    let (summary, peers) = analyzer.whole();
    let analysis = self::summary(&summary)?;
    let all = js_sys::Uint32Array::new_with_length((peers * peers) as u32);
    let all_uncertain = js_sys::Uint8Array::new_with_length((peers * peers) as u32);
    let rows = (CELLS_AT_A_TIME / peers.max(1)).max(1);
    for first in (0..peers).step_by(rows) {
        let cells = analyzer.cells(first..first + rows, 0..peers);
        let start = (first * peers) as u32;
        let end = start + cells.len() as u32;
        all.subarray(start, end).copy_from(&cells);
        let uncertain = analyzer.uncertain(first..first + rows, 0..peers);
        all_uncertain.subarray(start, end).copy_from(&uncertain);
    }
    js_sys::Reflect::set(&analysis, &"cells".into(), &all)?;
    js_sys::Reflect::set(&analysis, &"uncertain".into(), &all_uncertain)?;
    Ok(analysis)
}

/// Plain objects; what is missing is not there at all.
fn output(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::new().serialize_maps_as_objects(true))?)
}
