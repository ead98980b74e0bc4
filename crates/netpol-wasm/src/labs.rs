//! Grades attempts at labs.

use netpol_labs::Grader;
use wasm_bindgen::prelude::*;

use crate::{input, output};

/// Whether the files do what a lab asks for: the text of its Markdown file, and what somebody wrote.
///
/// Labs are graded alike wherever they are, so there are no options. A text that is no lab throws a `TypeError`; the text of
/// the files never throws.
#[wasm_bindgen(unchecked_return_type = "Grade")]
pub fn grade(
    #[wasm_bindgen(unchecked_param_type = "string")] lab: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "SourceFile[]")] files: &JsValue,
) -> Result<JsValue, JsValue> {
    let (text, files) = (input::string("lab", lab)?, input::files(files)?);
    let (lab, mistakes) = netpol_labs::read("lab.md", &text);
    let Some(lab) = lab else {
        let why =
            mistakes.first().map(|first| format!(": line {}: {}", first.span.start.line, first.message));
        return Err(input::wrong(&format!("`lab` is no lab{}", why.unwrap_or_default())));
    };
    output(&Grader::new(&lab).grade(files))
}
