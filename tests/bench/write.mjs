// Writes a cluster of the bench as files, for those who measure elsewhere:
// node tests/bench/write.mjs --size 2000 [--policies 400] --form list --out DIR
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FORMS } from "./forms.mjs";
import { SIZES, input } from "./sizes.mjs";

/** Writes the files of an input into a folder, and beside them `edits.json`: the names of the files in order, and edits. */
export function write({ files, edits }, folder) {
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "edits.json"), JSON.stringify({ files: files.map(({ name }) => name), ...edits }));
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      size: { type: "string" },
      policies: { type: "string" },
      form: { type: "string", default: "list" },
      out: { type: "string" },
    },
  });
  const workloads = Number(values.size);
  const policies = Number(values.policies ?? SIZES.find((size) => size.workloads === workloads)?.policies);
  if (!(workloads > 0 && policies > 0 && values.out && [...FORMS, "kinds"].includes(values.form))) {
    throw new Error(`--size WORKLOADS [--policies COUNT] --form ${[...FORMS, "kinds"].join("|")} --out DIR`);
  }
  write(input({ workloads, policies, form: values.form }), values.out);
}
