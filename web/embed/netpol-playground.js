// The element <netpol-playground>: the playground within a page of yours, in a frame of its own. This file stands beside the
// built page; a page of any origin loads it as a module (docs/embedding.md).
//
//   <script type="module" src="/netpol/netpol-playground.js"></script>
//   <netpol-playground example="and-or" height="480"></netpol-playground>
//
// The frame says `netpol:ready`; the element answers with a `MessagePort` of its own, and from then on both speak through
// that port alone. So elements side by side never hear each other, and no third window has a say.

/** What both sides speak; the frame has the same in `web/embed/frame.js`. */
const VERSION = 1;

/** The frame waits for nobody so long after it was loaded: in milliseconds. */
const PATIENCE = 20_000;
/** What is so near to the part in sight is loaded: a margin of the style sheet. */
const NEAR = "300px";
const HEIGHT = "520px";

/** Attributes that stand in the frame's address; a change of one loads the frame anew. */
const ADDRESS = ["src", "example", "lab", "view", "cell", "panes"];

const DARK = "(prefers-color-scheme: dark)";

/** Adopted, as a page's own policy may refuse a <style>. */
const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
:host { display: block; box-sizing: border-box; position: relative; contain: content; height: var(--netpol-height, ${HEIGHT}); border: 1px solid #8b94a159; border-radius: 8px; overflow: hidden; }
:host([hidden]) { display: none; }
iframe, div { position: absolute; inset: 0; width: 100%; height: 100%; border: 0; }
div { display: grid; place-items: center; padding: 1em; box-sizing: border-box; font: 13px/1.45 system-ui, sans-serif; text-align: center; color: #5d6675; background: #fbfbfa; }
div.dark { color: #9aa4b2; background: #14171b; }
div[hidden] { display: none; }
a { color: inherit; }
`);

const isText = (value) => typeof value === "string";
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isObject = (value) => typeof value === "object" && value !== null;
const counts = (value, ...names) =>
  isObject(value) && names.every((name) => isCount(value[name])) && Object.fromEntries(names.map((name) => [name, value[name]]));

/** What the frame may tell: each reads a message into what an event carries, or answers nothing where it is of no such shape. */
const TOLD = {
  result(message) {
    const detail = {
      problems: counts(message.problems, "errors", "warnings"),
      workloads: message.workloads,
      policies: message.policies,
      pairs: counts(message.pairs, "all", "some", "none", "uncertain", "unknown"),
      findings: counts(message.findings, "high", "medium", "low", "info"),
      tests: counts(message.tests, "passed", "failed"),
    };
    const isWhole = isCount(detail.workloads) && isCount(detail.policies);
    return isWhole && detail.problems && detail.pairs && detail.findings && detail.tests ? detail : undefined;
  },
  graded({ lab, passed, goals }) {
    const isGoal = (goal) => isObject(goal) && isText(goal.text) && typeof goal.reached === "boolean";
    if (!isText(lab) || typeof passed !== "boolean" || !Array.isArray(goals) || !goals.every(isGoal)) return undefined;
    return { lab, passed, goals: goals.map(({ text, reached }) => ({ text, reached })) };
  },
};

/** A list of files, from what an attribute or a property says; throws a sentence where it says none. */
function listed(value) {
  const list = Array.isArray(value) ? value : Object.entries(value ?? {}).map(([name, text]) => ({ name, text }));
  return list.map((file) => {
    if (!isObject(file) || !isText(file.name) || !isText(file.text)) {
      throw new TypeError("files must be [{ name, text }, …] or { name: text, … }");
    }
    return { name: file.name, text: file.text };
  });
}

/** The file that an element holds: its text without the line break after the opening tag and without common blanks. */
function held(element) {
  const lines = element.textContent.replace(/^[ \t]*\r?\n/, "").split("\n");
  const indents = lines.filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length);
  const indent = indents.reduce((least, one) => Math.min(least, one), Infinity);
  const text = lines.map((line) => line.slice(Math.min(indent, line.match(/^ */)[0].length))).join("\n");
  const name = element.dataset.name || (element.id ? `${element.id}.yaml` : "manifests.yaml");
  return { name, text: text.trimEnd() + "\n" };
}

export class NetpolPlayground extends HTMLElement {
  static observedAttributes = [...ADDRESS, "files", "theme", "height", "label"];

  /** The files of the property, which count before those of the attribute. */
  #files = null;
  #note;
  #frame = null;
  /** The origin that the frame was sent to: nobody else is spoken with. */
  #origin;
  #port = null;
  /** The files that it was handed last, written down. */
  #sent;
  /** Ends what the element listens to while it is in the page. */
  #ends = null;
  #timer;
  #renewed = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    this.#note = document.createElement("div");
    this.#note.setAttribute("role", "status");
    root.append(this.#note);
  }

  connectedCallback() {
    // What was set before the element was known.
    for (const name of ["files", ...PROPERTIES]) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    const { signal } = (this.#ends = new AbortController());
    addEventListener("message", (event) => this.#heard(event), { signal });
    const themed = () => this.#themed();
    matchMedia(DARK).addEventListener("change", themed, { signal });
    const host = new MutationObserver(themed);
    host.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const children = new MutationObserver(() => this.#send());
    children.observe(this, { childList: true, characterData: true, subtree: true });
    const sight = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.#begin(),
      { rootMargin: NEAR },
    );
    signal.addEventListener("abort", () => [host, children, sight].forEach((observer) => observer.disconnect()));
    this.#sized();
    themed();
    if (this.getAttribute("loading") === "eager") this.#begin();
    else sight.observe(this);
  }

  disconnectedCallback() {
    this.#ends?.abort();
    this.#ends = null;
    this.#stop();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#ends) return;
    if (name === "height") this.#sized();
    else if (name === "theme") this.#themed();
    else if (name === "files") this.#send();
    else if (name === "label") this.#labelled();
    else this.#renew();
  }

  /** Loads the frame anew where there is one; once for all attributes that change together. */
  #renew() {
    if (!this.#frame || this.#renewed) return;
    this.#renewed = true;
    queueMicrotask(() => {
      this.#renewed = false;
      if (!this.#ends) return;
      this.#stop();
      this.#begin();
    });
  }

  /** The files that the frame shows: `[{ name, text }, …]`; none where it shows an example or a lab. */
  get files() {
    if (this.#files) return this.#files;
    const said = this.getAttribute("files")?.trim();
    if (said && /^[[{]/.test(said)) return listed(JSON.parse(said));
    const named = (said ?? "").split(/\s+/).filter(Boolean);
    const elements = named.map((id) => {
      const element = document.getElementById(id);
      if (!element) throw new TypeError(`files names #${id}, which the page does not hold`);
      return element;
    });
    const own = this.querySelectorAll(":scope > script[type='text/yaml'], :scope > pre");
    return [...elements, ...own].map(held);
  }

  set files(value) {
    this.#files = value === null || value === undefined ? null : listed(value);
    this.#send();
  }

  /** Where the frame's page is. */
  get #page() {
    return new URL(this.getAttribute("src") || ".", this.hasAttribute("src") ? document.baseURI : import.meta.url);
  }

  #address() {
    const address = new URL(this.#page);
    const query = address.searchParams;
    query.set("embed", this.getAttribute("panes") === "matrix" ? "matrix" : "1");
    query.set("theme", this.#theme());
    for (const name of ["example", "lab", "view", "cell"]) {
      const value = this.getAttribute(name);
      if (value) query.set(name, value);
    }
    return address;
  }

  #labelled() {
    if (this.#frame) this.#frame.title = this.getAttribute("label") || "Netpol Playground";
  }

  #sized() {
    const height = this.getAttribute("height")?.trim();
    const size = /^\d+$/.test(height ?? "") ? `${height}px` : height;
    if (size) this.style.setProperty("--netpol-height", size);
    else this.style.removeProperty("--netpol-height");
  }

  /** `light` or `dark`: what the attribute says, else what the page says, else what the system says. */
  #theme() {
    const known = (theme) => (["light", "dark"].includes(theme) ? theme : null);
    const page = known(document.documentElement.dataset.theme);
    return known(this.getAttribute("theme")) ?? page ?? (matchMedia(DARK).matches ? "dark" : "light");
  }

  #themed() {
    const theme = this.#theme();
    this.#note.classList.toggle("dark", theme === "dark");
    this.#port?.postMessage({ type: "theme", theme });
  }

  /** Loads the frame, once. */
  #begin() {
    if (this.#frame) return;
    this.#note.hidden = false;
    this.#note.textContent = "Loading the playground…";
    const frame = document.createElement("iframe");
    frame.referrerPolicy = "no-referrer";
    frame.allow = "clipboard-write";
    frame.addEventListener("load", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#gaveUp(), PATIENCE);
    });
    const address = this.#address();
    frame.src = address;
    this.#origin = address.origin;
    this.#frame = frame;
    this.#labelled();
    this.#note.before(frame);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#port = null;
    this.#frame?.remove();
    this.#frame = null;
    this.#note.hidden = false;
    this.#note.textContent = "";
  }

  #gaveUp() {
    if (this.#port) return;
    const link = document.createElement("a");
    Object.assign(link, { href: this.#page, target: "_blank", rel: "noopener", textContent: "Open it in a tab of its own" });
    this.#note.replaceChildren("The playground could not be loaded here. ", link);
  }

  /** The frame is there, and again when it was loaded anew. Nobody else says so, and nobody else is answered. */
  #heard({ source, origin, data }) {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin) return;
    if (!isObject(data) || data.type !== "netpol:ready" || data.version !== VERSION) return;
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#told(data);
    const connect = { type: "netpol:connect", version: VERSION, theme: this.#theme(), files: this.#read() };
    source.postMessage(connect, origin, [port2]);
    clearTimeout(this.#timer);
    this.#note.hidden = true;
  }

  #told(message) {
    const type = isObject(message) && isText(message.type) && Object.hasOwn(TOLD, message.type) && message.type;
    const detail = type && TOLD[type](message);
    if (detail) this.dispatchEvent(new CustomEvent(`netpol-${type}`, { detail, bubbles: true, composed: true }));
  }

  /** The files, or `null` where there are none; what is wrong with them is the page's to mend. */
  #read() {
    try {
      const files = this.files;
      this.#sent = JSON.stringify(files);
      return files.length > 0 ? files : null;
    } catch (error) {
      console.error("<netpol-playground>:", error.message);
      return null;
    }
  }

  /** Hands over the files where they are others than before: a page that renders anew takes nothing from who types. */
  #send() {
    const before = this.#sent;
    const files = this.#port && this.#read();
    if (files && this.#sent !== before) this.#port.postMessage({ type: "files", files });
  }
}

/** Attributes that are properties too. */
const PROPERTIES = [...ADDRESS, "theme", "height"];
for (const name of PROPERTIES) {
  Object.defineProperty(NetpolPlayground.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      return this.getAttribute(name) ?? "";
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}

// A page that loads this twice has one element all the same.
if (!customElements.get("netpol-playground")) customElements.define("netpol-playground", NetpolPlayground);
