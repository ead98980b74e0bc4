// Loads the page's WebAssembly. A file of its own, as the content security policy allows no script in the page.
const { module, wasm } = document.querySelector('meta[name="netpol-application"]').dataset;
const said = (name) => document.querySelector(`meta[name="netpol-${name}"]`).content;
const within = (name) => new URL(name, document.baseURI);

try {
  const { default: start, mount } = await import(within(module));
  await start({ module_or_path: within(wasm) });
  mount(document.body, { worker: said("worker"), openOrigins: said("open-origins") });
} catch (error) {
  const note = document.createElement("p");
  note.setAttribute("role", "alert");
  note.textContent = `The playground could not start: ${error?.message ?? error}`;
  document.body.append(note);
  throw error;
}

// What comes later is fetched when there is nothing else to do. Only a build for release has a version.
if (said("version")) (window.requestIdleCallback ?? setTimeout)(isOnItsOwn() ? keep : fetchWorker);

function isOnItsOwn() {
  // Embedded by `?embed=`, which the page's script has read.
  if (document.documentElement.dataset.embed) return false;
  try {
    return Boolean(navigator.serviceWorker && top.document);
  } catch {
    // Within a page of another origin.
    return false;
  }
}

/** The service worker keeps everything; where the browser has none, the page works as long as it has a network. */
function keep() {
  navigator.serviceWorker.register(within("service-worker.js")).then(watch, fetchWorker);
}

/** Tells the page of a version that is kept while it is open: the next visit has it, or who reloads. */
function watch(registration) {
  // Some browsers that are set up to have no service workers say nothing of it.
  const follow = () => {
    const { active, installing } = registration;
    // At the first visit it is this version.
    if (!active) return;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed") dispatchEvent(new Event("netpol-newer"));
    });
  };
  registration?.addEventListener("updatefound", follow);
  // The browser may have found it before this script came to ask.
  if (registration) follow();
  // A page may be open for days.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) registration?.update().catch(() => {});
  });
}

function fetchWorker() {
  const name = said("worker").replace("_loader.js", "");
  for (const end of ["_loader.js", ".js", "_bg.wasm"]) fetch(within(name + end)).catch(() => {});
}
