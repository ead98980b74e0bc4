// The page without a mouse.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const focused = (page) =>
  page.page.evaluate(() => {
    const element = document.activeElement;
    return { role: element.getAttribute("role") ?? element.tagName.toLowerCase(), label: element.ariaLabel };
  });

/** Presses Tab until the element in focus is the one that is looked for. */
async function tabTo(page, is, key = "Tab") {
  for (let presses = 0; presses < 60; presses++) {
    const found = await focused(page);
    if (await is(found)) return found;
    // In the editor Tab indents, until Escape is pressed.
    if (found.role === "textbox") await page.page.keyboard.press("Escape");
    await page.page.keyboard.press(key);
  }
  assert.fail(`not reached by ${key}`);
}

test("from the examples to a cell, its reason and back", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const { keyboard } = page.page;

  await tabTo(page, () => page.page.evaluate(() => document.activeElement.textContent.startsWith("Examples")));
  await keyboard.press("Enter");
  await page.page.getByRole("group", { name: "Examples" }).waitFor();
  for (let presses = 0; presses < 30; presses++) {
    await keyboard.press("Tab");
    if (await page.page.evaluate(() => document.activeElement.textContent.startsWith("Ingress to specific pods"))) break;
  }
  await keyboard.press("Enter");
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);

  await tabTo(page, ({ role }) => role === "gridcell");
  await keyboard.press("Control+Home");
  const seen = new Set();
  for (let presses = 0; presses < 40; presses++) {
    const { label } = await focused(page);
    if (label.startsWith("default/frontend to default/backend:")) break;
    seen.add(label);
    const column = label.split(": ")[0].split(" to ")[1];
    await keyboard.press(column === "default/backend" ? "ArrowDown" : "ArrowRight");
    await eventually(async () => assert.notEqual((await focused(page)).label, label), 2000);
  }
  assert.equal((await focused(page)).label, "default/frontend to default/backend: TCP 80");
  await keyboard.press("Enter");
  await eventually(async () => assert.match(await page.why.textContent(), /allow-frontend-to-backend/));
  await keyboard.press("Escape");
  await page.why.waitFor({ state: "detached" });
  await eventually(async () =>
    assert.equal((await focused(page)).label, "default/frontend to default/backend: TCP 80"),
  );
});

test("keys count however fast they come", async (t) => {
  const page = playground(await visit(t, BLANK));
  const names = Array.from({ length: 90 }, (_, index) => `app-${String(index).padStart(3, "0")}`);
  await page.paste(names.map((name, index) => deployment(name, 8000 + index)).join("---\n"));
  await page.reads(["default/app-000", "default/app-001", "all"]);
  await page.cell("default/app-000", "default/app-001").focus();
  // As they come while the page is busy: all before anything is shown.
  const press = (keys) =>
    page.page.evaluate((keys) => {
      const active = () => document.activeElement;
      return keys.map((key) => {
        active().dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
        const [row, column] = [active().closest("[role=row]").ariaRowIndex, active().ariaColIndex];
        return `${row} ${column}`;
      });
    }, keys);
  const [down, right, end] = await press(["ArrowDown", "ArrowRight", "End"]);
  assert.deepEqual([down, right], ["3 3", "3 4"], "counted from the headers");
  const [row, last] = end.split(" ").map(Number);
  assert.ok(row === 3 && last > names.length, end);
  const [once, twice, up, home, head] = await press(["PageDown", "PageDown", "ArrowUp", "Home", "ArrowLeft"]);
  const rows = [once, twice].map((place) => Number(place.split(" ")[0]));
  assert.ok(rows[0] > 4 && rows[1] === 2 * rows[0] - 3, `${rows}`);
  assert.deepEqual([up, home, head], [last, 2, 1].map((column) => `${rows[1] - 1} ${column}`));
  // And it stays there when that is shown.
  await eventually(async () => assert.equal((await focused(page)).role, "rowheader"));
});

test("the editor is entered, typed in and left", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const { keyboard } = page.page;
  await page.content.focus();
  await keyboard.press("Control+End");
  await keyboard.type("    - port: 81");
  await page.reads(["default/frontend", "default/backend", "TCP 80-81"]);
  await keyboard.press("Escape");
  await keyboard.press("Tab");
  assert.equal(await page.content.evaluate((element) => element === document.activeElement), false);
});

test("shortcuts: filter, help, files", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const { keyboard } = page.page;
  await tabTo(page, ({ role }) => role === "gridcell");
  await keyboard.press("/");
  await eventually(async () => assert.equal(await page.page.getByRole("searchbox").evaluate((it) => it === document.activeElement), true));
  await keyboard.type("frontend");
  await keyboard.press("Escape");
  assert.equal(await page.page.getByRole("searchbox").inputValue(), "");
  await tabTo(page, ({ role }) => role === "gridcell");
  await keyboard.press("?");
  const help = page.page.getByRole("dialog");
  await help.waitFor();
  assert.match(await help.textContent(), /filter the matrix/);
  await keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });

  await tabTo(page, ({ role }) => role === "tab", "Shift+Tab");
  const [first, second] = await page.files();
  await tabTo(page, ({ role, label }) => role === "tab" && label?.startsWith(first), "Shift+Tab");
  await keyboard.press("ArrowRight");
  await eventually(async () => assert.equal(await page.tab(second).first().getAttribute("aria-selected"), "true"));
});

test("the divider moves by keyboard", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const divider = page.page.getByRole("separator", { name: "Width of the editor" });
  // Where it stands, not how wide the text is: a long line is wider than its pane.
  const place = async () => (await divider.boundingBox()).x;
  const before = await place();
  await divider.focus();
  for (let presses = 0; presses < 5; presses++) await divider.press("ArrowRight");
  await eventually(async () => assert.ok((await place()) > before));
});
