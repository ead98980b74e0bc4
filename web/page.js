// The page's JavaScript: what Rust imports.
import * as kept from "./store/main.js";
import * as nowhere from "./store/nowhere.js";

export { Editor } from "./editor/deferred.js";

// Within a page of somebody else's, as `Embed` in `web/src/state/address.rs` reads it: the last one counts.
const query = new URLSearchParams(location.search);
const embed = query.getAll("embed").at(-1);
const isEmbedded = embed === "1" || embed === "matrix";

export const { forget, forgetAll, latest, leave, listen, read, recent, recover, save, tab } = isEmbedded ? nowhere : kept;

let frame = null;
if (isEmbedded) {
  const { dataset } = document.documentElement;
  dataset.embed = embed;
  // Until the page is there: no flash of light in a dark page.
  if (query.get("theme") === "dark") dataset.theme = "dark";
  // Where it cannot be loaded the page is as one that nobody speaks with.
  frame = import("./embed/frame.js").catch(() => null);
}
export const handed = async () => (await frame)?.handed();
export const attend = (callback) => frame?.then((frame) => frame?.attend(callback));
export function tellResult(counts) {
  // What Rust lends is Rust's again when this returns.
  const copied = [...counts];
  frame?.then((frame) => frame?.tellResult(copied));
}
export const tellGraded = (...graded) => frame?.then((frame) => frame?.tellGraded(...graded));

/** What is needed by few, and then not at once. */
const carry = (name) => async (...values) => (await import("./store/carry.js"))[name](...values);
export const copy = carry("copy");
export const download = carry("download");
export const fetchForeign = carry("fetchForeign");
export const pack = carry("pack");
export const paste = carry("paste");
export const unpack = carry("unpack");

/** Writes the address, and what it means to this tab alone; within a frame the host's history stays as it is. */
export function go(address, state, push) {
  const url = location.pathname + address;
  try {
    if (push && self === top) {
      history.pushState(state, "", url);
    } else {
      history.replaceState(state, "", url);
    }
  } catch {
    // Browsers refuse more than some hundred changes in half a minute: the next one counts.
  }
}
