// The JavaScript package as `cargo xtask test` and `cargo xtask bench` build it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of the package for `nodejs` or `web`. */
export const folder = (kind) => join(process.env.NETPOL_TARGET ?? join(root, "target"), `netpol-wasm-${kind}`);

/** The package for Node. */
export const nodePackage = () => createRequire(import.meta.url)(join(folder("nodejs"), "netpol_wasm.js"));

/** The package for browsers, started from its bytes. */
export async function webPackage() {
  const script = await import(pathToFileURL(join(folder("web"), "netpol_wasm.js")));
  script.initSync({ module: readFileSync(join(folder("web"), "netpol_wasm_bg.wasm")) });
  return script;
}

/** A file of the package as text. */
export const text = (kind, name) => readFileSync(join(folder(kind), name), "utf8");
