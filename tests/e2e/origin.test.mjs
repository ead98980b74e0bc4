// Nothing leaves the page's own origin, and the page says so itself. That no other test's page asks another origin is
// checked at the end of each of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { usePlayground } from "./harness.mjs";
import { BLANK, SHOP, playground } from "./playground.mjs";

const visit = usePlayground();

test("the content security policy refuses other origins and scripts in the page", async (t) => {
  const page = playground(await visit(t, { expected: [/Content Security Policy/, /asked for http:\/\/example\.com/] }));
  await page.settled();
  const refused = await page.page.evaluate(async () => {
    const told = [];
    document.addEventListener("securitypolicyviolation", (event) => told.push(event.effectiveDirective));
    await fetch("http://example.com/").catch(() => {});
    const image = new Image();
    await new Promise((resolve) => {
      image.onerror = resolve;
      image.src = "http://example.com/a.png";
    });
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = true";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", "<style>body { color: red }</style>");
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { told, ran: "ran" in globalThis };
  });
  assert.deepEqual(refused, { told: ["connect-src", "img-src", "script-src-elem", "style-src-elem"], ran: false });
});

test("no storage but the page's own is used", async (t) => {
  const page = playground(await visit(t, { ...BLANK, serviceWorkers: "allow" }));
  await page.paste(SHOP);
  await page.reads(["default/frontend", "default/backend", "TCP 80"]);
  const here = await page.page.evaluate(() => document.baseURI);
  const kept = await page.page.evaluate(async () => ({
    cookies: document.cookie,
    databases: (await indexedDB.databases()).map(({ name }) => name),
    workers: [(await navigator.serviceWorker.ready).scope],
    workersInAll: (await navigator.serviceWorker.getRegistrations()).length,
    caches: (await caches.keys()).map((name) => name.replace(/ page-[0-9a-f]{16}$/, "")),
  }));
  const ours = { workers: [here], workersInAll: 1, caches: [`netpol-playground ${here}`] };
  assert.deepEqual(kept, { cookies: "", databases: ["netpol-playground"], ...ours });
});
