// After one visit the page works without a network, and a new version takes nothing from a page that is open.
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { DIST, launch, serve } from "./harness.mjs";
import { SHOP, eventually, playground } from "./playground.mjs";

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

/** The page on a server of its own for a test, under a path as sites have it. */
async function hosted(t) {
  const site = { asked: [], folder: DIST, path: "/netpol/" };
  const server = await serve(site);
  site.origin = `http://127.0.0.1:${server.address().port}`;
  site.page = site.origin + site.path;
  site.stop = () => {
    server.close();
    server.closeAllConnections();
  };
  t.after(site.stop);
  return site;
}

/** A profile of its own for a test. */
async function profile(t) {
  const context = await browser.newContext();
  context.setDefaultTimeout(10_000);
  const errors = [];
  context.on("weberror", (error) => errors.push(error.error().stack));
  t.after(async () => {
    await context.close();
    assert.deepEqual(errors, []);
  });
  return context;
}

/** A first visit. */
async function visited(t) {
  const [site, context] = [await hosted(t), await profile(t)];
  const page = await context.newPage();
  await page.goto(site.page);
  await playground(page).settled();
  return { site, page, context };
}

/** Waits until the page is kept. */
const isKept = (page) => page.evaluate(async () => void (await navigator.serviceWorker.ready));

test("after one visit everything works without a network", async (t) => {
  const { site, page, context } = await visited(t);
  await isKept(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  site.stop();
  await context.setOffline(true);

  // In the page that is open: the worker, which nothing has started yet.
  const self = playground(page);
  await page.mouse.move(400, 400);
  await eventually(async () => assert.match(await self.time.textContent(), /^analysed in [\d.]+ m?s$/));

  for (const link of ["", "index.html", "?from=a#link"]) {
    await page.goto(site.page + link);
    await self.settled();
  }
  await self.example("Default deny");
  await eventually(async () => assert.ok((await self.files()).includes("1-default-deny.yaml")));
  await self.settled();
  await self.paste(SHOP);
  await self.reads(["default/frontend", "default/backend", "TCP 80"]);
  await self.cell("default/frontend", "default/backend").click();
  await eventually(async () => assert.match(await self.why.textContent(), /TCP 80/));
  await self.content.focus();
  await page.keyboard.press("Control+f");
  await page.locator(".cm-search input[name=search]").waitFor();
});

/** A copy of the page as a later version. */
async function laterVersion(t) {
  const folder = await mkdtemp(join(tmpdir(), "netpol-later-"));
  t.after(() => rm(folder, { recursive: true }));
  await cp(DIST, folder, { recursive: true });
  const [, version] = (await readFile(join(folder, "index.html"), "utf8")).match(/name="netpol-version" content="([^"]+)"/);
  for (const name of ["index.html", "service-worker.js"]) {
    const text = await readFile(join(folder, name), "utf8");
    await writeFile(join(folder, name), text.replaceAll(version, "later").replace("<title>", "<title>Later "));
  }
  return folder;
}

test("a new version waits for the next visit and takes nothing from the open page", async (t) => {
  const { site, page, context } = await visited(t);
  const self = playground(page);
  await isKept(page);
  await self.paste(SHOP);
  await self.reads(["default/frontend", "default/backend", "TCP 80"]);
  const later = await laterVersion(t);
  const update = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration.update();
      const { installing } = registration;
      await new Promise((resolve) => {
        installing.onstatechange = resolve;
      });
      return installing.state;
    });

  // Of a version that is not there as a whole nothing is taken.
  await rename(join(later, "rules.json"), join(later, "gone"));
  site.folder = later;
  assert.equal(await update(), "redundant");
  await page.reload();
  await self.settled();
  assert.equal(await page.title(), "Netpol Playground");

  await rename(join(later, "gone"), join(later, "rules.json"));
  await page.evaluate(() => Object.assign(globalThis, { isStillThere: true }));
  assert.equal(await update(), "installed");
  await self.content.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("\n# typed meanwhile\n");
  await self.cell("default/frontend", "default/backend").click();
  await eventually(async () => assert.match(await self.why.textContent(), /TCP 80/));
  assert.equal(await page.title(), "Netpol Playground");
  assert.ok(await page.evaluate(() => globalThis.isStillThere));

  // The page says that it is there, and who wants it has it.
  await page.getByRole("button", { name: "A newer version is there: reload" }).click();
  await page.waitForFunction(() => document.title.startsWith("Later"));
  await self.settled();
  assert.equal(await page.title(), "Later Netpol Playground");
  assert.match(await self.content.textContent(), /typed meanwhile/);
  // The earlier version is forgotten when no page of it is open any more.
  await page.close();
  const next = await context.newPage();
  await next.goto(site.origin);
  await eventually(async () => {
    const names = await next.evaluate(() => caches.keys());
    assert.deepEqual(names, [`netpol-playground ${site.page} later`]);
  });
  site.stop();
  await next.goto(site.page);
  await playground(next).settled();
  assert.equal(await next.title(), "Later Netpol Playground");
});

test("in a page of another origin nothing is kept, and the worker is at hand all the same", async (t) => {
  const [site, context] = [await hosted(t), await profile(t)];
  const frame = `<iframe src="${site.page}" width="1000" height="700"></iframe>`;
  const other = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(frame));
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  await eventually(() => assert.ok(site.asked.some((file) => /^netpol-worker.*\.wasm$/.test(file))));
  assert.ok(!site.asked.includes("service-worker.js"));
});

test("the page can be installed", async (t) => {
  const { page, context } = await visited(t);
  const session = await context.newCDPSession(page);
  const { url, errors, data } = await session.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  const { icons, ...manifest } = JSON.parse(data);
  assert.equal(manifest.name, await page.title());
  const within = (link) => new URL(link, url).href;
  assert.deepEqual([within(manifest.start_url), within(manifest.scope)], [page.url(), page.url()]);
  const sizes = await page.evaluate(async (links) => {
    const shown = links.map(async (link) => createImageBitmap(await (await fetch(link)).blob()));
    return (await Promise.all(shown)).map(({ width, height }) => `${width}x${height}`);
  }, icons.map(({ src }) => within(src)));
  assert.deepEqual(sizes, icons.map((icon) => icon.sizes));
});
