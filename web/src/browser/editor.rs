//! The editor, which is JavaScript.

use js_sys::{Array, Object, Reflect};
use netpol_view::contract::{Diagnostic, DiagnosticSeverity, Span};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::Callback;

use crate::state::effect::EditorCommand;
use crate::state::files::FileId;
use crate::state::message::Message;

#[wasm_bindgen(module = "/generated/editor.js")]
extern "C" {
    #[wasm_bindgen(js_name = Editor)]
    type JsEditor;

    #[wasm_bindgen(constructor, js_class = "Editor")]
    fn new(
        parent: &HtmlElement,
        on_edit: &Closure<dyn Fn(u32, String)>,
        on_trouble: &Closure<dyn Fn(String)>,
    ) -> JsEditor;

    #[wasm_bindgen(method)]
    fn show(this: &JsEditor, file: u32, name: &str, text: &str);

    #[wasm_bindgen(method)]
    fn retain(this: &JsEditor, files: &[u32]);

    #[wasm_bindgen(method)]
    fn mark(this: &JsEditor, file: u32, marks: &Array) -> bool;

    #[wasm_bindgen(method)]
    fn light(this: &JsEditor, file: u32, lines: &[u32]) -> bool;

    #[wasm_bindgen(method)]
    fn reveal(this: &JsEditor, line: u32, column: u32);
}

/// The editor in the page.
pub struct Editor {
    editor: JsEditor,
    /// What is to be shown in files that were never opened, until they are.
    marks: Vec<(FileId, Array)>,
    lines: Vec<(FileId, Vec<u32>)>,
    _on_edit: Closure<dyn Fn(u32, String)>,
    _on_trouble: Closure<dyn Fn(String)>,
}

impl Editor {
    /// Puts an editor into an element.
    pub fn new(parent: &HtmlElement, dispatch: Callback<Message>) -> Self {
        let trouble = dispatch.clone();
        let on_trouble = Closure::<dyn Fn(String)>::new(move |text| trouble.emit(Message::OpenFailed(text)));
        let on_edit = Closure::<dyn Fn(u32, String)>::new(move |file, text| {
            dispatch.emit(Message::Edited(FileId(file), text));
        });
        Self {
            editor: JsEditor::new(parent, &on_edit, &on_trouble),
            marks: Vec::new(),
            lines: Vec::new(),
            _on_edit: on_edit,
            _on_trouble: on_trouble,
        }
    }

    /// Does what the model asks for.
    pub fn run(&mut self, command: EditorCommand) {
        match command {
            EditorCommand::Show { file, name, text } => {
                self.editor.show(file.0, &name, &text);
                if let Some(marks) = take(&mut self.marks, file) {
                    self.editor.mark(file.0, &marks);
                }
                if let Some(lines) = take(&mut self.lines, file) {
                    self.editor.light(file.0, &lines);
                }
            }
            EditorCommand::Retain(files) => {
                self.marks.retain(|(file, _)| files.contains(file));
                self.lines.retain(|(file, _)| files.contains(file));
                let files: Vec<u32> = files.iter().map(|file| file.0).collect();
                self.editor.retain(&files);
            }
            EditorCommand::Mark(file, diagnostics) => {
                let marks: Array = diagnostics.iter().map(mark).collect();
                if !self.editor.mark(file.0, &marks) {
                    take(&mut self.marks, file);
                    self.marks.push((file, marks));
                }
            }
            EditorCommand::Light(file, spans) => {
                let lines: Vec<u32> = spans.iter().flat_map(lines).collect();
                if !self.editor.light(file.0, &lines) {
                    take(&mut self.lines, file);
                    self.lines.push((file, lines));
                }
            }
            EditorCommand::Reveal { file: _, line, column } => self.editor.reveal(line, column),
        }
    }
}

fn take<T>(waiting: &mut Vec<(FileId, T)>, file: FileId) -> Option<T> {
    let place = waiting.iter().position(|(of, _)| *of == file)?;
    Some(waiting.swap_remove(place).1)
}

/// The first and the last line that a span covers: one that ends at the start of a line does not cover it.
fn lines(span: &Span) -> [u32; 2] {
    let last = if span.end.column <= 1 { span.end.line.saturating_sub(1) } else { span.end.line };
    [span.start.line, last.max(span.start.line)]
}

fn mark(diagnostic: &Diagnostic) -> JsValue {
    let object = Object::new();
    let severity = match diagnostic.severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Info => "info",
    };
    let Span { start, end, .. } = &diagnostic.span;
    let entries: [(&str, JsValue); 6] = [
        ("severity", severity.into()),
        ("message", diagnostic.message.as_str().into()),
        ("line", start.line.into()),
        ("column", start.column.into()),
        ("endLine", end.line.into()),
        ("endColumn", end.column.into()),
    ];
    for (key, value) in entries {
        // Setting a property of a plain object does not fail.
        let _ = Reflect::set(&object, &key.into(), &value);
    }
    object.into()
}
