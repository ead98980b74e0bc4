// The playground within pages of others: a plain one, one of another origin, and the built site of Docusaurus. What is said
// between the two sides is `web/embed/`.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import axe from "axe-core";

import { DIST, launch, originOf, serve, watch } from "./harness.mjs";
import { SHOP, deployment, eventually, playground } from "./playground.mjs";

const PLAYGROUND = "/some/where/playground/";
const EXAMPLES = fileURLToPath(new URL("../../examples", import.meta.url));
/** Built by `cargo xtask test --only embed` for a playground at `PLAYGROUND`. */
const TARGET = process.env.NETPOL_TARGET ?? fileURLToPath(new URL("../../target", import.meta.url));
const DOCUSAURUS = join(TARGET, "docusaurus-site");

const asked = [];
let [browser, here, other, written] = [];
before(async () => {
  written = await mkdtemp(join(tmpdir(), "netpol-embed-"));
  await writeFile(join(written, "favicon.ico"), "");
  await writeFile(join(written, "third.html"), "<!doctype html><title>A third window</title>");
  const site = (path, folder) => ({ asked, path, folder });
  const sites = [
    site(PLAYGROUND, DIST),
    site("/netpol/", DIST),
    site("/plain/", join(EXAMPLES, "embed")),
    site("/docs-site/", DOCUSAURUS),
    site("/", written),
  ];
  [browser, here, other] = await Promise.all([launch(), serve(...sites), serve(...sites)]);
});
after(async () => {
  await browser?.close();
  here?.close();
  other?.close();
  if (written) await rm(written, { recursive: true });
});

/** A profile of its own for a test, in which nothing may go wrong but what is `expected`. */
async function profile(t, { expected, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, serviceWorkers: "block", ...options });
  context.setDefaultTimeout(10_000);
  watch(t, context, [originOf(here), originOf(other)], expected);
  return context;
}

/** Opens a page. */
async function opened(context, path, origin = originOf(here)) {
  asked.length = 0;
  const page = await context.newPage();
  await page.goto(origin + path);
  return page;
}

let pages = 0;
/** Writes a page around elements that are as in the text, and opens it; `told` there lists what they told. */
async function around(context, body, script = `${PLAYGROUND}netpol-playground.js`) {
  const name = `page-${++pages}.html`;
  const html = `<!doctype html><html lang="en"><title>A page</title><body>${body}
<script>
  window.told = [];
  for (const type of ["result", "graded"])
    addEventListener("netpol-" + type, ({ target, detail }) => told.push({ type, id: target.id, detail }));
</script>
<script type="module" src="${script}"></script></body></html>`;
  await writeFile(join(written, name), html);
  return opened(context, `/${name}`);
}

/** What is in the frame of an element. */
const inside = (page, selector) => page.locator(`${selector} iframe`).contentFrame();
const cells = (frame) => frame.getByRole("gridcell");
const theme = (frame) => frame.locator("html").getAttribute("data-theme");
const files = (frame) =>
  frame.getByRole("tablist", { name: "Files" }).getByRole("tab").evaluateAll((all) => all.map((tab) => tab.getAttribute("title")));

/** The last result that an element told. */
const result = (page, id) =>
  page.evaluate((id) => told.findLast((one) => one.type === "result" && one.id === id)?.detail ?? null, id);

/** Puts a text in the place of all that an editor in a frame holds. */
async function paste(frame, text) {
  const content = frame.getByTestId("editor");
  await eventually(async () => {
    await content.focus();
    await content.press("Control+a");
    await content.evaluate((element, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
    assert.ok((await content.textContent()).includes(text.split("\n")[3].trim()));
  });
}

const attribute = (value) => JSON.stringify(value).replaceAll("&", "&amp;").replaceAll("'", "&#39;");
const shop = attribute({ "shop.yaml": SHOP });

test("two elements in a plain page show what each is to show, and tell what comes of it", async (t) => {
  const page = await opened(await profile(t), "/plain/");
  const [example, own] = [inside(page, "#example"), inside(page, "#own")];
  await cells(example).first().waitFor();
  assert.ok(!(await example.locator(".manifests").isVisible()), "the matrix alone");
  await page.locator("#own").scrollIntoViewIfNeeded();
  await cells(own).first().waitFor();
  assert.deepEqual(await files(own), ["shop.yaml", "policy.yaml"]);
  const said = page.getByRole("status").filter({ hasText: "pairs are connected" });
  // The policy lets in pods of its own namespace only.
  await said.getByText("1 of 2 pairs are connected, 0 errors.").waitFor();

  const before = await cells(example).allTextContents();
  await own.getByRole("tab", { name: "policy.yaml" }).click();
  const text = await own.getByTestId("editor").evaluate((element) => element.cmTile.view.state.doc.toString());
  assert.match(text, /^apiVersion: networking/, "without the blanks of the page");
  const mended = text.replace("- podSelector: {matchLabels: {app: prometheus}}", "- namespaceSelector: {}");
  await paste(own, `${mended}# mended\n`);
  await said.getByText("2 of 2 pairs are connected, 0 errors.").waitFor();
  assert.deepEqual(await cells(example).allTextContents(), before, "the other one is as it was");
});

test("an element that is out of sight is loaded when it comes near, and the page does not move", async (t) => {
  const context = await profile(t);
  const spacer = '<div style="height:4000px"></div>';
  const page = await around(context, `${spacer}<netpol-playground id="a" example="and-or" height="333"></netpol-playground>${spacer}`);
  const height = () => page.evaluate(() => document.documentElement.scrollHeight);
  const before = await height();
  await page.waitForTimeout(300);
  assert.equal(await page.locator("iframe").count(), 0);
  assert.ok(!asked.some((file) => file.endsWith(".wasm")));
  await page.evaluate(() => document.querySelector("#a").scrollIntoView());
  await cells(inside(page, "#a")).first().waitFor();
  assert.equal(await height(), before);
  assert.equal(await page.locator("#a").evaluate((element) => element.offsetHeight), 333);
});

test("light and dark follow the page, live", async (t) => {
  const context = await profile(t, { colorScheme: "dark" });
  const page = await around(
    context,
    `<netpol-playground id="a" example="and-or" height="300"></netpol-playground>
     <netpol-playground id="b" example="and-or" height="300" theme="light"></netpol-playground>`,
  );
  const [a, b] = [inside(page, "#a"), inside(page, "#b")];
  const are = (...wanted) => eventually(async () => assert.deepEqual([await theme(a), await theme(b)], wanted));
  await cells(a).first().waitFor();
  await cells(b).first().waitFor();
  await are("dark", "light");
  await page.emulateMedia({ colorScheme: "light" });
  await are("light", "light");
  await page.evaluate(() => (document.documentElement.dataset.theme = "dark"));
  await are("dark", "light");
  await page.evaluate(() => document.querySelector("#b").removeAttribute("theme"));
  await are("dark", "dark");
});

test("files come by attribute, by elements of the page and by property; one element's do not reach the other", async (t) => {
  const context = await profile(t);
  const page = await around(
    context,
    `<script type="text/yaml" id="policy">\n${deployment("from-the-page", 80)}</script>
     <netpol-playground id="a" files='${shop}' height="300"></netpol-playground>
     <netpol-playground id="b" files="policy" height="300"></netpol-playground>`,
  );
  const [a, b] = [inside(page, "#a"), inside(page, "#b")];
  await eventually(async () => {
    assert.deepEqual(await files(a), ["shop.yaml"]);
    assert.deepEqual(await files(b), ["policy.yaml"]);
  });
  await eventually(async () => {
    const { workloads, policies, pairs, tests } = await result(page, "a");
    assert.deepEqual({ workloads, policies, pairs }, {
      workloads: 2,
      policies: 1,
      pairs: { all: 1, some: 1, none: 0, uncertain: 0, unknown: 0 },
    });
    assert.deepEqual(tests, { passed: 0, failed: 0 });
    assert.equal((await result(page, "b")).workloads, 1);
  });
  await page.evaluate((text) => (document.querySelector("#b").files = [{ name: "c.yaml", text }]), SHOP + "---\n" + deployment("third", 80));
  await eventually(async () => {
    assert.deepEqual(await files(b), ["c.yaml"]);
    assert.equal((await result(page, "b")).workloads, 3);
  });
  assert.deepEqual(await files(a), ["shop.yaml"]);
  // The same again takes nothing from who types.
  await b.getByTestId("editor").focus();
  await b.getByTestId("editor").press("Control+Home");
  await b.getByTestId("editor").pressSequentially("# mine\n");
  await page.evaluate(() => {
    const element = document.querySelector("#b");
    element.files = structuredClone(element.files);
  });
  await page.waitForTimeout(300);
  assert.match(await b.getByTestId("editor").textContent(), /# mine/);
});

test("a page of another origin is handed results, and the frame what it shows", async (t) => {
  const context = await profile(t);
  const frame = `${originOf(other)}${PLAYGROUND}`;
  const page = await around(context, `<netpol-playground id="a" src="${frame}" files='${shop}' height="400"></netpol-playground>`);
  const a = inside(page, "#a");
  await cells(a).first().waitFor();
  assert.deepEqual(await files(a), ["shop.yaml"]);
  await eventually(async () => assert.equal((await result(page, "a")).workloads, 2));
  assert.match(page.frames()[1].url(), new RegExp(`^${frame}\\?embed=1`));
});

test("what comes from a third window, of another origin or in another shape is ignored", async (t) => {
  const context = await profile(t);
  const frame = `${originOf(other)}${PLAYGROUND}`;
  const page = await around(
    context,
    `<netpol-playground id="a" src="${frame}" files='${shop}' height="400" loading="eager"></netpol-playground>
     <iframe name="third" src="/third.html"></iframe>`,
  );
  const a = inside(page, "#a");
  await cells(a).first().waitFor();
  await eventually(async () => assert.equal((await result(page, "a")).workloads, 2));
  const before = await page.evaluate(() => told.length);
  const third = page.frames().find((one) => one.name() === "third");
  const playground = page.frames().find((one) => one.url().startsWith(frame));
  // The third window says to the page that it were the frame.
  const gotPort = await third.evaluate(async () => {
    let got = false;
    addEventListener("message", ({ ports }) => (got ||= ports.length > 0));
    parent.postMessage({ type: "netpol:ready", version: 1 }, "*");
    parent.postMessage({ type: "result", workloads: 99 }, "*");
    await new Promise((resolve) => setTimeout(resolve, 500));
    return got;
  });
  assert.equal(gotPort, false);
  assert.deepEqual(await files(a), ["shop.yaml"]);
  assert.equal(await page.evaluate(() => told.length), before);
  // What the frame says in another shape is no event.
  await playground.evaluate(() => {
    for (const message of [null, 1, "result", {}, { type: "constructor" }, { type: "netpol:ready", version: 2 }]) {
      parent.postMessage(message, "*");
    }
  });
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate(() => told.length), before);
  assert.deepEqual(await files(a), ["shop.yaml"]);
});

test("the frame takes a first answer of the right shape, and nothing of any other", async (t) => {
  const context = await profile(t);
  // A page that speaks by itself, without the element.
  const page = await around(context, `<iframe id="f" name="f" width="900" height="500"></iframe><iframe name="third" src="/third.html"></iframe>`, `${PLAYGROUND}netpol-playground.js?again`);
  await page.evaluate((src) => {
    window.heard = [];
    window.ready = new Promise((resolve) => {
      addEventListener("message", ({ data, source }) => {
        if (data?.type === "netpol:ready" && source === document.querySelector("#f").contentWindow) resolve(data.version);
      });
    });
    document.querySelector("#f").src = src;
  }, `${PLAYGROUND}?embed=1`);
  assert.equal(await page.evaluate(() => window.ready), 1);
  const f = page.locator("#f").contentFrame();
  // A third window, which says to the frame that it were the page around it.
  await page.frames().find((one) => one.name() === "third").evaluate(() => {
    const files = [{ name: "evil.yaml", text: "evil: true" }];
    parent.f.postMessage({ type: "netpol:connect", version: 1, theme: "dark", files }, "*", [new MessageChannel().port2]);
  });
  await page.evaluate(() => {
    const frame = document.querySelector("#f").contentWindow;
    const files = [{ name: "evil.yaml", text: "evil: true" }];
    const port = () => new MessageChannel().port2;
    frame.postMessage({ type: "netpol:connect", version: 2, files }, "*", [port()]);
    frame.postMessage({ type: "netpol:connect", version: 1, files }, "*");
    frame.postMessage({ type: "netpol:connect", version: 1, files }, "*", [port(), port()]);
    frame.postMessage({ type: "files", files }, "*", [port()]);
    frame.postMessage("netpol:connect", "*", [port()]);
    frame.postMessage(null, "*", [port()]);
  });
  await cells(f).first().waitFor();
  const first = await files(f);
  assert.ok(!first.includes("evil.yaml") && first.length > 1, "the first example");
  await page.evaluate(() => {
    const frame = document.querySelector("#f").contentWindow;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => window.heard.push(data.type);
    frame.postMessage({ type: "netpol:connect", version: 1, theme: "blue", files: "evil" }, "*", [port2]);
    const text = "evil: true";
    const wrong = [
      {},
      [],
      [null],
      [{ name: 1, text }],
      [{ name: "a", text: {} }],
      [{ name: "a".repeat(301), text }],
      Array(501).fill({ name: "a", text }),
      [{ name: "a", text: "x".repeat(16_000_001) }],
    ];
    for (const files of wrong) port1.postMessage({ type: "files", files });
    for (const theme of ["blue", "__proto__", 1, null, "system"]) port1.postMessage({ type: "theme", theme });
    for (const message of [null, 7, [], { type: "toString" }, { type: "netpol:connect", version: 1, theme: "" }]) port1.postMessage(message);
    window.port = port1;
  });
  await eventually(async () => assert.deepEqual(await page.evaluate(() => window.heard), ["result"]));
  await page.waitForTimeout(300);
  assert.deepEqual(await files(f), first);
  assert.equal(await theme(f), "light");
  // A second one comes too late; the first one still has a say.
  await page.evaluate(() => {
    const frame = document.querySelector("#f").contentWindow;
    frame.postMessage({ type: "netpol:connect", version: 1, theme: "dark", files: null }, "*", [new MessageChannel().port2]);
    window.port.postMessage({ type: "files", files: [{ name: "a\u0000b.yaml", text: "kind: Pod\n" }] });
  });
  await eventually(async () => assert.deepEqual(await files(f), ["ab.yaml"]));
  assert.equal(await theme(f), "light");
});

test("a person's own text is neither shown in a page of somebody else's nor changed by one", async (t) => {
  const context = await profile(t);
  const own = playground(await opened(context, PLAYGROUND));
  await own.paste(deployment("my-secret", 80));
  await own.settled();
  await own.page.waitForTimeout(600);
  const kept = () =>
    own.page.evaluate(async () => {
      const database = await new Promise((resolve) => {
        indexedDB.open("netpol-playground").onsuccess = ({ target }) => resolve(target.result);
      });
      const store = database.transaction("texts").objectStore("texts");
      const all = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
      const found = [await all(store.getAllKeys()), await all(store.getAll()), { ...localStorage }];
      database.close();
      return JSON.stringify(found);
    });
  const before = await kept();
  assert.match(before, /my-secret/);

  const page = await around(
    context,
    `<netpol-playground id="a" files='${shop}' height="400"></netpol-playground>
     <netpol-playground id="b" height="400"></netpol-playground>
     <netpol-playground id="c" example="and-or" height="400" loading="eager"></netpol-playground>`,
  );
  for (const id of ["a", "b", "c"]) {
    const frame = inside(page, `#${id}`);
    await page.locator(`#${id}`).scrollIntoViewIfNeeded();
    await cells(frame).first().waitFor();
    assert.ok(!(await frame.locator("body").textContent()).includes("my-secret"), id);
    await paste(frame, deployment(`typed-in-${id}`, 80));
    await frame.getByRole("rowheader", { name: new RegExp(`typed-in-${id}`) }).first().waitFor();
    await frame.getByRole("button", { name: "More" }).click();
    await frame.getByRole("button", { name: "Download", exact: true }).waitFor();
    assert.ok(!(await frame.locator("body").textContent()).includes("my-secret"), id);
    assert.equal(await frame.getByRole("heading", { name: /History/ }).count(), 0);
  }
  await page.evaluate(() => document.querySelector("#a").setAttribute("theme", "dark"));
  await eventually(async () => assert.equal(await theme(inside(page, "#a")), "dark"));
  await page.waitForTimeout(800);
  assert.equal(await kept(), before);
  await page.close();
  assert.equal(await kept(), before);
  await own.page.reload();
  await eventually(async () => assert.match(await own.content.textContent(), /my-secret/));
});

test("what a frame tells is handed on where it has the right shape", async (t) => {
  const context = await profile(t);
  // In the place of the playground one that says what it should and what it should not.
  const speak = ({ ports: [port] }) => {
    const goal = { text: "nobody else gets in", reached: true, message: "not for the page" };
    const graded = { type: "graded", lab: "deny-all", passed: true, goals: [goal] };
    const result = {
      type: "result",
      workloads: 1,
      policies: 2,
      problems: { errors: 0, warnings: 1 },
      pairs: { all: 1, some: 2, none: 3, uncertain: 1, unknown: 0 },
      findings: { high: 0, medium: 0, low: 0, info: 0 },
      tests: { passed: 1, failed: 0 },
    };
    const wrong = [
      null,
      "graded",
      { ...graded, type: "told" },
      { ...graded, lab: 1 },
      { ...graded, passed: "yes" },
      { ...graded, goals: {} },
      { ...graded, goals: [null] },
      { ...graded, goals: [{ text: "a" }] },
      { ...result, workloads: -1 },
      { ...result, policies: 1.5 },
      { ...result, pairs: { ...result.pairs, none: "3" } },
      { ...result, findings: null },
      { ...result, tests: [] },
    ];
    for (const message of [...wrong, { ...result, text: "not for the page" }, graded]) port.postMessage(message);
  };
  await writeFile(join(written, "fake.js"), `
    addEventListener("message", ${speak}, { once: true });
    parent.postMessage({ type: "netpol:ready", version: 1 }, "*");`);
  await writeFile(join(written, "fake.html"), `<!doctype html><title>A fake</title><script src="fake.js"></script>`);
  const page = await around(context, `<netpol-playground id="a" src="/fake.html" lab="deny-all" panes="matrix"></netpol-playground>`);
  await eventually(async () => assert.equal(await page.evaluate(() => told.length), 2));
  await page.waitForTimeout(100);
  const [result, graded] = await page.evaluate(() => told);
  assert.deepEqual(Object.keys(result.detail).sort(), ["findings", "pairs", "policies", "problems", "tests", "workloads"]);
  assert.deepEqual(result.detail.pairs, { all: 1, some: 2, none: 3, uncertain: 1, unknown: 0 });
  const goals = [{ text: "nobody else gets in", reached: true }];
  assert.deepEqual(graded, { type: "graded", id: "a", detail: { lab: "deny-all", passed: true, goals } });
  assert.match(page.frames()[1].url(), /fake\.html\?embed=matrix&theme=light&lab=deny-all$/);
});

test("a frame that went on to another origin is spoken with no more", async (t) => {
  const context = await profile(t);
  const speak = ({ data }) => (document.title = `handed ${data.files.length}`);
  const script = `addEventListener("message", ${speak}); parent.postMessage({ type: "netpol:ready", version: 1 }, "*");`;
  await writeFile(join(written, "elsewhere.html"), `<!doctype html><title>nothing</title><script>${script}</script>`);
  const goOn = `location.replace(${JSON.stringify(`${originOf(other)}/elsewhere.html`)})`;
  await writeFile(join(written, "moved.html"), `<!doctype html><title>Moved</title><script>${goOn}</script>`);
  const title = async (src) => {
    const page = await around(context, `<netpol-playground id="a" src="${src}" files='${shop}' loading="eager"></netpol-playground>`);
    await eventually(() => assert.match(page.frames()[1]?.url() ?? "", /elsewhere/));
    await page.waitForTimeout(300);
    return page.frames()[1].title();
  };
  assert.equal(await title("/elsewhere.html"), "handed 1");
  assert.equal(await title("/moved.html"), "nothing");
});

test("a page that allows nothing but its own files may use it", async (t) => {
  const context = await profile(t);
  const policy = "default-src 'none'; script-src 'self'; frame-src 'self'";
  const html = `<!doctype html><html lang="en"><head><meta http-equiv="Content-Security-Policy" content="${policy}">
    <title>A page</title></head><body><netpol-playground example="and-or" height="400">
    </netpol-playground><script type="module" src="${PLAYGROUND}netpol-playground.js"></script></body></html>`;
  await writeFile(join(written, "strict.html"), html);
  const page = await opened(context, "/strict.html");
  await cells(inside(page, "netpol-playground")).first().waitFor();
  assert.equal(await page.locator("netpol-playground").evaluate((element) => element.offsetHeight), 400);
});

test("an element that is taken out ends, and begins anew where it is put back", async (t) => {
  const context = await profile(t);
  const page = await around(context, `<netpol-playground id="a" files='${shop}' height="400"></netpol-playground><main></main>`);
  await cells(inside(page, "#a")).first().waitFor();
  await page.evaluate(() => {
    window.taken = document.querySelector("#a");
    window.taken.remove();
  });
  assert.equal(page.frames().length, 1);
  assert.equal(await page.evaluate(() => window.taken.shadowRoot.querySelectorAll("iframe").length), 0);
  await page.evaluate(() => {
    window.told.length = 0;
    document.querySelector("main").append(window.taken);
  });
  await eventually(async () => assert.equal((await result(page, "a")).workloads, 2));
  // Another example loads the frame anew, once.
  asked.length = 0;
  await page.evaluate(() => {
    window.taken.removeAttribute("files");
    window.taken.setAttribute("example", "and-or");
    window.taken.view = "findings";
  });
  await inside(page, "#a").getByRole("tab", { name: /Findings/, selected: true }).waitFor();
  assert.equal(asked.filter((file) => file === "index.html").length, 1);
});

test("the page around keeps its keys, its history and its service workers", async (t) => {
  const context = await profile(t, { serviceWorkers: "allow" });
  // So near that it is loaded, and out of sight.
  const near = '<div style="height:1000px"></div>';
  const page = await around(context, `<input id="i">${near}<netpol-playground id="a" files='${shop}' height="500"></netpol-playground>${near}`);
  const a = inside(page, "#a");
  await cells(a).first().waitFor();
  await a.getByTestId("editor").waitFor();
  assert.equal(await page.evaluate(() => scrollY), 0, "nothing moves by itself");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "BODY", "the keyboard stays where it was");
  const before = await page.evaluate(() => history.length);
  await page.locator("#i").focus();
  await page.keyboard.type("/q?");
  assert.equal(await page.locator("#i").inputValue(), "/q?");
  assert.equal(await page.evaluate(() => document.activeElement.id), "i");
  await a.getByRole("tab", { name: /Findings/ }).click();
  await a.getByRole("tab", { name: "Matrix" }).click();
  await cells(a).first().click();
  await a.getByRole("complementary", { name: "Why" }).waitFor();
  assert.equal(await page.evaluate(() => history.length), before);
  await page.waitForTimeout(1000);
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
});

test("a link leads to the same in the playground, in a tab of its own", async (t) => {
  const context = await profile(t);
  const page = await around(
    context,
    `<netpol-playground id="a" files='${shop}' height="400"></netpol-playground>
     <netpol-playground id="b" example="and-or" panes="matrix" height="400"></netpol-playground>`,
  );
  const out = (id) => inside(page, id).getByRole("link", { name: "Open in the playground" });
  await cells(inside(page, "#b")).first().waitFor();
  assert.equal(await out("#b").getAttribute("href"), "./?example=and-or");
  await paste(inside(page, "#a"), `${SHOP}---\n${deployment("third", 80)}`);
  await eventually(async () => assert.equal((await result(page, "a")).workloads, 3));
  await eventually(async () => assert.match(await out("#a").getAttribute("href"), /playground\/#1/));
  const [tab] = await Promise.all([context.waitForEvent("page"), out("#a").click()]);
  await playground(tab).reads(["default/frontend", "default/backend", "TCP 80"], ["default/third", "default/frontend", "all"]);
  assert.equal(await tab.evaluate(() => document.documentElement.dataset.embed), undefined);
  assert.equal(await tab.evaluate(() => window.opener), null);
});

for (const panes of ["", "matrix"]) {
  test(`an element is accessible, and fits on a phone${panes && ", with the matrix alone"}`, async (t) => {
    const context = await profile(t, { viewport: { width: 380, height: 700 } });
    const page = await around(context, `<netpol-playground id="a" files='${shop}' panes="${panes}" height="480"></netpol-playground>`);
    const a = inside(page, "#a");
    await cells(a).first().waitFor();
    const frame = page.frames()[1];
    const fits = () => frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(await fits());
    for (const colours of ["light", "dark"]) {
      await page.evaluate((colours) => document.querySelector("#a").setAttribute("theme", colours), colours);
      await eventually(async () => assert.equal(await theme(a), colours));
      // By the protocol of the browser, past the page's own policy.
      await frame.evaluate(axe.source);
      const found = await frame.evaluate(async () => {
        const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
      });
      assert.deepEqual(found, []);
    }
    assert.equal(await page.locator("#a iframe").getAttribute("title"), "Netpol Playground");
    assert.equal(await a.getByRole("button", { name: "Manifests", exact: true }).isVisible(), panes === "");
  });
}

test("files that cannot be read are named in the console, and the frame shows the first example", async (t) => {
  const context = await profile(t, { expected: [/<netpol-playground>: files names #nowhere/] });
  const told = [];
  context.on("console", (message) => told.push(message.text()));
  const page = await around(context, `<netpol-playground id="a" files="nowhere" height="400"></netpol-playground>`);
  await cells(inside(page, "#a")).first().waitFor();
  assert.equal(told.filter((text) => text.includes("#nowhere")).length, 1);
});

test("a built site of Docusaurus shows two, in its own colours, and hears from each", async (t) => {
  assert.ok(existsSync(DOCUSAURUS), "`cargo xtask test --only embed` builds the site");
  const context = await profile(t, { colorScheme: "light" });
  const page = await opened(context, "/docs-site/");
  const elements = page.locator("netpol-playground");
  const [one, two] = [0, 1].map((at) => elements.nth(at).locator("iframe").contentFrame());
  await elements.first().scrollIntoViewIfNeeded();
  await cells(one).first().waitFor();
  assert.ok(!(await one.locator(".manifests").isVisible()));
  await elements.nth(1).scrollIntoViewIfNeeded();
  await cells(two).first().waitFor();
  assert.deepEqual(await files(two), ["policy.yaml", "pods.yaml"]);
  await page.getByText("4 of 6 pairs are connected, 2 of them by some ports.").waitFor();
  assert.deepEqual([await theme(one), await theme(two)], ["light", "light"]);

  await page.evaluate(() => document.documentElement.setAttribute("data-theme", "dark"));
  await eventually(async () => assert.deepEqual([await theme(one), await theme(two)], ["dark", "dark"]));

  // What is typed in one is told by that one, and stays when the page renders anew.
  const before = await cells(one).allTextContents();
  const text = await two.getByTestId("editor").evaluate((element) => element.cmTile.view.state.doc.toString());
  await paste(two, `${text.replace("podSelector: {}", "podSelector: {matchLabels: {app: cart}}")}# mine\n`);
  await page.getByText("5 of 6 pairs are connected, 1 of them by some ports.").waitFor();
  assert.match(await two.getByTestId("editor").textContent(), /# mine/);
  assert.deepEqual(await cells(one).allTextContents(), before);
});
