// Written by `cargo xtask types` from the Rust types.

/** What becomes of an attempt. */
export type Grade = {
  /** Whether it does all that was asked for, and nothing that was not. */
  passed: boolean,
  /** In the order of the lab, then what else must hold ("everything else stays as it was"). */
  goals: Array<Goal>,
  /** How many lines were written, counted so that no style of YAML is shorter than another. */
  lines: number,
  /** Whether these are no more than those of the shortest right answer that is known. */
  isShortest: boolean,
  /** What was written beside policies and what the start holds, and may not be, or what cannot be read: sentences. */
  refused: Array<string>,
};

/** A goal, and whether it is reached. */
export type Goal = {
  /** In words. */
  text: string,
  /** Whether it is reached. */
  reached: boolean,
  /** The shortest counterexample, in words, where it is not. */
  message?: string,
  /** The counterexample. */
  witness?: Connection,
  /** The lines that make it so. */
  spans: Span[],
};
