// What of the editor is loaded when somebody comes to it, and not before: searching, and what may be written.
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { acceptCompletion, autocompletion } from "@codemirror/autocomplete";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";

/** For one file; `complete` answers what may be written at a place. */
export const extensions = (complete) => [
  highlightSelectionMatches(),
  search({ top: true }),
  autocompletion({ override: [complete], icons: false }),
  Prec.high(keymap.of([{ key: "Tab", run: acceptCompletion }, ...searchKeymap])),
];

export { openSearchPanel };
