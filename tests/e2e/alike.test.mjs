// Workloads whose cells are all the same stand in one row and one column, when somebody wants that.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

/** Three that may reach the database, and one that may not. */
const WEBS = `${["web-1", "web-2", "web-3", "batch", "db"].map((app) => deployment(app, 80)).join("---\n")}---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
  - from:
    - podSelector: { matchExpressions: [{ key: app, operator: In, values: [web-1, web-2, web-3] }] }
    ports: [{ port: 5432 }]
`;

const FOLDED = "default/web-1 and 2 more";

async function webs(t) {
  const page = playground(await visit(t, BLANK));
  await page.paste(WEBS);
  await page.reads(["default/web-2", "default/db", "TCP 5432"]);
  await page.settled();
  const heads = () =>
    page.page.getByRole("rowheader", { name: /^default/ }).evaluateAll((heads) => heads.map((head) => head.ariaLabel));
  return { ...page, heads, together: page.page.getByRole("checkbox", { name: "alike as one" }) };
}

test("workloads that are alike fold into one row and one column", async (t) => {
  const page = await webs(t);
  assert.deepEqual(await page.heads(), ["default/web-1", "default/web-2", "default/web-3", "default/batch", "default/db"]);
  await page.together.check();
  await eventually(async () => assert.deepEqual(await page.heads(), [FOLDED, "default/batch", "default/db"]));
  assert.equal(await page.head(FOLDED).getAttribute("aria-expanded"), "false");
  await page.reads(
    [FOLDED, "default/db", "TCP 5432 for all of 3 pairs"],
    ["default/batch", "default/db", "none"],
    [FOLDED, FOLDED, "all for all of 6 pairs"],
  );

  // A cell says why, for the first of them, and is the one that is open.
  await page.cell(FOLDED, "default/db").click();
  await eventually(async () => assert.match(await page.why.textContent(), /default\/web-1 → default\/db/));
  await eventually(async () => assert.equal(await page.cell(FOLDED, "default/db").getAttribute("aria-selected"), "true"));
  await page.page.keyboard.press("Escape");
  await page.why.waitFor({ state: "detached" });

  // They stay so when the text changes.
  await page.content.focus();
  await page.page.keyboard.press("Control+End");
  await page.page.keyboard.type("  - from: [{ podSelector: { matchLabels: { app: web-3 } } }]");
  await eventually(async () =>
    assert.deepEqual(await page.heads(), ["default/web-1 and 1 more", "default/web-3", "default/batch", "default/db"]),
  );
  assert.equal(await page.together.isChecked(), true);
});

test("a header unfolds those that are alike, by click and by keyboard", async (t) => {
  const page = await webs(t);
  // Not while somebody types.
  await page.page.getByRole("heading", { level: 1 }).click();
  await page.page.keyboard.press("e");
  await page.head(FOLDED).click();
  await eventually(async () =>
    assert.deepEqual(await page.heads(), [FOLDED, "default/web-1", "default/web-2", "default/web-3", "default/batch", "default/db"]),
  );
  assert.equal(await page.head(FOLDED).getAttribute("aria-expanded"), "true");
  await page.reads(["default/web-2", "default/db", "TCP 5432"], [FOLDED, "default/db", "TCP 5432 for all of 3 pairs"]);
  await page.head(FOLDED).press("Enter");
  await eventually(async () => assert.deepEqual(await page.heads(), [FOLDED, "default/batch", "default/db"]));
  assert.ok(await page.head(FOLDED).evaluate((head) => head === document.activeElement), "the keyboard stays there");

  // What is searched for stands by itself.
  await page.page.getByRole("searchbox").fill("from:web-2");
  await eventually(async () => assert.deepEqual(await page.heads(), ["default/web-2"]));
  await page.page.getByRole("searchbox").fill("");
  await page.together.uncheck();
  await eventually(async () => assert.equal((await page.heads()).length, 5));
});

test("the keyboard stays in the matrix while cells become small and large again", async (t) => {
  const page = playground(await visit(t, BLANK));
  // Beyond 40 columns cells are too small for text.
  const names = Array.from({ length: 8 }, (_, index) => `app-${index}`);
  const alike = Array.from({ length: 40 }, (_, index) => deployment(`web-${index + 10}`, 80));
  const policies = names.map((name, index) => policy(names[0], name, 8000 + index));
  await page.paste([...names.map((name) => deployment(name, 80)), ...policies, ...alike].join("---\n"));
  const together = page.page.getByLabel("alike as one");
  await together.check();
  const one = page.head("default/web-10 and 39 more");
  const compact = (count) => eventually(async () => assert.equal(await page.page.locator(".matrix.compact").count(), count));
  await compact(0);
  for (const count of [1, 0]) {
    await one.press("Enter");
    await compact(count);
    await eventually(async () => assert.ok(await one.evaluate((head) => head === document.activeElement), `${count}`));
  }
  // A row that goes hands it on to one that stays.
  await together.uncheck();
  await compact(1);
  await page.head("default/app-0").press("Control+End");
  const row = () => page.page.evaluate(() => Number(document.activeElement.closest("[role=row]")?.ariaRowIndex));
  assert.ok((await row()) > 40);
  await page.page.keyboard.press("e");
  await compact(0);
  await eventually(async () => assert.equal(await row(), Number(await page.grid.getAttribute("aria-rowcount"))));
});

test("column headers stay while the cursor's text marks whole rows and columns, and no longer", async (t) => {
  const page = await webs(t);
  const columns = async () => {
    const count = await page.page.getByRole("columnheader").count();
    assert.equal(count, Number(await page.grid.getAttribute("aria-colcount")));
  };
  const marked = page.page.locator(".cross.located");
  for (let turn = 0; turn < 2; turn++) {
    await page.content.focus();
    await page.page.keyboard.press("Control+Home");
    await page.page.keyboard.press("ArrowDown");
    await marked.first().waitFor({ state: "attached" });
    await columns();
    await page.page.keyboard.press("Control+End");
    await page.page.keyboard.press("ArrowLeft");
    await eventually(async () => assert.equal(await marked.count(), 0));
    await columns();
  }
});
