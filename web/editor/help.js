// What may be written at a place, and what stands there means: shown as the worker tells it.
import { Prec } from "@codemirror/state";
import { hoverTooltip, keymap } from "@codemirror/view";
import { acceptCompletion, autocompletion } from "@codemirror/autocomplete";
import { offset, paragraphs } from "./text.js";

/** Where something has been begun, so that it is completed unasked. */
const BEGUN = /[\w./-]$|: $|- $|[[{,] ?$/;

/** In a longer text only who asks for it waits for a completion: all of the text is handed to the worker. */
const LONG = 1_000_000;

/** The range of a span of a document. */
function range(document, { start, end }) {
  return { from: offset(document, start.line, start.column), to: offset(document, end.line, end.column) };
}

async function complete(ask, context) {
  const { state, pos, explicit } = context;
  if (!explicit && (state.doc.length > LONG || !BEGUN.test(state.sliceDoc(state.doc.lineAt(pos).from, pos)))) {
    return null;
  }
  const found = (await ask("complete", state, pos))?.completions;
  if (!found?.items.length || context.aborted) {
    return null;
  }
  const { from, to } = range(state.doc, found.span);
  const written = state.sliceDoc(from, to);
  if (!explicit && found.items.some(({ label, insert }) => label === written || insert === written)) {
    return null;
  }
  const options = found.items.map(({ label, insert, detail, documentation }, index) => ({
    label,
    detail,
    apply: insert,
    boost: -index,
    info: documentation ? () => paragraphs([documentation], "cm-about") : undefined,
  }));
  return { from, to, options, filter: false };
}

async function hover(ask, view, at) {
  const found = (await ask("hover", view.state, at))?.hover;
  if (!found) {
    return null;
  }
  const { from, to } = range(view.state.doc, found.span);
  return { pos: from, end: to, above: true, create: () => ({ dom: paragraphs(found.text, "cm-about") }) };
}

/** Completion and explanations; `ask` asks the worker about a place of the text. */
export const help = (ask) => [
  autocompletion({ override: [(context) => complete(ask, context)], icons: false }),
  Prec.high(keymap.of([{ key: "Tab", run: acceptCompletion }])),
  hoverTooltip((view, at) => hover(ask, view, at)),
];
