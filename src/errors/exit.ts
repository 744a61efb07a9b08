// Which exit code wins when several apply. spec/10-verify.md#codes

const precedence = [10, 4, 5, 8, 6, 7, 9, 3];

/** The exit code of a run in which all of `codes` apply: the first of 10, 4, 5, 8, 6, 7, 9, 3; else the largest. */
export function worstExit(codes: Iterable<number>): number {
  const set = new Set(codes);
  for (const code of precedence) if (set.has(code)) return code;
  return Math.max(0, ...set);
}
