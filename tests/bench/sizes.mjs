// What the bench measures.
import { cluster, editsOf } from "./cluster.mjs";
import { FORMS, written } from "./forms.mjs";

/** Workloads × policies, with how often the whole is analysed and how many edits are made. */
export const SIZES = [
  { workloads: 500, policies: 200, runs: 7, edits: 15 },
  { workloads: 2000, policies: 400, runs: 3, edits: 7 },
  { workloads: 10_000, policies: 1000, runs: 1, edits: 1 },
];

/** Each size in each form, and beside them the smallest with policies of all kinds, as manifests. */
export const CASES = SIZES.flatMap((size) => [...FORMS, ...(size === SIZES[0] ? ["kinds"] : [])].map((form) => ({ ...size, form })));

/** The files of a case, and edits of them, as `written` gives them. */
export function input({ workloads, policies, form }) {
  if (form !== "kinds") return written(workloads, policies, form);
  const files = cluster(workloads, policies, true);
  return { files, edits: editsOf(files) };
}
