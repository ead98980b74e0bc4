// The editor: CodeMirror behind a handful of methods. One view; one state, with its own history, for every file.
import { Annotation, Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
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
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  language,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { yaml } from "@codemirror/lang-yaml";
import { offset, position, prose } from "./text.js";
import { colours, theme } from "./theme.js";

/** A change that is the page's own, which need not be told of it. */
const known = Annotation.define();

/** Lines that light up, by their numbers from 1. */
const light = StateEffect.define();
/** Lines that a change has brought, likewise. */
const tint = StateEffect.define();

/** The lines that an effect names, in a look of their own; whether they stay when the text changes. */
function lines(named, name, stay) {
  const look = Decoration.line({ class: name });
  const set = (document, numbers) =>
    Decoration.set(
      [...new Set(numbers)]
        .filter((line) => line >= 1 && line <= document.lines)
        .sort((a, b) => a - b)
        .map((line) => look.range(document.line(line).from)),
    );
  return StateField.define({
    create: () => Decoration.none,
    update(decorations, transaction) {
      const effect = transaction.effects.findLast((it) => it.is(named));
      if (effect) {
        return set(transaction.newDoc, effect.value);
      }
      return transaction.docChanged && !stay ? Decoration.none : decorations.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

const marks = [lines(light, "cm-lit", true), lines(tint, "cm-new", false)];

/** The changes that edits make, each `{ line, column, endLine, endColumn, text }`. */
function changes(document, edits) {
  return edits.map(({ line, column, endLine, endColumn, text }) => {
    const from = offset(document, line, column);
    return { from, to: Math.max(from, offset(document, endLine, endColumn)), insert: text };
  });
}

/** What makes one text of another: all between what both begin and end with. */
function difference(before, after) {
  let from = 0;
  const shorter = Math.min(before.length, after.length);
  while (from < shorter && before[from] === after[from]) {
    from++;
  }
  let end = 0;
  while (end < shorter - from && before[before.length - 1 - end] === after[after.length - 1 - end]) {
    end++;
  }
  return { from, to: before.length - end, insert: after.slice(from, after.length - end) };
}

function diagnostics(document, marks) {
  return marks.map(({ severity, message, line, column, endLine, endColumn, fixes }) => {
    let from = offset(document, line, column);
    let to = Math.max(from, offset(document, endLine, endColumn));
    // A mark of several lines would underline half the file: its first line says enough.
    to = Math.min(to, document.lineAt(from).to);
    if (from === to) {
      const { from: start, to: end } = document.lineAt(from);
      to = Math.min(from + 1, end);
      from = from === to ? Math.max(start, from - 1) : from;
    }
    const actions = fixes.map(({ title, edits }) => ({
      name: title[0].toUpperCase() + title.slice(1).replaceAll("`", ""),
      apply(view) {
        // In a text that has changed meanwhile the places are others; it will be marked anew.
        if (view.state.doc.eq(document)) {
          view.dispatch({ changes: changes(document, edits), userEvent: "input.fix" });
        }
      },
    }));
    return { from, to, severity, message, actions, renderMessage: () => prose(message) };
  });
}

/** Deeper than this no manifest is nested, and CodeMirror's parser, which calls itself at each level, must not follow. */
const DEEPEST = 100;
/** Columns that a line may be indented by. */
const FURTHEST = 200;

/** How deep brackets go, each kind by itself: one that closes the other kind closes nothing. */
function isNested(text) {
  const depth = { "[": 0, "{": 0 };
  for (const bracket of text.match(/[[\]{}]/g) ?? []) {
    const opening = bracket === "[" || bracket === "]" ? "[" : "{";
    depth[opening] = bracket === opening ? depth[opening] + 1 : Math.max(0, depth[opening] - 1);
    if (depth[opening] > DEEPEST) {
      return true;
    }
  }
  return false;
}

/** Whether a text may be nested deeply, whether or not quotes mean something where they stand. */
function isDeep(text) {
  return (
    isNested(text) ||
    isNested(text.replace(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/g, "")) ||
    text.includes(" ".repeat(FURTHEST)) ||
    new RegExp(`(?:- +){${DEEPEST}}`).test(text)
  );
}

/** A longer text is not parsed for its colours: that would take longer at each key than it takes to write it. */
const LONGEST = 1_000_000;

const parsed = new Compartment();
/** Whether the text can be edited by a person. */
const locked = new Compartment();
const canBeParsed = (document) => document.length <= LONGEST && !isDeep(document.toString());
const isParsed = (state) => state.facet(language) !== null;

function lengthChanged(changes) {
  let length = 0;
  changes.iterChanges((from, to, start, end) => (length += to - from + (end - start)));
  return length;
}

/** How much was changed since it was last asked whether the text is too deep. */
const unchecked = StateField.define({
  create: () => 0,
  update: (before, { changes }) => {
    const changed = before + lengthChanged(changes);
    return changed < DEEPEST ? changed : 0;
  },
});

/** Leaves a text unparsed that becomes too long or too deep. */
const parsedIfFlat = EditorState.transactionExtender.of(({ startState, changes, newDoc }) => {
  const changed = startState.field(unchecked) + lengthChanged(changes);
  const isSafe = newDoc.length <= LONGEST && changed < DEEPEST;
  return !isParsed(startState) || isSafe || canBeParsed(newDoc) ? null : { effects: parsed.reconfigure([]) };
});

/** Parses a text that no longer is too long or too deep; after the change, or the text before it would be parsed too. */
function parseAgain(view) {
  const { state } = view;
  if (parsed.get(state) && !isParsed(state) && canBeParsed(state.doc)) {
    view.dispatch({ effects: parsed.reconfigure(yaml()) });
  }
}

/** What is asked about the text is answered so soon, or not at all: in milliseconds. */
const PATIENCE = 3000;
/** What a change has brought is tinted so long: in milliseconds. */
const TINTED = 5000;
/** The cursor rests so long before it counts: in milliseconds. */
const REST = 120;

export class Editor {
  #view;
  #file = null;
  #states = new Map();
  #scrolled = new Map();
  #onEdit;
  #onCursor;
  #onAsk;
  #onTrouble;
  #asked = new Map();
  #ticket = 0;
  #resting;
  #tinting;
  /** What was loaded later, for files that are opened now. */
  #later = [];
  #loading = null;

  /**
   * `onEdit` is called with a file's number, what changes (from, to and what comes, from, to, …; all places are those of the
   * text before) and the length of the text after it; `onCursor` with a file's number, a line and a column,
   * both from 1, when a person has put the cursor there; `onAsk` with a number and a command for the worker, whose
   * answer `answer` takes; `onTrouble` with a sentence for the person.
   */
  constructor(parent, onEdit, onCursor, onAsk, onTrouble) {
    this.#onEdit = onEdit;
    this.#onCursor = onCursor;
    this.#onAsk = onAsk;
    this.#onTrouble = onTrouble;
    this.#view = new EditorView({ parent, state: EditorState.create({ extensions: [EditorView.cspNonce.of("editor")] }) });
    // Before anything is edited: what edits can be undone is among what is loaded.
    for (const sign of ["pointermove", "pointerdown", "touchstart", "keydown", "focusin", "paste"]) {
      addEventListener(sign, () => this.#load(), { once: true, passive: true, capture: true });
    }
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
        drawSelection(),
        indentUnit.of("  "),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        parsed.of(canBeParsed(text) ? yaml() : []),
        locked.of([]),
        unchecked,
        parsedIfFlat,
        syntaxHighlighting(colours),
        theme,
        marks,
        this.#later,
        keymap.of([{ key: "Mod-f", run: (view) => this.#search(view) }, ...foldKeymap, ...lintKeymap]),
        EditorView.contentAttributes.of({
          "aria-label": `Manifests in ${name}`,
          "aria-description": "Tab indents. Press Escape, then Tab to leave.",
          "data-testid": "editor",
          tabindex: "0",
        }),
        EditorView.domEventHandlers({
          // Nothing changes then; who types is told so.
          beforeinput: (_event, view) => {
            if (view.state.readOnly) {
              this.#onEdit(this.#file, [], view.state.doc.length);
            }
          },
        }),
        EditorView.updateListener.of((update) => {
          if (update.focusChanged) {
            this.#load();
          }
          if (update.docChanged && !update.transactions.every((it) => it.annotation(known))) {
            const changes = [];
            update.changes.iterChanges((from, to, _start, _end, inserted) => changes.push(from, to, inserted.toString()));
            this.#onEdit(this.#file, changes, update.state.doc.length);
          }
          if (update.docChanged) {
            parseAgain(update.view);
          }
          if (update.transactions.some((it) => it.docChanged || it.isUserEvent("select"))) {
            this.#rest();
          }
        }),
      ],
    });
  }

  /** Tells where the cursor is once it rests. */
  #rest() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => {
      if (this.#view.hasFocus) {
        const { line, column } = position(this.#view.state.doc, this.#view.state.selection.main.head);
        this.#onCursor(this.#file, line, column);
      }
    }, REST);
  }

  /** Asks the worker about a place of the text; `null` when there is no answer. */
  #ask(command, state, at) {
    const ticket = this.#ticket++;
    const file = { name: "", text: state.doc.toString() };
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answer(ticket, null), PATIENCE);
      this.#asked.set(ticket, (event) => {
        clearTimeout(timer);
        resolve(event);
      });
      this.#onAsk(ticket, { type: command, file, position: position(state.doc, at) });
    });
  }

  /** Takes what the worker answered to a question: its event, or `null`. */
  answer(ticket, event) {
    this.#asked.get(ticket)?.(event);
    this.#asked.delete(ticket);
  }

  /** Loads what waits until somebody comes to the editor, and gives it to every file. */
  #load() {
    this.#loading ??= import("./later.js").then((later) => {
      this.#later = later.extensions((command, state, at) => this.#ask(command, state, at));
      const effects = StateEffect.appendConfig.of(this.#later);
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

  /** Takes over what was typed before the editor was there: another text, of which all was replaced or a part. */
  take(text, whole) {
    const doc = this.#view.state.doc;
    const changes = whole ? { from: 0, to: doc.length, insert: text } : difference(doc.toString(), text);
    this.#view.dispatch({ changes, userEvent: "input.type" });
  }

  /** Brings the keyboard here, to a selection. */
  focus(anchor, head) {
    const last = this.#view.state.doc.length;
    this.#view.dispatch({ selection: { anchor: Math.min(anchor, last), head: Math.min(head, last) } });
    this.#view.focus();
  }

  /** The text of a file; nothing for one that is not known. */
  text(file) {
    return (file === this.#file ? this.#view.state : this.#states.get(file))?.doc.toString();
  }

  /**
   * Shows a file. There is a text where the one that is known is another, or none is; nobody edits one that `isLocked`.
   */
  show(file, name, text, isLocked) {
    if (this.#file !== null) {
      this.#states.set(this.#file, this.#view.state);
      this.#scrolled.set(this.#file, this.#view.scrollSnapshot());
    }
    if (this.#file === file && text === undefined && this.#view.state.readOnly === isLocked) {
      this.#view.contentDOM.setAttribute("aria-label", `Manifests in ${name}`);
      return;
    }
    const state = this.#states.get(file);
    this.#file = file;
    if (state && text === undefined) {
      this.#view.setState(state);
      const scrolled = this.#scrolled.get(file);
      if (scrolled) {
        this.#view.dispatch({ effects: scrolled });
      }
      parseAgain(this.#view);
    } else {
      this.#view.setState(this.#create(name, text ?? ""));
    }
    if (this.#view.state.readOnly !== isLocked) {
      this.#view.dispatch({ effects: locked.reconfigure(EditorState.readOnly.of(isLocked)) });
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

  /** Lights up lines, by their numbers. Answers whether the file is known. */
  light(file, numbers) {
    return this.#change(file, () => ({ effects: light.of([...numbers]) }));
  }

  /** Tints lines that a change has brought, until the text changes or some time has passed. */
  tint(file, numbers) {
    this.#change(file, () => ({ effects: tint.of([...numbers]) }));
    clearTimeout(this.#tinting);
    this.#tinting = setTimeout(() => {
      for (const tinted of new Set([this.#file, ...this.#states.keys()])) {
        this.#change(tinted, () => ({ effects: tint.of([]) }));
      }
    }, TINTED);
  }

  /** Gives a file another text, which can be undone like what is typed, whether the file was in sight before or not. */
  replace(file, name, before, after) {
    if (file !== this.#file && !this.#states.has(file)) {
      this.#states.set(file, this.#create(name, before));
    }
    this.#change(file, ({ doc }) =>
      doc.toString() === after
        ? {}
        : { changes: difference(doc.toString(), after), userEvent: "input.fix", annotations: known.of(true) },
    );
  }

  /** Edits a file, as `marks` name the edits of a fix. Answers whether the file is known. */
  edit(file, edits) {
    const brought = [];
    const isKnown = this.#change(file, (state) => {
      const set = state.changes(changes(state.doc, edits));
      const after = set.apply(state.doc);
      set.iterChangedRanges((_from, _to, start, end) => {
        for (let line = after.lineAt(start).number; line <= after.lineAt(end).number; line++) {
          brought.push(line);
        }
      });
      return { changes: set, userEvent: "input.fix", scrollIntoView: true };
    });
    this.tint(file, brought);
    return isKnown;
  }

  /** Brings a line of the file in sight into view. */
  look(line) {
    const at = offset(this.#view.state.doc, line, 1);
    this.#view.dispatch({ effects: EditorView.scrollIntoView(at, { y: "center" }) });
  }

  /** Brings a place of the file in sight into view, puts the cursor there and the keyboard into the editor. */
  reveal(line, column) {
    const at = offset(this.#view.state.doc, line, column);
    this.#view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    this.#view.focus();
  }
}
