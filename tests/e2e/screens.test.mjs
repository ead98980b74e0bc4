// Small and odd screens: phones, narrow columns, low frames, forced colours, and who does not see a result come.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, deployment, eventually, playground, policy } from "./playground.mjs";

const visit = usePlayground();

/** Opens the page in a window of this size. */
const sized = async (t, width, height, options = {}) =>
  playground(await visit(t, { viewport: { width, height }, ...options }));

const pane = (page, name) => page.page.getByRole("navigation", { name: "Panes" }).getByRole("button", { name });

/** Whether all of an element is in the window. */
async function isWhole(locator) {
  const box = await locator.boundingBox();
  const { width, height } = locator.page().viewportSize();
  return box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
}

/** How many pixels the document is wider than the window. */
const tooWide = (page) => page.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

for (const width of [390, 360, 320]) {
  test(`menus lie within a phone of ${width} px`, async (t) => {
    const page = await sized(t, width, 844, { hasTouch: true });
    await page.settled();
    const menus = page.page.locator("header .popover > button");
    for (let index = 0; index < (await menus.count()); index++) {
      await menus.nth(index).click();
      const panel = page.page.locator(".popover-panel");
      await panel.waitFor();
      assert.ok(await isWhole(panel), `${await menus.nth(index).textContent()} at ${width}`);
      assert.ok((await tooWide(page)) <= 0);
      await page.page.keyboard.press("Escape");
      await panel.waitFor({ state: "detached" });
    }
    for (const button of await page.page.locator("header button").all()) {
      assert.ok(await isWhole(button), await button.textContent());
    }
    const title = await page.page.getByRole("heading", { name: "Netpol Playground" }).boundingBox();
    assert.ok(title.height < 30, "the title is one line");
  });
}

test("a menu is gone through with the arrow keys", async (t) => {
  const page = await sized(t, 1280, 800);
  await page.settled();
  await page.page.getByRole("button", { name: "Examples" }).press("Enter");
  const menu = page.page.getByRole("group", { name: "Examples" });
  const hasFocus = (element) => element === document.activeElement;
  await eventually(async () => assert.ok(await menu.evaluate(hasFocus)));
  const names = menu.getByRole("button");
  for (const [key, index] of [["ArrowDown", 0], ["ArrowDown", 1], ["End", -1], ["ArrowUp", -2], ["Home", 0]]) {
    await page.page.keyboard.press(key);
    assert.ok(await names.nth(index).evaluate(hasFocus), `${key} ${index}`);
  }
});

test("a column of 700 px has both panes", async (t) => {
  const page = await sized(t, 700, 700);
  await page.settled();
  assert.ok(await isWhole(page.content.locator("xpath=ancestor::section")));
  assert.ok(await isWhole(page.grid));
  assert.equal(await pane(page, "Results").isVisible(), false);
  assert.ok((await tooWide(page)) <= 0);
  for (const button of await page.page.locator("header button").all()) {
    assert.ok(await isWhole(button), await button.textContent());
  }
});

/** Where a cell is, and where the matrix ends and its headers begin. */
async function inSight(page, cell) {
  return cell.evaluate((cell) => {
    const at = (element) => element.getBoundingClientRect();
    const matrix = cell.closest("[role=grid]");
    const [box, room, heads] = [at(cell), at(matrix), at(matrix.querySelector(".heads"))];
    return box.top >= heads.bottom && box.bottom <= room.bottom;
  });
}

for (const [width, height, hasTouch] of [[760, 480, false], [844, 390, true], [720, 450, false], [390, 844, true]]) {
  test(`what was clicked stays in sight at ${width} × ${height}`, async (t) => {
    const page = await sized(t, width, height, { hasTouch });
    await page.settled();
    if (width < 640) await pane(page, "Results").click();
    const cell = page.cell("shop/frontend", "shop/cart");
    await (hasTouch ? cell.tap() : cell.click());
    await page.why.waitFor();
    await eventually(async () => assert.ok(await inSight(page, cell)));
    const view = await page.page.locator(".matrix-view").boundingBox();
    const why = await page.why.boundingBox();
    assert.ok(why.height <= view.height * (height < 520 ? 0.46 : 0.51), `${why.height} of ${view.height}`);
    assert.ok(await isWhole(page.why));
    assert.equal(await cell.getAttribute("aria-selected"), "true");
    // The last row can be reached with the panel open.
    const last = page.page.getByRole("rowheader").last();
    // Rows come and go while they are scrolled.
    await eventually(() => last.scrollIntoViewIfNeeded({ timeout: 500 }));
    await page.why.getByRole("button", { name: "Close" }).click();
    await eventually(async () => assert.equal(await cell.getAttribute("aria-selected"), null));
    // One line of tools.
    const tools = await page.page.locator(".tools").boundingBox();
    if (height < 520) assert.ok(tools.height < 50, `${tools.height}`);
  });
}

test("nothing is cut off at 200%", async (t) => {
  const page = await sized(t, 720, 450, { deviceScaleFactor: 2 });
  await page.settled();
  assert.ok((await tooWide(page)) <= 0);
  for (const button of await page.page.locator("header button, .views button").all()) {
    assert.ok(await isWhole(button), await button.textContent());
  }
  for (const name of ["Options", "Examples"]) {
    await page.page.getByRole("button", { name, exact: true }).click();
    assert.ok(await isWhole(page.page.locator(".popover-panel")), name);
    await page.page.keyboard.press("Escape");
  }
});

test("what is opened is shown where there is something to see of it", async (t) => {
  const page = await sized(t, 390, 844, { hasTouch: true });
  await page.settled();
  await pane(page, "Manifests").click();
  await page.example("AND or OR");
  await eventually(async () => assert.equal(await pane(page, "Results").getAttribute("aria-pressed"), "true"));
  await pane(page, "Manifests").click();
  await page.page.getByRole("button", { name: "New", exact: true }).click();
  await eventually(async () => assert.equal(await pane(page, "Manifests").getAttribute("aria-pressed"), "true"));
  await page.content.waitFor();
});

test("one note at a time, in the line at the bottom", async (t) => {
  const page = await sized(t, 390, 844, { hasTouch: true });
  await page.settled();
  const toasts = page.page.locator(".toast");
  for (const title of ["AND or OR", "What a port means"]) {
    await page.example(title);
    await toasts.getByText(title).waitFor();
    assert.equal(await toasts.count(), 1);
  }
  const [toast, main] = await Promise.all([toasts.boundingBox(), page.page.locator("main").boundingBox()]);
  assert.ok(toast.y >= main.y + main.height - 1, "not over the panes");
  assert.ok(await isWhole(toasts));
  await toasts.getByRole("button", { name: "Undo" }).click();
  await page.page.locator(".whose p[title*=\"AND or OR\"]").waitFor({ state: "attached" });
  assert.equal(await toasts.count(), 0, "what was said of another text is gone");
});

test("it is mounted in an element and leaves the rest of the page alone", async (t) => {
  const page = playground(
    await visit(t, {
      ...BLANK,
      within: async (context) => {
        await context.route(/\/playground\/$/, async (route) => {
          const response = await route.fetch();
          const around = '<h1>A course</h1><div id="here" style="width: 600px; height: 420px">To come</div>';
          await route.fulfill({ response, body: (await response.text()).replace("<body>", `<body>${around}`) });
        });
        await context.route(/start-[^/]*\.js$/, async (route) => {
          const response = await route.fetch();
          const body = (await response.text()).replace("document.body,", 'document.querySelector("#here"),');
          await route.fulfill({ response, body });
        });
      },
    }),
  );
  await page.paste(SHOP);
  await pane(page, "Results").click();
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  assert.ok(await page.page.getByRole("heading", { name: "A course" }).isVisible());
  assert.equal(await page.page.getByText("To come").count(), 0);
  const [whole, matrix] = [await page.page.locator("#here").boundingBox(), await page.grid.boundingBox()];
  assert.ok(matrix.y >= whole.y && matrix.y + matrix.height <= whole.y + whole.height);
  assert.ok(matrix.x + matrix.width <= whole.x + whole.width, "it keeps to its place");
  assert.equal(await page.content.isVisible(), false, "and goes by its own width");
});

/** A picture of a cell, without what differs from place to place: which of its pixels are set. */
async function picture(page, locator) {
  await page.page.mouse.move(0, 0);
  return (await locator.screenshot({ animations: "disabled" })).toString("base64");
}

/** The first cell of these classes that has no other mark. */
const cellOf = (page, shape) =>
  page.page.locator(`.row:not(.hot) .cell.${shape}:not(.own, .uncertain, .opened, .hot)`).first();

const WIDE = [
  ...Array.from({ length: 42 }, (_, index) => deployment(`app-${String(index).padStart(2, "0")}`, 80)),
  policy("app-00", "app-01", 80),
].join("---\n");

for (const [name, text] of [["with text", SHOP], ["too small for text", WIDE]]) {
  test(`forced colours leave the states of cells ${name}`, async (t) => {
    const page = playground(await visit(t, { ...BLANK, forcedColors: "active" }));
    await page.paste(text);
    await eventually(async () => assert.ok((await page.page.locator(".cell.some").count()) > 0));
    assert.equal(await page.page.locator(".matrix.compact").count(), name === "with text" ? 0 : 1);
    const pictures = new Set();
    for (const shape of ["all", "some", "none"]) pictures.add(await picture(page, cellOf(page, shape)));
    assert.equal(pictures.size, 3, "all, some and none look different");
    const swatches = new Set();
    for (const shape of ["all", "some", "none", "own"]) {
      swatches.add(await picture(page, page.page.locator(`.legend .swatch.${shape}`)));
    }
    assert.equal(swatches.size, 4, "so does the legend");
    // The keyboard is seen.
    const cell = cellOf(page, "none");
    const before = await cell.evaluate((cell) => getComputedStyle(cell).outlineStyle);
    await cell.focus();
    await page.page.keyboard.press("ArrowRight");
    const focused = page.page.locator("[role=gridcell]:focus");
    assert.notEqual(await focused.evaluate((cell) => getComputedStyle(cell).outlineStyle), before);
    const lines = await page.page
      .getByRole("tablist", { name: "Results" })
      .getByRole("tab")
      .evaluateAll((tabs) => tabs.map((tab) => getComputedStyle(tab).borderBottomColor));
    assert.equal(new Set(lines).size, 2, "the tab in front stands out");
  });
}

test("the legend shows the shapes that are in sight", async (t) => {
  const page = playground(await visit(t, BLANK));
  const look = (locator) => locator.first().evaluate((element) => getComputedStyle(element).backgroundImage);
  for (const [text, compact] of [[SHOP, false], [WIDE, true]]) {
    await page.paste(text);
    await eventually(async () => {
      assert.equal(await page.page.locator(".matrix.compact").count(), compact ? 1 : 0);
      assert.equal(await look(page.page.locator(".legend .swatch.some")), await look(page.page.locator(".matrix .cell.some")));
    });
    assert.equal((await look(page.page.locator(".legend .swatch.some"))) === "none", !compact);
  }
  await page.page.setViewportSize({ width: 390, height: 844 });
  await pane(page, "Results").click();
  const legend = page.page.getByRole("group", { name: "Legend" });
  assert.ok(await isWhole(legend));
  await page.page.getByRole("button", { name: "Help and shortcuts" }).click();
  await page.page.getByRole("dialog").getByText("too small for text").waitFor();
});

test("a new result is read out once", async (t) => {
  const page = playground(await visit(t, BLANK));
  const said = page.page.getByTestId("announced");
  await said.evaluate((region) => {
    window.said = [];
    new MutationObserver(() => window.said.push(region.textContent)).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  assert.equal(await said.getAttribute("role"), "status");
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.content.focus();
  await page.page.keyboard.press("Control+End");
  await page.page.keyboard.type("    - port: 8443");
  await page.reads(["default/frontend", "default/backend", "TCP 80, 8443"]);
  await eventually(async () => assert.match(await said.textContent(), /^2 workloads, \d+ findings; 1 cell changed$/));
  // Typing pauses between keys on a slow machine, too: at the most it was said what then was the result.
  const all = await page.page.evaluate(() => window.said);
  assert.equal(new Set(all).size, all.length, all.join("\n"));
});

test("what is left out is said in a region that was there before", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const region = page.page.locator("#view > [role=status]");
  await region.evaluate((element) => (element.kept = true));
  assert.equal(await region.textContent(), "");
  await page.paste(`${SHOP}---\nkind: Deployment\n`);
  await page.results.getByText("Left out because of errors").waitFor();
  assert.equal(await region.evaluate((element) => element.kept), true);
  assert.match(await region.textContent(), /Left out because of errors/);
});

test("no motion where none is wanted", async (t) => {
  const page = playground(await visit(t, { ...BLANK, reducedMotion: "reduce" }));
  await page.settled();
  const moves = await page.page.locator(".moving-line").evaluate((line) => getComputedStyle(line, "::before").animationName);
  assert.equal(moves, "none");
});

const NETWORKS = `apiVersion: v1
kind: Node
metadata: { name: n1 }
status: { addresses: [{ type: InternalIP, address: 172.18.0.2 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: kube-system, labels: { app: web } }
---
apiVersion: v1
kind: Pod
metadata: { name: a-name-that-is-much-too-long-for-any-header-of-a-matrix, namespace: default }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: out, namespace: kube-system }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to: [{ ipBlock: { cidr: 10.0.0.0/16, except: [10.0.0.10/32] } }, { ipBlock: { cidr: 172.18.0.2/32 } }]
`;

/** Whether all of a text is seen: it is not cut by its box. */
const isUncut = (locator) =>
  locator.evaluate((element) => element.scrollWidth <= element.clientWidth && element.scrollHeight <= element.clientHeight);

test("names are as people write them", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(NETWORKS);
  await page.settled();
  const heads = page.page.getByRole("rowheader");
  await eventually(async () => {
    const shown = await heads.allTextContents();
    for (const name of ["10.0.0.0/16 except 10.0.0.10", "metadata (169.254.169.254)", "metadata (fd00:ec2::254)", "node n1"]) {
      assert.ok(shown.includes(name), `${name} in ${shown.join(" | ")}`);
    }
  });
  // A namespace of one column is named whole above it.
  for (const name of ["kube-system", "default"]) {
    const label = page.page.locator(".above .band span").filter({ hasText: name });
    assert.ok(await isUncut(label), name);
  }
  // What is cut says so, keeps its end, and is whole where the keyboard is.
  const long = page.head("default/a-name-that-is-much-too-long-for-any-header-of-a-matrix");
  const start = long.locator(".start");
  assert.equal(await isUncut(start), false);
  assert.equal(await start.evaluate((element) => getComputedStyle(element).textOverflow), "ellipsis");
  const ends = await long.locator(".name > span").last().boundingBox();
  const head = await long.boundingBox();
  assert.ok(ends.x + ends.width <= head.x + head.width, "the end is not cut");
  await long.focus();
  await eventually(async () =>
    assert.match(await page.page.getByTestId("readout").textContent(), /default\/a-name-that-is-much-too-long-for-any-header-of-a-matrix/),
  );
});

test("rows and columns that a rule speaks of are marked", async (t) => {
  const page = playground(await visit(t, BLANK));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  await page.page.locator(".cm-line", { hasText: "- podSelector" }).click();
  const marked = (head) => head.evaluate((head) => getComputedStyle(head, "::after").boxShadow !== "none");
  await eventually(async () => {
    assert.ok(await marked(page.head("default/frontend")), "the row");
    assert.ok(await marked(page.page.getByRole("columnheader", { name: "default/backend" })), "the column");
    assert.equal(await marked(page.head("default/backend")), false);
  });
});

test("what is opened below the matrix leaves its headers as they are", async (t) => {
  const page = await sized(t, 1280, 700);
  await page.settled();
  const height = () => page.page.locator(".heads").evaluate((heads) => heads.offsetHeight);
  const before = await height();
  await page.head("shop/cart").click();
  await page.about.getByText("Rules that match it").waitFor();
  assert.equal(await height(), before);
  await page.page.keyboard.press("Escape");
  await page.about.waitFor({ state: "detached" });
  assert.equal(await height(), before);
});
