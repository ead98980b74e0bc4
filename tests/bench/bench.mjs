// How long an analysis takes in WebAssembly under Node: all of it at once, and again after one document was edited.
import { nodePackage } from "../package/package.mjs";
import { cluster, edited } from "./cluster.mjs";

const { analyze, Playground } = nodePackage();

const SIZES = [
  { workloads: 100, policies: 40, runs: 30 },
  { workloads: 500, policies: 200, runs: 20 },
  { workloads: 500, policies: 200, allKinds: true, runs: 20 },
  { workloads: 2000, policies: 800, runs: 7 },
];

function median(runs, work) {
  for (let n = 0; n < 3; n++) work(n);
  const times = Array.from({ length: runs }, (_, n) => {
    const started = performance.now();
    work(n + 3);
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

const row = (...columns) => console.log(columns.map((column) => String(column).padStart(11)).join(" "));

console.log("median milliseconds; the goal is under 80 for a full analysis of 500 workloads and 200 policies,");
console.log("and less than twice that for policies of all kinds\n");
row("workloads", "policies", "kinds", "kB", "peers", "findings", "full", "edit");
for (const { workloads, policies, allKinds, runs } of SIZES) {
  const files = cluster(workloads, policies, allKinds);
  const { peers, findings, diagnostics } = analyze(files);
  const error = diagnostics.find(({ severity }) => severity === "error");
  if (error) throw new Error(`the bench's own input is wrong: ${error.message}`);
  const full = median(runs, () => analyze(files));
  const playground = new Playground();
  playground.setFiles(files);
  playground.analyze();
  const edit = median(runs, (count) => {
    playground.setFiles(edited(files, count));
    playground.analyze();
  });
  const kilobytes = files.reduce((sum, { text }) => sum + text.length, 0) / 1000;
  row(workloads, policies, allKinds ? "all" : "one", kilobytes.toFixed(0), peers.length, findings.length, full.toFixed(1), edit.toFixed(1));
}
