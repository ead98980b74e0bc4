// How smooth the page is with ten thousand workloads: frames while the matrix is scrolled, and what a key costs in the
// editor at 5 MB of text. Needs the built page: `cargo xtask bench --page`.
import { test } from "node:test";

import { usePlayground } from "../e2e/harness.mjs";
import { BLANK, eventually, playground } from "../e2e/playground.mjs";
import { input } from "./sizes.mjs";

const visit = usePlayground();
const SECONDS = 5;
const KEYS = 60;

const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.floor(share * (numbers.length - 1))];
const number = (value) => value.toFixed(1);

/** Opens a cluster and waits for its analysis. */
async function open(t, text) {
  const page = playground(await visit(t, BLANK));
  page.page.setDefaultTimeout(120_000);
  await page.page.getByTestId("file-input").setInputFiles([{ name: "cluster.yaml", mimeType: "text/yaml", buffer: Buffer.from(text) }]);
  await eventually(async () => {
    if ((await page.tab(/cluster.yaml/).count()) !== 1) throw new Error("not opened yet");
  }, 120_000);
  await page.settled();
  return page;
}

const textOf = (workloads, policies) =>
  input({ workloads, policies, form: "manifests" }).files.map(({ text }) => text).join("---\n");

test("frames while the matrix of 10,000 × 10,000 is scrolled", async (t) => {
  const { page, grid } = await open(t, textOf(10_000, 1_000));
  // From the last namespace to the first: unfolding one moves those behind it.
  await page.locator("[role=gridcell]").first().click();
  await page.keyboard.press("Control+End");
  const rows = async () => Number(await grid.getAttribute("aria-rowcount"));
  const namespaces = await rows();
  for (let namespace = 0; namespace < namespaces; namespace++) {
    for (const key of ["Enter", "ArrowUp", "ArrowLeft"]) await page.keyboard.press(key);
  }
  console.log(`${await rows()} rows`);
  for (const [name, right, down] of [["down", 0, 14], ["right", 14, 0], ["both", 9, 11]]) {
    const frames = await grid.evaluate(
      (grid, [right, down, seconds]) =>
        new Promise((done) => {
          const between = [];
          const worked = [];
          const end = performance.now() + seconds * 1000;
          let last;
          const step = (now) => {
            if (last !== undefined) between.push(now - last);
            last = now;
            if (now > end) return done({ between, worked });
            grid.scrollBy(right, down);
            // What the page does for this frame: its handlers of scrolling, then style and layout.
            requestAnimationFrame(step);
            const began = performance.now();
            const channel = new MessageChannel();
            channel.port1.onmessage = () => worked.push(performance.now() - began);
            channel.port2.postMessage(0);
          };
          requestAnimationFrame(step);
        }),
      [right, down, SECONDS],
    );
    const { between, worked } = frames;
    const late = between.filter((one) => one > 17.5).length;
    console.log(
      `${name}: ${between.length} frames in ${SECONDS} s, ${late} late; between two, median ${number(quantile(between, 0.5))} ms, ` +
        `95 % within ${number(quantile(between, 0.95))}, the longest ${number(Math.max(...between))}; work median ${number(quantile(worked, 0.5))} ms, 95 % within ${number(quantile(worked, 0.95))}`,
    );
  }
});

test("a key at 5 MB of text", async (t) => {
  const { page, content } = await open(t, textOf(4_600, 800));
  const size = await content.evaluate((element) => element.cmTile.view.state.doc.length);
  await content.focus();
  await page.keyboard.press("Control+End");
  await page.evaluate(() => {
    window.keys = [];
    const content = document.querySelector("[data-testid=editor]");
    // From the key to its letter in the text.
    let began;
    window.addEventListener("keydown", () => (began = performance.now()), { capture: true });
    new MutationObserver(() => {
      if (began !== undefined) window.keys.push(performance.now() - began);
      began = undefined;
    }).observe(content, { childList: true, subtree: true, characterData: true });
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
  });
  for (let key = 0; key < KEYS; key++) {
    await page.keyboard.type(key % 12 === 0 ? "\n" : "x", { delay: 90 });
  }
  const { keys, tasks } = await page.evaluate(() => ({ keys: window.keys, tasks: window.tasks }));
  console.log(
    `${(size / 1e6).toFixed(1)} MB, ${keys.length} keys: median ${number(quantile(keys, 0.5))} ms, 95 % within ${number(quantile(keys, 0.95))}, ` +
      `the longest ${number(Math.max(...keys))}; ${tasks.length} tasks of more than 50 ms${tasks.length ? `, the longest ${number(Math.max(...tasks))}` : ""}`,
  );
});
