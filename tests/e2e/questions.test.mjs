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

  await reason.getByRole("button", { name: /yaml:/ }).click();
  await eventually(async () => assert.match((await page.lit()).join("\n"), /app: fronted/));

  await page.why.getByRole("button", { name: "TCP 80" }).click();
  const change = page.why.getByRole("group", { name: "Change", exact: true });
  await change.getByText("Changes 1 cell").waitFor();
  assert.match(await page.why.textContent(), /wants app: fronted/, "the reason stays in sight");
  const ghost = page.page.locator("[role=gridcell].ghost");
  assert.equal(await ghost.getAttribute("aria-label"), "default/frontend to default/backend: none, would become TCP 80");
  assert.match(await change.textContent(), /default\/frontend → default\/backend\s*none ⇒ TCP 80/);
  assert.match(await change.textContent(), /one peer more in rule 1 of default\/fronted-to-backend/);
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

/** The panel of the question, with what asks in it. */
function questions(page) {
  const panel = page.page.getByRole("complementary", { name: "Question" });
  return {
    panel,
    source: panel.getByRole("combobox", { name: "Source" }),
    destination: panel.getByRole("combobox", { name: "Destination" }),
    port: panel.getByRole("textbox", { name: "Port" }),
    async ask(source, destination, port) {
      await this.source.fill(source);
      await this.destination.fill(destination);
      await this.port.fill(String(port));
      await page.page.keyboard.press("Enter");
    },
    says: (pattern) => eventually(async () => assert.match(await panel.textContent(), pattern)),
    says_not: async (pattern) => assert.doesNotMatch(await panel.textContent(), pattern),
  };
}

async function asking(t) {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.view(/Matrix/).focus();
  await page.page.keyboard.press("q");
  return [page, questions(page)];
}

test("a question is answered by names and by addresses", async (t) => {
  const [page, question] = await asking(t);
  await question.ask("default/frontend", "backend", 80);
  await question.says(/Yes: default\/frontend can reach default\/backend on TCP 80/);
  await question.says(/frontend-to-backend/);
  await question.ask("default/frontend", "backend", 81);
  await question.says(/No: default\/frontend cannot reach default\/backend on TCP 81/);
  await question.ask("203.0.113.9", "backend", 80);
  await question.says(/No: 203\.0\.113\.9 \(any other IPv4 address\) cannot reach/);
  await question.ask("any other IPv4 address", "backend", 80);
  await question.says(/No: any other IPv4 address cannot reach/);
  await question.ask("1.2.3.4", "5.6.7.8", 80);
  await question.says(/Both ends are outside the cluster/);
  await question.ask("fronted", "backend", 80);
  await question.says(/fronted is neither a workload or pod of the input nor an IP address.*the nearest names are default\/frontend/);

  // A newer text is asked the same.
  await question.ask("default/backend", "default/frontend", 443);
  await question.says(/Yes: default\/backend can reach/);
  await page.paste(SHOP + "---\n" + policy("nobody", "frontend", 1));
  await question.says(/No: default\/backend cannot reach/);
  await question.panel.getByRole("button", { name: "Show the cell" }).click();
  await page.why.getByText("denied").waitFor();
});

test("without a port the answer is all that is allowed, and a cell of its own", async (t) => {
  const [page, question] = await asking(t);
  const opened = () => page.page.locator("[role=gridcell].opened").evaluateAll((all) => all.map((cell) => cell.ariaLabel));
  await question.ask("frontend", "backend", "");
  await question.says(/Some ports: default\/frontend can reach default\/backend on TCP 80/);
  await eventually(async () => assert.deepEqual(await opened(), ["default/frontend to default/backend: TCP 80"]));
  await question.ask("backend", "frontend", "");
  await question.says(/Yes: default\/backend can reach default\/frontend on every port/);
  await question.ask("backend", "frontend", "99999");
  await question.says(/99999 is not a port/);
  await question.says_not(/on every port/);
  assert.deepEqual(await opened(), []);
  await question.ask("backend", "default/backend", "81");
  await question.says(/^CanreachonTCPUDPSCTPAsk×A pod always reaches itself; .*No: one pod of default\/backend cannot reach another on TCP 81/);
});

test("a no offers the change that would allow it", async (t) => {
  const [page, question] = await asking(t);
  await question.ask("frontend", "backend", 81);
  await question.panel.getByRole("button", { name: "TCP 81", exact: true }).click();
  await question.panel.getByText("Changes 1 cell").waitFor();
  await question.panel.getByRole("button", { name: "Apply" }).click();
  await question.says(/Yes: default\/frontend can reach default\/backend on TCP 81/);
});

test("names are completed by keyboard alone", async (t) => {
  const [page, question] = await asking(t);
  const { keyboard } = page.page;
  await eventually(async () => assert.ok(await question.source.evaluate((it) => it === document.activeElement)));
  await keyboard.type("default/");
  const offered = question.panel.getByRole("listbox", { name: "Source names" }).getByRole("option");
  await eventually(async () => assert.deepEqual(await offered.allTextContents(), ["default/frontend", "default/backend"]));
  await keyboard.press("ArrowDown");
  const active = await question.source.getAttribute("aria-activedescendant");
  assert.equal(await page.page.locator(`#${active}`).getAttribute("aria-selected"), "true");
  await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await eventually(async () => assert.equal(await question.source.inputValue(), "default/backend"));
  assert.equal(await offered.count(), 0);
  await keyboard.press("Tab");
  await keyboard.type("back");
  await keyboard.press("Escape");
  assert.equal(await offered.count(), 0, "the list goes before the panel");
  await keyboard.press("Enter");
  await question.says(/back is neither/);
  await keyboard.press("Escape");
  await question.panel.waitFor({ state: "detached" });
});

test("the last questions are kept with how they stand", async (t) => {
  const [page, question] = await asking(t);
  await question.ask("frontend", "backend", 80);
  await question.says(/Yes:/);
  await question.ask("backend", "frontend", "");
  await question.says(/every port/);
  const list = question.panel.getByRole("region", { name: "Last questions" }).getByRole("listitem");
  const read = () => list.evaluateAll((all) => all.map((one) => one.innerText.replace(/\s+/g, " ").replace(" ×", "")));
  await eventually(async () =>
    assert.deepEqual(await read(), ["✓ backend → frontend any port yes", "✓ frontend → backend TCP 80 yes"]),
  );
  await page.paste(SHOP.replaceAll("port: 80", "port: 81"));
  await eventually(async () => assert.equal((await read())[1], "✕ frontend → backend TCP 80 no"));
  // They outlive the page.
  await page.page.waitForTimeout(500);
  await page.page.reload();
  await page.settled();
  await page.view(/Matrix/).focus();
  await page.page.keyboard.press("q");
  await eventually(async () => assert.equal((await read())[1], "✕ frontend → backend TCP 80 no"));
  await list.first().getByRole("button", { name: /^Forget/ }).click();
  await eventually(async () => assert.equal(await list.count(), 1));
  await list.getByRole("button", { name: "frontend → backend TCP 80", exact: true }).click();
  await question.says(/No: default\/frontend cannot reach default\/backend on TCP 80/);
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
  // A worker that has more to do answers too late; then one asks again.
  const offers = (name) =>
    eventually(async () => {
      await keyboard.press("Control+Space");
      await offered.getByText(name, { exact: true }).waitFor({ timeout: 1000 });
    });
  await offers("from");
  // Too soon after it came, a key may have been meant for the text.
  await page.page.waitForTimeout(150);
  await keyboard.press("Enter");
  await eventually(async () => assert.match(await text(page), /- from:$/));
  await keyboard.press("Enter");
  await keyboard.type("  - podSelector: {matchLabels: {app: ba");
  await offers("backend");
  await page.page.waitForTimeout(150);
  await keyboard.press("Tab");
  await keyboard.type("}}");
  await eventually(async () => assert.equal(await page.verdict("default/backend", "itself"), "all between its pods; a pod always reaches itself"));

  await page.page.locator(".cm-line", { hasText: "policyTypes" }).locator("span", { hasText: "policyTypes" }).first().hover();
  await page.page.locator(".cm-tooltip .cm-about").getByText(/isolate/).first().waitFor();
});
