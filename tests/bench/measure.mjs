// One case of the bench, in a process of its own so that its memory is its own: prints its figures as JSON.
// node tests/bench/measure.mjs '{"workloads": 500, "policies": 200, "form": "list", "runs": 7, "edits": 15}' FOLDER
import { createRequire } from "node:module";
import { edited } from "./forms.mjs";
import { nodePackage } from "../package/package.mjs";
import { input } from "./sizes.mjs";
import { write } from "./write.mjs";

const require = createRequire(import.meta.url);
const jsYaml = require("js-yaml");

// The package keeps its memory to itself, so the instance is seen as it is made.
let memory;
const { Instance } = WebAssembly;
WebAssembly.Instance = class extends Instance {
  constructor(...parts) {
    super(...parts);
    ({ memory } = this.exports);
  }
};
const { Playground } = nodePackage();
WebAssembly.Instance = Instance;

const [measured, folder] = process.argv.slice(2);
const { runs, edits: editRuns, ...what } = JSON.parse(measured);
const { files, edits } = input(what);
if (folder) write({ files, edits }, folder);

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? null;

function time(work) {
  globalThis.gc();
  const started = performance.now();
  const result = work();
  return [performance.now() - started, result];
}

// By turns, so that what else the machine does slows both. The first turn compiles; where there are others it does not
// count.
const warm = runs > 1 ? 1 : 0;
const turns = [];
let playground;
let summary;
for (let run = 0; run < runs + warm; run++) {
  const [load] = time(() => {
    for (const { text } of files) jsYaml.loadAll(text);
  });
  const [parse] = what.form === "json" ? time(() => void JSON.parse(files[0].text)) : [null];
  playground?.free();
  summary = undefined;
  const [full, result] = time(() => {
    playground = new Playground();
    playground.setFiles(files);
    return playground.summary();
  });
  summary = result;
  turns.push({ load, parse, full, ratio: full / load });
}
const counted = turns.slice(warm);
const load = median(counted.map(({ load }) => load));
const parse = what.form === "json" ? median(counted.map(({ parse }) => parse)) : null;
const memoryFull = memory.buffer.byteLength;

// Some rows stand for all where there are very many cells.
const peers = summary.peers.length;
const rows = Math.min(peers, Math.ceil(4_000_000 / peers));
let filled = 0;
let cells = 0;
const sets = new Set();
for (let n = 0; n < rows; n++) {
  const row = Math.floor((n * peers) / rows);
  for (const cell of playground.cells([row, row + 1], [0, peers])) {
    cells += 1;
    if (cell !== 0) {
      filled += 1;
      sets.add(cell);
    }
  }
}

// Each edit is made to what the one before left, so that it changes one object.
let now = files;
function afterEdits(edits) {
  if (edits.length <= warm) return null;
  const taken = edits.slice(0, editRuns + warm).map((edit) => {
    now = edited(now, edit);
    return time(() => {
      playground.setFiles(now);
      playground.summary();
    })[0];
  });
  return median(taken.slice(warm));
}
const editPolicy = afterEdits(edits.policies);
const editPods = afterEdits(edits.pods);
const memoryEdited = memory.buffer.byteLength;

const rowsOf = (type) => summary.peers.filter((peer) => peer.type === type);
const named = new Set(rowsOf("workload").map(({ namespace, name, kind }) => `${namespace}/${name}/${kind}`));
const errors = summary.diagnostics.filter(({ severity }) => severity === "error");
process.stdout.write(
  JSON.stringify({
    ...what,
    bytes: files.reduce((sum, { text }) => sum + text.length, 0),
    files: files.length,
    evaluated: named.size,
    peers,
    findings: summary.findings.length,
    filled: filled / cells,
    sets: sets.size,
    errors: errors.map(({ message }) => message).slice(0, 3),
    incomplete: summary.incomplete.map(({ message }) => message),
    milliseconds: { load, parse, full: median(counted.map(({ full }) => full)), editPolicy, editPods },
    ratios: {
      full: median(counted.map(({ ratio }) => ratio)),
      editPolicy: editPolicy && editPolicy / load,
      editPods: editPods && editPods / load,
    },
    memory: { full: memoryFull, edited: memoryEdited },
  }),
);
