// What of the editor is loaded when somebody comes to it, and not before.
import { Prec } from "@codemirror/state";
import { keymap } from "@codemirror/view";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";

export const extensions = [highlightSelectionMatches(), search({ top: true }), Prec.high(keymap.of(searchKeymap))];

export { openSearchPanel };
