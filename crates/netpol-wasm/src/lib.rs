//! The JavaScript package: the façade's functions under the names of the contract, and nothing else.
//!
//! Its TypeScript types are `types.d.ts`, written by `cargo xtask types` from the Rust types. What a script gives
//! wrongly is thrown as a `TypeError`; the text of the files never throws.

mod input;
mod playground;

#[cfg(test)]
mod tests;

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
    let (summary, cells) = netpol_view::analyze(files, options);
    analysis(&summary, &cells)
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

/// The summary with the matrix beside it, as a typed array.
fn analysis(summary: &Summary, cells: &[u32]) -> Result<JsValue, JsValue> {
    let analysis = self::summary(summary)?;
    js_sys::Reflect::set(&analysis, &"cells".into(), &js_sys::Uint32Array::from(cells))?;
    Ok(analysis)
}

/// Plain objects; what is missing is not there at all.
fn output(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::new().serialize_maps_as_objects(true))?)
}
