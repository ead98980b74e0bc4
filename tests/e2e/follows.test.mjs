// The editor follows: what is clicked shows the right file at the right line, and marks the lines that decide.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

/** Lines before a text, so that it is out of sight at first. */
const FAR = "# a line\n".repeat(200);
const DENY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all }
spec: { podSelector: {}, policyTypes: [Ingress] }
`;

/** Two files: workloads in front, policies far down in the other. */
const FILES = [
  { name: "a.yaml", text: [deployment("frontend", 8080), deployment("backend", 80), deployment("other", 81)].join("---\n") },
  { name: "b.yaml", text: FAR + [DENY, policy("frontend", "backend", 80)].join("---\n") },
];
/** The first line of the rule in `b.yaml`, and that of the policy that denies. */
const RULE = 213;
const DENIES = 201;

async function shop(t, options = {}) {
  const page = playground(await visit(t, { files: FILES, ...options }));
  await page.reads(["default/frontend", "default/backend", "TCP 80"], ["default/frontend", "default/other", "none"]);
  return page;
}

/** The editor shows a line of a file. */
const shows = (page, file, line) =>
  eventually(async () => {
    assert.equal(await page.tab(file).first().getAttribute("aria-selected"), "true");
    const [first, last] = await page.inSight();
    assert.ok(first <= line && line <= last, `${line} is in ${first} to ${last}`);
  });

const inEditor = (page) => page.content.evaluate((it) => it.contains(document.activeElement));

test("a cell leads to the lines that decide it, and its panel takes the marks away", async (t) => {
  const page = await shop(t);
  await page.cell("default/frontend", "default/backend").click();
  await shows(page, "b.yaml", RULE);
  await eventually(async () => assert.match((await page.lit()).join("\n"), /app: frontend/));
  assert.doesNotMatch((await page.lit()).join("\n"), /deny-all/, "what has no part in it is not lit");
  assert.equal(await inEditor(page), false, "the keyboard stays in the matrix");

  await page.tab("a.yaml").click();
  const mark = page.tab(/^b\.yaml, \d deciding lines?$/);
  await mark.waitFor();
  await page.why.getByRole("button", { name: "Close" }).click();
  await mark.waitFor({ state: "detached" });
  await page.tab("b.yaml").click();
  await eventually(async () => assert.deepEqual(await page.lit(), []));
});

test("a cell that nothing allows leads to what isolates", async (t) => {
  const page = await shop(t);
  await page.cell("default/frontend", "default/other").click();
  await shows(page, "b.yaml", DENIES);
  await eventually(async () => assert.match((await page.lit()).join("\n"), /deny-all/));
});

test("a step, a problem and a finding lead to their line, with the keyboard", async (t) => {
  const page = await shop(t);
  await page.cell("default/frontend", "default/backend").click();
  await shows(page, "b.yaml", RULE);
  await page.tab("a.yaml").click();
  await page.why.getByRole("button", { name: /^b\.yaml:/ }).first().click();
  await shows(page, "b.yaml", RULE);
  await eventually(async () => assert.ok(await inEditor(page)));

  await page.tab("a.yaml").click();
  await page.view(/Findings/).click();
  await eventually(async () => assert.deepEqual(await page.lit(), []));
  const link = page.results.locator(".finding .source").filter({ hasText: "b.yaml" }).first();
  const line = Number((await link.textContent()).split(":")[1]);
  await link.click();
  await shows(page, "b.yaml", line);
  await eventually(async () => assert.ok(await inEditor(page)));
});

test("a problem leads to its line", async (t) => {
  const wrong = [FILES[0], { name: "b.yaml", text: FILES[1].text.replace("- port: 80", "- port: 80\n      protocol: tcp") }];
  const page = playground(await visit(t, { files: wrong }));
  await page.problems.getByRole("button", { name: /b\.yaml:217/ }).first().click();
  await shows(page, "b.yaml", 217);
  await eventually(async () => assert.ok(await inEditor(page)));
  // Its fix shows what it brought.
  await page.tab("a.yaml").click();
  await page.problems.getByRole("button", { name: /^Problems/ }).click();
  await page.problems.getByRole("button", { name: /TCP/ }).last().click();
  await shows(page, "b.yaml", 217);
  await eventually(async () => assert.deepEqual(await page.page.locator(".cm-new").allTextContents(), ["      protocol: TCP"]));
});

test("a question leads to what decides it", async (t) => {
  const page = await shop(t);
  await page.view(/Matrix/).focus();
  await page.page.keyboard.press("q");
  const question = page.page.getByRole("complementary", { name: "Question" });
  await question.getByRole("combobox", { name: "Source" }).fill("frontend");
  await question.getByRole("combobox", { name: "Destination" }).fill("backend");
  await question.getByRole("textbox", { name: "Port" }).fill("80");
  await page.page.keyboard.press("Enter");
  await shows(page, "b.yaml", RULE);
  await eventually(async () => assert.match((await page.lit()).join("\n"), /app: frontend/));
  assert.equal(await inEditor(page), false);
});

test("a change shows what it brought, in a file that was never opened too", async (t) => {
  const page = await shop(t);
  await page.cell("default/frontend", "default/other").click();
  await page.why.getByRole("button", { name: "TCP 81" }).click();
  await page.tab("a.yaml").click();
  await page.why.getByRole("button", { name: "Apply" }).press("Enter");
  await page.reads(["default/frontend", "default/other", "TCP 81"]);
  const fresh = page.page.locator(".cm-new");
  await eventually(async () => assert.ok((await fresh.count()) > 0));
  const box = await page.page.locator(".cm-scroller").boundingBox();
  const top = (await fresh.first().boundingBox()).y;
  assert.ok(top >= box.y && top < box.y + box.height, "the first of the new lines is in sight");
  // It goes with the next edit.
  await page.content.focus();
  await page.page.keyboard.press("Control+End");
  await page.page.keyboard.type("# more");
  await eventually(async () => assert.equal(await fresh.count(), 0));
});

test("a phone stays at its results", async (t) => {
  const page = playground(await visit(t, { files: FILES, viewport: { width: 390, height: 800 }, hasTouch: true }));
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.cell("default/frontend", "default/backend").tap();
  await page.why.getByText("some ports").waitFor();
  // Its file is in front for when somebody goes there.
  const file = page.page.locator("[role=tab][aria-selected=true][title='b.yaml']");
  await eventually(async () => assert.equal(await file.count(), 1));
  assert.equal(await page.grid.isVisible(), true);
});

test("a name of a policy leads to all about it", async (t) => {
  const page = await shop(t);
  await page.cell("default/frontend", "default/backend").click();
  await page.why.getByRole("button", { name: "frontend-to-backend", exact: true }).click();
  await page.about.getByRole("heading", { name: /frontend-to-backend/ }).waitFor();
});

test("the findings keep their place", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  await page.view(/Findings/).click();
  const list = page.results.getByRole("group", { name: "Findings" });
  await list.evaluate((it) => it.scrollTo(0, 300));
  await page.page.waitForTimeout(200);
  const top = await list.evaluate((it) => it.scrollTop);
  assert.ok(top > 0);
  await page.view(/Matrix/).click();
  await page.grid.waitFor();
  await page.view(/Findings/).click();
  await eventually(async () => assert.equal(await list.evaluate((it) => it.scrollTop), top));
});

test("no letter behind / is lost", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  for (const view of [/Matrix/, /Findings/]) {
    await page.view(view).click();
    await page.view(view).focus();
    await page.page.keyboard.type("/cart");
    const filter = page.page.getByRole("searchbox", { name: /Filter workloads/ });
    await eventually(async () => assert.equal(await filter.inputValue(), "cart"));
    await filter.fill("");
  }
});
