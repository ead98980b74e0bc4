// The package keeps its contract: its names, its shapes, and that text never makes it throw or run without end.
import assert from "node:assert/strict";
import { test } from "node:test";

import { aliasBomb, nested, noise } from "./hostile.mjs";
import { nodePackage, text, webPackage } from "./package.mjs";

const { analyze, Playground, test: policyTests } = nodePackage();

const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: front, namespace: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: front } }
  template:
    metadata: { labels: { app: front } }
    spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: back, namespace: shop }
spec:
  replicas: 1
  selector: { matchLabels: { app: back } }
  template:
    metadata: { labels: { app: back } }
    spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 6379, name: redis }] }] }
`;
const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: back, namespace: shop }
spec:
  podSelector: { matchLabels: { app: back } }
  policyTypes: [Ingress]
  ingress:
  - from: [{ podSelector: { matchLabels: { app: front } } }]
    ports: [{ port: 6379 }]
`;
const FILES = [
  { name: "shop.yaml", text: SHOP },
  { name: "policy.yaml", text: POLICY },
];
const FRONT = "shop/front[Deployment]";
const BACK = "shop/back[Deployment]";

function connection(analysis, source, destination) {
  const place = (id) => {
    const found = analysis.peers.findIndex((peer) => peer.id === id);
    assert.notEqual(found, -1, `no peer ${id} in ${analysis.peers.map((peer) => peer.id).join(", ")}`);
    return found;
  };
  const cell = analysis.cells[place(source) * analysis.peers.length + place(destination)];
  return analysis.connections[cell];
}

test("a peer and a policy by themselves", () => {
  const playground = new Playground();
  playground.setFiles(FILES);
  const { peers } = playground.summary();
  const back = playground.peer(BACK);
  assert.equal(back.peer.id, BACK);
  assert.deepEqual(back.ingress.map(({ id, rules }) => [id, rules]), [["shop/back[NetworkPolicy]", 1]]);
  assert.deepEqual(back.egress, []);
  const from = back.reachedBy.find(({ connections }) => connections.text === "TCP 6379");
  assert.deepEqual(from.peers.map((peer) => peers[peer].id), [FRONT]);
  assert.equal(playground.peer(FRONT).namedAsSource[0].rule.text, "allows TCP 6379 from pods with `app: front` of `shop`");

  const policy = playground.policy("shop/back[NetworkPolicy]");
  assert.deepEqual([policy.policyTypes, policy.hasPolicyTypes, policy.egress], [["Ingress"], true, undefined]);
  assert.deepEqual(policy.subjects.map((peer) => peers[peer].id), [BACK]);
  const without = playground.without("shop/back[NetworkPolicy]");
  assert.equal(without.files[1].text, "");
  assert.ok(without.changes.every(({ destination, after }) => destination === BACK && after.text === "all"));

  for (const ask of ["peer", "policy", "without"]) {
    assert.equal(playground[ask]("nobody"), undefined);
    assert.throws(() => playground[ask](7), TypeError);
  }
});

test("the matrix is exact", () => {
  const analysis = analyze(FILES);
  assert.ok(analysis.cells instanceof Uint32Array);
  assert.equal(analysis.cells.length, analysis.peers.length ** 2);
  assert.ok(analysis.uncertain instanceof Uint8Array);
  assert.equal(analysis.uncertain.length, analysis.peers.length ** 2);
  assert.equal(analysis.connections[0].text, "none");
  assert.equal(analysis.connections[1].text, "all");
  assert.deepEqual(connection(analysis, FRONT, BACK), { text: "TCP 6379", TCP: [[6379, 6379]], UDP: [], SCTP: [] });
  assert.equal(connection(analysis, BACK, FRONT).text, "all");
  const outside = analysis.peers.find((peer) => peer.type === "external");
  assert.equal(connection(analysis, outside.id, BACK).text, "none");
});

test("peers are described", () => {
  const back = analyze(FILES).peers.find((peer) => peer.id === BACK);
  const { span, ...rest } = back;
  assert.deepEqual(rest, {
    id: BACK,
    type: "workload",
    namespace: "shop",
    name: "back",
    kind: "Deployment",
    labels: { app: "back" },
    namespaceLabels: { "kubernetes.io/metadata.name": "shop" },
    ports: [{ name: "redis", port: 6379, protocol: "TCP" }],
    ...("hostNetwork" in rest ? { hostNetwork: false } : {}),
    replicas: 1,
    dns: { works: true },
  });
  assert.equal(span.file, "shop.yaml");
  assert.ok(span.start.line >= 11 && span.start.line <= 13, `line ${span.start.line}`);
});

test("policies, diagnostics and findings point at their lines", () => {
  const analysis = analyze([...FILES, { name: "broken.yaml", text: "kind: [\n" }]);
  assert.deepEqual(
    analysis.policies.map(({ object, ingress, egress, subjects }) => ({ object, ingress, egress, subjects })),
    [
      {
        object: { group: "networking.k8s.io", kind: "NetworkPolicy", namespace: "shop", name: "back" },
        ingress: true,
        egress: false,
        subjects: [BACK],
      },
    ],
  );
  const broken = analysis.diagnostics.find((diagnostic) => diagnostic.span.file === "broken.yaml");
  assert.equal(broken.severity, "error");
  assert.ok(broken.code && broken.message && broken.span.start.line >= 1 && broken.span.start.column >= 1);
  for (const finding of analysis.findings) {
    assert.match(finding.code, /^NP\d{3}$/);
    assert.match(finding.rule, /^[a-z-]+$/);
    assert.ok(["high", "medium", "low", "info"].includes(finding.severity), finding.severity);
    assert.ok(finding.message && finding.help && Array.isArray(finding.references));
    if (finding.witness) {
      const { source, destination, port, protocol } = finding.witness;
      const ports = connection(analysis, source, destination)[protocol];
      assert.ok(
        ports.some(([first, last]) => first <= port && port <= last),
        `${finding.code}: ${source} to ${destination} on ${protocol} ${port} is not allowed`,
      );
    }
  }
  assert.ok(analysis.findings.length > 0, "a namespace without default deny has findings");
});

test("a playground that is edited says what a new one says", () => {
  const playground = new Playground({ hypothetical: "never" });
  playground.setFiles(FILES);
  playground.summary();
  const edited = [FILES[0], { name: "policy.yaml", text: POLICY.replace("6379", "6380") }];
  playground.setFiles(edited);
  assert.deepEqual(playground.analyze(), analyze(edited, { hypothetical: "never" }));
  playground.setOptions({});
  assert.deepEqual(playground.analyze(), analyze(edited));
  const { cells, uncertain, ...summary } = analyze(edited);
  assert.deepEqual(playground.summary(), summary);
  const peers = summary.peers.length;
  assert.deepEqual(playground.cells([1, 2], [0, peers]), cells.slice(peers, 2 * peers));
  assert.deepEqual(playground.cells([peers, peers + 5], [0, peers]), new Uint32Array());
  assert.deepEqual(playground.uncertain([1, 2], [0, peers]), uncertain.slice(peers, 2 * peers));
});

test("what an edit leaves as it is stays the same object", () => {
  const playground = new Playground();
  playground.setFiles(FILES);
  const before = playground.summary();
  const edited = [FILES[0], { name: "policy.yaml", text: POLICY.replace("6379", "6380") }];
  playground.setFiles(edited);
  const after = playground.summary();
  const place = (id) => after.peers.findIndex((peer) => peer.id === id);
  for (const id of [FRONT, BACK]) assert.equal(after.peers[place(id)], before.peers[place(id)]);
  assert.notEqual(after.peers, before.peers);
  for (const peer of after.peers.filter(({ type }) => type === "workload")) {
    assert.equal(peer.namespaceLabels, after.namespaceLabels[peer.namespace]);
  }
  for (const finding of after.findings) {
    const rule = after.rules.find(({ code }) => code === finding.code);
    assert.equal(finding.references, rule.references);
  }
  const { cells, uncertain, ...summary } = analyze(edited);
  assert.deepEqual(after, summary);
  // Files may be known by their place from the end as well, and be others of the same name.
  const more = [{ name: "more.yaml", text: "" }, ...edited, { name: "policy.yaml", text: POLICY.replace("back }", "b }") }];
  for (const files of [more, more.slice(1), [...more].reverse(), [], more]) {
    playground.setFiles(files);
    assert.deepEqual(playground.analyze(), analyze(files));
  }
});

test("a cell is explained by the peers' ids", () => {
  const playground = new Playground();
  playground.setFiles(FILES);
  const { allowed, egress, ingress, caveats } = playground.explain(FRONT, BACK);
  assert.equal(allowed.text, "TCP 6379");
  assert.equal(egress.isolated, false);
  assert.equal(ingress.isolated, true);
  const rule = ingress.steps.find((step) => step.action === "allow");
  assert.deepEqual(rule.policy, { group: "networking.k8s.io", kind: "NetworkPolicy", namespace: "shop", name: "back" });
  assert.equal(rule.span.file, "policy.yaml");
  assert.ok(Array.isArray(caveats));
  assert.throws(() => playground.explain(FRONT, "shop/nobody"), /no peer .* `shop\/nobody`/);
});

test("what is given wrongly is a TypeError that names it", () => {
  const wrong = (call, message) => assert.throws(call, { name: "TypeError", message });
  wrong(() => analyze(), /^`files` should be an array/);
  wrong(() => analyze([{ name: "a" }]), /^`files\[0\]\.text` should be a string/);
  wrong(() => analyze([], { ipBlockPods: "always" }), /^`options\.ipBlockPods`: .*`always`/);
  wrong(() => analyze([], { kubernetes: "1.20" }), /^`options\.kubernetes`: .*`1\.20`/);
  wrong(() => analyze([], { unknownFields: "warn" }), /^`options\.unknownFields`: .*`warn`/);
  wrong(() => new Playground({ color: "red" }), /^there is no option `color`/);
  wrong(() => new Playground().cells(0, 1), /^`rows` should be two whole numbers/);
});

test("an analysis leaves nothing behind that changes the next", () => {
  const first = analyze(FILES);
  analyze([{ name: "x", text: "kind: [" }], { hypothetical: "never" });
  assert.deepEqual(analyze(FILES), first);
});

const HARMLESS = {
  "5 MB of one scalar": `a: ${"x".repeat(5_000_000)}`,
  "many empty documents": "---\n".repeat(20_000),
  "half of a surrogate pair": "a: \ud83d",
};
const HOSTILE = { "an alias bomb": aliasBomb, "5 MB of noise": noise, ...nested, ...HARMLESS };
for (const [name, hostile] of Object.entries(HOSTILE)) {
  test(`${name}: a diagnostic, and the other files are analysed`, () => {
    const analysis = analyze([{ name: "hostile.yaml", text: hostile }, ...FILES]);
    assert.equal(connection(analysis, FRONT, BACK).text, "TCP 6379");
    const said = analysis.diagnostics.filter((diagnostic) => diagnostic.span.file === "hostile.yaml");
    assert.ok(said.length > 0 || name in HARMLESS);
  });
}

test("the package for browsers is the same", async () => {
  const web = await webPackage();
  assert.deepEqual(web.analyze(FILES), analyze(FILES));
});

const NAMES = [
  "Action Analysis Connection ConnectionSet Diagnostic DirectionTrace Explanation Finding ObjectRef Options Peer",
  "PolicySummary Position Protocol SourceFile Span Summary Tier TraceStep",
].flatMap((line) => line.split(" "));

for (const kind of ["nodejs", "web"]) {
  test(`the declarations of the package for ${kind} name everything`, () => {
    const declarations = text(kind, "netpol_wasm.d.ts");
    for (const name of NAMES) {
      assert.match(declarations, new RegExp(`^export (type|interface) ${name}\\b`, "m"));
    }
    const lines = [
      "export function analyze(files: SourceFile[], options?: Options): Analysis;",
      "export class Playground {",
      "constructor(options?: Options);",
      "setOptions(options: Options): void;",
      "setFiles(files: SourceFile[]): void;",
      "summary(): Summary;",
      "analyze(): Analysis;",
      "cells(rows: [number, number], columns: [number, number]): Uint32Array;",
      "uncertain(rows: [number, number], columns: [number, number]): Uint8Array;",
      "explain(source: string, destination: string): Explanation;",
    ];
    const found = declarations.split("\n").map((line) => line.trim());
    for (const line of lines) assert.ok(found.includes(line), line);
    for (const name of Object.keys(nodePackage()).filter((name) => !name.startsWith("__"))) {
      assert.match(declarations, new RegExp(`\\b${name}\\b`));
    }
    assert.equal(JSON.parse(text(kind, "package.json")).types, "netpol_wasm.d.ts");
  });
}

test("superseded policies are rewritten together, and what that changes is shown before", () => {
  const head = "apiVersion: policy.networking.k8s.io/v1alpha1\nkind:";
  const rules = "subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]";
  const admin = `${head} AdminNetworkPolicy\nmetadata: {name: all}\nspec: {priority: 1, ${rules}}\n`;
  const baseline = `${head} BaselineAdminNetworkPolicy\nmetadata: {name: default}\nspec: {${rules}}\n`;
  const playground = new Playground();
  playground.setFiles([...FILES, { name: "cluster.yaml", text: `${admin}---\n${baseline}` }]);
  const { preview, notes, policies } = playground.migrate();
  assert.equal(policies, 2);
  assert.deepEqual(notes, ["`default`: its priority is 1000, the last"]);
  assert.equal(preview.message, "rewrite 2 policies as ClusterNetworkPolicies; every cell stays the same");
  assert.equal(preview.changedCells, 0);
  assert.deepEqual(preview.changes, []);
  assert.deepEqual(
    preview.diff.map(({ file }) => file),
    ["cluster.yaml"],
  );
  const after = new Playground();
  after.setFiles(preview.files);
  assert.equal(after.migrate(), undefined);
  assert.ok(after.summary().findings.every(({ code }) => code !== "NP321"));
});

test("a finding is fixed, and what that changes is shown before", () => {
  const playground = new Playground();
  playground.setFiles(FILES);
  const { findings } = playground.summary();
  const place = findings.findIndex(({ code, fixable }) => code === "NP102" && fixable);
  assert.notEqual(place, -1, findings.map(({ code, fixable }) => `${code} ${fixable}`).join(", "));
  const preview = playground.fix(place);
  assert.deepEqual(
    preview.files.map(({ name }) => name),
    FILES.map(({ name }) => name),
  );
  assert.deepEqual(
    preview.diff.map(({ file }) => file),
    ["policy.yaml"],
  );
  assert.ok(preview.message.includes("`shop`"), preview.message);
  assert.ok(preview.changes.some(({ source, after }) => source === FRONT && after.text !== "all"));
  assert.ok(analyze(preview.files).findings.every(({ code }) => code !== "NP102"));
  assert.equal(playground.fix(findings.findIndex(({ fixable }) => !fixable)), undefined);
  assert.throws(() => playground.fix("NP102"), TypeError);
});

test("namespaces are summed up", () => {
  const { namespaces, findings } = analyze(FILES);
  const count = (severity) => findings.filter((finding) => finding.severity === severity).length;
  assert.deepEqual(namespaces, [
    {
      name: "shop",
      workloads: 2,
      isolatedForIngress: 1,
      isolatedForEgress: 0,
      limitedForIngress: 0,
      limitedForEgress: 0,
      exposed: 1,
      dnsWorks: 2,
      findings: { high: count("high"), medium: count("medium"), low: count("low"), info: count("info") },
    },
  ]);
});

test("what takes no part is said", () => {
  const other = (apiVersion, kind) => `---
apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: a, namespace: shop }
spec: {}
`;
  const refused = POLICY.replace("name: back", "name: refused").replace("port: 6379", "port: 0");
  const left = [other("cilium.io/v2", "CiliumNetworkPolicy"), other("v1", "ConfigMap"), `---\n${refused}`];
  const analysis = analyze([...FILES, { name: "others.yaml", text: left.join("") }]);
  assert.equal(analysis.incomplete.length, 1);
  assert.match(analysis.incomplete[0].message, /^1 policy is not evaluated \(`CiliumNetworkPolicy`\)/);
  assert.deepEqual([analysis.incomplete[0].count, analysis.incomplete[0].span.file], [1, "others.yaml"]);
  assert.deepEqual(analysis.notRead, [{ kind: "ConfigMap", count: 1 }]);
  assert.deepEqual(
    analysis.refused.map(({ object: { kind, name } }) => [kind, name]),
    [["NetworkPolicy", "refused"]],
  );
  assert.match(analysis.refused[0].message, /what it was meant to close is open$/);
  assert.ok(!analysis.diagnostics.some(({ message }) => message.includes("ConfigMap")));
  assert.ok(analysis.diagnostics.some(({ code, severity }) => code === "policy-not-evaluated" && severity === "warning"));
  assert.deepEqual(analysis.checks.unjudged, []);
  assert.ok(analyze([FILES[1]]).checks.unjudged.length > 0);
});

test("a pod's own name is asked about", () => {
  const pod = `
apiVersion: v1
kind: Pod
metadata:
  name: front-5d8-x1
  namespace: shop
  labels: { app: front }
  ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: front, uid: u, controller: true }]
spec: { containers: [{ name: c, image: i }] }
`;
  const playground = new Playground();
  playground.setFiles([...FILES, { name: "pod.yaml", text: pod }]);
  const { allowed, notEvaluated, connection } = playground.query({
    source: "shop/front-5d8-x1",
    destination: "back",
    protocol: "TCP",
    port: 6379,
  });
  assert.deepEqual([allowed, notEvaluated, connection.source], [true, false, FRONT]);
});

const POLICY_TEST = `apiVersion: netpol.playground/v1
kind: ConnectivityTest
metadata: { name: back }
spec:
  description: Who reaches the back.
  allow:
  - { from: { labels: { app: front } }, to: { labels: { app: back } }, ports: [TCP/6379] }
  deny:
  - { description: Nobody else., from: any, to: { name: back }, except: { name: front } }
`;

test("policy tests", () => {
  const files = [...FILES, { name: "tests.yaml", text: POLICY_TEST }];
  const report = policyTests(files);
  assert.equal(report.passed, true);
  assert.deepEqual(report.tests.map(({ name, description, passed }) => [name, description, passed]), [
    ["back", "Who reaches the back.", true],
  ]);
  assert.deepEqual(report.tests[0].expectations.map(({ expect, text, status }) => [expect, text, status]), [
    ["allow", "pods with `app: front` can reach pods with `app: back` on TCP 6379", "passed"],
    ["deny", "Nobody else.", "passed"],
  ]);
  assert.deepEqual(analyze(files).tests, report.tests);

  const playground = new Playground();
  assert.deepEqual(playground.test(), { passed: false, tests: [] });
  playground.setFiles([files[0], files[2]]);
  const open = playground.test();
  assert.equal(open.passed, false);
  const [, deny] = open.tests[0].expectations;
  assert.equal(deny.status, "failed");
  assert.equal(deny.witness.destination, BACK);
  assert.deepEqual([deny.witness.protocol, deny.witness.port], ["TCP", 6379]);
  assert.match(deny.message, /^`shop\/back` still accepts TCP 6379 from /);
  assert.equal(deny.span.file, "tests.yaml");
  assert.match(playground.export("junit"), /<testsuites name="policy tests" tests="2" failures="1" errors="0">/);
  assert.match(playground.export("tap"), /^TAP version 14\n1\.\.2\nok 1 - back: allow: .*\nnot ok 2 - back: deny: Nobody else\.\n/);
  playground.setFiles(files);
  assert.deepEqual(playground.test(), report);

  for (const wrong of [undefined, "csv", 7]) assert.throws(() => playground.export(wrong), TypeError);
  assert.throws(() => policyTests("x"), TypeError);
});

test("a policy test with a mistake has failed", () => {
  const text = POLICY_TEST.replace("except:", "but:");
  for (const unknownFields of ["refuse", "drop"]) {
    const report = policyTests([...FILES, { name: "tests.yaml", text }], { unknownFields });
    assert.deepEqual([report.passed, report.tests.map(({ name, passed }) => [name, passed])], [false, [["back", false]]]);
  }
});
