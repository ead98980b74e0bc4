// The editor before it is there: the text in sight in a plain field, and what is asked of the editor, in order. The page
// is shown first; the editor comes when there is nothing else to do, or somebody comes to it. What is typed meanwhile it
// takes over.

/** What an editor does; all of it is done later where it is not there yet. */
const METHODS = ["answer", "edit", "light", "look", "mark", "replace", "retain", "reveal", "show", "text", "tint"];

/** A longer text is shown in part, and cannot be typed into yet. */
const LONGEST = 200_000;

export class Editor {
  #editor = null;
  #loading = false;
  #waiting = [];
  /** The texts that were shown. */
  #texts = new Map();
  /** The file in sight. */
  #shown = null;
  #plain = document.createElement("textarea");
  /** Whether all of the text was replaced. */
  #replaced = false;

  constructor(parent, ...callbacks) {
    const onTrouble = callbacks.at(-1);
    const load = () => this.#load(parent, callbacks).catch(() => {
      this.#loading = false;
      onTrouble("the editor could not be loaded: the connection may be down");
    });
    const plain = this.#plain;
    Object.assign(plain, { className: "plain", wrap: "off", spellcheck: false, autocomplete: "off" });
    plain.setAttribute("aria-label", "Manifests");
    for (const sign of ["pointerdown", "focus"]) plain.addEventListener(sign, load);
    plain.addEventListener("beforeinput", () => {
      const { selectionStart, selectionEnd, value } = plain;
      this.#replaced ||= value.slice(0, selectionStart).trim() === "" && value.slice(selectionEnd).trim() === "";
    });
    parent.append(plain);
    // Where the results stand alone nobody sees it.
    if (document.documentElement.dataset.embed !== "matrix") (window.requestIdleCallback ?? setTimeout)(load);
  }

  async #load(parent, callbacks) {
    if (this.#loading) return;
    this.#loading = true;
    const { Editor } = await import("./main.js");
    const editor = new Editor(parent, ...callbacks);
    const plain = this.#plain;
    const focused = document.activeElement === plain;
    this.#setAside();
    this.#editor = editor;
    for (const [name, values] of this.#waiting) editor[name](...values);
    this.#waiting = [];
    if (focused) editor.focus(plain.selectionStart, plain.selectionEnd);
    plain.remove();
  }

  /** What was typed is the editor's to take over, at its place among all that is asked of it. */
  #setAside() {
    const { value, defaultValue } = this.#plain;
    if (value !== defaultValue) {
      this.#waiting.push(["take", [value, this.#replaced]]);
      this.#texts.set(this.#shown, value);
    }
    this.#replaced = false;
  }

  /** Calls the editor, or notes what it is asked for; answers as it would. */
  call(name, values) {
    if (this.#editor) return this.#editor[name](...values);
    const [file, , text, isLocked] = values;
    if (name === "text") return this.#texts.get(file);
    if (name === "show") {
      this.#setAside();
      const shown = text ?? this.#texts.get(file) ?? "";
      this.#texts.set(file, shown);
      this.#shown = file;
      this.#plain.readOnly = isLocked || shown.length > LONGEST;
      this.#plain.defaultValue = shown.slice(0, LONGEST);
      this.#plain.value = this.#plain.defaultValue;
    }
    // What is said of a file that was never shown is kept by who says it.
    if (["mark", "light", "tint", "edit"].includes(name) && !this.#texts.has(file)) return false;
    this.#waiting.push([name, values]);
    return true;
  }
}

for (const name of METHODS) {
  Editor.prototype[name] = function (...values) {
    return this.call(name, values);
  };
}
