// What comes to the page and leaves it by hand: links, the clipboard, downloads, files of other origins.

/** The version of links that are made; all that were ever made are read. */
const VERSION = "1";
/** Longer links, and texts that come out longer, are not read: in characters and bytes. */
const LONGEST_LINK = 2_000_000;
const LONGEST_TEXT = 16_000_000;

/** A text as the fragment of a link: a version digit, then base64url of its deflated UTF-8. */
export async function pack(text) {
  const deflated = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(deflated).arrayBuffer());
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return VERSION + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The text of a link's fragment; throws a sentence where it holds none. */
export async function unpack(fragment) {
  if (!/^[0-9]/.test(fragment)) {
    throw "what follows the # in the address is no link of this page";
  }
  if (fragment[0] !== VERSION) {
    throw "the link was made by a newer version of this page; reload the page and try again";
  }
  if (fragment.length > LONGEST_LINK) {
    throw "the link is too long";
  }
  try {
    const binary = atob(fragment.slice(1).replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return await read(inflated);
  } catch (error) {
    throw error === TOO_LONG ? error : "the link is damaged: a part of it may be missing";
  }
}

const TOO_LONG = "what the link holds is too long";

/** The whole of a stream as text. */
async function read(stream) {
  const reader = stream.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [text, length] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return text + decoder.decode();
    }
    length += value.length;
    if (length > LONGEST_TEXT) {
      await reader.cancel();
      throw TOO_LONG;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** The text of a file of another origin; throws a sentence where it cannot be had. */
export async function fetchForeign(url) {
  const response = await fetch(url, { credentials: "omit", referrerPolicy: "no-referrer", redirect: "error" });
  if (!response.ok) {
    throw `the server answered ${response.status}`;
  }
  return read(response.body);
}

/** Copies a text. */
export const copy = (text) => navigator.clipboard.writeText(text);

/** What the clipboard holds. */
export const paste = () => navigator.clipboard.readText();

/** Has the browser save a text as a file. */
export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
