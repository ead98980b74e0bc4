// All about one workload, address or policy: opened from the matrix, the editor and the findings, and closed again.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

/** The shop with a namespace that denies everything and so cuts DNS. */
const DENY = `${SHOP}---
apiVersion: v1
kind: Pod
metadata: { name: db, namespace: data, labels: { app: db } }
spec: { containers: [{ name: main, image: "db:1", ports: [{ containerPort: 5432 }, { containerPort: 9187 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: data }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
`;

/** The words of a section. */
const section = (page, title) => page.about.locator("section", { has: page.page.getByRole("heading", { name: title }) });

const says = (page, title, pattern) =>
  eventually(async () => assert.match((await section(page, title).textContent()).replace(/\s+/g, " "), pattern));

const hasFocus = (locator) => eventually(async () => assert.ok(await locator.evaluate((it) => it === document.activeElement)));

async function opened(t, text = DENY, options = {}) {
  const page = playground(await visit(t, { ...BLANK, ...options }));
  await page.paste(text);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  return page;
}

/** Puts the cursor into the line that holds a text. */
async function cursorAt(page, text) {
  await page.page.locator(".cm-line", { hasText: text }).first().click();
}

test("a head is opened by mouse; Escape goes back to it", async (t) => {
  const page = await opened(t);
  await page.head("default/backend").click();
  await page.about.getByRole("heading", { name: "default/backend", level: 2 }).waitFor();
  await says(page, "About", /labels ?app: backend.*ports ?TCP 80.*DNS ?✓ works/);
  await says(page, "Policies that select it", /ingress ?frontend-to-backend.*egress ?no policy selects it for egress/);
  await says(page, "Reached by", /TCP 80 ?default\/frontend/);
  await page.page.keyboard.press("Escape");
  await page.about.waitFor({ state: "detached" });
  await hasFocus(page.head("default/backend"));
});

test("a head is opened by keyboard, leads to a policy and to a cell, and back", async (t) => {
  const page = await opened(t);
  const { keyboard } = page.page;
  await page.cell("default/frontend", "default/backend").focus();
  await keyboard.press("Home");
  await keyboard.press("ArrowLeft");
  await hasFocus(page.head("default/frontend"));
  await keyboard.press("Enter");
  await hasFocus(page.about.getByRole("heading", { name: "default/frontend", level: 2 }));
  await says(page, "Reaches", /TCP 80 ?default\/backend/);

  // To a policy, whose rules are in words.
  await section(page, "Rules that match it").getByRole("button", { name: "frontend-to-backend" }).press("Enter");
  await page.about.getByRole("heading", { name: "default/frontend-to-backend", level: 2 }).waitFor();
  await says(page, "About", /policyTypes ?Ingress.*selects ?pods with app: backend of default.*default\/backend/);
  await says(page, "Ingress rules", /rule 1 ?allows TCP 80 from pods with app: frontend of default/);
  await says(page, "Egress rules", /it does not isolate for egress/);
  await says(page, "Without it", /\d+ cells would change.*TCP 80 ⇒ all|\d+ cells would change.*none ⇒ all/);
  await keyboard.press("Escape");
  await hasFocus(page.head("default/frontend"));

  // To a cell, and from its reason back to what led there, and to the cell that was seen last.
  await keyboard.press("Enter");
  await section(page, "Reaches").getByRole("button", { name: "default/backend" }).press("Enter");
  await page.why.getByText("some ports").waitFor();
  await page.about.waitFor({ state: "detached" });
  await keyboard.press("Escape");
  await hasFocus(page.about.getByRole("heading", { name: "default/frontend", level: 2 }));
  await keyboard.press("Escape");
  await hasFocus(page.cell("default/frontend", "default/backend"));
});

test("what the cursor is at is described; Escape goes back to the editor", async (t) => {
  const page = await opened(t);
  await cursorAt(page, "name: deny-all");
  await page.problems.getByRole("button", { name: "About data/deny-all" }).waitFor();
  await page.page.keyboard.press("Alt+Enter");
  await page.about.getByRole("heading", { name: "data/deny-all", level: 2 }).waitFor();
  await says(page, "Egress rules", /isolates for egress and has no egress rule, so it allows nothing/);
  await page.page.keyboard.press("Escape");
  await hasFocus(page.content);
  assert.equal(await page.content.evaluate((it) => it.cmTile.view.state.doc.toString()), DENY, "nothing is typed");

  await cursorAt(page, "name: frontend }");
  await page.problems.getByRole("button", { name: "About default/frontend" }).click();
  await page.about.getByRole("heading", { name: "default/frontend", level: 2 }).waitFor();
  // It keeps up with the text, and says when it is gone.
  await page.paste(DENY.replaceAll("containerPort: 8080", "containerPort: 8081"));
  await says(page, "About", /ports ?TCP 8081/);
  await page.paste(deployment("other", 80));
  await page.about.getByText("It is not in the text any more.").waitFor();
});

test("the subject of a finding is described below the list; Escape goes back to it", async (t) => {
  const page = await opened(t);
  await page.view(/Findings/).click();
  const subject = page.page.locator("button.subject", { hasText: "NetworkPolicy data/deny-all" }).first();
  await subject.press("Enter");
  await page.about.getByRole("heading", { name: "data/deny-all", level: 2 }).waitFor();
  // And from there to the finding itself.
  const finding = section(page, "Findings").getByRole("button", { name: /^NP/ }).first();
  const code = await finding.textContent();
  await finding.press("Enter");
  await eventually(async () => {
    const at = await page.page.evaluate(() => document.activeElement.matches("[data-finding]") && document.activeElement.textContent);
    assert.ok(at && at.includes(code));
  });
  await page.about.getByRole("button", { name: "Close" }).press("Escape");
  await page.about.waitFor({ state: "detached" });
  await hasFocus(subject);
});

test("namespaces say where DNS works, and why not", async (t) => {
  const page = await opened(t);
  await page.view(/Findings/).click();
  const row = (name) => page.page.getByRole("row", { name: new RegExp(`^${name} `) });
  await eventually(async () => assert.match(await row("default").textContent(), /works/));
  assert.match(await row("data").textContent(), /none ?db: no egress rule opens UDP and TCP 53/);
});

test("a proposal asks for the port", async (t) => {
  const page = await opened(t);
  await page.cell("default/frontend", "data/db").click();
  const ports = page.why.getByRole("group", { name: "To allow it" });
  await ports.getByRole("button").first().waitFor();
  const offered = await ports.getByRole("button").allTextContents();
  assert.deepEqual(offered, ["TCP 5432", "TCP 9187", "every port"]);
  await ports.getByRole("button", { name: "TCP 9187" }).click();
  const change = page.why.getByRole("group", { name: "Change", exact: true });
  await change.getByText(/open TCP 9187 for ingress to data\/db/).waitFor();
  assert.match(await change.textContent(), /none ⇒ TCP 9187/);
  await ports.getByRole("button", { name: "every port" }).click();
  await change.getByText(/open every port for ingress to data\/db/).waitFor();
  // What it brings is said before anybody applies it.
  assert.match(await change.textContent(), /findings? comes?/);
  assert.equal(await ports.getByRole("button", { expanded: true }).textContent(), "every port");
  await ports.getByRole("button", { name: "TCP 5432" }).click();
  await change.getByText(/open TCP 5432/).waitFor();
  await change.getByRole("button", { name: "Apply" }).click();
  await page.reads(["default/frontend", "data/db", "TCP 5432"]);

  // Outside, what most of it serves.
  await page.cell("data/db", "any other IPv4 address").click();
  await eventually(async () => assert.deepEqual(await ports.getByRole("button").allTextContents(), ["TCP 443", "every port"]));
});
