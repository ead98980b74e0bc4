// Files, examples, and what outlives a reload.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

test("a first visit shows an example", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  assert.ok((await page.files()).length > 1);
  assert.ok((await page.page.getByRole("rowheader").count()) > 5);
});

test("an example replaces the files, and that can be undone", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const before = await page.files();
  await page.example("Ingress to specific pods");
  await page.reads(
    ["default/frontend", "default/backend", "TCP 80"],
    ["default/db", "default/backend", "none"],
    ["default/backend", "default/db", "all"],
  );
  assert.notDeepEqual(await page.files(), before);
  await page.page.getByRole("button", { name: "Undo" }).click();
  await eventually(async () => assert.deepEqual(await page.files(), before));
});

test("text, files and settings survive a reload", async (t) => {
  const page = playground(await visit(t));
  await page.example("Ingress to specific pods");
  // Its files are fetched, and take the place of all that is there.
  await page.page.getByText("Opened the example").waitFor();
  await page.page.getByRole("button", { name: "New file" }).click();
  await page.paste(policy("backend", "db", 5432));
  await page.reads(["default/backend", "default/db", "TCP 5432"]);
  await page.page.getByRole("combobox", { name: "Port" }).selectOption("TCP 5432");
  await page.page.getByRole("button", { name: /^Theme/ }).click();
  const theme = await page.page.getByRole("button", { name: /^Theme/ }).getAttribute("aria-label");
  const files = await page.files();
  await page.settled();
  // What was typed last is written after a moment.
  await page.page.waitForTimeout(1000);

  await page.page.reload();
  await eventually(async () => assert.deepEqual(await page.files(), files));
  assert.equal(await page.page.getByRole("button", { name: /^Theme/ }).getAttribute("aria-label"), theme);
  assert.equal(await page.page.getByRole("combobox", { name: "Port" }).inputValue(), "TCP 5432");
  await page.page.getByRole("combobox", { name: "Port" }).selectOption("any port");
  await page.reads(["default/backend", "default/db", "TCP 5432"]);
  assert.match(await page.content.textContent(), /backend-to-db/);
});

test("what was typed a moment before leaving is kept", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("left-behind", 80));
  await page.page.reload();
  await eventually(async () => assert.match(await page.content.textContent(), /left-behind/));
});

test("on a slow machine, too, what was typed a moment before leaving is kept", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.content.focus();
  const session = await page.page.context().newCDPSession(page.page);
  const slow = (rate) => session.send("Emulation.setCPUThrottlingRate", { rate });
  await slow(20);
  await page.paste(deployment("left-behind", 80));
  await page.page.reload({ waitUntil: "commit" });
  await slow(1);
  await eventually(async () => assert.match(await page.content.textContent(), /left-behind/));
});

test("files are dropped in and analysed together", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("frontend", 8080));
  const files = await page.page.evaluateHandle(
    (texts) => {
      const transfer = new DataTransfer();
      for (const [name, text] of texts) transfer.items.add(new File([text], name, { type: "text/yaml" }));
      return transfer;
    },
    [
      ["backend.yaml", deployment("backend", 80)],
      ["policy.yaml", policy("frontend", "backend", 80)],
    ],
  );
  for (const event of ["dragenter", "dragover", "drop"]) {
    await page.page.getByRole("main").dispatchEvent(event, { dataTransfer: files });
  }
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const names = await page.files();
  assert.ok(names.includes("backend.yaml") && names.includes("policy.yaml"), names.join(", "));
});

test("files are opened from disk, renamed, closed and had back", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.page.getByTestId("file-input").setInputFiles({
    name: "shop.yaml",
    mimeType: "text/yaml",
    buffer: Buffer.from(SHOP),
  });
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.tab(/^shop\.yaml/).dblclick();
  await page.page.getByRole("textbox", { name: "New name of shop.yaml" }).fill("store.yaml");
  await page.page.keyboard.press("Enter");
  await page.tab(/^store\.yaml/).waitFor();
  await page.page.keyboard.press("Delete");
  await page.tab(/^store\.yaml/).waitFor({ state: "detached" });
  await page.page.getByRole("button", { name: "Undo" }).click();
  await page.tab(/^store\.yaml/).waitFor();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});
