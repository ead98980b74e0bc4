// How long an analysis takes, in WebAssembly under Node and by phase natively, beside js-yaml on the same text.
// node tests/bench/bench.mjs [--size WORKLOADS] [--form FORM] [--compare FILE] [--out FILE]; `cargo xtask bench` builds
// what it needs.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { CASES } from "./sizes.mjs";

const { values: asked } = parseArgs({
  options: {
    size: { type: "string", multiple: true },
    form: { type: "string", multiple: true },
    compare: { type: "string" },
    out: { type: "string" },
  },
});
const target = process.env.NETPOL_TARGET ?? fileURLToPath(new URL("../../target", import.meta.url));
const phasesProgram = process.env.NETPOL_PHASES;
const out = asked.out ?? join(target, "bench", "latest.json");

/** Less than this is no dense cluster. */
const FEWEST_FILLED = 0.05;
const FEWEST_SETS = 30;

/** What js-yaml makes of the largest text takes some gigabytes. */
const HEAP = "--max-old-space-size=16000";

const cases = CASES.filter(
  ({ workloads, form }) => (!asked.size || asked.size.includes(String(workloads))) && (!asked.form || asked.form.includes(form)),
);
if (cases.length === 0) throw new Error("no case of the bench has this size and form");
// Read before anything is written: it may be the file of the last run.
const kept = asked.compare && JSON.parse(readFileSync(asked.compare, "utf8"));

const name = ({ workloads, policies, form }) => `${workloads}×${policies} ${form}`;
const print = (columns) => console.log(columns.map((column, n) => (n === 0 ? column.padEnd(21) : column.padStart(10))).join(""));
const number = (value, digits = 0) => (value == null ? "-" : value.toFixed(digits));
const megabytes = (bytes) => (bytes == null ? "-" : (bytes / 2 ** 20).toFixed(0));

function measure(one) {
  const folder = join(target, "bench", "input", `${one.workloads}-${one.form}`);
  const run = (program, ...words) => JSON.parse(execFileSync(program, words, { encoding: "utf8", maxBuffer: 2 ** 26, stdio: ["ignore", "pipe", "inherit"] }));
  const load = loadavg()[0];
  const measured = run(process.execPath, "--expose-gc", HEAP, fileURLToPath(new URL("measure.mjs", import.meta.url)), JSON.stringify(one), folder);
  const failure = failureOf(measured);
  if (failure) return { ...one, failure };
  const native = phasesProgram ? run(phasesProgram, folder, String(one.runs), String(Math.min(one.edits, 5))) : null;
  return { ...measured, throughput: measured.bytes / 1000 / measured.milliseconds.full, native, load };
}

/** Why the figures mean nothing. */
function failureOf({ errors, filled, sets, form }) {
  if (errors.length > 0) return `it is not read: ${errors[0]}`;
  if (form === "kinds" || (filled >= FEWEST_FILLED && sets >= FEWEST_SETS)) return null;
  return `it is not dense: ${(100 * filled).toFixed(1)} % of the cells and ${sets} sets are not empty`;
}

console.log(`${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}, load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`);
console.log("medians in milliseconds; × is the ratio to js-yaml's loadAll of the same text, run by turns with the analysis\n");
print(["input", "kB", "evaluated", "peers", "classes", "filled %", "sets", "findings"].map(String));
const results = [];
for (const one of cases) {
  const measured = measure(one);
  if (measured.failure) {
    console.log(`${name(one)}: ${measured.failure}`);
    process.exitCode = 1;
    continue;
  }
  results.push(measured);
  print([name(one), number(measured.bytes / 1000), number(measured.evaluated), number(measured.peers), number(measured.native?.classes), number(100 * measured.filled, 1), number(measured.sets), number(measured.findings)]);
  if (measured.evaluated < one.workloads) console.log(`  only ${measured.evaluated} of ${one.workloads} workloads were evaluated`);
  for (const message of measured.incomplete) console.log(`  incomplete: ${message}`);
}

console.log("\nin WebAssembly; memory in MB, after the full analyses and after the edits");
print(["input", "js-yaml", "JSON", "full", "×", "MB/s", "policy", "×", "pods", "×", "memory", "edited"]);
for (const { milliseconds: at, ratios, memory, throughput, ...one } of results) {
  print([name(one), number(at.load, 1), number(at.parse, 1), number(at.full, 1), number(ratios.full, 2), number(throughput, 1), number(at.editPolicy, 1), number(ratios.editPolicy, 2), number(at.editPods, 1), number(ratios.editPods, 2), megabytes(memory.full), megabytes(memory.edited)]);
}

const PHASES = ["setting", "reading", "cluster", "matrix", "finding", "summary", "trying", "total"];
if (results.some(({ native }) => native)) {
  console.log("\nnatively, by phase; memory of the process in MB");
  print(["input", "", ...PHASES, "MB/s", "memory"]);
  for (const { native, bytes, ...one } of results) {
    for (const what of ["full", "policy", "pods"]) {
      const phases = native?.[what];
      if (!phases) continue;
      const isFull = what === "full";
      print([isFull ? name(one) : "", what, ...PHASES.map((phase) => number(phases[phase], 1)), isFull ? number(bytes / 1000 / phases.total, 1) : "", isFull ? megabytes(native.memory) : ""]);
    }
  }
}

if (kept) {
  console.log(`\nratios to ${asked.compare} (${kept.time}): below 1 is faster or less`);
  print(["input", "js-yaml", "full", "full ×", "policy ×", "pods ×", "memory", "reading", "cluster", "matrix", "finding", "summary", "trying"]);
  for (const now of results) {
    const then = kept.results.find((other) => name(other) === name(now));
    if (!then) continue;
    const ratio = (of) => (of(now) && of(then) ? (of(now) / of(then)).toFixed(2) : "-");
    print([
      name(now),
      ratio(({ milliseconds }) => milliseconds.load),
      ratio(({ milliseconds }) => milliseconds.full),
      ratio(({ ratios }) => ratios.full),
      ratio(({ ratios }) => ratios.editPolicy),
      ratio(({ ratios }) => ratios.editPods),
      ratio(({ memory }) => memory.edited),
      ...PHASES.slice(1, -1).map((phase) => ratio(({ native }) => native?.full[phase])),
    ]);
  }
}

mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${JSON.stringify({ time: new Date().toISOString(), node: process.version, load: loadavg(), results }, null, 1)}\n`);
console.log(`\nload ${loadavg().map((load) => load.toFixed(1)).join(" ")}; written to ${out}`);
