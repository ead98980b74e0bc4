// What the page answers beside the matrix: why not, how to allow it, can this reach that, what does this line decide,
// what may be written here.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

/** A shop whose policy was meant for the frontend and names somebody else. */
const MISSPELT = [deployment("frontend", 8080), deployment("backend", 80), policy("fronted", "backend", 80)].join("---\n");

/** The text of the editor as it is, whether in sight or not. */
const text = (page) => page.content.evaluate((element) => element.cmTile?.view.state.doc.toString() ?? element.innerText);

/** Puts the cursor into the line that holds these words. */
async function cursorAt(page, words) {
  await page.page.locator(".cm-line", { hasText: words }).first().click();
}

test("a denied cell says why, leads to the line, and is allowed by its own proposal", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(MISSPELT);
  await page.reads(["default/frontend", "default/backend", "none"]);
  await page.cell("default/frontend", "default/backend").click();
  await page.why.getByText("denied").waitFor();
  const reason = page.why.getByRole("listitem").filter({ hasText: "fronted-to-backend" });
  assert.match(await reason.textContent(), /wants app: fronted; this pod has app: frontend/);

  await reason.getByRole("button").click();
  await eventually(async () => assert.match((await page.lit()).join("\n"), /app: fronted/));

  await page.why.getByRole("button", { name: "TCP 80" }).click();
  const change = page.why.getByRole("group", { name: "Change", exact: true });
  await change.getByText("Changes 1 cell:").waitFor();
  assert.match(await change.textContent(), /default\/frontend → default\/backend\s*none ⇒ TCP 80/);
  assert.match(await change.textContent(), /one peer more in rule 1 of default\/fronted-to-backend/);
  await page.reads(["default/frontend", "default/backend", "none"]);
  await change.getByRole("button", { name: "Apply" }).click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.why.getByText("some ports").waitFor();

  await page.page.getByRole("button", { name: "Undo" }).click();
  await page.reads(["default/frontend", "default/backend", "none"]);
  // What is undone in one way can be done again in the other.
  await page.content.focus();
  await page.page.keyboard.press("Control+z");
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});

test("a change of a file that was never opened is undone in the editor too", async (t) => {
  const files = [
    { name: "a.yaml", text: deployment("frontend", 8080) },
    { name: "b.yaml", text: [deployment("backend", 80), policy("fronted", "backend", 80)].join("---\n") },
  ];
  const page = playground(await visit(t, { files }));
  await page.reads(["default/frontend", "default/backend", "none"]);
  await page.cell("default/frontend", "default/backend").click();
  await page.why.getByRole("button", { name: "TCP 80" }).click();
  await page.why.getByRole("button", { name: "Apply" }).press("Enter");
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const undo = page.page.getByRole("button", { name: "Undo" });
  await eventually(async () => assert.ok(await undo.evaluate((it) => it === document.activeElement)));
  assert.equal(await page.tab("b.yaml").getAttribute("aria-selected"), "true");
  await page.content.focus();
  await page.page.keyboard.press("Control+z");
  await page.reads(["default/frontend", "default/backend", "none"]);
});

test("a policy that is left out is named above the matrix, and half-typed text takes nothing away", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.cell("default/frontend", "default/backend").click();
  await page.why.getByText("some ports").waitFor();
  await page.paste(SHOP.replace("policyTypes: [Ingress]", "policyTypes: [ingress]"));
  const note = page.results.locator(".left-out");
  await eventually(async () => assert.match(await note.textContent(), /NetworkPolicy default\/frontend-to-backend/));
  await page.paste("kind: [");
  await eventually(async () => assert.match(await note.textContent(), /read of it last/));
  assert.equal(await page.verdict("default/frontend", "default/backend"), "all");
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await eventually(async () => assert.equal(await note.count(), 0));
  await page.why.getByText("some ports").waitFor();
});

test("a quick fix mends the text, and the cell changes", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP.replace("- port: 80", "- port: 80\n      protocol: tcp"));
  await page.reads(["default/frontend", "default/backend", "all"]);
  await page.problems.getByRole("button", { name: /^Problems/ }).click();
  await page.problems.getByRole("button", { name: /TCP/, exact: false }).last().click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"], ["default/backend", "default/frontend", "all"]);
  await eventually(async () => assert.match(await page.problems.textContent(), /No problems/));
  await page.page.keyboard.press("Control+z");
  await page.reads(["default/frontend", "default/backend", "all"]);
});

test("a quick fix stands at its mark in the editor", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP.replace("- port: 80", "- port: 80\n      protocol: tcp"));
  const mark = page.page.locator(".cm-lintRange-error", { hasText: "tcp" });
  await mark.scrollIntoViewIfNeeded();
  await mark.hover();
  await page.page.locator(".cm-diagnosticAction").first().click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});

test("a question is answered by names and by addresses", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.view(/Matrix/).focus();
  await page.page.keyboard.press("q");
  const question = page.page.getByRole("complementary", { name: "Question" });
  const ask = async (source, destination, port) => {
    await question.getByRole("combobox", { name: "Source" }).fill(source);
    await question.getByRole("combobox", { name: "Destination" }).fill(destination);
    await question.getByRole("spinbutton", { name: "Port" }).fill(String(port));
    await page.page.keyboard.press("Enter");
  };
  const says = (pattern) => eventually(async () => assert.match(await question.textContent(), pattern));
  await ask("default/frontend", "backend", 80);
  await says(/yes default\/frontend can reach default\/backend on TCP 80/);
  await says(/frontend-to-backend/);
  await ask("default/frontend", "backend", 81);
  await says(/no default\/frontend cannot reach default\/backend on TCP 81/);
  await ask("203.0.113.9", "backend", 80);
  await says(/no 203\.0\.113\.9 \(any other IPv4 address\) cannot reach/);
  await ask("any other IPv4 address", "backend", 80);
  await says(/no any other IPv4 address cannot reach/);
  await ask("1.2.3.4", "5.6.7.8", 80);
  await says(/Both ends are outside the cluster/);
  await ask("nobody", "backend", 80);
  await says(/nobody is neither a workload or pod of the input nor an IP address/);

  // A newer text is asked the same.
  await ask("default/backend", "default/frontend", 443);
  await says(/yes default\/backend can reach/);
  await page.paste(SHOP + "---\n" + policy("nobody", "frontend", 1));
  await says(/no default\/backend cannot reach/);
  await question.getByRole("button", { name: "Show the cell" }).click();
  await page.why.getByText("denied").waitFor();
});

test("the cursor marks what its line decides", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const marked = () =>
    page.page.locator("[role=gridcell].located").evaluateAll((cells) => cells.map((cell) => cell.ariaLabel));
  const headers = () =>
    page.page.locator("[role=rowheader].located").evaluateAll((heads) => heads.map((head) => head.ariaLabel));
  await page.content.focus();
  await page.page.keyboard.press("Control+End");
  await page.page.keyboard.press("ArrowUp");
  await eventually(async () => assert.deepEqual(await marked(), ["default/frontend to default/backend: TCP 80"]));
  await cursorAt(page, "name: frontend }");
  await eventually(async () => assert.deepEqual([await marked(), await headers()], [[], ["default/frontend"]]));
  await page.cell("default/frontend", "default/backend").click();
  await eventually(async () => assert.deepEqual(await headers(), []));
});

test("fields and values are completed and explained", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const { keyboard } = page.page;
  const offered = page.page.locator(".cm-tooltip-autocomplete");
  await page.content.focus();
  await keyboard.press("Control+End");
  await keyboard.type("  - fr");
  await offered.getByText("from", { exact: true }).waitFor();
  // Too soon after it came, a key may have been meant for the text.
  await page.page.waitForTimeout(150);
  await keyboard.press("Enter");
  await eventually(async () => assert.match(await text(page), /- from:$/));
  await keyboard.press("Enter");
  await keyboard.type("  - podSelector: {matchLabels: {app: ba");
  await offered.getByText("backend").waitFor();
  await page.page.waitForTimeout(150);
  await keyboard.press("Tab");
  await keyboard.type("}}");
  await eventually(async () => assert.equal(await page.verdict("default/backend", "itself"), "all between its pods; a pod always reaches itself"));

  await page.page.locator(".cm-line", { hasText: "policyTypes" }).locator("span", { hasText: "policyTypes" }).first().hover();
  await page.page.locator(".cm-tooltip .cm-about").getByText(/isolate/).first().waitFor();
});
