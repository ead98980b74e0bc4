// What the browser keeps of the texts, in IndexedDB: each text in a slot of its own, a list of the last ones, and
// earlier states of them.
//
// A slot is written only where it still holds what this tab read or wrote last, in one transaction, so that two tabs
// never write over each other. What is not written yet when the page closes is put into localStorage at once and taken
// from there at the next start.
import { createStore, del, delMany, get, keys, update } from "idb-keyval";

/** Opened at the first use; where that is denied, each use says so. */
let opened;
const store = (mode, callback) => (opened ??= createStore("netpol-playground", "texts"))(mode, callback);

/** Names this tab, and with a number whatever it makes. */
const TAB = Array.from(crypto.getRandomValues(new Uint32Array(2)), (number) => number.toString(36)).join("");
let made = 0;

/** The revision of each slot that this tab read or wrote last. */
const known = new Map();
/** When an earlier state of a slot was last kept. */
const stated = new Map();

/** One write after the other, so that each knows the revision of the one before. */
let last = Promise.resolve();
const inOrder = (work) => (last = last.then(work, work));

const OWN = "own/";
const STATE = "state/";
const RECENT = "recent";
const UNSAVED = "netpol-playground.unsaved.";

/** So many of the last texts are kept, and so many earlier states of at most so many UTF-16 units together. */
const MOST_TEXTS = 30;
const MOST_STATES = 20;
const MOST_UNITS = 32_000_000;
/** Between two states that are kept, in milliseconds. */
const PERIOD = 600_000;
/** A longer text is not put into localStorage, which takes some five million UTF-16 units in all. */
const MOST_AT_ONCE = 2_000_000;

const channel = typeof BroadcastChannel === "function" ? new BroadcastChannel("netpol-playground") : null;

const units = ({ files }) => files.reduce((sum, { text }) => sum + text.length, 0);
const isBlank = ({ files }) => files.every(({ text }) => text.trim() === "");
const sameTexts = (one, other) =>
  one.files.length === other.files.length &&
  one.files.every(({ name, text }, at) => name === other.files[at].name && text === other.files[at].text);

const isState = (id) => id.startsWith(STATE);

/** The name of this tab. */
export const tab = () => TAB;

/** What a slot holds: `{ version, files, active }`, or `undefined`. Rejects where the browser keeps nothing. */
export async function read(slot) {
  const document = await get(slot, store);
  known.set(slot, document?.revision);
  return document;
}

/** The slot of the last text of one's own, or `undefined`. */
export async function latest() {
  const list = (await get(RECENT, store)) ?? [];
  return list.find(({ id }) => id.startsWith(OWN))?.id;
}

/**
 * Writes a slot, or empties it where there is no document. Answers whether it did: not where another tab wrote another
 * text meanwhile. Makes room once where there is none.
 */
export function save(slot, title, document) {
  return inOrder(async () => {
    try {
      return await write(slot, title, document);
    } catch (error) {
      if (error?.name !== "QuotaExceededError" || !(await dropStates())) {
        throw error;
      }
      return write(slot, title, document);
    }
  });
}

async function write(slot, title, document) {
  let revision = document && `${TAB}.${++made}`;
  let taken = true;
  let before;
  await update(
    slot,
    (found) => {
      before = found;
      if (found && document && sameTexts(found, document)) {
        // It is written already: by a page that closed meanwhile, or by another tab.
        revision = found.revision;
        return found;
      }
      taken = found === undefined || found.revision === known.get(slot);
      return taken ? document && { ...document, revision } : found;
    },
    store,
  );
  if (!taken) {
    return false;
  }
  known.set(slot, revision);
  forgetUnsaved(TAB);
  channel?.postMessage({ slot, revision });
  // A link's text is found by the link.
  if (!document || isBlank(document)) {
    await unlist(slot);
  } else if (!slot.startsWith("link/")) {
    await list({ id: slot, title, time: Date.now(), files: document.files.length, units: units(document) });
  }
  const due = !stated.has(slot) || performance.now() - stated.get(slot) > PERIOD;
  if (due && before && !isBlank(before) && !(document && sameTexts(before, document))) {
    stated.set(slot, performance.now());
    await keepState(title, before);
  }
  return true;
}

/** Keeps an earlier state of a text. */
async function keepState(title, { version, files, active }) {
  const size = units({ files });
  if (size <= MOST_UNITS) {
    const id = `${STATE}${TAB}.${++made}`;
    await update(id, () => ({ version, files, active }), store);
    await list({ id, title, time: Date.now(), files: files.length, units: size });
  }
}

/** Puts an entry at the head of the list; what is too much goes from its end. */
async function list(entry) {
  let gone = [];
  await update(
    RECENT,
    (before = []) => {
      let [texts, states, sum] = [0, 0, 0];
      const all = [entry, ...before.filter(({ id }) => id !== entry.id)];
      const kept = all.filter(({ id, units }) =>
        isState(id) ? ++states <= MOST_STATES && (sum += units) <= MOST_UNITS : ++texts <= MOST_TEXTS,
      );
      gone = all.filter((one) => !kept.includes(one)).map(({ id }) => id);
      return kept;
    },
    store,
  );
  await delMany(gone, store);
}

/** Forgets the earlier states; answers whether there were any. */
async function dropStates() {
  const states = ((await get(RECENT, store)) ?? []).map(({ id }) => id).filter(isState);
  await delMany(states, store);
  await update(RECENT, (before = []) => before.filter(({ id }) => !states.includes(id)), store);
  return states.length > 0;
}

/** Calls back with each slot that this tab read and another wrote since. */
export function listen(callback) {
  const told = (slot, revision) => {
    if (known.has(slot) && known.get(slot) !== revision) {
      callback(slot);
    }
  };
  channel?.addEventListener("message", ({ data }) => told(data?.slot, data?.revision));
  // A page that slept was told nothing.
  addEventListener("pageshow", async ({ persisted }) => {
    for (const slot of persisted ? known.keys() : []) {
      told(slot, (await get(slot, store))?.revision);
    }
  });
}

/** Puts aside at once what is not written yet; answers whether it could. */
export function leave(slot, title, document) {
  if (units(document) > MOST_AT_ONCE) {
    return false;
  }
  try {
    const left = { slot, title, base: known.get(slot), document };
    localStorage.setItem(UNSAVED + TAB, JSON.stringify(left));
    return true;
  } catch {
    return false;
  }
}

function forgetUnsaved(tab) {
  try {
    localStorage.removeItem(UNSAVED + tab);
  } catch {
    // Where nothing can be kept nothing was.
  }
}

/** What was put aside; nothing where another program wrote there. */
function parsed(text) {
  try {
    const left = JSON.parse(text);
    return typeof left.slot === "string" && Array.isArray(left.document.files) ? left : null;
  } catch {
    return null;
  }
}

/**
 * Writes what was put aside when a page closed: into its slot, or into one of its own where the slot was written since
 * by another tab. Answers whether that was so of any.
 */
export async function recover() {
  let aside = false;
  const names = Object.keys(localStorage).filter((name) => name.startsWith(UNSAVED));
  for (const name of names) {
    const tab = name.slice(UNSAVED.length);
    const left = parsed(localStorage.getItem(name));
    if (left) {
      const { slot, title, base, document } = left;
      const found = await read(slot);
      const current = found?.revision === base || found?.revision?.startsWith(`${tab}.`);
      if (!(current && (await save(slot, title, document)))) {
        aside = true;
        await save(`${OWN}${tab}.left`, title, document);
      }
    }
    forgetUnsaved(tab);
  }
  return aside;
}

/** The list of what is kept, newest first: `{ id, title, when, files, units }`. */
export async function recent() {
  const list = (await get(RECENT, store)) ?? [];
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  return list.map(({ time, ...entry }) => ({ ...entry, when: format.format(time) }));
}

const unlist = (id) => update(RECENT, (before = []) => before.filter((entry) => entry.id !== id), store);

/** Forgets one entry of the list. */
export async function forget(id) {
  await del(id, store);
  await unlist(id);
}

/** Forgets everything that was ever typed, but for what a slot holds. */
export async function forgetAll(but) {
  const all = await keys(store);
  await delMany(all.filter((key) => key !== but && key !== RECENT), store);
  await update(RECENT, (before = []) => before.filter(({ id }) => id === but), store);
  Object.keys(localStorage)
    .filter((name) => name.startsWith(UNSAVED))
    .forEach((name) => localStorage.removeItem(name));
}
