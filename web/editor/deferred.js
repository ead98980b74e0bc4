// The editor before it is there: the text in sight, plain, and what is asked of the editor, in order. The page is shown
// first; the editor comes when there is nothing else to do, or somebody comes to it.

/** What an editor does; all of it is done later where it is not there yet. */
const METHODS = ["answer", "edit", "light", "look", "mark", "replace", "retain", "reveal", "show", "text", "tint"];

/** So much of a text is shown of it: more than fits. */
const SHOWN = 20_000;

export class Editor {
  #editor = null;
  #loading = false;
  #waiting = [];
  /** The texts that were shown. */
  #texts = new Map();
  #plain = document.createElement("pre");
  #wanted = false;

  constructor(parent, ...callbacks) {
    const onTrouble = callbacks.at(-1);
    const load = () => this.#load(parent, callbacks).catch(() => {
      this.#loading = false;
      onTrouble("the editor could not be loaded: the connection may be down");
    });
    this.#plain.className = "plain";
    this.#plain.tabIndex = 0;
    this.#plain.setAttribute("aria-label", "Manifests");
    for (const sign of ["pointerdown", "focus", "paste"]) {
      this.#plain.addEventListener(sign, () => {
        this.#wanted ||= sign !== "paste";
        load();
      });
    }
    parent.append(this.#plain);
    (window.requestIdleCallback ?? setTimeout)(load);
  }

  async #load(parent, callbacks) {
    if (this.#loading) return;
    this.#loading = true;
    const { Editor } = await import("./main.js");
    const editor = new Editor(parent, ...callbacks);
    const wanted = this.#wanted || document.activeElement === this.#plain;
    this.#plain.remove();
    this.#editor = editor;
    for (const [name, values] of this.#waiting) editor[name](...values);
    this.#waiting = [];
    if (wanted) editor.focus();
  }

  /** Calls the editor, or notes what it is asked for; answers as it would. */
  call(name, values) {
    if (this.#editor) return this.#editor[name](...values);
    const [file, , text] = values;
    if (name === "text") return this.#texts.get(file);
    if (name === "show") {
      const shown = text ?? this.#texts.get(file) ?? "";
      this.#texts.set(file, shown);
      this.#plain.textContent = shown.slice(0, SHOWN);
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
