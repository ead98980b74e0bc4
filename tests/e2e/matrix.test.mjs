// What is typed becomes a matrix, and every cell can be asked why.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

test("a policy that is typed is read in the matrix", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(
    ["default/frontend", "default/backend", "TCP 80"],
    ["default/backend", "default/frontend", "all"],
    ["any other IPv4 address", "default/backend", "none"],
  );
  await page.content.focus();
  await page.page.keyboard.press("Control+End");
  await page.page.keyboard.type("    - port: 8443");
  await page.reads(["default/frontend", "default/backend", "TCP 80, 8443"]);
  assert.match(await page.time.textContent(), /^analysed in [\d.]+ m?s$/);
});

test("a policy alone shows the pods that it speaks of", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(policy("frontend", "backend", 80));
  await page.settled();
  const labels = await page.page.getByRole("gridcell").evaluateAll((cells) => cells.map((cell) => cell.ariaLabel));
  assert.ok(labels.some((label) => /frontend.* to .*backend.*: TCP 80$/.test(label)), labels.join("\n"));
  const shown = page.page.getByRole("checkbox", { name: "hypothetical" });
  assert.equal(await shown.isChecked(), true);
  await shown.uncheck();
  await eventually(async () => assert.equal(await page.page.getByRole("rowheader", { name: "hypothetical" }).count(), 0));
});

test("a port turns the matrix into yes and no", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const port = page.page.getByRole("combobox", { name: "Port" });
  await port.selectOption("TCP 8080");
  await eventually(async () => {
    assert.match(await page.verdict("default/backend", "default/frontend"), /allowed/);
    assert.match(await page.verdict("default/frontend", "default/backend"), /denied|not allowed/);
  });
  await port.selectOption("any port");
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});

test("a filter narrows the rows and columns", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const rows = () => page.page.getByRole("rowheader").evaluateAll((rows) => rows.map((row) => row.ariaLabel));
  assert.ok((await rows()).includes("default/backend"));
  await page.page.getByRole("searchbox").fill("from:frontend");
  await eventually(async () => assert.deepEqual(await rows(), ["default/frontend"]));
  await page.page.getByRole("searchbox").fill("nothing is called so");
  await page.page.getByRole("button", { name: "Show everything" }).click();
  await eventually(async () => assert.ok((await rows()).includes("default/backend")));
});

test("an opened cell names the policies and lights up their lines", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.cell("default/frontend", "default/backend").click();
  await eventually(async () => {
    const text = await page.why.textContent();
    assert.match(text, /frontend-to-backend/);
    assert.match(text, /TCP 80/);
  });
  await page.why.getByRole("button", { name: /:\d+/ }).first().click();
  await eventually(async () => assert.notDeepEqual(await page.lit(), []));
  await page.page.keyboard.press("Escape");
  await page.cell("any other IPv4 address", "default/backend").click();
  await eventually(async () => assert.match(await page.why.textContent(), /denied/));
  await page.why.getByRole("button", { name: "Close" }).click();
  await page.why.waitFor({ state: "detached" });
});

test("findings show their lines and their connection", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.view(/Findings/).click();
  const findings = page.page.getByRole("group", { name: "Findings" });
  await findings.getByText("NP102", { exact: true }).waitFor();
  const proof = findings.getByRole("button", { name: "→" }).first();
  const connection = await proof.textContent();
  await proof.click();
  await page.why.waitFor();
  // The cell that opens is that of the connection.
  const opened = await page.why.getByRole("heading", { level: 2 }).first().textContent();
  assert.equal(opened, connection.replace(/ (TCP|UDP|SCTP) \d+$/, ""));
});

test("a mistake is marked where it is and the rest is analysed", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(`${SHOP}---\nkind: [\n`);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.page.locator(".cm-lint-marker-error").waitFor();
  const problem = page.problems.getByRole("button", { name: /error/ }).first();
  await problem.waitFor();
  await page.problems.locator("button.problem").first().click();
  await eventually(async () => assert.ok(await page.content.evaluate((element) => element.contains(document.activeElement) || element === document.activeElement)));
});

test("an option changes the analysis", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(policy("frontend", "backend", 80));
  await page.settled();
  const before = await page.page.getByRole("rowheader").count();
  await page.page.getByRole("button", { name: "Options" }).click();
  const group = page.page.getByRole("group", { name: "Hypothetical workloads" });
  await group.getByRole("radio", { name: /^Never/ }).check();
  await eventually(async () => {
    const hypothetical = await page.page.getByRole("rowheader", { name: "hypothetical" }).count();
    assert.equal(hypothetical, 0);
    assert.ok((await page.page.getByRole("rowheader").count()) < before);
  });
});
