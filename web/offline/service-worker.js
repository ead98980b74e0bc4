// Keeps the built page, so that after one visit it works without a network. `cargo xtask page` writes the first two
// constants: a version, which the page names too, and all other files.
//
// Each version has a cache of its own. A visit gets the newest version that is there as a whole, and its parts from
// whichever cache holds them: their names carry hashes. So a version that comes while a page is open takes nothing from
// it and never reloads it; the next visit or reload has it.
const VERSION = "";
const FILES = [];

const PAGE = registration.scope;
const OURS = `netpol-playground ${PAGE} `;
const CACHE = OURS + VERSION;

addEventListener("install", (event) => event.waitUntil(keep()));
addEventListener("activate", (event) => event.waitUntil(forget().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { method, url, headers } = event.request;
  if (method !== "GET" || headers.has("range") || !url.startsWith(PAGE)) return;
  const file = url.slice(PAGE.length).replace(/[?#].*/, "");
  const wanted = ["", "index.html"].includes(file) ? PAGE : PAGE + file;
  event.respondWith(kept(wanted).then((response) => response ?? fetch(event.request)));
});

/** The caches of this page, the newest first. */
async function versions() {
  const names = await caches.keys();
  return names.filter((name) => name.startsWith(OURS)).reverse();
}

async function kept(url) {
  for (const cacheName of await versions()) {
    const response = await caches.match(url, { cacheName, ignoreVary: true });
    if (response) return response;
  }
}

async function keep() {
  await caches.delete(CACHE);
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(FILES.map((name) => keepFile(cache, new URL(name, PAGE).href)));
    const page = await fetched(PAGE, "no-cache");
    if (page.redirected || !(await page.clone().text()).includes(VERSION)) throw new Error("this is not the page");
    // At last: a cache that holds the page holds all of it.
    await cache.put(PAGE, page);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

/** A file with a hash in its name is the same in each version; of others the browser may still have an earlier one. */
async function keepFile(cache, url) {
  const isHashed = /-[0-9a-f]{16}/.test(url.slice(PAGE.length));
  const response = (isHashed && (await kept(url))) || (await fetched(url, isHashed ? "default" : "no-cache"));
  // Some hosts send their page, or one that says so, for what is not there.
  if (response.headers.get("content-type")?.startsWith("text/html")) throw new Error(`no ${url}`);
  await cache.put(url, response);
}

async function fetched(url, cache) {
  const response = await fetch(url, { cache });
  if (!response.ok) throw new Error(`${response.status} for ${url}`);
  return response;
}

/** Forgets the versions before this one; a later one may be there already. */
async function forget() {
  const names = await versions();
  const earlier = names.slice(names.indexOf(CACHE) + 1);
  await Promise.all(earlier.map((name) => caches.delete(name)));
}
