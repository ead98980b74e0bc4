// What the end-to-end tests share: the built page on a server of its own under a path of its own, and one browser.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

export const DIST = fileURLToPath(new URL("../../dist", import.meta.url));

/** What the browser says when the page registers its service worker; only the tests of that let it. */
const NO_SERVICE_WORKER = /Service Worker registration blocked/;

/** How many times slower pages are made, to find what only a slow machine shows. */
const SLOWER = Number(process.env.NETPOL_SLOWER ?? 0);

/** The page has to work under any path. */
const PATH = "/some/where/playground/";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".yaml": "text/plain; charset=utf-8",
};

/** The storage that an earlier visit with these files left. */
const stored = (origin, files) => ({
  cookies: [],
  origins: [
    {
      origin,
      localStorage: [{ name: "netpol-playground.files", value: JSON.stringify({ version: 1, files, active: 0 }) }],
    },
  ],
});

/** Serves what `sites` say at each request: a `folder` under a `path` each; its `asked` gets the file of every request. */
export async function serve(...sites) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
    const site = sites.find((site) => path.startsWith(site.path)) ?? sites[0];
    const within = path.slice(site.path.length);
    const name = within === "" || within.endsWith("/") ? `${within}index.html` : within;
    site.asked.push(name);
    const file = join(site.folder, normalize(`/${name}`));
    const found = path.startsWith(site.path) && (await stat(file).catch(() => null))?.isFile();
    if (!found) {
      response.writeHead(404).end("not found");
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Where a server is. */
export const originOf = (server) => `http://127.0.0.1:${server.address().port}`;

/** Starts the browser, with flags of its own. */
export function launch(flags = []) {
  const given = process.env.NETPOL_CHROME_FLAGS?.split("\n") ?? ["--no-sandbox"];
  return chromium.launch({
    executablePath: process.env.CHROME ?? "/usr/bin/chromium",
    // Playwright says itself that there is no window.
    args: [...given.filter((flag) => !flag.startsWith("--headless")), "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", ...flags],
  });
}

/**
 * Fails a test whose pages log an error, break their content security policy, ask any other origin than these, or ask for what
 * is not there; but for what is `expected`. Closes the context at the end of the test.
 */
export function watch(test, context, origins, expected = []) {
  const problems = [];
  const problem = (text) => {
    if (![...expected, NO_SERVICE_WORKER].some((pattern) => pattern.test(text))) problems.push(text);
  };
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (!["blob:", "data:"].includes(url.protocol) && !origins.includes(url.origin)) problem(`asked for ${url}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400) problem(`${response.status()} for ${response.url()}`);
  });
  context.on("weberror", (error) => problem(`thrown: ${error.error().stack}`));
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problem(`${message.type()}: ${message.text()}`);
  });
  test.after(async () => {
    await context.close();
    assert.deepEqual(problems, []);
  });
}

/**
 * Starts server and browser, with `flags`, for the tests of one file, and returns `visit`, which opens the page for one test in a
 * profile of its own: at a first visit, or with the `files` of an earlier one; `at` is what follows the page's path, and
 * `before` runs in the page before anything of it does, and `within` is called with the profile before that. A test fails when its page logs an
 * error, breaks its content security policy, asks another origin, or asks for what is not there. `visit.asked` lists the files that were asked for since it was last called.
 */
export function usePlayground({ flags } = {}) {
  let server;
  let browser;
  const asked = [];
  before(async () => {
    [server, browser] = await Promise.all([serve({ asked, folder: DIST, path: PATH }), launch(flags)]);
  });
  after(async () => {
    await browser?.close();
    server?.close();
  });

  visit.asked = asked;
  return visit;

  async function visit(test, { expected = [], files, at = "", before, within, ...options } = {}) {
    const origin = originOf(server);
    const storageState = files && stored(origin, files);
    const viewport = { width: 1280, height: 800 };
    const context = await browser.newContext({ viewport, storageState, serviceWorkers: "block", ...options });
    context.setDefaultTimeout(10_000);
    watch(test, context, [origin], expected);
    asked.length = 0;
    if (before) await context.addInitScript(before);
    await within?.(context);
    const page = await context.newPage();
    if (SLOWER) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
    await page.goto(origin + PATH + at);
    return page;
  }
}
