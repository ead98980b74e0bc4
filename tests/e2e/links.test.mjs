// Links and the address: what one sees is found again by others, and a hostile link harms nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground } from "./playground.mjs";

const visit = usePlayground();

const button = (page, name) => page.page.getByRole("button", { name, exact: true });
const packed = (text) => `#1${deflateRawSync(Buffer.from(text)).toString("base64url")}`;
const carrying = (document) => packed(JSON.stringify(document));

/** All cells, by their names. */
const cells = (page) =>
  page.page.locator("[role=gridcell]").evaluateAll((all) => all.map((cell) => cell.getAttribute("aria-label")));

async function link(page) {
  await button(page, "Share").click();
  const field = page.page.getByTestId("link");
  await field.waitFor();
  const url = await field.inputValue();
  await page.page.keyboard.press("Escape");
  return url;
}

test("a link made in one profile shows the same in an empty one", async (t) => {
  const one = playground(await visit(t, BLANK));
  await one.paste(SHOP);
  await one.reads(["default/frontend", "default/backend", "TCP 80"]);
  await one.settled();
  await one.cell("default/frontend", "default/backend").click();
  await one.why.waitFor();
  const url = await link(one);
  assert.match(url, /#1[\w-]+$/);
  assert.doesNotMatch(one.page.url(), /frontend|backend/, "names of one's own are in no address");

  const two = playground(await visit(t, { at: new URL(url).hash }));
  await two.reads(["default/frontend", "default/backend", "TCP 80"]);
  await two.why.waitFor();
  assert.deepEqual(await cells(two), await cells(one));
  await two.page.getByText("A link").first().waitFor();
});

test("a link never touches one's own text", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("my-own", 80));
  await page.settled();
  const hash = carrying({ files: [{ name: "theirs.yaml", text: deployment("their-own", 80) }] });
  await page.page.evaluate((hash) => location.assign(hash), hash);
  await eventually(async () => assert.match(await page.content.textContent(), /their-own/));
  await page.content.focus();
  await page.page.keyboard.press("Control+Home");
  await page.page.keyboard.type("# changed\n");
  await page.settled();
  await page.page.goBack();
  await eventually(async () => assert.match(await page.content.textContent(), /my-own/));
  await page.page.goForward();
  await eventually(async () => assert.match(await page.content.textContent(), /# changed.*their-own/));
  await page.page.reload();
  await eventually(async () => assert.match(await page.content.textContent(), /# changed.*their-own/));
  await button(page, "More").click();
  await button(page, "Make it my own").click();
  assert.equal(new URL(page.page.url()).hash, "");
  await page.page.reload();
  await eventually(async () => assert.match(await page.content.textContent(), /# changed.*their-own/));
});

test("hostile, foreign and broken links give a message and an unharmed page", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(deployment("my-own", 80));
  await page.settled();
  await page.page.waitForTimeout(500);
  const bomb = packed(`{"files":[{"name":"a","text":"${"x".repeat(40_000_000)}"}]}`);
  const hostile = [
    "#anchor",
    "#9abc",
    "#1",
    "#1!!!!",
    `#1${"A".repeat(5000)}`,
    `${packed(JSON.stringify({ files: [{ name: "a", text: "b" }] })).slice(0, -6)}`,
    packed("no JSON"),
    carrying({ files: [] }),
    carrying({ files: [{ name: 1, text: {} }] }),
    carrying({ files: Array(1000).fill({ name: "a", text: "b" }) }),
    carrying([]),
    bomb,
  ];
  for (const hash of hostile) {
    // At a start, and on a page that is open already.
    const url = new URL(hash, page.page.url()).href;
    await page.page.goto("about:blank");
    await page.page.goto(url);
    await page.page.getByText("This link cannot be opened").first().waitFor();
    await eventually(async () => assert.match(await page.content.textContent(), /my-own/), 8000);
    await page.page.getByRole("button", { name: "Dismiss" }).click();
    await page.page.evaluate((hash) => location.assign(hash), hash);
    await page.page.getByText("This link cannot be opened").first().waitFor();
    await eventually(async () => assert.match(await page.content.textContent(), /my-own/), 8000);
    assert.equal(new URL(page.page.url()).hash, "", `${hash.slice(0, 40)} is no longer in the address`);
  }
});

test("what a link carries is text and nothing else", async (t) => {
  const name = `<img src=x onerror=alert(1)>\u202e\n---\nkind: x`;
  const text = `${deployment("theirs", 80)}# <script>alert(1)</script>\n`;
  const hash = carrying({
    files: [{ name, text }],
    view: "<b>",
    cell: ["<img src=x onerror=alert(1)>", "__proto__"],
    options: { hypothetical: "auto" },
    __proto__: { polluted: 1 },
  });
  const page = playground(await visit(t, { at: hash }));
  await eventually(async () => assert.match(await page.content.textContent(), /theirs/));
  await page.settled();
  assert.equal(await page.page.locator("img").count(), 0);
  const [shown] = await page.files();
  assert.ok(!shown.includes("\n"), "a name breaks no line");
});

test("the address holds the example, the view and the cell", async (t) => {
  const page = playground(await visit(t));
  await page.example("Ingress to specific pods");
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await eventually(() => assert.match(page.page.url(), /\?example=[\w-]+$/));
  await page.settled();
  await page.cell("default/frontend", "default/backend").click();
  await page.why.waitFor();
  await eventually(() => assert.match(page.page.url(), /&cell=default\/frontend.*~default\/backend/));
  const other = playground(await visit(t, { at: new URL(page.page.url()).search }));
  await other.why.waitFor();
  await other.reads(["default/frontend", "default/backend", "TCP 80"]);
  await other.view("Findings").click();
  await eventually(() => assert.match(other.page.url(), /view=findings/));
  await other.page.reload();
  await eventually(async () => assert.equal(await other.view("Findings").getAttribute("aria-selected"), "true"));
  await page.page.goBack();
  await eventually(async () => assert.ok((await page.files()).length > 1, "the first example is back"));
  await page.page.goForward();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
});

test("a rule's example has an address, and an example that there is not says so", async (t) => {
  const page = playground(await visit(t, { at: "?example=NP204" }));
  await eventually(async () => assert.deepEqual(await page.files(), ["np204.yaml"]));
  const other = playground(await visit(t, { at: "?example=no-such" }));
  await other.page.getByText("there is no example “no-such” here").waitFor();
  await other.settled();
});

test("a view and a cell that there are not are said", async (t) => {
  const page = playground(await visit(t, { at: "?view=graph" }));
  await page.page.getByText("there is no view “graph” here").waitFor();
  await page.settled();
  const other = playground(await visit(t, { at: "?cell=nobody~nowhere" }));
  await other.page.getByText("there is no cell from nobody to nowhere here").waitFor();
  await other.settled();
});

test("a file of another origin is not opened where the page does not allow it", async (t) => {
  const page = playground(await visit(t, { at: "?url=https://example.org/shop.yaml" }));
  await page.page.getByText("this page does not open files of https://example.org").waitFor();
  assert.equal(new URL(page.page.url()).search, "");
});

test("a file of another origin is opened where the page allows it, after a click that names the origin", async (t) => {
  const origin = "https://files.example";
  const asked = [];
  const page = playground(await visit(t, { ...BLANK, expected: [/^asked for https:\/\/files\.example/] }));
  await page.page.route(`${origin}/**`, (route) => {
    asked.push(route.request().headers());
    return route.fulfill({ headers: { "access-control-allow-origin": "*" }, body: SHOP });
  });
  await page.settled();
  // As a build with NETPOL_OPEN_ORIGINS writes it.
  await page.page.route(/playground\/(\?|$)/, async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    const body = html
      .replace("connect-src 'self'", `connect-src 'self' ${origin}`)
      .replace('"netpol-open-origins" content=""', `"netpol-open-origins" content="${origin}"`);
    await route.fulfill({ response, body });
  });
  await page.page.goto(new URL(`?url=${origin}/some/shop.yaml`, page.page.url()).href);
  await page.page.getByText(`That asks the server ${origin} for it.`).waitFor();
  await page.settled();
  assert.equal(asked.length, 0, "nothing is fetched before a click");
  await button(page, "Open it").click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.deepEqual(await page.files(), ["shop.yaml"]);
  assert.equal(asked.length, 1);
  assert.ok(!asked[0].cookie && !asked[0].referer, "nobody is told who asks");
});

test("a text that is too long for a link goes out as a file", async (t) => {
  const page = playground(await visit(t, BLANK));
  // Noise cannot be deflated.
  const noise = Array.from({ length: 60_000 }, (_, at) => `# ${Math.sin(at).toString(36)}`).join("\n");
  await page.paste(`${SHOP}${noise}\n`);
  await page.settled();
  await button(page, "Share").click();
  await page.page.getByText("too long for a link").waitFor();
  await button(page, "Download the files as one").waitFor();
});
