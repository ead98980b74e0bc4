//! The one engine: the façade's functions under the names of the contract, and [`serve`], by which the page's worker runs it.
//!
//! Its TypeScript types are `types.d.ts` and `labs.d.ts`, written by `cargo xtask types` from the Rust types. What a script gives
//! wrongly is thrown as a `TypeError`; the text of the files never throws.

mod input;
mod labs;
mod memory;
mod playground;
mod said;
mod worker;

#[cfg(test)]
mod tests;

use js_sys::{Array, Object, Reflect, Uint8Array, Uint32Array};
use netpol_view::contract::ClassMatrix;
use netpol_view::{Analyzer, Step};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

use said::Said;

pub use labs::grade;
pub use playground::Playground;
pub use worker::serve;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("../types.d.ts");

#[wasm_bindgen(typescript_custom_section)]
const LABS: &str = include_str!("../labs.d.ts");

/// Everything in one call: who can talk to whom in these manifests, and what is wrong with them.
#[wasm_bindgen(unchecked_return_type = "Analysis")]
pub fn analyze(
    #[wasm_bindgen(unchecked_param_type = "SourceFile[]")] files: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Options")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (files, options) = (input::files(files)?, input::options(options)?);
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files);
    analysis(&mut analyzer, &mut Said::default())
}

/// What becomes of the policy tests (`kind: ConnectivityTest`) among these manifests. It has not passed where there is none.
#[wasm_bindgen(unchecked_return_type = "TestReport")]
pub fn test(
    #[wasm_bindgen(unchecked_param_type = "SourceFile[]")] files: &JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "Options")] options: &JsValue,
) -> Result<JsValue, JsValue> {
    let (files, options) = (input::files(files)?, input::options(options)?);
    let mut analyzer = Analyzer::new(options);
    analyzer.set_files(files);
    output(&analyzer.test())
}

/// How many cells are handed over at a time: what holds all of them is JavaScript's memory alone.
const CELLS_AT_A_TIME: usize = 1024 * 1024;

/// The matrix by classes, as typed arrays.
fn matrix(matrix: &ClassMatrix) -> Result<JsValue, JsValue> {
    let ClassMatrix { class_of, count, cells, uncertain, alone, node_of, on_node, somewhere } = matrix;
    let somewhere: Vec<u32> = somewhere.iter().flat_map(|(node, peer)| [*node, *peer]).collect();
    let (numbers, bytes) =
        (|of: &[u32]| Uint32Array::from(of).into(), |of: &[u8]| Uint8Array::from(of).into());
    let object = Object::new();
    let entries: [(&str, JsValue); 8] = [
        ("classOf", numbers(class_of)),
        ("count", (*count as u32).into()),
        ("cells", numbers(cells)),
        ("uncertain", bytes(uncertain)),
        ("alone", bytes(alone)),
        ("nodeOf", numbers(node_of)),
        ("onNode", bytes(on_node)),
        ("somewhere", numbers(&somewhere)),
    ];
    for (name, value) in entries {
        Reflect::set(&object, &name.into(), &value)?;
    }
    Ok(object.into())
}

/// The summary with a cell for each pair beside it, and how certain it is, as typed arrays.
fn analysis(analyzer: &mut Analyzer, said: &mut Said) -> Result<JsValue, JsValue> {
    finish(analyzer);
    let (summary, stamps) = analyzer.stamped();
    let peers = summary.peers.len();
    let analysis = said.summary(summary, stamps)?;
    let (cells, uncertain) = match (array("Uint32Array", peers * peers), array("Uint8Array", peers * peers)) {
        (Ok(cells), Ok(uncertain)) => (Uint32Array::from(cells), Uint8Array::from(uncertain)),
        _ => {
            let incomplete = Array::from(&Reflect::get(&analysis, &"incomplete".into())?);
            incomplete.push(&output(&analyzer.without_cells())?);
            Reflect::set(&analysis, &"incomplete".into(), &incomplete)?;
            (Uint32Array::new_with_length(0), Uint8Array::new_with_length(0))
        }
    };
    let rows = if cells.length() == 0 { 0 } else { peers };
    let at_a_time = (CELLS_AT_A_TIME / peers.max(1)).max(1);
    for first in (0..rows).step_by(at_a_time) {
        let window = analyzer.cells(first..first + at_a_time, 0..peers);
        let start = (first * peers) as u32;
        let end = start + window.len() as u32;
        cells.subarray(start, end).copy_from(&window);
        let window = analyzer.uncertain(first..first + at_a_time, 0..peers);
        uncertain.subarray(start, end).copy_from(&window);
    }
    Reflect::set(&analysis, &"cells".into(), &cells)?;
    Reflect::set(&analysis, &"uncertain".into(), &uncertain)?;
    Ok(analysis)
}

/// Does all work that is left, with memory at hand.
fn finish(analyzer: &mut Analyzer) {
    while analyzer.step_with(&|_, _| memory::make_room()) != Step::Done {}
}

/// A typed array of zeros.
///
/// # Errors
/// Where JavaScript has no memory for it.
fn array(kind: &str, length: usize) -> Result<JsValue, JsValue> {
    let constructor = Reflect::get(&js_sys::global(), &kind.into())?;
    Reflect::construct(constructor.unchecked_ref::<js_sys::Function>(), &Array::of1(&(length as f64).into()))
}

/// Plain objects; what is missing is not there at all.
fn output(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::new().serialize_maps_as_objects(true))?)
}
