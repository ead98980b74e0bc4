// What of the editor is loaded when somebody comes to it, and not before.
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentWithTab, redo } from "@codemirror/commands";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { help } from "./help.js";

/** `ask` asks the worker about a place of the text, and answers a promise of its event, or of `null`. */
export const extensions = (ask) => [
  history(),
  keymap.of([...historyKeymap, { key: "Mod-Shift-z", run: redo, preventDefault: true }, ...defaultKeymap, indentWithTab]),
  highlightSelectionMatches(),
  search({ top: true }),
  Prec.high(keymap.of(searchKeymap)),
  help(ask),
];

export { openSearchPanel };
