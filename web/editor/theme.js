// The editor's looks, in the variables of the page's style sheet, so that light and dark are one theme.
import { EditorView } from "@codemirror/view";
import { HighlightStyle } from "@codemirror/language";
import { tags } from "@lezer/highlight";

export const theme = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--panel)", color: "var(--ink)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "12.5px", lineHeight: "20px", overflow: "auto" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "1.5px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--selection)",
  },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine:not(.cm-lit)": { backgroundColor: "var(--active-line)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--muted)", border: "0" },
  ".cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLineGutter": { color: "var(--ink)" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 2px 0 2px", minWidth: "26px" },
  ".cm-foldGutter .cm-gutterElement": { padding: "0 3px", cursor: "pointer", minWidth: "14px" },
  // Where nothing is folded the marks show only when they are wanted.
  ".cm-foldGutter span[title='Fold line']": { opacity: "0" },
  ".cm-gutters:hover .cm-foldGutter span[title='Fold line']": { opacity: "1" },
  ".cm-gutter-lint": { width: "16px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "4px 0 4px 4px" },
  ".cm-lint-marker": { width: "12px", height: "12px" },
  ".cm-lint-marker-error": { content: "none", backgroundColor: "var(--bad)", borderRadius: "6px" },
  ".cm-lint-marker-warning": {
    content: "none",
    backgroundColor: "var(--bad)",
    clipPath: "polygon(50% 5%, 100% 95%, 0 95%)",
  },
  ".cm-lint-marker-info": { content: "none", border: "2px solid var(--muted)", borderRadius: "6px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad) 1px", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline dashed var(--bad) 1px", textUnderlineOffset: "3px" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecoration: "underline dotted var(--muted) 1px", textUnderlineOffset: "3px" },
  ".cm-lit": { backgroundColor: "var(--mark)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--hot)", outline: "1px solid var(--line)" },
  ".cm-selectionMatch": { backgroundColor: "var(--hot)" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)", outline: "1px solid var(--line-strong)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--selection)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--soft)", border: "1px solid var(--line)", color: "var(--muted)", padding: "0 6px" },
  ".cm-panels": { backgroundColor: "var(--soft)", color: "var(--ink)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "6px 28px 6px 10px" },
  ".cm-panel.cm-search label": { fontSize: "12px", color: "var(--ink)" },
  ".cm-textfield": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "4px", fontSize: "12px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "4px", fontSize: "12px" },
  ".cm-panel.cm-search [name=close]": { color: "var(--ink)", fontSize: "16px", right: "8px" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": { backgroundColor: "var(--hot)", color: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line-strong)", borderRadius: "6px", boxShadow: "var(--shadow)" },
  ".cm-tooltip .cm-diagnostic": { borderLeft: "0", padding: "6px 10px", maxWidth: "420px", fontFamily: "var(--sans)", fontSize: "12.5px" },
});

export const colours = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--syntax-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syntax-string)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.typeName, tags.labelName, tags.keyword], color: "var(--syntax-string)" },
  { tag: [tags.meta, tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--muted)" },
]);
