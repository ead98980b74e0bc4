// A person's own input, and that nothing of it is lost: over an example, in two tabs, without storage, in the history.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

const button = (page, name) => page.page.getByRole("button", { name, exact: true });
const undo = (page) => page.page.locator(".toast").last().getByRole("button", { name: "Undo" });

async function drop(page, ...files) {
  const transfer = await page.page.evaluateHandle((texts) => {
    const transfer = new DataTransfer();
    for (const [name, text] of texts) transfer.items.add(new File([text], name, { type: "text/yaml" }));
    return transfer;
  }, files);
  for (const event of ["dragenter", "dragover", "drop"]) {
    await page.page.getByRole("main").dispatchEvent(event, { dataTransfer: transfer });
  }
}

/** Writes down what the browser keeps until it has, and nothing later is to come. */
const kept = (page, pattern) =>
  eventually(async () => {
    const texts = await page.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open("netpol-playground");
          opening.onerror = () => reject(opening.error);
          opening.onsuccess = () => {
            const all = opening.result.transaction("texts").objectStore("texts").getAll();
            all.onsuccess = () => {
              opening.result.close();
              resolve(JSON.stringify(all.result));
            };
          };
        }),
    );
    assert.match(texts, pattern);
  });

test("what is pasted over the example takes the place of all its files, and can be undone", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  const before = await page.files();
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.deepEqual(await page.files(), ["manifests.yaml"]);
  assert.equal(await page.page.getByRole("rowheader", { name: /^(shop|data|ops)\// }).count(), 0);
  await undo(page).click();
  await eventually(async () => assert.deepEqual(await page.files(), before));
  // By the editor's own undo too.
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.content.focus();
  await page.page.keyboard.press("Control+z");
  await eventually(async () => assert.deepEqual(await page.files(), before));
});

test("files that are dropped or opened take the example's place and join what is one's own", async (t) => {
  const page = playground(await visit(t));
  await page.settled();
  await drop(page, ["a.yaml", deployment("frontend", 8080)], ["b.yaml", deployment("backend", 80)]);
  await eventually(async () => assert.deepEqual(await page.files(), ["a.yaml", "b.yaml"]));
  await drop(page, ["c.yaml", policy("frontend", "backend", 80)]);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.deepEqual(await page.files(), ["a.yaml", "b.yaml", "c.yaml"]);
});

test("New begins anew and loses nothing", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("first-text", 80));
  await page.settled();
  await button(page, "New").click();
  await page.page.getByRole("heading", { name: "Paste Kubernetes manifests on the left" }).waitFor();
  await page.paste(deployment("second-text", 80));
  await kept(page, /second-text/);
  await button(page, "More").click();
  const history = page.page.getByRole("region", { name: "History" });
  const texts = history.getByRole("listitem").filter({ hasNotText: "earlier state" });
  await eventually(async () => assert.equal(await texts.count(), 2));
  await texts.nth(1).getByRole("button").first().click();
  await eventually(async () => assert.match(await page.content.textContent(), /first-text/));
  // Nothing took its place: both are still there.
  await button(page, "More").click();
  await eventually(async () => assert.equal(await texts.count(), 2));
  // And what is forgotten is gone, but for what is in sight.
  await button(page, "Forget all but this text").click();
  await eventually(async () => assert.equal(await history.getByRole("listitem").count(), 1));
  await page.page.reload();
  await eventually(async () => assert.match(await page.content.textContent(), /first-text/));
});

test("what is typed before the editor is there stays where it was typed", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.settled();
  const slowly = async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue();
  };
  await page.page.context().route(/\/main-\w+\.js$/, slowly);
  await page.page.goto(new URL("?example=NP204", page.page.url()).href);
  const plain = page.page.locator(".plain");
  await plain.click({ position: { x: 200, y: 30 } });
  await page.page.keyboard.press("Home");
  await page.page.keyboard.type("# q/? early\n");
  await page.content.waitFor();
  assert.equal(await page.page.getByRole("complementary", { name: "Ask" }).count(), 0);
  assert.match(await page.content.textContent(), /^.+# q\/\? early/);
  await page.page.keyboard.type("# on");
  await eventually(async () => assert.match(await page.content.textContent(), /early# on/));
  // All of an example that is replaced gives way then, too.
  await page.page.goto(new URL("?example=NP206", page.page.url()).href);
  await plain.click();
  await page.page.keyboard.press("Control+a");
  await page.page.keyboard.insertText(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.deepEqual(await page.files(), ["manifests.yaml"]);
});

test("the clipboard is pasted by a button", async (t) => {
  const page = playground(await visit(t, { permissions: ["clipboard-read", "clipboard-write"] }));
  await page.settled();
  await page.page.evaluate((text) => navigator.clipboard.writeText(text), SHOP);
  await button(page, "Paste").click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.deepEqual(await page.files(), ["manifests.yaml"]);
});

test("files are copied and downloaded, one and all", async (t) => {
  const page = playground(await visit(t, { permissions: ["clipboard-read", "clipboard-write"] }));
  await page.settled();
  const names = await page.files();
  await button(page, "More").click();
  const [download] = await Promise.all([page.page.waitForEvent("download"), button(page, "Download all").click()]);
  const text = await readFile(await download.path(), "utf8");
  for (const name of names) assert.ok(text.includes(`# ${name}\n`), name);
  await button(page, "More").click();
  await button(page, "Copy").click();
  await page.page.getByText("Copied").waitFor();
  const copied = await page.page.evaluate(() => navigator.clipboard.readText());
  assert.ok(text.includes(copied) && copied.includes("kind:"));
});

test("an example keeps what is changed in it and is had back as it was", async (t) => {
  const page = playground(await visit(t));
  await page.example("Ingress to specific pods");
  await page.page.getByText("Opened the example").waitFor();
  await page.content.focus();
  await page.page.keyboard.press("Control+Home");
  await page.page.keyboard.type("# mine\n");
  await kept(page, /# mine/);
  await page.page.reload();
  await eventually(async () => assert.match(await page.content.textContent(), /^# mine/));
  await button(page, "More").click();
  await button(page, "Show it as it was").click();
  await eventually(async () => assert.doesNotMatch(await page.content.textContent(), /mine/));
  await page.page.reload();
  await page.settled();
  assert.doesNotMatch(await page.content.textContent(), /mine/);
});

test("two tabs tell each other, and neither writes over the other", async (t) => {
  const one = playground(await visit(t, BLANK));
  await one.paste(deployment("from-one", 80));
  await kept(one, /from-one/);
  const two = playground(await one.page.context().newPage());
  await two.page.goto(one.page.url());
  await eventually(async () => assert.match(await two.content.textContent(), /from-one/));

  await two.paste(deployment("from-two", 80));
  await kept(two, /from-two/);
  await one.page.getByText("Another tab has changed this text").waitFor();
  assert.match(await one.content.textContent(), /from-one/, "nothing is taken away");
  // It is shown when somebody asks for it.
  await button(one, "Show the other").click();
  await eventually(async () => assert.match(await one.content.textContent(), /from-two/));

  // Typed on all the same, both texts are kept.
  await one.paste(deployment("again-one", 80));
  await kept(one, /again-one/);
  await two.page.getByText("Another tab has changed this text").waitFor();
  await two.paste(deployment("again-two", 80));
  await two.page.getByText("yours is kept as a copy").waitFor();
  await kept(two, /again-two/);
  await kept(two, /again-one/);
  // A tab that was only looked at takes nothing along when it closes.
  const three = playground(await one.page.context().newPage());
  await three.page.goto(one.page.url());
  await three.settled();
  await one.paste(deployment("last-one", 80));
  await kept(one, /last-one/);
  await three.page.close({ runBeforeUnload: true });
  await one.page.reload();
  await eventually(async () => assert.match(await one.content.textContent(), /last-one/));
});

test("what was typed a moment before leaving is there again", async (t) => {
  const page = playground(await visit(t, BLANK));
  for (const name of ["left-behind", "left-again"]) {
    await page.paste(deployment(name, 80));
    await page.page.reload();
    await eventually(async () => assert.match(await page.content.textContent(), new RegExp(name)));
  }
});

test("what was put aside and cannot be read is passed over", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("was-kept", 80));
  await kept(page, /was-kept/);
  await page.page.evaluate(() => {
    for (const [tab, text] of Object.entries({ a: "{", b: "[]", c: '{"slot":1,"document":{}}' })) {
      localStorage.setItem(`netpol-playground.unsaved.${tab}`, text);
    }
  });
  await page.page.reload();
  await eventually(async () => assert.match(await page.content.textContent(), /was-kept/));
  assert.equal(await page.page.getByText("keeps nothing").count(), 0);
  assert.deepEqual(await page.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("unsaved"))), []);
});

test("storage that is denied is said at once, and everything else works", async (t) => {
  const page = playground(
    await visit(t, {
      before: () => {
        const denied = () => {
          throw new DOMException("denied", "SecurityError");
        };
        Object.defineProperty(window, "indexedDB", { get: denied });
        Object.defineProperty(window, "localStorage", { get: denied });
      },
    }),
  );
  await page.page.getByText("this browser keeps nothing for this page").waitFor();
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});

test("storage that is full is said, and what was kept stays", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("was-kept", 80));
  await kept(page, /was-kept/);
  await page.page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  await page.paste(deployment("too-much", 80));
  await page.page.getByText("space for this page is full").waitFor();
  await kept(page, /was-kept/);
});
