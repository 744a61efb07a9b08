// What PTAR wants to reach, as ratios of one run. They are printed beside what was measured; nothing is judged by them.

const mebibyte = 1024 * 1024;

/**
 * A row holds for one action on one corpus (`*` any) and one base of the ratio. `subject: "sealed"` is ptar for a recipient; `zstd` says
 * which encoder the Node under test has. `wall` and `size` are upper bounds of ratios, `memory` one of bytes, `bytesPerObject` of memory.
 */
export const goals = [
  { action: "create", corpus: "lin", base: "restic", wall: 0.4, size: 0.78 },
  { action: "create", corpus: "lin", base: "zstd", wall: 1.05, size: 1.03, zstd: "native" },
  { action: "create", corpus: "lin", base: "zstd", wall: 1.2, zstd: "wasm" },
  { action: "create", corpus: "nm", base: "restic", wall: 0.3, size: 1 },
  { action: "create", corpus: "bin", base: "restic", wall: 0.5, size: 1 },
  { action: "create", corpus: "b", base: "restic", wall: 0.33, size: 1 },
  { action: "create", corpus: "d1", base: "restic", wall: 0.5, size: 1 },
  { action: "create", corpus: "d2", base: "restic", wall: 0.3, size: 1 },
  { action: "create", corpus: "lin", subject: "sealed", base: "ptar", wall: 1.15 },
  { action: "backup", corpus: "lin", base: "restic", wall: 0.4, size: 0.78 },
  { action: "unchanged", corpus: "lin", base: "restic", wall: 0.35 },
  { action: "edited", corpus: "lin", base: "restic", wall: 0.5 },
  { action: "verify", corpus: "lin", base: "restic", wall: 0.35 },
  { action: "extract", corpus: "lin", base: "zstd", wall: 1 },
  { action: "extract", corpus: "lin", base: "restic", wall: 0.33 },
  { action: "extract", corpus: "bin", base: "restic", wall: 0.8 },
  { action: "list", corpus: "lin", base: "restic", wall: 0.12 },
  { action: "one", corpus: "lin", base: "restic", wall: 0.35 },
  { action: "version", corpus: "*", base: "node", wall: 1.6 },
  { action: "memory", corpus: "lin", memory: 256 * mebibyte },
  { action: "memory", corpus: "d1", memory: 256 * mebibyte },
  { action: "growth", corpus: "files", bytesPerObject: 100, exponent: 1 },
  { action: "growth", corpus: "sparse", memoryExponent: 0, exponent: 1 },
];

/** Goals of one action on one corpus, for a ratio against `base` or without one. */
export function goalsFor({ action, corpus, subject = "plain", base, zstd }) {
  return goals.filter(
    (goal) =>
      goal.action === action &&
      (goal.corpus === "*" || goal.corpus === corpus) &&
      (goal.subject ?? "plain") === subject &&
      goal.base === base &&
      (goal.zstd === undefined || goal.zstd === zstd),
  );
}

/** Goals on `corpora` that no ratio of `results` stands beside. */
export function goalsNotMeasured(corpora, results) {
  const seen = new Set(results.flatMap(({ ratios }) => ratios.flatMap((ratio) => ratio.goals)));
  return goals.filter((goal) => goal.base !== undefined && corpora.includes(goal.corpus) && !seen.has(goal));
}

/** A goal in words: `wall ≤ 0.40, size ≤ 0.78`. */
export function goalText(goal) {
  return [
    goal.wall === undefined ? [] : `wall ≤ ${goal.wall.toFixed(2)}`,
    goal.size === undefined ? [] : `size ≤ ${goal.size.toFixed(2)}`,
    goal.memory === undefined ? [] : `peak ≤ ${goal.memory / mebibyte} MiB`,
    goal.exponent === undefined ? [] : "time and size linear",
    goal.memoryExponent === undefined ? [] : "peak does not grow",
    goal.bytesPerObject === undefined ? [] : `peak + ≤ ${goal.bytesPerObject} B an object`,
  ]
    .flat()
    .join(", ");
}
