// Texts that should do no harm.

/** A few lines that stand for 9³¹ values. */
export const aliasBomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
  .concat(Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`))
  .join("\n");

/** 5 MB of what YAML is made of, in no order; the same at every run. */
export const noise = (() => {
  const letters = [..."abc: -[]{}&*!|>'\"%@`#,?\n\t 019\u{e9}\u{1f600}"];
  const parts = [];
  let state = 1;
  for (let length = 0; length < 5_000_000; length += parts.at(-1).length) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    parts.push(letters[(state >>> 0) % letters.length]);
  }
  return parts.join("");
})();

/** 20,000 levels in each of the ways that YAML can nest on one line. */
export const nested = {
  "20,000 levels of mappings": "{a: ".repeat(20_000),
  "20,000 levels of lists": "[".repeat(20_000),
  "20,000 levels of block lists": `${"- ".repeat(20_000)}a`,
};
