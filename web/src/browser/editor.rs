//! The editor, which is JavaScript.

use js_sys::{Array, Object, Reflect};
use netpol_view::contract::{Diagnostic, DiagnosticSeverity, Position, QuickFix, Span, TextEdit};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::Callback;

use crate::state::effect::EditorCommand;
use crate::state::files::FileId;
use crate::state::message::Message;
use crate::state::model::lines_of;
use crate::state::text::{Change, Text};

#[wasm_bindgen(module = "/generated/editor.js")]
extern "C" {
    #[wasm_bindgen(js_name = Editor)]
    type JsEditor;

    #[wasm_bindgen(constructor, js_class = "Editor")]
    fn new(
        parent: &HtmlElement,
        on_edit: &Closure<dyn Fn(u32, Array, u32)>,
        on_cursor: &Closure<dyn Fn(u32, u32, u32)>,
        on_ask: &Closure<dyn Fn(u32, JsValue)>,
        on_trouble: &Closure<dyn Fn(String)>,
    ) -> JsEditor;

    #[wasm_bindgen(method)]
    fn show(this: &JsEditor, file: u32, name: &str, text: Option<String>, locked: bool);

    #[wasm_bindgen(method)]
    fn text(this: &JsEditor, file: u32) -> Option<String>;

    #[wasm_bindgen(method)]
    fn retain(this: &JsEditor, files: &[u32]);

    #[wasm_bindgen(method)]
    fn mark(this: &JsEditor, file: u32, marks: &Array) -> bool;

    #[wasm_bindgen(method)]
    fn light(this: &JsEditor, file: u32, lines: &[u32]) -> bool;

    #[wasm_bindgen(method)]
    fn tint(this: &JsEditor, file: u32, lines: &[u32]);

    #[wasm_bindgen(method)]
    fn look(this: &JsEditor, line: u32);

    #[wasm_bindgen(method)]
    fn replace(this: &JsEditor, file: u32, name: &str, before: &str, after: &str);

    #[wasm_bindgen(method)]
    fn edit(this: &JsEditor, file: u32, edits: &Array) -> bool;

    #[wasm_bindgen(method)]
    fn answer(this: &JsEditor, ticket: u32, event: &JsValue);

    #[wasm_bindgen(method)]
    fn reveal(this: &JsEditor, line: u32, column: u32);
}

/// The editor in the page.
pub struct Editor {
    editor: JsEditor,
    /// What is to be shown in files that were never opened, until they are.
    marks: Vec<(FileId, Array)>,
    lines: Vec<(FileId, Vec<u32>)>,
    /// The texts that the editor has: what it has is not handed to it again.
    texts: Vec<(FileId, Text)>,
    dispatch: Callback<Message>,
    _on_edit: Closure<dyn Fn(u32, Array, u32)>,
    _on_cursor: Closure<dyn Fn(u32, u32, u32)>,
    _on_ask: Closure<dyn Fn(u32, JsValue)>,
    _on_trouble: Closure<dyn Fn(String)>,
}

/// What the editor asks the worker while somebody types: a number that the answer must carry, and a command as the
/// protocol writes it.
#[derive(Debug)]
pub struct Ask {
    /// The number.
    pub ticket: u32,
    /// `{ complete: … }` or `{ hover: … }`.
    pub command: JsValue,
}

impl Editor {
    /// Puts an editor into an element.
    pub fn new(parent: &HtmlElement, dispatch: Callback<Message>, asks: Callback<Ask>) -> Self {
        let (edited, rests, trouble) = (dispatch.clone(), dispatch.clone(), dispatch.clone());
        let on_trouble = Closure::<dyn Fn(String)>::new(move |text| trouble.emit(Message::OpenFailed(text)));
        let on_edit = Closure::<dyn Fn(u32, Array, u32)>::new(move |file, told: Array, units| {
            // Three entries for each change.
            let number = |at: u32| told.get(at).as_f64().unwrap_or_default() as usize;
            let changes = (0..told.length() / 3).map(|change| Change {
                from: number(3 * change),
                to: number(3 * change + 1),
                insert: told.get(3 * change + 2).as_string().unwrap_or_default(),
            });
            edited.emit(Message::Edited(FileId(file), changes.collect(), units as usize));
        });
        let on_cursor = Closure::<dyn Fn(u32, u32, u32)>::new(move |file, line, column| {
            rests.emit(Message::CursorRests(FileId(file), Position { line, column }));
        });
        let on_ask =
            Closure::<dyn Fn(u32, JsValue)>::new(move |ticket, command| asks.emit(Ask { ticket, command }));
        Self {
            editor: JsEditor::new(parent, &on_edit, &on_cursor, &on_ask, &on_trouble),
            marks: Vec::new(),
            lines: Vec::new(),
            texts: Vec::new(),
            dispatch,
            _on_edit: on_edit,
            _on_cursor: on_cursor,
            _on_ask: on_ask,
            _on_trouble: on_trouble,
        }
    }

    /// Hands over what the worker answered to what the editor asked.
    pub fn answer(&self, ticket: u32, event: &JsValue) {
        self.editor.answer(ticket, event);
    }

    /// Notes that the model has what was typed: the text is the editor's.
    pub fn has(&mut self, file: FileId, text: Text) {
        take(&mut self.texts, file);
        self.texts.push((file, text));
    }

    /// Does what the model asks for.
    pub fn run(&mut self, command: EditorCommand) {
        match command {
            EditorCommand::Show { file, name, text, locked } => {
                let known = self.texts.iter().any(|(of, known)| *of == file && known.is_shared_with(&text));
                self.editor.show(file.0, &name, (!known).then(|| text.to_string()), locked);
                self.has(file, text);
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
                self.texts.retain(|(file, _)| files.contains(file));
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
                let ranges = spans.iter().map(lines_of);
                let lines: Vec<u32> = ranges.flat_map(|[first, last]| first..=last).collect();
                if !self.editor.light(file.0, &lines) {
                    take(&mut self.lines, file);
                    self.lines.push((file, lines));
                }
            }
            EditorCommand::Tint(file, lines) => self.editor.tint(file.0, &lines),
            EditorCommand::Rewrite { file, name, before, after } => {
                self.editor.replace(file.0, &name, &before.to_string(), &after.to_string());
                self.has(file, after);
            }
            EditorCommand::Tell(file) => {
                if let Some(text) = self.editor.text(file.0) {
                    self.dispatch.emit(Message::Typed(file, text));
                }
            }
            EditorCommand::Edit(file, edits) => {
                self.editor.edit(file.0, &edits.iter().map(edit).collect());
            }
            EditorCommand::Look { file: _, line } => self.editor.look(line),
            EditorCommand::Reveal { file: _, line, column } => self.editor.reveal(line, column),
        }
    }
}

fn take<T>(waiting: &mut Vec<(FileId, T)>, file: FileId) -> Option<T> {
    let place = waiting.iter().position(|(of, _)| *of == file)?;
    Some(waiting.swap_remove(place).1)
}

fn mark(diagnostic: &Diagnostic) -> JsValue {
    let severity = match diagnostic.severity {
        DiagnosticSeverity::Error => "error",
        DiagnosticSeverity::Warning => "warning",
        DiagnosticSeverity::Info => "info",
    };
    let fixes: Array = diagnostic.fixes.iter().map(fix).collect();
    at(
        &diagnostic.span,
        [
            ("severity", severity.into()),
            ("message", diagnostic.message.as_str().into()),
            ("fixes", fixes.into()),
        ],
    )
}

fn fix(fix: &QuickFix) -> JsValue {
    let edits: Array = fix.edits.iter().map(edit).collect();
    object([("title", fix.title.as_str().into()), ("edits", edits.into())])
}

fn edit(edit: &TextEdit) -> JsValue {
    at(&edit.span, [("text", edit.text.as_str().into())])
}

/// Something that is said of a span.
fn at<const N: usize>(span: &Span, entries: [(&str, JsValue); N]) -> JsValue {
    let Span { start, end, .. } = span;
    let places = [
        ("line", start.line.into()),
        ("column", start.column.into()),
        ("endLine", end.line.into()),
        ("endColumn", end.column.into()),
    ];
    object(places.into_iter().chain(entries))
}

fn object<'a>(entries: impl IntoIterator<Item = (&'a str, JsValue)>) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        // Setting a property of a plain object does not fail.
        let _ = Reflect::set(&object, &key.into(), &value);
    }
    object.into()
}
