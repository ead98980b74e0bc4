// A cluster as text, in the forms in which people have theirs, and edits of that text.
import { dense } from "./dense.mjs";
import { live } from "./live.mjs";
import { yaml } from "./yaml.mjs";

/** The forms: manifests in a file for each namespace, and one list of live objects, as YAML and as minified JSON. */
export const FORMS = ["manifests", "list", "json"];

/**
 * A dense cluster in a form: its files, and edits of it. An edit is `{ file, at, remove, insert }`: at this character of
 * this file, this many are replaced by as many others, so that edits can be made one after the other at places of the
 * first text. `policies` are edits of a port of a policy, `pods` of a label of a workload's pods.
 */
export function written(workloads, policies, form) {
  const spaces = dense(workloads, policies);
  const files = form === "manifests" ? manifests(spaces) : [list(spaces, form)];
  return {
    files: files.map(({ name, pieces }) => ({ name, text: pieces.map(({ text }) => text).join("") })),
    edits: edits(files, form),
  };
}

/** The files after an edit. */
export function edited(files, { file, at, remove, insert }) {
  return files.map((before, n) => {
    if (n !== file) return before;
    const { name, text } = before;
    // Joined, not concatenated: a text that is in pieces would be put together when it is first read.
    return { name, text: [text.slice(0, at), insert, text.slice(at + remove)].join("") };
  });
}

function manifests(spaces) {
  return spaces.map(({ name, objects }) => ({
    name: `${name}.yaml`,
    pieces: objects.map((object, n) => ({ kind: object.kind, text: `${n === 0 ? "" : "---\n"}${yaml(object)}` })),
  }));
}

function list(spaces, form) {
  if (form === "json") {
    const items = live(spaces, (object) => `,${JSON.stringify(sorted(object))}`);
    items[0].text = items[0].text.slice(1);
    const [head, tail] = ['{"apiVersion":"v1","items":[', '],"kind":"List","metadata":{"resourceVersion":""}}\n'];
    return { name: "cluster.json", pieces: [{ text: head }, ...items, { text: tail }] };
  }
  const items = live(spaces, (object) => yaml([object]));
  const tail = 'kind: List\nmetadata:\n  resourceVersion: ""\n';
  return { name: "cluster.yaml", pieces: [{ text: "apiVersion: v1\nitems:\n" }, ...items, { text: tail }] };
}

function sorted(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/** How many edits of each sort there are. */
const MOST_EDITS = 100;

// What an edit changes: the port of its own that each policy has, and the tier of an application. In the list the
// pods themselves have the labels that count.
const PORT = { yaml: /^\s+(?:- )?port: (8[1-8]\d\d)$/m, json: /[{,]"port":(8[1-8]\d\d)(?=[,}])/ };
const TIER = { yaml: /^ {4,8}tier: (web|api)$/m, json: /[{,]"tier":"(web|api)"/ };

function edits(files, form) {
  const syntax = form === "json" ? "json" : "yaml";
  const withPods = form === "manifests" ? "Deployment" : "Pod";
  const policies = [];
  const pods = [];
  files.forEach(({ pieces }, file) => {
    let start = 0;
    for (const { kind, text } of pieces) {
      if (kind === "NetworkPolicy") policies.push({ file, start, text });
      if (kind === withPods) pods.push({ file, start, text });
      start += text.length;
    }
  });
  // From the middle on: deep in the text.
  const deep = (found) => spread(found.slice(Math.floor(found.length / 2)), MOST_EDITS);
  return {
    policies: deep(policies.map((piece) => place(piece, PORT[syntax])).filter(Boolean)).map(({ value, ...edit }, n) => ({
      ...edit,
      insert: String(8100 + ((Number(value) - 8100 + 13 * (n + 1)) % 800)),
    })),
    pods: deep(pods.map((piece) => place(piece, TIER[syntax])).filter(Boolean)).map(({ value, ...edit }) => ({
      ...edit,
      insert: value === "web" ? "api" : "web",
    })),
  };
}

function place({ file, start, text }, pattern) {
  const match = pattern.exec(text);
  if (!match) return null;
  const [whole, value] = match;
  const at = start + match.index + whole.lastIndexOf(value);
  return { file, at, remove: value.length, value };
}

/** At most this many, in an order that jumps about. */
function spread(found, most) {
  const step = Math.max(1, Math.floor(found.length / 2.6)) | 1;
  const places = new Set();
  for (let n = 0; places.size < Math.min(most, found.length); n++) places.add((n * step + Math.floor((n * step) / found.length)) % found.length);
  return [...places].map((at) => found[at]);
}
