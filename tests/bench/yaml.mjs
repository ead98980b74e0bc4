// YAML as `kubectl` prints it: keys sorted, lists not indented, long lines not folded.

/** A value as a block of lines, each with this indent; no line for nothing. */
export function yaml(value, indent = "") {
  const lines = [];
  block(value, indent, lines);
  return `${lines.join("\n")}\n`;
}

const isEmpty = (value) => Object.keys(value).length === 0;
const isNested = (value) => value !== null && typeof value === "object" && !isEmpty(value);

function block(value, indent, lines) {
  if (!isNested(value)) {
    lines.push(indent + scalar(value, indent));
  } else if (Array.isArray(value)) {
    for (const item of value) element(item, indent, lines);
  } else {
    for (const key of Object.keys(value).sort()) entry(key, value[key], indent, lines);
  }
}

function element(item, indent, lines) {
  if (!isNested(item)) {
    lines.push(`${indent}- ${scalar(item, `${indent}  `)}`);
    return;
  }
  const at = lines.length;
  block(item, `${indent}  `, lines);
  lines[at] = `${indent}- ${lines[at].slice(indent.length + 2)}`;
}

function entry(key, value, indent, lines) {
  const start = `${indent}${scalar(key)}:`;
  if (!isNested(value)) {
    lines.push(`${start} ${scalar(value, `${indent}  `)}`);
    return;
  }
  lines.push(start);
  block(value, Array.isArray(value) ? indent : `${indent}  `, lines);
}

const PLAIN = /^[A-Za-z0-9_./][^\n#]*$/;
const NOT_PLAIN = /: |:$|\s$/;
// What a reader of YAML 1.1 or 1.2 takes for something other than a string.
const OTHER = /^(?:true|false|yes|no|on|off|y|n|null|~|[-+]?[0-9][0-9_]*(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?|0x[0-9a-f]+|\.[0-9]+|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?)$/i;

function scalar(value, indent = "") {
  if (typeof value !== "string") return JSON.stringify(value);
  if (PLAIN.test(value) && !NOT_PLAIN.test(value) && !OTHER.test(value)) return value;
  if (value.endsWith("\n") && value.indexOf("\n") === value.length - 1) return `|\n${indent}${value.slice(0, -1)}`;
  return JSON.stringify(value);
}
