// Whatever is pasted, the page answers within a second of analysis and lives.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { SHOP, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
  .concat(Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`))
  .join("\n");

function noise() {
  let state = 7;
  const letters = "abc: -[]{}&*!|>'\"%@`#,?\n\t 019\u{e9}\u{1f600}";
  let text = "";
  while (text.length < 5_000_000) {
    state = (state * 1103515245 + 12345) % 2147483648;
    text += letters[state % letters.length];
  }
  return text;
}

const TEXTS = {
  "an alias bomb": bomb,
  "20,000 levels of nesting": "{a: ".repeat(20_000),
  "5 MB of noise": noise(),
  "broken YAML": "kind: [\nspec: }\n\t- a\n",
};

for (const [name, text] of Object.entries(TEXTS)) {
  test(`${name}: a problem is shown and the page lives`, async (t) => {
    const page = playground(await visit(t));
    await page.settled();
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

test("a document that is being typed never leaves the page without a matrix", async (t) => {
  const page = playground(await visit(t));
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
