// The page within a page of somebody else's (`?embed=`): what the two say to each other.
//
// The page around this one is never believed more than its shape: whatever its origin, it may hand over texts to be shown and a
// theme. What it is told are numbers; nothing that a person keeps is read here at all (`web/store/nowhere.js`), so that there
// is nothing of theirs to tell.

/** What both sides speak; the element has the same in `web/embed/netpol-playground.js`. */
const VERSION = 1;

/** As many files, and as long ones, as a link holds: in files and UTF-16 units. */
const MOST_FILES = 500;
const LONGEST_NAME = 300;
const LONGEST_TEXT = 16_000_000;

/** Whoever embeds this page by hand answers nothing: so long it is waited for, in milliseconds. */
const PATIENCE = 400;

const isText = (value, longest) => typeof value === "string" && value.length <= longest;
const isTheme = (value) => value === "light" || value === "dark";

/** The files of a message, as the page keeps them (`FilesDocument` in `web/src/state/saved.rs`); `null` where it holds none that could be shown. */
function filesOf(files) {
  if (!Array.isArray(files) || files.length === 0 || files.length > MOST_FILES) return null;
  let units = 0;
  const kept = [];
  for (const file of files) {
    if (!isText(file?.name, LONGEST_NAME) || !isText(file.text, LONGEST_TEXT)) return null;
    units += file.text.length;
    // A name stands on a tab: no control characters.
    kept.push({ name: file.name.replace(/\p{Cc}/gu, "") || "manifests.yaml", text: file.text });
  }
  return units <= LONGEST_TEXT ? { version: 2, files: kept, active: 0 } : null;
}

/** What a message says: `{ files, theme }`, each `null` where it says nothing of it. */
function said(message) {
  const { type, files, theme } = typeof message === "object" && message !== null ? message : {};
  const isFirst = type === "netpol:connect";
  return {
    files: isFirst || type === "files" ? filesOf(files) : null,
    theme: (isFirst || type === "theme") && isTheme(theme) ? theme : null,
  };
}

let port = null;
/** What came before anybody attended, in order. */
const waiting = [];
let attended = null;
/** What was told last of each type, for a page that asks late. */
const told = new Map();

const take = (one) => {
  if (!attended) return waiting.push(one);
  if (one.theme) attended(one.theme);
  if (one.files) attended(JSON.stringify(one.files));
};

/** Resolves when the page around this one has answered, or will not. */
const connected = new Promise((resolve) => {
  if (parent === self) {
    resolve();
    return;
  }
  const onMessage = ({ source, data, ports }) => {
    const isConnect = data?.type === "netpol:connect" && data.version === VERSION && ports.length === 1;
    if (source !== parent || !isConnect) return;
    // Once: from now on only the port is listened to.
    removeEventListener("message", onMessage);
    port = ports[0];
    port.onmessage = ({ data }) => take(said(data));
    for (const message of told.values()) port.postMessage(message);
    take(said(data));
    resolve();
  };
  addEventListener("message", onMessage);
  // To whoever it is: it says only that this page is here.
  parent.postMessage({ type: "netpol:ready", version: VERSION }, "*");
  setTimeout(resolve, PATIENCE);
});

/** What the page around this one has handed over first: its files, or `null`. */
export async function handed() {
  await connected;
  const files = waiting.findLast((one) => one.files)?.files ?? null;
  for (const one of waiting) one.files = null;
  return files;
}

/** Calls back with whatever is handed over from now on, and with what was before: the name of a theme, or files as JSON. */
export function attend(callback) {
  attended = callback;
  waiting.splice(0).forEach(take);
}

/** Tells the page around this one, now or once it has answered. */
function tell(message) {
  told.set(message.type, message);
  port?.postMessage(message);
}

/** Tells what an analysis comes to: the numbers of `Told::Result` in `web/src/state/told.rs`. */
export function tellResult(counts) {
  const [errors, warnings, workloads, policies, all, some, none, uncertain, unknown, high, medium, low, info, passed, failed] = counts;
  tell({
    type: "result",
    problems: { errors, warnings },
    workloads,
    policies,
    pairs: { all, some, none, uncertain, unknown },
    findings: { high, medium, low, info },
    tests: { passed, failed },
  });
}

/** Tells how a lab went; `goals` are `[text, reached]`. */
export function tellGraded(lab, passed, goals) {
  tell({ type: "graded", lab, passed, goals: goals.map(([text, reached]) => ({ text, reached })) });
}
