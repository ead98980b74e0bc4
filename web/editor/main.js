// The editor: CodeMirror behind a handful of methods. One view; one state, with its own history, for every file.
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { yaml } from "@codemirror/lang-yaml";
import { colours, theme } from "./theme.js";

/** Lines that light up: pairs of first and last line, from 1. */
const light = StateEffect.define();

const lit = StateField.define({
  create: () => Decoration.none,
  update(decorations, transaction) {
    decorations = decorations.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(light)) {
        decorations = litLines(transaction.state.doc, effect.value);
      }
    }
    return decorations;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function litLines(document, pairs) {
  const lines = new Set();
  for (const [first, last] of pairs) {
    for (let line = first; line <= Math.min(last, document.lines); line++) {
      lines.add(line);
    }
  }
  const marks = [...lines].sort((a, b) => a - b).map((line) => litLine.range(document.line(line).from));
  return Decoration.set(marks);
}

const litLine = Decoration.line({ class: "cm-lit" });

/** The offset of a line and a column, both from 1; the nearest one where they lie outside the text. */
function offset(document, line, column) {
  const { from, to } = document.line(Math.max(1, Math.min(line, document.lines)));
  return Math.min(from + Math.max(0, column - 1), to);
}

/** A message whose parts between backticks are code, as nodes. */
function prose(message) {
  const span = document.createElement("span");
  message.split("`").forEach((part, index, parts) => {
    const code = index % 2 === 1 && index < parts.length - 1;
    span.append(code ? Object.assign(document.createElement("code"), { textContent: part }) : part);
  });
  return span;
}

function diagnostics(document, marks) {
  return marks.map(({ severity, message, line, column, endLine, endColumn }) => {
    let from = offset(document, line, column);
    let to = Math.max(from, offset(document, endLine, endColumn));
    // A mark of several lines would underline half the file: its first line says enough.
    to = Math.min(to, document.lineAt(from).to);
    if (from === to) {
      const { from: start, to: end } = document.lineAt(from);
      to = Math.min(from + 1, end);
      from = from === to ? Math.max(start, from - 1) : from;
    }
    return { from, to, severity, message, renderMessage: () => prose(message) };
  });
}

export class Editor {
  #view;
  #file = null;
  #states = new Map();
  #scrolled = new Map();
  #onEdit;
  #onTrouble;
  /** What was loaded later, for files that are opened now. */
  #later = [];
  #loading = null;

  /** `onEdit` is called with a file's number and its whole text; `onTrouble` with a sentence for the person. */
  constructor(parent, onEdit, onTrouble) {
    this.#onEdit = onEdit;
    this.#onTrouble = onTrouble;
    this.#view = new EditorView({ parent, state: EditorState.create({ extensions: [EditorView.cspNonce.of("editor")] }) });
    parent.addEventListener("pointerenter", () => this.#load(), { once: true });
  }

  #create(name, text) {
    return EditorState.create({
      doc: text,
      extensions: [
        EditorView.cspNonce.of("editor"),
        lintGutter(),
        lineNumbers(),
        foldGutter({ openText: "⌄", closedText: "›" }),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentUnit.of("  "),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        yaml(),
        syntaxHighlighting(colours),
        theme,
        lit,
        this.#later,
        keymap.of([{ key: "Mod-f", run: (view) => this.#search(view) }, ...foldKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": `Manifests in ${name}`, "data-testid": "editor", tabindex: "0" }),
        EditorView.updateListener.of((update) => {
          if (update.focusChanged) {
            this.#load();
          }
          if (update.docChanged) {
            this.#onEdit(this.#file, update.state.doc.toString());
          }
        }),
      ],
    });
  }

  /** Loads what waits until somebody comes to the editor, and gives it to every file. */
  #load() {
    this.#loading ??= import("./later.js").then((later) => {
      this.#later = later.extensions;
      const effects = StateEffect.appendConfig.of(later.extensions);
      for (const [file, state] of this.#states) {
        this.#states.set(file, state.update({ effects }).state);
      }
      this.#view.dispatch({ effects });
      return later;
    });
    // Nobody has asked for anything yet; the next time tries again.
    this.#loading.catch(() => (this.#loading = null));
    return this.#loading;
  }

  /** Opens the search where it is not there yet. */
  #search(view) {
    this.#load().then(
      (later) => later.openSearchPanel(view),
      () => this.#onTrouble("searching could not be loaded: the connection may be down"),
    );
    return true;
  }

  /** Shows a file. Its text is taken where it is not known yet, or has become another behind the editor's back. */
  show(file, name, text) {
    if (this.#file !== null) {
      this.#states.set(this.#file, this.#view.state);
      this.#scrolled.set(this.#file, this.#view.scrollSnapshot());
    }
    if (this.#file === file && this.#view.state.doc.toString() === text) {
      this.#view.contentDOM.setAttribute("aria-label", `Manifests in ${name}`);
      return;
    }
    const known = this.#states.get(file);
    this.#file = file;
    if (known && known.doc.toString() === text) {
      this.#view.setState(known);
      const scrolled = this.#scrolled.get(file);
      if (scrolled) {
        this.#view.dispatch({ effects: scrolled });
      }
    } else {
      this.#view.setState(this.#create(name, text));
    }
    this.#view.contentDOM.setAttribute("aria-label", `Manifests in ${name}`);
  }

  /** Forgets all files but these. */
  retain(files) {
    const kept = new Set(files);
    for (const file of [...this.#states.keys()]) {
      if (!kept.has(file) && file !== this.#file) {
        this.#states.delete(file);
        this.#scrolled.delete(file);
      }
    }
  }

  #change(file, specification) {
    if (file === this.#file) {
      this.#view.dispatch(specification(this.#view.state));
    } else if (this.#states.has(file)) {
      const state = this.#states.get(file);
      this.#states.set(file, state.update(specification(state)).state);
    } else {
      return false;
    }
    return true;
  }

  /** Marks what is wrong in a file. Answers whether the file is known. */
  mark(file, marks) {
    return this.#change(file, (state) => setDiagnostics(state, diagnostics(state.doc, marks)));
  }

  /** Lights up lines: first and last, first and last, … Answers whether the file is known. */
  light(file, lines) {
    const pairs = [];
    for (let index = 0; index + 1 < lines.length; index += 2) {
      pairs.push([lines[index], lines[index + 1]]);
    }
    return this.#change(file, () => ({ effects: light.of(pairs) }));
  }

  /** Brings a place of the file in sight into view, puts the cursor there and the keyboard into the editor. */
  reveal(line, column) {
    const at = offset(this.#view.state.doc, line, column);
    this.#view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.#view.focus();
  }
}
