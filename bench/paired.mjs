// Runs commands alternately and prints medians and ratios pair by pair: only ratios of one run mean anything on a shared machine.
import { spawnSync } from "node:child_process";

/** One command under test. `before` runs untimed, to put things as they were. */
/** @typedef {{ name: string, command: readonly string[], before?: () => void }} Contender */

/**
 * Runs `contenders` in turn, `rounds` times after one warm-up, and prints a table with ratios against the first.
 * Throws when a command fails: a figure of a failed command is worse than none.
 */
export function compare(title, contenders, rounds = 5) {
  const runs = contenders.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const run = timed(contender);
      if (round >= 0) runs[i].push(run);
    }
  }
  console.log(`\n${title} (${rounds} rounds after a warm-up, alternating)`);
  for (const [i, { name }] of contenders.entries()) console.log(lineOf(name, runs[i], runs[0]));
  return runs;
}

/** Wall time in seconds, CPU time of the command and its children in seconds, peak memory in MB, by GNU time. */
function timed({ command, before }) {
  before?.();
  const { status, stderr } = spawnSync("/usr/bin/time", ["-f", "\n%e %U %S %M", ...command], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command.join(" ")}: exit ${status}\n${stderr}`);
  const [wall, user, system, memory] = stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system, memory: memory / 1000 };
}

function lineOf(name, runs, base) {
  const ratios = (key) => runs.map((run, i) => run[key] / base[i][key]);
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const spread = (values) => `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
  const figure = (key) => median(runs.map((run) => run[key]));
  return [
    name.padEnd(24),
    `${figure("wall").toFixed(1)} s`.padStart(8),
    `${figure("cpu").toFixed(1)} s CPU`.padStart(12),
    `${figure("memory").toFixed(0)} MB`.padStart(8),
    `  wall ratio ${spread(ratios("wall"))}, CPU ratio ${spread(ratios("cpu"))}`,
  ].join("");
}
