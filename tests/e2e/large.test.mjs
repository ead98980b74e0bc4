// A cluster of ten thousand workloads is opened, scrolled, searched, asked and edited like a small one.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const NAMESPACES = 100;
const WORKLOADS = 100;
/** The whole page, whatever the cluster: elements are counted, as time is another on each machine. */
const MOST_ELEMENTS = 4000;
/** While the matrix is scrolled some way, where each step brings hundreds into sight: two rows, for steps that show parts of more. */
const MOST_MADE = 200;

/** Namespaces of three tiers each, of which the first may reach the second and the second the third. */
function cluster() {
  const documents = [];
  for (let namespace = 0; namespace < NAMESPACES; namespace++) {
    const name = `team-${String(namespace).padStart(2, "0")}`;
    documents.push(`apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { group: g${namespace % 5} } }`);
    for (let workload = 0; workload < WORKLOADS; workload++) {
      const app = `app-${workload}`;
      const labels = `{ app: ${app}, tier: ${["web", "api", "db"][workload % 3]} }`;
      documents.push(
        `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${app}, namespace: ${name} }\n` +
          `spec: { selector: { matchLabels: { app: ${app} } }, template: { metadata: { labels: ${labels} }, ` +
          `spec: { containers: [{ name: c, image: i, ports: [{ containerPort: 8080 }] }] } } }`,
      );
    }
    for (const [to, from, port] of [["api", "web", 8080], ["db", "api", 5432]]) {
      documents.push(
        `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${to}, namespace: ${name} }\n` +
          `spec:\n  podSelector: { matchLabels: { tier: ${to} } }\n  ingress:\n  - from:\n` +
          `    - namespaceSelector: { matchLabels: { group: g${namespace % 5} } }\n` +
          `      podSelector: { matchLabels: { tier: ${from} } }\n    ports: [{ port: ${port} }]`,
      );
    }
  }
  return `${documents.join("\n---\n")}\n`;
}

/** Counts the elements that come into the page within the matrix and were never there before. */
const countMade = (browser) =>
  browser.evaluate(() => {
    const known = new WeakSet(document.querySelectorAll("*"));
    window.made = [];
    const observer = new MutationObserver((records) => {
      for (const node of records.flatMap((record) => [...record.addedNodes])) {
        if (node instanceof Element) {
          const fresh = [node, ...node.querySelectorAll("*")].filter((element) => !known.has(element));
          fresh.forEach((element) => known.add(element));
          window.made.push(...fresh.map((element) => element.className));
        }
      }
    });
    observer.observe(document.querySelector("[role=grid]"), { childList: true, subtree: true });
  });

/** Turns the wheel over the matrix: steps down and to the right, and back. */
async function wheel(browser, steps) {
  for (const [right, down] of steps) {
    await browser.mouse.wheel(right, down);
    // The page is told of it with the next picture.
    await browser.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  }
}

/** What each cell in the document says of the row and the column that it stands in, and whether all stand in order. */
const inOrder = (browser) =>
  browser.evaluate(() => {
    const number = (element, name) => Number(element.getAttribute(name));
    const rows = [...document.querySelectorAll("[role=grid] .body > [role=row]")];
    const rises = (numbers) => numbers.every((it, at) => at === 0 || numbers[at - 1] < it);
    const heads = new Map(
      [...document.querySelectorAll("[role=columnheader]")].map((head) => [number(head, "aria-colindex"), head.ariaLabel]),
    );
    const wrong = [];
    for (const row of rows) {
      const source = row.querySelector("[role=rowheader]").ariaLabel;
      const cells = [...row.querySelectorAll("[role=gridcell]")];
      if (!rises(cells.map((cell) => number(cell, "aria-colindex")))) wrong.push(`${source} is not in order`);
      for (const cell of cells) {
        const head = heads.get(number(cell, "aria-colindex"));
        const [from, to] = cell.ariaLabel.split(": ")[0].split(" to ");
        const name = (full) => full.replace(/^namespace /, "");
        if (name(from) !== name(source) || (to !== "itself" && head && name(to) !== name(head))) {
          wrong.push(`${cell.ariaLabel} in the row of ${source} and the column of ${head}`);
        }
      }
    }
    if (!rises(rows.map((row) => number(row, "aria-rowindex")))) wrong.push("rows are not in order");
    return wrong;
  });

test("ten thousand workloads", async (t) => {
  const page = playground(await visit(t, BLANK));
  const { page: browser } = page;
  browser.setDefaultTimeout(30_000);
  const few = async (when) => {
    const count = await browser.evaluate(() => document.querySelectorAll("*").length);
    assert.ok(count < MOST_ELEMENTS, `${count} elements ${when}`);
  };

  // Open.
  const buffer = Buffer.from(cluster());
  await browser.getByTestId("file-input").setInputFiles([{ name: "cluster.yaml", mimeType: "text/yaml", buffer }]);
  await eventually(async () => {
    assert.equal(await page.tab(/cluster.yaml/).count(), 1);
    assert.equal(await page.grid.getAttribute("aria-rowcount"), String(NAMESPACES + 2));
  }, 60_000);
  await page.settled();
  await few("when namespaces are folded");

  // The cell of two namespaces sums up all of their pairs.
  const folded = await page.verdict("namespace team-00", "namespace team-05");
  assert.match(folded, /of 10,000 pairs connected$/);
  assert.equal(await page.verdict("namespace team-00", "namespace team-01"), "34% of 10,000 pairs connected");

  // Unfold one, and scroll to the other end.
  await page.cell("namespace team-00", "namespace team-05").click();
  await eventually(async () => assert.equal(await page.grid.getAttribute("aria-rowcount"), String(NAMESPACES + 202)));
  await page.reads(["team-00/app-0", "team-00/app-1", "TCP 8080"]);
  await few("when some are unfolded");

  // Scrolling makes no element that was not there before: what goes out of sight becomes what comes.
  await page.grid.hover({ position: { x: 400, y: 300 } });
  await wheel(browser, [[0, 700], [650, 0], [330, 90], [90, 330]]);
  await countMade(browser);
  await wheel(browser, [
    ...Array.from({ length: 12 }, (_, step) => [0, 40 + 30 * step]),
    ...Array.from({ length: 12 }, (_, step) => [40 + 30 * step, 0]),
    ...Array.from({ length: 12 }, (_, step) => [-70 * (step % 3), -50 * (step % 5)]),
  ]);
  const made = await browser.evaluate(() => window.made);
  assert.ok(made.length < MOST_MADE, `${made.length} elements were made: ${made.slice(0, 5)}`);
  assert.deepEqual(await inOrder(browser), []);
  await few("after scrolling");
  const corner = () => page.grid.evaluate((grid) => grid.scrollTo(grid.scrollWidth, grid.scrollHeight));
  await corner();
  await page.cell("namespace team-99", "namespace team-99").waitFor();
  await few("at the other end");
  await browser.getByRole("button", { name: "Fold namespaces" }).click();

  // Search.
  await browser.getByRole("searchbox").fill("team-42/app-9");
  await page.reads(["team-42/app-9", "team-42/app-91", "TCP 8080"]);
  await few("when it is narrowed");

  // Open a cell.
  await page.cell("team-42/app-9", "team-42/app-92").click();
  await eventually(async () => assert.match(await page.why.textContent(), /denied/));
  await eventually(async () => assert.match(await page.why.textContent(), /db rule 1: podSelector wants tier: api/));

  // Edit, and see the change: the last policy is that of team-99.
  await browser.getByRole("searchbox").fill("from:team-99/app-1 to:team-99/app-2");
  await page.reads(["team-99/app-1", "team-99/app-2", "TCP 5432"]);
  await page.content.focus();
  await browser.keyboard.press("Control+End");
  await browser.keyboard.press("ArrowLeft");
  await browser.keyboard.press("ArrowLeft");
  await browser.keyboard.type(", { port: 9090 }");
  await page.reads(["team-99/app-1", "team-99/app-2", "TCP 5432, 9090"]);
  await page.settled();
  await few("after the change");
});

test("what is scrolled asks nothing of the whole page", async (t) => {
  const { page: browser } = playground(await visit(t));
  // With `:has()` each row that comes into sight has the browser look through all of the page, which takes longer than a frame.
  const asking = await browser.evaluate(() => {
    const rules = (list) => [...list.cssRules].flatMap((rule) => [rule, ...(rule.cssRules ? rules(rule) : [])]);
    return [...document.styleSheets].flatMap(rules).map((rule) => rule.selectorText).filter((selector) => selector?.includes(":has("));
  });
  assert.deepEqual(asking, []);
});

/** A file of some 50 MB: few objects with much in their annotations, as tools leave it there. */
async function largeFile(t) {
  const folder = await mkdtemp(join(tmpdir(), "netpol-"));
  t.after(() => rm(folder, { recursive: true }));
  const note = `    example.com/note-N: "${"manifests hold much that no policy asks for; ".repeat(20)}"\n`;
  const notes = Array.from({ length: 100 }, (_, at) => note.replace("N", at)).join("");
  const workload = (at) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-${at}\n  annotations:\n${notes}spec:\n` +
    `  selector: { matchLabels: { app: app-${at} } }\n  template: { metadata: { labels: { app: app-${at} } } }\n`;
  const path = join(folder, "large.yaml");
  await writeFile(path, Array.from({ length: 540 }, (_, at) => workload(at)).join("---\n"));
  return path;
}

/** Notes what the page says of its progress, each sentence once and without its numbers. */
const noteProgress = (browser) =>
  browser.evaluate(() => {
    window.said = new Set();
    const words = document.querySelector(".progress-words");
    new MutationObserver(() => window.said.add(words.textContent.replace(/\d+ %.*/, "").trim())).observe(words, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });

test("a file of 50 MB shows its progress, can be stopped, and leaves the page at work", async (t) => {
  const page = playground(await visit(t, BLANK));
  const { page: browser } = page;
  browser.setDefaultTimeout(30_000);
  const path = await largeFile(t);
  const open = () => browser.getByTestId("file-input").setInputFiles(path);
  const words = browser.locator(".progress-words");
  await words.waitFor({ state: "attached" });
  await noteProgress(browser);

  // Stopped, it leaves everything as it was.
  await browser.evaluate(() => {
    const words = document.querySelector(".progress-words");
    const observer = new MutationObserver(() => {
      const cancel = words.textContent.startsWith("Opening") && words.querySelector("button");
      if (cancel) {
        observer.disconnect();
        cancel.click();
      }
    });
    observer.observe(words, { childList: true, subtree: true });
  });
  await open();
  await eventually(async () => assert.ok(await browser.evaluate(() => window.said.has("Opening large.yaml…"))));
  await eventually(async () => assert.equal(await words.textContent(), ""));
  assert.equal(await page.tab(/large.yaml/).count(), 0);

  // A key that is pressed meanwhile is answered before the file is there.
  await browser.evaluate(() => {
    const words = document.querySelector(".progress-words");
    const observer = new MutationObserver(() => {
      if (words.textContent.startsWith("Opening")) {
        observer.disconnect();
        dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true, cancelable: true }));
        window.answered = new Promise((done) => {
          const look = () => {
            const open = document.querySelector("dialog.help")?.open;
            open ? done(words.textContent) : setTimeout(look);
          };
          look();
        });
      }
    });
    observer.observe(words, { childList: true, subtree: true, characterData: true });
  });
  await open();
  await eventually(async () => assert.ok(await browser.evaluate(() => window.answered !== undefined)));
  assert.match(await browser.evaluate(() => window.answered), /^Opening large.yaml… \d+ %Cancel$/);
  await browser.keyboard.press("Escape");
  await eventually(async () => {
    assert.equal(await page.tab(/large.yaml/).count(), 1);
    assert.match(await page.time.textContent(), /^analysed in /);
  }, 60_000);
  assert.equal(await page.grid.getAttribute("aria-label"), "Who can reach whom: sources in rows, destinations in columns");
  const said = await browser.evaluate(() => [...window.said]);
  assert.ok(said.some((sentence) => /^(Reading|Computing|Looking)/.test(sentence)), said.join(", "));
});
