// Places of a text, and what is said of them.

/** The offset of a line and a column, both from 1; the nearest one where they lie outside the text. */
export function offset(document, line, column) {
  const { from, to } = document.line(Math.max(1, Math.min(line, document.lines)));
  return Math.min(from + Math.max(0, column - 1), to);
}

/** The line and the column of an offset, both from 1. */
export function position(document, at) {
  const line = document.lineAt(at);
  return { line: line.number, column: at - line.from + 1 };
}

/** A message whose parts between backticks are code, as nodes. */
export function prose(message) {
  const span = document.createElement("span");
  message.split("`").forEach((part, index, parts) => {
    const code = index % 2 === 1 && index < parts.length - 1;
    span.append(code ? Object.assign(document.createElement("code"), { textContent: part }) : part);
  });
  return span;
}

/** Paragraphs of a text with code between backticks. */
export function paragraphs(texts, name) {
  const box = Object.assign(document.createElement("div"), { className: name });
  for (const text of texts) {
    const paragraph = document.createElement("p");
    paragraph.append(prose(text));
    box.append(paragraph);
  }
  return box;
}
