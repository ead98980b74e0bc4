// Whatever is pasted, the page answers within a second of analysis and lives, on a stack much smaller than browsers give.
import assert from "node:assert/strict";
import { test } from "node:test";

import { aliasBomb, nested, noise } from "../package/hostile.mjs";
import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, eventually, playground } from "./playground.mjs";

const visit = usePlayground({ flags: ["--js-flags=--stack-size=400"] });

const TEXTS = {
  "an alias bomb": aliasBomb,
  ...nested,
  "5 MB of noise": noise,
  "5,000 lists behind quotes that seem to close them": '[ "]", '.repeat(5000),
  "5,000 lists closed by the other bracket": "[}".repeat(5000),
  "5,000 levels of wide block lists": `${"-  ".repeat(5000)}a`,
  "broken YAML": "kind: [\nspec: }\n\t- a\n",
};

for (const [name, text] of Object.entries(TEXTS)) {
  test(`${name}: a problem is shown and the page lives`, async (t) => {
    const page = playground(await visit(t, BLANK));
    await page.paste(text);
    await eventually(async () => {
      assert.match(await page.time.textContent(), /^analysed in/);
      assert.match(await page.problems.textContent(), /error/);
    }, 20_000);
    const [, amount, unit] = (await page.time.textContent()).match(/in ([\d.]+) (m?s)/);
    assert.ok(unit === "ms" || Number(amount) <= 1, `${amount} ${unit}`);
    await page.paste(SHOP);
    await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  });
}

test("depth that comes in small parts is not parsed either", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste("[");
  await page.content.press("Control+End");
  for (let part = 0; part < 30; part++) {
    await page.page.keyboard.insertText("[".repeat(90));
  }
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.notEqual(await page.content.locator(".cm-line span").count(), 0, "the text has its colours again");
});

test("a document that is being typed never leaves the page without a matrix", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.content.focus();
  await page.page.keyboard.press("Control+End");
  for (const letter of "---\nkind: Pod\nmetadata: {name: 'x") {
    await page.page.keyboard.insertText(letter);
    await page.page.waitForTimeout(30);
    assert.equal(await page.grid.count(), 1);
  }
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});
