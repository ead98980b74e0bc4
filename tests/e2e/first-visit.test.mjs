// What a first visit loads, and that what comes later comes in time.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { DIST, usePlayground } from "./harness.mjs";
import { eventually, playground } from "./playground.mjs";

/** Bytes after gzip, as `cargo xtask test` hands them over. */
const MOST = Number(process.env.NETPOL_FIRST_LOAD ?? 400_000);
/** The files that it finds a first visit to load, where it started the tests. */
const FILES = process.env.NETPOL_FIRST_FILES?.split("\n");

const visit = usePlayground();

const isWorker = (file) => file.startsWith("netpol-worker");

test("a first visit shows the result of the first example and loads little", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  assert.ok((await page.page.getByRole("gridcell").count()) > 20);
  await page.view(/Findings/).locator(".badge").first().waitFor();
  await page.page.waitForLoadState("networkidle");
  // Nothing begins by itself a little later.
  await page.page.waitForTimeout(2000);
  const asked = [...new Set(visit.asked)].sort();
  // The editor comes when the page is shown; what it shares with the page comes at first.
  const isLater = (file) => !FILES?.includes(file) && /^editor-.*\/(main|chunk)-/.test(file);
  assert.ok(asked.some(isLater));
  const files = asked.filter((file) => !isLater(file));
  assert.deepEqual(files, FILES ?? files);
  const sizes = files.map((file) => gzipSync(readFileSync(join(DIST, file)), { level: 9 }).length);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  t.diagnostic(`${files.length} files, ${all} bytes after gzip`);
  assert.ok(files.includes("index.html") && files.some((file) => file.endsWith(".wasm")));
  assert.ok(!files.some(isWorker));
  assert.ok(all < MOST, files.map((file, index) => `${sizes[index]} ${file}`).join("\n"));
});

test("what is prepared is what the worker then finds", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const read = () =>
    page.page.getByRole("gridcell").evaluateAll((cells) => cells.map((cell) => cell.getAttribute("aria-label")));
  const before = await read();
  assert.ok(before.length > 20);
  assert.equal(await page.time.textContent(), "analysed");
  await page.page.mouse.move(400, 400);
  await eventually(async () => assert.match(await page.time.textContent(), /^analysed in [\d.]+ m?s$/));
  assert.deepEqual(await read(), before);
});

test("a question that is the first thing is answered", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  // Without a pointer that moves there first.
  await eventually(async () => {
    await page.page.getByRole("gridcell", { name: /: TCP/ }).first().evaluate((cell) => cell.click());
    await page.why.waitFor({ timeout: 500 });
  });
  await eventually(async () => assert.match(await page.why.textContent(), /TCP/));
});

test("a text that is the first thing is analysed", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  await page.paste("kind: [");
  await eventually(async () => assert.match(await page.problems.textContent(), /error/));
  await page.settled();
});

test("when the worker cannot be loaded the page says so, and tries again when asked to", async (t) => {
  const page = playground(await visit(t, { expected: [/Failed to load resource/, /netpol-worker/, /Failed to fetch/] }));
  await page.settled();
  await page.page.context().route(/netpol-worker.*\.wasm/, (route) => route.abort());
  await page.page.mouse.move(400, 400);
  const note = page.page.getByRole("status").filter({ hasText: "could not be loaded" });
  await note.waitFor();
  assert.ok((await page.page.getByRole("gridcell").count()) > 20, "the result stays");
  await page.page.context().unroute(/netpol-worker.*\.wasm/);
  await note.getByRole("button", { name: "Try again" }).click();
  await page.settled();
});

test("searching in the editor is there as soon as somebody wants it", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const isLater = (file) => /\/later-\w+\.js$/.test(file);
  assert.ok(!visit.asked.some(isLater));
  await page.content.focus();
  await page.page.keyboard.press("Control+f");
  await page.page.keyboard.type("kind");
  await page.page.locator(".cm-search input[name=search]").waitFor();
  assert.ok(visit.asked.some(isLater));
  // In a file that was there before and in one that comes after.
  await page.page.getByRole("button", { name: "New file" }).click();
  await page.content.focus();
  await page.page.keyboard.press("Control+f");
  await page.page.locator(".cm-search input[name=search]").waitFor();
});

test("when searching cannot be loaded the page says so, and the next time tries again", async (t) => {
  const page = playground(await visit(t, { expected: [/Failed to load resource/, /later-/] }));
  await page.settled();
  await page.page.route(/later-/, (route) => route.abort());
  await page.content.focus();
  await page.page.keyboard.press("Control+f");
  await page.page.getByText("searching could not be loaded").waitFor();
  await page.page.unroute(/later-/);
  await page.page.keyboard.press("Control+f");
  await page.page.locator(".cm-search").waitFor();
});

test("an example is fetched when it is chosen; when it cannot be had the page says so", async (t) => {
  const page = playground(await visit(t, { expected: [/Failed to load resource/] }));
  await page.settled();
  assert.ok(!visit.asked.some((file) => file.endsWith(".yaml")));
  const before = await page.files();
  await page.page.route(/\.yaml$/, (route) => route.abort());
  await page.example("Default deny");
  await page.page.getByText("“Default deny” could not be loaded").waitFor();
  assert.deepEqual(await page.files(), before);
  await page.page.unroute(/\.yaml$/);
  await page.example("Default deny");
  await eventually(async () => assert.notDeepEqual(await page.files(), before));
  await page.settled();
  assert.ok(visit.asked.some((file) => /^examples\/.*\.yaml$/.test(file)));
});
