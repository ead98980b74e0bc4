// What the page does not know is said where one looks: policies that are not evaluated, objects that are refused, cells
// that are not certain, and what could not be judged.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

const object = (apiVersion, kind, name) => `apiVersion: ${apiVersion}
kind: ${kind}
metadata: { name: ${name} }
spec: {}
`;
const OTHERS = [
  object("cilium.io/v2", "CiliumNetworkPolicy", "one"),
  object("crd.projectcalico.org/v1", "NetworkPolicy", "two"),
].join("---\n");

/** An agent on the host network, before a policy for the backend. */
const AGENT = `apiVersion: v1
kind: Pod
metadata: { name: agent, labels: { app: agent } }
spec: { hostNetwork: true, containers: [{ name: main, image: "agent:1" }] }
`;

/** Closes everything but DNS. */
const CLOSED = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: dns }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }
      podSelector: { matchLabels: { k8s-app: kube-dns } }
    ports: [{ port: 53, protocol: UDP }, { port: 53 }]
`;

/** Has the worker say of some cells that they are not certain: the first depends on the plugin, the last was not evaluated. */
const unsure = (page) =>
  page.addInitScript(() => {
    const { get, set } = Object.getOwnPropertyDescriptor(Worker.prototype, "onmessage");
    Object.defineProperty(Worker.prototype, "onmessage", {
      get,
      set(listener) {
        set.call(this, listener && ((event) => {
          const { classOf: [first, second] = [], count, uncertain } = event.data?.matrix ?? {};
          if (uncertain) {
            uncertain[first * count + second] = 1;
            uncertain[second * count + first] = 2;
          }
          listener.call(this, event);
        }));
      },
    });
  });

test("policies that are not evaluated are named above matrix and findings", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(`${SHOP}---\n${OTHERS}`);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const bar = page.results.getByRole("status").filter({ hasText: "not evaluated" });
  await eventually(async () =>
    assert.match(
      await bar.textContent(),
      /2 policies are not evaluated \(CiliumNetworkPolicy, NetworkPolicy of crd\.projectcalico\.org\): the cluster may allow more or less than is shown/,
    ),
  );
  await page.view(/Findings/).click();
  await bar.waitFor();
  assert.match(await page.results.textContent(), /no NetworkPolicy isolates/);
  await bar.getByRole("button", { name: /:\d+$/ }).click();
  await eventually(async () => assert.match((await page.lit()).join("\n"), /kind: CiliumNetworkPolicy/));
  await bar.getByRole("button", { name: "all 2" }).click();
  await eventually(async () => {
    const problems = await page.problems.locator("#problem-list").textContent();
    assert.match(problems, /CiliumNetworkPolicy default\/one|CiliumNetworkPolicy one/);
    assert.match(problems, /is not evaluated/);
  });
});

test("what is not read and says nothing about connections is no problem", async (t) => {
  const page = playground(await visit(t, BLANK));
  const config = object("v1", "ConfigMap", "a");
  await page.paste([SHOP, config, config.replace("a }", "b }"), object("v1", "Secret", "a")].join("---\n"));
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await eventually(async () => {
    assert.match(await page.problems.textContent(), /No problems/);
    assert.match(await page.problems.textContent(), /not read: 2 ConfigMap, 1 Secret/);
  });
  assert.equal(await page.results.locator(".left-out").count(), 0);
});

test("a policy that is refused says what it leaves open", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(`${SHOP.replace("policyTypes: [Ingress]", "policyTypes: [ingress]")}---\nkind: Deployment\n`);
  const bar = page.results.locator(".left-out");
  await eventually(async () => {
    const text = await bar.textContent();
    assert.match(text, /Refused: NetworkPolicy default\/frontend-to-backend .*\. What it was meant to close is open\./);
    assert.match(text, /Left out because of errors: Deployment/);
  });
  await bar.getByRole("button", { name: /:\d+$/ }).first().click();
  await eventually(async () => assert.match((await page.lit()).join("\n"), /policyTypes/));
});

test("no findings: nothing to check, policies without workloads, or checked", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste("# Nothing yet.\n");
  await page.settled();
  await page.view(/Findings/).click();
  await page.results.getByRole("heading", { name: "Nothing to check yet" }).waitFor();

  const isolated = `${policy("frontend", "backend", 80)}---\n${policy("frontend", "frontend", 80)}`;
  await page.paste(isolated);
  await page.results.getByRole("heading", { name: "The policies themselves have no findings" }).waitFor();
  assert.match(await page.results.textContent(), /holds no workload, so \d+ of \d+ rules could not be judged/);
  await page.results.getByRole("button", { name: "Add example pods" }).click();
  await eventually(async () => assert.ok((await page.files()).includes("example-pods.yaml")));
  const undo = page.page.getByRole("button", { name: "Undo" });
  await eventually(async () => assert.ok(await undo.evaluate((it) => it === document.activeElement)));
  await eventually(async () => assert.ok(!/could not be judged/.test(await page.results.textContent())));
  await page.view(/Matrix/).click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.equal(await page.page.getByRole("checkbox", { name: "hypothetical" }).count(), 0);
  await undo.click();
  await eventually(async () => assert.deepEqual(await page.files(), ["manifests.yaml"]));
  await page.view(/Findings/).click();
  await page.results.getByRole("heading", { name: "The policies themselves have no findings" }).waitFor();

  await page.paste(`${deployment("web", 80)}---\n${CLOSED}`);
  await page.results.getByRole("heading", { name: "No findings", exact: true }).waitFor();
  assert.match(
    await page.results.textContent(),
    /\d+ rules were checked over 1 workload and 2 policies in 1 namespace: /,
  );
});

test("cells that are not certain say so, are counted and can be shown alone", async (t) => {
  const page = playground(await visit(t, BLANK));
  await unsure(page.page);
  await page.page.reload();
  await page.paste(SHOP);
  const depends = ["default/frontend", "default/backend", "TCP 80, ≈ depends on more than the input says"];
  const unknown = ["default/backend", "default/frontend", "not evaluated, ≈ may be open or closed"];
  await page.reads(depends, unknown, ["any other IPv4 address", "default/backend", "none"]);
  const mark = (cell) => cell.evaluate((element) => getComputedStyle(element, "::before").content);
  const certain = page.cell("any other IPv4 address", "default/backend");
  assert.equal(await mark(page.cell(...depends)), '"≈"');
  assert.equal(await mark(page.cell(...unknown)), '"≈"');
  assert.equal(await mark(certain), "none");

  await page.cell(...unknown).hover();
  const readout = page.page.getByTestId("readout");
  await eventually(async () => assert.match(await readout.textContent(), /not evaluated.*≈ may be open or closed/));
  const legend = page.page.getByRole("group", { name: "Legend" });
  assert.match(await legend.textContent(), /depends on the plugin.*not evaluated/);

  const only = page.page.getByRole("checkbox", { name: "2 cells depend on the plugin or were not evaluated" });
  await only.focus();
  await page.page.keyboard.press("Space");
  const rows = () => page.page.getByRole("rowheader").evaluateAll((rows) => rows.map((row) => row.ariaLabel));
  await eventually(async () => assert.deepEqual(await rows(), ["default/backend", "default/frontend"].reverse()));
  await page.page.keyboard.press("Space");
  await certain.waitFor();

  await page.cell(...unknown).click();
  await eventually(async () => assert.match(await page.why.textContent(), /≈ may be open or closed/));
});

test("a pod on the host network behind a policy depends on the plugin", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste([SHOP, AGENT, policy("agent", "backend", 80)].join("---\n"));
  await eventually(async () =>
    assert.match(await page.verdict("default/agent", "default/backend"), /^none, ≈ depends on more than the input says$/),
  );
  await page.cell("default/agent", "default/backend").click();
  await eventually(async () => assert.match(await page.why.textContent(), /uses the host network/));
});
