// The page's JavaScript: what Rust imports.
export { Editor } from "./editor/deferred.js";
export { forget, forgetAll, latest, leave, listen, read, recent, recover, save, tab } from "./store/main.js";

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
